//! Completes a report: sorts and counts its findings, and makes its notes.

use super::{Report, unchecked, unite};
use crate::finding::Severity;

impl Report {
    /// Sorts the findings, counts them by severity, and makes the notes on what was not checked.
    pub fn finish(&mut self) {
        unite::sort(&mut self.findings);
        if self.shard.is_none() {
            self.own_conditions.retain(|_, answered| !*answered);
        }
        // In a merged report, the notes of the parts are replaced, as each part only knows some kinds, files and charts.
        self.notes.retain(|note| !unchecked::is_made(note));
        self.notes.extend(unchecked::notes(self));
        self.notes.sort();
        self.notes.dedup();
        let count = |level| self.findings.iter().filter(|entry| entry.severity == level).count();
        self.summary.error = count(Severity::Error);
        self.summary.warning = count(Severity::Warning);
        self.summary.info = count(Severity::Info);
    }
}
