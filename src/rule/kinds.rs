//! The rules that apply to each kind of objects.

use std::cell::LazyCell;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::file::Scope;
use crate::kube::Object;
use crate::kube::schema::{Below, Site, is_namesake, own_kinds};
use crate::spelling::{misspelt, nearest, question};

/// Rules on objects, by the kinds that they apply to. A few dozen of some hundred rules apply to an object, and testing
/// each of them takes longer than evaluating most of those.
#[derive(Debug, Clone, Default)]
pub struct ByKind {
    /// Rules that apply to kinds which no rule names, in the order of [`ByKind::of`].
    others: Vec<Entry>,
    /// Rules that apply to kinds which some rule names, by kind, in the same order.
    named: HashMap<String, Vec<Entry>, RandomState>,
}

/// A rule that applies to a kind.
#[derive(Debug, Clone)]
struct Entry {
    /// Its position in the order of evaluation.
    order: usize,
    /// Its index in the list of all rules.
    rule: usize,
    /// The objects of the kind to which it applies.
    sort: Sort,
}

/// The objects of a kind to which a rule applies.
#[derive(Debug, Clone)]
enum Sort {
    Any,
    /// Objects of a kind that the rule names. A custom resource whose kind has the same name as one of Kubernetes' only
    /// counts if both have pods, as Volcano's Job has, but not the Service of Knative.
    Named,
    /// Pods, and objects that create pods.
    Pods,
    /// Objects that create pods.
    Workloads,
    /// Objects in an API group: `policy/PodDisruptionBudget`.
    Group(String),
}

/// Kubernetes' own kinds that are pods or create them.
const CREATORS: [&str; 9] = [
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Job",
    "Pod",
    "PodTemplate",
    "ReplicaSet",
    "ReplicationController",
    "StatefulSet",
];

impl ByKind {
    /// Builds the index from the scopes and kinds of all rules; rules that are not on objects are left out.
    #[must_use]
    pub fn new<'r, K>(rules: impl IntoIterator<Item = (Scope, K)>) -> Self
    where
        K: IntoIterator<Item = &'r str>,
    {
        let rules = rules.into_iter().enumerate();
        let mut own: Vec<_> = rules.filter(|(_, (scope, _))| scope.is_of_objects()).collect();
        own.sort_by_key(|(_, (scope, _))| *scope == Scope::Release);
        let mut index = Self::default();
        for (order, (rule, (_, words))) in own.into_iter().enumerate() {
            for word in words {
                let (sort, kind) = read(word);
                let entry = Entry { order, rule, sort };
                match kind {
                    None => index.others.push(entry),
                    Some(kind) => index.named.entry(kind.to_owned()).or_default().push(entry),
                }
            }
        }
        index.named.values_mut().for_each(|entries| {
            entries.extend(index.others.iter().cloned());
            entries.sort_by_key(|entry| entry.order);
        });
        index
    }

    /// The indexes, in the list that this was built from, of the rules that apply to an object: first those on single
    /// objects, then those of scope `release`, each in the order of the list. If only one of several sorts of its pods
    /// is judged, only the rules on pods apply.
    pub fn of(&self, object: &Object<'_>) -> impl Iterator<Item = usize> {
        let (pods, pod, group) =
            (object.pod_template().is_some(), object.kind == "Pod", object.group());
        let entries = self.named.get(object.kind).unwrap_or(&self.others);
        let creates = pods && CREATORS.contains(&object.kind);
        let meant = LazyCell::new(move || creates || !is_namesake(object.api_version, object.kind));
        let whole = !object.is_sort();
        let own = entries.iter().filter(move |entry| match &entry.sort {
            Sort::Any => whole,
            Sort::Named => whole && *meant,
            Sort::Pods => pods,
            Sort::Workloads => pods && !pod,
            Sort::Group(own) => whole && own == group,
        });
        // A rule that names a kind in several ways applies once.
        let mut last = None;
        own.map(|entry| entry.rule).filter(move |rule| last.replace(*rule) != Some(*rule))
    }
}

/// Parses an entry of a rule's `kinds`: which objects, and the kind if the entry names one.
fn read(word: &str) -> (Sort, Option<&str>) {
    match word {
        "any" => (Sort::Any, None),
        "pods" => (Sort::Pods, None),
        "workloads" => (Sort::Workloads, None),
        kind => match kind.rsplit_once('/') {
            Some((group, kind)) => (Sort::Group(group.to_owned()), Some(kind)),
            None => (Sort::Named, Some(kind)),
        },
    }
}

/// Kinds of `OpenShift`, in groups of its own, with the names of kinds of Kubernetes; rules on these apply to both.
const OF_OPENSHIFT: [&str; 6] =
    ["ClusterRole", "ClusterRoleBinding", "Ingress", "Node", "Role", "RoleBinding"];

/// What the schemas know of the objects that an entry of a rule's `kinds` stands for; `None` if they may have any fields.
pub(super) fn site(word: &str) -> Option<Site> {
    match read(word) {
        (Sort::Any | Sort::Pods | Sort::Workloads, _) | (_, None) => None,
        (Sort::Group(group), Some(kind)) => Site::of_kind(Some(&group), kind),
        (Sort::Named, Some(kind)) => {
            let site = Site::of_kind(None, kind)?;
            let has_namesakes = CREATORS.contains(&kind) || OF_OPENSHIFT.contains(&kind);
            Some(if has_namesakes { site.incomplete() } else { site })
        }
    }
}

/// What the schemas know of the pod templates of these objects; of a Pod, it is the object. `None` if they may have any
/// fields, or have none.
pub(super) fn template(word: &str) -> Option<Site> {
    let path: &[&str] = match word.rsplit_once('/').map_or(word, |(_, kind)| kind) {
        "Pod" => &[],
        "PodTemplate" => &["template"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template"],
        kind if CREATORS.contains(&kind) => &["spec", "template"],
        _ => return None,
    };
    path.iter().try_fold(site(word)?, |site, field| match site.field(field) {
        Below::Known(below) => Some(below),
        Below::Open | Below::Nothing => None,
    })
}

/// What is wrong with an entry of a rule's `kinds` that fits no object, and what may have been meant; `None` for others.
/// A kind of a group that is not Kubernetes' own may be any, and so may one without a group, unless it is one of
/// Kubernetes' with a slip in it.
pub(super) fn fault(word: &str) -> Option<(String, Option<String>)> {
    match read(word) {
        (Sort::Any | Sort::Pods | Sort::Workloads, _) | (_, None) => None,
        (Sort::Group(group), Some(kind)) => fault_in(&group, kind),
        (Sort::Named, Some(kind)) => {
            let known = own_kinds().map(|(_, kind)| kind);
            let word = || nearest(kind, ["any", "pods", "workloads"]);
            // Kinds begin with a capital letter.
            let is_word = kind.starts_with(|first: char| first.is_ascii_lowercase());
            let near = word().filter(|_| is_word).or_else(|| misspelt(kind, known))?;
            let help = format!(
                "{} A kind of others is written with its group: `example.org/{kind}`",
                question(near)
            );
            Some((format!("Kubernetes has no kind `{kind}`"), Some(help)))
        }
    }
}

/// What is wrong with a kind of a group.
fn fault_in(group: &str, kind: &str) -> Option<(String, Option<String>)> {
    let meant = |group: &str, kind: &str| match group {
        "" => question(kind),
        group => question(&format!("{group}/{kind}")),
    };
    let is_version = |word: &str| {
        let rest = word.strip_prefix('v').unwrap_or_default();
        rest.starts_with(|first: char| first.is_ascii_digit())
    };
    let versioned = group.rsplit_once('/').or(is_version(group).then_some(("", group)));
    if let Some((group, _)) = versioned {
        let message = "a kind is written with its group, but without a version".to_owned();
        return Some((message, Some(meant(group, kind))));
    }
    if own_kinds().any(|own| own == (group, kind)) {
        return None;
    }
    let is_own = own_kinds().any(|(own, _)| own == group);
    let elsewhere = own_kinds().find(|(_, own)| *own == kind).map(|(group, _)| (group, kind));
    if is_own {
        let within = own_kinds().filter(|(own, _)| *own == group).map(|(_, kind)| kind);
        let near = elsewhere.or_else(|| Some((group, nearest(kind, within)?)))?;
        let message = match group {
            "" => format!("Kubernetes' core group has no kind `{kind}`"),
            group => format!("the group `{group}` has no kind `{kind}`"),
        };
        return Some((message, Some(meant(near.0, near.1))));
    }
    if group.contains('.') {
        return None;
    }
    let near = nearest(group, own_kinds().map(|(group, _)| group)).map(|group| (group, kind));
    let help = elsewhere.or(near).map(|(group, kind)| meant(group, kind));
    let help = help.unwrap_or_else(|| "groups of custom resources contain a dot".to_owned());
    Some((format!("there is no group `{group}`"), Some(help)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::rule::RuleSet;
    use crate::source::{SourceId, Sources};
    use crate::yaml;

    /// The ids of the rules that apply to an object, in their order.
    fn looking(manifest: &str) -> Vec<String> {
        let mut set = RuleSet::default();
        for (id, scope, kinds) in [
            ("a-among-others", "release", "any"),
            ("any-one", "object", "any"),
            ("budget", "object", "policy/PodDisruptionBudget"),
            ("pod-or-service", "object", "[pods, workloads, Service]"),
            ("job", "object", "Job"),
            ("service", "object", "Service"),
            ("workload", "object", "workloads"),
        ] {
            let text = format!(
                "id: {id}\ngroup: own\nseverity: error\nsince: 0.1.0\nsummary: s\nwhy: w\nfix: f\nscope: {scope}\nkinds: {kinds}\nchecks:\n  - {{forbid: 'true', at: object, message: m}}\n"
            );
            set.add(&Sources::default(), "rule.yaml", &text);
        }
        assert!(set.errors.is_empty(), "{:?}", set.errors);
        let rules: Vec<_> = set.read().map(|rule| &**rule).collect();
        let stream = yaml::parse(SourceId::NOWHERE, &Arc::from(manifest));
        let object = stream.documents[0].root().and_then(Object::new).expect("an object");
        let by_kind = ByKind::new(rules.iter().map(|rule| rule.concern()));
        by_kind.of(&object).map(|at| rules[at].id.to_string()).collect()
    }

    #[test]
    fn rules_on_single_objects_come_before_those_on_all_of_them() {
        let found = looking("{apiVersion: v1, kind: ConfigMap}");
        assert_eq!(found, ["any-one", "a-among-others"]);
    }

    #[test]
    fn a_rule_that_names_a_kind_in_several_ways_looks_once() {
        let found = looking("{apiVersion: apps/v1, kind: Deployment, spec: {template: {}}}");
        assert_eq!(found, ["any-one", "pod-or-service", "workload", "a-among-others"]);
        let found = looking("{apiVersion: v1, kind: Pod}");
        assert_eq!(found, ["any-one", "pod-or-service", "a-among-others"]);
    }

    #[test]
    fn a_group_is_part_of_a_kind_where_a_rule_names_one() {
        let found = looking("{apiVersion: policy/v1, kind: PodDisruptionBudget}");
        assert_eq!(found, ["any-one", "budget", "a-among-others"]);
        let found = looking("{apiVersion: example.org/v1, kind: PodDisruptionBudget}");
        assert_eq!(found, ["any-one", "a-among-others"]);
    }

    #[test]
    fn what_fits_no_object_is_a_fault_with_what_was_meant() {
        for (word, help) in [
            ("Deploymnt", "did you mean `Deployment`?"),
            ("deployment", "did you mean `Deployment`?"),
            ("workload", "did you mean `workloads`?"),
            ("pod", "did you mean `pods`?"),
            ("apps/v1/Deployment", "did you mean `apps/Deployment`?"),
            ("v1/Pod", "did you mean `Pod`?"),
            ("core/Service", "did you mean `Service`?"),
            ("apps/Deploymnt", "did you mean `apps/Deployment`?"),
            ("batch/Deployment", "did you mean `apps/Deployment`?"),
            ("widgets/Widget", "groups of custom resources contain a dot"),
        ] {
            let (_, said) = fault(word).expect(word);
            assert!(said.as_deref().is_some_and(|said| said.starts_with(help)), "{word}: {said:?}");
        }
        for word in [
            "any",
            "pods",
            "Pod",
            "/Pod",
            "Route",
            "Rollout",
            "apps/Deployment",
            "policy/PodSecurityPolicy",
            "extensions/Ingress",
            "example.org/Deploymnt",
            "snapshot.storage.k8s.io/VolumeSnapshot",
        ] {
            assert_eq!(fault(word), None, "{word}");
        }
    }

    #[test]
    fn a_kind_of_kubernetes_is_not_what_another_group_calls_so() {
        let others = ["any-one", "a-among-others"];
        let found = looking("{apiVersion: servicebus.example.org/v1, kind: Service}");
        assert_eq!(found, others);
        let services = ["any-one", "pod-or-service", "service", "a-among-others"];
        for own in ["v1", "example/v1", "example.k8s.io/v1", "example.openshift.io/v1"] {
            let found = looking(&format!("{{apiVersion: {own}, kind: Service}}"));
            assert_eq!(found, services, "{own}");
        }
    }

    #[test]
    fn a_namesake_that_has_pods_is_looked_at() {
        let found = looking(
            "{apiVersion: serving.example.org/v1, kind: Service, spec: {template: {spec: {containers: []}}}}",
        );
        assert_eq!(found, ["any-one", "pod-or-service", "workload", "a-among-others"]);
    }

    #[test]
    fn a_namesake_counts_as_the_kind_of_kubernetes_if_both_have_pods() {
        let template = "spec: {template: {spec: {containers: []}}}";
        let found =
            looking(&format!("{{apiVersion: batch.example.org/v1, kind: Job, {template}}}"));
        assert!(found.contains(&"job".to_owned()), "{found:?}");
        let found =
            looking(&format!("{{apiVersion: serving.example.org/v1, kind: Service, {template}}}"));
        assert!(!found.contains(&"service".to_owned()), "{found:?}");
    }
}
