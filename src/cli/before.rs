//! What was found before a change: whatever is found now and was not is the change's doing, also
//! where no changed line is near, as when a line was taken away.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::CommandError;
use super::check::args::Args;
use super::plan::Plan;
use crate::lint::changed::{Changed, ChangedError};
use crate::report::model::{Entry, Report};
use crate::report::unchecked::is_absence;

/// The findings at the commit where a change started.
pub(crate) struct Before {
    fingerprints: BTreeSet<String>,
    /// True when something could not be looked at then that can be now; what charts make is not
    /// to be compared.
    partial: bool,
}

impl Before {
    /// Lints the tree from which the change started, as this command line says; `now` is what was
    /// found in the tree as it is.
    pub(crate) fn new(args: &Args, changed: &Changed, now: &Report) -> Result<Self, CommandError> {
        let failed = |error: std::io::Error| {
            CommandError::new(format!("cannot look at what was before the change: {error}"))
        };
        let here = std::env::current_dir().and_then(|here| here.canonicalize()).map_err(failed)?;
        let top = changed.top().canonicalize().map_err(failed)?;
        let folder = tempfile::tempdir().map_err(failed)?;
        changed.write_base(folder.path()).map_err(|error| no_change(&error))?;
        let there = folder.path().join(here.strip_prefix(&top).unwrap_or(Path::new("")));
        std::fs::create_dir_all(&there).map_err(failed)?;
        let paths = args.paths.iter().map(|path| moved(path, &top, folder.path()));
        // What is new has no past.
        let paths: Vec<PathBuf> =
            paths.filter(|path| path.as_os_str() == "-" || there.join(path).exists()).collect();
        if paths.is_empty() {
            return Ok(Self { fingerprints: BTreeSet::new(), partial: false });
        }
        // Results are kept with those of the tree as it is: most are the same.
        let cache = args.show.cache.folder();
        std::env::set_current_dir(&there).map_err(failed)?;
        let outcome = Plan::new(args, &paths, cache, None).and_then(|plan| plan.run(args));
        std::env::set_current_dir(&here).map_err(failed)?;
        let report = outcome?.report;
        let charts = report.absent_charts.keys();
        let partial = charts.into_iter().any(|chart| !now.absent_charts.contains_key(chart))
            || !report.unbuilt_charts.is_subset(&now.unbuilt_charts)
            || report.lacking_charts.keys().any(|chart| !now.lacking_charts.contains_key(chart))
            || report.notes.iter().any(|note| !is_absence(note) && !now.notes.contains(note));
        let fingerprints = report.findings.into_iter().map(|entry| entry.fingerprint).collect();
        Ok(Self { fingerprints, partial })
    }

    /// True for a finding that was not there before.
    pub(crate) fn lacks(&self, entry: &Entry) -> bool {
        let comparable = !self.partial || entry.rendered.is_none();
        comparable && !self.fingerprints.contains(&entry.fingerprint)
    }
}

/// A path of the command line in the other tree: relative ones are the same there.
fn moved(path: &Path, top: &Path, folder: &Path) -> PathBuf {
    let inside = path.is_absolute().then(|| path.strip_prefix(top).ok()).flatten();
    inside.map_or_else(|| path.to_owned(), |inside| folder.join(inside))
}

/// Says why nobody knows what a change is, and how to have it known.
pub(super) fn no_change(error: &ChangedError) -> CommandError {
    let failure = CommandError::new(error.to_string());
    match error {
        ChangedError::Missing(_) => failure.help("--changed-since asks git what has changed"),
        ChangedError::NoRevision(_) | ChangedError::NoCommonAncestor(_) => failure.help(
            "a shallow clone does not hold it: fetch more history (`git fetch --unshallow`, `GIT_DEPTH: 0`, `fetch-depth: 0`)",
        ),
        ChangedError::NoRepository(_) | ChangedError::Failed { .. } => failure,
    }
}
