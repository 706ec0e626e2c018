//! Dates in TOML, as in Helm's library: times, in which the name of the time zone tells what is not written.

use jiff::civil::{Date, Time as Clock};
use jiff::tz::{Offset, TimeZone};
use toml::value::{Datetime, Offset as Written};

use super::DATE;
use super::format::format;
use super::time::{RFC_3339, Time};
use crate::helm::origin::OriginId;
use crate::helm::value::Value;

const LOCAL_DATE: &str = "date-local";
const LOCAL_DATETIME: &str = "datetime-local";
const LOCAL_TIME: &str = "time-local";

/// Converts a date to a value; `None` if there is no such date.
pub(in crate::helm::function) fn read(date: &Datetime, origin: OriginId) -> Option<Value> {
    let (zone, name) = match (date.offset, date.date, date.time) {
        (Some(Written::Z), ..) => (TimeZone::UTC, None),
        (Some(Written::Custom { minutes }), ..) => {
            let offset = Offset::from_seconds(i32::from(minutes) * 60).ok()?;
            (TimeZone::fixed(offset), None)
        }
        (None, Some(_), Some(_)) => (TimeZone::UTC, Some(LOCAL_DATETIME)),
        (None, Some(_), None) => (TimeZone::UTC, Some(LOCAL_DATE)),
        (None, None, _) => (TimeZone::UTC, Some(LOCAL_TIME)),
    };
    let day = match date.date {
        Some(day) => Date::new(
            day.year.try_into().ok()?,
            day.month.try_into().ok()?,
            day.day.try_into().ok()?,
        )
        .ok()?,
        None => Date::constant(0, 1, 1),
    };
    let clock = match date.time {
        Some(time) => Clock::new(
            time.hour.try_into().ok()?,
            time.minute.try_into().ok()?,
            time.second.unwrap_or(0).try_into().ok()?,
            time.nanosecond.unwrap_or(0).try_into().ok()?,
        )
        .ok()?,
        None => Clock::midnight(),
    };
    let zoned = day.to_datetime(clock).to_zoned_datetime(zone).ok()?;
    Some(Time::new(zoned, name.map(Into::into)).into_value(origin))
}

/// Formats a time as in TOML; `None` if the value is not a time.
pub(in crate::helm::function) fn written(value: &Value) -> Option<String> {
    let time = Time::of(value)?;
    let layout = match &*time.zone_name() {
        LOCAL_DATE => DATE,
        LOCAL_DATETIME => "2006-01-02T15:04:05.999999999",
        LOCAL_TIME => "15:04:05.999999999",
        _ => RFC_3339,
    };
    Some(format(time, layout))
}
