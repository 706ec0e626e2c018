//! The functions of Go's text/template itself.
//!
//! Mirrors Go's `text/template/funcs.go`.

use std::rc::Rc;

use super::call::{Function, Host, any, computed, text};
use super::origin::{OriginId, Origins};
use super::print;
use super::rope::{Rope, RopeBuilder};
use super::value::{Data, Nuance, Object, Value};
use crate::source::bytes;

/// Go's error message about the type of nil.
pub(super) const NO_TYPE: &str = "reflect: call of reflect.Value.Type on zero Value";

/// The built-in functions, by name; the evaluator implements `and` and `or`.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("not", |host, args| Ok(Value::bool(!any(args, 0)?.truth(), computed(host, args)))),
    ("eq", eq),
    ("ne", |host, args| {
        Ok(Value::bool(!equal(any(args, 0)?, any(args, 1)?)?, computed(host, args)))
    }),
    ("lt", |host, args| order(host, args, less)),
    ("ge", |host, args| order(host, args, |a, b| less(a, b).map(|less| !less))),
    ("gt", |host, args| order(host, args, |a, b| Ok(!less(a, b)? && !equal(a, b)?))),
    ("le", |host, args| order(host, args, |a, b| Ok(less(a, b)? || equal(a, b)?))),
    ("len", len),
    ("index", |host, args| {
        if matches!(any(args, 0)?.data, Data::Nil) {
            return Err("index of untyped nil".to_owned());
        }
        let keys = args.get(1..).unwrap_or_default();
        keys.iter().try_fold(any(args, 0)?.clone(), |at, key| index(host, &at, key))
    }),
    ("print", |host, args| Ok(Value::rope(print::sprint(args, host.origins())))),
    ("println", |host, args| {
        let mut out = RopeBuilder::default();
        for (index, arg) in args.iter().enumerate() {
            if index > 0 {
                out.push(" ", OriginId::NONE);
            }
            out.push_rope(&print::rope(arg, host.origins()));
        }
        out.push("\n", OriginId::NONE);
        Ok(Value::rope(out.finish()))
    }),
    ("printf", |host, args| {
        Ok(Value::rope(print::sprintf(text(args, 0)?, &args[1..], host.origins())))
    }),
    ("call", |_, args| match any(args, 0)?.data {
        Data::Nil => Err("call of nil".to_owned()),
        _ => Err(format!("non-function of type {}", args[0].type_name())),
    }),
];

fn eq(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let first = any(args, 0)?;
    if args.len() < 2 {
        return Err("missing argument for comparison".to_owned());
    }
    let mut same = false;
    for other in &args[1..] {
        same = same || equal(first, other)?;
    }
    Ok(Value::bool(same, computed(host, args)))
}

fn order(
    host: &dyn Host,
    args: &[Value],
    test: fn(&Value, &Value) -> Result<bool, String>,
) -> Result<Value, String> {
    Ok(Value::bool(test(any(args, 0)?, any(args, 1)?)?, computed(host, args)))
}

fn len(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let value = any(args, 0)?;
    let count = match &value.data {
        Data::Str(text) => bytes::count(text.as_str()),
        Data::List(items) => items.borrow().len(),
        Data::Map(entries) => entries.borrow().len(),
        Data::Object(object) if object.entries().is_some() => {
            object.entries().unwrap_or_default().len()
        }
        Data::Object(object) if object.items().is_some() => {
            object.items().unwrap_or_default().len()
        }
        Data::Nil => return Err(NO_TYPE.to_owned()),
        _ => return Err(format!("len of type {}", value.type_name())),
    };
    let origins = host.origins();
    let origin = origins.derived(value.own_origin(origins));
    Ok(Value::int(i64::try_from(count).unwrap_or(i64::MAX), origin))
}

fn index(host: &dyn Host, at: &Value, key: &Value) -> Result<Value, String> {
    let origins = host.origins();
    let found = match (&at.data, &key.data) {
        (Data::Map(entries), Data::Str(key)) => match entries.borrow().get(key.as_str()) {
            Some(found) => found.clone(),
            None => at.absent(key.as_str(), origins),
        },
        (Data::Object(object), Data::Str(key)) if object.entries().is_some() => object
            .entries()
            .unwrap_or_default()
            .get(key.as_str())
            .cloned()
            .unwrap_or(Value::str("", OriginId::NONE).with(Nuance::Bytes)),
        (Data::List(items), Data::Int(_) | Data::Int64(_)) => item(&items.borrow(), key)?,
        (Data::Object(object), Data::Int(_) | Data::Int64(_)) if object.items().is_some() => {
            item(&object.items().unwrap_or_default(), key)?
        }
        (Data::Str(text), Data::Int(_) | Data::Int64(_)) => {
            let bytes = bytes::bytes(text.as_str());
            let byte = bytes.get(position(key, bytes.len())?);
            let byte = byte.ok_or("reflect: string index out of range")?;
            Value::int(i64::from(*byte), origins.derived(text.origin(origins)))
        }
        (Data::Nil, _) => return Err("index of nil pointer".into()),
        (Data::List(_) | Data::Str(_), Data::Nil) => {
            return Err("cannot index slice/array with nil".into());
        }
        (Data::List(_) | Data::Str(_), _) => {
            return Err(format!("cannot index slice/array with type {}", key.type_name()));
        }
        (Data::Map(_), Data::Nil) => return Err("value is nil; should be of type string".into()),
        (Data::Map(_), _) => {
            return Err(format!("value has type {}; should be string", key.type_name()));
        }
        _ => return Err(format!("can't index item of type {}", at.type_name())),
    };
    let found = at.member(&found, origins);
    Ok(found.chosen_by(key.own_origin(origins), origins))
}

/// Returns the item of a list at an index.
fn item(items: &[Value], key: &Value) -> Result<Value, String> {
    let at = position(key, items.len())?;
    items.get(at).cloned().ok_or_else(|| "reflect: slice index out of range".to_owned())
}

/// Checks an index for a length; if it equals the length, the error is that of Go's reflection.
fn position(key: &Value, length: usize) -> Result<usize, String> {
    let index = key.integer().unwrap_or(-1);
    let fits = usize::try_from(index).ok().filter(|index| *index <= length);
    fits.ok_or_else(|| format!("index out of range: {index}"))
}

/// Compares two values as Go's `eq` does.
#[expect(clippy::float_cmp, reason = "Go compares floats exactly")]
fn equal(a: &Value, b: &Value) -> Result<bool, String> {
    if let (Some(a), Some(b)) = (a.integer(), b.integer()) {
        return Ok(a == b);
    }
    match (&a.data, &b.data) {
        (Data::Nil, Data::Nil) => Ok(true),
        (Data::Nil, _) | (_, Data::Nil) => Ok(false),
        (Data::Bool(a), Data::Bool(b)) => Ok(a == b),
        (Data::Float(a), Data::Float(b)) => Ok(a == b),
        (Data::Str(text), Data::Str(other)) if is_basic(a) && is_basic(b) => {
            Ok(text.as_str() == other.as_str())
        }
        (Data::Str(_), Data::Str(_)) if !is_basic(a) && !is_basic(b) => Err(incomparable(a, b)),
        (Data::List(_) | Data::Map(_), Data::List(_) | Data::Map(_)) => Err(incomparable(a, b)),
        (Data::Object(first), Data::Object(second)) => same_object(first, second, b),
        _ => Err(incompatible(a, b)),
    }
}

/// Whether the type is one of the basic kinds that Go compares; bytes are a slice.
fn is_basic(value: &Value) -> bool {
    match value.data {
        Data::Bool(_) | Data::Int(_) | Data::Int64(_) | Data::Float(_) => true,
        Data::Str(_) => value.nuance != Nuance::Bytes,
        Data::Nil | Data::List(_) | Data::Map(_) | Data::Object(_) => false,
    }
}

/// The error message for two values of different types.
fn incompatible(a: &Value, b: &Value) -> String {
    format!("incompatible types for comparison: {} and {}", a.type_name(), b.type_name())
}

/// Whether two objects are equal: pointers if they are the same, structs if their contents are equal.
fn same_object(a: &Rc<dyn Object>, b: &Rc<dyn Object>, shown: &Value) -> Result<bool, String> {
    if b.entries().is_some() || b.items().is_some() {
        return Err(format!("non-comparable type {}: {}", b.print(), shown.type_name()));
    }
    let is_pointer = a.type_name().starts_with('*');
    Ok(a.type_name() == b.type_name()
        && (Rc::ptr_eq(a, b) || (!is_pointer && a.print() == b.print())))
}

/// The error message for two collections, which cannot be compared.
fn incomparable(a: &Value, b: &Value) -> String {
    let shown = |value: &Value| {
        let format = Rope::new("%s", OriginId::NONE);
        print::sprintf(&format, std::slice::from_ref(value), &Origins::default())
    };
    match (&a.data, &b.data) {
        (Data::List(_), Data::List(_))
        | (Data::Map(_), Data::Map(_))
        | (Data::Str(_), Data::Str(_)) => {
            format!("non-comparable type {}: {}", shown(b).as_str(), b.type_name())
        }
        _ => format!(
            "non-comparable types {}: {}, {}: {}",
            shown(a).as_str(),
            a.type_name(),
            b.type_name(),
            print::plain(b)
        ),
    }
}

fn less(a: &Value, b: &Value) -> Result<bool, String> {
    if let (Some(a), Some(b)) = (a.integer(), b.integer()) {
        return Ok(a < b);
    }
    match (&a.data, &b.data) {
        (Data::Float(a), Data::Float(b)) => Ok(a < b),
        (Data::Str(text), Data::Str(other)) if is_basic(a) && is_basic(b) => {
            Ok(text.as_str() < other.as_str())
        }
        (Data::Bool(_), Data::Bool(_)) => Err("invalid type for comparison".into()),
        _ if is_basic(a) && is_basic(b) => Err(incompatible(a, b)),
        _ => Err("invalid type for comparison".into()),
    }
}
