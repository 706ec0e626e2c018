//! Dates and durations: sprig's date.go over Go's `time`.
//!
//! The current time is a fixed one and the local time zone is UTC, so that a chart is always rendered the same,
//! anywhere.

mod duration;
mod format;
mod layout;
mod parse;
mod time;
pub(super) mod toml;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::time::Time;
use super::Form;
use crate::helm::call::{Function, Host};
use crate::helm::call::{any, computed, text};
use crate::helm::value::{Data, Value};

/// The current time of every render, in seconds since 1970: 2026-01-02T03:04:05Z.
const NOW: i64 = 1_767_323_045;
/// The layout of HTML date inputs, and of dates in TOML.
const DATE: &str = "2006-01-02";
const SECOND: i64 = 1_000_000_000;

/// The functions in this module, by name.
pub(super) const TABLE: &[(&str, Function)] = &[
    ("now", |host, args| Ok(now().into_value(computed(host, args)))),
    ("date", |host, args| in_zone(host, args, text(args, 0)?.as_str(), any(args, 1)?, "Local")),
    ("dateInZone", date_in_zone),
    ("date_in_zone", date_in_zone),
    ("htmlDate", |host, args| in_zone(host, args, DATE, any(args, 0)?, "Local")),
    ("htmlDateInZone", |host, args| {
        in_zone(host, args, DATE, any(args, 0)?, text(args, 1)?.as_str())
    }),
    ("dateModify", |host, args| modify(host, args, Form::Plain)),
    ("date_modify", |host, args| modify(host, args, Form::Plain)),
    ("mustDateModify", |host, args| modify(host, args, Form::Must)),
    ("must_date_modify", |host, args| modify(host, args, Form::Must)),
    ("toDate", |host, args| to_date(host, args, Form::Plain)),
    ("mustToDate", |host, args| to_date(host, args, Form::Must)),
    ("unixEpoch", unix_epoch),
    ("ago", ago),
    ("duration", duration),
    ("durationRound", duration_round),
];

/// Whether a text is a time in RFC 3339, as in Go's JSON.
pub(in crate::helm) fn is_time(text: &str) -> bool {
    parse::parse("2006-01-02T15:04:05Z07:00", text).is_ok()
}

fn now() -> Time {
    Time::at(NOW, 0)
}

fn date_in_zone(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    in_zone(host, args, text(args, 0)?.as_str(), any(args, 1)?, text(args, 2)?.as_str())
}

/// Formats a time in a time zone. A value that is not a time is the current time, an unknown zone is UTC.
fn in_zone(
    host: &dyn Host,
    args: &[Value],
    layout: &str,
    date: &Value,
    zone: &str,
) -> Result<Value, String> {
    let zone = match zone {
        "" | "UTC" | "Local" => TimeZone::UTC,
        _ => TimeZone::get(zone).unwrap_or(TimeZone::UTC),
    };
    let moment = moment(date).unwrap_or_else(now).in_zone(zone);
    Ok(Value::str(&format::format(&moment, layout), computed(host, args)))
}

/// Reads a time, or seconds since 1970.
fn moment(value: &Value) -> Option<Time> {
    match &value.data {
        Data::Int(seconds) | Data::Int64(seconds) => Some(Time::at(*seconds, 0)),
        _ => Time::of(value).cloned(),
    }
}

/// Returns the `time.Time` at `index`.
fn time(args: &[Value], index: usize) -> Result<&Time, String> {
    let value = any(args, index)?;
    Time::of(value).ok_or_else(|| match value.data {
        Data::Nil => "invalid value; expected time.Time".to_owned(),
        _ => format!("wrong type for value; expected time.Time; got {}", value.type_name()),
    })
}

fn modify(host: &dyn Host, args: &[Value], form: Form) -> Result<Value, String> {
    let (by, time) = (text(args, 0)?, time(args, 1)?);
    let moved = match duration::parse(by.as_str()) {
        Ok(by) => time.add(by),
        Err(error) if form == Form::Must => return Err(error),
        Err(_) => time.clone(),
    };
    Ok(moved.into_value(computed(host, args)))
}

fn to_date(host: &dyn Host, args: &[Value], form: Form) -> Result<Value, String> {
    let time = match parse::parse(text(args, 0)?.as_str(), text(args, 1)?.as_str()) {
        Ok(time) => time,
        Err(error) if form == Form::Must => return Err(error),
        Err(_) => Time::zero(),
    };
    Ok(time.into_value(computed(host, args)))
}

fn unix_epoch(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    Ok(Value::str(&time(args, 0)?.seconds().to_string(), computed(host, args)))
}

fn ago(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let since = now().since(&moment(any(args, 0)?).unwrap_or_else(now));
    let text = duration::print(duration::round(since, SECOND));
    Ok(Value::str(&text, computed(host, args)))
}

fn duration(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let seconds = match &any(args, 0)?.data {
        Data::Str(text) => integer(text.as_str()),
        Data::Int64(seconds) => *seconds,
        // NOTE: an `int` is 0 seconds; only a string or an `int64` is read.
        _ => 0,
    };
    let text = duration::print(seconds.wrapping_mul(SECOND));
    Ok(Value::str(&text, computed(host, args)))
}

/// `strconv.ParseInt` without its error: 0 for a text that is not a number, and the nearest number if it is out of
/// range.
fn integer(text: &str) -> i64 {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return 0;
    }
    text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX })
}

fn duration_round(host: &dyn Host, args: &[Value]) -> Result<Value, String> {
    let value = any(args, 0)?;
    let length = match &value.data {
        Data::Str(text) => duration::parse(text.as_str()).unwrap_or(0),
        Data::Int64(nanoseconds) => *nanoseconds,
        _ => Time::of(value).map_or(0, |time| now().since(time)),
    };
    Ok(Value::str(&duration::short(length), computed(host, args)))
}

/// The time some seconds and nanoseconds after 1970, or the nearest possible one.
fn timestamp(seconds: i64, nanoseconds: i32) -> Timestamp {
    Timestamp::new(seconds, nanoseconds).unwrap_or(match seconds < 0 {
        true => Timestamp::MIN,
        false => Timestamp::MAX,
    })
}

#[cfg(test)]
mod tests;
