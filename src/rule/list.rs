//! CEL values that many evaluations share: the objects that are deployed together, and the parameters of a rule. CEL's
//! own lists and maps would be built anew for each evaluation.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, OnceLock};

use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Iterable, Iterator as CelIterator, Sizer};
use cel::common::types::{self, CelInt, CelString, Type};
use cel::common::value::{CowVal, StaticVal, Val};

use foldhash::fast::RandomState;

use super::value::{Members, NodeVal, looked_into};
use crate::kube::{Object, labels};
use crate::yaml::{Document, Node, NodeId};

/// A list of objects.
#[derive(Clone, Default)]
pub(crate) struct SharedList(Arc<Objects>);

#[derive(Default)]
struct Objects {
    items: Vec<Box<dyn Val>>,
    // Indexes for rules that search objects, so that they need not compare all pairs. Each is built when it is first
    // used.
    kinds: OnceLock<Map<String, Part>>,
    namespaces: OnceLock<Namespaces>,
    /// The indexes of objects by their `metadata.name`.
    names: OnceLock<Map<String, Vec<usize>>>,
    /// The labels of each object's pods.
    pods: OnceLock<Vec<Option<NodeId>>>,
    /// The indexes of objects whose pods have a label, by its key and value.
    labels: OnceLock<Map<String, Map<String, Vec<usize>>>>,
}

/// A part of the objects, with their indexes in the whole list.
#[derive(Default)]
struct Part {
    list: SharedList,
    places: Vec<usize>,
}

/// The objects by the namespace that they state.
struct Namespaces {
    stated: Map<String, Part>,
    /// Objects that state none, and can be in any.
    open: Part,
}

type Map<K, V> = HashMap<K, V, RandomState>;

impl SharedList {
    /// Creates a list.
    pub(crate) fn new(items: Vec<Box<dyn Val>>) -> Self {
        Self(Arc::new(Objects { items, ..Objects::default() }))
    }

    /// True if there are no objects.
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

    /// The objects of several kinds, in their order; if there is a namespace, only those that can be in it.
    pub(crate) fn of_kinds(
        &self,
        kinds: &[impl AsRef<str>],
        namespace: Option<&str>,
    ) -> Vec<(&Arc<Document>, Node<'_>)> {
        let known = kinds.iter().filter_map(|kind| self.kinds().get(kind.as_ref()));
        self.at(known.flat_map(|kind| match namespace {
            None => kind.places.clone(),
            Some(name) => kind.among(kind.list.near(name)).collect(),
        }))
    }

    /// The objects with a name, of any kind, in their order.
    pub(crate) fn of_name(&self, name: &str) -> Vec<(&Arc<Document>, Node<'_>)> {
        self.at(self.names().get(name).into_iter().flatten().copied())
    }

    /// The objects that can be in a namespace, in their order.
    pub(crate) fn of_namespace(&self, name: &str) -> Vec<(&Arc<Document>, Node<'_>)> {
        self.at(self.near(name))
    }

    /// The objects with some indexes, in their order.
    fn at(&self, places: impl IntoIterator<Item = usize>) -> Vec<(&Arc<Document>, Node<'_>)> {
        let mut places: Vec<usize> = places.into_iter().collect();
        if !places.is_sorted() {
            places.sort_unstable();
        }
        places.dedup();
        places.into_iter().filter_map(|at| as_node(self.0.items[at].as_ref())).collect()
    }

    /// The indexes of the objects that can be in a namespace.
    fn near(&self, name: &str) -> impl Iterator<Item = usize> {
        self.parts_near(name).flat_map(|part| part.places.iter().copied())
    }

    /// The objects that can be in a namespace: those that state it, and those that state none.
    fn parts_near(&self, name: &str) -> impl Iterator<Item = &Part> {
        let Namespaces { stated, open } = self.namespaces();
        stated.get(name).into_iter().chain([open])
    }

    /// The number of objects.
    pub(crate) fn len(&self) -> usize {
        self.0.items.len()
    }

    /// The objects as nodes.
    pub(crate) fn nodes(&self) -> ObjectNodes<'_> {
        ObjectNodes(self.0.items.iter())
    }

    /// The objects for which `fit` holds for the labels of their pods, and that can be in a namespace, in their order.
    /// `equal` has labels that all of them must have, as far as those are known.
    pub(crate) fn selected<'l>(
        &'l self,
        namespace: Option<&str>,
        equal: &[(&str, &str)],
        fit: impl Fn(Option<Node<'l>>) -> bool,
    ) -> Vec<(&'l Arc<Document>, Node<'l>)> {
        match namespace {
            None => self.at(self.selected_places(equal, &fit)),
            Some(name) => self.at(self
                .parts_near(name)
                .flat_map(|part| part.list.selected_places(equal, &fit).map(|at| part.places[at]))),
        }
    }

    /// Whether there is such an object.
    pub(crate) fn any_selected<'l>(
        &'l self,
        namespace: Option<&str>,
        equal: &[(&str, &str)],
        fit: impl Fn(Option<Node<'l>>) -> bool,
    ) -> bool {
        let any = |list: &'l Self| list.selected_places(equal, &fit).next().is_some();
        match namespace {
            None => any(self),
            Some(name) => self.parts_near(name).any(|part| any(&part.list)),
        }
    }

    /// The indexes of the objects for which `fit` holds for the labels of their pods.
    fn selected_places<'l>(
        &'l self,
        equal: &[(&str, &str)],
        fit: &impl Fn(Option<Node<'l>>) -> bool,
    ) -> impl Iterator<Item = usize> {
        // The rarest label is looked up, as some, such as `managed-by`, are on nearly all pods.
        let carriers = equal.iter().map(|label| self.carriers(*label));
        let carriers = carriers.min_by_key(|places| places.len());
        let all = if carriers.is_some() { 0 } else { self.len() };
        carriers.into_iter().flatten().copied().chain(0..all).filter(|&at| {
            as_node(self.0.items[at].as_ref()).is_some_and(|(document, _)| {
                fit(self.pods()[at].map(|labels| document.node(labels)))
            })
        })
    }

    /// The indexes of the objects whose pods have a label.
    fn carriers(&self, (key, value): (&str, &str)) -> &[usize] {
        let carriers = self.labels().get(key).and_then(|values| values.get(value));
        carriers.map_or(&[], Vec::as_slice)
    }

    fn kinds(&self) -> &Map<String, Part> {
        self.0.kinds.get_or_init(|| {
            let mut kinds = Map::default();
            for (at, object) in self.objects() {
                note(&mut kinds, object.kind, at);
            }
            kinds.into_iter().map(|(name, places)| (name, self.part(places))).collect()
        })
    }

    fn namespaces(&self) -> &Namespaces {
        self.0.namespaces.get_or_init(|| {
            let (mut stated, mut open) = (Map::default(), Vec::new());
            for (at, item) in self.0.items.iter().enumerate() {
                let object = as_node(item.as_ref()).and_then(|(_, node)| Object::new(node));
                match object.and_then(|object| object.namespace()) {
                    Some(name) => note(&mut stated, name, at),
                    None => open.push(at),
                }
            }
            let stated = stated.into_iter().map(|(name, places)| (name, self.part(places)));
            Namespaces { stated: stated.collect(), open: self.part(open) }
        })
    }

    /// The objects with some indexes.
    fn part(&self, places: Vec<usize>) -> Part {
        let items = places.iter().map(|&at| self.0.items[at].clone_as_boxed());
        Part { list: Self::new(items.collect()), places }
    }

    fn names(&self) -> &Map<String, Vec<usize>> {
        self.0.names.get_or_init(|| {
            let mut names = Map::default();
            for (at, object) in self.objects() {
                if let Some(name) = object.node.at(&["metadata", "name"]) {
                    note(&mut names, name.raw(), at);
                }
            }
            names
        })
    }

    fn pods(&self) -> &[Option<NodeId>] {
        self.0.pods.get_or_init(|| {
            let objects = self.0.items.iter().map(|item| as_node(item.as_ref()));
            let objects = objects.map(|node| node.and_then(|(_, node)| Object::new(node)));
            objects.map(|object| object?.pod_labels().map(Node::id)).collect()
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
                    note(values, value, at);
                }
            }
            known
        })
    }

    /// The objects with their indexes.
    fn objects(&self) -> impl Iterator<Item = (usize, Object<'_>)> {
        let nodes = self.0.items.iter().map(|item| item.downcast_ref::<NodeVal>());
        nodes.enumerate().filter_map(|(at, value)| Some((at, Object::new(value?.node())?)))
    }
}

/// Adds an index to those of a name.
fn note(places: &mut Map<String, Vec<usize>>, name: &str, at: usize) {
    match places.get_mut(name) {
        Some(places) => places.push(at),
        None => drop(places.insert(name.to_owned(), vec![at])),
    }
}

impl Part {
    /// Converts indexes in this part to those in the whole list.
    fn among(&self, places: impl IntoIterator<Item = usize>) -> impl Iterator<Item = usize> {
        places.into_iter().map(|at| self.places[at])
    }
}

/// An iterator over the objects of a list as nodes, see [`SharedList::nodes`].
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

impl Iterable for SharedList {
    fn iter<'b, 'v>(&'b self) -> Box<dyn CelIterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Members(self.0.items.iter()))
    }
}

/// A map from names to values.
#[derive(Clone)]
pub(crate) struct SharedMap(Arc<Vec<(CelString<'static>, Box<dyn Val>)>>);

impl SharedMap {
    /// Creates a map from pairs with distinct names.
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
