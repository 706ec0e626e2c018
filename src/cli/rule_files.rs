//! Loads the user's own rule files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::CommandError;
use crate::config::Config;
use crate::lint::rule_files;
use crate::rule::{RuleError, RuleSet};
use crate::source::Sources;

/// All rules: those that come with plimsoll and those of the configuration that is named, or of the nearest one; with
/// this configuration.
///
/// # Errors
/// When the configuration cannot be read, or as [`add_own`] says.
pub(crate) fn all(
    told: Option<&Path>,
    sources: &Sources,
) -> Result<(RuleSet, Config), CommandError> {
    let mut set = RuleSet::builtin(sources);
    let config = super::configuration(told, &[], sources)?;
    add_own(&mut set, &config, sources)?;
    Ok((set, config))
}

/// Adds the rules under `rule-paths` in the configuration, and those in the folder `.plimsoll/rules` beside it.
///
/// # Errors
/// When a path does not exist, or a rule file has a fault: a faulty rule must not be left out silently.
pub(crate) fn add_own(
    set: &mut RuleSet,
    config: &Config,
    sources: &Sources,
) -> Result<(), CommandError> {
    add(set, &rule_files::paths(config), sources)?;
    set.finish(&RuleSet::default());
    let faults: Vec<_> = set.errors.iter().map(|error| fault(error, sources)).collect();
    match faults.is_empty() {
        true => Ok(()),
        false => Err(CommandError::new(faults.join("\n"))
            .help("`plimsoll test PATH` says what is wrong with rule files")),
    }
}

/// Adds the rules in files and folders. [`RuleSet::finish`] is left to the caller.
///
/// # Errors
/// When a file or folder cannot be read.
pub(crate) fn add(
    set: &mut RuleSet,
    paths: &[PathBuf],
    sources: &Sources,
) -> Result<(), CommandError> {
    let files = rule_files::files(paths);
    for file in files.map_err(|error| unread(&error))? {
        let text = sources.read(&file).map_err(|error| {
            CommandError::new(format!("cannot read {}: {error}", file.display()))
        })?;
        set.add(sources, &crate::project::shown(&file), &text);
    }
    Ok(())
}

/// The error for a path to rule files that cannot be read.
fn unread(error: &walkdir::Error) -> CommandError {
    let path = error.path().unwrap_or(Path::new("")).display();
    match error.io_error() {
        Some(why) if why.kind() == std::io::ErrorKind::NotFound => {
            CommandError::new(format!("there is no {path}"))
        }
        Some(why) => CommandError::new(format!("cannot read {path}: {why}")),
        None => CommandError::new(error.to_string()),
    }
}

/// The fault in a rule file, with its place, as text.
pub(crate) fn fault(error: &RuleError, sources: &Sources) -> String {
    let file = sources.get(error.span.source);
    let at = file.position(error.span.start);
    let mut text = format!("{}:{}:{}: {}", file.path, at.line, at.column, error.message);
    if let Some(help) = &error.help {
        let _ = write!(text, "\n  help: {help}");
    }
    text
}
