//! What an object misses beside it, while another folder of the repository defines it: whether both are deployed
//! together, the repository does not say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use rayon::prelude::*;

use super::run::folder;
use super::unit::Found;
use crate::finding::{Finding, Sought};
use crate::kube::{Object, labels_of, objects};
use crate::project::{Class, File};
use crate::source::Sources;

/// The objects that a repository's manifests define.
pub(super) struct Elsewhere<'p> {
    files: &'p [File],
    /// Put together when the first finding asks: most runs have none that does.
    defined: OnceLock<Defined<'p>>,
}

/// What manifests define, with their folders.
#[derive(Default)]
struct Defined<'p> {
    /// The kinds of the objects of a name.
    by_name: BTreeMap<String, BTreeSet<(String, &'p str)>>,
    /// The labels of pods.
    pods: BTreeSet<(BTreeMap<String, String>, &'p str)>,
}

impl<'p> Elsewhere<'p> {
    pub(super) fn new(files: &'p [File]) -> Self {
        Self { files, defined: OnceLock::new() }
    }

    /// Leaves out findings that something is missing which another folder defines, and counts them as undecided.
    pub(super) fn leave_open(&self, found: &mut Found, sources: &Sources) {
        let Found { findings, undecided, .. } = found;
        findings.retain(|finding| {
            let is_open = self.is_open(finding, sources);
            undecided.note(&finding.rule, usize::from(is_open));
            !is_open
        });
    }

    fn is_open(&self, finding: &Finding, sources: &Sources) -> bool {
        let Finding { sought: Some(sought), object: Some(object), primary, .. } = finding else {
            return false;
        };
        let path = sources.path(primary.span.source);
        let own = folder(&path);
        let Defined { by_name, pods } = self.defined();
        match &**sought {
            // An object of its own kind is another of those that miss the same.
            Sought::Object(name) => by_name.get(name).is_some_and(|known| {
                known.iter().any(|(kind, other)| *kind != object.kind && *other != own)
            }),
            Sought::Pods(labels) => {
                let carries = |own: &BTreeMap<_, _>| {
                    labels.iter().all(|(key, value)| own.get(key) == Some(value))
                };
                !labels.is_empty() && pods.iter().any(|(pod, other)| *other != own && carries(pod))
            }
        }
    }

    fn defined(&self) -> &Defined<'p> {
        self.defined.get_or_init(|| {
            let manifests = self.files.par_iter().filter(|file| file.class == Class::Manifest);
            manifests.map(Defined::by).reduce(Defined::default, Defined::and)
        })
    }
}

impl<'p> Defined<'p> {
    /// What a file defines. Nothing where it can no longer be read, of which the run tells where it judges it.
    fn by(file: &'p File) -> Self {
        let mut defined = Self::default();
        if let Ok(taken) = file.taken_down() {
            let documents = taken.stream().into_iter().flat_map(|stream| &stream.documents);
            let folder = folder(&file.path);
            documents
                .flat_map(|document| objects(document))
                .for_each(|object| defined.add(&object, folder));
        }
        defined
    }

    fn add(&mut self, object: &Object<'_>, folder: &'p str) {
        let named = self.by_name.entry(object.name().to_owned()).or_default();
        named.insert((object.kind.to_owned(), folder));
        let labels = labels_of(object.pod_labels());
        if !labels.is_empty() {
            self.pods.insert((labels, folder));
        }
    }

    fn and(mut self, other: Self) -> Self {
        for (name, known) in other.by_name {
            self.by_name.entry(name).or_default().extend(known);
        }
        self.pods.extend(other.pods);
        self
    }
}
