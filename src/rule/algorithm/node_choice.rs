//! Finds pods that fit no node, as none can have all the labels that are required by the pod's `nodeSelector` and by
//! one of the terms of its required node affinity. Requirements are evaluated as in
//! `k8s.io/component-helpers/scheduling/corev1`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Scene, hit};
use crate::rule::hit::{Hit, Target};
use crate::yaml::Node;

/// A requirement on one label.
struct Ask<'n> {
    /// The place of the requirement.
    node: Node<'n>,
    operator: &'n str,
    values: BTreeSet<&'n str>,
}

type Asks<'n> = BTreeMap<String, Vec<Ask<'n>>>;

pub(super) fn judge(scene: &Scene<'_>) -> Vec<Hit> {
    let Some(spec) = scene.object.pod_spec() else {
        return Vec::new();
    };
    let affinity = ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"];
    let terms = spec.at(&affinity).and_then(|required| required.get("nodeSelectorTerms"));
    let Some(terms) = terms.filter(|terms| !terms.is_empty()) else {
        let mut asks = Asks::new();
        selector(spec, &mut asks);
        return conflict(&asks).map(|clash| clash.hit("")).into_iter().collect();
    };
    let clashes: Option<Vec<Clash>> = terms
        .items()
        .map(|term| {
            let mut asks = Asks::new();
            selector(spec, &mut asks);
            expressions(term, &mut asks);
            conflict(&asks)
        })
        .collect();
    // The terms are alternatives: one that a node can satisfy is enough.
    let Some(clashes) = clashes else {
        return Vec::new();
    };
    let rest = if clashes.len() > 1 { ", and no other term can be met either" } else { "" };
    clashes.into_iter().next().map(|clash| clash.hit(rest)).into_iter().collect()
}

fn selector<'n>(spec: Node<'n>, asks: &mut Asks<'n>) {
    for entry in spec.get("nodeSelector").into_iter().flat_map(Node::entries) {
        let ask =
            Ask { node: entry.value, operator: "In", values: BTreeSet::from([entry.value.raw()]) };
        asks.entry(entry.name().into_owned()).or_default().push(ask);
    }
    // The kubelet refuses the pod if the node runs another operating system.
    if let Some(system) = spec.at(&["os", "name"]) {
        let ask = Ask { node: system, operator: "In", values: BTreeSet::from([system.raw()]) };
        asks.entry("kubernetes.io/os".to_owned()).or_default().push(ask);
    }
}

fn expressions<'n>(term: Node<'n>, asks: &mut Asks<'n>) {
    for node in term.get("matchExpressions").into_iter().flat_map(Node::items) {
        let (Some(key), Some(operator)) = (node.get("key"), node.get("operator")) else {
            continue;
        };
        let values = node.get("values").into_iter().flat_map(Node::items).map(Node::raw).collect();
        let ask = Ask { node, operator: operator.raw(), values };
        asks.entry(key.raw().to_owned()).or_default().push(ask);
    }
}

/// Requirements on one label that no node can satisfy together.
struct Clash<'n> {
    first: Node<'n>,
    last: Node<'n>,
    message: String,
    earlier: String,
}

impl Clash<'_> {
    fn hit(&self, rest: &str) -> Hit {
        let mut hit =
            hit(self.last, format!("{}{rest}: the pods stay pending", self.message), None);
        if self.first != self.last {
            let target = Target::of(self.first);
            hit.related.push((target, self.earlier.clone()));
        }
        hit
    }
}

/// The first label whose requirements cannot all be satisfied.
fn conflict<'n>(asks: &Asks<'n>) -> Option<Clash<'n>> {
    asks.iter().find_map(|(key, asks)| {
        let at = (1..=asks.len()).find(|&count| !possible(&asks[..count]))?;
        let (earlier, last) = (&asks[..at - 1], &asks[at - 1]);
        // The earlier requirement that excludes the last one on its own, if there is one.
        let first = earlier.iter().find(|one| !both(one, last)).or(earlier.first());
        let wanted = first.map_or_else(String::new, |first| says(key, first));
        let message = match first {
            Some(_) => format!("no node has a label that {} and {}", wanted, says(key, last)),
            None => format!("no node has a label that {}", says(key, last)),
        };
        let earlier = format!("this asks for one that {wanted}");
        Some(Clash {
            first: first.map_or(last.node, |first| first.node),
            last: last.node,
            message,
            earlier,
        })
    })
}

fn says(key: &str, ask: &Ask<'_>) -> String {
    let values = ask.values.iter().copied().collect::<Vec<_>>().join("` or `");
    match ask.operator {
        "In" => format!("is `{key}: {values}`"),
        "NotIn" => format!("is not `{key}: {values}`"),
        "DoesNotExist" => format!("is not `{key}`"),
        "Gt" => format!("is a `{key}` above {values}"),
        "Lt" => format!("is a `{key}` below {values}"),
        _ => format!("is any `{key}`"),
    }
}

fn both(one: &Ask<'_>, other: &Ask<'_>) -> bool {
    let pair = |ask: &Ask<'_>| met_by_some(ask, one) && met_by_some(ask, other);
    pair(one) && pair(other)
}

/// Whether some label that satisfies `ask` also satisfies `other`.
fn met_by_some(ask: &Ask<'_>, other: &Ask<'_>) -> bool {
    match (ask.operator, other.operator) {
        ("In", _) => ask.values.iter().any(|value| meets(Some(value), other)),
        ("DoesNotExist", _) => meets(None, other),
        (_, "DoesNotExist") => ask.operator == "NotIn",
        _ => true,
    }
}

/// Whether a node can satisfy all requirements on one label.
fn possible(asks: &[Ask<'_>]) -> bool {
    if let Some(listed) = asks.iter().find(|ask| ask.operator == "In") {
        return listed.values.iter().any(|value| asks.iter().all(|ask| meets(Some(value), ask)));
    }
    let absent = asks.iter().all(|ask| meets(None, ask));
    let unlisted = asks.iter().all(|ask| ask.operator != "DoesNotExist");
    let bound = |operator: &'static str| {
        asks.iter().filter(move |ask| ask.operator == operator).filter_map(number)
    };
    let room = match (bound("Gt").max(), bound("Lt").min()) {
        (Some(above), Some(below)) => below - above > 1,
        _ => true,
    };
    absent || (unlisted && room)
}

/// Whether a node satisfies a requirement; `value` is that of its label, or `None` without the label.
fn meets(value: Option<&str>, ask: &Ask<'_>) -> bool {
    let listed = value.is_some_and(|value| ask.values.contains(value));
    let compared = |holds: fn(&i64, &i64) -> bool| {
        let value = value.and_then(|value| value.parse().ok());
        value.zip(number(ask)).is_some_and(|(value, bound)| holds(&value, &bound))
    };
    match ask.operator {
        "In" => listed,
        "NotIn" => !listed,
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => compared(i64::gt),
        "Lt" => compared(i64::lt),
        // The API refuses other operators; another rule reports them.
        _ => true,
    }
}

fn number(ask: &Ask<'_>) -> Option<i64> {
    ask.values.first()?.parse().ok()
}
