//! Reads and writes TOML.

mod encode;

use super::date;
use super::json::failed;
use crate::helm::builtin::NO_TYPE;
use crate::helm::call::{Function, any, computed, text};
use crate::helm::origin::OriginId;
use crate::helm::value::{Data, Entries, Value};

/// The functions in this module, by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    // An error message is the result, as in Helm.
    ("toToml", |host, args| match any(args, 0)? {
        Value { data: Data::Nil, .. } => Err(NO_TYPE.to_owned()),
        value => {
            let written = encode::encode(value).unwrap_or_else(|error| error);
            Ok(Value::str(&written, computed(host, args)))
        }
    }),
    ("fromToml", |host, args| {
        let origin = computed(host, args);
        Ok(match ::toml::from_str::<::toml::Table>(text(args, 0)?.as_str()) {
            Ok(table) => value(&::toml::Value::Table(table), origin),
            Err(error) => failed(host, args, error.message()),
        })
    }),
];

fn value(toml: &::toml::Value, origin: OriginId) -> Value {
    match toml {
        ::toml::Value::String(text) => Value::str(text, origin),
        ::toml::Value::Integer(number) => Value::new(Data::Int64(*number), origin),
        ::toml::Value::Float(number) => Value::new(Data::Float(*number), origin),
        ::toml::Value::Boolean(flag) => Value::bool(*flag, origin),
        ::toml::Value::Datetime(time) => {
            date::toml::read(time, origin).unwrap_or_else(|| Value::str(&time.to_string(), origin))
        }
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
    }

    #[test]
    fn dates_are_times_whose_zone_says_what_is_not_written() {
        let text = "a = 2020-01-01\nb = 07:32:00\nc = 1979-05-27T07:32:00.5-08:00\nd = 1979-05-27T07:32:00\n";
        let read = value(&::toml::from_str(text).unwrap(), OriginId::NONE);
        assert_eq!(
            printed(
                &[("same", |_, args| Ok(args[0].clone()))],
                "same",
                std::slice::from_ref(&read)
            ),
            "map[a:2020-01-01 00:00:00 +0000 date-local b:0000-01-01 07:32:00 +0000 time-local \
             c:1979-05-27 07:32:00.5 -0800 -0800 d:1979-05-27 07:32:00 +0000 datetime-local]"
        );
        assert_eq!(printed(TABLE, "toToml", &[read]), text);
    }

    #[test]
    fn plain_entries_come_before_tables() {
        let text = |text: &str| Value::str(text, OriginId::NONE);
        let map = |entries: &[(&str, Value)]| {
            let entries = entries.iter().map(|(key, value)| ((*key).into(), value.clone()));
            Value::map(entries.collect(), OriginId::NONE)
        };
        let list = |items: &[Value]| Value::list(items.to_vec(), OriginId::NONE);
        let float = |number: f64| Value::new(Data::Float(number), OriginId::NONE);
        let written = |value: Value| printed(TABLE, "toToml", &[value]);
        let value = map(&[
            ("a", map(&[("b", map(&[("c", 1.into())])), ("k y", text("\"\n"))])),
            ("l", list(&[map(&[("x", float(1.0))]), map(&[])])),
            ("m", list(&[1.into(), map(&[("x", text("y"))])])),
            ("nil", Value::NIL),
            ("z", float(12_345_678.0)),
        ]);
        assert_eq!(
            written(value),
            "m = [1, {x = \"y\"}]\nz = 1.2345678e+07\n\n[a]\n  \"k y\" = \"\\\"\\n\"\n  \
             [a.b]\n    c = 1\n\n[[l]]\n  x = 1.0\n\n[[l]]\n"
        );
        assert_eq!(written(list(&[1.into(), 2.into()])), "[1, 2]");
        assert_eq!(
            written(map(&[("x", list(&[Value::NIL]))])),
            "toml: cannot encode array with nil element"
        );
    }
}
