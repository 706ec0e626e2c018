//! Files in a folder of which only one is deployed at a time, such as variants of an example, or expected outputs of
//! tests.
//!
//! Files that define the same object cannot all be deployed, so a fault that they only have together is none.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::kube::{Object, objects};
use crate::lint::select::Active;
use crate::rule::{Company, Hit, Scope};
use crate::source::SourceId;
use crate::yaml::{Document, Stream};

/// The alternatives among the manifests of a folder.
#[derive(Default)]
pub(in crate::lint) struct Alternatives<'u> {
    /// The files that define an object which another file defines, too.
    sources: HashSet<SourceId>,
    /// The documents of all other files, which are deployed with any of the alternatives.
    rest: Vec<&'u Arc<Document>>,
}

impl<'u> Alternatives<'u> {
    pub(in crate::lint) fn among(streams: &[&'u Arc<Stream>]) -> Self {
        if streams.len() < 2 {
            return Self::default();
        }
        let documents = || streams.iter().flat_map(|stream| &stream.documents);
        let mut sources = HashSet::new();
        let mut defined = HashMap::with_hasher(RandomState::default());
        for document in documents() {
            for identity in objects(document).iter().filter_map(Object::identity) {
                let own = document.source();
                let first = *defined.entry(identity).or_insert(own);
                if first != own {
                    sources.extend([first, own]);
                }
            }
        }
        let rest = documents().filter(|document| !sources.contains(&document.source()));
        Self { rest: rest.collect(), sources }
    }

    /// What is deployed together with a file, without its alternatives; `None` if it has no alternatives.
    pub(in crate::lint) fn company(&self, stream: &Stream) -> Option<Company> {
        let own = stream.documents.first()?.source();
        let together = || self.rest.iter().copied().chain(&stream.documents);
        self.sources.contains(&own).then(|| Company::of(together()))
    }
}

/// Whether a hit must be there with each alternative by itself: hits of rules across objects.
pub(super) fn must_hold_alone((active, _): &(&Active, Hit)) -> bool {
    active.known.scope == Scope::Release
}
