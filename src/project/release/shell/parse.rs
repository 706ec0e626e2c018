//! Parses scripts. Parsing never fails: anything that is not understood becomes words of a simple command.

mod arithmetic;
mod test;
mod word;

pub(super) use self::arithmetic::{assigned, is_name};
use super::command::{
    Assigned, Assignment, Command, Joint, Loop, Operator, Piece, Redirected, Test, Word,
};

/// The deepest nesting of commands, in each other and in words.
const MAX_DEPTH: usize = 80;

/// The most bytes of a script that are read. What is longer has something else in it, such as an archive.
pub(super) const MAX_SCRIPT: usize = 1 << 20;

/// Parses a script.
pub(in crate::project::release) fn parse(text: &str) -> Vec<Command> {
    parse_part(&text[..text.floor_char_boundary(MAX_SCRIPT)], 0, 0)
}

/// Parses a text from an offset on, which is nested in others.
fn parse_part(text: &str, at: usize, depth: usize) -> Vec<Command> {
    let mut parser = Parser { text, at, depth, here: Vec::new() };
    let mut commands = Vec::new();
    while parser.at < text.len() {
        let before = parser.at;
        commands.extend(parser.list(&[]));
        if parser.at == before {
            // Skips a stray `)`, `fi` or `;;`.
            parser.at += text[before..].chars().next().map_or(1, char::len_utf8);
        }
    }
    commands
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    /// The delimiters of here-documents that begin on the next line.
    here: Vec<(String, bool)>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn looking_at(&self, text: &str) -> bool {
        self.text[self.at..].starts_with(text)
    }

    /// Skips blanks, escaped line ends and comments, but not line ends.
    fn blanks(&mut self) {
        loop {
            if self.looking_at("\\\n") {
                self.at += 2;
            } else if self.looking_at("\\\r\n") {
                self.at += 3;
            } else if matches!(self.peek(), Some(b' ' | b'\t' | b'\r')) {
                self.at += 1;
            } else if self.peek() == Some(b'#') {
                while self.peek().is_some_and(|byte| byte != b'\n') {
                    self.at += 1;
                }
            } else {
                return;
            }
        }
    }

    /// Skips blanks, line ends (with here-documents that begin there) and `;`.
    fn separators(&mut self) {
        loop {
            self.blanks();
            match self.peek() {
                Some(b'\n') => self.line_end(),
                Some(b';') if !self.looking_at(";;") => self.at += 1,
                Some(b'&') if !self.looking_at("&&") => self.at += 1,
                _ => return,
            }
        }
    }

    fn line_end(&mut self) {
        self.at += 1;
        for (delimiter, strip) in std::mem::take(&mut self.here) {
            while self.at < self.text.len() {
                let rest = &self.text[self.at..];
                let line = rest.split('\n').next().unwrap_or_default();
                self.at = (self.at + line.len() + 1).min(self.text.len());
                let line = line.trim_end_matches('\r');
                // Scripts in YAML may be indented as a whole, so blanks before a delimiter are allowed.
                let line = if strip { line.trim_start_matches('\t') } else { line };
                if line.trim_start_matches(' ') == delimiter {
                    break;
                }
            }
        }
    }

    /// Parses commands up to one of `ends`, which is not consumed, or the end of an outer command.
    fn list(&mut self, ends: &[&str]) -> Vec<Command> {
        let mut commands: Vec<Command> = Vec::new();
        self.depth += 1;
        while self.depth < MAX_DEPTH {
            self.separators();
            if self.at >= self.text.len()
                || matches!(self.peek(), Some(b')'))
                || self.looking_at(";;")
                || self.at_word(ends)
            {
                break;
            }
            let before = self.at;
            let Some(command) = self.chain() else { break };
            self.blanks();
            let aside = self.peek() == Some(b'&') && !self.looking_at("&&");
            // `COMMAND &` runs in a shell of its own.
            commands.push(if aside { Command::Subshell(vec![command]) } else { command });
            if self.at == before {
                break;
            }
        }
        self.depth -= 1;
        commands
    }

    /// Parses commands joined by `&&` and `||`.
    fn chain(&mut self) -> Option<Command> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.blanks();
            let joint = match self.text.as_bytes().get(self.at..self.at + 2) {
                Some(b"&&") => Joint::And,
                Some(b"||") => Joint::Or,
                _ => break,
            };
            self.at += 2;
            self.line_ends();
            match self.pipeline() {
                Some(next) => rest.push((joint, next)),
                None => break,
            }
        }
        Some(match rest.is_empty() {
            true => first,
            false => Command::Chain { first: first.into(), rest },
        })
    }

    /// Skips blanks and the ends of lines that a command goes on behind.
    fn line_ends(&mut self) {
        self.blanks();
        while self.peek() == Some(b'\n') {
            self.line_end();
            self.blanks();
        }
    }

    fn at_word(&self, words: &[&str]) -> bool {
        words.iter().any(|word| {
            self.looking_at(word)
                && self.text[self.at + word.len()..]
                    .chars()
                    .next()
                    .is_none_or(|next| next.is_whitespace() || ";&|)(".contains(next))
        })
    }

    fn eat_word(&mut self, word: &str) -> bool {
        self.separators();
        let found = self.at_word(&[word]);
        if found {
            self.at += word.len();
        }
        found
    }

    /// Parses commands joined by `|`, with any `!` before them.
    fn pipeline(&mut self) -> Option<Command> {
        let mut negated = false;
        self.blanks();
        while self.at_word(&["!", "time"]) {
            let is_not = self.peek() == Some(b'!');
            self.at += if is_not { "!".len() } else { "time".len() };
            negated ^= is_not;
            self.blanks();
        }
        let mut all = vec![self.command()?];
        loop {
            self.blanks();
            if self.peek() != Some(b'|') || self.looking_at("||") {
                break;
            }
            self.at += if self.looking_at("|&") { 2 } else { 1 };
            self.line_ends();
            match self.command() {
                Some(command) => all.push(command),
                None => break,
            }
        }
        let command = if all.len() == 1 { all.remove(0) } else { Command::Pipeline(all) };
        Some(if negated { Command::Not(command.into()) } else { command })
    }

    fn command(&mut self) -> Option<Command> {
        self.blanks();
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let command = self.command_inside();
        self.depth -= 1;
        command
    }

    fn command_inside(&mut self) -> Option<Command> {
        // A keyword that stands alone, and what does not change what a command calls.
        while self.at_word(&["!", "time", "then", "do", "else"]) {
            while self.peek().is_some_and(|byte| !byte.is_ascii_whitespace()) {
                self.at += 1;
            }
            self.blanks();
        }
        if self.looking_at("((")
            && let Some(inner) = self.arithmetic()
        {
            let command = Command::Arithmetic(inner.to_owned());
            let to = self.redirections();
            return Some(command.written(to));
        }
        if self.peek() == Some(b'(') {
            self.at += 1;
            let body = self.list(&[]);
            self.separators();
            if self.peek() == Some(b')') {
                self.at += 1;
            }
            let files = self.redirections();
            return Some(Command::Subshell(body).written(files));
        }
        if self.at_word(&["{"]) {
            self.at += 1;
            let (body, files) = self.body_until("}");
            return Some(Command::Group(body).written(files));
        }
        if self.at_word(&["[["]) {
            return Some(self.test_command());
        }
        if self.at_word(&["for", "select"]) {
            return Some(self.for_loop());
        }
        if self.at_word(&["while", "until"]) {
            let until = self.looking_at("until");
            self.at += 5;
            let condition = self.list(&["do"]);
            self.eat_word("do");
            let (body, files) = self.body_until("done");
            let looped = Loop { until, condition, body, step: Vec::new() };
            return Some(Command::While(looped).written(files));
        }
        if self.at_word(&["if"]) {
            return Some(self.branches());
        }
        if self.at_word(&["case"]) {
            return Some(self.case());
        }
        if self.at_word(&["function"]) {
            self.at += "function".len();
            self.blanks();
            let name = self.name();
            self.blanks();
            if self.looking_at("()") {
                self.at += 2;
            }
            return Some(self.function(name));
        }
        let start = self.at;
        let name = self.name();
        if !name.is_empty() {
            self.blanks();
            if self.peek() == Some(b'(') && self.text[self.at + 1..].trim_start().starts_with(')') {
                self.skip_past(")");
                return Some(self.function(name));
            }
        }
        self.at = start;
        self.simple()
    }

    fn name(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_alphanumeric() || b"_-.:".contains(&b)) {
            self.at += 1;
        }
        self.text[start..self.at].to_owned()
    }

    fn skip_past(&mut self, end: &str) {
        let found = self.text[self.at..].find(end).map(|found| found + end.len());
        self.at = found.map_or(self.text.len(), |found| self.at + found);
    }

    /// Parses the commands of a body, and where their output goes.
    fn body_until(&mut self, end: &str) -> (Vec<Command>, Redirected) {
        let body = self.list(&[end]);
        self.eat_word(end);
        let files = self.redirections();
        (body, files)
    }

    fn function(&mut self, name: String) -> Command {
        self.separators();
        let body = match self.command() {
            Some(Command::Group(body)) => body,
            other => other.into_iter().collect(),
        };
        Command::Function { name, body: body.into() }
    }

    fn for_loop(&mut self) -> Command {
        self.name();
        self.blanks();
        if self.looking_at("((") {
            return self.counted();
        }
        let name = self.name();
        self.line_ends();
        let mut words = None;
        if self.at_word(&["in"]) {
            self.at += 2;
            let mut list = Vec::new();
            loop {
                self.blanks();
                match self.word() {
                    Some(word) => list.push(word),
                    None => break,
                }
            }
            words = Some(list);
        }
        self.eat_word("do");
        let (body, files) = self.body_until("done");
        Command::For { name, words, body }.written(files)
    }

    fn branches(&mut self) -> Command {
        let mut branches = Vec::new();
        let mut otherwise = Vec::new();
        self.at += 2;
        loop {
            let condition = self.list(&["then"]);
            self.eat_word("then");
            let body = self.list(&["elif", "else", "fi"]);
            branches.push((condition, body));
            if self.eat_word("elif") {
                continue;
            }
            if self.eat_word("else") {
                otherwise = self.list(&["fi"]);
            }
            self.eat_word("fi");
            let files = self.redirections();
            return Command::If { branches, otherwise }.written(files);
        }
    }

    fn case(&mut self) -> Command {
        self.at += 4;
        self.blanks();
        let subject = self.word().unwrap_or_default();
        self.eat_word("in");
        let mut arms = Vec::new();
        loop {
            self.separators();
            if self.at >= self.text.len() || self.eat_word("esac") {
                break;
            }
            if self.peek() == Some(b'(') {
                self.at += 1;
            }
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                match self.word() {
                    Some(word) => patterns.push(word),
                    None if self.peek() == Some(b'|') => self.at += 1,
                    None => break,
                }
            }
            if self.peek() != Some(b')') {
                break;
            }
            self.at += 1;
            let body = self.list(&["esac"]);
            arms.push((patterns, body));
            self.separators();
            if self.looking_at(";;") {
                self.at += 2;
                while matches!(self.peek(), Some(b'&' | b';')) {
                    self.at += 1;
                }
            }
        }
        Command::Case { subject, arms }
    }

    fn simple(&mut self) -> Option<Command> {
        let mut assignments = Vec::new();
        let mut words: Vec<Word> = Vec::new();
        let mut to = Redirected::default();
        loop {
            to.add(self.redirections());
            if words.is_empty() {
                if let Some(assignment) = self.assignment() {
                    assignments.push(assignment);
                    continue;
                }
            } else if (words[0].is("export")
                || words[0].is("local")
                || words[0].is("declare")
                || words[0].is("readonly")
                || words[0].is("typeset"))
                && let Some(assignment) = self.assignment()
            {
                assignments.push(assignment);
                continue;
            }
            match self.word() {
                Some(word) => words.push(word),
                None => break,
            }
        }
        if words.is_empty() && assignments.is_empty() && to == Redirected::default() {
            return None;
        }
        Some(Command::Simple { assignments, words }.written(to))
    }

    fn assignment(&mut self) -> Option<Assignment> {
        self.blanks();
        let start = self.at;
        let rest = &self.text[start..];
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
        let name = &rest[..length];
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        // `NAME[KEY]=VALUE` sets one element.
        let index = rest[length..].starts_with('[').then(|| rest[length..].find(']')).flatten();
        let key =
            index.map(|end| rest[length + 1..length + end].trim_matches(['"', '\'']).to_owned());
        let name = name.to_owned();
        let length = length + index.map_or(0, |end| end + 1);
        let append = rest[length..].starts_with("+=");
        if !append && !rest[length..].starts_with('=') {
            return None;
        }
        self.at += length + if append { 2 } else { 1 };
        if self.peek() == Some(b'(') {
            self.at += 1;
            let mut words = Vec::new();
            loop {
                self.separators();
                match self.word() {
                    Some(word) => words.push(word),
                    None => break,
                }
            }
            if self.peek() == Some(b')') {
                self.at += 1;
            }
            return Some(Assignment { name, key, append, value: Assigned::Array(words) });
        }
        let at_end = self.peek().is_none_or(|b| b.is_ascii_whitespace() || b";&|)".contains(&b));
        let value = if at_end { Word::default() } else { self.word().unwrap_or_default() };
        Some(Assignment { name, key, append, value: Assigned::Word(value) })
    }

    /// Parses `> file`, `2>&1`, `< file`, `<<END` and `<<< word`, and returns where the output goes.
    fn redirections(&mut self) -> Redirected {
        let mut to = Redirected::default();
        loop {
            self.blanks();
            let rest = &self.text[self.at..];
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, rest) = rest.split_at(digits);
            let is_output = matches!(number, "" | "1");
            if rest.starts_with("<(") || rest.starts_with(">(") {
                return to;
            }
            let operators =
                ["<<<", "<<-", "<<", "&>>", "&>", ">>", ">&", "<&", ">|", "<>", ">", "<"];
            let Some(operator) = operators.iter().find(|operator| rest.starts_with(**operator))
            else {
                return to;
            };
            self.at += digits + operator.len();
            self.blanks();
            let Some(target) = self.word() else { continue };
            match *operator {
                "<<" | "<<-" => {
                    let delimiter = target.literal().unwrap_or_default();
                    self.here.push((delimiter, *operator == "<<-"));
                }
                ">" | ">>" | ">|" | "&>" | "&>>" => {
                    let path = target.literal().unwrap_or_default();
                    to.away |= is_output && path != "/dev/stdout";
                    to.files.extend((!path.starts_with("/dev/")).then_some(target));
                }
                ">&" => to.away |= is_output && !target.is("1"),
                _ => {}
            }
        }
    }
}
