//! Splits a Makefile into logical lines.

use std::ops::Range;

use super::variable::split_assignment;

/// A line with the lines that continue it, or a whole `define`.
#[derive(Debug)]
pub(super) struct Logical {
    /// Its range in the text.
    pub(super) range: Range<usize>,
    /// Its text with continued lines joined; for a `define`, the first line.
    pub(super) joined: String,
    /// Whether it is a line of a recipe: it begins with a tab after a rule. After an assignment, a tab is an ordinary blank.
    pub(super) recipe: bool,
    /// Whether it is everything from `define` to `endef`.
    pub(super) define: bool,
}

impl Logical {
    /// Whether the line begins a rule or ends one; `None` if it does neither.
    fn opens_rule(&self) -> Option<bool> {
        let word = self.joined.split([' ', '(']).next().unwrap_or_default();
        let aside = matches!(word, "" | "ifeq" | "ifneq" | "ifdef" | "ifndef" | "else" | "endif");
        if self.recipe || aside || word.starts_with('#') {
            return None;
        }
        Some(split_assignment(&self.joined).is_none() && self.joined.contains(':'))
    }

    /// The first line of a recipe that is on the line of the rule: `all: ; echo`.
    pub(super) fn behind_semicolon(&self, text: &str) -> Option<Self> {
        let at = text[self.range.clone()].find(';')?;
        let range = self.range.start + at + 1..self.range.end;
        let joined = text[range.clone()].trim().to_owned();
        Some(Self { range, joined, recipe: true, define: false })
    }
}

/// The range of the lines between `define` and `endef`.
pub(super) fn define_body(text: &str, line: &Logical) -> Range<usize> {
    let whole = &text[line.range.clone()];
    let start = whole.find('\n').map_or(whole.len(), |at| at + 1);
    let end = whole.rfind('\n').map_or(start, |at| (at + 1).max(start));
    line.range.start + start..line.range.start + end
}

pub(super) fn logical_lines(text: &str) -> Vec<Logical> {
    let mut lines: Vec<Logical> = Vec::new();
    let mut open: Option<Logical> = None;
    let mut in_rule = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim_end_matches(['\n', '\r']);
        let end = start + body.len();
        if let Some(define) = open.as_mut().filter(|open| open.define) {
            define.range.end = end;
            if body.trim() == "endef" {
                lines.extend(open.take());
            }
            continue;
        }
        let mut logical = open.take().unwrap_or_else(|| Logical {
            range: start..start,
            joined: String::new(),
            recipe: in_rule && body.starts_with('\t'),
            define: body.trim_start().starts_with("define "),
        });
        logical.range.end = end;
        if !logical.joined.is_empty() {
            logical.joined.push(' ');
        }
        logical.joined.push_str(body.trim_end_matches('\\').trim());
        if logical.define || body.ends_with('\\') {
            open = Some(logical);
        } else {
            in_rule = logical.opens_rule().unwrap_or(in_rule);
            lines.push(logical);
        }
    }
    lines.extend(open);
    lines
}
