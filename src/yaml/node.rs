//! Handles on nodes: what they say, and the way from one to others.

use std::borrow::Cow;
use std::ops::Range;

use super::members::{Entries, Hint, Items, Name};
use super::path::{Path, Step};
use super::scalar::{Scalar, key_name, resolve_plain};
use super::tree::{Body, Document, Kind, NONE, NodeData, NodeId, Style};
use crate::source::Span;

/// Few nodes lie further down.
const USUAL_DEPTH: usize = 12;

/// A handle on a node. Aliases are seen through: the handle is on what they stand for.
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
    /// The same node of the same document, not equal content.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.document, other.document) && self.id == other.id
    }
}

impl Eq for Node<'_> {}

/// One key and its value.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The key.
    pub key: Node<'a>,
    /// The value.
    pub value: Node<'a>,
}

impl<'a> Entry<'a> {
    /// The key as Kubernetes and Helm name it; a key they refuse (null, a collection) is named by
    /// its text.
    #[must_use]
    pub fn name(&self) -> Cow<'a, str> {
        self.key.key_text()
    }
}

/// Whether a key is the name of a field but for case, as Go folds it: two letters beyond ASCII have a partner in it.
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

    /// The document it lies in.
    #[must_use]
    pub fn document(self) -> &'a Document {
        self.document
    }

    /// Its number in the document.
    #[must_use]
    pub fn id(self) -> NodeId {
        NodeId(self.id)
    }

    /// Where it stands: quotes and brackets included, the indicators of block scalars and block
    /// sequences not, nor comments and blank lines after it. A null that is not written has the
    /// empty span behind its key's colon.
    #[must_use]
    pub fn span(self) -> Span {
        let data = self.data();
        Span { source: self.document.source, start: data.start, end: data.end }
    }

    /// Where the alias stands, when the node was reached through one.
    #[must_use]
    pub fn alias_span(self) -> Option<Span> {
        (self.via != self.id).then(|| {
            let data = &self.document.nodes[self.via as usize];
            Span { source: self.document.source, start: data.start, end: data.end }
        })
    }

    /// Where the key stands under which this node is a value.
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

    /// The name of the key under which this node is a value.
    #[must_use]
    pub fn key_name(self) -> Option<Cow<'a, str>> {
        let data = &self.document.nodes[self.via as usize];
        let parent = self.document.nodes.get(data.parent as usize)?;
        let in_mapping = matches!(parent.body, Body::Mapping { .. }) && data.key != NONE;
        in_mapping.then(|| Node::new(self.document, data.key).key_text())
    }

    /// What sort of node it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self.data().body {
            Body::Sequence { .. } => Kind::Sequence,
            Body::Mapping { .. } => Kind::Mapping,
            Body::Scalar { .. } | Body::Alias(_) => Kind::Scalar,
        }
    }

    /// How it was written.
    #[must_use]
    pub fn style(self) -> Style {
        self.data().style()
    }

    /// The explicit tag, `!!str` written as `tag:yaml.org,2002:str`.
    #[must_use]
    pub fn tag(self) -> Option<&'a str> {
        let tags = &self.document.tags;
        let at = tags.binary_search_by_key(&self.id, |(node, _)| *node).ok()?;
        Some(&tags[at].1)
    }

    /// A scalar's text, unquoted, unescaped and folded, whatever its type; empty for collections.
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

    /// A string's text. `None` for everything else, numbers and booleans included.
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

    /// A boolean.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self.scalar() {
            Some(Scalar::Bool(value)) => Some(value),
            _ => None,
        }
    }

    /// A whole number; floats without a fraction count.
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

    /// A number.
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

    /// True for `null`, `~` and nothing at all.
    #[must_use]
    pub fn is_null(self) -> bool {
        match self.data().body {
            Body::Scalar { text: false, .. } => resolve_plain(self.raw()) == Scalar::Null,
            _ => false,
        }
    }

    /// How many items or entries a collection has; 0 for scalars.
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

    /// The items of a sequence, in order; none for other nodes.
    #[must_use]
    pub fn items(self) -> Items<'a> {
        let range = match self.data().body {
            Body::Sequence { first, count, .. } => first as usize..(first + count) as usize,
            _ => 0..0,
        };
        Items { document: self.document, ids: self.document.children[range].iter() }
    }

    /// The entries of a mapping as go-yaml v2 reads them: merge keys expanded in document order,
    /// the last of two equal keys kept; none for other nodes.
    #[must_use]
    pub fn entries(self) -> Entries<'a> {
        Entries { document: self.document, pairs: self.pairs().iter() }
    }

    /// The numbers of those entries' keys and values; aliases not seen through.
    pub(super) fn pairs(self) -> &'a [[u32; 2]] {
        self.document.children[self.effective()].as_chunks().0
    }

    /// Where among [`Document::children`] those numbers stand.
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

    /// True for a mapping whose entries are just those that are written: no key is there twice, and
    /// none is a merge key.
    #[must_use]
    pub fn is_as_written(self) -> bool {
        matches!(self.data().body, Body::Mapping { plain: true, .. })
    }

    /// The entries of a mapping just as they are written: merge keys and repeated keys too.
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

    /// True for a plain `<<` in key position.
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

    /// The same under a key of a name that many are asked for.
    #[must_use]
    #[inline]
    pub fn get_named(self, name: &Name) -> Option<Node<'a>> {
        let value = self.document.value_of(self, name.hint, name);
        value.map(|value| Node::new(self.document, value))
    }

    /// The value that Go's `encoding/json` leaves in a struct's field: capitals do not matter to it, a null changes
    /// nothing, and of several keys for the field it reads the last by their bytes (sigs.k8s.io/yaml sorts them).
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

    /// The node at the end of a path of keys; sequence items by their decimal index.
    #[must_use]
    pub fn at(self, path: &[&str]) -> Option<Node<'a>> {
        path.iter().try_fold(self, |node, step| node.child(step))
    }

    /// The node an RFC 6901 JSON pointer names.
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

    /// The collection this node is written in (for a node reached through an alias: the one that
    /// holds the alias).
    #[must_use]
    pub fn parent(self) -> Option<Node<'a>> {
        let parent = self.document.nodes[self.via as usize].parent;
        (parent != NONE).then(|| Node::new(self.document, parent))
    }

    /// How many steps it is from the root to here.
    #[must_use]
    pub fn depth(self) -> usize {
        self.upwards().count() - 1
    }

    /// This node and the collections that it is written in, the innermost first.
    pub fn upwards(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |node| node.parent())
    }

    /// Keys and indexes from the root to here.
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
