//! The data for templates.

use serde_json::{Map, Value as Json};

use super::UNKNOWN;
use crate::helm::origin::OriginId;
use crate::helm::rope::RopeBuilder;
use crate::helm::value::{Data, Value};
use crate::yaml::{Kind, Node, Scalar};

/// Merges deeply: maps are merged, everything else is replaced.
pub(in crate::project::release) fn merge(into: &mut Json, from: Json) {
    match (into, from) {
        (Json::Object(into), Json::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Json::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// A tree as plain data.
pub(in crate::project::release) fn of(node: Node<'_>) -> Json {
    match node.kind() {
        Kind::Mapping => {
            let entries = node.entries().map(|entry| (entry.name().into_owned(), of(entry.value)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
        Kind::Sequence => Json::Array(node.items().map(of).collect()),
        Kind::Scalar => match node.scalar() {
            None | Some(Scalar::Null) => Json::Null,
            Some(Scalar::Bool(value)) => Json::Bool(value),
            Some(Scalar::Int(value)) => value.into(),
            Some(Scalar::Uint(value)) => value.into(),
            // As it is written, so that a version such as 1.10 keeps its digits.
            Some(Scalar::Float(_)) => Json::String(node.raw().to_owned()),
            Some(Scalar::Str(text)) => Json::String(text.to_owned()),
        },
    }
}

/// Data as templates see it. Each [`UNKNOWN`] in a text becomes an empty piece with the origin `unknown`.
pub(super) fn value(data: &Json, unknown: OriginId) -> Value {
    let none = OriginId::NONE;
    match data {
        Json::Null => Value::NIL,
        Json::Bool(flag) => Value::bool(*flag, none),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::int(whole, none),
            (None, float) => Value::new(Data::Float(float.unwrap_or_default()), none),
        },
        Json::String(text) => {
            let mut pieces = RopeBuilder::default();
            for (index, piece) in text.split(UNKNOWN).enumerate() {
                if index > 0 {
                    pieces.push("", unknown);
                }
                pieces.push(piece, none);
            }
            Value::rope(pieces.finish())
        }
        Json::Array(items) => {
            Value::list(items.iter().map(|item| value(item, unknown)).collect(), none)
        }
        Json::Object(entries) => {
            let entries =
                entries.iter().map(|(key, item)| (key.as_str().into(), value(item, unknown)));
            Value::map(entries.collect(), none)
        }
    }
}
