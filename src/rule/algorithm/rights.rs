//! Checks the API groups, resources and verbs of a role's rules against those that Kubernetes has. Groups of custom
//! resources are not checked. Parameter `extra-resources`: more resources that exist, as `group/name`.

use super::{Scene, hit};
use crate::kube::resource::{groups_of, is_group, is_resource, resources};
use crate::rule::hit::Hit;
use crate::spelling::{nearest, question};
use crate::yaml::Node;

const VERBS: &[&str] = &[
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "bind",
    "escalate",
    "impersonate",
    "approve",
    "sign",
    "attest",
    "use",
];

pub(super) fn judge(scene: &Scene<'_>) -> Vec<Hit> {
    let extra = scene.words("extra-resources");
    let rules = scene.object.node.get("rules").into_iter().flat_map(Node::items);
    rules
        .flat_map(|rule| {
            group_hits(rule).into_iter().chain(resource_hits(rule, &extra)).chain(verb_hits(rule))
        })
        .collect()
}

fn texts<'n>(rule: Node<'n>, key: &str) -> Vec<Node<'n>> {
    rule.get(key).into_iter().flat_map(Node::items).filter(|item| item.as_str().is_some()).collect()
}

/// Groups that are written like an `apiVersion`, or by a name for the core group, whose name is empty.
fn group_hits(rule: Node<'_>) -> Vec<Hit> {
    let is_version = |name: &str| {
        let number = name.strip_prefix('v').unwrap_or_default();
        number.starts_with(|first: char| first.is_ascii_digit())
            && number.chars().all(|letter| letter.is_ascii_alphanumeric())
    };
    let meant = |group: &str| match group.split_once('/') {
        Some((group, version)) if is_version(version) => Some(format!("write `{group}`")),
        None if group == "core" || is_version(group) => Some("the core group is `\"\"`".to_owned()),
        _ => None,
    };
    texts(rule, "apiGroups")
        .into_iter()
        .filter_map(|node| {
            let help = meant(node.raw())?;
            let message = format!("`{}` is not an API group: this rule grants nothing", node.raw());
            Some(hit(node, message, Some(help)))
        })
        .collect()
}

fn resource_hits(rule: Node<'_>, extra: &[&str]) -> Vec<Hit> {
    let groups: Vec<&str> = texts(rule, "apiGroups").iter().map(|group| group.raw()).collect();
    // `*` and the groups of custom resources may have any resources.
    if groups.is_empty() || !groups.iter().all(|group| is_group(group)) {
        return Vec::new();
    }
    let known = |name: &str| {
        groups.iter().any(|group| {
            is_resource(group, name)
                || extra.iter().any(|extra| match extra.rsplit_once('/') {
                    Some((of, extra)) => of == *group && extra == name,
                    None => group.is_empty() && *extra == name,
                })
        })
    };
    texts(rule, "resources")
        .into_iter()
        .filter_map(|node| {
            // Controllers also check permissions on subresources that the API does not serve.
            let name = node.raw().split('/').next().unwrap_or_default();
            if name == "*" || name.is_empty() || known(name) {
                return None;
            }
            let (shown, help) = advice(name, &groups);
            let message = format!("{shown}: this rule grants nothing on it");
            Some(hit(node, message, help))
        })
        .collect()
}

fn advice(name: &str, groups: &[&str]) -> (String, Option<String>) {
    let quoted = |group: &str| format!("`{}`", if group.is_empty() { "\"\"" } else { group });
    let listed = groups.iter().map(|group| quoted(group)).collect::<Vec<_>>().join(" or ");
    let elsewhere: Vec<String> = groups_of(name).iter().map(|group| quoted(group)).collect();
    if !elsewhere.is_empty() {
        let help = format!("add the API group {}", elsewhere.join(" or "));
        return (format!("`{name}` is not in the API group {listed}"), Some(help));
    }
    let near = groups.iter().find_map(|group| nearest(name, resources(group)));
    let help = near.map(question);
    (format!("there is no resource `{name}` in the API group {listed}"), help)
}

fn verb_hits(rule: Node<'_>) -> Vec<Hit> {
    texts(rule, "verbs")
        .into_iter()
        .filter_map(|node| {
            let verb = node.raw();
            if verb == "*" || VERBS.contains(&verb) {
                return None;
            }
            // Webhooks may check verbs of their own, so only a word that is close to a known verb is a fault.
            let near = nearest(verb, VERBS.iter().copied())?;
            let message = format!("`{verb}` is not a verb: this rule does not grant it");
            Some(hit(node, message, Some(question(near))))
        })
        .collect()
}
