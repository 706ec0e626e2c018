//! Parses a text to documents, errors and comments.

use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScanError};

use super::block;
use super::build::Builder;
use super::tabs::Tabs;
use super::tree::Document;
use crate::source::{SourceId, Span, bytes};

/// The deepest nesting of collections. Kubernetes objects are nested less than 30 levels deep; at this depth, the
/// parser and recursive walks of the tree are safe.
pub(super) const MAX_DEPTH: usize = 255;
/// The most lines before a syntax error in which the alias that causes it may be.
const MAX_LOOKED_BACK: usize = 3;
/// The most times that a text is parsed again for a [`Liberty`].
const MAX_LIBERTIES: usize = 30;
/// The most documents of one text that are kept, and the most errors.
const MAX_DOCUMENTS: usize = 100_000;

/// The contents of a text.
#[derive(Debug)]
pub struct Stream {
    /// The text.
    pub source: SourceId,
    /// The documents that could be read, in order. One with a fatal error is left out.
    pub documents: Vec<Arc<Document>>,
    /// The errors, in the order of the text.
    pub errors: Vec<SyntaxError>,
    /// Every comment, in the order of the text.
    pub comments: Vec<Comment>,
}

impl Stream {
    /// Converts it to a part of `text` that begins at byte `by`. Its documents must not be shared yet.
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

    /// The first document, as a reader of a single one reads it: everything after that is ignored.
    ///
    /// # Errors
    /// The error in that document, or before it.
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
    /// True if there are only blanks before it on its line.
    pub own_line: bool,
}

/// The sort of a syntax error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Not YAML; the document is left out.
    Syntax,
    /// A repeated key in a mapping; `first` is the earlier one. The document is kept, and the last one counts.
    DuplicateKey {
        /// The earlier key.
        first: Span,
    },
    /// Nested too deeply, too many documents, or aliases that expand too much; the document is left out.
    Limit,
}

/// An error in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The sort of the error.
    pub kind: ErrorKind,
    /// The place; may be empty at the end of the text.
    pub span: Span,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to do about it, if that is known.
    pub help: Option<&'static str>,
}

impl SyntaxError {
    /// True if the document cannot be read because of it.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        !matches!(self.kind, ErrorKind::DuplicateKey { .. })
    }
}

/// Parses a text to documents. Never fails and never panics; takes time linear in the size of the text.
#[must_use]
pub fn parse(source: SourceId, text: &Arc<str>) -> Stream {
    block::parse(source, text).unwrap_or_else(|| parse_fully(source, text))
}

/// Parses a text by the full grammar of YAML, as [`parse`] does if its quick reader does not support the text. Both
/// have the same result for texts that both support.
#[must_use]
pub fn parse_fully(source: SourceId, text: &Arc<str>) -> Stream {
    let mut own = Arc::clone(text);
    let mut liberties = Vec::new();
    let mut stream = loop {
        let (stream, liberty) = parse_strictly(source, &own, text, &liberties);
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

/// A deviation from YAML that go-yaml accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Liberty {
    /// A comment without a blank before it, as in `"a"#b`.
    Comment(Range<usize>),
    /// A dash as an item of a flow collection, as in `[cat, -]`, which is a text.
    Dash(usize),
    /// An alias as a key, without a blank before the colon, as in `*name: 1`. In YAML 1.2 the colon is a part of the
    /// name.
    Key(Range<usize>),
    /// Lines of a flow collection that begin with tabs, with their indentation at fault only in YAML 1.2.
    Tabs(Range<usize>),
}

impl Liberty {
    /// The deviation that the parser reports as an error, if it is one of these.
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
            (granit_parser::ErrorKind::TabInBlockIndentation, _) => Self::tabs(text, at),
            _ => Self::key_before(text, at),
        }
    }

    /// The line of an error, and the lines after it that begin with a tab, too.
    fn tabs(text: &str, at: usize) -> Option<Self> {
        let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let lines = text[start..].split_inclusive('\n');
        let length =
            lines.take_while(|line| indentation(line).contains('\t')).map(str::len).sum::<usize>();
        (length > 0).then(|| Self::Tabs(start..start + length))
    }

    /// The alias at the beginning of a line that causes an error there or after it.
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

    /// An alias as the parser reads it, with the colon, if it is a key for go-yaml (`yaml_parser_scan_anchor`: ASCII
    /// letters, digits, `_` and `-`).
    fn key(text: &str, alias: &Range<usize>) -> Option<Self> {
        let name = text.get(alias.clone())?.strip_prefix('*')?.strip_suffix(':')?;
        let next = text.as_bytes().get(alias.end);
        let is_key = next.is_none_or(u8::is_ascii_whitespace);
        let is_named = !name.is_empty() && name.bytes().all(is_anchor_name);
        (is_named && is_key).then(|| Self::Key(alias.start..alias.end - 1))
    }

    /// The text with a replacement of the same length that the parser accepts, so that offsets remain the same.
    fn taken(&self, text: &str) -> Arc<str> {
        let (range, own) = match self {
            Self::Comment(range) => (range.clone(), " ".repeat(range.len())),
            Self::Dash(at) => (*at..*at + 1, "x".to_owned()),
            Self::Key(alias) => (alias.start..alias.start + 1, "x".to_owned()),
            Self::Tabs(range) => {
                let lines = text[range.clone()].split_inclusive('\n').map(|line| {
                    let own = indentation(line);
                    own.replace('\t', " ") + &line[own.len()..]
                });
                (range.clone(), lines.collect())
            }
        };
        [&text[..range.start], &own, &text[range.end..]].concat().into()
    }
}

/// The blanks and tabs at the beginning of a line.
fn indentation(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// Parses a text up to the first deviation that is not in `taken`; `written` is the text before any was replaced.
fn parse_strictly(
    source: SourceId,
    text: &Arc<str>,
    written: &str,
    taken: &[Liberty],
) -> (Stream, Option<Liberty>) {
    let options = granit_parser::options! {
        // As in libyaml, and so in go-yaml: a block scalar that the end of the text cuts off has no line feed there.
        block_scalar_eof_without_line_feed: true,
        // As in libyaml: a byte order mark after the start of a document is a character like others.
        bom_inside_document_as_content: true,
        emit_unresolved_aliases: true,
        max_buffered_comment_events: 1_000_000,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        emit_anchor_events: true,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut reader = Reader::new(source, text, written, taken);
    loop {
        let step = match parser.next_event() {
            None => Step::End,
            Some(Ok((event, span))) => reader.event(event, span.byte_range().unwrap_or(0..0)),
            Some(Err(error)) => match reader.error(&error) {
                Step::On if !parser.proceed_next_document().unwrap_or(false) => Step::End,
                step => step,
            },
        };
        match step {
            Step::On => {}
            Step::End => return (reader.finish(), None),
            Step::Deviation(liberty) => return (reader.stream, Some(liberty)),
        }
    }
}

/// What comes after an event of the parser.
enum Step {
    On,
    End,
    /// The text has to be parsed again, with this deviation.
    Deviation(Liberty),
}

/// Makes documents of the parser's events.
struct Reader<'t> {
    source: SourceId,
    text: &'t Arc<str>,
    taken: &'t [Liberty],
    stream: Stream,
    /// The document that is being read.
    builder: Option<Builder<'t>>,
    tabs: Option<Tabs<'t>>,
}

impl<'t> Reader<'t> {
    fn new(source: SourceId, text: &'t Arc<str>, written: &'t str, taken: &'t [Liberty]) -> Self {
        let stream =
            Stream { source, documents: Vec::new(), errors: Vec::new(), comments: Vec::new() };
        Self { source, text, taken, stream, builder: None, tabs: Tabs::of(written) }
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) -> Step {
        let tab = self.tabs.as_mut().and_then(|tabs| tabs.pass(&event, &range));
        if matches!(event, Event::Alias(_) | Event::UnresolvedAlias(_))
            && let Some(liberty) = Liberty::key(self.text, &range)
        {
            return Step::Deviation(liberty);
        }
        if matches!(event, Event::DocumentStart(..)) {
            self.builder = Some(Builder::new(self.source, self.text, range.end));
        }
        if let Some(at) = tab {
            self.refuse(tab_at(self.source, at));
        }
        match event {
            Event::StreamStart | Event::DocumentStart(..) => {}
            Event::StreamEnd => return Step::End,
            Event::DocumentEnd => return self.document_end(&range),
            Event::Comment(..) => {
                self.stream.comments.push(comment(self.source, self.text, range));
            }
            Event::Anchor(..) if !is_anchor(&self.text[range.start..]) => {
                self.refuse(anchor_at(self.source, self.text, range));
            }
            event => self.node(event, range),
        }
        Step::On
    }

    /// Adds an error for a tab in the current document, or else in the previous one, which is left out.
    fn refuse(&mut self, error: SyntaxError) {
        match &mut self.builder {
            Some(builder) => builder.refuse(error),
            None => {
                self.stream.documents.pop();
                self.stream.errors.push(error);
            }
        }
    }

    fn document_end(&mut self, range: &Range<usize>) -> Step {
        if let Some(done) = self.builder.take() {
            done.finish(&mut self.stream);
        }
        if self.stream.documents.len() < MAX_DOCUMENTS {
            return Step::On;
        }
        self.stream.errors.push(SyntaxError {
            kind: ErrorKind::Limit,
            span: Span::new(self.source, range.start, range.end),
            message: format!("more than {MAX_DOCUMENTS} documents in one file"),
            help: None,
        });
        Step::End
    }

    /// Takes an event of a node. What a deviation has replaced is put back.
    fn node(&mut self, mut event: Event<'_>, range: Range<usize>) {
        if let Event::Scalar(value, ..) = &mut event
            && self.taken.contains(&Liberty::Dash(range.start))
        {
            *value = value.replacen('x', "-", 1).into();
        }
        let Some(builder) = &mut self.builder else { return };
        match event {
            Event::Scalar(..) if self.taken.contains(&Liberty::Key(range.clone())) => {
                builder.key(&range);
            }
            event => builder.take(event, range),
        }
    }

    fn error(&mut self, error: &ScanError) -> Step {
        if let Some(liberty) = Liberty::of(self.text, error) {
            return Step::Deviation(liberty);
        }
        // The root node is complete, so the error is not in this document.
        if let Some(done) = self.builder.take().filter(Builder::is_complete) {
            done.finish(&mut self.stream);
        }
        self.stream.errors.push(describe(self.source, self.text, error));
        if self.stream.errors.len() >= MAX_DOCUMENTS {
            return Step::End;
        }
        self.tabs.iter_mut().for_each(Tabs::skip);
        Step::On
    }

    fn finish(mut self) -> Stream {
        if let Some(error) = unprintable(self.source, self.text) {
            refuse_within(error, &mut self.stream);
        }
        self.stream.errors.sort_by_key(|error| error.span);
        self.stream
    }
}

/// True for a byte of an anchor's name in go-yaml (`is_alpha`).
pub(super) fn is_anchor_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// True if go-yaml accepts the anchor that this text begins with (go.yaml.in/yaml/v2 2.4 `scannerc.go`:
/// `yaml_parser_scan_anchor`). In YAML 1.2, a name may have nearly any character.
fn is_anchor(text: &str) -> bool {
    let name = text.as_bytes().get(1..).unwrap_or_default();
    let length = name.iter().take_while(|byte| is_anchor_name(**byte)).count();
    let next = name.get(length);
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"?:,]}%@`".contains(byte);
    length > 0 && next.is_none_or(ends)
}

fn anchor_at(source: SourceId, text: &str, range: Range<usize>) -> SyntaxError {
    SyntaxError {
        kind: ErrorKind::Syntax,
        span: Span::new(source, range.start, range.end),
        message: format!(
            "`{}` is not an anchor: kubectl and Helm allow only letters, digits, `_` and `-` in its name",
            &text[range]
        ),
        help: Some("put it in quotes if it is a text"),
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

/// True for a character that go-yaml refuses anywhere, even in a comment (`readerc.go`), and for one that represents a
/// byte that is not UTF-8.
pub(crate) fn is_unprintable(c: char) -> bool {
    let is_control = c.is_control() && !matches!(c, '\0' | '\t' | '\n' | '\r' | '\u{85}');
    is_control || matches!(c, '\u{fffe}' | '\u{ffff}') || bytes::is_stand_in(c)
}

fn unprintable(source: SourceId, text: &str) -> Option<SyntaxError> {
    let (at, found) = text.char_indices().find(|(_, c)| is_unprintable(*c))?;
    let message = match bytes::is_stand_in(found) {
        true => "a byte that is not UTF-8".to_owned(),
        false => format!("the control character {found:?}"),
    };
    let span = Span::new(source, at, at + found.len_utf8());
    Some(SyntaxError { kind: ErrorKind::Syntax, span, message, help: None })
}

/// Leaves out the document at an error's place, or else the next one; nothing if another error covers the place.
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

/// Parses some lines of a text as a text of their own. If the last line of a file has no line feed, it is parsed as if
/// it had one, as kubectl and Helm read files (k8s.io/apimachinery `pkg/util/yaml`: `LineReader`).
///
/// # Panics
/// If the range does not begin and end on character boundaries.
#[must_use]
pub fn parse_lines(source: SourceId, text: &Arc<str>, lines: Range<usize>) -> Stream {
    lines_by(parse, source, text, lines)
}

/// Parses all lines of a text as [`parse_lines`] does; the documents of a long text are parsed in parallel by the
/// threads of the current pool. A thread that waits for another may run other tasks of that pool, so callers must not
/// hold a lock that such tasks wait for.
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

/// Parses a part of a text as if everything around it were blank. Spans refer to the whole text, which is also that of
/// the documents. Takes time linear in the size of the part and of its first line.
///
/// # Panics
/// If the range does not begin and end on character boundaries.
#[must_use]
pub fn parse_part(source: SourceId, text: &Arc<str>, part: Range<usize>) -> Stream {
    let line = memchr::memrchr(b'\n', &text.as_bytes()[..part.start]).map_or(0, |end| end + 1);
    // The indentation of the first line counts, even if the part begins after it.
    let mut own = " ".repeat(part.start - line);
    own.push_str(&text[part.clone()]);
    if text[part.end..].contains('\n') {
        own.push('\n');
    }
    let mut stream = parse(source, &own.into());
    stream.move_into(text, line);
    stream
}

/// A comment from a range that may include trailing blanks.
fn comment(source: SourceId, text: &str, range: std::ops::Range<usize>) -> Comment {
    let before = &text[..range.start];
    let line = memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |at| at + 1);
    let own_line = before[line..].trim_start_matches('\u{feff}').trim().is_empty();
    let end = range.start + text[range.clone()].trim_end().len();
    Comment { span: Span::new(source, range.start, end), own_line }
}

/// Converts the scanner's error, with a place at which a user would look for it.
fn describe(source: SourceId, text: &str, error: &ScanError) -> SyntaxError {
    let at = text.floor_char_boundary(error.marker().byte_offset().unwrap_or(0).min(text.len()));
    // There is nothing to see at the end of the text, so the place is the last word before it.
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

/// Words the scanner's error for users.
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
        _ if rest.starts_with('\0') => "the file holds a NUL byte: it is not a text",
        _ => return (error.info(), ErrorKind::Syntax),
    };
    (plain.to_owned(), ErrorKind::Syntax)
}
