//! Conditions of jobs and steps: <https://docs.github.com/actions/reference/workflows-and-actions/expressions>.

use super::{Value, Variables, is_known};

/// The deepest nesting of brackets and negations.
const MAX_DEPTH: usize = 24;

/// Whether the condition of a job or step is never true. `certain` has the values that hold in the run in question: those
/// of a matrix, and chosen inputs.
pub(super) fn is_false(condition: &str, certain: &Variables) -> bool {
    let condition = condition.trim();
    let inner = condition.strip_prefix("${{").and_then(|inner| inner.strip_suffix("}}"));
    let inner = inner.unwrap_or(condition);
    // A text with an expression in it is true.
    if inner.contains("${{") || inner.trim().is_empty() {
        return false;
    }
    let mut reader = Reader { rest: inner, certain, depth: 0 };
    let value = reader.any();
    reader.rest.trim().is_empty() && value.is_some_and(|found| found.truth() == Some(false))
}

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq)]
enum Found {
    Text(String),
    Number(f64),
    Truth(bool),
    Null,
    /// Something of which it is not known before the run what it is.
    Open,
}

impl Found {
    fn truth(&self) -> Option<bool> {
        match self {
            Self::Text(text) => Some(!text.is_empty()),
            Self::Number(number) => Some(*number != 0.0),
            Self::Truth(truth) => Some(*truth),
            Self::Null => Some(false),
            Self::Open => None,
        }
    }

    /// Whether two values are equal: texts whatever their case, and others of one type.
    fn equals(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => Some(a.to_lowercase() == b.to_lowercase()),
            (Self::Truth(a), Self::Truth(b)) => Some(a == b),
            (Self::Null, Self::Null) => Some(true),
            // Values of different types are compared as numbers.
            _ => None,
        }
    }
}

struct Reader<'t> {
    rest: &'t str,
    certain: &'t Variables,
    depth: usize,
}

impl Reader<'_> {
    fn skip(&mut self, operator: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(operator);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Reads operands of `||`.
    fn any(&mut self) -> Option<Found> {
        self.joined("||", true, Self::all)
    }

    /// Reads operands of `&&`.
    fn all(&mut self) -> Option<Found> {
        self.joined("&&", false, Self::comparison)
    }

    /// Reads operands of an operator for which the first operand that is `decisive` is the result.
    fn joined(
        &mut self,
        operator: &str,
        decisive: bool,
        operand: fn(&mut Self) -> Option<Found>,
    ) -> Option<Found> {
        let mut found = operand(self)?;
        while self.skip(operator) {
            let next = operand(self)?;
            found = match (found.truth(), next.truth()) {
                (Some(truth), _) if truth == decisive => found,
                (Some(_), _) => next,
                (None, Some(truth)) if truth == decisive => Found::Truth(decisive),
                (None, _) => Found::Open,
            };
        }
        Some(found)
    }

    fn comparison(&mut self) -> Option<Found> {
        let found = self.single()?;
        let equal = self.skip("==");
        if equal || self.skip("!=") {
            let truth = found.equals(&self.single()?);
            return Some(truth.map_or(Found::Open, |truth| Found::Truth(truth == equal)));
        }
        if ["<=", ">=", "<", ">"].into_iter().any(|operator| self.skip(operator)) {
            self.single()?;
            return Some(Found::Open);
        }
        Some(found)
    }

    fn single(&mut self) -> Option<Found> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let found = self.single_inside();
        self.depth -= 1;
        found
    }

    fn single_inside(&mut self) -> Option<Found> {
        if self.rest.trim_start().starts_with('!') && !self.rest.trim_start().starts_with("!=") {
            self.skip("!");
            let truth = self.single()?.truth();
            return Some(truth.map_or(Found::Open, |truth| Found::Truth(!truth)));
        }
        if self.skip("(") {
            let found = self.any()?;
            return self.skip(")").then_some(found);
        }
        if self.skip("'") {
            return self.text();
        }
        let rest = self.rest.trim_start();
        let is_part = |c: char| c.is_ascii_alphanumeric() || "_-.*".contains(c);
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let word = Some(&rest[..end]).filter(|word| !word.is_empty())?;
        self.rest = &rest[end..];
        if self.skip("(") {
            self.arguments()?;
            return Some(Found::Open);
        }
        if self.rest.trim_start().starts_with('[') {
            return None;
        }
        Some(match word {
            "true" => Found::Truth(true),
            "false" => Found::Truth(false),
            "null" => Found::Null,
            _ => match (word.parse(), self.value(word)) {
                (Ok(number), _) => Found::Number(number),
                (Err(_), Some(text)) => Found::Text(text),
                (Err(_), None) => Found::Open,
            },
        })
    }

    fn value(&self, name: &str) -> Option<String> {
        let name = name.strip_prefix("github.event.").unwrap_or(name);
        // What looks like another type may be one.
        let is_text = |text: &str| {
            is_known(text)
                && !matches!(text, "true" | "false" | "null")
                && text.parse::<f64>().is_err()
        };
        match self.certain.get(name)? {
            Value::Text(text) => Some(text.clone()).filter(|text| is_text(text)),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Reads a text up to its closing quote, of which two stand for one.
    fn text(&mut self) -> Option<Found> {
        let mut text = String::new();
        loop {
            let (part, rest) = self.rest.split_once('\'')?;
            text.push_str(part);
            self.rest = rest;
            if !rest.starts_with('\'') {
                return Some(Found::Text(text));
            }
            text.push('\'');
            self.rest = &rest[1..];
        }
    }

    fn arguments(&mut self) -> Option<()> {
        while !self.skip(")") {
            self.any()?;
            if !self.skip(",") && !self.rest.trim_start().starts_with(')') {
                return None;
            }
        }
        Some(())
    }
}
