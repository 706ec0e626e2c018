//! Parses times as Go's `time.ParseInLocation` does in UTC.

use std::rc::Rc;

use jiff::Span;
use jiff::civil::{Date, Time as Clock};
use jiff::tz::{Offset, TimeZone};

use super::layout::{self, DAYS, Element, MONTHS};
use super::time::Time;
use crate::helm::print::quote;

/// Go's zero time, in seconds since 1970.
pub(super) const ZERO: i64 = -62_135_596_800;

/// The parts that have been read so far.
struct Parts {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanosecond: i64,
    afternoon: Option<bool>,
    offset: Option<i32>,
    zone: Option<Rc<str>>,
}

/// Why an element cannot be read.
enum Fault {
    /// Its text is not the expected one.
    Text,
    /// Its number is out of range.
    Range(&'static str),
}

type Read<'t, T = ()> = Result<(T, &'t str), Fault>;

/// Parses a time by a layout.
///
/// # Errors
/// Those of Go: `parsing time "…" as "…": cannot parse "…" as "2006"`.
pub(super) fn parse(layout: &str, value: &str) -> Result<Time, String> {
    let mut parts = Parts {
        year: 0,
        month: None,
        day: None,
        year_day: None,
        hour: 0,
        minute: 0,
        second: 0,
        nanosecond: 0,
        afternoon: None,
        offset: None,
        zone: None,
    };
    let fail = |element: &str, rest: &str| {
        format!(
            "parsing time {} as {}: cannot parse {} as {}",
            quote(value),
            quote(layout),
            quote(rest),
            quote(element)
        )
    };
    let range = |what: &str| format!("parsing time {}: {what} out of range", quote(value));
    let (mut rest_layout, mut rest) = (layout, value);
    while let Some((before, element, written, after)) = layout::next(rest_layout) {
        rest = skip(rest, before).ok_or_else(|| fail(before, rest))?;
        rest_layout = after;
        rest = match parts.read(element, rest, after) {
            Ok(((), rest)) => rest,
            Err(Fault::Text) => return Err(fail(written, rest)),
            Err(Fault::Range(what)) => return Err(range(what)),
        };
    }
    rest = skip(rest, rest_layout).ok_or_else(|| fail(rest_layout, rest))?;
    if !rest.is_empty() {
        return Err(format!("parsing time {}: extra text: {}", quote(value), quote(rest)));
    }
    parts.finish().map_err(range)
}

/// Skips literal text; a space stands for any number of spaces.
fn skip<'t>(mut value: &'t str, mut literal: &str) -> Option<&'t str> {
    while let Some(c) = literal.chars().next() {
        if c == ' ' {
            if !value.is_empty() && !value.starts_with(' ') {
                return None;
            }
            literal = literal.trim_start_matches(' ');
            value = value.trim_start_matches(' ');
        } else {
            literal = &literal[c.len_utf8()..];
            value = value.strip_prefix(c)?;
        }
    }
    Some(value)
}

/// Reads from `least` to `most` digits.
fn number(value: &str, least: usize, most: usize) -> Read<'_, i64> {
    let count = value.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if count < least {
        return Err(Fault::Text);
    }
    let (digits, rest) = value.split_at(count);
    Ok((digits.parse().map_err(|_| Fault::Text)?, rest))
}

fn within<'t>(read: (i64, &'t str), least: i64, most: i64, what: &'static str) -> Read<'t, i64> {
    if (least..=most).contains(&read.0) { Ok(read) } else { Err(Fault::Range(what)) }
}

/// Reads a name or its first three letters, in upper or lower case; returns its index.
fn name<'t>(value: &'t str, names: &[&str], short: bool) -> Read<'t, i64> {
    for (index, name) in (0..).zip(names) {
        let name = if short { &name[..3] } else { name };
        if value.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
            return Ok((index, &value[name.len()..]));
        }
    }
    Err(Fault::Text)
}

/// Converts the digits of a fraction of a second to nanoseconds.
fn nanoseconds(digits: &str) -> i64 {
    format!("{digits:0<9}")[..9].parse().unwrap_or(0)
}

/// Returns the length of the fraction of a second at the start, with its point.
fn fraction(value: &str) -> usize {
    let digits = value
        .strip_prefix(['.', ','])
        .map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    if digits == 0 { 0 } else { digits + 1 }
}

impl Parts {
    #[allow(clippy::too_many_lines, reason = "an arm for each element of a layout")]
    fn read<'t>(&mut self, element: Element, value: &'t str, after: &str) -> Read<'t> {
        let ((), rest) = match element {
            Element::LongMonth | Element::Month => {
                let (index, rest) = name(value, &MONTHS, element == Element::Month)?;
                self.month = Some(index + 1);
                ((), rest)
            }
            Element::NumMonth | Element::ZeroMonth => {
                let least = if element == Element::ZeroMonth { 2 } else { 1 };
                let (month, rest) = within(number(value, least, 2)?, 1, 12, "month")?;
                self.month = Some(month);
                ((), rest)
            }
            Element::LongWeekday | Element::Weekday => {
                let (_, rest) = name(value, &DAYS, element == Element::Weekday)?;
                ((), rest)
            }
            Element::Day | Element::UnderDay | Element::ZeroDay => {
                let value = match element {
                    Element::UnderDay => value.strip_prefix(' ').unwrap_or(value),
                    _ => value,
                };
                let (day, rest) =
                    number(value, if element == Element::ZeroDay { 2 } else { 1 }, 2)?;
                self.day = Some(day);
                ((), rest)
            }
            Element::UnderYearDay | Element::ZeroYearDay => {
                let bare = value.trim_start_matches(' ');
                let spaces = value.len() - bare.len();
                if spaces > 2 || (spaces > 0 && element == Element::ZeroYearDay) {
                    return Err(Fault::Text);
                }
                let (day, rest) = number(bare, 3 - spaces, 3 - spaces)?;
                self.year_day = Some(day);
                ((), rest)
            }
            Element::Year => {
                let (year, rest) = number(value, 2, 2)?;
                self.year = if year >= 69 { 1900 + year } else { 2000 + year };
                ((), rest)
            }
            Element::LongYear => {
                let (year, rest) = number(value, 4, 4)?;
                self.year = year;
                ((), rest)
            }
            Element::Hour => {
                let (hour, rest) = within(number(value, 1, 2)?, 0, 23, "hour")?;
                self.hour = hour;
                ((), rest)
            }
            Element::Hour12 | Element::ZeroHour12 => {
                let least = if element == Element::ZeroHour12 { 2 } else { 1 };
                let (hour, rest) = within(number(value, least, 2)?, 0, 12, "hour")?;
                self.hour = hour;
                ((), rest)
            }
            Element::Minute | Element::ZeroMinute => {
                let least = if element == Element::ZeroMinute { 2 } else { 1 };
                let (minute, rest) = within(number(value, least, 2)?, 0, 59, "minute")?;
                self.minute = minute;
                ((), rest)
            }
            Element::Second | Element::ZeroSecond => {
                let least = if element == Element::ZeroSecond { 2 } else { 1 };
                let (second, rest) = within(number(value, least, 2)?, 0, 59, "second")?;
                self.second = second;
                // A fraction may follow even if there is none in the layout.
                let expected = layout::next(after);
                let expected = matches!(expected, Some((_, Element::Fraction { .. }, _, _)));
                let length = if expected { 0 } else { fraction(rest) };
                if length > 0 {
                    self.nanosecond = nanoseconds(&rest[1..length]);
                }
                ((), &rest[length..])
            }
            Element::UpperPm | Element::LowerPm => {
                let (am, pm) =
                    if element == Element::UpperPm { ("AM", "PM") } else { ("am", "pm") };
                let rest = value.strip_prefix(pm).or_else(|| value.strip_prefix(am));
                self.afternoon = Some(value.starts_with(pm));
                ((), rest.ok_or(Fault::Text)?)
            }
            Element::ZoneName => {
                let length = zone_name(value).ok_or(Fault::Text)?;
                let (zone, rest) = value.split_at(length);
                if zone == "UTC" {
                    self.offset = Some(0);
                } else {
                    self.zone = Some(zone.into());
                }
                ((), rest)
            }
            Element::Offset { iso: true, .. } if value.starts_with('Z') => {
                self.offset = Some(0);
                ((), &value[1..])
            }
            Element::Offset { colon, minutes, seconds, .. } => {
                let (offset, rest) = offset(value, colon, minutes, seconds)?;
                self.offset = Some(offset);
                ((), rest)
            }
            Element::Fraction { digits, trim: false, .. } => {
                if fraction(value) < digits + 1 {
                    return Err(Fault::Text);
                }
                self.nanosecond = nanoseconds(&value[1..=digits]);
                ((), &value[digits + 1..])
            }
            Element::Fraction { .. } => {
                let length = fraction(value);
                if length > 0 {
                    self.nanosecond = nanoseconds(&value[1..length]);
                }
                ((), &value[length..])
            }
        };
        Ok(((), rest))
    }

    fn finish(self) -> Result<Time, &'static str> {
        let hour = match (self.afternoon, self.hour) {
            (Some(true), hour) if hour < 12 => hour + 12,
            (Some(false), 12) => 0,
            (_, hour) => hour,
        };
        let date = match self.year_day {
            Some(day) => {
                let date = days(self.year, 1, day).ok_or("year")?;
                let fits = day > 0 && i64::from(date.year()) == self.year;
                if !fits {
                    return Err("day-of-year");
                }
                date
            }
            None => {
                let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
                let date = days(self.year, month, day).ok_or("year")?;
                if day < 1 || i64::from(date.day()) != day {
                    return Err("day");
                }
                date
            }
        };
        let small = |value: i64| i8::try_from(value).unwrap_or(0);
        let nanosecond = i32::try_from(self.nanosecond).unwrap_or(0);
        let clock = Clock::new(small(hour), small(self.minute), small(self.second), nanosecond)
            .map_err(|_| "hour")?;
        let zone = match self.offset {
            None | Some(0) => TimeZone::UTC,
            Some(offset) => {
                TimeZone::fixed(Offset::from_seconds(offset).map_err(|_| "time zone offset")?)
            }
        };
        let zoned = date.to_datetime(clock).to_zoned_datetime(zone).map_err(|_| "year")?;
        Ok(Time::new(zoned, self.zone))
    }
}

/// Reads an offset: a sign, hours, and minutes and seconds if the layout has them.
fn offset(value: &str, colon: bool, minutes: bool, seconds: bool) -> Read<'_, i32> {
    let negative = value.starts_with('-');
    let rest = value.strip_prefix(['-', '+']).ok_or(Fault::Text)?;
    let part = |rest: &'_ str| -> Result<usize, Fault> {
        match colon && !rest.starts_with(':') {
            true => Err(Fault::Text),
            false => Ok(usize::from(colon)),
        }
    };
    let (hours, mut rest) = number(rest, 2, 2)?;
    let mut total = within((hours, ""), 0, 24, "time zone offset hour")?.0 * 3600;
    for (wanted, unit, what) in
        [(minutes, 60, "time zone offset minute"), (seconds, 1, "time zone offset second")]
    {
        if wanted {
            let from = part(rest)?;
            let (count, after) = number(&rest[from..], 2, 2)?;
            total += within((count, ""), 0, 59, what)?.0 * unit;
            rest = after;
        }
    }
    let total = i32::try_from(total).unwrap_or(0);
    Ok((if negative { -total } else { total }, rest))
}

/// Returns the length of the abbreviation of a time zone at the start: three capital letters, four or five that end
/// with `T`, or a sign and hours.
fn zone_name(value: &str) -> Option<usize> {
    if value.starts_with("ChST") || value.starts_with("MeST") || value.starts_with("WITA") {
        return Some(4);
    }
    if let Some(digits) = value.strip_prefix(['+', '-']) {
        let count = digits.bytes().take_while(u8::is_ascii_digit).count();
        return (count == 2).then_some(3);
    }
    let capitals = value.bytes().take(6).take_while(u8::is_ascii_uppercase).count();
    match capitals {
        3 => Some(3),
        4 | 5 if value.as_bytes()[capitals - 1] == b'T' => Some(capitals),
        _ => None,
    }
}

/// Returns the date of a day of a month, counted from 1; it may be after the end of the month.
pub(super) fn days(year: i64, month: i64, day: i64) -> Option<Date> {
    let first = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok()?;
    let after: Span = Span::new().try_days(day - 1).ok()?;
    first.checked_add(after).ok()
}
