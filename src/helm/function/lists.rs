//! Functions of sprig for lists.

use super::deep_equal;
use crate::helm::call::{Function, Host, any, computed, int, list};
use crate::helm::origin::OriginId;
use crate::helm::value::{Data, MAX_TEXT, Nuance, Value};

/// The functions in this module, by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("list", |_, args| Ok(Value::list(args.to_vec(), OriginId::NONE))),
    ("tuple", |_, args| Ok(Value::list(args.to_vec(), OriginId::NONE))),
    ("append", push),
    ("push", push),
    ("mustAppend", push),
    ("mustPush", push),
    ("prepend", prepend),
    ("mustPrepend", prepend),
    ("first", |host, args| end(host, args, "first", |items| items.first())),
    ("mustFirst", |host, args| end(host, args, "first", |items| items.first())),
    ("last", |host, args| end(host, args, "last", |items| items.last())),
    ("mustLast", |host, args| end(host, args, "last", |items| items.last())),
    ("rest", |_, args| part(args, "find rest", |items| items.get(1..).unwrap_or_default())),
    ("mustRest", |_, args| part(args, "find rest", |items| items.get(1..).unwrap_or_default())),
    ("initial", |_, args| part(args, "find initial", but_last)),
    ("mustInitial", |_, args| part(args, "find initial", but_last)),
    ("reverse", reverse),
    ("mustReverse", reverse),
    ("uniq", uniq),
    ("mustUniq", uniq),
    ("compact", compact),
    ("mustCompact", compact),
    ("without", without),
    ("mustWithout", without),
    ("has", has),
    ("mustHas", has),
    ("slice", slice),
    ("mustSlice", slice),
    ("concat", |host, args| {
        let mut all = Vec::new();
        for (index, arg) in args.iter().enumerate() {
            match &arg.data {
                Data::List(_) => all.extend(list(args, index, "concat")?),
                _ => {
                    let kind = crate::helm::print::kind(arg);
                    return Err(format!("Cannot concat type {kind} as list"));
                }
            }
        }
        let origins = host.origins();
        let nuance = if all.is_empty() { Nuance::NilSlice } else { Nuance::None };
        let origin = origins.derived(origins.all(args.iter().map(|arg| arg.origin)));
        Ok(Value::list(all, origin).with(nuance))
    }),
    ("chunk", chunk),
    ("mustChunk", chunk),
    ("until", |host, args| {
        let count = int(args, 0)?;
        count_up(host, args, 0, count, if count < 0 { -1 } else { 1 })
    }),
    ("untilStep", |host, args| count_up(host, args, int(args, 0)?, int(args, 1)?, int(args, 2)?)),
    ("seq", seq),
];

fn push(_: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let mut items = list(args, 0, "push")?;
    items.push(any(args, 1)?.clone());
    Ok(Value::list(items, args[0].origin))
}

fn prepend(_: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let mut items = list(args, 0, "prepend")?;
    items.insert(0, any(args, 1)?.clone());
    Ok(Value::list(items, args[0].origin))
}

fn end(
    host: &dyn Host,
    args: &[Value],
    what: &str,
    pick: fn(&[Value]) -> Option<&Value>,
) -> Result<Value, String> {
    let items = list(args, 0, &format!("find {what}"))?;
    let found = pick(&items).cloned().unwrap_or(Value::new(Data::Nil, args[0].origin));
    Ok(args[0].member(&found, host.origins()).into_owned())
}

fn part(args: &[Value], what: &str, cut: fn(&[Value]) -> &[Value]) -> Result<Value, String> {
    let items = list(args, 0, what)?;
    let nuance = if items.is_empty() { Nuance::NilSlice } else { Nuance::None };
    Ok(Value::list(cut(&items).to_vec(), args[0].origin).with(nuance))
}

fn but_last(items: &[Value]) -> &[Value] {
    items.split_last().map_or(&[], |(_, before)| before)
}

fn reverse(_: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let mut items = list(args, 0, "find reverse")?;
    items.reverse();
    Ok(Value::list(items, args[0].origin))
}

fn uniq(_: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let mut kept: Vec<Value> = Vec::new();
    for item in list(args, 0, "find uniq")? {
        if !kept.iter().any(|other| deep_equal(other, &item)) {
            kept.push(item);
        }
    }
    Ok(Value::list(kept, args[0].origin))
}

fn compact(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let items = list(args, 0, "compact")?;
    let (kept, gone): (Vec<_>, Vec<_>) = items.into_iter().partition(Value::truth);
    Ok(Value::list(kept, thinned(host, &args[0], &gone)))
}

fn without(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let items = list(args, 0, "find without")?;
    let omitted = &args[1..];
    let kept = items.into_iter().filter(|item| !omitted.iter().any(|o| deep_equal(o, item)));
    Ok(Value::list(kept.collect(), thinned(host, &args[0], omitted)))
}

/// The origin of a list from which items were removed because of their values, or of others.
fn thinned(host: &dyn Host, list: &Value, because: &[Value]) -> OriginId {
    let origins = host.origins();
    let because = origins.all(because.iter().map(|value| value.deep_origin(origins)));
    origins.union(list.origin, origins.condition(because))
}

fn has(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let (needle, stack) = (any(args, 0)?, any(args, 1)?);
    let found = match stack.data {
        Data::Nil => false,
        _ => list(args, 1, "find has")?.iter().any(|item| deep_equal(needle, item)),
    };
    Ok(Value::bool(found, computed(host, args)))
}

fn slice(_: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let items = match &any(args, 0)?.data {
        Data::List(_) => list(args, 0, "slice")?,
        _ => {
            let kind = crate::helm::print::kind(&args[0]);
            return Err(format!("list should be type of slice or array but {kind}"));
        }
    };
    if items.is_empty() {
        return Ok(Value::new(Data::Nil, args[0].origin));
    }
    let bound = |index: usize, default: usize| {
        args.get(index)
            .map_or(Some(default), |value| usize::try_from(super::numbers::to_int(value)).ok())
    };
    let (start, end) = (bound(1, 0), bound(2, items.len()));
    match (start, end) {
        (Some(start), Some(end)) if start <= end && end <= items.len() => {
            Ok(Value::list(items[start..end].to_vec(), args[0].origin).with(args[0].nuance))
        }
        _ => Err("reflect.Value.Slice: slice index out of bounds".to_owned()),
    }
}

fn chunk(_: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let size = usize::try_from(int(args, 0)?).ok();
    if !matches!(any(args, 1)?.data, Data::List(_) | Data::Nil | Data::Object(_)) {
        return Err(format!("Cannot chunk type {}", crate::helm::print::kind(&args[1])));
    }
    let items = list(args, 1, "chunk")?;
    let size = size.filter(|size| *size > 0).ok_or("runtime error: makeslice: len out of range")?;
    let chunks =
        items.chunks(size).map(|part| Value::list(part.to_vec(), args[1].origin)).collect();
    Ok(Value::list(chunks, args[1].origin).with(Nuance::Lists))
}

fn numbers(start: i64, stop: i64, step: i64) -> Result<Vec<i64>, String> {
    if step == 0 || (stop < start) == (step > 0) {
        return Ok(Vec::new());
    }
    let count = (stop - start).unsigned_abs().div_ceil(step.unsigned_abs());
    if count > (MAX_TEXT / 64) as u64 {
        return Err(format!("a list of {count} numbers is too long"));
    }
    let mut all = Vec::new();
    let mut at = start;
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        all.push(at);
        at += step;
    }
    Ok(all)
}

fn count_up(
    host: &dyn Host,
    args: &[Value],
    start: i64,
    stop: i64,
    step: i64,
) -> Result<Value, String> {
    let origin = computed(host, args);
    let items = numbers(start, stop, step)?;
    let items = items.into_iter().map(|n| Value::int(n, OriginId::NONE)).collect();
    Ok(Value::list(items, origin).with(Nuance::Ints))
}

fn seq(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let params = (0..args.len()).map(|index| int(args, index)).collect::<Result<Vec<_>, _>>()?;
    let (start, step, end) = match params[..] {
        [end] => (1, if end < 1 { -1 } else { 1 }, end),
        [start, end] => (start, if end < start { -1 } else { 1 }, end),
        [start, step, end] if end >= start || step <= 0 => (start, step, end),
        _ => return Ok(Value::str("", computed(host, args))),
    };
    let stop = end + if end < start { -1 } else { 1 };
    let all: Vec<_> = numbers(start, stop, step)?.iter().map(i64::to_string).collect();
    Ok(Value::str(&all.join(" "), computed(host, args)))
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::TABLE;
    use crate::helm::function::testing::{host, leaf, printed};
    use crate::helm::origin::{OriginId, Origins};
    use crate::helm::value::Value;

    fn list(items: &[Value]) -> Value {
        Value::list(items.to_vec(), OriginId::NONE)
    }

    #[test]
    fn a_list_that_lacks_items_depends_on_why() {
        let origins = Rc::new(Origins::default());
        let [host_name, alias] = ["host", "alias"].map(|key| leaf(&origins, key));
        let called = |function: &str, args: &[Value]| {
            let (_, function) = TABLE.iter().find(|(known, _)| *known == function).unwrap();
            function(&host(&origins), args).unwrap().origin
        };
        let names = list(&[Value::str("a", host_name), Value::str("", alias)]);
        assert_eq!(called("compact", std::slice::from_ref(&names)), origins.condition(alias));
        let other = Value::str("b", alias);
        assert_eq!(called("without", &[names, other]), origins.condition(alias));
    }

    /// Each row has a function, its arguments and its result.
    fn check(rows: &[(&str, &[Value], &str)]) {
        for (name, args, want) in rows {
            let shown: Vec<_> = args.iter().map(crate::helm::print::plain).collect();
            assert_eq!(printed(TABLE, name, args), *want, "{name} {shown:?}");
        }
    }

    #[test]
    fn parts_of_lists() {
        let abc = || list(&["a".into(), "b".into(), "c".into()]);
        check(&[
            ("first", &[abc()], "a"),
            ("last", &[abc()], "c"),
            ("rest", &[abc()], "[b c]"),
            ("initial", &[abc()], "[a b]"),
            ("first", &[list(&[])], "<nil>"),
            ("rest", &[list(&[])], "[]"),
            ("slice", &[abc(), 1.into()], "[b c]"),
            ("slice", &[abc(), 1.into(), 2.into()], "[b]"),
            ("slice", &[list(&[])], "<nil>"),
            ("chunk", &[2.into(), abc()], "[[a b] [c]]"),
            ("chunk", &[2.into(), list(&[])], "[]"),
            ("reverse", &[abc()], "[c b a]"),
        ]);
    }

    #[test]
    fn lists_grow_and_shrink() {
        let mixed = || list(&[1.into(), "a".into(), Value::NIL, 1.into()]);
        check(&[
            ("append", &[list(&[1.into()]), "x".into()], "[1 x]"),
            ("prepend", &[list(&[1.into()]), "x".into()], "[x 1]"),
            ("concat", &[list(&[1.into()]), list(&[2.into()])], "[1 2]"),
            ("uniq", &[mixed()], "[1 a <nil>]"),
            ("compact", &[mixed()], "[1 a 1]"),
            ("without", &[mixed(), 1.into()], "[a <nil>]"),
            ("has", &["a".into(), mixed()], "true"),
            ("has", &["a".into(), Value::NIL], "false"),
        ]);
    }

    #[test]
    fn lists_of_numbers() {
        check(&[
            ("until", &[3.into()], "[0 1 2]"),
            ("until", &[(-2).into()], "[0 -1]"),
            ("untilStep", &[0.into(), 10.into(), 5.into()], "[0 5]"),
            ("untilStep", &[0.into(), 10.into(), 0.into()], "[]"),
            ("seq", &[3.into()], "1 2 3"),
            ("seq", &[5.into(), 3.into()], "5 4 3"),
            ("seq", &[1.into(), 2.into(), 6.into()], "1 3 5"),
            ("seq", &[], ""),
        ]);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        check(&[
            ("first", &["a".into()], "error: Cannot find first on type string"),
            ("append", &[1.into(), 1.into()], "error: Cannot push on type int"),
            ("chunk", &[1.into(), "a".into()], "error: Cannot chunk type string"),
            ("chunk", &[0.into(), list(&[])], "error: runtime error: makeslice: len out of range"),
            ("concat", &["a".into()], "error: Cannot concat type string as list"),
            (
                "reverse",
                &[Value::NIL],
                "error: runtime error: invalid memory address or nil pointer dereference",
            ),
            ("slice", &["a".into()], "error: list should be type of slice or array but string"),
        ]);
    }
}
