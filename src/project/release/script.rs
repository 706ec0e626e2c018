//! `helm` commands in shell scripts, CI files, Makefiles, Taskfiles, Jenkinsfiles and Tekton's Tasks.

mod ci;
mod makefile;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use self::makefile::Includers;
use super::command::{self, Aliases, Around, Fate};
use super::shell::{Call, Environment, Field, Shell, parse};
use super::text::Mapped;
use super::{Context, Found, Unresolved, Via};
use crate::project::class::Class;
use crate::project::file::File;
use crate::project::path::{base_name, is_below, parent, path_in_repository, upwards};
use crate::project::word::Word;
use crate::source::Span;

/// A piece of shell, and the environment that it runs in.
struct Piece {
    text: Mapped,
    environment: Environment,
    via: Via,
    variant: Option<String>,
}

/// A call, and the text that contains its words.
struct Called {
    text: Arc<Mapped>,
    call: Call,
    via: Via,
    variant: Option<String>,
    /// Files that commands in the same file create.
    made: Arc<HashSet<String>>,
    /// What becomes of what it prints.
    fate: Fate,
}

pub(super) fn find(context: &Context<'_>, found: &mut Found) {
    let before = found.unresolved.len();
    // Scripts that include long libraries may be most of the work for a repository, so files are read in parallel.
    let files = context.tree.files.par_iter().with_max_len(1);
    let includers = Includers::of(context);
    let calls = |file| calls(file, &includers, context);
    let (called, cut): (Vec<Vec<Called>>, Vec<Vec<Unresolved>>) = files.map(calls).unzip();
    let called: Vec<Called> = called.into_iter().flatten().collect();
    found.unresolved.extend(cut.into_iter().flatten());
    let mut aliases = Aliases::default();
    for Called { text, call, .. } in &called {
        aliases.note(call, text, context);
    }
    let (called, uncalled): (Vec<_>, Vec<_>) =
        called.into_iter().partition(|called| !called.call.uncalled);
    let read = |called: &Called, found: &mut Found| {
        let Called { text, call, via, variant, made, fate } = called;
        let around = Around { text, via: *via, variant: variant.as_deref(), made, fate };
        command::read(call, &around, &aliases, context, found);
    };
    for called in &called {
        read(called, found);
    }
    // What a function installs is known from its callers, if there are any.
    let known: HashSet<Span> = found.releases.iter().map(|release| release.declared).collect();
    for called in &uncalled {
        let mut more = Found::default();
        read(called, &mut more);
        more.releases.retain(|release| !known.contains(&release.declared));
        found.releases.append(&mut more.releases);
        found.unresolved.append(&mut more.unresolved);
    }
    // A release that one path through a script resolves is not reported as unresolved for another path.
    let resolved: HashSet<Span> = found.releases.iter().map(|release| release.declared).collect();
    let own = found.unresolved.split_off(before);
    let still = own.into_iter().filter(|unresolved| !resolved.contains(&unresolved.declared));
    found.unresolved.extend(still);
}

/// The calls of `helm` in a file, in the order in which they are reached, and the pieces of it that could not be followed
/// to their ends.
fn calls(
    file: &File,
    includers: &Includers<'_>,
    context: &Context<'_>,
) -> (Vec<Called>, Vec<Unresolved>) {
    let (mut called, mut cut) = (Vec::new(), Vec::new());
    let mut others: HashMap<String, Arc<Mapped>> = HashMap::new();
    // The steps of a job share a folder, so one may create a file that another reads.
    let (mut made, mut reads) = (HashSet::new(), Vec::new());
    // The commands of a job or target run one after the other in one shell.
    for piece in pieces(file, includers, context) {
        let mut shell = Shell::new(context.tree);
        let commands = parse(&piece.text.text);
        let mut environment = piece.environment.clone();
        environment.braces = expands_braces(&piece.text.text).unwrap_or(environment.braces);
        let ends = shell.run(&commands, environment);
        shell.run_uncalled(ends.first().unwrap_or(&piece.environment));
        let Piece { text, environment, via, variant } = piece;
        if shell.is_cut(&text.text) && text.text.contains("helm") {
            let declared = text.span(0, text.text.find('\n').unwrap_or(text.text.len()));
            let why = "the script is too long to be followed to its end".to_owned();
            cut.push(Unresolved { declared, why, chart_path: None });
        }
        let text = Arc::new(text);
        made.extend(shell.made);
        for call in shell.calls.iter().filter(|call| call.script != environment.script) {
            // A function may be defined in another script than its caller.
            if let Some(other) = context.tree.file(&call.script) {
                let whole = || Arc::new(Mapped::whole(other.source, &other.text()));
                others.entry(call.script.clone()).or_insert_with(whole);
            }
        }
        let text_of = |call: &Call| match call.script == environment.script {
            true => &text,
            false => others.get(&call.script).unwrap_or(&text),
        };
        let written = |call: &Call, word: &Field| text_of(call).written(word, context.sources);
        for call in &shell.calls {
            reads.extend(command::reads(call, &written));
            // Most calls in a script are not of helm.
            if command::helm(call, &|word| written(call, word)).is_some() {
                let fate = command::fate(call, &shell.calls, &written);
                called.push((Arc::clone(text_of(call)), call.clone(), fate, via, variant.clone()));
            }
        }
    }
    let made = Arc::new(made);
    let with_made = |(text, call, fate, via, variant): (_, _, Fate, _, _)| {
        let made = Arc::clone(&made);
        Called { text, call, via, variant, made, fate: fate.with(&reads, context) }
    };
    (called.into_iter().map(with_made).collect(), cut)
}

/// Whether the shell in the first line of a script, `#!/bin/bash`, expands braces, as POSIX's does not; `None` if the line
/// names no shell.
fn expands_braces(script: &str) -> Option<bool> {
    let line = script.trim_start().strip_prefix("#!")?.lines().next()?;
    let mut words = line.split_whitespace().map(base_name);
    words.find_map(|word| match word {
        "bash" | "zsh" | "ksh" | "mksh" => Some(true),
        "sh" | "dash" | "ash" => Some(false),
        _ => None,
    })
}

/// The pieces of shell in a file; none if nothing in it can call helm.
fn pieces(file: &File, includers: &Includers<'_>, context: &Context<'_>) -> Vec<Piece> {
    let runs_commands = matches!(
        file.class,
        Class::Script
            | Class::GitLabCi
            | Class::GitHub
            | Class::Ci
            | Class::Taskfile
            | Class::Jenkinsfile
            | Class::Justfile
            | Class::Makefile
    ) || file.class == Class::Manifest && file.holds(Word::Tekton);
    if !runs_commands || !may_call(file) {
        return Vec::new();
    }
    match file.class {
        Class::Script => vec![Piece {
            text: Mapped::whole(file.source, &file.text()),
            // Without a line that names another one, a script is run by the shell that it is called in.
            environment: environment(&file.path, context).with_braces(),
            via: Via::ScriptCommand,
            variant: None,
        }],
        Class::GitLabCi => ci::gitlab(file, context),
        Class::GitHub => ci::github(file, context),
        Class::Ci if path_in_repository(&file.path).contains(".circleci/") => {
            ci::circle(file, context)
        }
        Class::Ci => ci::other(file, context),
        Class::Justfile => ci::just(file, context),
        Class::Taskfile => ci::taskfile(file, context),
        Class::Jenkinsfile => ci::jenkins(file, context),
        Class::Makefile => makefile::read(file, includers, context),
        Class::Manifest => ci::tekton(file, context),
        _ => Vec::new(),
    }
}

/// Whether a file may call helm: it contains the word, or includes other files, which may.
fn may_call(file: &File) -> bool {
    let text = file.text();
    let takes_in = match file.class {
        Class::Script => text.contains("source ") || text.contains("\n. "),
        Class::Makefile | Class::GitLabCi => text.contains("include"),
        _ => false,
    };
    takes_in || text.to_ascii_lowercase().contains("helm")
}

/// The environment of a script. It runs in its own directory if the files that it names are there, else at the root, or if
/// they are not there either, in a directory between the two.
fn environment(path: &str, context: &Context<'_>) -> Environment {
    let root = context.tree.root_of(path);
    let own = parent(path);
    let between = upwards(own).skip(1).take_while(|above| *above != root && is_below(above, root));
    // Files that do not exist are taken to be relative to the last one.
    let tops = context.tree.tops_of(path);
    let all = [own].into_iter().chain(tops).chain(between).chain([root]);
    let mut directories: Vec<String> = all.map(str::to_owned).collect();
    directories.dedup();
    Environment::new(path, directories)
}
