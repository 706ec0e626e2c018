//! A run, with those of its findings that are reported.

use std::path::Path;

use super::args::Args;
use crate::cli::CommandError;
use crate::cli::before::{Before, no_change};
use crate::cli::plan::Plan;
use crate::lint::Outcome;
use crate::lint::baseline::{Baseline, BaselineError, Known};
use crate::lint::changed::Changed;

/// The result of a run after the baseline and `--changed-since` are applied.
pub(in crate::cli) struct Judged {
    pub(in crate::cli) outcome: Outcome,
    /// What is linted, and how.
    pub(in crate::cli) plan: Plan,
    /// The findings in the baseline that are no longer found.
    pub(super) gone: Vec<Known>,
}

impl Judged {
    pub(super) fn new(args: &Args) -> Result<Self, CommandError> {
        // Faults of the revision or the baseline are reported before any work is done.
        let changed = match &args.scope.changed_since {
            Some(revision) => {
                Some(Changed::since(Path::new("."), revision).map_err(|error| no_change(&error))?)
            }
            None => None,
        };
        let baseline = match &args.scope.baseline {
            Some(path) => Some(Baseline::read(path).map_err(|error| no_baseline(&error))?),
            None => None,
        };
        let cache = args.show.cache.folder();
        let mut plan = Plan::new(args, &args.paths, cache, changed.as_ref())?;
        let mut outcome = plan.run(args)?;
        plan.options.kept = std::mem::take(&mut outcome.kept);
        let report = &mut outcome.report;
        let mut gone = Vec::new();
        if let Some(baseline) = &baseline {
            // A single shard does not know what the others find.
            if args.scope.shard.is_none() {
                gone = baseline.gone(&report.findings, &outcome.coverage);
            }
            let (new, known) = baseline.filter(std::mem::take(&mut report.findings));
            report.findings = new;
            report.summary.baselined = known;
        }
        if let Some(changed) = changed.as_ref().filter(|changed| !changed.is_empty()) {
            let (mut touched, elsewhere): (Vec<_>, Vec<_>) = std::mem::take(&mut report.findings)
                .into_iter()
                .partition(|entry| changed.touches(entry));
            if !elsewhere.is_empty() {
                let before = Before::new(args, changed, report)?;
                touched.extend(elsewhere.into_iter().filter(|entry| before.lacks(entry)));
            }
            report.findings = touched;
        } else if changed.is_some() {
            report.findings.clear();
        }
        report.finish();
        Ok(Self { outcome, plan, gone })
    }
}

fn no_baseline(error: &BaselineError) -> CommandError {
    CommandError::new(error.to_string()).help("write it anew with `plimsoll baseline`")
}
