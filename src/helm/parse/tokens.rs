//! The tokens of a template, as the parser asks for them.

use super::lex::Lexer;
use super::node::Pos;
use super::token::{Kind, Token};

/// The initial capacity for the tokens of an action.
const EXPECTED: usize = 32;

/// The tokens of a template, which are read when they are needed: a text, or a whole action, at a time.
#[derive(Debug)]
pub(super) struct Tokens<'a> {
    lexer: Lexer<'a>,
    /// The tokens that were read last. The last one of a template is [`Kind::Eof`] or [`Kind::Error`].
    list: Vec<Token>,
    /// The index of the next one.
    at: usize,
}

impl<'a> Tokens<'a> {
    /// Reads the tokens of a template up to its end, or to the first error.
    pub(super) fn of(input: &'a str) -> Self {
        Self { lexer: Lexer::at(input, 0), list: Vec::with_capacity(EXPECTED), at: 0 }
    }

    /// Returns the next token; at the end, always the last one.
    #[inline]
    pub(super) fn peek(&mut self) -> Token {
        match self.list.get(self.at) {
            Some(token) => *token,
            None => self.more(),
        }
    }

    /// Skips the token that [`Tokens::peek`] has returned.
    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    /// Goes back by one token, in the same action.
    pub(super) fn back(&mut self) {
        self.at -= 1;
    }

    /// Skips the fields that follow without white space, and returns their start and end.
    pub(super) fn fields(&mut self) -> Option<(Pos, Pos)> {
        let rest = self.list.get(self.at..)?;
        let count = rest.iter().take_while(|t| t.kind == Kind::Field && !t.spaced).count();
        let place = (rest.first()?.start, rest[..count].last()?.end);
        self.at += count;
        Some(place)
    }

    /// Reads more tokens, when all have been used.
    #[inline(never)]
    fn more(&mut self) -> Token {
        if let Some(last) = self.list.last()
            && matches!(last.kind, Kind::Eof | Kind::Error)
        {
            self.at = self.list.len() - 1;
            return *last;
        }
        self.list.clear();
        self.at = 0;
        self.lexer.read(&mut self.list);
        self.list[0]
    }

    /// The message of the error; empty if there is none.
    pub(super) fn fault(&self) -> &str {
        self.lexer.fault()
    }
}
