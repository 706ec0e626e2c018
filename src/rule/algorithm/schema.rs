//! Checks objects against the schema of their kind. Parameters: `strict` (report unknown fields), `target-version` (a
//! Kubernetes version; empty for that of the run), `told-elsewhere` (paths of required fields that other rules report).

use cel::Value;

use super::{Judged, Scene};
use crate::finding::Applicability;
use crate::kube::minor;
use crate::kube::schema::{Instead, Verdict, Violation, ViolationKind};
use crate::rule::hit::{Hit, Target};
use crate::rule::placeholder::is_to_be_replaced;
use crate::rule::repair::{Action, Change, Repair};
use crate::yaml::{NewValue, Node, Scalar};

pub(super) fn judge(scene: &Scene<'_>) -> Judged {
    let strict = !matches!(scene.param("strict"), Some(Value::Bool(false)));
    let version = match scene.param("target-version") {
        Some(Value::String(version)) if !version.is_empty() => version.as_str(),
        _ => &scene.setting.kube_version,
    };
    let mut judged = validate(scene, minor(version), strict);
    let told = scene.words("told-elsewhere");
    judged.hits.retain(|hit| {
        let path = hit.target.path(scene.object.node.document(), scene.object.node);
        hit.target.missing.is_empty() || !told.contains(&path.as_str())
    });
    judged
}

fn validate(scene: &Scene<'_>, minor: u32, strict: bool) -> Judged {
    let object = scene.object;
    let violations = match scene.setting.schemas.validate(object, minor) {
        Verdict::Checked(violations) => violations,
        Verdict::UnknownKind => {
            let kind = format!("{} of {}", object.kind, object.api_version);
            return Judged { hits: Vec::new(), unknown_kind: Some(kind) };
        }
    };
    let counts = |kind: &ViolationKind| strict || *kind != ViolationKind::UnknownField;
    // A name in capitals where no text is allowed is a placeholder: the manifest is not applied as it is.
    let is_to_come = |violation: &Violation<'_>| {
        violation.kind == ViolationKind::WrongType
            && !scene.setting.rendered
            && violation.node.as_str().is_some_and(is_to_be_replaced)
    };
    let hits = violations
        .into_iter()
        .filter(|violation| counts(&violation.kind) && !is_to_come(violation))
        .map(|violation| {
            let key = violation.kind == ViolationKind::UnknownField;
            let missing = match violation.kind {
                ViolationKind::Missing(field) => vec![field],
                ViolationKind::UnknownField
                | ViolationKind::WrongType
                | ViolationKind::WrongValue
                | ViolationKind::NotServed => Vec::new(),
            };
            Hit {
                help: violation.suggestion,
                repair: violation.instead.and_then(|instead| repair(violation.node, instead)),
                ..Hit::at(Target { missing, key, ..Target::of(violation.node) }, violation.message)
            }
        });
    Judged { hits: hits.collect(), unknown_kind: None }
}

/// The change to what was most likely meant. A misspelt field has had no effect so far, so renaming it changes what
/// runs; in the other cases the API refuses what is written.
fn repair(node: Node<'_>, instead: Instead) -> Option<Repair> {
    let (safety, action) = match instead {
        Instead::Key(name) => (Applicability::Unsafe, Action::Rename(name)),
        Instead::Text(text) => (Applicability::Safe, Action::Set(NewValue::Text(text))),
        Instead::Plain => {
            let value = match crate::yaml::resolve_plain(node.as_str()?) {
                Scalar::Int(value) => NewValue::Int(value),
                Scalar::Bool(value) => NewValue::Bool(value),
                _ => return None,
            };
            (Applicability::Safe, Action::Set(value))
        }
    };
    let key = matches!(action, Action::Rename(_));
    Some(Repair::single(safety, Change::at(node, key, action)))
}
