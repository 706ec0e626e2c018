//! Kustomizations: what they take in, and how they wrap what lies below them.

mod field;
pub(super) mod patch;
mod rewrite;

use std::collections::BTreeSet;

use super::chart::scalar_text;
use super::classify::Class;
use super::file::File;
use super::tree::{join, parent};
use crate::yaml::Node;
pub use field::{Field, path};
pub use rewrite::{NewTag, Rewrites};
pub(super) use rewrite::{new_tags, rewrites};

/// One `kustomization.yaml`.
pub(super) struct Kustomization<'p> {
    pub(super) file: &'p File,
    pub(super) directory: &'p str,
    pub(super) root: Node<'p>,
    pub(super) namespace: Option<String>,
    /// Files and directories it takes in.
    pub(super) resources: BTreeSet<String>,
}

/// Every kustomization, by path.
pub(super) fn all(files: &[File]) -> Vec<Kustomization<'_>> {
    let files = files.iter().filter(|file| file.class == Class::Kustomization);
    files
        .filter_map(|file| {
            let root = file.roots().next()?;
            let directory = parent(&file.path);
            let mut resources = BTreeSet::new();
            for key in ["resources", "bases", "components", "crds"] {
                for item in items(root, key) {
                    if let Some(path) = item.as_str() {
                        resources.insert(join(directory, path));
                    }
                }
            }
            let namespace = root.get("namespace").and_then(scalar_text);
            Some(Kustomization { file, directory, root, namespace, resources })
        })
        .collect()
}

/// Every way up from a path through the kustomizations that take it in: the innermost first, one
/// way for each outermost. Empty when none takes it in.
pub(super) fn ways_up<'k, 'p>(
    path: &str,
    all: &'k [Kustomization<'p>],
) -> Vec<Vec<&'k Kustomization<'p>>> {
    fn climb<'k, 'p>(
        path: &str,
        all: &'k [Kustomization<'p>],
        way: &[&'k Kustomization<'p>],
        found: &mut Vec<Vec<&'k Kustomization<'p>>>,
    ) {
        let outer: Vec<_> =
            all.iter().filter(|kustomization| kustomization.resources.contains(path)).collect();
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
            climb(kustomization.directory, all, &way, found);
        }
    }
    let mut found = Vec::new();
    climb(path, all, &[], &mut found);
    found
}

/// The items of a list of a kustomization.
pub(in crate::project) fn items<'p>(
    root: Node<'p>,
    key: &str,
) -> impl Iterator<Item = Node<'p>> + use<'p> {
    root.get(key).into_iter().flat_map(|list| list.items())
}
