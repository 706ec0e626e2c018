//! The globs in `plimsoll.yaml`.

use globset::Glob;

use crate::config::{Config, Spanned};
use crate::finding::Finding;
use crate::project::check_exclude;

/// Findings on globs that cannot be read, and would match nothing.
pub(super) fn faults(config: &Config) -> Vec<Finding> {
    let said = &config.settings;
    let fault = |glob: &Spanned<String>, why: String| {
        let message = format!("`{}` is no glob: {why}", glob.value);
        config.fault(
            glob,
            message,
            "`*` stands for a part of a name, `**` for any folders".to_owned(),
        )
    };
    let exclude = said.exclude.iter();
    let exclude = exclude.filter_map(|glob| fault(glob, check_exclude(&glob.value).err()?));
    let paths = said.overrides.iter().flat_map(|each| &each.paths);
    let paths = paths.chain(said.exemptions.iter().flat_map(|each| &each.value.paths));
    let paths =
        paths.filter_map(|glob| fault(glob, Glob::new(&glob.value).err()?.kind().to_string()));
    exclude.chain(paths).collect()
}
