//! Evaluates arithmetic as bash does (its manual, "Shell Arithmetic").

use super::{COMPUTED, Environment, Shell, assigned, is_name};

/// The deepest nesting of brackets and signs.
const MAX_DEPTH: usize = 24;

/// The binary operators, the loosest first. Those of one group are equally tight.
const BINARY: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// The operators that set a variable.
const ASSIGNING: [&str; 11] = ["=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="];

impl Shell<'_> {
    /// The value of arithmetic, with the variables that it sets; `None` if that is not known, and the variables are computed.
    pub(super) fn arithmetic(&mut self, text: &str, way: &mut Environment) -> Option<i64> {
        self.charge(text.len());
        let mut inside = way.clone();
        let mut reader = Reader { shell: self, way: &mut inside, rest: text, depth: 0, runs: true };
        let value = reader.list().filter(|_| reader.rest.trim().is_empty());
        match value {
            Some(_) => *way = inside,
            None => assigned(text).iter().for_each(|name| way.set(name, COMPUTED)),
        }
        value
    }

    /// The text of `$(( … ))`.
    pub(super) fn arithmetic_text(&mut self, text: &str, way: &Environment) -> String {
        let value = self.arithmetic(text, &mut way.clone());
        value.map_or_else(|| COMPUTED.to_string(), |value| value.to_string())
    }
}

struct Reader<'s, 'p, 't> {
    shell: &'s Shell<'p>,
    way: &'s mut Environment,
    rest: &'t str,
    depth: usize,
    /// Whether what is read is evaluated: in `1 || i++`, nothing is set.
    runs: bool,
}

impl<'t> Reader<'_, '_, 't> {
    fn list(&mut self) -> Option<i64> {
        // `((;;))` has no condition, which is true.
        if self.rest.trim().is_empty() {
            return Some(1);
        }
        let mut value = self.assignment()?;
        while self.skip(",") {
            value = self.assignment()?;
        }
        Some(value)
    }

    /// Skips an operator.
    fn skip(&mut self, operator: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(operator);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Reads what has no effect if `runs` is false.
    fn only_if<T>(&mut self, runs: bool, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let outer = self.runs;
        self.runs = outer && runs;
        let value = read(self);
        self.runs = outer;
        value
    }

    fn assignment(&mut self) -> Option<i64> {
        let before = self.rest;
        if let Some(name) = self.name()
            && let rest = self.rest.trim_start()
            && !rest.starts_with("==")
            && let Some(operator) = ASSIGNING.iter().find(|operator| rest.starts_with(**operator))
        {
            self.rest = &rest[operator.len()..];
            let value = self.nested(Self::assignment)?;
            let value = match operator.strip_suffix('=') {
                None | Some("") => value,
                Some(operator) => self.apply(operator, self.get(name)?, value)?,
            };
            return Some(self.set(name, value));
        }
        self.rest = before;
        let condition = self.binary(0)?;
        if !self.skip("?") {
            return Some(condition);
        }
        let holds = condition != 0;
        let then = self.only_if(holds, |reader| reader.nested(Self::assignment))?;
        if !self.skip(":") {
            return None;
        }
        let otherwise = self.only_if(!holds, |reader| reader.nested(Self::assignment))?;
        Some(if holds { then } else { otherwise })
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Option<i64>) -> Option<i64> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    /// Reads operands joined by operators that are at least as tight as those of a group.
    fn binary(&mut self, group: usize) -> Option<i64> {
        let Some(operators) = BINARY.get(group) else { return self.power() };
        let mut value = self.binary(group + 1)?;
        loop {
            let rest = self.rest.trim_start();
            let is_here = |operator: &&&str| {
                let behind = rest.strip_prefix(**operator);
                // `|` is not the beginning of `||`, and `+` not that of `+=`.
                behind.is_some_and(|behind| match **operator {
                    "==" | "!=" | "<=" | ">=" | "||" | "&&" => true,
                    "<" | ">" => !behind.starts_with(**operator),
                    other => !behind.starts_with('=') && !behind.starts_with(other),
                })
            };
            let Some(operator) = operators.iter().find(is_here) else { return Some(value) };
            self.rest = &rest[operator.len()..];
            let runs = match *operator {
                "&&" => value != 0,
                "||" => value == 0,
                _ => true,
            };
            let next = self.only_if(runs, |reader| reader.binary(group + 1))?;
            value = self.apply(operator, value, next)?;
        }
    }

    fn apply(&self, operator: &str, a: i64, b: i64) -> Option<i64> {
        let shift = || u32::try_from(b).ok();
        match operator {
            "||" => Some(i64::from(a != 0 || b != 0)),
            "&&" => Some(i64::from(a != 0 && b != 0)),
            "|" => Some(a | b),
            "^" => Some(a ^ b),
            "&" => Some(a & b),
            "==" => Some(i64::from(a == b)),
            "!=" => Some(i64::from(a != b)),
            "<=" => Some(i64::from(a <= b)),
            ">=" => Some(i64::from(a >= b)),
            "<" => Some(i64::from(a < b)),
            ">" => Some(i64::from(a > b)),
            "<<" => a.checked_shl(shift()?),
            ">>" => a.checked_shr(shift()?),
            "+" => a.checked_add(b),
            "-" => a.checked_sub(b),
            "*" => a.checked_mul(b),
            // What is not evaluated may be anything: `n && m / n`.
            "/" | "%" if b == 0 && !self.runs => Some(0),
            "/" => a.checked_div(b),
            "%" => a.checked_rem(b),
            _ => None,
        }
    }

    fn power(&mut self) -> Option<i64> {
        let base = self.unary()?;
        match self.skip("**") {
            true => base.checked_pow(u32::try_from(self.nested(Self::power)?).ok()?),
            false => Some(base),
        }
    }

    fn unary(&mut self) -> Option<i64> {
        for (sign, step) in [("++", 1), ("--", -1)] {
            if self.skip(sign) {
                let name = self.name()?;
                let value = self.get(name)?.checked_add(step)?;
                return Some(self.set(name, value));
            }
        }
        if self.skip("!") {
            return Some(i64::from(self.nested(Self::unary)? == 0));
        }
        if self.skip("~") {
            return Some(!self.nested(Self::unary)?);
        }
        if self.skip("-") {
            return self.nested(Self::unary)?.checked_neg();
        }
        if self.skip("+") {
            return self.nested(Self::unary);
        }
        if self.skip("(") {
            let value = self.nested(Self::list)?;
            return self.skip(")").then_some(value);
        }
        if let Some(name) = self.name() {
            let value = self.get(name)?;
            for (sign, step) in [("++", 1), ("--", -1)] {
                if self.skip(sign) {
                    self.set(name, value.checked_add(step)?);
                }
            }
            return Some(value);
        }
        self.operand()
    }

    /// Reads the name of a variable.
    fn name(&mut self) -> Option<&'t str> {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let is_element = rest[end..].starts_with('[');
        let name = Some(&rest[..end]).filter(|name| is_name(name) && !is_element)?;
        self.rest = &rest[end..];
        Some(name)
    }

    /// Reads a number, `$NAME` or `${NAME}`.
    fn operand(&mut self) -> Option<i64> {
        let rest = self.rest.trim_start();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '#';
        if let Some(inner) = rest.strip_prefix('$') {
            let (name, after) = match inner.strip_prefix('{') {
                Some(inner) => inner.split_once('}')?,
                None => inner.split_at(inner.find(|c| !is_part(c)).unwrap_or(inner.len())),
            };
            self.rest = after;
            return self.get(name);
        }
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.rest = &rest[end..];
        number(&rest[..end])
    }

    fn get(&self, name: &str) -> Option<i64> {
        match self.shell.lookup(name, self.way)?.as_slice() {
            [] => Some(0),
            [text] if text.trim().is_empty() => Some(0),
            [text] => number(text.trim()),
            _ => None,
        }
    }

    fn set(&mut self, name: &str, value: i64) -> i64 {
        if self.runs {
            self.way.set(name, value.to_string());
        }
        value
    }
}

/// A number: decimal, hexadecimal with `0x`, or octal with `0`.
fn number(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let value = match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        Some(digits) => i64::from_str_radix(digits, 16),
        None if digits.len() > 1 && digits.starts_with('0') => i64::from_str_radix(digits, 8),
        None => digits.parse(),
    };
    Some(sign * value.ok()?)
}
