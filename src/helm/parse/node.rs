//! The tree of a template, as Go's `text/template/parse/node.go` has it.

use std::sync::Arc;

use smol_str::SmolStr;

/// Where in its template a node starts: a 0-based byte offset.
///
/// It is the place that Go's errors name, which for `.a.b` is that of `.b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
    ///
    /// On its own, for most nodes are texts and take an eighth of its size.
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

/// Nodes in order.
#[derive(Debug, Clone)]
pub struct ListNode {
    /// The nodes; may be empty.
    pub nodes: Box<[Node]>,
    /// All that it writes stands on lines of its own.
    pub starts_line: bool,
    /// How far what it writes first is indented, where it stands on a line of its own; as far as a template says.
    pub indent: u32,
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

impl ListNode {
    /// A list of a template.
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

/// How far the first thing in a text is indented, or what follows one of blanks.
fn indent(text: &str) -> u32 {
    let blanks = &text[..text.len() - text.trim_start().len()];
    let line = blanks.rfind('\n').map_or(0, |end| end + 1);
    u32::try_from(blanks.len() - line).unwrap_or(u32::MAX)
}

impl BranchNode {
    /// How far what it may write first is indented at least.
    #[must_use]
    pub fn indent(&self) -> u32 {
        let otherwise = self.else_body.as_ref().map_or(u32::MAX, |body| body.indent);
        self.body.indent.min(otherwise)
    }

    /// Whether all that it may write stands on lines of its own.
    #[must_use]
    pub fn starts_line(&self) -> bool {
        self.body.starts_line && self.else_body.as_ref().is_none_or(|body| body.starts_line)
    }
}

impl TextNode {
    /// A text that starts at a place of the template.
    #[must_use]
    pub fn new(pos: Pos, text: &str) -> Self {
        let end = Pos::at(pos.offset() + text.len());
        Self { pos, len: end.0 - pos.0, is_blank: text.chars().all(char::is_whitespace) }
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
    /// The first command, mostly the only one.
    pub first: CommandNode,
    /// Those that it is piped through.
    pub rest: Box<[CommandNode]>,
    /// `=` in place of `:=`.
    pub is_assign: bool,
}

/// An operand with its arguments.
#[derive(Debug, Clone)]
pub struct CommandNode {
    /// Where it starts.
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
    Field(Pos, Reference),
    /// `$x.a.b`
    Variable(Pos, Reference),
    /// A function's name.
    Identifier(Reference),
    /// A quoted text, unquoted.
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

/// A function's name, or a variable, fields, or fields of a variable: `quote`, `$x`, `.a.b`, `$x.a.b`.
///
/// It is the place in the template in place of what is written there: a template has thousands of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    start: Pos,
    end: Pos,
}

impl Reference {
    pub(super) fn new(start: Pos, end: Pos) -> Self {
        Self { start, end }
    }

    /// As it is written, in the template's text.
    #[must_use]
    pub fn text(self, template: &str) -> &str {
        &template[self.start.offset()..self.end.offset()]
    }

    /// The variable with its `$`; empty where there is none.
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

/// Where a name ends; names are too short for a search that looks at many bytes at a time.
fn name_end(text: &str) -> usize {
    text.bytes().position(|byte| byte == b'.').unwrap_or(text.len())
}

/// An operand and its fields.
#[derive(Debug, Clone)]
pub struct ChainNode {
    /// The operand.
    pub base: Expr,
    /// The fields, at least one.
    pub fields: Reference,
}

impl Expr {
    /// The place that Go's errors name.
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
    /// Neither body assigns a value to a variable, or leaves or restarts a loop.
    pub is_quiet: bool,
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
