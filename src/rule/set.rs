//! The rules of a run, and how they are looked up.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::file::{self, Card, Rule, RuleError, Scope, USUAL_PRESET, read};
use crate::finding::Severity;
use crate::source::{SourceId, Sources};
use crate::spelling;

/// The rules that come with plimsoll, sorted by id.
const BUILTIN: &[Shipped] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// The file of a rule that comes with plimsoll, with those of its fields that every run needs. Fields are as in the
/// file; lists have spaces between their words, and missing fields are empty.
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
    /// The errors of rule files that could not be read.
    pub errors: Vec<RuleError>,
}

/// A rule with the fields by which it is looked up and selected. The rest of its file is read by the first call of
/// [`Known::rule`]: few rules apply to the contents of a small repository, and reading all selected ones takes longer
/// than its lint.
#[derive(Debug)]
pub struct Known {
    /// Kebab-case.
    pub id: Arc<str>,
    /// The folder of its file, `scheduling`.
    pub group: Arc<str>,
    /// See [`Rule::severity`].
    pub severity: Option<Severity>,
    /// See [`Rule::scope`].
    pub scope: Scope,
    kinds: Cow<'static, str>,
    presets: Cow<'static, str>,
    card: OnceLock<Card>,
    pub(super) source: SourceId,
    text: Cow<'static, str>,
    rule: OnceLock<Arc<Rule>>,
}

impl RuleSet {
    /// All rules that come with plimsoll. The tests check that their files are valid; each is read when it is needed.
    #[must_use]
    pub fn builtin(sources: &Sources) -> Self {
        let known = |file| Known::shipped(file, sources).map(Arc::new);
        Self { rules: BUILTIN.iter().filter_map(known).collect(), errors: Vec::new() }
    }

    /// Adds one rule file, unless it has a fault or there is a rule with its id: one that replaced another silently would
    /// take its findings away.
    pub fn add(&mut self, sources: &Sources, path: &str, text: &str) {
        let shared: Arc<str> = text.into();
        let source = sources.add(path, Arc::clone(&shared));
        let faults = match read(source, &shared) {
            Ok(mut rule) => {
                rule.own = true;
                // Whoever writes a rule wants it to run.
                if rule.presets.is_empty() && rule.severity.is_some() {
                    rule.presets = vec![USUAL_PRESET.to_owned()];
                }
                let mut faults = rule.faults();
                faults.extend(misnamed(&rule, path));
                if let Some(known) = self.rules.iter().find(|known| known.id == rule.id) {
                    let place =
                        (!known.is_shipped()).then(|| sources.cite(known.rule().id_place()));
                    faults.push(taken(&rule, place.as_deref()));
                }
                if faults.is_empty() {
                    self.rules.push(Arc::new(Known::own(source, text, rule)));
                }
                faults
            }
            Err(errors) => errors,
        };
        self.errors.extend(faults);
    }

    /// Sorts the rules by id, and checks that those of one's own yield to rules that exist, and have parameters for presets
    /// that exist: of this set, of plimsoll, or of `others`. Call it after the last [`RuleSet::add`].
    pub fn finish(&mut self, others: &Self) {
        self.rules.sort_by(|one, other| one.id.cmp(&other.id));
        let own = self.rules.iter().filter(|known| !known.is_shipped());
        let own: Vec<_> = own.map(|known| known.rule()).collect();
        let beside = || own.iter().copied().chain(others.read());
        let mut ids: Vec<&str> = shipped_ids().collect();
        ids.extend(beside().map(|rule| &*rule.id));
        let mut presets: BTreeSet<&str> = shipped_presets().collect();
        presets.extend(beside().flat_map(|rule| &rule.presets).map(String::as_str));
        let mut errors = Vec::new();
        for (word, span) in own.iter().flat_map(|rule| rule.tuned_presets()) {
            if !presets.contains(&*word) {
                let near = spelling::nearest(&word, presets.iter().copied());
                let message = format!("no rule is in a preset `{word}`");
                errors.push(RuleError { span, message, help: near.map(spelling::question) });
            }
        }
        for (word, span) in own.iter().flat_map(|rule| rule.yields()) {
            if !ids.contains(&word) {
                let near = spelling::nearest(word, ids.iter().copied());
                let message = format!("there is no rule `{word}` to yield to");
                errors.push(RuleError { span, message, help: near.map(spelling::question) });
            }
        }
        self.errors.extend(errors);
    }

    /// Every rule, with its file read.
    pub fn read(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.rules.iter().map(|known| known.rule())
    }

    /// The rules with an id: a rule's own, that of a policy it covers, or a peer's with the peer's name before a colon
    /// (`kube-linter:no-anti-affinity`; `kube-linter:*` for all of that peer's). Empty for unknown ids.
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

    /// The known id that is most similar to a word, for a suggestion.
    #[must_use]
    pub fn nearest(&self, id: &str) -> Option<Cow<'_, str>> {
        let ids = || self.rules.iter().map(|rule| rule.id.as_ref());
        // A shortened id most likely means the shortest id that begins with it.
        let longer = || ids().filter(|known| known.starts_with(id)).min_by_key(|known| known.len());
        let own = spelling::nearest(id, ids()).or_else(longer).map(Cow::Borrowed);
        own.or_else(|| self.with_peer(id).map(Cow::Owned))
    }

    /// The check of another linter with this id, with the linter's name before a colon: `kube-linter:no-anti-affinity`.
    fn with_peer(&self, check: &str) -> Option<String> {
        let mut peers = self.rules.iter().flat_map(|rule| rule.peers());
        let (peer, _) = peers.find(|(_, ids)| ids.iter().any(|id| id == check))?;
        Some(format!("{peer}:{check}"))
    }
}

/// The ids of the rules that come with plimsoll, sorted.
fn shipped_ids() -> impl Iterator<Item = &'static str> {
    BUILTIN.iter().filter_map(|file| Some(file.path.rsplit_once('/')?.1.trim_end_matches(".yaml")))
}

/// Whether a rule with this id comes with plimsoll.
#[must_use]
pub fn is_shipped(id: &str) -> bool {
    shipped_ids().any(|known| known == id)
}

/// The presets that rules of plimsoll are in, and `all`; a preset occurs as often as rules name it.
pub(super) fn shipped_presets() -> impl Iterator<Item = &'static str> + Clone {
    BUILTIN.iter().flat_map(|file| file.presets.split_whitespace()).chain(["all"])
}

/// The error for a rule whose id is the name of its file with a slip in it.
fn misnamed(rule: &Rule, path: &str) -> Option<RuleError> {
    let name = Path::new(path).file_stem()?.to_str()?;
    let near = spelling::misspelt(&rule.id, [name])?;
    Some(RuleError {
        span: rule.id_place(),
        message: format!("the file of this rule is called `{name}`"),
        help: Some(spelling::question(near)),
    })
}

/// The linters whose checks rules of plimsoll stand for, sorted.
pub(super) fn shipped_peers() -> BTreeSet<String> {
    BUILTIN.iter().flat_map(|file| file::card(file.text).peers.into_keys()).collect()
}

/// The error for a rule with the id of another: of that at `place`, or of one that comes with plimsoll.
#[must_use]
pub fn taken(rule: &Rule, place: Option<&str>) -> RuleError {
    let id = &rule.id;
    let (message, help) = match place {
        Some(place) => (format!("the rule at {place} has the id `{id}`, too"), None),
        None => (
            format!("a rule that comes with plimsoll has the id `{id}`"),
            Some(format!("give this rule another id; `ignore: [{id}]` switches the other one off")),
        ),
    };
    RuleError { span: rule.id_place(), message, help }
}

impl Known {
    /// A rule that comes with plimsoll.
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

    /// A rule that has already been read.
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

    /// Whether it comes with plimsoll.
    fn is_shipped(&self) -> bool {
        matches!(self.text, Cow::Borrowed(_))
    }

    /// The presets that include it, apart from `all`.
    pub fn presets(&self) -> impl Iterator<Item = &str> {
        self.presets.split_whitespace()
    }

    /// The scope and the kinds of objects that it judges, for [`ByKind`](super::ByKind).
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
    /// Never: files that may have errors are read before they are added.
    pub fn rule(&self) -> &Arc<Rule> {
        self.rule.get_or_init(|| {
            let rule = self.read();
            Arc::new(rule.expect("invariant: the tests read every rule that comes with plimsoll"))
        })
    }

    /// Whether its file has been read and its logic compiled.
    #[must_use]
    pub fn is_compiled(&self) -> bool {
        self.rule.get().is_some_and(|rule| rule.is_compiled())
    }

    /// The errors in all parts of its file.
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
