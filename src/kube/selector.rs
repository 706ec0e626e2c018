//! Label selectors, as `k8s.io/apimachinery/pkg/apis/meta/v1.LabelSelectorAsSelector` reads them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::yaml::{Kind, Node};

/// The labels of a mapping, as text; values that are no scalars are left out.
#[must_use]
pub fn labels_of(mapping: Option<Node<'_>>) -> BTreeMap<String, String> {
    labels(mapping).map(|(key, value)| (key.into_owned(), value.to_owned())).collect()
}

/// The same as they lie there, one after the other.
pub fn labels(mapping: Option<Node<'_>>) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
    let entries = mapping.into_iter().flat_map(Node::entries);
    entries
        .filter(|entry| entry.value.kind() == Kind::Scalar)
        .map(|entry| (entry.name(), entry.value.raw()))
}

/// Whether a label selector matches a mapping of labels. A selector that is not there (or null)
/// matches nothing, an empty one everything. A term that Kubernetes would refuse matches nothing.
#[must_use]
pub fn selects(selector: Option<Node<'_>>, labels: Option<Node<'_>>) -> bool {
    let Some(selector) = selector.filter(|selector| selector.kind() == Kind::Mapping) else {
        return false;
    };
    let equal =
        selector.get("matchLabels").into_iter().flat_map(Node::entries).all(|entry| {
            label(labels, &entry.name()).is_some_and(|value| value == entry.value.raw())
        });
    let expressions = selector.get("matchExpressions");
    equal && expressions.into_iter().flat_map(Node::items).all(|term| requirement(term, labels))
}

/// A label's text.
fn label<'n>(labels: Option<Node<'n>>, key: &str) -> Option<&'n str> {
    Some(labels?.get(key).filter(|value| value.kind() == Kind::Scalar)?.raw())
}

fn requirement(term: Node<'_>, labels: Option<Node<'_>>) -> bool {
    let key = term.get("key").map_or("", Node::raw);
    let value = label(labels, key);
    let listed = |value: &str| {
        term.get("values").into_iter().flat_map(Node::items).any(|item| item.raw() == value)
    };
    match term.get("operator").map_or("", Node::raw) {
        "In" => value.is_some_and(listed),
        "NotIn" => !value.is_some_and(listed),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        _ => false,
    }
}
