//! Values as Helm layers and coalesces them, each with the place it was written at.

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
use super::value::{Data, Entries, Value};
use crate::source::{SourceId, Span};
use crate::yaml::{Document, NodeId};

/// A layer of a release's values, in Helm's order: the later wins.
#[derive(Debug, Clone)]
pub enum Layer {
    /// A values file: its documents, each over the ones before.
    File(Vec<Arc<Document>>),
    /// Values that stand within another file, such as a release's declaration.
    Inline(Arc<Document>, NodeId),
    /// Single values.
    Set(Set),
}

/// Single values, as a flag of the command line gives them.
#[derive(Debug, Clone)]
pub struct Set {
    /// How the text is read.
    pub kind: SetKind,
    /// `a.b=c,d[0]=e`
    pub text: String,
    /// Where it is written, when that is in a file.
    pub span: Option<Span>,
}

/// How the text of a [`Set`] is read.
#[derive(Debug, Clone)]
pub enum SetKind {
    /// `--set`: numbers, booleans and null are told from text.
    Value,
    /// `--set-string`: all values are text.
    String,
    /// `--set-json`: `a={"b":1}`, or a whole map.
    Json,
    /// `--set-file`: the values are paths; the files' texts by path.
    File(Vec<(String, Arc<str>)>),
    /// `--set-literal`: everything after the first `=` is the value.
    Literal,
}

/// A values layer that cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ValuesError {
    /// What is wrong, in Helm's words.
    pub message: String,
    /// Where, when it stands in a file.
    pub span: Option<Span>,
}

impl ValuesError {
    /// What is wrong with values as a whole.
    fn nowhere(message: String) -> Self {
        Self { message, span: None }
    }
}

/// Reads a values file.
///
/// # Errors
/// When it is not YAML or no map.
pub fn file(
    name: &str,
    text: &Arc<str>,
    source: SourceId,
) -> Result<Vec<Arc<Document>>, ChartError> {
    let file = ChartFile { name: name.to_owned(), text: Arc::clone(text), source };
    super::chart::values(&file)
}

/// Reads what a flag sets, for who only asks whether it can be read.
///
/// # Errors
/// When Helm refuses it.
pub fn check_set(set: Set) -> Result<(), ValuesError> {
    let origins = Origins::default();
    let root = origins.leaf(None, "", None);
    layers(&[Layer::Set(set)], root, &origins).map(drop)
}

/// The paths of the files that a `--set-file` text names.
#[must_use]
pub fn set_file_paths(text: &str) -> Vec<String> {
    set::files(text)
}

/// An empty map of values that stands at `leaf`.
pub(super) fn empty(leaf: LeafId) -> Value {
    Value::map(Entries::new(), OriginId::text(leaf))
}

/// The documents of one values file below `leaf`.
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

/// All layers of a release, merged as the command line does.
///
/// # Errors
/// When a layer cannot be read.
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

/// Helm's `MergeMaps`: a new map where `b` wins and maps are merged.
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

/// The same value where each node stands below `leaf` in the merged values, and is still written
/// where it was.
pub(super) fn moved(value: &Value, leaf: LeafId, origins: &Origins) -> Value {
    let below = |key: &str, item: &Value| {
        let span = item.own_origin(origins).single().and_then(|leaf| origins.describe(leaf).span);
        moved(item, origins.leaf(Some(leaf), key, span), origins)
    };
    let origin = OriginId::text(leaf);
    match &value.data {
        Data::Map(entries) => {
            let entries = entries.borrow();
            let moved = entries.iter().map(|(key, item)| (Rc::clone(key), below(key, item)));
            Value::map(moved.collect(), origin)
        }
        Data::List(items) => {
            let items = items.borrow();
            let moved = items.iter().enumerate().map(|(at, item)| below(&at.to_string(), item));
            Value::list(moved.collect(), origin)
        }
        Data::Str(text) => Value::str(text.as_str(), origin),
        data => Value::new(data.clone(), origin),
    }
}
