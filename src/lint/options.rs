//! What a run is asked to do.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::asked::Asked;
use super::changed::Changed;
use super::gather::{Keep, Kept};
use super::select::Request;
use super::shard::Shard;
use crate::kube::NEWEST_KUBE_VERSION;

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// Files and directories.
    pub paths: Vec<PathBuf>,
    /// A text to lint as if it were a file.
    pub stdin: Option<Stdin>,
    /// Which rules.
    pub request: Request,
    /// Kubernetes version to judge and render by, where a release does not say.
    pub kube_version: String,
    /// True where the command line or the configuration names it.
    pub kube_version_stated: bool,
    /// APIs that all clusters have besides Kubernetes' own.
    pub api_versions: Vec<String>,
    /// Findings are shown although something silences them.
    pub no_ignores: bool,
    /// Only a part of the work.
    pub shard: Option<Shard>,
    /// A release that the command line describes.
    pub release: Asked,
    /// What has changed, where a run looks at a change: rules may compare with what was.
    pub changed: Option<Changed>,
    /// The day by which suppressions expire.
    pub today: Date,
    /// What is kept with the outcome beside the report.
    pub keep: Keep,
    /// What a run before this one has kept, with the texts below those of this one: of that, only what
    /// other texts stand in for is read anew.
    pub kept: Kept,
    /// Bytes of text that are held at once, with their trees, which take four times as much: what is read
    /// beyond is read again when it is judged.
    pub held: usize,
    /// The folder in which results are kept between runs; `None` to work everything out.
    pub cache: Option<PathBuf>,
}

/// A text from standard input, under a name.
#[derive(Debug, Clone)]
pub struct Stdin {
    /// How it is shown, and where it would lie; a file of that name is not read.
    pub name: String,
    /// What came.
    pub text: Arc<str>,
}

impl Options {
    /// The [`Options::held`] of a run that nobody tells otherwise.
    pub const HELD: usize = 32 << 20;

    /// What holds where nothing is asked for but to lint these paths; keeps no results.
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
            release: Asked::default(),
            changed: None,
            today,
            keep: Keep::Nothing,
            kept: Kept::default(),
            held: Self::HELD,
            cache: None,
        }
    }
}

/// Today's date in UTC, the [`Options::today`] of a run that nobody tells another day: a date means the
/// same to a team and its CI, and to know the zone of this machine takes a look at all zones there are.
#[must_use]
pub fn today() -> Date {
    Timestamp::now().to_zoned_datetime(TimeZone::UTC).date()
}
