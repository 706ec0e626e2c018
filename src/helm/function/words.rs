//! Words in texts: case conversions as in huandu/xstrings, line wrapping and abbreviation as in Masterminds/goutils.
//! sprig uses both.

use std::iter::Peekable;
use std::str::CharIndices;

use crate::source::bytes;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    End,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punct,
    Other,
}

fn is_connector(c: char) -> bool {
    c == '-' || c == '_' || c.is_whitespace()
}

fn is_punct(c: char) -> bool {
    c.is_ascii_punctuation() && !"$+<=>^`|~".contains(c)
}

struct Words<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
}

impl<'a> Words<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, chars: text.char_indices().peekable() }
    }

    fn is_done(&mut self) -> bool {
        self.chars.peek().is_none()
    }

    fn take_while(&mut self, test: impl Fn(char) -> bool) {
        while self.chars.next_if(|(_, c)| test(*c)).is_some() {}
    }

    fn next_word(&mut self) -> (Sort, &'a str) {
        let Some((start, first)) = self.chars.next() else { return (Sort::End, "") };
        let sort = if is_connector(first) {
            self.take_while(is_connector);
            Sort::Connector
        } else if is_punct(first) {
            self.take_while(is_punct);
            Sort::Punct
        } else if first.is_uppercase() {
            self.after_upper();
            Sort::Upper
        } else if first.is_alphabetic() {
            self.take_while(|c| c.is_alphabetic() && !c.is_uppercase());
            Sort::Alphabet
        } else if first.is_numeric() {
            self.take_while(char::is_numeric);
            Sort::Number
        } else {
            self.take_while(|c| {
                !is_connector(c) && !c.is_alphabetic() && !c.is_numeric() && !is_punct(c)
            });
            Sort::Other
        };
        let end = self.chars.peek().map_or(self.text.len(), |(at, _)| *at);
        (sort, &self.text[start..end])
    }

    /// Reads the rest of a word after an upper-case letter: `HTTPStatus` is `HTTP` and `Status`.
    fn after_upper(&mut self) {
        if !self.chars.peek().is_some_and(|(_, c)| c.is_uppercase()) {
            self.take_while(|c| c.is_alphabetic() && !c.is_uppercase());
            return;
        }
        let mut before = self.chars.clone();
        while self.chars.peek().is_some_and(|(_, c)| c.is_uppercase()) {
            before = self.chars.clone();
            self.chars.next();
        }
        if self.chars.peek().is_some_and(|(_, c)| c.is_alphabetic()) {
            self.chars = before;
        }
    }
}

fn lower(out: &mut String, sort: Sort, word: &str, connector: char) {
    if sort != Sort::Upper && sort != Sort::Connector {
        out.push_str(word);
        return;
    }
    for c in word.chars() {
        match is_connector(c) {
            true => out.push(connector),
            false => out.extend(c.to_lowercase()),
        }
    }
}

/// Writes words in lower case with a connector between them: `HTTP20xOK` becomes `http_20x_ok`.
pub(super) fn joined(text: &str, connector: char) -> String {
    let mut out = String::new();
    let mut words = Words::new(text);
    let (mut sort, mut word) = words.next_word();
    while !words.is_done() {
        if sort != Sort::Connector {
            lower(&mut out, sort, word, connector);
        }
        let (before, last) = (sort, word);
        (sort, word) = words.next_word();
        match before {
            Sort::Number => {
                while matches!(sort, Sort::Alphabet | Sort::Number) {
                    lower(&mut out, sort, word, connector);
                    (sort, word) = words.next_word();
                }
                if !matches!(sort, Sort::End | Sort::Punct | Sort::Connector) {
                    out.push(connector);
                }
            }
            Sort::Connector => lower(&mut out, before, last, connector),
            Sort::Punct => {}
            _ if sort != Sort::Number => {
                if !matches!(sort, Sort::Connector | Sort::Punct) {
                    out.push(connector);
                }
            }
            _ if words.is_done() => {}
            _ => {
                let number = word;
                (sort, word) = words.next_word();
                if sort == Sort::Alphabet {
                    out.push(connector);
                    lower(&mut out, Sort::Number, number, connector);
                    while matches!(sort, Sort::Alphabet | Sort::Number) {
                        lower(&mut out, sort, word, connector);
                        (sort, word) = words.next_word();
                    }
                    if !matches!(sort, Sort::End | Sort::Connector | Sort::Punct) {
                        out.push(connector);
                    }
                } else {
                    // A number is part of the word before it: `Bld4Floor` is `bld4_floor`.
                    lower(&mut out, Sort::Number, number, connector);
                    if !matches!(sort, Sort::Connector | Sort::Punct) {
                        out.push(connector);
                    }
                }
            }
        }
    }
    lower(&mut out, sort, word, connector);
    out
}

/// Joins words, each with a capital letter: `some_words` becomes `SomeWords`, and `HTTP server` becomes `HttpServer`.
pub(super) fn pascal(text: &str) -> String {
    let upper = |c: char| c.to_uppercase().next().unwrap_or(c);
    let start = text.trim_start_matches(is_connector);
    let mut out = text[..text.len() - start.len()].to_owned();
    let mut chars = start.chars();
    let Some(first) = chars.next() else {
        // If there are only connectors, the library writes the last one twice.
        out.extend(text.chars().last());
        return out;
    };
    // In a word of capital letters, only the first one remains a capital.
    let mut capitals = first.is_uppercase();
    let mut last = upper(first);
    for mut c in chars {
        match (is_connector(c), is_connector(last)) {
            (true, true) => {
                out.push(last);
                continue;
            }
            (false, true) => {
                capitals = c.is_uppercase();
                c = upper(c);
            }
            (_, false) => {
                capitals = capitals && c.is_uppercase();
                if capitals {
                    c = c.to_lowercase().next().unwrap_or(c);
                }
                out.push(last);
            }
        }
        last = c;
    }
    out.push(last);
    out
}

/// What is done with a word that is longer than a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LongWord {
    Kept,
    Broken,
}

/// Breaks a text at spaces into lines of `width` bytes.
pub(super) fn wrapped(text: &str, width: i64, newline: &str, long: LongWord) -> String {
    let width = usize::try_from(width).unwrap_or(1).max(1);
    let newline = if newline.is_empty() { "\n" } else { newline };
    let bytes = text.as_bytes();
    let mut out: Vec<u8> = Vec::new();
    let mut offset = 0;
    while text.len() - offset > width {
        if bytes[offset] == b' ' {
            offset += 1;
            continue;
        }
        let window = &bytes[offset..=offset + width];
        let end = offset + width;
        if let Some(space) = window.iter().rposition(|b| *b == b' ') {
            out.extend_from_slice(&bytes[offset..offset + space]);
            out.extend_from_slice(newline.as_bytes());
            offset += space + 1;
        } else if long == LongWord::Broken {
            out.extend_from_slice(&bytes[offset..end]);
            out.extend_from_slice(newline.as_bytes());
            offset = end;
        } else if let Some(space) = bytes[end..].iter().position(|b| *b == b' ') {
            out.extend_from_slice(&bytes[offset..end + space]);
            out.extend_from_slice(newline.as_bytes());
            offset = end + space + 1;
        } else {
            out.extend_from_slice(&bytes[offset..]);
            offset = text.len();
        }
    }
    out.extend_from_slice(&bytes[offset..]);
    String::from_utf8_lossy(&out).into_owned()
}

/// Shortens a text to `width` bytes, with `...` at the end; if `left` is large enough, it starts there with `...`.
pub(super) fn abbreviated(text: &str, left: i64, width: i64) -> String {
    if width < 4 || (left > 0 && width < 7) || text.is_empty() {
        return text.to_owned();
    }
    let width = usize::try_from(width).unwrap_or(usize::MAX);
    if text.len() <= width {
        return text.to_owned();
    }
    let offset = usize::try_from(left).unwrap_or(0).min(text.len());
    let offset = if text.len() - offset < width - 3 { text.len() - (width - 3) } else { offset };
    let cut = |from: usize, to: usize| bytes::text(&text.as_bytes()[from..to]).into_owned();
    if offset <= 4 {
        return cut(0, width - 3) + "...";
    }
    if offset + width - 3 < text.len() {
        return format!(
            "...{}",
            abbreviated(&cut(offset, text.len()), 0, i64::try_from(width - 3).unwrap_or(4))
        );
    }
    format!("...{}", cut(text.len() - (width - 3), text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_by_case_digits_and_connectors() {
        for (text, want) in [
            ("someThing", "some_thing"),
            ("XMLReader", "xml_reader"),
            ("a b-c_d", "a_b_c_d"),
            ("port80x", "port_80x"),
            ("Ver2Next", "ver2_next"),
            ("", ""),
        ] {
            assert_eq!(joined(text, '_'), want, "{text}");
        }
        assert_eq!(pascal("one_two-three four"), "OneTwoThreeFour");
        assert_eq!(pascal("oneTwo"), "OneTwo");
        assert_eq!(pascal("HTTP server"), "HttpServer");
        assert_eq!(pascal("_complex__case_"), "_Complex_Case_");
    }

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(wrapped("aa bb cc", 5, "\n", LongWord::Kept), "aa bb\ncc");
        assert_eq!(wrapped("aaaaaaaa b", 4, "|", LongWord::Broken), "aaaa|aaaa|b");
        assert_eq!(wrapped("aaaaaaaa b", 4, "|", LongWord::Kept), "aaaaaaaa|b");
        assert_eq!(abbreviated("hello wide world", 0, 8), "hello...");
        assert_eq!(abbreviated("hello wide world and more", 6, 11), "...wide ...");
    }
}
