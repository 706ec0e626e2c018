//! Splits rendered files into manifests, and sorts them in the order in which Helm installs them.
//!
//! Mirrors Helm 4.1 `pkg/release/v1/util`: `manifest.go`, `manifest_sorter.go`, `kind_sorter.go`.

use std::ops::Range;
use std::sync::Arc;

use crate::source::SourceId;
use crate::yaml::{self, Document, Kind, Node};

/// Kinds in Helm's order of installation; all others come after them, by name.
const INSTALL_ORDER: &[&str] = &[
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

const HOOK_EVENTS: &[&str] = &[
    "pre-install",
    "post-install",
    "pre-delete",
    "post-delete",
    "pre-upgrade",
    "post-upgrade",
    "pre-rollback",
    "post-rollback",
    "test",
    "test-success",
];

/// Returns the byte ranges of the documents in a rendered file, without blanks around them. A document ends at a line
/// that starts with `---`, whatever else is in the line. A separator includes the blanks and line ends around it, so a
/// separator right after another one belongs to the document that follows.
pub(crate) fn split(text: &str) -> Vec<Range<usize>> {
    let start = text.len() - text.trim_start().len();
    let end = text.trim_end().len().max(start);
    let mut documents = Vec::new();
    let mut push = |range: Range<usize>| {
        let piece = &text[range.clone()];
        let from = range.start + (piece.len() - piece.trim_start().len());
        let to = range.start + piece.trim_end().len();
        if !piece.is_empty() {
            documents.push(from..to.max(from));
        }
    };
    let (mut from, mut at) = (start, start);
    loop {
        if text[at..end].starts_with("---") {
            push(from..from + text[from..at].trim_end().len());
            let rest = &text[at + 3..end];
            from = end - rest.trim_start().len();
            at = from;
        }
        match memchr::memchr(b'\n', &text.as_bytes()[at..end]) {
            Some(found) => at += found + 1,
            None => break,
        }
    }
    push(from..end);
    documents
}

/// The fields of a document by which Helm sorts it.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) kind: String,
    pub(super) hook: Hook,
    pub(super) document: Option<Arc<Document>>,
}

/// Whether a document is a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hook {
    /// Not a hook.
    No,
    /// A hook, of tests or other.
    Yes {
        /// `helm.sh/hook: test`
        test: bool,
    },
    /// A hook of an event that Helm does not know; the document is left out.
    Unknown,
}

/// Reads the fields by which Helm sorts a document, as `yaml.Unmarshal` into `SimpleHead` does.
///
/// # Errors
/// A 0-based byte offset in the document and a message.
pub(super) fn head(text: &Arc<str>) -> Result<Head, (usize, String)> {
    let stream = yaml::parse(SourceId::NOWHERE, text);
    let first = stream.first().map_err(|error| {
        let line = text[..error.span.start as usize].matches('\n').count() + 1;
        let message =
            format!("error converting YAML to JSON: yaml: line {line}: {}", error.message);
        (error.span.start as usize, message)
    })?;
    let Some(root) = first.and_then(|document| document.root()).filter(|root| !root.is_null())
    else {
        return Ok(Head { kind: String::new(), hook: Hook::No, document: None });
    };
    let wrong = |node: Node<'_>, what: &str, field: &str| {
        let message = format!(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {what} into Go \
             {field}"
        );
        (node.span().start as usize, message)
    };
    let named = |node: Node<'_>| match node.kind() {
        Kind::Sequence => "array",
        Kind::Mapping => "object",
        Kind::Scalar => "string",
    };
    if root.kind() != Kind::Mapping {
        return Err(wrong(root, named(root), "value of type util.SimpleHead"));
    }
    let need_text = |map: Node<'_>, key: &str, field: &str| match map
        .field(key)
        .filter(|node| node.kind() != Kind::Scalar)
    {
        Some(node) => {
            Err(wrong(node, named(node), &format!("struct field {field} of type string")))
        }
        None => Ok(()),
    };
    need_text(root, "apiVersion", "SimpleHead.apiVersion")?;
    need_text(root, "kind", "SimpleHead.kind")?;
    let kind = root.field("kind").map(|kind| kind.raw().to_owned()).unwrap_or_default();
    let mut hook = Hook::No;
    if let Some(meta) = root.field("metadata") {
        if meta.kind() != Kind::Mapping {
            return Err(wrong(meta, named(meta), "struct field SimpleHead.metadata"));
        }
        need_text(meta, "name", ".metadata.name")?;
        if let Some(annotations) = meta.field("annotations") {
            if annotations.kind() != Kind::Mapping {
                let field =
                    "struct field SimpleHead.metadata.annotations of type map[string]string";
                return Err(wrong(annotations, named(annotations), field));
            }
            for entry in annotations.entries() {
                if entry.value.kind() != Kind::Scalar {
                    let field = "struct field SimpleHead.metadata.annotations of type string";
                    return Err(wrong(entry.value, named(entry.value), field));
                }
            }
            hook = annotations.get("helm.sh/hook").map_or(Hook::No, |node| events(node.raw()));
        }
    }
    Ok(Head { kind, hook, document: first.cloned() })
}

fn events(annotation: &str) -> Hook {
    let mut test = false;
    for event in annotation.split(',') {
        let event = event.trim().to_lowercase();
        if !HOOK_EVENTS.contains(&event.as_str()) {
            return Hook::Unknown;
        }
        test |= event.starts_with("test");
    }
    Hook::Yes { test }
}

/// Returns the sort key of a kind: Helm's own order, then unknown kinds by name.
pub(super) fn order(kind: &str) -> (usize, &str) {
    match INSTALL_ORDER.iter().position(|known| *known == kind) {
        Some(index) => (index, ""),
        None => (INSTALL_ORDER.len(), kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<&str> {
        split(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn documents_part_at_lines_that_start_with_dashes() {
        assert_eq!(pieces("a: 1\n---\nb: 2\n"), ["a: 1", "b: 2"]);
        assert_eq!(pieces("---\na: 1\n\n\n--- # note\nb: 2"), ["a: 1", "# note\nb: 2"]);
        assert_eq!(pieces("---\n---\na: 1\n---\n"), ["---\na: 1"]);
        assert_eq!(pieces("a: 1\n---\n---\n---\nb: 2\n"), ["a: 1", "---", "b: 2"]);
        assert_eq!(pieces("---\n---\n"), ["---"]);
        assert_eq!(pieces("a: '---'\nb: x --- y\n"), ["a: '---'\nb: x --- y"]);
        assert_eq!(pieces("---a: 1"), ["a: 1"]);
        assert_eq!(pieces("a: |\n  ---\n  x\n"), ["a: |\n  ---\n  x"]);
    }

    #[test]
    fn hooks_are_told_by_their_annotation() {
        let hook = |event: &str| {
            let job = format!("kind: Job\nmetadata:\n  annotations:\n    helm.sh/hook: {event}\n");
            head(&job.into()).unwrap().hook
        };
        assert_eq!(hook("pre-install, post-upgrade"), Hook::Yes { test: false });
        assert_eq!(hook("test-success"), Hook::Yes { test: true });
        assert_eq!(hook("crd-install"), Hook::Unknown);
        assert_eq!(head(&"kind: Pod".into()).unwrap().hook, Hook::No);
        let capitals = "Kind: Job\nMETADATA: {Annotations: {helm.sh/hook: test}}";
        let capitals = head(&capitals.into()).unwrap();
        assert_eq!((&*capitals.kind, capitals.hook), ("Job", Hook::Yes { test: true }));
        head(&"- a".into()).expect_err("a list is no manifest");
        head(&"a: [".into()).expect_err("broken");
        head(&"apiVersion: [v1]".into()).expect_err("no text");
        head(&"metadata: {name: {a: b}}".into()).expect_err("no text");
        assert_eq!(
            head(&"apiVersion: 1\nkind: Pod\nmetadata: {name: 2}".into()).unwrap().kind,
            "Pod"
        );
    }

    #[test]
    fn known_kinds_come_before_others() {
        let mut kinds = ["Widget", "Deployment", "Alpha", "Namespace"];
        kinds.sort_by(|a, b| order(a).cmp(&order(b)));
        assert_eq!(kinds, ["Namespace", "Deployment", "Alpha", "Widget"]);
    }
}
