//! Which rules run on which path.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Chosen, UnknownName, choose};
use crate::config::{Config, Override};
use crate::lint::options::Options;
use crate::project::Project;
use crate::rule::RuleSet;

/// The rules that run, by path: `overrides` of the configuration change them for some paths.
pub(in crate::lint) struct Choices {
    /// The rules where no override applies.
    pub(in crate::lint) base: Chosen,
    by_path: BTreeMap<String, Arc<Chosen>>,
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
        let matchers: Vec<globset::GlobSet> =
            overrides.iter().map(|each| matcher(each, config)).collect();
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
        Ok(Self { base, by_path })
    }

    /// The ids of all rules that run on some path.
    pub(in crate::lint) fn ids(&self) -> impl Iterator<Item = &str> {
        let everywhere =
            std::iter::once(&self.base).chain(self.by_path.values().map(|chosen| &**chosen));
        everywhere.flat_map(|chosen| &chosen.rules).map(|active| &*active.known.id)
    }

    /// The rules for a path.
    pub(in crate::lint) fn at(&self, path: &str) -> &Chosen {
        self.by_path.get(path).map_or(&self.base, |chosen| chosen)
    }
}

/// A matcher on shown paths for the paths of an override, which are relative to the configuration.
fn matcher(each: &Override, config: &Config) -> globset::GlobSet {
    let base = config.directory().map(crate::project::shown).unwrap_or_default();
    let mut set = globset::GlobSetBuilder::new();
    for pattern in &each.paths {
        let pattern = crate::project::join(&base, &pattern.value);
        // A folder stands for what is in it.
        for pattern in [pattern.clone(), format!("{}/**", pattern.trim_end_matches('/'))] {
            if let Ok(glob) = globset::Glob::new(&pattern) {
                set.add(glob);
            }
        }
    }
    set.build().unwrap_or_else(|_| globset::GlobSet::empty())
}
