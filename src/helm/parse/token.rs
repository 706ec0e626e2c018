//! Tokens, and how Go shows them in error messages.

use super::node::Pos;

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An error, whose message is [`Tokens::fault`](super::tokens::Tokens::fault).
    Error,
    /// A printable character without a kind of its own, such as a comma.
    Char,
    Text,
    LeftDelim,
    RightDelim,
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
    /// A field, or several without white space between them, for which Go has several tokens.
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
    pub(super) fn of_word(word: &str) -> Self {
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
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Whether there is white space before it, in the action.
    pub(super) spaced: bool,
    pub(super) start: Pos,
    pub(super) end: Pos,
}

impl Token {
    /// Its text in the template; empty for an error and at the end.
    pub(super) fn text(self, template: &str) -> &str {
        &template[self.start.offset()..self.end.offset()]
    }

    /// The byte offset of the second of several fields; for any other token, its own start.
    pub(super) fn second_field(self, template: &str) -> usize {
        let (start, text) = (self.start.offset(), self.text(template));
        match first_field(text).len() {
            first if self.kind == Kind::Field && first < text.len() => start + first,
            _ => start,
        }
    }

    /// The token as in Go's error messages; for an error this is [`Tokens::fault`](super::tokens::Tokens::fault).
    pub(super) fn shown(self, template: &str) -> String {
        let quote = crate::helm::print::quote;
        let text = match self.kind {
            Kind::Field => first_field(self.text(template)),
            _ => self.text(template),
        };
        match self.kind {
            Kind::Eof => "EOF".to_owned(),
            kind if kind.is_keyword() => format!("<{text}>"),
            _ if text.len() > 10 => {
                format!("{}...", quote(&text.chars().take(10).collect::<String>()))
            }
            _ => quote(text),
        }
    }
}

/// The first of several fields, with its dot.
fn first_field(fields: &str) -> &str {
    let end = fields.bytes().skip(1).position(|byte| byte == b'.');
    end.map_or(fields, |end| &fields[..=end])
}
