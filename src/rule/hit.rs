//! The hits of rules, and their places.

use super::repair::Repair;
use crate::finding::Severity;
use crate::source::Span;
use crate::yaml::{Document, Kind, Node, NodeId, Step};

/// A node, or the place of a missing one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// The index of the document in the scope; except for charts, 0 is the one that is judged.
    pub document: usize,
    /// The node, or the deepest existing one on the path to it.
    pub node: NodeId,
    /// The keys that are missing below `node`; empty if the node itself is meant.
    pub missing: Vec<String>,
    /// True if the node's key is meant, not the node.
    pub key: bool,
}

/// A fault that a rule found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The place.
    pub target: Target,
    /// The field that is missing, if `target` is only the name of the object that it is missing from.
    pub lacking: Option<Target>,
    /// The part of the text there that is at fault, if not all of it.
    pub part: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do, if the rule says more than its `fix`.
    pub help: Option<String>,
    /// The severity of the check, if it is not the rule's.
    pub severity: Option<Severity>,
    /// Further places.
    pub related: Vec<(Target, String)>,
    /// The repair, if the rule has one.
    pub repair: Option<Repair>,
}

impl Hit {
    /// A hit with a place and a message only.
    pub(super) fn at(target: Target, message: String) -> Self {
        Self {
            target,
            lacking: None,
            part: None,
            message,
            help: None,
            severity: None,
            related: Vec::new(),
            repair: None,
        }
    }
}

impl Target {
    /// A node of the scope's first document.
    pub(super) fn of(node: Node<'_>) -> Self {
        Self { document: 0, node: node.id(), missing: Vec::new(), key: false }
    }

    /// The span to underline: that of the node; for a missing field, that of the key of the mapping in which it is
    /// missing, or of that mapping's first key.
    #[must_use]
    pub fn span(&self, document: &Document) -> Span {
        let node = document.node(self.node);
        if self.missing.is_empty() && node.kind() == Kind::Scalar && !self.key {
            return node.span();
        }
        if let Some(key) = node.key_span() {
            return key;
        }
        // A list item has no key; its name identifies it.
        let name = node.get("name").filter(|name| name.kind() == Kind::Scalar);
        let first = node.written().next().map(|entry| entry.key);
        name.or(first).unwrap_or(node).span()
    }

    /// The dotted path of the field, starting below `from` (the node of an object).
    #[must_use]
    pub fn path(&self, document: &Document, from: Node<'_>) -> String {
        let mut path = document.node(self.node).path();
        path.0.drain(..from.depth().min(path.0.len()));
        path.0.extend(self.missing.iter().map(|key| Step::Key(key.as_str().into())));
        path.dotted()
    }
}
