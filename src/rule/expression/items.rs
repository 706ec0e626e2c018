//! The items that a comprehension iterates over.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use super::NoValue;
use super::datum::Datum;
use crate::rule::list::ObjectNodes;
use crate::yaml::{self, Document, Kind, Node};

/// The items of a list or the keys of a map. Items in a document are not collected beforehand, as most comprehensions
/// end early.
pub(super) enum Items<'n> {
    Nodes(&'n Arc<Document>, yaml::Items<'n>),
    Keys(yaml::Entries<'n>),
    Objects(ObjectNodes<'n>),
    Picked(std::vec::IntoIter<(&'n Arc<Document>, Node<'n>)>),
    List(Rc<[Datum<'n>]>, usize),
    Record(Rc<[(Cow<'n, str>, Datum<'n>)]>, usize),
    Taken(std::vec::IntoIter<Datum<'n>>),
}

impl<'n> Datum<'n> {
    /// The items that a comprehension over this value visits.
    ///
    /// # Errors
    /// If the value is neither a list nor a map.
    pub(super) fn items(self) -> Result<Items<'n>, NoValue> {
        Ok(match self {
            Self::Node(document, node) => match node.kind() {
                Kind::Sequence => Items::Nodes(document, node.items()),
                Kind::Mapping | Kind::Scalar => Items::Keys(node.entries()),
            },
            Self::List(items) => Items::List(items, 0),
            Self::Record(entries) => Items::Record(entries, 0),
            Self::Objects(list) => Items::Objects(list.nodes()),
            _ => Items::Taken(self.taken_items()?.into_iter()),
        })
    }

    fn taken_items(&self) -> Result<Vec<Self>, NoValue> {
        self.with_val(|value| {
            let mut items = value.as_iterable().ok_or(NoValue)?.iter();
            let mut found = Vec::new();
            while let Some(item) = items.next() {
                found.push(Self::from_val(item, &[]));
            }
            Ok(found)
        })
    }
}

impl<'n> Iterator for Items<'n> {
    type Item = Datum<'n>;

    fn next(&mut self) -> Option<Datum<'n>> {
        match self {
            Self::Nodes(document, nodes) => nodes.next().map(|node| Datum::of(document, node)),
            Self::Keys(entries) => entries.next().map(|entry| Datum::text(entry.name())),
            Self::Picked(nodes) => nodes.next().map(|(document, node)| Datum::of(document, node)),
            Self::Objects(nodes) => nodes.next().map(|(document, node)| Datum::of(document, node)),
            Self::List(items, at) => {
                *at += 1;
                items.get(*at - 1).cloned()
            }
            Self::Record(entries, at) => {
                *at += 1;
                entries.get(*at - 1).map(|(key, _)| Datum::text(key.clone()))
            }
            Self::Taken(items) => items.next(),
        }
    }
}
