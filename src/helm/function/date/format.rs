//! Formats times as Go's `Time.Format` does.

use std::fmt::Write;

use super::layout::{self, DAYS, Element, MONTHS};
use super::time::Time;

/// Formats a time in its time zone by a layout.
pub(super) fn format(time: &Time, layout: &str) -> String {
    let mut out = String::with_capacity(layout.len() + 10);
    let mut rest = layout;
    while let Some((before, element, _, after)) = layout::next(rest) {
        out.push_str(before);
        write(&mut out, time, element).unwrap_or_default();
        rest = after;
    }
    out.push_str(rest);
    out
}

fn write(out: &mut String, time: &Time, element: Element) -> std::fmt::Result {
    let at = &time.zoned;
    let hour12 = match at.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let month = MONTHS[usize::from(at.month().unsigned_abs() - 1)];
    let day = DAYS[usize::from(at.weekday().to_sunday_zero_offset().unsigned_abs())];
    match element {
        Element::LongMonth => out.write_str(month),
        Element::Month => out.write_str(&month[..3]),
        Element::NumMonth => write!(out, "{}", at.month()),
        Element::ZeroMonth => write!(out, "{:02}", at.month()),
        Element::LongWeekday => out.write_str(day),
        Element::Weekday => out.write_str(&day[..3]),
        Element::Day => write!(out, "{}", at.day()),
        Element::UnderDay => write!(out, "{:2}", at.day()),
        Element::ZeroDay => write!(out, "{:02}", at.day()),
        Element::UnderYearDay => write!(out, "{:3}", at.day_of_year()),
        Element::ZeroYearDay => write!(out, "{:03}", at.day_of_year()),
        Element::Hour => write!(out, "{:02}", at.hour()),
        Element::Hour12 => write!(out, "{hour12}"),
        Element::ZeroHour12 => write!(out, "{hour12:02}"),
        Element::Minute => write!(out, "{}", at.minute()),
        Element::ZeroMinute => write!(out, "{:02}", at.minute()),
        Element::Second => write!(out, "{}", at.second()),
        Element::ZeroSecond => write!(out, "{:02}", at.second()),
        Element::LongYear if at.year() < 0 => write!(out, "-{:04}", at.year().unsigned_abs()),
        Element::LongYear => write!(out, "{:04}", at.year()),
        Element::Year => write!(out, "{:02}", at.year().unsigned_abs() % 100),
        Element::UpperPm => out.write_str(if at.hour() >= 12 { "PM" } else { "AM" }),
        Element::LowerPm => out.write_str(if at.hour() >= 12 { "pm" } else { "am" }),
        Element::ZoneName => out.write_str(&time.zone_name()),
        Element::Offset { iso, colon, minutes, seconds } => {
            let offset = at.offset().seconds();
            if iso && offset == 0 {
                return out.write_str("Z");
            }
            let colon = if colon { ":" } else { "" };
            let size = offset.unsigned_abs();
            let sign = if offset < 0 { '-' } else { '+' };
            write!(out, "{sign}{:02}", size / 3600)?;
            if minutes {
                write!(out, "{colon}{:02}", size / 60 % 60)?;
            }
            if seconds {
                write!(out, "{colon}{:02}", size % 60)?;
            }
            Ok(())
        }
        Element::Fraction { separator, digits, trim } => {
            let all = format!("{:09}", at.subsec_nanosecond());
            let shown = &all[..digits.min(9)];
            let shown = if trim { shown.trim_end_matches('0') } else { shown };
            match shown {
                "" => Ok(()),
                _ => write!(out, "{separator}{shown}"),
            }
        }
    }
}
