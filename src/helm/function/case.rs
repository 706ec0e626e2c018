//! Letters in upper case, lower case and title case.
//!
//! Go's `unicode` maps each character to one other character. Rust uses the full mapping of Unicode, in which a German
//! sharp s becomes two letters.

use crate::source::bytes;

/// `unicode.ToUpper`.
pub(super) fn upper(c: char) -> char {
    let mut capitals = c.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(capital), None) => unchanged(capital),
        _ => with_iota(c),
    }
}

/// `unicode.ToLower`.
pub(super) fn lower(c: char) -> char {
    unchanged(c.to_lowercase().next().unwrap_or(c))
}

/// `unicode.ToTitle`: upper case, except for characters that stand for two letters, and Georgian letters, which have
/// no title case.
pub(super) fn title(c: char) -> char {
    match c {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        '\u{10d0}'..='\u{10ff}' => c,
        _ => upper(c),
    }
}

/// Returns a character as it is. As Go reads texts by characters, only a byte that is not UTF-8 is replaced.
pub(super) fn unchanged(c: char) -> char {
    if bytes::is_stand_in(c) { char::REPLACEMENT_CHARACTER } else { c }
}

/// Returns the upper case of a Greek letter with iota subscript: of the letters whose full mapping is several letters,
/// only these have a single one, too.
fn with_iota(c: char) -> char {
    let away = match c {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => 0,
    };
    char::from_u32(u32::from(c) + away).unwrap_or(c)
}
