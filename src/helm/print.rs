//! Go's `fmt` for template values: `%v`, floats, `strconv.Quote` and `printf`.

use super::origin::{OriginId, Origins};
use super::rope::{Rope, RopeBuilder};
use super::value::{Budget, Data, Nuance, Value};
use crate::source::bytes;

/// A float as `%v` prints it: shortest digits, exponent form below 1e-4 and from 1e6 on,
/// as strconv's ftoa.go decides for the shortest form: 1000000 is `1e+06`.
#[must_use]
pub fn float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.into();
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0" } else { "0" }.into();
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    exponent_form(digits, exponent)
}

fn exponent_form(digits: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// A value as `%v` prints it; nil is `<nil>`. What contains itself is cut off.
#[must_use]
pub fn plain(value: &Value) -> String {
    let mut out = String::new();
    write_plain(value, &mut out, &mut Budget::default());
    out
}

fn write_plain(value: &Value, out: &mut String, budget: &mut Budget) {
    if !budget.enter() {
        out.push_str("...");
        return;
    }
    match &value.data {
        Data::Nil => out.push_str("<nil>"),
        Data::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Data::Int(value) | Data::Int64(value) => out.push_str(&value.to_string()),
        Data::Float(value) => out.push_str(&float(*value)),
        Data::Str(rope) if value.nuance == Nuance::Bytes => {
            let shown: Vec<_> =
                bytes::bytes(rope.as_str()).iter().map(ToString::to_string).collect();
            out.push_str(&format!("[{}]", shown.join(" ")));
        }
        Data::Str(rope) => out.push_str(rope.as_str()),
        Data::List(items) => {
            out.push('[');
            for (index, item) in items.borrow().iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                write_plain(item, out, budget);
            }
            out.push(']');
        }
        Data::Map(entries) => {
            out.push_str("map[");
            for (index, (key, item)) in entries.borrow().iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                out.push_str(key);
                out.push(':');
                write_plain(item, out, budget);
            }
            out.push(']');
        }
        Data::Object(object) => out.push_str(&object.print()),
    }
    budget.leave();
}

/// A value as a template writes it, with its origins: as [`rope`] has it, but for bytes, which are numbers there.
#[must_use]
pub fn written(value: &Value, origins: &Origins) -> Rope {
    match value.nuance {
        Nuance::Bytes => Rope::new(&plain(value), value.deep_origin(origins)),
        _ => rope(value, origins),
    }
}

/// A value as text with its origins, as sprig's `toString` has it: a string keeps its segments, all else is its printed form.
#[must_use]
pub fn rope(value: &Value, origins: &Origins) -> Rope {
    match &value.data {
        Data::Str(rope) => rope.tinted(value.origin, origins),
        _ => Rope::new(&plain(value), value.deep_origin(origins)),
    }
}

/// A string in double quotes as `strconv.Quote` writes it.
#[must_use]
pub fn quote(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if let Some(byte) = bytes::byte(c) {
            let _ = write!(out, "\\x{byte:02x}");
            continue;
        }
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if u32::from(c) < 0x20 || c == '\u{7f}' => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            '\u{80}'..='\u{a0}'
            | '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}'
            | '\u{feff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// `fmt.Sprint`: a space between operands when neither is a string.
#[must_use]
pub fn sprint(args: &[Value], origins: &Origins) -> Rope {
    let mut out = RopeBuilder::default();
    for (index, arg) in args.iter().enumerate() {
        if index > 0 && arg.as_str().is_none() && args[index - 1].as_str().is_none() {
            out.push(" ", OriginId::NONE);
        }
        out.push_rope(&written(arg, origins));
    }
    out.finish()
}

/// `fmt.Sprintf`.
#[must_use]
pub fn sprintf(format: &Rope, args: &[Value], origins: &Origins) -> Rope {
    let text = format.as_str();
    let mut out = RopeBuilder::default();
    let (mut at, mut next, mut reordered) = (0, 0, false);
    while let Some(found) = text[at..].find('%') {
        out.push_slice(format, at..at + found);
        let rest = &text[at + found + 1..];
        let length = rest
            .find(|c: char| !matches!(c, '+' | '-' | '#' | ' ' | '.' | '*') && !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let mut flags = rest[..length].to_owned();
        while let Some(star) = flags.find('*') {
            let width = args.get(next).map(plain).unwrap_or_default();
            next += 1;
            flags.replace_range(star..=star, &width);
        }
        // `%[2]d` takes the second operand, and what follows the ones after it.
        let index = rest[length..].strip_prefix('[').and_then(|index| index.split_once(']'));
        let index =
            index.and_then(|(index, _)| Some((index.len() + 2, index.parse::<usize>().ok()?)));
        if let Some((_, operand)) = index {
            next = operand.saturating_sub(1);
            reordered = true;
        }
        let length = length + index.map_or(0, |(length, _)| length);
        let Some(verb) = rest[length..].chars().next() else {
            out.push("%!(NOVERB)", OriginId::NONE);
            return out.finish();
        };
        at += found + 1 + length + verb.len_utf8();
        if verb == '%' {
            out.push("%", OriginId::NONE);
        } else if let Some(arg) = args.get(next) {
            next += 1;
            operand(&mut out, &flags, verb, arg, origins);
        } else {
            out.push(&format!("%!{verb}(MISSING)"), OriginId::NONE);
        }
    }
    out.push_slice(format, at..text.len());
    if next < args.len() && !reordered {
        let extra: Vec<_> = args[next..]
            .iter()
            .map(|arg| match &arg.data {
                Data::Nil => "<nil>".to_owned(),
                _ => format!("{}={}", arg.type_name(), plain(arg)),
            })
            .collect();
        out.push(&format!("%!(EXTRA {})", extra.join(", ")), OriginId::NONE);
    }
    out.finish()
}

fn operand(out: &mut RopeBuilder, flags: &str, verb: char, arg: &Value, origins: &Origins) {
    if verb == 'v' && arg.nuance == Nuance::Bytes {
        out.push_rope(&written(arg, origins));
    } else if let (Data::Str(text), 's' | 'v', "") = (&arg.data, verb, flags) {
        out.push_rope(&text.tinted(arg.origin, origins));
    } else {
        let text = formatted(flags, verb, arg, &mut Budget::default());
        out.push(&text, arg.deep_origin(origins));
    }
}

/// One operand as `fmt` formats it; the elements of lists and maps each with the same verb.
fn formatted(flags: &str, verb: char, arg: &Value, budget: &mut Budget) -> String {
    if !budget.enter() {
        return "...".to_owned();
    }
    let text = within(flags, verb, arg, budget);
    budget.leave();
    text
}

/// An item of a list or map: a nil there shows as such, whatever the verb.
fn item(flags: &str, verb: char, value: &Value, budget: &mut Budget) -> String {
    match value.data {
        Data::Nil => formatted(flags, 'v', value, budget),
        _ => formatted(flags, verb, value, budget),
    }
}

fn within(flags: &str, verb: char, arg: &Value, budget: &mut Budget) -> String {
    match &arg.data {
        Data::List(items) if verb != 'T' => {
            let items = items.borrow();
            let items: Vec<_> = items.iter().map(|v| item(flags, verb, v, budget)).collect();
            return format!("[{}]", items.join(" "));
        }
        Data::Map(entries) if verb != 'T' => {
            let entries: Vec<_> = entries
                .borrow()
                .iter()
                .map(|(k, v)| {
                    let key = formatted(flags, verb, &Value::str(k, OriginId::NONE), budget);
                    format!("{key}:{}", item(flags, verb, v, budget))
                })
                .collect();
            return format!("map[{}]", entries.join(" "));
        }
        _ => {}
    }
    let digits = flags.trim_start_matches(['+', '-', '#', ' ', '0']);
    let signs = &flags[..flags.len() - digits.len()];
    let (width, precision) = digits
        .split_once('.')
        .map_or((digits, None), |(w, p)| (w, Some(p.parse::<usize>().unwrap_or(0))));
    let width: usize = width.parse().unwrap_or(0).min(1 << 16);
    let precision = precision.map(|p| p.min(1 << 12));
    let number = matches!(arg.data, Data::Int(_) | Data::Int64(_) | Data::Float(_));
    let mut body = verbatim(signs, precision, verb, arg);
    // `%+v` means names of fields, not signs.
    let sign = match (signs.contains('+') && verb != 'v', signs.contains(' ')) {
        (true, _) => Some('+'),
        (false, true) => Some(' '),
        (false, false) => None,
    };
    if let Some(sign) = sign.filter(|_| number && !body.starts_with('-')) {
        body.insert(0, sign);
    }
    let missing = width.saturating_sub(body.chars().count());
    if signs.contains('-') {
        body.push_str(&" ".repeat(missing));
    } else if signs.contains('0') {
        let sign = usize::from(number && body.starts_with(['-', '+']));
        body.insert_str(sign, &"0".repeat(missing));
    } else {
        body.insert_str(0, &" ".repeat(missing));
    }
    body
}

fn verbatim(signs: &str, precision: Option<usize>, verb: char, arg: &Value) -> String {
    if let (Some(n), false) = (arg.integer(), verb == 'T') {
        return match verb {
            'v' | 'd' => n.to_string(),
            'x' | 'X' | 'o' | 'b' => in_base(signs, verb, n),
            'c' => u32::try_from(n).ok().and_then(char::from_u32).unwrap_or('\u{fffd}').to_string(),
            'q' => {
                let c = u32::try_from(n).ok().and_then(char::from_u32).unwrap_or('\u{fffd}');
                format!("'{c}'")
            }
            'U' => format!("U+{n:04X}"),
            _ => format!("%!{verb}({}={n})", arg.type_name()),
        };
    }
    match (verb, &arg.data) {
        ('T', _) => arg.type_name().to_owned(),
        ('v', Data::Nil) => "<nil>".to_owned(),
        ('v', Data::Str(text)) if signs.contains('#') => quote(text.as_str()),
        ('v' | 's', Data::Str(text)) => {
            text.as_str().chars().take(precision.unwrap_or(usize::MAX)).collect()
        }
        ('v', _) | ('t', Data::Bool(_)) => plain(arg),
        ('s', Data::Object(_)) => plain(arg),
        ('q', Data::Str(text)) => quote(text.as_str()),
        ('x', Data::Str(text)) => data_encoding::HEXLOWER.encode(text.as_str().as_bytes()),
        ('X', Data::Str(text)) => data_encoding::HEXUPPER.encode(text.as_str().as_bytes()),
        ('f' | 'F', Data::Float(n)) => format!("{n:.*}", precision.unwrap_or(6)),
        ('g' | 'G', Data::Float(n)) => float(*n),
        ('e', Data::Float(n)) => {
            let text = format!("{n:.*e}", precision.unwrap_or(6));
            let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            exponent_form(digits, exponent.parse().unwrap_or(0))
        }
        (_, Data::Nil) => format!("%!{verb}(<nil>)"),
        _ => format!("%!{verb}({}={})", arg.type_name(), plain(arg)),
    }
}

/// A whole number in another base than ten, its sign before it.
fn in_base(signs: &str, verb: char, n: i64) -> String {
    let size = n.unsigned_abs();
    let digits = match (verb, signs.contains('#')) {
        ('x', true) => format!("{size:#x}"),
        ('x', false) => format!("{size:x}"),
        ('o', _) => format!("{size:o}"),
        ('b', _) => format!("{size:b}"),
        _ => format!("{size:X}"),
    };
    if n < 0 { format!("-{digits}") } else { digits }
}

/// Go's name of the kind of a value, as `kindOf` has it.
#[must_use]
pub fn kind(value: &Value) -> &'static str {
    match &value.data {
        Data::Nil => "invalid",
        Data::Bool(_) => "bool",
        Data::Int(_) => "int",
        Data::Int64(_) => "int64",
        Data::Float(_) => "float64",
        Data::Str(_) if value.nuance == Nuance::Bytes => "slice",
        Data::Str(_) => "string",
        Data::List(_) => "slice",
        Data::Map(_) => "map",
        Data::Object(object) if object.entries().is_some() => "map",
        Data::Object(object) if object.items().is_some() => "slice",
        Data::Object(object) if object.type_name().starts_with('*') => "ptr",
        Data::Object(_) => "struct",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_in_go() {
        assert_eq!(float(1_000_000.0), "1e+06");
        assert_eq!(float(123_456.0), "123456");
        assert_eq!(float(0.000_01), "1e-05");
        assert_eq!(float(1.5), "1.5");
    }

    #[test]
    fn printf_keeps_the_segments_of_strings() {
        let origins = Origins::default();
        let leaf = OriginId::text(origins.leaf(None, "name", None));
        let out = sprintf(
            &Rope::new("a-%s-%d", OriginId::NONE),
            &[Value::str("b", leaf), Value::new(Data::Int(3), OriginId::NONE)],
            &origins,
        );
        assert_eq!(out.as_str(), "a-b-3");
        assert_eq!(out.slice(2..3).origin(&origins), leaf);
    }

    #[test]
    fn verbs_and_flags_are_those_of_go() {
        let text = |text: &str| Value::str(text, OriginId::NONE);
        let int = |number| Value::int(number, OriginId::NONE);
        let float = |number| Value::new(Data::Float(number), OriginId::NONE);
        let list = Value::list(vec![int(1), Value::NIL, text("a")], OriginId::NONE);
        let map = [("a".into(), int(1))].into_iter().collect();
        let map = Value::map(map, OriginId::NONE);
        for (format, args, want) in [
            ("%5.2f|%-5d|%05d", &[float(1.234), int(5), int(6)][..], " 1.23|5    |00006"),
            (
                "%x|%X|%#x|%o|%b",
                &[int(255), text("hi"), int(255), int(8), int(5)],
                "ff|6869|0xff|10|101",
            ),
            ("%x|%o|%#x", &[int(-42), int(-8), int(-1)], "-2a|-10|-0x1"),
            (
                "%s|%d",
                &[list.clone(), list.clone()],
                "[%!s(int=1) <nil> a]|[1 <nil> %!d(string=a)]",
            ),
            ("%q|%c|%U", &[text("a\""), int(65), int(66)], "\"a\\\"\"|A|U+0042"),
            (
                "%t|%e|%g|%%",
                &[Value::bool(true, OriginId::NONE), float(1.5), float(1e10)],
                "true|1.500000e+00|1e+10|%",
            ),
            ("%+d|% d|%+v", &[int(5), int(5), map], "+5| 5|map[a:1]"),
            ("%v|%T", &[list, float(1.5)], "[1 <nil> a]|float64"),
            ("%6.3s|%*d", &[text("abcdef"), int(5), int(1)], "   abc|    1"),
            ("%[2]d %[1]d", &[int(1), int(2)], "2 1"),
            ("%d|%s|%z", &[float(1.5), int(1), int(1)], "%!d(float64=1.5)|%!s(int=1)|%!z(int=1)"),
            ("%s", &[], "%!s(MISSING)"),
            ("a", &[int(1)], "a%!(EXTRA int=1)"),
            ("%", &[], "%!(NOVERB)"),
        ] {
            let origins = Origins::default();
            let out = sprintf(&Rope::new(format, OriginId::NONE), args, &origins);
            assert_eq!(out.as_str(), want, "{format}");
        }
    }
}
