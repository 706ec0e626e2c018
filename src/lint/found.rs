//! What comes of judging a unit.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::outcome::Documents;
use crate::finding::Finding;
use crate::report::unchecked::add_lacking;
use crate::rule::Undecided;

/// What a unit gives.
///
/// NOTE: a report's lists of what could not be checked leave empty ones out, which what is remembered cannot: its
/// format has no names of fields.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    /// Charts that cannot be loaded; told where no other finding says why.
    pub(super) unloaded: Vec<Finding>,
    pub(super) notes: Vec<String>,
    pub(super) unknown_kinds: BTreeSet<String>,
    /// Charts that are nowhere on this machine, with how to make each available.
    pub(super) absent_charts: BTreeMap<String, String>,
    /// Paths at which declarations say that charts are, and none is.
    pub(super) unbuilt_charts: BTreeSet<String>,
    /// Charts that are not rendered, with the names of those that they depend on and that are not here.
    pub(super) lacking_charts: BTreeMap<String, BTreeSet<String>>,
    pub(super) undecided: Undecided,
    pub(super) objects: usize,
    /// Findings that an annotation silences; those that a comment or the configuration does, once
    /// they are settled.
    pub(super) waived: usize,
    /// Something has changed while it was judged, so that it is not of what its key names; never
    /// remembered.
    #[serde(skip)]
    pub(super) torn: bool,
    /// What releases render, where that was asked for; never remembered.
    #[serde(skip)]
    pub(super) rendered: Vec<(String, Documents)>,
}

impl Found {
    /// Both results as one.
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

/// Puts a list behind another, which mostly is empty: then nothing is copied, unless room was made for it.
pub(super) fn append<T>(list: &mut Vec<T>, mut other: Vec<T>) {
    if list.capacity() == 0 {
        *list = other;
    } else {
        list.append(&mut other);
    }
}
