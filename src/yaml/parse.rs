//! A text to documents, errors and comments.

use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScanError};

use super::block;
use super::build::Builder;
use super::tabs::Tabs;
use super::tree::Document;
use crate::source::{SourceId, Span, bytes};

/// How deep collections may nest. Kubernetes objects stay below 30; the parser and whoever walks
/// the tree by recursion are safe at this depth.
pub(super) const MAX_DEPTH: usize = 255;
/// How many lines before a fault an alias may stand that it comes from.
const MAX_LOOKED_BACK: usize = 3;
/// How often a text is read anew for a [`Liberty`].
const MAX_LIBERTIES: usize = 30;
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

impl Stream {
    /// Makes it that of a text which its own is a part of, from a byte on. Nobody else may have its documents yet.
    fn move_into(&mut self, text: &Arc<str>, by: usize) {
        let by = u32::try_from(by).unwrap_or(u32::MAX);
        self.documents.iter_mut().filter_map(Arc::get_mut).for_each(|own| own.move_into(text, by));
        for error in &mut self.errors {
            error.span = error.span.moved(by);
            if let ErrorKind::DuplicateKey { first } = &mut error.kind {
                *first = first.moved(by);
            }
        }
        self.comments.iter_mut().for_each(|comment| comment.span = comment.span.moved(by));
    }

    /// The first document, as who reads a single one does: what follows it is not looked at.
    ///
    /// # Errors
    /// What is wrong with that document, or before it.
    pub fn first(&self) -> Result<Option<&Arc<Document>>, &SyntaxError> {
        let first = self.documents.first();
        let fault = self.errors.iter().find(|error| error.is_fatal());
        match fault.filter(|fault| first.is_none_or(|own| fault.span.start <= own.span().end)) {
            Some(fault) => Err(fault),
            None => Ok(first),
        }
    }
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

impl SyntaxError {
    /// True where the document cannot be read for it.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        !matches!(self.kind, ErrorKind::DuplicateKey { .. })
    }
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
    let mut own = Arc::clone(text);
    let mut liberties = Vec::new();
    let mut stream = loop {
        let (stream, liberty) = parse_strictly(source, &own, &liberties);
        match liberty.filter(|_| liberties.len() < MAX_LIBERTIES) {
            Some(liberty) => {
                own = liberty.taken(&own);
                liberties.push(liberty);
            }
            None => break stream,
        }
    };
    if !liberties.is_empty() {
        for liberty in liberties {
            if let Liberty::Comment(range) = liberty {
                stream.comments.push(comment(source, text, range));
            }
        }
        stream.comments.sort_by_key(|comment| comment.span);
        stream.move_into(text, 0);
    }
    stream
}

/// What go-yaml takes though YAML does not.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Liberty {
    /// A comment that no blank parts from what stands before it, as in `"a"#b`.
    Comment(Range<usize>),
    /// A dash before the end of a flow collection's item, as in `[cat, -]`: a text.
    Dash(usize),
    /// An alias that no blank parts from the colon behind it, as in `*name: 1`: a key, where YAML 1.2 takes the colon for
    /// a part of the name.
    Key(Range<usize>),
}

impl Liberty {
    /// What the parser's complaint is about, where it is one of these.
    fn of(text: &str, error: &ScanError) -> Option<Self> {
        let at = error.marker().byte_offset()?;
        let first = text.as_bytes().get(at)?;
        match (error.kind(), first) {
            (granit_parser::ErrorKind::CommentNotSeparated, b'#') => {
                let end = memchr::memchr2(b'\n', b'\r', &text.as_bytes()[at..]);
                Some(Self::Comment(at..end.map_or(text.len(), |length| at + length)))
            }
            (granit_parser::ErrorKind::PlainScalarStartsWithDashFlowIndicator, b'-') => {
                Some(Self::Dash(at))
            }
            _ => Self::key_before(text, at),
        }
    }

    /// The alias that begins a line and makes the parser stumble there, or on what follows.
    fn key_before(text: &str, at: usize) -> Option<Self> {
        let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
        let mut begin = end + 1;
        let mut lines = text[..end].rsplit('\n').take(MAX_LOOKED_BACK);
        lines.find_map(|line| {
            begin -= line.len() + 1;
            let alias = line.trim_start_matches([' ', '-']);
            let start = begin + line.len() - alias.len();
            let name = alias.split(':').next()?.strip_prefix('*')?;
            Self::key(text, &(start..start + 1 + name.len() + 1))
        })
    }

    /// An alias as the parser reads it, colon included, where it is a key for go-yaml (`yaml_parser_scan_anchor`: letters of
    /// ASCII, digits, `_` and `-`).
    fn key(text: &str, alias: &Range<usize>) -> Option<Self> {
        let name = text.get(alias.clone())?.strip_prefix('*')?.strip_suffix(':')?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let next = text.as_bytes().get(alias.end);
        let is_key = next.is_none_or(u8::is_ascii_whitespace);
        let is_named = !name.is_empty() && name.bytes().all(is_name);
        (is_named && is_key).then(|| Self::Key(alias.start..alias.end - 1))
    }

    /// The text with what the parser takes in its place, so that all else stands where it stood.
    fn taken(&self, text: &str) -> Arc<str> {
        let (range, own) = match self {
            Self::Comment(range) => (range.clone(), " ".repeat(range.len())),
            Self::Dash(at) => (*at..*at + 1, "x".to_owned()),
            Self::Key(alias) => (alias.start..alias.start + 1, "x".to_owned()),
        };
        [&text[..range.start], &own, &text[range.end..]].concat().into()
    }
}

/// Reads a text as the parser does, up to a liberty that is not yet taken.
fn parse_strictly(
    source: SourceId,
    text: &Arc<str>,
    taken: &[Liberty],
) -> (Stream, Option<Liberty>) {
    let options = granit_parser::options! {
        // libyaml's reading, and so go-yaml's: a block scalar cut off by the end of the text has
        // no line feed there.
        block_scalar_eof_without_line_feed: true,
        emit_unresolved_aliases: true,
        max_buffered_comment_events: 1_000_000,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        emit_anchor_events: taken.iter().any(|liberty| matches!(liberty, Liberty::Key(_))),
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut stream =
        Stream { source, documents: Vec::new(), errors: Vec::new(), comments: Vec::new() };
    let mut builder: Option<Builder> = None;
    let mut tabs = Tabs::of(text);
    loop {
        match parser.next_event() {
            None => break,
            Some(Ok((event, span))) => {
                let range = span.byte_range().unwrap_or(0..0);
                let tab = tabs.as_mut().and_then(|tabs| tabs.pass(&event, &range));
                if matches!(event, Event::Alias(_) | Event::UnresolvedAlias(_))
                    && let Some(liberty) = Liberty::key(text, &range)
                {
                    return (stream, Some(liberty));
                }
                if matches!(event, Event::DocumentStart(..)) {
                    builder = Some(Builder::new(source, text, range.end));
                }
                if let Some(at) = tab {
                    refuse(tab_at(source, at), &mut stream, builder.as_mut());
                }
                match event {
                    Event::StreamStart => {}
                    Event::StreamEnd => break,
                    Event::DocumentStart(..) => {}
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
                    mut event => {
                        if let Event::Scalar(value, ..) = &mut event
                            && taken.contains(&Liberty::Dash(range.start))
                        {
                            *value = value.replacen('x', "-", 1).into();
                        }
                        let Some(builder) = &mut builder else { continue };
                        match event {
                            Event::Scalar(..) if taken.contains(&Liberty::Key(range.clone())) => {
                                builder.key(&range);
                            }
                            event => builder.take(event, range),
                        }
                    }
                }
            }
            Some(Err(error)) => {
                if let Some(liberty) = Liberty::of(text, &error) {
                    return (stream, Some(liberty));
                }
                // What follows a whole document is no part of it.
                if let Some(done) = builder.take().filter(Builder::is_complete) {
                    done.finish(&mut stream);
                }
                stream.errors.push(describe(source, text, &error));
                if stream.errors.len() >= MAX_DOCUMENTS {
                    break;
                }
                if !parser.proceed_next_document().unwrap_or(false) {
                    break;
                }
                tabs.iter_mut().for_each(Tabs::skip);
            }
        }
    }
    if let Some(error) = unprintable(source, text) {
        refuse_within(error, &mut stream);
    }
    stream.errors.sort_by_key(|error| error.span);
    (stream, None)
}

/// Refuses what a tab stands in: the document that is read, or the one before.
fn refuse(error: SyntaxError, stream: &mut Stream, reading: Option<&mut Builder<'_>>) {
    match reading {
        Some(reading) => reading.refuse(error),
        None => {
            stream.documents.pop();
            stream.errors.push(error);
        }
    }
}

fn tab_at(source: SourceId, at: usize) -> SyntaxError {
    SyntaxError {
        kind: ErrorKind::Syntax,
        span: Span::new(source, at, at + 1),
        message: "a tab stands where only spaces may".to_owned(),
        help: Some(
            "take it out: kubectl and Helm take no tabs at the start of a line, not even of a blank one",
        ),
    }
}

/// True for a character that go-yaml takes nowhere, not even in a comment (`readerc.go`), and for the stand-in of a
/// byte that is no UTF-8.
pub(crate) fn is_unprintable(c: char) -> bool {
    let is_control = c.is_control() && !matches!(c, '\0' | '\t' | '\n' | '\r' | '\u{85}');
    is_control || matches!(c, '\u{fffe}' | '\u{ffff}') || bytes::is_stand_in(c)
}

fn unprintable(source: SourceId, text: &str) -> Option<SyntaxError> {
    let (at, found) = text.char_indices().find(|(_, c)| is_unprintable(*c))?;
    let message = match bytes::is_stand_in(found) {
        true => "a byte that is no UTF-8".to_owned(),
        false => format!("the control character {found:?}"),
    };
    let span = Span::new(source, at, at + found.len_utf8());
    Some(SyntaxError { kind: ErrorKind::Syntax, span, message, help: None })
}

/// Leaves out the document that a fault lies in, or the next one, unless that is known to be none.
fn refuse_within(error: SyntaxError, stream: &mut Stream) {
    let at = error.span.start;
    if stream.errors.iter().any(|known| known.span.start <= at && at < known.span.end) {
        return;
    }
    let behind = stream.documents.partition_point(|document| document.span().start <= at);
    let within = behind.saturating_sub(1);
    if within < stream.documents.len() {
        stream.documents.remove(within);
    }
    stream.errors.push(error);
}

/// Reads some lines of a text as a text of their own; the last one of a file that does not end with a line feed is
/// read as if it did, as kubectl and Helm read files (k8s.io/apimachinery `pkg/util/yaml`: `LineReader`).
///
/// # Panics
/// Where the part does not begin and end between two characters of the text.
#[must_use]
pub fn parse_lines(source: SourceId, text: &Arc<str>, lines: Range<usize>) -> Stream {
    lines_by(parse, source, text, lines)
}

/// Reads all lines of a text as [`parse_lines`] does, the documents of a long one side by side, by the threads of the
/// pool that this runs in. While a thread waits for another, it may take up other work of that pool: whoever calls
/// this must hold nothing that such work waits for.
#[must_use]
pub fn parse_apart(source: SourceId, text: &Arc<str>) -> Stream {
    let parse = |source, text: &Arc<str>| {
        block::parse_apart(source, text).unwrap_or_else(|| parse_fully(source, text))
    };
    lines_by(parse, source, text, 0..text.len())
}

fn lines_by(
    parse: impl Fn(SourceId, &Arc<str>) -> Stream,
    source: SourceId,
    text: &Arc<str>,
    lines: Range<usize>,
) -> Stream {
    if lines == (0..text.len()) && (text.ends_with('\n') || text.is_empty()) {
        return parse(source, text);
    }
    let mut own = text[lines.clone()].to_owned();
    if !own.ends_with('\n') {
        own.push('\n');
    }
    let mut stream = parse(source, &own.into());
    stream.move_into(text, lines.start);
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
    stream.move_into(text, line);
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
