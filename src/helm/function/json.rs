//! JSON as Go's `encoding/json` writes and reads it.

mod fault;

use crate::helm::call::{Function, Host, any, computed, text};
use crate::helm::origin::OriginId;
use crate::helm::print;
use crate::helm::rope::{Rope, RopeBuilder};
use crate::helm::tree;
use crate::helm::value::{Data, Entries, MAX_TEXT, Nuance, Value};
use crate::source::bytes;

/// Functions of this module by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("toJson", |host, args| written(host, args, true, None)),
    ("mustToJson", |host, args| written(host, args, true, None)),
    ("toPrettyJson", |host, args| written(host, args, true, Some(0))),
    ("mustToPrettyJson", |host, args| written(host, args, true, Some(0))),
    ("toRawJson", |host, args| written(host, args, false, None)),
    ("mustToRawJson", |host, args| written(host, args, false, None)),
    ("fromJson", |host, args| lenient(host, args, &JSON, Shape::Map)),
    ("fromJsonArray", |host, args| lenient(host, args, &JSON, Shape::List)),
    ("mustFromJson", |host, args| read(host, text(args, 0)?)),
];

const JSON: Format = Format { read, mismatch, keeps_nil: true };

/// What one of Helm's readers reads.
pub(super) struct Format {
    pub(super) read: fn(&dyn Host, &Rope) -> Result<Value, String>,
    /// The complaint about another shape than the one that is wanted.
    pub(super) mismatch: fn(&Value, &str) -> String,
    /// Whether null gives a map or list that was never made, and not an empty one.
    pub(super) keeps_nil: bool,
}

/// What one of Helm's readers is to find.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Map,
    List,
}

/// Reads the text as Helm does where it tells an error in the result: below the key `Error`, or as
/// the only item.
pub(super) fn lenient(
    host: &dyn Host,
    args: &[Value],
    format: &Format,
    shape: Shape,
) -> Result<Value, String> {
    let wanted = match shape {
        Shape::Map => "map[string]interface {}",
        Shape::List => "[]interface {}",
    };
    let nil = |made: Nuance| if format.keeps_nil { made } else { Nuance::None };
    let error = match ((format.read)(host, text(args, 0)?), shape) {
        (Ok(value @ Value { data: Data::Map(_), .. }), Shape::Map)
        | (Ok(value @ Value { data: Data::List(_), .. }), Shape::List) => return Ok(value),
        (Ok(Value { data: Data::Nil, origin, .. }), Shape::Map) => {
            return Ok(Value::map(Entries::new(), origin).with(nil(Nuance::NilMap)));
        }
        (Ok(Value { data: Data::Nil, origin, .. }), Shape::List) => {
            return Ok(Value::list(Vec::new(), origin).with(nil(Nuance::NilSlice)));
        }
        (Ok(value), _) => (format.mismatch)(&value, wanted),
        (Err(error), _) => error,
    };
    Ok(match shape {
        Shape::Map => failed(host, args, &error),
        Shape::List => {
            let origin = computed(host, args);
            Value::list(vec![Value::str(&error, origin)], origin)
        }
    })
}

/// A map with the error in it.
pub(super) fn failed(host: &dyn Host, args: &[Value], error: &str) -> Value {
    let origin = computed(host, args);
    Value::map(Entries::from([("Error".into(), Value::str(error, origin))]), origin)
}

/// Go's complaint about JSON of another shape.
pub(super) fn mismatch(value: &Value, wanted: &str) -> String {
    let found = match value.data {
        Data::Bool(_) => "bool",
        Data::Int(_) | Data::Int64(_) | Data::Float(_) => "number",
        Data::Str(_) => "string",
        Data::List(_) => "array",
        Data::Nil | Data::Map(_) | Data::Object(_) => "object",
    };
    format!("json: cannot unmarshal {found} into Go value of type {wanted}")
}

fn written(
    _: &dyn Host,
    args: &[Value],
    html: bool,
    indent: Option<usize>,
) -> Result<Value, String> {
    let mut out = RopeBuilder::default();
    write(any(args, 0)?, &mut out, html, indent, 0)?;
    Ok(Value::rope(out.finish()))
}

/// `depth` bounds values that contain themselves, `indent` is that of a pretty text.
fn write(
    value: &Value,
    out: &mut RopeBuilder,
    html: bool,
    indent: Option<usize>,
    depth: usize,
) -> Result<(), String> {
    if out.len() > MAX_TEXT || depth > 500 {
        return Err("the value is too large, or contains itself".to_owned());
    }
    let origin = value.origin;
    let inner = indent.map(|depth| depth + 1);
    match &value.data {
        Data::Nil => out.push("null", origin),
        Data::List(_) | Data::Map(_) if value.nuance.is_nil() => out.push("null", origin),
        Data::Bool(value) => out.push(if *value { "true" } else { "false" }, origin),
        Data::Int(value) | Data::Int64(value) => out.push(&value.to_string(), origin),
        Data::Float(value) if value.is_finite() => out.push(&print::json_float(*value), origin),
        Data::Float(value) => {
            return Err(format!("json: unsupported value: {}", print::float(*value)));
        }
        Data::Str(rope) => match value.as_base64() {
            Some(base64) => string(&Rope::new(&base64, origin), origin, out, html),
            None => string(rope, origin, out, html),
        },
        Data::List(items) => {
            out.push("[", origin);
            let items = items.borrow();
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(",", origin);
                }
                start_line(out, inner, origin);
                write(item, out, html, inner, depth + 1)?;
            }
            if !items.is_empty() {
                start_line(out, indent, origin);
            }
            out.push("]", origin);
        }
        Data::Map(entries) => {
            let entries = entries.borrow();
            let entries = entries.iter().map(|(key, item)| (&**key, item));
            write_map(entries, origin, out, (html, indent, depth))?;
        }
        Data::Object(object) => match object.fields(origin) {
            Some(fields) => {
                let fields = fields.iter().map(|(name, item)| (*name, item));
                write_map(fields, origin, out, (html, indent, depth))?;
            }
            None => write(&object.encoded(origin), out, html, indent, depth + 1)?,
        },
    }
    Ok(())
}

/// Writes entries, in the order given; the last of the arguments are those of the writer around it.
fn write_map<'a>(
    entries: impl ExactSizeIterator<Item = (&'a str, &'a Value)>,
    origin: OriginId,
    out: &mut RopeBuilder,
    (html, indent, depth): (bool, Option<usize>, usize),
) -> Result<(), String> {
    let inner = indent.map(|depth| depth + 1);
    let is_empty = entries.len() == 0;
    out.push("{", origin);
    for (index, (key, item)) in entries.enumerate() {
        if index > 0 {
            out.push(",", origin);
        }
        start_line(out, inner, origin);
        string(&Rope::new(key, origin), OriginId::NONE, out, html);
        out.push(if indent.is_some() { ": " } else { ":" }, origin);
        write(item, out, html, inner, depth + 1)?;
    }
    if !is_empty {
        start_line(out, indent, origin);
    }
    out.push("}", origin);
    Ok(())
}

/// Begins a line of a pretty text.
fn start_line(out: &mut RopeBuilder, depth: Option<usize>, origin: OriginId) {
    if let Some(depth) = depth {
        out.push("\n", origin);
        out.push(&"  ".repeat(depth), origin);
    }
}

fn string(rope: &Rope, origin: OriginId, out: &mut RopeBuilder, html: bool) {
    out.push("\"", origin);
    let (mut at, mut piece) = (0, String::new());
    for segment in rope.segments() {
        let end = at + segment.len as usize;
        piece.clear();
        for c in rope.as_str()[at..end].chars() {
            match c {
                '"' => piece.push_str("\\\""),
                '\\' => piece.push_str("\\\\"),
                '\n' => piece.push_str("\\n"),
                '\r' => piece.push_str("\\r"),
                '\t' => piece.push_str("\\t"),
                '\u{8}' => piece.push_str("\\b"),
                '\u{c}' => piece.push_str("\\f"),
                '<' | '>' | '&' if html => piece.push_str(&format!("\\u{:04x}", u32::from(c))),
                c if bytes::is_stand_in(c) => piece.push_str("\\ufffd"),
                '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => {
                    piece.push_str(&format!("\\u{:04x}", u32::from(c)));
                }
                c => piece.push(c),
            }
        }
        out.push_placed(&piece, segment.origin, segment.place);
        at = end;
    }
    out.push("\"", origin);
}

/// Reads JSON; where the text is YAML as well, as nearly all JSON is, each scalar keeps the
/// origins of its own characters.
fn read(host: &dyn Host, rope: &Rope) -> Result<Value, String> {
    let parsed: serde_json::Value = serde_json::from_str(rope.as_str()).map_err(|error| {
        fault::fault(rope.as_str()).unwrap_or_else(|| format!("invalid JSON: {error}"))
    })?;
    if let Ok(value) = super::yaml::read(host, rope)
        && same(&parsed, &value)
    {
        return Ok(value);
    }
    let origins = host.origins();
    let all = origins.derived(rope.origin(origins));
    Ok(tree::from_json(&parsed, all, &|origin| origin, &|origin, _| origin))
}

fn same(json: &serde_json::Value, value: &Value) -> bool {
    match (json, &value.data) {
        (serde_json::Value::Null, Data::Nil) => true,
        (serde_json::Value::Bool(a), Data::Bool(b)) => a == b,
        (serde_json::Value::Number(a), Data::Float(b)) => a.as_f64() == Some(*b),
        (serde_json::Value::String(a), Data::Str(b)) => a == b.as_str(),
        (serde_json::Value::Array(a), Data::List(b)) => {
            a.len() == b.borrow().len() && a.iter().zip(b.borrow().iter()).all(|(a, b)| same(a, b))
        }
        (serde_json::Value::Object(a), Data::Map(b)) => {
            let b = b.borrow();
            a.len() == b.len()
                && a.iter().all(|(key, a)| b.get(key.as_str()).is_some_and(|b| same(a, b)))
        }
        _ => false,
    }
}
