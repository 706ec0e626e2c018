//! The variables of a Makefile and the files that it includes, with conditionals evaluated.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::expand::expand;
use super::line::{define_body, logical_lines};
use crate::project::file::File;
use crate::project::path::{base_name, join, parent};
use crate::project::release::Context;
use crate::project::release::shell::{COMPUTED, RUN_TIME, is_known};
use crate::source::SourceId;

/// The deepest nesting of included Makefiles.
const MAX_INCLUDES: u8 = 6;
/// The most bytes of an included file that is not among the project's files, such as an `.env`.
const MAX_INCLUDED: usize = 1 << 16;

/// The most references that are expanded for a Makefile, as each may contain several others.
const MAX_REFERENCES: usize = 100_000;

/// The lines between `define` and `endef`.
#[derive(Debug, Clone)]
pub(super) struct Define {
    pub(super) text: String,
    /// The file that contains the lines.
    pub(super) source: SourceId,
    /// The offset of the lines in the file.
    pub(super) start: usize,
}

/// Variables, most of them not expanded.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables {
    /// The variables of the file, which all scopes share.
    values: Arc<BTreeMap<String, String>>,
    /// The variables of this scope.
    own: BTreeMap<String, String>,
    known: Arc<Known>,
    /// How many references were expanded, in all scopes together.
    followed: Arc<AtomicUsize>,
}

/// What is the same in all scopes.
#[derive(Debug, Clone, Default)]
struct Known {
    defines: BTreeMap<String, Define>,
    /// The variables that are exported to recipes; all of them with `export_all`.
    exported: BTreeSet<String>,
    export_all: bool,
    included: BTreeSet<String>,
    /// The name of the folder that make runs in, where the repository tells it.
    folder: Option<String>,
}

impl Variables {
    /// Reads a Makefile and those it includes.
    pub(super) fn of(file: &File, context: &Context<'_>) -> Self {
        let directory = parent(&file.path).to_owned();
        // The name of the top directory depends on the clone, and an included part runs in another directory.
        let is_told = !directory.is_empty() && !file.path.ends_with(".mk");
        let folder = is_told.then(|| base_name(&directory).to_owned());
        let known = Known { folder, ..Known::default() };
        let variables = Self { known: Arc::new(known.clone()), ..Self::default() };
        let mut reader = Reader { context, directory, variables, known };
        reader.read(&file.text(), file.source, 0);
        let Self { own, followed, .. } = reader.variables;
        Self {
            values: Arc::new(own),
            own: BTreeMap::new(),
            known: Arc::new(reader.known),
            followed,
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.own.get(name).or_else(|| self.values.get(name)).map(String::as_str)
    }

    /// Counts a reference, and returns whether it may still be expanded.
    pub(super) fn follow(&self) -> bool {
        self.followed.fetch_add(1, Ordering::Relaxed) < MAX_REFERENCES
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.own.insert(name.to_owned(), value.to_owned());
    }

    pub(super) fn define(&self, name: &str) -> Option<&Define> {
        self.known.defines.get(name)
    }

    /// The name of the folder that make runs in, if the repository tells it.
    pub(super) fn folder(&self) -> Option<&str> {
        self.known.folder.as_deref()
    }

    /// The paths of the files that the Makefile includes, directly or through others.
    pub(super) fn included(&self) -> &BTreeSet<String> {
        &self.known.included
    }

    /// The exported variables, expanded.
    pub(super) fn exported(&self) -> Vec<(String, String)> {
        let exported =
            |name: &&String| self.known.export_all || self.known.exported.contains(*name);
        let names: BTreeSet<&String> =
            self.values.keys().chain(self.own.keys()).filter(exported).collect();
        let value = |name: &str| expand(self.get(name).unwrap_or_default(), self, 0);
        names.into_iter().map(|name| (name.clone(), value(name))).collect()
    }
}

struct Reader<'c, 'p> {
    context: &'c Context<'p>,
    /// The directory that make runs in, to which paths are relative.
    directory: String,
    variables: Variables,
    known: Known,
}

impl Reader<'_, '_> {
    fn read(&mut self, text: &str, source: SourceId, depth: u8) {
        let mut branches = Branches::default();
        for line in logical_lines(text).into_iter().filter(|line| !line.recipe) {
            let joined = line.joined.trim();
            if joined.starts_with('#') || branches.directive(joined, &self.variables) {
                continue;
            }
            let taken = branches.taken();
            if taken == Some(false) {
                continue;
            }
            if line.define {
                let rest = joined.strip_prefix("define").unwrap_or_default().trim_start();
                let name = rest.split(['=', ':', ' ']).next();
                let range = define_body(text, &line);
                let define =
                    Define { text: text[range.clone()].to_owned(), source, start: range.start };
                let name = name.unwrap_or_default().to_owned();
                self.variables.set(&name, define.text.trim_end());
                self.known.defines.insert(name, define);
                continue;
            }
            let words = ["include ", "-include ", "sinclude "];
            if let Some(list) = words.iter().find_map(|word| joined.strip_prefix(word)) {
                self.include(list, depth);
                continue;
            }
            self.export(joined);
            if let Some((name, operator, value)) = split_assignment(joined) {
                let computed = COMPUTED.to_string();
                let value = if taken.is_some() { without_comment(value) } else { &computed };
                self.assign(name, operator, value);
            }
        }
    }

    fn include(&mut self, list: &str, depth: u8) {
        if depth >= MAX_INCLUDES {
            return;
        }
        let names = expand(list, &self.variables, 0);
        let known = names.split_whitespace().filter(|name| is_known(name));
        for name in known.collect::<Vec<_>>() {
            let paths = match name.contains(['*', '?']) {
                true => self.context.tree.glob(&self.directory, name),
                false => vec![join(&self.directory, name)],
            };
            for path in paths {
                if !self.known.included.insert(path.clone()) {
                    continue;
                }
                if let Some(file) = self.context.tree.file(&path) {
                    self.read(&file.text(), file.source, depth + 1);
                } else if let Some(text) = self.context.tree.text(&path)
                    && text.len() < MAX_INCLUDED
                {
                    self.read(&text, SourceId::NOWHERE, depth + 1);
                }
            }
        }
    }

    /// `export`, `export NAMES`, `export NAME = VALUE`
    fn export(&mut self, line: &str) {
        if line == "export" || line.starts_with(".EXPORT_ALL_VARIABLES") {
            self.known.export_all = true;
        }
        let Some(rest) = line.strip_prefix("export ") else { return };
        match split_assignment(rest) {
            Some((name, _, _)) => {
                self.known.exported.insert(name.to_owned());
            }
            None => self.known.exported.extend(rest.split_whitespace().map(str::to_owned)),
        }
    }

    fn assign(&mut self, name: &str, operator: &str, value: &str) {
        let values = &mut self.variables.own;
        match operator {
            "?=" => {
                values.entry(name.to_owned()).or_insert_with(|| value.to_owned());
            }
            "+=" => {
                let known = values.entry(name.to_owned()).or_default();
                if !known.is_empty() && !value.is_empty() {
                    known.push(' ');
                }
                known.push_str(value);
            }
            "!=" => self.variables.set(name, &COMPUTED.to_string()),
            ":=" | "::=" | ":::=" => {
                let value = expand(value, &self.variables, 0);
                self.variables.set(name, &value);
            }
            _ => self.variables.set(name, value),
        }
    }
}

/// `NAME := value` and its relatives: the name, the operator, the value.
pub(super) fn split_assignment(line: &str) -> Option<(&str, &str, &str)> {
    let line = line.strip_prefix("export ").or(line.strip_prefix("override ")).unwrap_or(line);
    let end = line.find(|c: char| !c.is_ascii_alphanumeric() && !"_-.".contains(c))?;
    let name = &line[..end];
    let rest = line[end..].trim_start();
    let operator =
        [":::=", "::=", ":=", "?=", "+=", "!=", "="].into_iter().find(|o| rest.starts_with(*o))?;
    let value = rest[operator.len()..].trim();
    (!name.is_empty()).then_some((name, operator, value))
}

pub(super) fn without_comment(value: &str) -> &str {
    value.split(" #").next().unwrap_or(value).trim()
}

/// Whether a branch of `ifeq` and its relatives is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    Known(bool),
    /// It depends on variables that may be set where make runs; this is the result if they are empty.
    Default(bool),
    /// It depends on something that is computed.
    Unknown,
}

/// The conditionals around a line.
#[derive(Debug, Default)]
pub(super) struct Branches {
    /// For each conditional: the condition of the current branch, and those of the branches before it.
    open: Vec<(Truth, Vec<Truth>)>,
}

impl Branches {
    /// Reads a line that begins, continues or ends a conditional; `false` for any other line.
    pub(super) fn directive(&mut self, line: &str, variables: &Variables) -> bool {
        let (word, rest) = line
            .split_once([' ', '('])
            .map_or((line, ""), |(word, _)| (word, line[word.len()..].trim_start()));
        match word {
            "ifeq" | "ifneq" | "ifdef" | "ifndef" => {
                self.open.push((truth(word, rest, variables), Vec::new()));
            }
            "else" => {
                if let Some((now, before)) = self.open.last_mut() {
                    before.push(*now);
                    let (word, rest) = rest
                        .split_once([' ', '('])
                        .map_or(("", ""), |(word, _)| (word, rest[word.len()..].trim_start()));
                    let own = if word.is_empty() {
                        Truth::Known(true)
                    } else {
                        truth(word, rest, variables)
                    };
                    *now = before.iter().fold(own, |own, &before| and(own, not(before)));
                }
            }
            "endif" => {
                self.open.pop();
            }
            _ => return false,
        }
        true
    }

    /// Whether the current line is used; `None` if that is computed.
    fn taken(&self) -> Option<bool> {
        match self.open.iter().fold(Truth::Known(true), |all, (one, _)| and(all, *one)) {
            Truth::Known(taken) | Truth::Default(taken) => Some(taken),
            Truth::Unknown => None,
        }
    }

    /// Whether the current line may be used for some call of make.
    pub(super) fn may_be_taken(&self) -> bool {
        !self.open.iter().any(|(truth, _)| *truth == Truth::Known(false))
    }
}

fn not(truth: Truth) -> Truth {
    match truth {
        Truth::Known(truth) => Truth::Known(!truth),
        Truth::Default(truth) => Truth::Default(!truth),
        Truth::Unknown => Truth::Unknown,
    }
}

fn and(a: Truth, b: Truth) -> Truth {
    match (a, b) {
        (Truth::Known(false), _) | (_, Truth::Known(false)) => Truth::Known(false),
        (Truth::Default(false), _) | (_, Truth::Default(false)) => Truth::Default(false),
        (Truth::Unknown, _) | (_, Truth::Unknown) => Truth::Unknown,
        (Truth::Default(true), _) | (_, Truth::Default(true)) => Truth::Default(true),
        (Truth::Known(true), Truth::Known(true)) => Truth::Known(true),
    }
}

fn truth(word: &str, rest: &str, variables: &Variables) -> Truth {
    let (a, b) = match word {
        "ifdef" | "ifndef" => {
            let name = expand(without_comment(rest), variables, 0);
            let defined = variables.get(&name).map(|value| expand(value, variables, 0));
            let unset = defined.as_deref().is_none_or(str::is_empty);
            // A variable that is not defined here may be set where make runs.
            let known = if unset { Truth::Default(false) } else { Truth::Known(true) };
            return if word == "ifdef" { known } else { not(known) };
        }
        _ => match operands(rest) {
            Some(operands) => operands,
            None => return Truth::Unknown,
        },
    };
    let (a, b) = (expand(a, variables, 0), expand(b, variables, 0));
    if a.contains(COMPUTED) || b.contains(COMPUTED) {
        return Truth::Unknown;
    }
    let plain = |text: &str| text.replace(RUN_TIME, "").trim().to_owned();
    let equal = plain(&a) == plain(&b);
    let truth = if word == "ifeq" { equal } else { !equal };
    if is_known(&a) && is_known(&b) { Truth::Known(truth) } else { Truth::Default(truth) }
}

/// `(a,b)`, `"a" "b"`, `'a' 'b'`
fn operands(text: &str) -> Option<(&str, &str)> {
    let text = without_comment(text);
    if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        let comma = super::expand::arguments(inner).first()?.len();
        return Some((inner[..comma].trim(), inner.get(comma + 1..)?.trim()));
    }
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (a, rest) = text[1..].split_once(quote)?;
    let b = rest.trim().strip_prefix(['"', '\''])?.strip_suffix(['"', '\''])?;
    Some((a, b))
}
