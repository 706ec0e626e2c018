//! The pipeline: a repository to a sorted report.
//!
//! Files are read and judged in parallel, each release is rendered and judged by itself; what
//! they find is united, suppressed, held against the baseline and sorted. The same input gives
//! the same bytes on any number of threads.

mod alternatives;
mod asked;
pub mod baseline;
mod cache;
pub mod changed;
mod chart;
mod charts;
mod choices;
pub mod cluster;
mod concern;
pub mod directive;
mod elsewhere;
mod exempt;
mod files;
pub mod fingerprint;
mod found;
mod gather;
mod kept;
mod kustomized;
mod layers;
mod longest;
mod looked;
mod mend;
mod merged;
mod names;
mod options;
mod outcome;
mod past;
mod place;
mod plain;
mod release;
pub mod render;
mod rendered;
pub mod rule_files;
mod run;
mod schemas;
pub mod select;
mod session;
mod settings;
mod settle;
pub mod shard;
mod shared;
pub mod silence;
mod subject;
pub mod suppress;
mod syntax;
mod text;
pub mod trace;
mod unit;
mod waive;
mod watch;
mod withdraw;

pub use asked::Asked;
pub use gather::Stdin;
pub use kept::{Keep, Kept};
pub use options::{Options, today};
pub use outcome::{Documents, LintError, Outcome};
pub use run::run;
pub use session::{Session, Snapshot};
pub use settings::Settings;
pub use watch::Watch;
