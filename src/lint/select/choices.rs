//! Which rules run on which path.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::faults::key_before;
use super::{Chosen, Request, UnknownName, choose, ids, named};
use crate::config::{Config, Level, Override, RuleSettings, Spanned};
use crate::finding::Finding;
use crate::lint::options::Options;
use crate::lint::settings::globs;
use crate::project::Project;
use crate::rule::RuleSet;
use crate::source::Sources;

/// The rules that run, by path: `overrides` of the configuration change them for some paths.
pub(in crate::lint) struct Choices {
    /// The rules where no override applies.
    pub(in crate::lint) base: Chosen,
    by_path: BTreeMap<String, Arc<Chosen>>,
    /// The rules for each set of overrides that apply to some file together, as indexes into those of the configuration.
    made: BTreeMap<Vec<usize>, Arc<Chosen>>,
    /// Whether the command line leaves it to the configuration which rules run.
    as_configured: bool,
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
            overrides.iter().map(|each| globs::of_paths(&each.value.paths, config)).collect();
        for file in &project.files {
            let which: Vec<usize> =
                (0..matchers.len()).filter(|&at| matchers[at].is_match(&file.path)).collect();
            if which.is_empty() {
                continue;
            }
            let chosen = match made.get(&which) {
                Some(chosen) => Arc::clone(chosen),
                None => {
                    let layers: Vec<&Override> =
                        which.iter().map(|&at| &overrides[at].value).collect();
                    let chosen = choose(rules, request, &config.settings, &layers)?;
                    let chosen = Arc::new(chosen);
                    made.insert(which, Arc::clone(&chosen));
                    chosen
                }
            };
            by_path.insert(file.path.clone(), chosen);
        }
        Ok(Self { base, by_path, made, as_configured: *request == Request::default() })
    }

    /// The ids of all rules that run on some path.
    pub(in crate::lint) fn ids(&self) -> impl Iterator<Item = &str> {
        let everywhere =
            std::iter::once(&self.base).chain(self.by_path.values().map(|chosen| &**chosen));
        everywhere.flat_map(|chosen| &chosen.rules).map(|active| &*active.known.id)
    }

    /// Findings on what the configuration says of rules without any effect: overrides whose paths are those of no file, as
    /// when they are misspelt, or that change nothing, and settings of rules that do not run there.
    pub(in crate::lint) fn idle(
        &self,
        config: &Config,
        set: &RuleSet,
        sources: &Sources,
    ) -> Vec<Finding> {
        let everywhere = std::iter::once(&self.base).chain(self.made.values().map(|one| &**one));
        let of_rules = |rules, chosen: BTreeSet<&str>| match self.as_configured {
            true => unselected(rules, &chosen, config, set, sources),
            // The same configuration may be for runs with other rules.
            false => Vec::new(),
        };
        let mut findings = of_rules(&config.settings.rules, running(everywhere));
        for (at, each) in config.settings.overrides.iter().enumerate() {
            let there = self.made.iter().filter(|(which, _)| which.contains(&at));
            let mut there = there.map(|(_, chosen)| &**chosen).peekable();
            findings.extend(match there.peek() {
                None => of_no_file(each, config),
                Some(_) if is_empty(&each.value) => changes_nothing(each, config),
                Some(_) => None,
            });
            if there.peek().is_some() {
                findings.extend(of_rules(&each.value.rules, running(there)));
            }
        }
        findings
    }

    /// The rules for a path.
    pub(in crate::lint) fn at(&self, path: &str) -> &Chosen {
        self.by_path.get(path).map_or(&self.base, |chosen| chosen)
    }
}

/// The ids of the rules that run under any of some choices.
fn running<'c>(chosen: impl Iterator<Item = &'c Chosen>) -> BTreeSet<&'c str> {
    chosen.flat_map(|chosen| &chosen.rules).map(|active| &*active.known.id).collect()
}

fn of_no_file(each: &Spanned<Override>, config: &Config) -> Option<Finding> {
    let message = "this override applies to no file".to_owned();
    match each.value.paths.first() {
        Some(glob) => {
            let help = "its paths are relative to the folder of this configuration".to_owned();
            config.idle(glob, message, help)
        }
        None => config.idle(each, message, "`paths` says which files it is for".to_owned()),
    }
}

fn is_empty(each: &Override) -> bool {
    let Override { paths: _, select, ignore, rules } = each;
    select.is_empty() && ignore.is_empty() && rules.is_empty()
}

fn changes_nothing(each: &Spanned<Override>, config: &Config) -> Option<Finding> {
    let help = "`select`, `ignore` and `rules` say what is different for its paths".to_owned();
    config.idle(each, "this override changes nothing".to_owned(), help)
}

/// Findings on settings of rules that do not run. What the pipeline reports has no selection, and a rule that is switched
/// off need not run for that.
fn unselected(
    rules: &BTreeMap<String, Spanned<RuleSettings>>,
    running: &BTreeSet<&str>,
    config: &Config,
    set: &RuleSet,
    sources: &Sources,
) -> Vec<Finding> {
    let is_off = |settings: &RuleSettings| {
        settings.severity.as_ref().is_some_and(|level| level.value == Level::Off)
    };
    let runs = |word: &str| {
        let meant = named(set, word);
        !ids(set, word).is_empty() || meant.iter().any(|known| running.contains(&*known.id))
    };
    let idle = rules.iter().filter(|(word, settings)| !is_off(settings) && !runs(word));
    let finding = |(word, settings): (&String, &Spanned<RuleSettings>)| {
        let key = key_before(word, settings, config, sources);
        let message = format!("this sets up `{word}`, which does not run");
        let help = format!("`select: [{word}]` switches it on");
        config.idle(&key, message, help)
    };
    idle.filter_map(finding).collect()
}
