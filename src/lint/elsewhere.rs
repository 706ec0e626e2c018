//! What an object misses beside it, while another folder of the repository defines it: whether both are deployed
//! together, the repository does not say.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use rayon::prelude::*;

use super::run::folder;
use super::unit::Found;
use crate::finding::{Finding, Sought};
use crate::kube::{Object, labels_of, objects};
use crate::project::{Class, File, Project};
use crate::source::Sources;

/// The rules that say that nothing reads a value.
const UNREAD: [&str; 3] =
    ["values-key-unused", "values-key-misspelt", "values-subchart-key-misplaced"];

/// The objects that a repository's manifests define.
pub(super) struct Elsewhere<'p> {
    files: &'p [File],
    read_by_others: &'p BTreeSet<String>,
    /// Put together when the first finding asks: most runs have none that does.
    defined: OnceLock<Defined<'p>>,
}

/// What manifests define.
struct Defined<'p> {
    /// The objects of a name.
    by_name: HashMap<String, Vec<Definition<'p>>>,
    /// The labels of pods, with the folders that have such.
    pods: Vec<(BTreeMap<String, String>, BTreeSet<&'p str>)>,
    /// The places, among those, of the pods that carry a label.
    carriers: HashMap<(String, String), Vec<usize>>,
}

/// An object that a manifest defines.
struct Definition<'p> {
    kind: String,
    folder: &'p str,
}

impl<'p> Elsewhere<'p> {
    pub(super) fn new(project: &'p Project) -> Self {
        let Project { files, read_by_others, .. } = project;
        Self { files, read_by_others, defined: OnceLock::new() }
    }

    /// Leaves out findings that something is missing which another folder defines, and that nothing reads a value which
    /// something beside the chart may read; counts them as undecided.
    pub(super) fn leave_open(&self, found: &mut Found, sources: &Sources) {
        let Found { findings, undecided, .. } = found;
        findings.retain(|finding| {
            let is_open = self.is_open(finding, sources) || self.is_for_others(finding, sources);
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
        let defined = self.defined();
        match &**sought {
            // An object of its own kind is another of those that miss the same.
            Sought::Object(name) => defined.by_name.get(name).is_some_and(|known| {
                known.iter().any(|known| known.kind != object.kind && known.folder != own)
            }),
            Sought::Pods(labels) => {
                let carries = |own: &BTreeMap<_, _>| {
                    labels.iter().all(|(key, value)| own.get(key) == Some(value))
                };
                let stands_elsewhere =
                    |folders: &BTreeSet<&str>| folders.iter().any(|other| *other != own);
                let mut pods = defined.pods_with_any(labels);
                pods.any(|(pod, folders)| stands_elsewhere(folders) && carries(pod))
            }
        }
    }

    /// Whether a key of values may be for something else than the chart that does not read it.
    fn is_for_others(&self, finding: &Finding, sources: &Sources) -> bool {
        UNREAD.contains(&&*finding.rule)
            && self.read_by_others.contains(&sources.path(finding.primary.span.source))
    }

    fn defined(&self) -> &Defined<'p> {
        self.defined.get_or_init(|| {
            let manifests = self.files.par_iter().filter(|file| file.class == Class::Manifest);
            Defined::of(manifests.flat_map_iter(definitions).collect())
        })
    }
}

/// A name, what is called so, and the labels of its pods.
type Known<'p> = (String, Definition<'p>, BTreeMap<String, String>);

/// What a file defines. Nothing where it can no longer be read, of which the run tells where it judges it.
fn definitions(file: &File) -> Vec<Known<'_>> {
    let Ok(taken) = file.taken_down() else { return Vec::new() };
    let documents = taken.stream().into_iter().flat_map(|stream| &stream.documents);
    let folder = folder(&file.path);
    let known = |object: Object<'_>| {
        let definition = Definition { kind: object.kind.to_owned(), folder };
        (object.name().to_owned(), definition, labels_of(object.pod_labels()))
    };
    documents.flat_map(|document| objects(document)).map(known).collect()
}

impl<'p> Defined<'p> {
    fn of(all: Vec<Known<'p>>) -> Self {
        let (mut by_name, mut pods) =
            (HashMap::<_, Vec<_>>::new(), BTreeMap::<_, BTreeSet<_>>::new());
        for (name, definition, labels) in all {
            if !labels.is_empty() {
                pods.entry(labels).or_default().insert(definition.folder);
            }
            by_name.entry(name).or_default().push(definition);
        }
        let pods: Vec<_> = pods.into_iter().collect();
        let mut carriers = HashMap::<_, Vec<_>>::new();
        for (at, (labels, _)) in pods.iter().enumerate() {
            for (key, value) in labels {
                carriers.entry((key.clone(), value.clone())).or_default().push(at);
            }
        }
        Self { by_name, pods, carriers }
    }

    /// Pods that carry one of these labels, that which the fewest do; with the folders that have such.
    fn pods_with_any(
        &self,
        labels: &BTreeMap<String, String>,
    ) -> impl Iterator<Item = &(BTreeMap<String, String>, BTreeSet<&'p str>)> {
        let carriers = labels.iter().map(|(key, value)| {
            self.carriers.get(&(key.clone(), value.clone())).map_or(&[][..], Vec::as_slice)
        });
        let fewest = carriers.min_by_key(|places| places.len()).unwrap_or_default();
        fewest.iter().map(|&at| &self.pods[at])
    }
}
