//! Escapes texts from files and names, so that they cannot control a terminal or break markup.

use std::borrow::Cow;

/// True for characters that control a terminal or reorder text: C0 and C1 controls except tab and line feed, and
/// Unicode's bidirectional overrides.
pub(super) fn acts(c: char) -> bool {
    (c.is_control() && c != '\t' && c != '\n')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// True for text of harmless ASCII characters only, as nearly all texts are. It has no early exit, so that it is
/// vectorised.
fn is_harmless(text: &str) -> bool {
    let harmless = |byte: u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n');
    text.bytes().fold(true, |all, byte| all & harmless(byte))
}

/// Escapes such characters as `\u{1b}`.
pub(crate) fn terminal(text: &str) -> Cow<'_, str> {
    if is_harmless(text) || !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if acts(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// The same for a single line: line feeds are escaped as well.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    match terminal(text) {
        text if !text.contains('\n') => text,
        text => Cow::Owned(text.replace('\n', "\\n")),
    }
}

/// Replaces such characters by visible ones of the same number of bytes, so that spans stay right. Carriage returns
/// before a line feed stay.
pub(crate) fn same_length(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if !acts(c) || (c == '\r' && chars.peek() == Some(&'\n')) {
            out.push(c);
            continue;
        }
        out.push(match c.len_utf8() {
            1 => '?',
            2 => '\u{bf}',
            _ => '\u{fffd}',
        });
    }
    Cow::Owned(out)
}

/// For text and attribute values of XML 1.0 and HTML. Characters that XML forbids become U+FFFD.
pub(crate) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if acts(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_escape_sequence_reaches_the_terminal() {
        assert_eq!(terminal("a\u{1b}[31mb\u{202e}"), "a\\u{1b}[31mb\\u{202e}");
        for reorders in ['\u{200e}', '\u{200f}', '\u{202a}', '\u{2066}', '\u{2069}'] {
            assert_eq!(terminal(&reorders.to_string()), reorders.escape_unicode().to_string());
        }
        assert_eq!(line("a\nb"), "a\\nb");
        assert_eq!(xml("<\u{0}&"), "&lt;\u{fffd}&amp;");
    }

    #[test]
    fn replacements_keep_every_offset() {
        let text = "a\u{1b}é\u{9b}\u{202e}b\r\n\rc";
        let shown = same_length(text);
        assert_eq!(shown.len(), text.len());
        assert_eq!(shown, "a?é\u{bf}\u{fffd}b\r\n?c");
    }
}
