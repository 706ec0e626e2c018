//! Walks the commands of a script, and records each call of a program with its arguments. If a branch depends
//! on something that is not known, both ways are walked.

mod arithmetic;
mod assign;
mod brace;
mod builtin;
mod condition;
mod control;
mod edit;
mod environment;
mod expand;
mod made;
mod output;
mod repeat;

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use self::environment::Flow;
pub(in crate::project::release) use self::environment::{Environment, Value};
use super::command::{Assigned, Assignment, Command, Joint, Loop, Operator, Piece, Test, Word};
use super::parse::{MAX_SCRIPT, assigned, is_name, parse};
use super::{COMPUTED, RUN_TIME, STREAM, is_known};
use crate::project::path::{base_name, join, parent};
use crate::project::tree::Tree;

/// A word as a program gets it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::project::release) struct Field {
    pub(in crate::project::release) text: String,
    pub(in crate::project::release) start: usize,
    pub(in crate::project::release) end: usize,
    /// Whether it is unquoted and completely unknown, so that it may be no word, or several.
    pub(in crate::project::release) spread: bool,
}

/// A program as it is called.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::project::release) struct Call {
    /// The program, then its arguments; never empty.
    pub(in crate::project::release) words: Vec<Field>,
    /// As in [`Environment`].
    pub(in crate::project::release) directories: Vec<String>,
    /// The shown path of the script with the words; empty for commands outside of scripts.
    pub(in crate::project::release) script: String,
    /// Whether it is in a function that is never called, whose arguments are not known.
    pub(in crate::project::release) uncalled: bool,
    /// The value of `HELM_NAMESPACE` for it; empty if that is not set.
    pub(in crate::project::release) namespace: String,
    pub(in crate::project::release) output: Output,
}

/// Where the output of a program goes.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::project::release) enum Output {
    /// To whoever runs the script.
    Shown,
    /// Into a text.
    Captured,
    /// Into files, by what [`places`] says of their paths.
    Files(Vec<String>),
    /// Into other programs: the calls of the shell in this range.
    Piped(Range<usize>),
}

/// The shown paths of a file that a command names, for each directory that the command may run in; if a part of the path is
/// not known, what is known of it, and nothing for a path of which not even the end is known.
pub(in crate::project::release) fn places(path: &str, directories: &[String]) -> Vec<String> {
    match is_known(path) {
        true => directories.iter().map(|base| join(base, path)).collect(),
        false if is_known(base_name(path)) => vec![path.to_owned()],
        false => Vec::new(),
    }
}

/// A function of a script.
#[derive(Debug, Clone)]
struct Function {
    body: Rc<[Command]>,
    /// The script that defines it.
    script: String,
    called: bool,
}

/// The most steps for a script. Texts and lists that it makes count as steps, too.
const MAX_STEPS: usize = 20_000;
/// The most ways through a script that are told apart.
const MAX_WAYS: usize = 16;
/// The deepest nesting of functions, sourced scripts and evaluated texts.
const MAX_CALLS: usize = 10;
/// The most turns of a loop.
const MAX_TURNS: usize = 64;

/// The bytes of a text that count as a step.
const STEP: usize = 256;

/// Walks scripts.
pub(in crate::project::release) struct Shell<'p> {
    tree: &'p Tree<'p>,
    functions: BTreeMap<String, Function>,
    /// All calls of programs, without the shell's own commands, in the order in which they are reached.
    pub(in crate::project::release) calls: Vec<Call>,
    /// The shown paths of files that the commands create.
    pub(in crate::project::release) made: HashSet<String>,
    steps: usize,
    depth: usize,
    /// Whether functions that are never called are being walked.
    uncalled: bool,
    /// How many loops are around the command that is walked.
    loops: usize,
    /// What is in the calls that the script is walked for.
    pub(super) wanted: &'static str,
}

impl<'p> Shell<'p> {
    pub(in crate::project::release) fn new(tree: &'p Tree<'p>) -> Self {
        let (functions, calls, made) = (BTreeMap::new(), Vec::new(), HashSet::new());
        Self {
            tree,
            functions,
            calls,
            made,
            steps: 0,
            depth: 0,
            uncalled: false,
            loops: 0,
            wanted: "helm",
        }
    }

    /// Walks commands, and returns the environments in which they may end.
    pub(in crate::project::release) fn run(
        &mut self,
        commands: &[Command],
        environment: Environment,
    ) -> Vec<Environment> {
        self.list(commands, vec![environment])
    }

    /// Whether a script was not walked to its end.
    pub(in crate::project::release) fn is_cut(&self, script: &str) -> bool {
        self.steps > MAX_STEPS || script.len() > MAX_SCRIPT
    }

    /// Walks the functions that were never called, with unknown arguments.
    pub(in crate::project::release) fn run_uncalled(&mut self, environment: &Environment) {
        // The functions of a sourced script are walked with that script.
        let own = |function: &&Function| !function.called && function.script == environment.script;
        let uncalled: Vec<Function> = self.functions.values().filter(own).cloned().collect();
        self.uncalled = true;
        for function in uncalled {
            let environment =
                Environment { flow: Flow::On, arguments: None, ..environment.clone() };
            self.run(&function.body, environment);
        }
        self.uncalled = false;
    }

    fn list(&mut self, commands: &[Command], mut ways: Vec<Environment>) -> Vec<Environment> {
        for command in commands {
            let mut next = Vec::new();
            for way in ways {
                match way.flow {
                    Flow::On => keep_all(&mut next, self.step(command, way)),
                    _ => keep(&mut next, way),
                }
            }
            ways = next;
        }
        ways
    }

    fn step(&mut self, command: &Command, mut way: Environment) -> Vec<Environment> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return vec![way];
        }
        match command {
            Command::Simple { assignments, words } => self.simple(assignments, words, way),
            Command::Group(body) => self.list(body, vec![way]),
            Command::Subshell(body) => {
                self.list(body, vec![way.clone()]);
                vec![way]
            }
            Command::Pipeline(commands) => {
                let before = self.calls.len();
                let mut ends = Vec::new();
                for command in commands {
                    self.step(command, way.clone());
                    ends.push(self.calls.len());
                }
                let mut start = before;
                for end in ends {
                    let all = self.calls.len();
                    if end < all {
                        self.direct(start..end, &Output::Piped(end..all));
                    }
                    start = end;
                }
                vec![way]
            }
            Command::Not(command) => self.step(command, way),
            Command::Function { name, body } => {
                let (body, script) = (Rc::clone(body), way.script.clone());
                self.functions.insert(name.clone(), Function { body, script, called: false });
                vec![way]
            }
            Command::For { name, words, body } => self.for_loop(name, words.as_deref(), body, way),
            Command::While(looped) => self.while_loop(looped, way),
            Command::If { branches, otherwise } => self.branches(branches, otherwise, way),
            Command::Case { subject, arms } => self.case(subject, arms, way),
            Command::Test(test) => vec![self.tested(test, way)],
            Command::Arithmetic(text) => {
                self.arithmetic(text, &mut way);
                vec![way]
            }
            Command::Written { command, to } => {
                let mut paths = Vec::new();
                for file in &to.files {
                    let path = self.text(file, &way);
                    self.make(&path, &way);
                    paths.extend(places(&path, &way.directories));
                }
                let before = self.calls.len();
                let ways = self.step(command, way);
                if to.away {
                    self.direct(before..self.calls.len(), &Output::Files(paths));
                }
                ways
            }
            Command::Chain { first, rest } => self.chain(first, rest, way),
        }
    }

    /// Whether calls from one on may be of those that the script is walked for.
    fn has_wanted(&self, from: usize) -> bool {
        let is_wanted = |word: &Field| word.text.to_ascii_lowercase().contains(self.wanted);
        let mut calls = self.calls.get(from..).into_iter().flatten();
        calls.any(|call| !is_known(&call.words[0].text) || call.words.iter().any(is_wanted))
    }

    /// Says where the output of some calls goes, unless it goes elsewhere already.
    fn direct(&mut self, calls: Range<usize>, output: &Output) {
        for call in self.calls.get_mut(calls).into_iter().flatten() {
            if call.output == Output::Shown {
                call.output.clone_from(output);
            }
        }
    }

    /// Counts what is made of texts: none is made any more where that takes too many steps.
    fn charge(&mut self, bytes: usize) {
        self.steps += bytes / STEP;
    }

    fn simple(
        &mut self,
        assignments: &[Assignment],
        words: &[Word],
        mut way: Environment,
    ) -> Vec<Environment> {
        let fields = self.fields(words, &mut way);
        let before = self.calls.len();
        for word in words {
            self.inside(word, &way);
        }
        for assignment in assignments {
            match &assignment.value {
                Assigned::Word(word) => self.inside(word, &way),
                Assigned::Array(words) => words.iter().for_each(|word| self.inside(word, &way)),
            }
        }
        let program = fields.first().map_or("", |field| field.text.as_str());
        let keeps = matches!(program, "" | "export" | "local" | "declare" | "readonly" | "typeset");
        if keeps || fields.is_empty() {
            return vec![self.declaration(assignments, &fields, way)];
        }
        // `NAME=value program` sets the variable for the program only.
        let outer = (!assignments.is_empty()).then(|| way.clone());
        for assignment in assignments {
            self.assign(assignment, &mut way);
            way.export(&assignment.name);
        }
        let streams = before..self.calls.len();
        let mut ways = self.program(fields, way);
        // What is left to be directed is in `<( … )`.
        let readers = streams.end..self.calls.len();
        self.direct(streams, &Output::Piped(readers));
        if let Some(outer) = outer {
            for way in &mut ways {
                way.take_variables(&outer);
            }
        }
        ways
    }

    /// Walks the commands in a word: `out=$(helm upgrade …)`.
    fn inside(&mut self, word: &Word, way: &Environment) {
        for piece in &word.pieces {
            let (Piece::Output { commands, .. } | Piece::Stream { commands }) = piece else {
                continue;
            };
            if self.depth < MAX_CALLS {
                let before = self.calls.len();
                self.depth += 1;
                self.list(commands, vec![way.clone()]);
                self.depth -= 1;
                if matches!(piece, Piece::Output { .. }) {
                    self.direct(before..self.calls.len(), &Output::Captured);
                }
            }
        }
    }

    fn program(&mut self, fields: Vec<Field>, mut way: Environment) -> Vec<Environment> {
        if self.builtin(&fields, &mut way) {
            return vec![way];
        }
        let words: Vec<&str> = fields.iter().map(|field| field.text.as_str()).collect();
        match words.as_slice() {
            ["source" | ".", path, ..] => self.source(path, way),
            ["source" | "."] => vec![way],
            ["eval", ..] => {
                let is_eval = |field: &&Field| field.text == "eval";
                let rest: Vec<Field> = fields.iter().skip_while(is_eval).cloned().collect();
                match rest.as_slice() {
                    // `eval $OPTIONS`: the text may be known to be empty.
                    [] => vec![way],
                    [text] => self.text_of(text, way),
                    _ => self.program(rest, way),
                }
            }
            ["bash" | "sh", flag, _, ..] if is_command_flag(flag) => {
                self.text_of(&fields[2], way.clone());
                vec![way]
            }
            [name, ..] if self.functions.contains_key(*name) => self.function(&fields, way),
            _ => {
                self.make_by_program(&fields, &way);
                self.calls.push(Call {
                    words: fields,
                    directories: way.directories.clone(),
                    script: way.script.clone(),
                    uncalled: self.uncalled,
                    namespace: way.of_programs("HELM_NAMESPACE"),
                    output: Output::Shown,
                });
                vec![way]
            }
        }
    }

    /// Walks a text that consists of commands, whose calls have the span of the text.
    fn text_of(&mut self, field: &Field, way: Environment) -> Vec<Environment> {
        if self.depth >= MAX_CALLS {
            return vec![way];
        }
        let before = self.calls.len();
        self.depth += 1;
        self.charge(field.text.len());
        let ways = self.list(&parse(&field.text), vec![way]);
        self.depth -= 1;
        for word in self.calls[before..].iter_mut().flat_map(|call| &mut call.words) {
            (word.start, word.end) = (field.start, field.end);
        }
        ways
    }

    fn function(&mut self, fields: &[Field], mut way: Environment) -> Vec<Environment> {
        let Some(function) = self.functions.get_mut(&fields[0].text) else { return vec![way] };
        function.called = true;
        let function = function.clone();
        if self.depth >= MAX_CALLS {
            return vec![way];
        }
        let arguments = fields[1..].iter().map(|field| field.text.clone()).collect();
        let outer = way.arguments.replace(arguments);
        let outside = way.outer.replace(BTreeMap::new());
        let script = std::mem::replace(&mut way.script, function.script.clone());
        self.depth += 1;
        // `break` in a function does not end a loop around its call.
        let loops = std::mem::take(&mut self.loops);
        let mut ways = self.list(&function.body, vec![way]);
        self.loops = loops;
        self.depth -= 1;
        for way in &mut ways {
            way.leave(outside.clone());
            way.arguments.clone_from(&outer);
            way.script.clone_from(&script);
            if way.flow != Flow::Exited {
                way.flow = Flow::On;
            }
        }
        ways
    }

    /// Sources another script: takes its variables and functions.
    fn source(&mut self, path: &str, way: Environment) -> Vec<Environment> {
        let bases: Vec<&str> = way.directories.iter().map(String::as_str).collect();
        let found = is_known(path).then(|| self.tree.locate(path, &bases)).flatten();
        let Some(found) = found else { return vec![way] };
        let text = self.tree.text(&found).filter(|_| self.depth < MAX_CALLS);
        let Some(text) = text else { return vec![way] };
        self.depth += 1;
        self.charge(text.len());
        let own = way.script.clone();
        let calls = self.calls.len();
        let mut ways = self.list(&parse(&text), vec![Environment { script: found, ..way }]);
        // Calls in the sourced script are found when that script itself is walked.
        self.calls.truncate(calls);
        self.depth -= 1;
        for way in &mut ways {
            way.script.clone_from(&own);
        }
        ways
    }
}

/// Adds a way, unless it is there or there are too many.
fn keep(ways: &mut Vec<Environment>, way: Environment) {
    if ways.len() < MAX_WAYS && !ways.contains(&way) {
        ways.push(way);
    }
}

fn keep_all(ways: &mut Vec<Environment>, more: Vec<Environment>) {
    for way in more {
        keep(ways, way);
    }
}

/// `-c`, also with other flags before it, as in `bash -euc`.
fn is_command_flag(word: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.ends_with('c')
}
