//! `plimsoll.yaml`: settings that carry spans.
//!
//! What is wrong in the file is a finding (`config-invalid`) at its line, and the rest of the file
//! holds; only a file that cannot be read is an error.

mod read;
mod settings;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use read::Spanned;
pub use settings::{
    ChartSettings, Cluster, Exemption, Level, Override, ReleaseSettings, RuleSettings, Settings,
    ValuesEntry,
};

use crate::finding::{Finding, Origin, Place, Severity};
use crate::source::{SourceId, Sources, Span};
use crate::yaml::{self, Stream};

/// The names under which a configuration is found, the first wins.
pub const FILE_NAMES: [&str; 4] =
    ["plimsoll.yaml", ".plimsoll.yaml", "plimsoll.yml", ".plimsoll.yml"];

/// The rule under which faults of the configuration are reported.
pub const RULE: &str = "config-invalid";

/// A configuration as it was found, or the defaults.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// What it says.
    pub settings: Settings,
    /// The file; `None` for the defaults.
    pub file: Option<ConfigFile>,
    /// What is wrong with it, by place.
    pub findings: Vec<Finding>,
}

/// Where a configuration was read from.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    /// Its path, as it can be opened.
    pub path: PathBuf,
    /// Its text.
    pub source: SourceId,
    /// Its tree, for what is kept as written: inline values.
    pub stream: Arc<Stream>,
}

impl Config {
    /// Where a setting stands.
    #[must_use]
    pub fn span<T>(&self, value: &Spanned<T>) -> Option<Span> {
        let file = self.file.as_ref()?;
        Some(Span { source: file.source, start: value.start, end: value.end })
    }

    /// A finding about one setting.
    #[must_use]
    pub fn fault<T>(&self, value: &Spanned<T>, message: String, help: String) -> Option<Finding> {
        Some(finding(self.span(value)?, message, Some(help)))
    }

    /// A finding about one setting that has no effect.
    #[must_use]
    pub fn idle<T>(&self, value: &Spanned<T>, message: String, help: String) -> Option<Finding> {
        let fault = self.fault(value, message, help)?;
        Some(Finding { severity: Severity::Warning, ..fault })
    }

    /// The directory that paths in the configuration are relative to: its own.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        self.file.as_ref().and_then(|file| file.path.parent())
    }
}

/// The texts of a setting.
#[must_use]
pub fn texts(list: &[Spanned<String>]) -> Vec<String> {
    list.iter().map(|text| text.value.clone()).collect()
}

/// A configuration that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the configuration {}", path.display())]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub error: std::io::Error,
}

/// Finds the configuration that holds for `start`: in its directory, or in one above it. One that
/// is not saved yet counts.
#[must_use]
pub fn find(start: &Path, sources: &Sources) -> Option<PathBuf> {
    let absolute = std::path::absolute(start).ok()?;
    let is_there = |path: &PathBuf| sources.overlay().text(path).is_some() || path.is_file();
    absolute.ancestors().find_map(|directory| {
        let paths = FILE_NAMES.iter().map(|name| directory.join(name));
        let mut there = paths.filter(is_there);
        there.find(|path| !sources.read(path).is_ok_and(|text| is_component(&text)))
    })
}

/// True for a file that is no configuration whatever its name is: GitLab's CI/CD components lie in
/// `templates/` under their own name, plimsoll's in `templates/plimsoll.yml`, and begin with `spec`.
#[must_use]
pub fn is_component(text: &str) -> bool {
    text.lines().any(|line| line.trim_end() == "spec:")
}

/// Reads a configuration.
///
/// # Errors
/// When the file cannot be opened or is not UTF-8.
pub fn load(path: &Path, shown: &str, sources: &Sources) -> Result<Config, ConfigError> {
    // It may be a pipe, where the command line names it.
    let text = match sources.overlay().text(path) {
        Some(text) => Ok(Arc::clone(text)),
        None => std::fs::read_to_string(path).map(Arc::from),
    };
    let text = text.map_err(|error| ConfigError { path: path.to_owned(), error })?;
    Ok(parse(path, shown, &text, sources))
}

/// Reads a configuration from its text.
#[must_use]
pub fn parse(path: &Path, shown: &str, text: &str, sources: &Sources) -> Config {
    let text: Arc<str> = text.into();
    let source = sources.add(shown, Arc::clone(&text));
    let stream = Arc::new(yaml::parse(source, &text));
    let mut findings: Vec<Finding> = stream
        .errors
        .iter()
        .map(|error| finding(error.span, error.message.clone(), error.help.map(ToOwned::to_owned)))
        .collect();
    let mut further = stream.documents.iter().skip(1).filter_map(|document| document.root());
    findings.extend(further.find(|root| !root.is_null()).map(|root| {
        let message = "the configuration is one document; this further one is not read".to_owned();
        finding(root.span(), message, Some("put its settings into the first".to_owned()))
    }));
    let root = stream.documents.first().and_then(|document| document.root());
    let mut settings = Settings::default();
    if let Some(root) = root.filter(|root| !root.is_null()) {
        let (read, problems) = read::read::<Settings>(root);
        settings = read;
        findings.extend(problems.into_iter().map(|problem| {
            finding(problem.span.unwrap_or(root.span()), problem.message, problem.help)
        }));
    }
    let file = Some(ConfigFile { path: path.to_owned(), source, stream });
    Config { settings, file, findings }
}

fn finding(span: Span, message: String, help: Option<String>) -> Finding {
    Finding {
        help: help.map(Arc::from),
        ..Finding::new(
            (RULE, "plimsoll"),
            Severity::Error,
            message,
            Place { span, origin: Origin::Release },
        )
    }
}

/// The JSON Schema of the configuration, for editors.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Settings).to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), "plimsoll.yaml".into());
    }
    schema
}

#[cfg(test)]
mod tests;
