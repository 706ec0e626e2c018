//! Arithmetic, of which only the variables that it sets are read.

use super::{Assigned, Assignment, Command, Parser, Piece, Word};

/// The most bytes in which the end of arithmetic is looked for.
const MAX_LENGTH: usize = 4096;

impl Parser<'_> {
    /// Parses `(( … ))`, and returns what is in it; `None` for brackets within brackets.
    pub(super) fn arithmetic(&mut self) -> Option<&str> {
        let start = self.at + "((".len();
        let mut open = 2_usize;
        for (at, byte) in self.text.bytes().enumerate().skip(start).take(MAX_LENGTH) {
            match byte {
                b'(' => open += 1,
                b')' if open == 2 => {
                    let ends = self.text.as_bytes().get(at + 1) == Some(&b')');
                    self.at = if ends { at + "))".len() } else { self.at };
                    return ends.then(|| &self.text[start..at]);
                }
                b')' => open -= 1,
                _ => {}
            }
        }
        None
    }

    /// Parses `for (( i = 0; …; … ))` up to its body: the first value, as a condition of the loop.
    pub(super) fn counter(&mut self) -> Vec<Command> {
        let Some(inner) = self.arithmetic() else {
            self.skip_past("))");
            return Vec::new();
        };
        let first = inner.split(';').next().unwrap_or_default();
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let begun = first.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
        match begun.filter(|(name, value)| is_number(value) && is_name(name)) {
            Some((name, value)) => {
                let text = Piece::Literal { text: value.to_owned(), quoted: false };
                let value = Assigned::Word(Word { pieces: vec![text], ..Word::default() });
                let name = name.to_owned();
                let assignments = vec![Assignment { name, key: None, append: false, value }];
                vec![Command::Simple { assignments, words: Vec::new() }]
            }
            None => vec![Command::Arithmetic { assigned: assigned(inner) }],
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The variables that arithmetic sets: `i++`, `--i`, `i = 2`, `i += 2`.
pub(in super::super) fn assigned(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find(is_part) {
        let start = at + found;
        let end = text[start..].find(|c| !is_part(c)).map_or(text.len(), |found| start + found);
        at = end;
        let before = text[..start].trim_end();
        // `NAME[INDEX]` is an element of a list.
        let behind = text[end..].strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let behind = behind.map_or(&text[end..], |(_, behind)| behind).trim_start();
        let changes = ["++", "--"].iter().any(|o| before.ends_with(o) || behind.starts_with(o));
        let signs = behind.trim_start_matches(['+', '-', '*', '/', '%', '&', '^', '|']);
        let signs = signs.strip_prefix("<<").or(signs.strip_prefix(">>")).unwrap_or(signs);
        let sets = signs.starts_with('=') && !signs.starts_with("==");
        if (changes || sets) && is_name(&text[start..end]) && !before.ends_with(['$', '{']) {
            names.push(text[start..end].to_owned());
        }
    }
    names
}
