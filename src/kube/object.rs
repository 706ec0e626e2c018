//! A uniform view of objects, which finds the description of their pods for any kind.

use super::{fleet, local};
use crate::yaml::{Document, Kind, Node};

/// The deepest nesting of `List`s in `List`s.
const MAX_LIST_DEPTH: usize = 8;

/// The prefix of a text that SOPS has encrypted.
pub(crate) const ENCRYPTED: &str = "ENC[AES256_GCM,";

/// A Kubernetes object: a mapping with `apiVersion` and `kind`.
#[derive(Debug, Clone, Copy)]
pub struct Object<'a> {
    /// The object's own mapping.
    pub node: Node<'a>,
    /// As written, `apps/v1`.
    pub api_version: &'a str,
    /// As written, `Deployment`.
    pub kind: &'a str,
    /// The pod template that is viewed, if the object has several.
    sort: Option<Node<'a>>,
}

/// The purpose of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContainerSort {
    /// One of `containers`.
    Main,
    /// One of `initContainers`.
    Init,
    /// One of `ephemeralContainers`.
    Ephemeral,
}

/// A container of a pod.
#[derive(Debug, Clone, Copy)]
pub struct Container<'a> {
    /// The container's mapping.
    pub node: Node<'a>,
    /// Its purpose.
    pub sort: ContainerSort,
}

/// The pods that an object is or creates.
#[derive(Debug, Clone, Copy)]
pub struct Pods<'a> {
    /// The mapping with their `metadata` and `spec`.
    pub template: Node<'a>,
}

impl<'a> Object<'a> {
    /// Reads a node as an object; `None` if `apiVersion` or `kind` is not a string, or is empty.
    #[must_use]
    pub fn new(node: Node<'a>) -> Option<Self> {
        let api_version = node.get("apiVersion")?.as_str()?;
        let kind = node.get("kind")?.as_str()?;
        let is_said = !api_version.is_empty() && !kind.is_empty();
        is_said.then_some(Self { node, api_version, kind, sort: None })
    }

    /// The API group, empty for the core group.
    #[must_use]
    pub fn group(&self) -> &'a str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// `metadata.name`, or else `metadata.generateName`; empty if there is neither.
    #[must_use]
    pub fn name(&self) -> &'a str {
        let name =
            |key| self.node.at(&["metadata", key]).map(Node::raw).filter(|name| !name.is_empty());
        name("name").or_else(|| name("generateName")).unwrap_or("")
    }

    /// `metadata.namespace`, if the object states it.
    #[must_use]
    pub fn namespace(&self) -> Option<&'a str> {
        namespace(self.node)
    }

    /// The scalar that is `metadata.namespace`, if the object states it.
    #[must_use]
    pub fn namespace_node(&self) -> Option<Node<'a>> {
        namespace_node(self.node)
    }

    /// The identity of the object in the API: group, kind, namespace and name. An object with `generateName` has none,
    /// as it gets another name each time.
    #[must_use]
    pub fn identity(&self) -> Option<[&'a str; 4]> {
        let name = self.node.at(&["metadata", "name"])?.raw();
        Some([self.group(), self.kind, self.namespace().unwrap_or_default(), name])
    }

    /// The object, followed by one view for each sort of its pods, if it creates several, such as a head and its
    /// workers.
    pub fn views(self) -> impl Iterator<Item = Self> {
        let templates = fleet::templates(self.node, self.group(), self.kind);
        let sorts =
            templates.into_iter().map(move |template| Self { sort: Some(template), ..self });
        std::iter::once(self).chain(sorts)
    }

    /// Whether it is a view of one of several sorts of pods; see [`views`](Self::views).
    #[must_use]
    pub fn is_sort(&self) -> bool {
        self.sort.is_some()
    }

    /// The description of the object's pods: the object itself for a Pod, and its template for controllers. Other kinds
    /// count if they have a `spec.template.spec.containers`, as custom resources with a pod template do. An object with
    /// several sorts of pods has none, but each view of a sort has.
    #[must_use]
    pub fn pods(&self) -> Option<Pods<'a>> {
        if let Some(template) = self.sort {
            return Some(Pods { template });
        }
        let template = match self.kind {
            "Pod" if self.group().is_empty() => Some(self.node),
            "PodTemplate" if self.group().is_empty() => self.node.get("template"),
            "CronJob" => self.node.at(&["spec", "jobTemplate", "spec", "template"]),
            // KEDA creates Jobs from it.
            "ScaledJob" => self.node.at(&["spec", "jobTargetRef", "template"]),
            _ => self.node.at(&["spec", "template"]).filter(|template| {
                let known = matches!(
                    self.kind,
                    "Deployment"
                        | "StatefulSet"
                        | "DaemonSet"
                        | "ReplicaSet"
                        | "ReplicationController"
                        | "DeploymentConfig"
                        | "Job"
                );
                known || fleet::has_containers(*template)
            }),
        };
        template.map(|template| Pods { template })
    }

    /// The mapping with the `metadata` and `spec` of this object's pods.
    #[must_use]
    pub fn pod_template(&self) -> Option<Node<'a>> {
        self.pods().map(|pods| pods.template)
    }

    /// The labels of the pods that the object is or creates.
    #[must_use]
    pub fn pod_labels(&self) -> Option<Node<'a>> {
        self.pod_template()?.at(&["metadata", "labels"])
    }

    /// The pod spec of this object's pods.
    #[must_use]
    pub fn pod_spec(&self) -> Option<Node<'a>> {
        self.pods()?.spec()
    }

    /// Every container of this object's pods; see [`containers`].
    #[must_use]
    pub fn containers(&self) -> Vec<Container<'a>> {
        self.pod_spec().map(containers).unwrap_or_default()
    }

    /// The number of pods that the object requests: `spec.replicas`, or 1 if that is missing, and for kinds without
    /// such a field.
    #[must_use]
    pub fn replicas(&self) -> i64 {
        let scaled = matches!(
            self.kind,
            "Deployment"
                | "StatefulSet"
                | "ReplicaSet"
                | "ReplicationController"
                | "DeploymentConfig"
                | "Rollout"
        );
        let written = || self.node.at(&["spec", "replicas"])?.as_i64();
        if scaled { written().unwrap_or(1) } else { 1 }
    }
}

impl<'a> Pods<'a> {
    /// The pod spec.
    #[must_use]
    pub fn spec(self) -> Option<Node<'a>> {
        self.template.get("spec").filter(|spec| spec.kind() == Kind::Mapping)
    }
}

/// The namespace with which charts are rendered for a release without a known one. It is not `default`, as it is not a
/// fault of the objects that the namespace is not known.
pub const OPEN_NAMESPACE: &str = "release-namespace";

/// The `metadata.namespace` in an object's mapping, if it states a known one.
#[must_use]
pub fn namespace(object: Node<'_>) -> Option<&str> {
    namespace_node(object)?.as_str()
}

fn namespace_node(object: Node<'_>) -> Option<Node<'_>> {
    let stated = object.at(&["metadata", "namespace"])?;
    stated.as_str().is_some_and(|name| !matches!(name, "" | OPEN_NAMESPACE)).then_some(stated)
}

/// Every container of a pod spec: init containers, main ones, then ephemeral ones. Items that are not mappings are left
/// out.
#[must_use]
pub fn containers(spec: Node<'_>) -> Vec<Container<'_>> {
    let sorts = [
        ("initContainers", ContainerSort::Init),
        ("containers", ContainerSort::Main),
        ("ephemeralContainers", ContainerSort::Ephemeral),
    ];
    sorts
        .into_iter()
        .filter_map(|(key, sort)| Some((spec.get(key)?, sort)))
        .flat_map(|(list, sort)| list.items().map(move |node| Container { node, sort }))
        .filter(|container| container.node.kind() == Kind::Mapping)
        .collect()
}

/// The objects in a document: one, or the items of a `List`, with nested ones. Documents that are never sent to a
/// cluster are left out, and so are those whose kind SOPS has encrypted, and those that only state the expected status
/// or the patch of an object.
#[must_use]
pub fn objects(document: &Document) -> Vec<Object<'_>> {
    let mut found = Vec::new();
    if let Some(root) = document.root() {
        collect(root, 0, &mut found);
    }
    found
}

/// Fields that objects of any kind have.
const BESIDE_SPEC: [&str; 4] = ["apiVersion", "kind", "metadata", "status"];

/// Kinds that are complete without a `spec`, and have a status if they were taken from a cluster.
const WITHOUT_SPEC: [&str; 2] = ["Namespace", "Node"];

/// Whether an object cannot be applied, as it is an expectation or a patch: it consists of a status only, with which a
/// policy or a test compares an object, or it is a directive for kustomize.
fn is_expectation(object: &Object<'_>) -> bool {
    let status = object.node.get("status");
    // A directive for kustomize (kyaml: `PatchStrategicMerge`).
    object.node.get("$patch").is_some()
        || has_owner_without_identity(object)
        || status.is_some_and(|status| status.kind() == Kind::Mapping && !status.is_empty())
            && object.node.entries().all(|entry| BESIDE_SPEC.contains(&entry.key.raw()))
            && !WITHOUT_SPEC.contains(&object.kind)
}

/// Whether an owner has neither the id that the cluster assigns nor an API version: a test has removed both, to compare
/// the rest with an object that a controller has created.
fn has_owner_without_identity(object: &Object<'_>) -> bool {
    let owners = object.node.at(&["metadata", "ownerReferences"]);
    owners.into_iter().flat_map(Node::items).any(|owner| {
        owner.get("kind").is_some()
            && owner.get("uid").is_none()
            && owner.get("apiVersion").is_none()
    })
}

fn collect<'a>(node: Node<'a>, depth: usize, found: &mut Vec<Object<'a>>) {
    let Some(object) = Object::new(node) else {
        return;
    };
    if local::is_local(&object) || object.kind.starts_with(ENCRYPTED) || is_expectation(&object) {
        return;
    }
    let items = if object.kind.ends_with("List") { node.get("items") } else { None };
    match items {
        Some(items) if items.kind() == Kind::Sequence => {
            if depth < MAX_LIST_DEPTH {
                items.items().for_each(|item| collect(item, depth + 1, found));
            }
        }
        _ => found.push(object),
    }
}
