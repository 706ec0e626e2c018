//! The result of a run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::baseline::Coverage;
use super::gather::Kept;
use super::select::UnknownName;
use crate::project::Project;
use crate::report::{Report, Texts};

/// The result of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The findings: merged, suppressed, sorted and counted.
    pub report: Report,
    /// The texts that findings point into.
    pub texts: Texts,
    /// What was read and which releases were found, one line each, for `--verbose`.
    pub details: Vec<String>,
    /// Which files and rules were checked.
    pub coverage: Coverage,
    /// What each release renders, with [`Keep::Rendered`](super::Keep::Rendered).
    pub rendered: BTreeMap<String, Documents>,
    /// The files that were read, with [`Keep::Read`](super::Keep::Read).
    pub kept: Kept,
    /// The repository as this run read it. It is returned so that a process that ends after the run need not free it:
    /// freeing all trees takes a few hundredths of the time of a run.
    pub project: Option<Project>,
}

/// The template and the text of each document that a release renders.
pub type Documents = Vec<(String, String)>;

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum LintError {
    /// A rule or preset that does not exist.
    #[error(transparent)]
    Name(#[from] UnknownName),
    /// A path that does not exist.
    #[error("there is no {}", .0.display())]
    Path(PathBuf),
    /// The caller does not wait for the result any more ([`Watch::is_over`](super::Watch::is_over)).
    #[error("nobody waits for this run")]
    Abandoned,
}
