//! The resources of the built-in API groups, by the names that roles use.
//!
//! They are derived from the kinds that any included version of Kubernetes serves, and from those in the lifecycle
//! table, so that a role for an old cluster is not a fault.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::{lifecycle, schema};

/// Resources without a kind: whom users may impersonate, for which signers they may act, and what was only there to be
/// scaled.
const VIRTUAL: &[(&str, &str)] = &[
    ("", "groups"),
    ("", "users"),
    ("authentication.k8s.io", "uids"),
    ("authentication.k8s.io", "userextras"),
    ("certificates.k8s.io", "signers"),
    // Only its `scale` was there. Kubernetes' own role `edit` still grants it.
    ("extensions", "replicationcontrollers"),
];

/// Names of resources by group, sorted.
static TABLE: LazyLock<BTreeMap<&str, BTreeSet<String>>> = LazyLock::new(|| {
    let mut table: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (api_version, kind) in schema::kinds() {
        table.entry(group(api_version)).or_default().insert(plural(kind));
    }
    // `extensions` is a built-in group, of which all kinds were removed.
    table.entry("extensions").or_default();
    for (api_version, kind) in lifecycle::kinds() {
        if let Some(resources) = table.get_mut(group(api_version)) {
            resources.insert(plural(kind));
        }
    }
    for (group, resource) in VIRTUAL {
        table.entry(group).or_default().insert((*resource).to_owned());
    }
    table
});

/// Whether an API group is one of Kubernetes' own.
#[must_use]
pub fn is_group(group: &str) -> bool {
    TABLE.contains_key(group)
}

/// Whether a built-in group has a resource with this name, such as `deployments`.
#[must_use]
pub fn is_resource(group: &str, name: &str) -> bool {
    TABLE.get(group).is_some_and(|resources| resources.contains(name))
}

/// The resources of a built-in group, sorted; empty for other groups.
pub fn resources(group: &str) -> impl Iterator<Item = &'static str> {
    TABLE.get(group).into_iter().flatten().map(String::as_str)
}

/// The built-in groups with a resource of this name, sorted.
#[must_use]
pub fn groups_of(name: &str) -> Vec<&'static str> {
    TABLE.iter().filter(|(_, names)| names.contains(name)).map(|(group, _)| *group).collect()
}

fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// The resource of a kind, as `k8s.io/apimachinery/pkg/api/meta.UnsafeGuessKindToResource` derives it; this is right
/// for all built-in kinds.
fn plural(kind: &str) -> String {
    let lower = kind.to_lowercase();
    match lower.chars().next_back() {
        _ if lower == "endpoints" => lower,
        Some('s') => lower + "es",
        Some('y') => lower.trim_end_matches('y').to_owned() + "ies",
        _ => lower + "s",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_known_by_their_group() {
        for (group, name) in [
            ("", "pods"),
            ("", "endpoints"),
            ("apps", "deployments"),
            ("networking.k8s.io", "ingresses"),
            ("networking.k8s.io", "networkpolicies"),
            ("discovery.k8s.io", "endpointslices"),
            ("extensions", "ingresses"),
            ("policy", "podsecuritypolicies"),
            ("coordination.k8s.io", "leases"),
            ("storage.k8s.io", "csinodes"),
        ] {
            assert!(is_resource(group, name), "{group} {name}");
        }
        assert!(!is_resource("", "deployments"));
        assert_eq!(groups_of("deployments"), ["apps", "extensions"]);
        assert!(!is_group("cert-manager.io") && !is_group("metrics.k8s.io"));
    }
}
