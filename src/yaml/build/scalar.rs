//! Adds a document's scalars: their types, and the errors for those that go-yaml refuses.

use std::mem;
use std::ops::Range;

use granit_parser::ScalarStyle;

use super::{Builder, Weight, narrow};
use crate::source::{Span, bytes};
use crate::yaml::parse::{ErrorKind, SyntaxError};
use crate::yaml::scalar::{Scalar, is_date, resolve_plain};
use crate::yaml::tree::{Body, Style};

/// The tag of a scalar whose value is encoded in base64.
const BINARY: &str = "tag:yaml.org,2002:binary";

impl Builder<'_> {
    /// Adds a scalar from the parser's event.
    pub(super) fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<String>,
        range: Range<usize>,
    ) {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        let text = self.source_text;
        let (mut start, mut end) = (range.start, range.end.min(text.len()));
        match style {
            // For an implicit null, the parser reports the value `~` with an empty range.
            Style::Plain if start == end => {
                start = self.place_of_nothing(range.start);
                end = start;
            }
            Style::Literal | Style::Folded => {
                end = start + text[start..end].trim_end().len();
            }
            _ => {}
        }
        let inner = match style {
            Style::SingleQuoted | Style::DoubleQuoted if end >= start + 2 => start + 1..end - 1,
            _ => start..end,
        };
        let value = if style == Style::Plain && inner.is_empty() { "" } else { value };
        let decoded = tag.as_deref().filter(|tag| *tag == BINARY).and_then(|_| {
            let decoded = binary(value);
            if decoded.is_none() {
                let message = "this is not base64, which `!!binary` asks for".to_owned();
                self.fail(ErrorKind::Syntax, start, end, message);
            }
            decoded
        });
        let value = decoded.as_deref().unwrap_or(value);
        let is_text = match tag.as_deref().map(|tag| tag.trim_start_matches("tag:yaml.org,2002:")) {
            Some(tag @ ("int" | "float" | "bool" | "null" | "timestamp")) => {
                self.check_tag(tag, value, start, end);
                // A timestamp is kept as text.
                tag == "timestamp"
            }
            // go-yaml does not resolve a scalar with any other tag (`resolve.go`).
            Some(_) => true,
            None => self.is_text(style, value, start..end),
        };
        if style == Style::DoubleQuoted && text.get(inner.clone()) != Some(value) {
            self.check_escapes(inner.clone());
        }
        let node = match text.get(inner.clone()) == Some(value) {
            true => self.borrowed(style, start..end, &inner, is_text),
            false => self.owned(style, start..end, value.into(), is_text),
        };
        self.remember(node, anchor, Weight::SCALAR);
        if let Some(tag) = tag {
            self.document.tags.push((node, tag.into()));
        }
    }

    /// Adds a scalar without a tag whose value is the text at `inner`.
    pub(in crate::yaml) fn in_text(
        &mut self,
        style: Style,
        range: Range<usize>,
        inner: Range<usize>,
    ) {
        let text = self.is_text(style, &self.source_text[inner.clone()], range.clone());
        let node = self.borrowed(style, range, &inner, text);
        self.remember_named(node);
    }

    /// Adds a scalar without a tag whose value was computed from its text.
    pub(in crate::yaml) fn made(&mut self, style: Style, range: Range<usize>, value: String) {
        if self.source_text[range.clone()] == *value {
            return self.in_text(style, range.clone(), range);
        }
        let text = self.is_text(style, &value, range.clone());
        let node = self.owned(style, range, value.into(), text);
        self.remember_named(node);
    }

    /// Adds a scalar whose value is the text at `inner`.
    fn borrowed(
        &mut self,
        style: Style,
        range: Range<usize>,
        inner: &Range<usize>,
        text: bool,
    ) -> u32 {
        let (first, second) = (narrow(inner.start), narrow(inner.end));
        let body = Body::Scalar { style, owned: false, text, first, second };
        self.add(body, range.start, range.end, Weight::SCALAR)
    }

    /// Adds a scalar whose value differs from its text.
    fn owned(&mut self, style: Style, range: Range<usize>, value: Box<str>, text: bool) -> u32 {
        let first = narrow(self.document.owned.len());
        self.document.owned.push(value);
        let body = Body::Scalar { style, owned: true, text, first, second: 0 };
        self.add(body, range.start, range.end, Weight::SCALAR)
    }

    fn remember_named(&mut self, scalar: u32) {
        let anchor = mem::take(&mut self.anchor);
        self.remember(scalar, anchor, Weight::SCALAR);
    }

    /// True if a scalar without a tag is text. A value that JSON cannot represent is an error, as for everything that
    /// converts YAML to JSON.
    fn is_text(&mut self, style: Style, value: &str, range: Range<usize>) -> bool {
        if style != Style::Plain {
            return true;
        }
        match resolve_plain(value) {
            Scalar::Str(_) => true,
            Scalar::Float(float) if !float.is_finite() && !self.is_at_key() => {
                let message = format!("JSON has no number `{value}`");
                self.fail(ErrorKind::Syntax, range.start, range.end, message);
                false
            }
            _ => false,
        }
    }

    /// Reports escapes that JSON has and go-yaml does not support, except in a text that kubectl reads as JSON.
    fn check_escapes(&mut self, inner: Range<usize>) {
        let text = self.source_text;
        if text.trim_start().starts_with('{') {
            return;
        }
        let mut at = inner.start;
        while let Some(length) = memchr::memchr(b'\\', &text.as_bytes()[at..inner.end]) {
            let escape = at + length;
            at = escape + 2;
            let is_surrogate = |code: &str| {
                matches!(code.as_bytes(), [b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F'])
            };
            let (end, help) = match text.as_bytes().get(escape + 1) {
                Some(b'/') => (at, "write the slash alone: it needs no backslash in YAML"),
                Some(b'u') if text.get(at..at + 2).is_some_and(is_surrogate) => {
                    (at + 4, "write the character itself, or its number behind \\U")
                }
                _ => continue,
            };
            let span = Span::new(self.source, escape, end.min(inner.end));
            let message = format!("`{}` is not an escape of YAML 1.1", &text[span.range()]);
            self.refuse(SyntaxError { kind: ErrorKind::Syntax, span, message, help: Some(help) });
            return;
        }
    }

    /// Reports a tag that does not fit the value, as go-yaml does.
    fn check_tag(&mut self, tag: &str, value: &str, start: usize, end: usize) {
        let fits = matches!(
            (tag, resolve_plain(value)),
            ("int", Scalar::Int(_) | Scalar::Uint(_))
                | ("float", Scalar::Int(_) | Scalar::Uint(_) | Scalar::Float(_))
                | ("bool", Scalar::Bool(_))
                | ("null", Scalar::Null)
        ) || (tag == "timestamp" && is_date(value));
        if !fits {
            let message = format!("`{value}` cannot be read as !!{tag}");
            self.fail(ErrorKind::Syntax, start, end, message);
        }
    }
}

/// The text that is encoded in base64, as it is in JSON: each byte that is not UTF-8 becomes a replacement character.
fn binary(base64: &str) -> Option<String> {
    let coded: Vec<u8> = base64.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let decoded = bytes::BASE64.decode(&coded).ok()?;
    Some(bytes::text(&decoded).replace(bytes::is_stand_in, "\u{fffd}"))
}
