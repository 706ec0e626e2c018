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
    /// `target-version` (empty for the run's).
    Schema,
}

/// What an algorithm finds on one object.
pub(super) struct Judged {
    pub(super) hits: Vec<Hit>,
    /// What could not be judged, as a note for the reader.
    pub(super) note: Option<String>,
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
                schema(object, setting, minor(version), strict)
            }
        }
    }
}

fn schema(object: &Object<'_>, setting: &Setting, minor: u32, strict: bool) -> Judged {
    let violations = match setting.schemas.validate(object, minor) {
        Verdict::Checked(violations) => violations,
        Verdict::UnknownKind => {
            let note = format!(
                "no schema for {} of `{}`: its fields were not checked; name its CustomResourceDefinition under `schemas` in plimsoll.yaml",
                object.kind, object.api_version
            );
            return Judged { hits: Vec::new(), note: Some(note) };
        }
    };
    let counts = |kind: &ViolationKind| strict || *kind != ViolationKind::UnknownField;
    let hits =
        violations.into_iter().filter(|violation| counts(&violation.kind)).map(|violation| {
            let missing = match violation.kind {
                ViolationKind::Missing(field) => vec![field],
                ViolationKind::UnknownField
                | ViolationKind::WrongType
                | ViolationKind::WrongValue
                | ViolationKind::NotServed => Vec::new(),
            };
            Hit {
                target: Target { document: 0, node: violation.node.id(), missing },
                message: violation.message,
                help: violation.suggestion,
                severity: None,
                related: Vec::new(),
            }
        });
    Judged { hits: hits.collect(), note: None }
}

/// The minor of `1.34` or `v1.34.2`; the newest for what is none.
fn minor(version: &str) -> u32 {
    version.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or(NEWEST_MINOR)
}
