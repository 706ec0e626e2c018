//! The tree with spans: an arena of small nodes, and cheap handles to them.

use std::sync::{Arc, OnceLock};

use super::edit::Emitter;
use super::marks::LazyMarks;
use super::members::KeyIndex;
use super::node::Node;
use crate::source::{SourceId, Span};

/// Identifies a node in its [`Document`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

/// The kind of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A text, a number, a boolean or null.
    Scalar,
    /// A list.
    Sequence,
    /// A map.
    Mapping,
}

/// The notation of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// An unquoted scalar.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// A collection that is indented.
    Block,
    /// A collection in brackets or braces.
    Flow,
}

/// The id for the absence of a node.
pub(super) const NONE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeData {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) parent: u32,
    /// For a value in a mapping, the id of its key; for an item of a sequence, its index; for keys and the root,
    /// [`NONE`].
    pub(super) key: u32,
    pub(super) body: Body,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// `first` and `second` are a byte range of the text; if `owned`, `first` is the index of a value that differs from
    /// its text (by escapes or folding).
    Scalar { style: Style, owned: bool, text: bool, first: u32, second: u32 },
    /// A range of [`Document::children`].
    Sequence { style: Style, first: u32, count: u32 },
    /// A range of [`Document::children`] with keys and values in turn. If `plain`, there are no repeated keys and no
    /// merge keys, so these are the effective entries. Otherwise the range is followed by the number of effective
    /// entries, and then by these.
    Mapping { style: Style, plain: bool, first: u32, count: u32 },
    /// The id of another node, which is always complete before this one.
    Alias(u32),
}

impl NodeData {
    pub(super) fn is_mapping(&self) -> bool {
        matches!(self.body, Body::Mapping { .. })
    }

    pub(super) fn is_scalar(&self) -> bool {
        matches!(self.body, Body::Scalar { .. })
    }

    pub(super) fn style(&self) -> Style {
        match self.body {
            Body::Scalar { style, .. }
            | Body::Sequence { style, .. }
            | Body::Mapping { style, .. } => style,
            Body::Alias(_) => Style::Plain,
        }
    }
}

/// A YAML document. It only owns numbers, and the few values that differ from their text.
#[derive(Debug)]
pub struct Document {
    pub(super) source: SourceId,
    pub(super) text: Arc<str>,
    pub(super) nodes: Vec<NodeData>,
    pub(super) children: Vec<u32>,
    /// The hints of a mapping's keys, side by side, starting at the index of its first entry in [`Document::children`];
    /// at the end there are [`AT_ONCE`](super::members::AT_ONCE) more, which are 0.
    pub(super) hints: Vec<u8>,
    pub(super) owned: Vec<Box<str>>,
    /// Explicit tags with the ids of their nodes, sorted by these.
    pub(super) tags: Vec<(u32, Box<str>)>,
    pub(super) root: Option<u32>,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) index: KeyIndex,
    pub(super) marks: LazyMarks,
    /// The style of the document, which is determined when an edit first needs it.
    pub(super) layout: OnceLock<Emitter>,
    /// True if the spans of its nodes refer to another text than its own, so that it cannot be edited.
    pub(super) placed: bool,
}

impl Document {
    /// Converts it to a part of a larger text, in which its own begins at byte `by`.
    pub(super) fn move_into(&mut self, text: &Arc<str>, by: u32) {
        self.text = Arc::clone(text);
        self.start = self.start.saturating_add(by);
        self.end = self.end.saturating_add(by);
        for node in &mut self.nodes {
            node.start = node.start.saturating_add(by);
            node.end = node.end.saturating_add(by);
            if let Body::Scalar { owned: false, first, second, .. } = &mut node.body {
                *first = first.saturating_add(by);
                *second = second.saturating_add(by);
            }
        }
    }

    /// The outermost node; `None` if the document only has comments.
    #[must_use]
    pub fn root(&self) -> Option<Node<'_>> {
        self.root.map(|root| Node::new(self, root))
    }

    /// The span from the first to the last byte of the document's contents.
    #[must_use]
    pub fn span(&self) -> Span {
        Span { source: self.source, start: self.start, end: self.end }
    }

    /// The id of the text that contains this document.
    #[must_use]
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// The whole text that contains this document.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The node with an id, which must be from this document.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Node<'_> {
        Node::new(self, id.0)
    }

    /// The same document with the span of each node converted by `place`, for a text that was made from another one in
    /// which its nodes are shown. It cannot be edited.
    #[must_use]
    pub fn placed(mut self, place: impl Fn(Span) -> Span) -> Self {
        self.placed = true;
        for node in &mut self.nodes {
            let span = Span { source: self.source, start: node.start, end: node.end };
            (node.start, node.end) = (place(span).start, place(span).end);
        }
        self
    }

    /// The bytes of a scalar's value, or empty for other nodes; quicker than the text.
    #[inline]
    pub(super) fn bytes(&self, data: &NodeData) -> &[u8] {
        match data.body {
            Body::Scalar { owned: false, first, second, .. } => {
                &self.text.as_bytes()[first as usize..second as usize]
            }
            _ => self.raw(data).as_bytes(),
        }
    }

    /// The value of a scalar as text, or empty for other nodes.
    #[inline]
    pub(super) fn raw(&self, data: &NodeData) -> &str {
        match data.body {
            Body::Scalar { owned: false, first, second, .. } => {
                &self.text[first as usize..second as usize]
            }
            Body::Scalar { owned: true, first, .. } => &self.owned[first as usize],
            _ => "",
        }
    }

    /// The id of the node that an alias refers to, or for other nodes their own.
    #[inline]
    pub(super) fn seen_through(&self, via: u32) -> u32 {
        let mut id = via;
        // An alias refers to a node that was complete before it, so the chain is finite.
        while let Body::Alias(target) = self.nodes[id as usize].body {
            id = target;
        }
        id
    }
}
