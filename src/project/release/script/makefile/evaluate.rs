//! `$(eval …)`, whose text is read as a part of the Makefile: `$(foreach env,$(ENVS),$(eval $(call deploy,$(env))))`.

use super::expand::{arguments, call, expand, extent, inside};
use super::variable::Variables;
use super::{MAX_DEPTH, add};
use crate::project::file::File;
use crate::project::release::text::Mapped;

/// The most texts of a Makefile that are evaluated.
const MAX_TEXTS: usize = 256;

/// The texts that a line evaluates, which is at `start` in the file; none if it is not a line of references.
pub(super) fn evaluated(
    file: &File,
    line: &str,
    start: usize,
    variables: &Variables,
) -> Option<Vec<Mapped>> {
    let mut rest = line.trim();
    while rest.starts_with('$') {
        let length = extent(rest);
        inside(&rest[..length])?;
        rest = rest[length..].trim_start();
    }
    if !rest.is_empty() || line.trim().is_empty() {
        return None;
    }
    // Ends of lines in a reference are blanks.
    let line = line.replace("\\\n", "  ").replace("\\\r\n", "   ");
    let mut evaluation = Evaluation { file, found: Vec::new() };
    evaluation.walk(&line, start, variables, 0);
    Some(evaluation.found)
}

struct Evaluation<'f> {
    file: &'f File,
    found: Vec<Mapped>,
}

impl Evaluation<'_> {
    /// Reads the references in a text, which is at `start` in the file.
    fn walk(&mut self, text: &str, start: usize, variables: &Variables, depth: u8) {
        let mut at = 0;
        while let Some(found) = text[at..].find('$') {
            let from = at + found;
            at = from + extent(&text[from..]);
            if let Some(inner) = inside(&text[from..at]) {
                self.reference(inner, start + from + "$(".len(), variables, depth);
            }
        }
    }

    fn reference(&mut self, inner: &str, start: usize, variables: &Variables, depth: u8) {
        if depth >= MAX_DEPTH || self.found.len() >= MAX_TEXTS || !variables.follow() {
            return;
        }
        let blank = inner.find([' ', '\t']).unwrap_or(inner.len());
        let (name, text) = inner.split_at((blank + 1).min(inner.len()));
        let at = |part: &str| start + (part.as_ptr() as usize - inner.as_ptr() as usize);
        let parts = arguments(text);
        match (name.trim(), parts.as_slice()) {
            ("eval", _) => {
                let start = at(text);
                let mut mapped = Mapped::part(self.file.source, &self.file.text(), start..start);
                add(&mut mapped, text, start, variables, 0, false);
                self.found.push(mapped);
            }
            ("foreach", [name, words, body, ..]) => {
                let (name, words) =
                    (expand(name.trim(), variables, 0), expand(words, variables, 0));
                let body = &text[at(body) - at(text)..];
                let mut scope = variables.clone();
                for word in words.split_whitespace() {
                    scope.set(&name, word);
                    self.walk(body, at(body), &scope, depth + 1);
                }
            }
            ("if", [condition, branches @ ..]) => {
                let is_empty = expand(condition.trim(), variables, 0).is_empty();
                if let Some(branch) = branches.get(usize::from(is_empty)) {
                    self.walk(branch, at(branch), variables, depth + 1);
                }
            }
            ("call", _) => {
                let (name, scope) = call(text, variables, 0);
                self.define(&name, &scope, depth);
            }
            (name, _) => self.define(name, variables, depth),
        }
    }

    /// Reads the references in a `define`.
    fn define(&mut self, name: &str, variables: &Variables, depth: u8) {
        let define = variables.define(name).filter(|define| define.source == self.file.source);
        if let Some(define) = define {
            self.walk(&define.text, define.start, variables, depth + 1);
        }
    }
}
