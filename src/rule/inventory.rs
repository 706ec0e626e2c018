//! Functions for rules that look at other objects than the judged one.

use cel::common::types::{CelInt, CelList, CelMap, CelString};
use cel::common::value::{CowVal, Val};
use cel::extractors::IntoResolveResult;
use cel::{Context, ExecutionError, FunctionContext, Value};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::function::{argument, node_of};
use super::list::SharedList;
use super::value::{NodeVal, to_val};
use crate::kube::schema::is_of_others;
use crate::kube::{Object, namespace, parse_quantity, selects};
use crate::yaml::{Document, Entry, Kind, Node};

/// Adds the functions to a root context.
pub(super) fn register(context: &mut Context<'_, '_>) {
    let clash = "invariant: these names are not CEL's own";
    context.add_function("podLabels", pod_labels).expect(clash);
    context.add_function("podSpec", pod_spec).expect(clash);
    context.add_function("replicasOf", replicas_of).expect(clash);
    context.add_function("sameNamespace", same_namespace).expect(clash);
    context.add_function("matchesLabels", matches_labels).expect(clash);
    context.add_function("fromController", from_controller).expect(clash);
    context.add_function("runByCluster", run_by_cluster).expect(clash);
    context.add_function("ofKind", of_kind).expect(clash);
    context.add_function("ofName", of_name).expect(clash);
    context.add_function("podsMatching", pods_matching).expect(clash);
    context.add_function("podsSelected", pods_selected).expect(clash);
    context.add_function("scaled", scaled).expect(clash);
    context.add_function("podResource", pod_resource).expect(clash);
}

/// The value of a node, or the error why there is none.
struct Given(Result<Box<dyn Val>, ExecutionError>);

impl<'context, 'call> IntoResolveResult<'context, 'call> for Given {
    fn into_resolve_result(self) -> Result<CowVal<'context, 'call>, ExecutionError> {
        self.0.map(CowVal::Owned)
    }
}

fn part(
    context: &FunctionContext<'_, '_>,
    of: impl Fn(Object<'_>) -> Option<Node<'_>>,
) -> Option<Box<dyn Val>> {
    let value = context.args.first()?.downcast_ref::<NodeVal>()?;
    let found = of(Object::new(value.node())?)?;
    Some(value.beside(found))
}

/// `podLabels(o)`: the labels of an object's pods; an empty map if there are none.
fn pod_labels(context: &FunctionContext<'_, '_>) -> Given {
    let labels = part(context, |object| object.pod_labels());
    Given(Ok(labels.unwrap_or_else(|| Box::new(CelMap::from(HashMap::new())))))
}

/// `podSpec(o)`: the spec of an object's pods; an error if it creates none.
fn pod_spec(context: &FunctionContext<'_, '_>) -> Given {
    let spec = part(context, |object| object.pod_spec());
    Given(spec.ok_or_else(|| context.error("the object makes no pods")))
}

/// `replicasOf(o)`: the number of pods that an object requests; 1 if it does not say.
fn replicas_of(context: &FunctionContext<'_, '_>) -> i64 {
    node_of(context, 0).and_then(Object::new).map_or(1, |object| object.replicas())
}

/// `sameNamespace(o, p)`: whether two objects can be in the same namespace. One that states none is in the namespace to
/// which it is applied.
fn same_namespace(context: &FunctionContext<'_, '_>) -> bool {
    node_of(context, 0)
        .zip(node_of(context, 1))
        .is_none_or(|(one, other)| are_neighbours(one, other))
}

/// Whether two objects can be in the same namespace; true if either is not an object.
pub(super) fn are_neighbours(one: Node<'_>, other: Node<'_>) -> bool {
    let differ = namespace(one).zip(namespace(other)).is_some_and(|(one, other)| one != other);
    // Reading a namespace takes less time than checking that the node is an object.
    !differ || Object::new(one).is_none() || Object::new(other).is_none()
}

/// `matchesLabels(map, labels)`: whether a selector in the form of a Service's matches these labels.
fn matches_labels(context: &FunctionContext<'_, '_>) -> bool {
    let (Some(selector), Some(labels)) = (node_of(context, 0), node_of(context, 1)) else {
        return false;
    };
    carries(selector, labels)
}

/// Whether labels have every entry of a plain selector, which must not be empty.
pub(super) fn carries(selector: Node<'_>, labels: Node<'_>) -> bool {
    selector.kind() == Kind::Mapping
        && !selector.is_empty()
        && selector.entries().all(|entry| {
            labels.get(&entry.name()).is_some_and(|value| value.raw() == entry.value.raw())
        })
}

/// Endings of kinds of custom resources that only configure something, and for which controllers create no pods or
/// Services.
const PASSIVE: [&str; 12] = [
    "Monitor",
    "Probe",
    "Rule",
    "Route",
    "Policy",
    "Secret",
    "Store",
    "Issuer",
    "Certificate",
    "Template",
    "Middleware",
    "Scaler",
];

/// Custom resources that deploy something from another source, as group and kind: the objects in it may have any name.
const DEPLOYERS: [(&str, &str); 4] = [
    ("argoproj.io", "Application"),
    ("helm.cattle.io", "HelmChart"),
    ("helm.toolkit.fluxcd.io", "HelmRelease"),
    ("kustomize.toolkit.fluxcd.io", "Kustomization"),
];

/// `fromController(objects, text)`: whether a controller may create the object with this name, or pods with this label.
/// That is so if the text is the name of a custom resource that is deployed here, if it begins with that name and a
/// `-`, or if it is that name after a short form of the kind and a `-`; or if any object deploys something from another
/// source.
fn from_controller(context: &FunctionContext<'_, '_>) -> Result<bool, ExecutionError> {
    let (objects, text) = (list(context)?, argument(context, 1)?);
    let is_of = |group: &str, node| Object::new(node).is_some_and(|one| one.group() == group);
    let deploys = |&(group, kind): &(&str, &str)| {
        objects.of_kind(kind).nodes().any(|(_, node)| is_of(group, node))
    };
    if DEPLOYERS.iter().any(deploys) {
        return Ok(true);
    }
    let starts = text.match_indices('-').map(|(at, _)| &text[..at]);
    let mut named = starts.chain([&*text]).flat_map(|name| objects.of_name(name));
    let mut ends = text.match_indices('-').map(|(at, _)| (&text[..at], &text[at + 1..]));
    Ok(named.any(|(_, node)| Object::new(node).is_some_and(makes_others))
        || ends.any(|(short, name)| {
            let mut bearers =
                objects.of_name(name).into_iter().filter_map(|(_, node)| Object::new(node));
            bearers.any(|object| makes_others(object) && stands_for(short, object.kind))
        }))
}

/// Whether a prefix is one that controllers use for a kind: as in the `el-NAME` of an `EventListener`, or the
/// `thanos-ruler-NAME` of a `ThanosRuler`.
fn stands_for(short: &str, kind: &str) -> bool {
    let initials: String = kind.chars().filter(char::is_ascii_uppercase).collect();
    short.replace('-', "").eq_ignore_ascii_case(kind)
        || initials.len() > 1 && short.eq_ignore_ascii_case(&initials)
}

/// Whether an object is a custom resource for which a controller may create pods and Services.
fn makes_others(object: Object<'_>) -> bool {
    is_of_others(object.api_version) && !PASSIVE.iter().any(|end| object.kind.ends_with(end))
}

/// The labels by which a cluster names the pods that it runs itself in `kube-system`.
const CLUSTER_LABELS: [&str; 2] = ["component", "k8s-app"];

/// The pods that a cluster runs itself: its DNS, its proxies, and its control plane.
const CLUSTER_PODS: [&str; 6] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-dns",
    "kube-proxy",
    "kube-scheduler",
];

/// `runByCluster(labels)`: whether labels are those of pods that a cluster runs itself.
fn run_by_cluster(context: &FunctionContext<'_, '_>) -> bool {
    let names = |entry: Entry<'_>| {
        CLUSTER_LABELS.contains(&&*entry.name()) && CLUSTER_PODS.contains(&entry.value.raw())
    };
    node_of(context, 0).is_some_and(|labels| labels.entries().any(names))
}

/// `ofKind(objects, 'Service')`: the objects of a kind.
fn of_kind(context: &FunctionContext<'_, '_>) -> Given {
    let found = list(context).and_then(|list| Ok(list.of_kind(&argument(context, 1)?).clone()));
    Given(found.map(|found| Box::new(found) as Box<dyn Val>))
}

/// `ofName(objects, 'web')`: the objects with a name.
fn of_name(context: &FunctionContext<'_, '_>) -> Given {
    let found = list(context).and_then(|list| Ok(list.of_name(&argument(context, 1)?)));
    Given(found.map(|found| values(&found)))
}

/// `podsMatching(workloads, object, map)`: the workloads in the object's namespace whose pods a selector in the form of
/// a Service's matches.
fn pods_matching(context: &FunctionContext<'_, '_>) -> Given {
    let object = node_of(context, 1).and_then(Object::new);
    let found = list(context).map(|list| Selector::Plain.among(list, object, node_of(context, 2)));
    Given(found.map(|found| values(&found)))
}

/// `podsSelected(workloads, object, selector)`: the workloads in the object's namespace whose pods a label selector
/// matches.
fn pods_selected(context: &FunctionContext<'_, '_>) -> Given {
    let object = node_of(context, 1).and_then(Object::new);
    let found = list(context).map(|list| Selector::Labels.among(list, object, node_of(context, 2)));
    Given(found.map(|found| values(&found)))
}

/// The form of a selector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Selector {
    /// A `LabelSelector`.
    Labels,
    /// A plain map of labels, as in a Service.
    Plain,
}

impl Selector {
    /// Labels that all selected pods must have; the selector may have further requirements.
    pub(super) fn equal(self, selector: Node<'_>) -> Option<Node<'_>> {
        match self {
            Self::Labels => selector.get("matchLabels"),
            Self::Plain => Some(selector),
        }
    }

    fn selects(self, selector: Option<Node<'_>>, labels: Option<Node<'_>>) -> bool {
        match self {
            Self::Labels => selects(selector, labels),
            Self::Plain => {
                selector.zip(labels).is_some_and(|(selector, labels)| carries(selector, labels))
            }
        }
    }

    /// The workloads in an object's namespace whose pods the selector matches.
    pub(super) fn among<'l>(
        self,
        workloads: &'l SharedList,
        object: Option<Object<'_>>,
        selector: Option<Node<'_>>,
    ) -> Vec<(&'l Arc<Document>, Node<'l>)> {
        let own = object.and_then(|object| object.namespace());
        workloads.selected(own, &self.needed(selector), |pods| self.selects(selector, pods))
    }

    /// Whether there is such a workload.
    pub(super) fn any_among(
        self,
        workloads: &SharedList,
        object: Option<Object<'_>>,
        selector: Option<Node<'_>>,
    ) -> bool {
        let own = object.and_then(|object| object.namespace());
        workloads.any_selected(own, &self.needed(selector), |pods| self.selects(selector, pods))
    }

    fn needed(self, selector: Option<Node<'_>>) -> Vec<(&str, &str)> {
        let equal = selector.and_then(|selector| self.equal(selector));
        equal.into_iter().flat_map(plain_labels).collect()
    }
}

/// The labels in a mapping whose keys are written without escapes.
fn plain_labels(labels: Node<'_>) -> impl Iterator<Item = (&str, &str)> {
    labels.entries().filter_map(|entry| match entry.name() {
        Cow::Borrowed(key) if entry.value.kind() == Kind::Scalar => Some((key, entry.value.raw())),
        Cow::Borrowed(_) | Cow::Owned(_) => None,
    })
}

/// Nodes as a CEL list.
fn values(nodes: &[(&Arc<Document>, Node<'_>)]) -> Box<dyn Val> {
    let items = nodes.iter().map(|(document, node)| to_val(document, *node));
    Box::new(CelList::from(items.collect::<Vec<_>>()))
}

fn list<'f>(context: &'f FunctionContext<'_, '_>) -> Result<&'f SharedList, ExecutionError> {
    let list = context.args.first().and_then(|list| list.downcast_ref::<SharedList>());
    list.ok_or_else(|| context.error("the first argument is not a list of objects"))
}

/// `scaled(value, total, up)`: the number for an int-or-percent of a total, as
/// `k8s.io/apimachinery/pkg/util/intstr.GetScaledValueFromIntOrPercent` computes it.
fn scaled(context: &FunctionContext<'_, '_>) -> Result<i64, ExecutionError> {
    let value = context.args.first().map(AsRef::as_ref);
    if let Some(int) = value.and_then(|value| value.downcast_ref::<CelInt>()) {
        return Ok(*int.inner());
    }
    let text = value.and_then(|value| value.downcast_ref::<CelString>());
    let total = argument(context, 1)?.parse::<i64>().ok();
    let up = context.args.get(2).map(|up| Value::try_from(up.as_ref()));
    let up = matches!(up, Some(Ok(Value::Bool(true))));
    text.zip(total)
        .and_then(|(text, total)| percent_of(text.inner(), total, up))
        .ok_or_else(|| context.error("neither a whole number nor a percentage, or too large"))
}

/// A percentage of a total, rounded up or down; `None` if the text is not a percentage, or beyond 64 bits.
pub(super) fn percent_of(percentage: &str, total: i64, up: bool) -> Option<i64> {
    let percent: i64 = percentage.strip_suffix('%')?.parse().ok()?;
    let product = percent.checked_mul(total)?;
    let product = if up { product.checked_add(99)? } else { product };
    Some(product.div_euclid(100))
}

/// `podResource(o, 'requests', 'cpu')`: the amount of a resource that one pod of an object requests, in base units; 0
/// if it requests none. Computed as in `k8s.io/component-helpers/resource.PodRequests`: the sum of containers and
/// sidecars, or the largest init container if that needs more, plus the overhead. A limit counts as the request if
/// there is none.
fn pod_resource(context: &FunctionContext<'_, '_>) -> Result<f64, ExecutionError> {
    let (side, resource) = (argument(context, 1)?, argument(context, 2)?);
    let object = node_of(context, 0).and_then(Object::new);
    Ok(object.map_or(0.0, |object| demand(object, &side, &resource)))
}

/// The amount that one pod of an object requests on a side of its `resources`, see [`pod_resource`].
pub(super) fn demand(object: Object<'_>, side: &str, resource: &str) -> f64 {
    let stated = |node: Node<'_>, side: &str| {
        node.at(&["resources", side, resource]).and_then(|amount| parse_quantity(amount.raw()))
    };
    let asked =
        |node: Node<'_>| stated(node, side).or_else(|| stated(node, "limits")).unwrap_or_default();
    let Some(spec) = object.pod_spec() else {
        return 0.0;
    };
    // Sidecars run beside the init containers that start after them.
    let (mut sidecars, mut starting) = (0.0, 0.0_f64);
    for init in spec.get("initContainers").into_iter().flat_map(Node::items) {
        if init.get("restartPolicy").is_some_and(|policy| policy.raw() == "Always") {
            sidecars += asked(init);
            starting = starting.max(sidecars);
        } else {
            starting = starting.max(sidecars + asked(init));
        }
    }
    let running: f64 = spec.get("containers").into_iter().flat_map(Node::items).map(asked).sum();
    let overhead = spec.at(&["overhead", resource]).and_then(|amount| parse_quantity(amount.raw()));
    let whole = stated(spec, side).unwrap_or_else(|| (running + sidecars).max(starting));
    whole + overhead.unwrap_or_default()
}
