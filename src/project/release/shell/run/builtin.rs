//! The shell's own commands, as far as they change what later commands are called with.

use super::environment::{Flow, OLD};
use super::{Environment, Field, RUN_TIME, Shell, Value, is_known, join};

impl Shell<'_> {
    /// Walks one of the shell's own commands; `false` for any other, which changes nothing.
    pub(super) fn builtin(&mut self, fields: &[Field], way: &mut Environment) -> bool {
        let [name, arguments @ ..] = fields else { return false };
        match name.text.as_str() {
            "exit" => way.flow = Flow::Exited,
            "return" => way.flow = Flow::Returned,
            "break" | "continue" => {
                let count = arguments.first().and_then(|count| count.text.parse().ok());
                match count.unwrap_or(1_usize).min(self.loops) {
                    0 => {}
                    count if name.text == "break" => way.flow = Flow::Broken(count),
                    count => way.flow = Flow::Continued(count),
                }
            }
            "cd" | "pushd" => self.change_directory(arguments, way),
            "popd" => {
                if let Some(Value::Text(old)) = way.get(OLD) {
                    way.directories = old.split(':').map(str::to_owned).collect();
                }
            }
            "unset" => {
                for field in arguments {
                    way.unset(&field.text);
                }
            }
            "shift" => {
                let count = arguments.first().and_then(|count| count.text.parse().ok());
                if let Some(arguments) = &mut way.arguments {
                    arguments.drain(..count.unwrap_or(1_usize).min(arguments.len()));
                }
            }
            "set" => {
                if let [dashes, words @ ..] = arguments
                    && dashes.text == "--"
                {
                    way.arguments = Some(words.iter().map(|word| word.text.clone()).collect());
                }
            }
            "let" => {
                for argument in arguments {
                    self.arithmetic(&argument.text, way);
                }
            }
            "read" => {
                for field in arguments.iter().filter(|field| !field.text.starts_with('-')) {
                    way.set(&field.text, RUN_TIME);
                }
            }
            _ => return false,
        }
        true
    }

    fn change_directory(&self, arguments: &[Field], way: &mut Environment) {
        let to = arguments.iter().find(|field| !field.text.starts_with("--"));
        let old = way.directories.join(":");
        match (to.map(|field| field.text.as_str()), way.get(OLD)) {
            (Some("-"), Some(Value::Text(old))) => {
                way.directories = old.split(':').map(str::to_owned).collect();
            }
            (Some("-") | None, _) => {}
            (Some(to), _) => way.directories = self.directory(to, way),
        }
        way.set(OLD, old);
    }

    /// The existing directories that `cd` may lead to.
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
}
