//! The nodes of a template's syntax tree.
//!
//! Mirrors Go's `text/template/parse/node.go`.

use std::sync::Arc;

use smol_str::SmolStr;

/// The place of a node in its template: a 0-based byte offset.
///
/// It is the place that Go's errors report, which for `.a.b` is that of `.b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pos(u32);

impl Pos {
    /// The place at a 0-based byte offset; templates are shorter than 4 GiB.
    #[must_use]
    pub fn at(offset: usize) -> Self {
        Self(u32::try_from(offset).unwrap_or(u32::MAX))
    }

    /// The 0-based byte offset.
    #[must_use]
    pub fn offset(self) -> usize {
        self.0 as usize
    }
}

/// A part of a template's body.
#[derive(Debug, Clone)]
pub enum Node {
    /// Literal text.
    Text(TextNode),
    /// `{{ pipeline }}`
    ///
    /// Boxed, as most nodes are texts, which need an eighth of the space.
    Action(Box<ActionNode>),
    /// `{{ if }}`
    If(Box<BranchNode>),
    /// `{{ range }}`
    Range(Box<BranchNode>),
    /// `{{ with }}`
    With(Box<BranchNode>),
    /// `{{ template "name" pipeline }}`
    Template(Box<TemplateNode>),
    /// `{{ break }}`
    Break(Pos),
    /// `{{ continue }}`
    Continue(Pos),
}

/// A list of nodes.
#[derive(Debug, Clone)]
pub struct ListNode {
    /// The nodes; may be empty.
    pub nodes: Box<[Node]>,
    /// Whether everything that it writes is on lines of its own.
    pub starts_line: bool,
    /// The indentation of the first text that it writes, if that is on a line of its own and the template tells it.
    pub indent: u32,
}

/// Literal text, without what trim markers remove.
#[derive(Debug, Clone, Copy)]
pub struct TextNode {
    /// The start of the text, after what was removed.
    pub pos: Pos,
    /// Whether it is only white space.
    pub is_blank: bool,
    len: u32,
}

impl ListNode {
    /// Makes a list of nodes of a template.
    #[must_use]
    pub fn new(nodes: Box<[Node]>, template: &str) -> Self {
        let writes = |node: &&Node| match node {
            Node::Action(action) => action.pipe.decl.is_empty(),
            _ => true,
        };
        let starts_line = match nodes.iter().find(writes) {
            Some(Node::Text(text)) => text.text(template).starts_with(['\n', '\r']),
            Some(Node::If(branch) | Node::With(branch) | Node::Range(branch)) => {
                branch.starts_line()
            }
            Some(_) => false,
            None => true,
        };
        let indent = match nodes.iter().find(writes) {
            Some(Node::Text(text)) if starts_line => indent(text.text(template)),
            Some(Node::If(branch) | Node::With(branch) | Node::Range(branch)) => branch.indent(),
            _ => 0,
        };
        Self { nodes, starts_line, indent }
    }
}

/// The indentation of the first text that is not white space, or of what follows if there is none.
fn indent(text: &str) -> u32 {
    let blanks = &text[..text.len() - text.trim_start().len()];
    let line = blanks.rfind('\n').map_or(0, |end| end + 1);
    u32::try_from(blanks.len() - line).unwrap_or(u32::MAX)
}

impl BranchNode {
    /// The indentation, at least, of the first text that it may write.
    #[must_use]
    pub fn indent(&self) -> u32 {
        let otherwise = self.else_body.as_ref().map_or(u32::MAX, |body| body.indent);
        self.body.indent.min(otherwise)
    }

    /// Whether everything that it may write is on lines of its own.
    #[must_use]
    pub fn starts_line(&self) -> bool {
        self.body.starts_line && self.else_body.as_ref().is_none_or(|body| body.starts_line)
    }
}

impl TextNode {
    /// A text that starts at a place in the template.
    #[must_use]
    pub fn new(pos: Pos, text: &str) -> Self {
        let end = Pos::at(pos.offset() + text.len());
        Self { pos, len: end.0 - pos.0, is_blank: text.chars().all(char::is_whitespace) }
    }

    /// The text, which is never empty.
    #[must_use]
    pub fn text(self, template: &str) -> &str {
        &template[self.pos.offset()..self.pos.offset() + self.len as usize]
    }
}

/// A pipeline whose value is written, unless it declares or assigns a variable.
#[derive(Debug, Clone)]
pub struct ActionNode {
    /// The start of the pipeline.
    pub pos: Pos,
    /// The pipeline.
    pub pipe: PipeNode,
}

/// `$a, $b := command | command`
#[derive(Debug, Clone)]
pub struct PipeNode {
    /// Its start.
    pub pos: Pos,
    /// The variables, with their `$`; at most two, and two only for `range`.
    pub decl: Box<[SmolStr]>,
    /// The first command, which is often the only one.
    pub first: CommandNode,
    /// The commands after it.
    pub rest: Box<[CommandNode]>,
    /// Whether it is `=` and not `:=`.
    pub is_assign: bool,
}

/// A command: an operand with its arguments.
#[derive(Debug, Clone)]
pub struct CommandNode {
    /// Its start.
    pub pos: Pos,
    /// The operand.
    pub operand: Expr,
    /// Its arguments.
    pub args: Box<[Expr]>,
}

impl PipeNode {
    /// The commands in order.
    #[must_use]
    pub fn commands(&self) -> impl DoubleEndedIterator<Item = &CommandNode> {
        std::iter::once(&self.first).chain(&self.rest)
    }
}

impl CommandNode {
    /// The operand, then its arguments.
    pub fn operands(&self) -> impl Iterator<Item = &Expr> {
        std::iter::once(&self.operand).chain(&self.args)
    }
}

/// A literal number, with the type that an untyped constant has in Go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// An `int`, or a character.
    Int(i64),
    /// An integer above `int`, which only an unsigned parameter accepts.
    Uint(u64),
    /// A `float64`: it is written with a point or an exponent.
    Float(f64),
}

/// An operand.
#[derive(Debug, Clone)]
pub enum Expr {
    /// `.`
    Dot(Pos),
    /// `.a.b`
    Field(Pos, Reference),
    /// `$x.a.b`
    Variable(Pos, Reference),
    /// The name of a function.
    Identifier(Reference),
    /// A quoted text, without its quotes.
    String(Pos, Arc<str>),
    /// A number or character.
    Number(Pos, Number),
    /// `true` or `false`
    Bool(Pos, bool),
    /// `nil`
    Nil(Pos),
    /// `( pipeline )`
    Pipe(Pos, Box<PipeNode>),
    /// `( pipeline ).a.b`
    Chain(Pos, Box<ChainNode>),
}

/// The name of a function, a variable, fields, or fields of a variable: `quote`, `$x`, `.a.b`, `$x.a.b`.
///
/// Only its place in the template is stored, not its text: a template has thousands of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    start: Pos,
    end: Pos,
}

impl Reference {
    pub(super) fn new(start: Pos, end: Pos) -> Self {
        Self { start, end }
    }

    /// Its text in the template.
    #[must_use]
    pub fn text(self, template: &str) -> &str {
        &template[self.start.offset()..self.end.offset()]
    }

    /// The variable, with its `$`; empty if there is none.
    #[must_use]
    pub fn variable(self, template: &str) -> &str {
        let written = self.text(template);
        &written[..name_end(written)]
    }

    /// The names of the fields, from left to right.
    pub fn fields(self, template: &str) -> impl Iterator<Item = &str> {
        let written = self.text(template);
        let mut rest = &written[name_end(written)..];
        std::iter::from_fn(move || {
            let (name, after) = rest.get(1..).map(|rest| rest.split_at(name_end(rest)))?;
            rest = after;
            Some(name)
        })
    }
}

/// Returns the end of a name; names are too short for a search over many bytes at a time.
fn name_end(text: &str) -> usize {
    text.bytes().position(|byte| byte == b'.').unwrap_or(text.len())
}

/// An operand with fields.
#[derive(Debug, Clone)]
pub struct ChainNode {
    /// The operand.
    pub base: Expr,
    /// The fields, at least one.
    pub fields: Reference,
}

impl Expr {
    /// The place that Go's errors report.
    #[must_use]
    pub fn pos(&self) -> Pos {
        match self {
            Self::Dot(pos)
            | Self::Field(pos, _)
            | Self::Variable(pos, ..)
            | Self::String(pos, _)
            | Self::Number(pos, _)
            | Self::Bool(pos, _)
            | Self::Nil(pos)
            | Self::Pipe(pos, _)
            | Self::Chain(pos, ..) => *pos,
            Self::Identifier(name) => name.start,
        }
    }
}

/// `{{ if }}`, `{{ with }}` or `{{ range }}`; an `else if` is a single `if` in `else_body`.
#[derive(Debug, Clone)]
pub struct BranchNode {
    /// The start of the pipeline.
    pub pos: Pos,
    /// The pipeline that is tested, or iterated over.
    pub pipe: PipeNode,
    /// The body that is executed if the test succeeds, or for each item.
    pub body: ListNode,
    /// The body that is executed otherwise.
    pub else_body: Option<ListNode>,
    /// Whether no body assigns to a variable, or leaves or continues a loop.
    pub is_quiet: bool,
}

/// Which of the two actions with a condition a [`BranchNode`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::helm) enum Conditional {
    /// `{{ if }}`
    If,
    /// `{{ with }}`: in its body, the dot is the value that was tested.
    With,
}

/// `{{ template "name" pipeline }}`, or the call in a `{{ block }}`.
#[derive(Debug, Clone)]
pub struct TemplateNode {
    /// The place of the name.
    pub pos: Pos,
    /// The name.
    pub name: SmolStr,
    /// Its dot; nil if there is none.
    pub pipe: Option<PipeNode>,
}

/// Calls `each` with every expression of a template, in the order of its text; outer expressions come first.
pub(in crate::helm) fn expressions<'t>(list: &'t ListNode, each: &mut impl FnMut(&'t Expr)) {
    for node in &list.nodes {
        match node {
            Node::Action(action) => in_pipe(&action.pipe, each),
            Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
                in_pipe(&branch.pipe, each);
                expressions(&branch.body, each);
                if let Some(body) = &branch.else_body {
                    expressions(body, each);
                }
            }
            Node::Template(call) => {
                if let Some(pipe) = &call.pipe {
                    in_pipe(pipe, each);
                }
            }
            Node::Text(_) | Node::Break(_) | Node::Continue(_) => {}
        }
    }
}

fn in_pipe<'t>(pipe: &'t PipeNode, each: &mut impl FnMut(&'t Expr)) {
    pipe.commands().flat_map(CommandNode::operands).for_each(|expr| in_expr(expr, each));
}

fn in_expr<'t>(expr: &'t Expr, each: &mut impl FnMut(&'t Expr)) {
    each(expr);
    match expr {
        Expr::Pipe(_, pipe) => in_pipe(pipe, each),
        Expr::Chain(_, chain) => in_expr(&chain.base, each),
        _ => {}
    }
}
