//! Tokens to trees.
//!
//! Mirrors Go 1.25 `text/template/parse/parse.go`.

use std::borrow::Cow;
use std::sync::Arc;

use smol_str::SmolStr;

use super::SyntaxFault;
use super::lex::{Kind, Token, Tokens};
use super::literal;
use super::node::{
    ActionNode, BranchNode, CommandNode, Expr, ListNode, Node, PipeNode, Pos, TemplateNode,
    TextNode,
};
use crate::helm::print::quote;

/// Blocks and parentheses within each other: what the stack of any thread holds.
const MAX_DEPTH: usize = 300;

type Parsed<T> = Result<T, SyntaxFault>;

/// What a template file holds.
#[derive(Debug)]
pub(super) struct Trees {
    /// What stands outside of any `define`.
    pub(super) root: ListNode,
    /// Named bodies in the order in which they end; a name twice only where one of them is empty.
    pub(super) defines: Vec<(String, ListNode)>,
}

/// Parses a whole template file.
pub(super) fn parse(text: &str, known: fn(&str) -> bool) -> Parsed<Trees> {
    let mut parser = Parser {
        text,
        tokens: Tokens::of(text),
        at: 0,
        seen: 0,
        vars: vec![SmolStr::new_static("$")],
        ranges: 0,
        depth: 0,
        action: None,
        defines: Vec::new(),
        nodes: Vec::new(),
        args: Vec::new(),
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
    /// Which token is next, from the node on that is being read.
    at: usize,
    /// The offset of the last token that was looked at: Go's errors name its line.
    seen: usize,
    /// Variables in scope, the innermost last.
    vars: Vec<SmolStr>,
    ranges: usize,
    depth: usize,
    /// Where the action that is being read starts.
    action: Option<usize>,
    defines: Vec<(String, ListNode)>,
    /// Nodes of the lists that are being read, the innermost last; a list is made when its length is known.
    nodes: Vec<Node>,
    /// Operands of the commands that are being read, in the same way.
    args: Vec<Expr>,
    known: fn(&str) -> bool,
}

impl<'a> Parser<'a> {
    fn root(&mut self) -> Parsed<ListNode> {
        loop {
            match self.peek().kind {
                Kind::Eof => return Ok(self.nodes_from(0)),
                Kind::LeftDelim => {
                    let open = self.at;
                    self.next();
                    if self.next().kind == Kind::Define {
                        self.define()?;
                        continue;
                    }
                    self.at = open;
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
        let name = self.template_name(&token, CONTEXT)?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        self.named(name, CONTEXT)
    }

    /// The body of a named template, which has variables and loops of its own.
    fn named(&mut self, name: String, context: &str) -> Parsed<()> {
        let vars = std::mem::replace(&mut self.vars, vec![SmolStr::new_static("$")]);
        let ranges = std::mem::take(&mut self.ranges);
        let (body, ended) = self.list()?;
        if ended != Ended::End {
            return self.fail(format!("unexpected {} in {context}", ended.shown()));
        }
        self.vars = vars;
        self.ranges = ranges;
        let other = self.defines.iter_mut().find(|(known, _)| *known == name);
        match other {
            None => self.defines.push((name, body)),
            Some((_, known)) if is_empty(known) => *known = body,
            Some(_) if is_empty(&body) => {}
            Some(_) => {
                return self.fail(format!("multiple definition of template {}", quote(&name)));
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
        ListNode { nodes: self.nodes.drain(start..).collect() }
    }

    fn item(&mut self) -> Parsed<Item> {
        self.tokens.forget(self.at);
        self.at = 0;
        let token = self.next();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(TextNode::new(token.offset, token.text)))),
            Kind::LeftDelim => {
                self.action = Some(token.offset);
                let item = self.action();
                self.action = None;
                item
            }
            _ => self.unexpected(&token, "input"),
        }
    }

    fn action(&mut self) -> Parsed<Item> {
        let token = self.next();
        let pos = Pos::at(token.offset);
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
                self.at -= 1;
                // Variables that it declares stay until the `{{end}}` around it.
                let pipe = self.pipeline("command", Kind::RightDelim)?;
                Node::Action(ActionNode { pos, pipe })
            }
        };
        Ok(Item::Node(node))
    }

    fn jump(&mut self, word: &str) -> Parsed<()> {
        let token = self.next();
        if token.kind != Kind::RightDelim {
            return self.unexpected(&token, &format!("{{{{{word}}}}}"));
        }
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
        let in_range = usize::from(kind == Kind::Range);
        self.ranges += in_range;
        let (body, ended) = self.list()?;
        self.ranges -= in_range;
        let chained = kind != Kind::Range && self.peek().kind == kind;
        let else_body = match ended {
            Ended::End => None,
            Ended::Else if chained => {
                self.next();
                Some(ListNode { nodes: Box::new([self.control(kind)?]) })
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
        let branch = Box::new(BranchNode { pos: pipe.pos, pipe, body, else_body });
        Ok(match kind {
            Kind::If => Node::If(branch),
            Kind::With => Node::With(branch),
            _ => Node::Range(branch),
        })
    }

    fn block(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "block clause";
        let token = self.next();
        let name = self.template_name(&token, CONTEXT)?;
        let pipe = Some(self.pipeline(CONTEXT, Kind::RightDelim)?);
        let pos = Pos::at(token.offset);
        let call = TemplateNode { pos, name: SmolStr::new(&name), pipe };
        self.named(name, CONTEXT)?;
        Ok(Node::Template(Box::new(call)))
    }

    fn template(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "template clause";
        let token = self.next();
        let name = SmolStr::from(self.template_name(&token, CONTEXT)?);
        let pipe = match self.peek().kind {
            Kind::RightDelim => {
                self.next();
                None
            }
            _ => Some(self.pipeline(CONTEXT, Kind::RightDelim)?),
        };
        let call = TemplateNode { pos: Pos::at(token.offset), name, pipe };
        Ok(Node::Template(Box::new(call)))
    }

    fn template_name(&self, token: &Token<'_>, context: &str) -> Parsed<String> {
        match token.kind {
            Kind::String | Kind::RawString => self.unquoted(token).map(Cow::into_owned),
            _ => self.unexpected(token, context),
        }
    }

    fn unquoted<'t>(&self, token: &Token<'t>) -> Parsed<Cow<'t, str>> {
        literal::unquote(token.text).map_or_else(|| self.fail("invalid syntax"), Ok)
    }

    fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<PipeNode> {
        self.enter()?;
        let pos = Pos::at(self.peek().offset);
        let (decl, is_assign) = self.declarations(context)?;
        let mut commands = Vec::with_capacity(1);
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
                    self.at -= 1;
                    commands.push(self.command()?);
                }
                _ => return self.unexpected(&token, context),
            }
        }
        self.check(&commands, context)?;
        self.depth -= 1;
        Ok(PipeNode { pos, decl, commands: commands.into(), is_assign })
    }

    /// `$x :=`, `$x =`, and for a range `$i, $x :=`; whether it is `=`.
    fn declarations(&mut self, context: &str) -> Parsed<(Box<[SmolStr]>, bool)> {
        let mut decl = Vec::new();
        while self.peek().kind == Kind::Variable {
            let start = self.at;
            let variable = self.next();
            let next = self.peek();
            let comma = next.kind == Kind::Char && next.text == ",";
            if !comma && !matches!(next.kind, Kind::Assign | Kind::Declare) {
                // An argument: the space after it parts it from the next one.
                self.at = start;
                break;
            }
            self.next();
            let name = SmolStr::new(variable.text);
            decl.push(name.clone());
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

    fn check(&self, commands: &[CommandNode], context: &str) -> Parsed<()> {
        if commands.is_empty() {
            return self.fail(format!("missing value for {context}"));
        }
        let inert = |command: &CommandNode| {
            let first = command.args.first();
            matches!(
                first,
                Some(
                    Expr::Bool(..)
                        | Expr::Dot(_)
                        | Expr::Nil(_)
                        | Expr::Number(..)
                        | Expr::String(..)
                )
            )
        };
        match commands.iter().skip(1).position(inert) {
            Some(at) => self.fail(format!("non executable command in pipeline stage {}", at + 2)),
            None => Ok(()),
        }
    }

    fn command(&mut self) -> Parsed<CommandNode> {
        let pos = Pos::at(self.peek().offset);
        let start = self.args.len();
        loop {
            let operand = self.operand()?;
            let is_argument = operand.is_some();
            self.args.extend(operand);
            let token = self.peek();
            match token.kind {
                Kind::Pipe => {
                    self.next();
                    break;
                }
                Kind::RightDelim | Kind::RightParen => break,
                _ if is_argument && token.spaced => {}
                _ => return self.unexpected(&token, "operand"),
            }
        }
        match self.args.len() == start {
            true => self.fail("empty command"),
            false => Ok(CommandNode { pos, args: self.args.drain(start..).collect() }),
        }
    }

    /// A term and the fields right behind it.
    fn operand(&mut self) -> Parsed<Option<Expr>> {
        let Some(term) = self.term()? else { return Ok(None) };
        let count = self.fields_ahead();
        if count == 0 {
            return Ok(Some(term));
        }
        // Errors name the place of the first field behind the term.
        let pos = Pos::at(self.peek().offset);
        let mut path = |first: Box<[SmolStr]>| {
            let rest = (0..count).map(|_| SmolStr::new(&self.next().text[1..]));
            first.into_iter().chain(rest).collect::<Box<[_]>>()
        };
        Ok(Some(match term {
            Expr::Field(_, names) => Expr::Field(pos, path(names)),
            Expr::Variable(_, name, names) => Expr::Variable(pos, name, path(names)),
            Expr::Bool(..) | Expr::String(..) | Expr::Number(..) | Expr::Nil(_) | Expr::Dot(_) => {
                path(Box::default());
                let shown = quote(super::lex::literal(self.text, term.pos().offset()));
                return self.fail(format!("unexpected . after term {shown}"));
            }
            base => Expr::Chain(pos, Box::new(base), path(Box::default())),
        }))
    }

    /// How many fields stand right behind each other here.
    fn fields_ahead(&mut self) -> usize {
        let mut count = 0;
        loop {
            let token = self.tokens.get(self.at + count);
            if token.kind != Kind::Field || token.spaced {
                return count;
            }
            count += 1;
        }
    }

    fn term(&mut self) -> Parsed<Option<Expr>> {
        let token = self.next();
        let pos = Pos::at(token.offset);
        let name = || SmolStr::new(token.text);
        let number = |parser: &Self, read: Result<_, String>| match read {
            Ok(number) => Ok(Expr::Number(pos, number)),
            Err(message) => parser.fail(message),
        };
        Ok(Some(match token.kind {
            Kind::Identifier => match (self.known)(token.text) {
                true => Expr::Identifier(pos, name()),
                false => {
                    return self.fail(format!("function {} not defined", quote(token.text)));
                }
            },
            Kind::Dot => Expr::Dot(pos),
            Kind::Nil => Expr::Nil(pos),
            Kind::Variable => match self.vars.iter().any(|known| known == token.text) {
                true => Expr::Variable(pos, name(), Box::default()),
                false => {
                    return self.fail(format!("undefined variable {}", quote(token.text)));
                }
            },
            Kind::Field => Expr::Field(pos, Box::new([SmolStr::new(&token.text[1..])])),
            Kind::Bool => Expr::Bool(pos, token.text == "true"),
            Kind::CharConstant => number(self, literal::character(token.text))?,
            Kind::Number => number(self, literal::number(token.text))?,
            Kind::Complex => {
                return self.fail(format!("illegal number syntax: {}", quote(token.text)));
            }
            Kind::LeftParen => {
                let pipe = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
                Expr::Pipe(pipe.pos, pipe)
            }
            Kind::String | Kind::RawString => Expr::String(pos, Arc::from(self.unquoted(&token)?)),
            _ => {
                self.at -= 1;
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

    fn peek(&mut self) -> Token<'a> {
        let token = self.tokens.get(self.at);
        self.seen = self.seen.max(token.offset);
        token
    }

    fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Parsed<()> {
        let token = self.next();
        match token.kind == kind {
            true => Ok(()),
            false => self.unexpected(&token, context),
        }
    }

    fn unexpected<T>(&self, token: &Token<'_>, context: &str) -> Parsed<T> {
        if token.kind != Kind::Error {
            return self.fail(format!("unexpected {} in {context}", token.shown()));
        }
        let line = |offset: usize| self.text[..offset].matches('\n').count();
        let started = self.action.filter(|start| line(*start) != line(token.offset));
        Err(SyntaxFault { offset: self.seen, message: self.tokens.fault().to_owned(), started })
    }

    fn fail<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(SyntaxFault { offset: self.seen, message: message.into(), started: None })
    }
}

/// Go's `IsEmptyTree`: nothing but blanks.
pub(in crate::helm) fn is_empty(body: &ListNode) -> bool {
    body.nodes.iter().all(|node| match node {
        Node::Text(text) => text.is_blank,
        _ => false,
    })
}
