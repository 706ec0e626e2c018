//! The spanned tree: an arena of small nodes, and cheap handles into it.

use std::sync::{Arc, OnceLock};

use super::edit::Emitter;
use super::marks::LazyMarks;
use super::members::KeyIndex;
use super::node::Node;
use crate::source::{SourceId, Span};

/// Names a node within its [`Document`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

/// What sort of node it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text, a number, a boolean or null.
    Scalar,
    /// A list.
    Sequence,
    /// A map.
    Mapping,
}

/// How a node was written.
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
    /// A collection by indentation.
    Block,
    /// A collection in brackets or braces.
    Flow,
}

/// Marks "no node" where a node's number would stand.
pub(super) const NONE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeData {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) parent: u32,
    /// In a mapping, the key's node; in a sequence, the index; for keys and the root, [`NONE`].
    pub(super) key: u32,
    pub(super) body: Body,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// `first`, `second`: a byte range of the text, or with `owned` an index into the texts that
    /// could not be borrowed (escapes, folding).
    Scalar { style: Style, owned: bool, text: bool, first: u32, second: u32 },
    /// A range of [`Document::children`].
    Sequence { style: Style, first: u32, count: u32 },
    /// A range of [`Document::children`], keys and values in turn. `plain`: no key repeats and
    /// none is a merge key, so entries are just those. Otherwise the number of effective entries
    /// follows the range, and then those.
    Mapping { style: Style, plain: bool, first: u32, count: u32 },
    /// Another node, always one that was complete before this one.
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

/// One YAML document. Owns nothing but numbers and the few texts that differ from the source.
#[derive(Debug)]
pub struct Document {
    pub(super) source: SourceId,
    pub(super) text: Arc<str>,
    pub(super) nodes: Vec<NodeData>,
    pub(super) children: Vec<u32>,
    /// Where a mapping has its entries among [`Document::children`], what tells its keys from others, one
    /// beside the next; behind the last of all [`AT_ONCE`](super::members::AT_ONCE) that hint at nothing.
    pub(super) hints: Vec<u8>,
    pub(super) owned: Vec<Box<str>>,
    /// Explicit tags by node, sorted by node.
    pub(super) tags: Vec<(u32, Box<str>)>,
    pub(super) root: Option<u32>,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) index: KeyIndex,
    pub(super) marks: LazyMarks,
    /// How it is written, once an edit asked.
    pub(super) layout: OnceLock<Emitter>,
    /// Whether its nodes stand at places in another text than its own, which no edit can be made of.
    pub(super) placed: bool,
}

impl Document {
    /// Makes it a part of a larger text: what it was read from stands there so many bytes further on.
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

    /// The outermost node; `None` where the document holds comments only.
    #[must_use]
    pub fn root(&self) -> Option<Node<'_>> {
        self.root.map(|root| Node::new(self, root))
    }

    /// From the first to the last byte of what the document holds.
    #[must_use]
    pub fn span(&self) -> Span {
        Span { source: self.source, start: self.start, end: self.end }
    }

    /// The text this document lies in.
    #[must_use]
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// The whole text this document lies in.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The node an id names. The id must come from this document.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Node<'_> {
        Node::new(self, id.0)
    }

    /// The same document where each node stands at what `place` makes of its place: for a text that
    /// was made from another one, in which its nodes are to be shown. There are no edits of it.
    #[must_use]
    pub fn placed(mut self, place: impl Fn(Span) -> Span) -> Self {
        self.placed = true;
        for node in &mut self.nodes {
            let span = Span { source: self.source, start: node.start, end: node.end };
            (node.start, node.end) = (place(span).start, place(span).end);
        }
        self
    }

    /// The bytes of a scalar's text, empty for other nodes: quicker to come by than the text.
    #[inline]
    pub(super) fn bytes(&self, data: &NodeData) -> &[u8] {
        match data.body {
            Body::Scalar { owned: false, first, second, .. } => {
                &self.text.as_bytes()[first as usize..second as usize]
            }
            _ => self.raw(data).as_bytes(),
        }
    }

    /// The text of a scalar, empty for other nodes.
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

    /// The number of what a node stands for: an alias for another, any other for itself.
    #[inline]
    pub(super) fn seen_through(&self, via: u32) -> u32 {
        let mut id = via;
        // An alias points at a node that was complete before it, so the chain is finite.
        while let Body::Alias(target) = self.nodes[id as usize].body {
            id = target;
        }
        id
    }

    /// How many nodes there are, keys included, aliases not expanded.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }
}
