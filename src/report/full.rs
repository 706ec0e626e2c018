//! Excerpts for people: miette's graphical reports.
//!
//! miette's own source types go through a text from its start for every label, which takes 22 ms each in a
//! file of 4 MB. [`Excerpt`] uses the line index instead.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};

use super::model::{Entry, FixEntry, Location, RelatedEntry};
use super::text::{Shown, prose};
use super::{Context, Report, Style, Texts, escape};
use crate::finding::{Applicability, Severity};

/// Only a part of a line longer than this is shown, in bytes.
const LONG_LINE: usize = 400;

pub(super) fn write(
    report: &Report,
    context: &mut Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let handler = handler(context.style);
    let mut text = String::new();
    for entry in &report.findings {
        text.clear();
        render(entry, &handler, context.texts, context.style, &mut text)
            .map_err(|_| io::Error::other("a finding could not be laid out"))?;
        out.write_all(text.as_bytes())?;
    }
    Ok(())
}

fn handler(style: Style) -> GraphicalReportHandler {
    let theme =
        if style.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let prose = prose(style.width);
    GraphicalReportHandler::new_themed(theme)
        .with_links(style.color)
        .with_link_display_text("(page)")
        .with_width(prose.width)
        .with_break_words(prose.break_words)
        .with_word_separator(prose.word_separator)
        .with_word_splitter(prose.word_splitter)
        .with_context_lines(1)
}

fn render(
    entry: &Entry,
    handler: &GraphicalReportHandler,
    texts: &mut Texts,
    style: Style,
    out: &mut String,
) -> fmt::Result {
    place(entry, handler, texts, out)?;
    further(entry, handler, texts, out)?;
    footers(entry, style, out);
    out.push('\n');
    Ok(())
}

/// The message, with the lines at the finding's place.
fn place(
    entry: &Entry,
    handler: &GraphicalReportHandler,
    texts: &mut Texts,
    out: &mut String,
) -> fmt::Result {
    let file = &entry.location.file;
    let mut primary = Part {
        code: Some(format!("{}[{}]", entry.severity.as_str(), entry.rule)),
        url: entry.url.as_deref().map(ToOwned::to_owned),
        message: escape::terminal(&entry.message).into_owned(),
        severity: entry.severity,
        excerpt: None,
        labels: Vec::new(),
    };
    if let Some(shown) = texts.get(file) {
        let words = entry.object.as_ref().map(|object| {
            let words = if object.path.is_empty() {
                format!("{} {}", object.kind, object.name)
            } else {
                format!("{} {}: {}", object.kind, object.name, tail(&object.path))
            };
            escape::line(&words).into_owned()
        });
        let span = first_line(&shown, &entry.location);
        primary.labels.push(LabeledSpan::new_primary_with_span(words, span));
        for related in
            entry.related.iter().filter(|related| is_near(&related.location, &entry.location))
        {
            primary.labels.push(label(&shown, related));
        }
        primary.excerpt = Some(Excerpt { name: escape::line(file).into_owned(), shown });
    }
    handler.render_report(out, &primary)?;
    if primary.excerpt.is_none() {
        let start = entry.location.start;
        fmt::Write::write_fmt(
            out,
            format_args!("   at {}:{}:{}\n", escape::line(file), start.line, start.column),
        )?;
    }
    Ok(())
}

/// Related places further away or in other files: each file once, in the order in which to read them.
fn further(
    entry: &Entry,
    handler: &GraphicalReportHandler,
    texts: &mut Texts,
    out: &mut String,
) -> fmt::Result {
    let further =
        || entry.related.iter().filter(|related| !is_near(&related.location, &entry.location));
    let mut seen: Vec<&str> = Vec::new();
    for related in further() {
        let other = related.location.file.as_str();
        if seen.contains(&other) {
            continue;
        }
        seen.push(other);
        let Some(shown) = texts.get(other) else { continue };
        let labels = further().filter(|related| related.location.file == other);
        let labels = labels.map(|related| label(&shown, related));
        let part = Part {
            code: None,
            url: None,
            message: String::new(),
            severity: Severity::Info,
            labels: labels.collect(),
            excerpt: Some(Excerpt {
                name: escape::line(other).into_owned(),
                shown: Arc::clone(&shown),
            }),
        };
        let mut text = String::new();
        handler.render_report(&mut text, &part)?;
        // miette begins every report with a message, which is dropped here: this continues the finding above.
        out.extend(text.split_inclusive('\n').skip(1));
    }
    Ok(())
}

/// What to do about a finding, and the releases that have it.
fn footers(entry: &Entry, style: Style, out: &mut String) {
    let mut say = |word: &str, text: &str| footer(word, text, style, out);
    if let Some(help) = &entry.help {
        say("help", help);
    }
    if let Some(fix) = entry.fix.as_ref().filter(|fix| !fix.title.is_empty()) {
        say("fix", &format!("{} ({})", fix.title, how(fix)));
    }
    if !entry.releases.is_empty() {
        let mut text = format!("in {}", entry.releases.join(", "));
        if !entry.clean_releases.is_empty() {
            text.push_str(&format!(" (not in {})", entry.clean_releases.join(", ")));
        }
        say("releases", &text);
    }
    if let Some(rendered) = &entry.rendered {
        say("rendered", &format!("{} line {}", rendered.source, rendered.line));
    }
}

/// A text after a word. A text of several lines keeps its lines; prose is wrapped.
fn footer(word: &str, text: &str, style: Style, out: &mut String) {
    let (on, off) = if style.color { ("\u{1b}[36m", "\u{1b}[0m") } else { ("", "") };
    let indent = " ".repeat(word.len() + 4);
    let text = escape::terminal(text.trim_end());
    let lines = if text.contains('\n') {
        text.lines().map(Cow::Borrowed).collect()
    } else {
        textwrap::wrap(&text, prose(style.width.saturating_sub(indent.len())))
    };
    for (at, line) in lines.iter().enumerate() {
        let head = if at == 0 { format!("  {on}{word}:{off} ") } else { indent.clone() };
        out.push_str(format!("{head}{line}").trim_end());
        out.push('\n');
    }
}

/// How a fix is applied.
fn how(fix: &FixEntry) -> &'static str {
    match fix.applicability {
        Applicability::Safe => "--fix",
        Applicability::Unsafe => "--unsafe-fixes",
        Applicability::Display => "by hand",
    }
}

/// True for a place that is near enough to be shown in one excerpt with the finding's own: with a line of context around
/// each, excerpts of lines that are further apart do not touch, and the upper one would seem to be the finding's.
fn is_near(place: &Location, own: &Location) -> bool {
    place.file == own.file && place.start.line.abs_diff(own.start.line) <= 3
}

/// The end of a long path, which says more than its beginning.
fn tail(path: &str) -> String {
    if path.len() <= 50 {
        return path.to_owned();
    }
    let mut from = path.len();
    for (at, _) in path.rmatch_indices('.') {
        if path.len() - at > 50 {
            break;
        }
        from = at;
    }
    if from == path.len() { path.to_owned() } else { format!("…{}", &path[from..]) }
}

/// A label at a related place.
fn label(shown: &Shown, related: &RelatedEntry) -> LabeledSpan {
    let words = escape::line(&related.message).into_owned();
    LabeledSpan::new_with_span(Some(words), first_line(shown, &related.location))
}

/// The offset and the length of the first line of a location: an object of fifty lines is not shown as a whole.
fn first_line(shown: &Shown, location: &Location) -> (usize, usize) {
    let start = shown.offset(location.start);
    let end = if location.end.line == location.start.line {
        shown.offset(location.end)
    } else {
        let line = location.start.line.saturating_sub(1) as usize;
        shown.lines.line_range(&shown.text, line).end
    };
    (start, end.saturating_sub(start))
}

/// One excerpt with its heading.
#[derive(Debug)]
struct Part {
    code: Option<String>,
    url: Option<String>,
    message: String,
    severity: Severity,
    excerpt: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Part {}

impl Diagnostic for Part {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.url.as_ref().map(|url| Box::new(url) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// A text whose lines are looked up in its index.
#[derive(Debug)]
struct Excerpt {
    name: String,
    shown: Arc<Shown>,
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let Shown { text, lines } = &*self.shown;
        let (start, end) = (span.offset(), span.offset() + span.len());
        if end > text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let (first, last) = (lines.line_of(start), lines.line_of(end));
        let own = lines.line_range(text, first);
        let (from, to) = if before == 0 {
            // This is how miette asks for the place in the heading of an excerpt.
            (start, end)
        } else if own.len() > LONG_LINE {
            let from = text.floor_char_boundary(own.start.max(start.saturating_sub(LONG_LINE / 4)));
            let to = text.ceil_char_boundary(own.end.min(from + LONG_LINE).max(end));
            (from, to)
        } else {
            let above = lines.line_range(text, first.saturating_sub(before));
            let below = lines.line_range(text, (last + after).min(lines.line_count() - 1));
            // Neighbouring lines that are too long are left out.
            let from = if above.len() > LONG_LINE { own.start } else { above.start };
            let to =
                if below.len() > LONG_LINE { lines.line_range(text, last).end } else { below.end };
            (from, to)
        };
        let line = lines.line_of(from);
        let column = lines.position(text, from).column as usize - 1;
        // A context counts from its line's start, whatever part of the line is shown.
        let column = if before == 0 { column } else { 0 };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            text.as_bytes().get(from..to).unwrap_or_default(),
            SourceSpan::from((from, to - from)),
            line,
            column,
            lines.line_of(to) - line + 1,
        )))
    }
}
