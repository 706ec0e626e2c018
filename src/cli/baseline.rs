//! `plimsoll baseline [PATH]…`: records the current findings.

use std::path::PathBuf;
use std::process::ExitCode;

use super::check;
use super::check::args::{Caching, Fixing, Rendering, Scope, Selection, Show};
use super::output::{Color, FailOn, Gate, Outputs, write_whole};
use super::plan::Plan;
use super::{CommandError, Console};
use crate::lint::Outcome;
use crate::lint::baseline::{Baseline, Known};
use crate::report::escape;

/// Record the current findings, so that only new ones fail
///
/// Writes a file for `plimsoll check --baseline FILE`. A finding is recognised after its lines have
/// moved or the file was reformatted.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files and directories
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// The file to write
    #[arg(long, short, value_name = "FILE", default_value = "plimsoll-baseline.json")]
    output: PathBuf,

    /// Only remove findings from the file that are no longer found, and add none
    #[arg(long)]
    prune: bool,

    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    rendering: Rendering,

    #[command(flatten)]
    cache: Caching,
}

pub(crate) fn run(args: Args, console: &mut Console) -> Result<ExitCode, CommandError> {
    let no_baseline = |error: crate::lint::baseline::BaselineError| {
        CommandError::new(error.to_string()).help("there is nothing to prune")
    };
    let known =
        if args.prune { Some(Baseline::read(&args.output).map_err(no_baseline)?) } else { None };
    let check = check::Args {
        paths: args.paths,
        selection: args.selection,
        rendering: args.rendering,
        scope: Scope {
            gate: Gate { fail_on: FailOn::Never, strict: false },
            baseline: None,
            changed_since: None,
            add_ignores: None,
            shard: None,
        },
        fixing: Fixing::default(),
        outputs: Outputs::default(),
        show: Show {
            color: Color::Never,
            statistics: false,
            quiet: true,
            verbose: false,
            stdin_filename: None,
            threads: None,
            cache: args.cache,
        },
    };
    let Outcome { report, coverage, .. } =
        Plan::new(&check, &check.paths, check.show.cache.folder(), None)?.run(&check)?;
    let (baseline, said) = match known {
        None => {
            let baseline = Baseline::of(&report.findings);
            let count = baseline.findings.len();
            let said = match count {
                1 => "1 finding is known now".to_owned(),
                _ => format!("{count} findings are known now"),
            };
            (baseline, said)
        }
        Some(mut known) => {
            let gone = known.gone(&report.findings, &coverage);
            known.findings.retain(|finding| !gone.contains(finding));
            for Known { file, rule, message, .. } in &gone {
                console.remark(&escape::line(&format!("gone: {file}: {rule}: {message}")));
            }
            let entries = if gone.len() == 1 { "entry" } else { "entries" };
            let left = known.findings.len();
            let said = format!("{} {entries} taken out, {left} left", gone.len());
            (known, said)
        }
    };
    write_whole(&args.output, baseline.to_json().as_bytes())?;
    console.remark(&format!("{}: {said}", args.output.display()));
    Ok(ExitCode::SUCCESS)
}
