//! Files of a folder of which one is deployed at a time: variants of an example, what tests expect a tool to write.
//!
//! Files that define one and the same object cannot all be deployed as they are, so that what is wrong with them
//! together is wrong with none of them.

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
    /// The files that define an object which another one defines, too.
    sources: HashSet<SourceId>,
    /// What the other files hold, and is deployed with whichever of them is.
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

    /// What is deployed when the file with this stream is, and no alternative to it; `None` where there is none.
    pub(in crate::lint) fn company(&self, stream: &Stream) -> Option<Company> {
        let own = stream.documents.first()?.source();
        let together = || self.rest.iter().copied().chain(&stream.documents);
        self.sources.contains(&own).then(|| Company::of(together()))
    }
}

/// Whether what a rule finds must hold for each alternative by itself.
pub(super) fn must_hold_alone((active, _): &(&Active, Hit)) -> bool {
    active.known.scope == Scope::Release
}
