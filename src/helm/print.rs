//! Formats template values as Go's `fmt` and `strconv` do: `%v`, floats, `strconv.Quote` and `printf`.

mod float;
mod quote;
mod verb;

use self::verb::Flags;
use super::origin::{OriginId, Origins};
use super::rope::{Rope, RopeBuilder};
use super::value::{Budget, Data, Nuance, Value};
use crate::source::bytes;

pub use self::quote::quote;

/// Formats a float as `%v` does: with the fewest digits, and in exponent form below 1e-4 and from 1e6 on, as strconv's
/// ftoa.go does for the fewest digits: 1000000 is `1e+06`.
#[must_use]
pub fn float(value: f64) -> String {
    float::verb(value, 'g', None)
}

/// Formats a float as in JSON: without an exponent from 1e-6 up to 1e21.
#[must_use]
pub fn json_float(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{value:e}");
        return match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => {
                format!("{digits}e+{exponent}")
            }
            _ => text,
        };
    }
    match value == 0.0 && value.is_sign_negative() {
        true => "-0".to_owned(),
        false => format!("{value}"),
    }
}

/// Formats a value as `%v` does; nil is `<nil>`. A value that contains itself is cut off.
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

/// The text that a template writes for a value, with its origins: that of [`rope`], except that bytes are written as
/// numbers.
#[must_use]
pub fn written(value: &Value, origins: &Origins) -> Rope {
    match value.nuance {
        Nuance::Bytes => Rope::new(&plain(value), value.deep_origin(origins)),
        _ => rope(value, origins),
    }
}

/// The text that an action writes for a value: that of [`written`], except that a pointer is dereferenced.
#[must_use]
pub fn shown(value: &Value, origins: &Origins) -> Rope {
    match &value.data {
        Data::Object(object) => Rope::new(&object.shown(), value.origin),
        _ => written(value, origins),
    }
}

/// Converts a value to text with its origins, as sprig's `toString` does: a string keeps its segments, any other value
/// is printed.
#[must_use]
pub fn rope(value: &Value, origins: &Origins) -> Rope {
    match &value.data {
        Data::Str(rope) => rope.tinted(value.origin, origins),
        _ => Rope::new(&plain(value), value.deep_origin(origins)),
    }
}

/// `fmt.Sprint`: with a space between operands if neither is a string.
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
    let mut reader = Directives { text, at: 0, args, next: 0, reordered: false };
    while let Some(found) = text[reader.at..].find('%') {
        out.push_slice(format, reader.at..reader.at + found);
        reader.at += found + 1;
        match reader.directive() {
            Directive::Says(text) => out.push(&text, OriginId::NONE),
            Directive::Shows { faults, flags, verb, value } => {
                out.push(faults, OriginId::NONE);
                push_operand(&mut out, flags, verb, value, origins);
            }
        }
    }
    out.push_slice(format, reader.at..text.len());
    if let Some(extra) =
        args.get(reader.next..).filter(|extra| !extra.is_empty() && !reader.reordered)
    {
        let extra = extra.iter().map(|arg| match &arg.data {
            Data::Nil => "<nil>".to_owned(),
            _ => format!("{}={}", arg.type_name(), plain(arg)),
        });
        out.push(&format!("%!(EXTRA {})", extra.collect::<Vec<_>>().join(", ")), OriginId::NONE);
    }
    out.finish()
}

fn push_operand(out: &mut RopeBuilder, flags: Flags, verb: char, arg: &Value, origins: &Origins) {
    match &arg.data {
        Data::Str(text)
            if matches!(verb, 's' | 'v')
                && flags.of_verb(verb).are_none()
                && (verb == 's' || arg.nuance != Nuance::Bytes) =>
        {
            out.push_rope(&text.tinted(arg.origin, origins));
        }
        _ => out.push(&verb::operand(flags, verb, arg), arg.deep_origin(origins)),
    }
}

/// The result of a `%` in a format and of what follows it.
enum Directive<'a> {
    /// Literal text: a percent sign, or an error.
    Says(String),
    /// An operand, with errors about its width or precision.
    Shows { faults: &'static str, flags: Flags, verb: char, value: &'a Value },
}

/// Reads the directives of a format, as `doPrintf` in `fmt/print.go` does.
struct Directives<'a> {
    text: &'a str,
    at: usize,
    args: &'a [Value],
    next: usize,
    reordered: bool,
}

/// Larger widths and precisions are errors, as in Go.
const TOO_LARGE: i64 = 1_000_000;

impl<'a> Directives<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Reads a directive, after its `%`.
    fn directive(&mut self) -> Directive<'a> {
        let mut flags = self.flags();
        let mut good = true;
        let mut indexed = self.index(&mut good);
        let mut faults = "";
        if self.peek() == Some(b'*') {
            self.at += 1;
            let width = self.number_of_operand();
            if width.is_none() {
                faults = "%!(BADWIDTH)";
            }
            if width.is_some_and(|width| width < 0) {
                (flags.minus, flags.zero) = (true, false);
            }
            flags.width = width.and_then(|width| usize::try_from(width.abs()).ok());
            indexed = false;
        } else {
            flags.width = self.number();
            good &= !(indexed && flags.width.is_some());
        }
        if self.peek() == Some(b'.') && self.at + 1 < self.text.len() {
            self.at += 1;
            good &= !indexed;
            indexed = self.index(&mut good);
            if self.peek() == Some(b'*') {
                self.at += 1;
                let precision = self.number_of_operand();
                flags.precision = precision.and_then(|precision| usize::try_from(precision).ok());
                if flags.precision.is_none() {
                    faults = match faults {
                        "" => "%!(BADPREC)",
                        _ => "%!(BADWIDTH)%!(BADPREC)",
                    };
                }
                indexed = false;
            } else {
                flags.precision = Some(self.number().unwrap_or(0));
            }
        }
        if !indexed {
            self.index(&mut good);
        }
        let Some(verb) = self.text[self.at..].chars().next() else {
            return Directive::Says(format!("{faults}%!(NOVERB)"));
        };
        self.at += verb.len_utf8();
        let verb = if bytes::byte(verb).is_some() { '\u{fffd}' } else { verb };
        let says = match (verb, self.args.get(self.next)) {
            ('%', _) => "%".to_owned(),
            _ if !good => format!("%!{verb}(BADINDEX)"),
            (_, None) => format!("%!{verb}(MISSING)"),
            (_, Some(value)) => {
                self.next += 1;
                return Directive::Shows { faults, flags, verb, value };
            }
        };
        Directive::Says(format!("{faults}{says}"))
    }

    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        while let Some(flag) = self.peek() {
            match flag {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => break,
            }
            self.at += 1;
        }
        flags
    }

    /// Reads digits; a number that is too large ends the format.
    fn number(&mut self) -> Option<usize> {
        let mut number = None;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            let so_far = number.unwrap_or(0);
            if so_far > TOO_LARGE {
                self.at = self.text.len();
                return None;
            }
            number = Some(so_far * 10 + i64::from(digit - b'0'));
            self.at += 1;
        }
        usize::try_from(number?).ok()
    }

    /// Reads the operand of a `*`, a number.
    fn number_of_operand(&mut self) -> Option<i64> {
        let value = self.args.get(self.next)?;
        self.next += 1;
        value.integer().filter(|number| number.unsigned_abs() <= TOO_LARGE.unsigned_abs())
    }

    /// Reads an index such as `[2]`: the second operand is next. Returns whether there was one.
    fn index(&mut self, good: &mut bool) -> bool {
        let rest = &self.text[self.at..];
        if !rest.starts_with('[') {
            return false;
        }
        self.reordered = true;
        let Some(end) = rest.find(']').filter(|_| rest.len() >= 3) else {
            self.at += 1;
            *good = false;
            return false;
        };
        self.at += end + 1;
        let digits = &rest[1..end];
        let number = Some(digits).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        let number = number.and_then(|digits| digits.parse::<usize>().ok());
        match number.and_then(|number| number.checked_sub(1)) {
            Some(index) if index < self.args.len() => self.next = index,
            _ => *good = false,
        }
        number.is_some()
    }
}

/// The kind of a value in Go, as in `kindOf`.
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
    fn characters_that_do_not_print_are_escaped_in_quotes() {
        assert_eq!(quote("\u{e9}\u{1f600}\u{4e2d}"), "\"\u{e9}\u{1f600}\u{4e2d}\"");
        assert_eq!(
            quote("\u{7f}\u{a0}\u{200b}\u{e0b0}\u{e0001}"),
            "\"\\x7f\\u00a0\\u200b\\ue0b0\\U000e0001\""
        );
    }

    /// These are larger than `format!` supports.
    #[test]
    fn widths_and_precisions_go_up_to_a_million() {
        let int = |number| Value::int(number, OriginId::NONE);
        let float = |number| Value::new(Data::Float(number), OriginId::NONE);
        let zeros = |count| "0".repeat(count);
        for (format, operand, want) in [
            ("%070000d", int(-1), format!("-{}1", zeros(69_998))),
            ("%.70000d", int(1), format!("{}1", zeros(69_999))),
            ("%.70000U", int(65), format!("U+{}41", zeros(69_998))),
            ("%.70000f", float(1.5), format!("1.5{}", zeros(69_999))),
            ("%.70000e", float(1.5), format!("1.5{}e+00", zeros(69_999))),
            ("%.70000x", float(1.5), format!("0x1.8{}p+00", zeros(69_999))),
            ("%.70000g", float(1.5), "1.5".to_owned()),
            ("%10000011d", int(1), "%!(NOVERB)".to_owned()),
        ] {
            let format = Rope::new(format, OriginId::NONE);
            let out = sprintf(&format, &[operand], &Origins::default());
            assert!(out.as_str().starts_with(&want), "{}", format.as_str());
        }
    }

    #[test]
    fn verbs_and_flags_are_those_of_go() {
        let text = |text: &str| Value::str(text, OriginId::NONE);
        let int = |number| Value::int(number, OriginId::NONE);
        let float = |number| Value::new(Data::Float(number), OriginId::NONE);
        let bool = |on| Value::bool(on, OriginId::NONE);
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
            ("%+d|% d|%+v", &[int(5), int(5), map.clone()], "+5| 5|map[a:1]"),
            ("%v|%T", &[list.clone(), float(1.5)], "[1 <nil> a]|float64"),
            ("%6.3s|%*d", &[text("abcdef"), int(5), int(1)], "   abc|    1"),
            ("%[2]d %[1]d", &[int(1), int(2)], "2 1"),
            ("%d|%s|%z", &[float(1.5), int(1), int(1)], "%!d(float64=1.5)|%!s(int=1)|%!z(int=1)"),
            (
                "%s|%5.1d|%-4q|%+s",
                &[float(7.0), text("a"), bool(true), float(7.0)],
                "%!s(float64=7)|%!d(string=    a)|%!q(bool=true)|%!s(float64=+7)",
            ),
            (
                "%x|%.1x|%X|%b",
                &[float(7.0), float(1.97), float(-0.1), float(1.0)],
                "0x1.cp+02|0x1.0p+01|-0X1.999999999999AP-04|4503599627370496p-52",
            ),
            (
                "%E|%.3g|%#g|%#.2g|%g",
                &[float(7.0), float(1234.5), float(7.0), float(1.0), float(0.000_01)],
                "7.000000E+00|1.23e+03|7.00000|1.0|1e-05",
            ),
            (
                "%.3g|%.8g|%.0f|%06.1f|%+.1e",
                &[float(100.0), float(100.0), float(2.5), float(-1.25), float(12.5)],
                "100|100|2|-001.2|+1.2e+01",
            ),
            (
                "% x|%#x|%# X|%.2x|%+q|%#q",
                &[text("az"), text("az"), text("az"), text("abc"), text("\u{e9}"), text("a")],
                "61 7a|0x617a|0X61 0X7A|6162|\"\\u00e9\"|`a`",
            ),
            (
                "%.3d|%6.3d|%06d|%-06d|%.0d",
                &[int(7), int(7), int(-7), int(7), int(0)],
                "007|   007|-00007|7     |",
            ),
            (
                "%#o|%O|%#b|%U|%#U|%.6U|%+q",
                &[int(8), int(8), int(5), int(65), int(0x263a), int(65), int(0xe9)],
                "010|0o10|0b101|U+0041|U+263A '\u{263a}'|U+000041|'\\u00e9'",
            ),
            (
                "%#v|%#v|%#v",
                &[list.clone(), map.clone(), text("a`b")],
                "[]interface {}{1, interface {}(nil), \"a\"}|map[string]interface {}{\"a\":1}|\"a`b\"",
            ),
            (
                "%5v|%05s|%-5T|%6.2s",
                &[list.clone(), text("ab"), int(1), text("abc")],
                "[    1 <nil>     a]|000ab|int  |    ab",
            ),
            (
                "%*d|%-*d|%*d|%.*f",
                &[int(-4), int(1), int(3), int(1), text("a"), int(1), int(1), float(1.25)],
                "1   |1  |%!(BADWIDTH)1|1.2",
            ),
            ("%[2]*[1]d|%[3]d|%[1]s", &[int(7), int(4)], "   7|%!d(BADINDEX)|%!s(int=7)"),
            ("%[x]d|%[1]2d|%!|%5%", &[int(1)], "%!d(BADINDEX)|%!d(BADINDEX)|%!!(int=1)|%"),
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
