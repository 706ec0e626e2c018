//! YAML nodes as CEL values. Members are converted when an expression looks them up, so an object is never converted as
//! a whole.

use std::hash::BuildHasher as _;
use std::sync::{Arc, OnceLock};

use cel::common::traits::{Container, Indexer, Iterable, Iterator as CelIterator, Sizer};
use cel::common::types::{
    self, CelBool, CelDouble, CelInt, CelList, CelNull, CelString, CelUInt, Type,
};
use cel::common::value::{CowVal, StaticVal, Val};
use cel::{ExecutionError, Value};

use foldhash::fast::FixedState;

use crate::yaml::{Document, Kind, Node, NodeId, Scalar};

/// The parts of `Val` that are the same for every value in which CEL looks up members.
macro_rules! looked_into {
    () => {
        fn cel_type() -> &'static cel::common::types::Type {
            &cel::common::types::DYN_TYPE
        }

        fn as_container(&self) -> Option<&dyn cel::common::traits::Container> {
            Some(self)
        }

        fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn cel::common::traits::Indexer + 'v)>
        where
            Self: 'v,
        {
            Some(self)
        }

        fn as_sizer(&self) -> Option<&dyn cel::common::traits::Sizer> {
            Some(self)
        }

        fn as_any(&self) -> Option<&dyn std::any::Any> {
            Some(self)
        }
    };
}
pub(super) use looked_into;

/// A mapping or sequence in a document. Scalars become CEL's own values at once.
///
/// A null member counts as absent, as in Kubernetes: `has(x.y)` is false for `y: null`.
pub(crate) struct NodeVal {
    document: Arc<Document>,
    id: NodeId,
    /// The items of a sequence or the keys of a mapping, which are converted when a comprehension needs them.
    members: OnceLock<Vec<Box<dyn Val>>>,
}

impl std::fmt::Debug for NodeVal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let node = self.node();
        let written = node.document().text().get(node.span().range());
        formatter.write_str(written.unwrap_or_default())
    }
}

/// Converts a node to a CEL value that refers to its document.
pub(crate) fn to_val(document: &Arc<Document>, node: Node<'_>) -> Box<dyn Val> {
    match node.scalar() {
        None => Box::new(NodeVal {
            document: Arc::clone(document),
            id: node.id(),
            members: OnceLock::new(),
        }),
        Some(Scalar::Null) => Box::new(CelNull),
        Some(Scalar::Bool(value)) => Box::new(CelBool::from(value)),
        Some(Scalar::Int(value)) => Box::new(CelInt::from(value)),
        Some(Scalar::Uint(value)) => Box::new(CelUInt::from(value)),
        Some(Scalar::Float(value)) => Box::new(CelDouble::from(value)),
        Some(Scalar::Str(value)) => Box::new(CelString::from(value.to_owned())),
    }
}

/// Converts a node to an owned CEL value, for parameters, which do not belong to an object.
pub(crate) fn to_value(node: Node<'_>) -> Value {
    match (node.kind(), node.scalar()) {
        (Kind::Sequence, _) => Value::List(Arc::new(node.items().map(to_value).collect())),
        (Kind::Mapping, _) => {
            let entries: std::collections::HashMap<String, Value> = node
                .entries()
                .map(|entry| (entry.name().into_owned(), to_value(entry.value)))
                .collect();
            Value::from(entries)
        }
        (_, Some(Scalar::Bool(value))) => Value::Bool(value),
        (_, Some(Scalar::Int(value))) => Value::Int(value),
        (_, Some(Scalar::Uint(value))) => Value::UInt(value),
        (_, Some(Scalar::Float(value))) => Value::Float(value),
        (_, Some(Scalar::Str(value))) => Value::String(Arc::new(value.to_owned())),
        _ => Value::Null,
    }
}

impl NodeVal {
    /// The node of the value.
    pub(crate) fn node(&self) -> Node<'_> {
        self.document.node(self.id)
    }

    /// The document of the node.
    pub(crate) fn document(&self) -> &Arc<Document> {
        &self.document
    }

    /// Another node in the same document, as a value.
    pub(crate) fn beside(&self, node: Node<'_>) -> Box<dyn Val> {
        to_val(&self.document, node)
    }

    fn members(&self) -> &[Box<dyn Val>] {
        self.members.get_or_init(|| match self.node().kind() {
            Kind::Sequence => {
                self.node().items().map(|item| to_val(&self.document, item)).collect()
            }
            _ => self
                .node()
                .entries()
                .map(|entry| Box::new(CelString::from(entry.name().into_owned())) as Box<dyn Val>)
                .collect(),
        })
    }
}

impl Val for NodeVal {
    looked_into!();

    fn get_type(&self) -> &Type {
        match self.node().kind() {
            Kind::Sequence => &types::LIST_TYPE,
            _ => &types::MAP_TYPE,
        }
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        if let Some(other) = other.downcast_ref::<NodeVal>() {
            return same(self.node(), other.node());
        }
        let Some(list) = other.downcast_ref::<CelList>() else {
            return false;
        };
        let members = self.members();
        self.node().kind() == Kind::Sequence
            && members.len() == list.inner().len()
            && members.iter().zip(list.inner()).all(|(mine, theirs)| mine.equals(theirs.as_ref()))
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(Self {
            document: Arc::clone(&self.document),
            id: self.id,
            members: OnceLock::new(),
        })
    }
}

impl StaticVal for NodeVal {}

/// Whether two nodes are equal: numbers in any notation, mappings in any order.
pub(crate) fn same(one: Node<'_>, other: Node<'_>) -> bool {
    match (one.kind(), other.kind()) {
        (Kind::Scalar, Kind::Scalar) => one.scalar() == other.scalar(),
        (Kind::Sequence, Kind::Sequence) => {
            one.items().len() == other.items().len()
                && one.items().zip(other.items()).all(|(one, other)| same(one, other))
        }
        (Kind::Mapping, Kind::Mapping) => {
            one.len() == other.len()
                && one.entries().all(|entry| {
                    other.get(&entry.name()).is_some_and(|value| same(entry.value, value))
                })
        }
        _ => false,
    }
}

/// A hash that nodes which are the [`same`] have in common.
pub(crate) fn digest(node: Node<'_>) -> u64 {
    let hasher = FixedState::default();
    match node.kind() {
        Kind::Scalar => match node.scalar() {
            Some(Scalar::Str(text)) => hasher.hash_one(text),
            // Equal numbers may have different notations.
            _ => 0,
        },
        Kind::Sequence => node.items().fold(1, |sum, item| hasher.hash_one((sum, digest(item)))),
        // The order of keys does not matter.
        Kind::Mapping => node.entries().fold(2_u64, |sum, entry| {
            sum.wrapping_add(hasher.hash_one((entry.name(), digest(entry.value))))
        }),
    }
}

impl Indexer for NodeVal {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let node = self.node();
        let (found, name) = if let Some(key) = index.downcast_ref::<CelString>() {
            (node.get(key.inner()), key.inner().to_owned())
        } else if let Some(at) = index.downcast_ref::<CelInt>() {
            let at = *at.inner();
            let item = usize::try_from(at).ok().and_then(|at| node.items().nth(at));
            (item, at.to_string())
        } else {
            return Err(ExecutionError::UnexpectedType {
                got: index.get_type().name().to_owned(),
                want: "a key or an index".to_owned(),
            });
        };
        match found.filter(|value| !value.is_null()) {
            Some(value) => Ok(CowVal::Owned(to_val(&self.document, value))),
            None => Err(ExecutionError::no_such_key(&name)),
        }
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(index).map(CowVal::into_owned)
    }
}

impl Container for NodeVal {
    fn contains(&self, value: &dyn Val) -> Result<bool, ExecutionError> {
        let node = self.node();
        Ok(match (node.kind(), value.downcast_ref::<CelString>()) {
            (Kind::Mapping, Some(key)) => node.get(key.inner()).is_some(),
            (Kind::Mapping, None) => false,
            _ => self.members().iter().any(|member| member.equals(value)),
        })
    }
}

impl Sizer for NodeVal {
    fn size(&self) -> CelInt {
        CelInt::from(i64::try_from(self.node().len()).unwrap_or(i64::MAX))
    }
}

/// Iterates over the members of a list for CEL.
pub(super) struct Members<'b>(pub(super) std::slice::Iter<'b, Box<dyn Val>>);

impl<'b, 'v> CelIterator<'b, 'v> for Members<'b> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|member| member.as_ref() as &(dyn Val + 'v))
    }
}

impl Iterable for NodeVal {
    fn iter<'b, 'v>(&'b self) -> Box<dyn CelIterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Members(self.members().iter()))
    }
}
