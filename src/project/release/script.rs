//! `helm` commands in shell scripts, CI files, Makefiles, Taskfiles and Jenkinsfiles.

mod ci;
mod makefile;

use super::command::{self, Aliases};
use super::shell::{Call, Environment, Shell, parse};
use super::text::Mapped;
use super::{Context, Found, Via};
use crate::project::classify::Class;
use crate::project::tree::parent;

/// A piece of shell, and what it runs in.
struct Piece {
    text: Mapped,
    environment: Environment,
    via: Via,
    variant: Option<String>,
}

/// Calls found in one piece.
struct Called {
    text: Mapped,
    calls: Vec<Call>,
    via: Via,
    variant: Option<String>,
}

pub(super) fn find(context: &Context<'_>, found: &mut Found) {
    let mut aliases = Aliases::default();
    let mut called = Vec::new();
    let before = found.unresolved.len();
    for file in context.tree.files {
        let runs_commands = matches!(
            file.class,
            Class::Script
                | Class::GitLabCi
                | Class::GitHub
                | Class::Ci
                | Class::Taskfile
                | Class::Jenkinsfile
                | Class::Makefile
        );
        // Nothing else is looked for, so what has no such word is not walked.
        if !runs_commands || !file.text.to_ascii_lowercase().contains("helm") {
            continue;
        }
        let pieces = match file.class {
            Class::Script => vec![Piece {
                text: Mapped::whole(file.source, &file.text),
                environment: environment(&file.path, context),
                via: Via::ScriptCommand,
                variant: None,
            }],
            Class::GitLabCi => ci::gitlab(file, context),
            Class::GitHub => ci::github(file, context),
            Class::Ci => ci::other(file, context),
            Class::Taskfile => ci::taskfile(file, context),
            Class::Jenkinsfile => ci::jenkins(file, context),
            Class::Makefile => makefile::read(file, context),
            _ => continue,
        };
        // The commands of one job or target follow each other in one shell.
        for piece in pieces {
            let mut shell = Shell::new(context.tree);
            let commands = parse(&piece.text.text);
            let ends = shell.run(&commands, piece.environment.clone());
            shell.run_uncalled(ends.first().unwrap_or(&piece.environment));
            for call in &shell.calls {
                aliases.note(call, &file.path);
            }
            let Piece { text, via, variant, .. } = piece;
            called.push(Called { text, calls: shell.calls, via, variant });
        }
    }
    for piece in &called {
        let variant = piece.variant.as_deref();
        for call in &piece.calls {
            command::read(call, &piece.text, piece.via, &aliases, context, found, variant);
        }
    }
    // What one way through a script resolves is not also unresolved.
    let resolved: std::collections::HashSet<_> =
        found.releases.iter().map(|release| release.declared).collect();
    let own = found.unresolved.split_off(before);
    let still = own.into_iter().filter(|unresolved| !resolved.contains(&unresolved.declared));
    found.unresolved.extend(still);
}

/// A script runs in its own directory if its files are there, otherwise at the root.
fn environment(path: &str, context: &Context<'_>) -> Environment {
    let mut directories = vec![parent(path).to_owned(), context.tree.root_of(path).to_owned()];
    directories.dedup();
    Environment::new(path, directories)
}
