//! Where a repository's own rule files are.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::finding::Finding;

/// The folder of rules that need not be named in the configuration, relative to it.
pub(in crate::lint) const USUAL: &str = ".plimsoll/rules";

/// The files and folders that the configuration names under `rule-paths`, and the folder `.plimsoll/rules` beside it
/// if that exists.
#[must_use]
pub fn paths(config: &Config) -> Vec<PathBuf> {
    let base = config.directory().unwrap_or(Path::new(""));
    let named = config.settings.rule_paths.iter().map(|path| base.join(&path.value));
    let usual = base.join(USUAL);
    named.chain(usual.is_dir().then_some(usual)).collect()
}

/// Findings on files and folders under `rule-paths` that do not exist: their rules would be left out silently.
#[must_use]
pub(super) fn faults(config: &Config) -> Vec<Finding> {
    let base = config.directory().unwrap_or(Path::new(""));
    let absent = config.settings.rule_paths.iter().filter(|path| !base.join(&path.value).exists());
    let faults = absent.filter_map(|path| {
        let message = format!("no file or folder `{}` is there", path.value);
        config.fault(path, message, "paths are relative to this file".to_owned())
    });
    faults.collect()
}

/// The rule files in a folder, sorted; or the file itself.
///
/// # Errors
/// When something does not exist or cannot be read.
pub fn below(path: &Path) -> Result<Vec<PathBuf>, walkdir::Error> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
        let entry = entry?;
        let extension = entry.path().extension();
        let is_yaml = extension.is_some_and(|extension| extension == "yaml" || extension == "yml");
        if entry.file_type().is_file() && is_yaml {
            found.push(entry.into_path());
        }
    }
    Ok(found)
}
