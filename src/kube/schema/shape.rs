//! The shape of a value in a schema, reduced to what a linter can check reliably.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use super::table::{self, Forms};
use crate::yaml::Hint;

/// The most fields that are found by slots; most definitions have fewer.
const FEW: usize = 100;

/// The allowed shape of a value.
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
    /// A text or a number, as `500m` or `2`.
    Quantity,
    /// One of these words. The empty word, if it is one of them, means that the field is not set.
    Words(Arc<[Cow<'static, str>]>),
    List(Box<Shape>),
    /// A map with any keys and values of one shape.
    Map(Box<Shape>),
    Object(Arc<Fields>),
    /// A reference to another definition of the built-in kinds.
    Named(Box<Reference>),
}

/// The name of a definition of the built-in kinds. It is looked up only once.
#[derive(Clone)]
pub(super) struct Reference {
    name: &'static str,
    forms: OnceLock<Forms>,
}

impl Reference {
    /// The forms of the definition.
    pub(super) fn forms(&self) -> Forms {
        self.forms.get_or_init(|| table::forms(self.name))
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

impl PartialEq for Reference {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Shape {
    /// A reference to the definition with a name.
    pub(super) fn named(name: &'static str) -> Self {
        Self::Named(Box::new(Reference { name, forms: OnceLock::new() }))
    }
}

/// The words in [`Shape::Words`] that can be written, so not the empty one.
pub(super) fn written<'w>(words: &'w [Cow<'static, str>]) -> impl Iterator<Item = &'w str> {
    words.iter().map(AsRef::as_ref).filter(|word: &&str| !word.is_empty())
}

/// The fields of an object.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Fields {
    /// By name, sorted.
    all: IndexMap<Name, Field, FixedState>,
    /// If there are few fields, their indexes in a hash table by a hint of their names, as a field is looked up for
    /// every key of an object.
    slots: Vec<u8>,
    /// The indexes of the required fields.
    required: Vec<usize>,
    /// True if other fields are allowed and kept, too.
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
    /// Sorts fields by name; `open` is whether other fields are allowed.
    pub(super) fn new(fields: impl IntoIterator<Item = (Name, Field)>, open: bool) -> Self {
        let mut all: IndexMap<Name, Field, _> = fields.into_iter().collect();
        all.sort_unstable_keys();
        let required = all.values().zip(0..).filter(|(field, _)| field.required);
        let required = required.map(|(_, at)| at).collect();
        Self { slots: slots(&all), all, required, open }
    }

    /// The required fields, of which there are few.
    pub(super) fn required(&self) -> impl Iterator<Item = &str> {
        self.required.iter().filter_map(|&at| self.all.get_index(at)).map(|(name, _)| &**name)
    }

    /// The number of required fields.
    pub(super) fn required_count(&self) -> usize {
        self.required.len()
    }

    /// The field with a name, and the name as it is stored here.
    pub(super) fn get(&self, name: &str) -> Option<(&str, &Field)> {
        if self.slots.is_empty() {
            return self.all.get_key_value(name).map(|(name, field)| (&**name, field));
        }
        let (mut slot, last) = (first_slot(name), self.slots.len() - 1);
        // At least one slot is free, and the number of slots is a power of two.
        loop {
            let place = self.slots[slot & last];
            let (known, field) = self.all.get_index(usize::from(place))?;
            if known == name {
                return Some((&**known, field));
            }
            slot += 1;
        }
    }

    /// All fields with their names, sorted by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Field)> {
        self.all.iter().map(|(name, field)| (&**name, field))
    }

    /// Returns all fields with their names.
    pub(super) fn into_all(self) -> impl Iterator<Item = (Name, Field)> {
        self.all.into_iter()
    }
}

/// The hash table for a few fields: each field's index is in the first free slot, starting from that of its name's
/// hint; free slots have an index that no field has. Empty for many fields, which are found by their hashes.
fn slots(fields: &IndexMap<Name, Field, FixedState>) -> Vec<u8> {
    if fields.is_empty() || fields.len() > FEW {
        return Vec::new();
    }
    let mut slots = vec![u8::MAX; 2 * fields.len().next_power_of_two()];
    let last = slots.len() - 1;
    for (name, place) in fields.keys().zip(0_u8..) {
        let mut slot = first_slot(name);
        while slots[slot & last] != u8::MAX {
            slot += 1;
        }
        slots[slot & last] = place;
    }
    slots
}

/// The slot at which the search for a field begins.
fn first_slot(name: &str) -> usize {
    usize::from(Hint::of(name.as_bytes()).index())
}

/// Parses the short form that `build.py` describes; `None` if it is malformed.
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
        '@' => Shape::named(until(rest, ';')?),
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
