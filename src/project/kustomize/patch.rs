//! Files that change objects and are none: kustomize's patches.

use std::collections::HashSet;

use super::{Kustomization, all, items};
use crate::project::classify::Class;
use crate::project::file::File;
use crate::project::tree::{join, parent, upwards};

/// Takes patches out of the manifests: they hold a part of an object, so whatever is missing there is no fault.
///
/// A patch is what a kustomization names as one. So is, beside or below a kustomization, what is called a patch and is
/// not taken in: scaffolds come with patches that wait to be switched on.
pub(in crate::project) fn set_aside(files: &mut [File]) {
    let kustomizations = all(files);
    let patches = paths(&kustomizations);
    let (mut taken_in, mut folders) = (HashSet::new(), HashSet::new());
    for kustomization in kustomizations {
        folders.insert(kustomization.directory.to_owned());
        taken_in.extend(kustomization.resources);
    }
    let waits = |path: &str| {
        let folder = upwards(parent(path)).find(|folder| folders.contains(*folder));
        folder.is_some_and(|folder| is_called_patch(&path[folder.len()..]))
            && !taken_in.contains(path)
    };
    for file in files {
        if file.class == Class::Manifest && (patches.contains(&file.path) || waits(&file.path)) {
            file.class = Class::Other;
        }
    }
}

/// The files that kustomizations name as patches.
pub(in crate::project) fn paths(kustomizations: &[Kustomization<'_>]) -> HashSet<String> {
    let mut found = HashSet::new();
    for Kustomization { root, directory, .. } in kustomizations {
        for key in ["patches", "patchesStrategicMerge", "patchesJson6902"] {
            let paths =
                items(*root, key).filter_map(|item| item.get("path").unwrap_or(item).as_str());
            // An inline patch is a text of many lines.
            let paths = paths.filter(|path| !path.contains('\n'));
            found.extend(paths.map(|path| join(directory, path)));
        }
    }
    found
}

/// Whether one of the words of a path says so.
fn is_called_patch(path: &str) -> bool {
    let mut words = path.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.any(|word| matches!(word.to_ascii_lowercase().as_str(), "patch" | "patches"))
}
