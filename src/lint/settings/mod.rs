//! The configuration of a repository, and its own rules.

pub mod cluster;
pub(in crate::lint) mod globs;
mod idle;
pub mod rule_files;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{self, Config};
use crate::finding::{Finding, Origin, Place, Severity};
use crate::lint::select;
use crate::lint::suppress::exempt;
use crate::project;
use crate::rule::RuleSet;
use crate::source::{SourceId, Sources, Span};

pub(in crate::lint) use idle::idle;

/// The configuration for a directory, all rules including the repository's own, and the faults in either. Whatever is
/// not at fault holds.
#[derive(Debug, Default)]
pub struct Settings {
    /// The configuration, or the defaults.
    pub config: Config,
    /// All rules.
    pub rules: Arc<RuleSet>,
    /// The faults, as findings.
    pub faults: Vec<Finding>,
}

impl Settings {
    /// Reads the configuration in `root` or in a directory above it, and the rules that it names.
    #[must_use]
    pub fn read(root: &Path, sources: &Sources) -> Self {
        let mut settings = Self::default();
        if let Some(path) = config::find(root, sources) {
            match config::load(&path, &project::shown(&path), sources) {
                Ok(config) => settings.config = config,
                Err(error) => {
                    let source = sources.add(project::shown(&path), "");
                    let why = format!("{error}: {}", error.error);
                    settings.faults.push(Self::fault(source, 0..0, why, None));
                }
            }
        } else {
            settings.config = rule_files::assumed(root);
        }
        let mut rules = RuleSet::builtin(sources);
        for file in rule_files::files(&rule_files::paths(&settings.config)).unwrap_or_default() {
            if let Ok(text) = sources.read(&file) {
                rules.add(sources, &project::shown(&file), &text);
            }
        }
        rules.finish(&RuleSet::default());
        let faults = faults(&settings.config).into_iter();
        let faults = faults.chain(select::faults(&settings.config, &rules, sources));
        settings.faults.extend(settings.config.findings.iter().cloned().chain(faults));
        settings.faults.extend(rules.errors.iter().map(|error| {
            let (source, range) = (error.span.source, error.span.range());
            Self::fault(source, range, error.message.clone(), error.help.clone())
        }));
        settings.rules = Arc::new(rules);
        settings
    }

    /// The same settings without those on which rules run.
    #[must_use]
    pub(super) fn without_selection(&self) -> Self {
        let mut config = self.config.clone();
        let settings = &mut config.settings;
        settings.preset = None;
        settings.select.clear();
        settings.ignore.clear();
        settings.rules.clear();
        settings.overrides.clear();
        Self { config, rules: Arc::clone(&self.rules), faults: Vec::new() }
    }

    /// True for a file that these settings are read from, or would be if it existed.
    #[must_use]
    pub fn holds(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let within = |folder: &PathBuf| {
            std::path::absolute(folder).is_ok_and(|folder| path.starts_with(folder))
        };
        config::FILE_NAMES.contains(&name) || rule_files::paths(&self.config).iter().any(within)
    }

    /// A fault of the settings.
    pub(super) fn fault(
        source: SourceId,
        range: Range<usize>,
        message: String,
        help: Option<String>,
    ) -> Finding {
        let span = Span::new(source, range.start, range.end);
        let place = Place { span, origin: Origin::Release };
        let rule = (config::RULE, project::GROUP);
        let help = help.map(Arc::from);
        Finding { help, ..Finding::new(rule, Severity::Error, message, place) }
    }
}

/// Findings on what a configuration says: facts, globs and exemptions that cannot be read, and rule files that do not
/// exist.
#[must_use]
pub fn faults(config: &Config) -> Vec<Finding> {
    let mut faults = cluster::faults(config);
    faults.extend(rule_files::faults(config));
    faults.extend(globs::faults(config));
    faults.extend(exempt::faults(config));
    faults
}
