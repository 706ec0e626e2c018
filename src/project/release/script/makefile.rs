//! Makefiles: variables, and the recipes of every target.

use std::collections::BTreeMap;

use super::{Context, Mapped, Piece, Via, environment};
use crate::project::classify::File;
use crate::project::release::shell::{COMPUTED, RUN_TIME};
use crate::project::tree::{join, parent};

/// Unexpanded values, by name.
type Variables = BTreeMap<String, String>;

pub(super) fn read(file: &File, context: &Context<'_>) -> Vec<Piece> {
    let mut variables = Variables::new();
    definitions(&file.text, &file.path, context, &mut variables, 0);
    let mut pieces = Vec::new();
    // Variables of one target: `deploy: NAMESPACE := prod`.
    let mut targets: Variables = Variables::new();
    let mut own: BTreeMap<String, Variables> = BTreeMap::new();
    for line in logical_lines(&file.text) {
        if let Some((target, name, value)) = target_variable(&line.joined) {
            own.entry(target).or_default().insert(name, value);
        }
    }
    for line in logical_lines(&file.text) {
        if !line.recipe {
            if let Some((target, _)) =
                line.joined.split_once(':').filter(|_| !is_assignment(&line.joined))
            {
                targets.clear();
                for target in target.split_whitespace() {
                    targets.extend(own.get(target).cloned().unwrap_or_default());
                }
                let first = target.split_whitespace().next().unwrap_or_default();
                if !first.contains('%') {
                    targets.insert("@".to_owned(), first.to_owned());
                }
            }
            continue;
        }
        let mut scope = variables.clone();
        scope.extend(targets.clone());
        let text = recipe(file, line.range, &scope);
        let mut environment = environment(&file.path, context);
        environment.script.clear();
        let variant = targets.get("@").cloned();
        pieces.push(Piece { text, environment, via: Via::Makefile, variant });
    }
    pieces
}

/// A line with the lines that continue it.
struct Logical {
    range: std::ops::Range<usize>,
    joined: String,
    recipe: bool,
}

fn logical_lines(text: &str) -> Vec<Logical> {
    let mut lines: Vec<Logical> = Vec::new();
    let mut at = 0;
    let mut open: Option<Logical> = None;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim_end_matches(['\n', '\r']);
        let continued = body.ends_with('\\');
        let part = body.trim_end_matches('\\');
        let mut logical = open.take().unwrap_or_else(|| Logical {
            range: start..start,
            joined: String::new(),
            recipe: body.starts_with('\t'),
        });
        logical.range.end = start + body.len();
        if !logical.joined.is_empty() {
            logical.joined.push(' ');
        }
        logical.joined.push_str(part.trim());
        if continued {
            open = Some(logical);
        } else {
            lines.push(logical);
        }
    }
    lines.extend(open);
    lines
}

fn is_assignment(line: &str) -> bool {
    split_assignment(line).is_some()
}

/// `NAME := value` and its relatives: the name, the operator, the value.
fn split_assignment(line: &str) -> Option<(&str, &str, &str)> {
    let line = line.strip_prefix("export ").or(line.strip_prefix("override ")).unwrap_or(line);
    let end = line.find(|c: char| !c.is_ascii_alphanumeric() && !"_-.".contains(c))?;
    let name = &line[..end];
    let rest = line[end..].trim_start();
    let operator =
        ["::=", ":::=", ":=", "?=", "+=", "!=", "="].into_iter().find(|o| rest.starts_with(*o))?;
    let value = rest[operator.len()..].trim();
    (!name.is_empty()).then_some((name, operator, value))
}

fn target_variable(line: &str) -> Option<(String, String, String)> {
    let (target, rest) = line.split_once(':')?;
    if rest.starts_with(['=', ':']) {
        return None;
    }
    let (name, _, value) = split_assignment(rest.trim_start())?;
    Some((target.trim().to_owned(), name.to_owned(), without_comment(value).to_owned()))
}

fn without_comment(value: &str) -> &str {
    value.split(" #").next().unwrap_or(value).trim()
}

fn definitions(text: &str, path: &str, context: &Context<'_>, into: &mut Variables, depth: usize) {
    for line in logical_lines(text).into_iter().filter(|line| !line.recipe) {
        let joined = line.joined.trim();
        if let Some(list) = joined.strip_prefix("include ").or(joined.strip_prefix("-include ")) {
            for name in list.split_whitespace() {
                let found = join(parent(path), name);
                if let Some(file) = context.tree.file(&found).filter(|_| depth < 5) {
                    definitions(&file.text, &file.path, context, into, depth + 1);
                }
            }
            continue;
        }
        if joined.starts_with('#') {
            continue;
        }
        let Some((name, operator, value)) = split_assignment(joined) else { continue };
        let value = without_comment(value);
        match operator {
            "?=" => {
                into.entry(name.to_owned()).or_insert_with(|| value.to_owned());
            }
            "+=" => {
                let known = into.entry(name.to_owned()).or_default();
                *known = format!("{known} {value}").trim().to_owned();
            }
            "!=" => {
                into.insert(name.to_owned(), COMPUTED.to_string());
            }
            ":=" | "::=" | ":::=" => {
                let value = expand(value, into, 0);
                into.insert(name.to_owned(), value);
            }
            _ => {
                into.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// A recipe as the shell gets it.
fn recipe(file: &File, range: std::ops::Range<usize>, variables: &Variables) -> Mapped {
    let line = &file.text[range.clone()];
    let body = line.trim_start_matches(['\t', ' ', '@', '-', '+']);
    let start = range.end - body.len();
    let mut mapped = Mapped::part(file.source, &file.text, start..start);
    let mut at = 0;
    let mut literal = 0;
    let bytes = body.as_bytes();
    while at < bytes.len() {
        if bytes[at] != b'$' {
            at += 1;
            continue;
        }
        mapped.add(&body[literal..at], start + literal);
        let (length, value) = reference(&body[at..], variables, 0);
        mapped.add_instead(&value, start + at);
        at += length;
        literal = at;
    }
    mapped.add(&body[literal..], start + literal);
    mapped
}

fn expand(text: &str, variables: &Variables, depth: usize) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let (length, value) = reference(&rest[at..], variables, depth);
        out.push_str(&value);
        rest = &rest[at + length..];
    }
    out + rest
}

/// What begins with `$`: how long it is, and its value.
fn reference(text: &str, variables: &Variables, depth: usize) -> (usize, String) {
    let Some(next) = text[1..].chars().next() else { return (1, "$".to_owned()) };
    match next {
        // `$$` is the shell's own `$`.
        '$' => (2, "$".to_owned()),
        '(' | '{' => {
            let close = if next == '(' { ')' } else { '}' };
            let mut open = 0;
            let end = text.char_indices().skip(1).find(|(_, char)| {
                open += i32::from(*char == next);
                open -= i32::from(*char == close);
                open == 0
            });
            let Some((end, _)) = end else { return (1, "$".to_owned()) };
            (end + 1, value(&text[2..end], variables, depth))
        }
        other => {
            let length = 1 + other.len_utf8();
            (length, value(&text[1..length], variables, depth))
        }
    }
}

fn value(name: &str, variables: &Variables, depth: usize) -> String {
    if depth > 20 {
        return COMPUTED.to_string();
    }
    let expanded = |text: &str| expand(text.trim(), variables, depth + 1);
    if let Some(text) = variables.get(name) {
        return expand(text, variables, depth + 1);
    }
    match name {
        "CURDIR" | "PWD" => return ".".to_owned(),
        "MAKE" => return "make".to_owned(),
        _ => {}
    }
    let Some((function, arguments)) = name.split_once(' ') else {
        // `$(NAME:a=b)` and what is set where make runs.
        return RUN_TIME.to_string();
    };
    match (function, arguments.trim()) {
        ("shell", "pwd" | "git rev-parse --show-toplevel") => ".".to_owned(),
        ("or", arguments) => {
            let mut values = arguments.split(',').map(expanded);
            let known = values.find(|value| !value.is_empty() && value.as_str() != "\u{1}");
            known.unwrap_or_else(|| RUN_TIME.to_string())
        }
        ("strip", text) => expanded(text),
        ("addprefix", arguments) => match arguments.split_once(',') {
            Some((prefix, words)) => {
                let prefix = expanded(prefix);
                let words = expanded(words);
                words
                    .split_whitespace()
                    .map(|w| format!("{prefix}{w}"))
                    .collect::<Vec<_>>()
                    .join(" ")
            }
            None => COMPUTED.to_string(),
        },
        ("dir" | "abspath" | "realpath", text) if text.contains("MAKEFILE_LIST") => ".".to_owned(),
        ("abspath" | "realpath", text) => expanded(text),
        ("if", arguments) => {
            let parts: Vec<&str> = arguments.split(',').collect();
            let condition = expanded(parts[0]);
            let unset = condition.is_empty() || condition == "\u{1}";
            let taken = if unset { parts.get(2) } else { parts.get(1) };
            taken.map(|text| expanded(text)).unwrap_or_default()
        }
        _ => COMPUTED.to_string(),
    }
}
