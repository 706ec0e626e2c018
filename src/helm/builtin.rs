//! The functions that Go's text/template has of itself.

use super::origin::{OriginId, Origins};
use super::print;
use super::value::{Data, Value};

/// Calls a built-in function; `None` when there is none of the name.
pub(super) fn call(name: &str, args: &[Value], origins: &Origins) -> Option<Result<Value, String>> {
    let all = || {
        args.iter().fold(OriginId::NONE, |all, v| {
            origins.union(all, origins.derived(v.own_origin(origins)))
        })
    };
    let truth = |value: bool| Ok(Value::bool(value, all()));
    Some(match (name, args) {
        ("not", [value]) => truth(!value.truth()),
        ("eq", [first, rest @ ..]) if !rest.is_empty() => {
            rest.iter().try_fold(false, |found, v| Ok(found || equal(first, v)?)).and_then(truth)
        }
        ("ne", [a, b]) => equal(a, b).and_then(|same| truth(!same)),
        ("lt", [a, b]) => less(a, b).and_then(truth),
        ("ge", [a, b]) => less(a, b).and_then(|less| truth(!less)),
        ("gt", [a, b]) => less(b, a).and_then(truth),
        ("le", [a, b]) => less(b, a).and_then(|less| truth(!less)),
        ("len", [value]) => match &value.data {
            Data::Str(text) => Ok(text.len()),
            Data::List(items) => Ok(items.borrow().len()),
            Data::Map(entries) => Ok(entries.borrow().len()),
            Data::Nil => Err("len of nil pointer".to_owned()),
            _ => Err(format!("len of type {}", value.type_name())),
        }
        .map(|n| Value::new(Data::Int(i64::try_from(n).unwrap_or(i64::MAX)), all())),
        ("index", [value, keys @ ..]) => keys.iter().try_fold(value.clone(), |at, k| index(&at, k)),
        ("print", _) => Ok(Value::rope(print::sprint(args, origins))),
        ("printf", [Value { data: Data::Str(format), .. }, rest @ ..]) => {
            Ok(Value::rope(print::sprintf(format, rest, origins)))
        }
        _ => return None,
    })
}

fn index(at: &Value, key: &Value) -> Result<Value, String> {
    match (&at.data, &key.data) {
        (Data::Map(entries), Data::Str(key)) => Ok(entries
            .borrow()
            .get(key.as_str())
            .cloned()
            .unwrap_or(Value::new(Data::Nil, at.origin))),
        (Data::List(items), Data::Int(n)) => usize::try_from(*n)
            .ok()
            .and_then(|n| items.borrow().get(n).cloned())
            .ok_or_else(|| format!("index out of range: {n}")),
        (Data::Nil, _) => Err("index of untyped nil".into()),
        _ => Err(format!("can't index item of type {}", at.type_name())),
    }
}

#[expect(clippy::float_cmp, reason = "Go compares floats exactly")]
fn equal(a: &Value, b: &Value) -> Result<bool, String> {
    match (&a.data, &b.data) {
        (Data::Nil, Data::Nil) => Ok(true),
        (Data::Nil, _) | (_, Data::Nil) => Ok(false),
        (Data::Bool(a), Data::Bool(b)) => Ok(a == b),
        (Data::Int(a), Data::Int(b)) => Ok(a == b),
        (Data::Float(a), Data::Float(b)) => Ok(a == b),
        (Data::Str(a), Data::Str(b)) => Ok(a.as_str() == b.as_str()),
        _ => Err("incompatible types for comparison".into()),
    }
}

fn less(a: &Value, b: &Value) -> Result<bool, String> {
    match (&a.data, &b.data) {
        (Data::Int(a), Data::Int(b)) => Ok(a < b),
        (Data::Float(a), Data::Float(b)) => Ok(a < b),
        (Data::Str(a), Data::Str(b)) => Ok(a.as_str() < b.as_str()),
        _ => Err("incompatible types for comparison".into()),
    }
}
