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

/// What was read, and the rest of the text.
type Read<'t, T> = Result<(T, &'t str), Fault>;

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
            Ok(rest) => rest,
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

/// Marks a part as known.
fn some<T>((value, rest): (T, &str)) -> (Option<T>, &str) {
    (Some(value), rest)
}

/// Reads one of some names, in upper or lower case; returns its index.
fn name<'t, const N: usize>(value: &'t str, names: [&str; N]) -> Read<'t, i64> {
    for (index, name) in (0..).zip(names) {
        if value.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
            return Ok((index, &value[name.len()..]));
        }
    }
    Err(Fault::Text)
}

/// The short form of the name of a month or a day.
fn short(name: &str) -> &str {
    &name[..3]
}

/// Reads the name of a month; returns its number, from 1.
fn month<'t>(value: &'t str, names: [&str; 12]) -> Read<'t, Option<i64>> {
    let (index, rest) = name(value, names)?;
    Ok((Some(index + 1), rest))
}

/// Reads which half of the day it is; returns whether it is the second one.
fn half<'t>(value: &'t str, am: &str, pm: &str) -> Read<'t, Option<bool>> {
    let rest = value.strip_prefix(pm).or_else(|| value.strip_prefix(am)).ok_or(Fault::Text)?;
    Ok((Some(value.starts_with(pm)), rest))
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
    /// Reads an element at the start of a text; `after` is the layout after it. Returns the rest of the text.
    fn read<'t>(
        &mut self,
        element: Element,
        value: &'t str,
        after: &str,
    ) -> Result<&'t str, Fault> {
        let rest;
        match element {
            Element::LongMonth => (self.month, rest) = month(value, MONTHS)?,
            Element::Month => (self.month, rest) = month(value, MONTHS.map(short))?,
            Element::NumMonth => {
                (self.month, rest) = some(within(number(value, 1, 2)?, 1, 12, "month")?);
            }
            Element::ZeroMonth => {
                (self.month, rest) = some(within(number(value, 2, 2)?, 1, 12, "month")?);
            }
            Element::LongWeekday => (_, rest) = name(value, DAYS)?,
            Element::Weekday => (_, rest) = name(value, DAYS.map(short))?,
            Element::Day => (self.day, rest) = some(number(value, 1, 2)?),
            Element::UnderDay => {
                let value = value.strip_prefix(' ').unwrap_or(value);
                (self.day, rest) = some(number(value, 1, 2)?);
            }
            Element::ZeroDay => (self.day, rest) = some(number(value, 2, 2)?),
            Element::UnderYearDay => {
                let bare = value.trim_start_matches(' ');
                let spaces = value.len() - bare.len();
                let digits = 3_usize.checked_sub(spaces).filter(|digits| *digits > 0);
                let digits = digits.ok_or(Fault::Text)?;
                (self.year_day, rest) = some(number(bare, digits, digits)?);
            }
            Element::ZeroYearDay => (self.year_day, rest) = some(number(value, 3, 3)?),
            Element::Year => {
                let year;
                (year, rest) = number(value, 2, 2)?;
                self.year = if year >= 69 { 1900 + year } else { 2000 + year };
            }
            Element::LongYear => (self.year, rest) = number(value, 4, 4)?,
            Element::Hour => (self.hour, rest) = within(number(value, 1, 2)?, 0, 23, "hour")?,
            Element::Hour12 => (self.hour, rest) = within(number(value, 1, 2)?, 0, 12, "hour")?,
            Element::ZeroHour12 => (self.hour, rest) = within(number(value, 2, 2)?, 0, 12, "hour")?,
            Element::Minute => (self.minute, rest) = within(number(value, 1, 2)?, 0, 59, "minute")?,
            Element::ZeroMinute => {
                (self.minute, rest) = within(number(value, 2, 2)?, 0, 59, "minute")?;
            }
            Element::Second => rest = self.second(number(value, 1, 2)?, after)?,
            Element::ZeroSecond => rest = self.second(number(value, 2, 2)?, after)?,
            Element::UpperPm => (self.afternoon, rest) = half(value, "AM", "PM")?,
            Element::LowerPm => (self.afternoon, rest) = half(value, "am", "pm")?,
            Element::ZoneName => {
                let zone;
                (zone, rest) = value.split_at(zone_name(value).ok_or(Fault::Text)?);
                if zone == "UTC" {
                    self.offset = Some(0);
                } else {
                    self.zone = Some(zone.into());
                }
            }
            Element::Offset { iso: true, .. } if value.starts_with('Z') => {
                (self.offset, rest) = (Some(0), &value[1..]);
            }
            Element::Offset { colon, minutes, seconds, .. } => {
                (self.offset, rest) = some(offset(value, colon, minutes, seconds)?);
            }
            Element::Fraction { digits, trim: false, .. } => {
                if fraction(value) < digits + 1 {
                    return Err(Fault::Text);
                }
                self.nanosecond = nanoseconds(&value[1..=digits]);
                rest = &value[digits + 1..];
            }
            Element::Fraction { .. } => rest = self.any_fraction(value),
        }
        Ok(rest)
    }

    /// Takes a number of seconds. A fraction may follow even if there is none in the layout.
    fn second<'t>(&mut self, read: (i64, &'t str), after: &str) -> Result<&'t str, Fault> {
        let (second, rest) = within(read, 0, 59, "second")?;
        self.second = second;
        let has_own = matches!(layout::next(after), Some((_, Element::Fraction { .. }, _, _)));
        Ok(if has_own { rest } else { self.any_fraction(rest) })
    }

    /// Reads the fraction of a second at the start of a text, if there is one.
    fn any_fraction<'t>(&mut self, value: &'t str) -> &'t str {
        let length = fraction(value);
        if length > 0 {
            self.nanosecond = nanoseconds(&value[1..length]);
        }
        &value[length..]
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
