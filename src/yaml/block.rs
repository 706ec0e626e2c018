//! A reader for the YAML that most files are written in, several times as fast as the full grammar.
//!
//! Manifests, values and rendered charts are nearly all of one shape: block mappings and sequences,
//! scalars and flow collections that end on their line, literal and folded blocks, comments, anchors
//! of values and aliases of them. This reads that shape line by line, straight into the [`Builder`].
//! Whatever it is not sure of (tags, directives, tabs, anchors of keys, anything that looks wrong)
//! makes it give up, and granit reads the whole text: so it reports no syntax error and knows no limit
//! of its own.
//!
//! It is held equal to granit, tree for tree and span for span, by the tests beside it: on
//! generated texts, on every manifest, values file and rule of this repository and, where they are
//! at hand, on the corpora of real charts.

mod scalar;

use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memchr_iter, memmem, memrchr};
use rayon::prelude::*;

use super::build::Builder;
use super::flow;
use super::parse::{Comment, MAX_DEPTH, Stream, is_unprintable};
use super::tree::Style;
use crate::source::{SourceId, Span};
pub(super) use scalar::{is_plain_start, put_scalar, quoted_end};

/// Keys of this length and more are left to granit, which knows YAML's own limit.
const MAX_KEY: usize = 512;
/// For how many comments there is room from the first on.
const MAX_EXPECTED: usize = 4096;
/// Documents beyond this number are left to granit, which knows the limit.
const MAX_DOCUMENTS: usize = 10_000;
/// How long a part of a text is that is read beside others, at least: some tenths of a millisecond's work.
const PART: usize = 64 << 10;

/// Reads a text; `None` where it must be read by the full grammar.
pub(super) fn parse(source: SourceId, text: &Arc<str>) -> Option<Stream> {
    parse_documents(source, text, 0..text.len())
}

/// Reads a text as [`parse`] does, a long one in parts side by side.
pub(super) fn parse_apart(source: SourceId, text: &Arc<str>) -> Option<Stream> {
    let parts = parts(text, PART);
    let apart = if parts.len() > 1 { parse_parts(source, text, parts) } else { None };
    apart.or_else(|| parse(source, text))
}

/// Reads the parts of a text; `None` where one of them is not enough to be sure of it.
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

/// Parts of a text that are at least so long but for the last, each behind the first beginning with a document.
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

/// Reads some whole documents of a text.
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

/// True for text without control characters and without what only some readers take for a line
/// break or for nothing.
fn is_ordinary(text: &str) -> bool {
    let unusual = |byte: u8| (byte < b' ' && byte != b'\n' && byte != b'\t') || byte == 0x7f;
    // Folded without a branch, so that it is compiled to vector instructions.
    if text.bytes().fold(false, |found, byte| found | unusual(byte)) {
        return false;
    }
    let unusual =
        |c| matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}') || is_unprintable(c);
    text.is_ascii() || !text.contains(unusual)
}

/// What gives up.
type Step<T = ()> = Option<T>;

/// A block collection that is open.
#[derive(Debug, Clone, Copy)]
struct Open {
    /// The column of its keys or dashes.
    indent: usize,
    mapping: bool,
    /// Where a null would stand, while a key or dash has no value yet.
    awaiting: Option<usize>,
}

struct Reader<'t> {
    source: SourceId,
    text: &'t Arc<str>,
    /// The text up to where reading ends.
    bytes: &'t [u8],
    /// The next line's first byte.
    at: usize,
    open: Vec<Open>,
    /// The document that is being read.
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

    /// How many spaces stand at a place.
    fn blanks(&self, at: usize) -> usize {
        self.bytes[at..].iter().take_while(|byte| **byte == b' ').count()
    }

    /// Where the line ends that `at` lies in.
    fn line_end(&self, at: usize) -> usize {
        memchr(b'\n', &self.bytes[at..]).map_or(self.bytes.len(), |length| at + length)
    }

    /// True for `c` behind which an indicator ends.
    fn ends(&self, at: usize) -> bool {
        matches!(self.byte(at), None | Some(b' ' | b'\n'))
    }

    /// `---` or `...` at the start of a line.
    fn is_marker(&self, at: usize) -> bool {
        let rest = &self.bytes[at..];
        (rest.starts_with(b"---") || rest.starts_with(b"..."))
            && matches!(rest.get(3), None | Some(b' ' | b'\n' | b'\t'))
    }

    /// Takes what may stand behind a value: blanks, a comment, the end of the line.
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

    /// Takes a comment up to the end of its line; `own_line` where nothing else stands there.
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
            // A chart's values are comments for the most part; most other texts have none.
            let expected = memchr_iter(b'#', &self.bytes[comment.span.range().start..]).count();
            comments.reserve(expected.min(MAX_EXPECTED));
        }
        comments.push(comment);
    }

    /// Takes a `---`, on a line of its own.
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

    /// Completes the document that is open.
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

    /// Closes the innermost collection.
    fn close(&mut self) -> Step {
        self.settle()?;
        self.open.pop();
        self.builder().close_block();
        Some(())
    }

    /// Gives a key or dash that has no value a null.
    fn settle(&mut self) -> Step {
        if let Some(at) = self.open.last_mut().and_then(|open| open.awaiting.take()) {
            // Where one stands that has an anchor is told by that.
            if self.builder().awaits_anchored() {
                return None;
            }
            self.builder().null(at);
        }
        Some(())
    }

    /// Takes a line that has content, and with it the lines its last scalar goes on over.
    fn line(&mut self, indent: usize, content: usize) -> Step {
        while self.open.last().is_some_and(|open| open.indent > indent) {
            self.close()?;
        }
        let dash = self.bytes[content] == b'-' && self.ends(content + 1);
        match self.open.last() {
            None => {
                // A second root, or a scalar as the root.
                if self.builder.as_ref().is_some_and(Builder::has_root) {
                    return None;
                }
                self.begin(indent, content, dash)
            }
            Some(open) if open.indent == indent && open.mapping == dash => match dash {
                // `- ` below a key at the key's own indentation.
                true => {
                    open.awaiting?;
                    let behind = content + 1 + self.blanks(content + 1);
                    // Such a sequence starts with what follows the first dash.
                    let start = match self.byte(behind) {
                        Some(b'\n') if behind == content + 1 => behind,
                        // Where a null would stand is then told by the blanks or the comment.
                        None | Some(b'\n' | b'#') => return None,
                        Some(_) => behind,
                    };
                    self.open_collection(indent, start, false)?;
                    self.item(content)
                }
                // A key behind such a sequence.
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

    /// Opens the block collection that starts here.
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

    /// Takes a dash and what stands behind it.
    fn item(&mut self, dash: usize) -> Step {
        let content = dash + 1 + self.blanks(dash + 1);
        self.await_value(dash + 1);
        match self.byte(content) {
            None | Some(b'\n') => return self.end_of_line(content),
            Some(b'#') => {
                let comment = &self.text[content..self.line_end(content)];
                self.await_value(content + comment.trim_end().len());
                return self.end_of_line(content);
            }
            Some(_) => {}
        }
        // YAML counts columns, but only spaces and dashes stand before.
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

    /// Takes a key and what stands behind its colon.
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

    /// The range of the key that starts here, and the colon behind it; `None` where none does.
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

    /// Where a quoted text ends that ends on its line.
    fn quoted_end(&self, start: usize) -> Option<usize> {
        quoted_end(self.bytes, start)
    }

    /// Puts in a scalar that lies on one line.
    fn scalar_within(&mut self, range: Range<usize>) -> Step {
        let text = self.text;
        put_scalar(self.builder(), text, range)
    }

    /// Takes the anchor that starts here, and what it names where that stands on its line.
    fn anchored(&mut self, at: usize) -> Step {
        // What a whole document is named is told by that.
        self.open.last()?;
        let source = self.text;
        let end = name_end(self.bytes, at + 1).filter(|end| self.ends(*end))?;
        self.builder().anchor(&source[at + 1..end])?;
        let value = end + self.blanks(end);
        match self.byte(value)? {
            // What it names is on the lines below, as far as it is there.
            b'\n' | b'#' => self.end_of_line(end),
            b'*' => None,
            _ => self.value(value),
        }
    }

    /// Takes the alias that starts here.
    fn alias(&mut self, at: usize) -> Step {
        let end = name_end(self.bytes, at + 1).filter(|end| self.ends(*end))?;
        self.builder().refer(&(at..end))?;
        self.end_of_line(end)
    }

    /// Takes the value that starts here, behind a colon or a dash.
    fn value(&mut self, at: usize) -> Step {
        // A name is no value yet.
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

/// Where the name of an anchor ends that starts here, as far as this reader knows names.
pub(super) fn name_end(bytes: &[u8], start: usize) -> Option<usize> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let end = start + bytes[start..].iter().take_while(|byte| is_name(byte)).count();
    (end > start).then_some(end)
}

#[cfg(test)]
mod tests;
