//! Applies fixes until none is left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::evidence::{Evidence, Key, key};
use super::prove::{Again, Effort, prove};
use super::texts::{Edits, Texts, are_apart, unite};
use crate::finding::Applicability;
use crate::report::model::Entry;

/// The most rounds of applying fixes and linting again, in case fixes undo each other. Fixes with overlapping edits take
/// one round each, and a dozen may write into the same security context.
const ROUNDS: usize = 100;

/// The result of applying fixes.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The new texts of files that change, by path.
    pub texts: BTreeMap<String, Arc<str>>,
    /// How many fixes were applied.
    pub fixes: usize,
    /// How many fixes were not applied because they are unsafe.
    pub unsafe_left: usize,
}

/// Applies the fixes of these findings that pass the trial, except those that are riskier than `riskiest`.
///
/// `paths` are where the findings come from. They are linted again after each round, and findings that only show after a
/// fix are fixed as well, if `asks` is true for their rule. Findings in `paths` that are not among the given ones are
/// left alone: they may be in a baseline, for example.
///
/// # Errors
/// Those of `again`.
pub fn rounds<E>(
    findings: Vec<Entry>,
    riskiest: Applicability,
    asks: &dyn Fn(&str) -> bool,
    paths: &BTreeSet<String>,
    again: &Again<'_, E>,
) -> Result<Mended, E> {
    let mut mended = Mended::default();
    let mut texts = Texts::default();
    let at_first = again(&mended.texts, paths)?;
    let left_alone = left_alone(&at_first, &findings);
    let mut findings = findings;
    let mut last: Option<Evidence> = None;
    for _ in 0..ROUNDS {
        let over = |more: &BTreeMap<String, Arc<str>>, paths: &BTreeSet<String>| {
            again(&overlaid(&mended.texts, more), paths)
        };
        findings.retain(|entry| risk(entry).is_some_and(|risk| risk < Applicability::Display));
        let count = findings.len();
        findings.retain(|entry| risk(entry) <= Some(riskiest));
        let left = count - findings.len();
        prove(&mut findings, &mut texts, Effort { riskiest, ..Effort::FIX }, &over)?;
        let risky = findings.iter().filter(|entry| risk(entry) > Some(riskiest)).count();
        mended.unsafe_left = left + risky;
        let (edits, count) = chosen(&findings, riskiest, &mut texts);
        let Some(edited) = texts.edited(&edits).filter(|_| count > 0) else { break };
        let whole = overlaid(&mended.texts, &edited);
        let after = again(&whole, paths)?;
        // Fixes that work alone may not work together.
        if after.has_new_error(&last.as_ref().unwrap_or(&at_first).counts()) {
            break;
        }
        for (path, text) in edited {
            texts.put(&path, text);
        }
        mended.texts = whole;
        mended.fixes += count;
        let is_meant = |entry: &&Entry| asks(&entry.rule) && !left_alone.contains(&key(entry));
        let left = after.findings.iter().filter(is_meant);
        findings = left.cloned().collect();
        last = Some(after);
    }
    Ok(mended)
}

/// Texts by path, with `more` on top.
fn overlaid(
    texts: &BTreeMap<String, Arc<str>>,
    more: &BTreeMap<String, Arc<str>>,
) -> BTreeMap<String, Arc<str>> {
    let both = texts.iter().chain(more);
    both.map(|(path, text)| (path.clone(), Arc::clone(text))).collect()
}

/// The findings that are not to be fixed.
fn left_alone<'e>(found: &'e Evidence, asked: &[Entry]) -> BTreeSet<Key<'e>> {
    let asked: BTreeSet<Key<'_>> = asked.iter().map(key).collect();
    found.findings.iter().map(key).filter(|key| !asked.contains(key)).collect()
}

/// The edits of as many fixes as can be applied together, in the order of the report, and the number of these fixes.
fn chosen(findings: &[Entry], riskiest: Applicability, texts: &mut Texts) -> (Edits, usize) {
    let mut edits = Edits::new();
    let mut count = 0;
    let fixes = findings.iter().filter_map(|entry| entry.fix.as_ref());
    for fix in fixes.filter(|fix| fix.applicability <= riskiest) {
        let Some(own) = texts.edits(fix).filter(|own| are_apart(&edits, own)) else { continue };
        unite(&mut edits, &own);
        count += 1;
    }
    (edits, count)
}

/// How risky the fix of a finding is, if it has one.
fn risk(entry: &Entry) -> Option<Applicability> {
    entry.fix.as_ref().map(|fix| fix.applicability)
}
