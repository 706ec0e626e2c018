//! What a schema says of a value, cut down to what a linter can stand behind.

use std::borrow::Cow;
use std::sync::Arc;

use foldhash::fast::FixedState;
use indexmap::IndexMap;

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
    /// By name, sorted. One is looked for with every key of an object, and found by its hash.
    all: IndexMap<Name, Field, FixedState>,
    /// The places of those that are required.
    required: Vec<usize>,
    /// True where other fields are kept too.
    pub(super) open: bool,
}

pub(super) type Name = Cow<'static, str>;

/// One field.
#[derive(Debug, PartialEq)]
pub(super) struct Field {
    pub(super) required: bool,
    pub(super) shape: Shape,
}

impl Fields {
    /// Puts fields in their order; with `open`, others are kept too.
    pub(super) fn new(fields: impl IntoIterator<Item = (Name, Field)>, open: bool) -> Self {
        let mut all: IndexMap<Name, Field, _> = fields.into_iter().collect();
        all.sort_unstable_keys();
        let required = all.values().zip(0..).filter(|(field, _)| field.required);
        let required = required.map(|(_, at)| at).collect();
        Self { all, required, open }
    }

    /// Those that are required; few are.
    pub(super) fn required(&self) -> impl Iterator<Item = &str> {
        self.required.iter().filter_map(|&at| self.all.get_index(at)).map(|(name, _)| &**name)
    }

    /// The field of a name, and the name as it is kept here.
    pub(super) fn get(&self, name: &str) -> Option<(&str, &Field)> {
        self.all.get_key_value(name).map(|(name, field)| (&**name, field))
    }

    /// All of them with their names, sorted by these.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Field)> {
        self.all.iter().map(|(name, field)| (&**name, field))
    }

    /// Takes them out.
    pub(super) fn into_all(self) -> impl Iterator<Item = (Name, Field)> {
        self.all.into_iter()
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
                fields.push((name, Field { required, shape: one(rest)? }));
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
