//! Formats an operand of `printf` by its verb and flags.
//!
//! Mirrors Go's `fmt/print.go` and `fmt/format.go`.

use std::fmt::Write;

use super::quote::{Charset, is_printable, is_raw, quoted};
use super::{float, plain};
use crate::helm::value::{Budget, Data, Nuance, Object, Value};
use crate::source::bytes;

/// The flags between the `%` and the verb.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "these are the flags of fmt")]
pub(super) struct Flags {
    /// The smallest number of characters.
    pub width: Option<usize>,
    /// The number of digits after the point, or the largest number of characters of a text.
    pub precision: Option<usize>,
    /// `-`: pads on the right.
    pub minus: bool,
    /// `+`: always writes a sign, or escapes characters beyond ASCII.
    pub plus: bool,
    /// `#`: writes another format, for example with a prefix.
    pub sharp: bool,
    /// A space: writes a space for a plus sign, or between bytes.
    pub space: bool,
    /// `0`: pads on the left with zeros.
    pub zero: bool,
    /// `%#v`: as in Go source code.
    pub source: bool,
    /// `%+v`: with the names of fields.
    pub names: bool,
}

impl Flags {
    /// The flags of a verb: for `%v`, `#` and `+` select other formats.
    pub(super) fn of_verb(self, verb: char) -> Self {
        match verb {
            'v' | 'w' => Self {
                source: self.sharp,
                names: self.plus && !self.sharp,
                sharp: false,
                plus: false,
                ..self
            },
            _ => self,
        }
    }

    /// The characters that need no escape in quotation marks.
    fn charset(self) -> Charset {
        if self.plus { Charset::Ascii } else { Charset::Unicode }
    }

    /// Whether a text is written unchanged.
    pub(super) fn are_none(self) -> bool {
        self.width.is_none() && self.precision.is_none() && !self.source
    }

    fn pad(self, body: &str) -> String {
        let missing = self.width.unwrap_or(0).saturating_sub(body.chars().count());
        match (self.minus, self.zero) {
            (true, _) => format!("{body}{}", " ".repeat(missing)),
            (false, true) => format!("{}{body}", "0".repeat(missing)),
            (false, false) => format!("{}{body}", " ".repeat(missing)),
        }
    }

    /// Returns the sign of a number as it is written.
    fn sign(self, negative: bool) -> &'static str {
        match (negative, self.plus, self.space) {
            (true, ..) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        }
    }

    /// Pads a number: zeros are between its sign and its digits.
    fn pad_number(self, sign: &str, digits: &str) -> String {
        let length = sign.len() + digits.chars().count();
        let missing = self.width.unwrap_or(0).saturating_sub(length);
        match self.zero && !self.minus {
            true => format!("{sign}{}{digits}", "0".repeat(missing)),
            false => self.pad(&format!("{sign}{digits}")),
        }
    }
}

/// Formats a value by a verb. A value that contains itself is cut off.
pub(super) fn operand(flags: Flags, verb: char, value: &Value) -> String {
    let flags = flags.of_verb(verb);
    match (verb, &value.data) {
        ('T' | 'v', Data::Nil) => flags.pad("<nil>"),
        ('T', _) => text(flags, 's', value.type_name()),
        _ => printed(flags, verb, value, &mut Budget::default()),
    }
}

fn printed(flags: Flags, verb: char, value: &Value, budget: &mut Budget) -> String {
    if !budget.enter() {
        return "...".to_owned();
    }
    let out = by_type(flags, verb, value, budget);
    budget.leave();
    match value.data {
        // The texts of the members are counted.
        Data::List(_) | Data::Map(_) => out,
        _ => budget.text(|| out),
    }
}

fn by_type(flags: Flags, verb: char, value: &Value, budget: &mut Budget) -> String {
    match &value.data {
        Data::Nil => format!("%!{verb}(<nil>)"),
        Data::Bool(on) if matches!(verb, 't' | 'v') => {
            flags.pad(if *on { "true" } else { "false" })
        }
        Data::Int(number) | Data::Int64(number) => {
            integer(flags, verb, *number).unwrap_or_else(|| unfit(flags, verb, value, budget))
        }
        Data::Float(number) if "vbgGxXfFeE".contains(verb) => fraction(flags, verb, *number),
        Data::Str(rope) if value.nuance == Nuance::Bytes => {
            octets(flags, verb, &bytes::bytes(rope.as_str()), rope.as_str(), budget)
        }
        Data::Str(rope) if "vsxXq".contains(verb) => text(flags, verb, rope.as_str()),
        Data::List(_) | Data::Map(_) if verb != 'w' && verb != 'p' => {
            members(flags, verb, value, budget)
        }
        Data::Object(object) if object.members().is_some() => {
            structure(flags, verb, &**object, budget)
        }
        Data::Object(object) if "vsxXq".contains(verb) => {
            text(Flags { source: false, ..flags }, verb, &object.print())
        }
        Data::Object(_) => format!("%!{verb}({}={})", value.type_name(), plain(value)),
        _ => unfit(flags, verb, value, budget),
    }
}

/// Formats a value of a type that the verb does not support.
fn unfit(flags: Flags, verb: char, value: &Value, budget: &mut Budget) -> String {
    format!("%!{verb}({}={})", value.type_name(), printed(flags, 'v', value, budget))
}

/// Formats a list or map, each member by the verb; nil is always shown as nil.
fn members(flags: Flags, verb: char, value: &Value, budget: &mut Budget) -> String {
    let member = |member: &Value, budget: &mut Budget| match member.data {
        Data::Nil if flags.source => "interface {}(nil)".to_owned(),
        Data::Nil => "<nil>".to_owned(),
        _ => printed(flags, verb, member, budget),
    };
    let (name, members): (&str, Vec<_>) = match &value.data {
        Data::List(items) => ("", items.borrow().iter().map(|item| member(item, budget)).collect()),
        Data::Map(entries) => {
            let key = |key: &str| match "vsxXq".contains(verb) {
                true => text(flags, verb, key),
                false => format!("%!{verb}(string={})", text(flags, 'v', key)),
            };
            let entries = entries.borrow();
            let shown = entries.iter().map(|(name, value)| {
                format!("{}:{}", budget.text(|| key(name)), member(value, budget))
            });
            ("map", shown.collect())
        }
        _ => return String::new(),
    };
    match flags.source {
        true if value.nuance.is_nil() => format!("{}(nil)", value.type_name()),
        true => format!("{}{{{}}}", value.type_name(), members.join(", ")),
        false => format!("{name}[{}]", members.join(" ")),
    }
}

/// Formats a struct, each field by the verb.
fn structure(flags: Flags, verb: char, object: &dyn Object, budget: &mut Budget) -> String {
    let members = object.members().unwrap_or_default();
    let shown = members.iter().map(|(name, value)| {
        let shown = printed(flags, verb, value, budget);
        match (flags.source, flags.names) {
            (false, false) => shown,
            _ => format!("{name}:{shown}"),
        }
    });
    let shown: Vec<_> = shown.collect();
    match flags.source {
        true => format!("{}{{{}}}", object.type_name(), shown.join(", ")),
        false => format!("{{{}}}", shown.join(" ")),
    }
}

fn integer(flags: Flags, verb: char, number: i64) -> Option<String> {
    let size = number.unsigned_abs();
    let digits = match verb {
        'v' | 'd' => size.to_string(),
        'b' => format!("{size:b}"),
        'o' | 'O' => format!("{size:o}"),
        'x' => format!("{size:x}"),
        'X' => format!("{size:X}"),
        'c' => return Some(flags.pad(&character(number).to_string())),
        'q' => {
            let c = character(number).to_string();
            return Some(flags.pad(&quoted(&c, '\'', flags.charset())));
        }
        'U' => return Some(point(flags, number)),
        _ => return None,
    };
    if flags.precision == Some(0) && number == 0 {
        return Some(Flags { zero: false, ..flags }.pad(""));
    }
    let sign = flags.sign(number < 0);
    // `%.3d` and `%03d` both add zeros; the first disables the second.
    let least = match (flags.precision, flags.width) {
        (Some(precision), _) => precision,
        (None, Some(width)) if flags.zero && !flags.minus => width.saturating_sub(sign.len()),
        _ => 0,
    };
    let digits = at_least(least, digits);
    let prefix = match verb {
        'O' => "0o",
        'b' if flags.sharp => "0b",
        'o' if flags.sharp && !digits.starts_with('0') => "0",
        'x' if flags.sharp => "0x",
        'X' if flags.sharp => "0X",
        _ => "",
    };
    let prefix =
        if verb == 'O' && flags.sharp && !digits.starts_with('0') { "0o0" } else { prefix };
    let zero = flags.zero && flags.precision.is_none();
    Some(Flags { zero, ..flags }.pad(&format!("{sign}{prefix}{digits}")))
}

/// Adds zeros before digits, up to a number of digits; `format!` supports no width above 65,535.
fn at_least(count: usize, digits: String) -> String {
    match count.saturating_sub(digits.len()) {
        0 => digits,
        missing => "0".repeat(missing) + &digits,
    }
}

fn character(number: i64) -> char {
    u32::try_from(number).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')
}

/// Formats a code point as `U+0041`; with `#`, the character follows.
fn point(flags: Flags, number: i64) -> String {
    let least = flags.precision.filter(|precision| *precision > 4).unwrap_or(4);
    let code = format!("U+{}", at_least(least, format!("{number:X}")));
    let shown = u32::try_from(number).ok().and_then(char::from_u32);
    let shown = shown.filter(|c| flags.sharp && is_printable(*c));
    let code = shown.map_or(code.clone(), |c| format!("{code} '{c}'"));
    Flags { zero: false, ..flags }.pad(&code)
}

fn fraction(flags: Flags, verb: char, number: f64) -> String {
    let (style, digits) = match verb {
        'v' => ('g', None),
        'F' => ('f', Some(6)),
        'f' | 'e' | 'E' => (verb, Some(6)),
        verb => (verb, None),
    };
    let precision = flags.precision.or(digits);
    let written = float::verb(number, style, precision);
    let (negative, body) = match written.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, written.strip_prefix('+').unwrap_or(&written)),
    };
    if !number.is_finite() {
        let sign = match number.is_nan() {
            false if flags.sign(negative).is_empty() => "+",
            _ => flags.sign(negative),
        };
        return Flags { zero: false, ..flags }.pad(&format!("{sign}{body}"));
    }
    let body = match flags.sharp && style != 'b' {
        true => pointed(body, style, precision),
        false => body.to_owned(),
    };
    flags.pad_number(flags.sign(negative), &body)
}

/// `%#g`: always with a point, and with trailing zeros.
fn pointed(body: &str, style: char, precision: Option<usize>) -> String {
    let hexadecimal = matches!(style, 'x' | 'X');
    let tail = match hexadecimal {
        true => body.find(['p', 'P']),
        false => body.find(['e', 'E']),
    };
    let (digits, tail) = body.split_at(tail.unwrap_or(body.len()));
    let mut missing = match style {
        // The verb `X` is not among them in Go.
        'g' | 'G' | 'x' => precision.unwrap_or(6),
        _ => 0,
    };
    let significant = digits.trim_start_matches(['0', '.']).chars().filter(|c| *c != '.').count();
    missing = missing.saturating_sub(significant);
    let mut out = digits.to_owned();
    if !digits.contains('.') {
        missing -= usize::from(digits == "0" && missing > 0);
        out.push('.');
    }
    out.push_str(&"0".repeat(missing));
    out.push_str(tail);
    out
}

fn text(flags: Flags, verb: char, text: &str) -> String {
    let cut: String;
    let shown = match flags.precision {
        Some(most) if !matches!(verb, 'x' | 'X') => {
            cut = text.chars().take(most).collect();
            &cut
        }
        _ => text,
    };
    match verb {
        'x' | 'X' => hexadecimal(flags, verb, &bytes::bytes(text)),
        'q' => flags.pad(&in_quotes(flags, shown)),
        'v' if flags.source => flags.pad(&in_quotes(flags, shown)),
        _ => flags.pad(shown),
    }
}

fn in_quotes(flags: Flags, text: &str) -> String {
    match flags.sharp && is_raw(text) {
        true => format!("`{text}`"),
        false => quoted(text, '"', flags.charset()),
    }
}

/// Writes the bytes of a text in base 16; with `#` and a space, each byte has the prefix `0x`.
fn hexadecimal(flags: Flags, verb: char, bytes: &[u8]) -> String {
    let length = flags.precision.map_or(bytes.len(), |most| most.min(bytes.len()));
    let (prefix, separator) = match (flags.sharp, flags.space) {
        (true, true) => ("0x", " 0x"),
        (true, false) => ("0x", ""),
        (false, true) => ("", " "),
        (false, false) => ("", ""),
    };
    let mut body = String::with_capacity(length * (2 + separator.len()));
    for (at, byte) in bytes[..length].iter().enumerate() {
        body.push_str(if at == 0 { prefix } else { separator });
        let _ = write!(body, "{byte:02x}");
    }
    flags.pad(&if verb == 'X' { body.to_uppercase() } else { body })
}

/// Formats a slice of bytes: as numbers for most verbs, as a text for those of texts.
fn octets(flags: Flags, verb: char, octets: &[u8], as_text: &str, budget: &mut Budget) -> String {
    match verb {
        's' | 'q' | 'x' | 'X' => text(flags, verb, as_text),
        'v' if flags.source => {
            let shown = octets.iter().map(|byte| budget.text(|| format!("0x{byte:x}")));
            format!("[]byte{{{}}}", shown.collect::<Vec<_>>().join(", "))
        }
        _ => {
            let octet = |byte: u8| {
                let number = i64::from(byte);
                integer(flags, verb, number).unwrap_or_else(|| {
                    let number = integer(flags, 'v', number).unwrap_or_default();
                    format!("%!{verb}(uint8={number})")
                })
            };
            let shown = octets.iter().map(|byte| budget.text(|| octet(*byte)));
            format!("[{}]", shown.collect::<Vec<_>>().join(" "))
        }
    }
}
