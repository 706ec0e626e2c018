//! A text to documents, errors and comments.

use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScanError};

use super::block;
use super::build::Builder;
use super::tree::Document;
use crate::source::{SourceId, Span};

/// How deep collections may nest. Kubernetes objects stay below 30; the parser and whoever walks
/// the tree by recursion are safe at this depth.
pub(super) const MAX_DEPTH: usize = 255;
/// How many documents are kept of one text, and how many errors.
const MAX_DOCUMENTS: usize = 100_000;

/// Everything one text holds.
#[derive(Debug)]
pub struct Stream {
    /// The text.
    pub source: SourceId,
    /// The documents that could be read, in order. One that is broken is left out, with an error.
    pub documents: Vec<Arc<Document>>,
    /// What is wrong, in the order of the text.
    pub errors: Vec<SyntaxError>,
    /// Every comment, in the order of the text.
    pub comments: Vec<Comment>,
}

/// A comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    /// From `#` to the end of the line.
    pub span: Span,
    /// True when nothing but blanks stands before it on its line.
    pub own_line: bool,
}

/// What sort of fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Not YAML; the document is left out.
    Syntax,
    /// A key that its mapping has already; `first` is where. The document is kept, the last wins.
    DuplicateKey {
        /// The earlier key.
        first: Span,
    },
    /// Too deep, too many documents, or aliases that expand without measure; left out.
    Limit,
}

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The sort of fault.
    pub kind: ErrorKind,
    /// Where; may be empty at the end of the text.
    pub span: Span,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to do about it, where that is known.
    pub help: Option<&'static str>,
}

/// Reads a text into documents. Never fails and never panics; time is linear in the text's size.
#[must_use]
pub fn parse(source: SourceId, text: &Arc<str>) -> Stream {
    block::parse(source, text).unwrap_or_else(|| parse_fully(source, text))
}

/// Reads a text by the full grammar of YAML, as [`parse`] does where its quicker reader for block
/// collections does not know what it sees. What both read, they read alike.
#[must_use]
pub fn parse_fully(source: SourceId, text: &Arc<str>) -> Stream {
    let options = granit_parser::options! {
        // libyaml's reading, and so go-yaml's: a block scalar cut off by the end of the text has
        // no line feed there.
        block_scalar_eof_without_line_feed: true,
        emit_unresolved_aliases: true,
        max_buffered_comment_events: 1_000_000,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut stream =
        Stream { source, documents: Vec::new(), errors: Vec::new(), comments: Vec::new() };
    let mut builder: Option<Builder> = None;
    loop {
        match parser.next_event() {
            None => break,
            Some(Ok((event, span))) => {
                let range = span.byte_range().unwrap_or(0..0);
                match event {
                    Event::StreamStart => {}
                    Event::StreamEnd => break,
                    Event::DocumentStart(..) => {
                        builder = Some(Builder::new(source, text, range.end));
                    }
                    Event::DocumentEnd => {
                        if let Some(done) = builder.take() {
                            done.finish(&mut stream);
                        }
                        if stream.documents.len() >= MAX_DOCUMENTS {
                            stream.errors.push(SyntaxError {
                                kind: ErrorKind::Limit,
                                span: Span::new(source, range.start, range.end),
                                message: format!("more than {MAX_DOCUMENTS} documents in one file"),
                                help: None,
                            });
                            break;
                        }
                    }
                    Event::Comment(..) => stream.comments.push(comment(source, text, range)),
                    event => {
                        if let Some(builder) = &mut builder {
                            builder.take(event, range);
                        }
                    }
                }
            }
            Some(Err(error)) => {
                builder = None;
                stream.errors.push(describe(source, text, &error));
                if stream.errors.len() >= MAX_DOCUMENTS {
                    break;
                }
                if !parser.proceed_next_document().unwrap_or(false) {
                    break;
                }
            }
        }
    }
    stream.errors.sort_by_key(|error| error.span);
    stream
}

/// Reads a part of a text as if blanks stood everywhere around it: spans lie in the whole text, to which the
/// documents belong. Time is linear in the part's size and that of its first line.
///
/// # Panics
/// Where the part does not begin and end between two characters of the text.
#[must_use]
pub fn parse_part(source: SourceId, text: &Arc<str>, part: Range<usize>) -> Stream {
    let line = memchr::memrchr(b'\n', &text.as_bytes()[..part.start]).map_or(0, |end| end + 1);
    // A block's first line counts from where it is indented.
    let mut own = " ".repeat(part.start - line);
    own.push_str(&text[part.clone()]);
    if text[part.end..].contains('\n') {
        own.push('\n');
    }
    let mut stream = parse(source, &own.into());
    let by = u32::try_from(line).unwrap_or(u32::MAX);
    // Nobody else has them yet.
    stream.documents.iter_mut().filter_map(Arc::get_mut).for_each(|own| own.move_into(text, by));
    for error in &mut stream.errors {
        error.span = error.span.moved(by);
        if let ErrorKind::DuplicateKey { first } = &mut error.kind {
            *first = first.moved(by);
        }
    }
    stream.comments.iter_mut().for_each(|comment| comment.span = comment.span.moved(by));
    stream
}

/// A comment at a place that may include blanks behind it.
fn comment(source: SourceId, text: &str, range: std::ops::Range<usize>) -> Comment {
    let before = &text[..range.start];
    let line = memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |at| at + 1);
    let own_line = before[line..].trim_start_matches('\u{feff}').trim().is_empty();
    let end = range.start + text[range.clone()].trim_end().len();
    Comment { span: Span::new(source, range.start, end), own_line }
}

/// Puts the scanner's complaint where a person would look for it.
fn describe(source: SourceId, text: &str, error: &ScanError) -> SyntaxError {
    let at = text.floor_char_boundary(error.marker().byte_offset().unwrap_or(0).min(text.len()));
    // At the end of the text there is nothing to see: point at the last thing that was written.
    let at = if text[at..].trim().is_empty() { text.trim_end().len() } else { at };
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    let rest = text[at..line_end].trim_end();
    let (start, end) = if rest.is_empty() {
        let line = text[line_start..line_end].trim_end();
        (line_start + line.len() - line.trim_start().len(), line_start + line.len())
    } else {
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        (at, at + word.max(rest.chars().next().map_or(0, char::len_utf8)))
    };
    let indent = &text[line_start..at];
    let (message, kind) = wording(error, &text[at..]);
    let help = if indent.contains('\t') && indent.trim().is_empty() {
        Some("indent with spaces: YAML allows no tabs there")
    } else if text[line_start..line_end].contains("{{") {
        Some(
            "this looks like a template: plimsoll renders templates inside a chart, and reads other files as plain YAML",
        )
    } else {
        None
    };
    SyntaxError { kind, span: Span::new(source, start, end.max(start)), message, help }
}

/// The scanner's complaint in words that say what to look for.
fn wording(error: &ScanError, rest: &str) -> (String, ErrorKind) {
    use granit_parser::ErrorKind as Scan;
    let plain = match error.kind() {
        Scan::TooManyComments | Scan::DirectiveByteLimitExceeded { .. } => {
            return (error.info(), ErrorKind::Limit);
        }
        Scan::RecursionLimitExceeded => {
            let message = format!("collections are nested deeper than {MAX_DEPTH} levels");
            return (message, ErrorKind::Limit);
        }
        _ if rest.starts_with('\0') => "the file holds a NUL byte: it is no text",
        _ => return (error.info(), ErrorKind::Syntax),
    };
    (plain.to_owned(), ErrorKind::Syntax)
}
