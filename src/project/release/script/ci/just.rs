//! The recipes of a `justfile`: <https://just.systems/man/en/>.

use std::ops::Range;

use super::{Context, File, Mapped, Piece, Value, Variables, environment, is_known};
use crate::project::release::Via;
use crate::project::release::shell::{COMPUTED, RUN_TIME};

/// One piece for each line of each recipe, and one for a recipe that is a script.
pub(in crate::project::release::script) fn just(file: &File, context: &Context<'_>) -> Vec<Piece> {
    let mut global = Variables::new();
    let mut exported = Variables::new();
    let mut pieces = Vec::new();
    let mut recipe: Option<Recipe> = None;
    let mut at = 0;
    for line in file.text().split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim_end();
        if body.trim().is_empty() || body.starts_with('#') {
            continue;
        }
        if body.starts_with([' ', '\t']) {
            if let Some(recipe) = &mut recipe {
                recipe.lines.push(start..start + body.len());
            }
            continue;
        }
        pieces.extend(recipe.take().into_iter().flat_map(|r| r.pieces(file, &exported, context)));
        if let Some((name, value)) = body.split_once(":=") {
            let (name, exports) = match name.trim().strip_prefix("export ") {
                Some(name) => (name.trim(), true),
                None => (name.trim(), false),
            };
            let value = Value::Text(expression(value, &global));
            if exports {
                exported.insert(name.to_owned(), value.clone());
            }
            global.insert(name.to_owned(), value);
        } else if let Some((head, _)) = body.split_once(':') {
            recipe = Some(Recipe::new(head, &global));
        }
    }
    pieces.extend(recipe.into_iter().flat_map(|recipe| recipe.pieces(file, &exported, context)));
    pieces
}

struct Recipe {
    name: String,
    variables: Variables,
    lines: Vec<Range<usize>>,
}

impl Recipe {
    /// Reads `@name parameter default="value" *rest`.
    fn new(head: &str, global: &Variables) -> Self {
        let mut words = head.trim_start_matches('@').split_whitespace();
        let name = words.next().unwrap_or_default().to_owned();
        let mut variables = global.clone();
        for word in words {
            let word = word.trim_start_matches(['$', '+', '*']);
            let (parameter, default) = match word.split_once('=') {
                Some((parameter, default)) => (parameter, expression(default, global)),
                None => (word, RUN_TIME.to_string()),
            };
            variables.insert(parameter.to_owned(), Value::Text(default));
        }
        Self { name, variables, lines: Vec::new() }
    }

    fn pieces(self, file: &File, exported: &Variables, context: &Context<'_>) -> Vec<Piece> {
        let whole_text = file.text();
        let text = |range: &Range<usize>| &whole_text[range.clone()];
        let script = self.lines.first().is_some_and(|line| text(line).trim().starts_with("#!"));
        let ranges = if script { whole(&self.lines) } else { joined(&self.lines, &whole_text) };
        let piece = |range: Range<usize>| {
            let body = text(&range).trim_start_matches([' ', '\t', '@', '-']);
            let range = range.end - body.len()..range.end;
            let mapped = Mapped::part(file.source, &whole_text, range);
            let mapped = mapped.substitute("{{", "}}", |inner| expression(inner, &self.variables));
            Piece {
                text: mapped,
                environment: environment(&file.path, context).with(exported.clone()),
                via: Via::Makefile,
                variant: Some(self.name.clone()),
            }
        };
        ranges.into_iter().map(piece).collect()
    }
}

/// All lines as one.
fn whole(lines: &[Range<usize>]) -> Vec<Range<usize>> {
    let ends = lines.first().zip(lines.last());
    ends.map(|(first, last)| first.start..last.end).into_iter().collect()
}

/// Lines with those that continue them.
fn joined(lines: &[Range<usize>], text: &str) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::new();
    for line in lines {
        match all.last_mut().filter(|last| text[(*last).clone()].ends_with('\\')) {
            Some(last) => last.end = line.end,
            None => all.push(line.clone()),
        }
    }
    all
}

/// A text, a variable, or several of them joined by `+`; calls and commands are computed.
fn expression(text: &str, variables: &Variables) -> String {
    let mut out = String::new();
    for part in text.split('+').map(str::trim) {
        let quoted = ["\"", "'"]
            .iter()
            .find_map(|quote| part.strip_prefix(*quote).and_then(|part| part.strip_suffix(*quote)));
        match (quoted, variables.get(part)) {
            (Some(text), _) => out.push_str(text),
            (None, Some(Value::Text(text))) if is_known(text) => out.push_str(text),
            (None, Some(_)) => out.push(RUN_TIME),
            (None, None) if part.starts_with("justfile_directory") => out.push('.'),
            (None, None) if part.starts_with("env") => match default(part) {
                Some(text) => out.push_str(text),
                None => out.push(RUN_TIME),
            },
            (None, None) => out.push(COMPUTED),
        }
    }
    out
}

/// The default in `env("NAME", "default")` and `env_var_or_default("NAME", "default")`.
fn default(call: &str) -> Option<&str> {
    let (_, last) = call.trim_end_matches(')').rsplit_once(',')?;
    Some(last.trim().trim_matches(['"', '\'']))
}
