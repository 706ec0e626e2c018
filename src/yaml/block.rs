//! A reader for the common subset of YAML, several times as fast as one for the full grammar.
//!
//! Nearly all manifests, values and rendered charts use the same constructs: block mappings and sequences, scalars and
//! flow collections that end on their line, literal and folded blocks, comments, anchors of values and their aliases.
//! This reads these line by line, straight into the [`Builder`]. It gives up on anything else (tags, directives, tabs,
//! anchors of keys, anything that looks wrong), and then granit reads the whole text. So it reports no syntax errors
//! and has no limits of its own.
//!
//! The tests beside it check that it agrees with granit on every tree and span: on generated texts, on every manifest,
//! values file and rule in this repository and, if they are available, on collections of real charts.

mod scalar;

use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memchr_iter, memmem, memrchr};
use rayon::prelude::*;

use super::build::Builder;
use super::flow;
use super::parse::{Comment, MAX_DEPTH, Stream, is_anchor_name, is_unprintable};
use super::tree::Style;
use crate::source::{SourceId, Span};
pub(super) use scalar::{is_plain_start, put_scalar, quoted_end};

/// Keys of this length in bytes or more are left to granit, which knows YAML's own limit.
const MAX_KEY: usize = 512;
/// The most comments for which space is reserved in advance.
const MAX_EXPECTED: usize = 4096;
/// Texts with more documents than this are left to granit, which knows the limit.
const MAX_DOCUMENTS: usize = 10_000;
/// The least length in bytes of a part of a text that is parsed in parallel: some tenths of a millisecond's work.
const PART: usize = 64 << 10;

/// Parses a text; `None` if it needs the full grammar.
pub(super) fn parse(source: SourceId, text: &Arc<str>) -> Option<Stream> {
    parse_documents(source, text, 0..text.len())
}

/// Parses a text as [`parse`] does, a long one in parts in parallel.
pub(super) fn parse_apart(source: SourceId, text: &Arc<str>) -> Option<Stream> {
    let parts = parts(text, PART);
    let apart = if parts.len() > 1 { parse_parts(source, text, parts) } else { None };
    apart.or_else(|| parse(source, text))
}

/// Parses the parts of a text; `None` if one of them needs the full grammar.
fn parse_parts(source: SourceId, text: &Arc<str>, parts: Vec<Range<usize>>) -> Option<Stream> {
    let read = |part| parse_documents(source, text, part);
    let streams: Option<Vec<Stream>> = parts.into_par_iter().map(read).collect();
    let whole = streams?.into_iter().reduce(|mut whole, part| {
        whole.documents.extend(part.documents);
        whole.errors.extend(part.errors);
        whole.comments.extend(part.comments);
        whole
    })?;
    (whole.documents.len() < MAX_DOCUMENTS).then_some(whole)
}

/// Splits a text into parts of at least this length, except for the last. Each part after the first begins with a
/// document marker.
fn parts(text: &str, length: usize) -> Vec<Range<usize>> {
    let marker = memmem::Finder::new("\n---");
    let mut parts = Vec::new();
    let mut start = 0;
    while let Some(rest) = text.as_bytes().get(start + length..) {
        let mut ends = marker.find_iter(rest).map(|at| start + length + at + 1);
        let Some(end) = ends.find(|end| matches!(text.as_bytes().get(end + 3), Some(b' ' | b'\n')))
        else {
            break;
        };
        parts.push(start..end);
        start = end;
    }
    parts.push(start..text.len());
    parts
}

/// Parses the whole documents in a part of a text.
fn parse_documents(source: SourceId, text: &Arc<str>, part: Range<usize>) -> Option<Stream> {
    if !is_ordinary(&text[part.clone()]) {
        return None;
    }
    let stream = Stream { source, documents: Vec::new(), errors: Vec::new(), comments: Vec::new() };
    let mut reader = Reader {
        source,
        text,
        bytes: &text.as_bytes()[..part.end],
        at: part.start,
        open: Vec::new(),
        builder: None,
        stream,
    };
    reader.read()?;
    reader.stream.errors.sort_by_key(|error| error.span);
    Some(reader.stream)
}

/// True for a text without control characters, and without characters that only some parsers treat as line breaks or
/// ignore.
fn is_ordinary(text: &str) -> bool {
    let unusual = |byte: u8| (byte < b' ' && byte != b'\n' && byte != b'\t') || byte == 0x7f;
    // A fold without a branch, so that it is compiled to vector instructions.
    if text.bytes().fold(false, |found, byte| found | unusual(byte)) {
        return false;
    }
    let unusual =
        |c| matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}') || is_unprintable(c);
    text.is_ascii() || !text.contains(unusual)
}

/// `None` means that this reader gives up.
type Step<T = ()> = Option<T>;

/// A block collection that is not yet complete.
#[derive(Debug, Clone, Copy)]
struct Open {
    /// The column of its keys or dashes.
    indent: usize,
    mapping: bool,
    /// The place of an implicit null, while a key or dash has no value yet.
    awaiting: Option<usize>,
}

struct Reader<'t> {
    source: SourceId,
    text: &'t Arc<str>,
    /// The text up to the end of the part that is parsed.
    bytes: &'t [u8],
    /// The offset of the next line.
    at: usize,
    open: Vec<Open>,
    /// The document that is being parsed.
    builder: Option<Builder<'t>>,
    stream: Stream,
}

impl<'t> Reader<'t> {
    fn read(&mut self) -> Step {
        while self.at < self.bytes.len() {
            let start = self.at;
            let indent = self.blanks(start);
            let content = start + indent;
            match self.byte(content) {
                None => self.at = content,
                Some(b'\n') => self.at = content + 1,
                Some(b'#') => self.comment(content, true),
                Some(b'\t') => return None,
                Some(b'-' | b'.') if indent == 0 && self.is_marker(content) => {
                    self.document(content)?;
                }
                Some(_) => self.line(indent, content)?,
            }
        }
        self.finish()
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// The number of spaces at an offset.
    fn blanks(&self, at: usize) -> usize {
        self.bytes[at..].iter().take_while(|byte| **byte == b' ').count()
    }

    /// The offset at which the line of `at` ends.
    fn line_end(&self, at: usize) -> usize {
        memchr(b'\n', &self.bytes[at..]).map_or(self.bytes.len(), |length| at + length)
    }

    /// True if the byte at an offset may follow an indicator.
    fn ends(&self, at: usize) -> bool {
        matches!(self.byte(at), None | Some(b' ' | b'\n'))
    }

    /// Whether there is a `---` or `...` at the start of a line.
    fn is_marker(&self, at: usize) -> bool {
        let rest = &self.bytes[at..];
        (rest.starts_with(b"---") || rest.starts_with(b"..."))
            && matches!(rest.get(3), None | Some(b' ' | b'\n' | b'\t'))
    }

    /// Reads what may follow a value on its line: blanks, a comment, the line end.
    fn end_of_line(&mut self, at: usize) -> Step {
        let content = at + self.blanks(at);
        match self.byte(content) {
            None => self.at = content,
            Some(b'\n') => self.at = content + 1,
            Some(b'#') if content > at || content == 0 || self.bytes[content - 1] <= b' ' => {
                self.comment(content, false);
            }
            Some(_) => return None,
        }
        Some(())
    }

    /// Reads a comment up to the end of its line; `own_line` is whether nothing else is on the line.
    fn comment(&mut self, start: usize, own_line: bool) {
        let end = self.line_end(start);
        let text = self.text[start..end].trim_end();
        let span = Span::new(self.source, start, start + text.len());
        self.note_comment(Comment { span, own_line });
        self.at = (end + 1).min(self.bytes.len());
    }

    fn note_comment(&mut self, comment: Comment) {
        let comments = &mut self.stream.comments;
        if comments.is_empty() {
            // The values of a chart are mostly comments; most other texts have none.
            let expected = memchr_iter(b'#', &self.bytes[comment.span.range().start..]).count();
            comments.reserve(expected.min(MAX_EXPECTED));
        }
        comments.push(comment);
    }

    /// Reads a `---`.
    fn document(&mut self, at: usize) -> Step {
        if self.bytes[at] != b'-' {
            return None;
        }
        if self.builder.is_some() {
            self.finish()?;
        }
        self.end_of_line(at + 3)?;
        self.builder = Some(Builder::new(self.source, self.text, at + 3));
        Some(())
    }

    /// Completes the current document.
    fn finish(&mut self) -> Step {
        while !self.open.is_empty() {
            self.close()?;
        }
        let mut builder = self.builder.take()?;
        builder.complete_with_null();
        builder.finish(&mut self.stream);
        (self.stream.documents.len() < MAX_DOCUMENTS).then_some(())
    }

    fn builder(&mut self) -> &mut Builder<'t> {
        let (source, text) = (self.source, self.text);
        self.builder.get_or_insert_with(|| Builder::new(source, text, 0))
    }

    /// Completes the innermost collection.
    fn close(&mut self) -> Step {
        self.settle()?;
        self.open.pop();
        self.builder().close_block();
        Some(())
    }

    /// Adds a null for a key or dash without a value.
    fn settle(&mut self) -> Step {
        if let Some(at) = self.open.last_mut().and_then(|open| open.awaiting.take()) {
            // The place of a null with an anchor depends on the anchor.
            if self.builder().awaits_anchored() {
                return None;
            }
            self.builder().null(at);
        }
        Some(())
    }

    /// Reads a line with content, and any further lines of its last scalar.
    fn line(&mut self, indent: usize, content: usize) -> Step {
        while self.open.last().is_some_and(|open| open.indent > indent) {
            self.close()?;
        }
        let dash = self.bytes[content] == b'-' && self.ends(content + 1);
        match self.open.last() {
            None => {
                // A second root, or a scalar at the root.
                if self.builder.as_ref().is_some_and(Builder::has_root) {
                    return None;
                }
                self.begin(indent, content, dash)
            }
            Some(open) if open.indent == indent && open.mapping == dash => match dash {
                // `- ` below a key, with the same indentation as the key.
                true => {
                    open.awaiting?;
                    let behind = content + 1 + self.blanks(content + 1);
                    // Such a sequence starts after the first dash.
                    let start = match self.byte(behind) {
                        Some(b'\n') if behind == content + 1 => behind,
                        // The place of an implicit null then depends on the blanks or the comment.
                        None | Some(b'\n' | b'#') => return None,
                        Some(_) => behind,
                    };
                    self.open_collection(indent, start, false)?;
                    self.item(content)
                }
                // A key after such a sequence.
                false => {
                    let above = self.open.len().checked_sub(2).map(|at| self.open[at])?;
                    if !above.mapping || above.indent != indent {
                        return None;
                    }
                    self.close()?;
                    self.key(content)
                }
            },
            Some(open) if open.indent == indent => {
                self.settle()?;
                if dash { self.item(content) } else { self.key(content) }
            }
            Some(open) => {
                open.awaiting?;
                self.begin(indent, content, dash)
            }
        }
    }

    /// Begins the block collection at this place.
    fn begin(&mut self, indent: usize, content: usize, dash: bool) -> Step {
        if dash {
            self.open_collection(indent, content, false)?;
            return self.item(content);
        }
        match self.key_end(content) {
            Some(_) => {
                self.open_collection(indent, content, true)?;
                self.key(content)
            }
            None => self.value(content),
        }
    }

    fn open_collection(&mut self, indent: usize, start: usize, mapping: bool) -> Step {
        if let Some(above) = self.open.last_mut() {
            above.awaiting = None;
        }
        if self.open.len() >= MAX_DEPTH / 2 {
            return None;
        }
        self.builder().open_block(mapping, start);
        self.open.push(Open { indent, mapping, awaiting: None });
        Some(())
    }

    /// Reads a dash and what follows it on the line.
    fn item(&mut self, dash: usize) -> Step {
        let content = dash + 1 + self.blanks(dash + 1);
        self.await_value(dash + 1);
        match self.byte(content) {
            None | Some(b'\n') => return self.end_of_line(content),
            Some(b'#') => {
                self.end_of_line(content)?;
                // A null stands behind the comment.
                let null = self.stream.comments.last()?.span.end as usize;
                self.await_value(null);
                return Some(());
            }
            Some(_) => {}
        }
        // YAML counts columns in characters, but only spaces and dashes are before this.
        let indent = content - self.line_start(dash);
        if self.bytes[content] == b'-' && self.ends(content + 1) {
            self.open_collection(indent, content, false)?;
            return self.item(content);
        }
        if self.key_end(content).is_some() {
            self.open_collection(indent, content, true)?;
            return self.key(content);
        }
        self.value(content)
    }

    fn await_value(&mut self, null: usize) {
        if let Some(open) = self.open.last_mut() {
            open.awaiting = Some(null);
        }
    }

    /// Reads a key and what follows its colon on the line.
    fn key(&mut self, content: usize) -> Step {
        let (key, colon) = self.key_end(content)?;
        self.scalar_within(key)?;
        self.await_value(colon + 1);
        let value = colon + 1 + self.blanks(colon + 1);
        match self.byte(value) {
            None | Some(b'\n' | b'#') => self.end_of_line(colon + 1),
            Some(_) => self.value(value),
        }
    }

    /// The range of the key at this offset, and the offset of its colon; `None` if there is no key.
    fn key_end(&self, start: usize) -> Option<(Range<usize>, usize)> {
        let first = self.byte(start)?;
        let end = match first {
            b'"' | b'\'' => self.quoted_end(start)?,
            _ if is_plain_start(self.bytes, start) => {
                let line = &self.bytes[start..];
                let mut at = 0;
                loop {
                    match line.get(at)? {
                        b':' if matches!(line.get(at + 1), None | Some(b' ' | b'\n')) => break,
                        b'\n' | b'\t' => return None,
                        b'#' if at > 0 && line[at - 1] == b' ' => return None,
                        _ => at += 1,
                    }
                }
                start + at - line[..at].iter().rev().take_while(|byte| **byte == b' ').count()
            }
            _ => return None,
        };
        let colon = end + self.blanks(end);
        let is_key = self.byte(colon) == Some(b':') && self.ends(colon + 1);
        (is_key && end - start < MAX_KEY).then_some((start..end, colon))
    }

    /// The end of a quoted scalar on a single line.
    fn quoted_end(&self, start: usize) -> Option<usize> {
        quoted_end(self.bytes, start)
    }

    /// Adds a scalar on a single line.
    fn scalar_within(&mut self, range: Range<usize>) -> Step {
        let text = self.text;
        put_scalar(self.builder(), text, range)
    }

    /// Reads an anchor, and its node if that is on the same line.
    fn anchored(&mut self, at: usize) -> Step {
        // The place of a root node with an anchor depends on the anchor.
        self.open.last()?;
        let source = self.text;
        let end = name_end(self.bytes, at + 1).filter(|end| self.ends(*end))?;
        self.builder().anchor(&source[at + 1..end])?;
        let value = end + self.blanks(end);
        match self.byte(value)? {
            // Its node, if there is one, is on the lines below.
            b'\n' | b'#' => self.end_of_line(end),
            b'*' => None,
            _ => self.value(value),
        }
    }

    /// Reads an alias.
    fn alias(&mut self, at: usize) -> Step {
        let end = name_end(self.bytes, at + 1).filter(|end| self.ends(*end))?;
        self.builder().refer(&(at..end))?;
        self.end_of_line(end)
    }

    /// Reads a value after a colon or a dash.
    fn value(&mut self, at: usize) -> Step {
        // An anchor is not yet a value.
        if self.bytes[at] == b'&' {
            return self.anchored(at);
        }
        if let Some(open) = self.open.last_mut() {
            open.awaiting = None;
        }
        let parent = self.open.last().map(|open| open.indent);
        match self.bytes[at] {
            b'"' | b'\'' => match self.quoted_end(at) {
                Some(end) => {
                    self.scalar_within(at..end)?;
                    self.end_of_line(end)
                }
                None => self.quoted_lines(at),
            },
            b'[' | b'{' => {
                let text = &self.text[..self.bytes.len()];
                let end = flow::collection(self.builder(), text, at, parent)?;
                self.end_of_line(end)
            }
            b'|' => self.block(at, Style::Literal),
            b'>' => self.block(at, Style::Folded),
            b'*' => self.alias(at),
            _ if is_plain_start(self.bytes, at) => self.plain(at),
            _ => None,
        }
    }

    fn line_start(&self, at: usize) -> usize {
        memrchr(b'\n', &self.bytes[..at]).map_or(0, |newline| newline + 1)
    }
}

/// The end of the anchor's name at this offset, by the characters that go-yaml allows in one.
pub(super) fn name_end(bytes: &[u8], start: usize) -> Option<usize> {
    let end = start + bytes[start..].iter().take_while(|byte| is_anchor_name(**byte)).count();
    (end > start).then_some(end)
}

#[cfg(test)]
mod tests;
