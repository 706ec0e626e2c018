//! What two runs show, held against each other.

use std::collections::BTreeMap;

use super::compare::same_but;
use crate::finding::Severity;
use crate::lint::Documents;
use crate::report::model::Entry;

/// What a run shows of the texts it was given.
#[derive(Debug, Default)]
pub struct Evidence {
    /// All that was found, united.
    pub findings: Vec<Entry>,
    /// What each release renders.
    pub rendered: BTreeMap<String, Documents>,
}

/// What makes two findings the same before and after an edit: lines and lists may have moved, and so
/// has a finding whose fix another one changed (which its fingerprint does not bear).
pub(super) type Key<'e> = (&'e str, &'e str, &'e str, Option<(&'e str, &'e str)>);

pub(super) fn key(entry: &Entry) -> Key<'_> {
    let object = entry.object.as_ref().map(|object| (object.kind.as_str(), object.name.as_str()));
    (&entry.rule, &entry.message, &entry.location.file, object)
}

/// How often each finding is there.
pub(super) type Counts<'e> = BTreeMap<Key<'e>, usize>;

/// True where each finding of the second was there in the first, as often at least.
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

    /// True where an error was found that was not there before: what does not render any more has
    /// no other findings.
    pub(super) fn has_new_error(&self, before: &Counts<'_>) -> bool {
        let errors = self.findings.iter().filter(|entry| entry.severity == Severity::Error);
        let mut new = Counts::new();
        for entry in errors {
            *new.entry(key(entry)).or_default() += 1;
        }
        !has_all(before, &new)
    }

    /// True where, from this run to `after`, nothing but `fields` differs in what releases render.
    /// Releases that `after` did not look at are left out.
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
