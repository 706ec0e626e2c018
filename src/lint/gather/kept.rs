//! The files that a run has read, for later runs that try its fixes and differ in a few texts only.

use std::sync::Arc;

use crate::project::{Candidate, File, Reason, Taken};
use crate::source::Sources;

/// What a run returns in addition to its report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    Nothing,
    /// The files that it reads, for runs that try their fixes.
    Read,
    /// What releases render. Releases are not cached then.
    Rendered,
}

/// The files that a run has read; none by default.
#[derive(Debug, Clone, Default)]
pub struct Kept(Arc<[Item]>);

#[derive(Debug)]
struct Item {
    file: File,
    /// Why it was read: a file that the command line names may be read as something else.
    reason: Reason,
}

impl Kept {
    /// The files among the results of reading candidates, which are sorted by path.
    pub(super) fn new(taken: &[(Candidate, Taken)]) -> Self {
        let items = taken.iter().filter_map(|(candidate, taken)| match taken {
            Taken::File(file) => Some(Item { file: file.clone(), reason: candidate.reason }),
            Taken::Refused(_) | Taken::Ignored => None,
        });
        Self(items.collect())
    }

    /// Whether nothing is kept.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The kept file of a candidate, unless reading it again could give another result.
    pub(super) fn file(&self, candidate: &Candidate, sources: &Sources) -> Option<File> {
        let at = self.0.binary_search_by(|item| item.file.path.cmp(&candidate.shown)).ok()?;
        let Item { file, reason } = &self.0[at];
        let is_named = |reason: Reason| reason == Reason::Named;
        let stands = is_named(*reason) == is_named(candidate.reason)
            && sources.overlay().text(&candidate.path).is_none();
        stands.then(|| {
            let mut file = file.clone();
            file.requested = candidate.reason.is_to_lint();
            file
        })
    }
}
