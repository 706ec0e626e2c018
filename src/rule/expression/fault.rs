//! What is wrong with CEL in a rule file.

use crate::spelling::{nearest, question};

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// What, without a full stop.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: Option<String>,
    /// The word of the expression that is at fault, where it is one.
    pub(crate) word: Option<String>,
}

impl Fault {
    /// A name of some `sort`, a `variable`, that stands for nothing; `known` are those that do.
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
