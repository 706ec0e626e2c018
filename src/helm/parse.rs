//! Parses templates into syntax trees.
//!
//! The parser is written after Go's. That of the `gotmpl` crate accepts templates that Go rejects (an `{{end}}` too
//! many ends the file, and a missing one is ignored), and reports errors at other places.

mod byte;
mod grammar;
mod lex;
mod literal;
mod node;
#[cfg(test)]
mod tests;
mod token;
mod tokens;

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
pub(super) use node::{Conditional, expressions};

use crate::source::SourceId;

/// A parsed template file, which is shared between the releases of a chart. A clone shares the tree.
#[derive(Debug, Clone)]
pub struct Template {
    /// The file.
    pub source: SourceId,
    /// Its text.
    pub text: Arc<str>,
    /// The nodes outside of any `define`.
    pub body: Arc<ListNode>,
    /// The named templates in the file, in the order of their ends.
    pub defines: Vec<(String, Arc<ListNode>)>,
}

/// A syntax error in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxFault {
    /// 0-based byte offset in the template, in the line that Go reports.
    pub offset: usize,
    /// Go's error message, without template and line.
    pub message: String,
    /// The byte offset of an action that is not closed, if it starts in another line.
    pub started: Option<usize>,
}

impl SyntaxFault {
    /// Returns the error message for a template with this name and text.
    #[must_use]
    pub fn describe(&self, name: &str, text: &str) -> String {
        let Some(started) = self.started else { return self.message.clone() };
        let line = text[..started].matches('\n').count() + 1;
        let within = if self.message.ends_with(" action") { "" } else { " in action" };
        format!("{}{within} started at {name}:{line}", self.message)
    }
}

/// Parses a template. `known` tells which functions exist: Go rejects a template with any other, even if it is never
/// called.
///
/// # Errors
/// A [`SyntaxFault`] if the text is not a Go template.
pub fn parse(
    source: SourceId,
    text: &Arc<str>,
    known: fn(&str) -> bool,
) -> Result<Template, SyntaxFault> {
    let trees = grammar::parse(text, known)?;
    let defines = trees.defines.into_iter().map(|(name, body)| (name, Arc::new(body))).collect();
    Ok(Template { source, text: Arc::clone(text), body: Arc::new(trees.root), defines })
}
