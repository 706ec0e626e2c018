//! The rules of a run, and how they are found.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::file::{self, Rule, RuleError, read};
use crate::source::{SourceId, Sources};
use crate::spelling;

/// The rules that come with plimsoll: path and text of each file, sorted by path.
const BUILTIN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// All rules of a run, sorted by id.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// The rules.
    pub rules: Vec<Known>,
    /// What is wrong with rule files that could not be read.
    pub errors: Vec<RuleError>,
}

/// A rule by what it is found by. The rest of its file is read when [`Known::rule`] is first called:
/// a run uses a third of the rules that there are, and reading all of them takes longer than linting
/// a small repository.
#[derive(Debug)]
pub struct Known {
    /// Kebab-case.
    pub id: Arc<str>,
    /// The folder it lies in, `scheduling`.
    pub group: Arc<str>,
    /// The presets it is part of, beside `all`.
    pub presets: Vec<String>,
    /// Further policies that it includes.
    pub covers: Vec<String>,
    /// Ids of the same policy in other linters, by linter.
    pub peers: BTreeMap<String, Vec<String>>,
    pub(super) source: SourceId,
    pub(super) text: Arc<str>,
    rule: OnceLock<Arc<Rule>>,
}

impl RuleSet {
    /// Every rule that comes with plimsoll. Their files are held to be sound by the tests, and read
    /// when they are needed.
    #[must_use]
    pub fn builtin(sources: &Sources) -> Self {
        let rules = BUILTIN.iter().map(|(path, text)| Known::shipped(path, text, sources));
        let mut set = Self { rules: rules.collect(), errors: Vec::new() };
        set.sort();
        set
    }

    /// Adds one rule file. A rule whose id is there already replaces it, so that a user can
    /// change one that comes with plimsoll.
    pub fn add(&mut self, sources: &Sources, path: &str, text: &str) {
        let text: Arc<str> = text.into();
        let source = sources.add(path, Arc::clone(&text));
        let faults = match read(source, &text) {
            Ok(rule) => {
                let faults = rule.faults();
                if faults.is_empty() {
                    self.rules.retain(|known| known.id != rule.id);
                    self.rules.push(Known::own(source, text, rule));
                }
                faults
            }
            Err(errors) => errors,
        };
        self.errors.extend(faults);
    }

    /// Puts the rules in the order of their ids; call it after the last [`RuleSet::add`].
    pub fn sort(&mut self) {
        self.rules.sort_by(|one, other| one.id.cmp(&other.id));
    }

    /// Every rule, read.
    pub fn read(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.rules.iter().map(Known::rule)
    }

    /// The rules an id names: a rule's own, a policy it covers, or a peer's with the peer's name
    /// before a colon (`kube-linter:no-anti-affinity`). Empty for unknown ids.
    #[must_use]
    pub fn named(&self, id: &str) -> Vec<&Known> {
        let own = |rule: &&Known| {
            rule.id.as_ref() == id || rule.covers.iter().any(|covered| covered == id)
        };
        let found: Vec<_> = self.rules.iter().filter(own).collect();
        match id.split_once(':') {
            Some((peer, check)) if found.is_empty() => {
                let has = |rule: &&Known| {
                    rule.peers.get(peer).is_some_and(|ids| ids.iter().any(|id| id == check))
                };
                self.rules.iter().filter(has).collect()
            }
            _ => found,
        }
    }

    /// The known id that is nearest to a word, for a suggestion.
    #[must_use]
    pub fn nearest(&self, id: &str) -> Option<&str> {
        let ids = || self.rules.iter().map(|rule| rule.id.as_ref());
        // Who shortens an id means the shortest one that begins like it.
        let longer = || ids().filter(|known| known.starts_with(id)).min_by_key(|known| known.len());
        spelling::nearest(id, ids()).or_else(longer)
    }
}

impl Known {
    /// One that comes with plimsoll, at its path below `rules/`.
    fn shipped(path: &str, text: &str, sources: &Sources) -> Self {
        let (group, file) = path.split_once('/').unwrap_or_default();
        let text: Arc<str> = text.into();
        let source = sources.add(format!("rules/{path}"), Arc::clone(&text));
        let file::Card { presets, covers, peers } = file::card(&text);
        Self {
            id: file.trim_end_matches(".yaml").into(),
            group: group.into(),
            presets,
            covers,
            peers,
            source,
            text,
            rule: OnceLock::new(),
        }
    }

    /// One that was read already.
    fn own(source: SourceId, text: Arc<str>, rule: Rule) -> Self {
        Self {
            id: Arc::clone(&rule.id),
            group: Arc::clone(&rule.group),
            presets: rule.presets.clone(),
            covers: rule.covers.clone(),
            peers: rule.peers.clone(),
            source,
            text,
            rule: OnceLock::from(Arc::new(rule)),
        }
    }

    /// The rule.
    ///
    /// # Panics
    /// Never: files that may be wrong are read before they are known.
    pub fn rule(&self) -> &Arc<Rule> {
        self.rule.get_or_init(|| {
            let rule = read(self.source, &self.text);
            Arc::new(rule.expect("invariant: the tests read every rule that comes with plimsoll"))
        })
    }

    /// What is wrong with its file, in all its parts.
    #[must_use]
    pub fn faults(&self) -> Vec<RuleError> {
        match read(self.source, &self.text) {
            Ok(rule) => rule.faults(),
            Err(errors) => errors,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_found_by_what_their_files_say() {
        let set = RuleSet::builtin(&Sources::default());
        assert!(set.rules.len() > 300);
        for known in &set.rules {
            let rule = known.rule();
            assert_eq!((&known.id, &known.group), (&rule.id, &rule.group));
            assert_eq!(known.presets, rule.presets, "{}", rule.id);
            assert_eq!(known.covers, rule.covers, "{}", rule.id);
            assert_eq!(known.peers, rule.peers, "{}", rule.id);
        }
    }

    #[test]
    fn a_misspelt_or_shortened_id_leads_to_the_rule() {
        let set = RuleSet::builtin(&Sources::default());
        for written in ["image-tag-latest", "image-tag-latest-forbiden"] {
            assert_eq!(set.nearest(written), Some("image-tag-latest-forbidden"));
        }
        assert_eq!(set.nearest("no-such-thing-at-all"), None);
    }
}
