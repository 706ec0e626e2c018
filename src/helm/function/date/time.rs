//! Go's `time.Time` as a value.

use std::any::Any;
use std::rc::Rc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, ZonedDateTime};

use super::duration::Duration;
use super::layout::{DAYS, MONTHS};
use super::{format, parse, timestamp};
use crate::helm::call::{any, int, text};
use crate::helm::origin::{OriginId, Origins};
use crate::helm::value::{Data, Object, Value};

/// Go's `time.RFC3339Nano`.
pub(super) const RFC_3339: &str = "2006-01-02T15:04:05.999999999Z07:00";

/// A time in a time zone.
#[derive(Debug, Clone)]
pub(super) struct Time {
    pub(super) zoned: ZonedDateTime,
    /// The name of the zone, if only its offset is known.
    name: Option<Rc<str>>,
    origin: OriginId,
}

impl Time {
    pub(super) fn new(zoned: ZonedDateTime, name: Option<Rc<str>>) -> Self {
        Self { zoned, name, origin: OriginId::NONE }
    }

    /// The time some seconds and nanoseconds after 1970, in UTC.
    pub(super) fn at(seconds: i64, nanoseconds: i32) -> Self {
        Self::new(timestamp(seconds, nanoseconds).to_zoned_datetime(TimeZone::UTC), None)
    }

    /// Go's zero time: the start of the year 1.
    pub(super) fn zero() -> Self {
        Self::at(parse::ZERO, 0)
    }

    /// Returns the time in a value.
    pub(super) fn of(value: &Value) -> Option<&Self> {
        match &value.data {
            Data::Object(object) => object.as_any().downcast_ref(),
            _ => None,
        }
    }

    pub(super) fn into_value(mut self, origin: OriginId) -> Value {
        self.origin = origin;
        Value::new(Data::Object(Rc::new(self)), origin)
    }

    pub(super) fn in_zone(&self, zone: TimeZone) -> Self {
        Self { zoned: self.zoned.with_time_zone(zone), name: None, origin: self.origin }
    }

    pub(super) fn seconds(&self) -> i64 {
        self.zoned.timestamp().as_second()
    }

    /// The nanoseconds since another time, or the nearest number in 64 bits.
    pub(super) fn since(&self, other: &Self) -> i64 {
        let own = self.zoned.timestamp().as_nanosecond();
        let since = own - other.zoned.timestamp().as_nanosecond();
        i64::try_from(since).unwrap_or(if since < 0 { i64::MIN } else { i64::MAX })
    }

    /// The time some nanoseconds later.
    pub(super) fn add(&self, nanoseconds: i64) -> Self {
        let by = SignedDuration::from_nanos(nanoseconds);
        let moved = self.zoned.timestamp().checked_add(by);
        let zone = self.zoned.time_zone().clone();
        match moved {
            Ok(moved) => Self { zoned: moved.to_zoned_datetime(zone), ..self.clone() },
            Err(_) => self.clone(),
        }
    }

    /// The time some years, months and days later; as in Go, an overflow is carried: a month after January 31 is March
    /// 2 or 3.
    fn add_date(&self, years: i64, months: i64, days: i64) -> Self {
        let at = self.zoned.datetime();
        let month = i64::from(at.month()) - 1 + months;
        let year = i64::from(at.year()) + years + month.div_euclid(12);
        let moved = parse::days(year, month.rem_euclid(12) + 1, i64::from(at.day()) + days)
            .and_then(|date| {
                date.to_datetime(at.time()).to_zoned_datetime(self.zoned.time_zone().clone()).ok()
            });
        match moved {
            Some(zoned) => Self { zoned, ..self.clone() },
            None => self.clone(),
        }
    }

    /// The abbreviation of the time zone, or its offset if there is none.
    pub(super) fn zone_name(&self) -> String {
        if let Some(name) = &self.name {
            return name.to_string();
        }
        let zone = self.zoned.time_zone();
        let offset = self.zoned.offset().seconds();
        if zone.to_fixed_offset().is_ok() && offset != 0 {
            let sign = if offset < 0 { '-' } else { '+' };
            let size = offset.unsigned_abs() / 60;
            return format!("{sign}{:02}{:02}", size / 60, size % 60);
        }
        zone.to_offset_info(self.zoned.timestamp()).abbreviation().to_owned()
    }

    /// The nanoseconds since the last multiple of a duration, counted from the zero time.
    fn truncate(&self, unit: i64) -> i64 {
        let since =
            self.zoned.timestamp().as_nanosecond() - i128::from(parse::ZERO) * 1_000_000_000;
        i64::try_from(since.rem_euclid(i128::from(unit.max(1)))).unwrap_or(0)
    }
}

/// Returns a `time.Duration`, or a number, for which Go accepts a constant.
fn length(args: &[Value], index: usize) -> Result<i64, String> {
    let value = any(args, index)?;
    match &value.data {
        Data::Object(object) => match object.as_any().downcast_ref::<Duration>() {
            Some(duration) => Ok(duration.nanoseconds),
            None => Err(format!(
                "wrong type for value; expected time.Duration; got {}",
                value.type_name()
            )),
        },
        _ => int(args, index),
    }
}

impl Object for Time {
    fn type_name(&self) -> &'static str {
        "time.Time"
    }

    fn call(&self, name: &str, args: &[Value], origins: &Origins) -> Option<Result<Value, String>> {
        let at = &self.zoned;
        let stamp = at.timestamp();
        let given = args.iter().fold(self.origin, |all, value| {
            origins.union(all, origins.derived(value.deep_origin(origins)))
        });
        let number = |value: i64| Ok(Value::new(Data::Int(value), given));
        let word = |text: &str| Ok(Value::str(text, given));
        let moved = |time: Self| Ok(time.into_value(given));
        let test = |test: fn(std::cmp::Ordering) -> bool| {
            let other = super::time(args, 0)?;
            Ok(Value::bool(test(stamp.cmp(&other.zoned.timestamp())), given))
        };
        Some(match name {
            "Format" => text(args, 0)
                .map(|layout| Value::str(&format::format(self, layout.as_str()), given)),
            "Year" => number(at.year().into()),
            // In Go this is a number that is printed as a name.
            "Month" => word(MONTHS[usize::from(at.month().unsigned_abs() - 1)]),
            "Weekday" => {
                word(DAYS[usize::from(at.weekday().to_sunday_zero_offset().unsigned_abs())])
            }
            "Day" => number(at.day().into()),
            "YearDay" => number(at.day_of_year().into()),
            "Hour" => number(at.hour().into()),
            "Minute" => number(at.minute().into()),
            "Second" => number(at.second().into()),
            "Nanosecond" => number(at.subsec_nanosecond().into()),
            "Unix" => number(narrow(stamp.as_nanosecond().div_euclid(1_000_000_000))),
            "UnixMilli" => number(narrow(stamp.as_nanosecond().div_euclid(1_000_000))),
            "UnixMicro" => number(narrow(stamp.as_nanosecond().div_euclid(1_000))),
            "UnixNano" => number(narrow(stamp.as_nanosecond())),
            "UTC" | "Local" => moved(self.in_zone(TimeZone::UTC)),
            "Location" => word(at.time_zone().iana_name().unwrap_or_default()),
            "IsZero" => Ok(Value::bool(
                stamp.as_nanosecond() == Self::zero().zoned.timestamp().as_nanosecond(),
                given,
            )),
            "IsDST" => Ok(Value::bool(at.time_zone().to_offset_info(stamp).dst().is_dst(), given)),
            "String" => word(&self.print()),
            "Add" => length(args, 0).and_then(|by| moved(self.add(by))),
            "AddDate" => int(args, 0)
                .and_then(|years| moved(self.add_date(years, int(args, 1)?, int(args, 2)?))),
            "Sub" => super::time(args, 0).map(|other| {
                let length = Duration { nanoseconds: self.since(other), origin: given };
                Value::new(Data::Object(Rc::new(length)), given)
            }),
            "Truncate" => length(args, 0).and_then(|unit| moved(self.add(-self.truncate(unit)))),
            "Round" => length(args, 0).and_then(|unit| {
                let rest = self.truncate(unit);
                let up = rest >= unit - rest && unit > 0;
                moved(self.add(if up { unit - rest } else { -rest }))
            }),
            "Before" => test(std::cmp::Ordering::is_lt),
            "After" => test(std::cmp::Ordering::is_gt),
            "Equal" => test(std::cmp::Ordering::is_eq),
            "Compare" => super::time(args, 0)
                .and_then(|other| number(stamp.cmp(&other.zoned.timestamp()) as i64)),
            _ => return None,
        })
    }

    fn print(&self) -> String {
        format::format(self, "2006-01-02 15:04:05.999999999 -0700 MST")
    }

    fn encoded(&self, origin: OriginId) -> Value {
        Value::str(&format::format(self, RFC_3339), origin)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Converts to 64 bits, as Go's times have.
fn narrow(count: i128) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
