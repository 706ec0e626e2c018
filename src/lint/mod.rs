//! The pipeline: a repository to a sorted report.
//!
//! Files are read and judged in parallel, each release is rendered and judged by itself; what
//! they find is united, suppressed, held against the baseline and sorted. The same input gives
//! the same bytes on any number of threads.
//!
//! A run goes through the folders in this order:
//!
//! | folder | does |
//! |---|---|
//! | `settings` | reads what the repository says of linting |
//! | `gather` | reads files, charts, schemas and what has changed |
//! | `select` | decides which rules run on which path |
//! | `judge` | applies rules to what a unit of work is made of |
//! | `place` | leads from a rendered manifest back to the line that a person wrote |
//! | `suppress` | leaves out what a comment, an annotation or an exemption waives |
//! | `settle` | turns what is left into entries of the report, and holds them against the baseline |
//!
//! Beside them, `run` leads through all of it, `unit` says what the pieces of work are, and `cache` keeps what they
//! give. `session` and `trace` are what an editor asks.

mod asked;
mod cache;
mod context;
mod found;
mod gather;
mod judge;
mod looked;
mod mend;
mod options;
mod outcome;
mod piece;
mod place;
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

pub use asked::Asked;
pub use gather::{Keep, Kept, changed};
pub use judge::render;
pub use options::{Options, Stdin, today};
pub use outcome::{Documents, LintError, Outcome};
pub use run::run;
pub use session::{Session, Snapshot};
pub use settings::{Settings, cluster, rule_files};
pub use settle::baseline;
pub use suppress::{directive, silence};
pub use watch::Watch;
