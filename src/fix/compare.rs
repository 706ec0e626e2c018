//! Compares two YAML texts, value by value.

use std::sync::Arc;

use crate::finding::ANY_FIELD;
use crate::source::SourceId;
use crate::yaml::{self, Entry, Kind, Node, Scalar, Stream};

/// Whether two texts have the same values except in some fields.
pub(super) fn same_but(old: &str, new: &str, fields: &[&str]) -> bool {
    if old == new {
        return true;
    }
    let parse = |text: &str| yaml::parse(SourceId::NOWHERE, &Arc::from(text));
    let (old, new) = apart(old, new);
    let (old, new) = (parse(old), parse(new));
    Compare { fields, way: ".".to_owned() }.lists(&roots(&old), &roots(&new))
}

/// The texts from the first to the last document that differs: a fix changes one line in megabytes of manifests.
fn apart<'t>(old: &'t str, new: &'t str) -> (&'t str, &'t str) {
    // With directives, a document begins before its marker.
    if old.starts_with('%') || old.contains("\n%") {
        return (old, new);
    }
    let (mut read, mut start) = (0, 0);
    for line in in_common(lines(old), lines(new)) {
        if opens_document(line) {
            start = read;
        }
        read += line.len();
    }
    let (old, new) = (&old[start..], &new[start..]);
    let (mut read, mut end) = (0, 0);
    for line in in_common(lines(old).rev(), lines(new).rev()) {
        read += line.len();
        if opens_document(line) {
            end = read;
        }
    }
    (&old[..old.len() - end], &new[..new.len() - end])
}

fn lines(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split_inclusive('\n')
}

/// The common first lines.
fn in_common<'t>(
    old: impl Iterator<Item = &'t str>,
    new: impl Iterator<Item = &'t str>,
) -> impl Iterator<Item = &'t str> {
    old.zip(new).take_while(|(old, new)| old == new).map(|(line, _)| line)
}

/// Whether a line begins a document. Three dashes also do so after a block scalar, which they end.
fn opens_document(line: &str) -> bool {
    line.strip_prefix("---")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

fn roots(stream: &Stream) -> Vec<Option<Node<'_>>> {
    stream.documents.iter().map(|document| document.root()).collect()
}

/// The comparison of two trees.
struct Compare<'f> {
    fields: &'f [&'f str],
    /// The path to the current nodes without the indexes of lists, with a dot around each key: `.spec.a.`
    way: String,
}

/// A node as the comparison sees it.
enum Seen<'a> {
    /// A mapping that is not empty.
    Mapping,
    /// A sequence that is not empty.
    Sequence,
    /// A text, a number, a boolean.
    Scalar(Scalar<'a>),
    /// Null, an empty map or list.
    Empty,
    /// No node.
    Nothing,
}

impl<'a> Seen<'a> {
    fn of(node: Option<Node<'a>>) -> Self {
        let Some(node) = node else { return Self::Nothing };
        match (node.kind(), node.scalar()) {
            (Kind::Mapping, _) if !node.is_empty() => Self::Mapping,
            (Kind::Sequence, _) if !node.is_empty() => Self::Sequence,
            (_, None | Some(Scalar::Null)) => Self::Empty,
            (_, Some(scalar)) => Self::Scalar(scalar),
        }
    }
}

impl Compare<'_> {
    /// Whether two nodes at the same place have the same values except in the fields.
    fn nodes(&mut self, old: Option<Node<'_>>, new: Option<Node<'_>>) -> bool {
        match (Seen::of(old), Seen::of(new)) {
            (Seen::Mapping, Seen::Mapping) => self.mappings(old, new),
            (Seen::Sequence, Seen::Sequence) => self.lists(&items(old), &items(new)),
            (Seen::Nothing, Seen::Nothing) | (Seen::Empty, Seen::Empty) => true,
            (Seen::Scalar(was), Seen::Scalar(is)) if was == is => true,
            (Seen::Scalar(_) | Seen::Empty, Seen::Scalar(_) | Seen::Empty) => {
                self.fields.contains(&ANY_FIELD) || self.is_within_field()
            }
            // The values that are added or removed are judged one by one.
            (Seen::Empty, Seen::Mapping | Seen::Sequence) => self.may_go(new),
            (Seen::Mapping | Seen::Sequence, Seen::Empty) => self.may_go(old),
            _ => self.may_go(old) && self.may_go(new),
        }
    }

    fn mappings(&mut self, old: Option<Node<'_>>, new: Option<Node<'_>>) -> bool {
        let in_new = |key: &str| new.and_then(|new| new.get(key));
        let is_new = |entry: &Entry<'_>| old.is_none_or(|old| old.get(&entry.name()).is_none());
        entries(old).all(|entry| {
            let other = in_new(&entry.name());
            self.below(&entry, |compare| compare.nodes(Some(entry.value), other))
        }) && entries(new)
            .filter(is_new)
            .all(|entry| self.below(&entry, |compare| compare.may_go(Some(entry.value))))
    }

    /// Compares item by item; one list may be longer.
    fn lists(&mut self, old: &[Option<Node<'_>>], new: &[Option<Node<'_>>]) -> bool {
        (0..old.len().max(new.len()))
            .all(|at| self.nodes(old.get(at).copied().flatten(), new.get(at).copied().flatten()))
    }

    /// Whether everything in a node may be added or removed.
    fn may_go(&mut self, node: Option<Node<'_>>) -> bool {
        match Seen::of(node) {
            Seen::Nothing => true,
            Seen::Scalar(_) | Seen::Empty => self.is_within_field(),
            Seen::Sequence => items(node).into_iter().all(|item| self.may_go(item)),
            Seen::Mapping => entries(node)
                .all(|entry| self.below(&entry, |compare| compare.may_go(Some(entry.value)))),
        }
    }

    fn below(&mut self, entry: &Entry<'_>, look: impl FnOnce(&mut Self) -> bool) -> bool {
        let length = self.way.len();
        self.way.extend([&*entry.name(), "."]);
        let seen = look(self);
        self.way.truncate(length);
        seen
    }

    /// Whether the current path is in one of the fields: the keys of the field are on the path, in a row.
    fn is_within_field(&self) -> bool {
        self.fields.iter().any(|field| self.way.contains(&format!(".{field}.")))
    }
}

fn items(node: Option<Node<'_>>) -> Vec<Option<Node<'_>>> {
    node.into_iter().flat_map(Node::items).map(Some).collect()
}

fn entries(node: Option<Node<'_>>) -> impl Iterator<Item = Entry<'_>> {
    node.into_iter().flat_map(Node::entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_fields_that_are_named_may_differ() {
        let old = "spec:\n  a: 1\n  list:\n    - b: 1\n      c: 2\n";
        let new = "spec:\n  a: 1\n  list:\n    - b: 2\n      c: 2\n";
        assert!(same_but(old, new, &["b"]) && same_but(old, new, &["list.b"]));
        assert!(!same_but(old, new, &["c"]) && !same_but(old, new, &["a.b"]));
        assert!(same_but(old, "spec: {a: 1, list: [{b: '1', c: 2}]}", &["b"]));
    }

    #[test]
    fn only_the_documents_that_differ_are_looked_at() {
        let old = "a: 1\n---\nb: 1\n---\nc: |\n  text\n--- \nd: 1\n";
        let new = "a: 1\n---\nb: 2\n---\nc: |\n  text\n--- \nd: 1\n";
        assert_eq!(apart(old, new), ("---\nb: 1\n", "---\nb: 2\n"));
        assert!(same_but(old, new, &["b"]) && !same_but(old, new, &["a"]));
        assert_eq!(apart("a: 1\n---\nb: 1", "a: 1\n---\nb: 1\n").1, "---\nb: 1\n");
        let (old, new) = ("%YAML 1.2\n---\na: 1\n---\nb: 1\n", "%YAML 1.2\n---\na: 1\n---\nb: 2\n");
        assert_eq!(apart(old, new), (old, new), "a document keeps its directives");
        // One document more is a difference, wherever it stands.
        assert!(!same_but("a: 1\n---\nb: 1\n", "a: 1\n---\nc: 1\n---\nb: 1\n", &["b"]));
    }

    #[test]
    fn what_fills_an_empty_map_is_judged_by_itself() {
        assert!(same_but("a: {}\n", "a: {b: 1}\n", &["a.b"]));
        assert!(same_but("a: {b: 1}\n", "a: {}\n", &["b"]));
        assert!(!same_but("a: {}\n", "a: {b: 1, c: 1}\n", &["b"]));
        assert!(!same_but("a: {}\nb: 1\n", "b: 2\n", &["b"]));
    }

    #[test]
    fn where_any_scalar_may_change_none_may_come_or_go() {
        assert!(same_but("a: 1.1\nb: 2\n", "a: x:1.10\nb: 2\n", &[ANY_FIELD]));
        assert!(!same_but("a: 1\n", "a: 1\nb: 2\n", &[ANY_FIELD]));
        assert!(!same_but("a: 1\nb: 2\n", "a: 1\n", &[ANY_FIELD]));
    }
}
