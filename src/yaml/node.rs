//! Handles on nodes: their values, and navigation between them.

use std::borrow::Cow;
use std::ops::Range;

use super::members::{Entries, Hint, Items, Name};
use super::path::{Path, Step};
use super::scalar::{Scalar, key_name, resolve_plain};
use super::tree::{Body, Document, Kind, NONE, NodeData, NodeId, Style};
use crate::source::Span;

/// The usual depth of nodes; few are deeper.
const USUAL_DEPTH: usize = 12;

/// A handle on a node. Aliases are followed, so the handle is on the node that they refer to.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    document: &'a Document,
    /// Never an alias.
    id: u32,
    /// The alias through which the node was reached, or `id`.
    via: u32,
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {:?}", self.path(), self.document.text.get(self.span().range()))
    }
}

impl PartialEq for Node<'_> {
    /// Whether both are the same node of the same document, rather than of equal content.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.document, other.document) && self.id == other.id
    }
}

impl Eq for Node<'_> {}

/// A key with its value.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The key.
    pub key: Node<'a>,
    /// The value.
    pub value: Node<'a>,
}

impl<'a> Entry<'a> {
    /// The name of the key, as Kubernetes and Helm read it; for a key that they refuse (null, a collection), its text.
    #[must_use]
    pub fn name(&self) -> Cow<'a, str> {
        self.key.key_text()
    }
}

/// Whether a key equals the name of a field except for case, as Go folds it: two letters outside of ASCII are folded to
/// ASCII ones.
fn is_folded(key: &str, name: &str) -> bool {
    let folded = |c: char| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    };
    match key.is_ascii() {
        true => key.eq_ignore_ascii_case(name),
        false => key.chars().map(folded).eq(name.chars().map(folded)),
    }
}

impl<'a> Node<'a> {
    #[inline]
    pub(super) fn new(document: &'a Document, via: u32) -> Self {
        Self { document, id: document.seen_through(via), via }
    }

    #[inline]
    pub(super) fn data(self) -> &'a NodeData {
        &self.document.nodes[self.id as usize]
    }

    /// The document of the node.
    #[must_use]
    pub fn document(self) -> &'a Document {
        self.document
    }

    /// Its id in the document.
    #[must_use]
    pub fn id(self) -> NodeId {
        NodeId(self.id)
    }

    /// The place of the node: including quotes and brackets, but without the indicators of block scalars and block
    /// sequences, and without comments and blank lines after it. An implicit null has the empty span after its key's
    /// colon.
    #[must_use]
    pub fn span(self) -> Span {
        let data = self.data();
        Span { source: self.document.source, start: data.start, end: data.end }
    }

    /// The place of the alias, if the node was reached through one.
    #[must_use]
    pub fn alias_span(self) -> Option<Span> {
        (self.via != self.id).then(|| {
            let data = &self.document.nodes[self.via as usize];
            Span { source: self.document.source, start: data.start, end: data.end }
        })
    }

    /// The place of the node's key, if it is a value in a mapping.
    #[must_use]
    pub fn key_span(self) -> Option<Span> {
        let data = &self.document.nodes[self.via as usize];
        let parent = self.document.nodes.get(data.parent as usize)?;
        let Body::Mapping { .. } = parent.body else {
            return None;
        };
        let key = self.document.nodes.get(data.key as usize)?;
        Some(Span { source: self.document.source, start: key.start, end: key.end })
    }

    /// The name of the node's key, if it is a value in a mapping.
    #[must_use]
    pub fn key_name(self) -> Option<Cow<'a, str>> {
        let data = &self.document.nodes[self.via as usize];
        let parent = self.document.nodes.get(data.parent as usize)?;
        let in_mapping = matches!(parent.body, Body::Mapping { .. }) && data.key != NONE;
        in_mapping.then(|| Node::new(self.document, data.key).key_text())
    }

    /// The kind of the node.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self.data().body {
            Body::Sequence { .. } => Kind::Sequence,
            Body::Mapping { .. } => Kind::Mapping,
            Body::Scalar { .. } | Body::Alias(_) => Kind::Scalar,
        }
    }

    /// The notation of the node.
    #[must_use]
    pub fn style(self) -> Style {
        self.data().style()
    }

    /// The explicit tag; that of `!!str` is `tag:yaml.org,2002:str`.
    #[must_use]
    pub fn tag(self) -> Option<&'a str> {
        let tags = &self.document.tags;
        let at = tags.binary_search_by_key(&self.id, |(node, _)| *node).ok()?;
        Some(&tags[at].1)
    }

    /// A scalar's text of any type, without quotes, and with escapes and folds resolved; empty for collections.
    #[must_use]
    pub fn raw(self) -> &'a str {
        self.document.raw(self.data())
    }

    /// A scalar's value; `None` for collections.
    #[must_use]
    #[inline]
    pub fn scalar(self) -> Option<Scalar<'a>> {
        match self.data().body {
            Body::Scalar { text: true, .. } => Some(Scalar::Str(self.raw())),
            Body::Scalar { .. } => Some(resolve_plain(self.raw())),
            _ => None,
        }
    }

    /// The text of a string; `None` for everything else, including numbers and booleans.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        match self.scalar() {
            Some(Scalar::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether it is a string.
    #[must_use]
    pub fn is_text(self) -> bool {
        match self.data().body {
            Body::Scalar { text: true, .. } => true,
            _ => self.as_str().is_some(),
        }
    }

    /// The value of a boolean; `None` for everything else.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self.scalar() {
            Some(Scalar::Bool(value)) => Some(value),
            _ => None,
        }
    }

    /// The value of a whole number, or of a float without a fraction; `None` for everything else.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        match self.scalar() {
            Some(Scalar::Int(int)) => Some(int),
            Some(Scalar::Uint(uint)) => i64::try_from(uint).ok(),
            #[allow(clippy::cast_possible_truncation, reason = "checked to lie within 2^53")]
            Some(Scalar::Float(float))
                if float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0 =>
            {
                Some(float as i64)
            }
            _ => None,
        }
    }

    /// The value of a number; `None` for everything else.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a float is what was asked for")]
    pub fn as_f64(self) -> Option<f64> {
        match self.scalar() {
            Some(Scalar::Int(int)) => Some(int as f64),
            Some(Scalar::Uint(uint)) => Some(uint as f64),
            Some(Scalar::Float(float)) => Some(float),
            _ => None,
        }
    }

    /// True for `null`, `~` and an implicit null.
    #[must_use]
    pub fn is_null(self) -> bool {
        match self.data().body {
            Body::Scalar { text: false, .. } => resolve_plain(self.raw()) == Scalar::Null,
            _ => false,
        }
    }

    /// The number of items or entries in a collection; 0 for scalars.
    #[must_use]
    pub fn len(self) -> usize {
        match self.data().body {
            Body::Sequence { count, .. } => count as usize,
            Body::Mapping { .. } => self.entries().len(),
            Body::Scalar { .. } | Body::Alias(_) => 0,
        }
    }

    /// True for an empty collection and for every scalar.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The items of a sequence, in order; empty for other nodes.
    #[must_use]
    pub fn items(self) -> Items<'a> {
        let range = match self.data().body {
            Body::Sequence { first, count, .. } => first as usize..(first + count) as usize,
            _ => 0..0,
        };
        Items { document: self.document, ids: self.document.children[range].iter() }
    }

    /// The entries of a mapping as go-yaml v2 reads them: merge keys are expanded in document order, and the last of
    /// two equal keys is kept. Empty for other nodes.
    #[must_use]
    pub fn entries(self) -> Entries<'a> {
        Entries { document: self.document, pairs: self.pairs().iter() }
    }

    /// The ids of the keys and values in these entries; aliases are not followed.
    pub(super) fn pairs(self) -> &'a [[u32; 2]] {
        self.document.children[self.effective()].as_chunks().0
    }

    /// The range of these ids in [`Document::children`].
    #[inline]
    pub(super) fn effective(self) -> Range<usize> {
        match self.data().body {
            Body::Mapping { plain: true, first, count, .. } => {
                first as usize..(first + 2 * count) as usize
            }
            Body::Mapping { plain: false, first, count, .. } => {
                let at = (first + 2 * count) as usize;
                at + 1..at + 1 + 2 * self.document.children[at] as usize
            }
            _ => 0..0,
        }
    }

    /// True for a mapping without repeated keys and merge keys, whose entries are just those that are written.
    #[must_use]
    pub fn is_as_written(self) -> bool {
        matches!(self.data().body, Body::Mapping { plain: true, .. })
    }

    /// The entries of a mapping as they are written, with merge keys and repeated keys; empty for other nodes.
    #[must_use]
    pub fn written(self) -> Entries<'a> {
        let range = match self.data().body {
            Body::Mapping { first, count, .. } => first as usize..(first + 2 * count) as usize,
            _ => 0..0,
        };
        Entries {
            document: self.document,
            pairs: self.document.children[range].as_chunks().0.iter(),
        }
    }

    /// True for a plain `<<`, which is a merge key if it is a key.
    #[must_use]
    pub fn is_merge_key(self) -> bool {
        self.style() == Style::Plain && self.raw() == "<<"
    }

    /// The value under a key.
    #[must_use]
    #[inline]
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        let value = self.document.value_of(self, Hint::of(key.as_bytes()), key);
        value.map(|value| Node::new(self.document, value))
    }

    /// The value under a key whose name is looked up in many mappings.
    #[must_use]
    #[inline]
    pub fn get_named(self, name: &Name) -> Option<Node<'a>> {
        let value = self.document.value_of(self, name.hint, name);
        value.map(|value| Node::new(self.document, value))
    }

    /// The value that Go's `encoding/json` assigns to a field of a struct: it ignores case, skips nulls, and of several
    /// keys for the field uses the last in the order of their bytes (sigs.k8s.io/yaml sorts them).
    #[must_use]
    pub fn field(self, name: &str) -> Option<Node<'a>> {
        let is_for = |entry: &Entry<'_>| is_folded(&entry.name(), name) && !entry.value.is_null();
        let last = self.entries().filter(is_for).max_by(|a, b| a.name().cmp(&b.name()));
        last.map(|entry| entry.value)
    }

    pub(super) fn key_text(self) -> Cow<'a, str> {
        if let Body::Scalar { text: true, .. } = self.data().body {
            return Cow::Borrowed(self.raw());
        }
        match self.scalar().and_then(key_name) {
            Some(name) => name,
            None => Cow::Borrowed(match self.kind() {
                Kind::Scalar => self.raw(),
                Kind::Sequence | Kind::Mapping => &self.document.text[self.span().range()],
            }),
        }
    }

    /// The node at the end of a path of keys, and of decimal indexes for the items of sequences.
    #[must_use]
    pub fn at(self, path: &[&str]) -> Option<Node<'a>> {
        path.iter().try_fold(self, |node, step| node.child(step))
    }

    /// The node at an RFC 6901 JSON pointer.
    #[must_use]
    pub fn pointer(self, pointer: &str) -> Option<Node<'a>> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer
            .strip_prefix('/')?
            .split('/')
            .try_fold(self, |node, step| node.child(&super::path::unescape(step)))
    }

    fn child(self, step: &str) -> Option<Node<'a>> {
        match self.kind() {
            Kind::Mapping => self.get(step),
            Kind::Sequence => self.items().nth(step.parse().ok()?),
            Kind::Scalar => None,
        }
    }

    /// The collection that contains this node; for a node that was reached through an alias, the one that contains the
    /// alias.
    #[must_use]
    pub fn parent(self) -> Option<Node<'a>> {
        let parent = self.document.nodes[self.via as usize].parent;
        (parent != NONE).then(|| Node::new(self.document, parent))
    }

    /// The number of steps from the root to this node.
    #[must_use]
    pub fn depth(self) -> usize {
        self.upwards().count() - 1
    }

    /// This node and the collections around it, the innermost first.
    pub fn upwards(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |node| node.parent())
    }

    /// The keys and indexes from the root to this node.
    #[must_use]
    pub fn path(self) -> Path<'a> {
        let nodes = &self.document.nodes;
        let mut steps = Vec::with_capacity(USUAL_DEPTH);
        let mut at = self.via;
        loop {
            let data = &nodes[at as usize];
            if data.parent == NONE {
                break;
            }
            match nodes[data.parent as usize].body {
                Body::Mapping { .. } if data.key != NONE => {
                    steps.push(Step::Key(Node::new(self.document, data.key).key_text()));
                }
                Body::Sequence { .. } => steps.push(Step::Index(data.key as usize)),
                _ => {}
            }
            at = data.parent;
        }
        steps.reverse();
        Path(steps)
    }
}
