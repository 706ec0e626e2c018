//! Functions that rules call so often that they do not go through CEL. Each does what the function
//! of its name in `rule::function` and beside it does, by the same code.

use super::NoValue;
use super::datum::Datum;
use crate::kube::{Object, labels_of, parse_quantity, selects};
use crate::rule::function::nearest_of;
use crate::rule::inventory::neighbours;
use crate::rule::notation::{first_match, is_match};
use crate::yaml::Node;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Contains,
    EndsWith,
    Find,
    IsQuantity,
    Matches,
    Nearest,
    OfKind,
    PodLabels,
    PodSpec,
    Quantity,
    ReplicasOf,
    SameNamespace,
    Selects,
    Size,
    StartsWith,
    Text,
}

impl Function {
    /// The function of this name that takes so many arguments, its receiver among them.
    pub(super) fn named(name: &str, count: usize) -> Option<Self> {
        Some(match (name, count) {
            ("contains", 2) => Self::Contains,
            ("endsWith", 2) => Self::EndsWith,
            ("find", 2) => Self::Find,
            ("isQuantity", 1) => Self::IsQuantity,
            ("matches", 2) => Self::Matches,
            ("nearest", 2) => Self::Nearest,
            ("ofKind", 2) => Self::OfKind,
            ("podLabels", 1) => Self::PodLabels,
            ("podSpec", 1) => Self::PodSpec,
            ("quantity", 1) => Self::Quantity,
            ("replicasOf", 1) => Self::ReplicasOf,
            ("sameNamespace", 2) => Self::SameNamespace,
            ("selects", 2) => Self::Selects,
            ("size", 1) => Self::Size,
            ("startsWith", 2) => Self::StartsWith,
            ("text", 1) => Self::Text,
            _ => return None,
        })
    }

    /// Calls it; `None` where CEL must see to arguments of such types.
    pub(super) fn call<'n>(self, args: &[Datum<'n>]) -> Option<Result<Datum<'n>, NoValue>> {
        let text = |at: usize| args.get(at).and_then(Datum::as_text);
        let of_texts = |test: fn(&str, &str) -> bool| Some(Datum::Bool(test(text(0)?, text(1)?)));
        match self {
            Self::Contains => of_texts(|text, part| text.contains(part)),
            Self::EndsWith => of_texts(|text, end| text.ends_with(end)),
            Self::StartsWith => of_texts(|text, start| text.starts_with(start)),
            Self::Matches => is_match(text(0)?, text(1)?).map(Datum::Bool),
            Self::Find => first_match(text(0)?, text(1)?).map(|found| Datum::Made(found.into())),
            Self::Nearest => {
                let Datum::List(entries) = args.get(1)? else { return None };
                let near = nearest_of(text(0)?, entries.iter().filter_map(Datum::as_text));
                Some(Datum::Made(near.unwrap_or_default().into()))
            }
            Self::IsQuantity => Some(Datum::Bool(parse_quantity(text(0)?).is_some())),
            Self::Quantity => parse_quantity(text(0)?).map(Datum::Double),
            Self::Size => args.first()?.size().map(Datum::Int),
            Self::Text => match args.first()? {
                text @ (Datum::Text(_) | Datum::Made(_)) => Some(text.clone()),
                Datum::Int(int) => Some(Datum::Made(int.to_string().into())),
                Datum::Bool(value) => Some(Datum::Text(if *value { "true" } else { "false" })),
                _ => None,
            },
            Self::OfKind => match args.first()? {
                Datum::Objects(list) => Some(Datum::Objects(list.of_kind(text(1)?))),
                _ => None,
            },
            Self::PodLabels => part(args, |object| object.pod_labels()),
            Self::PodSpec => part(args, |object| object.pod_spec()),
            Self::ReplicasOf => object(args, 0).map(|(_, object)| Datum::Int(object.replicas())),
            Self::Selects => {
                let (selector, labels) = (node(args, 0)?, node(args, 1)?);
                Some(Datum::Bool(selects(Some(selector), &labels_of(Some(labels)))))
            }
            Self::SameNamespace => {
                let of = |at: usize| object(args, at).map(|(_, object)| object);
                Some(Datum::Bool(neighbours(of(0)?, of(1)?)))
            }
        }
        .map(Ok)
    }
}

fn node<'n>(args: &[Datum<'n>], at: usize) -> Option<Node<'n>> {
    match args.get(at)? {
        Datum::Node(_, node) => Some(*node),
        _ => None,
    }
}

fn object<'n>(
    args: &[Datum<'n>],
    at: usize,
) -> Option<(&'n std::sync::Arc<crate::yaml::Document>, Object<'n>)> {
    match args.get(at)? {
        Datum::Node(document, node) => Some((document, Object::new(*node)?)),
        _ => None,
    }
}

/// A part of an object. Where there is none, CEL's function says what that means.
fn part<'n>(args: &[Datum<'n>], of: impl Fn(Object<'n>) -> Option<Node<'n>>) -> Option<Datum<'n>> {
    let (document, object) = object(args, 0)?;
    Some(Datum::of(document, of(object)?))
}
