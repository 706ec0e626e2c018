//! Go templates, as far as declarations of releases use them: fields, conditions, loops and a few
//! functions. What is only known where a tool runs is [`UNKNOWN`]. Every byte of the result keeps
//! the place it came from.

mod expression;

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use self::expression::{Pipeline, parse};
use super::text::Mapped;
use crate::source::SourceId;

/// Stands in a text for what only the running tool knows. For private use, so that a YAML text may
/// hold it.
pub(super) const UNKNOWN: char = '\u{e000}';

pub(super) fn unknown() -> Value {
    Value::String(UNKNOWN.to_string())
}

enum Part {
    Text(Range<usize>),
    Action(Pipeline, usize),
    /// `if` and `with`: conditions with their bodies, then `else`.
    Branches {
        with: bool,
        branches: Vec<(Pipeline, Vec<Part>)>,
        otherwise: Vec<Part>,
    },
    Range {
        pipeline: Pipeline,
        body: Vec<Part>,
        otherwise: Vec<Part>,
    },
    Define(String, Vec<Part>),
    Template(String, Option<Pipeline>, usize),
}

/// Bounds on what a template may produce.
const MAX_OUTPUT: usize = 4 << 20;
const MAX_DEPTH: usize = 64;

/// Renders a range of a file over some data. `None` when it is no template that is understood.
pub(super) fn render(
    source: SourceId,
    text: &str,
    range: Range<usize>,
    data: &Value,
) -> Option<Mapped> {
    let mut tokens = tokens(text, range.clone());
    tokens.reverse();
    let (parts, end) = block(text, &mut tokens, 0)?;
    if end.is_some() {
        return None;
    }
    let mut machine = Machine {
        text,
        out: Mapped::part(source, text, range.start..range.start),
        variables: vec![("$".to_owned(), data.clone())],
        defined: BTreeMap::new(),
        depth: 0,
    };
    for part in &parts {
        if let Part::Define(name, body) = part {
            machine.defined.insert(name.clone(), body);
        }
    }
    machine.parts(&parts, data);
    Some(machine.out)
}

enum Token {
    Text(Range<usize>),
    Action(Range<usize>),
}

/// Text and actions, with what `{{-` and `-}}` trim taken off.
fn tokens(text: &str, range: Range<usize>) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = range.start;
    let mut trim = false;
    let trimmed = |start: usize, end: usize, before: bool, after: bool| {
        let part = &text[start..end];
        let start = if before { end - part.trim_start().len() } else { start };
        let part = &text[start..end];
        start..if after { start + part.trim_end().len() } else { end }
    };
    while let Some(found) = text[at..range.end].find("{{") {
        let open = at + found;
        let inner = open + 2;
        let before = text[inner..].starts_with("- ") || text[inner..].starts_with("-\n");
        tokens.push(Token::Text(trimmed(at, open, trim, before)));
        let Some(close) = closing(&text[inner..range.end]) else {
            return tokens;
        };
        let close = inner + close;
        let body = &text[inner..close];
        trim = body.ends_with(" -") || body.ends_with("\n-");
        let start = inner + usize::from(before);
        let end = close - usize::from(trim);
        tokens.push(Token::Action(start..end.max(start)));
        at = close + 2;
    }
    tokens.push(Token::Text(trimmed(at, range.end, trim, false)));
    tokens
}

/// Where `}}` closes an action: not in a string or a comment.
fn closing(text: &str) -> Option<usize> {
    let comment = text.trim_start_matches(['-', ' ', '\n']);
    if comment.starts_with("/*") {
        let end = text.find("*/")?;
        return text[end..].find("}}").map(|found| end + found);
    }
    let mut quote = None;
    let mut escaped = false;
    for (at, char) in text.char_indices() {
        match quote {
            Some('"') if escaped => escaped = false,
            Some('"') if char == '\\' => escaped = true,
            Some(open) if open == char => quote = None,
            Some(_) => {}
            None if char == '"' || char == '`' => quote = Some(char),
            None if text[at..].starts_with("}}") => return Some(at),
            None => {}
        }
    }
    None
}

/// Parts up to `end` or `else`, which is given back with what follows it.
fn block(text: &str, tokens: &mut Vec<Token>, depth: usize) -> Option<(Vec<Part>, Option<String>)> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut parts = Vec::new();
    while let Some(token) = tokens.pop() {
        let range = match token {
            Token::Text(range) => {
                parts.push(Part::Text(range));
                continue;
            }
            Token::Action(range) => range,
        };
        let start = range.start;
        let body = text[range].trim();
        let (word, rest) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
        match word {
            "end" | "else" => return Some((parts, Some(body.to_owned()))),
            "if" | "with" => {
                let mut branches = Vec::new();
                let mut otherwise = Vec::new();
                let mut condition = rest.to_owned();
                loop {
                    let (body, end) = block(text, tokens, depth + 1)?;
                    branches.push((parse(&condition)?, body));
                    let end = end?;
                    let after = end.strip_prefix("else").map(str::trim);
                    match after {
                        None => break,
                        Some("") => {
                            otherwise = block(text, tokens, depth + 1)?.0;
                            break;
                        }
                        Some(next) => condition = next.split_once(' ')?.1.to_owned(),
                    }
                }
                parts.push(Part::Branches { with: word == "with", branches, otherwise });
            }
            "range" => {
                let (body, end) = block(text, tokens, depth + 1)?;
                let otherwise = match end?.as_str() {
                    "else" => block(text, tokens, depth + 1)?.0,
                    _ => Vec::new(),
                };
                parts.push(Part::Range { pipeline: parse(rest)?, body, otherwise });
            }
            "define" | "block" => {
                let (body, _) = block(text, tokens, depth + 1)?;
                parts.push(Part::Define(rest.trim_matches('"').to_owned(), body));
            }
            "template" => {
                let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                let argument = if rest.is_empty() { None } else { Some(parse(rest)?) };
                parts.push(Part::Template(name.trim_matches('"').to_owned(), argument, start));
            }
            _ if body.is_empty() || body.starts_with("/*") => {}
            _ => parts.push(Part::Action(parse(body)?, start)),
        }
    }
    Some((parts, None))
}

struct Machine<'t> {
    text: &'t str,
    out: Mapped,
    variables: Vec<(String, Value)>,
    defined: BTreeMap<String, &'t [Part]>,
    depth: usize,
}

impl<'t> Machine<'t> {
    fn parts(&mut self, parts: &'t [Part], dot: &Value) {
        let scope = self.variables.len();
        for part in parts {
            if self.out.text.len() > MAX_OUTPUT || self.depth > MAX_DEPTH {
                break;
            }
            self.part(part, dot);
        }
        self.variables.truncate(scope);
    }

    fn part(&mut self, part: &'t Part, dot: &Value) {
        match part {
            Part::Text(range) => self.out.add(&self.text[range.clone()], range.start),
            Part::Define(..) => {}
            Part::Action(pipeline, at) => {
                let value = pipeline.evaluate(dot, &self.variables);
                match &pipeline.declares[..] {
                    [] => self.out.add_instead(&expression::print(&value), *at),
                    [name, ..] => self.set(name, value, pipeline.assigns),
                }
            }
            Part::Branches { with, branches, otherwise } => {
                for (condition, body) in branches {
                    let value = condition.evaluate(dot, &self.variables);
                    if !expression::truth(&value) {
                        continue;
                    }
                    let scope = self.variables.len();
                    if let Some(name) = condition.declares.first() {
                        self.variables.push((name.clone(), value.clone()));
                    }
                    self.parts(body, if *with { &value } else { dot });
                    self.variables.truncate(scope);
                    return;
                }
                self.parts(otherwise, dot);
            }
            Part::Range { pipeline, body, otherwise } => {
                let items: Vec<(Value, Value)> = match pipeline.evaluate(dot, &self.variables) {
                    Value::Array(items) => {
                        items.into_iter().enumerate().map(|(at, item)| (at.into(), item)).collect()
                    }
                    Value::Object(map) => {
                        let mut entries: Vec<_> =
                            map.into_iter().map(|(key, value)| (key.into(), value)).collect();
                        entries.sort_by_cached_key(|(key, _): &(Value, Value)| key.to_string());
                        entries
                    }
                    _ => Vec::new(),
                };
                if items.is_empty() {
                    self.parts(otherwise, dot);
                }
                for (key, item) in items.into_iter().take(1000) {
                    let scope = self.variables.len();
                    match &pipeline.declares[..] {
                        [name] => self.variables.push((name.clone(), item.clone())),
                        [first, second, ..] => {
                            self.variables.push((first.clone(), key));
                            self.variables.push((second.clone(), item.clone()));
                        }
                        [] => {}
                    }
                    self.parts(body, &item);
                    self.variables.truncate(scope);
                }
            }
            Part::Template(name, argument, at) => {
                let value = argument
                    .as_ref()
                    .map_or(Value::Null, |pipeline| pipeline.evaluate(dot, &self.variables));
                match self.defined.get(name).copied() {
                    Some(body) => {
                        self.depth += 1;
                        self.parts(body, &value);
                        self.depth -= 1;
                    }
                    None => self.out.add_instead(&UNKNOWN.to_string(), *at),
                }
            }
        }
    }

    fn set(&mut self, name: &str, value: Value, assigns: bool) {
        let known = self.variables.iter_mut().rev().find(|(own, _)| own == name && assigns);
        match known {
            Some((_, own)) => *own = value,
            None => self.variables.push((name.to_owned(), value)),
        }
    }
}

/// Fills in the actions of a short text. Texts without any are given back as they are.
pub(super) fn fill(source: SourceId, text: &str, data: &Value) -> String {
    if !text.contains("{{") {
        return text.to_owned();
    }
    match render(source, text, 0..text.len(), data) {
        Some(mapped) => mapped.text,
        None => UNKNOWN.to_string(),
    }
}
