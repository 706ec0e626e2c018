//! Tries fixes before they are offered.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::Arc;

use super::compare::same_but;
use super::evidence::{Counts, Evidence, has_all, key};
use super::texts::{Edits, Texts, are_apart, unite};
use crate::finding::{Applicability, Origin};
use crate::report::model::Entry;

/// How much is tried. With all fixes sound a run is repeated twice; a rule whose fixes are not costs the
/// logarithm of the number of rules, and a fix that is not where its rule's others are that of their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Unsafe fixes are tried too, and held to no more than that they help: who asks for them takes what else
    /// they change.
    pub all: bool,
    /// The fixes that are tried, the first of a report.
    pub fixes: usize,
    /// How often a run is repeated with fixes.
    pub tries: usize,
    /// What could not be tried is called unsafe; otherwise it is taken away.
    pub keeps_untried: bool,
}

impl Effort {
    /// For who shows fixes: a report must not take much longer for having them.
    pub const REPORT: Self = Self { all: false, fixes: 64, tries: 12, keeps_untried: true };
    /// For who applies fixes.
    pub const FIX: Self = Self { all: false, fixes: usize::MAX, tries: 48, keeps_untried: false };
}

/// Lints these paths again with texts in the place of files, and shows all there is to see.
pub type Again<'a, E> =
    dyn Fn(&BTreeMap<String, Arc<str>>, &BTreeSet<String>) -> Result<Evidence, E> + 'a;

/// Holds the fixes of findings to what they claim: takes away those that do not help, and calls
/// unsafe what changes more than it names or brings another finding.
///
/// # Errors
/// Those of `again`.
pub fn prove<E>(
    entries: &mut [Entry],
    texts: &mut Texts,
    effort: Effort,
    again: &Again<'_, E>,
) -> Result<(), E> {
    let mut trial = Trial::new(entries, texts, effort);
    trial.run(texts, again)?;
    for (at, verdict) in trial.verdicts {
        let Some(fix) = &mut entries[at].fix else { continue };
        match verdict {
            Verdict::Holds => {}
            Verdict::ChangesMore => {
                fix.applicability = Applicability::Unsafe;
            }
            Verdict::Fails => entries[at].fix = None,
        }
    }
    Ok(())
}

/// What came of trying a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It does what it claims.
    Holds,
    /// It makes its finding go away, and something else happens.
    ChangesMore,
    /// The finding stays, an error comes in its place, or the edits cannot be made.
    Fails,
}

struct Claim<'e> {
    entry: &'e Entry,
    at: usize,
    edits: Edits,
    fields: Vec<String>,
    /// Tried apart from those that are meant to be applied unasked.
    is_safe: bool,
}

struct Trial<'e> {
    claims: Vec<Claim<'e>>,
    verdicts: Vec<(usize, Verdict)>,
    tries: usize,
    /// What is to be said of a fix that was not tried.
    untried: Verdict,
    /// Whether a fix may change more than it names.
    may_change_more: bool,
}

/// The numbers of claims that are tried together.
type Group = Vec<usize>;

impl<'e> Trial<'e> {
    fn new(entries: &'e [Entry], texts: &mut Texts, effort: Effort) -> Self {
        let untried = if effort.keeps_untried { Verdict::ChangesMore } else { Verdict::Fails };
        let (claims, verdicts) = (Vec::new(), Vec::new());
        let (tries, may_change_more) = (effort.tries, effort.all);
        let mut trial = Self { claims, verdicts, tries, untried, may_change_more };
        for (at, entry) in entries.iter().enumerate() {
            let Some(fix) = &entry.fix else { continue };
            let is_safe = fix.applicability == Applicability::Safe;
            if !is_safe && (!effort.all || fix.applicability == Applicability::Display) {
                continue;
            }
            if trial.claims.len() >= effort.fixes {
                trial.verdicts.push((at, trial.untried));
                continue;
            }
            let edits = texts.edits(fix).filter(|edits| texts.edited(edits).is_some());
            match edits {
                Some(edits) => {
                    trial.claims.push(Claim {
                        entry,
                        at,
                        edits,
                        fields: fix.fields.clone(),
                        is_safe,
                    });
                }
                None => trial.verdicts.push((at, Verdict::Fails)),
            }
        }
        trial
    }

    fn run<E>(&mut self, texts: &mut Texts, again: &Again<'_, E>) -> Result<(), E> {
        if self.claims.is_empty() {
            return Ok(());
        }
        let all: Group = (0..self.claims.len()).collect();
        let before = again(&BTreeMap::new(), &self.paths(&all))?;
        let old = before.counts();
        // What fails is told apart behind what was not tried yet: tries go first to where they prove most.
        let mut groups = self.groups();
        while let Some(group) = groups.pop_front() {
            if self.tries == 0 {
                self.judge(&group, self.untried);
                continue;
            }
            self.tries -= 1;
            let mut edits = Edits::new();
            for &claim in &group {
                unite(&mut edits, &self.claims[claim].edits);
            }
            let Some(edited) = texts.edited(&edits) else {
                groups.extend(self.parts(group));
                continue;
            };
            let after = again(&edited, &self.paths(&group))?;
            let new = after.counts();
            let left = self.left(&group, &old, &new);
            let takes_more = || group.len() == 1 || self.may_change_more;
            match left.len() {
                0 if has_all(&old, &new) && self.keeps(&group, &before, &after, &edited, texts) => {
                    self.judge(&group, Verdict::Holds);
                }
                0 if takes_more() && !after.has_new_error(&old) => {
                    self.judge(&group, Verdict::ChangesMore);
                }
                _ if group.len() == 1 => self.judge(&group, Verdict::Fails),
                count if count == 0 || count == group.len() => groups.extend(self.parts(group)),
                _ => {
                    let helps = |claim: &usize| !left.contains(claim);
                    groups.push_back(group.into_iter().filter(helps).collect());
                    groups.push_back(left.into_iter().collect());
                }
            }
        }
        Ok(())
    }

    /// All claims, in as few groups as their edits allow; those that are safe apart.
    fn groups(&self) -> VecDeque<Group> {
        let mut groups: Vec<(bool, Group, Edits)> = Vec::new();
        for (at, claim) in self.claims.iter().enumerate() {
            let fits = |(is_safe, _, edits): &&mut (bool, Group, Edits)| {
                *is_safe == claim.is_safe && are_apart(edits, &claim.edits)
            };
            match groups.iter_mut().find(fits) {
                Some((_, group, edits)) => {
                    group.push(at);
                    unite(edits, &claim.edits);
                }
                None => groups.push((claim.is_safe, vec![at], claim.edits.clone())),
            }
        }
        // Safe ones come before tries run out.
        groups.sort_by_key(|(is_safe, group, _)| Reverse((*is_safe, group.len())));
        groups.into_iter().map(|(_, group, _)| group).collect()
    }

    /// A group of two at least in two, between rules where it has several: what one rule claims mostly holds
    /// alike or fails alike.
    fn parts(&self, mut group: Group) -> [Group; 2] {
        let rule = |claim: usize| &self.claims[claim].entry.rule;
        group.sort_by_key(|claim| rule(*claim));
        let middle = group.len() / 2;
        let between = (1..group.len()).filter(|&at| rule(group[at - 1]) != rule(group[at]));
        let second =
            group.split_off(between.min_by_key(|at| at.abs_diff(middle)).unwrap_or(middle));
        [group, second]
    }

    /// What is to be linted again: the files that are edited, and those that findings are in.
    fn paths(&self, group: &Group) -> BTreeSet<String> {
        let claims = group.iter().map(|&claim| &self.claims[claim]);
        let paths = claims.flat_map(|claim| claim.edits.keys().chain([&claim.entry.location.file]));
        // A finding may lie within an archive.
        paths.filter(|path| Path::new(path).is_file()).cloned().collect()
    }

    /// The claims of a group whose findings are still there.
    fn left(&self, group: &Group, old: &Counts<'_>, new: &Counts<'_>) -> BTreeSet<usize> {
        let mut gone = Counts::new();
        for &claim in group {
            *gone.entry(key(self.claims[claim].entry)).or_default() += 1;
        }
        let is_left = |claim: &&usize| {
            let key = key(self.claims[**claim].entry);
            let count = |counts: &Counts<'_>| counts.get(&key).copied().unwrap_or_default();
            count(new) + count(&gone) > count(old)
        };
        group.iter().filter(is_left).copied().collect()
    }

    /// Whether the edits of a group change nothing but the fields that its fixes name.
    fn keeps(
        &self,
        group: &Group,
        before: &Evidence,
        after: &Evidence,
        edited: &BTreeMap<String, Arc<str>>,
        texts: &mut Texts,
    ) -> bool {
        let claims = || group.iter().map(|&claim| &self.claims[claim]);
        let fields: BTreeSet<&str> =
            claims().flat_map(|claim| &claim.fields).map(String::as_str).collect();
        let fields: Vec<&str> = fields.into_iter().collect();
        // A manifest is deployed as it lies; of values and templates, what is rendered counts.
        let manifests = claims().filter(|claim| claim.entry.origin == Origin::Manifest);
        let manifests: BTreeSet<&String> =
            manifests.map(|claim| &claim.entry.location.file).collect();
        let mut lie = edited.iter().filter(|(path, _)| manifests.contains(path));
        before.keeps(after, &fields)
            && lie
                .all(|(path, new)| texts.get(path).is_some_and(|old| same_but(&old, new, &fields)))
    }

    fn judge(&mut self, group: &Group, verdict: Verdict) {
        self.verdicts.extend(group.iter().map(|&claim| (self.claims[claim].at, verdict)));
    }
}
