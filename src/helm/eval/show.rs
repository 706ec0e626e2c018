//! Template expressions as Go shows them in its errors.

use std::fmt::Write;

use gotmpl::parse::{Expr, Number, PipeNode};

use crate::helm::print;

/// An expression as Go's `Node.String` has it, cut as `ErrorContext` cuts it.
pub(super) fn context(expr: &Expr) -> String {
    let mut out = String::new();
    show(expr, &mut out);
    cut(out)
}

/// An expression, whole.
pub(in crate::helm) fn expression(expr: &Expr) -> String {
    let mut out = String::new();
    show(expr, &mut out);
    out
}

/// A pipeline, likewise.
pub(super) fn pipeline(pipe: &PipeNode) -> String {
    let mut out = String::new();
    show_pipe(pipe, &mut out);
    cut(out)
}

fn cut(text: String) -> String {
    match text.char_indices().nth(20) {
        Some((at, _)) if text.len() > 20 => format!("{}...", &text[..at]),
        _ => text,
    }
}

fn show(expr: &Expr, out: &mut String) {
    let path = |out: &mut String, names: &[gotmpl::parse::SmolStr]| {
        for name in names {
            out.push('.');
            out.push_str(name);
        }
    };
    match expr {
        Expr::Dot(_) => out.push('.'),
        Expr::Nil(_) => out.push_str("nil"),
        Expr::Bool(_, value) => out.push_str(if *value { "true" } else { "false" }),
        Expr::String(_, text) => out.push_str(&print::quote(text)),
        Expr::Number(_, Number::Int(n)) => write!(out, "{n}").unwrap_or(()),
        Expr::Number(_, Number::Uint(n)) => write!(out, "{n}").unwrap_or(()),
        Expr::Number(_, Number::Float(n)) => out.push_str(&print::float(*n)),
        Expr::Identifier(_, name) => out.push_str(name),
        Expr::Field(_, names) => path(out, names),
        Expr::Variable(_, name, names) => {
            if !name.starts_with('$') {
                out.push('$');
            }
            out.push_str(name);
            path(out, names);
        }
        Expr::Pipe(_, pipe) => {
            out.push('(');
            show_pipe(pipe, out);
            out.push(')');
        }
        Expr::Chain(_, base, names) => {
            show(base, out);
            path(out, names);
        }
    }
}

fn show_pipe(pipe: &PipeNode, out: &mut String) {
    for (index, command) in pipe.commands.iter().enumerate() {
        if index > 0 {
            out.push_str(" | ");
        }
        for (index, arg) in command.args.iter().enumerate() {
            if index > 0 {
                out.push(' ');
            }
            show(arg, out);
        }
    }
}
