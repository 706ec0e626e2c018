//! YAML in a scalar of other YAML.

use std::sync::Arc;

use super::shell::RUN_TIME;
use super::template::UNKNOWN;
use super::{Assignment, AssignmentKind, Content};
use crate::project::node::NodeRef;
use crate::source::{Sources, Span};
use crate::yaml::{self, Kind, Node, Scalar, Stream, Style, SyntaxError};

/// The beginning of a template action in a text.
const OPENS: &str = "{{";

/// The most texts in a release's values that are filled in, as aliases may multiply them.
const MAX_FILLED: usize = 10_000;

/// The deepest nesting of values that `--set` allows.
const MAX_NESTED: usize = 30;

/// Parses the text of a scalar as YAML. If it is a block scalar, spans are in the outer file; the tree of a quoted text has
/// a source of its own.
pub(super) fn parse(node: Node<'_>, sources: &Sources) -> Stream {
    let span = node.span();
    if matches!(node.style(), Style::Literal | Style::Plain) {
        return yaml::parse_part(span.source, node.document().text(), span.range());
    }
    let text: Arc<str> = node.raw().into();
    let path = sources.path(span.source);
    yaml::parse(sources.add(path, Arc::clone(&text)), &text)
}

/// Values in the form of a map, or of a text with a map.
pub(super) fn values(
    node: Node<'_>,
    documents: &[Arc<yaml::Document>],
    sources: &Sources,
) -> Content {
    if node.kind() != Kind::Scalar {
        return NodeRef::new(documents, node).map_or(Content::Unknown, Content::Yaml);
    }
    let stream = parse(node, sources);
    let root = stream.documents.first().and_then(|document| document.root());
    match root.and_then(|root| NodeRef::new(&stream.documents, root)) {
        Some(root) if stream.errors.is_empty() => Content::Yaml(root),
        _ => Content::Unknown,
    }
}

/// Values in which some texts are templates, which `fill` evaluates. If a key, or something other than a text, is a
/// template, the values are not known.
pub(super) fn filled(values: Content, fill: impl Fn(&str) -> String) -> Content {
    let Content::Yaml(node) = values else { return values };
    let root = node.get();
    let written = root.document().text()[root.span().range()].lines();
    let written = written.filter(|line| !line.trim_start().starts_with('#'));
    let written: usize = written.map(|line| line.matches(OPENS).count()).sum();
    if written == 0 {
        return Content::Yaml(node);
    }
    let mut texts = Vec::new();
    let is_template = |text: &str| text.contains(OPENS);
    let is_wanted =
        |node: Node<'_>, _: &str| node.kind() == Kind::Scalar && is_template(node.raw());
    let keys_are_known = collect(root, "", &is_template, &is_wanted, &mut texts);
    let found: usize = texts.iter().map(|(_, text)| text.raw().matches(OPENS).count()).sum();
    if !keys_are_known || found < written {
        return Content::Unknown;
    }
    let assignments = texts.into_iter().map(|(path, text)| Assignment {
        kind: AssignmentKind::String,
        path,
        value: verbatim(&fill(text.raw()).replace(UNKNOWN, &RUN_TIME.to_string())),
        span: text.span(),
        value_span: Some(text.span()),
    });
    let assignments = assignments.collect();
    Content::Filled(node, assignments)
}

/// Values that a template has rendered, which are in no file, as single values; `place` is where each was written.
pub(super) fn settings(
    node: Node<'_>,
    sources: &Sources,
    fill: impl Fn(&str) -> String,
    place: impl Fn(Span) -> Span,
) -> Content {
    let stream;
    let root = match node.style() {
        _ if node.kind() != Kind::Scalar => node,
        Style::Literal | Style::Plain => {
            stream = parse(node, sources);
            let root = stream.documents.first().and_then(|document| document.root());
            // Merged values may have equal keys, of which the last counts.
            match root.filter(|_| !stream.errors.iter().any(SyntaxError::is_fatal)) {
                Some(root) => root,
                None => return Content::Unknown,
            }
        }
        _ => return Content::Unknown,
    };
    let mut leaves = Vec::new();
    let is_map = root.kind() == Kind::Mapping;
    let is_open = |key: &str| key.contains(UNKNOWN) || fill(key) != key;
    // Scalars, empty maps, and each list before what is in it.
    let is_wanted = |node: Node<'_>, path: &str| {
        node.kind() != Kind::Mapping || node.is_empty() && !path.is_empty()
    };
    if !is_map || !collect(root, "", &is_open, &is_wanted, &mut leaves) {
        return Content::Unknown;
    }
    let assignments = leaves.into_iter().map(|(path, leaf)| {
        let (kind, value) = match leaf.scalar() {
            _ if leaf.kind() == Kind::Sequence => (AssignmentKind::Json, "[]".to_owned()),
            _ if leaf.kind() == Kind::Mapping => (AssignmentKind::Json, "{}".to_owned()),
            Some(Scalar::Str(text)) => {
                let text = fill(text).replace(UNKNOWN, &RUN_TIME.to_string());
                (AssignmentKind::String, verbatim(&text))
            }
            Some(Scalar::Bool(value)) => (AssignmentKind::Json, value.to_string()),
            Some(Scalar::Int(value)) => (AssignmentKind::Json, value.to_string()),
            Some(Scalar::Uint(value)) => (AssignmentKind::Json, value.to_string()),
            Some(Scalar::Float(value)) => (AssignmentKind::Json, value.to_string()),
            Some(Scalar::Null) | None => (AssignmentKind::Json, "null".to_owned()),
        };
        let span = place(leaf.span());
        Assignment { kind, path, value, span, value_span: Some(span) }
    });
    Content::Set(assignments.collect())
}

/// Collects the wanted nodes, each before the nodes in it, and with its path in the notation of `--set`. False if a key is not
/// known, or if there are too many nodes or too deep ones.
fn collect<'a>(
    node: Node<'a>,
    path: &str,
    is_open: &impl Fn(&str) -> bool,
    is_wanted: &impl Fn(Node<'a>, &str) -> bool,
    into: &mut Vec<(String, Node<'a>)>,
) -> bool {
    if is_wanted(node, path) {
        into.push((path.to_owned(), node));
    }
    let are_few = into.len() < MAX_FILLED;
    are_few
        && match node.kind() {
            Kind::Scalar => true,
            Kind::Mapping => node.entries().all(|entry| {
                let below = below(path, &entry.name());
                let is_known = !is_open(&entry.name()) && is_reached(&below);
                is_known && collect(entry.value, &below, is_open, is_wanted, into)
            }),
            Kind::Sequence => node.items().enumerate().all(|(index, item)| {
                collect(item, &format!("{path}[{index}]"), is_open, is_wanted, into)
            }),
        }
}

/// The path of a key below a path.
pub(super) fn below(path: &str, key: &str) -> String {
    let key = escaped(key, &['\\', '.', ',', '=', '[']);
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

pub(super) fn is_reached(path: &str) -> bool {
    path.matches('.').count() < MAX_NESTED
}

/// A text escaped for `--set-string`, for which a brace at its start would begin a list.
pub(super) fn verbatim(text: &str) -> String {
    let text = escaped(text, &['\\', ',']);
    if text.starts_with('{') { format!("\\{text}") } else { text }
}

fn escaped(text: &str, special: &[char]) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if special.contains(&letter) {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}
