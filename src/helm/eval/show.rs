//! Writes nodes as in Go's error messages: `Node.String`.

use crate::helm::parse::{self, CommandNode, Expr, PipeNode, TemplateNode};
use crate::helm::print::quote;

/// The node that is being evaluated.
#[derive(Debug, Clone, Copy)]
pub(super) enum Spot<'e> {
    /// No node yet.
    Start,
    Expr(&'e Expr),
    Command(&'e CommandNode),
    Pipe(&'e PipeNode),
    Template(&'e TemplateNode),
}

impl Spot<'_> {
    /// The 0-based byte offset that an error message refers to.
    pub(super) fn offset(self) -> usize {
        match self {
            Self::Start => 0,
            Self::Expr(expr) => expr.pos().offset(),
            Self::Command(command) => command.pos.offset(),
            Self::Pipe(pipe) => pipe.pos.offset(),
            Self::Template(call) => call.pos.offset(),
        }
    }

    /// Writes the node as text; literals as they are in the template.
    pub(super) fn shown(self, text: &str) -> String {
        let mut out = String::new();
        match self {
            Self::Start => {}
            Self::Expr(expr) => show(expr, text, &mut out),
            Self::Command(command) => show_command(command, text, &mut out),
            Self::Pipe(pipe) => show_pipe(pipe, text, &mut out),
            Self::Template(call) => {
                out.push_str(&format!("{{{{template {}", quote(&call.name)));
                if let Some(pipe) = &call.pipe {
                    out.push(' ');
                    show_pipe(pipe, text, &mut out);
                }
                out.push_str("}}");
            }
        }
        out
    }
}

/// Writes an operand; `text` is that of its template.
pub(in crate::helm) fn expression(expr: &Expr, text: &str) -> String {
    Spot::Expr(expr).shown(text)
}

fn show(expr: &Expr, text: &str, out: &mut String) {
    match expr {
        Expr::Dot(_) => out.push('.'),
        Expr::Nil(_) => out.push_str("nil"),
        Expr::Bool(_, value) => out.push_str(if *value { "true" } else { "false" }),
        Expr::String(pos, _) | Expr::Number(pos, _) => {
            out.push_str(parse::literal(text, pos.offset()));
        }
        Expr::Identifier(reference) | Expr::Field(_, reference) | Expr::Variable(_, reference) => {
            out.push_str(reference.text(text));
        }
        Expr::Pipe(_, pipe) => show_pipe(pipe, text, out),
        Expr::Chain(_, chain) => {
            match chain.base {
                Expr::Pipe(..) => parenthesized(&chain.base, text, out),
                _ => show(&chain.base, text, out),
            }
            out.push_str(chain.fields.text(text));
        }
    }
}

fn parenthesized(expr: &Expr, text: &str, out: &mut String) {
    out.push('(');
    show(expr, text, out);
    out.push(')');
}

fn show_command(command: &CommandNode, text: &str, out: &mut String) {
    for (index, arg) in command.operands().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        match arg {
            Expr::Pipe(..) => parenthesized(arg, text, out),
            _ => show(arg, text, out),
        }
    }
}

fn show_pipe(pipe: &PipeNode, text: &str, out: &mut String) {
    if !pipe.decl.is_empty() {
        out.push_str(&pipe.decl.join(", "));
        out.push_str(if pipe.is_assign { " = " } else { " := " });
    }
    for (index, command) in pipe.commands().enumerate() {
        if index > 0 {
            out.push_str(" | ");
        }
        show_command(command, text, out);
    }
}
