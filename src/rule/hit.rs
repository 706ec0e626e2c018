//! What a rule found, and where.

use super::repair::Repair;
use crate::finding::Severity;
use crate::source::Span;
use crate::yaml::{Document, Kind, Node, NodeId, Step};

/// A node, or where it would stand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// Which of the scope's documents; but for charts the first, 0.
    pub document: usize,
    /// The node, or the deepest one that is there on the way to it.
    pub node: NodeId,
    /// The keys that are missing below `node`; empty where the node itself is meant.
    pub missing: Vec<String>,
    /// True where the key is meant that the node stands under, not the node.
    pub key: bool,
}

/// What a rule found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Where.
    pub target: Target,
    /// What is missing, where `target` is but the name of what it is missing from.
    pub lacking: Option<Target>,
    /// The part of the text there that is at fault, where it is not all of it.
    pub part: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do, where the rule says more than its `fix`.
    pub help: Option<String>,
    /// A severity of this very check, where it differs from the rule's.
    pub severity: Option<Severity>,
    /// Further places.
    pub related: Vec<(Target, String)>,
    /// What makes it go away, where the rule knows.
    pub repair: Option<Repair>,
}

impl Hit {
    /// What a rule says of a place, and nothing beside.
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

    /// What to underline: the node; for something missing, the key of the mapping it is missing
    /// from, or that mapping's first key.
    #[must_use]
    pub fn span(&self, document: &Document) -> Span {
        let node = document.node(self.node);
        if self.missing.is_empty() && node.kind() == Kind::Scalar && !self.key {
            return node.span();
        }
        if let Some(key) = node.key_span() {
            return key;
        }
        // A list item has no key of its own: its name says which one it is.
        let name = node.get("name").filter(|name| name.kind() == Kind::Scalar);
        let first = node.written().next().map(|entry| entry.key);
        name.or(first).unwrap_or(node).span()
    }

    /// The dotted path of the field concerned, from `from` (an object's own node) on.
    #[must_use]
    pub fn path(&self, document: &Document, from: Node<'_>) -> String {
        let mut path = document.node(self.node).path();
        path.0.drain(..from.depth().min(path.0.len()));
        path.0.extend(self.missing.iter().map(|key| Step::Key(key.as_str().into())));
        path.dotted()
    }
}
