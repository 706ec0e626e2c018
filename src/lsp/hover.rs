//! Hover: what is known about the word under the pointer.

use std::fmt::Write as _;
use std::ops::Range;

use gen_lsp_types as lsp;

use super::chart::{MOST_RELEASES, ends, kind, readers, releases, settings, short};
use super::diagnostics::Texts;
use super::rendered::location;
use super::subject::{Key, Subject, subject};
use super::view::{Traces, View};
use crate::lint::trace::Spot;
use crate::project::Release;
use crate::rule::Rule;

/// The most entries of a list.
const MOST: usize = 8;

/// The hover at a byte offset.
pub(super) fn hover(view: &View<'_>, traces: &mut Traces, offset: usize) -> Option<lsp::Hover> {
    let (text, range) = match subject(view, offset)? {
        Subject::Value(key) => (value(view, traces, &key), key.range),
        Subject::Read(key) => (expression(view, traces, &key), key.range),
        Subject::Rule(id, range) => (page(view, &id)?, range),
        Subject::Include(..) => return None,
    };
    (!text.is_empty()).then(|| shown(view, text, range))
}

fn shown(view: &View<'_>, text: String, range: Range<usize>) -> lsp::Hover {
    let range = view.document.text.range(range, view.editor.encoding);
    let content = lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value: text };
    lsp::Hover { contents: lsp::Contents::MarkupContent(content), range: Some(range) }
}

/// The text for a values key: its default and type, where it is set and read, and the fields that it ends up in.
fn value(view: &View<'_>, traces: &mut Traces, key: &Key) -> String {
    let mut page = Page::new(view);
    let known = releases(view);
    let mut title = format!("`{}`", key.dotted());
    if let Some(kind) = written_kind(view, key) {
        let _ = write!(title, " · {kind}");
    }
    let all: Vec<&Release> =
        known.iter().map(|&(at, _)| &view.snapshot.project.releases[at]).collect();
    let mut set = Vec::new();
    let mut read = std::collections::BTreeSet::new();
    for release in &all {
        for one in settings(&view.snapshot, release, key) {
            if !set.contains(&one) {
                set.push(one);
            }
        }
        read.extend(readers(&view.snapshot, release, key));
    }
    if let Some(default) = set.iter().find(|one| one.is_default) {
        let _ = write!(title, " · default `{}`", default.value);
    }
    page.text(&title);
    page.list("Set in", set.iter().map(|one| (Some(&one.spot), format!("`{}`", one.value))));
    page.list("Read in", read.iter().map(|spot| (Some(spot), String::new())));
    page.ends(&known, traces, |trace| {
        ends(trace, key)
            .into_iter()
            .map(|field| (field.template.clone(), described(field)))
            .collect()
    });
    page.done()
}

/// The type of a key's value, as this document writes it.
fn written_kind(view: &View<'_>, key: &Key) -> Option<&'static str> {
    let root = view.snapshot.file(&view.shown)?.roots().next()?;
    // The path within the document, without the names of the charts that it is in.
    (0..key.path.len()).find_map(|from| {
        let path: Vec<&str> = key.path[from..].iter().map(String::as_str).collect();
        root.at(&path).map(kind)
    })
}

/// The text for a path that a template reads: its value in each release, and what its line renders to.
fn expression(view: &View<'_>, traces: &mut Traces, key: &Key) -> String {
    let mut page = Page::new(view);
    page.text(&format!("`.Values.{}`", key.dotted()));
    let known = releases(view);
    let values = known.iter().map(|(at, name)| {
        let release = &view.snapshot.project.releases[*at];
        let set = settings(&view.snapshot, release, key).into_iter().next();
        match set {
            Some(set) => (Some(set.spot), format!("`{}` in {name}", set.value)),
            None => (None, format!("not set in {name}")),
        }
    });
    let values: Vec<(Option<Spot>, String)> = values.collect();
    page.list("Value", values.iter().map(|(spot, text)| (spot.as_ref(), text.clone())));
    let text = &view.document.text;
    let line = text.line_of(key.range.start);
    page.ends(&known, traces, |trace| {
        let here = |spot: &Spot| spot.file == view.shown && text.line_of(spot.start) == line;
        let fields = trace.fields.iter().filter(|field| field.template.as_ref().is_some_and(here));
        fields.map(|field| (None, described(field))).collect()
    });
    page.done()
}

fn described(field: &crate::lint::trace::Field) -> String {
    format!("{} `{}`: `{}`", field.object, field.path, short(&field.value))
}

/// The text for a rule: its page.
fn page(view: &View<'_>, id: &str) -> Option<String> {
    let rule: &Rule = view.snapshot.settings.rules.named(id).into_iter().next()?.rule();
    let mut text = format!("**{}** ({})\n\n{}\n", rule.id, rule.group, rule.summary.trim());
    for (title, part) in [("Why", rule.why.as_str()), ("Fix", &rule.fix)] {
        if !part.trim().is_empty() {
            let _ = write!(text, "\n**{title}.** {}\n", part.trim());
        }
    }
    for reference in &rule.references {
        let _ = write!(text, "\n<{reference}>\n");
    }
    Some(text)
}

/// A page of Markdown that is being written.
struct Page<'a, 'w> {
    view: &'a View<'w>,
    texts: Texts<'a>,
    text: String,
}

impl<'a, 'w> Page<'a, 'w> {
    fn new(view: &'a View<'w>) -> Self {
        Self { view, texts: Texts::new(&view.snapshot), text: String::new() }
    }

    fn text(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// Writes a list with a title; nothing if the list is empty.
    fn list<'s>(
        &mut self,
        title: &str,
        entries: impl IntoIterator<Item = (Option<&'s Spot>, String)>,
    ) {
        let entries: Vec<_> = entries.into_iter().collect();
        if entries.is_empty() {
            return;
        }
        let _ = write!(self.text, "\n{title}\n\n");
        for (spot, text) in entries.iter().take(MOST) {
            let link = spot.map(|spot| self.link(spot)).unwrap_or_default();
            let gap = if link.is_empty() || text.is_empty() { "" } else { ": " };
            let _ = writeln!(self.text, "- {link}{gap}{text}");
        }
        if entries.len() > MOST {
            let _ = writeln!(self.text, "- and {} more", entries.len() - MOST);
        }
    }

    /// Writes the rendered fields of some releases, each release with its name.
    fn ends(
        &mut self,
        known: &[(usize, String)],
        traces: &mut Traces,
        of: impl Fn(&crate::lint::trace::Trace) -> Vec<(Option<Spot>, String)>,
    ) {
        for (at, name) in known.iter().take(MOST_RELEASES) {
            match traces.of(*at, &self.view.snapshot) {
                Ok(trace) => {
                    let found = of(&trace);
                    let title = format!("Rendered in {name}");
                    self.list(
                        &title,
                        found.iter().map(|(spot, text)| (spot.as_ref(), text.clone())),
                    );
                }
                Err(why) => {
                    let _ = write!(self.text, "\n{name} is not rendered: {}\n", short(&why));
                }
            }
        }
    }

    fn link(&mut self, spot: &Spot) -> String {
        match location(self.view, &mut self.texts, spot) {
            Some(location) => {
                let line = location.range.start.line + 1;
                format!("[{}:{line}]({}#L{line})", spot.file, location.uri)
            }
            None => spot.file.clone(),
        }
    }

    fn done(self) -> String {
        self.text
    }
}
