//! Go's `time.Duration`: nanoseconds in 64 bits.
//!
//! Mirrors `time/format.go` and `time/time.go`.

use std::any::Any;

use crate::helm::origin::{OriginId, Origins};
use crate::helm::value::{Data, Object, Value};

const SECOND: u64 = 1_000_000_000;

/// Parses `1h30m`, `-1.5h` or `2h45m0.5s`.
///
/// # Errors
/// Those of `time.ParseDuration`.
pub(super) fn parse(text: &str) -> Result<i64, String> {
    let shown = crate::helm::print::quote(text);
    let invalid = || format!("time: invalid duration {shown}");
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (whole, fraction) = rest[..end].split_once('.').unwrap_or((&rest[..end], ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(invalid());
        }
        rest = &rest[end..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        if end == 0 {
            return Err(format!("time: missing unit in duration {shown}"));
        }
        let name = &rest[..end];
        let unit: u64 = match name {
            "ns" => 1,
            "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
            "ms" => 1_000_000,
            "s" => SECOND,
            "m" => 60 * SECOND,
            "h" => 3600 * SECOND,
            _ => {
                let name = crate::helm::print::quote(name);
                return Err(format!("time: unknown unit {name} in duration {shown}"));
            }
        };
        rest = &rest[end..];
        let mut part = match whole {
            "" => 0,
            _ => whole.parse::<i128>().map_err(|_| invalid())?.saturating_mul(unit.into()),
        };
        // After 18 digits, a fraction of an hour is less than a nanosecond.
        let digits = &fraction[..fraction.len().min(18)];
        if let Ok(number) = digits.parse::<i128>() {
            let scale = 10_i128.pow(u32::try_from(digits.len()).unwrap_or(18));
            part = part.saturating_add(number * i128::from(unit) / scale);
        }
        total = total.saturating_add(part);
    }
    i64::try_from(if negative { -total } else { total }).map_err(|_| invalid())
}

/// Formats a duration as `Duration.String` does: `1h0m0.5s`, below a second `1.5ms`.
pub(super) fn print(duration: i64) -> String {
    let size = duration.unsigned_abs();
    let sign = if duration < 0 { "-" } else { "" };
    let fraction = |value: u64, unit: u64| {
        let digits = unit.ilog10() as usize;
        let text = format!("{}.{:0digits$}", value / unit, value % unit);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match size {
        0 => "0s".to_owned(),
        1..1_000 => format!("{sign}{size}ns"),
        1_000..1_000_000 => format!("{sign}{}\u{b5}s", fraction(size, 1_000)),
        1_000_000..SECOND => format!("{sign}{}ms", fraction(size, 1_000_000)),
        _ => {
            let seconds = fraction(size % (60 * SECOND), SECOND);
            match (size / SECOND / 3600, size / SECOND / 60 % 60) {
                (0, 0) => format!("{sign}{seconds}s"),
                (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
                (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
            }
        }
    }
}

/// Rounds a duration to a multiple of a unit, halves away from zero.
pub(super) fn round(duration: i64, unit: i64) -> i64 {
    if unit <= 0 {
        return duration;
    }
    let rest = duration % unit;
    let down = duration - rest;
    match rest.unsigned_abs() >= unit.unsigned_abs() - rest.unsigned_abs() {
        true => down.checked_add(unit * rest.signum()).unwrap_or(duration),
        false => down,
    }
}

/// Formats a duration as sprig's `durationRound` does: with the largest unit only, `2d`, and without a sign.
pub(super) fn short(duration: i64) -> String {
    let seconds = duration.unsigned_abs();
    let hour = 3600 * SECOND;
    for (unit, name) in [
        (24 * 365 * hour, "y"),
        (24 * 30 * hour, "mo"),
        (24 * hour, "d"),
        (hour, "h"),
        (60 * SECOND, "m"),
        (SECOND, "s"),
    ] {
        if seconds > unit {
            return format!("{}{name}", seconds / unit);
        }
    }
    "0s".to_owned()
}

/// A duration as a template value, with Go's methods.
#[derive(Debug)]
pub(super) struct Duration {
    pub(super) nanoseconds: i64,
    pub(super) origin: OriginId,
}

impl Object for Duration {
    fn type_name(&self) -> &'static str {
        "time.Duration"
    }

    #[expect(clippy::cast_precision_loss, reason = "Go divides as floats, too")]
    fn call(&self, name: &str, args: &[Value], _: &Origins) -> Option<Result<Value, String>> {
        let all = self.nanoseconds;
        let float = |unit: i64| {
            let (whole, rest) = (all / unit, all % unit);
            Data::Float(whole as f64 + rest as f64 / unit as f64)
        };
        let data = match (name, args) {
            ("Hours", []) => float(3_600_000_000_000),
            ("Minutes", []) => float(60_000_000_000),
            ("Seconds", []) => float(1_000_000_000),
            ("Milliseconds", []) => Data::Int(all / 1_000_000),
            ("Microseconds", []) => Data::Int(all / 1_000),
            ("Nanoseconds", []) => Data::Int(all),
            ("String", []) => return Some(Ok(Value::str(&print(all), self.origin))),
            _ => return None,
        };
        Some(Ok(Value::new(data, self.origin)))
    }

    fn print(&self) -> String {
        print(self.nanoseconds)
    }

    fn encoded(&self, origin: OriginId) -> Value {
        Value::new(Data::Int(self.nanoseconds), origin)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
