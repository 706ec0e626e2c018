//! Parses pipelines: their commands, operands and variables.

use std::sync::Arc;

use smol_str::SmolStr;

use super::{Parsed, Parser, cut};
use crate::helm::parse::literal;
use crate::helm::parse::node::{ChainNode, CommandNode, Expr, PipeNode, Pos, Reference};
use crate::helm::parse::token::{Kind, Token};
use crate::helm::print::quote;

impl Parser<'_> {
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<PipeNode> {
        self.enter()?;
        let pos = self.peek().start;
        let (decl, is_assign) = self.declarations(context)?;
        let mut first = None;
        let start = self.commands.len();
        loop {
            let token = self.next();
            match token.kind {
                kind if kind == end => break,
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.tokens.back();
                    let command = self.command()?;
                    match first {
                        None => first = Some(command),
                        Some(_) => self.commands.push(command),
                    }
                }
                _ => return self.unexpected(token, context),
            }
        }
        let Some(first) = first else { return self.fail(format!("missing value for {context}")) };
        self.check(&self.commands[start..])?;
        self.effects += usize::from(is_assign);
        self.depth -= 1;
        let rest = cut(&mut self.commands, start);
        Ok(PipeNode { pos, decl, first, rest, is_assign })
    }

    /// Parses `$x :=`, `$x =`, and for a range `$i, $x :=`; returns whether it is `=`.
    fn declarations(&mut self, context: &str) -> Parsed<(Box<[SmolStr]>, bool)> {
        let mut decl = Vec::new();
        while self.peek().kind == Kind::Variable {
            let variable = self.next();
            let next = self.peek();
            let comma = next.kind == Kind::Char && self.of(next) == ",";
            if !comma && !matches!(next.kind, Kind::Assign | Kind::Declare) {
                // This is an argument: white space separates it from the next one.
                self.tokens.back();
                break;
            }
            self.next();
            let name = self.of(variable);
            decl.push(SmolStr::new(name));
            self.vars.push(name);
            if !comma {
                return Ok((decl.into(), next.kind == Kind::Assign));
            }
            if context != "range" || decl.len() > 1 {
                return self.fail(format!("too many declarations in {context}"));
            }
            if !matches!(self.peek().kind, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                return self.fail("range can only initialize variables");
            }
        }
        Ok((decl.into(), false))
    }

    /// Checks that there is no constant and no dot after a pipe, as in Go.
    fn check(&self, piped: &[CommandNode]) -> Parsed<()> {
        let inert = |command: &CommandNode| {
            matches!(
                command.operand,
                Expr::Bool(..) | Expr::Dot(_) | Expr::Nil(_) | Expr::Number(..) | Expr::String(..)
            )
        };
        match piped.iter().position(inert) {
            Some(at) => self.fail(format!("non executable command in pipeline stage {}", at + 2)),
            None => Ok(()),
        }
    }

    fn command(&mut self) -> Parsed<CommandNode> {
        let pos = self.peek().start;
        let mut operand = None;
        let start = self.args.len();
        loop {
            let next = self.operand()?;
            let is_argument = next.is_some();
            match operand {
                None => operand = next,
                Some(_) => self.args.extend(next),
            }
            let token = self.peek();
            match token.kind {
                Kind::Pipe => {
                    self.next();
                    break;
                }
                Kind::RightDelim | Kind::RightParen => break,
                _ if is_argument && token.spaced => {}
                _ => return self.unexpected(token, "operand"),
            }
        }
        match operand {
            None => self.fail("empty command"),
            Some(operand) => {
                let args = cut(&mut self.args, start);
                Ok(CommandNode { pos, operand, args })
            }
        }
    }

    /// Parses a term and the fields that follow it without white space.
    fn operand(&mut self) -> Parsed<Option<Expr>> {
        let token = self.next();
        if matches!(token.kind, Kind::Field | Kind::Variable) {
            return self.reference(token).map(Some);
        }
        let Some(term) = self.term(token)? else { return Ok(None) };
        let Some((pos, end)) = self.fields() else { return Ok(Some(term)) };
        match term {
            Expr::Bool(..) | Expr::String(..) | Expr::Number(..) | Expr::Nil(_) | Expr::Dot(_) => {
                let shown = quote(crate::helm::parse::lex::literal(self.text, term.pos().offset()));
                self.fail(format!("unexpected . after term {shown}"))
            }
            base => {
                let fields = Reference::new(pos, end);
                Ok(Some(Expr::Chain(pos, Box::new(ChainNode { base, fields }))))
            }
        }
    }

    /// Parses a field or variable with the fields that follow it without white space.
    fn reference(&mut self, token: Token) -> Parsed<Expr> {
        let is_variable = token.kind == Kind::Variable;
        if is_variable && !self.vars[self.outer_vars..].contains(&self.of(token)) {
            return self.fail(format!("undefined variable {}", quote(self.of(token))));
        }
        // Go's errors report the place of the first field after the term.
        let second = Pos::at(token.second_field(self.text));
        let (next, end) = self.fields().unwrap_or((second, token.end));
        let pos = if second == token.start { next } else { second };
        let written = Reference::new(token.start, end);
        Ok(match is_variable {
            true => Expr::Variable(pos, written),
            false => Expr::Field(pos, written),
        })
    }

    /// Skips the fields that follow without white space.
    fn fields(&mut self) -> Option<(Pos, Pos)> {
        let place = self.tokens.fields()?;
        self.seen = self.seen.max(place.0);
        Some(place)
    }

    fn term(&mut self, token: Token) -> Parsed<Option<Expr>> {
        let pos = token.start;
        let text = self.of(token);
        let number = |parser: &Self, read: Result<_, String>| match read {
            Ok(number) => Ok(Expr::Number(pos, number)),
            Err(message) => parser.fail(message),
        };
        Ok(Some(match token.kind {
            Kind::Identifier => match (self.known)(text) {
                true => Expr::Identifier(Reference::new(pos, token.end)),
                false => {
                    return self.fail(format!("function {} not defined", quote(text)));
                }
            },
            Kind::Dot => Expr::Dot(pos),
            Kind::Nil => Expr::Nil(pos),
            Kind::Bool => Expr::Bool(pos, text == "true"),
            Kind::CharConstant => number(self, literal::character(text))?,
            Kind::Number => number(self, literal::number(text))?,
            Kind::Complex => {
                return self.fail(format!("illegal number syntax: {}", quote(text)));
            }
            Kind::LeftParen => {
                let pipe = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
                Expr::Pipe(pipe.pos, Box::new(pipe))
            }
            Kind::String | Kind::RawString => Expr::String(pos, Arc::from(self.unquoted(token)?)),
            _ => {
                self.tokens.back();
                return Ok(None);
            }
        }))
    }
}
