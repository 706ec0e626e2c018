//! Reads quoted texts, characters and numbers as Go's `strconv` does.

use std::borrow::Cow;

use super::node::Number;
use crate::source::bytes;

/// Unquotes a text in double quotes or backquotes as `strconv.Unquote` does; `\xff` may be a byte that is not UTF-8.
pub(super) fn unquote(literal: &str) -> Option<Cow<'_, str>> {
    if let Some(raw) = literal.strip_prefix('`') {
        let raw = raw.strip_suffix('`')?;
        return Some(match raw.contains('\r') {
            true => raw.replace('\r', "").into(),
            false => raw.into(),
        });
    }
    let mut rest = literal.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr3(b'\\', b'"', b'\n', rest.as_bytes()).is_none() {
        return Some(rest.into());
    }
    let mut out = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        rest = unescape(rest, '"', &mut out)?;
    }
    Some(bytes::text(&out).into_owned().into())
}

/// Reads one character, which may be escaped, and returns the rest of the text.
fn unescape<'a>(text: &'a str, quote: char, out: &mut Vec<u8>) -> Option<&'a str> {
    let mut chars = text.chars();
    let first = chars.next()?;
    if first == quote || first == '\n' {
        return None;
    }
    if first != '\\' {
        out.extend(first.encode_utf8(&mut [0; 4]).bytes());
        return Some(chars.as_str());
    }
    let digits = |count: usize, radix: u32, from: &'a str| {
        let value = u32::from_str_radix(from.get(..count)?, radix).ok()?;
        Some((value, &from[count..]))
    };
    let escape = chars.next()?;
    let rest = chars.as_str();
    let byte = match escape {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' => b'\\',
        c if c == quote => u8::try_from(c).ok()?,
        'x' => {
            let (value, rest) = digits(2, 16, rest)?;
            out.push(u8::try_from(value).ok()?);
            return Some(rest);
        }
        '0'..='7' => {
            let (value, rest) = digits(3, 8, &text[1..])?;
            out.push(u8::try_from(value).ok()?);
            return Some(rest);
        }
        'u' | 'U' => {
            let (value, rest) = digits(if escape == 'u' { 4 } else { 8 }, 16, rest)?;
            out.extend(char::from_u32(value)?.encode_utf8(&mut [0; 4]).bytes());
            return Some(rest);
        }
        _ => return None,
    };
    out.push(byte);
    Some(rest)
}

/// Reads a character in single quotes, as a number.
pub(super) fn character(literal: &str) -> Result<Number, String> {
    let malformed = || format!("malformed character constant: {literal}");
    let inner = &literal[1..];
    let mut bytes = Vec::new();
    let tail = unescape(inner, '\'', &mut bytes).ok_or("invalid syntax")?;
    if tail != "'" {
        return Err(malformed());
    }
    let code =
        match (std::str::from_utf8(&bytes).ok().and_then(|text| text.chars().next()), &bytes[..]) {
            (Some(c), _) => u32::from(c),
            (None, [byte]) => u32::from(*byte),
            _ => return Err(malformed()),
        };
    Ok(Number::Int(i64::from(code)))
}

/// Reads a number as Go's `newNumber` does, with the type of an untyped constant.
pub(super) fn number(literal: &str) -> Result<Number, String> {
    let quoted = || crate::helm::print::quote(literal);
    // Nearly all numbers are like that in `nindent 4`.
    if !literal.starts_with('0')
        && literal.bytes().all(|b| b.is_ascii_digit())
        && let Ok(integer) = literal.parse()
    {
        return Ok(Number::Int(integer));
    }
    if let Some(integer) = integer(literal) {
        return i64::try_from(integer)
            .map(Number::Int)
            .or_else(|_| u64::try_from(integer).map(Number::Uint))
            .map_err(|_| format!("integer overflow: {}", quoted()));
    }
    let float = float(literal)
        .filter(|float| float.is_finite())
        .ok_or_else(|| format!("illegal number syntax: {}", quoted()))?;
    match literal.contains(['.', 'e', 'E', 'p', 'P']) {
        true => Ok(Number::Float(float)),
        false => Err(format!("integer overflow: {}", quoted())),
    }
}

/// Reads an integer as `strconv.ParseInt` does with base 0: with prefixes, and underscores between digits.
pub(in crate::helm) fn integer(literal: &str) -> Option<i128> {
    let (negative, digits) = match literal.strip_prefix(['-', '+']) {
        Some(digits) => (literal.starts_with('-'), digits),
        None => (false, literal),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, body) = [("0x", 16), ("0o", 8), ("0b", 2), ("0", 8)]
        .iter()
        .find_map(|(prefix, radix)| {
            lower.strip_prefix(prefix).filter(|rest| !rest.is_empty()).map(|rest| (*radix, rest))
        })
        .unwrap_or((10, &lower));
    let plain = without_underscores(body, radix != 10)?;
    let value =
        i128::from_str_radix(&plain, radix).ok().filter(|_| !plain.starts_with(['+', '-']))?;
    Some(if negative { -value } else { value })
}

/// Removes underscores; `None` if one is neither between digits nor after a prefix.
fn without_underscores(digits: &str, prefixed: bool) -> Option<String> {
    let misplaced =
        digits.ends_with('_') || digits.contains("__") || (digits.starts_with('_') && !prefixed);
    (!misplaced).then(|| digits.replace('_', ""))
}

/// Reads a float in Go's syntax; infinite if it is too large.
pub(in crate::helm) fn float(literal: &str) -> Option<f64> {
    let lower = literal.to_ascii_lowercase();
    if let Some((mantissa, exponent)) = lower.split_once('p') {
        return hexadecimal(mantissa, exponent);
    }
    let starts =
        lower.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit() || c == '.');
    lower.replace('_', "").parse().ok().filter(|_| starts && !lower.ends_with('i'))
}

#[expect(clippy::cast_precision_loss, reason = "a mantissa past 53 bits is rounded, as in Go")]
fn hexadecimal(mantissa: &str, exponent: &str) -> Option<f64> {
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, mantissa.trim_start_matches('+')),
    };
    let (whole, part) = digits.strip_prefix("0x")?.split_once('.').unwrap_or((&digits[2..], ""));
    let value = u64::from_str_radix(&format!("{whole}{part}").replace('_', ""), 16).ok()? as f64;
    let exponent: i32 = exponent.parse().ok()?;
    let shift = i32::try_from(part.len()).ok()?.checked_mul(4)?;
    let scaled = value * 2f64.powi(exponent.checked_sub(shift)?);
    Some(if negative { -scaled } else { scaled })
}
