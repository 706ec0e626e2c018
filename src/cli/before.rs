//! The findings before a change. A finding that is new was caused by the change, even if it is on no changed line, as
//! after a line was removed elsewhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::CommandError;
use super::check::args::Args;
use super::plan::Plan;
use crate::lint::changed::{Changed, ChangedError};
use crate::report::model::{Entry, Report};
use crate::report::unchecked::{is_absence, is_of_own_rules};
use crate::source;

/// The findings in the tree before a change.
pub(crate) struct Before {
    fingerprints: BTreeSet<String>,
    /// True if something could not be checked before that can be checked now. Then findings on rendered objects are not
    /// compared.
    partial: bool,
}

impl Before {
    /// Lints the tree before the change with the same arguments. `now` is the report of the current tree.
    pub(crate) fn new(args: &Args, changed: &Changed, now: &Report) -> Result<Self, CommandError> {
        let failed = |error: std::io::Error| {
            CommandError::new(format!("cannot look at what was before the change: {error}"))
        };
        let here = std::env::current_dir().and_then(|here| here.canonicalize()).map_err(failed)?;
        let top = changed.top().canonicalize().map_err(failed)?;
        let folder = tempfile::tempdir().map_err(failed)?;
        changed.write_base(folder.path()).map_err(|error| no_change(&error))?;
        // What is around the paths is read as far as the top of the repository.
        std::fs::create_dir(folder.path().join(".git")).map_err(failed)?;
        let there = folder.path().join(here.strip_prefix(&top).unwrap_or(Path::new("")));
        std::fs::create_dir_all(&there).map_err(failed)?;
        let paths = args.paths.iter().map(|path| moved(path, &top, folder.path()));
        // Paths that are new did not exist before.
        let paths: Vec<PathBuf> =
            paths.filter(|path| path.as_os_str() == "-" || there.join(path).exists()).collect();
        if paths.is_empty() {
            return Ok(Self { fingerprints: BTreeSet::new(), partial: false });
        }
        // It shares the cache of the current tree, since most results are the same.
        let cache = args.show.cache.folder();
        source::enter(&there).map_err(failed)?;
        let outcome = Plan::new(args, &paths, cache, None).and_then(|plan| plan.run(args));
        source::enter(&here).map_err(failed)?;
        let report = outcome?.report;
        let charts = report.absent_charts.keys();
        let partial = charts.into_iter().any(|chart| !now.absent_charts.contains_key(chart))
            || !report.unbuilt_charts.is_subset(&now.unbuilt_charts)
            || report.lacking_charts.keys().any(|chart| !now.lacking_charts.contains_key(chart))
            || report.notes.iter().any(|note| {
                !is_absence(note) && !is_of_own_rules(note) && !now.notes.contains(note)
            });
        let fingerprints = report.findings.into_iter().map(|entry| entry.fingerprint).collect();
        Ok(Self { fingerprints, partial })
    }

    /// True for a finding that was not there before the change.
    pub(crate) fn lacks(&self, entry: &Entry) -> bool {
        let comparable = !self.partial || entry.rendered.is_none();
        comparable && !self.fingerprints.contains(&entry.fingerprint)
    }
}

/// A path of the command line in the tree before the change. Relative paths stay the same.
fn moved(path: &Path, top: &Path, folder: &Path) -> PathBuf {
    let inside = path.is_absolute().then(|| path.strip_prefix(top).ok()).flatten();
    inside.map_or_else(|| path.to_owned(), |inside| folder.join(inside))
}

/// The error when git cannot say what has changed, with what to do about it.
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
