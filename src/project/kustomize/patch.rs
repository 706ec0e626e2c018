//! Files that look like manifests, but are patches, or other files that only kustomize reads.

use std::collections::{BTreeSet, HashSet};

use rayon::prelude::*;

use super::{Kustomization, Kustomizations, items};
use crate::kube::Object;
use crate::project::class::Class;
use crate::project::file::File;
use crate::project::path::{base_name, join, parent, path_in_repository, upwards, within};
use crate::yaml::Node;

/// Removes patches from the manifests, since they are only parts of objects, and kustomize's transformers, generators and
/// validators, which no cluster knows; and the configuration of programs that a kustomization puts into a ConfigMap or
/// Secret: it looks like an object, but has no name.
///
/// A patch is a file that a kustomization names as one, or a helmfile (`named`). Beside or below a kustomization, it may
/// also be a file that is called a patch and not included: scaffolds come with patches that can be switched on. Or it is
/// only a part of an object, which a Makefile adds by `kustomize edit add patch`. Anywhere else, it may be a file in a folder
/// for patches of objects that other manifests define: a script adds them.
pub(in crate::project) fn set_aside(files: &mut [File], named: &BTreeSet<String>) {
    let kustomizations = Kustomizations::among(files);
    let mut patches = paths(&kustomizations);
    patches.extend(kustomizations.iter().flat_map(configuration));
    let contents: HashSet<String> = kustomizations.iter().flat_map(contents).collect();
    let (mut taken_in, mut folders) = (HashSet::new(), HashSet::new());
    for kustomization in kustomizations.list {
        folders.insert(kustomization.directory.to_owned());
        taken_in.extend(kustomization.resources);
    }
    let around = |path: &str| {
        upwards(parent(path)).find(|folder| folders.contains(*folder)).map(str::to_owned)
    };
    let of_scripts = of_known_objects(files, |path| {
        !taken_in.contains(path) && is_in_patches(path) && around(path).is_none()
    });
    let waits = |file: &File| {
        let path = file.path.as_str();
        match around(path) {
            _ if taken_in.contains(path) => false,
            Some(folder) => {
                let inside = within(&folder, path).unwrap_or_default();
                is_called_patch(&inside) || is_part(file, folder == parent(path))
            }
            None => is_called_patch(base_name(path)) && is_part(file, false),
        }
    };
    // This searches the texts of all manifests, so it is done in parallel.
    files.par_iter_mut().filter(|file| file.class == Class::Manifest).for_each(|file| {
        let is_named = patches.contains(&file.path)
            || named.contains(&file.path)
            || of_scripts.contains(&file.path);
        let is_content = || contents.contains(&file.path) && has_no_name(file);
        if is_named || is_content() || waits(file) {
            file.class = Class::Other;
        }
    });
}

/// The files in folders for patches of which all objects are defined in other manifests.
fn of_known_objects(files: &[File], is_patch: impl Fn(&str) -> bool) -> HashSet<String> {
    let manifests = || files.iter().filter(|file| file.class == Class::Manifest);
    let candidates: Vec<(&File, Vec<(String, String)>)> = manifests()
        .filter(|file| is_patch(&file.path))
        .map(|file| (file, identities(file)))
        .filter(|(_, objects)| !objects.is_empty())
        .collect();
    if candidates.is_empty() {
        return HashSet::new();
    }
    let patched: HashSet<_> = candidates.iter().flat_map(|(_, objects)| objects).collect();
    let others: Vec<&File> =
        manifests().filter(|file| !is_called_patch(&path_in_repository(&file.path))).collect();
    let known = others.par_iter().flat_map_iter(|file| identities(file));
    let known: HashSet<_> = known.filter(|object| patched.contains(object)).collect();
    let is_known = |(_, objects): &&(&File, Vec<_>)| objects.iter().all(|one| known.contains(one));
    candidates.iter().filter(is_known).map(|(file, _)| file.path.clone()).collect()
}

/// The kinds and names of the objects in a file.
fn identities(file: &File) -> Vec<(String, String)> {
    let Ok(file) = file.taken_down() else { return Vec::new() };
    let objects = file.objects().filter_map(Object::new);
    objects.map(|object| (object.kind.to_owned(), object.name().to_owned())).collect()
}

/// Whether a file only has parts of workloads, which cannot be objects by themselves: without a selector and the labels that
/// it selects, or with a container without an image. Beside a kustomization, a patch may have one with an image as well.
fn is_part(file: &File, beside: bool) -> bool {
    let is_part = |object: Node<'_>| {
        let Some((object, spec)) = Object::new(object).zip(object.get("spec")) else {
            return false;
        };
        let selects = match (object.api_version, object.kind) {
            ("apps/v1", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") => true,
            ("batch/v1", "Job" | "CronJob") | ("v1", "Pod") => false,
            _ => return false,
        };
        let containers = object.pod_spec().and_then(|pods| pods.get("containers"));
        let mut containers = containers.into_iter().flat_map(Node::items);
        selects && spec.get("selector").is_none() && object.pod_labels().is_none()
            || containers.any(|one| one.get("name").is_some() && one.get("image").is_none())
    };
    let Ok(file) = file.taken_down() else { return false };
    let text = file.text();
    // Most files have complete objects, and need not be parsed for this.
    if !text.contains("spec:") || !beside && text.contains("selector") && text.contains("image:") {
        return false;
    }
    let mut objects = file.objects().peekable();
    objects.peek().is_some() && objects.all(is_part)
}

/// The files with a kustomization's generators, transformers and validators.
fn configuration(kustomization: &Kustomization<'_>) -> impl Iterator<Item = String> {
    let Kustomization { root, directory, .. } = *kustomization;
    let entries = ["transformers", "generators", "validators", "configurations"]
        .into_iter()
        .flat_map(move |key| items(root, key));
    entries.filter_map(move |entry| Some(join(directory, entry.as_str()?)))
}

/// The files whose texts a kustomization puts into ConfigMaps and Secrets: `config.yaml`, or `key=config.yaml`.
fn contents(kustomization: &Kustomization<'_>) -> impl Iterator<Item = String> {
    let Kustomization { root, directory, .. } = *kustomization;
    let generators = ["configMapGenerator", "secretGenerator"].into_iter();
    let files =
        generators.flat_map(move |key| items(root, key)).flat_map(|one| items(one, "files"));
    files.filter_map(move |file| {
        let file = file.as_str()?;
        Some(join(directory, file.split_once('=').map_or(file, |(_, path)| path)))
    })
}

/// Whether none of the objects in a file has a name, without which nothing can be applied.
fn has_no_name(file: &File) -> bool {
    let Ok(file) = file.taken_down() else { return false };
    let is_named = |object: Node<'_>| {
        let metadata = object.get("metadata");
        metadata.is_some_and(|it| it.get("name").or_else(|| it.get("generateName")).is_some())
    };
    !file.objects().any(is_named)
}

/// Where a patch of a kustomization is.
pub(super) enum Written<'p> {
    /// In the kustomization, as a text.
    Here(&'p str),
    /// In the file at this path.
    File(String),
}

/// The patches of a kustomization, each with its target.
pub(super) fn each<'p>(
    kustomization: &Kustomization<'p>,
) -> impl Iterator<Item = (Written<'p>, Option<Node<'p>>)> + use<'p> {
    let Kustomization { root, directory, .. } = *kustomization;
    let entries = ["patches", "patchesStrategicMerge", "patchesJson6902"]
        .into_iter()
        .flat_map(move |key| items(root, key));
    entries.filter_map(move |entry| {
        let given = entry.get("patch").or_else(|| entry.get("path")).unwrap_or(entry).as_str()?;
        // A text of several lines is an inline patch, any other a path.
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

/// Whether a file is somewhere in a folder for patches.
fn is_in_patches(path: &str) -> bool {
    let path = path_in_repository(path);
    let mut folders = parent(&path).split('/');
    folders.any(|folder| matches!(folder, "patch" | "patches"))
}

/// Whether one of the words in a path says that it is a patch.
fn is_called_patch(path: &str) -> bool {
    let mut words = path.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.any(|word| matches!(word.to_ascii_lowercase().as_str(), "patch" | "patches"))
}
