//! Functions that rules call so often that they do not go through CEL. Each shares its code with the function of the
//! same name in `rule::function` and the modules beside it.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::fast::{FixedState, RandomState};

use super::NoValue;
use super::datum::Datum;
use crate::kube::schema::served;
use crate::kube::{ImageRef, Lifecycle, Object, grants, lifecycle, parse_quantity, selects};
use crate::rule::function::nearest_of;
use crate::rule::inventory::{Selector, are_neighbours, carries, demand, percent_of};
use crate::rule::notation::{first_match, is_match};
use crate::rule::value::digest;
use crate::yaml::{Document, Kind, Node};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    /// `size(podsSelected(workloads, object, selector)) > 0`
    AnyPods(Selector),
    /// `size(bytes(text))`
    ByteSize,
    Contains,
    Distinct,
    Double,
    EndsWith,
    Find,
    Flatten,
    Grants,
    Image,
    InList,
    Int,
    IsQuantity,
    Join,
    Lifecycle,
    LowerAscii,
    Matches,
    MatchesLabels,
    Nearest,
    OfKind,
    OfName,
    PodLabels,
    PodResource,
    PodSpec,
    /// `podsMatching`, `podsSelected`
    Pods(Selector),
    Quantity,
    Replace,
    ReplicasOf,
    SameNamespace,
    Scaled,
    Selects,
    ServedIn,
    Size,
    Split,
    StartsWith,
    Sum,
    Text,
    Trim,
    UpperAscii,
    /// `optional.value()`
    Value,
}

impl Function {
    /// The function with this name that takes `count` arguments, including the receiver.
    pub(super) fn named(name: &str, count: usize) -> Option<Self> {
        Some(match (name, count) {
            ("contains", 2) => Self::Contains,
            ("distinct", 1) => Self::Distinct,
            ("double", 1) => Self::Double,
            ("endsWith", 2) => Self::EndsWith,
            ("find", 2) => Self::Find,
            ("flatten", 1) => Self::Flatten,
            ("grants", 4) => Self::Grants,
            ("image", 1) => Self::Image,
            ("inList", 1) => Self::InList,
            ("int", 1) => Self::Int,
            ("isQuantity", 1) => Self::IsQuantity,
            ("join", 1 | 2) => Self::Join,
            ("lifecycle", 2) => Self::Lifecycle,
            ("lowerAscii", 1) => Self::LowerAscii,
            ("matches", 2) => Self::Matches,
            ("matchesLabels", 2) => Self::MatchesLabels,
            ("nearest", 2) => Self::Nearest,
            ("ofKind", 2) => Self::OfKind,
            ("ofName", 2) => Self::OfName,
            ("podLabels", 1) => Self::PodLabels,
            ("podResource", 3) => Self::PodResource,
            ("podSpec", 1) => Self::PodSpec,
            ("podsMatching", 3) => Self::Pods(Selector::Plain),
            ("podsSelected", 3) => Self::Pods(Selector::Labels),
            ("quantity", 1) => Self::Quantity,
            ("replace", 3) => Self::Replace,
            ("replicasOf", 1) => Self::ReplicasOf,
            ("sameNamespace", 2) => Self::SameNamespace,
            ("scaled", 3) => Self::Scaled,
            ("selects", 2) => Self::Selects,
            ("servedIn", 1) => Self::ServedIn,
            ("size", 1) => Self::Size,
            ("split", 2) => Self::Split,
            ("startsWith", 2) => Self::StartsWith,
            ("sum", 1) => Self::Sum,
            ("text", 1) => Self::Text,
            ("trim", 1) => Self::Trim,
            ("upperAscii", 1) => Self::UpperAscii,
            ("value", 1) => Self::Value,
            _ => return None,
        })
    }

    /// Calls the function; `None` if CEL must do so because of the arguments' types.
    pub(super) fn call<'n>(self, args: &[Datum<'n>]) -> Option<Result<Datum<'n>, NoValue>> {
        match self {
            Self::Contains
            | Self::EndsWith
            | Self::StartsWith
            | Self::Matches
            | Self::Find
            | Self::Replace
            | Self::Trim
            | Self::LowerAscii
            | Self::UpperAscii
            | Self::Split
            | Self::Nearest
            | Self::Text => self.of_texts(args).map(Ok),
            Self::Value => match args.first()? {
                Datum::Optional(held) => {
                    Some(held.as_ref().map(|value| Datum::clone(value)).ok_or(NoValue))
                }
                _ => None,
            },
            Self::ByteSize => {
                i64::try_from(args.first()?.as_text()?.len()).ok().map(Datum::Int).map(Ok)
            }
            Self::Size => args.first()?.size().map(Datum::Int).map(Ok),
            Self::Flatten => flatten(args.first()?).map(Ok),
            Self::Distinct => distinct(args.first()?).map(Ok),
            Self::Join => join(args).map(Ok),
            Self::Sum | Self::Double | Self::Int | Self::Quantity | Self::IsQuantity => {
                self.of_numbers(args.first()?).map(Ok)
            }
            Self::Image => image(args.first()?).map(Ok),
            Self::Scaled => scaled(args).map(Datum::Int).map(Ok),
            Self::Lifecycle => {
                let life = lifecycle(args.first()?.as_text()?, args.get(1)?.as_text()?);
                Some(Ok(of_lifecycle(life)))
            }
            Self::ServedIn => {
                let (first, last) = served(args.first()?.as_text()?).unwrap_or((0, 0));
                Some(Ok(record([("first", minor(first)), ("last", minor(last))])))
            }
            Self::PodSpec => {
                let (document, object) = object(args, 0)?;
                let spec = object.and_then(|object| object.pod_spec());
                Some(spec.map(|spec| Datum::of(document, spec)).ok_or(NoValue))
            }
            Self::PodLabels => {
                let (document, object) = object(args, 0)?;
                let labels = object.and_then(|object| object.pod_labels());
                Some(Ok(labels.map_or_else(|| record([]), |labels| Datum::of(document, labels))))
            }
            Self::Grants
            | Self::InList
            | Self::MatchesLabels
            | Self::OfKind
            | Self::OfName
            | Self::PodResource
            | Self::AnyPods(_)
            | Self::Pods(_)
            | Self::ReplicasOf
            | Self::SameNamespace
            | Self::Selects => self.of_objects(args).map(Ok),
        }
    }

    fn of_texts<'n>(self, args: &[Datum<'n>]) -> Option<Datum<'n>> {
        let text = |at: usize| args.get(at).and_then(Datum::as_text);
        let first = args.first()?;
        Some(match self {
            Self::Contains => Datum::Bool(text(0)?.contains(text(1)?)),
            Self::EndsWith => Datum::Bool(text(0)?.ends_with(text(1)?)),
            Self::StartsWith => Datum::Bool(text(0)?.starts_with(text(1)?)),
            Self::Matches => Datum::Bool(is_match(text(0)?, text(1)?)?),
            Self::Find => {
                let pattern = text(1)?;
                first.part(|text| first_match(text, pattern))?
            }
            Self::Replace => match (text(0)?, text(1)?, text(2)?) {
                (whole, from, to) if whole.contains(from) => {
                    Datum::Made(whole.replace(from, to).into())
                }
                _ => first.clone(),
            },
            Self::Trim => first.part(|text| Some(text.trim()))?,
            Self::LowerAscii => Datum::Made(text(0)?.to_ascii_lowercase().into()),
            Self::UpperAscii => Datum::Made(text(0)?.to_ascii_uppercase().into()),
            Self::Split => {
                let by = text(1).filter(|by| !by.is_empty())?;
                Datum::List(match first {
                    Datum::Text(text) => text.split(by).map(Datum::Text).collect(),
                    _ => text(0)?.split(by).map(|part| Datum::Made(part.into())).collect(),
                })
            }
            Self::Nearest => {
                let Datum::List(entries) = args.get(1)? else { return None };
                let near = nearest_of(text(0)?, entries.iter().filter_map(Datum::as_text));
                Datum::Made(near.unwrap_or_default().into())
            }
            _ => match first {
                Datum::Text(_) | Datum::Made(_) => first.clone(),
                Datum::Int(int) => Datum::Made(int.to_string().into()),
                Datum::Bool(value) => Datum::Text(if *value { "true" } else { "false" }),
                _ => return None,
            },
        })
    }

    fn of_numbers<'n>(self, of: &Datum<'n>) -> Option<Datum<'n>> {
        Some(match (self, of) {
            (Self::Quantity, _) => Datum::Double(parse_quantity(of.as_text()?)?),
            (Self::IsQuantity, _) => Datum::Bool(parse_quantity(of.as_text()?).is_some()),
            (Self::Sum, Datum::List(items)) => {
                Datum::Double(items.iter().map(number).sum::<Option<f64>>()?)
            }
            (Self::Double, _) => Datum::Double(number(of)?),
            (Self::Int, Datum::Int(int)) => Datum::Int(*int),
            _ => return None,
        })
    }

    fn of_objects<'n>(self, args: &[Datum<'n>]) -> Option<Datum<'n>> {
        // A value that CEL made may also be an object.
        if args.iter().any(|argument| matches!(argument, Datum::Foreign(_))) {
            return None;
        }
        let object = |at: usize| object(args, at).and_then(|(_, object)| object);
        let objects = || match args.first()? {
            Datum::Objects(list) => Some(*list),
            _ => None,
        };
        Some(match self {
            Self::Grants => {
                let list = |at: usize| words(args.get(at)?);
                Datum::Bool(grants(node(args, 0)?, &list(1)?, &list(2)?, &list(3)?))
            }
            Self::InList => Datum::Bool(node(args, 0)?.parent().is_some()),
            Self::MatchesLabels => {
                let both = node(args, 0).zip(node(args, 1));
                Datum::Bool(both.is_some_and(|(selector, labels)| carries(selector, labels)))
            }
            Self::OfKind => Datum::Objects(objects()?.of_kind(args.get(1)?.as_text()?)),
            Self::OfName => nodes(objects()?.of_name(args.get(1)?.as_text()?)),
            Self::AnyPods(sort) => {
                Datum::Bool(sort.any_among(objects()?, object(1), node(args, 2)))
            }
            Self::Pods(sort) => nodes(sort.among(objects()?, object(1), node(args, 2))),
            Self::PodResource => {
                let (side, resource) = (args.get(1)?.as_text()?, args.get(2)?.as_text()?);
                Datum::Double(demand(object(0)?, side, resource))
            }
            Self::ReplicasOf => Datum::Int(object(0)?.replicas()),
            Self::SameNamespace => Datum::Bool(are_neighbours(node(args, 0)?, node(args, 1)?)),
            _ => Datum::Bool(selects(node(args, 0), node(args, 1))),
        })
    }
}

/// An argument that is a mapping or a sequence.
fn node<'n>(args: &[Datum<'n>], at: usize) -> Option<Node<'n>> {
    match args.get(at)? {
        Datum::Node(_, node) => Some(*node),
        _ => None,
    }
}

/// An argument that is an object, if it is one, with its document.
fn object<'n>(args: &[Datum<'n>], at: usize) -> Option<(&'n Arc<Document>, Option<Object<'n>>)> {
    match args.get(at)? {
        Datum::Node(document, node) => Some((document, Object::new(*node))),
        _ => None,
    }
}

/// The texts in a list.
fn words<'d>(list: &'d Datum<'_>) -> Option<Vec<&'d str>> {
    match list {
        Datum::List(items) => Some(items.iter().filter_map(Datum::as_text).collect()),
        _ => None,
    }
}

fn nodes<'n>(nodes: Vec<(&'n Arc<Document>, Node<'n>)>) -> Datum<'n> {
    Datum::List(nodes.into_iter().map(|(document, node)| Datum::of(document, node)).collect())
}

fn record<'n, const N: usize>(entries: [(&'n str, Datum<'n>); N]) -> Datum<'n> {
    Datum::Record(Rc::new(entries.map(|(key, value)| (key.into(), value))))
}

/// A list in which lists are replaced by their items.
fn flatten<'n>(list: &Datum<'n>) -> Option<Datum<'n>> {
    let Datum::List(items) = list else { return None };
    let mut flat = Vec::with_capacity(items.len());
    for item in items.iter() {
        match item {
            Datum::Objects(_) | Datum::Foreign(_) => return None,
            Datum::List(inner) => flat.extend(inner.iter().cloned()),
            Datum::Node(document, node) if node.kind() == Kind::Sequence => {
                flat.extend(node.items().map(|item| Datum::of(document, item)));
            }
            other => flat.push(other.clone()),
        }
    }
    Some(Datum::List(flat.into()))
}

/// A list without items that equal an earlier one.
fn distinct<'n>(list: &Datum<'n>) -> Option<Datum<'n>> {
    let Datum::List(items) = list else { return None };
    let numbers: Option<Vec<u64>> = items.iter().map(number_of).collect();
    let mut unique: Vec<Datum<'n>> = Vec::with_capacity(items.len());
    let mut alike: HashMap<u64, Vec<usize>, RandomState> = HashMap::default();
    for (at, item) in items.iter().enumerate() {
        let number = numbers.as_ref().map_or(0, |numbers| numbers[at]);
        let places = alike.entry(number).or_default();
        if !places.iter().any(|&at| item.equals(&unique[at])) {
            places.push(unique.len());
            unique.push(item.clone());
        }
    }
    Some(Datum::List(unique.into()))
}

/// A hash that equal values have in common; `None` for computed lists and maps, which may equal nodes of a document.
pub(super) fn number_of(value: &Datum<'_>) -> Option<u64> {
    match value {
        Datum::Text(text) => Some(FixedState::default().hash_one(*text)),
        Datum::Made(text) => Some(FixedState::default().hash_one(&**text)),
        Datum::Node(_, node) => Some(digest(*node)),
        // Numbers of different types may be equal, so all of these have the same hash.
        Datum::Null | Datum::Bool(_) | Datum::Int(_) | Datum::Uint(_) | Datum::Double(_) => Some(0),
        _ => None,
    }
}

/// The texts of a list joined to one.
fn join<'n>(args: &[Datum<'n>]) -> Option<Datum<'n>> {
    let Datum::List(items) = args.first()? else { return None };
    let between = args.get(1).map_or(Some(""), Datum::as_text)?;
    let texts: Option<Vec<&str>> = items.iter().map(Datum::as_text).collect();
    Some(Datum::Made(texts?.join(between).into()))
}

fn number(value: &Datum<'_>) -> Option<f64> {
    match value {
        #[allow(clippy::cast_precision_loss, reason = "counts and sizes are far below 2^53")]
        Datum::Int(int) => Some(*int as f64),
        Datum::Double(double) => Some(*double),
        _ => None,
    }
}

/// The value of an int-or-percent for a total.
fn scaled(args: &[Datum<'_>]) -> Option<i64> {
    match args {
        [Datum::Int(int), ..] => Some(*int),
        [percentage, Datum::Int(total), Datum::Bool(up)] => {
            percent_of(percentage.as_text()?, *total, *up)
        }
        _ => None,
    }
}

/// The parts of an image's reference.
fn image<'n>(reference: &Datum<'n>) -> Option<Datum<'n>> {
    fn parts<'t, 'n>(reference: &'t str, part: impl Fn(&'t str) -> Datum<'n>) -> Datum<'n> {
        let ImageRef { registry, repository, tag, digest } = ImageRef::parse(reference);
        record([
            ("registry", part(registry)),
            ("repository", part(repository)),
            ("tag", part(tag)),
            ("digest", part(digest)),
        ])
    }
    match reference {
        Datum::Text(text) => Some(parts(text, Datum::Text)),
        Datum::Made(text) => Some(parts(text, |part| Datum::Made(part.into()))),
        _ => None,
    }
}

pub(super) fn of_lifecycle<'n>(life: Option<Lifecycle>) -> Datum<'n> {
    let component = life.and_then(|life| life.component);
    record([
        ("deprecated", minor(life.and_then(|life| life.deprecated).unwrap_or(0))),
        ("removed", minor(life.and_then(|life| life.removed).unwrap_or(0))),
        ("replacement", Datum::Text(life.map_or("", |life| life.replacement))),
        ("component", Datum::Text(component.map_or("", |component| component.name))),
        ("gone", Datum::Text(component.map_or("", |component| component.removed))),
    ])
}

fn minor<'n>(minor: u32) -> Datum<'n> {
    Datum::Int(i64::from(minor))
}
