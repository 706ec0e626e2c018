//! Validates values with `values.schema.json`.

use super::{RenderError, SchemaFault, involved};
use crate::helm::origin::Origins;
use crate::helm::value::{Data, Value};
use crate::helm::values::coalesce::Tree;
use crate::helm::values::dependencies::Member;
use crate::helm::values::schema::Violation;
use crate::source::Span;

/// Validates the merged values with the schemas of a release's charts.
///
/// # Errors
/// All violations, with their places.
pub(super) fn check(
    tree: &Tree,
    members: &[Member<'_>],
    values: &Value,
    origins: &Origins,
) -> Result<(), RenderError> {
    let mut found: Vec<(String, Violation)> = Vec::new();
    gather(tree, members, values, origins, &mut found)?;
    let lines: Vec<_> = found
        .iter()
        .map(|(chart, violation)| format!("{chart}: {}: {}", violation.pointer, violation.message))
        .collect();
    let Some(first) = lines.first() else { return Ok(()) };
    let fault = |(chart, violation): (String, Violation)| SchemaFault {
        value: involved(violation.value, origins).iter().find_map(|(_, span)| *span),
        chart,
        message: violation.message,
        pointer: violation.pointer,
        schema: violation.schema,
    };
    Err(RenderError {
        message: format!(
            "values don't meet the specifications of the schema(s) in the following chart(s):\n{}",
            lines.join("\n")
        ),
        reason: first.clone(),
        violations: found.into_iter().map(fault).collect(),
        ..RenderError::new("")
    })
}

fn gather(
    tree: &Tree,
    members: &[Member<'_>],
    values: &Value,
    origins: &Origins,
    found: &mut Vec<(String, Violation)>,
) -> Result<(), RenderError> {
    if let Some(schema) = &members[tree.chart].chart.schema {
        let violations = schema.violations(values, origins).map_err(|message| RenderError {
            span: Some(Span::new(schema.file.source, 0, 0)),
            ..RenderError::new(format!("unable to validate schema: {message}"))
        })?;
        found.extend(violations.into_iter().map(|violation| (tree.name.clone(), violation)));
    }
    let Data::Map(entries) = &values.data else { return Ok(()) };
    for child in &tree.children {
        let below = entries.borrow().get(child.name.as_str()).cloned();
        if let Some(below) = below.filter(|below| !matches!(below.data, Data::Nil)) {
            gather(child, members, &below, origins, found)?;
        }
    }
    Ok(())
}
