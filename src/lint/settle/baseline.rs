//! Baselines: the findings that a repository had at some time, and that are not reported any more.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::report::model::Entry;
use crate::source::{folder_of, repository};

/// The version of the file's format.
const VERSION: u32 = 1;

/// Known findings, which are recognised by their fingerprints. The other fields are for people who read the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    version: u32,
    tool: String,
    /// The directory that it was written in, relative to the top of the repository; `None` outside of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    directory: Option<String>,
    /// Sorted by file, rule and fingerprint.
    pub findings: Vec<Known>,
}

/// A known finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The file that it was in.
    pub file: String,
    /// The rule.
    pub rule: String,
    /// Its fingerprint, by which it is recognised.
    pub fingerprint: String,
    /// Its message.
    pub message: String,
}

/// Why a baseline cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It cannot be read.
    #[error("cannot read the baseline {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// It is not JSON of this shape.
    #[error("the baseline {path} is damaged: {source}")]
    Damaged {
        /// The file.
        path: String,
        /// Where, in the parser's words.
        source: serde_json::Error,
    },
    /// Another version of plimsoll wrote it, in another format.
    #[error(
        "the baseline {path} has version {version} of its format; this plimsoll reads {VERSION}"
    )]
    Version {
        /// The file.
        path: String,
        /// What it says.
        version: u64,
    },
    /// It was written in another directory, to which its paths are relative: no finding would be recognised.
    #[error(
        "the paths in the baseline {path} are relative to another directory: run plimsoll there"
    )]
    Elsewhere {
        /// The file.
        path: String,
    },
}

/// The working directory, relative to the top of the repository; `None` outside of any.
fn here() -> Option<String> {
    let here = std::env::current_dir().ok()?.canonicalize().ok()?;
    let below = here.strip_prefix(repository(&here)?).ok()?;
    let names = below.iter().map(|name| name.to_string_lossy());
    Some(names.collect::<Vec<_>>().join("/"))
}

impl Baseline {
    /// The baseline with all findings of a run.
    #[must_use]
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut findings: Vec<Known> = entries
            .into_iter()
            .map(|entry| Known {
                file: entry.location.file.clone(),
                rule: entry.rule.clone(),
                fingerprint: entry.fingerprint.clone(),
                message: entry.message.clone(),
            })
            .collect();
        findings.sort();
        let tool = format!("plimsoll {}", env!("CARGO_PKG_VERSION"));
        Self { version: VERSION, tool, directory: here(), findings }
    }

    /// Reads a baseline file.
    ///
    /// # Errors
    /// When it cannot be read, is no baseline, or has another version.
    pub fn read(path: &Path) -> Result<Self, BaselineError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|source| BaselineError::Read { path: name.clone(), source })?;
        let damaged = |source| BaselineError::Damaged { path: name.clone(), source };
        let value: serde_json::Value = serde_json::from_str(&text).map_err(damaged)?;
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(version) if version != u64::from(VERSION) => {
                return Err(BaselineError::Version { path: name, version });
            }
            _ => {}
        }
        let known: Self = serde_json::from_value(value).map_err(damaged)?;
        match known.is_of_another_directory(folder_of(path)) {
            true => Err(BaselineError::Elsewhere { path: name }),
            false => Ok(known),
        }
    }

    /// Whether it was written in another directory than the working directory. If it does not say where that was, or that
    /// is unknown here, this is so if more of its files are in `folder`, where the baseline lies, than here. If there are
    /// equally many, a baseline in a folder above was written there: files of the same name must not hide each other's
    /// findings.
    fn is_of_another_directory(&self, folder: &Path) -> bool {
        if let Some((own, here)) = self.directory.as_ref().zip(here()) {
            return *own != here;
        }
        let files: BTreeSet<&str> = self.findings.iter().map(|known| known.file.as_str()).collect();
        let within = |folder: &Path| files.iter().filter(|file| folder.join(file).exists()).count();
        let (there, here) = (within(folder), within(Path::new("")));
        let is_above = || {
            let folder = folder.canonicalize().ok();
            let here = std::env::current_dir().ok().and_then(|here| here.canonicalize().ok());
            folder
                .zip(here)
                .is_some_and(|(folder, here)| here != folder && here.starts_with(folder))
        };
        there > here || there > 0 && there == here && is_above()
    }

    /// The file's text.
    ///
    /// # Panics
    /// Never: strings and numbers always serialise.
    #[must_use]
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self);
        text.expect("invariant: strings and numbers always serialise") + "\n"
    }

    /// Splits findings: returns the new ones, and how many are known.
    #[must_use]
    pub fn filter(&self, entries: Vec<Entry>) -> (Vec<Entry>, usize) {
        let known: BTreeSet<&str> =
            self.findings.iter().map(|known| known.fingerprint.as_str()).collect();
        let before = entries.len();
        let new: Vec<Entry> = entries
            .into_iter()
            .filter(|entry| !known.contains(entry.fingerprint.as_str()))
            .collect();
        let count = before - new.len();
        (new, count)
    }

    /// The known findings that a run would have reported, but did not.
    #[must_use]
    pub fn gone(&self, entries: &[Entry], coverage: &Coverage) -> Vec<Known> {
        let there: BTreeSet<&str> =
            entries.iter().map(|entry| entry.fingerprint.as_str()).collect();
        let gone = |known: &&Known| {
            !there.contains(known.fingerprint.as_str())
                && coverage.includes(&known.file, &known.rule)
        };
        self.findings.iter().filter(gone).cloned().collect()
    }
}

/// What a run has checked.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// The files that it was asked to lint.
    pub files: BTreeSet<String>,
    /// The rules that ran, if the command line chose them; `None` for all rules that the configuration chooses.
    pub rules: Option<BTreeSet<String>>,
}

impl Coverage {
    /// True if the run would have reported a finding of this rule in this file. A file that was deleted has no findings.
    fn includes(&self, file: &str, rule: &str) -> bool {
        let ran = self.rules.as_ref().is_none_or(|rules| rules.contains(rule));
        ran && (self.files.contains(file) || !Path::new(file).exists())
    }
}
