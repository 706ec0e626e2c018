//! What is written in a document, without a walk from its root.

use super::node::Node;
use super::tree::{Body, Document, NONE, NodeData, Style};

impl Document {
    /// Texts of which each scalar is a part of one: what is written, comments and all, and the scalars
    /// that stand there in another form than they have, with escapes or folded.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let written = &self.text[self.span().range()];
        std::iter::once(written).chain(self.owned.iter().map(AsRef::as_ref))
    }

    /// The text of every scalar that is written and has so many bytes or more, keys and values of any type,
    /// in bytes and no order.
    pub fn long_scalars(&self, bytes: usize) -> impl Iterator<Item = &[u8]> {
        let long = move |data: &&NodeData| match data.body {
            // Of most, the place tells it.
            Body::Scalar { owned: false, first, second, .. } => (second - first) as usize >= bytes,
            Body::Scalar { owned: true, .. } => self.bytes(data).len() >= bytes,
            _ => false,
        };
        self.nodes.iter().filter(long).map(|data| self.bytes(data))
    }

    /// Every node that is written, in the order of the text, and whether it is a key. What an alias
    /// stands for comes where it is written itself; keys that are collections are left out, with
    /// all that is in them.
    pub fn written(&self) -> impl Iterator<Item = (Node<'_>, bool)> {
        self.written_where(|_| true)
    }

    /// The scalars without quotes among [`Document::written`] whose text, in bytes, is `wanted`.
    pub fn plain<'d>(
        &'d self,
        wanted: impl Fn(&[u8]) -> bool + 'd,
    ) -> impl Iterator<Item = (Node<'d>, bool)> {
        self.written_where(move |data| {
            matches!(data.body, Body::Scalar { style: Style::Plain, .. })
                && wanted(self.bytes(data))
        })
    }

    /// The scalars without quotes among [`Document::written`] that are no text: numbers, booleans, null.
    pub fn typed(&self) -> impl Iterator<Item = (Node<'_>, bool)> {
        let typed = |data: &NodeData| {
            matches!(data.body, Body::Scalar { style: Style::Plain, text: false, .. })
        };
        // Few scalars are: of each of them, a look at what it lies in costs less than to keep in mind, for
        // every node, whether it lies in a key.
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

    /// True for what is written in a key that is a collection.
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
            // Most are scalars, which have nothing in them, and few of these are wanted.
            let wanted = wanted(data);
            if !wanted && data.is_scalar() {
                return None;
            }
            // What is in a collection comes behind it, and what comes behind all that lies further out.
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
