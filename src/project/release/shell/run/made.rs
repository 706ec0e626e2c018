//! The files that a script creates when it runs.

use super::{Environment, Field, Shell, base_name, is_known, join};

impl Shell<'_> {
    /// Records that a file is created.
    pub(super) fn make(&mut self, path: &str, way: &Environment) {
        if is_known(path) && !path.is_empty() {
            self.made.extend(way.directories.iter().map(|base| join(base, path)));
        }
    }

    /// Records the files that a program creates, as far as its arguments name them.
    pub(super) fn make_by_program(&mut self, fields: &[Field], way: &Environment) {
        for path in outputs(fields) {
            self.make(&path, way);
        }
    }
}

/// The files that a program writes according to its arguments: `tee FILE`, `cp FROM TO`, `curl -o FILE`.
fn outputs(fields: &[Field]) -> Vec<String> {
    let Some((program, arguments)) = fields.split_first() else { return Vec::new() };
    let program = base_name(&program.text);
    let named = || arguments.iter().filter(|word| !word.text.starts_with('-'));
    match program {
        "tee" | "touch" => named().map(|word| word.text.clone()).collect(),
        "cp" | "mv" | "ln" | "install" => {
            let mut from: Vec<&str> = named().map(|word| word.text.as_str()).collect();
            let Some(to) = from.pop() else { return Vec::new() };
            // `TO` may be a folder, in which the files keep their names.
            let inside = from.iter().map(|from| format!("{to}/{}", base_name(from)));
            inside.chain([to.to_owned()]).collect()
        }
        _ => {
            let by_option = arguments.windows(2).filter_map(|pair| {
                let [option, file] = pair else { return None };
                matches!(
                    option.text.as_str(),
                    "-o" | "-O" | "--output" | "--out" | "--output-document"
                )
                .then(|| file.text.clone())
            });
            let by_word = arguments.iter().filter_map(|word| {
                let (option, file) = word.text.split_once('=')?;
                matches!(option, "--output" | "--out").then(|| file.to_owned())
            });
            let fetches = matches!(program, "curl" | "wget");
            let fetched = named().filter(|word| fetches && word.text.contains("://"));
            let fetched = fetched.map(|word| base_name(&word.text).to_owned());
            by_option.chain(by_word).chain(fetched).collect()
        }
    }
}
