//! Makefiles: variables, and the recipes of every target (GNU make's manual).

mod evaluate;
mod expand;
mod line;
mod variable;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::evaluate::evaluated;
use self::expand::{expand, inside, reference};
use self::line::{Logical, logical_lines};
use self::variable::{Branches, Variables, split_assignment, without_comment};
use super::{Context, Mapped, Piece, Via, environment};
use crate::project::class::Class;
use crate::project::file::File;
use crate::project::release::shell::{RUN_TIME, is_known};
use crate::source::SourceId;

/// The most targets and stems of a rule, and ways to reach a target.
const MAX_WAYS: usize = 24;
/// The deepest nesting of `define`s that call others.
const MAX_DEPTH: u8 = 8;

pub(super) fn read(file: &File, includers: &Includers<'_>, context: &Context<'_>) -> Vec<Piece> {
    // An included part runs in the directory, and with the variables, of the Makefile that includes it.
    let main = includers.topmost.get(file.path.as_str()).copied().unwrap_or(file);
    let variables = Variables::of(main, context);
    let rules = rules(file, &variables);
    let names = names(&rules);
    let own = own(&rules);
    let callers = callers(&rules, &own);
    let mut pieces = Vec::new();
    for rule in &rules {
        for scope in scopes(rule, &names, &own, &callers, &variables) {
            let mut environment = environment(&main.path, context);
            environment.script.clear();
            for (name, value) in scope.exported() {
                environment.export(&name);
                environment.set(&name, value);
            }
            let variant = scope.get("@").map(str::to_owned);
            let lines = rule.recipe.iter().map(|line| recipe(file, line, &scope));
            for text in shells(lines.collect(), &file.text()) {
                let environment = environment.clone();
                pieces.push(Piece {
                    text,
                    environment,
                    via: Via::Makefile,
                    variant: variant.clone(),
                });
            }
        }
    }
    pieces
}

/// The Makefiles that include others, directly or through others.
#[derive(Default)]
pub(super) struct Includers<'p> {
    /// The topmost one that includes a file, by the file's path.
    topmost: BTreeMap<String, &'p File>,
}

impl<'p> Includers<'p> {
    pub(super) fn of(context: &Context<'p>) -> Self {
        let including = |file: &&File| file.text().contains("include");
        let mut all: Vec<&File> = context.tree.of(Class::Makefile).filter(including).collect();
        all.sort_by_key(|file| (file.path.matches('/').count(), &file.path));
        let mut topmost = BTreeMap::new();
        for file in all {
            for path in Variables::of(file, context).included() {
                if *path != file.path {
                    topmost.entry(path.clone()).or_insert(file);
                }
            }
        }
        Self { topmost }
    }
}

/// Splits a recipe into shells: each line has its own, except with `.ONESHELL`.
fn shells(lines: Vec<Mapped>, text: &str) -> Vec<Mapped> {
    if !text.contains("\n.ONESHELL:") {
        return lines;
    }
    let mut lines = lines.into_iter();
    let Some(mut all) = lines.next() else { return Vec::new() };
    lines.for_each(|line| all.append(&line));
    vec![all]
}

/// A rule: its targets, their prerequisites, and its recipe.
#[derive(Debug, Default)]
struct Rule {
    targets: Vec<String>,
    needs: Vec<String>,
    /// Target-specific variables: `deploy: NAMESPACE := prod`.
    own: Own,
    recipe: Vec<Line>,
}

/// A line of a recipe.
#[derive(Debug)]
struct Line {
    logical: Logical,
    /// The text that the line is in, if that is not the file but evaluated.
    made: Option<Arc<Mapped>>,
}

/// The rules of a file in order, without those in branches that are not taken.
fn rules(file: &File, variables: &Variables) -> Vec<Rule> {
    let mut rules = Vec::new();
    read_rules(&file.text(), None, file, variables, &mut rules);
    rules
}

/// Reads the rules in the text of a file, or in one that it evaluates.
fn read_rules(
    text: &str,
    made: Option<&Arc<Mapped>>,
    file: &File,
    variables: &Variables,
    rules: &mut Vec<Rule>,
) {
    let mut branches = Branches::default();
    for line in logical_lines(text) {
        if line.recipe {
            if let Some(rule) = rules.last_mut().filter(|_| branches.may_be_taken()) {
                rule.recipe.push(Line { logical: line, made: made.cloned() });
            }
            continue;
        }
        if line.define
            || branches.directive(&line.joined, variables)
            || line.joined.starts_with('#')
        {
            continue;
        }
        let start = line.range.start;
        if made.is_none()
            && let Some(texts) = evaluated(file, &text[line.range.clone()], start, variables)
        {
            for text in texts.into_iter().map(Arc::new).filter(|_| branches.may_be_taken()) {
                read_rules(&text.text, Some(&text), file, variables, rules);
            }
            continue;
        }
        let Some((targets, rest)) = line.joined.split_once(':') else { continue };
        if split_assignment(&line.joined).is_some() {
            continue;
        }
        let words = |text: &str| -> Vec<String> {
            expand(text, variables, 0).split_whitespace().map(str::to_owned).collect()
        };
        let mut rule = Rule { targets: words(targets), ..Rule::default() };
        match split_assignment(rest.trim_start_matches(':').trim_start()) {
            Some((name, _, value)) => {
                rule.own.insert(name.to_owned(), without_comment(value).to_owned());
            }
            None => {
                rule.needs = words(without_comment(rest.split(';').next().unwrap_or(rest)));
                let line = line.behind_semicolon(text);
                let line = line.map(|logical| Line { logical, made: made.cloned() });
                rule.recipe.extend(line);
            }
        }
        rules.push(rule);
    }
}

/// The variables of one target, or of one way to reach it.
type Own = BTreeMap<String, String>;

/// The variables of each call of a target, by target.
type Callers = BTreeMap<String, Vec<Own>>;

/// The target-specific variables.
fn own(rules: &[Rule]) -> BTreeMap<&str, Own> {
    let mut own: BTreeMap<&str, Own> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| !rule.own.is_empty()) {
        for target in &rule.targets {
            own.entry(target).or_default().extend(rule.own.clone());
        }
    }
    own
}

/// The names of all targets without patterns.
fn names(rules: &[Rule]) -> BTreeSet<String> {
    let all = rules.iter().flat_map(|rule| rule.targets.iter().chain(&rule.needs));
    all.filter(|name| !name.contains('%') && is_known(name)).cloned().collect()
}

/// The variables with which targets are reached from others: those of a target with this prerequisite, and those in
/// `$(MAKE) TARGET NAME=VALUE`.
fn callers(rules: &[Rule], own: &BTreeMap<&str, Own>) -> Callers {
    let mut callers = Callers::new();
    for rule in rules {
        for variables in rule.targets.iter().filter_map(|target| own.get(target.as_str())) {
            for need in &rule.needs {
                callers.entry(need.clone()).or_default().push(variables.clone());
            }
        }
        for line in &rule.recipe {
            for (target, variables) in made(&line.logical.joined) {
                callers.entry(target).or_default().push(variables);
            }
        }
    }
    callers
}

/// The targets that `$(MAKE) TARGET NAME=VALUE` makes, and with which variables.
fn made(line: &str) -> Vec<(String, Own)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let Some(at) = words.iter().position(|word| {
        matches!(word.trim_start_matches(['@', '-', '+']), "$(MAKE)" | "${MAKE}" | "make")
    }) else {
        return Vec::new();
    };
    // In quotes, it is a text that a target prints.
    if words[..at].concat().matches(['"', '\'']).count() % 2 == 1 {
        return Vec::new();
    }
    let arguments: Vec<&str> =
        words[at + 1..].iter().copied().take_while(|w| !matches!(*w, "&&" | ";" | "||")).collect();
    if arguments.iter().any(|word| word.starts_with("-C") || word.starts_with("-f")) {
        return Vec::new();
    }
    let unquoted = |value: &str| value.trim_matches(['"', '\'']).to_owned();
    let variables: Own = arguments
        .iter()
        .filter_map(|word| word.trim_end_matches(';').split_once('='))
        .map(|(name, value)| (name.to_owned(), unquoted(value)))
        .collect();
    let targets = arguments.iter().filter(|word| !word.contains('=') && !word.starts_with('-'));
    match variables.is_empty() {
        true => Vec::new(),
        false => targets
            .map(|target| (target.trim_end_matches(';').to_owned(), variables.clone()))
            .collect(),
    }
}

/// The variables that a rule's recipe may see: one scope for each target, stem and way to reach it.
fn scopes(
    rule: &Rule,
    names: &BTreeSet<String>,
    own: &BTreeMap<&str, Own>,
    callers: &Callers,
    variables: &Variables,
) -> Vec<Variables> {
    let mut scopes = Vec::new();
    if rule.recipe.is_empty() {
        return scopes;
    }
    for target in &rule.targets {
        if scopes.len() >= MAX_WAYS {
            break;
        }
        let stems: Vec<(String, Option<String>)> = match target.split_once('%') {
            None => vec![(target.clone(), None)],
            Some((before, after)) => {
                let stem = |name: &String| {
                    let stem = name.strip_prefix(before)?.strip_suffix(after)?;
                    (!stem.is_empty()).then(|| (name.clone(), Some(stem.to_owned())))
                };
                let found: Vec<_> = names.iter().filter_map(stem).take(MAX_WAYS).collect();
                match found.is_empty() {
                    true => vec![(RUN_TIME.to_string(), Some(RUN_TIME.to_string()))],
                    false => found,
                }
            }
        };
        for (name, stem) in stems {
            let mut scope = variables.clone();
            for (name, value) in own.get(name.as_str()).into_iter().flatten() {
                scope.set(name, value);
            }
            scope.set("@", &name);
            if let Some(stem) = &stem {
                scope.set("*", stem);
            }
            let needs: Vec<String> = rule
                .needs
                .iter()
                .map(|need| need.replacen('%', stem.as_deref().unwrap_or("%"), 1))
                .collect();
            scope.set("<", needs.first().map_or("", String::as_str));
            scope.set("^", &needs.join(" "));
            scopes.extend(ways(&name, &scope, callers));
        }
    }
    scopes.truncate(MAX_WAYS);
    scopes
}

/// The scopes of a target: for each way in which it is reached from others, and by itself, unless some variable is only set
/// by others.
fn ways(target: &str, scope: &Variables, callers: &Callers) -> Vec<Variables> {
    let Some(callers) = callers.get(target) else { return vec![scope.clone()] };
    let alone = callers.iter().flat_map(BTreeMap::keys).all(|name| scope.get(name).is_some());
    let called = callers.iter().map(|own| {
        let mut scope = scope.clone();
        for (name, value) in own {
            scope.set(name, value);
        }
        scope
    });
    alone.then(|| scope.clone()).into_iter().chain(called).take(MAX_WAYS).collect()
}

/// A line of a recipe as it is passed to the shell.
fn recipe(file: &File, line: &Line, variables: &Variables) -> Mapped {
    let range = line.logical.range.clone();
    let passed = |source, text: &str| {
        let body = text[range.clone()].trim_start_matches(PREFIX);
        let start = range.end - body.len();
        let mut mapped = Mapped::part(source, text, start..start);
        add(&mut mapped, body, start, variables, 0, true);
        mapped
    };
    match &line.made {
        Some(made) => passed(SourceId::NOWHERE, &made.text).within(made),
        None => passed(file.source, &file.text()),
    }
}

/// What may be before a command in a recipe, and is not passed to the shell.
const PREFIX: [char; 5] = ['\t', ' ', '@', '-', '+'];

/// Adds the expansion of a text, which is at `start` in the file. The lines of a `define` are commands, or a part of a
/// Makefile.
fn add(
    mapped: &mut Mapped,
    body: &str,
    start: usize,
    variables: &Variables,
    depth: u8,
    commands: bool,
) {
    let mut literal = 0;
    while let Some(found) = body[literal..].find('$') {
        let at = literal + found;
        mapped.add(&body[literal..at], start + literal);
        let (length, value) = reference(&body[at..], variables, 0);
        let define = called(&body[at..at + length], variables);
        match define.filter(|_| depth < MAX_DEPTH && variables.follow()) {
            Some((define, scope)) if define.source == mapped.source => {
                // Commands in a `define` have their spans there, whatever calls it.
                let mut line_start = define.start;
                // The line feed before `endef` does not belong to it.
                let text = define.text.strip_suffix('\n').unwrap_or(&define.text);
                for line in text.split_inclusive('\n') {
                    let body = if commands { line.trim_start_matches(PREFIX) } else { line };
                    let from = line_start + line.len() - body.len();
                    add(mapped, body, from, &scope, depth + 1, commands);
                    line_start += line.len();
                }
            }
            _ => mapped.add_instead(&value, start + at),
        }
        literal = at + length;
    }
    mapped.add(&body[literal..], start + literal);
}

/// The `define` for `$(NAME)` or `$(call NAME,…)`, and the variables that it sees.
fn called(reference: &str, variables: &Variables) -> Option<(variable::Define, Variables)> {
    let inner = inside(reference)?;
    let (name, scope) = match inner.strip_prefix("call ") {
        Some(arguments) => expand::call(arguments, variables, 0),
        None => (inner.to_owned(), variables.clone()),
    };
    Some((variables.define(&name)?.clone(), scope))
}
