//! The rules of a run, and how they are found.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::file::{self, Card, Rule, RuleError, Scope, read};
use crate::finding::Severity;
use crate::source::{SourceId, Sources};
use crate::spelling;

/// The rules that come with plimsoll, sorted by id.
const BUILTIN: &[Shipped] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// The file of a rule that comes with plimsoll, and what every run asks of it, as the file has it: lists
/// have a space between their words, and what it leaves out is empty.
struct Shipped {
    path: &'static str,
    text: &'static str,
    presets: &'static str,
    severity: &'static str,
    scope: &'static str,
    kinds: &'static str,
}

/// All rules of a run, sorted by id.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// The rules.
    pub rules: Vec<Arc<Known>>,
    /// What is wrong with rule files that could not be read.
    pub errors: Vec<RuleError>,
}

/// A rule by what it is found and chosen by. The rest of its file is read when [`Known::rule`] is first
/// called: few rules concern what a small repository holds, and reading all that are chosen takes longer
/// than linting it.
#[derive(Debug)]
pub struct Known {
    /// Kebab-case.
    pub id: Arc<str>,
    /// The folder it lies in, `scheduling`.
    pub group: Arc<str>,
    /// As [`Rule::severity`].
    pub severity: Option<Severity>,
    /// As [`Rule::scope`].
    pub scope: Scope,
    kinds: Cow<'static, str>,
    presets: Cow<'static, str>,
    card: OnceLock<Card>,
    pub(super) source: SourceId,
    text: Cow<'static, str>,
    rule: OnceLock<Arc<Rule>>,
}

impl RuleSet {
    /// Every rule that comes with plimsoll. Their files are held to be sound by the tests, and read
    /// when they are needed.
    #[must_use]
    pub fn builtin(sources: &Sources) -> Self {
        let known = |file| Known::shipped(file, sources).map(Arc::new);
        Self { rules: BUILTIN.iter().filter_map(known).collect(), errors: Vec::new() }
    }

    /// Adds one rule file. A rule whose id is there already replaces it, so that a user can
    /// change one that comes with plimsoll.
    pub fn add(&mut self, sources: &Sources, path: &str, text: &str) {
        let shared: Arc<str> = text.into();
        let source = sources.add(path, Arc::clone(&shared));
        let faults = match read(source, &shared) {
            Ok(rule) => {
                let faults = rule.faults();
                if faults.is_empty() {
                    self.rules.retain(|known| known.id != rule.id);
                    self.rules.push(Arc::new(Known::own(source, text, rule)));
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
        self.rules.iter().map(|known| known.rule())
    }

    /// The rules an id names: a rule's own, a policy it covers, or a peer's with the peer's name
    /// before a colon (`kube-linter:no-anti-affinity`; `kube-linter:*` for all of that peer's). Empty for unknown ids.
    #[must_use]
    pub fn named(&self, id: &str) -> Vec<&Known> {
        let own = |rule: &&Known| {
            rule.id.as_ref() == id || rule.covers().iter().any(|covered| covered == id)
        };
        let all = || self.rules.iter().map(|known| &**known);
        let found: Vec<_> = all().filter(own).collect();
        match id.split_once(':') {
            Some((peer, check)) if found.is_empty() => {
                let has = |rule: &&Known| {
                    let ids = rule.peers().get(peer);
                    ids.is_some_and(|ids| check == "*" || ids.iter().any(|id| id == check))
                };
                all().filter(has).collect()
            }
            _ => found,
        }
    }

    /// The known id that is nearest to a word, for a suggestion.
    #[must_use]
    pub fn nearest(&self, id: &str) -> Option<Cow<'_, str>> {
        let ids = || self.rules.iter().map(|rule| rule.id.as_ref());
        // Who shortens an id means the shortest one that begins like it.
        let longer = || ids().filter(|known| known.starts_with(id)).min_by_key(|known| known.len());
        let own = spelling::nearest(id, ids()).or_else(longer).map(Cow::Borrowed);
        own.or_else(|| self.with_peer(id).map(Cow::Owned))
    }

    /// What names the check of another linter that has this id, `kube-linter:no-anti-affinity`.
    fn with_peer(&self, check: &str) -> Option<String> {
        let mut peers = self.rules.iter().flat_map(|rule| rule.peers());
        let (peer, _) = peers.find(|(_, ids)| ids.iter().any(|id| id == check))?;
        Some(format!("{peer}:{check}"))
    }
}

impl Known {
    /// One that comes with plimsoll.
    fn shipped(file: &Shipped, sources: &Sources) -> Option<Self> {
        let &Shipped { path, text, presets, severity, scope, kinds } = file;
        let (group, name) = path.strip_prefix("rules/")?.split_once('/')?;
        Some(Self {
            id: name.strip_suffix(".yaml")?.into(),
            group: group.into(),
            severity: file::severity(severity).ok()?,
            scope: if scope.is_empty() { Scope::Object } else { Scope::named(scope)? },
            kinds: kinds.into(),
            presets: presets.into(),
            card: OnceLock::new(),
            source: sources.add_shipped(path, text),
            text: text.into(),
            rule: OnceLock::new(),
        })
    }

    /// One that was read already.
    fn own(source: SourceId, text: &str, rule: Rule) -> Self {
        let card = Card { covers: rule.covers.clone(), peers: rule.peers.clone() };
        Self {
            id: Arc::clone(&rule.id),
            group: Arc::clone(&rule.group),
            severity: rule.severity,
            scope: rule.scope,
            kinds: rule.kinds.join(" ").into(),
            presets: rule.presets.join(" ").into(),
            card: OnceLock::from(card),
            source,
            text: text.to_owned().into(),
            rule: OnceLock::from(Arc::new(rule)),
        }
    }

    /// The presets it is part of, beside `all`.
    pub fn presets(&self) -> impl Iterator<Item = &str> {
        self.presets.split_whitespace()
    }

    /// The objects it looks at, for [`ByKind`](super::ByKind).
    pub fn concern(&self) -> (Scope, impl Iterator<Item = &str>) {
        (self.scope, self.kinds.split_whitespace())
    }

    /// Further policies that it includes.
    #[must_use]
    pub fn covers(&self) -> &[String] {
        &self.card().covers
    }

    /// Ids of the same policy in other linters, by linter.
    #[must_use]
    pub fn peers(&self) -> &BTreeMap<String, Vec<String>> {
        &self.card().peers
    }

    fn card(&self) -> &Card {
        self.card.get_or_init(|| file::card(&self.text))
    }

    /// The rule.
    ///
    /// # Panics
    /// Never: files that may be wrong are read before they are known.
    pub fn rule(&self) -> &Arc<Rule> {
        self.rule.get_or_init(|| {
            let rule = self.read();
            Arc::new(rule.expect("invariant: the tests read every rule that comes with plimsoll"))
        })
    }

    /// Whether its file has been read and what it says compiled.
    #[must_use]
    pub fn is_compiled(&self) -> bool {
        self.rule.get().is_some_and(|rule| rule.is_compiled())
    }

    /// What is wrong with its file, in all its parts.
    #[must_use]
    pub fn faults(&self) -> Vec<RuleError> {
        match self.read() {
            Ok(rule) => rule.faults(),
            Err(errors) => errors,
        }
    }

    fn read(&self) -> Result<Rule, Vec<RuleError>> {
        read(self.source, &Arc::from(&*self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_found_by_what_their_files_say() {
        let set = RuleSet::builtin(&Sources::default());
        assert!(set.rules.len() > 300);
        assert_eq!(set.rules.len(), BUILTIN.len(), "a severity or a scope is no word for one");
        assert!(set.rules.is_sorted_by_key(|known| &known.id));
        for known in &set.rules {
            let rule = known.rule();
            assert_eq!((&known.id, &known.group), (&rule.id, &rule.group));
            assert!(known.presets().eq(&rule.presets), "{}", rule.id);
            assert_eq!((known.severity, known.scope), (rule.severity, rule.scope), "{}", rule.id);
            assert!(known.concern().1.eq(&rule.kinds), "{}", rule.id);
            assert_eq!(known.covers(), rule.covers, "{}", rule.id);
            assert_eq!(*known.peers(), rule.peers, "{}", rule.id);
        }
    }

    #[test]
    fn a_misspelt_or_shortened_id_leads_to_the_rule() {
        let set = RuleSet::builtin(&Sources::default());
        for written in ["image-tag-latest", "image-tag-latest-forbiden"] {
            assert_eq!(set.nearest(written).as_deref(), Some("image-tag-latest-forbidden"));
        }
        assert_eq!(set.nearest("no-such-thing-at-all"), None);
        let other = set.nearest("no-anti-affinity");
        assert_eq!(other.as_deref(), Some("kube-linter:no-anti-affinity"));
    }
}
