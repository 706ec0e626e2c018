//! Rules whose logic is an algorithm instead of CEL. Their YAML names it under `algorithm`, and
//! keeps the documentation, the parameters and the examples.

use std::collections::BTreeMap;

use cel::Value;

use super::evaluate::{Hit, Setting, Target};
use super::file::Rule;
use crate::kube::Object;
use crate::kube::schema::{NEWEST_MINOR, Verdict, ViolationKind};

/// What a rule may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// The object against the schema of its kind. Parameters: `strict` (unknown fields count),
    /// `target-version` (empty for the run's), `told-elsewhere` (paths of required fields that
    /// other rules tell of).
    Schema,
}

/// What an algorithm finds on one object.
pub(super) struct Judged {
    pub(super) hits: Vec<Hit>,
    /// The object's kind, where there is no schema to judge it by.
    pub(super) unknown_kind: Option<String>,
}

impl Algorithm {
    /// Every name.
    pub(crate) const NAMES: [(&'static str, Self); 1] = [("schema", Self::Schema)];

    pub(super) fn judge(
        self,
        rule: &Rule,
        params: &BTreeMap<String, Value>,
        object: &Object<'_>,
        setting: &Setting,
    ) -> Judged {
        let param = |name: &str| {
            params.get(name).or_else(|| {
                rule.params.iter().find(|param| param.name == name).map(|param| &param.default)
            })
        };
        match self {
            Self::Schema => {
                let strict = !matches!(param("strict"), Some(Value::Bool(false)));
                let version = match param("target-version") {
                    Some(Value::String(version)) if !version.is_empty() => version.as_str(),
                    _ => &setting.kube_version,
                };
                let mut judged = schema(object, setting, minor(version), strict);
                if let Some(Value::List(told)) = param("told-elsewhere") {
                    judged.hits.retain(|hit| {
                        let path = hit.target.path(object.node.document(), object.node);
                        let is_told =
                            |value: &Value| matches!(value, Value::String(told) if **told == path);
                        hit.target.missing.is_empty() || !told.iter().any(is_told)
                    });
                }
                judged
            }
        }
    }
}

fn schema(object: &Object<'_>, setting: &Setting, minor: u32, strict: bool) -> Judged {
    let violations = match setting.schemas.validate(object, minor) {
        Verdict::Checked(violations) => violations,
        Verdict::UnknownKind => {
            let kind = format!("{} of {}", object.kind, object.api_version);
            return Judged { hits: Vec::new(), unknown_kind: Some(kind) };
        }
    };
    let counts = |kind: &ViolationKind| strict || *kind != ViolationKind::UnknownField;
    let hits =
        violations.into_iter().filter(|violation| counts(&violation.kind)).map(|violation| {
            let key = violation.kind == ViolationKind::UnknownField;
            let missing = match violation.kind {
                ViolationKind::Missing(field) => vec![field],
                ViolationKind::UnknownField
                | ViolationKind::WrongType
                | ViolationKind::WrongValue
                | ViolationKind::NotServed => Vec::new(),
            };
            Hit {
                target: Target { document: 0, node: violation.node.id(), missing, key },
                message: violation.message,
                help: violation.suggestion,
                severity: None,
                related: Vec::new(),
            }
        });
    Judged { hits: hits.collect(), unknown_kind: None }
}

/// The minor of `1.34` or `v1.34.2`; the newest for what is none.
fn minor(version: &str) -> u32 {
    version.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or(NEWEST_MINOR)
}
