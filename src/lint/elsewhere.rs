//! What an object misses beside it, while another folder of the repository defines it: whether both are deployed
//! together, the repository does not say.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use rayon::prelude::*;

use super::run::folder;
use super::unit::Found;
use crate::finding::Finding;
use crate::kube::objects;
use crate::project::{Class, File};
use crate::source::Sources;

/// The objects that a repository's manifests define.
pub(super) struct Elsewhere<'p> {
    files: &'p [File],
    /// The kinds and the folders of the objects of a name. Put together when the first finding asks: most runs
    /// have none that does.
    by_name: OnceLock<HashMap<String, BTreeSet<(String, &'p str)>>>,
}

impl<'p> Elsewhere<'p> {
    pub(super) fn new(files: &'p [File]) -> Self {
        Self { files, by_name: OnceLock::new() }
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
        let Finding { sought: Some(name), object: Some(object), primary, .. } = finding else {
            return false;
        };
        let path = sources.path(primary.span.source);
        // An object of its own kind is another of those that miss the same.
        let is_elsewhere =
            |(kind, other): &(String, &str)| *kind != object.kind && *other != folder(&path);
        self.by_name().get(&**name).is_some_and(|known| known.iter().any(is_elsewhere))
    }

    fn by_name(&self) -> &HashMap<String, BTreeSet<(String, &'p str)>> {
        self.by_name.get_or_init(|| {
            let manifests = self.files.par_iter().filter(|file| file.class == Class::Manifest);
            let named: Vec<_> = manifests.flat_map_iter(named).collect();
            let mut by_name: HashMap<_, BTreeSet<_>> = HashMap::new();
            for (name, kind, folder) in named {
                by_name.entry(name).or_default().insert((kind, folder));
            }
            by_name
        })
    }
}

/// The objects of a file: name, kind and folder. None of a file that can no longer be read, of which the run
/// tells where it judges it.
fn named(file: &File) -> Vec<(String, String, &str)> {
    let Ok(taken) = file.taken_down() else { return Vec::new() };
    let documents = taken.stream().into_iter().flat_map(|stream| &stream.documents);
    let folder = folder(&file.path);
    documents
        .flat_map(|document| objects(document))
        .map(|object| (object.name().to_owned(), object.kind.to_owned(), folder))
        .collect()
}
