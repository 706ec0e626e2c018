//! The objects that are deployed together, for rules that look beyond one object.

use std::sync::Arc;

use super::list::SharedList;
use super::value::to_val;
use crate::kube::{Object, objects};
use crate::yaml::{Document, Node};

/// Objects that are deployed together. Built once for all of them and shared by the threads that judge them, as
/// building it anew for each object would take time quadratic in their number.
#[derive(Debug, Clone, Default)]
pub struct Company {
    objects: SharedList,
    workloads: SharedList,
}

impl Company {
    /// Collects the objects in documents, in their order; the items of a `List` one by one.
    #[must_use]
    pub fn of<'d>(documents: impl IntoIterator<Item = &'d Arc<Document>>) -> Self {
        let (mut all, mut workloads) = (Vec::new(), Vec::new());
        for document in documents {
            for object in objects(document) {
                all.push(to_val(document, object.node));
                if object.pod_template().is_some() {
                    workloads.push(to_val(document, object.node));
                }
            }
        }
        Self { objects: SharedList::new(all), workloads: SharedList::new(workloads) }
    }

    /// True if there is no object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The object that has the same identity as `object` in the API: its group, kind, namespace and name.
    #[must_use]
    pub fn same(&self, object: &Object<'_>) -> Option<(&Arc<Document>, Node<'_>)> {
        let wanted @ [.., name] = object.identity()?;
        self.objects.of_kind(object.kind).of_name(name).into_iter().find(|(_, node)| {
            Object::new(*node).is_some_and(|known| known.identity() == Some(wanted))
        })
    }

    /// All objects.
    pub(super) fn objects(&self) -> &SharedList {
        &self.objects
    }

    /// The objects that are pods or create pods.
    pub(super) fn workloads(&self) -> &SharedList {
        &self.workloads
    }

    /// The objects of a kind, in any API group. An index finds them.
    pub(super) fn of_kind(&self, kind: &str) -> impl Iterator<Item = Object<'_>> {
        self.objects.of_kind(kind).nodes().filter_map(|(_, node)| Object::new(node))
    }
}
