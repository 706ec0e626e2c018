//! Values that Terraform's `yamlencode` makes of an object that is written out.

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, Object, ObjectKey};

use super::value::{Scope, Value};
use super::{Assignment, AssignmentKind, Content, File, ident, sole};
use crate::project::release::embedded::{below, is_reached, verbatim};
use crate::project::release::shell::RUN_TIME;
use crate::source::Span;
use crate::yaml::{Scalar, resolve_plain};

/// As many settings one object may come to.
const MAX_SETTINGS: usize = 10_000;

/// The values that an object comes to, each where it is written; [`Content::Unknown`] where it has a value whose type is only
/// known to Terraform.
pub(super) fn values(expression: &Expression, file: &File, scope: &Scope<'_>) -> Content {
    let Expression::Object(object) = expression else { return Content::Unknown };
    let mut settings = Vec::new();
    match entries(object, "", file, scope, &mut settings) {
        Some(()) => Content::Set(settings),
        None => Content::Unknown,
    }
}

fn entries(
    object: &Object,
    path: &str,
    file: &File,
    scope: &Scope<'_>,
    into: &mut Vec<Assignment>,
) -> Option<()> {
    for (key, value) in object {
        let key = match key {
            ObjectKey::Ident(name) => ident(name).to_owned(),
            ObjectKey::Expression(Expression::Variable(name)) => ident(name).to_owned(),
            ObjectKey::Expression(expression) => scope.text(expression)?,
        };
        leaf(value.expr(), &below(path, &key), file, scope, into)?;
    }
    Some(())
}

/// Adds what an expression gives for a path, lists before what is in them.
fn leaf(
    expression: &Expression,
    path: &str,
    file: &File,
    scope: &Scope<'_>,
    into: &mut Vec<Assignment>,
) -> Option<()> {
    let range = expression.span().unwrap_or(0..0);
    let span = Span::new(file.source, range.start, range.end);
    let mut set = |kind: AssignmentKind, value: String| {
        let value_span = Some(span);
        into.push(Assignment { kind, path: path.to_owned(), value, span, value_span });
    };
    match expression {
        Expression::Null(_) => set(AssignmentKind::Json, "null".to_owned()),
        Expression::Bool(value) => set(AssignmentKind::Json, value.value().to_string()),
        Expression::Number(value) => set(AssignmentKind::Json, value.value().to_string()),
        Expression::Array(items) if items.is_empty() => {
            set(AssignmentKind::Json, "[]".to_owned());
        }
        Expression::Array(items) => {
            set(AssignmentKind::Json, "[]".to_owned());
            for (at, item) in items.iter().enumerate() {
                leaf(item, &format!("{path}[{at}]"), file, scope, into)?;
            }
        }
        Expression::Object(object) if object.is_empty() => {
            set(AssignmentKind::Json, "{}".to_owned());
        }
        Expression::Object(object) => entries(object, path, file, scope, into)?,
        Expression::Parenthesis(inner) => leaf(inner.inner(), path, file, scope, into)?,
        Expression::String(value) => set(AssignmentKind::String, verbatim(value.value())),
        // A template that is nothing but an expression gives what that gives.
        Expression::StringTemplate(template) if sole(template).is_some() => {
            leaf(sole(template)?, path, file, scope, into)?;
        }
        // Whatever else stands in a text, it is one.
        Expression::StringTemplate(_) | Expression::HeredocTemplate(_) => {
            let text = scope.text(expression).map(|text| verbatim(&text));
            set(AssignmentKind::String, text.unwrap_or_else(|| RUN_TIME.to_string()));
        }
        _ => match scope.value(expression) {
            Value::Null => set(AssignmentKind::Json, "null".to_owned()),
            // A number or a truth value may be a text, or none.
            Value::Text(text) if matches!(resolve_plain(&text), Scalar::Str(_)) => {
                set(AssignmentKind::String, verbatim(&text));
            }
            _ => return None,
        },
    }
    (into.len() < MAX_SETTINGS && is_reached(path)).then_some(())
}
