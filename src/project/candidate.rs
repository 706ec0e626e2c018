//! A file before it is read.

use std::path::PathBuf;

/// A file that may matter, and is not yet read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Its shown path: relative to the working directory, with `/`.
    pub shown: String,
    /// The path to open it with.
    pub path: PathBuf,
    /// Why it is there.
    pub reason: Reason,
}

/// Why a file is a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It is around what is linted, and only read.
    Around,
    /// It is in a directory that is linted.
    Within,
    /// It was named on the command line, so it is linted whatever its name is.
    Named,
}

impl Reason {
    /// Whether the file is to be linted.
    #[must_use]
    pub fn is_to_lint(self) -> bool {
        matches!(self, Self::Within | Self::Named)
    }
}
