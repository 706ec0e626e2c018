//! CEL values that many evaluations share: all objects that are deployed together, the parameters of
//! a rule. CEL's own lists and maps would be built anew for each of them.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, OnceLock};

use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Iterable, Iterator as CelIterator, Sizer};
use cel::common::types::{self, CelInt, CelString, Type};
use cel::common::value::{CowVal, StaticVal, Val};

use foldhash::fast::RandomState;

use super::value::{NodeVal, looked_into};
use crate::kube::{Object, labels};
use crate::yaml::{Document, Node, NodeId};

/// A list of objects.
#[derive(Clone, Default)]
pub(crate) struct SharedList(Arc<Objects>);

#[derive(Default)]
struct Objects {
    items: Vec<Box<dyn Val>>,
    // What rules ask for, so that each object is not held against each other. Made when one first does.
    kinds: OnceLock<Map<String, Kind>>,
    /// The places of objects by their `metadata.name`.
    names: OnceLock<Map<String, Vec<usize>>>,
    /// The objects' pods.
    pods: OnceLock<Vec<Pods>>,
    /// The places of objects whose pods carry a label, by its key and value.
    labels: OnceLock<Map<String, Map<String, Vec<usize>>>>,
}

/// Where the pods that an object makes are described in its document.
struct Pods {
    /// The namespace that the object states.
    namespace: Option<NodeId>,
    /// The labels of its pods.
    labels: Option<NodeId>,
}

/// The objects of a kind.
struct Kind {
    list: SharedList,
    places: Vec<usize>,
}

type Map<K, V> = HashMap<K, V, RandomState>;

impl SharedList {
    /// Makes a list.
    pub(crate) fn new(items: Vec<Box<dyn Val>>) -> Self {
        Self(Arc::new(Objects { items, ..Objects::default() }))
    }

    /// True where there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.items.is_empty()
    }

    /// The objects of a kind.
    pub(crate) fn of_kind(&self, kind: &str) -> &Self {
        static NONE: LazyLock<SharedList> = LazyLock::new(SharedList::default);
        self.kinds().get(kind).map_or(&NONE, |kind| &kind.list)
    }

    /// Whether there is an object of a kind.
    pub(crate) fn has_kind(&self, kind: &str) -> bool {
        self.kinds().contains_key(kind)
    }

    /// The objects of some kinds, in their order.
    pub(crate) fn of_kinds(&self, kinds: &[impl AsRef<str>]) -> Vec<(&Arc<Document>, Node<'_>)> {
        let known = kinds.iter().filter_map(|kind| self.kinds().get(kind.as_ref()));
        let mut found: Vec<usize> = known.flat_map(|kind| &kind.places).copied().collect();
        if kinds.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
        found.into_iter().filter_map(|at| as_node(self.0.items[at].as_ref())).collect()
    }

    /// The objects of a name, whatever their kind, in their order.
    pub(crate) fn of_name(&self, name: &str) -> Vec<(&Arc<Document>, Node<'_>)> {
        let found = self.names().get(name).into_iter().flatten();
        found.filter_map(|&at| as_node(self.0.items[at].as_ref())).collect()
    }

    /// How many objects there are.
    pub(crate) fn len(&self) -> usize {
        self.0.items.len()
    }

    /// The objects as nodes.
    pub(crate) fn nodes(&self) -> ObjectNodes<'_> {
        ObjectNodes(self.0.items.iter())
    }

    /// The objects whose pods' labels `fit` and that can stand in a namespace, in their order; `equal` are labels
    /// that all of them must carry, as far as they are known.
    pub(crate) fn selected<'l, 's>(
        &'l self,
        namespace: Option<&str>,
        equal: impl Iterator<Item = (&'s str, &'s str)>,
        fit: impl Fn(Option<Node<'l>>) -> bool,
    ) -> Vec<(&'l Arc<Document>, Node<'l>)> {
        let selected = |at: usize| {
            let (document, node) = as_node(self.0.items[at].as_ref())?;
            let pods = &self.pods()[at];
            let stated = pods.namespace.map(|own| document.node(own).raw());
            let near = namespace.is_none_or(|own| stated.is_none_or(|other| own == other));
            let labels = || pods.labels.map(|labels| document.node(labels));
            (near && fit(labels())).then_some((document, node))
        };
        // Of labels that nearly all pods carry, as `managed-by`, nothing is learned.
        match equal.map(|label| self.carriers(label)).min_by_key(|places| places.len()) {
            Some(places) => places.iter().copied().filter_map(selected).collect(),
            None => (0..self.len()).filter_map(selected).collect(),
        }
    }

    /// The places of the objects whose pods carry a label.
    fn carriers(&self, (key, value): (&str, &str)) -> &[usize] {
        let carriers = self.labels().get(key).and_then(|values| values.get(value));
        carriers.map_or(&[], Vec::as_slice)
    }

    fn kinds(&self) -> &Map<String, Kind> {
        self.0.kinds.get_or_init(|| {
            let mut kinds: Map<String, Vec<usize>> = Map::default();
            for (at, object) in self.objects() {
                match kinds.get_mut(object.kind) {
                    Some(places) => places.push(at),
                    None => drop(kinds.insert(object.kind.to_owned(), vec![at])),
                }
            }
            let kind = |places: Vec<usize>| {
                let items = places.iter().map(|&at| self.0.items[at].clone_as_boxed());
                Kind { list: Self::new(items.collect()), places }
            };
            kinds.into_iter().map(|(name, places)| (name, kind(places))).collect()
        })
    }

    fn names(&self) -> &Map<String, Vec<usize>> {
        self.0.names.get_or_init(|| {
            let mut names: Map<String, Vec<usize>> = Map::default();
            for (at, object) in self.objects() {
                if let Some(name) = object.node.at(&["metadata", "name"]) {
                    names.entry(name.raw().to_owned()).or_default().push(at);
                }
            }
            names
        })
    }

    fn pods(&self) -> &[Pods] {
        self.0.pods.get_or_init(|| {
            let pods = |item: Option<(_, Node<'_>)>| {
                let object = item.and_then(|(_, node)| Object::new(node));
                Pods {
                    namespace: object.and_then(|object| object.namespace_node()).map(Node::id),
                    labels: object.and_then(|object| object.pod_labels()).map(Node::id),
                }
            };
            self.0.items.iter().map(|item| pods(as_node(item.as_ref()))).collect()
        })
    }

    fn labels(&self) -> &Map<String, Map<String, Vec<usize>>> {
        self.0.labels.get_or_init(|| {
            let mut known: Map<String, Map<String, Vec<usize>>> = Map::default();
            for (at, object) in self.objects() {
                for (key, value) in labels(object.pod_labels()) {
                    let values = match known.get_mut(&*key) {
                        Some(values) => values,
                        None => known.entry(key.into_owned()).or_default(),
                    };
                    match values.get_mut(value) {
                        Some(places) => places.push(at),
                        None => drop(values.insert(value.to_owned(), vec![at])),
                    }
                }
            }
            known
        })
    }

    /// The objects with their places.
    fn objects(&self) -> impl Iterator<Item = (usize, Object<'_>)> {
        let nodes = self.0.items.iter().map(|item| item.downcast_ref::<NodeVal>());
        nodes.enumerate().filter_map(|(at, value)| Some((at, Object::new(value?.node())?)))
    }
}

/// The objects of a list as nodes, see [`SharedList::nodes`].
#[derive(Clone)]
pub(crate) struct ObjectNodes<'l>(std::slice::Iter<'l, Box<dyn Val>>);

impl<'l> Iterator for ObjectNodes<'l> {
    type Item = (&'l Arc<Document>, Node<'l>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.find_map(|item| as_node(item.as_ref()))
    }
}

fn as_node<'l>(item: &'l (dyn Val + 'static)) -> Option<(&'l Arc<Document>, Node<'l>)> {
    let value = item.downcast_ref::<NodeVal>()?;
    Some((value.document(), value.node()))
}

impl std::fmt::Debug for SharedList {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} objects", self.0.items.len())
    }
}

impl Val for SharedList {
    looked_into!();

    fn get_type(&self) -> &Type {
        &types::LIST_TYPE
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Self>().is_some_and(|other| Arc::ptr_eq(&self.0, &other.0))
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }
}

impl StaticVal for SharedList {}

impl Indexer for SharedList {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let at = index.downcast_ref::<CelInt>().map(|at| *at.inner());
        at.and_then(|at| self.0.items.get(usize::try_from(at).ok()?))
            .map(|item| CowVal::Owned(item.clone_as_boxed()))
            .ok_or_else(|| ExecutionError::no_such_key("an index of this list"))
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(index).map(CowVal::into_owned)
    }
}

impl Container for SharedList {
    fn contains(&self, value: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(self.0.items.iter().any(|item| item.equals(value)))
    }
}

impl Sizer for SharedList {
    fn size(&self) -> CelInt {
        CelInt::from(i64::try_from(self.0.items.len()).unwrap_or(i64::MAX))
    }
}

struct Items<'b>(std::slice::Iter<'b, Box<dyn Val>>);

impl<'b, 'v> CelIterator<'b, 'v> for Items<'b> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|item| item.as_ref() as &(dyn Val + 'v))
    }
}

impl Iterable for SharedList {
    fn iter<'b, 'v>(&'b self) -> Box<dyn CelIterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Items(self.0.items.iter()))
    }
}

/// A map from names to values.
#[derive(Clone)]
pub(crate) struct SharedMap(Arc<Vec<(CelString<'static>, Box<dyn Val>)>>);

impl SharedMap {
    /// Makes a map; a name comes once.
    pub(crate) fn new(entries: impl IntoIterator<Item = (String, Box<dyn Val>)>) -> Self {
        let entries = entries.into_iter().map(|(name, value)| (CelString::from(name), value));
        Self(Arc::new(entries.collect()))
    }

    fn find<'v>(&self, key: &dyn Val) -> Option<&(dyn Val + 'v)> {
        let key = key.downcast_ref::<CelString>()?.inner();
        self.0
            .iter()
            .find(|(name, _)| name.inner() == key)
            .map(|(_, value)| value.as_ref() as &(dyn Val + 'v))
    }
}

impl std::fmt::Debug for SharedMap {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_map()
            .entries(self.0.iter().map(|(name, value)| (name.inner(), value)))
            .finish()
    }
}

impl Val for SharedMap {
    looked_into!();

    fn get_type(&self) -> &Type {
        &types::MAP_TYPE
    }

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Self>().is_some_and(|other| Arc::ptr_eq(&self.0, &other.0))
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }
}

impl StaticVal for SharedMap {}

impl Indexer for SharedMap {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.find(index)
            .map(CowVal::Borrowed)
            .ok_or_else(|| ExecutionError::no_such_key("a parameter of this rule"))
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(index).map(CowVal::into_owned)
    }
}

impl Container for SharedMap {
    fn contains(&self, value: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(self.find(value).is_some())
    }
}

impl Sizer for SharedMap {
    fn size(&self) -> CelInt {
        CelInt::from(i64::try_from(self.0.len()).unwrap_or(i64::MAX))
    }
}
