//! Schemas of custom resources, from `CustomResourceDefinition`s and from JSON Schema files.

use std::borrow::Cow;
use std::sync::Arc;

use super::shape::{Field, Fields, Shape};
use crate::yaml::{Entry, Kind, Node};

/// Whether fields that a schema does not have are dropped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unnamed {
    /// By default, as the API server prunes them in custom resources.
    Dropped,
    /// Only if the schema has `additionalProperties: false`, as in JSON Schema.
    Kept,
}

const METADATA: &str = "apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// The shape of a whole custom resource, which has a kind and metadata whatever its schema says.
pub(super) fn resource(schema: Node<'_>, unnamed: Unnamed) -> Shape {
    with_identity(Schema::of(schema).shape(unnamed))
}

fn with_identity(shape: Shape) -> Shape {
    let Shape::Object(fields) = shape else {
        return shape;
    };
    let open = fields.open;
    let own = Arc::into_inner(fields).into_iter().flat_map(Fields::into_all);
    let identity =
        [("apiVersion", Shape::Text), ("kind", Shape::Text), ("metadata", Shape::named(METADATA))]
            .map(|(name, shape)| (Cow::Borrowed(name), Field { required: false, shape }));
    // A later field replaces an earlier one with the same name.
    Shape::Object(Arc::new(Fields::new(own.chain(identity), open)))
}

/// The keywords of a schema that are used. They are found in one pass, as the definitions in a repository may have some
/// hundred thousand schemas, one for each field.
#[derive(Default)]
struct Schema<'a> {
    kinds: Option<Node<'a>>,
    format: Option<Node<'a>>,
    words: Option<Node<'a>>,
    items: Option<Node<'a>>,
    properties: Option<Node<'a>>,
    additional: Option<Node<'a>>,
    required: Option<Node<'a>>,
    default: Option<Node<'a>>,
    is_int_or_string: bool,
    preserves_unknown: bool,
    is_embedded_resource: bool,
}

impl<'a> Schema<'a> {
    fn of(schema: Node<'a>) -> Self {
        let mut read = Self::default();
        let is_true = |node: Node<'_>| node.as_bool() == Some(true);
        for Entry { key, value } in schema.entries() {
            match key.raw() {
                "type" => read.kinds = Some(value),
                "format" => read.format = Some(value),
                "enum" => read.words = Some(value),
                "items" => read.items = Some(value),
                "properties" => read.properties = Some(value),
                "additionalProperties" => read.additional = Some(value),
                "required" => read.required = Some(value),
                "default" => read.default = Some(value),
                "x-kubernetes-int-or-string" => read.is_int_or_string = is_true(value),
                "x-kubernetes-preserve-unknown-fields" => read.preserves_unknown = is_true(value),
                "x-kubernetes-embedded-resource" => read.is_embedded_resource = is_true(value),
                _ => {}
            }
        }
        read
    }

    /// The shape for the supported keywords of the schema; other keywords are ignored.
    fn shape(&self, unnamed: Unnamed) -> Shape {
        if self.is_int_or_string {
            return Shape::IntOrText;
        }
        let kinds = match self.kinds {
            Some(kinds) if kinds.kind() == Kind::Sequence => {
                kinds.items().filter_map(Node::as_str).filter(|kind| *kind != "null").collect()
            }
            Some(kind) => kind.as_str().into_iter().collect::<Vec<_>>(),
            None => Vec::new(),
        };
        match kinds[..] {
            ["string"] => match self.words {
                Some(words) if words.items().all(|word| word.as_str().is_some()) => {
                    let words = words.items().filter_map(Node::as_str);
                    Shape::Words(words.map(|word| word.to_owned().into()).collect())
                }
                _ => Shape::Text,
            },
            ["integer"] => match self.format.and_then(Node::as_str) {
                Some("int32") => Shape::Int,
                _ => Shape::Long,
            },
            ["number"] => Shape::Number,
            ["boolean"] => Shape::Boolean,
            ["array"] => Shape::List(Box::new(match self.items {
                Some(items) => Self::of(items).shape(unnamed),
                None => Shape::Any,
            })),
            ["string", "integer"] | ["integer", "string"] => Shape::IntOrText,
            ["object"] => self.object(unnamed),
            _ => Shape::Any,
        }
    }

    fn object(&self, unnamed: Unnamed) -> Shape {
        let Some(properties) = self.properties else {
            return match self.additional {
                Some(more) if more.kind() == Kind::Mapping && !more.is_empty() => {
                    Shape::Map(Box::new(Self::of(more).shape(unnamed)))
                }
                _ => Shape::Any,
            };
        };
        let required: Vec<&str> =
            self.required.into_iter().flat_map(Node::items).filter_map(Node::as_str).collect();
        let fields = properties.entries().map(|entry| {
            let (name, schema) = (entry.name(), Self::of(entry.value));
            // The API server sets defaults before it checks required fields.
            let required = required.contains(&name.as_ref()) && schema.default.is_none();
            let field = Field { required, shape: schema.shape(unnamed) };
            (Cow::Owned(name.into_owned()), field)
        });
        let open = self.preserves_unknown
            || match self.additional {
                Some(more) => more.as_bool() != Some(false),
                None => unnamed == Unnamed::Kept,
            };
        let shape = Shape::Object(Arc::new(Fields::new(fields, open)));
        if self.is_embedded_resource { with_identity(shape) } else { shape }
    }
}
