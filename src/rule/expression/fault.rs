//! Errors in CEL expressions of rule files.

use crate::rule::file::RuleError;
use crate::source::Span;
use crate::spelling::{nearest, question};
use crate::yaml::Node;

/// An error in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The message, without a full stop.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: Option<String>,
    /// The word in the expression that is wrong, if it is a single word.
    pub(crate) word: Option<String>,
}

impl Fault {
    /// An undefined name, where `sort` is what it was used as (`variable`); `known` are the names that are defined.
    pub(super) fn unknown<'k>(
        sort: &str,
        name: &str,
        known: impl Iterator<Item = &'k str>,
    ) -> Self {
        Self {
            message: format!("there is no {sort} `{name}` here"),
            help: nearest(name, known).map(question),
            word: Some(name.to_owned()),
        }
    }

    /// The error in a node of a rule's file, at the wrong word in it.
    pub(crate) fn at(self, node: Node<'_>) -> RuleError {
        let span = self.word.and_then(|word| word_span(node, &word));
        RuleError {
            span: span.unwrap_or_else(|| node.span()),
            message: self.message,
            help: self.help,
        }
    }
}

/// The place of a word in the text of a node, as a whole word and, if possible, not after a dot. `None` if escapes hide
/// it.
fn word_span(node: Node<'_>, word: &str) -> Option<Span> {
    let span = node.span();
    let text = &node.document().text()[span.range()];
    let part = |char: char| char.is_alphanumeric() || char == '_';
    let whole: Vec<usize> = text
        .match_indices(word)
        .map(|(at, _)| at)
        .filter(|at| !text[..*at].ends_with(part) && !text[at + word.len()..].starts_with(part))
        .collect();
    let first = whole.iter().find(|at| !text[..**at].ends_with(['.', '?'])).or(whole.first())?;
    let start = span.start + u32::try_from(*first).ok()?;
    Some(Span { start, end: start + u32::try_from(word.len()).ok()?, ..span })
}

impl From<String> for Fault {
    fn from(message: String) -> Self {
        Self { message, help: None, word: None }
    }
}
