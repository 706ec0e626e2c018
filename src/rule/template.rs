//! Messages: text with CEL in braces, `{replicas} replicas may share a node`. `{{` is a brace.

use cel::{Context, Env, Program};

use super::value_text;

/// A message, compiled.
#[derive(Debug)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Expression(Program),
}

impl Template {
    /// Compiles a message.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence for the rule's author.
    pub(crate) fn compile(env: &Env, source: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
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
                return Err(format!(
                    "a `}}` in \"{source}\" closes nothing; write `}}}}` for a brace"
                ));
            } else {
                let (expression, tail) = rest[at + 1..]
                    .split_once('}')
                    .ok_or_else(|| format!("a `{{` in \"{source}\" is not closed"))?;
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                let program = env.compile(expression).map_err(|error| error.to_string())?;
                parts.push(Part::Expression(program));
                rest = tail;
            }
        }
        text.push_str(rest);
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(Self { parts })
    }

    /// Fills the message in. An expression that cannot be evaluated shows as `…`.
    pub(crate) fn fill(&self, context: &Context<'_, '_>) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Expression(program) => program
                    .execute(context)
                    .map_or_else(|_| "…".to_owned(), |value| value_text(&value)),
            })
            .collect()
    }
}
