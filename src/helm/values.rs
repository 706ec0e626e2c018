//! Merges values as Helm does, each value with its origin.

pub(super) mod coalesce;
pub(super) mod dependencies;
pub(super) mod method;
pub(super) mod schema;
mod set;

pub use coalesce::Clash;
pub use set::{Typed, typed};

use std::rc::Rc;
use std::sync::Arc;

use super::chart::{ChartError, ChartFile};
use super::origin::{LeafId, OriginId, Origins};
use super::tree;
use super::value::{Budget, Data, Entries, Value};
use crate::source::{SourceId, Span};
use crate::yaml::{Document, NodeId};

/// A layer of values of a release; a later layer overrides earlier ones, as in Helm.
#[derive(Debug, Clone)]
pub enum Layer {
    /// A values file: its documents, each merged over the ones before.
    File(Vec<Arc<Document>>),
    /// Values in another file, such as the declaration of a release.
    Inline(Arc<Document>, NodeId),
    /// Single values, as set by flags.
    Set(Set),
}

/// Single values, as a command line flag sets them.
#[derive(Debug, Clone)]
pub struct Set {
    /// How the text is read.
    pub kind: SetKind,
    /// `a.b=c,d[0]=e`
    pub text: String,
    /// The place of the text, if it is in a file.
    pub span: Option<Span>,
}

/// How the text of a [`Set`] is read.
#[derive(Debug, Clone)]
pub enum SetKind {
    /// `--set`: as a number, a boolean, null or a text.
    Value,
    /// `--set-string`: all values are texts.
    String,
    /// `--set-json`: `a={"b":1}`, or a whole map.
    Json,
    /// `--set-file`: the values are paths. The texts of the files, by path.
    File(Vec<(String, Arc<str>)>),
    /// `--set-literal`: everything after the first `=` is the value.
    Literal,
}

/// Why a values layer cannot be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ValuesError {
    /// What is wrong, in Helm's words.
    pub message: String,
    /// Where, if the layer is in a file.
    pub span: Option<Span>,
}

impl ValuesError {
    /// An error about the values as a whole.
    fn nowhere(message: String) -> Self {
        Self { message, span: None }
    }
}

/// Reads a values file.
///
/// # Errors
/// If it is not YAML or not a map.
pub fn file(
    name: &str,
    text: &Arc<str>,
    source: SourceId,
) -> Result<Vec<Arc<Document>>, ChartError> {
    let file = ChartFile { name: name.to_owned(), text: Arc::clone(text), source };
    super::chart::values(&file)
}

/// Checks whether the text of a flag can be read.
///
/// # Errors
/// Helm's message if it refuses the text.
pub fn check_set(set: Set) -> Result<(), ValuesError> {
    let origins = Origins::default();
    let root = origins.leaf(None, "", None);
    layers(&[Layer::Set(set)], root, &origins).map(drop)
}

/// The paths of the files that the text of a `--set-file` names.
#[must_use]
pub fn set_file_paths(text: &str) -> Vec<String> {
    set::files(text)
}

/// An empty map of values, whose origin is `leaf`.
pub(super) fn empty(leaf: LeafId) -> Value {
    Value::map(Entries::new(), OriginId::text(leaf))
}

/// Merges the documents of a values file; their origins are below `leaf`.
pub(super) fn documents(
    documents: &[Arc<Document>],
    leaf: LeafId,
    origins: &Origins,
) -> Result<Value, ValuesError> {
    let mut all = empty(leaf);
    let mut is_first = true;
    for document in documents {
        let Some(root) = document.root().filter(|root| !root.is_null()) else { continue };
        let value = tree::from_values(root, leaf, origins)
            .map_err(|message| ValuesError { message, span: Some(root.span()) })?;
        all = match is_first {
            true => value,
            false => merge_maps(&all, &value),
        };
        is_first = false;
    }
    Ok(all)
}

/// Merges all layers of a release, as Helm's command line does.
///
/// # Errors
/// If a layer cannot be read.
pub(super) fn layers(
    layers: &[Layer],
    root: LeafId,
    origins: &Origins,
) -> Result<Value, ValuesError> {
    let mut all = empty(root);
    for layer in layers {
        match layer {
            Layer::File(files) => all = merge_maps(&all, &documents(files, root, origins)?),
            Layer::Inline(document, node) => {
                let node = document.node(*node);
                let value = tree::from_values(node, root, origins)
                    .map_err(|message| ValuesError { message, span: Some(node.span()) })?;
                if matches!(value.data, Data::Map(_)) {
                    all = merge_maps(&all, &value);
                }
            }
            Layer::Set(set) if is_json_map(set) => {
                all = merge_maps(&all, &set::json_map(set, root, origins)?);
            }
            Layer::Set(set) => set::apply(set, &all, origins)?,
        }
    }
    Ok(all)
}

fn is_json_map(set: &Set) -> bool {
    matches!(set.kind, SetKind::Json) && set.text.trim_start().starts_with('{')
}

/// Merges two maps as Helm's `MergeMaps` does: into a new map in which values of `b` override and maps are merged.
fn merge_maps(a: &Value, b: &Value) -> Value {
    let (Data::Map(left), Data::Map(right)) = (&a.data, &b.data) else { return b.clone() };
    let mut out = left.borrow().clone();
    for (key, value) in right.borrow().iter() {
        let merged = match (out.get(key), &value.data) {
            (Some(old @ Value { data: Data::Map(_), .. }), Data::Map(_)) => merge_maps(old, value),
            _ => value.clone(),
        };
        out.insert(Rc::clone(key), merged);
    }
    Value::map(out, b.origin)
}

/// Copies a value so that its path in the merged values is that of `leaf`; each part keeps the place where it is
/// written. `None` once `budget` is spent: values may contain themselves.
pub(super) fn moved(
    value: &Value,
    leaf: LeafId,
    origins: &Origins,
    budget: &mut Budget,
) -> Option<Value> {
    if !budget.enter() {
        return None;
    }
    let mut below = |key: &str, item: &Value| {
        let span = item.own_origin(origins).single().and_then(|leaf| origins.describe(leaf).span);
        moved(item, origins.leaf(Some(leaf), key, span), origins, budget)
    };
    let origin = OriginId::text(leaf);
    let moved = match &value.data {
        Data::Map(entries) => {
            let entries = entries.borrow();
            let moved = entries.iter().map(|(key, item)| Some((Rc::clone(key), below(key, item)?)));
            Value::map(moved.collect::<Option<_>>()?, origin)
        }
        Data::List(items) => {
            let items = items.borrow();
            let moved = items.iter().enumerate().map(|(at, item)| below(&at.to_string(), item));
            Value::list(moved.collect::<Option<_>>()?, origin)
        }
        Data::Str(text) => Value::str(text.as_str(), origin),
        data => Value::new(data.clone(), origin),
    };
    budget.leave();
    Some(moved)
}
