//! What commands print, for those with which scripts usually build names, paths and options.

use std::collections::BTreeMap;

use super::condition::is_test;
use super::edit::matches;
use super::environment::Flow;
use super::expand::{MAX_ITEMS, MAX_TEXT};
use super::repeat::forget;
use super::{
    COMPUTED, Command, Environment, Field, MAX_CALLS, MAX_STEPS, MAX_TURNS, Shell, base_name,
    is_known, parent,
};
use crate::project::path::absolute;

impl Shell<'_> {
    /// What commands print, without the line ends behind it, as in `$( … )`. What is not known is computed.
    pub(super) fn output(&mut self, commands: &[Command], way: &Environment) -> String {
        let mut way = way.clone();
        way.stay();
        let text = self.printed_apart(commands, way).0;
        text.trim_end_matches('\n').to_owned()
    }

    /// What commands print, and the environment after them.
    fn printed_apart(
        &mut self,
        commands: &[Command],
        mut way: Environment,
    ) -> (String, Environment) {
        let mut out = String::new();
        self.print_all(commands, &mut way, &mut out);
        (out, way)
    }

    fn print_all(&mut self, commands: &[Command], way: &mut Environment, out: &mut String) {
        for command in commands {
            if way.flow == Flow::On {
                self.print(command, way, out);
            }
        }
    }

    fn print(&mut self, command: &Command, way: &mut Environment, out: &mut String) {
        self.steps += 1;
        if self.steps > MAX_STEPS || out.len() > MAX_TEXT {
            *out = COMPUTED.to_string();
            return;
        }
        match command {
            Command::Simple { assignments, words } => {
                let fields = self.fields(words, way);
                let program = fields.first().map_or("", |field| field.text.as_str());
                match program {
                    "" | "export" | "local" | "declare" | "readonly" | "typeset" => {
                        *way = self.declaration(assignments, &fields, way.clone());
                    }
                    _ if self.functions.contains_key(program) => {
                        self.print_function(&fields, way, out);
                    }
                    _ if self.builtin(&fields, way) => {}
                    _ => {
                        let words: Vec<&str> =
                            fields.iter().map(|field| field.text.as_str()).collect();
                        out.push_str(&self.printed(&words, way));
                    }
                }
            }
            Command::Group(body) => self.print_all(body, way, out),
            Command::Subshell(body) => out.push_str(&self.printed_apart(body, way.clone()).0),
            Command::Pipeline(steps) => out.push_str(&self.piped(steps, way)),
            Command::Not(command) => self.print(command, way, out),
            Command::Written { command, to } if to.away => {
                self.print(command, way, &mut String::new());
            }
            Command::Written { command, .. } => self.print(command, way, out),
            Command::For { name, words, body } => {
                let values = match words {
                    None => way.arguments.clone().unwrap_or_else(|| vec![COMPUTED.to_string()]),
                    Some(words) => self.globbed(words, way),
                };
                self.loops += 1;
                for value in values.into_iter().take(MAX_TURNS) {
                    way.set(name, if is_known(&value) { value } else { COMPUTED.to_string() });
                    self.print_all(body, way, out);
                    match way.flow {
                        Flow::On | Flow::Continued(0 | 1) => way.flow = Flow::On,
                        _ => break,
                    }
                }
                self.loops -= 1;
                if let Flow::Broken(_) | Flow::Continued(_) = way.flow {
                    way.flow = Flow::On;
                }
            }
            Command::If { branches, otherwise } => {
                self.print_branches(branches, otherwise, way, out);
            }
            Command::Case { subject, arms } => {
                let subject = self.text(subject, way);
                if !is_known(&subject) {
                    return print_unknown(command, way, out);
                }
                for (patterns, body) in arms {
                    let patterns: Vec<String> =
                        patterns.iter().map(|pattern| self.text(pattern, way)).collect();
                    if patterns.iter().any(|pattern| pattern == "*" || matches(pattern, &subject)) {
                        return self.print_all(body, way, out);
                    }
                }
            }
            Command::Chain { first, rest } => {
                let mut truth = self.assumed(first, way);
                self.print(first, way, out);
                for (joint, next) in rest {
                    match truth {
                        Some(truth) if truth == joint.skips() => continue,
                        Some(_) => {
                            truth = self.assumed(next, way);
                            self.print(next, way, out);
                        }
                        None => {
                            let ran = self.printed_apart(std::slice::from_ref(next), way.clone());
                            let skipped = (String::new(), way.clone());
                            print_any(vec![ran, skipped], way, out);
                        }
                    }
                    if way.flow != Flow::On {
                        return;
                    }
                }
            }
            Command::Function { .. } => {
                self.step(command, way.clone());
            }
            Command::Test(test) => *way = self.tested(test, way.clone()),
            Command::Arithmetic(text) => {
                self.arithmetic(text, way);
            }
            Command::While(_) => print_unknown(command, way, out),
        }
    }

    /// Whether a command succeeds: programs are assumed to do so, and tests may be known.
    fn assumed(&mut self, command: &Command, way: &Environment) -> Option<bool> {
        let truth = self.truth(std::slice::from_ref(command), way);
        if is_test(command) { truth } else { truth.or(Some(true)) }
    }

    fn print_branches(
        &mut self,
        branches: &[(Vec<Command>, Vec<Command>)],
        otherwise: &[Command],
        way: &mut Environment,
        out: &mut String,
    ) {
        let mut all = Vec::new();
        let mut decided = false;
        for (condition, body) in branches {
            let truth = self.truth(condition, way);
            if truth == Some(false) {
                continue;
            }
            all.push(self.printed_apart(body, way.clone()));
            decided = truth == Some(true);
            if decided {
                break;
            }
        }
        if !decided {
            all.push(self.printed_apart(otherwise, way.clone()));
        }
        print_any(all, way, out);
    }

    fn print_function(&mut self, fields: &[Field], way: &mut Environment, out: &mut String) {
        let Some(function) = self.functions.get_mut(&fields[0].text) else { return };
        function.called = true;
        let body = function.body.clone();
        if self.depth >= MAX_CALLS {
            out.push(COMPUTED);
            return;
        }
        let arguments = fields[1..].iter().map(|field| field.text.clone()).collect();
        let outer = way.arguments.replace(arguments);
        let outside = way.outer.replace(BTreeMap::new());
        self.depth += 1;
        self.print_all(&body, way, out);
        self.depth -= 1;
        way.leave(outside);
        way.arguments = outer;
        if way.flow != Flow::Exited {
            way.flow = Flow::On;
        }
    }

    /// What a program prints.
    fn printed(&self, words: &[&str], way: &Environment) -> String {
        let line = |text: &str| format!("{text}\n");
        match words {
            ["true" | "false" | ":" | "[" | "test" | "mkdir" | "rm" | "touch" | "sleep", ..] => {
                String::new()
            }
            ["pwd", ..] => line(&match (way.has_moved(), way.directories.as_slice()) {
                (false, _) => ".".to_owned(),
                (true, [directory]) => absolute(directory),
                _ => COMPUTED.to_string(),
            }),
            ["git", rest @ ..] if rest.contains(&"--show-toplevel") => {
                line(&absolute(self.tree.root_of(&way.script)))
            }
            ["echo", "-e" | "-ne" | "-en", rest @ ..] if rest.concat().contains('\\') => {
                COMPUTED.to_string()
            }
            ["echo", "-n" | "-ne" | "-en", rest @ ..] => rest.join(" "),
            ["echo", "-e", rest @ ..] | ["echo", rest @ ..] => line(&rest.join(" ")),
            ["printf", "--", format, rest @ ..] => formatted(format, rest),
            ["printf", format, rest @ ..] if !format.starts_with('-') => formatted(format, rest),
            ["dirname", path] | ["dirname", "--", path] if is_known(path) => {
                let path = path.trim_end_matches('/');
                line(if path.contains('/') { parent(path) } else { "." })
            }
            ["basename", path] if is_known(path) => line(base_name(path.trim_end_matches('/'))),
            ["basename", path, suffix] if is_known(path) => {
                let name = base_name(path.trim_end_matches('/'));
                line(name.strip_suffix(suffix).unwrap_or(name))
            }
            ["realpath" | "readlink", .., path] if is_known(path) => line(path),
            ["seq", numbers @ ..] => sequence(numbers).unwrap_or_else(|| COMPUTED.to_string()),
            _ => COMPUTED.to_string(),
        }
    }

    /// The output of a pipe such as `echo text | tr A-Z a-z`.
    fn piped(&mut self, steps: &[Command], way: &Environment) -> String {
        let [first, rest @ ..] = steps else { return String::new() };
        let mut text = self.printed_apart(std::slice::from_ref(first), way.clone()).0;
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
                ["tr", "\\n", to] if to.len() == 1 => text.replace('\n', to),
                ["tr", from, to] if from.len() == 1 && to.len() == 1 => text.replace(from, to),
                ["cat"] => text,
                _ => return COMPUTED.to_string(),
            };
        }
        text
    }
}

/// Goes on from one of several ways. One that ends is assumed not to be taken.
fn print_any(mut all: Vec<(String, Environment)>, way: &mut Environment, out: &mut String) {
    if all.iter().any(|(_, way)| !way.flow.ends()) {
        all.retain(|(_, way)| !way.flow.ends());
    }
    let Some((text, first)) = all.first() else { return };
    match all.iter().all(|(other, _)| other == text) {
        true => out.push_str(text),
        false => out.push(COMPUTED),
    }
    let mut met = first.clone();
    for (_, other) in &all[1..] {
        met.meet(other);
    }
    *way = met;
}

/// A command that prints what is not known.
fn print_unknown(command: &Command, way: &mut Environment, out: &mut String) {
    forget(std::slice::from_ref(command), way);
    out.push(COMPUTED);
}

/// What `printf FORMAT WORDS` prints. The format is used again while there are words.
fn formatted(format: &str, words: &[&str]) -> String {
    let mut words = words.iter();
    let mut out = String::new();
    loop {
        let before = words.len();
        let mut chars = format.chars();
        while let Some(char) = chars.next() {
            match char {
                '%' => match chars.next() {
                    Some('s' | 'd') => out.push_str(words.next().copied().unwrap_or_default()),
                    Some('%') => out.push('%'),
                    _ => return COMPUTED.to_string(),
                },
                '\\' => match chars.next() {
                    Some('n') => out.push('\n'),
                    Some('t') => out.push('\t'),
                    Some('\\') | None => out.push('\\'),
                    Some(_) => return COMPUTED.to_string(),
                },
                char => out.push(char),
            }
        }
        if words.len() == 0 || words.len() == before {
            return out;
        }
        if out.len() > MAX_TEXT {
            return COMPUTED.to_string();
        }
    }
}

/// What `seq LAST`, `seq FIRST LAST` and `seq FIRST STEP LAST` print, with whole numbers.
fn sequence(numbers: &[&str]) -> Option<String> {
    let numbers: Vec<i64> =
        numbers.iter().map(|number| number.parse().ok()).collect::<Option<_>>()?;
    let (first, step, last) = match numbers.as_slice() {
        [last] => (1, 1, *last),
        [first, last] => (*first, 1, *last),
        [first, step, last] if *step != 0 => (*first, *step, *last),
        _ => return None,
    };
    let is_within = |number: &i64| if step > 0 { *number <= last } else { *number >= last };
    let all = std::iter::successors(Some(first), |number| number.checked_add(step));
    let lines: Vec<String> =
        all.take_while(is_within).take(MAX_ITEMS).map(|number| format!("{number}\n")).collect();
    Some(lines.concat())
}
