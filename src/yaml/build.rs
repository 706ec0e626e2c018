//! Builds the tree of one document from the events of a parser.

mod keys;
mod scalar;

use std::collections::HashMap;
use std::mem;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use granit_parser::{Event, StructureStyle};

use super::marks::LazyMarks;
use super::members::{AT_ONCE, KeyIndex};
use super::parse::{ErrorKind, MAX_DEPTH, Stream, SyntaxError};
use super::tree::{Body, Document, NONE, NodeData, Style};
use crate::source::{SourceId, Span};

/// The most nodes of a document whose aliases are expanded.
const MAX_EXPANDED: u64 = 4_000_000;
/// The most errors of one document that are kept, which is enough to see what is wrong with it.
const MAX_ERRORS: usize = 1_000;

/// The least number of bytes for a node in most files, with its indentation and its comma or colon.
const BYTES_PER_NODE: usize = 10;
/// The most nodes for which space is reserved in advance, as a file may have many small documents.
const MAX_EXPECTED: usize = 1_024;

/// A collection that is not yet complete.
struct Open {
    node: u32,
    /// The index of its first child among those of all incomplete collections.
    first: usize,
    mapping: bool,
    style: Style,
    anchor: usize,
    weight: Weight,
    /// The end of the last node in it.
    end: usize,
}

/// The size of a node with its aliases expanded. A walk through a tree follows aliases, so this size is limited, not
/// that of the text.
#[derive(Clone, Copy)]
struct Weight {
    /// The number of nodes, including itself.
    nodes: u64,
    /// The levels of collections, including itself; 0 for scalars.
    height: usize,
}

impl Weight {
    const SCALAR: Self = Self { nodes: 1, height: 0 };
    const EMPTY: Self = Self { nodes: 1, height: 1 };

    /// The weight of a collection with one more child.
    fn with(self, child: Self) -> Self {
        Self {
            nodes: self.nodes.saturating_add(child.nodes),
            height: self.height.max(child.height + 1),
        }
    }
}

/// The node of an anchor.
#[derive(Clone, Copy)]
struct Anchor {
    id: usize,
    node: u32,
    weight: Weight,
}

pub(super) struct Builder<'t> {
    source: SourceId,
    source_text: &'t Arc<str>,
    document: Document,
    open: Vec<Open>,
    /// The children of all incomplete collections, those of the innermost last.
    pending: Vec<u32>,
    /// The names of anchors, each with the id of the last one with that name. Then the id of the next node's anchor,
    /// 0 for none. The parser only reports names if an alias may be looked up by its name.
    names: HashMap<&'t str, usize>,
    anchor: usize,
    last_anchor: usize,
    /// The anchors of complete nodes, sorted by id. The parser numbers anchors in the order in which their nodes start;
    /// a nested node may be complete first, so insertion keeps the order.
    anchors: Vec<Anchor>,
    errors: Vec<SyntaxError>,
    broken: bool,
    /// The weight of the root.
    weight: Weight,
    /// The number of entries that merge keys may still add.
    merge_budget: u64,
}

impl<'t> Builder<'t> {
    pub(super) fn new(source: SourceId, text: &'t Arc<str>, at: usize) -> Self {
        let expected = (text.len().saturating_sub(at) / BYTES_PER_NODE).min(MAX_EXPECTED);
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            source,
            source_text: text,
            document: Document {
                source,
                text: Arc::clone(text),
                nodes: Vec::with_capacity(expected),
                children: Vec::with_capacity(expected),
                hints: Vec::with_capacity(expected),
                owned: Vec::new(),
                tags: Vec::new(),
                root: None,
                start: at,
                end: at,
                index: KeyIndex::default(),
                marks: LazyMarks::default(),
                layout: OnceLock::new(),
                placed: false,
            },
            open: Vec::new(),
            pending: Vec::new(),
            names: HashMap::new(),
            anchor: 0,
            last_anchor: 0,
            anchors: Vec::new(),
            errors: Vec::new(),
            broken: false,
            weight: Weight::SCALAR,
            merge_budget: MAX_EXPANDED,
        }
    }

    fn fail(&mut self, kind: ErrorKind, start: usize, end: usize, message: impl Into<String>) {
        if kind == ErrorKind::Syntax || kind == ErrorKind::Limit {
            self.broken = true;
        }
        if self.errors.len() >= MAX_ERRORS {
            return;
        }
        self.errors.push(SyntaxError {
            kind,
            span: Span::new(self.source, start, end),
            message: message.into(),
            help: None,
        });
    }

    /// Records an error for which the document is left out.
    pub(super) fn refuse(&mut self, error: SyntaxError) {
        if !mem::replace(&mut self.broken, true) {
            self.errors.push(error);
        }
    }

    pub(super) fn take(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let tag = tag.map(|tag| format!("{}{}", tag.handle(), tag.suffix()));
                self.scalar(&value, style, anchor, tag, range);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.open(
                    false,
                    style,
                    anchor,
                    tag.map(|tag| format!("{}{}", tag.handle(), tag.suffix())),
                    range,
                );
            }
            Event::MappingStart(style, anchor, tag) => {
                self.open(
                    true,
                    style,
                    anchor,
                    tag.map(|tag| format!("{}{}", tag.handle(), tag.suffix())),
                    range,
                );
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range.end),
            Event::Alias(id) => self.alias(id, &range),
            Event::UnresolvedAlias(name) => self.unresolved(&name, &range),
            Event::Anchor(id, _) => {
                let text = self.source_text;
                self.names.insert(&text[range.start + 1..range.end], id);
            }
            _ => {}
        }
    }

    /// Adds an alias that the parser read as a text of the same length, as its asterisk was replaced.
    pub(super) fn key(&mut self, range: &Range<usize>) {
        let name = &self.source_text[range.start + 1..range.end];
        match self.names.get(name) {
            Some(&id) => self.alias(id, range),
            None => self.unresolved(name, range),
        }
    }

    fn unresolved(&mut self, name: &str, range: &Range<usize>) {
        let message = format!("`*{name}` names an anchor that is not defined before it");
        self.fail(ErrorKind::Syntax, range.start, range.end, message);
        self.null(range.start);
    }

    fn alias(&mut self, id: usize, range: &Range<usize>) {
        let known = self.anchors.binary_search_by_key(&id, |anchor| anchor.id);
        let Ok(Anchor { node, weight, .. }) = known.map(|at| self.anchors[at]) else {
            let name = &self.source_text[range.clone()];
            let message =
                format!("`{name}` stands inside what its anchor names: the value contains itself");
            self.fail(ErrorKind::Syntax, range.start, range.end, message);
            self.null(range.start);
            return;
        };
        if self.open.len() + weight.height > MAX_DEPTH {
            let message =
                format!("with its alias written out this is nested deeper than {MAX_DEPTH} levels");
            self.fail(ErrorKind::Limit, range.start, range.end, message);
            self.null(range.start);
            return;
        }
        self.add(Body::Alias(node), range.start, range.end, weight);
    }

    pub(super) fn null(&mut self, at: usize) {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let body =
            Body::Scalar { style: Style::Plain, owned: false, text: false, first: at, second: at };
        self.add(body, at as usize, at as usize, Weight::SCALAR);
    }

    /// Records the anchor of the next node by its name. `None` if that already has one.
    pub(super) fn anchor(&mut self, name: &'t str) -> Option<()> {
        let id = self.last_anchor + 1;
        let is_first = mem::replace(&mut self.anchor, id) == 0;
        self.last_anchor = id;
        self.names.insert(name, id);
        is_first.then_some(())
    }

    /// True if there is an anchor whose node has not yet started.
    pub(super) fn awaits_anchored(&self) -> bool {
        self.anchor != 0
    }

    /// Adds an alias; its range begins at the asterisk. `None` if it is not allowed here.
    pub(super) fn refer(&mut self, range: &Range<usize>) -> Option<()> {
        let name = &self.source_text[range.start + 1..range.end];
        let id = *self.names.get(name)?;
        self.alias(id, range);
        (!self.broken && !self.awaits_anchored()).then_some(())
    }

    /// Begins a block collection without a tag.
    pub(super) fn open_block(&mut self, mapping: bool, start: usize) {
        let anchor = mem::take(&mut self.anchor);
        self.open(mapping, StructureStyle::Block, anchor, None, start..start);
    }

    /// Completes the innermost block collection.
    pub(super) fn close_block(&mut self) {
        self.close(0);
    }

    /// Begins a flow collection without a tag, at its bracket.
    pub(super) fn open_flow(&mut self, mapping: bool, start: usize) {
        let anchor = mem::take(&mut self.anchor);
        self.open(mapping, StructureStyle::Flow, anchor, None, start..start + 1);
    }

    /// Completes the innermost flow collection; `end` is after its bracket.
    pub(super) fn close_flow(&mut self, end: usize) {
        self.close(end);
    }

    /// True if the document has a complete root node.
    pub(super) fn is_complete(&self) -> bool {
        self.has_root() && self.open.is_empty()
    }

    /// True if the document has a root node, which may be incomplete.
    pub(super) fn has_root(&self) -> bool {
        self.document.root.is_some()
    }

    /// Adds a null as the root of a document without any.
    pub(super) fn complete_with_null(&mut self) {
        if !self.has_root() {
            self.null(self.document.start as usize);
        }
    }

    /// True if the next node is a key.
    fn is_at_key(&self) -> bool {
        self.open
            .last()
            .is_some_and(|open| open.mapping && (self.pending.len() - open.first).is_multiple_of(2))
    }

    /// The place of an implicit null: right after its key's colon or its dash.
    fn place_of_nothing(&self, reported: usize) -> usize {
        let text = self.source_text;
        let reported = text.floor_char_boundary(reported.min(text.len()));
        let Some(open) = self.open.last() else {
            return reported;
        };
        if open.mapping && (self.pending.len() - open.first) % 2 == 1 {
            let key = &self.document.nodes[self.pending[self.pending.len() - 1] as usize];
            let after = key.end as usize;
            let rest = text[after..].trim_start();
            if rest.starts_with(':') {
                return text.len() - rest.len() + 1;
            }
        }
        text[..reported].trim_end().len().max(open.end.min(reported))
    }

    fn open(
        &mut self,
        mapping: bool,
        style: StructureStyle,
        anchor: usize,
        tag: Option<String>,
        range: Range<usize>,
    ) {
        let style = match style {
            StructureStyle::Block => Style::Block,
            StructureStyle::Flow => Style::Flow,
        };
        let body = if mapping {
            Body::Mapping { style, plain: true, first: 0, count: 0 }
        } else {
            Body::Sequence { style, first: 0, count: 0 }
        };
        let node = self.add(body, range.start, range.end, Weight::EMPTY);
        if let Some(tag) = tag {
            self.document.tags.push((node, tag.into()));
        }
        self.open.push(Open {
            node,
            first: self.pending.len(),
            mapping,
            style,
            anchor,
            weight: Weight::EMPTY,
            end: range.start,
        });
    }

    /// Completes the innermost collection; `end` is its end if it is in flow style.
    fn close(&mut self, end: usize) {
        let Some(open) = self.open.pop() else {
            return;
        };
        // The end event of a block collection is at the next token, so the collection ends where its last child does.
        let end = if open.style == Style::Flow { end } else { open.end };
        let first = self.document.children.len();
        self.document.children.extend_from_slice(&self.pending[open.first..]);
        let count = self.pending.len() - open.first;
        self.pending.truncate(open.first);
        let body = if open.mapping {
            self.mapping(open.style, first)
        } else {
            Body::Sequence { style: open.style, first: narrow(first), count: narrow(count) }
        };
        let data = &mut self.document.nodes[open.node as usize];
        data.body = body;
        data.end = narrow(end).max(data.start);
        self.remember(open.node, open.anchor, open.weight);
        match self.open.last_mut() {
            Some(parent) => {
                parent.weight = parent.weight.with(open.weight);
                parent.end = parent.end.max(end);
            }
            None => self.weight = open.weight,
        }
    }

    fn remember(&mut self, node: u32, anchor: usize, weight: Weight) {
        if anchor == 0 {
            return;
        }
        let entry = Anchor { id: anchor, node, weight };
        match self.anchors.binary_search_by_key(&anchor, |known| known.id) {
            Ok(at) => self.anchors[at] = entry,
            Err(at) => self.anchors.insert(at, entry),
        }
    }

    /// Adds a node to the innermost collection.
    fn add(&mut self, body: Body, start: usize, end: usize, weight: Weight) -> u32 {
        let id = narrow(self.document.nodes.len());
        let (parent, key) = match self.open.last_mut() {
            None => {
                self.document.root = Some(id);
                self.document.start = narrow(start);
                self.weight = weight;
                (NONE, NONE)
            }
            Some(open) => {
                let key = match (open.mapping, self.pending.len() - open.first) {
                    (true, count) if count % 2 == 1 => self.pending[self.pending.len() - 1],
                    (true, _) => NONE,
                    (false, count) => narrow(count),
                };
                self.pending.push(id);
                // The weight of a collection is only added when it is complete.
                if !matches!(body, Body::Sequence { .. } | Body::Mapping { .. }) {
                    open.weight = open.weight.with(weight);
                }
                open.end = open.end.max(end);
                (open.node, key)
            }
        };
        self.document.nodes.push(NodeData {
            start: narrow(start),
            end: narrow(end),
            parent,
            key,
            body,
        });
        id
    }

    pub(super) fn finish(mut self, stream: &mut Stream) {
        if let Some(root) = self.document.root {
            self.document.end = self.document.nodes[root as usize].end;
        }
        if self.weight.nodes > MAX_EXPANDED {
            let Span { start, .. } = self.document.span();
            let line = self.source_text[start as usize..].find('\n').unwrap_or(0);
            self.fail(
                ErrorKind::Limit,
                start as usize,
                start as usize + line,
                "the aliases of this document expand without measure",
            );
        }
        stream.errors.append(&mut self.errors);
        if !self.broken {
            self.document.tags.sort_by_key(|(node, _)| *node);
            // Copied, as an allocator may leave a shrunk vector in a block of twice its size. A run keeps every
            // document of a repository, whereas the builder's vectors are soon reused.
            self.document.nodes = self.document.nodes.as_slice().to_vec();
            self.document.children = self.document.children.as_slice().to_vec();
            self.document.hints.resize(self.document.children.len() + AT_ONCE, 0);
            self.document.hints = self.document.hints.as_slice().to_vec();
            stream.documents.push(Arc::new(self.document));
        }
    }
}

/// Converts an offset or count to the tree's type. Texts that are too large for it are refused before.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
