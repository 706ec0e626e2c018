//! Writes values in the style of a document: its indentation, line ends and quotes.

use super::NewValue;
use crate::yaml::node::Node;
use crate::yaml::scalar::{Scalar, resolve_plain};
use crate::yaml::tree::{Body, Document, Kind, Style};

/// The style of a document.
#[derive(Debug, Clone, Copy)]
pub(in crate::yaml) struct Emitter {
    newline: &'static str,
    /// The number of columns by which a mapping is indented below its key.
    step: usize,
    /// The number of columns by which a list's dashes are indented below its key.
    list: usize,
    /// True for JSON, in which keys and texts are in double quotes.
    json: bool,
    /// True if the document has aliases.
    pub(super) aliases: bool,
}

impl Emitter {
    /// The style of most documents.
    pub(super) fn plain(newline: &'static str) -> Self {
        Self { newline, step: 2, list: 2, json: false, aliases: false }
    }

    /// The style of a document, which is determined only once.
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

    /// A further line, with the line end of the previous one before it.
    pub(super) fn line(&self, text: &str, column: usize) -> String {
        format!("{}{}{text}", self.newline, " ".repeat(column))
    }

    /// `key: value` in a block mapping with its keys at `column`, and in the quotes of `style`.
    pub(super) fn entry(&self, key: &str, value: &NewValue, column: usize, style: Style) -> String {
        written(|out| self.write_entry(out, key, value, column, style))
    }

    /// A value on lines of its own, below a key at `column`.
    pub(super) fn below_key(&self, value: &NewValue, column: usize) -> String {
        written(|out| self.write_below_key(out, value, column))
    }

    /// An item of a block sequence, whose value begins at `column`.
    pub(super) fn item(&self, value: &NewValue, column: usize, style: Style) -> String {
        written(|out| self.write_item(out, value, column, style))
    }

    /// `key: value` in braces.
    pub(super) fn flow_entry(&self, key: &str, value: &NewValue, style: Style) -> String {
        written(|out| self.write_flow_entry(out, key, value, style))
    }

    /// A value on one line. A text is in the quotes of `style`, if that has any.
    pub(super) fn flow(&self, value: &NewValue, style: Style) -> String {
        written(|out| self.write_flow(out, value, style))
    }

    /// A text as a scalar.
    pub(super) fn text(&self, text: &str, style: Style) -> String {
        written(|out| self.write_text(out, text, style))
    }

    fn write_line(&self, out: &mut String, column: usize) {
        out.push_str(self.newline);
        out.extend(std::iter::repeat_n(' ', column));
    }

    fn write_entry(
        &self,
        out: &mut String,
        key: &str,
        value: &NewValue,
        column: usize,
        style: Style,
    ) {
        self.write_text(out, key, style);
        out.push(':');
        match value.is_block() {
            true => self.write_below_key(out, value, column),
            false => {
                out.push(' ');
                self.write_flow(out, value, Style::Plain);
            }
        }
    }

    fn write_below_key(&self, out: &mut String, value: &NewValue, column: usize) {
        match value {
            NewValue::Map(entries) => {
                let column = column + self.step;
                for (key, value) in entries {
                    self.write_line(out, column);
                    self.write_entry(out, key, value, column, Style::Plain);
                }
            }
            NewValue::List(items) => {
                let column = column + self.list;
                for item in items {
                    self.write_line(out, column);
                    out.push_str("- ");
                    self.write_item(out, item, column + 2, Style::Plain);
                }
            }
            other => self.write_flow(out, other, Style::Plain),
        }
    }

    fn write_item(&self, out: &mut String, value: &NewValue, column: usize, style: Style) {
        match value {
            NewValue::Map(entries) if !entries.is_empty() => {
                for (at, (key, value)) in entries.iter().enumerate() {
                    if at > 0 {
                        self.write_line(out, column);
                    }
                    self.write_entry(out, key, value, column, Style::Plain);
                }
            }
            NewValue::List(items) if !items.is_empty() => {
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.write_line(out, column);
                    }
                    out.push_str("- ");
                    self.write_item(out, item, column + 2, Style::Plain);
                }
            }
            other => self.write_flow(out, other, style),
        }
    }

    fn write_flow_entry(&self, out: &mut String, key: &str, value: &NewValue, style: Style) {
        self.write_text(out, key, style);
        out.push_str(": ");
        self.write_flow(out, value, Style::Plain);
    }

    fn write_flow(&self, out: &mut String, value: &NewValue, style: Style) {
        match value {
            NewValue::Null => out.push_str("null"),
            NewValue::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            NewValue::Int(value) => out.push_str(&value.to_string()),
            NewValue::Float(value) => out.push_str(&value.to_string()),
            NewValue::Text(text) => self.write_text(out, text, style),
            NewValue::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    self.write_flow(out, item, Style::Plain);
                }
                out.push(']');
            }
            NewValue::Map(entries) => {
                out.push('{');
                for (at, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    self.write_flow_entry(out, key, value, Style::Plain);
                }
                out.push('}');
            }
        }
    }

    fn write_text(&self, out: &mut String, text: &str, style: Style) {
        match style {
            Style::SingleQuoted if !self.json && !text.contains(|c: char| c.is_control()) => {
                out.push('\'');
                out.push_str(&text.replace('\'', "''"));
                out.push('\'');
            }
            Style::DoubleQuoted => out.push_str(&quoted(text)),
            _ if self.json || !is_plain(text) => out.push_str(&quoted(text)),
            _ => out.push_str(text),
        }
    }
}

/// The text that `write` writes.
fn written(write: impl FnOnce(&mut String)) -> String {
    let mut out = String::new();
    write(&mut out);
    out
}

/// A YAML string in double quotes, which is also one in JSON.
#[must_use]
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whether a text can be written without quotes, even in a flow collection, for parsers of both YAML 1.1 and 1.2.
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

/// The indentation that was found in a document.
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
