//! Iterators over everything that is written in a document, without a walk from its root.

use super::node::Node;
use super::tree::{Body, Document, NONE, NodeData, Style};

impl Document {
    /// Texts that together contain every scalar: the text of the document, with comments, and the values that differ
    /// from their text, by escapes or folding.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let written = &self.text[self.span().range()];
        std::iter::once(written).chain(self.owned.iter().map(AsRef::as_ref))
    }

    /// The value of every scalar with at least this many bytes, keys and values of any type, as bytes and in no
    /// particular order.
    pub fn long_scalars(&self, bytes: usize) -> impl Iterator<Item = &[u8]> {
        let long = move |data: &&NodeData| match data.body {
            // For most scalars, the range is enough to know the length.
            Body::Scalar { owned: false, first, second, .. } => (second - first) as usize >= bytes,
            Body::Scalar { owned: true, .. } => self.bytes(data).len() >= bytes,
            _ => false,
        };
        self.nodes.iter().filter(long).map(|data| self.bytes(data))
    }

    /// Every node that is written, in the order of the text, and whether it is a key. A node that aliases refer to is
    /// only returned at its own place. Keys that are collections are left out, with everything in them.
    pub fn written(&self) -> impl Iterator<Item = (Node<'_>, bool)> {
        self.written_where(|_| true)
    }

    /// The plain scalars in [`Document::written`] for whose value, in bytes, `wanted` returns true.
    pub fn plain<'d>(
        &'d self,
        wanted: impl Fn(&[u8]) -> bool + 'd,
    ) -> impl Iterator<Item = (Node<'d>, bool)> {
        self.written_where(move |data| {
            matches!(data.body, Body::Scalar { style: Style::Plain, .. })
                && wanted(self.bytes(data))
        })
    }

    /// The plain scalars in [`Document::written`] that are not text: numbers, booleans, null.
    pub fn typed(&self) -> impl Iterator<Item = (Node<'_>, bool)> {
        let typed = |data: &NodeData| {
            matches!(data.body, Body::Scalar { style: Style::Plain, text: false, .. })
        };
        // Few scalars are of this sort, so it takes less time to search the collections around each of them than to
        // track for every node whether it is in a key.
        let typed = (0..).zip(&self.nodes).filter(move |(_, data)| typed(data));
        typed
            .filter(|(_, data)| !self.lies_in_key(data))
            .map(|(id, data)| (Node::new(self, id), self.is_key(data)))
    }

    /// True for a key of a mapping.
    fn is_key(&self, data: &NodeData) -> bool {
        let parent = || self.nodes.get(data.parent as usize);
        data.key == NONE && parent().is_some_and(NodeData::is_mapping)
    }

    /// True for a node in a key that is a collection.
    fn lies_in_key(&self, data: &NodeData) -> bool {
        let parent = |data: &NodeData| self.nodes.get(data.parent as usize);
        std::iter::successors(parent(data), |data| parent(data)).any(|data| self.is_key(data))
    }

    fn written_where<'d>(
        &'d self,
        wanted: impl Fn(&NodeData) -> bool + 'd,
    ) -> impl Iterator<Item = (Node<'d>, bool)> {
        let mut inside = None;
        (0..).zip(&self.nodes).filter_map(move |(id, data)| {
            // Most nodes are scalars, which contain nothing, and few of these are wanted.
            let wanted = wanted(data);
            if !wanted && data.is_scalar() {
                return None;
            }
            // The nodes in a collection come right after it, and have parents with ids not below its own.
            if data.parent != NONE && inside.is_some_and(|key| data.parent >= key) {
                return None;
            }
            let key = self.is_key(data);
            inside = (key && !data.is_scalar()).then_some(id);
            let left_out = inside.is_some() || matches!(data.body, Body::Alias(_));
            (wanted && !left_out).then(|| (Node::new(self, id), key))
        })
    }
}
