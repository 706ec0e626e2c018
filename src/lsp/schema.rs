//! What a JSON Schema allows at a path: `values.schema.json` of a chart, or the schema of the configuration.

use serde_json::Value;

use super::offer::{Offer, Offers};

/// How many references are followed, one after the other.
const MOST_REFERENCES: usize = 16;

/// Adds the properties that a schema names at a path.
pub(super) fn properties(text: &str, path: &[String], offers: &mut Offers) {
    if let Ok(root) = serde_json::from_str::<Value>(text) {
        properties_of(&root, path, offers);
    }
}

/// Adds the words that a schema allows as the value at a path.
pub(super) fn words(text: &str, path: &[String], offers: &mut Offers) {
    if let Ok(root) = serde_json::from_str::<Value>(text) {
        words_of(&root, path, offers);
    }
}

/// [`properties`] of a schema that has been read.
pub(super) fn properties_of(root: &Value, path: &[String], offers: &mut Offers) {
    for schema in at(root, path) {
        let named = schema.get("properties").and_then(Value::as_object);
        for (name, property) in named.into_iter().flatten() {
            let text = |key: &str| {
                let here = property.get(key).or_else(|| resolved(root, property)?.get(key));
                here.and_then(Value::as_str).unwrap_or_default().to_owned()
            };
            let offer = Offer { detail: text("type"), about: text("description") };
            offers.entry(name.clone()).or_insert(offer);
        }
    }
}

/// [`words`] of a schema that has been read.
pub(super) fn words_of(root: &Value, path: &[String], offers: &mut Offers) {
    for schema in at(root, path) {
        let listed = schema.get("enum").and_then(Value::as_array);
        let one = schema.get("const");
        for word in listed.into_iter().flatten().chain(one) {
            let word = word.as_str().map_or_else(|| word.to_string(), ToOwned::to_owned);
            offers.entry(word).or_default();
        }
        if schema.get("type").is_some_and(|kind| kind == "boolean") {
            for word in ["false", "true"] {
                offers.entry(word.to_owned()).or_default();
            }
        }
    }
}

/// The schemas that hold for a path: keys, and indexes or `-` for the items of a list.
fn at<'s>(root: &'s Value, path: &[String]) -> Vec<&'s Value> {
    let mut schemas = alternatives(root, root, 0);
    for step in path {
        let below = schemas.iter().filter_map(|schema| {
            let named = schema.get("properties").and_then(|properties| properties.get(step));
            let item = || {
                let is_item = step == "-" || step.parse::<usize>().is_ok();
                schema.get("items").filter(|_| is_item)
            };
            let any = || schema.get("additionalProperties").filter(|any| any.is_object());
            named.or_else(item).or_else(any)
        });
        schemas = below.flat_map(|schema| alternatives(root, schema, 0)).collect();
    }
    schemas
}

/// A schema, with all schemas that it refers to or combines.
fn alternatives<'s>(root: &'s Value, schema: &'s Value, depth: usize) -> Vec<&'s Value> {
    if depth > MOST_REFERENCES {
        return Vec::new();
    }
    let mut found = vec![schema];
    let listed = ["anyOf", "oneOf", "allOf"].iter().filter_map(|key| schema.get(key)?.as_array());
    let others = listed.flatten().chain(resolved(root, schema));
    found.extend(others.flat_map(|other| alternatives(root, other, depth + 1)));
    found
}

/// The schema in the same document that a schema refers to.
fn resolved<'s>(root: &'s Value, schema: &Value) -> Option<&'s Value> {
    root.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r##"{
      "properties": {
        "web": {"$ref": "#/$defs/web"},
        "list": {"type": "array", "items": {"properties": {"name": {"type": "string"}}}}
      },
      "$defs": {"web": {"anyOf": [{"properties": {"mode": {"enum": ["a", "b"], "description": "how"}}}, {"type": "null"}]}}
    }"##;

    fn path(keys: &[&str]) -> Vec<String> {
        keys.iter().map(|key| (*key).to_owned()).collect()
    }

    #[test]
    fn properties_are_found_behind_references_and_in_lists() {
        let names = |keys: &[&str]| {
            let mut offers = Offers::new();
            properties(SCHEMA, &path(keys), &mut offers);
            offers.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(names(&[]), ["list", "web"]);
        assert_eq!(names(&["web"]), ["mode"]);
        assert_eq!(names(&["list", "0"]), ["name"]);
    }

    #[test]
    fn words_are_found() {
        let mut offers = Offers::new();
        words(SCHEMA, &path(&["web", "mode"]), &mut offers);
        assert_eq!(offers.into_keys().collect::<Vec<_>>(), ["a", "b"]);
    }
}
