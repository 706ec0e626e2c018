//! Finds arithmetic, and the variables that it sets.

use super::{Command, Loop, Parser};

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

    /// Parses `(( FIRST; CONDITION; STEP )) …; done` of a `for` loop.
    pub(super) fn counted(&mut self) -> Command {
        let inner = self.arithmetic().map(str::to_owned);
        if inner.is_none() {
            self.skip_past("))");
        }
        self.eat_word("do");
        let (body, to) = self.body_until("done");
        let inner = inner.unwrap_or_default();
        let mut parts =
            inner.splitn(3, ';').map(|part| Command::Arithmetic(part.trim().to_owned()));
        let mut next = || parts.next().into_iter().collect::<Vec<_>>();
        let (mut commands, condition, step) = (next(), next(), next());
        commands.push(Command::While(Loop { until: false, condition, body, step }));
        Command::Group(commands).written(to)
    }
}

pub(in super::super) fn is_name(text: &str) -> bool {
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
