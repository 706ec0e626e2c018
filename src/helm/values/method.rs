//! What `.Values` can do besides holding values: the methods of its Go type.
//!
//! Mirrors Helm 4.1 `pkg/chart/common/values.go`.

use crate::helm::call::text;
use crate::helm::emit::{Dialect, emit};
use crate::helm::origin::{OriginId, Origins};
use crate::helm::rope::RopeBuilder;
use crate::helm::value::{Data, Nuance, Value};

/// Whether Go's type has a method of this name.
pub(in crate::helm) fn is_method(name: &str) -> bool {
    matches!(name, "AsMap" | "YAML" | "Table" | "PathValue")
}

/// Calls a method on the values of a chart.
///
/// # Errors
/// Helm's text when there is nothing at the path that is asked for.
pub(in crate::helm) fn call(
    values: &Value,
    name: &str,
    args: &[Value],
    origins: &Origins,
) -> Result<Value, String> {
    match name {
        "YAML" => {
            let mut out = RopeBuilder::default();
            out.push_rope(&emit(values, Dialect::V2, origins)?);
            out.push("\n", OriginId::NONE);
            Ok(Value::rope(out.finish()))
        }
        "Table" => table(values, text(args, 0)?.as_str()).map(|table| table.with(Nuance::Values)),
        "PathValue" => path_value(values, text(args, 0)?.as_str()),
        _ => Ok(values.clone().with(Nuance::None)),
    }
}

fn table(values: &Value, path: &str) -> Result<Value, String> {
    path.split('.').try_fold(values.clone(), |at, key| match child(&at, key) {
        Some(found @ Value { data: Data::Map(_), .. }) => Ok(found),
        _ => Err(format!("{key:?} is not a table")),
    })
}

/// A value that is no map.
fn path_value(values: &Value, path: &str) -> Result<Value, String> {
    if path.is_empty() {
        return Err("YAML path cannot be empty".to_owned());
    }
    let (parent, key) =
        path.rsplit_once('.').map_or((None, path), |(parent, key)| (Some(parent), key));
    let at = parent.map_or_else(|| Ok(values.clone()), |parent| table(values, parent));
    match at.ok().and_then(|at| child(&at, key)) {
        Some(found) if !matches!(found.data, Data::Map(_)) => Ok(found),
        _ => Err(format!("{key:?} is not a value")),
    }
}

fn child(value: &Value, key: &str) -> Option<Value> {
    match &value.data {
        Data::Map(entries) => entries.borrow().get(key).cloned(),
        _ => None,
    }
}
