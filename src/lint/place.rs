//! From nodes to the spans a person should look at.

use crate::source::Span;
use crate::yaml::{Kind, Node};

/// The span to underline for a node: a scalar itself; a collection by its key, or, for an item
/// of a list and for a whole object, by what names it.
#[must_use]
pub fn of(node: Node<'_>) -> Span {
    let span = node.alias_span().unwrap_or_else(|| node.span());
    if node.kind() == Kind::Scalar || node.alias_span().is_some() {
        // `key:` with nothing after it has an empty value; the key is what one sees.
        return match node.key_span() {
            Some(key) if span.start == span.end => key,
            _ => span,
        };
    }
    node.key_span().or_else(|| name(node)).or_else(|| first(node)).unwrap_or(Span {
        end: span.end.min(span.start + 1),
        ..span
    })
}

/// What names a collection that stands under no key.
fn name(node: Node<'_>) -> Option<Span> {
    let name = node.get("name").or_else(|| node.at(&["metadata", "name"]))?;
    (name.kind() == Kind::Scalar && name.span().start < name.span().end).then(|| name.span())
}

/// The first thing that can be seen of a collection.
fn first(node: Node<'_>) -> Option<Span> {
    match node.kind() {
        Kind::Mapping => node.written().next().map(|entry| entry.key.span()),
        Kind::Sequence => node.items().next().map(of),
        Kind::Scalar => Some(node.span()),
    }
}

/// The innermost node that is there on the way down a path, and the keys that are not.
#[must_use]
pub fn reach<'a, 'p>(node: Node<'a>, path: &'p [String]) -> (Node<'a>, &'p [String]) {
    let mut at = node;
    for (depth, key) in path.iter().enumerate() {
        let next = match at.kind() {
            Kind::Mapping => at.get(key),
            Kind::Sequence => key.parse().ok().and_then(|index: usize| at.items().nth(index)),
            Kind::Scalar => None,
        };
        match next {
            Some(next) => at = next,
            None => return (at, &path[depth..]),
        }
    }
    (at, &[])
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::Sources;
    use crate::yaml::Document;

    fn seen(text: &str, pointer: &str) -> String {
        let sources = Sources::default();
        let source = sources.add("a.yaml", text);
        let stream = crate::yaml::parse(source, &Arc::from(text));
        let root = stream.documents.first().and_then(Document::root).expect("a root");
        let node = root.pointer(pointer).expect("a node");
        text[of(node).range()].to_owned()
    }

    #[test]
    fn underlines_what_names_a_node() {
        let text = "metadata:\n  name: x\nspec:\n  list:\n    - name: c\n      image: d\n    - image: e\n  empty:\n  flow: {a: 1}\n";
        assert_eq!(seen(text, ""), "x");
        assert_eq!(seen(text, "/spec"), "spec");
        assert_eq!(seen(text, "/spec/list/0"), "c");
        assert_eq!(seen(text, "/spec/list/1"), "image");
        assert_eq!(seen(text, "/spec/list/1/image"), "e");
        assert_eq!(seen(text, "/spec/empty"), "empty");
        assert_eq!(seen(text, "/spec/flow"), "flow");
    }
}
