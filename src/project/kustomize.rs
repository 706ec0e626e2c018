//! Kustomizations: which files they include, and which other kustomizations include them.

mod applied;
mod field;
pub(super) mod patch;
mod rewrite;

use std::collections::{BTreeSet, HashMap};
use std::ops::Deref;

use foldhash::fast::RandomState;

use super::class::Class;
use super::file::File;
use super::node::scalar_text;
use super::path::{join, parent};
use crate::yaml::Node;
pub(super) use applied::{Application, Applied, Object, Way};
pub use field::{Field, Patched, path};
pub use rewrite::{NewTag, Rewrites};
pub(super) use rewrite::{new_tags, rewrites};

/// One `kustomization.yaml`.
pub(super) struct Kustomization<'p> {
    pub(super) file: &'p File,
    pub(super) directory: &'p str,
    pub(super) root: Node<'p>,
    pub(super) namespace: Option<String>,
    /// The files and directories that it includes.
    pub(super) resources: BTreeSet<String>,
}

/// Every kustomization, by path.
#[derive(Default)]
pub(super) struct Kustomizations<'p> {
    list: Vec<Kustomization<'p>>,
    /// The kustomizations that include a path, by index.
    takers: HashMap<String, Vec<usize>, RandomState>,
    /// Those in a directory, by index.
    places: HashMap<&'p str, usize, RandomState>,
}

impl<'p> Deref for Kustomizations<'p> {
    type Target = [Kustomization<'p>];

    fn deref(&self) -> &[Kustomization<'p>] {
        &self.list
    }
}

impl<'p> Kustomizations<'p> {
    pub(super) fn among(files: &'p [File]) -> Self {
        let mut all = Self::default();
        for file in files.iter().filter(|file| file.class == Class::Kustomization) {
            let Some(root) = file.roots().next() else { continue };
            let directory = parent(&file.path);
            let mut resources = BTreeSet::new();
            for key in ["resources", "bases", "components", "crds"] {
                let paths = items(root, key).filter_map(Node::as_str);
                resources.extend(paths.map(|path| join(directory, path)));
            }
            for path in &resources {
                all.takers.entry(path.clone()).or_default().push(all.list.len());
            }
            let namespace = root.get("namespace").and_then(scalar_text);
            all.places.entry(directory).or_insert(all.list.len());
            all.list.push(Kustomization { file, directory, root, namespace, resources });
        }
        all
    }

    /// The kustomization in a directory.
    pub(super) fn at(&self, directory: &str) -> Option<&Kustomization<'p>> {
        self.places.get(directory).map(|&at| &self.list[at])
    }

    /// The kustomizations that include a path.
    pub(super) fn around(&self, path: &str) -> impl Iterator<Item = &Kustomization<'p>> {
        self.takers.get(path).into_iter().flatten().map(|&at| &self.list[at])
    }

    /// All chains of kustomizations that include a path, directly or through each other: one for each outermost
    /// kustomization, with the innermost first. Empty if none includes it.
    pub(super) fn ways_up(&self, path: &str) -> Vec<Vec<&Kustomization<'p>>> {
        let mut found = Vec::new();
        self.climb(path, &[], &mut found);
        found
    }

    fn climb<'k>(
        &'k self,
        path: &str,
        way: &[&'k Kustomization<'p>],
        found: &mut Vec<Vec<&'k Kustomization<'p>>>,
    ) {
        let outer: Vec<_> = self.around(path).collect();
        if (outer.is_empty() && !way.is_empty()) || way.len() > 20 || found.len() > 200 {
            found.push(way.to_vec());
            return;
        }
        for kustomization in outer {
            if way.iter().any(|known| known.directory == kustomization.directory) {
                continue;
            }
            let mut way = way.to_vec();
            way.push(kustomization);
            self.climb(kustomization.directory, &way, found);
        }
    }
}

/// The items of a list in a kustomization.
pub(super) fn items<'p>(root: Node<'p>, key: &str) -> impl Iterator<Item = Node<'p>> + use<'p> {
    root.get(key).into_iter().flat_map(|list| list.items())
}
