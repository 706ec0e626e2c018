//! Which rules run on which path.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Chosen, UnknownName, choose};
use crate::config::{Config, Override, Spanned};
use crate::finding::{Finding, Severity};
use crate::lint::options::Options;
use crate::lint::settings::globs;
use crate::project::Project;
use crate::rule::RuleSet;

/// The rules that run, by path: `overrides` of the configuration change them for some paths.
pub(in crate::lint) struct Choices {
    /// The rules where no override applies.
    pub(in crate::lint) base: Chosen,
    by_path: BTreeMap<String, Arc<Chosen>>,
    /// The overrides that apply to no file, as indexes into those of the configuration.
    idle: Vec<usize>,
}

impl Choices {
    pub(in crate::lint) fn new(
        project: &Project,
        options: &Options,
        config: &Config,
        rules: &RuleSet,
    ) -> Result<Self, UnknownName> {
        let request = &options.request;
        let base = choose(rules, request, &config.settings, &[])?;
        let overrides = &config.settings.overrides;
        let mut by_path = BTreeMap::new();
        let mut made: BTreeMap<Vec<usize>, Arc<Chosen>> = BTreeMap::new();
        let matchers: Vec<_> =
            overrides.iter().map(|each| globs::of_paths(&each.paths, config)).collect();
        for file in &project.files {
            let which: Vec<usize> =
                (0..matchers.len()).filter(|&at| matchers[at].is_match(&file.path)).collect();
            if which.is_empty() {
                continue;
            }
            let chosen = match made.get(&which) {
                Some(chosen) => Arc::clone(chosen),
                None => {
                    let layers: Vec<&Override> = which.iter().map(|&at| &overrides[at]).collect();
                    let chosen = choose(rules, request, &config.settings, &layers)?;
                    let chosen = Arc::new(chosen);
                    made.insert(which, Arc::clone(&chosen));
                    chosen
                }
            };
            by_path.insert(file.path.clone(), chosen);
        }
        let is_idle = |at: &usize| !made.keys().any(|which| which.contains(at));
        let idle = (0..overrides.len()).filter(is_idle).collect();
        Ok(Self { base, by_path, idle })
    }

    /// The ids of all rules that run on some path.
    pub(in crate::lint) fn ids(&self) -> impl Iterator<Item = &str> {
        let everywhere =
            std::iter::once(&self.base).chain(self.by_path.values().map(|chosen| &**chosen));
        everywhere.flat_map(|chosen| &chosen.rules).map(|active| &*active.known.id)
    }

    /// Findings on overrides whose paths are those of no file, as when they are misspelt.
    pub(in crate::lint) fn idle(&self, config: &Config) -> Vec<Finding> {
        let overrides = self.idle.iter().filter_map(|at| config.settings.overrides.get(*at));
        let first = overrides.filter_map(|each| each.paths.first());
        let finding = |glob: &Spanned<String>| {
            let message = "this override applies to no file".to_owned();
            let help = "its paths are relative to the folder of this configuration".to_owned();
            let fault = config.fault(glob, message, help)?;
            Some(Finding { severity: Severity::Warning, ..fault })
        };
        first.filter_map(finding).collect()
    }

    /// The rules for a path.
    pub(in crate::lint) fn at(&self, path: &str) -> &Chosen {
        self.by_path.get(path).map_or(&self.base, |chosen| chosen)
    }
}
