//! Flux's own Kustomizations: what they apply, and through which kustomizations.
//!
//! Mirrors kustomize-controller (`api/v1/kustomization_types.go`) and the generator of fluxcd/pkg
//! (`kustomize/kustomize_generator.go`).

use std::collections::{BTreeSet, HashMap};

use super::{Kustomization, Kustomizations};
use crate::project::class::Class;
use crate::project::file::File;
use crate::project::node::scalar_text;
use crate::project::path::{is_below, join, parent, upwards};
use crate::project::tree::Tree;
use crate::project::word::Word;
use crate::yaml::Node;

/// An object of the repository.
#[derive(Clone, Copy)]
pub(in crate::project) struct Object<'p> {
    pub(in crate::project) file: &'p File,
    pub(in crate::project) root: Node<'p>,
}

impl Object<'_> {
    pub(in crate::project) fn name(&self) -> Option<String> {
        self.root.at(&["metadata", "name"]).and_then(scalar_text)
    }

    pub(in crate::project) fn namespace(&self) -> Option<String> {
        self.root.at(&["metadata", "namespace"]).and_then(scalar_text)
    }
}

/// One of Flux's Kustomizations.
pub(in crate::project) struct Application<'p> {
    pub(in crate::project) object: Object<'p>,
    /// The directory that it applies.
    pub(in crate::project) directory: String,
    /// What it changes: its `spec` has patches and images as a kustomization has them.
    pub(super) changes: Kustomization<'p>,
}

impl<'p> Application<'p> {
    fn new(object: Object<'p>, tree: &Tree<'_>) -> Self {
        let Object { file, root } = object;
        let spec = root.get("spec").unwrap_or(root);
        let text = |key: &str| spec.get(key).and_then(scalar_text);
        let path = text("path").unwrap_or_default();
        let directory = applied_path(path.trim_start_matches('/'), file, tree);
        let changes = Kustomization {
            file,
            directory: parent(&file.path),
            root: spec,
            namespace: text("targetNamespace"),
            resources: BTreeSet::new(),
        };
        Self { object, directory, changes }
    }

    /// The directories of the components that it adds.
    pub(in crate::project) fn components(&self) -> impl Iterator<Item = String> {
        let listed = self.changes.root.get("components").into_iter().flat_map(Node::items);
        listed.map(|component| join(&self.directory, component.raw()))
    }

    /// Whether the directory that it applies depends on variables, which another Kustomization may substitute.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.directory.contains("${")
    }
}

/// The directory that a Flux Kustomization applies. Its path is relative to the top of the repository, or to a folder from
/// which an artifact is made.
fn applied_path(path: &str, file: &File, tree: &Tree<'_>) -> String {
    let at_top = tree.from_top(&file.path, path);
    if tree.is_directory(&at_top) {
        return at_top;
    }
    let mut above = tree.upwards(parent(&file.path)).map(|folder| join(folder, path));
    above.find(|path| tree.is_directory(path)).unwrap_or(at_top)
}

/// One way in which a file is deployed.
#[derive(Clone)]
pub(in crate::project) struct Way<'k, 'p> {
    /// The kustomizations that include it, the innermost first.
    pub(in crate::project) kustomizations: Vec<&'k Kustomization<'p>>,
    /// The Flux Kustomization that applies the outermost of these, or the directory around the file.
    pub(in crate::project) applied: Option<&'k Application<'p>>,
}

/// Flux's Kustomizations in a repository.
#[derive(Default)]
pub(in crate::project) struct Applied<'p> {
    list: Vec<Application<'p>>,
    /// Indexes into the list, by the directory that is applied.
    by_directory: HashMap<String, Vec<usize>>,
    /// The same by the directory of a component that is added.
    adding: HashMap<String, Vec<usize>>,
}

impl<'p> Applied<'p> {
    pub(in crate::project) fn among(tree: &Tree<'p>) -> Self {
        let mut all = Self::default();
        let declares = |file: &&File| file.holds(Word::FluxKustomization);
        for file in tree.of(Class::Manifest).filter(declares) {
            for root in file.objects() {
                let text = |key: &str| root.get(key).and_then(Node::as_str).unwrap_or_default();
                let group = text("apiVersion").split('/').next().unwrap_or_default();
                if (group, text("kind")) != (Word::FluxKustomization.as_str(), "Kustomization") {
                    continue;
                }
                let one = Application::new(Object { file, root }, tree);
                let at = all.list.len();
                for component in one.components() {
                    all.adding.entry(component).or_default().push(at);
                }
                all.by_directory.entry(one.directory.clone()).or_default().push(at);
                all.list.push(one);
            }
        }
        all
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Application<'p>> {
        self.list.iter()
    }

    fn of<'k>(
        &'k self,
        index: &'k HashMap<String, Vec<usize>>,
        directory: &str,
    ) -> impl Iterator<Item = &'k Application<'p>> {
        index.get(directory).into_iter().flatten().map(|&at| &self.list[at])
    }

    /// All ways in which the file at a path is deployed; at least one.
    pub(in crate::project) fn ways<'k>(
        &'k self,
        path: &str,
        all: &'k Kustomizations<'p>,
    ) -> Vec<Way<'k, 'p>> {
        let mut ways = Vec::new();
        for way in all.ways_up(path) {
            let before = ways.len();
            // If Flux applies a directory in the chain, kustomizations above it do not count.
            for depth in 1..=way.len() {
                let directory = way[depth - 1].directory;
                for applied in self.of(&self.by_directory, directory) {
                    let kustomizations = way[..depth].to_vec();
                    ways.push(Way { kustomizations, applied: Some(applied) });
                }
                // Or Flux adds a component to a directory that it applies.
                for applied in self.of(&self.adding, directory) {
                    let mut kustomizations = way[..depth].to_vec();
                    kustomizations.extend(all.at(&applied.directory));
                    ways.push(Way { kustomizations, applied: Some(applied) });
                }
            }
            if ways.len() == before {
                let top = way.last().map_or("", |outer| outer.directory);
                ways.push(Way { kustomizations: way, applied: self.around(top, all) });
            }
        }
        if ways.is_empty() {
            let applied = self.around(parent(path), all);
            ways.push(Way { kustomizations: Vec::new(), applied });
        }
        ways
    }

    /// The Flux Kustomization for the nearest directory around files without a `kustomization.yaml`. Flux generates one for
    /// everything below such a directory.
    fn around(&self, directory: &str, all: &Kustomizations<'p>) -> Option<&Application<'p>> {
        let generated = upwards(directory)
            .filter(|folder| !folder.is_empty() && all.at(folder).is_none())
            .flat_map(|folder| self.of(&self.by_directory, folder));
        let lies_beside =
            |one: &&Application<'_>| !is_below(parent(&one.object.file.path), directory);
        generated.into_iter().find(lies_beside)
    }
}
