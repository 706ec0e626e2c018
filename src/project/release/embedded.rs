//! YAML that is written inside of a scalar of other YAML.

use std::sync::Arc;

use super::shell::RUN_TIME;
use super::template::UNKNOWN;
use super::{Assignment, AssignmentKind, Content};
use crate::project::classify::NodeRef;
use crate::source::{Sources, Span};
use crate::yaml::{self, Kind, Node, Scalar, Stream, Style, SyntaxError};

/// What a template in a text begins with.
const OPENS: &str = "{{";

/// As many texts of one release's values are filled in; aliases may make any number of them.
const MAX_FILLED: usize = 10_000;

/// As deep as `--set` names values.
const MAX_NESTED: usize = 30;

/// Reads the text of a block scalar as YAML whose spans lie in the outer file. Of a quoted text the tree stands
/// alone.
pub(super) fn parse(node: Node<'_>, sources: &Sources) -> Stream {
    let span = node.span();
    if matches!(node.style(), Style::Literal | Style::Plain) {
        return yaml::parse_part(span.source, node.document().text(), span.range());
    }
    let text: Arc<str> = node.raw().into();
    let path = sources.path(span.source);
    yaml::parse(sources.add(path, Arc::clone(&text)), &text)
}

/// Values that are a map, or a text that holds one.
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

/// Values whose texts are templates that `fill` fills in. Where a key or what is no text is one, nobody can tell what the
/// values are before that.
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
    let keys_are_known = templates(root, "", &mut texts);
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

/// Collects the texts with a template in them, each with its path as `--set` takes it; false where a key has one, or where
/// there are too many, or some too deep.
fn templates<'a>(node: Node<'a>, path: &str, into: &mut Vec<(String, Node<'a>)>) -> bool {
    match node.kind() {
        Kind::Scalar => {
            if node.raw().contains(OPENS) {
                into.push((path.to_owned(), node));
            }
            into.len() < MAX_FILLED
        }
        Kind::Mapping => node.entries().all(|entry| {
            let below = below(path, &entry.name());
            let is_known = !entry.name().contains(OPENS);
            is_known && is_reached(&below) && templates(entry.value, &below, into)
        }),
        Kind::Sequence => node
            .items()
            .enumerate()
            .all(|(index, item)| templates(item, &format!("{path}[{index}]"), into)),
    }
}

/// Values that a template has made, which lie in no file, as settings of single values; `place` says where each was written.
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
            // Of two equal keys, as merged values make them, the last counts.
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
    if !is_map || !settled(root, "", &is_open, &mut leaves) {
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

/// Collects scalars, empty maps, and each list before what is in it, with their paths; false where a key is not known, or where
/// there are too many, or some too deep.
fn settled<'a>(
    node: Node<'a>,
    path: &str,
    is_open: &impl Fn(&str) -> bool,
    into: &mut Vec<(String, Node<'a>)>,
) -> bool {
    let is_leaf = node.kind() == Kind::Scalar || node.is_empty() && !path.is_empty();
    if is_leaf || node.kind() == Kind::Sequence {
        into.push((path.to_owned(), node));
    }
    match node.kind() {
        _ if is_leaf => into.len() < MAX_FILLED,
        Kind::Scalar => true,
        Kind::Mapping => node.entries().all(|entry| {
            let below = below(path, &entry.name());
            let is_known = !is_open(&entry.name()) && is_reached(&below);
            is_known && settled(entry.value, &below, is_open, into)
        }),
        Kind::Sequence => node
            .items()
            .enumerate()
            .all(|(index, item)| settled(item, &format!("{path}[{index}]"), is_open, into)),
    }
}

/// The path of what a key names below a path.
fn below(path: &str, key: &str) -> String {
    let key = escaped(key, &['\\', '.', ',', '=', '[']);
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

fn is_reached(path: &str) -> bool {
    path.matches('.').count() < MAX_NESTED
}

/// A text as `--set-string` takes it for a value: a brace at its start would begin a list.
fn verbatim(text: &str) -> String {
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
