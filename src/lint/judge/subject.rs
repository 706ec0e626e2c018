//! From a hit in an object to a finding.

use std::cell::OnceCell;

use super::finding::of_hit;
use crate::finding::{Finding, ObjectRef, Origin, Place, Related, Sought};
use crate::kube::{Object, labels_of};
use crate::lint::select::Active;
use crate::rule::{Hit, Seeks, Target};
use crate::yaml::{Document, Kind, Node};

/// An object with hits, and what all findings in it have in common.
pub(super) struct Subject<'o> {
    document: &'o Document,
    object: &'o Object<'o>,
    /// The sort of text that it is written in.
    origin: Origin,
    /// How findings name the object, without a field.
    named: OnceCell<ObjectRef>,
}

impl<'o> Subject<'o> {
    pub(in crate::lint) fn new(
        document: &'o Document,
        object: &'o Object<'o>,
        origin: Origin,
    ) -> Self {
        Self { document, object, origin, named: OnceCell::new() }
    }

    /// The finding for a hit, at its place in the judged text.
    pub(in crate::lint) fn finding(&self, active: &Active, hit: &Hit) -> Finding {
        let place =
            |target: &Target| Place { span: target.span(self.document), origin: self.origin };
        let related = hit
            .related
            .iter()
            .map(|(target, message)| Related { message: message.clone(), place: place(target) });
        Finding {
            related: related.collect(),
            object: Some(Box::new(self.field(&hit.target))),
            sought: sought(active, self.document.node(hit.target.node)),
            ..of_hit(active, hit, place(&hit.target))
        }
    }

    /// How findings name a field of the object.
    fn field(&self, target: &Target) -> ObjectRef {
        let Self { document, object, named, .. } = self;
        ObjectRef {
            path: target.path(document, object.node),
            container: container(document.node(target.node)),
            ..named.get_or_init(|| reference(object)).clone()
        }
    }
}

/// How findings name an object, without a field.
fn reference(object: &Object<'_>) -> ObjectRef {
    ObjectRef {
        api_version: object.api_version.to_owned(),
        kind: object.kind.to_owned(),
        namespace: object.namespace().map(ToOwned::to_owned),
        name: object.name().to_owned(),
        ..ObjectRef::default()
    }
}

/// What a rule's finding at a node misses, if it may be elsewhere in the repository.
fn sought(active: &Active, node: Node<'_>) -> Option<Box<Sought>> {
    let found = match active.rule().seeks? {
        Seeks::Object => Sought::Object(node.raw().to_owned()),
        Seeks::Pods => Sought::Pods(labels_of(node.get("matchLabels").or(Some(node)))),
        Seeks::Reader => Sought::Reader,
    };
    Some(Box::new(found))
}

/// The name of the container that a node is or is part of.
fn container(node: Node<'_>) -> Option<String> {
    let lists = ["containers", "initContainers", "ephemeralContainers"];
    let is_container = |node: &Node<'_>| {
        let list = node.parent().filter(|parent| parent.kind() == Kind::Sequence);
        list.and_then(Node::key_name).is_some_and(|key| lists.contains(&&*key))
    };
    let container = node.upwards().find(is_container)?;
    container.get("name").map(|name| name.raw().to_owned())
}
