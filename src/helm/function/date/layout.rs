//! Layouts, which are written by Go's reference time, Mon Jan 2 15:04:05 MST 2006.
//!
//! Mirrors `time/format.go`.

/// An element of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperPm,
    LowerPm,
    /// `MST`.
    ZoneName,
    /// A numeric offset; with `iso`, UTC is `Z`.
    Offset {
        iso: bool,
        colon: bool,
        minutes: bool,
        seconds: bool,
    },
    /// A fraction of a second after its point or comma; with `trim`, without trailing zeros.
    Fraction {
        separator: char,
        digits: usize,
        trim: bool,
    },
}

/// Splits a layout at its first element: returns the text before it, the element, its text, and the rest.
pub(super) fn next(layout: &str) -> Option<(&str, Element, &str, &str)> {
    for (at, c) in layout.char_indices() {
        let rest = &layout[at..];
        if let Some((element, skip, length)) = element(c, rest) {
            let (start, end) = (at + skip, at + skip + length);
            return Some((&layout[..start], element, &layout[start..end], &layout[end..]));
        }
    }
    None
}

/// Returns the element at the start of a text, with the byte offset of its start and its length.
fn element(c: char, rest: &str) -> Option<(Element, usize, usize)> {
    use Element as E;
    let names = |known: &str, long: &str, longer: E, short: E| {
        if rest.starts_with(long) {
            Some((longer, 0, long.len()))
        } else {
            let after = rest.strip_prefix(known)?;
            (!after.starts_with(|c: char| c.is_ascii_lowercase())).then_some((short, 0, 3))
        }
    };
    let first = |known: &[(&str, E)]| {
        let found = known.iter().find(|(text, _)| rest.starts_with(text));
        found.map(|(text, element)| (*element, 0, text.len()))
    };
    match c {
        'J' => names("Jan", "January", E::LongMonth, E::Month),
        'M' => names("Mon", "Monday", E::LongWeekday, E::Weekday)
            .or_else(|| first(&[("MST", E::ZoneName)])),
        '0' => first(&[
            ("01", E::ZeroMonth),
            ("02", E::ZeroDay),
            ("03", E::ZeroHour12),
            ("04", E::ZeroMinute),
            ("05", E::ZeroSecond),
            ("06", E::Year),
            ("002", E::ZeroYearDay),
        ]),
        '1' => first(&[("15", E::Hour), ("1", E::NumMonth)]),
        '2' => first(&[("2006", E::LongYear), ("2", E::Day)]),
        '_' if rest.starts_with("_2006") => Some((E::LongYear, 1, 4)),
        '_' => first(&[("_2", E::UnderDay), ("__2", E::UnderYearDay)]),
        '3' => Some((E::Hour12, 0, 1)),
        '4' => Some((E::Minute, 0, 1)),
        '5' => Some((E::Second, 0, 1)),
        'P' => first(&[("PM", E::UpperPm)]),
        'p' => first(&[("pm", E::LowerPm)]),
        '-' | 'Z' => {
            let iso = c == 'Z';
            let found = [
                ("070000", false, true, true),
                ("07:00:00", true, true, true),
                ("0700", false, true, false),
                ("07:00", true, true, false),
                ("07", false, false, false),
            ]
            .into_iter()
            .find(|(text, ..)| rest[1..].starts_with(text));
            found.map(|(text, colon, minutes, seconds)| {
                (E::Offset { iso, colon, minutes, seconds }, 0, text.len() + 1)
            })
        }
        '.' | ',' => {
            let digit = rest[1..].chars().next().filter(|c| matches!(c, '0' | '9'))?;
            let digits = rest[1..].bytes().take_while(|b| char::from(*b) == digit).count();
            let after = rest.as_bytes().get(1 + digits).is_some_and(u8::is_ascii_digit);
            let element = E::Fraction { separator: c, digits, trim: digit == '9' };
            (!after).then_some((element, 0, digits + 1))
        }
        _ => None,
    }
}

/// The names of the months, January first.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The names of the days, Sunday first.
pub(super) const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
