//! The globs in `plimsoll.yaml`.

use std::path::Path;

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::config::{Config, Spanned};
use crate::finding::Finding;
use crate::project::check_exclude;
use crate::source;

/// Findings on globs that cannot be read, and would match nothing.
pub(super) fn faults(config: &Config) -> Vec<Finding> {
    let said = &config.settings;
    let fault = |glob: &Spanned<String>, why: String| {
        let message = format!("`{}` is not a glob: {why}", glob.value);
        config.fault(
            glob,
            message,
            "`*` stands for a part of a name, `**` for any folders".to_owned(),
        )
    };
    let exclude = said.exclude.iter();
    let exclude = exclude.filter_map(|glob| fault(glob, check_exclude(&glob.value).err()?));
    let paths = said.overrides.iter().flat_map(|each| &each.value.paths);
    let paths = paths.chain(said.exemptions.iter().flat_map(|each| &each.value.paths));
    let paths =
        paths.filter_map(|glob| fault(glob, Glob::new(&glob.value).err()?.kind().to_string()));
    exclude.chain(paths).collect()
}

/// Globs of a configuration for paths. Paths are compared as absolute ones, so that it does not matter from where a run
/// starts.
pub(in crate::lint) struct PathGlobs(GlobSet);

impl PathGlobs {
    /// Whether a shown path matches.
    pub(in crate::lint) fn is_match(&self, path: &str) -> bool {
        !self.0.is_empty() && self.0.is_match(source::absolute(Path::new(path)))
    }
}

/// A matcher for globs, which are relative to the configuration. A folder stands for what is in it.
pub(in crate::lint) fn of_paths(globs: &[Spanned<String>], config: &Config) -> PathGlobs {
    let base = source::absolute(config.directory().unwrap_or(Path::new("")));
    let base = globset::escape(&base.to_string_lossy());
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let own = source::absolute(&Path::new(&base).join(&glob.value));
        let own = own.to_string_lossy();
        let below = format!("{}/**", own.trim_end_matches('/'));
        // What cannot be read is reported with the configuration.
        for glob in [&*own, &below].into_iter().filter_map(|glob| Glob::new(glob).ok()) {
            set.add(glob);
        }
    }
    PathGlobs(set.build().unwrap_or_else(|_| GlobSet::empty()))
}
