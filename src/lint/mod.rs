//! The pipeline: a repository to a sorted report. The only parallel code.

pub mod baseline;
pub mod changed;
pub mod directive;
pub mod fingerprint;
pub mod place;
pub mod shard;
pub mod suppress;
