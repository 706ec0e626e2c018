//! Functions for rules that parse texts in special notations: durations, schedules, addresses, versions, patterns.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use cel::common::types::CelString;
use cel::common::value::Val;
use cel::{Context, ExecutionError, FunctionContext, Value};
use foldhash::fast::RandomState;
use regex::Regex;
use thread_local::ThreadLocal;

use super::function::argument;
use crate::helm::function::{constraint_fault, fits};
use crate::kube::time_zone;

/// Adds the functions to a root context.
pub(super) fn register(context: &mut Context<'_, '_>) {
    let clash = "invariant: these names are not CEL's own";
    context.add_function("find", find).expect(clash);
    context.add_function("matches", matches).expect(clash);
    context.add_function("seconds", seconds).expect(clash);
    context.add_function("cronFault", cron_fault).expect(clash);
    context.add_function("cronPeriod", cron_period).expect(clash);
    context.add_function("timeZone", zone).expect(clash);
    context.add_function("inNetwork", in_network).expect(clash);
    context.add_function("isIP", is_ip).expect(clash);
    context.add_function("isCIDR", is_cidr).expect(clash);
    context.add_function("compareVersions", compare_versions).expect(clash);
    context.add_function("versionForm", version_form).expect(clash);
    context.add_function("isConstraint", is_constraint).expect(clash);
    context.add_function("satisfies", satisfies).expect(clash);
}

/// Compiled patterns; `None` for a text that is not a valid pattern.
type Patterns = HashMap<String, Option<Regex>, RandomState>;

thread_local! {
    /// The patterns are those in rules, so there are few. Compiling one takes longer than using it a thousand times.
    static PATTERNS: RefCell<Patterns> = RefCell::default();
}

/// `find(text, pattern)`: the first match of the pattern, or `""`.
fn find(context: &FunctionContext<'_, '_>) -> Result<Value, ExecutionError> {
    let (text, pattern) = (argument(context, 0)?, argument(context, 1)?);
    let found =
        first_match(&text, &pattern).ok_or_else(|| context.error("the pattern is not valid"))?;
    Ok(Value::String(Arc::new(found.to_owned())))
}

/// The first match of a pattern in a text, or `""`; `None` if the pattern is not valid.
pub(super) fn first_match<'t>(text: &'t str, pattern: &str) -> Option<&'t str> {
    with_pattern(pattern, |regex| regex.find(text).map_or("", |found| found.as_str()))
}

fn word<'v>(value: &'v (dyn Val + '_)) -> Option<&'v str> {
    value.downcast_ref::<CelString>().map(CelString::inner)
}

/// `text.matches(pattern)` as in CEL, with the pattern kept compiled.
fn matches(context: &FunctionContext<'_, '_>) -> Result<bool, ExecutionError> {
    let given = |at: usize| context.args.get(at).and_then(|value| word(value.as_ref()));
    let (text, pattern) = match &context.this {
        Some(this) => (word(this.as_ref()), given(0)),
        None => (given(0), given(1)),
    };
    let (Some(text), Some(pattern)) = (text, pattern) else {
        return Err(context.error("a text and a pattern are needed"));
    };
    is_match(text, pattern).ok_or_else(|| context.error("the pattern is not valid"))
}

/// Whether a text contains a match of a pattern; `None` if the pattern is not valid.
pub(super) fn is_match(text: &str, pattern: &str) -> Option<bool> {
    with_pattern(pattern, |regex| regex.is_match(text))
}

/// A literal pattern in a rule. It is compiled when it is first used, and not looked up each time.
#[derive(Debug)]
pub(super) struct Pattern {
    source: Box<str>,
    compiled: ThreadLocal<Option<Regex>>,
}

impl Clone for Pattern {
    fn clone(&self) -> Self {
        Self::new(&self.source)
    }
}

impl Pattern {
    /// Creates a pattern without compiling it.
    pub(super) fn new(source: &str) -> Self {
        Self { source: source.into(), compiled: ThreadLocal::new() }
    }

    /// Whether a text contains a match; `None` if the pattern is not valid.
    pub(super) fn is_match(&self, text: &str) -> Option<bool> {
        let regex = self.compiled.get_or(|| compiled(&self.source));
        regex.as_ref().map(|regex| regex.is_match(text))
    }
}

fn with_pattern<R>(pattern: &str, look: impl FnOnce(&Regex) -> R) -> Option<R> {
    PATTERNS.with_borrow_mut(|patterns| {
        if let Some(known) = patterns.get(pattern) {
            return known.as_ref().map(look);
        }
        let made = patterns.entry(pattern.to_owned()).or_insert_with(|| compiled(pattern));
        made.as_ref().map(look)
    })
}

/// A compiled pattern for this thread; it is compiled once for all threads.
fn compiled(pattern: &str) -> Option<Regex> {
    static COMPILED: LazyLock<Mutex<Patterns>> = LazyLock::new(Mutex::default);
    let mut known = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.get(pattern) {
        return known.clone();
    }
    let made = Regex::new(pattern).ok();
    known.insert(pattern.to_owned(), made.clone());
    made
}

/// `seconds("1h30m")`: a Go duration in seconds.
fn seconds(context: &FunctionContext<'_, '_>) -> Result<f64, ExecutionError> {
    let text = argument(context, 0)?;
    duration(&text).ok_or_else(|| context.error(format!("`{text}` is not a duration")))
}

/// Reads a duration as Go's `time.ParseDuration` does, in seconds.
fn duration(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    let mut sum = 0.0;
    loop {
        let end = rest.find(|char: char| !char.is_ascii_digit() && char != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let tail = &rest[end..];
        let stop = tail.find(|char: char| char.is_ascii_digit() || char == '.');
        let (unit, next) = tail.split_at(stop.unwrap_or(tail.len()));
        sum += number
            * match unit {
                "ns" => 1e-9,
                "us" | "µs" | "μs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return None,
            };
        if next.is_empty() {
            return Some(sign * sum);
        }
        rest = next;
    }
}

/// `cronFault("0 3 * * *")`: the error in a schedule, or `""`.
fn cron_fault(context: &FunctionContext<'_, '_>) -> Result<Value, ExecutionError> {
    let fault = schedule_fault(&argument(context, 0)?).unwrap_or_default();
    Ok(Value::String(Arc::new(fault)))
}

/// `cronPeriod("*/10 * * * *")`: the shortest time between two runs, in seconds.
fn cron_period(context: &FunctionContext<'_, '_>) -> Result<f64, ExecutionError> {
    let text = argument(context, 0)?;
    period(&text).ok_or_else(|| context.error(format!("`{text}` is not a schedule")))
}

/// `timeZone(x)`: `x` if it is a time zone, or else the time zone with the most similar name, or `""`.
fn zone(context: &FunctionContext<'_, '_>) -> Result<Value, ExecutionError> {
    let meant = time_zone(&argument(context, 0)?).unwrap_or_default();
    Ok(Value::String(Arc::new(meant.to_owned())))
}

const DAY: u32 = 24 * 60;

fn period(text: &str) -> Option<f64> {
    if let Some(word) = text.strip_prefix('@') {
        let days = match word {
            "hourly" => return Some(3600.0),
            "daily" | "midnight" => 1.0,
            "weekly" => 7.0,
            "monthly" => 28.0,
            "yearly" | "annually" => 365.0,
            _ => return duration(word.strip_prefix("every ")?),
        };
        return Some(days * 86_400.0);
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [minute, hour, ..] = fields[..] else {
        return None;
    };
    let minutes = values(minute, 0, 59, &[])?;
    let hours = values(hour, 0, 23, &[])?;
    let runs: Vec<u32> = hours
        .iter()
        .flat_map(|hour| minutes.iter().map(move |minute| hour * 60 + minute))
        .collect();
    // The days of the schedule can only make the time between runs on different days longer.
    let overnight = DAY + runs.first()? - runs.last()?;
    let shortest = runs.windows(2).map(|pair| pair[1] - pair[0]).chain([overnight]).min()?;
    Some(f64::from(shortest) * 60.0)
}

const MONTHS: &[&str] =
    &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/// The most days of each month, January first.
const LENGTHS: &[u32] = &[31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// The error in a schedule as the `CronJob` controller reads it: five fields of robfig/cron's standard parser, or one
/// of its `@` words. `None` if it is valid.
fn schedule_fault(text: &str) -> Option<String> {
    if let Some(word) = text.strip_prefix('@') {
        if let Some(every) = word.strip_prefix("every ") {
            return duration(every).is_none().then(|| format!("`{every}` is not a duration"));
        }
        let known = ["yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly"]
            .contains(&word);
        return (!known).then(|| format!("`@{word}` is not a schedule"));
    }
    if text.starts_with("TZ=") || text.starts_with("CRON_TZ=") {
        return Some("a time zone belongs in `timeZone`".to_owned());
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else {
        return Some(format!("a schedule has five fields, this one {}", fields.len()));
    };
    let read = |name: &str, field: &str, low, high, words: &[&str]| {
        let read = values(field, low, high, words)
            .ok_or_else(|| format!("`{field}` is not {name} ({low} to {high})"))?;
        // The API accepts it, but there is no time that fits.
        if read.is_empty() { Err(format!("`{field}` does not name {name}")) } else { Ok(read) }
    };
    let all = || {
        read("a minute", minute, 0, 59, &[])?;
        read("an hour", hour, 0, 23, &[])?;
        let days = read("a day of the month", day, 1, 31, &[])?;
        let months = read("a month", month, 1, 12, MONTHS)?;
        read("a day of the week", weekday, 0, 6, DAYS)?;
        let possible = |month: &u32| {
            let length = usize::try_from(*month).ok().and_then(|at| LENGTHS.get(at - 1));
            days.iter().any(|day| length.is_some_and(|length| day <= length))
        };
        // If there is also a day of the week, either of the two is enough.
        if matches!(*weekday, "*" | "?") && !months.iter().any(possible) {
            return Err(format!("no such month has a day {day}: it never runs"));
        }
        Ok(())
    };
    all().err()
}

/// The values that a field matches, ascending; `None` if it is malformed.
fn values(field: &str, low: u32, high: u32, words: &[&str]) -> Option<Vec<u32>> {
    let number = |text: &str| {
        let lower = text.to_ascii_lowercase();
        let word = words.iter().position(|word| *word == lower);
        match word {
            Some(at) => Some(u32::try_from(at).ok()? + low),
            None => text.parse().ok(),
        }
    };
    let mut found = Vec::new();
    // As in robfig/cron's `getField`, empty parts count for nothing.
    for part in field.split(',').filter(|part| !part.is_empty()) {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<u32>().ok()?)),
            None => (part, None),
        };
        let (from, to) = match range.split('-').next() {
            // Whatever follows after a hyphen is not looked at.
            Some("*" | "?") => (low, high),
            _ => match range.split_once('-') {
                Some((from, to)) => (number(from)?, number(to)?),
                None if step.is_some() => (number(range)?, high),
                None => (number(range)?, number(range)?),
            },
        };
        let step = step.unwrap_or(1);
        if from < low || to > high || from > to || step == 0 {
            return None;
        }
        found.extend((from..=to).step_by(usize::try_from(step).ok()?));
    }
    found.sort_unstable();
    Some(found)
}

/// `inNetwork(ip, cidr)`: whether an address is in a network; false if either is malformed.
fn in_network(context: &FunctionContext<'_, '_>) -> Result<bool, ExecutionError> {
    let address = argument(context, 0)?.parse::<IpAddr>();
    let network = argument(context, 1)?.parse::<ipnet::IpNet>();
    Ok(matches!((address, network), (Ok(address), Ok(network)) if network.contains(&address)))
}

/// `isIP(x)`: whether a text is an IP address.
fn is_ip(context: &FunctionContext<'_, '_>) -> bool {
    argument(context, 0).is_ok_and(|text| text.parse::<IpAddr>().is_ok())
}

/// `isCIDR(x)`: whether a text is a network in CIDR notation.
fn is_cidr(context: &FunctionContext<'_, '_>) -> bool {
    argument(context, 0).is_ok_and(|text| text.parse::<ipnet::IpNet>().is_ok())
}

/// `compareVersions(a, b)`: -1, 0 or 1, as `a` is lower than, equal to or higher than `b`.
fn compare_versions(context: &FunctionContext<'_, '_>) -> Result<i64, ExecutionError> {
    let (one, other) = (argument(context, 0)?, argument(context, 1)?);
    match (version(&one), version(&other)) {
        (Some(one), Some(other)) => Ok(match one.cmp(&other) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }),
        _ => Err(context.error("one of the two is not a version")),
    }
}

/// `versionForm(text)`: `semver` for a semantic version, `short` for another text that Helm reads as a version (`1.2`,
/// `v1.2.3`), and `""` for anything else.
fn version_form(context: &FunctionContext<'_, '_>) -> Result<Value, ExecutionError> {
    let text = argument(context, 0)?;
    let form = match (semver::Version::parse(&text), constraint_fault(">=0-0", &text)) {
        (Ok(_), _) => "semver",
        (Err(_), None) => "short",
        (Err(_), Some(_)) => "",
    };
    Ok(Value::String(Arc::new(form.to_owned())))
}

/// `isConstraint(text)`: whether Helm reads a text as a range of versions.
fn is_constraint(context: &FunctionContext<'_, '_>) -> Result<bool, ExecutionError> {
    Ok(constraint_fault(&argument(context, 0)?, "1.0.0").is_none())
}

/// `satisfies(version, constraint)`: whether a version is in a range, as Helm determines it; an error if either is
/// malformed.
fn satisfies(context: &FunctionContext<'_, '_>) -> Result<bool, ExecutionError> {
    let (version, constraint) = (argument(context, 0)?, argument(context, 1)?);
    match constraint_fault(&constraint, &version) {
        None => Ok(fits(&constraint, &version)),
        Some(fault) => Err(context.error(fault)),
    }
}

/// Reads a version in a loose notation: with a leading `v`, or without the minor and patch versions.
fn version(text: &str) -> Option<semver::Version> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, rest) = text.split_at(end);
    let missing = 2_usize.saturating_sub(numbers.matches('.').count());
    semver::Version::parse(&format!("{numbers}{}{rest}", ".0".repeat(missing))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::float_cmp, reason = "these sums are exact in floating point")]
    fn durations_are_gos() {
        assert_eq!(duration("1h30m"), Some(5400.0));
        assert_eq!(duration("-1.5s"), Some(-1.5));
        assert_eq!(duration("0"), Some(0.0));
        for wrong in ["", "5", "1 h", "h", "1d"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn schedules_have_five_fields_in_their_bounds() {
        for right in ["0 3 * * *", "*/5 8-18 * JAN-mar mon", "@daily", "@every 1h", "0 0 29 2 *"] {
            assert_eq!(schedule_fault(right), None, "{right}");
        }
        for wrong in
            ["", "* * * *", "60 * * * *", "0 0 31 2 *", "@nightly", "5-1 * * * *", "a * * * *"]
        {
            assert!(schedule_fault(wrong).is_some(), "{wrong}");
        }
        assert_eq!(schedule_fault("0 0 31 2 1"), None, "the weekday is enough");
        // Kubernetes reads them with robfig/cron, for which an empty part of a list is none.
        for odd in ["1,,2 * * * *", ",5 * * * *", "* * *-3 * *"] {
            assert_eq!(schedule_fault(odd), None, "{odd}");
        }
        assert_eq!(schedule_fault("* , * * *").as_deref(), Some("`,` does not name an hour"));
    }

    #[test]
    fn versions_may_be_short() {
        assert!(version("v1.9") < version("1.10.0"));
        assert!(version("1.2.0-rc.1") < version("1.2"));
        assert_eq!(version("latest"), None);
    }
}
