//! Where a repository's own rule files are.

use std::path::{Path, PathBuf};

use crate::config::Config;

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
