//! Those of Terraform's functions that are used for the names, charts and counts of releases.

use super::value::Value;

/// The deepest nesting of lists that is evaluated.
const MAX_NESTED: usize = 20;
/// The most items of a list that is evaluated, as each local may double the list of another.
const MAX_ITEMS: usize = 2000;

/// The result of a function for evaluated arguments; [`Value::Unknown`] for a function that is not here.
pub(super) fn call(name: &str, arguments: &[Value]) -> Value {
    let texts = all(arguments, |argument| text(argument).map(|text| vec![text]));
    let of_texts = texts.and_then(|texts| self::of_texts(name, &texts));
    of_texts.unwrap_or_else(|| of_collections(name, arguments))
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn of_texts(name: &str, texts: &[&str]) -> Option<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    Some(match (name, texts) {
        ("lower", [own]) => Value::Text(own.to_lowercase()),
        ("upper", [own]) => Value::Text(own.to_uppercase()),
        ("trimspace", [own]) => text(own.trim()),
        ("trimprefix", [own, prefix]) => text(own.strip_prefix(prefix).unwrap_or(own)),
        ("trimsuffix", [own, suffix]) => text(own.strip_suffix(suffix).unwrap_or(own)),
        ("replace", [own, from, to]) if !from.starts_with('/') => text(&own.replace(from, to)),
        ("abspath" | "pathexpand" | "tostring", [own]) => text(own),
        ("basename", [own]) => text(own.rsplit('/').next().unwrap_or(own)),
        ("dirname", [own]) => text(own.rsplit_once('/').map_or(".", |(folder, _)| folder)),
        ("startswith", [own, start]) => Value::from(own.starts_with(start)),
        ("endswith", [own, end]) => Value::from(own.ends_with(end)),
        ("split", [separator, own]) if !separator.is_empty() => {
            Value::List(own.split(separator).map(text).collect())
        }
        ("format", [format, rest @ ..]) if !format.contains("%[") => {
            let mut rest = rest.iter();
            let mut out = String::new();
            let normal = format.replace("%d", "%s").replace("%v", "%s");
            for (at, part) in normal.split("%s").enumerate() {
                if at > 0 {
                    out.push_str(rest.next().copied().unwrap_or_default());
                }
                out.push_str(part);
            }
            Value::Text(out)
        }
        _ => return None,
    })
}

fn of_collections(name: &str, arguments: &[Value]) -> Value {
    let known = |value: &&Value| !matches!(value, Value::Unknown | Value::Missing);
    match (name, arguments) {
        ("join", [Value::Text(separator), Value::List(items)]) => {
            let items = all(items, |item| text(item).map(|text| vec![text]));
            items.map_or(Value::Unknown, |items| Value::Text(items.join(separator)))
        }
        ("coalesce", arguments) => arguments
            .iter()
            .find(|value| **value != Value::Null && **value != Value::Text(String::new()))
            .cloned()
            .unwrap_or(Value::Null),
        ("tolist" | "tomap" | "tobool" | "tonumber" | "nonsensitive" | "sensitive", [value]) => {
            value.clone()
        }
        ("toset" | "distinct", [Value::List(items)]) if items.len() <= MAX_ITEMS => {
            Value::List(distinct(items))
        }
        ("length", [Value::List(items)]) => Value::Text(items.len().to_string()),
        ("length", [Value::Map(map)]) => Value::Text(map.len().to_string()),
        ("keys", [Value::Map(map)]) => {
            Value::List(map.keys().map(|key| Value::Text(key.clone())).collect())
        }
        ("values", [Value::Map(map)]) => Value::List(map.values().cloned().collect()),
        ("contains", [Value::List(items), wanted])
            if known(&wanted) && items.iter().all(|item| known(&item)) =>
        {
            Value::from(items.contains(wanted))
        }
        ("element", [Value::List(items), Value::Text(at)]) if !items.is_empty() => {
            at.parse::<usize>().map_or(Value::Unknown, |at| items[at % items.len()].clone())
        }
        ("one", [Value::List(items)]) => match items.as_slice() {
            [] => Value::Null,
            [only] => only.clone(),
            _ => Value::Missing,
        },
        ("concat", lists) => all(lists, |list| match list {
            Value::List(items) => Some(items.clone()),
            _ => None,
        })
        .map_or(Value::Unknown, Value::List),
        ("flatten", [Value::List(items)]) => {
            let mut out = Vec::new();
            if flatten(items, 0, &mut out) { Value::List(out) } else { Value::Unknown }
        }
        ("compact", [Value::List(items)]) if items.iter().all(|item| known(&item)) => {
            let is_empty =
                |item: &&Value| **item == Value::Null || **item == Value::Text(String::new());
            Value::List(items.iter().filter(|item| !is_empty(item)).cloned().collect())
        }
        ("coalescelist", lists) => {
            let mut lists =
                lists.iter().filter(|list| !matches!(list, Value::List(items) if items.is_empty()));
            lists.next().filter(known).cloned().unwrap_or(Value::Unknown)
        }
        ("merge", maps) => all(maps, |map| match map {
            Value::Map(map) => Some(map.clone().into_iter().collect()),
            Value::Null => Some(Vec::new()),
            _ => None,
        })
        .map_or(Value::Unknown, |entries| Value::Map(entries.into_iter().collect())),
        ("lookup", [Value::Map(map), Value::Text(key), rest @ ..]) => {
            map.get(key).or(rest.first()).cloned().unwrap_or(Value::Unknown)
        }
        _ => Value::Unknown,
    }
}

/// The items of all arguments in order; `None` if `items` returns none for one of them, or if there are too many.
fn all<'v, T>(
    arguments: &'v [Value],
    items: impl Fn(&'v Value) -> Option<Vec<T>>,
) -> Option<Vec<T>> {
    let mut out = Vec::new();
    for argument in arguments {
        out.extend(items(argument)?);
        if out.len() > MAX_ITEMS {
            return None;
        }
    }
    Some(out)
}

fn distinct(items: &[Value]) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    for item in items {
        // An unknown item may or may not be a repetition.
        if matches!(item, Value::Unknown | Value::Missing) || !out.contains(item) {
            out.push(item.clone());
        }
    }
    out
}

/// Adds the items of lists and of the lists in them; false if an item may be a list that is not known.
fn flatten(items: &[Value], depth: usize, into: &mut Vec<Value>) -> bool {
    items.iter().all(|item| match item {
        Value::List(inner) => depth < MAX_NESTED && flatten(inner, depth + 1, into),
        Value::Unknown | Value::Missing => false,
        Value::Text(_) | Value::Map(_) | Value::File { .. } | Value::Null => {
            into.push(item.clone());
            into.len() <= MAX_ITEMS
        }
    })
}
