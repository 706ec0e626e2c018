//! `plimsoll test`: runs the examples of rules.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use super::{CommandError, Console, rule_files};
use crate::report::summary::counted;
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
    let mut set = RuleSet::default();
    if args.paths.is_empty() {
        set = RuleSet::builtin(&sources);
    } else {
        rule_files::add(&mut set, &args.paths, &sources)?;
    }
    let mut wrong = 0;
    for error in &set.errors {
        wrong += 1;
        writeln!(console.out, "{}", rule_files::fault(error, &sources))?;
    }
    let mut examples = 0;
    for rule in set.read() {
        for one in rule.examples() {
            examples += 1;
            if let Err(problem) = example::run(rule, one) {
                wrong += 1;
                let file = sources.get(one.span.source);
                let at = file.position(one.span.start);
                writeln!(console.out, "{}:{}: {}: {problem}", file.path, at.line, rule.id)?;
            }
        }
    }
    let (rules, examples) = (counted(set.rules.len(), "rule"), counted(examples, "example"));
    writeln!(console.out, "{rules}, {examples}, {wrong} wrong")?;
    if set.rules.is_empty() && set.errors.is_empty() {
        return Err(CommandError::new("no rule files were found")
            .help("a rule is a `.yaml` file with `id` and `checks`"));
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
