//! Values as YAML text, byte for byte as Go's libraries write it, with the origin of each byte.
//!
//! Mirrors go.yaml.in/yaml/v2 2.4 (`encode.go`, `emitterc.go`, `sorter.go`) behind sigs.k8s.io/yaml
//! 1.6: lists stand at their key's column, long texts are folded after column 80, texts that would
//! not read back as text are quoted.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::call::MAX_TEXT;
use super::origin::OriginId;
use super::print;
use super::rope::{Rope, RopeBuilder};
use super::value::{Data, Value};
use crate::yaml::{Scalar, resolve_plain};

/// Whose habits to write with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// yaml/v2, as `toYaml` uses it.
    V2,
    /// yaml/v3 with an indent of two, as `toYamlPretty` uses it: lists are indented, nothing is
    /// folded.
    V3,
}

const BEST_WIDTH: usize = 80;
/// Deeper values contain themselves: templates may build such.
const MAX_DEPTH: usize = 500;

/// Writes a value, without the line feed at the end.
///
/// # Errors
/// When the value contains itself, is too large, or holds a number that is not finite.
pub(super) fn emit(value: &Value, dialect: Dialect) -> Result<Rope, String> {
    let mut emitter = Emitter { out: RopeBuilder::default(), column: 0, dialect, depth: 0 };
    emitter.root(&encoded(value))?;
    let rope = emitter.out.finish();
    // Only one line feed goes, as `strings.TrimSuffix` takes it: `|+` texts keep theirs.
    Ok(match rope.as_str().strip_suffix('\n') {
        Some(kept) => rope.slice(0..kept.len()),
        None => rope,
    })
}

/// A Go struct as its JSON, which is what is written; all else as it is.
fn encoded(value: &Value) -> Cow<'_, Value> {
    match &value.data {
        Data::Object(object) => Cow::Owned(object.encoded(value.origin)),
        _ => Cow::Borrowed(value),
    }
}

struct Emitter {
    out: RopeBuilder,
    column: usize,
    dialect: Dialect,
    depth: usize,
}

impl Emitter {
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
            Data::Map(entries) if !entries.borrow().is_empty() => self.map(value, 0, true),
            Data::List(items) if !items.borrow().is_empty() => self.list(value, 0, true),
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

    /// A map whose keys stand at `indent`; `inline` when the first follows on the same line.
    fn map(&mut self, value: &Value, indent: usize, inline: bool) -> Result<(), String> {
        self.enter()?;
        let Data::Map(entries) = &value.data else { return Ok(()) };
        let entries = entries.borrow();
        let mut keys: Vec<_> = entries.keys().collect();
        keys.sort_by(|a, b| natural(a, b));
        for (index, key) in keys.into_iter().enumerate() {
            if index > 0 || !inline {
                self.line(indent, value.origin);
            }
            let rope = Rope::new(key, value.origin);
            let simple = key.len() <= 128 && !key.contains('\n');
            if !simple {
                self.put("? ", value.origin);
            }
            self.text(&rope, OriginId::NONE, indent + 2, simple);
            if !simple {
                self.line(indent, value.origin);
            }
            self.put(":", value.origin);
            let item = &*encoded(&entries[key]);
            match &item.data {
                Data::Map(inner) if !inner.borrow().is_empty() => {
                    if !simple {
                        self.put(" ", item.origin);
                    }
                    self.map(item, indent + 2, !simple)?;
                }
                Data::List(inner) if !inner.borrow().is_empty() => {
                    let indent = indent + if self.dialect == Dialect::V3 { 2 } else { 0 };
                    self.list(item, indent, false)?;
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

    /// A list whose dashes stand at `indent`.
    fn list(&mut self, value: &Value, indent: usize, inline: bool) -> Result<(), String> {
        self.enter()?;
        let Data::List(items) = &value.data else { return Ok(()) };
        for (index, item) in items.borrow().iter().enumerate() {
            if index > 0 || !inline {
                self.line(indent, value.origin);
            }
            self.put("- ", value.origin);
            let item = &*encoded(item);
            match &item.data {
                Data::Map(inner) if !inner.borrow().is_empty() => {
                    self.map(item, indent + 2, true)?;
                }
                Data::List(inner) if !inner.borrow().is_empty() => {
                    self.list(item, indent + 2, true)?;
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
            Data::Bool(value) => self.put(if *value { "true" } else { "false" }, origin),
            Data::Int(value) | Data::Int64(value) => self.put(&value.to_string(), origin),
            Data::Float(value) if !value.is_finite() => {
                return Err("a number is not finite".to_owned());
            }
            Data::Float(value) => self.put(&number(*value), origin),
            Data::Str(rope) => self.text(rope, origin, indent, false),
            Data::List(_) => self.put("[]", origin),
            Data::Map(_) => self.put("{}", origin),
            Data::Object(_) => self.scalar(&encoded(value), indent)?,
        }
        Ok(())
    }

    /// A text in the style that the emitter chooses; lines that follow stand at `indent`.
    fn text(&mut self, rope: &Rope, origin: OriginId, indent: usize, key: bool) {
        let text = rope.as_str();
        let allowed = Allowed::of(text);
        let plain = is_plain(text, self.dialect);
        let style = if text.contains('\n') {
            if key || !allowed.block { Style::Double } else { Style::Literal }
        } else if !plain {
            Style::Double
        } else if allowed.plain {
            Style::Plain
        } else if allowed.single {
            Style::Single
        } else {
            Style::Double
        };
        let fold = !key && self.dialect == Dialect::V2;
        match style {
            Style::Literal => self.literal(rope, origin, indent),
            Style::Plain => self.folded(rope, origin, indent, fold, 0, |c, out| out.push(c)),
            Style::Single => {
                self.put("'", origin);
                self.folded(rope, origin, indent, fold, 1, |c, out| {
                    if c == '\'' {
                        out.push('\'');
                    }
                    out.push(c);
                });
                self.put("'", origin);
            }
            Style::Double => {
                self.put("\"", origin);
                self.folded(rope, origin, indent, fold, 2, escape);
                self.put("\"", origin);
            }
        }
    }

    /// Writes characters, breaking the line at a single space past the best width. `quotes` is 0
    /// for plain, 1 for single, 2 for double quotes, which say where a break may stand.
    fn folded(
        &mut self,
        rope: &Rope,
        origin: OriginId,
        indent: usize,
        fold: bool,
        quotes: u8,
        to: fn(char, &mut String),
    ) {
        let text = rope.as_str();
        if rope.segments().is_empty() {
            self.put("", origin);
        }
        let (mut at, mut spaces) = (0, false);
        let mut piece = String::new();
        for segment in rope.segments() {
            let end = at + segment.len as usize;
            piece.clear();
            let mut column = self.column;
            for (offset, c) in text[at..end].char_indices() {
                let index = at + offset;
                if c != ' ' {
                    let before = piece.len();
                    to(c, &mut piece);
                    column += piece[before..].chars().count();
                    spaces = false;
                    continue;
                }
                let next_is_space = text.as_bytes().get(index + 1) == Some(&b' ');
                let inside = index > 0 && index + 1 < text.len();
                let may = match quotes {
                    0 => !next_is_space,
                    1 => inside && !next_is_space,
                    _ => inside,
                };
                if fold && !spaces && column > BEST_WIDTH && may {
                    piece.push('\n');
                    piece.push_str(&" ".repeat(indent));
                    column = indent;
                    if quotes == 2 && next_is_space {
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
        if text.starts_with([' ', '\n']) {
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
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for (index, line) in lines.iter().enumerate() {
            if *line != "\n" {
                self.out.push(&pad, origin);
            }
            let end = cursor.at() + line.len();
            // The last line feed is the emitter's own, at the start of what follows.
            let cut = usize::from(index + 1 == lines.len() && line.ends_with('\n'));
            cursor.copy_to(end - cut, &mut self.out);
            if cut == 1 {
                cursor.skip_to(end, &mut self.out);
            }
        }
        self.column = 0;
    }
}

enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// What `yaml_emitter_analyze_scalar` finds.
struct Allowed {
    plain: bool,
    single: bool,
    block: bool,
}

impl Allowed {
    fn of(text: &str) -> Self {
        let mut allowed = Self { plain: true, single: true, block: true };
        let (mut before_space, mut before_break, mut blank_before) = (false, false, true);
        if text.starts_with("---") || text.starts_with("...") {
            allowed.plain = false;
        }
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            let next = chars.peek().copied();
            let blank_after = next.is_none_or(|c| matches!(c, ' ' | '\t'));
            let indicator = match c {
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"'
                | '%' | '@' | '`'
                    if first =>
                {
                    true
                }
                '?' | ':' | '-' if first => blank_after,
                ':' => blank_after || next == Some('\n'),
                '#' => blank_before,
                _ => false,
            };
            let special = !is_printable(c);
            let (space, line) = (c == ' ', c == '\n');
            let edge = first || next.is_none();
            if indicator || line || (space && edge) {
                allowed.plain = false;
            }
            if space && next.is_none() {
                allowed.block = false;
            }
            if space && before_break {
                allowed.plain = false;
                allowed.single = false;
            }
            if special || (line && before_space) {
                allowed = Self { plain: false, single: false, block: false };
            }
            (before_space, before_break) = (space, line);
            blank_before = matches!(c, ' ' | '\t' | '\n');
            first = false;
        }
        allowed
    }
}

/// yaml/v2's notion: no tab, and nothing outside of the basic plane.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | '\u{20}'..='\u{7e}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && c != '\u{feff}'
}

fn escape(c: char, out: &mut String) {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{2028}' if !is_printable(c) => 'L',
        c if is_printable(c) => {
            out.push(c);
            return;
        }
        c => {
            let code = u32::from(c);
            out.push_str(&match code {
                0..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            });
            return;
        }
    };
    out.push('\\');
    out.push(short);
}

/// Whether an unquoted text would read back as the same text.
fn is_plain(text: &str, dialect: Dialect) -> bool {
    let text_stays = matches!(resolve_plain(text), Scalar::Str(_));
    let old_bool = dialect == Dialect::V3 && matches!(resolve_plain(text), Scalar::Bool(_));
    text_stays && !old_bool && text != "<<" && !is_base60(text) && !is_timestamp(text)
}

/// A number with colons, which YAML 1.1 takes for base 60: `22:22`.
fn is_base60(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = digits.split(':');
    let head = parts.next().unwrap_or_default();
    let mut rest: Vec<&str> = parts.collect();
    let starts = head.starts_with(|c: char| c.is_ascii_digit());
    if rest.is_empty() || !starts || !head.chars().all(|c| c.is_ascii_digit() || c == '_') {
        return false;
    }
    if let Some(last) = rest.last_mut()
        && let Some((whole, fraction)) = last.split_once('.')
    {
        if !fraction.chars().all(|c| c.is_ascii_digit() || c == '_') {
            return false;
        }
        *last = whole;
    }
    rest.iter().all(|part| match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [tens, digit] => (b'0'..=b'5').contains(tens) && digit.is_ascii_digit(),
        _ => false,
    })
}

/// A date that yaml/v2 reads as a time: `2001-01-01`, with or without a time of day.
fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return false;
    }
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some((bytes[at], &text[at + 1..]))),
        None => (text, None),
    };
    let field = |text: &str| match text.len() {
        1 | 2 if text.bytes().all(|b| b.is_ascii_digit()) => text.parse::<i8>().ok(),
        _ => None,
    };
    let mut parts = date.split('-');
    let year = parts.next().and_then(|year| year.parse::<i16>().ok());
    let (month, day) = (parts.next().and_then(field), parts.next().and_then(field));
    let (Some(year), Some(month), Some(day), None) = (year, month, day, parts.next()) else {
        return false;
    };
    if jiff::civil::Date::new(year, month, day).is_err() {
        return false;
    }
    let Some((separator, time)) = time else { return true };
    let (clock, zone) = match time.find(['Z', '+', '-']) {
        Some(at) => (&time[..at], &time[at..]),
        None => (time, ""),
    };
    let zone_fits = match separator {
        b' ' => zone.is_empty(),
        _ => {
            let offset = zone.strip_prefix(['+', '-']).and_then(|zone| zone.split_once(':'));
            let two = |text: &str| text.len() == 2 && field(text).is_some();
            zone == "Z" || offset.is_some_and(|(hours, minutes)| two(hours) && two(minutes))
        }
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let parts: Vec<_> = clock.split(':').map(field).collect();
    let in_range = matches!(parts[..], [Some(h), Some(m), Some(s)] if h < 24 && m < 60 && s < 60);
    let digits = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
    zone_fits && in_range && digits
}

/// A float64 that went through JSON: whole numbers that fit are integers.
fn number(value: f64) -> String {
    let text = super::function::json_float(value);
    match text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok() {
        true => text,
        false => print::float(value),
    }
}

/// yaml/v2's order of keys: digit runs compare as numbers, letters come after other characters.
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
        // A zero within a number counts by its place: both runs get the same head.
        let within = (a[i] == '0' || b[i] == '0')
            && a[..i].iter().rev().take_while(|c| c.is_ascii_digit()).any(|c| *c != '0');
        let head = i64::from(within);
        let ((end_a, number_a), (end_b, number_b)) = (digits(&a, i, head), digits(&b, i, head));
        return number_a.cmp(&number_b).then(end_a.cmp(&end_b)).then(a[i].cmp(&b[i]));
    }
    a.len().cmp(&b.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm::value::Entries;

    fn text(text: &str) -> Value {
        Value::str(text, OriginId::NONE)
    }

    fn map(entries: Vec<(&str, Value)>) -> Value {
        let entries: Entries = entries.into_iter().map(|(k, v)| (k.into(), v)).collect();
        Value::map(entries, OriginId::NONE)
    }

    fn written(value: &Value) -> String {
        emit(value, Dialect::V2).unwrap().as_str().to_owned()
    }

    #[test]
    fn lists_stand_at_the_column_of_their_key() {
        let item = map(vec![("a", text("x")), ("b", Value::list(vec![text("y")], OriginId::NONE))]);
        let value = map(vec![("list", Value::list(vec![item], OriginId::NONE))]);
        assert_eq!(written(&value), "list:\n- a: x\n  b:\n  - \"y\"");
        assert_eq!(
            emit(&value, Dialect::V3).unwrap().as_str(),
            "list:\n  - a: x\n    b:\n      - \"y\""
        );
    }

    #[test]
    fn texts_that_would_read_as_something_else_are_quoted() {
        for (given, want) in [
            ("plain", "plain"),
            ("", "\"\""),
            ("yes", "\"yes\""),
            ("012", "\"012\""),
            ("2001-01-01", "\"2001-01-01\""),
            ("22:22", "\"22:22\""),
            ("<<", "\"<<\""),
            ("a: b", "'a: b'"),
            ("it's", "it's"),
            ("'x'", "'''x'''"),
            (" lead", "' lead'"),
            ("tab\there", "\"tab\\there\""),
            ("- item", "'- item'"),
            ("-x", "-x"),
            ("a #b", "'a #b'"),
            ("two\nlines", "|-\n  two\n  lines"),
            ("two\nlines\n", "|\n  two\n  lines"),
            ("ends\n\n", "|+\n  ends\n"),
            ("trailing \nspace", "\"trailing \\nspace\""),
        ] {
            assert_eq!(written(&text(given)), want, "{given:?}");
        }
    }

    #[test]
    fn long_texts_fold_after_column_eighty() {
        let long = "word ".repeat(20);
        let folded = written(&map(vec![("k", text(long.trim_end()))]));
        let lines: Vec<_> = folded.lines().collect();
        assert_eq!(lines.len(), 2, "{folded}");
        assert!(lines[0].len() > 80 && lines[1].starts_with("  word"), "{folded}");
    }

    #[test]
    fn numbers_are_written_as_json_reads_them() {
        let float = |value| Value::new(Data::Float(value), OriginId::NONE);
        assert_eq!(written(&float(1_000_000.0)), "1000000");
        assert_eq!(written(&float(1.5)), "1.5");
        assert_eq!(written(&float(1e21)), "1e+21");
        assert_eq!(written(&float(0.000_01)), "1e-05");
    }

    #[test]
    fn keys_sort_by_their_numbers() {
        let value = map(vec![("a10", text("x")), ("a9", text("x")), ("A1", text("x"))]);
        assert_eq!(written(&value), "A1: x\na9: x\na10: x");
    }
}
