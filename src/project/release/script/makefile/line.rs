//! A Makefile's text as lines.

use std::ops::Range;

use super::variable::split_assignment;

/// A line with the lines that continue it, or a whole `define`.
#[derive(Debug)]
pub(super) struct Logical {
    /// Where it stands in the text.
    pub(super) range: Range<usize>,
    /// Without what continues lines; of a `define` its first line.
    pub(super) joined: String,
    /// A line of a recipe: it begins with a tab, and a rule is open. Behind an assignment a tab is
    /// a blank like others.
    pub(super) recipe: bool,
    /// From `define` to `endef`.
    pub(super) define: bool,
}

impl Logical {
    /// Whether the line opens a rule, or closes one; `None` where it does neither.
    fn opens_rule(&self) -> Option<bool> {
        let word = self.joined.split([' ', '(']).next().unwrap_or_default();
        let aside = matches!(word, "" | "ifeq" | "ifneq" | "ifdef" | "ifndef" | "else" | "endif");
        if self.recipe || aside || word.starts_with('#') {
            return None;
        }
        Some(split_assignment(&self.joined).is_none() && self.joined.contains(':'))
    }

    /// The first line of a recipe that stands behind what the target needs: `all: ; echo`.
    pub(super) fn behind_semicolon(&self, text: &str) -> Option<Self> {
        let at = text[self.range.clone()].find(';')?;
        let range = self.range.start + at + 1..self.range.end;
        let joined = text[range.clone()].trim().to_owned();
        Some(Self { range, joined, recipe: true, define: false })
    }
}

/// Where the lines between `define` and `endef` stand in the text.
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
