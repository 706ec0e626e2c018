//! Loops.

use std::collections::BTreeSet;

use super::environment::Flow;
use super::{
    Assigned, Assignment, COMPUTED, Call, Command, Environment, Loop, MAX_STEPS, MAX_TURNS,
    Operator, Piece, Shell, Word, assigned, is_known, keep, keep_all,
};

/// Programs that only test or print something.
const IDLE: [&str; 7] = ["[", "test", "true", "false", ":", "echo", "printf"];

impl Shell<'_> {
    pub(super) fn for_loop(
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
        // `for i in $(seq 10)` often tries something several times.
        let is_count = matches!(words, Some([word]) if is_sequence(word));
        let (mut ways, mut done) = (vec![way], Vec::new());
        for value in values.iter().take(MAX_TURNS) {
            let before = self.calls.len();
            let known = if is_known(value) { value.clone() } else { COMPUTED.to_string() };
            for way in &mut ways {
                way.set(name, known.clone());
            }
            ways = self.turn(body, ways, &mut done);
            if is_count && self.waits(before) {
                // All further turns are like one with any number.
                for way in &mut ways {
                    way.set(name, COMPUTED);
                }
                ways = self.turn(body, ways, &mut done);
                break;
            }
        }
        keep_all(&mut ways, done);
        ways
    }

    /// Whether a turn has run programs, of which none is looked for: then the loop waits for something.
    fn waits(&self, before: usize) -> bool {
        let does_something = |call: &Call| !IDLE.contains(&call.words[0].text.as_str());
        let mut calls = self.calls.get(before..).into_iter().flatten();
        calls.any(does_something) && !self.has_wanted(before)
    }

    /// Walks the body of a loop once. Ways that leave the loop are added to `done`.
    fn turn(
        &mut self,
        body: &[Command],
        ways: Vec<Environment>,
        done: &mut Vec<Environment>,
    ) -> Vec<Environment> {
        let mut on = Vec::new();
        self.loops += 1;
        for mut way in self.list(body, ways) {
            let (flow, leaves) = match way.flow {
                Flow::On | Flow::Continued(0 | 1) => (Flow::On, false),
                Flow::Broken(0 | 1) => (Flow::On, true),
                Flow::Broken(count) => (Flow::Broken(count - 1), true),
                Flow::Continued(count) => (Flow::Continued(count - 1), true),
                ended @ (Flow::Returned | Flow::Exited) => (ended, true),
            };
            way.flow = flow;
            keep(if leaves { done } else { &mut on }, way);
        }
        self.loops -= 1;
        on
    }

    pub(super) fn while_loop(&mut self, looped: &Loop, way: Environment) -> Vec<Environment> {
        let (mut ways, mut done) = (vec![way], Vec::new());
        for _ in 0..MAX_TURNS {
            let before = self.calls.len();
            let mut next = Vec::new();
            for way in &ways {
                match self.truth(&looped.condition, way).map(|truth| truth != looped.until) {
                    Some(true) if self.steps < MAX_STEPS / 2 => {
                        let begun = self.list(&looped.condition, vec![way.clone()]);
                        let turned = self.turn(&looped.body, begun, &mut done);
                        keep_all(&mut next, self.list(&looped.step, turned));
                    }
                    Some(false) => {
                        let ended = self.list(&looped.condition, vec![way.clone()]);
                        keep_all(&mut done, ended);
                    }
                    _ => keep_all(&mut done, self.some_turns(looped, way.clone())),
                }
            }
            // `while true` goes on for ever, unless something outside of the script ends it.
            if next == ways {
                if done.iter().all(|way| way.flow.ends()) {
                    return next;
                }
                next.clear();
            }
            let waits = self.waits(before);
            ways = next;
            if waits || ways.is_empty() {
                break;
            }
        }
        for way in ways {
            keep_all(&mut done, self.some_turns(looped, way));
        }
        // A check that ends the script is assumed to pass where the script is really run.
        if done.iter().any(|way| !way.flow.ends()) {
            done.retain(|way| !way.flow.ends());
        }
        done
    }

    /// Walks a loop of which it is not known how often it is run.
    fn some_turns(&mut self, looped: &Loop, way: Environment) -> Vec<Environment> {
        let Loop { condition, body, step, .. } = looped;
        let mut inside = way.clone();
        let mut read = Names::default();
        for command in condition {
            read.inputs(command);
        }
        // `while [ $# -gt 0 ]; do case $1 in …; shift; done` reads the caller's options.
        let reads_options = condition.iter().any(|command| reads_options(command, true))
            || body.iter().any(|command| reads_options(command, false));
        if !reads_options {
            for commands in [condition, body, step] {
                forget(commands, &mut inside);
            }
        }
        let mut begun = self.list(condition, vec![inside]);
        // `while read …` reads a stream, which is not known.
        for way in &mut begun {
            for name in &read.names {
                way.set(name, COMPUTED);
            }
        }
        let mut done = Vec::new();
        let turned = self.turn(body, begun, &mut done);
        let mut after = self.list(step, turned);
        if reads_options && way.arguments.is_none() && read.names.is_empty() {
            // Where a script reads its options, the defaults stay.
            return vec![way];
        }
        keep_all(&mut after, done);
        after.retain(|way| !way.flow.ends());
        if after.is_empty() { vec![way] } else { after }
    }
}

/// Sets all that some commands may set to something that is computed.
pub(super) fn forget(commands: &[Command], way: &mut Environment) {
    let mut set = Names::default();
    set.all(commands);
    for name in &set.names {
        way.set(name, COMPUTED);
    }
}

/// The names of variables that commands set.
#[derive(Default)]
struct Names {
    names: BTreeSet<String>,
}

impl Names {
    fn all(&mut self, commands: &[Command]) {
        for command in commands {
            self.command(command);
        }
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Simple { assignments, words } => {
                // `NAME=value program` sets the variable for the program only.
                let keeps = words.first().and_then(Word::literal).is_none_or(|program| {
                    matches!(program.as_str(), "export" | "declare" | "readonly" | "typeset")
                });
                for Assignment { name, value, .. } in assignments {
                    self.names.extend(keeps.then(|| name.clone()));
                    match value {
                        Assigned::Word(word) => self.word(word),
                        Assigned::Array(words) => words.iter().for_each(|word| self.word(word)),
                    }
                }
                for word in words {
                    self.word(word);
                }
                self.inputs(command);
            }
            Command::For { name, body, .. } => {
                self.names.insert(name.clone());
                self.all(body);
            }
            Command::While(Loop { condition, body, step, .. }) => {
                for commands in [condition, body, step] {
                    self.all(commands);
                }
            }
            Command::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.all(condition);
                    self.all(body);
                }
                self.all(otherwise);
            }
            Command::Case { arms, .. } => arms.iter().for_each(|(_, body)| self.all(body)),
            Command::Group(body) => self.all(body),
            Command::Chain { first, rest } => {
                self.command(first);
                for (_, next) in rest {
                    self.command(next);
                }
            }
            Command::Not(command) | Command::Written { command, .. } => self.command(command),
            Command::Arithmetic(text) => self.names.extend(assigned(text)),
            Command::Test(test) => test.words().into_iter().for_each(|word| self.word(word)),
            // These change nothing outside.
            Command::Function { .. } | Command::Pipeline(_) | Command::Subshell(_) => {}
        }
    }

    fn word(&mut self, word: &Word) {
        for piece in &word.pieces {
            match piece {
                Piece::Arithmetic { text } => self.names.extend(assigned(text)),
                Piece::Variable {
                    name,
                    operation: Some((Operator::Default { assigns: true, .. }, _)),
                    ..
                } => {
                    self.names.insert(name.clone());
                }
                _ => {}
            }
        }
    }

    /// What `read` and `getopts` set.
    fn inputs(&mut self, command: &Command) {
        let words = match command {
            Command::Not(inner) | Command::Written { command: inner, .. } => {
                return self.inputs(inner);
            }
            Command::Simple { words, .. } => words,
            _ => return,
        };
        let mut words = words.iter().filter_map(Word::literal);
        let program = words.next();
        match program.as_deref() {
            Some("read" | "mapfile" | "readarray" | "getopts") => {
                self.names.extend(words.filter(|word| !word.starts_with('-')));
            }
            Some("let") => words.for_each(|text| self.names.extend(assigned(&text))),
            _ => {}
        }
    }
}

/// Whether a command, which may be in the condition of a loop, reads the arguments of the script or function one by one.
fn reads_options(command: &Command, tests: bool) -> bool {
    let one = |command: &Command| reads_options(command, tests);
    let all = |commands: &[Command]| commands.iter().any(one);
    match command {
        Command::Simple { words, .. } => {
            let program = words.first().and_then(Word::literal);
            matches!(program.as_deref(), Some("shift" | "getopts"))
                || tests && words.iter().any(is_argument)
        }
        Command::Test(test) => tests && test.words().into_iter().any(is_argument),
        Command::Arithmetic(text) => tests && text.contains('#'),
        Command::Not(command) | Command::Written { command, .. } => one(command),
        Command::Chain { first, rest } => one(first) || rest.iter().any(|(_, next)| one(next)),
        Command::Group(body) => all(body),
        Command::Case { subject, arms } => {
            is_argument(subject) || arms.iter().any(|(_, body)| all(body))
        }
        Command::If { branches, otherwise } => {
            branches.iter().any(|(condition, body)| all(condition) || all(body)) || all(otherwise)
        }
        _ => false,
    }
}

/// Whether a word is `$(seq …)`.
fn is_sequence(word: &Word) -> bool {
    let [Piece::Output { commands, .. }] = word.pieces.as_slice() else { return false };
    matches!(commands.as_slice(), [Command::Simple { words, .. }]
        if words.first().is_some_and(|program| program.is("seq")))
}

/// Whether a word has `$#` or `$1` in it.
fn is_argument(word: &Word) -> bool {
    let is = |name: &str| name == "#" || name == "1";
    word.pieces.iter().any(|piece| matches!(piece, Piece::Variable { name, .. } if is(name)))
}
