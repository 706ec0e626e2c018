//! `toYaml`, `fromYaml` and their kin.

use std::sync::Arc;

use super::json::{failed, mismatch};
use crate::helm::call::{Function, Host, any, computed, text};
use crate::helm::emit;
use crate::helm::rope::Rope;
use crate::helm::tree;
use crate::helm::value::{Data, Entries, Value};
use crate::source::SourceId;
use crate::yaml;

/// Functions of this module by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("toYaml", |host, args| {
        let value = any(args, 0)?;
        // Helm swallows what cannot be written.
        let text = emit::emit(value, emit::Dialect::V2).unwrap_or_default();
        Ok(Value::rope(text.tinted(host.origins().conditions(value.origin), host.origins())))
    }),
    ("mustToYaml", |_, args| emit::emit(any(args, 0)?, emit::Dialect::V2).map(Value::rope)),
    ("toYamlPretty", |_, args| {
        Ok(Value::rope(emit::emit(any(args, 0)?, emit::Dialect::V3).unwrap_or_default()))
    }),
    ("fromYaml", |host, args| {
        let rope = text(args, 0)?;
        Ok(match read(host, rope) {
            Ok(value @ Value { data: Data::Map(_), .. }) => value,
            Ok(Value { data: Data::Nil, origin }) => Value::map(Entries::new(), origin),
            Ok(value) => failed(host, args, &decoding(&value, "map[string]interface {}")),
            Err(error) => failed(host, args, &error),
        })
    }),
    ("fromYamlArray", |host, args| {
        let rope = text(args, 0)?;
        let told = |error: &str| {
            let origin = computed(host, args);
            Value::list(vec![Value::str(error, origin)], origin)
        };
        Ok(match read(host, rope) {
            Ok(value @ Value { data: Data::List(_), .. }) => value,
            Ok(Value { data: Data::Nil, origin }) => Value::list(Vec::new(), origin),
            Ok(value) => told(&decoding(&value, "[]interface {}")),
            Err(error) => told(&error),
        })
    }),
];

fn decoding(value: &Value, wanted: &str) -> String {
    format!("error unmarshaling JSON: while decoding JSON: {}", mismatch(value, wanted))
}

/// Reads the first document of a text; each scalar keeps the origins of its own characters.
pub(super) fn read(host: &dyn Host, rope: &Rope) -> Result<Value, String> {
    let text: Arc<str> = rope.as_str().into();
    let stream = yaml::parse(SourceId::NOWHERE, &text);
    tree::from_text(&stream, rope, host.origins())
}
