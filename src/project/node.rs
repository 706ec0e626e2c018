//! Nodes that are kept with their document, and the texts of scalars.

use std::sync::Arc;

use crate::yaml::{Document, Node, NodeId};

/// A node together with its document.
#[derive(Debug, Clone)]
pub struct NodeRef {
    /// The document.
    pub document: Arc<Document>,
    /// Which node of it.
    pub node: NodeId,
}

impl NodeRef {
    /// A reference to a node in one of `documents`; `None` if it is in none of them.
    #[must_use]
    pub fn new(documents: &[Arc<Document>], node: Node<'_>) -> Option<Self> {
        let own = documents.iter().find(|own| std::ptr::eq(own.as_ref(), node.document()))?;
        Some(Self { document: Arc::clone(own), node: node.id() })
    }

    /// The node.
    #[must_use]
    pub fn get(&self) -> Node<'_> {
        self.document.node(self.node)
    }
}

/// The text of a scalar of any type; `None` for null and collections.
pub(super) fn scalar_text(node: Node<'_>) -> Option<String> {
    (node.scalar().is_some() && !node.is_null()).then(|| node.raw().to_owned())
}

/// The texts of the scalars in a list.
pub(super) fn scalar_texts(list: Node<'_>) -> Vec<String> {
    list.items().filter_map(scalar_text).collect()
}
