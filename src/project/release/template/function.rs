//! The functions for helmfile's templates in addition to sprig's and Helm's.
//!
//! Mirrors helmfile's `pkg/tmpl/context_funcs.go` and `get_or_nil.go`. Nothing is executed, and the environment
//! is not read: the results of such functions are unknown.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::helm::call::{Definition, Function, Host, Surroundings, any, text};
use crate::helm::function;
use crate::helm::origin::OriginId;
use crate::helm::signature::{Param, Signature};
use crate::helm::value::{Data, Entries, Value};

/// Finds a function of helmfile, sprig or Helm.
pub(super) fn find(name: &str) -> Option<Definition> {
    static OWN: OnceLock<HashMap<&'static str, Definition>> = OnceLock::new();
    let definition = |&(name, fixed, rest, run): &Row| {
        (name, Definition { run, signature: Signature { fixed, rest } })
    };
    let own = OWN.get_or_init(|| TABLE.iter().map(definition).collect());
    own.get(name).copied().or_else(|| function::find(name))
}

type Row = (&'static str, &'static [Param], Option<Param>, Function);

use Param::{Any, Text};

const TABLE: &[Row] = &[
    ("env", &[Text], None, unknown),
    ("requiredEnv", &[Text], None, unknown),
    ("expandenv", &[Text], None, expanded),
    ("exec", &[Text, Any], Some(Any), unknown),
    ("envExec", &[Any, Text, Any], Some(Any), unknown),
    ("fetchSecretValue", &[Text], None, unknown),
    ("expandSecretRefs", &[Any], None, unknown),
    ("readFile", &[Text], None, |host, args| {
        let path = text(args, 0)?.as_str();
        let found = around(host)?.files.text(path).ok_or_else(|| format!("no file {path}"))?;
        Ok(Value::str(&found, OriginId::NONE))
    }),
    ("isFile", &[Text], None, |host, args| {
        let found = around(host)?.files.is_file(text(args, 0)?.as_str());
        Ok(Value::bool(found, OriginId::NONE))
    }),
    ("isDir", &[Text], None, |host, args| {
        let found = around(host)?.files.is_directory(text(args, 0)?.as_str());
        Ok(Value::bool(found, OriginId::NONE))
    }),
    ("get", &[Text], Some(Any), get),
    ("getOrNil", &[Text, Any], None, |_, args| {
        Ok(at(any(args, 1)?, text(args, 0)?.as_str()).unwrap_or_default())
    }),
    ("setValueAtPath", &[Text, Any, Any], None, set),
];

fn around(host: &dyn Host) -> Result<Surroundings<'_>, String> {
    host.surroundings().ok_or_else(|| "no place to look at".to_owned())
}

fn unknown(host: &dyn Host, _: &[Value]) -> Result<Value, String> {
    Ok(Value::str("", around(host)?.unknown))
}

/// Expands `$NAME` in a text, whose value is unknown.
fn expanded(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let given = text(args, 0)?;
    match given.as_str().contains('$') {
        true => unknown(host, args),
        false => Ok(Value::rope(given.clone())),
    }
}

/// `get PATH [DEFAULT] DATA`
fn get(_: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let path = text(args, 0)?.as_str();
    let (default, data) = match &args[1..] {
        [data] => (None, data),
        [default, data] => (Some(default), data),
        _ => return Err("unexpected number of args passed to the template function get".to_owned()),
    };
    let found = at(data, path).or_else(|| default.cloned());
    found.ok_or_else(|| format!("no value exist for key {path:?}"))
}

/// The value at a path of keys, `a.b`.
fn at(data: &Value, path: &str) -> Option<Value> {
    path.split('.').try_fold(data.clone(), |value, key| match &value.data {
        Data::Map(entries) => entries.borrow().get(key).cloned(),
        _ => None,
    })
}

/// `setValueAtPath PATH VALUE DATA` changes the data, and returns it.
fn set(_: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let (path, new, data) = (text(args, 0)?.as_str(), any(args, 1)?, any(args, 2)?);
    let (parents, last) = path.rsplit_once('.').unwrap_or(("", path));
    let mut value = data.clone();
    for key in parents.split('.').filter(|key| !key.is_empty()) {
        let Data::Map(entries) = &value.data else { break };
        let below = entries.borrow_mut().entry(key.into()).or_insert_with(empty).clone();
        value = below;
    }
    let Data::Map(entries) = &value.data else {
        return Err(format!("cannot set a value at {path:?}"));
    };
    entries.borrow_mut().insert(last.into(), new.clone());
    Ok(data.clone())
}

fn empty() -> Value {
    Value::map(Entries::new(), OriginId::NONE)
}
