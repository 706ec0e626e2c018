//! What a place in a document is about.

use std::ops::Range;

use super::view::View;
use crate::lint::directive::MARK;
use crate::project::{Class, File, join};
use crate::rule::RuleSet;
use crate::yaml::{Kind, Node, pointer};

/// What a place is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// A key in a values file.
    Value(Key),
    /// A path of values in a template.
    Read(Key),
    /// The name of an included template.
    Include(String, Range<usize>),
    /// A rule, in a suppression or in the configuration.
    Rule(String, Range<usize>),
}

/// A path of values, and the text that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// The path from the root of the release's values.
    pub(super) path: Vec<String>,
    pub(super) range: Range<usize>,
}

impl Key {
    /// The path as a JSON pointer.
    pub(super) fn pointer(&self) -> String {
        pointer(&self.path)
    }

    pub(super) fn dotted(&self) -> String {
        self.path.join(".")
    }
}

/// What a byte offset in a document is about.
pub(super) fn subject(view: &View<'_>, offset: usize) -> Option<Subject> {
    let file = view.snapshot.file(&view.shown);
    let class = file.map(|file| file.class);
    let text = &view.document.text;
    let line = text.line_of(offset);
    let (own, start) = (text.line(line), text.line_start(line));
    let at = offset.saturating_sub(start);
    let names_rules = class == Some(Class::Config) || own.contains(MARK);
    let named = names_rules.then(|| rule(own, at, &view.snapshot.settings.rules)).flatten();
    if let Some(range) = named {
        let id = own[range.clone()].to_owned();
        return Some(Subject::Rule(id, start + range.start..start + range.end));
    }
    let moved = |range: Range<usize>| start + range.start..start + range.end;
    if let Some((path, range)) = read(own, at) {
        let path = prefixed(view, path);
        return Some(Subject::Read(Key { path, range: moved(range) }));
    }
    if let Some((name, range)) = include(own, at) {
        return Some(Subject::Include(name.to_owned(), moved(range)));
    }
    let root =
        file.filter(|_| class == Some(Class::Values)).and_then(|file| file.roots().next())?;
    let (path, range) = key_at(root, offset)?;
    Some(Subject::Value(Key { path: prefixed(view, path), range }))
}

/// The path in the release's values of a path in the values of a chart, which may be a dependency.
fn prefixed(view: &View<'_>, path: Vec<String>) -> Vec<String> {
    if path.first().is_some_and(|key| key == "global") {
        return path;
    }
    let mut prefix = Vec::new();
    let releases = view.snapshot.releases_of(&view.shown);
    let release = releases.first().map(|&at| &view.snapshot.project.releases[at]);
    if let Some(chart) = release.and_then(|release| release.chart.path.as_deref()) {
        let charts = join(chart, "charts/");
        let mut rest = view.shown.as_str();
        let mut folder = charts;
        while let Some(inside) = rest.strip_prefix(folder.trim_start_matches('/')) {
            let Some((name, below)) = inside.trim_start_matches('/').split_once('/') else { break };
            prefix.push(name.to_owned());
            rest = below;
            "charts/".clone_into(&mut folder);
        }
    }
    prefix.extend(path);
    prefix
}

/// The path of the innermost entry around an offset, with the range of its key.
fn key_at(root: Node<'_>, offset: usize) -> Option<(Vec<String>, Range<usize>)> {
    let mut path = Vec::new();
    let mut found = None;
    let mut node = root;
    loop {
        let next = match node.kind() {
            Kind::Scalar => None,
            Kind::Mapping => node.written().find_map(|entry| {
                let key = entry.key.span().range();
                let value = entry.value.alias_span().unwrap_or(entry.value.span()).range();
                let within = key.start <= offset && offset <= value.end.max(key.end);
                within.then(|| (entry.name().into_owned(), key, entry.value))
            }),
            Kind::Sequence => node.items().enumerate().find_map(|(at, item)| {
                let range = item.span().range();
                let within = range.start <= offset && offset <= range.end;
                within.then(|| (at.to_string(), range, item))
            }),
        };
        let Some((name, range, below)) = next else { return found.map(|range| (path, range)) };
        path.push(name);
        found = Some(range);
        if below.alias_span().is_some() {
            return found.map(|range| (path, range));
        }
        node = below;
    }
}

/// The path of values that a template line names at an offset, up to the key at that offset.
fn read(line: &str, at: usize) -> Option<(Vec<String>, Range<usize>)> {
    mentions(line).into_iter().find_map(|mention| {
        let (start, parts) = mention;
        let last = parts.iter().position(|part| at <= part.end)?;
        if at < start {
            return None;
        }
        let path = parts[..=last].iter().map(|part| line[part.clone()].to_owned()).collect();
        Some((path, start..parts[last].end))
    })
}

/// All paths of values that a text names: their starts, and the ranges of their keys.
pub(super) fn mentions(text: &str) -> Vec<(usize, Vec<Range<usize>>)> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for (start, name) in text.match_indices(".Values.") {
        let mut parts = Vec::new();
        let mut at = start + name.len();
        loop {
            let length = text[at..].find(|c| !word(c)).unwrap_or(text.len() - at);
            if length == 0 {
                break;
            }
            parts.push(at..at + length);
            at += length;
            match text[at..].strip_prefix('.') {
                Some(_) => at += 1,
                None => break,
            }
        }
        if !parts.is_empty() {
            found.push((start, parts));
        }
    }
    found
}

/// The template that a line includes at an offset.
fn include(line: &str, at: usize) -> Option<(&str, Range<usize>)> {
    let quotes: Vec<usize> = line.match_indices('"').map(|(at, _)| at).collect();
    quotes.chunks_exact(2).find_map(|pair| {
        let (open, close) = (pair[0], pair[1]);
        let before = line[..open].trim_end();
        let called = ["include", "template", "define"].iter().any(|name| before.ends_with(name));
        (called && open <= at && at <= close).then(|| (&line[open + 1..close], open + 1..close))
    })
}

/// The range of the rule's id at an offset in a line.
fn rule(line: &str, at: usize, rules: &RuleSet) -> Option<Range<usize>> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == ':';
    let at = line.floor_char_boundary(at.min(line.len()));
    let start = line[..at]
        .rfind(|c| !word(c))
        .map_or(0, |before| before + line[before..].chars().next().map_or(1, char::len_utf8));
    let end = line[at..].find(|c| !word(c)).map_or(line.len(), |after| at + after);
    let own = line[start..end].trim_end_matches(':');
    (!rules.named(own).is_empty()).then(|| start..start + own.len())
}

/// Whether a file may name values in templates.
pub(super) fn is_template(file: &File) -> bool {
    file.class == Class::ChartTemplate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_names_the_path_up_to_the_cursor() {
        let line = "  replicas: {{ .Values.web.replicas | default $.Values.n }}";
        let at = |word: &str| read(line, line.find(word).unwrap() + 1).map(|(path, _)| path);
        assert_eq!(at("web"), Some(vec!["web".to_owned()]));
        assert_eq!(at("replicas |"), Some(vec!["web".to_owned(), "replicas".to_owned()]));
        assert_eq!(at("n }}"), Some(vec!["n".to_owned()]));
        assert_eq!(at("default"), None);
    }

    #[test]
    fn a_template_names_what_it_includes() {
        let line = "{{ include \"web.labels\" . | indent 4 }}";
        assert_eq!(include(line, 14).map(|(name, _)| name), Some("web.labels"));
        assert_eq!(include(line, 2), None);
    }

    #[test]
    fn the_innermost_key_is_found() {
        let text: std::sync::Arc<str> = "a:\n  b: [1, {c: 2}]\n".into();
        let stream = crate::yaml::parse(crate::source::SourceId::NOWHERE, &text);
        let root = stream.documents[0].root().unwrap();
        let at = |word: &str| key_at(root, text.find(word).unwrap()).unwrap().0.join(".");
        assert_eq!(at("a:"), "a");
        assert_eq!(at("1"), "a.b.0");
        assert_eq!(at("2"), "a.b.1.c");
    }
}
