//! The text of an expression to CEL's tree.

use cel::common::ast::IdedExpr;

use crate::rule::environment;

/// Parses an expression.
///
/// # Errors
/// What is wrong with its syntax, as CEL says it.
pub(super) fn parse(source: &str) -> Result<IdedExpr, String> {
    environment().parser().parse(source).map_err(|error| error.to_string())
}
