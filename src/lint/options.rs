//! What a run is asked to do.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::changed::Changed;
use super::gather::{Keep, Kept};
use super::release::ReleaseRequest;
use super::select::Request;
use super::shard::Shard;
use crate::kube::NEWEST_KUBE_VERSION;

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// The files and directories to lint.
    pub paths: Vec<PathBuf>,
    /// A text to lint as if it were a file.
    pub stdin: Option<Stdin>,
    /// Which rules run.
    pub request: Request,
    /// The Kubernetes version to judge and render by, where a release states none.
    pub kube_version: String,
    /// True where the command line or the configuration states this version.
    pub kube_version_stated: bool,
    /// APIs that all clusters have in addition to Kubernetes' own.
    pub api_versions: Vec<String>,
    /// Report findings although a comment, an annotation or an exemption silences them.
    pub no_ignores: bool,
    /// The part of the work that this run does; `None` for all of it.
    pub shard: Option<Shard>,
    /// The release that the command line describes.
    pub release: ReleaseRequest,
    /// What has changed since a revision, for rules that compare with the state before.
    pub changed: Option<Changed>,
    /// Suppressions that end before this day have expired.
    pub today: Date,
    /// What to return in addition to the report.
    pub keep: Keep,
    /// The files that an earlier run has kept, whose sources are below those of this run. Of these, only files whose
    /// text is overlaid are read again.
    pub kept: Kept,
    /// How many bytes of text are held in memory, with their trees, which take four times as much. Texts beyond that
    /// are dropped, and read again when they are judged.
    pub held: usize,
    /// The folder in which results are kept between runs; `None` for no cache.
    pub cache: Option<PathBuf>,
}

/// A text from standard input, under a name.
#[derive(Debug, Clone)]
pub struct Stdin {
    /// The path that it is shown with and treated as. If there is such a file, it is not read.
    pub name: String,
    /// What was read.
    pub text: Arc<str>,
}

impl Options {
    /// The default of [`Options::held`].
    pub const HELD: usize = 32 << 20;

    /// The defaults for linting these paths, without a cache.
    #[must_use]
    pub fn of(paths: Vec<PathBuf>, today: Date) -> Self {
        Self {
            paths,
            stdin: None,
            request: Request::default(),
            kube_version: NEWEST_KUBE_VERSION.to_owned(),
            kube_version_stated: false,
            api_versions: Vec::new(),
            no_ignores: false,
            shard: None,
            release: ReleaseRequest::default(),
            changed: None,
            today,
            keep: Keep::Nothing,
            kept: Kept::default(),
            held: Self::HELD,
            cache: None,
        }
    }
}

/// Today's date in UTC, the usual [`Options::today`]. In UTC, a date means the same to a team and its CI, and finding
/// out the time zone of the machine would cost loading all time zones.
#[must_use]
pub fn today() -> Date {
    Timestamp::now().to_zoned_datetime(TimeZone::UTC).date()
}
