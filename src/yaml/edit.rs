//! Edits of a YAML text that change one node and keep everything else as it is written: comments, quotes, indentation,
//! order, line ends.
//!
//! Every function returns edits of the document's own text, or `None` if the change cannot be made without other
//! changes: below an alias, for a key that is written as `? key`, or in a document that is shown in another text than
//! its own.

mod emit;
#[cfg(test)]
mod tests;

use super::node::Node;
use super::tree::{Body, Document, Kind, NONE, Style};
use crate::source::{Edit, Span};
pub(super) use emit::Emitter;
pub use emit::quoted;

/// A value to write.
#[derive(Debug, Clone, PartialEq)]
pub enum NewValue {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A text, which is quoted if it would otherwise be read as something else.
    Text(String),
    /// A list.
    List(Vec<NewValue>),
    /// A map with its entries in the order in which they are written.
    Map(Vec<(String, NewValue)>),
}

impl NewValue {
    /// The value of a node, without its comments.
    #[must_use]
    pub fn of(node: Node<'_>) -> Self {
        use super::Scalar;
        match node.kind() {
            Kind::Sequence => Self::List(node.items().map(Self::of).collect()),
            Kind::Mapping => {
                let entry =
                    |entry: super::Entry<'_>| (entry.name().into_owned(), Self::of(entry.value));
                Self::Map(node.entries().map(entry).collect())
            }
            Kind::Scalar => match node.scalar() {
                None | Some(Scalar::Null) => Self::Null,
                Some(Scalar::Bool(value)) => Self::Bool(value),
                Some(Scalar::Int(value)) => Self::Int(value),
                Some(Scalar::Uint(value)) => {
                    i64::try_from(value).map_or_else(|_| Self::Text(value.to_string()), Self::Int)
                }
                Some(Scalar::Float(value)) => Self::Float(value),
                Some(Scalar::Str(text)) => Self::Text(text.to_owned()),
            },
        }
    }

    /// A nesting of maps with these keys around the value, the first key outermost.
    #[must_use]
    pub fn below(self, keys: &[String]) -> Self {
        keys.iter().rev().fold(self, |value, key| Self::Map(vec![(key.clone(), value)]))
    }

    /// True if it needs lines of its own, as a list or map that is not empty does.
    fn is_block(&self) -> bool {
        match self {
            Self::List(items) => !items.is_empty(),
            Self::Map(entries) => !entries.is_empty(),
            _ => false,
        }
    }
}

/// Replaces a node by a value, or adds the value under the `missing` keys below the node.
#[must_use]
pub fn set(node: Node<'_>, missing: &[String], value: &NewValue) -> Option<Vec<Edit>> {
    let editor = Editor::new(node)?;
    match missing.split_first() {
        None => editor.replace(node, value),
        Some((key, rest)) => editor.insert(node, key, &value.clone().below(rest)),
    }
}

/// Renames the key of a node.
#[must_use]
pub fn rename(node: Node<'_>, name: &str) -> Option<Vec<Edit>> {
    let editor = Editor::new(node)?;
    let key = node.key_span()?;
    let quotes = match editor.text.as_bytes().get(key.start as usize) {
        Some(b'"') => Style::DoubleQuoted,
        Some(b'\'') => Style::SingleQuoted,
        _ => Style::Plain,
    };
    Some(vec![Edit::new(key, editor.emitter.text(name, quotes))])
}

/// Removes a node: the entry of a mapping with its key, or the item of a sequence. Comments on lines of their own are
/// kept.
#[must_use]
pub fn remove(node: Node<'_>) -> Option<Vec<Edit>> {
    let editor = Editor::new(node)?;
    let parent = node.parent()?;
    match parent.kind() {
        Kind::Mapping => editor.remove_entry(parent, node),
        Kind::Sequence => editor.remove_item(parent, node),
        Kind::Scalar => None,
    }
}

/// Appends an item to a sequence, or adds a sequence with that item under the `missing` keys below the node.
#[must_use]
pub fn append(node: Node<'_>, missing: &[String], value: &NewValue) -> Option<Vec<Edit>> {
    let list = || NewValue::List(vec![value.clone()]);
    if !missing.is_empty() {
        return set(node, missing, &list());
    }
    let editor = Editor::new(node)?;
    match node.items().last() {
        _ if node.kind() != Kind::Sequence => None,
        None => editor.replace(node, &list()),
        Some(last) => editor.after_item(node, last, value),
    }
}

/// A value on one line, with the quotes of `style` if it is a text; `None` if it needs several lines.
#[must_use]
pub fn inline(value: &NewValue, style: Style) -> Option<String> {
    (!value.is_block()).then(|| Emitter::plain("\n").flow(value, style))
}

/// `key: value` in a block mapping with its keys at `column`. The first line is not indented.
#[must_use]
pub fn entry(key: &str, value: &NewValue, column: usize, newline: &'static str) -> String {
    Emitter::plain(newline).entry(key, value, column, Style::Plain)
}

struct Editor<'d> {
    document: &'d Document,
    text: &'d str,
    emitter: Emitter,
}

impl<'d> Editor<'d> {
    /// `None` if aliases refer to the node or to a node around it, as other places would change too, or if the document
    /// is shown in another text.
    fn new(node: Node<'d>) -> Option<Self> {
        let document = node.document();
        if document.placed || node.alias_span().is_some() || is_shared(node) {
            return None;
        }
        Some(Self { document, text: document.text(), emitter: Emitter::like(document) })
    }

    fn replace(&self, node: Node<'_>, value: &NewValue) -> Option<Vec<Edit>> {
        let span = node.span();
        if self.holds_comments(node) {
            return None;
        }
        if stands_in_flow(node) {
            let written = self.emitter.flow(value, node.style());
            let space = if span.start == span.end { " " } else { "" };
            return Some(vec![Edit::new(span, format!("{space}{written}"))]);
        }
        let is_block = match node.kind() {
            Kind::Scalar => matches!(node.style(), Style::Literal | Style::Folded),
            Kind::Sequence | Kind::Mapping => node.style() == Style::Block,
        };
        let Some(key) = node.key_span() else {
            return self.replace_item(node, value);
        };
        let colon = self.colon(key, span)?;
        let column = self.column(key.start as usize);
        let edit = |start, end, text| Edit::new(Span::new(self.document.source, start, end), text);
        match (is_block, value.is_block()) {
            (false, false) if span.start < span.end => {
                Some(vec![Edit::new(span, self.emitter.flow(value, node.style()))])
            }
            (false, false) => {
                let written = self.emitter.flow(value, Style::Plain);
                Some(vec![edit(colon, colon, format!(" {written}"))])
            }
            (false, true) => {
                // The rest of the line is a comment, which is kept.
                let end = (span.end as usize).max(colon);
                let line = self.line_end(end);
                let lines = self.emitter.below_key(value, column);
                match end == line {
                    true => Some(vec![edit(colon, end, lines)]),
                    false => Some(vec![edit(colon, end, String::new()), edit(line, line, lines)]),
                }
            }
            (true, _) => {
                let end = self.content_end(node);
                let lines = match value.is_block() {
                    true => self.emitter.below_key(value, column),
                    false => format!(" {}", self.emitter.flow(value, Style::Plain)),
                };
                Some(vec![edit(colon, end, lines)])
            }
        }
    }

    /// Whether there are comments among the entries or items of a collection, which would be removed with it.
    fn holds_comments(&self, node: Node<'_>) -> bool {
        if node.kind() == Kind::Scalar || node.is_empty() {
            return false;
        }
        let start = node.span().start as usize;
        let text = &self.text[start..self.content_end(node).max(start)];
        text.match_indices('#')
            .map(|(at, _)| start + at)
            .any(|at| self.text[..at].ends_with([' ', '\t', '\n']) && !lies_in_scalar(node, at))
    }

    fn replace_item(&self, node: Node<'_>, value: &NewValue) -> Option<Vec<Edit>> {
        let dash = self.dash(node)?;
        let start = dash + 1;
        let column = self.column(dash) + 2;
        let written = self.emitter.item(value, column, node.style());
        let end = self.content_end(node).max(start);
        let span = Span::new(self.document.source, start, end);
        Some(vec![Edit::new(span, format!(" {written}"))])
    }

    fn insert(&self, map: Node<'_>, key: &str, value: &NewValue) -> Option<Vec<Edit>> {
        if let Some(entry) = map.written().find(|entry| entry.name() == key) {
            return self.replace(entry.value, value);
        }
        let whole = || NewValue::Map(vec![(key.to_owned(), value.clone())]);
        match map.kind() {
            Kind::Scalar if map.is_null() => self.replace(map, &whole()),
            Kind::Mapping if map.written().len() == 0 => self.replace(map, &whole()),
            Kind::Mapping => {
                let (first, last) = (map.written().next()?, map.written().last()?);
                if map.style() == Style::Flow || stands_in_flow(map) {
                    let end = self.value_end(last.value, last.key.span());
                    let entry = self.emitter.flow_entry(key, value, first.key.style());
                    return Some(vec![self.insertion(end, format!(", {entry}"))]);
                }
                let column = self.key_column(first.key.span())?;
                let end = self.line_end(self.value_end(last.value, last.key.span()));
                let entry = self.emitter.entry(key, value, column, first.key.style());
                Some(vec![self.insertion(end, self.emitter.line(&entry, column))])
            }
            Kind::Scalar | Kind::Sequence => None,
        }
    }

    fn after_item(&self, list: Node<'_>, last: Node<'_>, value: &NewValue) -> Option<Vec<Edit>> {
        let end =
            last.alias_span().map_or_else(|| self.content_end(last), |alias| alias.end as usize);
        if list.style() == Style::Flow || stands_in_flow(list) {
            let item = self.emitter.flow(value, last.style());
            return Some(vec![self.insertion(end, format!(", {item}"))]);
        }
        let column = self.column(self.dash(list.items().next()?)?);
        let item = self.emitter.item(value, column + 2, Style::Plain);
        let line = self.emitter.line(&format!("- {item}"), column);
        Some(vec![self.insertion(self.line_end(end), line)])
    }

    fn remove_entry(&self, map: Node<'_>, node: Node<'_>) -> Option<Vec<Edit>> {
        let entries: Vec<_> = map.written().collect();
        let at = entries
            .iter()
            .position(|entry| entry.value == node && entry.value.key_span() == node.key_span())?;
        let own = entries[at];
        if entries.len() == 1 {
            return self.replace(map, &NewValue::Map(Vec::new()));
        }
        let key = own.key.span();
        let end = self.value_end(own.value, key);
        if map.style() == Style::Flow || stands_in_flow(map) {
            let next = entries.get(at + 1).map(|entry| entry.key.span().start as usize);
            let before = at
                .checked_sub(1)
                .map(|at| self.value_end(entries[at].value, entries[at].key.span()));
            return Some(vec![self.cut(key.start as usize, end, next, before)?]);
        }
        self.key_column(key)?;
        let start = key.start as usize;
        if let Some(next) = entries.get(at + 1).filter(|_| !self.is_first_on_line(start)) {
            // The entry is on the same line as a list item's dash, which the next entry takes over.
            return Some(vec![self.deletion(start, next.key.span().start as usize)]);
        }
        Some(vec![self.lines(start, end)])
    }

    fn remove_item(&self, list: Node<'_>, node: Node<'_>) -> Option<Vec<Edit>> {
        let items: Vec<_> = list.items().collect();
        let at = items.iter().position(|item| *item == node)?;
        if items.len() == 1 {
            return self.replace(list, &NewValue::List(Vec::new()));
        }
        let end = self.content_end(node);
        if list.style() == Style::Flow || stands_in_flow(list) {
            let start = |item: &Node<'_>| item.span().start as usize;
            let before = at.checked_sub(1).map(|at| self.content_end(items[at]));
            return Some(vec![self.cut(
                start(&node),
                end,
                items.get(at + 1).map(start),
                before,
            )?]);
        }
        let dash = self.dash(node)?;
        self.is_first_on_line(dash).then(|| vec![self.lines(dash, end)])
    }

    /// Removes a part of a flow collection with one of the commas beside it.
    fn cut(
        &self,
        start: usize,
        end: usize,
        next: Option<usize>,
        before: Option<usize>,
    ) -> Option<Edit> {
        match (next, before) {
            (Some(next), _) => Some(self.deletion(start, next)),
            (None, Some(before)) => Some(self.deletion(before, end)),
            (None, None) => None,
        }
    }

    /// Removes whole lines, from the one of `start` to the one of `end`.
    fn lines(&self, start: usize, end: usize) -> Edit {
        let first = self.line_start(start);
        let last = self.line_end(end);
        match self.text[last..].find('\n') {
            Some(more) => self.deletion(first, last + more + 1),
            // The last line has no line end, so the line end before it is removed.
            None => {
                let before = self.text[..first].trim_end_matches('\n');
                self.deletion(before.trim_end_matches('\r').len(), self.text.len())
            }
        }
    }

    fn insertion(&self, at: usize, text: String) -> Edit {
        Edit::new(Span::new(self.document.source, at, at), text)
    }

    fn deletion(&self, start: usize, end: usize) -> Edit {
        Edit::new(Span::new(self.document.source, start, end), "")
    }

    /// The offset after the colon of a key whose value starts at `value`; `None` if there is a tag, an anchor or a
    /// comment between them.
    fn colon(&self, key: Span, value: Span) -> Option<usize> {
        let rest = &self.text[key.end as usize..];
        let colon = key.end as usize + rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let behind = self.text[colon..].strip_prefix(':').map(|_| colon + 1)?;
        let between = self.text.get(behind..(value.start as usize).max(behind))?;
        let indicators =
            |c: char| c.is_whitespace() || matches!(c, '|' | '>' | '-' | '+') || c.is_ascii_digit();
        between.chars().all(indicators).then_some(behind)
    }

    /// The offset of the dash of an item in a block sequence.
    fn dash(&self, item: Node<'_>) -> Option<usize> {
        let start = item.alias_span().unwrap_or_else(|| item.span()).start as usize;
        let before = self.text[..start].trim_end();
        // The indicator of a block scalar is between its dash and its text.
        let before = before.trim_end_matches(['|', '>', '+']).trim_end();
        before.ends_with('-').then(|| before.len() - 1)
    }

    /// The end of an entry: that of its value, or of its colon.
    fn value_end(&self, value: Node<'_>, key: Span) -> usize {
        match value.alias_span() {
            Some(alias) => alias.end as usize,
            None => {
                let colon = self.colon(key, key).unwrap_or(key.end as usize);
                self.content_end(value).max(colon)
            }
        }
    }

    /// The end of a node's own text, without the line end of a block scalar.
    fn content_end(&self, node: Node<'_>) -> usize {
        let end = node.span().end as usize;
        let own = &self.text[..end];
        own.strip_suffix('\n').map_or(end, |own| own.strip_suffix('\r').unwrap_or(own).len())
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |end| end + 1)
    }

    /// The end of the line of `at`, without its line end.
    fn line_end(&self, at: usize) -> usize {
        let line = self.text[at..].split('\n').next().unwrap_or_default();
        at + line.strip_suffix('\r').unwrap_or(line).len()
    }

    fn is_first_on_line(&self, at: usize) -> bool {
        self.text[self.line_start(at)..at].trim_start_matches('\u{feff}').trim().is_empty()
    }

    /// The number of characters before `at` on its line.
    fn column(&self, at: usize) -> usize {
        self.text[self.line_start(at)..at].trim_start_matches('\u{feff}').chars().count()
    }

    /// The column of a key in a block mapping; `None` if it is written as `? key`.
    fn key_column(&self, key: Span) -> Option<usize> {
        let before = &self.text[self.line_start(key.start as usize)..key.start as usize];
        let explicit = before.trim_end().ends_with('?');
        (!explicit).then(|| self.column(key.start as usize))
    }
}

/// Whether an offset is in a scalar at or below a node.
fn lies_in_scalar(node: Node<'_>, at: usize) -> bool {
    match node.kind() {
        Kind::Scalar => node.alias_span().is_none() && node.span().range().contains(&at),
        Kind::Sequence => node.items().any(|item| lies_in_scalar(item, at)),
        Kind::Mapping => node
            .written()
            .any(|entry| lies_in_scalar(entry.key, at) || lies_in_scalar(entry.value, at)),
    }
}

/// Whether a node is in a flow collection.
fn stands_in_flow(node: Node<'_>) -> bool {
    let mut above = node.parent();
    while let Some(parent) = above {
        if parent.style() == Style::Flow {
            return true;
        }
        above = parent.parent();
    }
    false
}

/// Whether an alias refers to a node or to one around it.
fn is_shared(node: Node<'_>) -> bool {
    let document = node.document();
    if !Emitter::like(document).aliases {
        return false;
    }
    let mut own = Vec::new();
    let mut at = node.id().0;
    while at != NONE {
        own.push(at);
        at = document.nodes[at as usize].parent;
    }
    document
        .nodes
        .iter()
        .any(|data| matches!(data.body, Body::Alias(target) if own.contains(&target)))
}
