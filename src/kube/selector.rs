//! Evaluates label selectors as `k8s.io/apimachinery/pkg/apis/meta/v1.LabelSelectorAsSelector` does.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::yaml::{Kind, Node};

/// The labels in a mapping; values that are not scalars are left out.
#[must_use]
pub fn labels_of(mapping: Option<Node<'_>>) -> BTreeMap<String, String> {
    labels(mapping).map(|(key, value)| (key.into_owned(), value.to_owned())).collect()
}

/// The labels in a mapping in their order; values that are not scalars are left out.
pub fn labels(mapping: Option<Node<'_>>) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
    let entries = mapping.into_iter().flat_map(Node::entries);
    entries
        .filter(|entry| entry.value.kind() == Kind::Scalar)
        .map(|entry| (entry.name(), entry.value.raw()))
}

/// Whether a label selector matches the labels in a mapping. A missing or null selector matches nothing, and an empty
/// one everything. A requirement that Kubernetes would refuse matches nothing.
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

/// The text of a label's value.
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::Sources;
    use crate::yaml;

    /// Whether a selector matches pods with the labels `app: web` and `track: stable`.
    fn matches(selector: &str) -> bool {
        let text: Arc<str> =
            format!("{{selector: {selector}, labels: {{app: web, track: stable}}}}").into();
        let stream = yaml::parse(Sources::default().add("pods.yaml", Arc::clone(&text)), &text);
        let root = stream.documents[0].root().expect("a mapping");
        selects(root.get("selector"), root.get("labels"))
    }

    #[test]
    fn none_matches_nothing_and_an_empty_one_everything() {
        assert!(!matches("null"));
        assert!(matches("{}"));
        assert!(matches("{matchLabels: {}, matchExpressions: []}"));
    }

    #[test]
    fn all_labels_must_be_there_with_their_values() {
        assert!(matches("{matchLabels: {app: web}}"));
        assert!(matches("{matchLabels: {app: web, track: stable}}"));
        assert!(!matches("{matchLabels: {app: web, track: canary}}"));
        assert!(!matches("{matchLabels: {app: web, tier: front}}"));
    }

    #[test]
    fn each_term_is_met_in_its_own_way() {
        for (term, is_met) in [
            ("{key: app, operator: In, values: [shop, web]}", true),
            ("{key: app, operator: In, values: [shop]}", false),
            ("{key: tier, operator: In, values: [web]}", false),
            ("{key: app, operator: NotIn, values: [shop]}", true),
            ("{key: app, operator: NotIn, values: [shop, web]}", false),
            ("{key: tier, operator: NotIn, values: [web]}", true),
            ("{key: app, operator: Exists}", true),
            ("{key: tier, operator: Exists}", false),
            ("{key: app, operator: DoesNotExist}", false),
            ("{key: tier, operator: DoesNotExist}", true),
            ("{key: app, operator: Equals, values: [web]}", false),
            ("{key: app}", false),
        ] {
            assert_eq!(matches(&format!("{{matchExpressions: [{term}]}}")), is_met, "{term}");
        }
        let both = "[{key: app, operator: Exists}, {key: tier, operator: Exists}]";
        assert!(!matches(&format!("{{matchExpressions: {both}}}")));
        let one = "{matchLabels: {app: web}, matchExpressions: [{key: tier, operator: Exists}]}";
        assert!(!matches(one));
    }
}
