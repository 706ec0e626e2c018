//! Applies fixes until none is left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::evidence::{Evidence, Key, key};
use super::prove::{Again, Effort, prove};
use super::texts::{Edits, Texts, are_apart, unite};
use crate::finding::Applicability;
use crate::report::model::Entry;

/// How often fixes are applied and looked for anew at most: a bound for fixes that undo each other.
/// Fixes that touch each other take a round each, as a dozen do that write one security context.
const ROUNDS: usize = 100;

/// What files become.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The texts that differ from those of the files, by path.
    pub texts: BTreeMap<String, Arc<str>>,
    /// How many fixes they hold.
    pub fixes: usize,
    /// Fixes that were left, since they may change more than what they name.
    pub unsafe_left: usize,
}

/// Applies the safe fixes of these findings, and with `all` the unsafe ones too, each proven.
/// `paths` is what the findings come from; it is linted again after each round, and what only a fix
/// has brought to light is fixed too, of the rules that `asks` names. What is found there at first
/// and is not among these findings stays: a baseline knows it, say.
///
/// # Errors
/// Those of `again`.
pub fn rounds<E>(
    findings: Vec<Entry>,
    all: bool,
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
            let mut whole = mended.texts.clone();
            whole.extend(more.iter().map(|(path, text)| (path.clone(), Arc::clone(text))));
            again(&whole, paths)
        };
        findings.retain(|entry| entry.fix.is_some());
        let count = findings.len();
        findings.retain(|entry| all || !is(entry, Applicability::Unsafe));
        let left = count - findings.len();
        prove(&mut findings, &mut texts, Effort { all, ..Effort::FIX }, &over)?;
        let risky =
            findings.iter().filter(|entry| !all && is(entry, Applicability::Unsafe)).count();
        mended.unsafe_left = left + risky;
        let (edits, count) = chosen(&findings, all, &mut texts);
        let Some(edited) = texts.edited(&edits).filter(|_| count > 0) else { break };
        let mut whole = mended.texts.clone();
        whole.extend(edited.iter().map(|(path, text)| (path.clone(), Arc::clone(text))));
        let after = again(&whole, paths)?;
        // Fixes that are sound each by itself may yet not be so together.
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

/// What is found and not asked for.
fn left_alone<'e>(found: &'e Evidence, asked: &[Entry]) -> BTreeSet<Key<'e>> {
    let asked: BTreeSet<Key<'_>> = asked.iter().map(key).collect();
    found.findings.iter().map(key).filter(|key| !asked.contains(key)).collect()
}

/// The edits of as many fixes as can be applied together, in the order of the report.
fn chosen(findings: &[Entry], all: bool, texts: &mut Texts) -> (Edits, usize) {
    let mut edits = Edits::new();
    let mut count = 0;
    let wanted =
        |entry: &&Entry| is(entry, Applicability::Safe) || all && is(entry, Applicability::Unsafe);
    for fix in findings.iter().filter(wanted).filter_map(|entry| entry.fix.as_ref()) {
        let Some(own) = texts.edits(fix).filter(|own| are_apart(&edits, own)) else { continue };
        unite(&mut edits, &own);
        count += 1;
    }
    (edits, count)
}

fn is(entry: &Entry, applicability: Applicability) -> bool {
    entry.fix.as_ref().is_some_and(|fix| fix.applicability == applicability)
}
