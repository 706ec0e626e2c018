//! Parses words, with quotes, variables and command substitutions.

use super::{Command, MAX_DEPTH, Operator, Parser, Piece, Word, parse_part};

impl Parser<'_> {
    /// Parses a word; `None` at the end of a command.
    pub(super) fn word(&mut self) -> Option<Word> {
        self.blanks();
        let start = self.at;
        let mut word = Word { start, ..Word::default() };
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b')' | b'(' => break,
                b'<' | b'>' if self.text[self.at + 1..].starts_with('(') => {
                    self.at += 2;
                    let commands = self.nested_commands();
                    word.pieces.push(Piece::Stream { commands });
                }
                b'<' | b'>' => break,
                b'\'' => {
                    self.at += 1;
                    let end = self.text[self.at..].find('\'').unwrap_or(self.text.len() - self.at);
                    let text = self.text[self.at..self.at + end].to_owned();
                    word.pieces.push(Piece::Literal { text, quoted: true });
                    self.at = (self.at + end + 1).min(self.text.len());
                }
                b'"' => {
                    self.at += 1;
                    self.double_quoted(&mut word);
                }
                b'\\' => {
                    if self.looking_at("\\\n") || self.looking_at("\\\r\n") {
                        break;
                    }
                    self.at += 1;
                    self.literal_char(&mut word, true);
                }
                b'$' | b'`' => {
                    if !self.expansion(&mut word, false) {
                        self.literal_char(&mut word, false);
                    }
                }
                _ => self.literal_char(&mut word, false),
            }
        }
        word.end = self.at;
        (word.end > start).then_some(word)
    }

    pub(super) fn literal_char(&mut self, word: &mut Word, quoted: bool) {
        let Some(char) = self.text[self.at..].chars().next() else { return };
        self.at += char.len_utf8();
        match word.pieces.last_mut() {
            Some(Piece::Literal { text, quoted: same }) if *same == quoted => text.push(char),
            _ => word.pieces.push(Piece::Literal { text: char.to_string(), quoted }),
        }
    }

    fn double_quoted(&mut self, word: &mut Word) {
        // `""` is a word too.
        word.pieces.push(Piece::Literal { text: String::new(), quoted: true });
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' => {
                    self.at += 1;
                    match self.peek() {
                        Some(b'\n') => self.at += 1,
                        Some(b'"' | b'\\' | b'$' | b'`') => self.literal_char(word, true),
                        _ => {
                            self.at -= 1;
                            self.literal_char(word, true);
                        }
                    }
                }
                b'$' | b'`' => {
                    if !self.expansion(word, true) {
                        self.literal_char(word, true);
                    }
                }
                _ => self.literal_char(word, true),
            }
        }
    }

    /// Parses the commands of `$( … )`, including the closing bracket.
    fn nested_commands(&mut self) -> Vec<Command> {
        let mut commands = Vec::new();
        loop {
            let before = self.at;
            commands.extend(self.list(&[]));
            match self.peek() {
                Some(b')') => {
                    self.at += 1;
                    return commands;
                }
                None => return commands,
                Some(_) if self.at == before => {
                    self.skip_past(")");
                    return commands;
                }
                Some(_) => {}
            }
        }
    }

    /// Parses what begins with `$` or a backquote; `false` if it is only that character, or nested too deeply.
    fn expansion(&mut self, word: &mut Word, quoted: bool) -> bool {
        if self.depth >= MAX_DEPTH {
            return false;
        }
        self.depth += 1;
        let found = self.expansion_inside(word, quoted);
        self.depth -= 1;
        found
    }

    fn expansion_inside(&mut self, word: &mut Word, quoted: bool) -> bool {
        if self.peek() == Some(b'`') {
            let start = self.at + 1;
            let Some(length) = self.text[start..].find('`') else { return false };
            let commands = parse_part(&self.text[..start + length], start, self.depth);
            self.at = start + length + 1;
            word.pieces.push(Piece::Output { commands, quoted });
            return true;
        }
        let rest = &self.text[self.at + 1..];
        if rest.starts_with('(') {
            self.at += 1;
            if rest.starts_with("((")
                && let Some(inner) = self.arithmetic()
            {
                let text = inner.to_owned();
                word.pieces.push(Piece::Arithmetic { text });
                return true;
            }
            self.at += 1;
            let commands = self.nested_commands();
            word.pieces.push(Piece::Output { commands, quoted });
            return true;
        }
        if rest.starts_with('{') {
            self.at += 2;
            self.braced(word, quoted);
            return true;
        }
        if rest.starts_with('\'') && !quoted {
            self.at += 1;
            return true;
        }
        let length = match rest.chars().next() {
            Some(c) if c.is_ascii_digit() || "@*#?!$".contains(c) => 1,
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            _ => return false,
        };
        let name = rest[..length].to_owned();
        self.at += 1 + length;
        word.pieces.push(Piece::Variable { name, operation: None, quoted });
        true
    }

    /// Parses the inside of `${ … }`.
    fn braced(&mut self, word: &mut Word, quoted: bool) {
        let rest = &self.text[self.at..];
        let prefix = usize::from(rest.starts_with(['!', '#']) && !rest[1..].starts_with('}'));
        let body = &rest[prefix..];
        let special = body.starts_with(['@', '*', '#', '?', '$']);
        let mut length = if special {
            1
        } else {
            body.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(body.len())
        };
        if body[length..].starts_with('[') {
            length += body[length..].find(']').map_or(0, |end| end + 1);
        }
        let mut name = body[..length].to_owned();
        if rest.starts_with('!') && name.ends_with("[@]") {
            // The keys of an array, not its values.
            name.insert(0, '!');
        }
        let keys = name.starts_with('!');
        self.at += prefix + length;
        let rest = &self.text[self.at..];
        let operator = Operator::WRITTEN.iter().find(|(written, _)| rest.starts_with(written));
        let mut operand = Word { start: self.at, ..Word::default() };
        if let Some((written, _)) = operator {
            self.at += written.len();
            while let Some(byte) = self.peek() {
                match byte {
                    b'}' => break,
                    b'\'' if !quoted => {
                        self.at += 1;
                        while self.peek().is_some_and(|byte| byte != b'\'') {
                            self.literal_char(&mut operand, true);
                        }
                        self.at = (self.at + 1).min(self.text.len());
                    }
                    b'"' => {
                        self.at += 1;
                        self.double_quoted(&mut operand);
                    }
                    b'\\' => {
                        self.at += 1;
                        self.literal_char(&mut operand, true);
                    }
                    b'$' | b'`' => {
                        if !self.expansion(&mut operand, quoted) {
                            self.literal_char(&mut operand, quoted);
                        }
                    }
                    _ => self.literal_char(&mut operand, quoted),
                }
            }
        }
        self.skip_past("}");
        operand.end = self.at;
        let operation = match (prefix, operator) {
            (0, None) => None,
            (1, None) if keys => None,
            (0, Some((_, operator))) => Some((*operator, operand)),
            _ => Some((Operator::Other, operand)),
        };
        word.pieces.push(Piece::Variable { name, operation, quoted });
    }
}
