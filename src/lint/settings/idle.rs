//! What a configuration says of paths where there is nothing.

use std::path::Path;

use crate::config::Config;
use crate::finding::Finding;
use crate::project::{Project, matching_nothing};

/// Findings on patterns of `exclude` that match nothing, and on paths under `charts` that do not exist.
pub(in crate::lint) fn idle(config: &Config, project: &Project) -> Vec<Finding> {
    let said = &config.settings;
    let patterns = matching_nothing(&project.unused_excludes, config).into_iter();
    let patterns = patterns.filter_map(|at| {
        let pattern = said.exclude.get(at)?;
        let message = format!("`{}` leaves out nothing", pattern.value);
        let help = "patterns are relative to the folder of this configuration".to_owned();
        config.idle(pattern, message, help)
    });
    let base = config.directory().unwrap_or(Path::new(""));
    let charts = said.charts.values().filter(|path| !base.join(&path.value).exists());
    let charts = charts.filter_map(|path| {
        let message = format!("no chart `{}` is there", path.value);
        config.idle(path, message, "paths are relative to this file".to_owned())
    });
    patterns.chain(charts).collect()
}
