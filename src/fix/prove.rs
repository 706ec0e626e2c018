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

/// How much is tried. If all fixes are right, two further runs suffice. A rule with wrong fixes costs about as many more
/// runs as the logarithm of the number of rules, and a single wrong fix the logarithm of the number of its rule's fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// The riskiest fixes to try. If these are unsafe ones, fixes only have to remove their finding, as users who ask for
    /// unsafe fixes accept other changes.
    pub riskiest: Applicability,
    /// How many fixes are tried, from the beginning of the report.
    pub fixes: usize,
    /// How many further runs there may be.
    pub tries: usize,
    /// Fixes that were not tried become unsafe; if false, they are removed.
    pub keeps_untried: bool,
}

impl Effort {
    /// For reports, which must not take much longer because of fixes.
    pub const REPORT: Self =
        Self { riskiest: Applicability::Safe, fixes: 64, tries: 12, keeps_untried: true };
    /// For applying fixes.
    pub const FIX: Self =
        Self { riskiest: Applicability::Safe, fixes: usize::MAX, tries: 48, keeps_untried: false };
}

/// Lints paths again, with texts in place of files.
pub type Again<'a, E> =
    dyn Fn(&BTreeMap<String, Arc<str>>, &BTreeSet<String>) -> Result<Evidence, E> + 'a;

/// Tries the fixes of findings. Removes those that do not help, and makes those unsafe that change more than the fields
/// that they name or cause another finding.
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

/// The result of trying a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It does what it claims.
    Holds,
    /// It removes its finding, but changes something else, too.
    ChangesMore,
    /// The finding stays, there is a new error, or the edits cannot be made.
    Fails,
}

struct Claim<'e> {
    entry: &'e Entry,
    at: usize,
    edits: Edits,
    fields: Vec<String>,
    /// Whether it is meant to be safe; safe and unsafe fixes are tried apart.
    is_safe: bool,
}

struct Trial<'e> {
    claims: Vec<Claim<'e>>,
    verdicts: Vec<(usize, Verdict)>,
    tries: usize,
    /// The verdict on a fix that was not tried.
    untried: Verdict,
    /// Whether a fix may change more than it names.
    may_change_more: bool,
}

/// The claims that are tried together, by index.
type Group = Vec<usize>;

impl<'e> Trial<'e> {
    fn new(entries: &'e [Entry], texts: &mut Texts, effort: Effort) -> Self {
        let untried = if effort.keeps_untried { Verdict::ChangesMore } else { Verdict::Fails };
        let (claims, verdicts) = (Vec::new(), Vec::new());
        let (tries, may_change_more) = (effort.tries, effort.riskiest > Applicability::Safe);
        let mut trial = Self { claims, verdicts, tries, untried, may_change_more };
        for (at, entry) in entries.iter().enumerate() {
            let Some(fix) = &entry.fix else { continue };
            if fix.applicability > effort.riskiest {
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
                        is_safe: fix.applicability == Applicability::Safe,
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
        // The parts of a group that fails are tried after all other groups, where a run proves more.
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

    /// All claims, in as few groups as possible without overlapping edits, safe and unsafe ones apart.
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
        // Safe fixes are tried first, before the number of runs is used up.
        groups.sort_by_key(|(is_safe, group, _)| Reverse((*is_safe, group.len())));
        groups.into_iter().map(|(_, group, _)| group).collect()
    }

    /// Splits a group of at least two claims in two, between rules if possible: the fixes of one rule are mostly all right
    /// or all wrong.
    fn parts(&self, mut group: Group) -> [Group; 2] {
        let rule = |claim: usize| &self.claims[claim].entry.rule;
        group.sort_by_key(|claim| rule(*claim));
        let middle = group.len() / 2;
        let between = (1..group.len()).filter(|&at| rule(group[at - 1]) != rule(group[at]));
        let second =
            group.split_off(between.min_by_key(|at| at.abs_diff(middle)).unwrap_or(middle));
        [group, second]
    }

    /// The paths to lint again: the files that are edited, and those with the findings.
    fn paths(&self, group: &Group) -> BTreeSet<String> {
        let claims = group.iter().map(|&claim| &self.claims[claim]);
        let paths = claims.flat_map(|claim| claim.edits.keys().chain([&claim.entry.location.file]));
        // A finding may be in an archive.
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

    /// Whether the edits of a group change nothing but the fields that their fixes name.
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
        // Manifests are deployed as they are. Of values and templates, only what is rendered counts.
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
