//! Writes values as YAML, byte for byte as Go's libraries do, with the origin of each byte.
//!
//! Mirrors go.yaml.in/yaml/v2 2.4 (`encode.go`, `emitterc.go`, `sorter.go`) behind sigs.k8s.io/yaml 1.6: lists are not
//! indented below their keys, long texts are folded after column 80, and texts that would be read as another type are
//! quoted.

mod style;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::mem;

use self::style::{Role, Style, escape, escape_fully, is_break};
use super::origin::{OriginId, Origins};
use super::print;
use super::rope::{Rope, RopeBuilder};
use super::value::{Data, MAX_TEXT, Value};
use crate::source::bytes;
use crate::yaml::is_unprintable;

/// The library whose output is mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// yaml/v2, as used by `toYaml`.
    V2,
    /// yaml/v3 with an indentation of two, as used by `toYamlPretty`: lists are indented, and texts are not folded.
    V3,
}

/// Where the first item of a map or list stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    /// On a line of its own.
    OwnLine,
    /// On the line that has been begun.
    SameLine,
}

/// The quotation marks around a text, which decide where a line may be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    None,
    Single,
    Double,
}

const BEST_WIDTH: usize = 80;
/// The deepest nesting; deeper values contain themselves, as templates can make them.
const MAX_DEPTH: usize = 500;

/// Writes a value, without the line feed at the end.
///
/// # Errors
/// If the value contains itself, is too large, or contains a number that is not finite; also if it contains a control
/// character that is allowed in JSON but not in YAML, and is written by way of JSON.
pub(super) fn emit(value: &Value, dialect: Dialect, origins: &Origins) -> Result<Rope, String> {
    let mut emitter = Emitter {
        out: RopeBuilder::default(),
        column: 0,
        dialect,
        origins,
        depth: 0,
        is_unreadable: false,
    };
    emitter.root(&encoded(Cow::Borrowed(value)))?;
    if emitter.is_unreadable {
        return Err("yaml: control characters are not allowed".to_owned());
    }
    let rope = emitter.out.finish();
    // As with `strings.TrimSuffix`, only one line feed is removed: texts in the style `|+` keep theirs.
    Ok(match rope.as_str().strip_suffix('\n') {
        Some(kept) => rope.slice(0..kept.len()),
        None => rope,
    })
}

/// Replaces a Go struct by its JSON, which is what is written.
fn encoded(value: Cow<'_, Value>) -> Cow<'_, Value> {
    match &value.data {
        Data::Object(object) => Cow::Owned(object.encoded(value.origin)),
        _ => value,
    }
}

struct Emitter<'o> {
    out: RopeBuilder,
    column: usize,
    dialect: Dialect,
    origins: &'o Origins,
    depth: usize,
    /// Whether a text has characters that are allowed in JSON but not in YAML, as which the JSON is then read.
    is_unreadable: bool,
}

impl Emitter<'_> {
    fn put(&mut self, text: &str, origin: OriginId) {
        match text.rfind('\n') {
            Some(at) => self.column = text[at + 1..].chars().count(),
            None => self.column += text.chars().count(),
        }
        self.out.push(text, origin);
    }

    fn line(&mut self, indent: usize, origin: OriginId) {
        self.put("\n", origin);
        self.put(&" ".repeat(indent), origin);
    }

    fn root(&mut self, value: &Value) -> Result<(), String> {
        match &value.data {
            Data::Map(entries) if !entries.borrow().is_empty() => {
                self.map(value, 0, First::SameLine)
            }
            Data::List(items) if !items.borrow().is_empty() => self.list(value, 0, First::SameLine),
            _ => {
                self.scalar(value, 2)?;
                Ok(())
            }
        }?;
        self.put("\n", OriginId::NONE);
        Ok(())
    }

    fn enter(&mut self) -> Result<(), String> {
        self.depth += 1;
        match self.depth > MAX_DEPTH || self.out.len() > MAX_TEXT {
            true => Err("the value contains itself, or is too large".to_owned()),
            false => Ok(()),
        }
    }

    /// Writes a map with its keys at column `indent`.
    fn map(&mut self, value: &Value, indent: usize, first: First) -> Result<(), String> {
        self.enter()?;
        let Data::Map(entries) = &value.data else { return Ok(()) };
        let entries = entries.borrow();
        let mut keys: Vec<_> = entries.keys().collect();
        keys.sort_by(|a, b| natural(a, b));
        for (index, key) in keys.into_iter().enumerate() {
            if index > 0 || first == First::OwnLine {
                self.line(indent, value.origin);
            }
            let rope = Rope::new(key, value.origin);
            let simple = key.len() <= 128 && !key.contains(is_break);
            if !simple {
                self.put("? ", value.origin);
            }
            let role = if simple { Role::SimpleKey } else { Role::Value };
            self.text(&rope, OriginId::NONE, indent + 2, role);
            if !simple {
                self.line(indent, value.origin);
            }
            self.put(":", value.origin);
            let item = &*encoded(value.member(&entries[key], self.origins));
            match &item.data {
                Data::Map(inner) if !inner.borrow().is_empty() => {
                    let first = if simple { First::OwnLine } else { First::SameLine };
                    if first == First::SameLine {
                        self.put(" ", item.origin);
                    }
                    self.map(item, indent + 2, first)?;
                }
                Data::List(inner) if !inner.borrow().is_empty() => {
                    let indent = indent + if self.dialect == Dialect::V3 { 2 } else { 0 };
                    self.list(item, indent, First::OwnLine)?;
                }
                _ => {
                    self.put(" ", item.origin);
                    self.scalar(item, indent + 2)?;
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Writes a list with its dashes at column `indent`.
    fn list(&mut self, value: &Value, indent: usize, first: First) -> Result<(), String> {
        self.enter()?;
        let Data::List(items) = &value.data else { return Ok(()) };
        for (index, item) in items.borrow().iter().enumerate() {
            if index > 0 || first == First::OwnLine {
                self.line(indent, value.origin);
            }
            self.put("- ", value.origin);
            let item = &*encoded(value.member(item, self.origins));
            match &item.data {
                Data::Map(inner) if !inner.borrow().is_empty() => {
                    self.map(item, indent + 2, First::SameLine)?;
                }
                Data::List(inner) if !inner.borrow().is_empty() => {
                    self.list(item, indent + 2, First::SameLine)?;
                }
                _ => self.scalar(item, indent + 2)?,
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn scalar(&mut self, value: &Value, indent: usize) -> Result<(), String> {
        let origin = value.origin;
        match &value.data {
            Data::Nil => self.put("null", origin),
            // This dialect writes by way of JSON, unlike the other one.
            Data::List(_) | Data::Map(_)
                if value.nuance.is_nil() && self.dialect == Dialect::V2 =>
            {
                self.put("null", origin);
            }
            Data::Bool(value) => self.put(if *value { "true" } else { "false" }, origin),
            Data::Int(value) | Data::Int64(value) => self.put(&value.to_string(), origin),
            Data::Float(value) if !value.is_finite() => {
                return Err("a number is not finite".to_owned());
            }
            Data::Float(value) => {
                let text = match self.dialect {
                    Dialect::V2 => number(*value),
                    // This dialect does not write by way of JSON.
                    Dialect::V3 => print::float(*value),
                };
                self.put(&text, origin);
            }
            Data::Str(rope) => match value.as_base64() {
                Some(base64) => {
                    self.text(&Rope::new(&base64, origin), origin, indent, Role::Value);
                }
                None => self.text(rope, origin, indent, Role::Value),
            },
            Data::List(_) => self.put("[]", origin),
            Data::Map(_) => self.put("{}", origin),
            Data::Object(_) => self.scalar(&encoded(Cow::Borrowed(value)), indent)?,
        }
        Ok(())
    }

    /// Writes a text in the style that the emitter chooses; further lines are at column `indent`.
    fn text(&mut self, rope: &Rope, origin: OriginId, indent: usize, role: Role) {
        let by_json = self.dialect == Dialect::V2 && bytes::has_stand_in(rope.as_str());
        let rope = &*match by_json {
            true => Cow::Owned(with_replacements(rope)),
            false => Cow::Borrowed(rope),
        };
        self.is_unreadable |= self.dialect == Dialect::V2 && rope.as_str().contains(is_refused);
        let style = Style::of(rope.as_str(), role);
        let fold = role == Role::Value && self.dialect == Dialect::V2;
        match style {
            Style::Literal => self.literal(rope, origin, indent),
            Style::Plain => {
                self.folded(rope, origin, indent, fold, Quotes::None, |c, out| out.push(c));
            }
            Style::Single => {
                self.put("'", origin);
                self.folded(rope, origin, indent, fold, Quotes::Single, |c, out| {
                    if c == '\'' {
                        out.push('\'');
                    }
                    out.push(c);
                });
                self.put("'", origin);
            }
            Style::Double => {
                self.put("\"", origin);
                let to = if begins_with_mark(rope) { escape_fully } else { escape };
                self.folded(rope, origin, indent, fold, Quotes::Double, to);
                self.put("\"", origin);
            }
        }
    }

    /// Writes characters; with `fold`, breaks the line at a space after the best width.
    fn folded(
        &mut self,
        rope: &Rope,
        origin: OriginId,
        indent: usize,
        fold: bool,
        quotes: Quotes,
        to: fn(char, &mut String),
    ) {
        let text = rope.as_str();
        if rope.segments().is_empty() {
            self.put("", origin);
        }
        let blanks_are_escaped = quotes == Quotes::Double && begins_with_mark(rope);
        let (mut at, mut spaces, mut broken) = (0, false, false);
        let mut piece = String::new();
        for segment in rope.segments() {
            let end = at + segment.len as usize;
            piece.clear();
            let mut column = self.column;
            for (offset, c) in text[at..end].char_indices() {
                let index = at + offset;
                if quotes == Quotes::Single && is_break(c) {
                    piece.push(c);
                    (column, spaces, broken) = (0, false, true);
                    continue;
                }
                if mem::take(&mut broken) {
                    piece.push_str(&" ".repeat(indent));
                    column = indent;
                }
                if c != ' ' || blanks_are_escaped {
                    let before = piece.len();
                    to(c, &mut piece);
                    column += piece[before..].chars().count();
                    spaces = false;
                    continue;
                }
                let next_is_space = text.as_bytes().get(index + 1) == Some(&b' ');
                let inside = index > 0 && index + 1 < text.len();
                let may = match quotes {
                    Quotes::None => !next_is_space,
                    Quotes::Single => inside && !next_is_space,
                    Quotes::Double => inside,
                };
                if fold && !spaces && column > BEST_WIDTH && may {
                    piece.push('\n');
                    piece.push_str(&" ".repeat(indent));
                    column = indent;
                    if quotes == Quotes::Double && next_is_space {
                        piece.push('\\');
                        column += 1;
                    }
                } else {
                    piece.push(' ');
                    column += 1;
                }
                spaces = true;
            }
            self.out.push_placed(&piece, segment.origin, segment.place);
            self.column = column;
            at = end;
        }
    }

    fn literal(&mut self, rope: &Rope, origin: OriginId, indent: usize) {
        let text = rope.as_str();
        let mut head = String::from("|");
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            head.push('2');
        }
        if !text.ends_with('\n') {
            head.push('-');
        } else if text == "\n" || text.ends_with("\n\n") {
            head.push('+');
        }
        self.put(&head, origin);
        self.put("\n", origin);
        let pad = " ".repeat(indent);
        let mut cursor = rope.cursor();
        let lines: Vec<&str> = text.split_inclusive(is_break).collect();
        for (index, line) in lines.iter().enumerate() {
            if !line.starts_with(is_break) {
                self.out.push(&pad, origin);
            }
            let end = cursor.at() + line.len();
            // The last line feed is written by the emitter, before what follows.
            let cut = usize::from(index + 1 == lines.len() && line.ends_with('\n'));
            cursor.copy_to(end - cut, &mut self.out);
            if cut == 1 {
                cursor.skip_to(end, &mut self.out);
            }
        }
        self.column = 0;
    }
}

/// Whether a text begins with a byte order mark, as files from some editors do.
fn begins_with_mark(rope: &Rope) -> bool {
    rope.as_str().starts_with('\u{feff}')
}

/// Whether go-yaml's reader rejects a character. Control characters below the space were escaped in JSON.
fn is_refused(c: char) -> bool {
    c > ' ' && is_unprintable(c)
}

/// Converts a text as JSON does: bytes that are not UTF-8 become the replacement character.
fn with_replacements(rope: &Rope) -> Rope {
    let mut out = RopeBuilder::default();
    let mut at = 0;
    for segment in rope.segments() {
        let end = at + segment.len as usize;
        let text = rope.as_str()[at..end].replace(bytes::is_stand_in, "\u{fffd}");
        out.push_placed(&text, segment.origin, segment.place);
        at = end;
    }
    out.finish()
}

/// Formats a float64 that was in JSON: whole numbers in range are integers.
fn number(value: f64) -> String {
    let text = print::json_float(value);
    match text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok() {
        true => text,
        false => print::float(value),
    }
}

/// Compares keys in the order of yaml/v2: runs of digits as numbers, and letters after other characters.
fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let digits = |chars: &[char], from: usize, head: i64| -> (usize, i64) {
        let mut at = from;
        let mut number = head;
        while let Some(digit) = chars.get(at).and_then(|c| c.to_digit(10)) {
            number = number.wrapping_mul(10).wrapping_add(i64::from(digit));
            at += 1;
        }
        (at, number)
    };
    for i in 0..a.len().min(b.len()) {
        if a[i] == b[i] {
            continue;
        }
        let (letter_a, letter_b) = (a[i].is_alphabetic(), b[i].is_alphabetic());
        if letter_a && letter_b {
            return a[i].cmp(&b[i]);
        }
        if letter_a || letter_b {
            return if letter_b { Ordering::Less } else { Ordering::Greater };
        }
        // A zero inside a number counts by its place: both runs get the same first digit.
        let within = (a[i] == '0' || b[i] == '0')
            && a[..i].iter().rev().take_while(|c| c.is_ascii_digit()).any(|c| *c != '0');
        let head = i64::from(within);
        let ((end_a, number_a), (end_b, number_b)) = (digits(&a, i, head), digits(&b, i, head));
        return number_a.cmp(&number_b).then(end_a.cmp(&end_b)).then(a[i].cmp(&b[i]));
    }
    a.len().cmp(&b.len())
}
