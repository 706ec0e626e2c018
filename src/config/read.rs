//! Reads types from the spanned tree through serde, so that one definition gives the reader and
//! the schema. Keeps going after a fault, so that all of a file's faults are said at once.

use std::cell::RefCell;
use std::fmt;

use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::source::Span;
use crate::spelling::{nearest, question};
use crate::yaml::{Entries, Kind, Node, Scalar};

/// A value, and where in the configuration it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spanned<T> {
    /// What it says.
    pub value: T,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl<T> std::ops::Deref for Spanned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

/// By this struct name [`Spanned`] asks the deserializer for positions.
const SPANNED: &str = "$plimsoll::Spanned";

/// Structs for which a scalar may stand, and the field it then is.
const SHORTHANDS: [(&str, &str); 2] = [("RuleSettings", "severity"), ("ChartSettings", "name")];

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parts<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Parts<T> {
            type Value = Spanned<T>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a value")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Spanned<T>, A::Error> {
                let (_, start) = map.next_entry::<de::IgnoredAny, u32>()?.unwrap_or_default();
                let (_, end) = map.next_entry::<de::IgnoredAny, u32>()?.unwrap_or_default();
                let (_, value) = map
                    .next_entry::<de::IgnoredAny, T>()?
                    .ok_or_else(|| de::Error::custom("a value is missing"))?;
                Ok(Spanned { value, start, end })
            }
        }
        deserializer.deserialize_struct(SPANNED, &[], Parts(std::marker::PhantomData))
    }
}

/// What is wrong with a configuration, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) span: Option<Span>,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Problem {
    fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { span: None, message: message.to_string(), help: None }
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let expected = expected.to_string();
        let (expected, found) = (in_words(&expected), given(found));
        Self { span: None, message: format!("this must be {expected}, and is {found}"), help: None }
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        Self {
            span: None,
            message: format!("`{found}` is not one of {}", listed(expected)),
            help: nearest(found, expected.iter().copied()).map(question),
        }
    }
}

/// What serde expects, in YAML's words.
fn in_words(expected: &str) -> &str {
    match expected {
        "a sequence" => "a list",
        "a map" => "a mapping",
        "a string" => "a text",
        "a boolean" => "`true` or `false`",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        other if other.starts_with("struct ") => "a mapping of settings",
        other => other,
    }
}

/// What was found, in YAML's words.
fn given(found: de::Unexpected<'_>) -> String {
    match found {
        de::Unexpected::Bool(value) => format!("`{value}`"),
        de::Unexpected::Unsigned(value) => format!("the number `{value}`"),
        de::Unexpected::Signed(value) => format!("the number `{value}`"),
        de::Unexpected::Float(value) => format!("the number `{value}`"),
        de::Unexpected::Str(text) => format!("the text `{text}`"),
        de::Unexpected::Seq => "a list".to_owned(),
        de::Unexpected::Map => "a mapping".to_owned(),
        de::Unexpected::Unit | de::Unexpected::Option => "empty".to_owned(),
        other => other.to_string(),
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Reads a value and says everything that is wrong with it. What is wrong keeps its default.
pub(super) fn read<T: DeserializeOwned + Default>(node: Node<'_>) -> (T, Vec<Problem>) {
    let mut skip = Vec::new();
    let mut wrong = Vec::new();
    loop {
        let context = Context { skip: &skip, unknown: RefCell::default() };
        let result = T::deserialize(Reader { node, context: &context });
        let unknown = context.unknown.into_inner();
        match result {
            // Each turn skips one more node, so there are no more turns than nodes.
            Err(problem) if problem.span.is_some_and(|span| !skip.contains(&span)) => {
                skip.extend(problem.span);
                wrong.push(problem);
            }
            result => {
                let (value, last) = match result {
                    Ok(value) => (value, None),
                    Err(problem) => (T::default(), Some(problem)),
                };
                wrong.extend(last.filter(|last| !wrong.contains(last)));
                wrong.extend(unknown);
                wrong.sort_by_key(|problem| problem.span);
                return (value, wrong);
            }
        }
    }
}

struct Context<'c> {
    /// Nodes that were found to be wrong: left out when they are met again.
    skip: &'c [Span],
    unknown: RefCell<Vec<Problem>>,
}

#[derive(Clone, Copy)]
struct Reader<'a, 'c> {
    node: Node<'a>,
    context: &'c Context<'c>,
}

impl Reader<'_, '_> {
    fn located<T>(self, result: Result<T, Problem>) -> Result<T, Problem> {
        let span = self.node.alias_span().unwrap_or(self.node.span());
        result.map_err(|problem| problem.at(span))
    }

    fn any<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match (self.node.kind(), self.node.scalar()) {
            (Kind::Sequence, _) => visitor.visit_seq(Items { reader: self, at: 0 }),
            (Kind::Mapping, _) => visitor.visit_map(Fields::new(self, None)),
            (Kind::Scalar, None | Some(Scalar::Null)) => visitor.visit_unit(),
            (Kind::Scalar, Some(Scalar::Bool(value))) => visitor.visit_bool(value),
            (Kind::Scalar, Some(Scalar::Int(value))) => visitor.visit_i64(value),
            (Kind::Scalar, Some(Scalar::Uint(value))) => visitor.visit_u64(value),
            (Kind::Scalar, Some(Scalar::Float(value))) => visitor.visit_f64(value),
            (Kind::Scalar, Some(Scalar::Str(value))) => visitor.visit_str(value),
        }
    }
}

impl<'de> Deserializer<'de> for Reader<'_, '_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.located(self.any(visitor))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        // `kube-version: 1.31` is meant as text, whatever YAML makes of it.
        match self.node.kind() {
            Kind::Scalar if !self.node.is_null() => {
                self.located(visitor.visit_str(self.node.raw()))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        // `off` is a boolean to YAML 1.1, but a word to people.
        let name = self.node.raw();
        self.located(visitor.visit_enum(IntoDeserializer::<Problem>::into_deserializer(name)))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        if name == SPANNED {
            return visitor.visit_map(Parts { reader: self, at: 0 });
        }
        let shorthand = SHORTHANDS.iter().find(|(wanted, _)| *wanted == name);
        match (self.node.kind(), shorthand) {
            (Kind::Mapping, _) => self.located(visitor.visit_map(Fields::new(self, Some(fields)))),
            (Kind::Scalar, Some((_, field))) if !self.node.is_null() => {
                self.located(visitor.visit_map(Shorthand { reader: self, field: Some(field) }))
            }
            // `cluster:` with nothing below it is an empty section.
            (Kind::Scalar, _) if self.node.is_null() => {
                visitor.visit_map(Fields::new(self, Some(fields)))
            }
            // Serde would take the items for the fields in their order.
            (Kind::Sequence, _) => {
                let found = de::Unexpected::Seq;
                self.located(Err(de::Error::invalid_type(found, &"a mapping of settings")))
            }
            _ => self.located(self.any(visitor)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        if self.node.is_null() {
            return visitor.visit_map(Fields::new(self, None));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        if self.node.is_null() {
            return visitor.visit_seq(Items { reader: self, at: 0 });
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char bytes byte_buf
        unit unit_struct newtype_struct tuple tuple_struct identifier
    }
}

struct Items<'a, 'c> {
    reader: Reader<'a, 'c>,
    at: usize,
}

impl<'de> de::SeqAccess<'de> for Items<'_, '_> {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Problem> {
        while let Some(node) = self.reader.node.items().nth(self.at) {
            self.at += 1;
            if !self.reader.context.skip.contains(&node.span()) {
                return seed.deserialize(Reader { node, ..self.reader }).map(Some);
            }
        }
        Ok(None)
    }
}

struct Fields<'a, 'c> {
    reader: Reader<'a, 'c>,
    entries: Entries<'a>,
    known: Option<&'static [&'static str]>,
    value: Option<Node<'a>>,
}

impl<'a, 'c> Fields<'a, 'c> {
    fn new(reader: Reader<'a, 'c>, known: Option<&'static [&'static str]>) -> Self {
        Self { reader, entries: reader.node.entries(), known, value: None }
    }
}

impl<'de> MapAccess<'de> for Fields<'_, '_> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Problem> {
        for entry in self.entries.by_ref() {
            let name = entry.name();
            if self.reader.context.skip.contains(&entry.value.span()) {
                continue;
            }
            if let Some(known) = self.known
                && !known.contains(&name.as_ref())
            {
                self.reader.context.unknown.borrow_mut().push(Problem {
                    span: Some(entry.key.span()),
                    message: format!("`{name}` is not a setting"),
                    help: nearest(&name, known.iter().copied())
                        .map(question)
                        .or_else(|| Some(format!("known here: {}", listed(known)))),
                });
                continue;
            }
            self.value = Some(entry.value);
            return seed
                .deserialize(IntoDeserializer::<Problem>::into_deserializer(name.as_ref()))
                .map(Some);
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Problem> {
        let node = self.value.take().expect("invariant: a key comes before its value");
        seed.deserialize(Reader { node, ..self.reader })
    }
}

struct Shorthand<'a, 'c> {
    reader: Reader<'a, 'c>,
    field: Option<&'static str>,
}

impl<'de> MapAccess<'de> for Shorthand<'_, '_> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Problem> {
        self.field
            .take()
            .map(|field| seed.deserialize(IntoDeserializer::<Problem>::into_deserializer(field)))
            .transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Problem> {
        seed.deserialize(self.reader)
    }
}

/// The three parts of a [`Spanned`]: start, end, value.
struct Parts<'a, 'c> {
    reader: Reader<'a, 'c>,
    at: u8,
}

impl<'de> MapAccess<'de> for Parts<'_, '_> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Problem> {
        self.at += 1;
        seed.deserialize(IntoDeserializer::<Problem>::into_deserializer(self.at)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Problem> {
        let span = self.reader.node.span();
        match self.at {
            1 => seed.deserialize(IntoDeserializer::<Problem>::into_deserializer(span.start)),
            2 => seed.deserialize(IntoDeserializer::<Problem>::into_deserializer(span.end)),
            _ => seed.deserialize(self.reader),
        }
    }
}
