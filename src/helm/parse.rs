//! Templates as trees: gotmpl's parser, with Go's error texts.

use std::sync::Arc;

use gotmpl::TemplateError;
use gotmpl::parse::{ListNode, Parser};

/// A template file, parsed once and shared between the releases of a chart.
#[derive(Debug)]
pub struct Template {
    /// As Helm names it: `chart/templates/x.yaml`.
    pub name: String,
    /// The file's text.
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
    /// Go's text, with template and line.
    pub message: String,
}

/// Parses a template.
///
/// # Errors
/// A [`SyntaxFault`] when the text is not a Go template.
pub fn parse(name: &str, text: &Arc<str>) -> Result<Template, SyntaxFault> {
    let (body, defines) = Parser::with_name(Some(name), text, "{{", "}}")
        .and_then(Parser::parse)
        .map_err(|error| fault(text, &error))?;
    let defines = defines.into_iter().map(|d| (d.name.to_string(), Arc::new(d.body))).collect();
    Ok(Template { name: name.to_owned(), text: Arc::clone(text), body: Arc::new(body), defines })
}

fn fault(text: &str, error: &TemplateError) -> SyntaxFault {
    let line = match error {
        TemplateError::Parse { line, .. } | TemplateError::Lex { line, .. } => *line,
        _ => 1,
    };
    let offset = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    SyntaxFault { offset, message: error.to_string() }
}
