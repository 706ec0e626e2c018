//! URLs and the escapes of Go's text/template: `urlParse`, `urlJoin`, `urlquery`, `html`, `js`.

mod parse;

pub(in crate::helm) use self::parse::Url;
use crate::helm::call::{Function, Host};
use crate::helm::call::{computed, map, text};
use crate::helm::origin::{OriginId, Origins};
use crate::helm::print;
use crate::helm::rope::{Rope, RopeBuilder};
use crate::helm::value::{Data, Entries, Value};

/// The functions in this module, by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("urlParse", url_parse),
    ("urlJoin", url_join),
    ("urlquery", |host, args| Ok(escaped(host, args, query))),
    ("html", |host, args| Ok(escaped(host, args, html))),
    ("js", |host, args| Ok(escaped(host, args, js))),
];

/// Parses a URL as Go's `url.Parse` does, and returns its parts in a map; parts that are in the text unchanged keep
/// its segments.
fn url_parse(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let given = text(args, 0)?;
    let url =
        Url::parse(given.as_str()).map_err(|error| format!("unable to parse url: {error}"))?;
    let whole = computed(host, args);
    let mut from = 0;
    let mut entries = Entries::new();
    for (key, part) in [
        ("scheme", url.scheme.clone()),
        ("userinfo", url.userinfo()),
        ("host", url.host.clone()),
        ("path", url.path.clone()),
        ("opaque", url.opaque.clone()),
        ("query", url.query.clone()),
        ("fragment", url.fragment.clone()),
    ] {
        // The parts are in the text in this order.
        let found = given.as_str()[from..].find(&part).filter(|_| !part.is_empty());
        let value = match found {
            Some(at) => {
                let range = from + at..from + at + part.len();
                from = range.end;
                Value::rope(given.slice(range).tinted(whole, host.origins()))
            }
            None => Value::str(&part, whole),
        };
        entries.insert(key.into(), value);
    }
    let name = url.hostname();
    let hostname = match entries.get("host").map(|host| &host.data) {
        Some(Data::Str(rope)) => rope
            .as_str()
            .find(name)
            .map(|at| Value::rope(rope.slice(at..at + name.len())))
            .unwrap_or_default(),
        _ => Value::NIL,
    };
    entries.insert("hostname".into(), hostname);
    Ok(Value::map(entries, whole))
}

fn url_join(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let map = map(args, 0)?;
    let entries = map.borrow();
    let origins = host.origins();
    let part = |key: &str| part(&entries, key);
    let mut url = Url {
        scheme: part("scheme")?.as_str().to_owned(),
        host: part("host")?.as_str().to_owned(),
        path: part("path")?.as_str().to_owned(),
        query: part("query")?.as_str().to_owned(),
        opaque: part("opaque")?.as_str().to_owned(),
        fragment: part("fragment")?.as_str().to_owned(),
        user: None,
    };
    let userinfo = part("userinfo")?;
    if !userinfo.is_empty() {
        url.user = Url::parse(&format!("proto://{}@host", userinfo.as_str()))
            .map_err(|error| format!("unable to parse userinfo in dict: {error}"))?
            .user;
    }
    let joined = url.to_string();
    let mut out = RopeBuilder::default();
    let mut from = 0;
    for key in ["scheme", "opaque", "userinfo", "host", "path", "query", "fragment"] {
        let rope = part(key)?;
        let Some(at) = joined[from..].find(rope.as_str()).filter(|_| !rope.is_empty()) else {
            // A part that was escaped or omitted, or is empty, has still influenced the result.
            out.push("", origins.derived(rope.origin(origins)));
            continue;
        };
        out.push(&joined[from..from + at], derived(&entries, origins));
        out.push_rope(&rope);
        from += at + rope.len();
    }
    out.push(&joined[from..], derived(&entries, origins));
    Ok(Value::rope(out.finish()))
}

fn derived(entries: &Entries, origins: &Origins) -> OriginId {
    let all = entries.values().map(|value| value.own_origin(origins));
    origins.derived(all.fold(OriginId::NONE, |a, b| origins.union(a, b)))
}

fn part(entries: &Entries, key: &str) -> Result<Rope, String> {
    match entries.get(key).map(|value| &value.data) {
        None => Ok(Rope::default()),
        Some(Data::Str(rope)) => Ok(rope.clone()),
        Some(Data::Nil) => {
            Err("runtime error: invalid memory address or nil pointer dereference".to_owned())
        }
        Some(data) => Err(format!(
            "unable to parse {key} key, must be of type string, but {} found",
            kind(data)
        )),
    }
}

/// The `reflect.Kind` of a value in Go.
fn kind(data: &Data) -> &'static str {
    match data {
        Data::Nil => "invalid",
        Data::Bool(_) => "bool",
        Data::Float(_) => "float64",
        Data::Str(_) => "string",
        Data::List(_) => "slice",
        Data::Map(_) => "map",
        Data::Object(_) => "ptr",
        _ => "int64",
    }
}

/// Prints the arguments as a single text, as Go's built-in escape functions do, and escapes its characters. Characters
/// that need no escape keep their segments.
fn escaped(host: &dyn Host, args: &[Value], escape: fn(char, &mut String) -> bool) -> Value {
    let origins = host.origins();
    let given = match args {
        [Value { data: Data::Str(rope), .. }] => rope.clone(),
        _ => {
            let shown = |arg: &Value| match arg.data {
                Data::Nil => Value::str("<no value>", arg.origin),
                _ => arg.clone(),
            };
            print::sprint(&args.iter().map(shown).collect::<Vec<_>>(), origins)
        }
    };
    let gone = computed(host, args);
    let mut out = RopeBuilder::default();
    let (mut last, mut buffer) = (0, String::new());
    for (at, c) in given.as_str().char_indices() {
        buffer.clear();
        if escape(c, &mut buffer) {
            out.push_slice(&given, last..at);
            out.push(&buffer, gone);
            last = at + c.len_utf8();
        }
    }
    out.push_slice(&given, last..given.len());
    Value::rope(out.finish())
}

/// Escapes a character as `url.QueryEscape` does; false if it needs no escape.
fn query(c: char, out: &mut String) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' | '~' => return false,
        ' ' => out.push('+'),
        c => parse::percent(c, out),
    }
    true
}

/// Escapes a character as `template.HTMLEscapeString` does; false if it needs no escape.
fn html(c: char, out: &mut String) -> bool {
    out.push_str(match c {
        '\0' => "\u{fffd}",
        '"' => "&#34;",
        '\'' => "&#39;",
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        _ => return false,
    });
    true
}

/// Escapes a character as `template.JSEscapeString` does; false if it needs no escape.
fn js(c: char, out: &mut String) -> bool {
    match c {
        '\\' => out.push_str(r"\\"),
        '\'' => out.push_str(r"\'"),
        '"' => out.push_str("\\\""),
        '<' | '>' | '&' | '=' | '\0'..='\u{1f}' => {
            out.push_str(&format!("\\u{:04X}", u32::from(c)));
        }
        // Characters that are not printable for `unicode.IsPrint`.
        '\u{80}'..='\u{a0}'
        | '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202f}'
        | '\u{feff}' => out.push_str(&format!("\\u{:04X}", u32::from(c))),
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests;
