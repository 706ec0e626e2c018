//! The values of expressions.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelOptional, CelString,
    CelUInt,
};
use cel::common::value::Val;
use cel::{ExecutionError, Value};

use super::NoValue;
use crate::rule::list::{SharedList, SharedMap};
use crate::rule::value::{NodeVal, same, to_val};
use crate::rule::{value_entries, value_text};
use crate::yaml::{Document, Kind, NewValue, Node, Scalar};

/// A value that borrows what it can from the document, the rule and its settings; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) enum Datum<'n> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(&'n str),
    /// A computed text.
    Made(Rc<str>),
    /// A mapping or sequence in a document; scalars become values at once.
    Node(&'n Arc<Document>, Node<'n>),
    /// A computed list.
    List(Rc<[Datum<'n>]>),
    /// A computed map with texts as keys.
    Record(Rc<[(Cow<'n, str>, Datum<'n>)]>),
    /// Objects that are deployed together.
    Objects(&'n SharedList),
    /// The parameters of a rule.
    Params(Rc<Params>),
    Optional(Option<Rc<Datum<'n>>>),
    /// Any other value that CEL or a function made.
    Foreign(Rc<dyn Val>),
}

/// The parameters of a rule under one configuration. Each is converted when it is first used, as some are long lists
/// and few are used.
#[derive(Debug)]
pub(crate) struct Params {
    all: Vec<Param>,
    /// All parameters as a CEL map.
    shared: OnceCell<SharedMap>,
}

#[derive(Debug)]
struct Param {
    name: String,
    value: Value,
    taken: OnceCell<Option<Datum<'static>>>,
}

impl Params {
    /// Creates parameters from pairs with distinct names.
    pub(crate) fn new(entries: impl IntoIterator<Item = (String, Value)>) -> Self {
        let param = |(name, value)| Param { name, value, taken: OnceCell::new() };
        Self { all: entries.into_iter().map(param).collect(), shared: OnceCell::new() }
    }

    fn get(&self, name: &str) -> Option<&Datum<'static>> {
        let param = self.all.iter().find(|param| param.name == name)?;
        let taken = || Some(Datum::from_val(param.to_val()?.as_ref(), &[]));
        param.taken.get_or_init(taken).as_ref()
    }

    fn shared(&self) -> &SharedMap {
        let entry = |param: &Param| Some((param.name.clone(), param.to_val()?));
        self.shared.get_or_init(|| SharedMap::new(self.all.iter().filter_map(entry)))
    }
}

impl Param {
    fn to_val(&self) -> Option<Box<dyn Val>> {
        self.value.clone().try_into().ok()
    }
}

/// The result of looking up a member of a value.
pub(super) enum Member<'n> {
    Found(Datum<'n>),
    Missing,
    /// The value has members, but the key has the wrong type or is out of range.
    Wrong,
    /// Values of this type have no members.
    None,
}

impl<'n> Datum<'n> {
    /// The value of a node.
    pub(crate) fn of(document: &'n Arc<Document>, node: Node<'n>) -> Self {
        match node.scalar() {
            None => Self::Node(document, node),
            Some(Scalar::Null) => Self::Null,
            Some(Scalar::Bool(value)) => Self::Bool(value),
            Some(Scalar::Int(value)) => Self::Int(value),
            Some(Scalar::Uint(value)) => Self::Uint(value),
            Some(Scalar::Float(value)) => Self::Double(value),
            Some(Scalar::Str(value)) => Self::Text(value),
        }
    }

    /// A text that may be borrowed or computed.
    pub(crate) fn text(text: Cow<'n, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Self::Text(text),
            Cow::Owned(text) => Self::Made(text.into()),
        }
    }

    /// A part of a text; without a copy if the text is borrowed.
    pub(super) fn part(
        &self,
        part: impl for<'t> FnOnce(&'t str) -> Option<&'t str>,
    ) -> Option<Self> {
        match self {
            Self::Text(text) => part(text).map(Self::Text),
            Self::Made(text) => part(text).map(|part| Self::Made(part.into())),
            _ => None,
        }
    }

    /// Converts a value of CEL. Nodes of `documents` become nodes again.
    pub(super) fn from_val(value: &(dyn Val + 'static), documents: &[&'n Arc<Document>]) -> Self {
        if let Some(text) = value.downcast_ref::<CelString>() {
            return Self::Made(text.inner().into());
        }
        if let Some(bool) = value.downcast_ref::<CelBool>() {
            return Self::Bool(*bool.inner());
        }
        if let Some(int) = value.downcast_ref::<CelInt>() {
            return Self::Int(*int.inner());
        }
        if let Some(uint) = value.downcast_ref::<CelUInt>() {
            return Self::Uint(*uint.inner());
        }
        if let Some(double) = value.downcast_ref::<CelDouble>() {
            return Self::Double(*double.inner());
        }
        if value.downcast_ref::<CelNull>().is_some() {
            return Self::Null;
        }
        if let Some(optional) = value.downcast_ref::<CelOptional>() {
            let inner = optional.option().map(|value| Rc::new(Self::from_val(value, documents)));
            return Self::Optional(inner);
        }
        if let Some(list) = value.downcast_ref::<CelList>() {
            let items = list.inner().iter().map(|item| Self::from_val(item.as_ref(), documents));
            return Self::List(items.collect());
        }
        if let Some(record) = value.downcast_ref::<CelMap>().and_then(|map| record(map, documents))
        {
            return record;
        }
        let own = value.downcast_ref::<NodeVal>().and_then(|value| {
            let own = documents.iter().copied().find(|own| Arc::ptr_eq(own, value.document()))?;
            Some(Self::Node(own, own.node(value.node().id())))
        });
        if let Some(own) = own {
            return own;
        }
        Self::Foreign(Rc::from(value.clone_as_boxed()))
    }

    /// Converts the value to one of CEL.
    pub(super) fn to_val(&self) -> Box<dyn Val> {
        match self {
            Self::Null => Box::new(CelNull),
            Self::Bool(value) => Box::new(CelBool::from(*value)),
            Self::Int(value) => Box::new(CelInt::from(*value)),
            Self::Uint(value) => Box::new(CelUInt::from(*value)),
            Self::Double(value) => Box::new(CelDouble::from(*value)),
            Self::Text(text) => Box::new(CelString::from((*text).to_owned())),
            Self::Made(text) => Box::new(CelString::from(text.to_string())),
            Self::Node(document, node) => to_val(document, *node),
            Self::List(items) => {
                Box::new(CelList::from(items.iter().map(Self::to_val).collect::<Vec<_>>()))
            }
            Self::Record(entries) => {
                let entries = entries.iter().map(|(key, value)| {
                    (CelMapKey::from(key.clone().into_owned()), value.to_val())
                });
                Box::new(CelMap::from(entries.collect::<HashMap<_, _>>()))
            }
            Self::Objects(list) => Box::new((*list).clone()),
            Self::Params(params) => Box::new(params.shared().clone()),
            Self::Optional(None) => Box::new(CelOptional::none()),
            Self::Optional(Some(value)) => Box::new(CelOptional::of(value.to_val())),
            Self::Foreign(value) => value.clone_as_boxed(),
        }
    }

    /// Calls `look` with the value as one of CEL.
    pub(super) fn with_val<R>(&self, look: impl FnOnce(&(dyn Val + 'static)) -> R) -> R {
        match self {
            Self::Foreign(value) => look(value.as_ref()),
            value => look(value.to_val().as_ref()),
        }
    }

    /// The name of its type in CEL; `None` if CEL must determine it.
    pub(super) fn type_name(&self) -> Option<&'static str> {
        Some(match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::Text(_) | Self::Made(_) => "string",
            Self::List(_) | Self::Objects(_) => "list",
            Self::Record(_) | Self::Params(_) => "map",
            Self::Node(_, node) => match node.kind() {
                Kind::Sequence => "list",
                Kind::Mapping | Kind::Scalar => "map",
            },
            Self::Optional(_) | Self::Foreign(_) => return None,
        })
    }

    /// The text, if the value is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Made(text) => Some(text),
            _ => None,
        }
    }

    /// The value as it is shown in a message; `None` if it cannot be shown.
    pub(crate) fn shown(&self) -> Option<Cow<'_, str>> {
        match self.as_text() {
            Some(text) => Some(text.into()),
            None => self.with_val(|value| Some(value_text(&Value::try_from(value).ok()?).into())),
        }
    }

    /// The value as it is written into a document; `None` if it cannot be written.
    pub(crate) fn written(&self) -> Option<NewValue> {
        Some(match self {
            Self::Null => NewValue::Null,
            Self::Bool(value) => NewValue::Bool(*value),
            Self::Int(value) => NewValue::Int(*value),
            Self::Double(value) => NewValue::Float(*value),
            Self::Text(text) => NewValue::Text((*text).to_owned()),
            Self::Made(text) => NewValue::Text(text.to_string()),
            Self::Node(_, node) => NewValue::of(*node),
            Self::List(items) => {
                NewValue::List(items.iter().map(Self::written).collect::<Option<_>>()?)
            }
            Self::Optional(None) => return None,
            Self::Optional(Some(value)) => value.written()?,
            other => other.with_val(|value| written(&Value::try_from(value).ok()?))?,
        })
    }

    /// The member with this name. Null counts as absent, as in Kubernetes.
    pub(super) fn member(&self, key: &str) -> Member<'n> {
        match self {
            Self::Node(document, node) => Self::present(document, node.get(key)),
            Self::Params(params) => match params.get(key) {
                Some(value) => Member::Found(value.clone()),
                None => Member::Missing,
            },
            Self::Record(entries) => match entries.iter().find(|(name, _)| name == key) {
                Some((_, value)) => Member::Found(value.clone()),
                None => Member::Missing,
            },
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Uint(_)
            | Self::Double(_)
            | Self::Text(_)
            | Self::Made(_) => Member::None,
            _ => self.foreign_member(&CelString::from(key)),
        }
    }

    /// The lookup result for a node that may be absent.
    pub(super) fn present(document: &'n Arc<Document>, member: Option<Node<'n>>) -> Member<'n> {
        match member.map(|member| Self::of(document, member)) {
            Some(Self::Null) | None => Member::Missing,
            Some(member) => Member::Found(member),
        }
    }

    /// The member at an index or a key.
    pub(super) fn index(&self, index: &Datum<'n>) -> Member<'n> {
        match (self, index) {
            (_, Self::Text(_) | Self::Made(_)) => self.member(index.as_text().unwrap_or_default()),
            (Self::Node(document, node), Self::Int(at)) => {
                let item = usize::try_from(*at).ok().and_then(|at| node.items().nth(at));
                Self::present(document, item)
            }
            (Self::List(items), Self::Int(at)) => {
                match usize::try_from(*at).ok().and_then(|at| items.get(at)) {
                    Some(item) => Member::Found(item.clone()),
                    None => Member::Missing,
                }
            }
            _ => self.foreign_member(index.to_val().as_ref()),
        }
    }

    fn foreign_member(&self, key: &dyn Val) -> Member<'n> {
        self.with_val(|value| {
            let Some(indexer) = value.as_indexer() else {
                return Member::None;
            };
            match indexer.get(key) {
                Ok(found) => Member::Found(Self::from_val(found.as_ref(), self.documents())),
                Err(ExecutionError::NoSuchKey(_)) => Member::Missing,
                Err(_) => Member::Wrong,
            }
        })
    }

    fn documents(&self) -> &[&'n Arc<Document>] {
        match self {
            Self::Node(document, _) => std::slice::from_ref(document),
            _ => &[],
        }
    }

    /// `self == other`; numbers of different types may be equal.
    #[allow(clippy::float_cmp, reason = "equality is what was asked for")]
    pub(super) fn equals(&self, other: &Datum<'n>) -> bool {
        match (self, other) {
            (Self::Text(_) | Self::Made(_), Self::Text(_) | Self::Made(_)) => {
                self.as_text() == other.as_text()
            }
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(two)) => one == two,
            (Self::Int(one), Self::Int(two)) => one == two,
            (Self::Uint(one), Self::Uint(two)) => one == two,
            (Self::Double(one), Self::Double(two)) => one == two,
            (Self::Node(_, one), Self::Node(_, two)) => same(*one, *two),
            (Self::Text(_) | Self::Made(_) | Self::Null | Self::Bool(_), other)
            | (other, Self::Text(_) | Self::Made(_) | Self::Null | Self::Bool(_))
                if !matches!(other, Self::Foreign(_)) =>
            {
                false
            }
            _ => self.with_val(|one| other.with_val(|two| one.equals(two))),
        }
    }

    /// The order of two values.
    pub(super) fn compare(&self, other: &Datum<'n>) -> Result<Ordering, NoValue> {
        match (self, other) {
            (Self::Int(one), Self::Int(two)) => Ok(one.cmp(two)),
            (Self::Double(one), Self::Double(two)) => one.partial_cmp(two).ok_or(NoValue),
            _ => self.with_val(|one| {
                let comparer = one.as_comparer().ok_or(NoValue)?;
                other.with_val(|two| comparer.compare(two)).map_err(|_| NoValue)
            }),
        }
    }

    /// `value in self`.
    pub(super) fn contains(&self, value: &Datum<'n>) -> Result<bool, NoValue> {
        match self {
            Self::Node(document, node) => Ok(match (node.kind(), value.as_text()) {
                (Kind::Mapping, Some(key)) => node.get(key).is_some(),
                (Kind::Mapping, None) => false,
                _ => node.items().any(|item| Self::of(document, item).equals(value)),
            }),
            Self::List(items) => Ok(items.iter().any(|item| item.equals(value))),
            Self::Record(entries) => {
                Ok(value.as_text().is_some_and(|key| entries.iter().any(|(name, _)| name == key)))
            }
            _ => self.with_val(|list| {
                let list = list.as_container().ok_or(NoValue)?;
                value.with_val(|value| list.contains(value)).map_err(|_| NoValue)
            }),
        }
    }

    /// `size(self)`; `None` if CEL's own function must be called.
    pub(super) fn size(&self) -> Option<i64> {
        let size = match self {
            Self::Text(text) => text.chars().count(),
            Self::Made(text) => text.chars().count(),
            Self::Node(_, node) => node.len(),
            Self::List(items) => items.len(),
            Self::Record(entries) => entries.len(),
            Self::Objects(list) => list.len(),
            _ => return None,
        };
        i64::try_from(size).ok()
    }
}

/// Converts a CEL map with texts as keys to a record in the order of its keys, so that later lookups do not need CEL.
fn record<'n>(map: &CelMap<'static>, documents: &[&'n Arc<Document>]) -> Option<Datum<'n>> {
    let entries = map.inner().iter().map(|(key, value)| {
        let key = key.inner().downcast_ref::<CelString>()?.inner();
        Some((Cow::Owned(key.to_owned()), Datum::from_val(value.as_ref(), documents)))
    });
    let mut entries = entries.collect::<Option<Vec<(Cow<'n, str>, Datum<'n>)>>>()?;
    entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    Some(Datum::Record(entries.into()))
}

/// A CEL value as it is written into a document, maps in the order of their keys.
fn written(value: &Value) -> Option<NewValue> {
    Some(match value {
        Value::Null => NewValue::Null,
        Value::Bool(value) => NewValue::Bool(*value),
        Value::Int(value) => NewValue::Int(*value),
        Value::UInt(value) => NewValue::Int(i64::try_from(*value).ok()?),
        Value::Float(value) => NewValue::Float(*value),
        Value::String(text) => NewValue::Text(text.to_string()),
        Value::List(items) => NewValue::List(items.iter().map(written).collect::<Option<_>>()?),
        Value::Map(_) => {
            let entries = value_entries(value).into_iter();
            let entries = entries.map(|(key, value)| Some((key, written(value)?)));
            NewValue::Map(entries.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}
