//! TOML, read and written.

use super::json::failed;
use crate::helm::call::{Function, any, computed, text};
use crate::helm::origin::OriginId;
use crate::helm::value::{Data, Entries, Value};

/// Functions of this module by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("toToml", |host, args| {
        let value = any(args, 0)?;
        let written = match plain(value) {
            // BurntSushi/toml gives its error as the result, and so does Helm.
            Some(::toml::Value::Table(table)) => {
                ::toml::to_string(&table).unwrap_or_else(|error| error.to_string())
            }
            _ => "toml: top-level values must be Go maps or structs".to_owned(),
        };
        Ok(Value::str(&written, computed(host, args)))
    }),
    ("fromToml", |host, args| {
        let origin = computed(host, args);
        Ok(match ::toml::from_str::<::toml::Table>(text(args, 0)?.as_str()) {
            Ok(table) => value(&::toml::Value::Table(table), origin),
            Err(error) => failed(host, args, error.message()),
        })
    }),
];

/// A value as TOML; nil has none and is left out.
fn plain(value: &Value) -> Option<::toml::Value> {
    Some(match &value.data {
        Data::Nil => return None,
        Data::Bool(value) => (*value).into(),
        Data::Int(value) | Data::Int64(value) => (*value).into(),
        Data::Float(value) => (*value).into(),
        Data::Str(text) => text.as_str().into(),
        Data::List(items) => {
            ::toml::Value::Array(items.borrow().iter().filter_map(plain).collect())
        }
        Data::Map(entries) => {
            let entries = entries.borrow();
            let entries = entries.iter().filter_map(|(k, v)| Some((k.to_string(), plain(v)?)));
            ::toml::Value::Table(entries.collect())
        }
        Data::Object(object) => object.print().into(),
    })
}

fn value(toml: &::toml::Value, origin: OriginId) -> Value {
    match toml {
        ::toml::Value::String(text) => Value::str(text, origin),
        ::toml::Value::Integer(number) => Value::new(Data::Int64(*number), origin),
        ::toml::Value::Float(number) => Value::new(Data::Float(*number), origin),
        ::toml::Value::Boolean(flag) => Value::bool(*flag, origin),
        ::toml::Value::Datetime(time) => Value::str(&time.to_string(), origin),
        ::toml::Value::Array(items) => {
            Value::list(items.iter().map(|item| value(item, origin)).collect(), origin)
        }
        ::toml::Value::Table(table) => {
            let entries =
                table.iter().map(|(key, item)| (key.as_str().into(), value(item, origin)));
            Value::map(entries.collect::<Entries>(), origin)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm::function::testing::printed;

    #[test]
    fn toml_is_read_and_written() {
        let text = |text: &str| Value::str(text, OriginId::NONE);
        assert_eq!(
            printed(TABLE, "fromToml", &[text("a = 1\n[b]\nc = \"x\"\n")]),
            "map[a:1 b:map[c:x]]"
        );
        assert!(printed(TABLE, "fromToml", &[text("a =")]).starts_with("map[Error:"));
        let map = Value::map(Entries::from([("k".into(), text("v"))]), OriginId::NONE);
        assert_eq!(printed(TABLE, "toToml", &[map]), "k = \"v\"\n");
    }
}
