//! Finds values that a chart names outside of its templates: in conditions, tags and imports of `Chart.yaml`, and in
//! `values.schema.json`.

use serde_json::Value as Json;

use super::Member;
use super::path::{PathId, Paths};
use crate::helm::chart::ImportValues;

/// How deep nested schemas are followed.
const MAX_DEPTH: usize = 12;

pub(super) fn mark(members: &[Member<'_>], paths: &mut Paths) {
    for (at, member) in members.iter().enumerate() {
        let root = Paths::root(at);
        dependencies(member, root, paths);
        if let Some(schema) = &member.chart.schema
            && let Ok(schema) = serde_json::from_str(&schema.file.text)
        {
            described(&schema, &schema, root, 0, paths);
        }
    }
}

fn dependencies(member: &Member<'_>, root: PathId, paths: &mut Paths) {
    for dependency in &member.chart.metadata.dependencies {
        for condition in dependency.condition.split(',').filter(|c| !c.trim().is_empty()) {
            paths.keys(root, condition.trim().split('.'));
        }
        for tag in &dependency.tags {
            // Only tags in the top chart's values count (helm: processDependencyTags).
            paths.keys(Paths::root(0), ["tags", tag]);
        }
        let name = dependency.shown();
        let present = member.children.iter().any(|(child, _)| child == name);
        if !present && let Some(path) = paths.key(root, name) {
            // A chart that is missing may read anything.
            paths.whole(path);
        }
        for import in &dependency.import_values {
            let child = match import {
                ImportValues::Export(name) => format!("exports.{name}"),
                ImportValues::Mapping { child, .. } => child.clone(),
            };
            let keys = std::iter::once(name).chain(child.split('.'));
            if let Some(path) = paths.keys(root, keys) {
                paths.whole(path);
            }
        }
    }
}

/// Marks the keys that a schema describes: they are known to the chart.
fn described(schema: &Json, whole: &Json, at: PathId, depth: usize, paths: &mut Paths) {
    if depth > MAX_DEPTH {
        paths.whole(at);
        return;
    }
    if let Some(target) = schema.get("$ref").and_then(Json::as_str) {
        match target.strip_prefix('#').and_then(|pointer| whole.pointer(pointer)) {
            Some(target) => described(target, whole, at, depth + 1, paths),
            None => paths.whole(at),
        }
    }
    if is_open(schema) {
        paths.whole(at);
    }
    for (name, inner) in entries(schema.get("properties")) {
        if let Some(below) = paths.key(at, name) {
            described(inner, whole, below, depth + 1, paths);
        }
    }
    let open = schema.get("patternProperties").into_iter().flat_map(|map| entries(Some(map)));
    let open = open.map(|(_, inner)| inner);
    let lists = ["items", "additionalProperties"].map(|key| schema.get(key));
    let open = open.chain(lists.into_iter().flatten().filter(|inner| inner.is_object()));
    for inner in open {
        if let Some(below) = paths.any(at) {
            described(inner, whole, below, depth + 1, paths);
        }
    }
    for key in ["allOf", "anyOf", "oneOf", "if", "then", "else", "not"] {
        match schema.get(key) {
            Some(Json::Array(all)) => {
                for inner in all {
                    described(inner, whole, at, depth + 1, paths);
                }
            }
            Some(inner) => described(inner, whole, at, depth + 1, paths),
            None => {}
        }
    }
}

/// Whether a schema is for a map and leaves open what it contains.
fn is_open(schema: &Json) -> bool {
    let of_map = schema.get("type").is_some_and(|kind| match kind {
        Json::Array(kinds) => kinds.iter().any(|kind| kind == "object"),
        kind => kind == "object",
    });
    let says = ["properties", "patternProperties", "$ref", "allOf", "anyOf", "oneOf"];
    let closed = schema.get("additionalProperties").is_some_and(|inner| *inner != Json::Bool(true));
    of_map && !closed && !says.iter().any(|key| schema.get(key).is_some())
}

fn entries(map: Option<&Json>) -> impl Iterator<Item = (&String, &Json)> {
    map.and_then(Json::as_object).into_iter().flatten()
}
