//! Where a repository's own rule files are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::config::{self, Config, Spanned};
use crate::finding::Finding;
use crate::source::{absolute, repository};

/// The folder of rules that need not be named in the configuration, relative to it.
pub(in crate::lint) const USUAL: &str = ".plimsoll/rules";

/// The files and folders that the configuration names under `rule-paths`, and the folder `.plimsoll/rules` beside it
/// if that exists.
#[must_use]
pub fn paths(config: &Config) -> Vec<PathBuf> {
    let base = config.directory().unwrap_or(Path::new(""));
    let named = config.settings.rule_paths.iter().map(|path| base.join(&path.value));
    let usual = config.directory().map(|base| base.join(USUAL)).filter(|usual| usual.is_dir());
    named.chain(usual).collect()
}

/// The configuration where there is no file: the defaults, with the rules in the nearest `.plimsoll/rules`, in `start` or
/// a directory above it in the repository.
#[must_use]
pub fn assumed(start: &Path) -> Config {
    let start = absolute(start);
    // Outside of any repository, what lies above may be anybody's.
    let top = repository(&start).unwrap_or(&start);
    let within = start.ancestors().take_while(|directory| directory.starts_with(top));
    let usual = within.map(|directory| directory.join(USUAL)).find(|usual| usual.is_dir());
    let usual = usual.map(|usual| usual.to_string_lossy().into_owned());
    let rule_paths = usual.into_iter().map(|value| Spanned { value, start: 0, end: 0 }).collect();
    Config { settings: config::Settings { rule_paths, ..Default::default() }, ..Config::default() }
}

/// Findings on files and folders under `rule-paths` and `schemas` that do not exist: the rules and the schemas would be
/// left out silently.
#[must_use]
pub(super) fn faults(config: &Config) -> Vec<Finding> {
    let base = config.directory().unwrap_or(Path::new(""));
    let named = config.settings.rule_paths.iter().chain(&config.settings.schemas);
    let absent = named.filter(|path| !base.join(&path.value).exists());
    let faults = absent.filter_map(|path| {
        let message = format!("no file or folder `{}` is there", path.value);
        config.fault(path, message, "paths are relative to this file".to_owned())
    });
    faults.collect()
}

/// The rule files in some folders, or the files themselves; each once, even if one folder is in another.
///
/// # Errors
/// When something does not exist or cannot be read.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, walkdir::Error> {
    let mut seen = BTreeSet::new();
    let mut files = Vec::new();
    for path in paths {
        let new = below(path)?
            .into_iter()
            .filter(|file| seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())));
        files.extend(new);
    }
    Ok(files)
}

/// The rule files in a folder, sorted; or the file itself.
fn below(path: &Path) -> Result<Vec<PathBuf>, walkdir::Error> {
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
