//! Parameters of `ApplicationSets`, and how they are filled in.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::project::node::scalar_text;
use crate::project::path::base_name;
use crate::project::release::template::{UNKNOWN, data, normalize};
use crate::yaml::{Kind, Node};

/// The parameters of one Application.
#[derive(Debug, Clone, Default)]
pub(super) struct Parameters {
    /// The parameters as texts; nested ones have dotted names.
    pub(super) texts: BTreeMap<String, String>,
    /// The parameters as Go templates see them.
    pub(super) data: Map<String, Json>,
    /// Whether there may be more parameters, which only the cluster knows.
    pub(super) are_open: bool,
}

impl Parameters {
    /// The parameters in a node.
    pub(super) fn of(node: Node<'_>) -> Self {
        let mut texts = BTreeMap::new();
        flatten(node, "", &mut texts);
        let data = match data::of(node) {
            Json::Object(data) => data,
            _ => Map::new(),
        };
        Self { texts, data, are_open: false }
    }

    /// A set whose parameters only the cluster knows.
    pub(super) fn open() -> Self {
        Self { are_open: true, ..Self::default() }
    }

    /// Adds the parameters of another set, which override the own ones.
    pub(super) fn extend(&mut self, other: Self) {
        self.texts.extend(other.texts);
        let mut data = Json::Object(std::mem::take(&mut self.data));
        data::merge(&mut data, Json::Object(other.data));
        if let Json::Object(data) = data {
            self.data = data;
        }
        self.are_open |= other.are_open;
    }

    /// Fills in parameters that use those of another set.
    pub(super) fn fill(&mut self, fill: &dyn Fn(&str) -> String) {
        self.texts.values_mut().for_each(|text| *text = fill(text));
        self.data.values_mut().for_each(|value| fill_data(value, fill));
    }
}

fn fill_data(value: &mut Json, fill: &dyn Fn(&str) -> String) {
    match value {
        Json::String(text) => *text = fill(text),
        Json::Array(items) => items.iter_mut().for_each(|item| fill_data(item, fill)),
        Json::Object(entries) => entries.values_mut().for_each(|entry| fill_data(entry, fill)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

fn flatten(node: Node<'_>, name: &str, into: &mut BTreeMap<String, String>) {
    let below = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match node.kind() {
        Kind::Scalar => {
            into.insert(name.to_owned(), scalar_text(node).unwrap_or_default());
        }
        Kind::Mapping => {
            node.entries().for_each(|entry| flatten(entry.value, &below(&entry.name()), into));
        }
        Kind::Sequence => {
            let items = node.items().enumerate();
            items.for_each(|(at, item)| flatten(item, &below(&at.to_string()), into));
        }
    }
}

/// The parameters `path`, `path.basename` and so on, in both notations.
pub(super) fn of_path(directory: &str, file: Option<&str>, prefix: Option<&str>) -> Parameters {
    let key = prefix.map_or("path".to_owned(), |prefix| format!("{prefix}.path"));
    let base = base_name(directory);
    let mut own = vec![("path", directory.to_owned()), ("basename", base.to_owned())];
    own.push(("basenameNormalized", normalize(base)));
    if let Some(file) = file {
        own.push(("filename", file.to_owned()));
        own.push(("filenameNormalized", normalize(file)));
    }
    let segments: Vec<&str> = directory.split('/').collect();
    let mut texts = BTreeMap::from([(key.clone(), directory.to_owned())]);
    texts.extend(own.iter().map(|(name, text)| (format!("{key}.{name}"), text.clone())));
    for (at, segment) in segments.iter().copied().enumerate() {
        texts.insert(format!("{key}[{at}]"), segment.to_owned());
        texts.insert(format!("{key}.segments.{at}"), segment.to_owned());
    }
    let named = own.into_iter().map(|(name, text)| (name.to_owned(), Json::String(text)));
    let mut path: Map<String, Json> = named.collect();
    path.insert("segments".to_owned(), json!(segments));
    let path = Map::from_iter([("path".to_owned(), Json::Object(path))]);
    let data = match prefix {
        Some(prefix) => Map::from_iter([(prefix.to_owned(), Json::Object(path))]),
        None => path,
    };
    Parameters { texts, data, are_open: false }
}

/// Fills in `{{…}}` that only use parameters and simple functions, and returns whether these were all. Anything else becomes
/// unknown.
pub(super) fn fill(text: &str, set: &Parameters, go_template: bool) -> (String, bool) {
    let mut out = String::new();
    let (mut rest, mut is_known) = (text, true);
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((expression, after)) = after.split_once("}}") else {
            out.push_str("{{");
            rest = after;
            continue;
        };
        let is_plain = !expression.starts_with('-') && !expression.ends_with('-');
        let expression = expression.trim_matches(['-', ' ']);
        let value = match go_template {
            true => go_value(expression, &set.texts),
            false => set.texts.get(expression).cloned(),
        };
        is_known &= value.is_some() && (is_plain || !go_template);
        match value {
            Some(value) => out.push_str(&value),
            None => out.push(UNKNOWN),
        }
        rest = after;
    }
    (out + rest, is_known)
}

/// `.a.b`, `index .path.segments 1`, `default`, `lower` and the like, in a pipeline.
fn go_value(expression: &str, set: &BTreeMap<String, String>) -> Option<String> {
    let mut parts = expression.split('|').map(str::trim);
    let mut value = operand(parts.next()?, set);
    for part in parts {
        let words: Vec<&str> = part.split_whitespace().collect();
        value = match words.as_slice() {
            ["lower"] => value.map(|text| text.to_lowercase()),
            ["upper"] => value.map(|text| text.to_uppercase()),
            ["normalize"] => value.map(|text| normalize(&text)),
            ["quote"] => value.map(|text| format!("\"{text}\"")),
            ["trim" | "toString"] => value.map(|text| text.trim().to_owned()),
            ["default", default] => {
                value.filter(|text| !text.is_empty()).or_else(|| operand(default, set))
            }
            _ => None,
        };
    }
    value
}

fn operand(text: &str, set: &BTreeMap<String, String>) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [word] if word.starts_with('.') => set.get(&word[1..]).cloned(),
        [word] if word.starts_with('"') => Some(word.trim_matches('"').to_owned()),
        ["index", list, at] => {
            let list = list.strip_prefix('.')?;
            set.get(&format!("{list}.{}", at.trim_matches('"'))).cloned()
        }
        ["default", default, value] => {
            operand(value, set).filter(|text| !text.is_empty()).or_else(|| operand(default, set))
        }
        ["normalize", value] => operand(value, set).map(|text| normalize(&text)),
        _ => None,
    }
}
