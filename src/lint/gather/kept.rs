//! What a run has read, for the runs that try its fixes: they differ from it in a few texts.

use std::sync::Arc;

use crate::project::{Candidate, File, Taken};
use crate::source::Sources;

/// What a run keeps for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    Nothing,
    /// The files that it reads, for runs that try their fixes.
    Read,
    /// What releases render. What is found in them is not remembered then.
    Rendered,
}

/// Files as they were read; none by default.
#[derive(Debug, Clone, Default)]
pub struct Kept(Arc<[Item]>);

#[derive(Debug)]
struct Item {
    file: File,
    /// Whether somebody named it, which has a say in what it is taken for.
    explicit: bool,
}

impl Kept {
    /// What was taken of candidates, in the order of their paths.
    pub(super) fn new(taken: &[(Candidate, Taken)]) -> Self {
        let items = taken.iter().filter_map(|(candidate, taken)| match taken {
            Taken::File(file) => Some(Item { file: file.clone(), explicit: candidate.explicit }),
            Taken::Refused(_) | Taken::Ignored => None,
        });
        Self(items.collect())
    }

    /// Whether nothing is kept.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The file of a candidate, where it would be read and taken for the same again.
    pub(super) fn file(&self, candidate: &Candidate, sources: &Sources) -> Option<File> {
        let at = self.0.binary_search_by(|item| item.file.path.cmp(&candidate.shown)).ok()?;
        let Item { file, explicit } = &self.0[at];
        let stands =
            *explicit == candidate.explicit && sources.overlay().text(&candidate.path).is_none();
        stands.then(|| {
            let mut file = file.clone();
            file.requested = candidate.requested;
            file
        })
    }
}
