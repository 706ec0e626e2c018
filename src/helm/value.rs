//! The values that templates compute with: Go's dynamic values, each with its origin.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use super::origin::{OriginId, Origins};
use super::rope::Rope;
use crate::source::bytes;

/// The entries of a map, sorted by key, as Go prints them.
pub type Entries = BTreeMap<Rc<str>, Value>;

/// The length of the longest text that a function may make, in bytes.
pub const MAX_TEXT: usize = 64 << 20;

/// The largest number of items in a list or map, and of iterations of a loop over a number.
pub const MAX_ITEMS: u32 = 1 << 20;

/// More items than a list may have: a function may stop here, as the list is refused.
pub const ENOUGH: usize = MAX_ITEMS as usize + 1;

/// A value, with its origin.
///
/// For a string, the origin is in the segments of its rope and `origin` is empty. For a map or list, `origin` is that
/// of the map or list as a whole (that it exists, and which entries it has); each entry has its own.
#[derive(Debug, Clone, Default)]
pub struct Value {
    /// The value.
    pub data: Data,
    /// The origin of the value.
    pub origin: OriginId,
    /// A detail of its Go type that the data does not tell.
    pub nuance: Nuance,
}

/// A detail of a type that Go distinguishes, although the data is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Nuance {
    /// No detail: the type of the data.
    #[default]
    None,
    /// A map of Helm's type `common.Values`, such as `.Values`: it has methods, and differs from
    /// `map[string]interface {}` for functions that check for exactly that type.
    Values,
    /// A nil slice: it is written as null, while an empty one is `[]`.
    NilSlice,
    /// A `[]string`, the result of `splitList` and `keys`.
    Strings,
    /// A `[]int`, the result of `until`.
    Ints,
    /// A `[][]interface {}`, the result of `chunk`.
    Lists,
    /// A nil `map[string]interface {}`, the result of `fromJson` for null: it is written as null, and nothing can be
    /// set in it.
    NilMap,
    /// A `map[string]string`, the result of `split`: a missing key is an empty text, and functions for maps reject it.
    Texts,
    /// A nil `map[string]string`, such as `.Chart.Annotations` of a chart without annotations: it is written as null.
    NilTexts,
    /// Bytes, such as files from `.Files`: functions for texts reject them, and JSON has them in base64.
    Bytes,
}

impl Nuance {
    /// Whether it is a `map[string]string`.
    #[must_use]
    pub fn is_texts(self) -> bool {
        matches!(self, Self::Texts | Self::NilTexts)
    }

    /// Whether it is nil with a type, in Go.
    #[must_use]
    pub fn is_nil(self) -> bool {
        matches!(self, Self::NilSlice | Self::NilMap | Self::NilTexts)
    }
}

/// A dynamic value. Numbers from values files are floats, as in Helm.
#[derive(Debug, Clone, Default)]
pub enum Data {
    /// `nil`.
    #[default]
    Nil,
    /// `bool`.
    Bool(bool),
    /// `int`.
    Int(i64),
    /// `int64`, the result of arithmetic functions and of `--set`.
    Int64(i64),
    /// `float64`.
    Float(f64),
    /// `string`.
    Str(Rope),
    /// `[]interface{}`, or the type in the nuance; shared, as a slice is in Go.
    List(Rc<RefCell<Vec<Value>>>),
    /// `map[string]interface{}`; shared and mutable, as in Go.
    Map(Rc<RefCell<Entries>>),
    /// A Go struct: `.Capabilities`, `.Files`, a semver, a time.
    Object(Rc<dyn Object>),
}

/// A Go value with its own fields and methods.
pub trait Object: fmt::Debug {
    /// The name of the type in Go, for error messages: `*chart.Metadata`.
    fn type_name(&self) -> &str;
    /// Reads a field, or calls a method with arguments; `None` if there is none with this name.
    fn call(&self, name: &str, args: &[Value], origins: &Origins) -> Option<Result<Value, String>>;
    /// The text that `print` writes.
    fn print(&self) -> String;
    /// The text that an action writes; a pointer is dereferenced.
    fn shown(&self) -> String {
        self.print()
    }
    /// The names and values of the fields, if it is a struct without a `String` method; for `printf`.
    fn members(&self) -> Option<Vec<(&'static str, Value)>> {
        None
    }
    /// The entries, if the type is a map in Go, such as `.Files`; for `range` and `index`.
    fn entries(&self) -> Option<Entries> {
        None
    }
    /// The items, if the type is a list in Go; for `range` and `len`.
    fn items(&self) -> Option<Vec<Value>> {
        None
    }
    /// The fields of a struct in JSON, in their order.
    fn fields(&self, _: OriginId) -> Option<Vec<(&'static str, Value)>> {
        None
    }
    /// The copy that a function is given, as Go passes structs by value: it has no methods of the pointer type. `None`
    /// if it is passed as it is.
    fn copied(&self) -> Option<Rc<dyn Object>> {
        None
    }
    /// The value that `toYaml` writes, and `toJson` unless it is a struct.
    fn encoded(&self, origin: OriginId) -> Value {
        if let Some(fields) = self.fields(origin) {
            let fields = fields.into_iter().map(|(name, value)| (name.into(), value));
            return Value::map(fields.collect(), origin);
        }
        match (self.entries(), self.items()) {
            (Some(entries), _) => Value::map(entries, origin),
            (None, Some(items)) => Value::list(items, origin),
            (None, None) => Value::str(&self.print(), origin),
        }
    }
    /// Allows downcasts to the concrete type.
    fn as_any(&self) -> &dyn std::any::Any;
}

/// Limits a walk through maps and lists, which may contain themselves.
#[derive(Debug)]
pub struct Budget {
    nodes: usize,
    depth: usize,
    /// The remaining size of the texts that are made, in bytes.
    text: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { nodes: 1_000_000, depth: 200, text: MAX_TEXT }
    }
}

impl Budget {
    /// Enters a value; false if the walk has to stop there.
    pub fn enter(&mut self) -> bool {
        if self.nodes == 0 || self.depth == 0 || self.text == 0 {
            return false;
        }
        self.nodes -= 1;
        self.depth -= 1;
        true
    }

    /// Leaves the value.
    pub fn leave(&mut self) {
        self.depth += 1;
    }

    /// Returns the text that `write` makes of a part of a value, and counts it. Once the total is longer than a text
    /// may be, the result is empty: whoever receives the texts reports an error.
    pub fn text(&mut self, write: impl FnOnce() -> String) -> String {
        if self.text == 0 {
            return String::new();
        }
        let text = write();
        self.text = self.text.saturating_sub(text.len());
        text
    }
}

impl Value {
    /// `nil` without an origin.
    pub const NIL: Self = Self { data: Data::Nil, origin: OriginId::NONE, nuance: Nuance::None };

    /// A value with an origin.
    #[must_use]
    pub fn new(data: Data, origin: OriginId) -> Self {
        Self { data, origin, nuance: Nuance::None }
    }

    /// The same value with another nuance.
    #[must_use]
    pub fn with(self, nuance: Nuance) -> Self {
        Self { nuance, ..self }
    }

    /// A string with one origin.
    #[must_use]
    pub fn str(text: &str, origin: OriginId) -> Self {
        Self::rope(Rope::new(text, origin))
    }

    /// A string with its segments.
    #[must_use]
    pub fn rope(rope: Rope) -> Self {
        Self::new(Data::Str(rope), OriginId::NONE)
    }

    /// A new list.
    #[must_use]
    pub fn list(items: Vec<Self>, origin: OriginId) -> Self {
        Self::new(Data::List(Rc::new(RefCell::new(items))), origin)
    }

    /// A new map.
    #[must_use]
    pub fn map(entries: Entries, origin: OriginId) -> Self {
        Self::new(Data::Map(Rc::new(RefCell::new(entries))), origin)
    }

    /// The value of a missing key in this map: the zero value of Go's type.
    #[must_use]
    pub fn absent(&self, key: &str, origins: &Origins) -> Self {
        let origin = origins.missing(self.origin, key);
        match self.nuance {
            Nuance::Texts | Nuance::NilTexts => Self::str("", origin),
            _ => Self::new(Data::Nil, origin),
        }
    }

    /// A boolean.
    #[must_use]
    pub fn bool(value: bool, origin: OriginId) -> Self {
        Self::new(Data::Bool(value), origin)
    }

    /// An `int`.
    #[must_use]
    pub fn int(value: i64, origin: OriginId) -> Self {
        Self::new(Data::Int(value), origin)
    }

    /// The number, if this is an integer in Go.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match self.data {
            Data::Int(value) | Data::Int64(value) => Some(value),
            _ => None,
        }
    }

    /// The bytes in base64, if this is a slice of bytes.
    #[must_use]
    pub fn as_base64(&self) -> Option<String> {
        let text = self.as_str().filter(|_| self.nuance == Nuance::Bytes)?;
        Some(data_encoding::BASE64.encode(&bytes::bytes(text)))
    }

    /// The text, if this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::Str(rope) => Some(rope.as_str()),
            _ => None,
        }
    }

    /// The truth of a value in Go templates: it is not nil, false, zero or empty.
    #[must_use]
    pub fn truth(&self) -> bool {
        match &self.data {
            Data::Nil => false,
            Data::Bool(value) => *value,
            Data::Int(value) | Data::Int64(value) => *value != 0,
            Data::Float(value) => *value != 0.0,
            Data::Str(rope) => !rope.is_empty(),
            Data::List(items) => !items.borrow().is_empty(),
            Data::Map(entries) => !entries.borrow().is_empty(),
            Data::Object(object) => object.entries().is_none_or(|entries| !entries.is_empty()),
        }
    }

    /// The origins of the value itself; for maps and lists, without those of their entries.
    #[must_use]
    pub fn own_origin(&self, origins: &Origins) -> OriginId {
        match &self.data {
            Data::Str(rope) => origins.union(self.origin, rope.origin(origins)),
            _ => self.origin,
        }
    }

    /// The origins of the value and of everything in it.
    #[must_use]
    pub fn deep_origin(&self, origins: &Origins) -> OriginId {
        fn walk(value: &Value, origins: &Origins, budget: &mut Budget) -> OriginId {
            let own = value.own_origin(origins);
            if !budget.enter() {
                return own;
            }
            let all = match &value.data {
                Data::List(items) => items
                    .borrow()
                    .iter()
                    .fold(own, |all, v| origins.union(all, walk(v, origins, budget))),
                Data::Map(entries) => entries
                    .borrow()
                    .values()
                    .fold(own, |all, v| origins.union(all, walk(v, origins, budget))),
                _ => own,
            };
            budget.leave();
            all
        }
        match origins.are_asked() {
            true => walk(self, origins, &mut Budget::default()),
            false => OriginId::NONE,
        }
    }

    /// The same value with `extra` added to its origins, for example by `default` or in a branch.
    #[must_use]
    pub fn tinted(&self, extra: OriginId, origins: &Origins) -> Self {
        if extra == OriginId::NONE {
            return self.clone();
        }
        match &self.data {
            Data::Str(rope) => Self::rope(rope.tinted(extra, origins)).with(self.nuance),
            data => Self {
                data: data.clone(),
                origin: origins.union(self.origin, extra),
                nuance: self.nuance,
            },
        }
    }

    /// The same value, chosen because of another one: it is derived from that, but the entries of a map or list only
    /// depend on it as a condition.
    #[must_use]
    pub fn chosen_by(&self, tested: OriginId, origins: &Origins) -> Self {
        let holds = matches!(self.data, Data::List(_) | Data::Map(_)) && self.truth();
        let part = if holds { origins.condition(tested) } else { origins.derived(tested) };
        self.tinted(part, origins)
    }

    /// Returns a member of this map or list, with the conditions under which this map or list was chosen.
    #[must_use]
    pub fn member<'a>(&self, member: &'a Self, origins: &Origins) -> Cow<'a, Self> {
        match origins.conditions(self.origin) {
            OriginId::NONE => Cow::Borrowed(member),
            conditions => Cow::Owned(member.tinted(conditions, origins)),
        }
    }

    /// The value as it is passed to a function.
    #[must_use]
    pub fn handed_over(self) -> Self {
        match &self.data {
            Data::Object(object) => match object.copied() {
                Some(copy) => Self { data: Data::Object(copy), ..self },
                None => self,
            },
            _ => self,
        }
    }

    /// A copy that shares no map or list with this value, as made by `deepCopy`.
    #[must_use]
    pub fn deep_copy(&self) -> Self {
        self.copied(&mut Budget::default())
    }

    fn copied(&self, budget: &mut Budget) -> Self {
        if !budget.enter() {
            return self.clone();
        }
        let data = match &self.data {
            Data::List(items) => {
                let items = items.borrow().iter().map(|item| item.copied(budget)).collect();
                Data::List(Rc::new(RefCell::new(items)))
            }
            Data::Map(entries) => {
                let entries = entries.borrow();
                let copied = entries.iter().map(|(k, v)| (Rc::clone(k), v.copied(budget)));
                Data::Map(Rc::new(RefCell::new(copied.collect())))
            }
            data => data.clone(),
        };
        budget.leave();
        Self { data, origin: self.origin, nuance: self.nuance }
    }

    /// The name of the value's type in Go, as in `typeOf` and error messages.
    #[must_use]
    pub fn type_name(&self) -> &str {
        match &self.data {
            Data::Nil => "<nil>",
            Data::Bool(_) => "bool",
            Data::Int(_) => "int",
            Data::Int64(_) => "int64",
            Data::Float(_) => "float64",
            Data::Str(_) if self.nuance == Nuance::Bytes => "[]uint8",
            Data::Str(_) => "string",
            Data::List(_) if self.nuance == Nuance::Strings => "[]string",
            Data::List(_) if self.nuance == Nuance::Ints => "[]int",
            Data::List(_) if self.nuance == Nuance::Lists => "[][]interface {}",
            Data::List(_) => "[]interface {}",
            Data::Map(_) if self.nuance == Nuance::Values => "common.Values",
            Data::Map(_) if self.nuance.is_texts() => "map[string]string",
            Data::Map(_) => "map[string]interface {}",
            Data::Object(object) => object.type_name(),
        }
    }
}
