//! Writes and reads JSON as Go's `encoding/json` does.

mod fault;

use crate::helm::call::{Function, Host, any, computed, text};
use crate::helm::origin::{OriginId, Origins};
use crate::helm::print;
use crate::helm::rope::{Rope, RopeBuilder};
use crate::helm::tree;
use crate::helm::value::{Data, Entries, MAX_TEXT, Nuance, Value};
use crate::source::bytes;

/// The functions in this module, by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("toJson", |host, args| leniently_written(host, args, Style::Compact)),
    ("mustToJson", |host, args| written(host, args, Style::Compact)),
    ("toPrettyJson", |host, args| leniently_written(host, args, Style::Pretty)),
    ("mustToPrettyJson", |host, args| written(host, args, Style::Pretty)),
    ("toRawJson", |host, args| written(host, args, Style::Raw)),
    ("mustToRawJson", |host, args| written(host, args, Style::Raw)),
    ("fromJson", |host, args| lenient(host, args, &JSON, Shape::Map)),
    ("fromJsonArray", |host, args| lenient(host, args, &JSON, Shape::List)),
    ("mustFromJson", |host, args| read(host, text(args, 0)?)),
];

/// The deepest nesting; deeper values contain themselves, as templates can make them.
const MAX_DEPTH: usize = 500;

const JSON: Format = Format { read, mismatch, keeps_nil: true };

/// How JSON is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// In one line; characters with a meaning in HTML are escaped.
    Compact,
    /// Each item on a line of its own; characters with a meaning in HTML are escaped.
    Pretty,
    /// In one line, without such escapes.
    Raw,
}

/// A format that Helm reads.
pub(super) struct Format {
    pub(super) read: fn(&dyn Host, &Rope) -> Result<Value, String>,
    /// The error message for another type than the expected one.
    pub(super) mismatch: fn(&Value, &str) -> String,
    /// Whether null gives a nil map or list, and not an empty one.
    pub(super) keeps_nil: bool,
}

/// The type that is expected.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Map,
    List,
}

/// Reads a text as those functions of Helm do that return an error as the result: in the key `Error`, or as the only
/// item.
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

/// A map with an error message.
pub(super) fn failed(host: &dyn Host, args: &[Value], error: &str) -> Value {
    let origin = computed(host, args);
    Value::map(Entries::from([("Error".into(), Value::str(error, origin))]), origin)
}

/// Go's error message for JSON of another type.
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

/// Writes JSON; as in Helm and sprig, a value that cannot be written gives an empty text, except in the `must`
/// functions.
fn leniently_written(host: &dyn Host, args: &[Value], style: Style) -> Result<Value, String> {
    match write(host, any(args, 0)?, style) {
        Err(Fault::Unwritable(_)) => Ok(Value::str("", computed(host, args))),
        done => told(done),
    }
}

fn written(host: &dyn Host, args: &[Value], style: Style) -> Result<Value, String> {
    told(write(host, any(args, 0)?, style))
}

fn told(done: Result<Value, Fault>) -> Result<Value, String> {
    done.map_err(|fault| match fault {
        Fault::TooLarge => format!("a text of more than {} MiB", MAX_TEXT >> 20),
        Fault::Unwritable(why) => why,
    })
}

/// Why a value cannot be written.
enum Fault {
    /// The text would be too large.
    TooLarge,
    /// Go cannot write it, either.
    Unwritable(String),
}

fn write(host: &dyn Host, value: &Value, style: Style) -> Result<Value, Fault> {
    let mut writer = Writer { out: RopeBuilder::default(), origins: host.origins(), style };
    writer.value(value, 0)?;
    Ok(Value::rope(writer.out.finish()))
}

struct Writer<'o> {
    out: RopeBuilder,
    origins: &'o Origins,
    style: Style,
}

impl Writer<'_> {
    /// Writes a value at a nesting of `depth`.
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), Fault> {
        if self.out.len() > MAX_TEXT {
            return Err(Fault::TooLarge);
        }
        if depth > MAX_DEPTH {
            let message = "json: unsupported value: encountered a cycle";
            return Err(Fault::Unwritable(message.to_owned()));
        }
        let origin = value.origin;
        match &value.data {
            Data::Nil => self.out.push("null", origin),
            Data::List(_) | Data::Map(_) if value.nuance.is_nil() => self.out.push("null", origin),
            Data::Bool(value) => self.out.push(if *value { "true" } else { "false" }, origin),
            Data::Int(value) | Data::Int64(value) => self.out.push(&value.to_string(), origin),
            Data::Float(value) if value.is_finite() => {
                self.out.push(&print::json_float(*value), origin);
            }
            Data::Float(value) => {
                let message = format!("json: unsupported value: {}", print::float(*value));
                return Err(Fault::Unwritable(message));
            }
            Data::Str(rope) => match value.as_base64() {
                Some(base64) => self.string(&Rope::new(&base64, origin), origin),
                None => self.string(rope, origin),
            },
            Data::List(items) => {
                self.out.push("[", origin);
                let items = items.borrow();
                for (index, item) in items.iter().enumerate() {
                    self.start_item(index, depth, origin);
                    self.value(&value.member(item, self.origins), depth + 1)?;
                }
                self.end("]", items.len(), depth, origin);
            }
            Data::Map(entries) => {
                let entries = entries.borrow();
                self.map(value, entries.iter().map(|(key, item)| (&**key, item)), depth)?;
            }
            Data::Object(object) => match object.fields(origin) {
                Some(fields) => {
                    self.map(value, fields.iter().map(|(name, item)| (*name, item)), depth)?;
                }
                None => self.value(&object.encoded(origin), depth)?,
            },
        }
        Ok(())
    }

    /// Writes the entries of `value`, in the given order.
    fn map<'a>(
        &mut self,
        value: &Value,
        entries: impl ExactSizeIterator<Item = (&'a str, &'a Value)>,
        depth: usize,
    ) -> Result<(), Fault> {
        let origin = value.origin;
        let count = entries.len();
        self.out.push("{", origin);
        for (index, (key, item)) in entries.enumerate() {
            self.start_item(index, depth, origin);
            self.string(&Rope::new(key, origin), OriginId::NONE);
            self.out.push(if self.style == Style::Pretty { ": " } else { ":" }, origin);
            self.value(&value.member(item, self.origins), depth + 1)?;
        }
        self.end("}", count, depth, origin);
        Ok(())
    }

    /// Starts the item at an index; its list or map is at a nesting of `depth`.
    fn start_item(&mut self, index: usize, depth: usize, origin: OriginId) {
        if index > 0 {
            self.out.push(",", origin);
        }
        self.start_line(depth + 1, origin);
    }

    /// Ends a list or map with `count` items.
    fn end(&mut self, bracket: &str, count: usize, depth: usize, origin: OriginId) {
        if count > 0 {
            self.start_line(depth, origin);
        }
        self.out.push(bracket, origin);
    }

    fn start_line(&mut self, depth: usize, origin: OriginId) {
        if self.style == Style::Pretty {
            self.out.push("\n", origin);
            self.out.push(&"  ".repeat(depth), origin);
        }
    }

    fn string(&mut self, rope: &Rope, origin: OriginId) {
        self.out.push("\"", origin);
        let escapes_html = self.style != Style::Raw;
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
                    '<' | '>' | '&' if escapes_html => {
                        piece.push_str(&format!("\\u{:04x}", u32::from(c)));
                    }
                    c if bytes::is_stand_in(c) => piece.push_str("\\ufffd"),
                    '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => {
                        piece.push_str(&format!("\\u{:04x}", u32::from(c)));
                    }
                    c => piece.push(c),
                }
            }
            self.out.push_placed(&piece, segment.origin, segment.place);
            at = end;
        }
        self.out.push("\"", origin);
    }
}

/// Reads JSON. If the text is YAML as well, as nearly all JSON is, each scalar keeps the origins of its characters.
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
