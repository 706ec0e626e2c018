//! Scalars outside of flow collections.

use std::ops::Range;

use memchr::memchr;

use super::super::build::Builder;
use super::super::fold;
use super::super::tree::Style;
use super::{Reader, Step};

impl Reader<'_> {
    /// Reads a quoted scalar over several lines.
    pub(super) fn quoted_lines(&mut self, start: usize) -> Step {
        let parent = self.open.last()?.indent;
        let quote = self.bytes[start];
        let mut at = start + 1;
        let end = loop {
            match self.byte(at)? {
                b'\t' => return None,
                b'\n' => {
                    let content = at + 1 + self.blanks(at + 1);
                    let blank = self.byte(content)? == b'\n';
                    if !blank && content - at - 1 <= parent {
                        return None;
                    }
                    at = content;
                }
                b'\\' if quote == b'"' && self.byte(at + 1)? != b'\n' => at += 2,
                byte if byte == quote && quote == b'\'' && self.byte(at + 1) == Some(quote) => {
                    at += 2;
                }
                byte if byte == quote => break at + 1,
                _ => at += 1,
            }
        };
        let inner = &self.text[start + 1..end - 1];
        let (style, value) = match quote {
            b'"' => (Style::DoubleQuoted, fold::double_quoted(inner)?),
            _ => (Style::SingleQuoted, fold::single_quoted(inner)),
        };
        self.builder().made(style, start..end, value);
        self.end_of_line(end)
    }

    /// Reads a plain scalar, with all of its lines.
    pub(super) fn plain(&mut self, start: usize) -> Step {
        let parent = self.open.last()?.indent;
        let first = plain_end(self.bytes, start)?;
        let mut lines = vec![];
        let mut end = first;
        let mut next = self.line_end(first);
        // A comment ends the scalar.
        while next < self.bytes.len() && self.blanks(end) + end == next {
            let mut breaks = 0;
            let mut at = next;
            let content = loop {
                breaks += 1;
                let content = at + 1 + self.blanks(at + 1);
                match self.byte(content) {
                    Some(b'\n') => at = content,
                    Some(b'\t') => return None,
                    _ => break content,
                }
            };
            let indent = content - at - 1;
            if indent <= parent || matches!(self.byte(content), None | Some(b'#')) {
                break;
            }
            end = plain_end(self.bytes, content)?;
            lines.push((breaks, content..end));
            next = self.line_end(end);
        }
        if lines.is_empty() {
            self.builder().in_text(Style::Plain, start..end, start..end);
        } else {
            let value = fold::plain(&self.text[start..first], &lines, self.text);
            self.builder().made(Style::Plain, start..end, value);
        }
        self.end_of_line(end)
    }

    /// Reads a literal or folded scalar; `at` is the offset of its indicator.
    pub(super) fn block(&mut self, at: usize, style: Style) -> Step {
        let parent = self.open.last()?.indent;
        let (stated, header) = match self.byte(at + 1) {
            Some(digit @ b'1'..=b'9') => (Some(usize::from(digit - b'0')), at + 2),
            _ => (None, at + 1),
        };
        let (chomping, header) = match self.byte(header) {
            Some(b'-') => (fold::Chomping::Strip, header + 1),
            Some(b'+') => (fold::Chomping::Keep, header + 1),
            _ => (fold::Chomping::Clip, header),
        };
        let first = header + self.blanks(header);
        match self.byte(first) {
            Some(b'\n') => {}
            Some(_) => return None,
            // If the text ends here, the span ends with the header, as in texts whose last line end is trimmed.
            None => {
                self.builder().made(style, at..header, String::new());
                self.at = first;
                return Some(());
            }
        }
        let start = first + 1;
        let (mut content, blank) = self.block_content(start)?;
        let mut indent = content - self.line_start(content);
        if let Some(stated) = stated {
            content -= indent.checked_sub(parent + stated)?;
            indent = parent + stated;
        }
        // With an explicit indentation such a blank line is content, and otherwise it is not YAML.
        if blank > indent {
            return None;
        }
        if indent <= parent {
            // The scalar is empty: its place is that of the next content.
            if chomping == fold::Chomping::Keep {
                return None;
            }
            self.builder().in_text(style, content..content, content..content);
            self.at = start;
            return Some(());
        }
        let end = self.block_end(content, indent, parent)?;
        let lines = &self.text[start..end];
        let value = match style {
            Style::Folded => fold::folded(lines, indent, chomping),
            _ => fold::literal(lines, indent, chomping),
        };
        let shown = content + self.text[content..end].trim_end().len();
        self.builder().made(style, content..shown, value);
        self.at = end;
        Some(())
    }

    /// The offset of the first content after a block scalar's header, and the number of blanks in the longest of the
    /// blank lines before it.
    fn block_content(&self, start: usize) -> Step<(usize, usize)> {
        let mut at = start;
        let mut longest = 0;
        loop {
            let blanks = self.blanks(at);
            match self.byte(at + blanks)? {
                b'\n' => {
                    longest = longest.max(blanks);
                    at += blanks + 1;
                }
                b'\t' => return None,
                _ => return Some((at + blanks, longest)),
            }
        }
    }

    /// The end of the lines of a block scalar that starts at `content`.
    fn block_end(&self, content: usize, indent: usize, parent: usize) -> Step<usize> {
        let mut end = content - indent;
        loop {
            let blanks = self.blanks(end);
            match self.byte(end + blanks) {
                Some(b'\n') => end += blanks + 1,
                None if blanks > 0 => return None,
                None => return Some(end),
                Some(b'\t') if blanks < indent => return None,
                // Text that is indented less than the block, but more than its key.
                Some(_) if blanks < indent && blanks > parent => return None,
                Some(_) if blanks < indent => return Some(end),
                Some(_) => end = (self.line_end(end + blanks) + 1).min(self.bytes.len()),
            }
        }
    }
}

/// Adds a quoted or plain scalar on a single line.
pub(in crate::yaml) fn put_scalar(
    builder: &mut Builder<'_>,
    text: &str,
    range: Range<usize>,
) -> Step {
    let inner = range.start + 1..range.end.saturating_sub(1);
    match text.as_bytes()[range.start] {
        b'"' => match memchr(b'\\', &text.as_bytes()[inner.clone()]) {
            None => builder.in_text(Style::DoubleQuoted, range, inner),
            Some(_) => {
                let value = fold::double_quoted(&text[inner])?;
                builder.made(Style::DoubleQuoted, range, value);
            }
        },
        b'\'' => match memchr(b'\'', &text.as_bytes()[inner.clone()]) {
            None => builder.in_text(Style::SingleQuoted, range, inner),
            Some(_) => {
                let value = text[inner].replace("''", "'");
                builder.made(Style::SingleQuoted, range, value);
            }
        },
        _ => builder.in_text(Style::Plain, range.clone(), range),
    }
    Some(())
}

/// The offset after the closing quote of a quoted scalar on a single line.
pub(in crate::yaml) fn quoted_end(bytes: &[u8], start: usize) -> Option<usize> {
    let quote = bytes[start];
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'\n' | b'\t' => return None,
            b'\\' if quote == b'"' => at += 2,
            byte if *byte == quote => {
                if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') {
                    at += 2;
                } else {
                    return Some(at + 1);
                }
            }
            _ => at += 1,
        }
    }
}

/// True if a plain scalar that this reader supports may start here.
pub(in crate::yaml) fn is_plain_start(bytes: &[u8], at: usize) -> bool {
    match bytes[at] {
        b'-' | b':' | b'?' => !matches!(bytes.get(at + 1), None | Some(b' ' | b'\n' | b'\t')),
        b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\''
        | b'"' | b'%' | b'@' | b'`' | b'\t' => false,
        _ => true,
    }
}

/// The end of a plain scalar on its line, without blanks after it; `None` if it contains a tab, or `: `, as a key is
/// not allowed here.
fn plain_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    let mut end = start;
    loop {
        match bytes.get(at) {
            None | Some(b'\n') => return Some(end),
            Some(b' ') => {}
            Some(b'\t') => return None,
            Some(b'#') if at > start && bytes[at - 1] == b' ' => return Some(end),
            Some(b':') if matches!(bytes.get(at + 1), None | Some(b' ' | b'\n' | b'\t')) => {
                return None;
            }
            Some(_) => end = at + 1,
        }
        at += 1;
    }
}
