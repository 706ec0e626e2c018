//! Compares layers with the chart's own values: types, equal values, lists that lose items.

use super::{Defaults, Layers, Params, Remark, dotted};
use crate::finding::Severity;
use crate::helm::reads::View;
use crate::rule::repair::Rewrite;
use crate::yaml::{Kind, Node, Scalar};

/// Finds values of another type than the default.
pub(super) fn mismatched(layers: &Layers<'_>, params: &Params<'_>) -> Vec<Remark> {
    let allow_numbers = params.flag("allow-int-string");
    let mut remarks = Vec::new();
    let view = layers.reads.map(|reads| reads.top());
    pairs(layers, &mut |pair| {
        let Some((is, was, severity)) = clash(pair.given, pair.default, allow_numbers) else {
            return;
        };
        // A template that tests the type of a value accepts several types.
        let asked = view.as_ref().is_some_and(|view| is_asked(view, &pair.path));
        if asked {
            return;
        }
        remarks.push(Remark {
            help: Some("give it the type of the default".to_owned()),
            severity,
            related: vec![(place(pair.default), "the default".to_owned())],
            ..Remark::new(
                place(pair.given),
                format!("`{}` is {is} here, and the chart's default is {was}", dotted(&pair.path)),
            )
        });
    });
    remarks
}

/// Finds values that equal the default, and that no layer below sets; if a whole map does, only the map.
pub(super) fn redundant(layers: &Layers<'_>) -> Vec<Remark> {
    let mut remarks: Vec<Remark> = Vec::new();
    let mut done: Vec<String> = Vec::new();
    pairs(layers, &mut |pair| {
        let path = dotted(&pair.path);
        let inside = done.iter().any(|above| path.starts_with(&format!("{above}.")));
        let takes_back = pair.below.iter().any(|layer| has_a_say(*layer, &pair.path));
        if inside || takes_back || !equal(pair.given, pair.default) {
            return;
        }
        remarks.push(Remark {
            repair: Rewrite::removed(pair.given),
            related: vec![(place(pair.default), "the default".to_owned())],
            ..Remark::new(place(pair.given), format!("`{path}` is what the chart has anyway"))
        });
        done.push(path);
    });
    remarks
}

/// Finds lists that replace a list and leave out some of its items.
pub(super) fn lists(layers: &Layers<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    pairs(layers, &mut |pair| {
        let both = [pair.given, pair.default];
        if both.iter().any(|node| node.kind() != Kind::Sequence || node.is_empty()) {
            return;
        }
        let same = |a: Node<'_>, b: Node<'_>| match (a.get("name"), b.get("name")) {
            (Some(a), Some(b)) => equal(a, b),
            _ => equal(a, b),
        };
        let lost: Vec<Node<'_>> = pair
            .default
            .items()
            .filter(|item| !pair.given.items().any(|kept| same(kept, *item)))
            .collect();
        let Some(first) = lost.first() else { return };
        let related = vec![(first.span(), "an item that is lost".to_owned())];
        remarks.push(Remark {
            related,
            ..Remark::new(
                place(pair.given),
                format!(
                    "`{}` takes the place of the default list: {} of its {} items are gone",
                    dotted(&pair.path),
                    lost.len(),
                    pair.default.len()
                ),
            )
        });
    });
    remarks
}

/// A value in a layer, and the default for it.
struct Pair<'a> {
    path: Vec<&'a str>,
    /// The layers below the one that sets the value.
    below: &'a [Node<'a>],
    given: Node<'a>,
    default: Node<'a>,
}

/// Calls `each` with every value that is set both in a layer and in the chart's own values; maps before their entries.
fn pairs<'a>(layers: &Layers<'a>, each: &mut impl FnMut(Pair<'a>)) {
    for (at, layer) in layers.given.iter().enumerate() {
        let mut each = |path: &[&'a str], given, default| {
            each(Pair { path: path.to_vec(), below: &layers.given[..at], given, default });
        };
        below(*layer, &layers.defaults(), &mut Vec::new(), &mut each);
    }
}

/// Whether a layer sets the value at a path, or replaces a map that it is in.
fn has_a_say(layer: Node<'_>, path: &[&str]) -> bool {
    let mut at = layer;
    for key in path {
        match at.get(key) {
            Some(inner) => at = inner,
            None => return at.kind() != Kind::Mapping,
        }
    }
    true
}

fn below<'a>(
    map: Node<'a>,
    defaults: &Defaults<'a>,
    path: &mut Vec<&'a str>,
    each: &mut impl FnMut(&[&'a str], Node<'a>, Node<'a>),
) {
    for entry in map.entries() {
        let defaults = defaults.below(entry.key.raw());
        let Some(default) = defaults.node() else { continue };
        path.push(entry.key.raw());
        if !entry.value.is_null() && !default.is_null() {
            each(path, entry.value, default);
        }
        if entry.value.kind() == Kind::Mapping {
            below(entry.value, &defaults, path, each);
        }
        path.pop();
    }
}

fn is_asked(view: &View<'_>, path: &[&str]) -> bool {
    path.iter().fold(view.clone(), |view, key| view.below(key)).is_typed()
}

/// The names of the two types, if they conflict, with a severity if it is not the rule's.
fn clash(
    given: Node<'_>,
    default: Node<'_>,
    allow_numbers: bool,
) -> Option<(&'static str, &'static str, Option<Severity>)> {
    let (is, was) = (Type::of(given), Type::of(default));
    let said = Some((is.name(), was.name(), None));
    match (was, is) {
        // An empty value removes the default, whatever its type: `[]` for a map, `""` for anything.
        _ if is == was || is_nothing(given) => None,
        // Helm warns, but nothing is lost: charts write `{}` for a list, too.
        (Type::Map, Type::List) if default.is_empty() => None,
        (Type::Map, _) if default.is_empty() => {
            Some((is.name(), was.name(), Some(Severity::Warning)))
        }
        (Type::Map, _) => said,
        (Type::List, _) if default.is_empty() => None,
        (Type::List, _) => said,
        // As a default, an empty text, false or 0 may be replaced by any type.
        _ if is_nothing(default) && matches!(is, Type::Map | Type::List) => None,
        (_, Type::Map | Type::List) => said,
        // `"true"` counts as true, too: only a template that compares or prints it can tell.
        (Type::Bool, Type::Text) if is_true(given.raw()) => {
            Some((is.name(), was.name(), Some(Severity::Warning)))
        }
        (Type::Bool, Type::Text) => is_truth(given.raw()).then_some(()).and(said),
        (Type::Text, Type::Bool) if is_truth(default.raw()) || default.raw().is_empty() => None,
        (Type::Text | Type::Number, Type::Bool) => said,
        (Type::Number, Type::Text) => {
            (!allow_numbers && given.raw().parse::<f64>().is_ok()).then_some(()).and(said)
        }
        (Type::Text, Type::Number) => {
            (!allow_numbers && !default.raw().is_empty()).then_some(()).and(said)
        }
        _ => None,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Map,
    List,
    Text,
    Number,
    Bool,
    Null,
}

impl Type {
    fn of(node: Node<'_>) -> Self {
        match (node.kind(), node.scalar()) {
            (Kind::Mapping, _) => Self::Map,
            (Kind::Sequence, _) => Self::List,
            (Kind::Scalar, Some(Scalar::Str(_))) => Self::Text,
            (Kind::Scalar, Some(Scalar::Bool(_))) => Self::Bool,
            (Kind::Scalar, Some(Scalar::Null) | None) => Self::Null,
            (Kind::Scalar, Some(_)) => Self::Number,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Map => "a map",
            Self::List => "a list",
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Bool => "a boolean",
            Self::Null => "null",
        }
    }
}

/// Whether a value is the empty value of its type.
fn is_nothing(node: Node<'_>) -> bool {
    match Type::of(node) {
        Type::Map | Type::List => node.is_empty(),
        Type::Text => node.raw().is_empty(),
        Type::Bool => node.as_bool() == Some(false),
        Type::Number => node.as_f64() == Some(0.0),
        Type::Null => true,
    }
}

fn is_truth(text: &str) -> bool {
    is_true(text) || matches!(text.to_ascii_lowercase().as_str(), "false" | "no" | "off")
}

fn is_true(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "true" | "yes" | "on")
}

/// Whether two trees have the same contents.
fn equal(a: Node<'_>, b: Node<'_>) -> bool {
    match (a.kind(), b.kind()) {
        (Kind::Scalar, Kind::Scalar) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => a.to_bits() == b.to_bits(),
            _ => a.scalar() == b.scalar(),
        },
        (Kind::Sequence, Kind::Sequence) => {
            a.len() == b.len() && a.items().zip(b.items()).all(|(a, b)| equal(a, b))
        }
        (Kind::Mapping, Kind::Mapping) => {
            let within = |a: Node<'_>, b: Node<'_>| {
                a.entries().all(|e| b.get(&e.name()).is_some_and(|other| equal(e.value, other)))
            };
            a.len() == b.len() && within(a, b)
        }
        _ => false,
    }
}

/// The span of a collection's key, or else of the value itself.
fn place(node: Node<'_>) -> crate::source::Span {
    match node.kind() {
        Kind::Scalar => node.alias_span().unwrap_or_else(|| node.span()),
        Kind::Mapping | Kind::Sequence => node.key_span().unwrap_or_else(|| node.span()),
    }
}
