//! YAML documents as template values, as sigs.k8s.io/yaml decodes them: every number a float64.

use std::rc::Rc;

use super::origin::{OriginId, Origins};
use super::rope::{Rope, RopeIndex};
use super::value::{Data, Entries, Value};
use crate::source::{SourceId, Span};
use crate::yaml::{Kind, Node, Scalar, Stream, Style, foreign_directive};

/// The first document of a text that a template made; each scalar keeps the origins of its own
/// characters, a map or list the conditions that it and its entries stand under.
///
/// # Errors
/// What is wrong with the text, as Helm puts it.
pub(super) fn from_text(stream: &Stream, rope: &Rope, origins: &Origins) -> Result<Value, String> {
    const NO_YAML: &str = "error converting YAML to JSON: yaml";
    // It passes over no tab where a key may stand, and knows no line there.
    let content = rope.as_str().trim_start_matches([' ', '\n', '\r']);
    if content.starts_with('\t') {
        return Err(format!("{NO_YAML}: found character that cannot start any token"));
    }
    if let Some((_, fault)) = foreign_directive(rope.as_str()) {
        return Err(format!("{NO_YAML}: {fault}"));
    }
    let first = stream.first().map_err(|fault| {
        let before = rope.as_str().get(..fault.span.start as usize).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        format!("{NO_YAML}: line {line}: {}", fault.message)
    })?;
    let text = Text { index: rope.index(), rope, origins };
    match first.and_then(|document| document.root()) {
        Some(root) => text.value(root),
        None => Ok(Value::new(Data::Nil, origins.condition(rope.origin(origins)))),
    }
}

struct Text<'a> {
    index: RopeIndex<'a>,
    rope: &'a Rope,
    origins: &'a Origins,
}

impl Text<'_> {
    fn value(&self, node: Node<'_>) -> Result<Value, String> {
        let span = node.span();
        let (start, mut end) = (span.start as usize, span.end as usize);
        match node.kind() {
            Kind::Sequence => {
                let items = node.items().map(|item| self.value(item)).collect::<Result<_, _>>()?;
                Ok(Value::list(items, self.conditions(start, end)))
            }
            Kind::Mapping => {
                let entries = node.entries();
                let entries = entries
                    .map(|entry| Ok((entry.name().as_ref().into(), self.value(entry.value)?)));
                let entries = entries.collect::<Result<Entries, String>>()?;
                Ok(Value::map(entries, self.conditions(start, end)))
            }
            Kind::Scalar => {
                let text = self.rope.as_str();
                if end == start {
                    // Nothing is written: what could have been stands before the line's end.
                    end += text[start..].find('\n').unwrap_or(text.len() - start);
                }
                let origin = || self.index.origin(start..end, self.origins);
                Ok(match node.scalar() {
                    Some(Scalar::Str(value)) => {
                        if node.style() == Style::Plain && text.get(start..end) == Some(value) {
                            Value::rope(self.rope.slice(start..end))
                        } else {
                            Value::str(value, origin())
                        }
                    }
                    other => scalar(other, origin())?,
                })
            }
        }
    }

    fn conditions(&self, start: usize, end: usize) -> OriginId {
        let segments = self.index.segments(start..end);
        self.origins.all(segments.map(|segment| self.origins.conditions(segment.origin)))
    }
}

fn scalar(scalar: Option<Scalar<'_>>, origin: OriginId) -> Result<Value, String> {
    #[expect(clippy::cast_precision_loss, reason = "encoding/json reads numbers so")]
    let data = match scalar {
        None | Some(Scalar::Null) => Data::Nil,
        Some(Scalar::Bool(value)) => Data::Bool(value),
        Some(Scalar::Int(value)) => Data::Float(value as f64),
        Some(Scalar::Uint(value)) => Data::Float(value as f64),
        Some(Scalar::Float(value)) if !value.is_finite() => {
            return Err("error unmarshaling JSON: a number is not finite".to_owned());
        }
        Some(Scalar::Float(value)) => Data::Float(value),
        Some(Scalar::Str(value)) => return Ok(Value::str(value, origin)),
    };
    Ok(Value::new(data, origin))
}

/// Where a person looks for a value: a block under a key is found by its key.
fn written_at(node: Node<'_>) -> Span {
    match (node.style(), node.key_span()) {
        (Style::Block, Some(key)) => key,
        _ => node.span(),
    }
}

/// A node of a values file: each value is a leaf below `parent` in the merged values, with its
/// place in the file. `key` is the node's own key there.
///
/// # Errors
/// When a number is not finite.
pub(super) fn from_values(
    node: Node<'_>,
    leaf: super::origin::LeafId,
    origins: &Origins,
) -> Result<Value, String> {
    let origin = OriginId::text(leaf);
    let child = |key: Rc<str>, node: Node<'_>| {
        let span = written_at(node);
        let known = (span.source != SourceId::NOWHERE).then_some(span);
        from_values(node, origins.leaf(Some(leaf), key, known), origins)
    };
    match node.kind() {
        Kind::Sequence => {
            let items = node.items().enumerate();
            let items = items.map(|(index, item)| child(index.to_string().into(), item));
            Ok(Value::list(items.collect::<Result<_, _>>()?, origin))
        }
        Kind::Mapping => {
            let entries = node.entries().map(|entry| {
                let name: Rc<str> = entry.name().as_ref().into();
                Ok((Rc::clone(&name), child(name, entry.value)?))
            });
            Ok(Value::map(entries.collect::<Result<Entries, String>>()?, origin))
        }
        Kind::Scalar => scalar(node.scalar(), origin),
    }
}

/// The value of parsed JSON, numbers as Go decodes them; `at` is the place of the root, `below` that
/// of a key or index in another, `origin` what a value at a place comes from.
pub(super) fn from_json<P: Copy>(
    json: &serde_json::Value,
    at: P,
    origin: &impl Fn(P) -> OriginId,
    below: &impl Fn(P, &str) -> P,
) -> Value {
    let inner = |key: &str, item| from_json(item, below(at, key), origin, below);
    let origin = origin(at);
    match json {
        serde_json::Value::Null => Value::new(Data::Nil, origin),
        serde_json::Value::Bool(value) => Value::bool(*value, origin),
        serde_json::Value::Number(value) => {
            Value::new(Data::Float(value.as_f64().unwrap_or(0.0)), origin)
        }
        serde_json::Value::String(value) => Value::str(value, origin),
        serde_json::Value::Array(items) => {
            let items = items.iter().enumerate();
            Value::list(items.map(|(at, item)| inner(&at.to_string(), item)).collect(), origin)
        }
        serde_json::Value::Object(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, item)| (key.as_str().into(), inner(key, item)));
            Value::map(entries.collect(), origin)
        }
    }
}
