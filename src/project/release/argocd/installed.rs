//! The ways in which a chart is installed whose templates render Applications.

use serde_json::{Map, Value};

use crate::helm::values::{Typed, typed};
use crate::project::chart::LocalChart;
use crate::project::path::join;
use crate::project::release::command::{Assignment, AssignmentKind};
use crate::project::release::shell::is_known;
use crate::project::release::template::{UNKNOWN, data};
use crate::project::release::{Content, Context, Layer, Release, chart};

/// The most ways to install a chart that are followed; each renders all its templates.
const MAX_WAYS: usize = 50;

/// The default namespace of a release.
const DEFAULT_NAMESPACE: &str = "default";

/// What templates see of their release.
#[derive(Debug, PartialEq)]
pub(super) struct Way {
    pub(super) values: Value,
    pub(super) name: String,
    pub(super) namespace: String,
}

/// The ways to install a chart, at least one: the declared releases, else one for each values file in the chart, else its
/// own values. Values that are null have to be set by whoever installs the chart, so they are not known.
pub(super) fn ways(chart: &LocalChart, context: &Context<'_>, releases: &[Release]) -> Vec<Way> {
    let own = file(&join(&chart.path, "values.yaml"), context);
    let own = own.filter(Value::is_object).unwrap_or_else(|| Value::Object(Map::new()));
    let name = chart.name.clone().unwrap_or_default();
    let unnamed = |values| Way { values, name: name.clone(), namespace: DEFAULT_NAMESPACE.into() };
    let of_chart =
        releases.iter().filter(|release| release.chart.path.as_deref() == Some(&*chart.path));
    let declared = of_chart.filter_map(|release| {
        let way = unnamed(layered(own.clone(), &release.values, context)?);
        Some(Way {
            name: release.name.clone().unwrap_or(way.name),
            namespace: release.namespace.clone().unwrap_or(way.namespace),
            values: way.values,
        })
    });
    let mut ways: Vec<Way> = declared.take(MAX_WAYS).collect();
    if ways.is_empty() {
        let files = chart::values_files(chart, context).take(MAX_WAYS);
        ways.extend(files.filter_map(|(beside, _)| {
            let mut values = own.clone();
            data::merge(&mut values, data::of(beside.roots().next()?));
            Some(unnamed(values))
        }));
    }
    if ways.is_empty() {
        ways.push(unnamed(own));
    }
    ways.dedup();
    for way in &mut ways {
        leave_open(&mut way.values);
    }
    ways
}

fn file(path: &str, context: &Context<'_>) -> Option<Value> {
    context.tree.file(path)?.roots().next().map(data::of)
}

/// The merged values of a release; `None` if some of them are not known.
fn layered(mut values: Value, layers: &[Layer], context: &Context<'_>) -> Option<Value> {
    for layer in layers {
        match &layer.content {
            Content::File => {
                let path = layer.file.as_deref().unwrap_or_default();
                data::merge(&mut values, file(path, context).unwrap_or_else(|| Map::new().into()));
            }
            Content::Yaml(node) => data::merge(&mut values, data::of(node.get())),
            Content::Filled(node, assignments) => {
                data::merge(&mut values, data::of(node.get()));
                assign(&mut values, assignments);
            }
            Content::Set(assignments) => assign(&mut values, assignments),
            Content::Unknown | Content::Elsewhere => return None,
        }
    }
    Some(values)
}

/// Sets values whose paths only consist of keys.
fn assign(values: &mut Value, assignments: &[Assignment]) {
    let plain = assignments.iter().filter(|one| !one.path.is_empty());
    for one in plain.filter(|one| !one.path.contains(['[', '\\'])) {
        let keys = one.path.rsplit('.').map(ToOwned::to_owned);
        data::merge(
            values,
            keys.fold(assigned(one), |value, key| Map::from_iter([(key, value)]).into()),
        );
    }
}

fn assigned(one: &Assignment) -> Value {
    match one.kind {
        _ if !is_known(&one.value) => UNKNOWN.to_string().into(),
        AssignmentKind::Json | AssignmentKind::File => UNKNOWN.to_string().into(),
        AssignmentKind::Literal => one.value.as_str().into(),
        AssignmentKind::String => unescaped(&one.value).into(),
        AssignmentKind::Value => match typed(&unescaped(&one.value)) {
            Typed::Null => Value::Null,
            Typed::Bool(value) => value.into(),
            Typed::Int(value) => value.into(),
            Typed::Text(text) => text.into(),
        },
    }
}

/// A text of `--set` without the backslashes that escape other characters.
fn unescaped(text: &str) -> String {
    let mut letters = text.chars();
    let next = |letters: &mut std::str::Chars<'_>| match letters.next() {
        Some('\\') => letters.next(),
        letter => letter,
    };
    std::iter::from_fn(|| next(&mut letters)).collect()
}

fn leave_open(values: &mut Value) {
    match values {
        Value::Null => *values = Value::String(UNKNOWN.to_string()),
        Value::Array(items) => items.iter_mut().for_each(leave_open),
        Value::Object(entries) => entries.values_mut().for_each(leave_open),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceId, Span};

    #[test]
    fn values_are_of_the_types_that_helm_gives_them() {
        let mut values = Value::Object(Map::new());
        let one = |kind, path: &str, value: &str| Assignment {
            kind,
            path: path.to_owned(),
            value: value.to_owned(),
            span: Span::new(SourceId::NOWHERE, 0, 0),
            value_span: None,
        };
        let assignments = [
            one(AssignmentKind::Value, "web.port", "80"),
            one(AssignmentKind::Value, "web.code", "007"),
            one(AssignmentKind::Value, "web.on", "True"),
            one(AssignmentKind::Value, "web.none", "null"),
            one(AssignmentKind::String, "web.text", "80"),
            one(AssignmentKind::Value, "web.list", r"a\,b"),
        ];
        assign(&mut values, &assignments);
        let web = serde_json::json!({"port": 80, "code": "007", "on": true, "none": null, "text": "80", "list": "a,b"});
        assert_eq!(values["web"], web);
    }
}
