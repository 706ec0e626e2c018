//! What templates compute with: Go's dynamic values, each with its origin.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use super::origin::{OriginId, Origins};
use super::rope::Rope;
use crate::source::bytes;

/// A map's entries, in Go's printing order: sorted by key.
pub type Entries = BTreeMap<Rc<str>, Value>;

/// Longest text that a function may make, in bytes.
pub const MAX_TEXT: usize = 64 << 20;

/// A value and where it comes from.
///
/// For a string the segments of its rope say the origin and `origin` is empty; for a map or list `origin`
/// is the origin of it as a whole (that it is there and what it has), its elements carry their own.
#[derive(Debug, Clone, Default)]
pub struct Value {
    /// The value.
    pub data: Data,
    /// Where it comes from.
    pub origin: OriginId,
    /// What of its Go type its data does not say.
    pub nuance: Nuance,
}

/// What Go tells apart though it holds the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Nuance {
    /// Nothing.
    #[default]
    None,
    /// A map of Helm's own type `common.Values`, as `.Values` is: it has methods, and is no
    /// `map[string]interface {}` for who asks for that very type.
    Values,
    /// A slice that was never made: it is written as null where an empty one is `[]`.
    NilSlice,
    /// A `[]string`, as `splitList` and `keys` give.
    Strings,
    /// A `[]int`, as `until` gives.
    Ints,
    /// A `[][]interface {}`, as `chunk` gives.
    Lists,
    /// A `map[string]interface {}` that was never made, as `fromJson` makes of null: it is written as null, and nothing
    /// can be set in it.
    NilMap,
    /// A `map[string]string`, as `split` gives: a key that it lacks gives an empty text, and functions on maps refuse it.
    Texts,
    /// The same that was never made, as `.Chart.Annotations` of a chart without any: it is written as null.
    NilTexts,
    /// Bytes, as `.Files` gives files: a text that functions on texts refuse and that JSON has in base64.
    Bytes,
}

impl Nuance {
    /// Whether it is a `map[string]string`.
    #[must_use]
    pub fn is_texts(self) -> bool {
        matches!(self, Self::Texts | Self::NilTexts)
    }

    /// Whether it was never made: Go's nil of a type of its own.
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
    /// `int64`, as the arithmetic functions give and `--set` reads.
    Int64(i64),
    /// `float64`.
    Float(f64),
    /// `string`.
    Str(Rope),
    /// `[]interface{}`, or of what the nuance says; shared, as a Go slice is.
    List(Rc<RefCell<Vec<Value>>>),
    /// `map[string]interface{}`; shared and mutable, as in Go.
    Map(Rc<RefCell<Entries>>),
    /// A Go struct: `.Capabilities`, `.Files`, a semver, a time.
    Object(Rc<dyn Object>),
}

/// A Go value with fields and methods of its own.
pub trait Object: fmt::Debug {
    /// Go's name of the type, for error texts: `*chart.Metadata`.
    fn type_name(&self) -> &str;
    /// A field or method called with arguments. `None`: there is none of that name.
    fn call(&self, name: &str, args: &[Value], origins: &Origins) -> Option<Result<Value, String>>;
    /// What `print` shows.
    fn print(&self) -> String;
    /// What a template shows of it by itself: of a pointer, what it leads to.
    fn shown(&self) -> String {
        self.print()
    }
    /// The fields by their names, when it is a struct without a text of its own; for `printf`.
    fn members(&self) -> Option<Vec<(&'static str, Value)>> {
        None
    }
    /// The entries when the type is a map in Go, as `.Files` is; to range over and to index.
    fn entries(&self) -> Option<Entries> {
        None
    }
    /// The items when the type is a list in Go; to range over and to count.
    fn items(&self) -> Option<Vec<Value>> {
        None
    }
    /// The fields that JSON has of a struct, in its order.
    fn fields(&self, _: OriginId) -> Option<Vec<(&'static str, Value)>> {
        None
    }
    /// What a function is given in its place, as Go hands structs over: a copy, which lacks the methods of a pointer
    /// to it. `None`: the same.
    fn copied(&self) -> Option<Rc<dyn Object>> {
        None
    }
    /// What `toYaml` writes in its place, and `toJson` where it is no struct.
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
    /// For downcasting to the concrete type.
    fn as_any(&self) -> &dyn std::any::Any;
}

/// Bounds a walk through maps and lists, which may contain themselves.
#[derive(Debug)]
pub struct Budget {
    nodes: usize,
    depth: usize,
    /// How long the texts may be that are made of them, in bytes.
    text: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { nodes: 1_000_000, depth: 200, text: MAX_TEXT }
    }
}

impl Budget {
    /// Goes one value deeper; false when the walk has to end there.
    pub fn enter(&mut self) -> bool {
        if self.nodes == 0 || self.depth == 0 || self.text == 0 {
            return false;
        }
        self.nodes -= 1;
        self.depth -= 1;
        true
    }

    /// Comes back from the value.
    pub fn leave(&mut self) {
        self.depth += 1;
    }

    /// The text that `write` makes of a part of a value, which is counted. None is made where all of them together are
    /// longer than a text may be already: whoever is given them says so.
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
    /// `nil` of no origin.
    pub const NIL: Self = Self { data: Data::Nil, origin: OriginId::NONE, nuance: Nuance::None };

    /// A value of an origin.
    #[must_use]
    pub fn new(data: Data, origin: OriginId) -> Self {
        Self { data, origin, nuance: Nuance::None }
    }

    /// The same value with another nuance.
    #[must_use]
    pub fn with(self, nuance: Nuance) -> Self {
        Self { nuance, ..self }
    }

    /// A string of one origin.
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

    /// What this map gives for a key that it lacks: the zero of Go's type of its values.
    #[must_use]
    pub fn absent(&self, key: &str, origins: &Origins) -> Self {
        let origin = origins.missing(self.origin, key);
        match self.nuance {
            Nuance::Texts | Nuance::NilTexts => Self::str("", origin),
            _ => Self::new(Data::Nil, origin),
        }
    }

    /// A truth value.
    #[must_use]
    pub fn bool(value: bool, origin: OriginId) -> Self {
        Self::new(Data::Bool(value), origin)
    }

    /// An `int`.
    #[must_use]
    pub fn int(value: i64, origin: OriginId) -> Self {
        Self::new(Data::Int(value), origin)
    }

    /// The number, when this is one of Go's integers.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match self.data {
            Data::Int(value) | Data::Int64(value) => Some(value),
            _ => None,
        }
    }

    /// The bytes that this holds as base64, when it is a slice of bytes.
    #[must_use]
    pub fn as_base64(&self) -> Option<String> {
        let text = self.as_str().filter(|_| self.nuance == Nuance::Bytes)?;
        Some(data_encoding::BASE64.encode(&bytes::bytes(text)))
    }

    /// The text, when this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::Str(rope) => Some(rope.as_str()),
            _ => None,
        }
    }

    /// Go templates' truth: not nil, false, zero or empty.
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

    /// Everything that had a part in the value itself; of maps and lists not what is in them.
    #[must_use]
    pub fn own_origin(&self, origins: &Origins) -> OriginId {
        match &self.data {
            Data::Str(rope) => origins.union(self.origin, rope.origin(origins)),
            _ => self.origin,
        }
    }

    /// Everything that had a part in the value and in all that it holds.
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

    /// The same value that `extra` had a part in as well, as for `default` or a branch.
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

    /// The same value, which stands there because of what something else was: it is computed from that, but what is in
    /// a map or list depends on it only as on a condition.
    #[must_use]
    pub fn chosen_by(&self, tested: OriginId, origins: &Origins) -> Self {
        let holds = matches!(self.data, Data::List(_) | Data::Map(_)) && self.truth();
        let part = if holds { origins.condition(tested) } else { origins.derived(tested) };
        self.tinted(part, origins)
    }

    /// What this map or list gives for one of its members: what decided whether it is this one or another
    /// decided what the member is.
    #[must_use]
    pub fn member<'a>(&self, member: &'a Self, origins: &Origins) -> Cow<'a, Self> {
        match origins.conditions(self.origin) {
            OriginId::NONE => Cow::Borrowed(member),
            conditions => Cow::Owned(member.tinted(conditions, origins)),
        }
    }

    /// The value as a function is given it.
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

    /// A value of its own that shares no map or list with this one, as `deepCopy` makes.
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

    /// Go's name of the value's type, as `typeOf` and error texts have it.
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
