//! `toYaml`, `fromYaml` and similar functions.

use std::sync::Arc;

use super::json::{Format, Shape, lenient, mismatch};
use crate::helm::call::{Function, Host, any};
use crate::helm::emit;
use crate::helm::rope::Rope;
use crate::helm::tree;
use crate::helm::value::Value;
use crate::source::SourceId;
use crate::yaml;

/// The functions in this module, by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("toYaml", |host, args| {
        let value = any(args, 0)?;
        // As in Helm, a value that cannot be written gives an empty text.
        Ok(Value::rope(emit::emit(value, emit::Dialect::V2, host.origins()).unwrap_or_default()))
    }),
    ("mustToYaml", |host, args| {
        emit::emit(any(args, 0)?, emit::Dialect::V2, host.origins()).map(Value::rope)
    }),
    ("toYamlPretty", |host, args| {
        let value = any(args, 0)?;
        Ok(Value::rope(emit::emit(value, emit::Dialect::V3, host.origins()).unwrap_or_default()))
    }),
    ("fromYaml", |host, args| lenient(host, args, &YAML, Shape::Map)),
    ("fromYamlArray", |host, args| lenient(host, args, &YAML, Shape::List)),
];

const YAML: Format = Format { read, mismatch: decoding, keeps_nil: false };

fn decoding(value: &Value, wanted: &str) -> String {
    format!("error unmarshaling JSON: while decoding JSON: {}", mismatch(value, wanted))
}

/// Reads the first document in a text; each scalar keeps the origins of its characters.
pub(super) fn read(host: &dyn Host, rope: &Rope) -> Result<Value, String> {
    let text: Arc<str> = rope.as_str().into();
    let stream = yaml::parse(SourceId::NOWHERE, &text);
    tree::from_text(&stream, rope, host.origins())
}
