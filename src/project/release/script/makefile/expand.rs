//! Expands references to variables, and the simpler functions of make.

use super::variable::Variables;
use crate::project::path::{base_name, parent};
use crate::project::release::shell::{COMPUTED, RUN_TIME, is_known};

/// The deepest nesting of references.
const MAX_DEPTH: usize = 20;
/// The most bytes of an expanded text.
const MAX_TEXT: usize = 1 << 16;

/// Expands the references in a text. Values that are set where make runs, or computed, become placeholders.
pub(super) fn expand(text: &str, variables: &Variables, depth: usize) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let (length, value) = reference(&rest[at..], variables, depth);
        out.push_str(&value);
        rest = &rest[at + length..];
        if out.len() > MAX_TEXT {
            return COMPUTED.to_string();
        }
    }
    out + rest
}

/// The length and the value of a reference that begins with `$`.
pub(super) fn reference(text: &str, variables: &Variables, depth: usize) -> (usize, String) {
    let length = extent(text);
    let value = match (inside(&text[..length]), &text[1..length]) {
        (Some(inner), _) => value(inner, variables, depth),
        // `$$` is the shell's own `$`.
        (None, "" | "$" | "(" | "{") => "$".to_owned(),
        (None, name) => value(name, variables, depth),
    };
    (length, value)
}

/// The length of a reference that begins with `$`.
pub(super) fn extent(text: &str) -> usize {
    let Some(next) = text[1..].chars().next() else { return 1 };
    let close = match next {
        '(' => ')',
        '{' => '}',
        other => return 1 + other.len_utf8(),
    };
    let mut open = 0;
    let end = text.char_indices().skip(1).find(|(_, char)| {
        open += i32::from(*char == next);
        open -= i32::from(*char == close);
        open == 0
    });
    end.map_or(1, |(end, _)| end + 1)
}

/// What is between the brackets of a reference.
pub(super) fn inside(reference: &str) -> Option<&str> {
    let inner = reference.strip_prefix("$(").or(reference.strip_prefix("${"))?;
    inner.strip_suffix([')', '}'])
}

/// The name and the arguments of `$(call NAME,ARGUMENTS)`, which are `$(1)` and so on.
pub(super) fn call(inner: &str, variables: &Variables, depth: usize) -> (String, Variables) {
    let mut scope = variables.clone();
    let mut values = arguments(inner).into_iter().map(|text| expand(text.trim(), variables, depth));
    let name = values.next().unwrap_or_default();
    for (at, value) in values.enumerate() {
        scope.set(&(at + 1).to_string(), &value);
    }
    (name, scope)
}

/// Splits a text at commas that are not in brackets.
pub(super) fn arguments(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut open) = (0, 0_i32);
    for (at, char) in text.char_indices() {
        match char {
            '(' | '{' => open += 1,
            ')' | '}' => open -= 1,
            ',' if open == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

fn value(name: &str, variables: &Variables, depth: usize) -> String {
    if depth > MAX_DEPTH || !variables.follow() {
        return COMPUTED.to_string();
    }
    if let Some(text) = variables.get(name) {
        return expand(text, variables, depth + 1);
    }
    match name {
        "CURDIR" | "PWD" => return ".".to_owned(),
        "MAKE" => return "make".to_owned(),
        _ => {}
    }
    if let Some((function, arguments)) = name.split_once([' ', '\t']) {
        return self::function(function, arguments, variables, depth);
    }
    if let Some((name, (from, to))) =
        name.split_once(':').and_then(|(name, rest)| Some((name, rest.split_once('=')?)))
        && let Some(text) = variables.get(name)
    {
        let (from, to) = match from.contains('%') {
            true => (from.to_owned(), to.to_owned()),
            false => (format!("%{from}"), format!("%{to}")),
        };
        return each(&expand(text, variables, depth + 1), |word| substituted(&from, &to, word));
    }
    if name.contains('$') {
        // `$(NAMESPACE_$(ENV))`: a name that is itself made of variables.
        let inner = expand(name, variables, depth + 1);
        if is_known(&inner) && !inner.contains('$') {
            return value(&inner, variables, depth + 1);
        }
    }
    RUN_TIME.to_string()
}

fn function(name: &str, text: &str, variables: &Variables, depth: usize) -> String {
    let expanded = |text: &str| expand(text.trim(), variables, depth + 1);
    let parts = arguments(text);
    let part = |at: usize| parts.get(at).map(|part| expanded(part)).unwrap_or_default();
    let unset = |value: &str| value.replace(RUN_TIME, "").is_empty();
    match (name, parts.len()) {
        ("shell", _) => match text.trim() {
            "pwd" | "git rev-parse --show-toplevel" => ".".to_owned(),
            _ => COMPUTED.to_string(),
        },
        ("or", _) => {
            let mut values = parts.iter().map(|part| expanded(part));
            values.find(|value| !unset(value)).unwrap_or_else(|| RUN_TIME.to_string())
        }
        ("if", _) => part(if unset(&part(0)) { 2 } else { 1 }),
        ("call", _) => {
            let (name, scope) = call(text, variables, depth + 1);
            match scope.get(&name) {
                Some(text) => expand(text, &scope, depth + 1),
                None => COMPUTED.to_string(),
            }
        }
        ("foreach", 3) => {
            let mut scope = variables.clone();
            let name = part(0);
            let turn = |word: &str| {
                scope.set(&name, word);
                expand(parts[2], &scope, depth + 1)
            };
            each(&part(1), turn)
        }
        ("dir", _) if text.contains("MAKEFILE_LIST") => "./".to_owned(),
        ("abspath" | "realpath", _) if text.contains("MAKEFILE_LIST") => ".".to_owned(),
        ("strip" | "abspath" | "realpath" | "sort" | "value", _) => {
            expanded(text).split_whitespace().collect::<Vec<_>>().join(" ")
        }
        ("firstword", _) => word(&expanded(text), 0),
        ("lastword", _) => expanded(text).split_whitespace().last().unwrap_or_default().to_owned(),
        ("word", 2) => match part(0).parse::<usize>() {
            Ok(at) if at > 0 => word(&part(1), at - 1),
            _ => COMPUTED.to_string(),
        },
        ("addprefix" | "addsuffix", 2) => {
            let (own, is_prefix) = (part(0), name == "addprefix");
            each(
                &part(1),
                |word| if is_prefix { format!("{own}{word}") } else { format!("{word}{own}") },
            )
        }
        ("notdir", _) => each(&expanded(text), |word| match (word, variables.folder()) {
            // The folder that make runs in.
            (".", Some(folder)) => folder.to_owned(),
            (".", None) => COMPUTED.to_string(),
            _ => base_name(word).to_owned(),
        }),
        ("dir", _) => each(&expanded(text), |word| match word.contains('/') {
            true => format!("{}/", parent(word)),
            false => "./".to_owned(),
        }),
        ("basename", _) => each(&expanded(text), |word| {
            let stem = word.rsplit_once('.').filter(|(_, ending)| !ending.contains('/'));
            stem.map_or(word, |(stem, _)| stem).to_owned()
        }),
        ("subst", 3) => replaced(&expand(parts[2], variables, depth + 1), &part(0), &part(1)),
        ("patsubst", 3) => {
            let (from, to) = (part(0), part(1));
            each(&part(2), |word| substituted(&from, &to, word))
        }
        ("findstring", 2) => {
            let (found, text) = (part(0), part(1));
            match is_known(&found) && is_known(&text) {
                true if text.contains(&found) => found,
                true => String::new(),
                false => RUN_TIME.to_string(),
            }
        }
        ("filter" | "filter-out", 2) => {
            let patterns = part(0);
            let wanted = |word: &&str| {
                let fits = patterns.split_whitespace().any(|pattern| stem(pattern, word).is_some());
                fits == (name == "filter")
            };
            part(1).split_whitespace().filter(wanted).collect::<Vec<_>>().join(" ")
        }
        _ => COMPUTED.to_string(),
    }
}

fn word(text: &str, at: usize) -> String {
    text.split_whitespace().nth(at).unwrap_or_default().to_owned()
}

/// Changes each word. A text that gets too long is computed.
fn each(words: &str, mut change: impl FnMut(&str) -> String) -> String {
    let mut out = String::new();
    for (at, word) in words.split_whitespace().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        out.push_str(&change(word));
        if out.len() > MAX_TEXT {
            return COMPUTED.to_string();
        }
    }
    out
}

/// Replaces a part of a text wherever it is, unless that makes it too long.
fn replaced(text: &str, from: &str, to: &str) -> String {
    let longer = text.matches(from).count().saturating_mul(to.len());
    match longer.saturating_add(text.len()) > MAX_TEXT {
        true => COMPUTED.to_string(),
        false => text.replace(from, to),
    }
}

/// The part of a word that `%` in a pattern matches, empty without `%`; `None` if the pattern does not match.
fn stem<'w>(pattern: &str, word: &'w str) -> Option<&'w str> {
    match pattern.split_once('%') {
        Some((before, after)) => word.strip_prefix(before)?.strip_suffix(after),
        None => (pattern == word).then_some(""),
    }
}

fn substituted(from: &str, to: &str, word: &str) -> String {
    stem(from, word).map_or_else(|| word.to_owned(), |stem| to.replacen('%', stem, 1))
}
