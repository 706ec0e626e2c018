//! The pipeline: a repository to a sorted report. The only parallel code.

pub mod directive;
