//! Parses `[[ … ]]`.

use super::{Command, MAX_DEPTH, Parser, Test, Word};

impl Parser<'_> {
    /// Parses `[[ … ]]` with its redirections.
    pub(super) fn test_command(&mut self) -> Command {
        self.at += "[[".len();
        let test = self.any();
        self.joined("]]");
        let files = self.redirections();
        Command::Test(test).written(files)
    }

    fn any(&mut self) -> Test {
        let mut tests = vec![self.all()];
        while self.joined("||") {
            tests.push(self.all());
        }
        if tests.len() == 1 { tests.remove(0) } else { Test::Any(tests) }
    }

    fn all(&mut self) -> Test {
        let mut tests = vec![self.single()];
        while self.joined("&&") {
            tests.push(self.single());
        }
        if tests.len() == 1 { tests.remove(0) } else { Test::All(tests) }
    }

    /// Skips an operator, which may be on the next line.
    fn joined(&mut self, operator: &str) -> bool {
        let before = self.at;
        self.line_ends();
        let found = self.looking_at(operator);
        self.at = if found { self.at + operator.len() } else { before };
        found
    }

    /// Parses a test without `&&` and `||`, with any `!` before it.
    fn single(&mut self) -> Test {
        let mut negated = false;
        self.line_ends();
        while self.at_word(&["!"]) {
            self.at += 1;
            negated = !negated;
            self.line_ends();
        }
        let test = match self.peek() {
            Some(b'(') if self.depth < MAX_DEPTH => self.bracketed(),
            _ => Test::Words(self.operands()),
        };
        if negated { Test::Not(test.into()) } else { test }
    }

    fn bracketed(&mut self) -> Test {
        self.at += 1;
        self.depth += 1;
        let test = self.any();
        self.depth -= 1;
        if self.joined(")") { test } else { Test::Words(Vec::new()) }
    }

    /// Parses the words of a test: `-f FILE`, `A == B`.
    fn operands(&mut self) -> Vec<Word> {
        let mut words: Vec<Word> = Vec::new();
        loop {
            self.blanks();
            if self.at_word(&["]]"]) {
                return words;
            }
            if words.last().is_some_and(|word| word.is("=~")) {
                words.push(self.regex());
            } else if let Some(word) = self.word() {
                words.push(word);
            } else if matches!(self.peek(), Some(b'<' | b'>')) {
                words.push(self.comparison());
            } else {
                return words;
            }
        }
    }

    /// `<` and `>` compare texts.
    fn comparison(&mut self) -> Word {
        let mut word = Word { start: self.at, ..Word::default() };
        self.literal_char(&mut word, false);
        word.end = self.at;
        word
    }

    /// Skips a regular expression, in which brackets and `|` are no operators.
    fn regex(&mut self) -> Word {
        let start = self.at;
        let mut open = 0_usize;
        loop {
            match self.peek() {
                None | Some(b'\n') => break,
                Some(b' ' | b'\t' | b'\r') if open == 0 => break,
                Some(b')') if open == 0 => break,
                Some(b'(') => open += 1,
                Some(b')') => open -= 1,
                Some(b'|' | b'&' | b';' | b'<' | b'>' | b' ' | b'\t' | b'\r') => {}
                Some(_) if self.word().is_some() => continue,
                Some(_) => {}
            }
            self.at += self.text[self.at..].chars().next().map_or(1, char::len_utf8);
        }
        Word { start, end: self.at, ..Word::default() }
    }
}
