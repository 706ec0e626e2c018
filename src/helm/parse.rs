//! Templates as trees.
//!
//! The parser is our own, after Go's: that of the `gotmpl` crate takes templates that Go refuses
//! (an `{{end}}` too many ends the file, one too few does no harm), and names other places in errors.

mod byte;
mod grammar;
mod lex;
mod literal;
mod node;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;

pub use node::{
    ActionNode, BranchNode, ChainNode, CommandNode, Expr, ListNode, Node, Number, PipeNode, Pos,
    Reference, TemplateNode, TextNode,
};
pub use smol_str::SmolStr;

pub(super) use grammar::is_empty;
pub(crate) use lex::action_length;
pub(super) use lex::literal;
pub(super) use literal::{float, integer};
pub(super) use node::expressions;

use crate::source::SourceId;

/// A template file, parsed once and shared between the releases of a chart. A clone shares the tree.
#[derive(Debug, Clone)]
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
    /// 0-based byte offset in the template, on the line that Go names.
    pub offset: usize,
    /// What is wrong, in Go's words, without template and line.
    pub message: String,
    /// Where the action that does not end starts, when that is on another line.
    pub started: Option<usize>,
}

impl SyntaxFault {
    /// What is wrong, for a template of this name and text.
    #[must_use]
    pub fn describe(&self, name: &str, text: &str) -> String {
        let Some(started) = self.started else { return self.message.clone() };
        let line = text[..started].matches('\n').count() + 1;
        let within = if self.message.ends_with(" action") { "" } else { " in action" };
        format!("{}{within} started at {name}:{line}", self.message)
    }
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
    let trees = grammar::parse(text, known)?;
    let defines = trees.defines.into_iter().map(|(name, body)| (name, Arc::new(body))).collect();
    Ok(Template { source, text: Arc::clone(text), body: Arc::new(trees.root), defines })
}
