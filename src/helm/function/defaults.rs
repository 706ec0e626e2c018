//! sprig's functions for defaults, control flow and reflection, and Helm's own.

use super::deep_equal;
use crate::helm::call::{Function, Host, any, computed, text};
use crate::helm::origin::OriginId;
use crate::helm::print;
use crate::helm::value::{Data, Value};

/// The functions in this module, by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("default", |host, args| {
        let fallback = any(args, 0)?;
        let Some(given) = args.get(1) else { return Ok(fallback.clone()) };
        if is_empty(given) { Ok(instead(host, fallback, given)) } else { Ok(given.clone()) }
    }),
    ("empty", |host, args| {
        let origins = host.origins();
        let value = any(args, 0)?;
        Ok(Value::bool(is_empty(value), origins.collapsed(value.own_origin(origins))))
    }),
    ("coalesce", |host, args| {
        let mut tested = OriginId::NONE;
        let origins = host.origins();
        for arg in args {
            if !is_empty(arg) {
                return Ok(arg.chosen_by(tested, origins));
            }
            tested = origins.union(tested, arg.own_origin(origins));
        }
        Ok(Value::new(Data::Nil, origins.derived(tested)))
    }),
    ("all", |host, args| Ok(Value::bool(!args.iter().any(is_empty), computed(host, args)))),
    ("any", |host, args| Ok(Value::bool(!args.iter().all(is_empty), computed(host, args)))),
    ("ternary", |host, args| {
        let (yes, no, test) = (any(args, 0)?, any(args, 1)?, any(args, 2)?);
        let Data::Bool(chosen) = test.data else {
            return Err(match test.data {
                Data::Nil => "invalid value; expected bool".to_owned(),
                _ => format!("wrong type for value; expected bool; got {}", test.type_name()),
            });
        };
        Ok(instead(host, if chosen { yes } else { no }, test))
    }),
    ("fail", |_, args| Err(text(args, 0)?.as_str().to_owned())),
    ("required", |_, args| {
        let (message, value) = (text(args, 0)?, any(args, 1)?);
        let missing = match &value.data {
            Data::Nil => true,
            Data::Str(text) => text.is_empty(),
            _ => false,
        };
        if missing { Err(message.as_str().to_owned()) } else { Ok(value.clone()) }
    }),
    ("typeOf", |host, args| Ok(Value::str(any(args, 0)?.type_name(), computed(host, args)))),
    ("typeIs", |host, args| {
        let (target, value) = (text(args, 0)?, any(args, 1)?);
        Ok(Value::bool(target.as_str() == value.type_name(), of_kind(host, value)))
    }),
    ("typeIsLike", |host, args| {
        let (target, value) = (text(args, 0)?.as_str(), any(args, 1)?);
        let name = value.type_name();
        let like = name == target || name.strip_prefix('*') == Some(target);
        Ok(Value::bool(like, of_kind(host, value)))
    }),
    ("kindOf", |host, args| {
        let value = any(args, 0)?;
        Ok(Value::str(print::kind(value), of_kind(host, value)))
    }),
    ("kindIs", |host, args| {
        let (target, value) = (text(args, 0)?, any(args, 1)?);
        Ok(Value::bool(target.as_str() == print::kind(value), of_kind(host, value)))
    }),
    ("deepEqual", |host, args| {
        Ok(Value::bool(deep_equal(any(args, 0)?, any(args, 1)?), computed(host, args)))
    }),
    ("hello", |_, _| Ok(Value::str("Hello!", OriginId::NONE))),
    // Helm makes no DNS lookups unless they are enabled.
    ("getHostByName", |_, args| text(args, 0).map(|_| Value::str("", OriginId::NONE))),
    ("include", |host, args| host.include(text(args, 0)?.as_str(), any(args, 1)?)),
    ("tpl", |host, args| host.tpl(text(args, 0)?, any(args, 1)?)),
];

/// sprig's `empty`: like the truth of a value in a template, but a struct is never empty.
fn is_empty(value: &Value) -> bool {
    match &value.data {
        Data::Object(object) => object.entries().is_some_and(|entries| entries.is_empty()),
        _ => !value.truth(),
    }
}

/// A value that was chosen because of the value of `tested`.
fn instead(host: &dyn Host, value: &Value, tested: &Value) -> Value {
    value.chosen_by(tested.own_origin(host.origins()), host.origins())
}

fn of_kind(host: &dyn Host, value: &Value) -> OriginId {
    let origins = host.origins();
    origins.collapsed(value.own_origin(origins))
}
