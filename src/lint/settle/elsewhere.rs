//! Findings that something is missing, although another folder of the repository defines it, or declares a release that
//! may create it. The repository does not say whether both are deployed together, so such findings cannot be decided. The
//! same holds for values that a chart does not read, in a values file that something else reads, too.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher as _, Hash};
use std::sync::{Mutex, OnceLock, PoisonError};

use foldhash::fast::{FixedState, RandomState};

use crate::finding::{Finding, Sought};
use crate::kube::{Object, labels, objects};
use crate::lint::found::Found;
use crate::lint::shared::Shared;
use crate::project::{Class, File, Project, Release, parent};
use crate::source::Sources;
use crate::yaml::Node;

/// The objects that manifests define, kustomizations generate or releases may create, in the whole repository.
pub(in crate::lint) struct Elsewhere<'p> {
    /// The definitions in each manifest and kustomization, until they are indexed.
    manifests: Shared<&'p File, Mutex<Vec<Known<'p>>>>,
    /// The templates outside of charts: what objects they make is not known.
    templates: Vec<&'p File>,
    releases: &'p [Release],
    /// Whether a manifest declares a release of a chart that is only known in the cluster: it may create anything.
    is_open_ended: bool,
    read_by_others: &'p BTreeSet<String>,
    /// The index, made for the first finding that needs it: most runs have none.
    defined: OnceLock<Defined<'p>>,
    /// The words of the templates, made likewise: the templates that a word stands in, as indexes into `templates`.
    templated: OnceLock<HashMap<Digest, Vec<u32>, RandomState>>,
}

/// The most different words of templates that are known. Templates beyond these define nothing.
const MAX_WORDS: usize = 1 << 20;

/// An index of all definitions. It has digests of names, kinds and labels, as few of these are ever looked up.
struct Defined<'p> {
    /// The objects by name.
    by_name: HashMap<Digest, Vec<Definition<'p>>, RandomState>,
    /// The label sets of pods, with the folders that have such pods.
    pods: Vec<(Labels, BTreeSet<&'p str>)>,
    /// The label sets, as indexes into `pods`, that contain a label.
    carriers: HashMap<Digest, Vec<usize>, RandomState>,
    /// The releases by name.
    releases: HashMap<&'p str, Vec<&'p Release>, RandomState>,
    /// The releases by the name of their chart.
    charts: HashMap<&'p str, Vec<&'p Release>, RandomState>,
}

/// An object that a manifest defines or a kustomization generates.
struct Definition<'p> {
    kind: Digest,
    folder: &'p str,
    /// Whether a kustomization generates it, so that it is not among the manifests of its own folder either.
    generated: bool,
}

/// The hash of a text, or of a label's key and value.
type Digest = u64;

/// The labels of a pod, sorted.
type Labels = Vec<Digest>;

fn digest(of: impl Hash) -> Digest {
    FixedState::with_seed(0).hash_one(of)
}

impl<'p> Elsewhere<'p> {
    pub(in crate::lint) fn new(project: &'p Project) -> Self {
        let Project { files, releases, unresolved, read_by_others, .. } = project;
        let defines = |file: &&File| matches!(file.class, Class::Manifest | Class::Kustomization);
        let manifests = files.iter().filter(defines);
        let manifests = Shared::new(manifests);
        let templates = files.iter().filter(|file| file.class == Class::Template).collect();
        let open: HashSet<_> = unresolved
            .iter()
            .filter(|one| one.chart_path.is_none())
            .map(|one| one.declared.source)
            .collect();
        let is_open_ended = !open.is_empty()
            && files
                .iter()
                .any(|file| file.class == Class::Manifest && open.contains(&file.source));
        let (defined, templated) = (OnceLock::new(), OnceLock::new());
        Self { manifests, templates, releases, is_open_ended, read_by_others, defined, templated }
    }

    /// Drops the findings that cannot be decided, and counts them as undecided.
    pub(super) fn leave_open(&self, found: &mut Found, sources: &Sources) {
        let Found { findings, undecided, .. } = found;
        findings.retain(|finding| {
            let is_open = self.is_open(finding, sources);
            undecided.note(&finding.rule, usize::from(is_open));
            !is_open
        });
    }

    fn is_open(&self, finding: &Finding, sources: &Sources) -> bool {
        let Finding { sought: Some(sought), object, primary, .. } = finding else {
            return false;
        };
        let path = sources.path(primary.span.source);
        let own = parent(&path);
        if !finding.releases.is_empty() && !matches!(**sought, Sought::Reader) {
            return self.defined().is_of_another(sought, &finding.releases);
        }
        match &**sought {
            Sought::Object(name) => {
                let kind = object.as_ref().map(|object| digest(&object.kind));
                // An object of the same kind only misses the same thing.
                let defines = |known: &Definition<'_>| {
                    Some(known.kind) != kind && (known.generated || known.folder != own)
                };
                let defined = self.defined();
                let known = defined.by_name.get(&digest(name));
                // What a chart makes under a name has no other part of that name in a manifest beside it.
                let is_begun =
                    |known: &Definition<'_>| Some(known.kind) != kind && known.folder == own;
                self.is_open_ended && !known.is_some_and(|known| known.iter().any(is_begun))
                    || known.is_some_and(|known| known.iter().any(defines))
                    || defined.may_be_released(name)
                    || self.may_be_templated([name].into_iter())
            }
            Sought::Pods(labels) => {
                let wanted: Labels = labels.iter().map(digest).collect();
                let stands_elsewhere =
                    |folders: &BTreeSet<&str>| folders.iter().any(|other| *other != own);
                let carries =
                    |own: &Labels| wanted.iter().all(|label| own.binary_search(label).is_ok());
                let defined = self.defined();
                let mut pods = defined.pods_with_any(&wanted);
                pods.any(|(pod, folders)| stands_elsewhere(folders) && carries(pod))
                    || self.is_open_ended
                    || labels.values().any(|value| defined.is_released(value))
                    || self.may_be_templated(labels.values())
            }
            Sought::Reader => self.read_by_others.contains(&path),
        }
    }

    /// Whether a template outside of charts may make what is sought: all of these names are in its text.
    fn may_be_templated<'n>(&self, names: impl Iterator<Item = &'n String>) -> bool {
        if self.templates.is_empty() {
            return false;
        }
        let words = self.templated.get_or_init(|| self.words());
        let lists: Option<Vec<_>> = names.map(|name| words.get(&digest(name))).collect();
        let lists = lists.unwrap_or_default();
        let Some(shortest) = lists.iter().min_by_key(|list| list.len()) else { return false };
        shortest.iter().any(|at| lists.iter().all(|list| list.binary_search(at).is_ok()))
    }

    /// The words of the templates, with what belongs to a name: one is not found within another.
    fn words(&self) -> HashMap<Digest, Vec<u32>, RandomState> {
        let ends = |letter: char| !letter.is_ascii_alphanumeric() && !"-_.".contains(letter);
        let mut words: HashMap<Digest, Vec<u32>, RandomState> = HashMap::default();
        for (at, file) in (0..).zip(&self.templates) {
            let Ok(file) = file.taken_down() else { continue };
            for word in file.text().split(ends).filter(|word| !word.is_empty()) {
                if words.len() >= MAX_WORDS {
                    return words;
                }
                let known = words.entry(digest(word)).or_default();
                if known.last() != Some(&at) {
                    known.push(at);
                }
            }
        }
        words
    }

    fn defined(&self) -> &Defined<'p> {
        if let Some(known) = self.defined.get() {
            return known;
        }
        let defined = self.manifests.all(|file| Mutex::new(definitions(file)));
        self.defined.get_or_init(|| {
            let taken = |defined: &Mutex<Vec<_>>| {
                std::mem::take(&mut *defined.lock().unwrap_or_else(PoisonError::into_inner))
            };
            Defined::of(defined.flat_map(|(_, defined)| taken(defined)), self.releases)
        })
    }
}

/// The name of a definition, the definition, and the labels of its pods.
type Known<'p> = (Digest, Definition<'p>, Labels);

/// The definitions in a file. None if it can no longer be read, which is reported where the file is judged.
fn definitions(file: &File) -> Vec<Known<'_>> {
    let Ok(taken) = file.taken_down() else { return Vec::new() };
    let documents = taken.stream().into_iter().flat_map(|stream| &stream.documents);
    let folder = parent(&file.path);
    if file.class == Class::Kustomization {
        let roots = documents.filter_map(|document| document.root());
        return roots.flat_map(generated).map(|(kind, name)| made(kind, name, folder)).collect();
    }
    let known = |object: Object<'_>| {
        let definition = Definition { kind: digest(object.kind), folder, generated: false };
        let mut carried: Labels = labels(object.pod_labels()).map(digest).collect();
        carried.sort_unstable();
        (digest(object.name()), definition, carried)
    };
    documents.flat_map(|document| objects(document)).map(known).collect()
}

/// The kinds and names of the objects that a kustomization's generators make.
fn generated(root: Node<'_>) -> impl Iterator<Item = (&'static str, &str)> {
    let generators = [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")];
    generators.into_iter().flat_map(move |(key, kind)| {
        let entries = root.get(key).into_iter().flat_map(|list| list.items());
        entries.filter_map(move |entry| Some((kind, entry.get("name")?.as_str()?)))
    })
}

/// The definition of an object that a kustomization in a folder generates.
fn made<'p>(kind: &str, name: &str, folder: &'p str) -> Known<'p> {
    let definition = Definition { kind: digest(kind), folder, generated: true };
    (digest(name), definition, Labels::new())
}

impl<'p> Defined<'p> {
    fn of(all: impl Iterator<Item = Known<'p>>, releases: &'p [Release]) -> Self {
        let mut by_name = HashMap::<_, Vec<_>, _>::default();
        let mut known_pods = HashMap::<Labels, BTreeSet<_>, RandomState>::default();
        for (name, definition, labels) in all {
            if !labels.is_empty() {
                known_pods.entry(labels).or_default().insert(definition.folder);
            }
            by_name.entry(name).or_default().push(definition);
        }
        let pods: Vec<_> = known_pods.into_iter().collect();
        let mut carriers = HashMap::<_, Vec<_>, _>::default();
        for (at, (labels, _)) in pods.iter().enumerate() {
            for label in labels {
                carriers.entry(*label).or_default().push(at);
            }
        }
        let (mut named, mut charts) = (HashMap::<_, Vec<_>, _>::default(), HashMap::default());
        for release in releases {
            // Releases without a name are not declared anywhere.
            let Some(name) = release.name.as_deref() else { continue };
            named.entry(name).or_default().push(release);
            if let Some(chart) = release.chart.name.as_deref() {
                let of_chart: &mut Vec<_> = charts.entry(chart).or_default();
                of_chart.push(release);
            }
        }
        Self { by_name, pods, carriers, releases: named, charts }
    }

    /// Whether a release may create an object of this name.
    fn may_be_released(&self, name: &str) -> bool {
        makers(name).any(|maker| self.releases.contains_key(maker))
    }

    /// Whether a label's value is the name of a release or a chart, which charts use to label their pods.
    fn is_released(&self, label: &str) -> bool {
        self.releases.contains_key(label) || self.charts.contains_key(label)
    }

    /// Whether another release, which may be in the same namespace, may create what is missing from these releases
    /// (`namespace/name`).
    fn is_of_another(&self, sought: &Sought, own: &[String]) -> bool {
        let own: Vec<(Option<&str>, &str)> = own
            .iter()
            .map(|own| match own.split_once('/') {
                Some((namespace, name)) => (Some(namespace), name),
                None => (None, own.as_str()),
            })
            .collect();
        let is_another = |release: &&Release| {
            let other = release.namespace.as_deref();
            let is_near = |own: Option<&str>| own.is_none() || other.is_none() || own == other;
            own.iter().all(|(_, name)| release.name.as_deref() != Some(name))
                && own.iter().any(|(namespace, _)| is_near(*namespace))
        };
        let any = |releases: Option<&Vec<&'p Release>>| {
            releases.is_some_and(|releases| releases.iter().any(is_another))
        };
        // Releases of the same chart have further labels to tell their pods apart.
        let is_own_chart = |chart: &str| {
            let of_name = own.iter().filter_map(|(_, name)| self.releases.get(name)).flatten();
            of_name.into_iter().any(|release| release.chart.name.as_deref() == Some(chart))
        };
        match sought {
            Sought::Object(name) => makers(name).any(|maker| any(self.releases.get(maker))),
            Sought::Pods(labels) => labels.values().map(String::as_str).any(|label| {
                any(self.releases.get(label)) || any(self.charts.get(label)) && !is_own_chart(label)
            }),
            Sought::Reader => false,
        }
    }

    /// Pods with one of these labels, the one that the fewest pods have; with the folders that have such pods.
    fn pods_with_any(&self, labels: &Labels) -> impl Iterator<Item = &(Labels, BTreeSet<&'p str>)> {
        let carriers =
            labels.iter().map(|label| self.carriers.get(label).map_or(&[][..], Vec::as_slice));
        let fewest = carriers.min_by_key(|places| places.len()).unwrap_or_default();
        fewest.iter().map(|&at| &self.pods[at])
    }
}

/// The names of releases that may create an object of a name: charts name objects after their release, as `web-redis`
/// after `web`.
fn makers(name: &str) -> impl Iterator<Item = &str> {
    let begun = name.match_indices('-').map(|(end, _)| &name[..end]);
    begun.chain([name])
}
