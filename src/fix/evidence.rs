//! Compares two runs.

use std::collections::BTreeMap;

use super::compare::same_but;
use crate::finding::Severity;
use crate::lint::Documents;
use crate::report::model::Entry;

/// What a run found and rendered.
#[derive(Debug, Default)]
pub struct Evidence {
    /// All findings, merged.
    pub findings: Vec<Entry>,
    /// What each release renders to.
    pub rendered: BTreeMap<String, Documents>,
}

/// What makes findings before and after an edit the same. Fingerprints would not do: another fix may change the place of
/// a finding.
pub(super) type Key<'e> = (&'e str, &'e str, &'e str, Option<(&'e str, &'e str)>);

pub(super) fn key(entry: &Entry) -> Key<'_> {
    let object = entry.object.as_ref().map(|object| (object.kind.as_str(), object.name.as_str()));
    (&entry.rule, &entry.message, &entry.location.file, object)
}

/// How often each finding is there.
pub(super) type Counts<'e> = BTreeMap<Key<'e>, usize>;

/// True if each finding in `new` is in `old` at least as often.
pub(super) fn has_all(old: &Counts<'_>, new: &Counts<'_>) -> bool {
    new.iter().all(|(key, count)| old.get(key).is_some_and(|old| old >= count))
}

impl Evidence {
    /// How often each finding is there.
    pub(super) fn counts(&self) -> Counts<'_> {
        let mut counts = BTreeMap::new();
        for entry in &self.findings {
            *counts.entry(key(entry)).or_default() += 1;
        }
        counts
    }

    /// True if there is an error that was not there before. A chart that no longer renders has no other findings, so a
    /// lower number of findings proves nothing.
    pub(super) fn has_new_error(&self, before: &Counts<'_>) -> bool {
        let errors = self.findings.iter().filter(|entry| entry.severity == Severity::Error);
        let mut new = Counts::new();
        for entry in errors {
            *new.entry(key(entry)).or_default() += 1;
        }
        !has_all(before, &new)
    }

    /// True if what releases render to differs from this run to `after` in nothing but `fields`. Releases that `after` did
    /// not render are left out.
    pub(super) fn keeps(&self, after: &Self, fields: &[&str]) -> bool {
        let same = |(old, new): (&(String, String), &(String, String))| {
            old.0 == new.0 && same_but(&old.1, &new.1, fields)
        };
        after.rendered.iter().all(|(release, new)| {
            let old = self.rendered.get(release).filter(|old| old.len() == new.len());
            old.is_some_and(|old| old.iter().zip(new).all(same))
        })
    }
}
