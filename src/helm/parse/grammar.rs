//! Tokens to trees.
//!
//! Mirrors Go 1.25 `text/template/parse/parse.go`.

use std::borrow::Cow;
use std::sync::Arc;

use indexmap::IndexMap;
use indexmap::map::Entry;
use smol_str::SmolStr;

use super::SyntaxFault;
use super::lex::Tokens;
use super::literal;
use super::node::{
    ActionNode, BranchNode, ChainNode, CommandNode, Expr, ListNode, Node, PipeNode, Pos, Reference,
    TemplateNode, TextNode,
};
use super::token::{Kind, Token};
use crate::helm::print::quote;

/// Blocks and parentheses within each other: what the stack of any thread holds.
const MAX_DEPTH: usize = 300;

/// For how many nodes, commands and operands there is room from the first on.
const EXPECTED: usize = 32;

/// The variable that is always there.
const ROOT: &str = "$";

type Parsed<T> = Result<T, SyntaxFault>;

/// What a template file holds.
#[derive(Debug)]
pub(super) struct Trees {
    /// What stands outside of any `define`.
    pub(super) root: ListNode,
    /// Named bodies in the order in which they end, the first one of a name.
    pub(super) defines: IndexMap<String, ListNode>,
}

/// Parses a whole template file.
pub(super) fn parse(text: &str, known: fn(&str) -> bool) -> Parsed<Trees> {
    let mut parser = Parser {
        text,
        tokens: Tokens::of(text),
        seen: Pos::at(0),
        vars: vec![ROOT],
        outer_vars: 0,
        ranges: 0,
        effects: 0,
        depth: 0,
        action: None,
        defines: IndexMap::new(),
        nodes: Vec::with_capacity(EXPECTED),
        commands: Vec::with_capacity(EXPECTED),
        args: Vec::with_capacity(EXPECTED),
        known,
    };
    let root = parser.root()?;
    Ok(Trees { root, defines: parser.defines })
}

/// What ended a list of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    End,
    Else,
}

impl Ended {
    fn shown(self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else => "{{else}}",
        }
    }
}

/// A node, or the `{{end}}` or `{{else}}` in its place.
enum Item {
    Node(Node),
    Ended(Ended),
}

struct Parser<'a> {
    text: &'a str,
    tokens: Tokens<'a>,
    /// The start of the last token that was looked at: Go's errors name its line.
    seen: Pos,
    /// Variables, the innermost last.
    vars: Vec<&'a str>,
    /// How many of them are out of scope, since a named template began behind them.
    outer_vars: usize,
    ranges: usize,
    /// How many assignments and jumps there were.
    effects: usize,
    depth: usize,
    /// Where the action that is being read starts.
    action: Option<Pos>,
    defines: IndexMap<String, ListNode>,
    /// Nodes of the lists that are being read, the innermost last; a list is made when its length is known.
    nodes: Vec<Node>,
    /// Commands of the pipelines that are being read, in the same way.
    commands: Vec<CommandNode>,
    /// Operands of these commands.
    args: Vec<Expr>,
    known: fn(&str) -> bool,
}

impl<'a> Parser<'a> {
    fn root(&mut self) -> Parsed<ListNode> {
        loop {
            match self.peek().kind {
                Kind::Eof => return Ok(self.nodes_from(0)),
                Kind::LeftDelim => {
                    self.next();
                    if self.next().kind == Kind::Define {
                        self.define()?;
                        continue;
                    }
                    self.tokens.back();
                    self.tokens.back();
                }
                _ => {}
            }
            match self.item()? {
                Item::Node(node) => self.nodes.push(node),
                Item::Ended(ended) => return self.fail(format!("unexpected {}", ended.shown())),
            }
        }
    }

    fn define(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "define clause";
        let token = self.next();
        let name = self.template_name(token, CONTEXT)?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        self.named(name, CONTEXT)
    }

    /// The body of a named template, which has variables and loops of its own.
    fn named(&mut self, name: String, context: &str) -> Parsed<()> {
        let vars = self.vars.len();
        let outer_vars = std::mem::replace(&mut self.outer_vars, vars);
        self.vars.push(ROOT);
        let ranges = std::mem::take(&mut self.ranges);
        let (body, ended) = self.list()?;
        if ended != Ended::End {
            return self.fail(format!("unexpected {} in {context}", ended.shown()));
        }
        self.vars.truncate(vars);
        self.outer_vars = outer_vars;
        self.ranges = ranges;
        match self.defines.entry(name) {
            Entry::Vacant(place) => {
                place.insert(body);
            }
            Entry::Occupied(mut known) if is_empty(known.get()) => {
                known.insert(body);
            }
            Entry::Occupied(_) if is_empty(&body) => {}
            Entry::Occupied(known) => {
                let message = format!("multiple definition of template {}", quote(known.key()));
                return self.fail(message);
            }
        }
        Ok(())
    }

    fn list(&mut self) -> Parsed<(ListNode, Ended)> {
        self.enter()?;
        let start = self.nodes.len();
        while self.peek().kind != Kind::Eof {
            match self.item()? {
                Item::Node(node) => self.nodes.push(node),
                Item::Ended(ended) => {
                    self.depth -= 1;
                    return Ok((self.nodes_from(start), ended));
                }
            }
        }
        self.fail("unexpected EOF")
    }

    /// The list that starts at a number of [`Parser::nodes`].
    fn nodes_from(&mut self, start: usize) -> ListNode {
        ListNode::new(cut(&mut self.nodes, start), self.text)
    }

    fn item(&mut self) -> Parsed<Item> {
        let token = self.next();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(TextNode::new(token.start, self.of(token))))),
            Kind::LeftDelim => {
                self.action = Some(token.start);
                let item = self.action();
                self.action = None;
                item
            }
            _ => self.unexpected(token, "input"),
        }
    }

    fn action(&mut self) -> Parsed<Item> {
        let token = self.next();
        let pos = token.start;
        let node = match token.kind {
            Kind::Block => self.block()?,
            Kind::Break => {
                self.jump("break")?;
                Node::Break(pos)
            }
            Kind::Continue => {
                self.jump("continue")?;
                Node::Continue(pos)
            }
            Kind::Else => {
                if !matches!(self.peek().kind, Kind::If | Kind::With) {
                    self.expect(Kind::RightDelim, "else")?;
                }
                return Ok(Item::Ended(Ended::Else));
            }
            Kind::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Item::Ended(Ended::End));
            }
            Kind::If | Kind::With | Kind::Range => self.control(token.kind)?,
            Kind::Template => self.template()?,
            _ => {
                self.tokens.back();
                // Variables that it declares stay until the `{{end}}` around it.
                let pipe = self.pipeline("command", Kind::RightDelim)?;
                Node::Action(Box::new(ActionNode { pos, pipe }))
            }
        };
        Ok(Item::Node(node))
    }

    fn jump(&mut self, word: &str) -> Parsed<()> {
        let token = self.next();
        if token.kind != Kind::RightDelim {
            return self.unexpected(token, &format!("{{{{{word}}}}}"));
        }
        self.effects += 1;
        match self.ranges {
            0 => self.fail(format!("{{{{{word}}}}} outside {{{{range}}}}")),
            _ => Ok(()),
        }
    }

    fn control(&mut self, kind: Kind) -> Parsed<Node> {
        self.enter()?;
        let vars = self.vars.len();
        let context = match kind {
            Kind::If => "if",
            Kind::With => "with",
            _ => "range",
        };
        let pipe = self.pipeline(context, Kind::RightDelim)?;
        let effects = self.effects;
        let in_range = usize::from(kind == Kind::Range);
        self.ranges += in_range;
        let (body, ended) = self.list()?;
        self.ranges -= in_range;
        let chained = kind != Kind::Range && self.peek().kind == kind;
        let else_body = match ended {
            Ended::End => None,
            Ended::Else if chained => {
                self.next();
                Some(ListNode::new(Box::new([self.control(kind)?]), self.text))
            }
            Ended::Else => {
                let (body, ended) = self.list()?;
                if ended != Ended::End {
                    return self.fail(format!("expected end; found {}", ended.shown()));
                }
                Some(body)
            }
        };
        self.vars.truncate(vars);
        self.depth -= 1;
        let is_quiet = self.effects == effects;
        let branch = Box::new(BranchNode { pos: pipe.pos, pipe, body, else_body, is_quiet });
        Ok(match kind {
            Kind::If => Node::If(branch),
            Kind::With => Node::With(branch),
            _ => Node::Range(branch),
        })
    }

    fn block(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "block clause";
        let token = self.next();
        let name = self.template_name(token, CONTEXT)?;
        let pipe = Some(self.pipeline(CONTEXT, Kind::RightDelim)?);
        let pos = token.start;
        let call = TemplateNode { pos, name: SmolStr::new(&name), pipe };
        self.named(name, CONTEXT)?;
        Ok(Node::Template(Box::new(call)))
    }

    fn template(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "template clause";
        let token = self.next();
        let name = SmolStr::from(self.template_name(token, CONTEXT)?);
        let pipe = match self.peek().kind {
            Kind::RightDelim => {
                self.next();
                None
            }
            _ => Some(self.pipeline(CONTEXT, Kind::RightDelim)?),
        };
        let call = TemplateNode { pos: token.start, name, pipe };
        Ok(Node::Template(Box::new(call)))
    }

    fn template_name(&self, token: Token, context: &str) -> Parsed<String> {
        match token.kind {
            Kind::String | Kind::RawString => self.unquoted(token).map(Cow::into_owned),
            _ => self.unexpected(token, context),
        }
    }

    fn unquoted(&self, token: Token) -> Parsed<Cow<'a, str>> {
        literal::unquote(self.of(token)).map_or_else(|| self.fail("invalid syntax"), Ok)
    }

    fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<PipeNode> {
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

    /// `$x :=`, `$x =`, and for a range `$i, $x :=`; whether it is `=`.
    fn declarations(&mut self, context: &str) -> Parsed<(Box<[SmolStr]>, bool)> {
        let mut decl = Vec::new();
        while self.peek().kind == Kind::Variable {
            let variable = self.next();
            let next = self.peek();
            let comma = next.kind == Kind::Char && self.of(next) == ",";
            if !comma && !matches!(next.kind, Kind::Assign | Kind::Declare) {
                // An argument: the space after it parts it from the next one.
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

    /// Go takes no constants and no dot behind a pipe.
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

    /// A term and the fields right behind it.
    fn operand(&mut self) -> Parsed<Option<Expr>> {
        let token = self.next();
        if matches!(token.kind, Kind::Field | Kind::Variable) {
            return self.reference(token).map(Some);
        }
        let Some(term) = self.term(token)? else { return Ok(None) };
        let Some((pos, end)) = self.fields() else { return Ok(Some(term)) };
        match term {
            Expr::Bool(..) | Expr::String(..) | Expr::Number(..) | Expr::Nil(_) | Expr::Dot(_) => {
                let shown = quote(super::lex::literal(self.text, term.pos().offset()));
                self.fail(format!("unexpected . after term {shown}"))
            }
            base => {
                let fields = Reference::new(pos, end);
                Ok(Some(Expr::Chain(pos, Box::new(ChainNode { base, fields }))))
            }
        }
    }

    /// A field or variable with the fields right behind it.
    fn reference(&mut self, token: Token) -> Parsed<Expr> {
        let is_variable = token.kind == Kind::Variable;
        if is_variable && !self.vars[self.outer_vars..].contains(&self.of(token)) {
            return self.fail(format!("undefined variable {}", quote(self.of(token))));
        }
        // Errors name the place of the first field behind the term.
        let second = Pos::at(token.second_field(self.text));
        let (next, end) = self.fields().unwrap_or((second, token.end));
        let pos = if second == token.start { next } else { second };
        let written = Reference::new(token.start, end);
        Ok(match is_variable {
            true => Expr::Variable(pos, written),
            false => Expr::Field(pos, written),
        })
    }

    /// Goes over the fields that stand right behind each other here.
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

    fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        match self.depth > MAX_DEPTH {
            true => self.fail(format!("blocks are nested deeper than {MAX_DEPTH}")),
            false => Ok(()),
        }
    }

    /// What is written at a token.
    fn of(&self, token: Token) -> &'a str {
        token.text(self.text)
    }

    fn peek(&mut self) -> Token {
        let token = self.tokens.peek();
        self.seen = self.seen.max(token.start);
        token
    }

    fn next(&mut self) -> Token {
        let token = self.peek();
        self.tokens.advance();
        token
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Parsed<()> {
        let token = self.next();
        match token.kind == kind {
            true => Ok(()),
            false => self.unexpected(token, context),
        }
    }

    #[cold]
    fn unexpected<T>(&self, token: Token, context: &str) -> Parsed<T> {
        if token.kind != Kind::Error {
            let shown = token.shown(self.text);
            return self.fail(format!("unexpected {shown} in {context}"));
        }
        let line = |at: Pos| self.text[..at.offset()].matches('\n').count();
        let started = self.action.filter(|start| line(*start) != line(token.start));
        let started = started.map(Pos::offset);
        let message = self.tokens.fault().to_owned();
        Err(SyntaxFault { offset: self.seen.offset(), message, started })
    }

    #[cold]
    fn fail<T>(&self, message: impl Into<String>) -> Parsed<T> {
        let offset = self.seen.offset();
        Err(SyntaxFault { offset, message: message.into(), started: None })
    }
}

/// Takes what a list has from a number on.
fn cut<T>(list: &mut Vec<T>, start: usize) -> Box<[T]> {
    match list.len() == start {
        true => Box::default(),
        false => list.split_off(start).into(),
    }
}

/// Go's `IsEmptyTree`: nothing but blanks.
pub(in crate::helm) fn is_empty(body: &ListNode) -> bool {
    body.nodes.iter().all(|node| match node {
        Node::Text(text) => text.is_blank,
        _ => false,
    })
}
