//! The methods of `.Values`.
//!
//! Mirrors Helm 4.1 `pkg/chart/common/values.go`.

use crate::helm::call::text;
use crate::helm::emit::{Dialect, emit};
use crate::helm::origin::{OriginId, Origins};
use crate::helm::rope::RopeBuilder;
use crate::helm::value::{Data, Nuance, Value};

/// Whether the Go type of `.Values` has a method with this name.
pub(in crate::helm) fn is_method(name: &str) -> bool {
    matches!(name, "AsMap" | "YAML" | "Table" | "PathValue")
}

/// Calls a method on the values of a chart.
///
/// # Errors
/// Helm's message if there is nothing at the path in the argument.
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

/// Returns the value at a path, which must not be a map.
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
