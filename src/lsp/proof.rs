//! Tries fixes before they are offered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::view::View;
use crate::finding::Applicability;
use crate::fix::{self, Effort, Evidence};
use crate::lint::LintError;
use crate::report::model::Entry;

/// How much is tried for a menu, for which the user waits.
const EFFORT: Effort =
    Effort { riskiest: Applicability::Unsafe, fixes: 32, tries: 6, keeps_untried: false };

/// Tries the fixes of findings on the current texts, each once, and removes those that do not help.
pub(super) fn prove(view: &View<'_>, entries: &mut [Entry]) {
    let mut proven = view.proven.borrow_mut();
    let is_new = |entry: &&Entry| !proven.contains_key(&entry.fingerprint);
    let mut new: Vec<Entry> = entries.iter().filter(is_new).cloned().collect();
    if !new.is_empty() {
        let mut texts = fix::Texts::default();
        for (path, document) in view.editor.documents.iter() {
            texts.put(&crate::project::shown(path), Arc::clone(&document.text.text));
        }
        let again = |edited: &BTreeMap<String, Arc<str>>, _: &BTreeSet<String>| {
            let outcome = view.session.with_edits(&view.snapshot, edited)?;
            let (findings, rendered) = (outcome.report.findings, outcome.rendered);
            Ok::<_, LintError>(Evidence { findings, rendered })
        };
        let tried = fix::prove(&mut new, &mut texts, EFFORT, &again);
        for entry in new {
            let fix = entry.fix.filter(|_| tried.is_ok());
            proven.insert(entry.fingerprint, fix);
        }
    }
    for entry in entries {
        entry.fix = proven.get(&entry.fingerprint).cloned().flatten();
    }
}
