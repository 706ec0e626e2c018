//! Files that change objects and are none: kustomize's patches.

use std::collections::HashSet;

use super::classify::Class;
use super::file::File;
use super::tree::{join, parent};

/// Takes the files that kustomizations name as patches out of the manifests: they hold a part of
/// an object, so whatever is missing there is no fault.
pub(super) fn set_aside(files: &mut [File]) {
    let mut patches = HashSet::new();
    for file in files.iter().filter(|file| file.class == Class::Kustomization) {
        for root in file.roots() {
            for key in ["patches", "patchesStrategicMerge", "patchesJson6902"] {
                let items = root.get(key).into_iter().flat_map(crate::yaml::Node::items);
                let paths = items.filter_map(|item| item.get("path").unwrap_or(item).as_str());
                // An inline patch is a text of many lines.
                for path in paths.filter(|path| !path.contains('\n')) {
                    patches.insert(join(parent(&file.path), path));
                }
            }
        }
    }
    for file in files {
        if file.class == Class::Manifest && patches.contains(&file.path) {
            file.class = Class::Other;
        }
    }
}
