//! Templates as trees: gotmpl's parser, with the checks and texts of Go's.

mod lean;

use std::sync::Arc;

use gotmpl::TemplateError;
use gotmpl::parse::{CommandNode, Expr, ListNode, Node, Parser, PipeNode};

use self::lean::Lean;
use crate::source::SourceId;

/// Longest text, in bytes, that is cheaper to hand to gotmpl than to leave out.
const LONGEST_TEXT: usize = 32;

/// A template file, parsed once and shared between the releases of a chart.
#[derive(Debug)]
pub struct Template {
    /// The file.
    pub source: SourceId,
    /// Its text.
    pub text: Arc<str>,
    /// What stands outside of any `define`.
    pub body: Arc<ListNode>,
    /// Named templates in the file, in the order in which they end.
    pub defines: Vec<(String, Arc<ListNode>)>,
}

/// A template that does not parse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxFault {
    /// 0-based byte offset in the template.
    pub offset: usize,
    /// What is wrong, in Go's words, without template and line.
    pub message: String,
}

/// Parses a template; `known` says which functions there are, for Go refuses a template that
/// names another, even where it is never called.
///
/// # Errors
/// A [`SyntaxFault`] when the text is not a Go template.
pub fn parse(
    source: SourceId,
    text: &Arc<str>,
    known: fn(&str) -> bool,
) -> Result<Template, SyntaxFault> {
    let tree = |lean: &Lean<'_>| {
        let (mut body, mut defines) =
            Parser::with_name(None, &lean.text, "{{", "}}").and_then(Parser::parse)?;
        lean.restore(&mut body, &mut defines);
        Ok((body, defines))
    };
    // What is wrong is said of the whole text.
    let (body, defines) = tree(&Lean::of(text, LONGEST_TEXT))
        .or_else(|_| tree(&Lean::of(text, usize::MAX)))
        .map_err(|error| fault(text, &error))?;
    for list in std::iter::once(&body).chain(defines.iter().map(|define| &define.body)) {
        functions(list, known)?;
    }
    let defines = defines.into_iter().map(|d| (d.name.to_string(), Arc::new(d.body))).collect();
    Ok(Template { source, text: Arc::clone(text), body: Arc::new(body), defines })
}

/// Whether a body writes nothing: Go does not let it replace one that does.
#[must_use]
pub fn is_empty(body: &ListNode) -> bool {
    body.nodes.iter().all(|node| match node {
        Node::List(list) => is_empty(list),
        Node::Text(text) => text.text.trim().is_empty(),
        Node::Action(action) => matches!(
            &action.pipe.commands[..],
            [CommandNode { args, .. }] if matches!(&args[..], [Expr::String(_, text)] if text.is_empty())
        ),
        Node::Define(_) => true,
        _ => false,
    })
}

fn fault(text: &str, error: &TemplateError) -> SyntaxFault {
    let (line, message) = match error {
        TemplateError::Parse { line, message, .. } | TemplateError::Lex { line, message, .. } => {
            (*line, message.clone())
        }
        other => (1, other.to_string()),
    };
    let offset = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    SyntaxFault { offset, message }
}

fn functions(list: &ListNode, known: fn(&str) -> bool) -> Result<(), SyntaxFault> {
    let mut fault = Ok(());
    expressions(list, &mut |expr| {
        if let Expr::Identifier(pos, name) = expr
            && fault.is_ok()
            && !known(name)
        {
            let message = format!("function {:?} not defined", name.as_str());
            fault = Err(SyntaxFault { offset: pos.offset, message });
        }
    });
    fault
}

/// Every expression of a template, in the order of its text; those that hold others come first.
pub(super) fn expressions<'t>(list: &'t ListNode, each: &mut impl FnMut(&'t Expr)) {
    for node in &list.nodes {
        match node {
            Node::List(list) => expressions(list, each),
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
            Node::Define(define) => expressions(&define.body, each),
            Node::Text(_) | Node::Break(_) | Node::Continue(_) => {}
        }
    }
}

fn in_pipe<'t>(pipe: &'t PipeNode, each: &mut impl FnMut(&'t Expr)) {
    let args = pipe.commands.iter().flat_map(|command: &CommandNode| &command.args);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let template = parse(SourceId::NOWHERE, &text.into(), |_| true).unwrap();
        let text = |node: &Node| match node {
            Node::Text(text) => Some(text.text.to_string()),
            _ => None,
        };
        template.body.nodes.iter().filter_map(text).collect()
    }

    #[test]
    fn a_comment_trims_only_the_sides_it_says() {
        assert_eq!(texts("a\n{{- /* c }} \" */}}\n  - b"), ["a", "\n  - b"]);
        assert_eq!(texts("a\n{{/* c */ -}}\n  - b"), ["a\n", "- b"]);
        assert_eq!(texts("{{ \"{{- /*\" }}x{{- /* c */}} y"), ["x", " y"]);
    }

    #[test]
    fn functions_must_be_known_even_where_they_are_not_called() {
        let fault =
            parse(SourceId::NOWHERE, &"{{ if false }}{{ nope 1 }}{{ end }}".into(), |name| {
                name != "nope"
            });
        assert_eq!(fault.unwrap_err().message, "function \"nope\" not defined");
    }
}
