//! What `${NAME…}` makes of the value of a variable: parts of it, or other texts.

use std::ops::Range;

use super::expand::MAX_TEXT;
use super::{COMPUTED, Operator, is_known};

/// The most bytes of a text whose parts are compared with a pattern.
const MAX_COMPARED: usize = 512;

/// The steps that an edit of a text takes: with a pattern, all parts of the text may be compared with it.
pub(super) fn cost(value: &str, operand: &str) -> usize {
    match is_pattern(operand) && value.len() <= MAX_COMPARED {
        true => value.len() * value.len() / 64,
        false => 0,
    }
}

/// Applies `${NAME#pattern}` and similar operators.
pub(super) fn edit(value: &str, operator: Operator, operand: &str) -> String {
    if is_pattern(operand) && value.len() > MAX_COMPARED {
        return COMPUTED.to_string();
    }
    let is_match = matcher(operand);
    let mut cuts = value.char_indices().map(|(at, _)| at).chain([value.len()]);
    let begins = |at: &usize| is_match(&value[..*at]);
    let ends = |at: &usize| is_match(&value[*at..]);
    let (from_start, at) = match operator {
        Operator::CutStart { longest: false } => (true, cuts.find(begins)),
        Operator::CutStart { longest: true } => (true, cuts.rfind(begins)),
        Operator::CutEnd { longest: false } => (false, cuts.rfind(ends)),
        Operator::CutEnd { longest: true } => (false, cuts.find(ends)),
        Operator::Replace { all } => return replaced(value, operand, all),
        Operator::Lower if operand.is_empty() => return value.to_lowercase(),
        Operator::Upper if operand.is_empty() => return value.to_uppercase(),
        _ => return COMPUTED.to_string(),
    };
    match at {
        Some(at) if from_start => value[at..].to_owned(),
        Some(at) => value[..at].to_owned(),
        None => value.to_owned(),
    }
}

/// `${NAME/pattern/text}`: the longest match of the pattern is replaced, at the start after `#` and at the end after `%`.
fn replaced(value: &str, operand: &str, all: bool) -> String {
    let (from, to) = operand.split_once('/').unwrap_or((operand, ""));
    let (pattern, at_start, at_end) = match from.chars().next() {
        Some('#') if !all => (&from[1..], true, false),
        Some('%') if !all => (&from[1..], false, true),
        _ => (from, false, false),
    };
    if pattern.is_empty() && !at_start && !at_end {
        return value.to_owned();
    }
    let is_match = matcher(pattern);
    let is_plain = !is_pattern(pattern);
    let mut out = String::new();
    let mut at = 0;
    while let Some(found) = match is_plain && !at_start && !at_end {
        true => value[at..].find(pattern).map(|found| at + found..at + found + pattern.len()),
        false => longest(value, at, &is_match, at_start, at_end),
    } {
        out.push_str(&value[at..found.start]);
        out.push_str(to);
        if out.len() > MAX_TEXT {
            return COMPUTED.to_string();
        }
        at = found.end;
        if !all || at == value.len() {
            break;
        }
    }
    out + &value[at..]
}

/// The first and longest part of a text from an offset on that matches.
fn longest(
    value: &str,
    from: usize,
    is_match: &dyn Fn(&str) -> bool,
    at_start: bool,
    at_end: bool,
) -> Option<Range<usize>> {
    let cuts: Vec<usize> =
        value[from..].char_indices().map(|(at, _)| from + at).chain([value.len()]).collect();
    let starts = cuts.iter().take(if at_start { 1 } else { cuts.len() });
    let ends = cuts.iter().rev().take(if at_end { 1 } else { cuts.len() });
    let mut spans = starts.flat_map(|&start| ends.clone().map(move |&end| start..end));
    let is_some = |span: &Range<usize>| span.start < span.end || at_start || at_end;
    spans.find(|span| span.start <= span.end && is_some(span) && is_match(&value[span.clone()]))
}

/// The characters of a text that `${NAME:FROM:LENGTH}` selects; computed if that is not known.
pub(super) fn substring(value: &str, operand: &str) -> String {
    let count = value.chars().count();
    match span(operand, count).filter(|_| is_known(value)) {
        Some(span) => value.chars().skip(span.start).take(span.len()).collect(),
        None => COMPUTED.to_string(),
    }
}

/// The items of a list that `${NAMES[@]:FROM:LENGTH}` selects; `first` is the number of the first item.
pub(super) fn slice(values: Vec<String>, operand: &str, first: usize) -> Vec<String> {
    let negative_length = operand.split_once(':').is_some_and(|(_, length)| length.contains('-'));
    match span(operand, values.len() + first).filter(|_| !negative_length) {
        // `${@:0}` begins with the name of the script.
        Some(span) if span.start < first => vec![COMPUTED.to_string()],
        Some(span) => values.into_iter().skip(span.start - first).take(span.len()).collect(),
        None => vec![COMPUTED.to_string()],
    }
}

/// What `FROM:LENGTH` selects of some characters or items. A negative number is counted from the end.
fn span(operand: &str, count: usize) -> Option<Range<usize>> {
    let (from, length) = match operand.split_once(':') {
        Some((from, length)) => (number(from)?, Some(number(length)?)),
        None => (number(operand)?, None),
    };
    let count = i64::try_from(count).ok()?;
    let start = if from < 0 { count.checked_add(from)? } else { from.min(count) };
    if start < 0 {
        return Some(0..0);
    }
    let end = match length {
        None => count,
        Some(length) if length < 0 => count.checked_add(length)?,
        Some(length) => start.saturating_add(length).min(count),
    };
    (start <= end).then_some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}

/// A number, perhaps in brackets; nothing is 0.
fn number(text: &str) -> Option<i64> {
    let text = text.trim();
    let text = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
    if text.is_empty() { Some(0) } else { text.trim().parse().ok() }
}

/// Whether a shell pattern matches a text.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    matcher(pattern)(text)
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// A function that tests whether a shell pattern matches, for use with many texts.
fn matcher(pattern: &str) -> impl Fn(&str) -> bool {
    let glob = is_pattern(pattern)
        .then(|| globset::Glob::new(&escaped(pattern)).map(|glob| glob.compile_matcher()));
    move |text| match &glob {
        Some(glob) => glob.as_ref().is_ok_and(|glob| glob.is_match(text)),
        None => pattern == text,
    }
}

/// A pattern without alternatives in braces, which the shell does not have.
fn escaped(pattern: &str) -> String {
    let mut in_class = false;
    let mut out = String::with_capacity(pattern.len());
    for char in pattern.chars() {
        match char {
            '{' | '}' if !in_class => out.extend(['[', char, ']']),
            _ => out.push(char),
        }
        in_class = char == '[' || in_class && char != ']';
    }
    out
}
