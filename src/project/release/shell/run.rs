//! Walks a script's commands and notes each call of a program, with the words it gets. Where a
//! branch depends on what is not known, both ways are walked.

use std::collections::BTreeMap;

use super::parse::{Assigned, Assignment, Command, Piece, Word, parse};
use super::{COMPUTED, RUN_TIME, is_known};
use crate::project::tree::{Tree, base_name, join, parent};

/// What a variable holds.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::project::release) enum Value {
    Text(String),
    List(Vec<String>),
}

/// What a command finds when it runs.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::project::release) struct Environment {
    pub(in crate::project::release) variables: BTreeMap<String, Value>,
    /// `$1` and on; `None` where the script's caller decides.
    pub(in crate::project::release) arguments: Option<Vec<String>>,
    /// The script's own path, as shown; empty for commands that lie in no script.
    pub(in crate::project::release) script: String,
    /// Directories the script may run in, the likeliest first; empty where that is not known.
    pub(in crate::project::release) directories: Vec<String>,
    flow: Flow,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Flow {
    On,
    Returned,
    Exited,
}

impl Environment {
    pub(in crate::project::release) fn new(script: &str, directories: Vec<String>) -> Self {
        Self {
            variables: BTreeMap::new(),
            arguments: None,
            script: script.to_owned(),
            directories,
            flow: Flow::On,
        }
    }

    /// The same with these variables.
    pub(in crate::project::release) fn with(self, variables: BTreeMap<String, Value>) -> Self {
        Self { variables, ..self }
    }

    pub(in crate::project::release) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.variables.insert(name.to_owned(), Value::Text(value.into()));
    }
}

/// A word as a program gets it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::project::release) struct Field {
    pub(in crate::project::release) text: String,
    pub(in crate::project::release) start: usize,
    pub(in crate::project::release) end: usize,
    /// Unquoted and wholly unknown: it may be no word, or many.
    pub(in crate::project::release) spread: bool,
}

/// A program as it is called.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::project::release) struct Call {
    /// The program, then its arguments; never empty.
    pub(in crate::project::release) words: Vec<Field>,
    /// As in [`Environment`].
    pub(in crate::project::release) directories: Vec<String>,
    /// Which run of the script's text this belongs to: scripts it calls or sources have their own.
    pub(in crate::project::release) script: String,
}

/// Bounds on one script's walk.
const MAX_STEPS: usize = 20_000;
const MAX_WAYS: usize = 16;
const MAX_CALLS: usize = 10;
const MAX_TURNS: usize = 64;

/// Walks scripts.
pub(in crate::project::release) struct Shell<'p> {
    tree: &'p Tree<'p>,
    functions: BTreeMap<String, (Vec<Command>, bool)>,
    /// Every call of a program that is not the shell's own, in the order they are reached.
    pub(in crate::project::release) calls: Vec<Call>,
    steps: usize,
    depth: usize,
}

impl<'p> Shell<'p> {
    pub(in crate::project::release) fn new(tree: &'p Tree<'p>) -> Self {
        Self { tree, functions: BTreeMap::new(), calls: Vec::new(), steps: 0, depth: 0 }
    }

    /// Walks commands, and gives the ways in which they may end.
    pub(in crate::project::release) fn run(
        &mut self,
        commands: &[Command],
        environment: Environment,
    ) -> Vec<Environment> {
        self.list(commands, vec![environment])
    }

    /// Walks the functions that were never called, with arguments that nobody knows.
    pub(in crate::project::release) fn run_uncalled(&mut self, environment: &Environment) {
        let uncalled: Vec<_> = self.functions.values().filter(|(_, called)| !called).collect();
        let bodies: Vec<_> = uncalled.into_iter().map(|(body, _)| body.clone()).collect();
        for body in bodies {
            let environment =
                Environment { flow: Flow::On, arguments: None, ..environment.clone() };
            self.run(&body, environment);
        }
    }

    fn list(&mut self, commands: &[Command], mut ways: Vec<Environment>) -> Vec<Environment> {
        for command in commands {
            let mut next: Vec<Environment> = Vec::new();
            for way in ways {
                self.steps += 1;
                if way.flow != Flow::On || self.steps > MAX_STEPS {
                    next.push(way);
                    continue;
                }
                for way in self.step(command, way) {
                    if !next.contains(&way) && next.len() < MAX_WAYS {
                        next.push(way);
                    }
                }
            }
            ways = next;
        }
        ways
    }

    fn step(&mut self, command: &Command, way: Environment) -> Vec<Environment> {
        match command {
            Command::Simple { assignments, words } => self.simple(assignments, words, way),
            Command::Group(body) => self.list(body, vec![way]),
            Command::Subshell(body) => {
                self.list(body, vec![way.clone()]);
                vec![way]
            }
            Command::Function { name, body } => {
                self.functions.insert(name.clone(), (body.clone(), false));
                vec![way]
            }
            Command::For { name, words, body } => self.for_loop(name, words.as_deref(), body, way),
            Command::While { condition, body } => self.while_loop(condition, body, way),
            Command::If { branches, otherwise } => self.branches(branches, otherwise, way),
            Command::Case { subject, arms } => self.case(subject, arms, way),
            Command::Chain { first, or, second } => {
                let truth = self.truth(std::slice::from_ref(first), &way);
                let mut ways = Vec::new();
                for way in self.step(first, way) {
                    match truth {
                        Some(truth) if truth == *or => ways.push(way),
                        _ => {
                            // Whether a program succeeds is taken for granted; tests fork.
                            let test = is_test(first);
                            let after = self.step(second, way.clone());
                            let ended = after.iter().all(|way| way.flow != Flow::On);
                            if ended || (truth.is_none() && test) {
                                ways.push(way);
                            }
                            if !ended || !(test || *or) {
                                ways.extend(after);
                            }
                        }
                    }
                }
                ways
            }
        }
    }

    fn for_loop(
        &mut self,
        name: &str,
        words: Option<&[Word]>,
        body: &[Command],
        way: Environment,
    ) -> Vec<Environment> {
        let values: Vec<String> = match words {
            None => way.arguments.clone().unwrap_or_else(|| vec![COMPUTED.to_string()]),
            Some(words) => self.globbed(words, &way),
        };
        let mut ways = vec![way];
        for value in values.iter().take(MAX_TURNS) {
            let known = if is_known(value) { value.clone() } else { COMPUTED.to_string() };
            for way in &mut ways {
                way.set(name, known.clone());
            }
            ways = self.list(body, ways);
        }
        ways
    }

    fn while_loop(
        &mut self,
        condition: &[Command],
        body: &[Command],
        mut way: Environment,
    ) -> Vec<Environment> {
        // `while [ $# -gt 0 ]; do case $1 in …; shift; done` reads the caller's options, and
        // `while read …` a stream: neither is known.
        let mut names = Vec::new();
        for command in condition {
            if let Command::Simple { words, .. } = command {
                let words: Vec<_> = words.iter().filter_map(Word::literal).collect();
                if words.first().is_some_and(|word| word == "read" || word == "getopts") {
                    names.extend(words.into_iter().skip(1).filter(|word| !word.starts_with('-')));
                }
            }
        }
        let reads_options = way.arguments.is_none() && names.is_empty();
        for name in names {
            way.set(&name, COMPUTED);
        }
        let ways = self.list(condition, vec![way.clone()]);
        let mut after = self.list(body, ways);
        if reads_options {
            // What a script reads from its options leaves the defaults standing.
            return vec![way];
        }
        after.retain(|way| way.flow == Flow::On);
        if after.is_empty() { vec![way] } else { after }
    }

    fn branches(
        &mut self,
        branches: &[(Vec<Command>, Vec<Command>)],
        otherwise: &[Command],
        way: Environment,
    ) -> Vec<Environment> {
        let mut ended = Vec::new();
        let mut ways = Vec::new();
        let mut rest = Some(way);
        for (condition, body) in branches {
            let Some(way) = rest.take() else { break };
            let truth = self.truth(condition, &way);
            let mut taken = way.clone();
            if truth.is_none() {
                assume(condition, &mut taken, self);
            }
            let tried = self.list(condition, vec![taken]);
            if truth != Some(false) {
                let after = self.list(body, tried);
                let (on, off): (Vec<_>, Vec<_>) =
                    after.into_iter().partition(|way| way.flow == Flow::On);
                let all_ended = on.is_empty();
                ways.extend(on);
                ended.extend(off);
                // A check that ends the script passes where the script is really run.
                if truth == Some(true) && !all_ended {
                    break;
                }
            }
            rest = Some(way);
        }
        if let Some(way) = rest {
            for way in self.list(otherwise, vec![way]) {
                match way.flow {
                    Flow::On => ways.push(way),
                    _ => ended.push(way),
                }
            }
        }
        if ways.is_empty() { ended } else { ways }
    }

    fn case(
        &mut self,
        subject: &Word,
        arms: &[(Vec<Word>, Vec<Command>)],
        way: Environment,
    ) -> Vec<Environment> {
        let value = self.text(subject, &way);
        let known = is_known(&value);
        let mut ways = Vec::new();
        let mut all_matched = false;
        for (patterns, body) in arms {
            let patterns: Vec<String> =
                patterns.iter().map(|pattern| self.text(pattern, &way)).collect();
            let any = patterns.iter().any(|pattern| pattern == "*");
            if known && !any && !patterns.iter().any(|pattern| matches(pattern, &value)) {
                continue;
            }
            let mut taken = way.clone();
            if let ([pattern], Some(name)) = (patterns.as_slice(), sole_variable(subject))
                && !known
                && !pattern.contains(['*', '?', '['])
            {
                taken.set(&name, pattern.clone());
            }
            let after = self.list(body, vec![taken]);
            ways.extend(after.into_iter().filter(|way| way.flow == Flow::On));
            all_matched |= any;
            if known {
                all_matched = true;
                break;
            }
        }
        if !all_matched || ways.is_empty() {
            ways.push(way);
        }
        ways
    }

    fn simple(
        &mut self,
        assignments: &[Assignment],
        words: &[Word],
        mut way: Environment,
    ) -> Vec<Environment> {
        let fields: Vec<Field> = words.iter().flat_map(|word| self.expand(word, &way)).collect();
        for word in words {
            self.assign_defaults(word, &mut way);
        }
        let program = fields.first().map_or("", |field| field.text.as_str());
        let keeps = matches!(program, "" | "export" | "local" | "declare" | "readonly" | "typeset");
        if keeps || fields.is_empty() {
            for assignment in assignments {
                self.assign(assignment, &mut way);
            }
            return vec![way];
        }
        // `NAME=value program` holds for the program only.
        let outer = (!assignments.is_empty()).then(|| way.variables.clone());
        for assignment in assignments {
            self.assign(assignment, &mut way);
        }
        let mut ways = self.program(fields, way);
        if let Some(outer) = outer {
            for way in &mut ways {
                way.variables.clone_from(&outer);
            }
        }
        ways
    }

    fn program(&mut self, fields: Vec<Field>, mut way: Environment) -> Vec<Environment> {
        let name = fields[0].text.clone();
        let argument = |at: usize| fields.get(at).map(|field| field.text.as_str());
        match name.as_str() {
            "exit" => way.flow = Flow::Exited,
            "return" => way.flow = Flow::Returned,
            "cd" | "pushd" => {
                let to = fields[1..].iter().find(|field| !field.text.starts_with("--"));
                let old = way.directories.join(":");
                if let Some(to) = to {
                    way.directories = match to.text.as_str() {
                        "-" => match way.variables.get("OLDPWD") {
                            Some(Value::Text(old)) => old.split(':').map(str::to_owned).collect(),
                            _ => way.directories.clone(),
                        },
                        to => self.directory(to, &way),
                    };
                }
                way.set("OLDPWD", old);
            }
            "popd" => {
                if let Some(Value::Text(old)) = way.variables.get("OLDPWD") {
                    way.directories = old.split(':').map(str::to_owned).collect();
                }
            }
            "unset" => {
                for field in &fields[1..] {
                    way.variables.remove(&field.text);
                }
            }
            "shift" => {
                let count = argument(1).and_then(|count| count.parse().ok()).unwrap_or(1_usize);
                if let Some(arguments) = &mut way.arguments {
                    arguments.drain(..count.min(arguments.len()));
                }
            }
            "set" => {
                let words = fields[1..].iter().map(|field| field.text.clone());
                if argument(1) == Some("--") {
                    way.arguments = Some(words.skip(1).collect());
                }
            }
            "read" => {
                for field in fields[1..].iter().filter(|field| !field.text.starts_with('-')) {
                    way.set(&field.text, RUN_TIME);
                }
            }
            "source" | "." => {
                if let Some(path) = argument(1) {
                    return self.source(path, way);
                }
            }
            "eval" if fields.len() == 2 => {
                let commands = parse(&fields[1].text);
                let at = &fields[1];
                let before = self.calls.len();
                let ways = self.list(&commands, vec![way]);
                for call in &mut self.calls[before..] {
                    for word in &mut call.words {
                        (word.start, word.end) = (at.start, at.end);
                    }
                }
                return ways;
            }
            "eval" => return self.program(fields[1..].to_vec(), way),
            _ => {
                if let Some((body, called)) = self.functions.get_mut(&name) {
                    *called = true;
                    let body = body.clone();
                    return self.function(&body, &fields, way);
                }
                self.calls.push(Call {
                    words: fields,
                    directories: way.directories.clone(),
                    script: way.script.clone(),
                });
            }
        }
        vec![way]
    }

    fn function(
        &mut self,
        body: &[Command],
        fields: &[Field],
        mut way: Environment,
    ) -> Vec<Environment> {
        if self.depth >= MAX_CALLS {
            return vec![way];
        }
        let arguments = fields[1..].iter().map(|field| field.text.clone()).collect();
        let outer = way.arguments.replace(arguments);
        self.depth += 1;
        let mut ways = self.list(body, vec![way]);
        self.depth -= 1;
        for way in &mut ways {
            way.arguments.clone_from(&outer);
            if way.flow == Flow::Returned {
                way.flow = Flow::On;
            }
        }
        ways
    }

    /// Takes the variables and functions of another script.
    fn source(&mut self, path: &str, way: Environment) -> Vec<Environment> {
        let bases: Vec<&str> = way.directories.iter().map(String::as_str).collect();
        let found = is_known(path).then(|| self.tree.locate(path, &bases)).flatten();
        let Some(found) = found else { return vec![way] };
        let text = match self.tree.file(&found) {
            Some(file) => Some(file.text.to_string()),
            None => std::fs::read_to_string(&found).ok().filter(|text| text.len() < 1 << 20),
        };
        let Some(text) = text.filter(|_| self.depth < MAX_CALLS) else { return vec![way] };
        self.depth += 1;
        let own = way.script.clone();
        let calls = self.calls.len();
        let mut ways = self.list(&parse(&text), vec![Environment { script: found, ..way }]);
        // What a sourced file calls is found when that file itself is walked.
        self.calls.truncate(calls);
        self.depth -= 1;
        for way in &mut ways {
            way.script.clone_from(&own);
        }
        ways
    }

    /// The directories `cd` leads to, as far as they are there.
    fn directory(&self, to: &str, way: &Environment) -> Vec<String> {
        if !is_known(to) {
            return Vec::new();
        }
        let candidates = way.directories.iter().map(|base| join(base, to));
        let mut found: Vec<String> =
            candidates.filter(|path| self.tree.is_directory(path)).collect();
        found.dedup();
        found
    }

    fn assign(&mut self, assignment: &Assignment, way: &mut Environment) {
        let value = match &assignment.value {
            Assigned::Word(word) => {
                self.assign_defaults(word, way);
                Value::Text(self.text(word, way))
            }
            Assigned::Array(words) => Value::List(self.globbed(words, way)),
        };
        let value = match (assignment.append, way.variables.get(&assignment.name), value) {
            (true, Some(Value::List(list)), Value::List(more)) => {
                Value::List([list.clone(), more].concat())
            }
            (true, Some(Value::Text(text)), Value::Text(more)) => {
                Value::Text(format!("{text}{more}"))
            }
            (_, _, value) => value,
        };
        way.variables.insert(assignment.name.clone(), value);
    }

    /// `${NAME:=default}` sets the variable.
    fn assign_defaults(&mut self, word: &Word, way: &mut Environment) {
        for piece in &word.pieces {
            if let Piece::Variable { name, operation: Some((operator, operand)), .. } = piece
                && matches!(operator.as_str(), ":=" | "=")
                && !way.variables.contains_key(name)
            {
                let text = self.text(operand, way);
                way.set(name, text);
            }
        }
    }

    /// A word as one text.
    fn text(&mut self, word: &Word, way: &Environment) -> String {
        let mut text = String::new();
        for piece in &word.pieces {
            match piece {
                Piece::Literal { text: part, .. } => text.push_str(part),
                Piece::Variable { name, operation, .. } => {
                    text.push_str(&self.variable(name, operation.as_ref(), way).join(" "));
                }
                Piece::Output { commands, .. } => text.push_str(&self.output(commands, way)),
                Piece::Opaque => text.push(COMPUTED),
            }
        }
        text
    }

    /// A word as the fields a program gets.
    fn expand(&mut self, word: &Word, way: &Environment) -> Vec<Field> {
        let mut fields: Vec<(String, bool)> = Vec::new();
        let mut open = false;
        let append = |fields: &mut Vec<(String, bool)>, open: &mut bool, text: &str| {
            match fields.last_mut().filter(|_| *open) {
                Some((last, spread)) => {
                    last.push_str(text);
                    *spread = false;
                }
                None => fields.push((text.to_owned(), false)),
            }
            *open = true;
        };
        for piece in &word.pieces {
            let (values, quoted) = match piece {
                Piece::Literal { text, .. } => {
                    append(&mut fields, &mut open, text);
                    continue;
                }
                Piece::Opaque => (vec![COMPUTED.to_string()], true),
                Piece::Variable { name, operation, quoted } => {
                    let values = self.variable(name, operation.as_ref(), way);
                    let list = name.ends_with("[@]") || name == "@";
                    (values, *quoted && !list)
                }
                Piece::Output { commands, quoted } => (vec![self.output(commands, way)], *quoted),
            };
            if quoted {
                append(&mut fields, &mut open, &values.join(" "));
                continue;
            }
            let list = matches!(piece, Piece::Variable { name, quoted: true, .. }
                if name.ends_with("[@]") || name == "@");
            let parts: Vec<&str> = if list {
                values.iter().map(String::as_str).collect()
            } else {
                values.iter().flat_map(|value| value.split_whitespace()).collect()
            };
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    open = false;
                }
                let alone = !open && (*part == "\u{1}" || *part == "\u{2}");
                append(&mut fields, &mut open, part);
                if alone && let Some(last) = fields.last_mut() {
                    last.1 = true;
                }
            }
        }
        let place = |(text, spread)| Field { text, start: word.start, end: word.end, spread };
        fields.into_iter().map(place).collect()
    }

    /// Words with the files that patterns in them match.
    fn globbed(&mut self, words: &[Word], way: &Environment) -> Vec<String> {
        let fields: Vec<Field> = words.iter().flat_map(|word| self.expand(word, way)).collect();
        fields.into_iter().flat_map(|field| self.glob(field.text, way)).collect()
    }

    fn glob(&self, pattern: String, way: &Environment) -> Vec<String> {
        if !pattern.contains(['*', '?']) || !is_known(&pattern) {
            return vec![pattern];
        }
        let directories = pattern.ends_with('/');
        for base in &way.directories {
            let full = join(base, pattern.trim_end_matches('/'));
            let Ok(glob) = globset::GlobBuilder::new(&full).literal_separator(true).build() else {
                continue;
            };
            let matcher = glob.compile_matcher();
            let prefix = if base.is_empty() { String::new() } else { format!("{base}/") };
            let strip = |path: &str| path.strip_prefix(&prefix).unwrap_or(path).to_owned();
            let mut found: Vec<String> = Vec::new();
            if !directories {
                let files = self.tree.files.iter().map(|file| file.path.as_str());
                found.extend(files.filter(|path| matcher.is_match(path)).map(strip));
            }
            for path in self.tree.directories().filter(|path| matcher.is_match(path)) {
                let slash = if directories { "/" } else { "" };
                found.push(format!("{}{slash}", strip(path)));
            }
            if !found.is_empty() {
                found.sort();
                return found;
            }
        }
        vec![pattern]
    }

    /// The values of a variable: one, or those of a list.
    fn variable(
        &mut self,
        name: &str,
        operation: Option<&(String, Word)>,
        way: &Environment,
    ) -> Vec<String> {
        let value = self.lookup(name, way);
        let Some((operator, operand)) = operation else {
            return value.unwrap_or_else(|| vec![RUN_TIME.to_string()]);
        };
        let unset = value.as_ref().is_none_or(|value| {
            value.iter().all(|text| text.is_empty() || text.as_str() == "\u{1}")
        });
        let known = value.clone().filter(|value| value.iter().all(|text| is_known(text)));
        match operator.as_str() {
            ":-" | ":=" if unset => vec![self.text(operand, way)],
            "-" | "=" if value.as_ref().is_none_or(|value| value.iter().all(|t| !is_known(t))) => {
                vec![self.text(operand, way)]
            }
            ":+" | "+" => match unset {
                true => vec![String::new()],
                false => vec![self.text(operand, way)],
            },
            ":-" | ":=" | "-" | "=" | ":?" | "?" => {
                value.unwrap_or_else(|| vec![RUN_TIME.to_string()])
            }
            "#" | "##" | "%" | "%%" | "/" | "//" | "," | ",," | "^" | "^^" | ":" => {
                let operand = self.text(operand, way);
                match known.filter(|_| is_known(&operand)) {
                    Some(values) => {
                        values.iter().map(|value| edit(value, operator, &operand)).collect()
                    }
                    None => vec![COMPUTED.to_string()],
                }
            }
            _ => vec![COMPUTED.to_string()],
        }
    }

    fn lookup(&self, name: &str, way: &Environment) -> Option<Vec<String>> {
        if let Some(value) = way.variables.get(name) {
            return Some(match value {
                Value::Text(text) => vec![text.clone()],
                Value::List(list) => list.first().cloned().into_iter().collect(),
            });
        }
        if let Some((list, index)) = name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            if list == "BASH_SOURCE" {
                return self.lookup("0", way);
            }
            return match (way.variables.get(list)?, index) {
                (Value::List(values), "@" | "*") => Some(values.clone()),
                (Value::Text(text), "@" | "*" | "0") => Some(vec![text.clone()]),
                (Value::List(values), index) => {
                    Some(vec![values.get(index.parse::<usize>().ok()?)?.clone()])
                }
                (Value::Text(_), _) => None,
            };
        }
        match name {
            "@" | "*" => way.arguments.clone(),
            "PWD" => Some(vec![".".to_owned()]),
            "0" | "BASH_SOURCE" if !way.script.is_empty() => Some(vec![absolute(&way.script)]),
            // Where CI systems check the repository out.
            "CI_PROJECT_DIR"
            | "GITHUB_WORKSPACE"
            | "WORKSPACE"
            | "BITBUCKET_CLONE_DIR"
            | "BUILD_SOURCESDIRECTORY"
            | "CIRCLE_WORKING_DIRECTORY"
            | "TRAVIS_BUILD_DIR" => Some(vec![absolute(self.tree.root_of(&way.script))]),
            name => {
                let at = name.parse::<usize>().ok().filter(|at| *at > 0)?;
                way.arguments
                    .as_ref()
                    .map(|list| vec![list.get(at - 1).cloned().unwrap_or_default()])
            }
        }
    }

    /// What a command prints, for the few that scripts build names and paths with.
    fn output(&mut self, commands: &[Command], way: &Environment) -> String {
        let computed = || COMPUTED.to_string();
        match commands {
            [Command::Group(steps)] => self.piped(steps, way),
            [Command::Chain { first, or: false, second }] => {
                let inner = match first.as_ref() {
                    Command::Simple { words, .. } => words.first().and_then(Word::literal),
                    _ => None,
                };
                if inner.as_deref() != Some("cd") {
                    return computed();
                }
                let before = self.calls.len();
                let inside = self.step(first, way.clone()).into_iter().next();
                self.calls.truncate(before);
                match inside {
                    Some(inside) if inside.directories.len() == 1 => {
                        let printed = self.output(std::slice::from_ref(second), &inside);
                        if printed == "." { absolute(&inside.directories[0]) } else { printed }
                    }
                    _ => computed(),
                }
            }
            [Command::Simple { words, .. }] => {
                let fields: Vec<String> = words
                    .iter()
                    .flat_map(|word| self.expand(word, way))
                    .map(|field| field.text)
                    .collect();
                if let Some((body, called)) =
                    self.functions.get_mut(&fields[..].first().cloned().unwrap_or_default())
                {
                    *called = true;
                    // A function that only echoes is what scripts use for names.
                    let body = body.clone();
                    if let ([_], true) = (body.as_slice(), self.depth < MAX_CALLS) {
                        self.depth += 1;
                        let inside =
                            Environment { arguments: Some(fields[1..].to_vec()), ..way.clone() };
                        let text = self.output(&body, &inside);
                        self.depth -= 1;
                        return text;
                    }
                    return computed();
                }
                self.printed(&fields, way)
            }
            _ => computed(),
        }
    }

    fn printed(&self, fields: &[String], way: &Environment) -> String {
        let words: Vec<&str> = fields.iter().map(String::as_str).collect();

        match words.as_slice() {
            ["pwd", ..] => ".".to_owned(),
            ["git", rest @ ..] if rest.contains(&"--show-toplevel") => {
                absolute(self.tree.root_of(&way.script))
            }
            ["echo", rest @ ..] => {
                let rest = rest.strip_prefix(&["-n"]).unwrap_or(rest);
                rest.join(" ")
            }
            ["printf", format, rest @ ..] => {
                let mut rest = rest.iter();
                let mut text = String::new();
                for (at, part) in format.replace("\\n", "").split("%s").enumerate() {
                    if at > 0 {
                        text.push_str(rest.next().copied().unwrap_or_default());
                    }
                    text.push_str(part);
                }
                text
            }
            ["dirname", path] | ["dirname", "--", path] if is_known(path) => {
                let path = path.trim_end_matches('/');
                if path.contains('/') { parent(path).to_owned() } else { ".".to_owned() }
            }
            ["basename", path] if is_known(path) => {
                base_name(path.trim_end_matches('/')).to_owned()
            }
            ["basename", path, suffix] if is_known(path) => {
                let name = base_name(path.trim_end_matches('/'));
                name.strip_suffix(suffix).unwrap_or(name).to_owned()
            }
            ["realpath" | "readlink", .., path] if is_known(path) => (*path).to_owned(),
            _ => COMPUTED.to_string(),
        }
    }

    /// `echo text | tr A-Z a-z` and its relatives.
    fn piped(&mut self, steps: &[Command], way: &Environment) -> String {
        let [first, rest @ ..] = steps else { return String::new() };
        let mut text = self.output(std::slice::from_ref(first), way);
        for step in rest {
            let Command::Simple { words, .. } = step else { return COMPUTED.to_string() };
            let words: Vec<String> = words.iter().map(|word| self.text(word, way)).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            text = match words.as_slice() {
                ["tr", "[:upper:]" | "A-Z" | "[A-Z]", "[:lower:]" | "a-z" | "[a-z]"] => {
                    text.to_lowercase()
                }
                ["tr", "[:lower:]" | "a-z" | "[a-z]", "[:upper:]" | "A-Z" | "[A-Z]"] => {
                    text.to_uppercase()
                }
                ["tr", from, to] if from.len() == 1 && to.len() == 1 => text.replace(from, to),
                _ => return COMPUTED.to_string(),
            };
        }
        text
    }

    /// Whether a condition holds, where that is known.
    fn truth(&mut self, condition: &[Command], way: &Environment) -> Option<bool> {
        match condition {
            [Command::Chain { first, or, second }] => {
                let first = self.truth(std::slice::from_ref(first), way);
                let second = self.truth(std::slice::from_ref(second), way);
                match (first, second, or) {
                    (Some(false), _, false) | (_, Some(false), false) => Some(false),
                    (Some(true), _, true) | (_, Some(true), true) => Some(true),
                    (Some(a), Some(b), _) => Some(if *or { a || b } else { a && b }),
                    _ => None,
                }
            }
            [Command::Simple { words, .. }] => {
                let words: Vec<String> = words.iter().map(|word| self.text(word, way)).collect();
                let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
                match words.first().copied() {
                    Some("true" | ":") => return Some(true),
                    Some("false") => return Some(false),
                    Some("[" | "[[") => words.truncate(words.len() - 1),
                    Some("test") => {}
                    _ => return None,
                }
                self.test(&words[1..], way)
            }
            _ => None,
        }
    }

    fn test(&self, words: &[&str], way: &Environment) -> Option<bool> {
        let exists = |path: &str, directory: bool| {
            let bases: Vec<&str> = way.directories.iter().map(String::as_str).collect();
            let found = self.tree.locate(path, &bases)?;
            Some(!directory || self.tree.is_directory(&found))
        };
        match words {
            ["!", rest @ ..] => self.test(rest, way).map(|truth| !truth),
            ["-f" | "-e" | "-s" | "-r", path] if is_known(path) => exists(path, false),
            ["-d", path] if is_known(path) => exists(path, true),
            ["-z", text] if is_known(text) => Some(text.is_empty()),
            ["-n", text] | [text] if is_known(text) => Some(!text.is_empty()),
            [a, "=" | "==", b] if is_known(a) && is_known(b) => Some(matches(b, a)),
            [a, "!=", b] if is_known(a) && is_known(b) => Some(!matches(b, a)),
            _ => None,
        }
    }
}

fn is_test(command: &Command) -> bool {
    match command {
        Command::Simple { words, .. } => words
            .first()
            .and_then(Word::literal)
            .is_some_and(|word| matches!(word.as_str(), "[" | "[[" | "test")),
        Command::Chain { first, .. } => is_test(first),
        _ => false,
    }
}

/// In the branch of `[ "$NAME" = value ]`, the name has the value; in the branch of `[ -z … ]` it
/// is empty.
fn assume(condition: &[Command], way: &mut Environment, shell: &mut Shell<'_>) {
    let [Command::Simple { words, .. }] = condition else { return };
    let [open, rest @ ..] = words.as_slice() else { return };
    if !open.literal().is_some_and(|word| matches!(word.as_str(), "[" | "[[" | "test")) {
        return;
    }
    match rest {
        [left, operator, right, ..]
            if operator.literal().is_some_and(|o| o == "=" || o == "==") =>
        {
            let value = shell.text(right, way);
            if let Some(name) =
                sole_variable(left).filter(|_| is_known(&value) && !value.contains('*'))
            {
                way.set(&name, value);
            }
        }
        [operator, word, ..] if operator.literal().as_deref() == Some("-z") => {
            if let Some(name) = sole_variable(word) {
                way.set(&name, "");
            }
        }
        _ => {}
    }
}

/// The variable that is all of a word: `$NAME`, `"${NAME}"`.
fn sole_variable(word: &Word) -> Option<String> {
    let mut names = word.pieces.iter().filter_map(|piece| match piece {
        Piece::Literal { text, .. } if text.is_empty() => None,
        Piece::Variable { name, operation: None, .. } => Some(Some(name.clone())),
        _ => Some(None),
    });
    names.next().flatten().filter(|_| names.next().is_none())
}

fn absolute(shown: &str) -> String {
    let path = std::path::absolute(if shown.is_empty() { "." } else { shown });
    path.map_or_else(|_| shown.to_owned(), |path| path.to_string_lossy().into_owned())
}

/// A shell pattern against a text.
fn matches(pattern: &str, text: &str) -> bool {
    if !pattern.contains(['*', '?', '[']) {
        return pattern == text;
    }
    globset::Glob::new(pattern).is_ok_and(|glob| glob.compile_matcher().is_match(text))
}

/// `${NAME#pattern}` and its relatives.
fn edit(value: &str, operator: &str, operand: &str) -> String {
    let cuts = || value.char_indices().map(|(at, _)| at).chain([value.len()]);
    match operator {
        "#" => cuts()
            .find(|&at| matches(operand, &value[..at]))
            .map_or(value, |at| &value[at..])
            .to_owned(),
        "##" => cuts()
            .rfind(|&at| matches(operand, &value[..at]))
            .map_or(value, |at| &value[at..])
            .to_owned(),
        "%" => cuts()
            .rfind(|&at| matches(operand, &value[at..]))
            .map_or(value, |at| &value[..at])
            .to_owned(),
        "%%" => cuts()
            .find(|&at| matches(operand, &value[at..]))
            .map_or(value, |at| &value[..at])
            .to_owned(),
        "/" | "//" => {
            let (from, to) = operand.split_once('/').unwrap_or((operand, ""));
            if operator == "/" { value.replacen(from, to, 1) } else { value.replace(from, to) }
        }
        ",," => value.to_lowercase(),
        "^^" => value.to_uppercase(),
        _ => COMPUTED.to_string(),
    }
}
