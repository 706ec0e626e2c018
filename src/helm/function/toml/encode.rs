//! Writes TOML as `BurntSushi/toml` does: plain entries come before tables, and each table is indented by one step
//! more than the one that contains it.

use crate::helm::function::date;
use crate::helm::print;
use crate::helm::value::{Data, Entries, Value};

const INDENT: &str = "  ";
/// The deepest nesting; deeper values contain themselves, as templates can make them.
const MAX_DEPTH: usize = 200;

/// Writes a value.
///
/// # Errors
/// The library's error message, if the value cannot be written; Helm returns it as the result.
pub(super) fn encode(value: &Value) -> Result<String, String> {
    let mut out = String::new();
    match &value.data {
        Data::Map(entries) => table(&mut out, &entries.borrow(), &mut Vec::new())?,
        Data::List(items) if is_tables(&items.borrow())? => {
            return Err("toml: top-level values must be Go maps or structs".to_owned());
        }
        _ => element(&mut out, value, 0)?,
    }
    Ok(out)
}

/// Writes the entries of a table: those on one line first, then tables.
fn table(out: &mut String, entries: &Entries, path: &mut Vec<String>) -> Result<(), String> {
    if path.len() > MAX_DEPTH {
        return Err(too_deep());
    }
    let mut tables = Vec::new();
    for (key, value) in entries {
        let is_table = match &value.data {
            Data::Nil => continue,
            Data::Map(_) => true,
            Data::List(items) => is_tables(&items.borrow())?,
            _ => false,
        };
        if is_table {
            tables.push((key, value));
            continue;
        }
        out.push_str(&INDENT.repeat(path.len()));
        out.push_str(&name(key));
        out.push_str(" = ");
        element(out, value, 0)?;
        out.push('\n');
    }
    for (key, value) in tables {
        path.push(name(key));
        let indent = INDENT.repeat(path.len() - 1);
        match &value.data {
            Data::Map(inner) => {
                if path.len() == 1 {
                    part(out);
                }
                out.push_str(&format!("{indent}[{}]\n", path.join(".")));
                table(out, &inner.borrow(), path)?;
            }
            Data::List(items) => {
                for item in items.borrow().iter() {
                    part(out);
                    out.push_str(&format!("{indent}[[{}]]\n", path.join(".")));
                    if let Data::Map(inner) = &item.data {
                        table(out, &inner.borrow(), path)?;
                    }
                }
            }
            _ => {}
        }
        path.pop();
    }
    Ok(())
}

/// Writes an empty line before a table, except at the start.
fn part(out: &mut String) {
    if !out.is_empty() {
        out.push('\n');
    }
}

/// Whether a list is written as an array of tables.
fn is_tables(items: &[Value]) -> Result<bool, String> {
    if items.iter().any(|item| matches!(item.data, Data::Nil)) {
        return Err("toml: cannot encode array with nil element".to_owned());
    }
    Ok(!items.is_empty() && items.iter().all(|item| matches!(item.data, Data::Map(_))))
}

/// Writes a value on one line.
fn element(out: &mut String, value: &Value, depth: usize) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    match &value.data {
        Data::Nil => {}
        Data::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Data::Int(number) | Data::Int64(number) => out.push_str(&number.to_string()),
        Data::Float(number) => out.push_str(&float(*number)),
        Data::Str(text) => out.push_str(&quoted(text.as_str())),
        Data::List(items) => {
            let items = items.borrow();
            is_tables(&items)?;
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                element(out, item, depth + 1)?;
            }
            out.push(']');
        }
        Data::Map(entries) => {
            out.push('{');
            let entries = entries.borrow();
            let present = entries.iter().filter(|(_, item)| !matches!(item.data, Data::Nil));
            for (index, (key, item)) in present.enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                out.push_str(&name(key));
                out.push_str(" = ");
                element(out, item, depth + 1)?;
            }
            out.push('}');
        }
        Data::Object(object) => match date::toml::written(value) {
            Some(date) => out.push_str(&date),
            None => element(out, &object.encoded(value.origin), depth + 1)?,
        },
    }
    Ok(())
}

fn too_deep() -> String {
    "the value is too large, or contains itself".to_owned()
}

fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let text = print::float(number);
    match text.contains(['e', '.']) {
        true => text,
        false => text + ".0",
    }
}

fn name(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    match !key.is_empty() && key.chars().all(bare) {
        true => key.to_owned(),
        false => quoted(key),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' | '\u{7f}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
