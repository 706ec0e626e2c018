//! The values of plain scalars in Helm and Kubernetes.
//!
//! Mirrors sigs.k8s.io/yaml 1.6 over go.yaml.in/yaml/v2 2.4 (`resolve.go`): booleans and octals of YAML 1.1,
//! underscores in numbers, dates as text, no numbers to base 60.

use std::borrow::Cow;

/// The resolved value of a scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar<'a> {
    /// `null`, `~`, or an empty text.
    Null,
    /// `true`, `yes`, `on`, `y` and their opposites, in the cases that YAML 1.1 lists.
    Bool(bool),
    /// A whole number in the range of `i64`.
    Int(i64),
    /// A whole number above `i64::MAX`.
    Uint(u64),
    /// Any other number.
    Float(f64),
    /// Everything else, and any quoted scalar.
    Str(&'a str),
}

/// Resolves the text of a scalar without quotes and tag.
#[must_use]
pub fn resolve_plain(text: &str) -> Scalar<'_> {
    let Some(&first) = text.as_bytes().first() else {
        return Scalar::Null;
    };
    match first {
        b'+' | b'-' | b'.' | b'0'..=b'9' => number(text),
        b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'o' | b'O' => word(text),
        _ => Scalar::Str(text),
    }
}

/// Resolves the words that have a meaning in YAML 1.1.
fn word(text: &str) -> Scalar<'_> {
    match text {
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" | "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "false" | "False" | "FALSE" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        _ => Scalar::Str(text),
    }
}

fn number(text: &str) -> Scalar<'_> {
    match text {
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Scalar::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    if text.starts_with('.') {
        // go-yaml passes the text to ParseFloat as it is, with underscores.
        return match text.parse::<f64>() {
            Ok(float) if is_float(text) && float.is_finite() => Scalar::Float(float),
            _ => Scalar::Str(text),
        };
    }
    if is_date(text) {
        return Scalar::Str(text);
    }
    let plain: Cow<'_, str> =
        if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
    match integer(&plain) {
        Integer::Signed(int) => return Scalar::Int(int),
        Integer::Unsigned(uint) => return Scalar::Uint(uint),
        // A number beyond 64 bits is a float if it has the form of one, and else a text, as `0x…`.
        Integer::No => {}
    }
    if is_float(&plain) {
        // Go's ParseFloat fails for a number that is too large for a float, so it is a text.
        if let Some(float) = plain.parse::<f64>().ok().filter(|float| float.is_finite()) {
            return Scalar::Float(float);
        }
    }
    Scalar::Str(text)
}

enum Integer {
    Signed(i64),
    Unsigned(u64),
    No,
}

/// Go's `strconv.ParseInt` and `ParseUint` with base 0, after underscores are removed.
fn integer(text: &str) -> Integer {
    let (negative, signed, body) = match text.as_bytes() {
        [b'-', ..] => (true, true, &text[1..]),
        [b'+', ..] => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    let (radix, digits) = match body.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &body[2..]),
        [b'0', b'b' | b'B', ..] => (2, &body[2..]),
        [b'0', b'o' | b'O', ..] => (8, &body[2..]),
        [b'0', _, ..] => (8, &body[1..]),
        _ => (10, body),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Integer::No;
    }
    let Ok(magnitude) = u64::from_str_radix(digits, radix) else { return Integer::No };
    match (negative, i64::try_from(magnitude)) {
        (false, Ok(int)) => Integer::Signed(int),
        (true, Ok(int)) => Integer::Signed(-int),
        (true, Err(_)) if magnitude == 1 << 63 => Integer::Signed(i64::MIN),
        // ParseUint refuses a sign.
        (false, Err(_)) if !signed => Integer::Unsigned(magnitude),
        _ => Integer::No,
    }
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_float(text: &str) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text).as_bytes();
    let digits = |rest: &mut &[u8]| {
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        *rest = &rest[count..];
        count
    };
    let whole = digits(&mut rest);
    if let [b'.', tail @ ..] = rest {
        rest = tail;
        if digits(&mut rest) == 0 && whole == 0 {
            return false;
        }
    } else if whole == 0 {
        return false;
    }
    if let [b'e' | b'E', tail @ ..] = rest {
        rest = tail.strip_prefix(b"-").or_else(|| tail.strip_prefix(b"+")).unwrap_or(tail);
        if digits(&mut rest) == 0 {
            return false;
        }
    }
    rest.is_empty()
}

/// Whether a text is a timestamp as `go.yaml.in/yaml/v2` recognises it: `YYYY-M-D`, optionally followed by a time after
/// `T`, `t` or a blank. It remains a text when it is read without a type, as values are.
pub(super) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return false;
    }
    let day_end = bytes
        .iter()
        .position(|byte| !byte.is_ascii_digit() && *byte != b'-')
        .unwrap_or(bytes.len());
    let parts: Vec<&str> = text[..day_end].split('-').collect();
    let in_range = |part: &str, most: u32| {
        (1..=2).contains(&part.len())
            && part.parse::<u32>().is_ok_and(|number| (1..=most).contains(&number))
    };
    if parts.len() != 3 || !in_range(parts[1], 12) || !in_range(parts[2], 31) {
        return false;
    }
    match bytes.get(day_end) {
        None => true,
        Some(b'T' | b't' | b' ') => text[day_end + 1..].contains(':'),
        Some(_) => false,
    }
}

/// The name of a mapping key in JSON: booleans, integers and floats in canonical form. `None` for keys that
/// sigs.k8s.io/yaml refuses (null, above `i64`).
#[must_use]
pub fn key_name(scalar: Scalar<'_>) -> Option<Cow<'_, str>> {
    match scalar {
        Scalar::Str(text) => Some(Cow::Borrowed(text)),
        Scalar::Bool(true) => Some(Cow::Borrowed("true")),
        Scalar::Bool(false) => Some(Cow::Borrowed("false")),
        Scalar::Int(int) => Some(Cow::Owned(int.to_string())),
        #[allow(
            clippy::cast_possible_truncation,
            reason = "keys are formatted as 32-bit floats there, and so here"
        )]
        Scalar::Float(float) => Some(float_name(float as f32)),
        Scalar::Null | Scalar::Uint(_) => None,
    }
}

/// `strconv.FormatFloat(f, 'g', -1, 32)`, with YAML's words for infinities and NaN.
fn float_name(float: f32) -> Cow<'static, str> {
    if float.is_nan() {
        return Cow::Borrowed(".nan");
    }
    if float.is_infinite() {
        return Cow::Borrowed(if float > 0.0 { ".inf" } else { "-.inf" });
    }
    let scientific = format!("{float:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return Cow::Owned(scientific);
    };
    match exponent.parse::<i32>() {
        // Below 1e-4 and from 1e6 on, Go's shortest form has an exponent with at least two digits.
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            Cow::Owned(format!("{digits}e{sign}{:02}", exponent.abs()))
        }
        _ => Cow::Owned(float.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is_text(text: &str) {
        assert_eq!(resolve_plain(text), Scalar::Str(text), "{text}");
    }

    #[test]
    fn null_is_nothing_or_one_of_four_words() {
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(resolve_plain(text), Scalar::Null, "{text:?}");
        }
        is_text("nULL");
    }

    #[test]
    fn yes_no_on_off_and_single_letters_are_booleans() {
        for text in ["true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON"] {
            assert_eq!(resolve_plain(text), Scalar::Bool(true), "{text}");
        }
        for text in ["false", "False", "FALSE", "n", "N", "no", "No", "NO", "off", "Off", "OFF"] {
            assert_eq!(resolve_plain(text), Scalar::Bool(false), "{text}");
        }
        for text in ["yEs", "tRue", "oN", "nope", "fals"] {
            is_text(text);
        }
    }

    #[test]
    fn integers_follow_base_zero_with_underscores_taken_out() {
        for (text, int) in [
            ("0", 0),
            ("+5", 5),
            ("-0x10", -16),
            ("0x1F", 31),
            ("0b101", 5),
            ("0o17", 15),
            ("017", 15),
            ("0777", 511),
            ("1_000", 1000),
            ("1__0_", 10),
            ("0x_ff", 255),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(resolve_plain(text), Scalar::Int(int), "{text}");
        }
        assert_eq!(resolve_plain("18446744073709551615"), Scalar::Uint(u64::MAX));
        is_text("_1");
    }

    #[test]
    fn floats_follow_the_pattern() {
        for (text, float) in [
            ("08", 8.0),
            ("09", 9.0),
            ("0899", 899.0),
            ("1_000.5", 1000.5),
            ("1e3", 1000.0),
            ("1e+3", 1000.0),
            ("1.", 1.0),
            ("+.5", 0.5),
            (".5", 0.5),
            ("12e03", 12000.0),
            ("1.10", 1.1),
            ("18446744073709551616", 18_446_744_073_709_551_616.0),
        ] {
            assert_eq!(resolve_plain(text), Scalar::Float(float), "{text}");
        }
        assert_eq!(resolve_plain("-.INF"), Scalar::Float(f64::NEG_INFINITY));
        assert!(matches!(resolve_plain(".NaN"), Scalar::Float(nan) if nan.is_nan()));
        for text in [
            "1e", "0x1p4", "1.5.2", "1,000", ".", "-", "+", "._5", "1e5x", "0x", "0b2", "1e400",
            "_1",
        ] {
            is_text(text);
        }
    }

    #[test]
    fn dates_and_base_sixty_stay_text() {
        for text in ["2001-01-01", "2001-1-1", "2001-01-01T10:00:00Z", "22:22", "190:20:30"] {
            is_text(text);
        }
    }

    #[test]
    fn keys_are_spelled_out() {
        let name = |text| key_name(resolve_plain(text)).map(Cow::into_owned);
        assert_eq!(name("on").as_deref(), Some("true"));
        assert_eq!(name("no").as_deref(), Some("false"));
        assert_eq!(name("0x10").as_deref(), Some("16"));
        assert_eq!(name("010").as_deref(), Some("8"));
        assert_eq!(name("1.1").as_deref(), Some("1.1"));
        assert_eq!(name("1_000_000.0").as_deref(), Some("1e+06"));
        assert_eq!(name("0.00001").as_deref(), Some("1e-05"));
        assert_eq!(name("100000.5").as_deref(), Some("100000.5"));
        assert_eq!(name(".Inf").as_deref(), Some(".inf"));
        assert_eq!(name("~"), None);
        assert_eq!(name("18446744073709551615"), None);
    }
}
