//! Computes the values of scalars that differ from their text, for [`super::block`].

use std::ops::Range;

use memchr::{memchr, memchr2};

/// What happens to the line breaks at the end of a block scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chomping {
    /// All are removed.
    Strip,
    /// One is kept.
    Clip,
    /// All are kept.
    Keep,
}

/// The value of a plain scalar over several lines: the text of the first one, and for each further one the number of
/// line breaks before it and its range in `text`.
pub(super) fn plain(first: &str, lines: &[(usize, Range<usize>)], text: &str) -> String {
    let mut value = String::from(first);
    for (breaks, line) in lines {
        join(&mut value, *breaks);
        value.push_str(&text[line.clone()]);
    }
    value
}

/// The value of the text between single quotes, over several lines.
pub(super) fn single_quoted(inner: &str) -> String {
    let mut value = String::with_capacity(inner.len());
    let mut at = 0;
    while let Some(length) = memchr(b'\n', &inner.as_bytes()[at..]) {
        at = fold_line(&mut value, inner, at..at + length);
    }
    value.push_str(&inner[at..]);
    value.replace("''", "'")
}

/// The value of the text between double quotes; `None` for rare escapes.
pub(super) fn double_quoted(inner: &str) -> Option<String> {
    let bytes = inner.as_bytes();
    let mut value = String::with_capacity(inner.len());
    let mut at = 0;
    while let Some(length) = memchr2(b'\\', b'\n', &bytes[at..]) {
        let mark = at + length;
        if bytes[mark] == b'\n' {
            at = fold_line(&mut value, inner, at..mark);
            continue;
        }
        value.push_str(&inner[at..mark]);
        at = mark + 2;
        value.push(match bytes.get(mark + 1)? {
            b'"' => '"',
            b'\\' => '\\',
            b' ' => ' ',
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            // An escaped line break: the next line is joined without a blank.
            b'\n' => {
                let (breaks, content) = breaks(inner, mark + 1);
                value.extend(std::iter::repeat_n('\n', breaks - 1));
                at = content;
                continue;
            }
            _ => return None,
        });
    }
    value.push_str(&inner[at..]);
    Some(value)
}

/// Appends a line without its trailing blanks, and the folded line breaks after it; returns the offset of the next
/// text.
fn fold_line(value: &mut String, inner: &str, line: Range<usize>) -> usize {
    let (breaks, content) = breaks(inner, line.end);
    value.push_str(inner[line].trim_end_matches(' '));
    join(value, breaks);
    content
}

/// The number of line breaks from the one at `at` up to the next text, and the offset of that text.
fn breaks(text: &str, at: usize) -> (usize, usize) {
    let between = text[at..].bytes().take_while(|byte| matches!(byte, b' ' | b'\n')).count();
    (text[at..at + between].matches('\n').count(), at + between)
}

/// Appends folded line breaks: a single one becomes a blank, and of several all but the first are kept.
fn join(value: &mut String, breaks: usize) {
    match breaks {
        1 => value.push(' '),
        _ => value.extend(std::iter::repeat_n('\n', breaks - 1)),
    }
}

/// The value of a literal scalar. `lines` are its whole lines.
pub(super) fn literal(lines: &str, indent: usize, chomping: Chomping) -> String {
    let mut value = String::with_capacity(lines.len());
    for line in lines.split_inclusive('\n') {
        // Blank lines may be shorter than the indentation.
        value.push_str(if line.len() > indent { &line[indent..] } else { "\n" });
    }
    chomp(value, chomping)
}

/// The value of a folded scalar. Line breaks beside a line that is indented further are kept.
pub(super) fn folded(lines: &str, indent: usize, chomping: Chomping) -> String {
    let mut value = String::with_capacity(lines.len());
    let mut breaks = 0;
    // Blank lines before the first text are kept, too.
    let mut follows_deeper = true;
    for line in lines.split_inclusive('\n') {
        let content = line.get(indent..).unwrap_or_default().trim_end_matches('\n');
        if !content.is_empty() {
            let is_deeper = content.starts_with([' ', '\t']);
            if is_deeper || follows_deeper {
                value.extend(std::iter::repeat_n('\n', breaks));
            } else {
                join(&mut value, breaks);
            }
            value.push_str(content);
            breaks = 0;
            follows_deeper = is_deeper;
        }
        breaks += usize::from(line.ends_with('\n'));
    }
    value.extend(std::iter::repeat_n('\n', breaks));
    chomp(value, chomping)
}

fn chomp(mut value: String, chomping: Chomping) -> String {
    let text = value.trim_end_matches('\n').len();
    let kept = match chomping {
        Chomping::Strip => text,
        Chomping::Clip => value.len().min(text + 1),
        Chomping::Keep => value.len(),
    };
    value.truncate(kept);
    value
}
