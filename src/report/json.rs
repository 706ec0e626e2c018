//! The JSON format: the contract in `docs/report.schema.json`, which `plimsoll merge` reads.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::{Report, escape};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    pretty(report, out)
}

/// Writes indented JSON, with `\u…` for characters that control a terminal. JSON itself only escapes ASCII controls.
///
/// # Errors
/// Those of the writer.
pub(crate) fn pretty(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut held = BufWriter::with_capacity(HELD, Escaping { out });
    serde_json::to_writer_pretty(&mut held, value)?;
    held.flush()?;
    drop(held);
    writeln!(out)
}

/// How many bytes are collected before they are searched. A finding is written in a hundred pieces, most of them shorter
/// than a word.
const HELD: usize = 1 << 15;

/// Escapes control characters in pieces of JSON. Each piece has whole characters.
struct Escaping<'w> {
    out: &'w mut dyn Write,
}

impl Write for Escaping<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        let mut from = 0;
        // JSON escapes the controls below the blank. All others begin with one of these bytes, see the tests.
        for at in memchr::memchr3_iter(0x7f, 0xc2, 0xe2, bytes) {
            let Some(c) = text[at..].chars().next().filter(|c| escape::acts(*c)) else { continue };
            self.out.write_all(&bytes[from..at])?;
            write!(self.out, "\\u{:04x}", u32::from(c))?;
            from = at + c.len_utf8();
        }
        self.out.write_all(&bytes[from..])?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        pretty(&text, &mut out).expect("it is written to memory");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn what_a_terminal_obeys_is_escaped_and_nothing_else() {
        assert_eq!(
            written("a\u{7f}\u{9b}é\u{202e}…\u{1b}"),
            "\"a\\u007f\\u009bé\\u202e…\\u001b\"\n"
        );
        // Also where a long text is passed on in parts.
        let long = "…\u{9b}".repeat(HELD);
        assert_eq!(written(&long), format!("\"{}\"\n", "…\\u009b".repeat(HELD)));
    }

    #[test]
    fn whatever_acts_begins_with_a_byte_that_is_looked_for() {
        for c in (' '..=char::MAX).filter(|c| escape::acts(*c)) {
            let first = c.to_string().as_bytes()[0];
            assert!([0x7f, 0xc2, 0xe2].contains(&first), "{c:?}");
        }
    }

    #[test]
    fn it_is_laid_out_as_serde_json_does() {
        let deep = (0..20).fold(serde_json::json!([]), |inner, _| serde_json::json!([inner]));
        let value = serde_json::json!({
            "empty": [{}, [], ""],
            "nested": {"list": [1, null, {"a": [true]}], "map": {}},
            "deep": deep,
        });
        let mut out = Vec::new();
        pretty(&value, &mut out).expect("it is written to memory");
        let expected = serde_json::to_string_pretty(&value).expect("JSON");
        assert_eq!(String::from_utf8(out).expect("text"), expected + "\n");
    }
}
