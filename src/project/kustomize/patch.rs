//! Files that change objects and are none: kustomize's patches, and what else it reads by itself.

use std::collections::HashSet;

use super::{Kustomization, all, items};
use crate::project::classify::Class;
use crate::project::file::File;
use crate::project::tree::{join, parent, upwards};
use crate::yaml::Node;

/// Takes patches out of the manifests: they hold a part of an object, so whatever is missing there is no fault.
///
/// So are its transformers, generators and validators, which no cluster knows.
///
/// A patch is what a kustomization names as one. So is, beside or below a kustomization, what is called a patch and is
/// not taken in: scaffolds come with patches that wait to be switched on.
pub(in crate::project) fn set_aside(files: &mut [File]) {
    let kustomizations = all(files);
    let mut patches = paths(&kustomizations);
    patches.extend(kustomizations.iter().flat_map(configuration));
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

/// The files by which a kustomization makes, changes and checks objects.
fn configuration(kustomization: &Kustomization<'_>) -> impl Iterator<Item = String> {
    let Kustomization { root, directory, .. } = *kustomization;
    let entries = ["transformers", "generators", "validators", "configurations"]
        .into_iter()
        .flat_map(move |key| items(root, key));
    entries.filter_map(move |entry| Some(join(directory, entry.as_str()?)))
}

/// Where a patch of a kustomization stands.
pub(super) enum Written<'p> {
    /// In the kustomization, as a text.
    Here(&'p str),
    /// In the file at this path.
    File(String),
}

/// The patches of a kustomization, each with the target that is said beside it.
pub(super) fn each<'p>(
    kustomization: &Kustomization<'p>,
) -> impl Iterator<Item = (Written<'p>, Option<Node<'p>>)> + use<'p> {
    let Kustomization { root, directory, .. } = *kustomization;
    let entries = ["patches", "patchesStrategicMerge", "patchesJson6902"]
        .into_iter()
        .flat_map(move |key| items(root, key));
    entries.filter_map(move |entry| {
        let given = entry.get("patch").or_else(|| entry.get("path")).unwrap_or(entry).as_str()?;
        // An inline patch is a text of many lines.
        let written = match given.contains('\n') {
            true => Written::Here(given),
            false => Written::File(join(directory, given)),
        };
        Some((written, entry.get("target")))
    })
}

/// The files that kustomizations name as patches.
pub(in crate::project) fn paths(kustomizations: &[Kustomization<'_>]) -> HashSet<String> {
    let file = |(written, _)| match written {
        Written::File(path) => Some(path),
        Written::Here(_) => None,
    };
    kustomizations.iter().flat_map(each).filter_map(file).collect()
}

/// Whether one of the words of a path says so.
fn is_called_patch(path: &str) -> bool {
    let mut words = path.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.any(|word| matches!(word.to_ascii_lowercase().as_str(), "patch" | "patches"))
}
