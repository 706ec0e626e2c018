//! What a schema says of a value, cut down to what a linter can stand behind.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::yaml::{Entry, hint};

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
    all: Vec<(Name, Field)>,
    /// Their places by the hints of their names, sorted: one is looked for with every key of an object.
    hints: Vec<(u32, usize)>,
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
        let all: BTreeMap<Name, Field> = fields.into_iter().collect();
        let all: Vec<_> = all.into_iter().collect();
        let required = all.iter().zip(0..).filter(|((_, field), _)| field.required);
        let required = required.map(|(_, at)| at).collect();
        let hints = all.iter().zip(0..).map(|((name, _), at)| (hint(name.as_bytes()), at));
        let mut hints: Vec<_> = hints.collect();
        hints.sort_unstable();
        Self { all, hints, required, open }
    }

    /// Those that are required; few are.
    pub(super) fn required(&self) -> impl Iterator<Item = &str> {
        self.required.iter().filter_map(|&at| self.all.get(at)).map(|(name, _)| &**name)
    }

    /// The field of a name, and the name as it is kept here.
    pub(super) fn get(&self, name: &str) -> Option<(&str, &Field)> {
        self.find(hint(name.as_bytes()), name)
    }

    /// The field that the key of an entry names, and the name as it is kept here.
    pub(super) fn of(&self, entry: Entry<'_>) -> Option<(&str, &Field)> {
        match entry.hint() {
            Some(hint) => self.find(hint, entry.key.raw()),
            None => self.get(&entry.name()),
        }
    }

    fn find(&self, hint: u32, name: &str) -> Option<(&str, &Field)> {
        let first = self.hints.partition_point(|(own, _)| *own < hint);
        let alike = self.hints[first..].iter().take_while(|(own, _)| *own == hint);
        let mut alike = alike.filter_map(|&(_, at)| self.all.get(at));
        alike.find(|(own, _)| own == name).map(|(name, field)| (&**name, field))
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
