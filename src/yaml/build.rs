//! Events to one document's tree.

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

/// How many nodes a document may have once its aliases are written out.
const MAX_EXPANDED: u64 = 4_000_000;
/// How many errors of one document are kept: enough to see what is wrong with it.
const MAX_ERRORS: usize = 1_000;

/// How much text a node takes at least in most files, its indentation and its comma or colon
/// included.
const BYTES_PER_NODE: usize = 10;
/// For how many nodes there is room from the start: a file may hold many small documents.
const MAX_EXPECTED: usize = 1_024;

/// A collection that is still open.
struct Open {
    node: u32,
    /// Where its children begin among those of all open collections.
    first: usize,
    mapping: bool,
    style: Style,
    anchor: usize,
    weight: Weight,
    /// End of the last thing inside.
    end: usize,
}

/// How much there is of a node once its aliases are written out. Whoever walks a tree sees
/// through aliases, so it is this that is bounded, not what the text holds.
#[derive(Clone, Copy)]
struct Weight {
    /// Nodes, itself included.
    nodes: u64,
    /// Levels of collections, itself included; 0 for scalars.
    height: usize,
}

impl Weight {
    const SCALAR: Self = Self { nodes: 1, height: 0 };
    const EMPTY: Self = Self { nodes: 1, height: 1 };

    /// What a collection weighs with one more child.
    fn with(self, child: Self) -> Self {
        Self {
            nodes: self.nodes.saturating_add(child.nodes),
            height: self.height.max(child.height + 1),
        }
    }
}

/// What an anchor stands for.
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
    /// The children of all open collections, those of the innermost last.
    pending: Vec<u32>,
    /// The names of anchors, each with the id of the last that has it, and the id of the one that the next node
    /// has. The parser says names only where an alias is read by them.
    names: HashMap<&'t str, usize>,
    anchor: usize,
    last_anchor: usize,
    /// Complete anchored nodes, sorted by id (the parser numbers them in order of opening; a
    /// nested one may complete first, so insertion keeps the order).
    anchors: Vec<Anchor>,
    errors: Vec<SyntaxError>,
    broken: bool,
    /// Of the root.
    weight: Weight,
    /// Entries that merge keys may still bring in.
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

    /// Takes a fault that the document is left out for.
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

    /// Takes an alias that was read as a text of as many bytes, for its asterisk.
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

    /// Takes an anchor by its name: it is the next node's. `None` where that has one already.
    pub(super) fn anchor(&mut self, name: &'t str) -> Option<()> {
        let id = self.last_anchor + 1;
        let is_first = mem::replace(&mut self.anchor, id) == 0;
        self.last_anchor = id;
        self.names.insert(name, id);
        is_first.then_some(())
    }

    /// True while an anchor has been taken whose node has not.
    pub(super) fn awaits_anchored(&self) -> bool {
        self.anchor != 0
    }

    /// Adds an alias, from its asterisk on. `None` where it cannot stand here.
    pub(super) fn refer(&mut self, range: &Range<usize>) -> Option<()> {
        let name = &self.source_text[range.start + 1..range.end];
        let id = *self.names.get(name)?;
        self.alias(id, range);
        (!self.broken && !self.awaits_anchored()).then_some(())
    }

    /// Opens a block collection without tag.
    pub(super) fn open_block(&mut self, mapping: bool, start: usize) {
        let anchor = mem::take(&mut self.anchor);
        self.open(mapping, StructureStyle::Block, anchor, None, start..start);
    }

    /// Closes the block collection that was opened last.
    pub(super) fn close_block(&mut self) {
        self.close(0);
    }

    /// Opens a flow collection without tag, at its bracket.
    pub(super) fn open_flow(&mut self, mapping: bool, start: usize) {
        let anchor = mem::take(&mut self.anchor);
        self.open(mapping, StructureStyle::Flow, anchor, None, start..start + 1);
    }

    /// Closes the flow collection that was opened last; `end` is behind its bracket.
    pub(super) fn close_flow(&mut self, end: usize) {
        self.close(end);
    }

    /// True when the document has a node and all of it.
    pub(super) fn is_complete(&self) -> bool {
        self.has_root() && self.open.is_empty()
    }

    /// True when the document has a node.
    pub(super) fn has_root(&self) -> bool {
        self.document.root.is_some()
    }

    /// Makes a document without a node one that is null.
    pub(super) fn complete_with_null(&mut self) {
        if !self.has_root() {
            self.null(self.document.start as usize);
        }
    }

    /// True where the next node is a key.
    fn is_at_key(&self) -> bool {
        self.open
            .last()
            .is_some_and(|open| open.mapping && (self.pending.len() - open.first).is_multiple_of(2))
    }

    /// Where a value that is not written would stand: right behind its key's colon or its dash.
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

    /// Closes the collection that was opened last; `end` is where one in flow style ends.
    fn close(&mut self, end: usize) {
        let Some(open) = self.open.pop() else {
            return;
        };
        // The end event of a block collection lies at the next token; its last child says where
        // the collection really ends.
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

    /// Puts a node under the collection that is open.
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
                // A collection that opens here weighs nothing yet: it is added when it closes.
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
            // Copied, because an allocator may leave what is shrunk in a block twice its size: a
            // run holds every document of a repository, and the builder's own go to the next one.
            self.document.nodes = self.document.nodes.as_slice().to_vec();
            self.document.children = self.document.children.as_slice().to_vec();
            self.document.hints.resize(self.document.children.len() + AT_ONCE, 0);
            self.document.hints = self.document.hints.as_slice().to_vec();
            stream.documents.push(Arc::new(self.document));
        }
    }
}

/// A byte offset or a count as the tree keeps it. Texts are refused long before they are too large.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
