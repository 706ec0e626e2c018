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
    list.nodes.iter().try_for_each(|node| match node {
        Node::List(list) => functions(list, known),
        Node::Action(action) => in_pipe(&action.pipe, known),
        Node::If(branch) | Node::With(branch) | Node::Range(branch) => {
            in_pipe(&branch.pipe, known)?;
            functions(&branch.body, known)?;
            branch.else_body.as_ref().map_or(Ok(()), |body| functions(body, known))
        }
        Node::Template(call) => call.pipe.as_ref().map_or(Ok(()), |pipe| in_pipe(pipe, known)),
        Node::Define(define) => functions(&define.body, known),
        Node::Text(_) | Node::Break(_) | Node::Continue(_) => Ok(()),
    })
}

fn in_pipe(pipe: &PipeNode, known: fn(&str) -> bool) -> Result<(), SyntaxFault> {
    pipe.commands
        .iter()
        .flat_map(|command: &CommandNode| &command.args)
        .try_for_each(|expr| in_expr(expr, known))
}

fn in_expr(expr: &Expr, known: fn(&str) -> bool) -> Result<(), SyntaxFault> {
    match expr {
        Expr::Identifier(pos, name) if !known(name) => Err(SyntaxFault {
            offset: pos.offset,
            message: format!("function {:?} not defined", name.as_str()),
        }),
        Expr::Pipe(_, pipe) => in_pipe(pipe, known),
        Expr::Chain(_, base, _) => in_expr(base, known),
        _ => Ok(()),
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
