//! What kustomizations put in the place of what a manifest says.
//!
//! Mirrors the transformers of kustomize (`api/builtins`): images, labels, namespace, replicas and variables.

use std::collections::{BTreeMap, BTreeSet};

use super::{Kustomization, all, items, ways_up};
use crate::project::chart::scalar_text;
use crate::project::classify::Class;
use crate::project::file::File;
use crate::yaml::Node;

/// What every kustomization that a manifest is deployed by puts in the place of what it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rewrites {
    /// Images, by their name without tag and digest, that get a fixed tag or a digest.
    pub images: BTreeSet<String>,
    /// Variables, `NAME` for `$(NAME)`.
    pub variables: BTreeSet<String>,
    /// Names of objects that get a number of replicas.
    pub replicas: BTreeSet<String>,
    /// Objects get labels.
    pub labels: bool,
    /// Selectors and pods get labels.
    pub selectors: bool,
    /// Objects get a namespace.
    pub namespace: bool,
}

/// What is rewritten in the manifests that kustomizations take in, by path; without those in which nothing is.
pub(in crate::project) fn rewrites(files: &[File]) -> BTreeMap<String, Rewrites> {
    let all = all(files);
    if all.iter().all(|kustomization| Rewrites::of(&[kustomization]) == Rewrites::default()) {
        return BTreeMap::new();
    }
    let manifests = files.iter().filter(|file| file.class == Class::Manifest);
    let of_file = |file: &File| {
        let ways = ways_up(&file.path, &all);
        let common = ways.iter().map(|way| Rewrites::of(way)).reduce(|a, b| a.common(&b));
        let common = common.filter(|rewrites| *rewrites != Rewrites::default())?;
        Some((file.path.clone(), common))
    };
    manifests.filter_map(of_file).collect()
}

impl Rewrites {
    /// What one way up through kustomizations rewrites, the innermost first.
    fn of(way: &[&Kustomization<'_>]) -> Self {
        let mut found = Self { images: images(way), ..Self::default() };
        for Kustomization { root, namespace, .. } in way.iter().copied() {
            let names = |key| items(*root, key).filter_map(|item| item.get("name")).map(Node::raw);
            found.variables.extend(names("vars").map(str::to_owned));
            found.replicas.extend(names("replicas").map(str::to_owned));
            found.namespace |= namespace.is_some();
            let common = root.get("commonLabels").is_some_and(|labels| !labels.is_empty());
            let selects = |item: Node<'_>| {
                item.get("includeSelectors").and_then(Node::as_bool).unwrap_or(false)
            };
            found.labels |= common || items(*root, "labels").next().is_some();
            found.selectors |= common || items(*root, "labels").any(selects);
        }
        found
    }

    /// What both rewrite.
    fn common(self, other: &Self) -> Self {
        Self {
            images: &self.images & &other.images,
            variables: &self.variables & &other.variables,
            replicas: &self.replicas & &other.replicas,
            labels: self.labels && other.labels,
            selectors: self.selectors && other.selectors,
            namespace: self.namespace && other.namespace,
        }
    }
}

/// The images that come out with a fixed tag or a digest: an outer kustomization knows an image by the name that inner
/// ones gave it.
fn images(way: &[&Kustomization<'_>]) -> BTreeSet<String> {
    let changes: Vec<Node<'_>> =
        way.iter().flat_map(|kustomization| items(kustomization.root, "images")).collect();
    let text = |change: Node<'_>, key: &str| change.get(key).and_then(scalar_text);
    let is_fixed = |name: &String| {
        let (mut name, mut fixed) = (name.clone(), false);
        for change in &changes {
            if text(*change, "name").is_none_or(|changed| changed != name) {
                continue;
            }
            let tag = text(*change, "newTag");
            fixed |= text(*change, "digest").is_some() || tag.is_some_and(|tag| tag != "latest");
            name = text(*change, "newName").unwrap_or(name);
        }
        fixed
    };
    changes.iter().filter_map(|change| text(*change, "name")).filter(is_fixed).collect()
}
