//! What the configuration's `exclude` leaves out.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ignore::overrides::{Override, OverrideBuilder};
use walkdir::WalkDir;

use crate::config::Config;
use crate::source::absolute;

/// The most paths that are looked at to find one for a pattern which has left out nothing.
const LOOKED_AT_MOST: usize = 100_000;

/// The patterns of `exclude`. Paths are compared as absolute ones, so that it does not matter from where a run starts.
#[derive(Clone, Default)]
pub(super) struct Exclude(Option<Arc<Patterns>>);

struct Patterns {
    all: Override,
    /// Each pattern by itself.
    each: Vec<Pattern>,
}

struct Pattern {
    matcher: Override,
    /// Whether it has left out something.
    is_used: AtomicBool,
}

impl Patterns {
    fn leave_out(&self, path: &Path, is_dir: bool) -> bool {
        let is_out = self.all.matched(path, is_dir).is_ignore();
        if is_out {
            let unused = self.each.iter().filter(|one| !one.is_used.load(Ordering::Relaxed));
            unused.for_each(|one| one.try_on(path, is_dir));
        }
        is_out
    }
}

impl Pattern {
    /// A pattern that is relative to a directory; one that is no glob matches nothing.
    fn new(directory: &Path, pattern: &str) -> Self {
        let mut builder = OverrideBuilder::new(directory);
        let _ = builder.add(&written(pattern));
        let matcher = builder.build().unwrap_or_else(|_| Override::empty());
        Self { matcher, is_used: AtomicBool::new(false) }
    }

    fn try_on(&self, path: &Path, is_dir: bool) {
        if self.matcher.matched(path, is_dir).is_ignore() {
            self.is_used.store(true, Ordering::Relaxed);
        }
    }
}

impl Exclude {
    /// The patterns of a configuration, which are relative to its directory.
    pub(super) fn of(config: &Config) -> Self {
        let Some(directory) = config.directory().filter(|_| !config.settings.exclude.is_empty())
        else {
            return Self::default();
        };
        let directory = absolute(directory);
        let mut builder = OverrideBuilder::new(&directory);
        for pattern in &config.settings.exclude {
            // An invalid glob is reported with the configuration, and matches nothing here.
            let _ = builder.add(&written(&pattern.value));
        }
        let patterns = config.settings.exclude.iter();
        let each = patterns.map(|pattern| Pattern::new(&directory, &pattern.value)).collect();
        Self(builder.build().ok().map(|all| Arc::new(Patterns { all, each })))
    }

    /// The patterns that have left out nothing so far, as indexes into those of the configuration.
    pub(super) fn unused(&self) -> Vec<usize> {
        let each = self.0.iter().flat_map(|own| &own.each).enumerate();
        let unused = each.filter(|(_, one)| !one.is_used.load(Ordering::Relaxed));
        unused.map(|(at, _)| at).collect()
    }

    /// Whether a path is left out, given that the directories around it are not.
    pub(super) fn holds(&self, path: &Path, is_dir: bool) -> bool {
        self.0.as_ref().is_some_and(|own| own.leave_out(&absolute(path), is_dir))
    }

    /// Whether a path, or a directory around it, is left out.
    pub(super) fn holds_around(&self, path: &Path, is_dir: bool) -> bool {
        let Some(own) = &self.0 else { return false };
        let path = absolute(path);
        let mut around = path.ancestors().skip(1);
        own.leave_out(&path, is_dir) || around.any(|directory| own.leave_out(directory, true))
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

/// The patterns that match nothing, as indexes into those of the configuration, of the ones that left out nothing: they may
/// be for what `.gitignore` leaves out, or for what is in a directory that another pattern leaves out.
#[must_use]
pub fn matching_nothing(unused: &[usize], config: &Config) -> Vec<usize> {
    let Some(directory) = config.directory().filter(|_| !unused.is_empty()) else {
        return Vec::new();
    };
    let directory = absolute(directory);
    let pattern = |at: &usize| Some((*at, config.settings.exclude.get(*at)?));
    let mut left: Vec<(usize, Pattern)> = unused
        .iter()
        .filter_map(pattern)
        .map(|(at, pattern)| (at, Pattern::new(&directory, &pattern.value)))
        .collect();
    let walk = WalkDir::new(&directory).min_depth(1).into_iter();
    let walk = walk.filter_entry(|entry| entry.file_name() != ".git").filter_map(Result::ok);
    for (count, entry) in walk.enumerate() {
        if left.is_empty() || count >= LOOKED_AT_MOST {
            // Whatever is left may match something further on.
            return Vec::new();
        }
        let is_dir = entry.file_type().is_dir();
        left.retain(|(_, one)| !one.matcher.matched(entry.path(), is_dir).is_ignore());
    }
    left.into_iter().map(|(at, _)| at).collect()
}

/// A pattern as git's, for which a `./` has no meaning.
fn written(pattern: &str) -> String {
    format!("!{}", pattern.strip_prefix("./").map_or(pattern.to_owned(), |rest| format!("/{rest}")))
}
