//! The values in an object expression that is passed to Terraform's `yamlencode` or `jsonencode`.

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, Object, ObjectKey};

use super::value::{Scope, Value};
use super::{Assignment, AssignmentKind, Content, File, ident, place, sole};
use crate::project::release::embedded::{below, is_reached, verbatim};
use crate::project::release::shell::RUN_TIME;
use crate::yaml::{Scalar, resolve_plain};

/// The most settings of one object.
const MAX_SETTINGS: usize = 10_000;

/// The values of an object expression, each with its own span; [`Content::Unknown`] if only Terraform knows the type of
/// one of them.
pub(super) fn values(expression: &Expression, file: &File, scope: &Scope<'_>) -> Content {
    let Expression::Object(object) = expression else { return Content::Unknown };
    let mut encoder = Encoder { file, scope, settings: Vec::new() };
    match encoder.object(object, "") {
        Some(()) => Content::Set(encoder.settings),
        None => Content::Unknown,
    }
}

struct Encoder<'e> {
    file: &'e File,
    scope: &'e Scope<'e>,
    settings: Vec<Assignment>,
}

impl Encoder<'_> {
    /// Adds the values of an object below a path.
    fn object(&mut self, object: &Object, path: &str) -> Option<()> {
        for (key, value) in object {
            let key = match key {
                ObjectKey::Ident(name) => ident(name).to_owned(),
                ObjectKey::Expression(Expression::Variable(name)) => ident(name).to_owned(),
                ObjectKey::Expression(expression) => self.scope.text(expression)?,
            };
            self.leaf(value.expr(), &below(path, &key))?;
        }
        Some(())
    }

    /// Adds the value of an expression at a path. An empty list comes before the items that are set in it.
    fn leaf(&mut self, expression: &Expression, path: &str) -> Option<()> {
        let Self { scope, .. } = *self;
        let span = place(expression.span(), self.file);
        let mut set = |kind: AssignmentKind, value: String| {
            let value_span = Some(span);
            let path = path.to_owned();
            self.settings.push(Assignment { kind, path, value, span, value_span });
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
                    self.leaf(item, &format!("{path}[{at}]"))?;
                }
            }
            Expression::Object(object) if object.is_empty() => {
                set(AssignmentKind::Json, "{}".to_owned());
            }
            Expression::Object(object) => self.object(object, path)?,
            Expression::Parenthesis(inner) => self.leaf(inner.inner(), path)?,
            Expression::String(value) => set(AssignmentKind::String, verbatim(value.value())),
            // A template that is a single expression has the value of the expression, of any type.
            Expression::StringTemplate(template) if sole(template).is_some() => {
                self.leaf(sole(template)?, path)?;
            }
            // Any other template is a text.
            Expression::StringTemplate(_) | Expression::HeredocTemplate(_) => {
                let text = scope.text(expression).map(|text| verbatim(&text));
                set(AssignmentKind::String, text.unwrap_or_else(|| RUN_TIME.to_string()));
            }
            _ => match scope.value(expression) {
                Value::Null => set(AssignmentKind::Json, "null".to_owned()),
                // What is a text here may be a number or a boolean in Terraform.
                Value::Text(text) if matches!(resolve_plain(&text), Scalar::Str(_)) => {
                    set(AssignmentKind::String, verbatim(&text));
                }
                _ => return None,
            },
        }
        (self.settings.len() < MAX_SETTINGS && is_reached(path)).then_some(())
    }
}
