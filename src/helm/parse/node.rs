//! The tree of a template, as Go's `text/template/parse/node.go` has it.

use std::sync::Arc;

use smol_str::SmolStr;

/// Where in its template a node starts: a 0-based byte offset.
///
/// It is the place that Go's errors name, which for `.a.b` is that of `.b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pos(u32);

impl Pos {
    /// Names a 0-based byte offset; no template is as long as 4 GiB.
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
    Action(ActionNode),
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

/// Nodes in order.
#[derive(Debug, Clone)]
pub struct ListNode {
    /// The nodes; may be empty.
    pub nodes: Box<[Node]>,
}

/// Literal text, without what a trim marker cuts off.
#[derive(Debug, Clone, Copy)]
pub struct TextNode {
    /// Where the text starts, after what was cut off.
    pub pos: Pos,
    /// There is nothing but blanks in it.
    pub is_blank: bool,
    len: u32,
}

impl TextNode {
    /// A text that starts at a 0-based byte of the template.
    #[must_use]
    pub fn new(start: usize, text: &str) -> Self {
        let (pos, end) = (Pos::at(start), Pos::at(start + text.len()));
        Self { pos, len: end.0 - pos.0, is_blank: text.trim().is_empty() }
    }

    /// The text, which is never empty, in the template's.
    #[must_use]
    pub fn text(self, template: &str) -> &str {
        &template[self.pos.offset()..self.pos.offset() + self.len as usize]
    }
}

/// A pipeline whose value is written, unless it declares or assigns.
#[derive(Debug, Clone)]
pub struct ActionNode {
    /// Where the pipeline starts.
    pub pos: Pos,
    /// The pipeline.
    pub pipe: PipeNode,
}

/// `$a, $b := command | command`
#[derive(Debug, Clone)]
pub struct PipeNode {
    /// Where it starts.
    pub pos: Pos,
    /// Variables with their `$`, at most two, those only for `range`.
    pub decl: Box<[SmolStr]>,
    /// Commands; never empty.
    pub commands: Box<[CommandNode]>,
    /// `=` in place of `:=`.
    pub is_assign: bool,
}

/// An operand with its arguments.
#[derive(Debug, Clone)]
pub struct CommandNode {
    /// Where it starts.
    pub pos: Pos,
    /// The operand, then its arguments; never empty.
    pub args: Box<[Expr]>,
}

/// A literal number, by the type that Go gives it where no other is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// An `int`, or a character.
    Int(i64),
    /// An integer past `int`, which only an unsigned parameter can take.
    Uint(u64),
    /// A `float64`: written with a point or an exponent.
    Float(f64),
}

/// An operand.
#[derive(Debug, Clone)]
pub enum Expr {
    /// `.`
    Dot(Pos),
    /// `.a.b`
    Field(Pos, Box<[SmolStr]>),
    /// `$x.a.b`; the name has its `$`.
    Variable(Pos, SmolStr, Box<[SmolStr]>),
    /// A function's name.
    Identifier(Pos, SmolStr),
    /// A quoted text, unquoted.
    String(Pos, Arc<str>),
    /// A number or character.
    Number(Pos, Number),
    /// `true` or `false`
    Bool(Pos, bool),
    /// `nil`
    Nil(Pos),
    /// `( pipeline )`
    Pipe(Pos, PipeNode),
    /// `( pipeline ).a.b`
    Chain(Pos, Box<Expr>, Box<[SmolStr]>),
}

impl Expr {
    /// The place that Go's errors name.
    #[must_use]
    pub fn pos(&self) -> Pos {
        match self {
            Self::Dot(pos)
            | Self::Field(pos, _)
            | Self::Variable(pos, ..)
            | Self::Identifier(pos, _)
            | Self::String(pos, _)
            | Self::Number(pos, _)
            | Self::Bool(pos, _)
            | Self::Nil(pos)
            | Self::Pipe(pos, _)
            | Self::Chain(pos, ..) => *pos,
        }
    }
}

/// `{{ if }}`, `{{ with }}` or `{{ range }}`; an `else if` is an `if` alone in `else_body`.
#[derive(Debug, Clone)]
pub struct BranchNode {
    /// Where the pipeline starts.
    pub pos: Pos,
    /// What is tested, or ranged over.
    pub pipe: PipeNode,
    /// What is executed when it holds, or for each item.
    pub body: ListNode,
    /// What is executed otherwise.
    pub else_body: Option<ListNode>,
}

/// `{{ template "name" pipeline }}`, and what is left of a `{{ block }}`.
#[derive(Debug, Clone)]
pub struct TemplateNode {
    /// Where the name stands.
    pub pos: Pos,
    /// The name.
    pub name: SmolStr,
    /// Its dot; nil without one.
    pub pipe: Option<PipeNode>,
}

/// Every expression of a template, in the order of its text; those that hold others come first.
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
    let args = pipe.commands.iter().flat_map(|command: &CommandNode| &*command.args);
    args.for_each(|expr| in_expr(expr, each));
}

fn in_expr<'t>(expr: &'t Expr, each: &mut impl FnMut(&'t Expr)) {
    each(expr);
    match expr {
        Expr::Pipe(_, pipe) => in_pipe(pipe, each),
        Expr::Chain(_, base, _) => in_expr(base, each),
        _ => {}
    }
}
