//! Functions of sprig for maps. Maps are shared: a change by `set` is visible wherever the map is used.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use crate::helm::builtin::NO_TYPE;
use crate::helm::call::{Function, Host, any, map, text};
use crate::helm::origin::{OriginId, Origins};
use crate::helm::print;
use crate::helm::value::{Data, Entries, Nuance, Value};

/// The functions in this module, by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("dict", dict),
    ("get", |host, args| {
        let (entries, key) = (map(args, 0)?, text(args, 1)?);
        let found = entries.borrow().get(key.as_str()).cloned();
        let origins = host.origins();
        let missing = || Value::str("", origins.missing(args[0].origin, key.as_str()));
        let found = found.unwrap_or_else(missing);
        Ok(args[0].member(&found, origins).chosen_by(key.origin(origins), origins))
    }),
    ("set", |host, args| {
        let (entries, key, value) = (map(args, 0)?, text(args, 1)?, any(args, 2)?);
        if matches!(args[0].data, Data::Nil) || args[0].nuance.is_nil() {
            return Err("assignment to entry in nil map".to_owned());
        }
        let value = value.tinted(host.under(), host.origins());
        host.note_change();
        entries.borrow_mut().insert(key.as_str().into(), value);
        Ok(args[0].clone())
    }),
    ("unset", |host, args| {
        host.note_change();
        map(args, 0)?.borrow_mut().remove(text(args, 1)?.as_str());
        Ok(args[0].clone())
    }),
    ("hasKey", |host, args| {
        let (entries, key) = (map(args, 0)?, text(args, 1)?);
        let origins = host.origins();
        let found = entries.borrow().get(key.as_str()).map(|value| value.own_origin(origins));
        let origin = found.unwrap_or_else(|| origins.missing(args[0].origin, key.as_str()));
        let origin = origins.all([args[0].origin, origin, key.origin(origins)]);
        Ok(Value::bool(found.is_some(), origins.collapsed(origin)))
    }),
    ("pluck", |host, args| {
        let key = text(args, 0)?;
        let origins = host.origins();
        let mut found = Vec::new();
        for index in 1..args.len() {
            let entries = map(args, index)?;
            let entries = entries.borrow();
            let entry = entries.get(key.as_str()).map(|entry| args[index].member(entry, origins));
            found.extend(entry.map(Cow::into_owned));
        }
        Ok(Value::list(found, origins.condition(key.origin(origins))))
    }),
    ("keys", |host, args| {
        let mut found = Vec::new();
        for index in 0..args.len() {
            let entries = map(args, index)?;
            let entries = entries.borrow();
            found.extend(entries.keys().map(|key| Value::str(key, args[index].origin)));
        }
        let origins = host.origins();
        let origin = origins.derived(origins.all(args.iter().map(|arg| arg.origin)));
        Ok(Value::list(found, origin).with(Nuance::Strings))
    }),
    ("values", |_, args| {
        let entries = map(args, 0)?;
        let found = entries.borrow().values().cloned().collect();
        Ok(Value::list(found, args[0].origin))
    }),
    ("pick", |_, args| {
        let entries = map(args, 0)?;
        let entries = entries.borrow();
        let mut kept = Entries::new();
        for index in 1..args.len() {
            let key = text(args, index)?.as_str();
            kept.extend(entries.get_key_value(key).map(|(k, v)| (Rc::clone(k), v.clone())));
        }
        Ok(Value::map(kept, args[0].origin))
    }),
    ("omit", |_, args| {
        let mut kept = map(args, 0)?.borrow().clone();
        for index in 1..args.len() {
            kept.remove(text(args, index)?.as_str());
        }
        Ok(Value::map(kept, args[0].origin))
    }),
    ("merge", |host, args| merged(host, args, Present::Kept)),
    ("mustMerge", |host, args| merged(host, args, Present::Kept)),
    ("mergeOverwrite", |host, args| merged(host, args, Present::Overwritten)),
    ("mustMergeOverwrite", |host, args| merged(host, args, Present::Overwritten)),
    ("deepCopy", deep_copy),
    ("mustDeepCopy", deep_copy),
    ("dig", dig),
    // Without a cluster, nothing is found.
    ("lookup", |_, args| {
        for index in 0..4 {
            text(args, index)?;
        }
        Ok(Value::map(Entries::new(), OriginId::NONE))
    }),
];

fn dict(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let mut entries = Entries::new();
    for pair in args.chunks(2) {
        let key = print::rope(&pair[0], host.origins());
        let value = pair.get(1).cloned().unwrap_or_else(|| Value::str("", OriginId::NONE));
        entries.insert(key.as_str().into(), value);
    }
    Ok(Value::map(entries, OriginId::NONE))
}

fn deep_copy(_: &dyn Host, args: &[Value]) -> Result<Value, String> {
    match any(args, 0)? {
        Value { data: Data::Nil, .. } => Err(NO_TYPE.to_owned()),
        value => Ok(value.deep_copy()),
    }
}

fn dig(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let [keys @ .., fallback, start] = args else {
        return Err("dig needs at least three arguments".to_owned());
    };
    if keys.is_empty() {
        return Err("dig needs at least three arguments".to_owned());
    }
    let origins = host.origins();
    let mut at = start.clone();
    for index in 0..keys.len() {
        let key = text(keys, index)?.as_str();
        let entries = match &at.data {
            Data::Map(entries) if at.nuance != Nuance::Values => entries,
            _ => {
                return Err(format!(
                    "interface conversion: interface {{}} is {}, not map[string]interface {{}}",
                    if matches!(at.data, Data::Nil) { "nil" } else { at.type_name() }
                ));
            }
        };
        let found = entries.borrow().get(key).cloned();
        match found {
            Some(found) => at = at.member(&found, origins).into_owned(),
            None => {
                return Ok(fallback.chosen_by(origins.missing(at.origin, key), origins));
            }
        }
    }
    Ok(at)
}

/// What a merge does with a value that is present and not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Present {
    Kept,
    Overwritten,
}

fn merged(host: &dyn Host, args: &[Value], present: Present) -> Result<Value, String> {
    // A nil map is replaced by a new one, which only the result of the merge has.
    let into = if any(args, 0)?.nuance.is_nil() { Rc::default() } else { map(args, 0)? };
    host.note_change();
    let merge = Merge { present, origins: host.origins() };
    for index in 1..args.len() {
        let from = map(args, index)?;
        let above = host.origins().conditions(args[index].origin);
        merge.maps(&into, &from, above, 0);
    }
    Ok(Value::new(Data::Map(into), args[0].origin))
}

fn is_empty(value: &Value) -> bool {
    match value.data {
        Data::Object(_) => false,
        _ => !value.truth(),
    }
}

/// The deepest nesting of maps that are merged; deeper maps contain themselves, as templates can make them.
const MAX_MERGED_DEPTH: usize = 100;

/// A merge as mergo 1.0 does it.
struct Merge<'o> {
    present: Present,
    origins: &'o Origins,
}

impl Merge<'_> {
    /// Merges `from` into `into`, at a nesting of `depth`; `above` has the conditions of the maps around `from`. An empty
    /// value, also false or 0, counts as missing. An entry that is taken over as a whole is shared with `from`.
    fn maps(
        &self,
        into: &Rc<RefCell<Entries>>,
        from: &Rc<RefCell<Entries>>,
        above: OriginId,
        depth: usize,
    ) {
        let origins = self.origins;
        let overwrites = self.present == Present::Overwritten;
        if Rc::ptr_eq(into, from) || depth > MAX_MERGED_DEPTH {
            return;
        }
        let incoming = from.borrow().clone();
        for (key, value) in incoming {
            let present = into.borrow().get(&key).cloned();
            if matches!(value.data, Data::Nil) {
                if overwrites {
                    into.borrow_mut().insert(key, value);
                }
                continue;
            }
            if let (Some(Value { data: Data::Map(old), .. }), Data::Map(new)) =
                (&present, &value.data)
            {
                let above = origins.union(above, origins.conditions(value.origin));
                self.maps(old, new, above, depth + 1);
                if !old.borrow().is_empty() {
                    continue;
                }
            }
            let fill = present.as_ref().is_none_or(is_empty);
            if overwrites || fill {
                let tested = present.map_or(OriginId::NONE, |old| old.own_origin(origins));
                let tested = if overwrites { OriginId::NONE } else { tested };
                let value = value.chosen_by(tested, origins).tinted(above, origins);
                into.borrow_mut().insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TABLE;
    use crate::helm::function::testing::printed;
    use crate::helm::origin::OriginId;
    use crate::helm::value::Value;

    fn map(entries: &[(&str, Value)]) -> Value {
        let entries = entries.iter().map(|(key, value)| ((*key).into(), value.clone()));
        Value::map(entries.collect(), OriginId::NONE)
    }

    /// Each row has a function, its arguments and its result.
    fn check(rows: &[(&str, &[Value], &str)]) {
        for (name, args, want) in rows {
            let shown: Vec<_> = args.iter().map(crate::helm::print::plain).collect();
            assert_eq!(printed(TABLE, name, args), *want, "{name} {shown:?}");
        }
    }

    #[test]
    fn entries_are_read_and_picked() {
        let ab = || map(&[("a", 1.into()), ("b", map(&[("c", "d".into())]))]);
        check(&[
            ("get", &[ab(), "a".into()], "1"),
            ("get", &[ab(), "x".into()], ""),
            ("hasKey", &[ab(), "a".into()], "true"),
            ("keys", &[ab(), map(&[("z", 1.into())])], "[a b z]"),
            ("values", &[map(&[("a", 1.into())])], "[1]"),
            ("pick", &[ab(), "a".into(), "x".into()], "map[a:1]"),
            ("omit", &[ab(), "b".into()], "map[a:1]"),
            ("pluck", &["a".into(), ab(), map(&[])], "[1]"),
            ("dict", &["a".into(), 1.into(), "b".into()], "map[a:1 b:]"),
            ("dig", &["b".into(), "c".into(), "x".into(), ab()], "d"),
            ("dig", &["b".into(), "e".into(), "x".into(), ab()], "x"),
            ("lookup", &["v1".into(), "Pod".into(), "".into(), "".into()], "map[]"),
        ]);
    }

    #[test]
    fn without_overwriting_what_is_empty_counts_as_absent() {
        let one = || map(&[("a", 1.into())]);
        let no = || Value::bool(false, OriginId::NONE);
        check(&[
            ("merge", &[one(), map(&[("a", 2.into()), ("b", 3.into())])], "map[a:1 b:3]"),
            ("merge", &[map(&[("a", no())]), one()], "map[a:1]"),
            (
                "merge",
                &[map(&[("a", one())]), map(&[("a", map(&[("b", 2.into())]))])],
                "map[a:map[a:1 b:2]]",
            ),
            ("mergeOverwrite", &[one(), map(&[("a", no())])], "map[a:false]"),
            ("mergeOverwrite", &[one(), map(&[("a", one())])], "map[a:map[a:1]]"),
            ("set", &[map(&[]), "k".into(), "v".into()], "map[k:v]"),
            ("unset", &[one(), "a".into()], "map[]"),
            ("set", &[Value::NIL, "k".into(), "v".into()], "error: assignment to entry in nil map"),
            ("deepCopy", &[Value::NIL], "error: reflect: call of reflect.Value.Type on zero Value"),
        ]);
    }
}
