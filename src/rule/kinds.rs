//! Which rules look at which kinds of objects.

use std::collections::HashMap;

use super::file::Scope;
use crate::kube::Object;

/// Rules on objects by the kinds they look at: of some hundred rules a few dozen concern an object,
/// and to ask each of them costs more than to evaluate most of those.
#[derive(Debug, Clone, Default)]
pub struct ByKind {
    /// Where each rule stands in the list this was made from: rules on single objects, then those
    /// on all that is deployed together. Other lists here hold indexes into this one.
    order: Vec<usize>,
    any: Vec<usize>,
    pods: Vec<usize>,
    workloads: Vec<usize>,
    named: HashMap<String, Vec<Named>>,
}

/// A rule that names a kind.
#[derive(Debug, Clone)]
struct Named {
    /// The API group, where the rule names one: `policy/PodDisruptionBudget`.
    group: Option<String>,
    rule: usize,
}

impl ByKind {
    /// Sorts the rules on objects out of a list of rules, which are given by their scopes and kinds.
    #[must_use]
    pub fn new<'r, K>(rules: impl IntoIterator<Item = (Scope, K)>) -> Self
    where
        K: IntoIterator<Item = &'r str>,
    {
        let rules = rules.into_iter().enumerate();
        let mut own: Vec<_> = rules.filter(|(_, (scope, _))| scope.is_of_objects()).collect();
        own.sort_by_key(|(_, (scope, _))| *scope == Scope::Release);
        let mut index = Self::default();
        for (at, (_, kinds)) in own {
            for kind in kinds {
                index.enter(kind, index.order.len());
            }
            index.order.push(at);
        }
        index
    }

    fn enter(&mut self, kind: &str, rule: usize) {
        match kind {
            "any" => self.any.push(rule),
            "pods" => self.pods.push(rule),
            "workloads" => self.workloads.push(rule),
            kind => {
                let (group, kind) = match kind.rsplit_once('/') {
                    Some((group, kind)) => (Some(group.to_owned()), kind),
                    None => (None, kind),
                };
                self.named.entry(kind.to_owned()).or_default().push(Named { group, rule });
            }
        }
    }

    /// The places, in the list this was made from, of the rules that look at an object: those on
    /// single objects first, each sort in the order of the list.
    #[must_use]
    pub fn of(&self, object: &Object<'_>) -> Vec<usize> {
        let mut found = self.any.clone();
        if object.pod_template().is_some() {
            found.extend(&self.pods);
            if object.kind != "Pod" {
                found.extend(&self.workloads);
            }
        }
        let named = self.named.get(object.kind).into_iter().flatten();
        let own = |named: &&Named| named.group.as_deref().is_none_or(|own| own == object.group());
        found.extend(named.filter(own).map(|named| named.rule));
        found.sort_unstable();
        found.dedup();
        for place in &mut found {
            *place = self.order[*place];
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::rule::RuleSet;
    use crate::source::{SourceId, Sources};
    use crate::yaml;

    /// The ids of the rules that look at an object, in the order in which they do.
    fn looking(manifest: &str) -> Vec<String> {
        let mut set = RuleSet::default();
        for (id, scope, kinds) in [
            ("a-among-others", "release", "any"),
            ("any-one", "object", "any"),
            ("budget", "object", "policy/PodDisruptionBudget"),
            ("pod-or-service", "object", "[pods, workloads, Service]"),
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
        let found = ByKind::new(rules.iter().map(|rule| rule.concern())).of(&object);
        found.into_iter().map(|at| rules[at].id.to_string()).collect()
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
}
