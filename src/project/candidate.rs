//! A file before it is read.

use std::path::PathBuf;

/// A file that may matter, and is not yet read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Its shown path: relative to the working directory, with `/`.
    pub shown: String,
    /// The path to open it with.
    pub path: PathBuf,
    /// Whether it was named on the command line, so that it is read whatever its name is.
    pub explicit: bool,
    /// Whether it is to be linted. Other files are only read for the releases that they declare.
    pub requested: bool,
}
