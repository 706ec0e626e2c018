//! Schemas of custom resources: from `CustomResourceDefinition`s, and from JSON Schema files.

use std::borrow::Cow;
use std::sync::Arc;

use super::shape::{Field, Fields, Shape};
use crate::yaml::{Kind, Node};

/// Whether fields that a schema does not name are dropped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unnamed {
    /// By default, as the API server prunes them from custom resources.
    Dropped,
    /// Only where `additionalProperties: false` says so, as in JSON Schema.
    Kept,
}

const METADATA: Shape = Shape::Named("apimachinery.pkg.apis.meta.v1.ObjectMeta");

/// A whole custom resource: whatever its schema says, it has a kind and metadata.
pub(super) fn resource(schema: Node<'_>, unnamed: Unnamed) -> Shape {
    with_identity(shape(schema, unnamed))
}

fn with_identity(shape: Shape) -> Shape {
    let Shape::Object(fields) = shape else {
        return shape;
    };
    let open = fields.open;
    let own = Arc::into_inner(fields).into_iter().flat_map(Fields::into_all);
    let identity = [("apiVersion", Shape::Text), ("kind", Shape::Text), ("metadata", METADATA)]
        .map(|(name, shape)| (Cow::Borrowed(name), Field { required: false, shape }));
    // What comes later goes before what has the same name.
    Shape::Object(Arc::new(Fields::new(own.chain(identity), open)))
}

/// Reads a schema as far as it can be stood behind; what it says beyond that is left aside.
fn shape(schema: Node<'_>, unnamed: Unnamed) -> Shape {
    let says = |key: &str| schema.get(key).and_then(Node::as_bool) == Some(true);
    if says("x-kubernetes-int-or-string") {
        return Shape::IntOrText;
    }
    let kinds = match schema.get("type") {
        Some(kinds) if kinds.kind() == Kind::Sequence => {
            kinds.items().filter_map(Node::as_str).filter(|kind| *kind != "null").collect()
        }
        Some(kind) => kind.as_str().into_iter().collect::<Vec<_>>(),
        None => Vec::new(),
    };
    match kinds[..] {
        ["string"] => match schema.get("enum") {
            Some(words) if words.items().all(|word| word.as_str().is_some()) => Shape::Words(
                words.items().filter_map(Node::as_str).map(|word| word.to_owned().into()).collect(),
            ),
            _ => Shape::Text,
        },
        ["integer"] => match schema.get("format").and_then(Node::as_str) {
            Some("int32") => Shape::Int,
            _ => Shape::Long,
        },
        ["number"] => Shape::Number,
        ["boolean"] => Shape::Boolean,
        ["array"] => Shape::List(Box::new(
            schema.get("items").map_or(Shape::Any, |items| shape(items, unnamed)),
        )),
        ["string", "integer"] | ["integer", "string"] => Shape::IntOrText,
        ["object"] => object(schema, unnamed, says("x-kubernetes-preserve-unknown-fields")),
        _ => Shape::Any,
    }
}

fn object(schema: Node<'_>, unnamed: Unnamed, preserve: bool) -> Shape {
    let more = schema.get("additionalProperties");
    let Some(properties) = schema.get("properties") else {
        return match more {
            Some(more) if more.kind() == Kind::Mapping && !more.is_empty() => {
                Shape::Map(Box::new(shape(more, unnamed)))
            }
            _ => Shape::Any,
        };
    };
    let required: Vec<&str> =
        schema.get("required").into_iter().flat_map(Node::items).filter_map(Node::as_str).collect();
    let fields = properties.entries().map(|entry| {
        let name = entry.name();
        let required = required.contains(&name.as_ref())
            // The API server fills defaults in before it looks for what is missing.
            && entry.value.get("default").is_none();
        let field = Field { required, shape: shape(entry.value, unnamed) };
        (Cow::Owned(name.into_owned()), field)
    });
    let open = preserve
        || match more {
            Some(more) => more.as_bool() != Some(false),
            None => unnamed == Unnamed::Kept,
        };
    let shape = Shape::Object(Arc::new(Fields::new(fields, open)));
    let embedded = schema.get("x-kubernetes-embedded-resource").and_then(Node::as_bool);
    if embedded == Some(true) { with_identity(shape) } else { shape }
}
