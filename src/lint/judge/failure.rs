//! Findings on charts that do not render.

use crate::finding::{Finding, Origin, Place, Related, Severity};
use crate::helm::chart::ChartError;
use crate::helm::render::{Fault, RenderError, SchemaFault};
use crate::lint::place::shown::{dotted, first_line, origin_of, token};
use crate::source::{SourceId, Sources, Span};

/// The rule and its group for invalid YAML, before or after rendering.
const NO_YAML: (&str, &str) = ("yaml-syntax", "schema");
/// The rule and its group for charts that do not render.
const NO_RENDER: (&str, &str) = ("helm-render", "helm-chart");

/// The findings on a chart that Helm would refuse: one, or one for each value that the schema does not allow.
/// `fallback` is their place if the error has none.
#[must_use]
pub fn failures(error: &RenderError, fallback: Span, sources: &Sources) -> Vec<Finding> {
    if error.violations.is_empty() {
        return vec![failure(error, fallback, sources)];
    }
    error.violations.iter().map(|fault| violation(fault, fallback, sources)).collect()
}

/// The finding on a chart that cannot be loaded, by the rule for metadata, for values, or for anything else.
#[must_use]
pub(super) fn unloaded(error: &ChartError, fallback: Span, sources: &Sources) -> Finding {
    let path = error.span.map(|span| sources.path(span.source)).unwrap_or_default();
    let rule = match path.rsplit('/').next() {
        Some("Chart.yaml" | "requirements.yaml") => ("chart-yaml-present", "helm-chart"),
        Some("values.yaml") => NO_YAML,
        _ => NO_RENDER,
    };
    Finding {
        rule: rule.0.into(),
        group: rule.1.into(),
        ..failure(&RenderError::of_chart(error), fallback, sources)
    }
}

/// The finding on a value that `values.schema.json` does not allow.
fn violation(fault: &SchemaFault, fallback: Span, sources: &Sources) -> Finding {
    let schema =
        fault.schema.map(|span| Place { span: first_line(span, sources), origin: Origin::Chart });
    let primary = match (fault.value, schema) {
        (Some(span), _) => Place { span: first_line(span, sources), origin: Origin::Values },
        (None, Some(schema)) => schema,
        (None, None) => Place { span: token(fallback, sources), origin: Origin::Chart },
    };
    let path = dotted(&fault.pointer);
    let what = if path.is_empty() { "the values".to_owned() } else { format!("`{path}`") };
    Finding {
        related: schema
            .filter(|schema| *schema != primary)
            .map(|place| Related { message: "the schema says so here".to_owned(), place })
            .into_iter()
            .collect(),
        ..Finding::new(
            ("values-schema-violation", "helm-values"),
            Severity::Error,
            format!(
                "the schema of chart `{}` does not allow {what}: {}",
                fault.chart, fault.message
            ),
            primary,
        )
    }
}

fn failure(error: &RenderError, fallback: Span, sources: &Sources) -> Finding {
    let origin = |span: Span| origin_of(span, sources);
    let span = error.span.filter(|span| span.source != SourceId::NOWHERE);
    let span = span.unwrap_or(fallback);
    let span = token(span, sources);
    let mut related: Vec<Related> = error
        .involved
        .iter()
        .filter_map(|(pointer, span)| {
            let span = (*span)?;
            let path = dotted(pointer);
            let place = Place { span: first_line(span, sources), origin: origin(span) };
            Some(Related { message: format!("`{path}` had a part"), place })
        })
        .collect();
    related.retain(|related| related.place.span != span);
    related.truncate(4);
    let missing: Vec<_> = error
        .involved
        .iter()
        .filter(|(pointer, span)| span.is_none() && !pointer.is_empty())
        .map(|(pointer, _)| format!("`{}`", dotted(pointer)))
        .collect();
    let help = match missing[..] {
        [] => None,
        _ => Some(format!("no values file sets {}", missing.join(", ")).into()),
    };
    Finding {
        help,
        related,
        ..Finding::new(
            if error.fault == Fault::NoYaml { NO_YAML } else { NO_RENDER },
            Severity::Error,
            format!("the chart does not render: {}", error.reason),
            Place { span, origin: origin(span) },
        )
    }
}
