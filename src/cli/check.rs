//! `plimsoll check [PATH]…`.

pub(super) mod args;
pub(super) mod judged;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use super::{CommandError, Console, fix, output};
use crate::lint::baseline::Known;
use crate::lint::{Outcome, silence};
use crate::report::summary::counted;
use crate::report::{Report, summary};
pub(super) use args::Args;
use judged::Judged;

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<ExitCode, CommandError> {
    args.outputs.check()?;
    let started = Instant::now();
    let mut judged = Judged::new(args)?;
    if args.fixing.diff {
        fix::show(args, &judged, console)?;
        return args.scope.gate.exit_code(&judged.outcome.report);
    }
    if args.fixing.fix {
        fix::write(args, &judged, console)?;
        // What is left is found by linting the written files.
        judged = Judged::new(args)?;
    } else if args.outputs.show_fixes() {
        fix::prove(args, &mut judged)?;
    }
    if let Some(reason) = &args.scope.add_ignores {
        add_ignores(&judged.outcome.report, reason, console)?;
        // What is left is found by linting again, which also proves that the comments work.
        judged = Judged::new(args)?;
    }
    // The process ends after this, so freeing what the run holds would be wasted time.
    let mut judged = ManuallyDrop::new(judged);
    let Judged { plan, outcome, gone } = &mut *judged;
    let Outcome { report, texts, details, .. } = outcome;
    if args.show.verbose {
        for line in details {
            console.remark(&crate::report::escape::line(line));
        }
    }
    report.summary.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);

    let info = |id: &str| output::info(&plan.rules, id);
    args.outputs.write(report, texts, args.show.color, &info, console)?;
    if args.show.statistics {
        statistics(report, console)?;
    }
    if !args.show.quiet {
        say_gone(gone, console)?;
        output::closing(report, console)?;
        // After `--fix`, this has been said already.
        let fixable = summary::fixable(report).filter(|_| !args.fixing.fix);
        if let Some(line) = fixable {
            console.remark(&format!("note: {line}"));
        }
    }
    args.scope.gate.exit_code(report)
}

/// How many entries of the baseline are listed.
const GONE_SHOWN: usize = 5;

fn say_gone(gone: &[Known], console: &mut Console) -> Result<(), CommandError> {
    if gone.is_empty() {
        return Ok(());
    }
    console.out.flush()?;
    for Known { file, rule, message, .. } in gone.iter().take(GONE_SHOWN) {
        let line = format!("note: in the baseline and no longer found: {file}: {rule}: {message}");
        console.remark(&crate::report::escape::line(&line));
    }
    if let Some(more) = gone.len().checked_sub(GONE_SHOWN).filter(|more| *more > 0) {
        console.remark(&format!("note: and {more} more"));
    }
    console.remark("note: `plimsoll baseline --prune` takes them out of the baseline");
    Ok(())
}

/// Writes comments that silence the findings of a report.
fn add_ignores(report: &Report, reason: &str, console: &mut Console) -> Result<(), CommandError> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let silencing = silence::comments(&report.findings, reason, &read)
        .map_err(|error| CommandError::new(error.to_string()))?;
    for (path, text) in &silencing.files {
        output::write_whole(Path::new(path), text.as_bytes())?;
    }
    for refused in &silencing.refused {
        let line = format!("note: no comment was written at {refused}");
        console.remark(&crate::report::escape::line(&line));
    }
    if !silencing.refused.is_empty() {
        console.remark("note: `exemptions` in plimsoll.yaml silence what no comment can");
    }
    let comments = counted(silencing.comments, "comment");
    let files = counted(silencing.files.len(), "file");
    console.remark(&format!("{comments} written to {files}"));
    Ok(())
}

/// Findings by rule, most first.
fn statistics(report: &Report, console: &mut Console) -> Result<(), CommandError> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in &report.findings {
        *counts.entry(&entry.rule).or_default() += 1;
    }
    let mut rows: Vec<(&str, usize)> = counts.into_iter().collect();
    rows.sort_by_key(|&(rule, count)| (std::cmp::Reverse(count), rule));
    console.out.flush()?;
    for (rule, count) in rows {
        console.note(&format!("{count:6}  {rule}"));
    }
    Ok(())
}
