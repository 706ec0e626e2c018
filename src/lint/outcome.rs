//! What comes of a run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::baseline::Looked;
use super::gather::Kept;
use super::select::UnknownName;
use crate::project::Project;
use crate::report::{Report, Texts};

/// What a run gives.
#[derive(Debug)]
pub struct Outcome {
    /// United, suppressed, sorted and counted.
    pub report: Report,
    /// The texts that findings point into.
    pub texts: Texts,
    /// What was read and found to be deployed, a line each, for who wants to know.
    pub details: Vec<String>,
    /// What was linted.
    pub looked: Looked,
    /// What each release renders, where that was asked for.
    pub rendered: BTreeMap<String, Documents>,
    /// The files that were read, where that was asked for.
    pub kept: Kept,
    /// The repository as this run read it. Who ends with the run leaves it to the system: to free it tree by
    /// tree takes a few hundredths of the time that it took to read.
    pub project: Option<Project>,
}

/// The template and the text of each document that a release renders.
pub type Documents = Vec<(String, String)>;

/// Why a run cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum LintError {
    /// A rule or preset that does not exist.
    #[error(transparent)]
    Name(#[from] UnknownName),
    /// A path that does not exist.
    #[error("there is no {}", .0.display())]
    Path(PathBuf),
    /// Whoever asked for it does not wait for it any more.
    #[error("nobody waits for this run")]
    Abandoned,
}
