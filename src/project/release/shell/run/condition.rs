//! Conditions: whether they are true, and what is known in their branches.

use super::edit::matches;
use super::expand::sole_variable;
use super::{Command, Environment, Shell, Test, Word, is_known};

impl Shell<'_> {
    /// Whether a condition is true, if that is known.
    pub(super) fn truth(&mut self, condition: &[Command], way: &Environment) -> Option<bool> {
        match condition {
            [Command::Chain { first, rest }] => {
                let mut all = self.truth(std::slice::from_ref(first), way);
                for (joint, next) in rest {
                    let own = self.truth(std::slice::from_ref(next), way);
                    all = match (all, own) {
                        (Some(truth), _) | (_, Some(truth)) if truth == joint.skips() => {
                            Some(truth)
                        }
                        (Some(_), Some(_)) => Some(!joint.skips()),
                        _ => None,
                    };
                }
                all
            }
            [Command::Not(command)] => {
                self.truth(std::slice::from_ref(command), way).map(|truth| !truth)
            }
            [Command::Test(test)] => self.test_truth(test, way),
            [Command::Arithmetic(text)] => {
                self.arithmetic(text, &mut way.clone()).map(|value| value != 0)
            }
            [Command::Written { command, .. }] => self.truth(std::slice::from_ref(command), way),
            [Command::Simple { words, .. }] => {
                let words: Vec<String> = words.iter().map(|word| self.text(word, way)).collect();
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                match words.as_slice() {
                    ["true" | ":", ..] => Some(true),
                    ["false", ..] => Some(false),
                    ["[", test @ .., "]"] | ["test", test @ ..] => self.test(test, way),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn test_truth(&mut self, test: &Test, way: &Environment) -> Option<bool> {
        // Whether one of some tests has a truth; the opposite if all of them have that.
        let mut one_is = |tests: &[Test], wanted: bool| {
            let truths: Vec<_> = tests.iter().map(|test| self.test_truth(test, way)).collect();
            match truths.contains(&Some(wanted)) {
                true => Some(wanted),
                false if truths.contains(&None) => None,
                false => Some(!wanted),
            }
        };
        match test {
            Test::All(tests) => one_is(tests, false),
            Test::Any(tests) => one_is(tests, true),
            Test::Not(test) => self.test_truth(test, way).map(|truth| !truth),
            Test::Words(words) => {
                let words: Vec<String> = words.iter().map(|word| self.text(word, way)).collect();
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                self.test(&words, way)
            }
        }
    }

    /// Walks the commands in the words of a test.
    pub(super) fn tested(&mut self, test: &Test, mut way: Environment) -> Environment {
        for word in test.words() {
            self.assign_defaults(word, &mut way);
            self.inside(word, &way);
        }
        way
    }

    fn test(&self, words: &[&str], way: &Environment) -> Option<bool> {
        let located = |path: &str| {
            let bases: Vec<&str> = way.directories.iter().map(String::as_str).collect();
            self.tree.locate(path, &bases)
        };
        match words {
            ["!", rest @ ..] => self.test(rest, way).map(|truth| !truth),
            ["-f" | "-e" | "-s" | "-r", path] if is_known(path) => located(path).map(|_| true),
            ["-d", path] if is_known(path) => {
                located(path).map(|found| self.tree.is_directory(&found))
            }
            ["-z", text] if is_known(text) => Some(text.is_empty()),
            ["-n", text] | [text] if is_known(text) => Some(!text.is_empty()),
            [a, "=" | "==", b] if is_known(a) && is_known(b) => Some(matches(b, a)),
            [a, "!=", b] if is_known(a) && is_known(b) => Some(!matches(b, a)),
            [a, order @ ("-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge"), b] => {
                let (a, b): (i64, i64) = (a.parse().ok()?, b.parse().ok()?);
                Some(match *order {
                    "-eq" => a == b,
                    "-ne" => a != b,
                    "-lt" => a < b,
                    "-le" => a <= b,
                    "-gt" => a > b,
                    _ => a >= b,
                })
            }
            _ => None,
        }
    }
}

pub(super) fn is_test(command: &Command) -> bool {
    match command {
        Command::Simple { words, .. } => words
            .first()
            .and_then(Word::literal)
            .is_some_and(|word| matches!(word.as_str(), "[" | "test")),
        Command::Test(_) | Command::Arithmetic(_) => true,
        Command::Chain { first, .. } => is_test(first),
        Command::Not(command) | Command::Written { command, .. } => is_test(command),
        _ => false,
    }
}

/// Sets what is known in the branch of a condition: after `[ "$NAME" = value ]`, the variable has the value, and after
/// `[ -z … ]` it is empty.
pub(super) fn assume(condition: &[Command], way: &mut Environment, shell: &mut Shell<'_>) {
    match condition {
        [Command::Test(test)] => assume_test(test, way, shell),
        [Command::Simple { words, .. }] => {
            let [open, rest @ ..] = words.as_slice() else { return };
            if open.literal().is_some_and(|word| matches!(word.as_str(), "[" | "test")) {
                assume_words(rest, way, shell);
            }
        }
        _ => {}
    }
}

fn assume_test(test: &Test, way: &mut Environment, shell: &mut Shell<'_>) {
    match test {
        Test::Words(words) => assume_words(words, way, shell),
        Test::All(tests) => tests.iter().for_each(|test| assume_test(test, way, shell)),
        Test::Not(_) | Test::Any(_) => {}
    }
}

fn assume_words(words: &[Word], way: &mut Environment, shell: &mut Shell<'_>) {
    match words {
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
