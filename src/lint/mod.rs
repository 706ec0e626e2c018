//! The pipeline: from a repository to a sorted report.
//!
//! Files are read and judged in parallel, and each release is rendered and judged by itself. Their
//! findings are merged, suppressed and sorted. The same input gives the same bytes on any number of
//! threads.
//!
//! The folders are the stages of a run, in this order:
//!
//! | folder | does |
//! |---|---|
//! | `settings` | reads the configuration and the repository's own rules |
//! | `gather` | reads files, charts and schemas, and asks git what has changed |
//! | `select` | decides which rules run on which path |
//! | `judge` | applies rules to manifests, rendered objects, values and charts |
//! | `place` | leads from a rendered manifest back to the line that a person wrote |
//! | `suppress` | drops what a comment, an annotation or an exemption silences |
//! | `settle` | turns what is left into entries of the report |
//!
//! `run` is the whole run, `context` what is known during it, `unit` a piece of its work, and `cache` keeps the
//! results of units. `session` and `trace` serve an editor.

mod cache;
mod context;
mod coverage;
mod found;
mod gather;
mod judge;
mod mend;
mod options;
mod outcome;
mod piece;
mod place;
mod release;
mod run;
pub mod select;
mod session;
mod settings;
mod settle;
pub mod shard;
mod shared;
mod suppress;
pub mod trace;
mod unit;
mod watch;

pub use gather::{Keep, Kept, changed};
pub use judge::failure;
pub use options::{Options, Stdin, today};
pub use outcome::{Documents, LintError, Outcome};
pub use release::ReleaseRequest;
pub use run::run;
pub use session::{Session, Snapshot};
pub use settings::{Settings, cluster, faults, rule_files};
pub use settle::baseline;
pub use suppress::{directive, silence};
pub use watch::Watch;
