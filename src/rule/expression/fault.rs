//! Errors in CEL expressions of rule files.

use crate::spelling::{nearest, question};

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
}

impl From<String> for Fault {
    fn from(message: String) -> Self {
        Self { message, help: None, word: None }
    }
}
