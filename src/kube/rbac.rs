//! The permissions that a rule of a `Role` or `ClusterRole` grants.

use crate::yaml::Node;

/// The wildcard that grants everything in its list.
pub const EVERYTHING: &str = "*";

/// Whether a rule of a role grants one of the verbs on one of the resources in one of the API groups, for any names of
/// objects.
///
/// Mirrors `VerbMatches`, `APIGroupMatches` and `ResourceMatches` of Kubernetes'
/// `pkg/apis/rbac/v1/evaluation_helpers.go`: `*` grants everything, `*/exec` this subresource of every resource, and
/// `pods` no subresource of pods.
#[must_use]
pub fn grants<T: AsRef<str>>(rule: Node<'_>, groups: &[T], resources: &[T], verbs: &[T]) -> bool {
    let listed = |key: &str, wanted: &[T], fits: fn(&str, &str) -> bool| {
        let entries = rule.get(key).into_iter().flat_map(Node::items);
        let mut entries = entries.filter_map(Node::as_str);
        entries.any(|entry| {
            entry == EVERYTHING || wanted.iter().any(|wanted| fits(entry, wanted.as_ref()))
        })
    };
    // Resources are compared first: most rules are on other resources, and most grant one of the wanted verbs.
    listed("resources", resources, names_resource)
        && listed("verbs", verbs, |entry, wanted| entry == wanted)
        && listed("apiGroups", groups, |entry, wanted| entry == wanted)
}

/// The entries other than the resource itself in a rule's `resources` that grant something on it.
pub fn wider_resources(wanted: &str) -> impl Iterator<Item = String> {
    let of_any = wanted.split_once('/').map(|(_, part)| format!("*/{part}"));
    [Some(EVERYTHING.to_owned()), of_any].into_iter().flatten()
}

fn names_resource(entry: &str, wanted: &str) -> bool {
    let has_part = |part: &str| wanted.split_once('/').is_some_and(|(_, wanted)| wanted == part);
    entry == wanted || entry.strip_prefix("*/").is_some_and(has_part)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::Sources;
    use crate::yaml;

    fn granted(rule: &str, resource: &str) -> bool {
        let text: Arc<str> = rule.into();
        let stream = yaml::parse(Sources::default().add("rule.yaml", Arc::clone(&text)), &text);
        let root = stream.documents[0].root().expect("a rule");
        grants(root, &[""], &[resource], &["create"])
    }

    #[test]
    fn a_star_grants_everything_and_a_resource_none_of_its_subresources() {
        for (resources, of_pods, of_exec) in [
            ("['*']", true, true),
            ("[pods]", true, false),
            ("[pods/exec]", false, true),
            ("['*/exec']", false, true),
            ("['pods/*']", false, false),
            ("['*/log']", false, false),
        ] {
            let rule = format!("{{apiGroups: [''], resources: {resources}, verbs: [create]}}");
            assert_eq!(granted(&rule, "pods"), of_pods, "{resources}");
            assert_eq!(granted(&rule, "pods/exec"), of_exec, "{resources}");
        }
    }

    #[test]
    fn a_star_stands_for_a_resource_as_it_does_for_a_part_of_any() {
        let wider = |resource| wider_resources(resource).collect::<Vec<_>>();
        assert_eq!(wider("pods"), ["*"]);
        assert_eq!(wider("pods/exec"), ["*", "*/exec"]);
    }

    #[test]
    fn groups_and_verbs_count_as_well() {
        assert!(granted("{apiGroups: ['*'], resources: [pods], verbs: ['*']}", "pods"));
        assert!(!granted("{apiGroups: [apps], resources: [pods], verbs: [create]}", "pods"));
        assert!(!granted("{apiGroups: [''], resources: [pods], verbs: [get]}", "pods"));
        assert!(!granted("{nonResourceURLs: ['*'], verbs: ['*']}", "pods"));
    }
}
