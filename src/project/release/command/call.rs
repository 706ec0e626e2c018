//! Finds calls of `helm`.

use crate::project::path::base_name;
use crate::project::release::shell::{COMPUTED, Call, Field, RUN_TIME};

/// Programs that run the program named by their arguments.
const WRAPPERS: [&str; 15] = [
    "sudo", "env", "time", "exec", "command", "nohup", "nice", "retry", "timeout", "if", "!",
    "then", "do", "run", "-",
];

/// A call of `helm`, without programs that wrap it.
pub(in crate::project::release) struct Helm<'c> {
    /// The arguments after `helm`.
    pub(super) words: &'c [Field],
    /// The position of `helm` itself.
    pub(super) start: usize,
}

/// Finds the call of `helm` in a command, which may be wrapped by `sudo` and the like, or run in a container.
///
/// `written` returns the text in the file for a word.
pub(in crate::project::release) fn helm<'c>(
    call: &'c Call,
    written: &dyn Fn(&Field) -> String,
) -> Option<Helm<'c>> {
    let mut words = call.words.as_slice();
    loop {
        let (first, rest) = words.split_first()?;
        let name = base_name(&first.text);
        // `$HELM upgrade`, with HELM set where the script runs.
        let variable = || first.spread && written(first).to_ascii_lowercase().contains("helm");
        if is_helm(name) || variable() {
            return Some(Helm { words: rest, start: first.start });
        }
        if matches!(name, "docker" | "podman" | "nerdctl") {
            return in_container(rest);
        }
        // `$(GO_TOOL) helm upgrade`: an unknown program runs the one after it.
        let is_behind = |word: &Field| is_helm(base_name(&word.text));
        let is_open = first.text.chars().all(|letter| matches!(letter, RUN_TIME | COMPUTED));
        if is_open && rest.first().is_some_and(is_behind) {
            words = rest;
            continue;
        }
        if let Some(run) = run_by(name, rest) {
            words = run;
            continue;
        }
        if !is_wrapping(name, words.len() < call.words.len()) {
            return None;
        }
        words = rest;
    }
}

/// Whether a word stands before the program that is run: a wrapper or, behind one, its arguments.
pub(super) fn is_wrapping(name: &str, is_behind: bool) -> bool {
    let is_argument = || {
        name.starts_with('-')
            || name.contains('=')
            || name.starts_with(|first: char| first.is_ascii_digit())
    };
    WRAPPERS.contains(&name) || is_behind && is_argument()
}

fn is_helm(name: &str) -> bool {
    matches!(name, "helm" | "helm3" | "helm2" | "helm4")
        || name.starts_with("helm-v")
        || name.starts_with("helm@")
}

/// The command that a program runs, as in `go tool -modfile=tools.mod helm …` and `mise exec -- helm …`. Commands in pods do
/// not count, as these have other files.
fn run_by<'c>(program: &str, words: &'c [Field]) -> Option<&'c [Field]> {
    let (verb, rest) = words.split_first()?;
    let at = match (program, verb.text.as_str()) {
        ("go", "tool" | "run") => rest.iter().position(|word| !word.text.starts_with('-'))?,
        ("kubectl" | "oc", _) => return None,
        (_, "exec" | "run" | "x") => rest.iter().position(|word| word.text == "--")? + 1,
        _ => return None,
    };
    Some(&rest[at..])
}

/// The call in `docker run … alpine/helm:3 upgrade …`, where the image runs `helm`.
fn in_container(words: &[Field]) -> Option<Helm<'_>> {
    words.first().filter(|word| word.text == "run")?;
    let image = words.iter().position(|word| {
        let name = base_name(&word.text);
        !word.text.starts_with('-') && name.split([':', '@']).next() == Some("helm")
    })?;
    let rest = &words[image + 1..];
    let repeated = rest.first().is_some_and(|word| word.text == "helm");
    let rest = if repeated { &rest[1..] } else { rest };
    Some(Helm { words: rest, start: words[image].start })
}
