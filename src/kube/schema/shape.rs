//! What a schema says of a value, cut down to what a linter can stand behind.

use std::borrow::Cow;
use std::sync::Arc;

/// What a value must look like.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// Anything.
    Any,
    Text,
    /// A whole number that fits into 32 bits.
    Int,
    /// A whole number that fits into 64 bits.
    Long,
    Number,
    Boolean,
    IntOrText,
    /// Text or a number, as `500m` or `2`.
    Quantity,
    /// One of these words.
    Words(Arc<[Cow<'static, str>]>),
    List(Box<Shape>),
    /// Any keys, values of one shape.
    Map(Box<Shape>),
    Object(Arc<Fields>),
    /// Another definition of the built-in kinds.
    Named(&'static str),
}

/// The fields of an object.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Fields {
    /// Sorted by name.
    pub(super) all: Vec<Field>,
    /// The places of those that are required.
    required: Vec<usize>,
    /// True where other fields are kept too.
    pub(super) open: bool,
}

/// One field.
#[derive(Debug, PartialEq)]
pub(super) struct Field {
    pub(super) name: Cow<'static, str>,
    pub(super) required: bool,
    pub(super) shape: Shape,
}

impl Fields {
    /// Puts fields in their order; with `open`, others are kept too.
    pub(super) fn new(mut all: Vec<Field>, open: bool) -> Self {
        all.sort_by(|one, other| one.name.cmp(&other.name));
        let required = all.iter().enumerate().filter(|(_, field)| field.required);
        let required = required.map(|(at, _)| at).collect();
        Self { all, required, open }
    }

    /// Those that are required; few are.
    pub(super) fn required(&self) -> impl Iterator<Item = &Field> {
        self.required.iter().map(|&at| &self.all[at])
    }

    pub(super) fn get(&self, name: &str) -> Option<&Field> {
        let at = self.all.binary_search_by(|field| field.name.as_ref().cmp(name)).ok()?;
        Some(&self.all[at])
    }
}

/// Reads the short form that `build.py` describes; `None` for what is none.
pub(super) fn read(text: &'static str) -> Option<Shape> {
    let mut rest = text;
    let shape = one(&mut rest)?;
    rest.is_empty().then_some(shape)
}

fn one(rest: &mut &'static str) -> Option<Shape> {
    let mut chars = rest.chars();
    let first = chars.next()?;
    *rest = chars.as_str();
    Some(match first {
        '*' => Shape::Any,
        's' => Shape::Text,
        'i' => Shape::Int,
        'l' => Shape::Long,
        'n' => Shape::Number,
        'b' => Shape::Boolean,
        'x' => Shape::IntOrText,
        'q' => Shape::Quantity,
        '[' => Shape::List(Box::new(one(rest)?)),
        '{' => Shape::Map(Box::new(one(rest)?)),
        '@' => Shape::Named(until(rest, ';')?),
        '(' => Shape::Words(until(rest, ')')?.split('|').map(Cow::Borrowed).collect()),
        '<' => {
            let mut fields = Vec::new();
            while !rest.starts_with('>') {
                let end = rest.find(['!', '?'])?;
                let name = Cow::Borrowed(&rest[..end]);
                let required = rest.as_bytes()[end] == b'!';
                *rest = &rest[end + 1..];
                fields.push(Field { name, required, shape: one(rest)? });
                *rest = rest.strip_prefix(',').unwrap_or(rest);
            }
            *rest = &rest[1..];
            Shape::Object(Arc::new(Fields::new(fields, false)))
        }
        _ => return None,
    })
}

fn until(rest: &mut &'static str, end: char) -> Option<&'static str> {
    let (inner, tail) = rest.split_once(end)?;
    *rest = tail;
    Some(inner)
}
