//! `plimsoll merge FILE…`: merges the JSON reports of shards.

use std::cell::LazyCell;
use std::path::PathBuf;
use std::process::ExitCode;

use super::output::{self, Color, Gate, Outputs};
use super::{CommandError, Console};
use crate::report::{Report, Texts, model, unite};
use crate::rule::RuleSet;
use crate::source::Sources;

/// Merge the JSON reports of several runs into one report
///
/// Reads what `plimsoll check --shard I/N --format json` printed for each shard, and prints what a
/// single run would have printed, with the same exit code.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// JSON reports, in any order
    #[arg(required = true, value_name = "FILE")]
    reports: Vec<PathBuf>,

    #[command(flatten)]
    outputs: Outputs,

    #[command(flatten)]
    gate: Gate,

    /// When to colour
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    color: Color,

    /// Print findings only, no summary
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<ExitCode, CommandError> {
    args.outputs.check()?;
    let mut parts = Vec::new();
    for path in &args.reports {
        let text = std::fs::read_to_string(path).map_err(|error| {
            CommandError::new(format!("cannot read {}: {error}", path.display()))
        })?;
        let report: Report = serde_json::from_str(&text).map_err(|error| {
            CommandError::new(format!("{} is not a report of plimsoll: {error}", path.display()))
                .help("write one with `plimsoll check --format json --output FILE`")
        })?;
        if report.version != model::VERSION {
            return Err(CommandError::new(format!(
                "{} has version {} of the report's format; this plimsoll reads version {}",
                path.display(),
                report.version,
                model::VERSION
            )));
        }
        parts.push(report);
    }
    unite::whole(&parts).map_err(|why| {
        CommandError::new(why).help("give the reports of all parts of one run, each once")
    })?;
    let report = unite::reports(parts);
    // The rules of the repository are known where its files are here as well. Not every format asks for them.
    let rules = LazyCell::new(|| {
        let sources = Sources::default();
        let rules = super::rule_files::all(None, &sources).map(|(rules, _)| rules);
        rules.unwrap_or_else(|_| RuleSet::builtin(&sources))
    });
    let info = |id: &str| output::info(&rules, id);
    args.outputs.write(&report, &mut Texts::default(), args.color, &info, console)?;
    if !args.quiet {
        output::closing(&report, console)?;
    }
    args.gate.exit_code(&report)
}
