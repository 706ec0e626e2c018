//! Letters in capitals, small ones, and as a title has them.
//!
//! Go's `unicode` changes one character into one other, where Rust follows the full mapping of
//! Unicode, which makes two letters of a German sharp s.

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

/// `unicode.ToTitle`: a capital, but for signs that are two letters, and Georgian, which has no titles.
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

/// The same letter: only a byte that is no UTF-8 does not survive that Go goes through characters.
pub(super) fn unchanged(c: char) -> char {
    if bytes::is_stand_in(c) { char::REPLACEMENT_CHARACTER } else { c }
}

/// The capital of a Greek letter with a small iota below, the only ones among the letters with
/// several capitals that have a single one, too.
fn with_iota(c: char) -> char {
    let away = match c {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => 0,
    };
    char::from_u32(u32::from(c) + away).unwrap_or(c)
}
