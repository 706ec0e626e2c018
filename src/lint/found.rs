//! The result of judging a unit.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::outcome::Documents;
use crate::finding::Finding;
use crate::report::unchecked::add_lacking;
use crate::rule::Undecided;

/// The result of judging a unit, or a part of one.
///
/// NOTE: the cache stores it in a format without field names, so no field may be skipped when it is empty, as the
/// fields of a report are.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    /// That charts cannot be loaded; reported only where no other finding says why.
    pub(super) unloaded: Vec<Finding>,
    pub(super) notes: Vec<String>,
    pub(super) unknown_kinds: BTreeSet<String>,
    /// Charts that are nowhere on this machine, with how to make each available.
    pub(super) absent_charts: BTreeMap<String, String>,
    /// Paths at which declarations expect a chart, but there is none.
    pub(super) unbuilt_charts: BTreeSet<String>,
    /// Charts that are not rendered because dependencies are missing, with the names of these.
    pub(super) lacking_charts: BTreeMap<String, BTreeSet<String>>,
    pub(super) undecided: Undecided,
    pub(super) objects: usize,
    /// How many findings an annotation silences. Once the findings are settled, those that a comment or the
    /// configuration silences are counted, too.
    pub(super) waived: usize,
    /// A file has changed during the run, so this is not the result for the texts in the cache key. It is not
    /// stored.
    #[serde(skip)]
    pub(super) torn: bool,
    /// The documents that each release renders, where these are kept. They are not stored.
    #[serde(skip)]
    pub(super) rendered: Vec<(String, Documents)>,
}

impl Found {
    /// Merges two results.
    pub(super) fn and(mut self, other: Self) -> Self {
        append(&mut self.findings, other.findings);
        self.unloaded.extend(other.unloaded);
        self.notes.extend(other.notes);
        self.unknown_kinds.extend(other.unknown_kinds);
        self.absent_charts.extend(other.absent_charts);
        self.unbuilt_charts.extend(other.unbuilt_charts);
        add_lacking(&mut self.lacking_charts, other.lacking_charts);
        self.undecided.add(other.undecided);
        self.rendered.extend(other.rendered);
        self.torn |= other.torn;
        self.objects += other.objects;
        self.waived += other.waived;
        self
    }
}

/// Appends a list to another. Most are empty at first: then nothing is copied, unless room has been reserved.
pub(super) fn append<T>(list: &mut Vec<T>, mut other: Vec<T>) {
    if list.capacity() == 0 {
        *list = other;
    } else {
        list.append(&mut other);
    }
}
