//! What the configuration's `exclude` leaves out.

use std::path::Path;
use std::sync::Arc;

use ignore::overrides::{Override, OverrideBuilder};

use crate::config::Config;
use crate::source::absolute;

/// The patterns of `exclude`. Paths are compared as absolute ones, so that it does not matter from where a run starts.
#[derive(Clone, Default)]
pub(super) struct Exclude(Option<Arc<Override>>);

impl Exclude {
    /// The patterns of a configuration, which are relative to its directory.
    pub(super) fn of(config: &Config) -> Self {
        let Some(directory) = config.directory().filter(|_| !config.settings.exclude.is_empty())
        else {
            return Self::default();
        };
        let mut builder = OverrideBuilder::new(absolute(directory));
        for pattern in &config.settings.exclude {
            // An invalid glob is reported with the configuration, and matches nothing here.
            let _ = builder.add(&written(&pattern.value));
        }
        Self(builder.build().ok().map(Arc::new))
    }

    /// Whether a path is left out, given that the directories around it are not.
    pub(super) fn holds(&self, path: &Path, is_dir: bool) -> bool {
        self.0.as_ref().is_some_and(|own| own.matched(absolute(path), is_dir).is_ignore())
    }

    /// Whether a path, or a directory around it, is left out.
    pub(super) fn holds_around(&self, path: &Path, is_dir: bool) -> bool {
        let Some(own) = &self.0 else { return false };
        let path = absolute(path);
        let mut around = path.ancestors().skip(1);
        own.matched(&path, is_dir).is_ignore()
            || around.any(|directory| own.matched(directory, true).is_ignore())
    }
}

/// Whether a pattern of `exclude` can be read; otherwise what is wrong.
///
/// # Errors
/// When it is no glob.
pub fn check_exclude(pattern: &str) -> Result<(), String> {
    let added = OverrideBuilder::new("").add(&written(pattern)).map(|_| ());
    added.map_err(|error| match error {
        ignore::Error::Glob { err, .. } => err,
        error => error.to_string(),
    })
}

/// A pattern as git's, for which a `./` has no meaning.
fn written(pattern: &str) -> String {
    format!("!{}", pattern.strip_prefix("./").map_or(pattern.to_owned(), |rest| format!("/{rest}")))
}
