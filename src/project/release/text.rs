//! Texts that are written differently in a file, such as a script in a YAML scalar. Each byte keeps its place in the
//! file.

use super::shell::Field;
use crate::source::{SourceId, Sources, Span};
use crate::yaml::{Node, Style};

/// A text and, for each byte, its offset in the file.
#[derive(Debug, Clone)]
pub(super) struct Mapped {
    pub(super) source: SourceId,
    pub(super) text: String,
    /// One for each byte of the text, and one for its end. Empty for a whole file, where nothing is shifted.
    offsets: Vec<u32>,
}

impl Mapped {
    pub(super) fn whole(source: SourceId, text: &str) -> Self {
        Self { source, text: text.to_owned(), offsets: Vec::new() }
    }

    /// A part of a file, unchanged.
    pub(super) fn part(source: SourceId, file: &str, range: std::ops::Range<usize>) -> Self {
        let mut mapped = Self::empty(source);
        mapped.push(&file[range.clone()], range.start);
        mapped.finish(range.end)
    }

    /// The text of a YAML scalar, as YAML reads it.
    pub(super) fn scalar(node: Node<'_>) -> Self {
        let span = node.span();
        let file = node.document().text();
        let raw = &file[span.range()];
        let mut mapped = Self::empty(span.source);
        match node.style() {
            Style::Literal | Style::Folded => {
                block(raw, span.range().start, node.style() == Style::Folded, &mut mapped);
            }
            Style::DoubleQuoted => double_quoted(raw, span.range().start, &mut mapped),
            Style::SingleQuoted => {
                let inner = raw.get(1..raw.len().max(2) - 1).unwrap_or_default();
                flow(inner, span.range().start + 1, &mut mapped);
            }
            Style::Plain | Style::Block | Style::Flow => {
                flow(raw, span.range().start, &mut mapped);
            }
        }
        mapped.finish(span.range().end)
    }

    /// A text that is not in the file, and replaces what is at `from`.
    pub(super) fn instead(source: SourceId, text: &str, from: usize) -> Self {
        let mut mapped = Self::empty(source);
        mapped.push_instead(text, from);
        mapped.finish(from)
    }

    /// This text, of which each byte has its place in another text, with its places in that one's file.
    pub(super) fn within(mut self, outer: &Self) -> Self {
        for offset in &mut self.offsets {
            let at = *offset as usize;
            *offset = outer.span(at, at).start;
        }
        Self { source: outer.source, ..self }
    }

    fn empty(source: SourceId) -> Self {
        Self { source, text: String::new(), offsets: Vec::new() }
    }

    fn push(&mut self, text: &str, from: usize) {
        self.text.push_str(text);
        self.offsets.extend((from..from + text.len()).map(narrow));
    }

    /// Adds a text that is not in the file, and replaces what is at `from`.
    fn push_instead(&mut self, text: &str, from: usize) {
        self.text.push_str(text);
        self.offsets.extend(std::iter::repeat_n(narrow(from), text.len()));
    }

    /// Adds a line break and another text.
    pub(super) fn append(&mut self, other: &Self) {
        self.offsets.pop();
        let start = other.span(0, 0).start as usize;
        self.push_instead("\n", start);
        self.text.push_str(&other.text);
        self.offsets.extend((0..=other.text.len()).map(|at| other.span(at, at).start));
    }

    /// Adds a part of the file, unchanged.
    pub(super) fn add(&mut self, text: &str, from: usize) {
        self.offsets.pop();
        self.push(text, from);
        self.offsets.push(narrow(from + text.len()));
    }

    /// Adds a text that is not in the file, and replaces what is at `from`.
    pub(super) fn add_instead(&mut self, text: &str, from: usize) {
        self.offsets.pop();
        self.push_instead(text, from);
        self.offsets.push(narrow(from));
    }

    fn finish(mut self, end: usize) -> Self {
        self.offsets.push(narrow(end));
        self
    }

    /// The span in the file of a range of the text. If it ends in what stands before its start, such as a variable's value,
    /// it is the place of its start.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        if self.offsets.is_empty() {
            return Span::new(self.source, start, end);
        }
        let offset = |at: usize| self.offsets.get(at).or(self.offsets.last()).copied().unwrap_or(0);
        let (first, last) = (offset(start), offset(end.saturating_sub(1).max(start)));
        let end = if end > start { last + 1 } else { last };
        Span { source: self.source, start: first, end: end.max(first) }
    }

    /// A word as it is written in the file.
    pub(super) fn written(&self, word: &Field, sources: &Sources) -> String {
        let span = self.span(word.start, word.end);
        sources.get(self.source).text.get(span.range()).unwrap_or_default().to_owned()
    }

    /// Replaces each `open … close` by what `value` returns for the text in between.
    pub(super) fn substitute(
        &self,
        open: &str,
        close: &str,
        value: impl Fn(&str) -> String,
    ) -> Self {
        let mut mapped = Self::empty(self.source);
        let offset = |at: usize| self.span(at, at).start as usize;
        let mut rest = 0;
        while let Some(found) = self.text[rest..].find(open) {
            let start = rest + found;
            let Some(length) = self.text[start..].find(close) else { break };
            for at in rest..start {
                mapped.offsets.push(narrow(offset(at)));
            }
            mapped.text.push_str(&self.text[rest..start]);
            let inner = &self.text[start + open.len()..start + length];
            mapped.push_instead(&value(inner.trim()), offset(start));
            rest = start + length + close.len();
        }
        for at in rest..self.text.len() {
            mapped.offsets.push(narrow(offset(at)));
        }
        mapped.text.push_str(&self.text[rest..]);
        mapped.finish(offset(self.text.len()))
    }
}

fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// Adds the lines of a block scalar without their indentation; if `folded`, lines with equal indentation are joined.
fn block(raw: &str, start: usize, folded: bool, mapped: &mut Mapped) {
    let indents = raw.split('\n').skip(1).filter(|line| !line.trim().is_empty());
    let indent = indents.map(|line| line.len() - line.trim_start_matches(' ').len()).min();
    let mut at = start;
    for (number, line) in raw.split_inclusive('\n').enumerate() {
        // The span begins at the first line's text, or at its indentation.
        let blanks = line.len() - line.trim_start_matches(' ').len();
        let cut = if number == 0 { blanks } else { indent.unwrap_or(0).min(blanks) };
        let text = &line[cut..];
        let more_indented = blanks > cut;
        let body = text.trim_end_matches(['\n', '\r']);
        mapped.push(body, at + cut);
        let join = folded && !body.is_empty() && !more_indented;
        if body.len() < text.len() {
            mapped.push_instead(if join { " " } else { "\n" }, at + cut + body.len());
        }
        at += line.len();
    }
}

/// Adds the lines of a plain or quoted scalar, joined by spaces; an empty line is a line break.
fn flow(raw: &str, start: usize, mapped: &mut Mapped) {
    let mut at = start;
    for (number, line) in raw.split_inclusive('\n').enumerate() {
        let trimmed = if number == 0 { line } else { line.trim_start() };
        let body = if line.ends_with('\n') { trimmed.trim_end() } else { trimmed };
        let cut = line.len() - trimmed.len();
        mapped.push(body, at + cut);
        if line.ends_with('\n') {
            mapped.push_instead(if body.is_empty() { "\n" } else { " " }, at + line.len() - 1);
        }
        at += line.len();
    }
}

fn double_quoted(raw: &str, start: usize, mapped: &mut Mapped) {
    let inner_end = raw.len().max(1) - 1;
    let mut chars = raw.char_indices().skip(1).peekable();
    while let Some((at, char)) = chars.next() {
        if at >= inner_end {
            break;
        }
        let mut buffer = [0; 4];
        match char {
            '\\' => {
                let Some((_, escaped)) = chars.next() else { break };
                let text = match escaped {
                    'n' => "\n",
                    't' => "\t",
                    '0' | 'a' | 'b' | 'e' | 'f' | 'r' | 'v' => " ",
                    '\n' => {
                        while chars.next_if(|(_, char)| char.is_whitespace()).is_some() {}
                        ""
                    }
                    other => other.encode_utf8(&mut buffer),
                };
                mapped.push_instead(text, start + at);
            }
            '\n' => {
                let mut breaks = 0;
                while let Some((_, char)) = chars.next_if(|(_, char)| char.is_whitespace()) {
                    breaks += usize::from(char == '\n');
                }
                mapped.push_instead(if breaks == 0 { " " } else { "\n" }, start + at);
            }
            other => mapped.push(other.encode_utf8(&mut buffer), start + at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_does_not_end_before_its_start() {
        let (source, text) = (SourceId::NOWHERE, "abc".to_owned());
        let mapped = Mapped { source, text, offsets: vec![8, 9, 2, 3] };
        assert_eq!(mapped.span(0, 2).range(), 8..10);
        assert_eq!(mapped.span(0, 3).range(), 8..8);
        assert_eq!(mapped.span(2, 3).range(), 2..3);
    }
}
