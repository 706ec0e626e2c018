//! Document symbols: keys, objects, and the definitions in templates.

use gen_lsp_types as lsp;

use super::position::{Encoding, Text};
use super::view::View;
use crate::project::File;
use crate::yaml::{Document, Kind, Node};

/// The depth of an outline.
const DEPTH: usize = 12;

/// The outline of a document, in the order of its text.
pub(super) fn symbols(view: &View<'_>) -> Vec<lsp::DocumentSymbol> {
    let outline = Outline { text: &view.document.text, encoding: view.editor.encoding };
    match view.snapshot.file(&view.shown).and_then(File::stream) {
        Some(stream) => {
            let several = stream.documents.len() > 1;
            let of = |document| outline.document(document, several);
            stream.documents.iter().flat_map(|document| of(document)).collect()
        }
        None => outline.definitions(),
    }
}

struct Outline<'a> {
    text: &'a Text,
    encoding: Encoding,
}

impl Outline<'_> {
    /// The symbols of a YAML document. An object, or one of several documents, has a symbol of its own around its keys.
    fn document(&self, document: &Document, several: bool) -> Vec<lsp::DocumentSymbol> {
        let Some(root) = document.root() else { return Vec::new() };
        let children = self.children(root, 0);
        let text = |key: &str| root.get(key).map(Node::raw).filter(|text| !text.is_empty());
        let name = root.at(&["metadata", "name"]).map_or("", Node::raw);
        let title = match text("kind") {
            Some(kind) => format!("{kind}/{name}"),
            None if several => "document".to_owned(),
            None => return children,
        };
        let detail = text("apiVersion").map(ToOwned::to_owned);
        let range = root.span().range();
        let first = self.text.line_of(range.start);
        let head = range.start..self.text.line_start(first) + self.text.line(first).len();
        vec![self.symbol(title, detail, lsp::SymbolKind::Class, range, head, children)]
    }

    fn children(&self, node: Node<'_>, depth: usize) -> Vec<lsp::DocumentSymbol> {
        if depth == DEPTH {
            return Vec::new();
        }
        let below = |value: Node<'_>| match value.alias_span() {
            Some(_) => Vec::new(),
            None => self.children(value, depth + 1),
        };
        match node.kind() {
            Kind::Scalar => Vec::new(),
            Kind::Mapping => node
                .written()
                .map(|entry| {
                    let (key, value) = (entry.key.span().range(), entry.value);
                    let end = value.alias_span().unwrap_or(value.span()).range().end.max(key.end);
                    let (kind, detail) = looks(value);
                    let name = entry.name().into_owned();
                    self.symbol(name, detail, kind, key.start..end, key, below(value))
                })
                .collect(),
            Kind::Sequence => node
                .items()
                .enumerate()
                .map(|(at, item)| {
                    let range = item.alias_span().unwrap_or(item.span()).range();
                    let (kind, detail) = looks(item);
                    let name = item.get("name").map(Node::raw).filter(|name| !name.is_empty());
                    let name = name.map_or_else(|| format!("[{at}]"), ToOwned::to_owned);
                    self.symbol(name, detail, kind, range.clone(), range, below(item))
                })
                .collect(),
        }
    }

    /// The symbols of a template: its definitions.
    fn definitions(&self) -> Vec<lsp::DocumentSymbol> {
        let mut found = Vec::new();
        for line in 0..self.text.line_count() {
            let (own, start) = (self.text.line(line), self.text.line_start(line));
            let Some(name) = defined(own) else { continue };
            let at = start..start + own.len();
            let kind = lsp::SymbolKind::Function;
            found.push(self.symbol(name.to_owned(), None, kind, at.clone(), at, Vec::new()));
        }
        found
    }

    fn symbol(
        &self,
        name: String,
        detail: Option<String>,
        kind: lsp::SymbolKind,
        range: std::ops::Range<usize>,
        selection: std::ops::Range<usize>,
        children: Vec<lsp::DocumentSymbol>,
    ) -> lsp::DocumentSymbol {
        let selection = selection.start..selection.end.min(range.end);
        #[allow(deprecated, reason = "the type has the field")]
        lsp::DocumentSymbol {
            // An empty name is an error in some clients.
            name: if name.is_empty() { "\"\"".to_owned() } else { name },
            detail,
            kind,
            tags: None,
            deprecated: None,
            range: self.text.range(range, self.encoding),
            selection_range: self.text.range(selection, self.encoding),
            children: (!children.is_empty()).then_some(children),
        }
    }
}

/// How a value is shown: its kind, and the text of a short scalar.
fn looks(value: Node<'_>) -> (lsp::SymbolKind, Option<String>) {
    match value.kind() {
        Kind::Mapping => (lsp::SymbolKind::Object, None),
        Kind::Sequence => (lsp::SymbolKind::Array, None),
        Kind::Scalar => {
            let line = value.raw().lines().next().unwrap_or_default();
            let short: String = line.chars().take(60).collect();
            (lsp::SymbolKind::Field, (!short.is_empty()).then_some(short))
        }
    }
}

/// The name in `{{- define "name" }}`.
pub(super) fn defined(line: &str) -> Option<&str> {
    let action = line.split_once("{{")?.1.trim_start_matches('-').trim_start();
    let rest = action.strip_prefix("define").or_else(|| action.strip_prefix("block"))?;
    let quoted = rest.trim_start().strip_prefix(['"', '`'])?;
    quoted.split(['"', '`']).next()
}
