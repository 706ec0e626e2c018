//! Validates objects by the schemas of their kinds.
//!
//! The schemas of the built-in kinds come from the `OpenAPI` documents of Kubernetes 1.25 to 1.37, by `build.py`: each
//! distinct definition once, with the set of versions in which it is used. In the documents, fields with a few allowed
//! words have the type string; `words.tsv` has these words. The table of definitions is built when the first object is
//! validated, and each definition is parsed when an object first needs it, so a run without validation does not pay for
//! it.
//!
//! NOTE: this walks the tree and the schema side by side rather than passing JSON to the `jsonschema` crate. The
//! definitions use only six constructs of JSON Schema; the walk needs no second form of the object and no compiled
//! validators for hundreds of kinds and thirteen versions, and it knows the node of every violation, whereas
//! `jsonschema` reports the parent of an unknown field. Of a custom resource's schema it checks types, fields, required
//! fields and enumerations; patterns, ranges and `x-kubernetes-validations` are left to the API server.

mod custom;
mod explain;
mod place;
mod shape;
mod table;
mod walk;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use super::{Object, lifecycle};
use crate::spelling;
use crate::yaml::Node;
use custom::Unnamed;
pub use explain::{Offer, Offered};
pub use place::{Below, Site};
use shape::Shape;

/// The oldest minor version of Kubernetes 1 whose schemas are included.
pub const OLDEST_MINOR: u32 = 25;
/// The newest minor version of Kubernetes 1 whose schemas are included.
pub const NEWEST_MINOR: u32 = 37;

/// Whether an API is in a group that is not one of Kubernetes' own: `example.org/v1`, `example.org/v1/Kind`.
#[must_use]
pub fn is_of_others(api: &str) -> bool {
    let group = api.split_once('/').map_or("", |(group, _)| group);
    group.contains('.') && !group.ends_with(".k8s.io")
}

/// Whether a kind in a group of others only has the same name as one of Kubernetes' own, such as the Job of Volcano or
/// the `NetworkPolicy` of Calico. `OpenShift` serves Kubernetes' kinds in groups of its own, so its kinds do not count.
#[must_use]
pub fn is_namesake(api_version: &str, kind: &str) -> bool {
    is_of_others(api_version)
        && !api_version.contains(".openshift.io/")
        && table::kinds().any(|(_, own)| own == kind)
}

/// The oldest and the newest known minor version of Kubernetes that serves one of its own APIs, `policy/v1` or
/// `policy/v1/PodDisruptionBudget`; `None` for other APIs.
#[must_use]
pub fn served(api: &str) -> Option<(u32, u32)> {
    let parts: Vec<&str> = api.split('/').collect();
    let (version, kind) = match parts[..] {
        ["v1", kind] => ("v1".to_owned(), Some(kind)),
        [group, version, kind] => (format!("{group}/{version}"), Some(kind)),
        _ => (api.to_owned(), None),
    };
    if is_of_others(&version) {
        return None;
    }
    table::served(&version, kind).or_else(|| {
        let removed = match kind {
            Some(kind) => lifecycle(&version, kind).and_then(|life| life.removed),
            None => super::lifecycle::version_removed(&version),
        };
        removed.map(|minor| (1, minor.saturating_sub(1)))
    })
}

/// The sort of a violation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViolationKind {
    /// The object does not have such a field; the node is the value of the key.
    UnknownField,
    /// The value has the wrong type.
    WrongType,
    /// The value is not one of those that are allowed.
    WrongValue,
    /// The required field with this name is missing; the node is its object.
    Missing(String),
    /// The version of Kubernetes does not serve the kind; the node is the object's `apiVersion`.
    NotServed,
}

/// One place where an object does not match its schema.
#[derive(Debug, Clone)]
pub struct Violation<'a> {
    /// The place.
    pub node: Node<'a>,
    /// The sort of the violation.
    pub kind: ViolationKind,
    /// What is wrong and what the API does about it, without a full stop.
    pub message: String,
    /// What was most likely meant.
    pub suggestion: Option<String>,
    /// The change to that, if it is a single one.
    pub instead: Option<Instead>,
}

/// A replacement for what the API refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instead {
    /// This key, for the same value.
    Key(String),
    /// This text.
    Text(String),
    /// The number or boolean in the quotes, without them.
    Plain,
}

/// The result of the validation of an object.
#[derive(Debug, Clone)]
pub enum Verdict<'a> {
    /// There is no schema for its kind.
    UnknownKind,
    /// The violations, at most about a hundred; empty for a valid object.
    Checked(Vec<Violation<'a>>),
}

/// Schemas of custom resources, beside those of the built-in kinds. Empty by default.
#[derive(Debug, Clone, Default)]
pub struct Schemas {
    /// By apiVersion and kind, which is in lower case as in the names of kubeconform's files.
    custom: HashMap<(String, String), Custom>,
}

/// The schema of one kind.
#[derive(Debug, Clone)]
struct Custom {
    /// The name of the kind, as the definition writes it.
    kind: String,
    shape: Arc<Shape>,
    /// The shapes in other definitions of the kind, any of which may be the deployed one.
    others: Vec<Arc<Shape>>,
}

impl Schemas {
    /// Adds every version in a `CustomResourceDefinition`; other objects are ignored.
    pub fn add_definition(&mut self, object: &Object<'_>) {
        if object.kind != "CustomResourceDefinition" || object.group() != "apiextensions.k8s.io" {
            return;
        }
        let text = |path: &[&str]| object.node.at(path).and_then(Node::as_str);
        let (Some(group), Some(kind)) =
            (text(&["spec", "group"]), text(&["spec", "names", "kind"]))
        else {
            return;
        };
        let shared = object.node.at(&["spec", "validation", "openAPIV3Schema"]);
        for version in object.node.at(&["spec", "versions"]).into_iter().flat_map(Node::items) {
            let Some(name) = version.get("name").and_then(Node::as_str) else {
                continue;
            };
            if let Some(schema) = version.at(&["schema", "openAPIV3Schema"]).or(shared) {
                let shape = custom::resource(schema, Unnamed::Dropped);
                self.add(format!("{group}/{name}"), kind, shape);
            }
        }
    }

    /// Adds a JSON Schema for a kind, as in kubeconform's files, which have one for each kind and version.
    pub fn add_schema(&mut self, api_version: &str, kind: &str, schema: Node<'_>) {
        let shape = custom::resource(schema, Unnamed::Kept);
        self.add(api_version.to_owned(), kind, shape);
    }

    /// Adds the schemas of `other`, which replace existing ones for the same kinds.
    pub fn extend(&mut self, other: Self) {
        self.custom.extend(other.custom);
    }

    /// Adds the schemas of `other` to the existing ones. If both define a kind, an object is only at fault if all
    /// definitions refuse it. A repository of charts has a definition in each version of a chart.
    #[expect(clippy::iter_over_hash_type, reason = "no kind has a say in what is kept of another")]
    pub fn join(&mut self, other: Self) {
        for (key, mut custom) in other.custom {
            if let Some(known) = self.custom.remove(&key) {
                custom.others.extend(known.others.into_iter().chain([known.shape]));
            }
            self.custom.insert(key, custom);
        }
    }

    fn add(&mut self, api_version: String, kind: &str, shape: Shape) {
        let custom = Custom { kind: kind.to_owned(), shape: Arc::new(shape), others: Vec::new() };
        self.custom.insert((api_version, kind.to_lowercase()), custom);
    }

    /// Validates an object by the schema of its kind in Kubernetes 1.`minor`. For a version that is not included, the
    /// nearest one is used.
    #[must_use]
    pub fn validate<'a>(&self, object: &Object<'a>, minor: u32) -> Verdict<'a> {
        let minor = minor.clamp(OLDEST_MINOR, NEWEST_MINOR);
        let key = (object.api_version.to_owned(), object.kind.to_lowercase());
        if let Some(custom) = self.custom.get(&key) {
            return Verdict::Checked(custom.violations(object, minor));
        }
        match table::kind(object.api_version, object.kind, minor) {
            // Removed kinds are reported from the lifecycle table. For neither of these could a user provide a
            // definition.
            None if is_removed(object, minor) || is_aggregated(object) => {
                Verdict::Checked(Vec::new())
            }
            None => {
                misspelt(object).map_or(Verdict::UnknownKind, |found| Verdict::Checked(vec![found]))
            }
            Some(table::Kind::Served(name)) => {
                Verdict::Checked(walk::object(object.node, &Shape::named(name), minor))
            }
            Some(table::Kind::Elsewhere(first, last)) => {
                Verdict::Checked(not_served(object, minor, first, last).into_iter().collect())
            }
        }
    }
}

impl Custom {
    /// The violations of an object by all definitions of its kind.
    fn violations<'a>(&self, object: &Object<'a>, minor: u32) -> Vec<Violation<'a>> {
        let mut found = walk::object(object.node, &self.shape, minor);
        for other in &self.others {
            if found.is_empty() {
                break;
            }
            let refused = walk::object(object.node, other, minor);
            let is_refused = |violation: &Violation<'_>| {
                let same = |other: &Violation<'_>| {
                    other.node.id() == violation.node.id() && other.kind == violation.kind
                };
                refused.iter().any(same)
            };
            found.retain(is_refused);
        }
        found
    }
}

/// The groups and kinds of Kubernetes, including those that newer versions no longer serve, in no particular order. A
/// kind with several versions occurs several times.
pub fn own_kinds() -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
    let all = table::kinds().chain(super::lifecycle::kinds());
    all.map(|(api, kind)| (api.rsplit_once('/').map_or("", |(group, _)| group), kind))
}

/// Every apiVersion and kind that some included version serves, in no particular order.
pub(super) fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    table::kinds()
}

/// The RBAC kinds, which `OpenShift` 3 served in `v1`.
const ONCE_IN_CORE: [&str; 4] = ["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"];

/// Groups that an aggregated API server of `OpenShift` serves, so there are no definitions of custom resources.
const AGGREGATED: [&str; 11] = [
    "apps.openshift.io",
    "authorization.openshift.io",
    "build.openshift.io",
    "image.openshift.io",
    "oauth.openshift.io",
    "project.openshift.io",
    "quota.openshift.io",
    "route.openshift.io",
    "security.openshift.io",
    "template.openshift.io",
    "user.openshift.io",
];

/// Kinds in these groups that nevertheless have a definition.
const DEFINED: [&str; 3] =
    ["ClusterResourceQuota", "RoleBindingRestriction", "SecurityContextConstraints"];

fn is_aggregated(object: &Object<'_>) -> bool {
    AGGREGATED.contains(&object.group()) && !DEFINED.contains(&object.kind)
}

/// A kind that does not exist, in one of Kubernetes' own groups. A group with a dot in its name that Kubernetes does not
/// have is one of custom resources.
///
/// Only if it is known which kind was meant: other programs have kinds in `v1` that are never sent to a cluster.
fn misspelt<'a>(object: &Object<'a>) -> Option<Violation<'a>> {
    /// Kubernetes' own groups; custom resources, of which there may be many, are asked whether they are of one.
    static GROUPS: LazyLock<BTreeSet<&str>> =
        LazyLock::new(|| table::kinds().map(|(version, _)| group(version)).collect());
    let Object { node, kind, api_version, .. } = *object;
    let own = group(api_version);
    if kind.ends_with("List") || lifecycle(api_version, kind).is_some() {
        return None;
    }
    let is_meant =
        || !own.contains('.') && spelling::nearest(own, GROUPS.iter().copied()).is_some();
    if !GROUPS.contains(own) && !is_meant() {
        return None;
    }
    let is_other = |&(_, other): &(&str, &str)| other == kind && !ONCE_IN_CORE.contains(&kind);
    let elsewhere = table::kinds().filter(is_other).map(|(version, _)| version).max();
    let beside = || {
        let known = table::kinds().filter(|(version, _)| *version == api_version);
        spelling::nearest(kind, known.map(|(_, kind)| kind))
    };
    let (at, suggestion) = match elsewhere {
        Some(version) => ("apiVersion", format!("{kind} is of `{version}`")),
        None => ("kind", spelling::question(beside()?)),
    };
    Some(Violation {
        node: node.get(at)?,
        kind: ViolationKind::NotServed,
        message: format!("there is no {kind} in `{api_version}`: the API refuses it"),
        suggestion: Some(suggestion),
        instead: None,
    })
}

/// The group in an API version; empty for the core.
fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Whether Kubernetes 1.`minor` no longer serves a kind that older versions served.
fn is_removed(object: &Object<'_>, minor: u32) -> bool {
    let life = lifecycle(object.api_version, object.kind);
    life.is_some_and(|life| life.removed.is_some_and(|removed| removed <= minor))
}

fn not_served<'a>(object: &Object<'a>, minor: u32, first: u32, last: u32) -> Option<Violation<'a>> {
    // Removed kinds are reported, with their replacement, from the lifecycle table.
    if is_removed(object, minor) {
        return None;
    }
    let when = if minor < first { format!("from 1.{first} on") } else { format!("up to 1.{last}") };
    Some(Violation {
        node: object.node.get("apiVersion")?,
        kind: ViolationKind::NotServed,
        message: format!(
            "Kubernetes 1.{minor} does not serve {} of `{}`: it is there {when}",
            object.kind, object.api_version
        ),
        suggestion: None,
        instead: None,
    })
}

#[cfg(test)]
mod tests;
