//! Rule files of the user's own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::CommandError;
use crate::config::Config;
use crate::rule::{RuleError, RuleSet};
use crate::source::Sources;

/// Adds the rules that the configuration names under `rule-paths`, and those in `.plimsoll/rules`
/// beside it.
///
/// # Errors
/// When a path is not there, or a rule file is wrong: a rule that is not understood must not be
/// left out in silence.
pub(crate) fn add_own(
    set: &mut RuleSet,
    config: &Config,
    sources: &Sources,
) -> Result<(), CommandError> {
    let base = config.directory().unwrap_or(Path::new(""));
    let named = config.settings.rule_paths.iter().map(|path| base.join(&path.value));
    let usual = base.join(".plimsoll/rules");
    let paths: Vec<PathBuf> = named.chain(usual.is_dir().then_some(usual)).collect();
    add(set, &paths, sources)?;
    let faults: Vec<_> = set.errors.iter().map(|error| fault(error, sources)).collect();
    match faults.is_empty() {
        true => Ok(()),
        false => Err(CommandError::new(faults.join("\n"))
            .help("`plimsoll test PATH` says what is wrong with rule files")),
    }
}

/// Adds the rules of files and folders.
///
/// # Errors
/// When a file or folder cannot be read.
pub(crate) fn add(
    set: &mut RuleSet,
    paths: &[PathBuf],
    sources: &Sources,
) -> Result<(), CommandError> {
    for path in paths {
        for file in files(path)? {
            let text = std::fs::read_to_string(&file).map_err(|error| {
                CommandError::new(format!("cannot read {}: {error}", file.display()))
            })?;
            set.add(sources, &file.display().to_string(), &text);
        }
    }
    set.sort();
    Ok(())
}

/// What is wrong with a rule file, with its place.
pub(crate) fn fault(error: &RuleError, sources: &Sources) -> String {
    let file = sources.get(error.span.source);
    let at = file.position(error.span.start);
    let mut text = format!("{}:{}:{}: {}", file.path, at.line, at.column, error.message);
    if let Some(help) = &error.help {
        let _ = write!(text, "\n  help: {help}");
    }
    text
}

fn files(path: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
        let entry = entry.map_err(|error| CommandError::new(error.to_string()))?;
        let yaml = entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        if entry.file_type().is_file() && yaml {
            found.push(entry.into_path());
        }
    }
    Ok(found)
}
