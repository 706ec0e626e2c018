//! Validates values with a `values.schema.json`.

mod format;
mod pattern;

use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::helm::chart::ChartFile;
use crate::helm::function::pattern_fault;
use crate::helm::origin::{OriginId, Origins};
use crate::helm::print::json_float;
use crate::helm::value::{Budget, Data, Value};
use crate::source::Span;

/// A violation of a chart's schema.
#[derive(Debug, Clone)]
pub(crate) struct Violation {
    /// What is wrong.
    pub message: String,
    /// The JSON pointer of the value, in the chart's own values.
    pub pointer: String,
    /// The origin of the value.
    pub value: OriginId,
    /// The place in the schema that is violated, if it is known.
    pub schema: Option<Span>,
}

/// A compiled schema, without parts that would need a network.
#[derive(Debug)]
pub(crate) struct Schema {
    validator: jsonschema::Validator,
    /// Translated patterns, each with the original one in the schema.
    patterns: Vec<(String, String)>,
}

impl Schema {
    /// Compiles a `values.schema.json`.
    ///
    /// # Errors
    /// If the schema itself is not valid.
    pub(in crate::helm) fn compile(file: &ChartFile) -> Result<Self, String> {
        let mut parsed: serde_json::Value =
            serde_json::from_str(&file.text).map_err(|error| error.to_string())?;
        make_whole(&mut parsed);
        let documents = Documents::of(&parsed);
        check(&parsed, NAME, &documents, true)?;
        let names_draft = documents.settle_references(&mut parsed, NAME);
        let mut patterns = Vec::new();
        rewrite(&mut parsed, &mut patterns);
        let options = format::as_helm(jsonschema::options()).with_base_uri(NAME);
        let mut options = options.with_retriever(Offline);
        if names_draft {
            options = options.with_registry(&DRAFTS);
        }
        let validator = options.build(&parsed).map_err(|error| error.to_string())?;
        Ok(Self { validator, patterns })
    }

    /// Returns the violations in some values; `file` has to be the one that was compiled.
    pub(in crate::helm) fn violations(
        &self,
        file: &ChartFile,
        values: &Value,
        origins: &Origins,
    ) -> Vec<Violation> {
        let instance = json(values, &mut Budget::default());
        // Most values are valid, and then no place is needed.
        let stream = LazyCell::new(|| crate::yaml::parse(file.source, &file.text));
        let place = |pointer: &str| {
            let root = stream.documents.first()?.root()?;
            Some(root.pointer(pointer)?.span())
        };
        let violation = |error: jsonschema::ValidationError<'_>| {
            let pointer = error.instance_path().to_string();
            Violation {
                // The message does not contain the value, which may be a credential: those who may read it find it at
                // its place.
                message: unexpected(&error, &instance)
                    .unwrap_or_else(|| self.as_written(error.masked_with("it").to_string())),
                value: origin_at(values, &pointer, origins),
                schema: place(&self.as_written(error.schema_path().to_string())),
                pointer,
            }
        };
        self.validator.iter_errors(&instance).map(violation).collect()
    }

    /// Replaces translated patterns in a text by those in the schema.
    fn as_written(&self, text: String) -> String {
        let written = |text: String, (own, written): &(String, String)| text.replace(own, written);
        self.patterns.iter().fold(text, written)
    }
}

/// The error message for unexpected keys in a map whose schema names no properties: the library only reports that
/// `false` allows nothing.
fn unexpected(
    error: &jsonschema::ValidationError<'_>,
    instance: &serde_json::Value,
) -> Option<String> {
    let is_false = matches!(error.kind(), jsonschema::error::ValidationErrorKind::FalseSchema);
    let path = error.schema_path().to_string();
    let around = path.strip_suffix("/additionalProperties").filter(|_| is_false)?;
    // This is a property with that name.
    if around.ends_with("/properties") {
        return None;
    }
    let map = instance.pointer(&error.instance_path().to_string())?.as_object()?;
    let keys: Vec<_> = map.keys().map(|key| format!("'{key}'")).collect();
    let were = if keys.len() == 1 { "was" } else { "were" };
    let keys = keys.join(", ");
    Some(format!("Additional properties are not allowed ({keys} {were} unexpected)"))
}

/// Keywords whose values are maps of schemas.
const BY_NAME: [&str; 6] = [
    "properties",
    "patternProperties",
    "dependentSchemas",
    "dependencies",
    DEFINITIONS[0],
    DEFINITIONS[1],
];
/// Those of them whose schemas only count where they are referred to.
const DEFINITIONS: [&str; 2] = ["$defs", "definitions"];
/// Keywords whose value is a schema, or a list of schemas.
const WITHIN: [&str; 15] = [
    "items",
    "additionalItems",
    "prefixItems",
    "unevaluatedItems",
    "contains",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
];

/// Rejects what Helm's library cannot compile but ours can: dialects and files that do not exist, and patterns that
/// are not valid in Go. References are relative to `base`; `used` is false in a definition.
fn check(
    schema: &serde_json::Value,
    base: &str,
    documents: &Documents,
    used: bool,
) -> Result<(), String> {
    let base = &*documents.base(schema, base);
    let check = |part, used| check(part, base, documents, used);
    let Some(entries) = schema.as_object() else {
        return schema.as_array().into_iter().flatten().try_for_each(|item| check(item, used));
    };
    let text = |key: &str| entries.get(key).and_then(serde_json::Value::as_str);
    if let Some(dialect) = text("$schema").filter(|dialect| used && !dialect.contains(':')) {
        return Err(format!(
            "failing loading {dialect:?}: no URLLoader registered for {dialect:?}"
        ));
    }
    let file = text("$ref").and_then(|reference| resolved(base, reference));
    let is_file = |document: &String| document.starts_with("file://");
    if let Some(file) = file.filter(|file| used && is_file(file) && !documents.own.contains(file)) {
        let path = file.trim_start_matches("file://");
        return Err(format!("failing loading {file:?}: open {path}: no such file or directory"));
    }
    let by_pattern = entries.get("patternProperties").and_then(serde_json::Value::as_object);
    let patterns = by_pattern.into_iter().flat_map(serde_json::Map::keys).map(String::as_str);
    for pattern in patterns.chain(text("pattern")) {
        if let Some(fault) = pattern_fault(pattern) {
            return Err(format!("{pattern:?} is not valid regex: {fault}"));
        }
    }
    for key in BY_NAME {
        let parts = entries.get(key).and_then(serde_json::Value::as_object);
        let used = used && !DEFINITIONS.contains(&key);
        parts
            .into_iter()
            .flat_map(serde_json::Map::values)
            .try_for_each(|part| check(part, used))?;
    }
    WITHIN.iter().filter_map(|key| entries.get(*key)).try_for_each(|part| check(part, used))
}

/// Writes whole numbers as integers: for `jsonschema`, `2.0` is not an integer in the oldest draft, but for Helm it is
/// in every draft.
fn make_whole(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Number(number) => {
            let whole = number.as_f64().filter(|_| number.is_f64());
            *number = whole.and_then(as_number).unwrap_or_else(|| number.clone());
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(make_whole),
        serde_json::Value::Object(entries) => entries.values_mut().for_each(make_whole),
        _ => {}
    }
}

/// Translates patterns to the syntax that `jsonschema` expects in all drafts, and notes those that change.
fn rewrite(schema: &mut serde_json::Value, patterns: &mut Vec<(String, String)>) {
    if let serde_json::Value::Array(items) = schema {
        return items.iter_mut().for_each(|item| rewrite(item, patterns));
    }
    let Some(entries) = schema.as_object_mut() else { return };
    let mut ecma = |go: &str| {
        let own = pattern::as_ecma(go);
        if own != go {
            patterns.push((own.clone(), go.to_owned()));
        }
        own
    };
    if let Some(serde_json::Value::String(pattern)) = entries.get_mut("pattern") {
        *pattern = ecma(pattern);
    }
    if let Some(serde_json::Value::Object(parts)) = entries.get_mut("patternProperties") {
        *parts = std::mem::take(parts).into_iter().map(|(go, part)| (ecma(&go), part)).collect();
    }
    for key in BY_NAME {
        let parts = entries.get_mut(key).and_then(serde_json::Value::as_object_mut);
        let parts = parts.into_iter().flat_map(serde_json::Map::values_mut);
        parts.for_each(|part| rewrite(part, patterns));
    }
    for key in WITHIN {
        entries.get_mut(key).into_iter().for_each(|part| rewrite(part, patterns));
    }
}

/// The URL of a schema in Helm, wherever the chart is.
const NAME: &str = "file:///values.schema.json";

/// Returns the URL of the document that a reference points into, without the fragment after a `#`.
fn resolved(base: &str, reference: &str) -> Option<String> {
    let base = jsonschema::uri::from_str(base).ok()?;
    let uri = jsonschema::uri::resolve_against(&base.borrow(), reference).ok()?;
    Some(uri.as_str().split('#').next().unwrap_or_default().to_owned())
}

/// The documents in a schema: itself, and parts of it with their own id.
struct Documents {
    /// The keyword for ids.
    id: &'static str,
    /// The URLs of the documents.
    own: BTreeSet<String>,
}

impl Documents {
    fn of(schema: &serde_json::Value) -> Self {
        let dialect = schema.get("$schema").and_then(serde_json::Value::as_str);
        let is_old = dialect.is_some_and(|dialect| dialect.contains("draft-04"));
        let id = if is_old { "id" } else { "$id" };
        let mut documents = Self { id, own: BTreeSet::from([NAME.to_owned()]) };
        documents.gather(schema, NAME);
        documents
    }

    fn gather(&mut self, schema: &serde_json::Value, base: &str) {
        let base = self.base(schema, base);
        if !self.own.contains(&*base) {
            self.own.insert(base.to_string());
        }
        parts(schema).for_each(|part| self.gather(part, &base));
    }

    /// Returns the URL that references in a part are relative to; `base` is that of the schema around it.
    fn base<'b>(&self, schema: &serde_json::Value, base: &'b str) -> Cow<'b, str> {
        let id = schema.get(self.id).and_then(serde_json::Value::as_str);
        id.and_then(|id| resolved(base, id)).map_or(Cow::Borrowed(base), Cow::Owned)
    }

    /// Writes references into other documents so that they can be followed: those to a draft of JSON Schema by the URL
    /// that it has for `jsonschema`, and all others as `ELSEWHERE`. Returns whether there is a reference to a draft.
    fn settle_references(&self, schema: &mut serde_json::Value, base: &str) -> bool {
        let base = self.base(schema, base);
        let mut names_draft = false;
        if let Some(serde_json::Value::String(reference)) = schema.get_mut("$ref") {
            let (document, fragment) =
                reference.split_at(reference.find('#').unwrap_or(reference.len()));
            let whole = resolved(&base, document);
            if !document.is_empty() && !whole.as_ref().is_some_and(|whole| self.own.contains(whole))
            {
                let draft = whole.and_then(|whole| draft(&whole)).map(|draft| draft + fragment);
                names_draft = draft.is_some();
                *reference = draft.unwrap_or_else(|| ELSEWHERE.to_owned());
            }
        }
        let settle = |part| names_draft |= self.settle_references(part, &base);
        match schema {
            serde_json::Value::Array(items) => items.iter_mut().for_each(settle),
            serde_json::Value::Object(entries) => entries.values_mut().for_each(settle),
            _ => {}
        }
        names_draft
    }
}

/// The schemas of all drafts of JSON Schema. A dialect that is only part of a draft makes `jsonschema` add them all.
static DRAFTS: LazyLock<jsonschema::Registry<'static>> = LazyLock::new(|| {
    let part = serde_json::json!({"$schema": "https://json-schema.org/draft/2020-12/meta/core"});
    jsonschema::Registry::new()
        .add("urn:drafts", part)
        .and_then(jsonschema::RegistryBuilder::prepare)
        .expect("invariant: the drafts are built in")
});

/// Returns the URL that a draft of JSON Schema, or a part of one, has for `jsonschema`. Helm's validator has them built
/// in under `http` and `https`, and the newest under a URL without a version (`openMeta` in its `loader.go`).
fn draft(document: &str) -> Option<String> {
    let (scheme, path) = document.split_once("://json-schema.org/")?;
    let path = if path == "schema" { "draft/2020-12/schema" } else { path };
    let is_old = ["draft-04/schema", "draft-06/schema", "draft-07/schema"].contains(&path);
    let url = format!("{}://json-schema.org/{path}", if is_old { "http" } else { "https" });
    (["http", "https"].contains(&scheme) && DRAFTS.contains_resource(&url)).then_some(url)
}

/// Returns the values in an object or a list.
fn parts(value: &serde_json::Value) -> impl Iterator<Item = &serde_json::Value> {
    let items = value.as_array().into_iter().flatten();
    items.chain(value.as_object().into_iter().flat_map(serde_json::Map::values))
}

/// What stands for documents that would have to be fetched.
const ELSEWHERE: &str = "urn:elsewhere";

/// Fetches nothing: a reference to another host allows everything, as an unknown URN does in Helm.
struct Offline;

impl jsonschema::Retrieve for Offline {
    fn retrieve(
        &self,
        _: &jsonschema::Uri<String>,
    ) -> Result<serde_json::Value, Box<dyn std::error::Error + Send + Sync>> {
        Ok(serde_json::Value::Bool(true))
    }
}

fn origin_at(values: &Value, pointer: &str, origins: &Origins) -> OriginId {
    let mut at = values.clone();
    for step in pointer.split('/').skip(1) {
        let step = crate::yaml::unescape(step);
        let next = match &at.data {
            Data::Map(entries) => entries.borrow().get(step.as_ref()).cloned(),
            Data::List(items) => {
                step.parse::<usize>().ok().and_then(|index| items.borrow().get(index).cloned())
            }
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    at.own_origin(origins)
}

/// Converts values to JSON; a part in which `budget` is spent is null. Values may contain themselves: those of a
/// subchart that is called `global` do.
fn json(value: &Value, budget: &mut Budget) -> serde_json::Value {
    if !budget.enter() {
        return serde_json::Value::Null;
    }
    let json = match &value.data {
        Data::Nil | Data::Object(_) => serde_json::Value::Null,
        Data::Bool(value) => (*value).into(),
        Data::Int(value) | Data::Int64(value) => (*value).into(),
        Data::Float(value) => {
            as_number(*value).map_or(serde_json::Value::Null, serde_json::Value::Number)
        }
        Data::Str(text) => text.as_str().into(),
        Data::List(items) => items.borrow().iter().map(|item| json(item, budget)).collect(),
        Data::Map(entries) => {
            let entries = entries.borrow();
            entries.iter().map(|(key, item)| (key.to_string(), json(item, budget))).collect()
        }
    };
    budget.leave();
    json
}

/// Converts a number to JSON; as in Helm, a whole number is an integer.
fn as_number(value: f64) -> Option<serde_json::Number> {
    json_float(value).parse().ok()
}
