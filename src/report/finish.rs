//! What a report says of its findings as a whole: their order, their counts, and the notes.

use super::{Report, unchecked, unite};
use crate::finding::Severity;

impl Report {
    /// Sorts the findings as users see them, and counts them by severity.
    pub fn finish(&mut self) {
        unite::sort(&mut self.findings);
        // Made anew, since parts of a run know some of the kinds, files and charts each.
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
