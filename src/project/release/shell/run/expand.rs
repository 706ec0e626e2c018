//! Expands words: variables with their operators, and file patterns.

use super::brace::braced;
use super::edit::{cost, edit, slice, substring};
use super::{
    COMPUTED, Environment, Field, MAX_STEPS, Operator, Piece, RUN_TIME, STREAM, Shell, Value, Word,
    is_known,
};
use crate::project::path::absolute;
use crate::project::tree::Glob;

/// The most bytes of an expanded text, as `a=$a$a` grows exponentially.
pub(super) const MAX_TEXT: usize = 1 << 16;
/// The most items of a list, as `a+=("${a[@]}")` grows exponentially, too.
pub(super) const MAX_ITEMS: usize = 1024;
/// The most bytes of all items of a list.
pub(super) const MAX_LIST: usize = 1 << 18;
/// What an item of a list counts for, in bytes, besides its text.
pub(super) const ITEM: usize = 32;

impl Shell<'_> {
    /// Expands a word to a single text.
    pub(super) fn text(&mut self, word: &Word, way: &Environment) -> String {
        let mut text = String::new();
        for piece in &word.pieces {
            match piece {
                Piece::Literal { text: part, .. } => text.push_str(part),
                Piece::Variable { name, operation, .. } => {
                    text.push_str(&self.variable(name, operation.as_ref(), way).join(" "));
                }
                Piece::Output { commands, .. } => text.push_str(&self.output(commands, way)),
                Piece::Stream { .. } => text.push_str(STREAM),
                Piece::Arithmetic { text: inner } => {
                    text.push_str(&self.arithmetic_text(inner, way));
                }
            }
            if text.len() > MAX_TEXT || self.steps > MAX_STEPS {
                return COMPUTED.to_string();
            }
        }
        self.charge(text.len());
        text
    }

    /// Expands a word to the arguments that a program gets.
    pub(super) fn expand(&mut self, word: &Word, way: &Environment) -> Vec<Field> {
        let mut fields: Vec<(String, bool)> = Vec::new();
        let mut open = false;
        let mut size = 0;
        let append = |fields: &mut Vec<(String, bool)>, open: &mut bool, text: &str| {
            match fields.last_mut().filter(|_| *open) {
                Some((last, spread)) => {
                    match last.len() + text.len() > MAX_TEXT {
                        true => *last = COMPUTED.to_string(),
                        false => last.push_str(text),
                    }
                    *spread = false;
                }
                None => fields.push((text.to_owned(), false)),
            }
            *open = true;
        };
        for piece in &word.pieces {
            let (values, quoted) = match piece {
                Piece::Literal { text, .. } => {
                    append(&mut fields, &mut open, text);
                    continue;
                }
                Piece::Stream { .. } => (vec![STREAM.to_owned()], true),
                Piece::Arithmetic { text } => (vec![self.arithmetic_text(text, way)], true),
                Piece::Variable { name, operation, quoted } => {
                    let values = self.variable(name, operation.as_ref(), way);
                    let list = name.ends_with("[@]") || name == "@";
                    (values, *quoted && !list)
                }
                Piece::Output { commands, quoted } => (vec![self.output(commands, way)], *quoted),
            };
            size += values.iter().map(|value| value.len() + ITEM).sum::<usize>();
            if fields.len() > MAX_ITEMS || size > MAX_LIST || self.steps > MAX_STEPS {
                fields = vec![(COMPUTED.to_string(), true)];
                break;
            }
            if quoted {
                append(&mut fields, &mut open, &values.join(" "));
                continue;
            }
            let list = matches!(piece, Piece::Variable { name, quoted: true, .. }
                if name.ends_with("[@]") || name == "@");
            let parts: Vec<&str> = if list {
                values.iter().map(String::as_str).collect()
            } else {
                let words = values.iter().flat_map(|value| value.split_whitespace());
                words.take(MAX_ITEMS + 1).collect()
            };
            if parts.len() > MAX_ITEMS {
                fields = vec![(COMPUTED.to_string(), true)];
                break;
            }
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    open = false;
                }
                // An unknown list in quotes may be several words, like one without quotes.
                let begins =
                    !open || list && fields.last().is_some_and(|(last, _)| last.is_empty());
                let alone = begins && is_placeholder(part);
                append(&mut fields, &mut open, part);
                if alone && let Some(last) = fields.last_mut() {
                    last.1 = true;
                }
            }
        }
        self.charge(size);
        // `"${NAMES[@]}"` is no word if the list is empty.
        if fields.iter().all(|(text, _)| text.is_empty()) && is_list(word) {
            return Vec::new();
        }
        let place = |(text, spread)| Field { text, start: word.start, end: word.end, spread };
        fields.into_iter().map(place).collect()
    }

    /// Expands the words of a command one after the other, as each may set variables.
    pub(super) fn fields(&mut self, words: &[Word], way: &mut Environment) -> Vec<Field> {
        let mut fields = Vec::new();
        for word in words {
            match way.braces {
                true => braced(word).iter().for_each(|word| fields.extend(self.expand(word, way))),
                false => fields.extend(self.expand(word, way)),
            }
            self.assign_defaults(word, way);
        }
        fields
    }

    /// Expands words, with the files that patterns in them match.
    pub(super) fn globbed(&mut self, words: &[Word], way: &Environment) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        for word in words {
            for word in braced(word) {
                texts.extend(self.expand(&word, way).into_iter().map(|field| field.text));
            }
        }
        texts.into_iter().flat_map(|text| self.glob(text, way)).collect()
    }

    fn glob(&self, pattern: String, way: &Environment) -> Vec<String> {
        if !pattern.contains(['*', '?']) || !is_known(&pattern) {
            return vec![pattern];
        }
        let directories = pattern.ends_with('/');
        for base in &way.directories {
            let Some(glob) = Glob::new(base, pattern.trim_end_matches('/')) else {
                continue;
            };
            let prefix = if base.is_empty() { String::new() } else { format!("{base}/") };
            let strip = |path: &str| path.strip_prefix(&prefix).unwrap_or(path).to_owned();
            let mut found: Vec<String> = Vec::new();
            if !directories {
                found.extend(glob.files(self.tree).map(strip));
            }
            for path in glob.directories(self.tree) {
                let slash = if directories { "/" } else { "" };
                found.push(format!("{}{slash}", strip(path)));
            }
            if !found.is_empty() {
                found.sort();
                return found;
            }
        }
        vec![pattern]
    }

    /// The values of a variable: one, or those of a list.
    pub(super) fn variable(
        &mut self,
        name: &str,
        operation: Option<&(Operator, Word)>,
        way: &Environment,
    ) -> Vec<String> {
        let value = self.lookup(name, way);
        let Some((operator, operand)) = operation else {
            return value.unwrap_or_else(|| vec![RUN_TIME.to_string()]);
        };
        let unset = value.as_ref().is_none_or(|value| {
            value.iter().all(|text| text.is_empty() || *text == RUN_TIME.to_string())
        });
        let known = value.clone().filter(|value| value.iter().all(|text| is_known(text)));
        match *operator {
            Operator::Default { or_empty: true, .. } if unset => vec![self.text(operand, way)],
            Operator::Default { or_empty: false, .. }
                if value.as_ref().is_none_or(|value| value.iter().all(|t| !is_known(t))) =>
            {
                vec![self.text(operand, way)]
            }
            Operator::Alternative if unset => vec![String::new()],
            Operator::Alternative => vec![self.text(operand, way)],
            Operator::Default { .. } | Operator::Required => {
                value.unwrap_or_else(|| vec![RUN_TIME.to_string()])
            }
            Operator::Slice => {
                let operand = self.text(operand, way);
                let list =
                    matches!(name, "@" | "*") || name.ends_with("[@]") || name.ends_with("[*]");
                match value.filter(|_| is_known(&operand)) {
                    Some(values) if list => {
                        slice(values, &operand, usize::from(!name.ends_with(']')))
                    }
                    Some(values) => values.iter().map(|value| substring(value, &operand)).collect(),
                    None => vec![COMPUTED.to_string()],
                }
            }
            Operator::CutStart { .. }
            | Operator::CutEnd { .. }
            | Operator::Replace { .. }
            | Operator::Lower
            | Operator::Upper => {
                let operand = self.text(operand, way);
                match known.filter(|_| is_known(&operand)) {
                    Some(values) => self.edited(&values, *operator, &operand),
                    None => vec![COMPUTED.to_string()],
                }
            }
            Operator::Other => vec![COMPUTED.to_string()],
        }
    }

    fn edited(&mut self, values: &[String], operator: Operator, operand: &str) -> Vec<String> {
        let mut edited = Vec::new();
        for value in values {
            self.steps += cost(value, operand);
            edited.push(match self.steps > MAX_STEPS {
                true => COMPUTED.to_string(),
                false => edit(value, operator, operand),
            });
        }
        edited
    }

    pub(super) fn lookup(&self, name: &str, way: &Environment) -> Option<Vec<String>> {
        if let Some(value) = way.get(name) {
            return Some(match value {
                Value::Text(text) => vec![text.clone()],
                Value::List(list) => list.first().cloned().into_iter().collect(),
                Value::Map(_) => Vec::new(),
            });
        }
        if let Some((list, index)) = name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            if list == "BASH_SOURCE" {
                return self.lookup("0", way);
            }
            if let Some(list) = list.strip_prefix('!') {
                return Some(match way.get(list)? {
                    Value::Text(_) => vec!["0".to_owned()],
                    Value::List(values) => (0..values.len()).map(|at| at.to_string()).collect(),
                    Value::Map(map) => map.iter().map(|(key, _)| key.clone()).collect(),
                });
            }
            let index = self.index(index, way)?;
            return match (way.get(list)?, index.as_str()) {
                (Value::Map(map), "@" | "*") => {
                    Some(map.iter().map(|(_, value)| value.clone()).collect())
                }
                (Value::Map(map), key) => {
                    let found = map.iter().rev().find(|(own, _)| own == key);
                    Some(vec![found.map(|(_, value)| value.clone()).unwrap_or_default()])
                }
                (Value::List(values), "@" | "*") => Some(values.clone()),
                (Value::Text(text), "@" | "*" | "0") => Some(vec![text.clone()]),
                (Value::List(values), index) => {
                    Some(vec![values.get(index.parse::<usize>().ok()?)?.clone()])
                }
                (Value::Text(_), _) => None,
            };
        }
        match name {
            "@" | "*" => way.arguments.clone(),
            "#" => Some(vec![way.arguments.as_ref()?.len().to_string()]),
            "PWD" => Some(vec![".".to_owned()]),
            "0" | "BASH_SOURCE" if !way.script.is_empty() => Some(vec![absolute(&way.script)]),
            // The directories into which CI systems check out the repository.
            "CI_PROJECT_DIR"
            | "GITHUB_WORKSPACE"
            | "WORKSPACE"
            | "BITBUCKET_CLONE_DIR"
            | "BUILD_SOURCESDIRECTORY"
            | "SYSTEM_DEFAULTWORKINGDIRECTORY"
            | "CIRCLE_WORKING_DIRECTORY"
            | "TRAVIS_BUILD_DIR" => Some(vec![absolute(self.tree.root_of(&way.script))]),
            name => {
                let at = name.parse::<usize>().ok().filter(|at| *at > 0)?;
                way.arguments
                    .as_ref()
                    .map(|list| vec![list.get(at - 1).cloned().unwrap_or_default()])
            }
        }
    }

    /// The index in `${NAME[…]}`: a text, or the value of a variable.
    fn index(&self, written: &str, way: &Environment) -> Option<String> {
        let written = written.trim_matches('"');
        let Some(name) = written.strip_prefix('$') else { return Some(written.to_owned()) };
        let name = name.trim_start_matches('{').trim_end_matches('}');
        self.lookup(name, way)?.into_iter().next()
    }
}

/// Whether a text is nothing but one placeholder.
fn is_placeholder(text: &str) -> bool {
    let mut chars = text.chars();
    matches!(chars.next(), Some(RUN_TIME | COMPUTED)) && chars.next().is_none()
}

/// Whether a word is all elements of a list: `"${NAMES[@]}"`, `"$@"`.
fn is_list(word: &Word) -> bool {
    let all = |name: &str| name.ends_with("[@]") || name == "@";
    let mut pieces = word
        .pieces
        .iter()
        .filter(|piece| !matches!(piece, Piece::Literal { text, .. } if text.is_empty()));
    let first = pieces.next();
    let list = matches!(first, Some(Piece::Variable { name, .. }) if all(name));
    list && pieces.next().is_none()
}

/// The variable, if a word consists of it alone: `$NAME`, `"${NAME}"`.
pub(super) fn sole_variable(word: &Word) -> Option<String> {
    let mut names = word.pieces.iter().filter_map(|piece| match piece {
        Piece::Literal { text, .. } if text.is_empty() => None,
        Piece::Variable { name, operation: None, .. } => Some(Some(name.clone())),
        _ => Some(None),
    });
    names.next().flatten().filter(|_| names.next().is_none())
}
