//! Arithmetic functions of sprig, with the conversions of spf13/cast.

mod decimal;

use crate::helm::call::{Function, Host, any, computed, int, text};
use crate::helm::parse::{self, integer};
use crate::helm::print;
use crate::helm::value::{Data, Value};

/// The functions in this module, by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("atoi", |host, args| {
        let number = atoi(text(args, 0)?.as_str());
        Ok(converted(host, &args[0], Data::Int(number)))
    }),
    ("int", |host, args| {
        let value = any(args, 0)?;
        Ok(converted(host, value, Data::Int(to_int(value))))
    }),
    ("int64", |host, args| {
        let value = any(args, 0)?;
        Ok(converted(host, value, Data::Int64(to_int(value))))
    }),
    ("float64", |host, args| {
        let value = any(args, 0)?;
        Ok(converted(host, value, Data::Float(to_float(value))))
    }),
    ("toDecimal", |host, args| {
        let octal = i64::from_str_radix(&print::plain(any(args, 0)?), 8).unwrap_or(0);
        Ok(int64(host, args, octal))
    }),
    ("add1", |host, args| Ok(int64(host, args, to_int(any(args, 0)?).wrapping_add(1)))),
    ("add", |host, args| Ok(int64(host, args, args.iter().map(to_int).fold(0, i64::wrapping_add)))),
    ("sub", |host, args| {
        Ok(int64(host, args, to_int(any(args, 0)?).wrapping_sub(to_int(any(args, 1)?))))
    }),
    ("mul", |host, args| {
        any(args, 0)?;
        Ok(int64(host, args, args.iter().map(to_int).fold(1, i64::wrapping_mul)))
    }),
    ("div", |host, args| divided(host, args, i64::wrapping_div)),
    ("mod", |host, args| divided(host, args, i64::wrapping_rem)),
    ("max", |host, args| ints(host, args, i64::max)),
    ("biggest", |host, args| ints(host, args, i64::max)),
    ("min", |host, args| ints(host, args, i64::min)),
    ("maxf", |host, args| floats(host, args, f64::max)),
    ("minf", |host, args| floats(host, args, f64::min)),
    ("add1f", |host, args| Ok(float(host, args, decimal::add(to_float(any(args, 0)?), 1.0)))),
    ("addf", |host, args| Ok(float(host, args, args.iter().map(to_float).fold(0.0, decimal::add)))),
    ("subf", |host, args| floats(host, args, |a, b| decimal::add(a, -b))),
    ("mulf", |host, args| floats(host, args, decimal::multiply)),
    ("divf", |host, args| {
        if args.iter().skip(1).any(|value| to_float(value) == 0.0) {
            return Err("decimal division by 0".to_owned());
        }
        floats(host, args, decimal::divide)
    }),
    ("floor", |host, args| Ok(float(host, args, to_float(any(args, 0)?).floor()))),
    ("ceil", |host, args| Ok(float(host, args, to_float(any(args, 0)?).ceil()))),
    ("round", round),
];

/// `strconv.Atoi` without its error: 0 for a text that is not a number, and the nearest number if it is out of range.
fn atoi(text: &str) -> i64 {
    use std::num::IntErrorKind;
    text.parse().unwrap_or_else(|error: std::num::ParseIntError| match error.kind() {
        IntErrorKind::PosOverflow => i64::MAX,
        IntErrorKind::NegOverflow => i64::MIN,
        _ => 0,
    })
}

/// The result of a conversion. If it is still the number that was written, its origins stay the same.
fn converted(host: &dyn Host, value: &Value, number: Data) -> Value {
    let origins = host.origins();
    let origin = value.own_origin(origins);
    let number = Value::new(number, origin);
    let is_same = match &value.data {
        Data::Str(text) => text.as_str() == print::plain(&number),
        Data::Float(was) => was.total_cmp(&to_float(&number)).is_eq(),
        _ => true,
    };
    if is_same { number } else { Value { origin: origins.derived(origin), ..number } }
}

fn int64(host: &dyn Host, args: &[Value], value: i64) -> Value {
    Value::new(Data::Int64(value), computed(host, args))
}

fn float(host: &dyn Host, args: &[Value], value: f64) -> Value {
    Value::new(Data::Float(value), computed(host, args))
}

fn ints(host: &dyn Host, args: &[Value], with: fn(i64, i64) -> i64) -> Result<Value, String> {
    any(args, 0)?;
    let number = args.iter().map(to_int).reduce(with).unwrap_or(0);
    Ok(int64(host, args, number))
}

fn floats(host: &dyn Host, args: &[Value], with: fn(f64, f64) -> f64) -> Result<Value, String> {
    any(args, 0)?;
    let number = args.iter().map(to_float).reduce(with).unwrap_or(0.0);
    Ok(float(host, args, number))
}

fn divided(host: &dyn Host, args: &[Value], with: fn(i64, i64) -> i64) -> Result<Value, String> {
    let (a, b) = (to_int(any(args, 0)?), to_int(any(args, 1)?));
    if b == 0 {
        return Err("runtime error: integer divide by zero".to_owned());
    }
    Ok(int64(host, args, with(a, b)))
}

fn round(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let (value, places) = (to_float(any(args, 0)?), int(args, 1)?);
    let on = args.get(2).map_or(0.5, to_float);
    let power = 10f64.powi(i32::try_from(places).unwrap_or(0));
    let digit = power * value;
    let rounded = if digit.fract() >= on { digit.ceil() } else { digit.floor() };
    Ok(float(host, args, rounded / power))
}

/// `cast.ToInt64`: floats are truncated, texts are read with Go's prefixes, and everything else is 0.
pub(super) fn to_int(value: &Value) -> i64 {
    match &value.data {
        Data::Int(n) | Data::Int64(n) => *n,
        Data::Float(n) => cut(*n),
        Data::Bool(value) => i64::from(*value),
        Data::Str(text) => parse_int(text.as_str()).unwrap_or(0),
        Data::Nil | Data::List(_) | Data::Map(_) | Data::Object(_) => 0,
    }
}

/// Truncates a float; if it is out of range, the result is that of Go on amd64.
#[expect(clippy::cast_possible_truncation, reason = "Go cuts floats so")]
fn cut(number: f64) -> i64 {
    const END: f64 = 9_223_372_036_854_775_808.0;
    match (-END..END).contains(&number) {
        true => number as i64,
        false => i64::MIN,
    }
}

/// `strconv.ParseInt` with base 0, after a fraction of zeros was removed, as in cast.
fn parse_int(text: &str) -> Option<i64> {
    let whole = match text.trim_end_matches('0').strip_suffix('.') {
        Some(whole) if !text.ends_with('.') => whole,
        _ => text,
    };
    i64::try_from(integer(whole)?).ok()
}

/// `strconv.ParseFloat`; 0 for a text that is not a number, or too large.
fn parse_float(text: &str) -> f64 {
    let hexadecimal = text.contains(['x', 'X']);
    let joins = |c: char| c.is_ascii_digit() || (hexadecimal && c.is_ascii_hexdigit());
    let mut parts = text.split('_').peekable();
    while let Some(part) = parts.next() {
        if let Some(next) = parts.peek()
            && !(part.ends_with(|c| joins(c) || matches!(c, 'x' | 'X')) && next.starts_with(joins))
        {
            return 0.0;
        }
    }
    // `inf` and `nan` are accepted, but not a number that is too large.
    let number = parse::float(text).or_else(|| text.parse().ok().filter(|_| !text.contains('_')));
    let is_spelt = text.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_alphabetic());
    number.filter(|number| number.is_finite() || is_spelt).unwrap_or(0.0)
}

/// `cast.ToFloat64`.
#[expect(clippy::cast_precision_loss, reason = "Go converts integers so")]
pub(super) fn to_float(value: &Value) -> f64 {
    match &value.data {
        Data::Int(n) | Data::Int64(n) => *n as f64,
        Data::Float(n) => *n,
        Data::Bool(value) => f64::from(u8::from(*value)),
        Data::Str(text) => parse_float(text.as_str()),
        Data::Nil | Data::List(_) | Data::Map(_) | Data::Object(_) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::TABLE;
    use crate::helm::function::testing::{host, leaf, printed};
    use crate::helm::origin::{OriginId, Origins};
    use crate::helm::rope::RopeBuilder;
    use crate::helm::value::{Data, Value};

    fn float(number: f64) -> Value {
        Value::new(Data::Float(number), OriginId::NONE)
    }

    #[test]
    fn texts_and_floats_become_integers() {
        for (given, want) in [
            ("42", "42"),
            ("010", "8"),
            ("08", "0"),
            ("0x10", "16"),
            ("1.00", "1"),
            ("1.", "0"),
            ("1.9", "0"),
            ("1_000", "1000"),
            ("9223372036854775808", "0"),
            ("x", "0"),
        ] {
            assert_eq!(printed(TABLE, "int", &[given.into()]), want, "{given}");
        }
        assert_eq!(printed(TABLE, "int64", &[float(-1.9)]), "-1");
        assert_eq!(printed(TABLE, "int64", &[float(1e21)]), "-9223372036854775808");
        assert_eq!(printed(TABLE, "atoi", &["9223372036854775808".into()]), "9223372036854775807");
        assert_eq!(printed(TABLE, "atoi", &["0x10".into()]), "0");
    }

    #[test]
    fn a_number_that_is_only_converted_keeps_all_its_origins() {
        let origins = Rc::new(Origins::default());
        let [switch, port] = ["switch", "port"].map(|key| leaf(&origins, key));
        let switch = origins.condition(switch);
        let number = |function: &str, text: &str| {
            let mut rope = RopeBuilder::default();
            rope.push("", switch);
            rope.push(text, port);
            let given = Value::new(Data::Str(rope.finish()), OriginId::NONE);
            let (_, function) = TABLE.iter().find(|(known, _)| *known == function).unwrap();
            function(&host(&origins), &[given]).unwrap().origin
        };
        for function in ["int", "int64", "float64", "atoi"] {
            assert_eq!(number(function, "8080"), origins.union(switch, port), "{function}");
            let other = origins.union(switch, origins.derived(port));
            assert_eq!(number(function, "http"), other, "{function}");
        }
    }

    #[test]
    fn texts_become_floats() {
        for (given, want) in [
            ("1.5", "1.5"),
            ("1e3", "1000"),
            ("1_0.5", "10.5"),
            ("1__0", "0"),
            ("1_", "0"),
            ("1_e3", "0"),
            ("0x1p3", "8"),
            ("-0x_1p3", "-8"),
            ("1e400", "0"),
            ("-Inf", "-Inf"),
            ("nan", "NaN"),
            (" 1", "0"),
            ("", "0"),
        ] {
            assert_eq!(printed(TABLE, "float64", &[given.into()]), want, "{given}");
        }
    }

    #[test]
    fn numbers_are_computed() {
        for (name, args, want) in [
            ("add", &[float(1.9), float(1.9)][..], "2"),
            ("add", &["1".into(), "x".into()], "1"),
            ("sub", &[1.into(), 2.into()], "-1"),
            ("div", &[7.into(), 2.into()], "3"),
            ("mod", &[7.into(), 2.into()], "1"),
            ("max", &[float(1.5), 2.into()], "2"),
            ("maxf", &[1.into(), float(2.5)], "2.5"),
            ("addf", &[float(0.1), float(0.2)], "0.3"),
            ("divf", &[1.into(), 3.into()], "0.3333333333333333"),
            ("round", &[float(2.5), 0.into()], "3"),
            ("round", &[float(1.2345), 2.into()], "1.23"),
            ("floor", &[float(-1.5)], "-2"),
            ("ceil", &["1.2".into()], "2"),
            ("toDecimal", &["0777".into()], "511"),
            ("div", &[1.into(), 0.into()], "error: runtime error: integer divide by zero"),
            ("divf", &[1.into(), 0.into()], "error: decimal division by 0"),
        ] {
            assert_eq!(printed(TABLE, name, args), want, "{name}");
        }
    }
}
