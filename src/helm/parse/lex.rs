//! Splits a template into tokens, one after another.
//!
//! Mirrors Go 1.25 `text/template/parse/lex.go`, without its line numbers: positions are byte offsets.

use super::byte::{SPACE, TERMINATOR, WORD, is_class, is_space, run};
use super::node::Pos;
use super::token::{Kind, Token};

const LEFT: [u8; 2] = *b"{{";
const RIGHT: [u8; 2] = *b"}}";
const LEFT_COMMENT: [u8; 2] = *b"/*";
const RIGHT_COMMENT: [u8; 2] = *b"*/";
/// The length of a trim marker: a minus sign and the white space that is required beside it.
const TRIM_MARKER: usize = 2;

/// Reads tokens one after another; what follows an error has no meaning.
#[derive(Debug, Default)]
pub(super) struct Lexer<'a> {
    input: &'a str,
    /// The bytes of `input`.
    bytes: &'a [u8],
    /// The start of the token.
    start: usize,
    pos: usize,
    /// Whether there is white space before the token.
    spaced: bool,
    parens: usize,
    fault: String,
}

/// Returns the literal at an offset of a template, as it is written there.
pub(in crate::helm) fn literal(text: &str, offset: usize) -> &str {
    Lexer::at(text, offset).inside().text(text)
}

/// Returns the length in bytes of the action or comment at the start of a text, including its `}}`; the text may also
/// start inside of one. `None` if it is not closed, or has an invalid token.
pub(crate) fn action_length(text: &str) -> Option<usize> {
    let mut lexer = Lexer::at(text, 0);
    lexer.pos = run(lexer.bytes, 0, SPACE);
    if lexer.from(lexer.pos).starts_with(&LEFT) {
        lexer.open();
    }
    if lexer.from(lexer.pos).starts_with(&LEFT_COMMENT) {
        lexer.comment().ok()?;
    } else {
        loop {
            match lexer.inside().kind {
                Kind::RightDelim => break,
                Kind::Error => return None,
                _ => {}
            }
        }
    }
    // A trim marker also consumes white space after the action.
    Some(text[..lexer.pos].trim_end().len())
}

impl<'a> Lexer<'a> {
    /// A lexer that starts at an offset of a template.
    pub(super) fn at(input: &'a str, offset: usize) -> Self {
        let bytes = input.as_bytes();
        Self { input, bytes, start: offset, pos: offset, ..Self::default() }
    }

    /// Reads a text, or an action up to its end or the first error in it.
    pub(super) fn read(&mut self, list: &mut Vec<Token>) {
        let first = self.outside();
        list.push(first);
        if first.kind != Kind::LeftDelim {
            return;
        }
        loop {
            let token = self.inside();
            list.push(token);
            if matches!(token.kind, Kind::RightDelim | Kind::Error) {
                return;
            }
        }
    }

    /// The message of the error; empty if there is none.
    pub(super) fn fault(&self) -> &str {
        &self.fault
    }

    fn rest(&self) -> &'a str {
        &self.input[self.pos..]
    }

    /// The bytes from an offset on.
    fn from(&self, at: usize) -> &'a [u8] {
        &self.bytes[at..]
    }

    fn peek(&self) -> Option<char> {
        match self.byte()? {
            byte if byte.is_ascii() => Some(char::from(byte)),
            _ => self.rest().chars().next(),
        }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += c.len_utf8();
        Some(c)
    }

    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    /// Reads a byte if it is `valid`, which must only accept ASCII.
    fn accept(&mut self, valid: impl Fn(u8) -> bool) -> bool {
        let accepted = self.byte().is_some_and(valid);
        self.pos += usize::from(accepted);
        accepted
    }

    fn run(&mut self, valid: impl Fn(u8) -> bool) {
        let rest = self.from(self.pos);
        self.pos += rest.iter().position(|byte| !valid(*byte)).unwrap_or(rest.len());
    }

    /// Reads letters, digits and underscores, of any script.
    fn word(&mut self) {
        loop {
            self.pos = run(self.bytes, self.pos, WORD);
            let foreign = self.byte().is_some_and(|b| !b.is_ascii());
            if !foreign || !self.peek().is_some_and(is_alphanumeric) {
                return;
            }
            self.next();
        }
    }

    fn emit(&mut self, kind: Kind) -> Token {
        let (start, end) = (Pos::at(self.start), Pos::at(self.pos));
        self.start = self.pos;
        Token { kind, spaced: self.spaced, start, end }
    }

    #[cold]
    fn fail(&mut self, message: impl Into<String>) -> Token {
        self.fault = message.into();
        let start = Pos::at(self.start);
        Token { kind: Kind::Error, spaced: self.spaced, start, end: start }
    }

    /// Reads text up to an action; comments are skipped.
    fn outside(&mut self) -> Token {
        loop {
            let Some(found) = find(LEFT, self.from(self.pos)) else {
                self.pos = self.input.len();
                let kind = if self.pos > self.start { Kind::Text } else { Kind::Eof };
                return self.emit(kind);
            };
            if found > 0 {
                let end = self.pos + found;
                let text = &self.input[self.start..end];
                let kept = match trims_left(self.from(end + LEFT.len())) {
                    true => text.bytes().rposition(|b| !is_space(b)).map_or(0, |last| last + 1),
                    false => text.len(),
                };
                self.pos = self.start + kept;
                let token = self.emit(Kind::Text);
                self.pos = end;
                self.start = end;
                if kept > 0 {
                    return token;
                }
            }
            let token = self.open();
            if !self.from(self.pos).starts_with(&LEFT_COMMENT) {
                return token;
            }
            if let Err(fault) = self.comment() {
                return fault;
            }
        }
    }

    /// Reads the `{{` at this place, and a trim marker after it.
    fn open(&mut self) -> Token {
        self.pos += LEFT.len();
        let token = self.emit(Kind::LeftDelim);
        if trims_left(self.from(self.pos)) {
            self.pos += TRIM_MARKER;
        }
        self.start = self.pos;
        self.parens = 0;
        token
    }

    fn comment(&mut self) -> Result<(), Token> {
        let Some(end) = find(RIGHT_COMMENT, self.from(self.pos + LEFT_COMMENT.len())) else {
            return Err(self.fail("unclosed comment"));
        };
        self.pos += LEFT_COMMENT.len() + end + RIGHT_COMMENT.len();
        let Some(marker) = self.at_right() else {
            return Err(self.fail("comment ends before closing delimiter"));
        };
        self.close(marker);
        self.start = self.pos;
        Ok(())
    }

    /// The length of the trim marker before the `}}` at this place; `None` if there is no `}}`.
    fn at_right(&self) -> Option<usize> {
        match self.from(self.pos) {
            [b'}', b'}', ..] => Some(0),
            [space, b'-', b'}', b'}', ..] if is_space(*space) => Some(TRIM_MARKER),
            _ => None,
        }
    }

    fn close(&mut self, marker: usize) {
        self.pos += marker + RIGHT.len();
        if marker > 0 {
            self.pos = run(self.bytes, self.pos, SPACE);
        }
    }

    fn inside(&mut self) -> Token {
        let before = self.pos;
        self.pos = run(self.bytes, before, SPACE);
        self.start = self.pos;
        self.spaced = self.pos > before;
        let Some(first) = self.byte() else { return self.fail("unclosed action") };
        if matches!(first, b'}' | b'-')
            && let Some(end) = self.end(before)
        {
            return end;
        }
        self.pos += 1;
        match first {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word_or_keyword(),
            b'.' if !self.byte().is_some_and(|b| b.is_ascii_digit()) => {
                let token = self.name(Kind::Dot, Kind::Field);
                match token.kind {
                    Kind::Field => self.more_fields(token),
                    _ => token,
                }
            }
            b'$' => self.name(Kind::Variable, Kind::Variable),
            b'"' => self.quoted(b'"', Kind::String, "unterminated quoted string"),
            b'(' => {
                self.parens += 1;
                self.emit(Kind::LeftParen)
            }
            b')' => match self.parens.checked_sub(1) {
                Some(parens) => {
                    self.parens = parens;
                    self.emit(Kind::RightParen)
                }
                None => self.fail("unexpected right paren"),
            },
            b'|' => self.emit(Kind::Pipe),
            b':' => match self.accept(|b| b == b'=') {
                true => self.emit(Kind::Declare),
                false => self.fail("expected :="),
            },
            b'=' => self.emit(Kind::Assign),
            b'.' | b'+' | b'-' | b'0'..=b'9' => {
                self.pos = self.start;
                self.number()
            }
            b'\'' => self.quoted(b'\'', Kind::CharConstant, "unterminated character constant"),
            b'`' => match self.rest().find('`') {
                Some(end) => {
                    self.pos += end + 1;
                    self.emit(Kind::RawString)
                }
                None => self.fail("unterminated raw quoted string"),
            },
            b if b.is_ascii_graphic() => self.emit(Kind::Char),
            _ => self.foreign(),
        }
    }

    /// Reads the end of the action, if it is at this place; the white space before a trim marker is part of the
    /// marker.
    fn end(&mut self, before: usize) -> Option<Token> {
        let start = match self.bytes[self.pos..] {
            [b'}', b'}', ..] => self.pos,
            [b'-', b'}', b'}', ..] if self.spaced => {
                self.start -= 1;
                self.spaced = self.start > before;
                self.pos + 1
            }
            _ => return None,
        };
        if self.parens > 0 {
            return Some(self.fail("unclosed left paren"));
        }
        let marker = start - self.start;
        self.pos = self.start;
        self.close(marker);
        self.start = self.pos;
        let (start, end) = (Pos::at(start), Pos::at(start + RIGHT.len()));
        let spaced = std::mem::take(&mut self.spaced);
        Some(Token { kind: Kind::RightDelim, spaced, start, end })
    }

    /// Reads a token that starts with a character beyond ASCII, or one that is not printable.
    #[cold]
    fn foreign(&mut self) -> Token {
        self.pos = self.start;
        match self.next() {
            Some(c) if is_alphanumeric(c) => self.word_or_keyword(),
            Some(c) => self.fail(format!("unrecognized character in action: {}", code_point(c))),
            None => self.fail("unclosed action"),
        }
    }

    /// Reads the rest of a word, after its first character.
    fn word_or_keyword(&mut self) -> Token {
        self.word();
        match self.at_terminator() {
            true => self.emit(Kind::of_word(&self.input[self.start..self.pos])),
            false => self.bad_character(),
        }
    }

    fn quoted(&mut self, quote: u8, kind: Kind, unterminated: &str) -> Token {
        let mut at = self.pos;
        loop {
            match self.bytes.get(at) {
                Some(byte) if *byte == quote => {
                    self.pos = at + 1;
                    return self.emit(kind);
                }
                Some(b'\\') if !matches!(self.bytes.get(at + 1), None | Some(b'\n')) => at += 2,
                Some(b'\\' | b'\n') | None => return self.fail(unterminated),
                Some(_) => at += 1,
            }
        }
    }

    /// Reads the rest of a token, after its `.` or `$`.
    fn name(&mut self, alone: Kind, named: Kind) -> Token {
        let start = self.pos;
        self.word();
        match self.at_terminator() {
            true if self.pos == start => self.emit(alone),
            true => self.emit(named),
            false => self.bad_character(),
        }
    }

    /// Adds the fields that follow a field without white space; an error in one of them is found when it is read
    /// alone.
    fn more_fields(&mut self, first: Token) -> Token {
        let start = first.start.offset();
        loop {
            match self.bytes[self.pos..] {
                [b'.', letter, ..] if is_class(letter, WORD) && !letter.is_ascii_digit() => {}
                _ => break,
            }
            let before = self.pos;
            self.pos += 1;
            self.word();
            if !self.at_terminator() {
                self.pos = before;
                break;
            }
        }
        self.start = start;
        self.emit(Kind::Field)
    }

    fn bad_character(&mut self) -> Token {
        let shown = self.peek().map_or_else(String::new, code_point);
        self.fail(format!("bad character {shown}"))
    }

    fn at_terminator(&self) -> bool {
        match self.byte() {
            None => true,
            Some(b'}') => self.bytes.get(self.pos + 1) == Some(&b'}'),
            Some(byte) => is_class(byte, SPACE | TERMINATOR),
        }
    }

    fn number(&mut self) -> Token {
        let plain = self.scan_number();
        let bad = |lexer: &mut Self| {
            let text = &lexer.input[lexer.start..lexer.pos];
            lexer.fail(format!("bad number syntax: {}", crate::helm::print::quote(text)))
        };
        if !plain {
            return bad(self);
        }
        if !matches!(self.byte(), Some(b'+' | b'-')) {
            return self.emit(Kind::Number);
        }
        match self.scan_number() && self.input[..self.pos].ends_with('i') {
            true => self.emit(Kind::Complex),
            false => bad(self),
        }
    }

    fn scan_number(&mut self) -> bool {
        let sign = |b| matches!(b, b'+' | b'-');
        self.accept(sign);
        let mut radix = 10;
        if self.accept(|b| b == b'0') {
            for (letter, of) in [(b'x', 16), (b'o', 8), (b'b', 2)] {
                if self.accept(|b| b.eq_ignore_ascii_case(&letter)) {
                    radix = of;
                    break;
                }
            }
        }
        let digit = move |b: u8| char::from(b).is_digit(radix) || b == b'_';
        self.run(digit);
        if self.accept(|b| b == b'.') {
            self.run(digit);
        }
        let exponent = match radix {
            10 => self.accept(|b| matches!(b, b'e' | b'E')),
            16 => self.accept(|b| matches!(b, b'p' | b'P')),
            _ => false,
        };
        if exponent {
            self.accept(sign);
            self.run(|b| b.is_ascii_digit() || b == b'_');
        }
        self.accept(|b| b == b'i');
        let ends = !self.peek().is_some_and(is_alphanumeric);
        if !ends {
            self.next();
        }
        ends
    }
}

/// Returns the offset at which two bytes follow each other.
fn find(pair: [u8; 2], text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(pair[0], text).find(|at| text.get(at + 1) == Some(&pair[1]))
}

fn trims_left(rest: &[u8]) -> bool {
    matches!(rest, [b'-', space, ..] if is_space(*space))
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Formats a character as `%#U` does.
fn code_point(c: char) -> String {
    match c.is_control() {
        true => format!("U+{:04X}", u32::from(c)),
        false => format!("U+{:04X} '{c}'", u32::from(c)),
    }
}
