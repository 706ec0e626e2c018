//! Quotes texts and characters as Go's `strconv` does.

use std::fmt::Write;
use std::sync::LazyLock;

use regex::Regex;

use crate::source::bytes;

/// Quotes a string as `strconv.Quote` does.
#[must_use]
pub fn quote(text: &str) -> String {
    quoted(text, '"', Charset::Unicode)
}

/// The characters that are written without an escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    /// All printable ones.
    Unicode,
    /// The printable ones in ASCII, as `strconv.QuoteToASCII` does.
    Ascii,
}

/// Quotes a string with a given quotation mark.
pub(super) fn quoted(text: &str, mark: char, charset: Charset) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(mark);
    for c in text.chars() {
        escape(&mut out, c, mark, charset);
    }
    out.push(mark);
    out
}

/// `strconv.CanBackquote`: whether a text can be written as a raw string.
pub(super) fn is_raw(text: &str) -> bool {
    text.chars().all(|c| match c {
        '\t' => true,
        '`' | '\u{7f}' | '\u{feff}' => false,
        c => c >= ' ' && bytes::byte(c).is_none(),
    })
}

fn escape(out: &mut String, c: char, mark: char, charset: Charset) {
    if let Some(byte) = bytes::byte(c) {
        let _ = write!(out, "\\x{byte:02x}");
        return;
    }
    match c {
        '\\' => out.push_str("\\\\"),
        c if c == mark => out.extend(['\\', c]),
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        c if c.is_ascii() && !(' '..'\u{7f}').contains(&c) => {
            let _ = write!(out, "\\x{:02x}", u32::from(c));
        }
        c if c.is_ascii() || (charset == Charset::Unicode && is_printable(c)) => out.push(c),
        c => {
            let code = u32::from(c);
            let _ = match code {
                ..=0xffff => write!(out, "\\u{code:04x}"),
                _ => write!(out, "\\U{code:08x}"),
            };
        }
    }
}

/// `strconv.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space.
pub(super) fn is_printable(c: char) -> bool {
    static PRINTABLE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^[\pL\pM\pN\pP\pS]$").ok());
    match c {
        ' '..='~' => true,
        c if c.is_ascii() => false,
        c => {
            let printable = PRINTABLE.as_ref();
            printable.is_some_and(|printable| printable.is_match(c.encode_utf8(&mut [0; 4])))
        }
    }
}
