//! `plimsoll test`: runs the examples of rules.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{CommandError, Console};
use crate::rule::{RuleSet, example};
use crate::source::Sources;

/// Run the examples of rules: those that come with plimsoll, or rule files of your own
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Rule files, or directories that hold some
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<ExitCode, CommandError> {
    let sources = Sources::default();
    let set = if args.paths.is_empty() {
        RuleSet::builtin(&sources)
    } else {
        read(&sources, &args.paths)?
    };
    let mut wrong = 0;
    for error in &set.errors {
        wrong += 1;
        let file = sources.get(error.span.source);
        let at = file.position(error.span.start);
        writeln!(console.out, "{}:{}:{}: {}", file.path, at.line, at.column, error.message)?;
        if let Some(help) = &error.help {
            writeln!(console.out, "  help: {help}")?;
        }
    }
    let mut examples = 0;
    for rule in &set.rules {
        for one in &rule.examples {
            examples += 1;
            if let Err(problem) = example::run(rule, one) {
                wrong += 1;
                let file = sources.get(one.span.source);
                let at = file.position(one.span.start);
                writeln!(console.out, "{}:{}: {}: {problem}", file.path, at.line, rule.id)?;
            }
        }
    }
    writeln!(console.out, "{} rules, {examples} examples, {wrong} wrong", set.rules.len())?;
    if set.rules.is_empty() && set.errors.is_empty() {
        return Err(CommandError::new("no rule files were found")
            .help("a rule is a `.yaml` file with `id` and `checks`"));
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn read(sources: &Sources, paths: &[PathBuf]) -> Result<RuleSet, CommandError> {
    let mut set = RuleSet::default();
    for path in paths {
        for file in files(path)? {
            let text = std::fs::read_to_string(&file).map_err(|error| {
                CommandError::new(format!("cannot read {}: {error}", file.display()))
            })?;
            set.add(sources, &file.display().to_string(), &text);
        }
    }
    set.sort();
    Ok(set)
}

fn files(path: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
        let entry = entry.map_err(|error| CommandError::new(error.to_string()))?;
        let yaml = entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        if entry.file_type().is_file() && yaml {
            found.push(entry.into_path());
        }
    }
    Ok(found)
}
