//! Writes values the way a document is written: its indentation, line ends and quotes.

use super::NewValue;
use crate::yaml::scalar::{Scalar, resolve_plain};
use crate::yaml::tree::{Body, Document, Kind, Node, Style};

/// How a document is written.
#[derive(Debug, Clone, Copy)]
pub(in crate::yaml) struct Emitter {
    newline: &'static str,
    /// Columns by which a mapping is indented below its key.
    step: usize,
    /// Columns by which a list's dashes are.
    list: usize,
    /// JSON: keys and texts are in double quotes.
    json: bool,
    /// Some of its nodes are aliases.
    pub(super) aliases: bool,
}

impl Emitter {
    /// As most documents are written.
    pub(super) fn plain(newline: &'static str) -> Self {
        Self { newline, step: 2, list: 2, json: false, aliases: false }
    }

    /// As a document is; it is looked through once.
    pub(super) fn like(document: &Document) -> Self {
        *document.layout.get_or_init(|| Self::seen_in(document))
    }

    fn seen_in(document: &Document) -> Self {
        let text = document.text();
        let mut found = Found { text, map: None, list: None };
        let root = document.root();
        if let Some(root) = root {
            found.look(root);
        }
        let newline = match text.find('\n') {
            Some(at) if text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        };
        let json = root.is_some_and(|root| {
            let key = root.written().next().map(|entry| entry.key.style());
            root.style() == Style::Flow && key.is_none_or(|style| style == Style::DoubleQuoted)
        });
        let step = found.map.unwrap_or(2);
        let aliases = document.nodes.iter().any(|data| matches!(data.body, Body::Alias(_)));
        Self { newline, step, list: found.list.unwrap_or(step), json, aliases }
    }

    /// A line of its own, from the end of the one before it.
    pub(super) fn line(&self, text: &str, column: usize) -> String {
        format!("{}{}{text}", self.newline, " ".repeat(column))
    }

    /// `key: value` in a block mapping whose keys stand at `column` and are quoted like `style`.
    pub(super) fn entry(&self, key: &str, value: &NewValue, column: usize, style: Style) -> String {
        let mut out = self.text(key, style);
        out.push(':');
        out.push_str(&self.behind_key(value, column));
        out
    }

    /// What follows the colon of a key that stands at `column`, on lines of their own.
    pub(super) fn below_key(&self, value: &NewValue, column: usize) -> String {
        let mut out = String::new();
        match value {
            NewValue::Map(entries) => {
                let column = column + self.step;
                for (key, value) in entries {
                    out.push_str(&self.line(&self.entry(key, value, column, Style::Plain), column));
                }
            }
            NewValue::List(items) => {
                let column = column + self.list;
                for item in items {
                    let item = self.item(item, column + 2, Style::Plain);
                    out.push_str(&self.line(&format!("- {item}"), column));
                }
            }
            other => out.push_str(&self.flow(other, Style::Plain)),
        }
        out
    }

    /// An item of a block sequence whose text begins at `column`.
    pub(super) fn item(&self, value: &NewValue, column: usize, style: Style) -> String {
        match value {
            NewValue::Map(entries) if !entries.is_empty() => {
                let entries = entries.iter();
                let entries =
                    entries.map(|(key, value)| self.entry(key, value, column, Style::Plain));
                entries.collect::<Vec<_>>().join(&self.line("", column))
            }
            NewValue::List(items) if !items.is_empty() => {
                let items = items.iter();
                let items =
                    items.map(|item| format!("- {}", self.item(item, column + 2, Style::Plain)));
                items.collect::<Vec<_>>().join(&self.line("", column))
            }
            other => self.flow(other, style),
        }
    }

    /// `key: value` within braces.
    pub(super) fn flow_entry(&self, key: &str, value: &NewValue, style: Style) -> String {
        format!("{}: {}", self.text(key, style), self.flow(value, Style::Plain))
    }

    /// A value on one line; a text is quoted as `style` says, where that is a quoted one.
    pub(super) fn flow(&self, value: &NewValue, style: Style) -> String {
        match value {
            NewValue::Null => "null".to_owned(),
            NewValue::Bool(value) => value.to_string(),
            NewValue::Int(value) => value.to_string(),
            NewValue::Float(value) => value.to_string(),
            NewValue::Text(text) => self.text(text, style),
            NewValue::List(items) => {
                let items: Vec<_> =
                    items.iter().map(|item| self.flow(item, Style::Plain)).collect();
                format!("[{}]", items.join(", "))
            }
            NewValue::Map(entries) => {
                let entry =
                    |(key, value): &(String, NewValue)| self.flow_entry(key, value, Style::Plain);
                let entries: Vec<_> = entries.iter().map(entry).collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }

    /// A text as a scalar.
    pub(super) fn text(&self, text: &str, style: Style) -> String {
        let printable = !text.contains(|c: char| c.is_control());
        match style {
            Style::SingleQuoted if printable && !self.json => {
                format!("'{}'", text.replace('\'', "''"))
            }
            Style::DoubleQuoted => quoted(text),
            _ if self.json || !is_plain(text) => quoted(text),
            _ => text.to_owned(),
        }
    }

    fn behind_key(&self, value: &NewValue, column: usize) -> String {
        match value.is_block() {
            true => self.below_key(value, column),
            false => format!(" {}", self.flow(value, Style::Plain)),
        }
    }
}

/// A YAML string in double quotes; JSON's are.
#[must_use]
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whether a text reads as itself without quotes, within braces too, to readers of YAML 1.1 and
/// 1.2 alike.
fn is_plain(text: &str) -> bool {
    let inner = |c: char| {
        c.is_alphanumeric()
            || matches!(
                c,
                '-' | '_' | '.' | '/' | '+' | '@' | '$' | ' ' | '(' | ')' | '=' | ';' | '%'
            )
    };
    let edge = |c: char| c.is_alphanumeric() || matches!(c, '_' | '/' | '.' | '$');
    let last = |c: char| edge(c) || matches!(c, '-' | ')' | '+' | '=' | '%');
    text.starts_with(edge)
        && text.ends_with(last)
        && text.chars().all(inner)
        && matches!(resolve_plain(text), Scalar::Str(_))
        && !matches!(text, "y" | "Y" | "n" | "N")
        && text.parse::<f64>().is_err()
}

/// What a document shows of its layout.
struct Found<'d> {
    text: &'d str,
    map: Option<usize>,
    list: Option<usize>,
}

impl Found<'_> {
    fn look(&mut self, node: Node<'_>) {
        if self.map.is_some() && self.list.is_some() || node.alias_span().is_some() {
            return;
        }
        match node.kind() {
            Kind::Mapping => {
                for entry in node.written() {
                    self.compare(entry.key, entry.value);
                    self.look(entry.value);
                }
            }
            Kind::Sequence => node.items().for_each(|item| self.look(item)),
            Kind::Scalar => {}
        }
    }

    fn compare(&mut self, key: Node<'_>, value: Node<'_>) {
        if value.style() != Style::Block || value.alias_span().is_some() {
            return;
        }
        let own = self.column(key.span().start as usize);
        let start = value.span().start as usize;
        match value.kind() {
            Kind::Mapping => {
                let below = self.column(start).checked_sub(own).filter(|step| *step > 0);
                self.map = self.map.or(below);
            }
            Kind::Sequence => {
                let Some(first) = value.items().next() else { return };
                let before = self.text[..first.span().start as usize].trim_end();
                if let Some(head) = before.strip_suffix('-') {
                    self.list = self.list.or_else(|| self.column(head.len()).checked_sub(own));
                }
            }
            Kind::Scalar => {}
        }
    }

    fn column(&self, at: usize) -> usize {
        let start = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        self.text[start..at].chars().count()
    }
}
