//! The tokens of a template.
//!
//! Mirrors Go 1.25 `text/template/parse/lex.go`, without its line counts: positions are bytes.

const LEFT: &str = "{{";
const RIGHT: &str = "}}";
const LEFT_COMMENT: &str = "/*";
const RIGHT_COMMENT: &str = "*/";
/// What a trim marker cuts off, and what separates operands.
const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];
/// A minus and the space that has to stand beside it.
const TRIM_MARKER: usize = 2;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// No template: the token's text says why.
    Error,
    /// A printable character that is none of the others, a comma for one.
    Char,
    Text,
    LeftDelim,
    RightDelim,
    Space,
    Assign,
    Declare,
    Pipe,
    LeftParen,
    RightParen,
    Bool,
    CharConstant,
    Complex,
    Number,
    String,
    RawString,
    Field,
    Variable,
    Identifier,
    /// `.`
    Dot,
    Nil,
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Range,
    Template,
    With,
    Eof,
}

impl Kind {
    fn of_word(word: &str) -> Self {
        match word {
            "block" => Self::Block,
            "break" => Self::Break,
            "continue" => Self::Continue,
            "define" => Self::Define,
            "else" => Self::Else,
            "end" => Self::End,
            "if" => Self::If,
            "range" => Self::Range,
            "nil" => Self::Nil,
            "template" => Self::Template,
            "with" => Self::With,
            "true" | "false" => Self::Bool,
            _ => Self::Identifier,
        }
    }

    fn is_keyword(self) -> bool {
        matches!(
            self,
            Self::Dot
                | Self::Nil
                | Self::Block
                | Self::Break
                | Self::Continue
                | Self::Define
                | Self::Else
                | Self::End
                | Self::If
                | Self::Range
                | Self::Template
                | Self::With
        )
    }
}

/// A token.
#[derive(Debug, Clone)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    /// 0-based byte offset.
    pub(super) offset: usize,
    pub(super) text: &'a str,
    /// Of [`Kind::Error`].
    pub(super) fault: Option<String>,
}

impl Token<'_> {
    /// The token as Go's errors show it.
    pub(super) fn shown(&self) -> String {
        let quote = crate::helm::print::quote;
        match (&self.fault, self.kind) {
            (Some(fault), _) => fault.clone(),
            (None, Kind::Eof) => "EOF".to_owned(),
            (None, kind) if kind.is_keyword() => format!("<{}>", self.text),
            _ if self.text.len() > 10 => {
                format!("{}...", quote(&self.text.chars().take(10).collect::<String>()))
            }
            _ => quote(self.text),
        }
    }
}

/// Reads one token after the other; what follows an error has no meaning.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    input: &'a str,
    /// Where the token starts.
    start: usize,
    pos: usize,
    in_action: bool,
    parens: usize,
}

/// The literal that starts at an offset of a template, as it is written there.
pub(in crate::helm) fn literal(text: &str, offset: usize) -> &str {
    let mut lexer = Lexer { input: text, start: offset, pos: offset, in_action: true, parens: 0 };
    lexer.next_token().text
}

impl<'a> Lexer<'a> {
    pub(super) fn new(input: &'a str) -> Self {
        Self { input, start: 0, pos: 0, in_action: false, parens: 0 }
    }

    pub(super) fn next_token(&mut self) -> Token<'a> {
        match self.in_action {
            true => self.inside(),
            false => self.outside(),
        }
    }

    fn rest(&self) -> &'a str {
        &self.input[self.pos..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += c.len_utf8();
        Some(c)
    }

    fn accept(&mut self, valid: impl Fn(char) -> bool) -> bool {
        match self.peek() {
            Some(c) if valid(c) => self.next().is_some(),
            _ => false,
        }
    }

    fn run(&mut self, valid: impl Fn(char) -> bool) {
        while self.accept(&valid) {}
    }

    fn emit(&mut self, kind: Kind) -> Token<'a> {
        let offset = self.start;
        self.start = self.pos;
        Token { kind, offset, text: &self.input[offset..self.pos], fault: None }
    }

    fn fail(&self, message: impl Into<String>) -> Token<'a> {
        let fault = Some(message.into());
        Token { kind: Kind::Error, offset: self.start, text: "", fault }
    }

    /// Text up to an action; comments are passed over.
    fn outside(&mut self) -> Token<'a> {
        loop {
            let Some(found) = self.rest().find(LEFT) else {
                self.pos = self.input.len();
                let kind = if self.pos > self.start { Kind::Text } else { Kind::Eof };
                return self.emit(kind);
            };
            if found > 0 {
                let end = self.pos + found;
                let text = &self.input[self.start..end];
                let kept = match trims_left(&self.input[end + LEFT.len()..]) {
                    true => text.trim_end_matches(SPACES).len(),
                    false => text.len(),
                };
                self.pos = self.start + kept;
                let token = self.emit(Kind::Text);
                self.pos = end;
                self.start = end;
                if !token.text.is_empty() {
                    return token;
                }
            }
            let open = self.pos + LEFT.len();
            let marker = if trims_left(&self.input[open..]) { TRIM_MARKER } else { 0 };
            if !self.input[open + marker..].starts_with(LEFT_COMMENT) {
                self.pos = open;
                let token = self.emit(Kind::LeftDelim);
                self.pos = open + marker;
                self.start = self.pos;
                self.in_action = true;
                self.parens = 0;
                return token;
            }
            self.pos = open + marker;
            self.start = self.pos;
            if let Err(fault) = self.comment() {
                return fault;
            }
        }
    }

    fn comment(&mut self) -> Result<(), Token<'a>> {
        let Some(end) = self.rest()[LEFT_COMMENT.len()..].find(RIGHT_COMMENT) else {
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

    /// The length of the trim marker before the `}}` that stands here.
    fn at_right(&self) -> Option<usize> {
        let rest = self.rest();
        if trims_right(rest) && rest[TRIM_MARKER..].starts_with(RIGHT) {
            return Some(TRIM_MARKER);
        }
        rest.starts_with(RIGHT).then_some(0)
    }

    fn close(&mut self, marker: usize) {
        self.pos += marker + RIGHT.len();
        if marker > 0 {
            let rest = self.rest();
            self.pos += rest.len() - rest.trim_start_matches(SPACES).len();
        }
    }

    fn right(&mut self, marker: usize) -> Token<'a> {
        let offset = self.pos + marker;
        self.close(marker);
        self.start = self.pos;
        self.in_action = false;
        Token { kind: Kind::RightDelim, offset, text: RIGHT, fault: None }
    }

    fn inside(&mut self) -> Token<'a> {
        if let Some(marker) = self.at_right() {
            return match self.parens {
                0 => self.right(marker),
                _ => self.fail("unclosed left paren"),
            };
        }
        let Some(c) = self.next() else { return self.fail("unclosed action") };
        match c {
            c if SPACES.contains(&c) => self.space(),
            '=' => self.emit(Kind::Assign),
            ':' => match self.accept(|c| c == '=') {
                true => self.emit(Kind::Declare),
                false => self.fail("expected :="),
            },
            '|' => self.emit(Kind::Pipe),
            '"' => self.quoted('"', Kind::String, "unterminated quoted string"),
            '\'' => self.quoted('\'', Kind::CharConstant, "unterminated character constant"),
            '`' => {
                self.run(|c| c != '`');
                match self.next() {
                    Some(_) => self.emit(Kind::RawString),
                    None => self.fail("unterminated raw quoted string"),
                }
            }
            '$' => self.name(Kind::Variable, Kind::Variable),
            '.' if !self.peek().is_some_and(|c| c.is_ascii_digit()) => {
                self.name(Kind::Dot, Kind::Field)
            }
            '.' | '+' | '-' | '0'..='9' => {
                self.pos = self.start;
                self.number()
            }
            '(' => {
                self.parens += 1;
                self.emit(Kind::LeftParen)
            }
            ')' => {
                let Some(parens) = self.parens.checked_sub(1) else {
                    return self.fail("unexpected right paren");
                };
                self.parens = parens;
                self.emit(Kind::RightParen)
            }
            c if is_alphanumeric(c) => {
                self.run(is_alphanumeric);
                match self.at_terminator() {
                    true => self.emit(Kind::of_word(&self.input[self.start..self.pos])),
                    false => self.bad_character(),
                }
            }
            c if c.is_ascii_graphic() => self.emit(Kind::Char),
            c => self.fail(format!("unrecognized character in action: {}", code_point(c))),
        }
    }

    /// A run of spaces, but for the one that belongs to ` -}}`.
    fn space(&mut self) -> Token<'a> {
        self.run(|c| SPACES.contains(&c));
        self.pos -= 1;
        match self.at_right() {
            Some(marker) if marker > 0 => {
                if self.pos == self.start {
                    return self.right(marker);
                }
            }
            _ => self.pos += 1,
        }
        self.emit(Kind::Space)
    }

    fn quoted(&mut self, quote: char, kind: Kind, unterminated: &str) -> Token<'a> {
        loop {
            match self.next() {
                Some('\\') if !matches!(self.peek(), None | Some('\n')) => {
                    self.next();
                }
                Some('\\' | '\n') | None => return self.fail(unterminated),
                Some(c) if c == quote => return self.emit(kind),
                Some(_) => {}
            }
        }
    }

    /// What follows a `.` or `$`.
    fn name(&mut self, alone: Kind, named: Kind) -> Token<'a> {
        if self.at_terminator() {
            return self.emit(alone);
        }
        self.run(is_alphanumeric);
        match self.at_terminator() {
            true => self.emit(named),
            false => self.bad_character(),
        }
    }

    fn bad_character(&self) -> Token<'a> {
        let shown = self.peek().map_or_else(String::new, code_point);
        self.fail(format!("bad character {shown}"))
    }

    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some('.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(c) => SPACES.contains(&c) || self.rest().starts_with(RIGHT),
        }
    }

    fn number(&mut self) -> Token<'a> {
        let plain = self.scan_number();
        let bad = |lexer: &Self| {
            let text = &lexer.input[lexer.start..lexer.pos];
            lexer.fail(format!("bad number syntax: {}", crate::helm::print::quote(text)))
        };
        if !plain {
            return bad(self);
        }
        if !matches!(self.peek(), Some('+' | '-')) {
            return self.emit(Kind::Number);
        }
        match self.scan_number() && self.input[..self.pos].ends_with('i') {
            true => self.emit(Kind::Complex),
            false => bad(self),
        }
    }

    fn scan_number(&mut self) -> bool {
        let sign = |c| matches!(c, '+' | '-');
        self.accept(sign);
        let mut radix = 10;
        if self.accept(|c| c == '0') {
            for (letter, of) in [('x', 16), ('o', 8), ('b', 2)] {
                if self.accept(|c| c.eq_ignore_ascii_case(&letter)) {
                    radix = of;
                    break;
                }
            }
        }
        let digit = move |c: char| c.is_digit(radix) || c == '_';
        self.run(digit);
        if self.accept(|c| c == '.') {
            self.run(digit);
        }
        let exponent = match radix {
            10 => self.accept(|c| matches!(c, 'e' | 'E')),
            16 => self.accept(|c| matches!(c, 'p' | 'P')),
            _ => false,
        };
        if exponent {
            self.accept(sign);
            self.run(|c| c.is_ascii_digit() || c == '_');
        }
        self.accept(|c| c == 'i');
        !self.accept(is_alphanumeric)
    }
}

fn trims_left(rest: &str) -> bool {
    rest.starts_with('-') && rest[1..].starts_with(SPACES)
}

fn trims_right(rest: &str) -> bool {
    rest.starts_with(SPACES) && rest[1..].starts_with('-')
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// `%#U`
fn code_point(c: char) -> String {
    match c.is_control() {
        true => format!("U+{:04X}", u32::from(c)),
        false => format!("U+{:04X} '{c}'", u32::from(c)),
    }
}
