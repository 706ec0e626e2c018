//! Makes template values of YAML documents, as sigs.k8s.io/yaml decodes them: every number is a float64.

use std::rc::Rc;

use super::origin::{OriginId, Origins};
use super::rope::{Rope, RopeIndex};
use super::value::{Data, Entries, Value};
use crate::source::{SourceId, Span};
use crate::yaml::{Kind, Node, Scalar, Stream, Style, foreign_directive};

/// Reads the first document in a text that a template has made. Each scalar keeps the origins of its characters; a map
/// or list has the conditions on it and its entries.
///
/// # Errors
/// Helm's message about what is wrong with the text.
pub(super) fn from_text(stream: &Stream, rope: &Rope, origins: &Origins) -> Result<Value, String> {
    const NO_YAML: &str = "error converting YAML to JSON: yaml";
    // Go's YAML decoder accepts no tab where a key may start, and reports no line for it.
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
                    // Nothing is written: the value would be before the end of the line.
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

/// The place that is shown for a value: for a block below a key, that of the key.
fn written_at(node: Node<'_>) -> Span {
    match (node.style(), node.key_span()) {
        (Style::Block, Some(key)) => key,
        _ => node.span(),
    }
}

/// Makes a value of a node of a values file: each node below it becomes a leaf below `leaf` in the merged values, with
/// its place in the file.
///
/// # Errors
/// If a number is not finite.
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

/// Makes a value of parsed JSON, with numbers as Go decodes them; `at` is the place of the root, `below` returns the
/// place of a key or index in another place, and `origin` the origin of the value at a place.
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
