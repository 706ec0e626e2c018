//! The output of the few commands with which scripts usually build names and paths.

use super::{
    COMPUTED, Command, Environment, Joint, MAX_CALLS, MAX_STEPS, Shell, Word, base_name, is_known,
    parent,
};
use crate::project::path::absolute;

impl Shell<'_> {
    /// The output of a command, if it is one with which scripts usually build names and paths.
    pub(super) fn output(&mut self, commands: &[Command], way: &Environment) -> String {
        let computed = || COMPUTED.to_string();
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return computed();
        }
        match commands {
            [Command::Pipeline(steps)] => self.piped(steps, way),
            [Command::Group(body)] => self.output(body, way),
            [Command::Chain { first, rest }] => {
                let [(Joint::And, second)] = rest.as_slice() else { return computed() };
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
                if let Some(function) =
                    self.functions.get_mut(&fields[..].first().cloned().unwrap_or_default())
                {
                    function.called = true;
                    // A function that only echoes is what scripts use for names.
                    let body = function.body.clone();
                    if let ([_], true) = (&body[..], self.depth < MAX_CALLS) {
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

    /// The output of a pipe such as `echo text | tr A-Z a-z`.
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
}
