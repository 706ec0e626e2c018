//! The texts of scalars that differ from what is written, for [`super::block`].

use std::ops::Range;

/// What becomes of the line breaks at the end of a block scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chomping {
    /// None stays.
    Strip,
    /// One stays.
    Clip,
    /// All stay.
    Keep,
}

/// A plain scalar over several lines: the first one's text, and for each further one how many line
/// breaks stand before it and where it stands in `text`.
pub(super) fn plain(first: &str, lines: &[(usize, Range<usize>)], text: &str) -> String {
    let mut value = String::from(first);
    for (breaks, line) in lines {
        join(&mut value, *breaks);
        value.push_str(&text[line.clone()]);
    }
    value
}

/// A quoted text over several lines, as it stands between its quotes.
pub(super) fn quoted(inner: &str) -> String {
    let mut lines = inner.split('\n');
    let last = inner.matches('\n').count();
    let mut value = String::from(lines.next().unwrap_or_default().trim_end_matches(' '));
    let mut breaks = 0;
    for (at, line) in lines.enumerate() {
        breaks += 1;
        let line = line.trim_start_matches(' ');
        let line = if at + 1 == last { line } else { line.trim_end_matches(' ') };
        if !line.is_empty() || at + 1 == last {
            join(&mut value, breaks);
            value.push_str(line);
            breaks = 0;
        }
    }
    value
}

/// One line break reads as a blank, each further one as itself.
fn join(value: &mut String, breaks: usize) {
    match breaks {
        1 => value.push(' '),
        _ => value.extend(std::iter::repeat_n('\n', breaks - 1)),
    }
}

/// A literal scalar's text. `lines` are its whole lines.
pub(super) fn literal(lines: &str, indent: usize, chomping: Chomping) -> String {
    let mut value = String::with_capacity(lines.len());
    for line in lines.split_inclusive('\n') {
        // Blank lines may be shorter than the indentation.
        value.push_str(if line.len() > indent { &line[indent..] } else { "\n" });
    }
    chomp(value, chomping)
}

/// A folded scalar's text; `None` where lines are indented further, which folds them otherwise.
pub(super) fn folded(lines: &str, indent: usize, chomping: Chomping) -> Option<String> {
    let mut value = String::with_capacity(lines.len());
    let mut breaks = 0;
    for line in lines.split_inclusive('\n') {
        let content = line.get(indent..).unwrap_or_default().trim_end_matches('\n');
        if content.starts_with([' ', '\t']) {
            return None;
        }
        if !content.is_empty() {
            match value.is_empty() {
                // Blank lines before the first text are kept as they are.
                true => value.extend(std::iter::repeat_n('\n', breaks)),
                false => join(&mut value, breaks),
            }
            value.push_str(content);
            breaks = 0;
        }
        breaks += usize::from(line.ends_with('\n'));
    }
    value.extend(std::iter::repeat_n('\n', breaks));
    Some(chomp(value, chomping))
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

/// What stands between double quotes, on one line; `None` for escapes that are rare.
pub(super) fn unescape(inner: &str) -> Option<String> {
    let mut value = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        value.push_str(&rest[..at]);
        value.push(match rest.as_bytes().get(at + 1)? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            _ => return None,
        });
        rest = &rest[at + 2..];
    }
    value.push_str(rest);
    Some(value)
}
