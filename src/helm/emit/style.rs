//! Chooses the style in which a text is written in YAML, and escapes characters.
//!
//! Mirrors `yaml_emitter_analyze_scalar`, `isBase60Float` and the resolver of go.yaml.in/yaml/v2
//! 2.4.

use crate::yaml::{Scalar, resolve_plain};

/// The style of a scalar.
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// What a text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A key that stands before its colon in one line (libyaml's `simple_key_context`).
    SimpleKey,
    /// A value, or a key after `?`.
    Value,
}

impl Style {
    /// The style that the emitter chooses for a text.
    pub(super) fn of(text: &str, role: Role) -> Self {
        let allowed = Allowed::of(text);
        if text.contains('\n') {
            return match role {
                Role::Value if allowed.block => Self::Literal,
                _ => Self::Double,
            };
        }
        match is_plain(text) {
            false => Self::Double,
            true if allowed.plain => Self::Plain,
            true if allowed.single => Self::Single,
            true => Self::Double,
        }
    }
}

/// The result of `yaml_emitter_analyze_scalar`.
struct Allowed {
    plain: bool,
    single: bool,
    block: bool,
}

impl Allowed {
    fn of(text: &str) -> Self {
        let mut allowed = Self { plain: true, single: true, block: true };
        let (mut before_space, mut before_break, mut blank_before) = (false, false, true);
        if text.starts_with("---") || text.starts_with("...") {
            allowed.plain = false;
        }
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            let next = chars.peek().copied();
            let blank_after = next.is_none_or(|c| matches!(c, ' ' | '\t'));
            let indicator = match c {
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"'
                | '%' | '@' | '`'
                    if first =>
                {
                    true
                }
                '?' | ':' | '-' if first => blank_after,
                ':' => blank_after || next.is_some_and(is_break),
                '#' => blank_before,
                _ => false,
            };
            let special = !is_printable(c);
            let (space, line) = (c == ' ', is_break(c));
            let edge = first || next.is_none();
            if indicator || line || (space && edge) {
                allowed.plain = false;
            }
            if space && next.is_none() {
                allowed.block = false;
            }
            if space && before_break {
                allowed.plain = false;
                allowed.single = false;
            }
            if special || (line && before_space) {
                allowed = Self { plain: false, single: false, block: false };
            }
            (before_space, before_break) = (space, line);
            blank_before = matches!(c, ' ' | '\t') || line;
            first = false;
        }
        allowed
    }
}

/// Whether yaml/v2 takes a character for printable: no tab, no byte order mark, and nothing above U+FFFD.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | '\u{20}'..='\u{7e}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && c != '\u{feff}'
}

/// Whether the emitter takes a character for a line break. Only `\n` chooses the literal style. Carriage returns and
/// U+0085 are not among them, since they are always escaped.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\u{2028}' | '\u{2029}')
}

/// Writes a character between double quotes, escaped if necessary.
pub(super) fn escape(c: char, out: &mut String) {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        c if is_printable(c) => {
            out.push(c);
            return;
        }
        c => return by_code(c, out),
    };
    out.push('\\');
    out.push(short);
}

/// Writes a character as [`escape`] does, in a text that begins with a byte order mark: go-yaml checks for the mark at
/// the start of the text instead of at the character, and so escapes every character.
pub(super) fn escape_fully(c: char, out: &mut String) {
    let stands_elsewhere = is_printable(c) && !is_break(c) && !matches!(c, '"' | '\\');
    if stands_elsewhere { by_code(c, out) } else { escape(c, out) }
}

fn by_code(c: char, out: &mut String) {
    let code = u32::from(c);
    out.push_str(&match code {
        0..=0xff => format!("\\x{code:02X}"),
        0x100..=0xffff => format!("\\u{code:04X}"),
        _ => format!("\\U{code:08X}"),
    });
}

/// Whether an unquoted text would be read as the same text. For go-yaml `<<` is such a text, although it is a merge
/// key: its `resolve` has no special values that begin with it.
fn is_plain(text: &str) -> bool {
    matches!(resolve_plain(text), Scalar::Str(_)) && !is_base60(text) && !is_timestamp(text)
}

/// Whether a text is a number with colons, which YAML 1.1 reads in base 60: `22:22`.
fn is_base60(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = digits.split(':');
    let head = parts.next().unwrap_or_default();
    let mut rest: Vec<&str> = parts.collect();
    let starts = head.starts_with(|c: char| c.is_ascii_digit());
    if rest.is_empty() || !starts || !head.chars().all(|c| c.is_ascii_digit() || c == '_') {
        return false;
    }
    if let Some(last) = rest.last_mut()
        && let Some((whole, fraction)) = last.split_once('.')
    {
        if !fraction.chars().all(|c| c.is_ascii_digit() || c == '_') {
            return false;
        }
        *last = whole;
    }
    rest.iter().all(|part| match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [tens, digit] => (b'0'..=b'5').contains(tens) && digit.is_ascii_digit(),
        _ => false,
    })
}

/// Whether a text is a date that yaml/v2 reads as a time: `2001-01-01`, with or without a time of day.
fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return false;
    }
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some((bytes[at], &text[at + 1..]))),
        None => (text, None),
    };
    let field = |text: &str| match text.len() {
        1 | 2 if text.bytes().all(|b| b.is_ascii_digit()) => text.parse::<i8>().ok(),
        _ => None,
    };
    let mut parts = date.split('-');
    let year = parts.next().and_then(|year| year.parse::<i16>().ok());
    let (month, day) = (parts.next().and_then(field), parts.next().and_then(field));
    let (Some(year), Some(month), Some(day), None) = (year, month, day, parts.next()) else {
        return false;
    };
    if jiff::civil::Date::new(year, month, day).is_err() {
        return false;
    }
    let Some((separator, time)) = time else { return true };
    let (clock, zone) = match time.find(['Z', '+', '-']) {
        Some(at) => (&time[..at], &time[at..]),
        None => (time, ""),
    };
    let zone_fits = match separator {
        b' ' => zone.is_empty(),
        _ => {
            let offset = zone.strip_prefix(['+', '-']).and_then(|zone| zone.split_once(':'));
            let two = |text: &str| text.len() == 2 && field(text).is_some();
            zone == "Z" || offset.is_some_and(|(hours, minutes)| two(hours) && two(minutes))
        }
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let parts: Vec<_> = clock.split(':').map(field).collect();
    let in_range = matches!(parts[..], [Some(h), Some(m), Some(s)] if h < 24 && m < 60 && s < 60);
    let digits = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
    zone_fits && in_range && digits
}
