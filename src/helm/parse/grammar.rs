//! Makes a syntax tree of tokens.
//!
//! Mirrors Go 1.25 `text/template/parse/parse.go`.

mod pipeline;

use std::borrow::Cow;

use indexmap::IndexMap;
use indexmap::map::Entry;
use smol_str::SmolStr;

use super::SyntaxFault;
use super::literal;
use super::node::{
    ActionNode, BranchNode, CommandNode, Expr, ListNode, Node, Pos, TemplateNode, TextNode,
};
use super::token::{Kind, Token};
use super::tokens::Tokens;
use crate::helm::print::quote;

/// How deep blocks and parentheses may be nested; the stack of any thread is large enough for it.
const MAX_DEPTH: usize = 300;

/// The initial capacity for nodes, commands and operands.
const EXPECTED: usize = 32;

/// The variable that is always defined.
const ROOT: &str = "$";

type Parsed<T> = Result<T, SyntaxFault>;

/// The contents of a template file.
#[derive(Debug)]
pub(super) struct Trees {
    /// The nodes outside of any `define`.
    pub(super) root: ListNode,
    /// The named templates in the order of their ends; of several with one name, the first.
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

/// The action that ended a list of nodes.
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

/// A node, or an `{{end}}` or `{{else}}`.
enum Item {
    Node(Node),
    Ended(Ended),
}

struct Parser<'a> {
    text: &'a str,
    tokens: Tokens<'a>,
    /// The start of the last token that was looked at: Go's errors report its line.
    seen: Pos,
    /// The variables in scope, the innermost last.
    vars: Vec<&'a str>,
    /// How many of them are out of scope because they are outside of the current named template.
    outer_vars: usize,
    ranges: usize,
    /// The number of assignments and jumps so far.
    effects: usize,
    depth: usize,
    /// The start of the current action.
    action: Option<Pos>,
    defines: IndexMap<String, ListNode>,
    /// The nodes of the lists that are not complete yet, the innermost last; a list is made when its length is known.
    nodes: Vec<Node>,
    /// The commands of the pipelines that are not complete yet, likewise.
    commands: Vec<CommandNode>,
    /// The operands of these commands, likewise.
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

    /// Parses the body of a named template, which has its own variables and loops.
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

    /// Makes a list of the nodes from an index in [`Parser::nodes`] on.
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
                // The variables that it declares stay in scope until the `{{end}}` of the enclosing block.
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

    fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        match self.depth > MAX_DEPTH {
            true => self.fail(format!("blocks are nested deeper than {MAX_DEPTH}")),
            false => Ok(()),
        }
    }

    /// Returns the text of a token.
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

/// Removes the items from an index on, and returns them.
fn cut<T>(list: &mut Vec<T>, start: usize) -> Box<[T]> {
    match list.len() == start {
        true => Box::default(),
        false => list.split_off(start).into(),
    }
}

/// Whether a body is only white space, as in Go's `IsEmptyTree`.
pub(in crate::helm) fn is_empty(body: &ListNode) -> bool {
    body.nodes.iter().all(|node| match node {
        Node::Text(text) => text.is_blank,
        _ => false,
    })
}
