//! Messages: texts with CEL in braces, `{replicas} replicas may share a node`. `{{` is a brace.

use super::expression::{Datum, Expression, Fault, Frame, Names};
use crate::yaml::NewValue;

/// The expected length of an expression's value in a message, in bytes.
const EXPECTED_VALUE: usize = 16;

/// A compiled message.
#[derive(Debug)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Expression(Expression),
}

impl Template {
    /// Compiles a message.
    ///
    /// # Errors
    /// The error in it, as a sentence for the rule's author.
    pub(crate) fn compile(source: &str, names: &mut Names) -> Result<Self, Fault> {
        doubled(source, names).map_or(Ok(()), Err)?;
        let compile = |piece| match piece {
            Piece::Text(text) => Ok(Part::Text(text)),
            Piece::Expression(source) => Expression::compile(source, names).map(Part::Expression),
        };
        let parts = pieces(source)?.into_iter().map(compile).collect::<Result<_, _>>()?;
        Ok(Self { parts })
    }

    /// The value of the expression, if the message is a single one, or else the filled-in text. `None` if an expression
    /// has no value.
    pub(crate) fn value<'n>(&'n self, frame: &mut Frame<'n>) -> Option<NewValue> {
        if let [Part::Expression(only)] = &self.parts[..] {
            return only.evaluate(frame).ok()?.written();
        }
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Expression(expression) => {
                    text.push_str(&expression.evaluate(frame).ok()?.shown()?);
                }
            }
        }
        Some(NewValue::Text(text))
    }

    /// Fills in the message. An expression that cannot be evaluated is shown as `…`.
    pub(crate) fn fill<'n>(&'n self, frame: &mut Frame<'n>) -> String {
        let length = |part: &Part| match part {
            Part::Text(part) => part.len(),
            Part::Expression(_) => EXPECTED_VALUE,
        };
        let mut text = String::with_capacity(self.parts.iter().map(length).sum());
        for part in &self.parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Expression(expression) => {
                    let value = expression.evaluate(frame).ok();
                    let shown = value.as_ref().and_then(Datum::shown);
                    text.push_str(shown.as_deref().unwrap_or("…"));
                }
            }
        }
        text
    }
}

/// The expressions in a message; none if it has an error.
pub(crate) fn expressions(source: &str) -> Vec<&str> {
    let pieces = pieces(source).unwrap_or_default().into_iter();
    let expressions = pieces.filter_map(|piece| match piece {
        Piece::Text(_) => None,
        Piece::Expression(source) => Some(source),
    });
    expressions.collect()
}

/// A part of a message before it is compiled.
enum Piece<'s> {
    Text(String),
    Expression(&'s str),
}

/// Splits a message into texts and expressions.
fn pieces(source: &str) -> Result<Vec<Piece<'_>>, Fault> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = source;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        if let Some(tail) = rest[at..].strip_prefix("{{") {
            text.push('{');
            rest = tail;
        } else if let Some(tail) = rest[at..].strip_prefix("}}") {
            text.push('}');
            rest = tail;
        } else if rest[at..].starts_with('}') {
            return Err(Fault::from(format!(
                "a `}}` in \"{source}\" closes nothing; write `}}}}` for a brace"
            )));
        } else {
            let (expression, tail) = rest[at + 1..]
                .split_once('}')
                .ok_or_else(|| format!("a `{{` in \"{source}\" is not closed"))?;
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            pieces.push(Piece::Expression(expression));
            rest = tail;
        }
    }
    text.push_str(rest);
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

/// The fault in a message with an expression in double braces, as other templates have them: it would be shown as it is
/// written. Anything else in double braces may be meant as a text, such as `{{ .Values.name }}`.
fn doubled(source: &str, names: &Names) -> Option<Fault> {
    let inside = source.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0));
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    let mut meant = inside.filter(|inside| {
        let mut words = inside.split(|char| !is_part(char));
        words.any(|word| names.slot(word).is_some())
            && Expression::compile(inside, &mut names.clone()).is_ok()
    });
    let inside = meant.next()?;
    Some(Fault {
        message: format!("`{{{{{inside}}}}}` is not filled in: `{{{{` is a brace"),
        help: Some(format!("an expression is in single braces: `{{{}}}`", inside.trim())),
        word: Some(format!("{{{{{inside}}}}}")),
    })
}
