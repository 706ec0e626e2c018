//! Images that skaffold builds. In every manifest that it deploys, and in what it renders of charts, skaffold replaces
//! their names by the built image with its tag (`pkg/skaffold/kubernetes/manifest/images.go`).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::class::Class;
use super::file::File;
use super::kustomize::Rewrites;
use super::node::scalar_text;
use super::path::{parent, upwards};
use crate::yaml::Node;

/// Adds the images that a `skaffold.yaml` beside or above a manifest builds to what is replaced in the manifest; and,
/// under the path of that file itself, to what is replaced in its releases.
pub(super) fn add_built(files: &[File], rewrites: &mut BTreeMap<String, Arc<Rewrites>>) {
    let mut built: HashMap<&str, BTreeSet<String>> = HashMap::new();
    for file in files.iter().filter(|file| file.class == Class::Skaffold) {
        let images = file.roots().flat_map(images);
        built.entry(parent(&file.path)).or_default().extend(images);
    }
    built.retain(|_, images| !images.is_empty());
    if built.is_empty() {
        return;
    }
    // What a release in such a file renders to is replaced as well.
    for file in files.iter().filter(|file| file.class == Class::Skaffold) {
        if let Some(images) = built.get(parent(&file.path)) {
            let with = Rewrites { images: images.clone(), ..Rewrites::default() };
            rewrites.insert(file.path.clone(), Arc::new(with));
        }
    }
    // Manifests in one folder with the same rewrites share the new ones, too. They are compared by address.
    let mut known: HashMap<(&str, Option<*const Rewrites>), Option<Arc<Rewrites>>> = HashMap::new();
    for file in files.iter().filter(|file| file.class == Class::Manifest) {
        let (directory, before) = (parent(&file.path), rewrites.get(&file.path));
        let with = known.entry((directory, before.map(Arc::as_ptr))).or_insert_with(|| {
            let images = upwards(directory).filter_map(|above| built.get(above)).flatten();
            let images: BTreeSet<String> = images.cloned().collect();
            (!images.is_empty()).then(|| {
                let mut with = before.map(|before| (**before).clone()).unwrap_or_default();
                with.images.extend(images);
                Arc::new(with)
            })
        });
        if let Some(with) = with.clone() {
            rewrites.insert(file.path.clone(), with);
        }
    }
}

/// The images that a configuration builds, including those of its profiles.
fn images(root: Node<'_>) -> impl Iterator<Item = String> {
    let profiles = root.get("profiles").into_iter().flat_map(|profiles| profiles.items());
    std::iter::once(root)
        .chain(profiles)
        .filter_map(|part| part.at(&["build", "artifacts"]))
        .flat_map(|artifacts| artifacts.items())
        .filter_map(|artifact| artifact.get("image").and_then(scalar_text))
}
