//! Values layers, merged as Helm merges them, with the original place of each value.
//!
//! A rule on values must see what the chart sees: one layer may set `replicas` and another `affinity`. The
//! layers are written as one YAML text, so that rules judge a tree as usual, and the original span of
//! every key and scalar is recorded.

use std::sync::Arc;

use crate::source::{SourceId, Span};
use crate::yaml::edit::quoted;
use crate::yaml::{self, Document, Kind, Node, Style};

/// Larger merged values are not judged, in bytes. A release cannot store more than 1 MiB.
const MAX_SIZE: usize = 8 << 20;

/// The merged values of a release.
#[derive(Debug)]
pub(super) struct Merged {
    /// The merged text as a document without a source; [`Merged::origin`] translates its spans.
    pub(in crate::lint) document: Arc<Document>,
    /// The start, the end and the original span of each key and scalar; sorted.
    tokens: Vec<(u32, u32, Span)>,
}

/// Merges layers; the last wins. `None` if no layer is a map, or if all together are too large.
pub(super) fn merge(layers: &[Node<'_>]) -> Option<Merged> {
    let mut layers = layers.iter().copied().filter(|layer| layer.kind() == Kind::Mapping);
    let mut whole = tree(layers.next()?);
    for layer in layers {
        put(&mut whole, layer);
    }
    let mut writer = Writer { text: String::new(), tokens: Vec::new() };
    writer.tree(&whole)?;
    let stream = yaml::parse(SourceId::NOWHERE, &writer.text.into());
    let document = stream.documents.into_iter().next()?;
    Some(Merged { document, tokens: writer.tokens })
}

impl Merged {
    /// The original place of a span in the merged text; `None` for punctuation.
    pub(in crate::lint) fn origin(&self, span: Span) -> Option<Span> {
        let after = self.tokens.partition_point(|&(start, _, _)| start <= span.start);
        let &(_, end, origin) = self.tokens.get(after.checked_sub(1)?)?;
        (span.start <= end).then_some(origin)
    }
}

/// Values while they are merged: maps are merged, everything else is replaced as a whole.
enum Tree<'a> {
    Map(Vec<(String, Span, Tree<'a>)>),
    Node(Node<'a>),
}

fn tree(node: Node<'_>) -> Tree<'_> {
    if node.kind() != Kind::Mapping {
        return Tree::Node(node);
    }
    let entries = node
        .entries()
        .map(|entry| (entry.name().into_owned(), entry.key.span(), tree(entry.value)));
    Tree::Map(entries.collect())
}

/// Merges a layer on top: null removes a key, maps are merged, everything else replaces.
fn put<'a>(below: &mut Tree<'a>, above: Node<'a>) {
    let Tree::Map(entries) = below else {
        *below = tree(above);
        return;
    };
    for entry in above.entries() {
        let name = entry.name();
        let at = entries.iter().position(|(known, _, _)| *known == name);
        match at {
            Some(at) if entry.value.is_null() => {
                entries.remove(at);
            }
            Some(at) => match &mut entries[at].2 {
                inner @ Tree::Map(_) if entry.value.kind() == Kind::Mapping => {
                    put(inner, entry.value);
                }
                inner => {
                    *inner = tree(entry.value);
                    entries[at].1 = entry.key.span();
                }
            },
            None => entries.push((name.into_owned(), entry.key.span(), tree(entry.value))),
        }
    }
}

struct Writer {
    text: String,
    tokens: Vec<(u32, u32, Span)>,
}

impl Writer {
    /// Writes a tree; `None` if the text becomes too large.
    fn tree(&mut self, tree: &Tree<'_>) -> Option<()> {
        match tree {
            Tree::Node(node) => self.node(*node),
            Tree::Map(entries) => {
                self.text.push('{');
                for (name, span, value) in entries {
                    self.token(&quoted(name), *span)?;
                    self.text.push_str(": ");
                    self.tree(value)?;
                    self.text.push_str(",\n");
                }
                self.text.push('}');
                Some(())
            }
        }
    }

    fn node(&mut self, node: Node<'_>) -> Option<()> {
        match node.kind() {
            Kind::Scalar => {
                let span = node.alias_span().unwrap_or_else(|| node.span());
                // Plain scalars stay plain, as some rules ask whether a value is quoted.
                let plain = node.style() == Style::Plain && is_flow_safe(node.raw());
                match node.raw() {
                    "" if node.is_null() => self.token("null", span),
                    raw if plain => self.token(raw, span),
                    raw => self.token(&quoted(raw), span),
                }
            }
            Kind::Sequence => {
                self.text.push('[');
                for item in node.items() {
                    self.node(item)?;
                    self.text.push_str(",\n");
                }
                self.text.push(']');
                Some(())
            }
            Kind::Mapping => {
                self.text.push('{');
                for entry in node.entries() {
                    self.token(&quoted(&entry.name()), entry.key.span())?;
                    self.text.push_str(": ");
                    self.node(entry.value)?;
                    self.text.push_str(",\n");
                }
                self.text.push('}');
                Some(())
            }
        }
    }

    fn token(&mut self, token: &str, span: Span) -> Option<()> {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        let start = narrow(self.text.len());
        self.text.push_str(token);
        self.tokens.push((start, narrow(self.text.len()), span));
        (self.text.len() < MAX_SIZE).then_some(())
    }
}

/// True if a plain scalar means the same in a flow collection.
fn is_flow_safe(raw: &str) -> bool {
    !raw.is_empty()
        && raw
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '+'))
        && !raw.starts_with('-')
        || raw.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    #[test]
    fn later_layers_win_and_every_value_knows_its_line() {
        let sources = Sources::default();
        let texts = [
            "replicas: 1\nimage:\n  tag: \"1.10\"\n  name: x\ngone: 1\nlist: [1]\n",
            "replicas: 5\nimage:\n  tag: 2\ngone:\nlist: [a, {b: c}]\n",
        ];
        let streams: Vec<_> = texts
            .iter()
            .map(|text| {
                let source = sources.add("v.yaml", *text);
                yaml::parse(source, &sources.get(source).text)
            })
            .collect();
        let roots: Vec<_> =
            streams.iter().filter_map(|stream| stream.documents[0].root()).collect();
        let merged = merge(&roots).expect("maps");
        let root = merged.document.root().expect("a root");
        assert_eq!(root.get("replicas").and_then(Node::as_i64), Some(5));
        assert!(root.get("gone").is_none());
        let name = root.at(&["image", "name"]).expect("kept");
        assert_eq!(
            merged.origin(name.span()),
            Some(roots[0].at(&["image", "name"]).expect("x").span())
        );
        let tag = root.at(&["image", "tag"]).expect("replaced");
        assert_eq!(
            merged.origin(tag.span()),
            Some(roots[1].at(&["image", "tag"]).expect("2").span())
        );
        let inner = root.pointer("/list/1/b").expect("lists are replaced");
        let origin = merged.origin(inner.key_span().expect("a key")).expect("an origin");
        assert_eq!(&texts[1][origin.range()], "b");
    }
}
