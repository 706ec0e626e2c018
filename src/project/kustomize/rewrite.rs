//! What kustomizations replace in manifests.
//!
//! Mirrors the transformers of kustomize (`api/builtins`): images, labels, namespace, replicas, variables and patches.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::field::Patched;
use super::{Kustomization, Kustomizations, items};
use crate::project::class::Class;
use crate::project::file::File;
use crate::project::node::scalar_text;
use crate::source::Span;
use crate::yaml::Node;

/// What every kustomization that deploys a manifest, or skaffold, replaces in the manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "kustomize replaces each thing by itself")]
pub struct Rewrites {
    /// Images that get a tag or a digest, or are built, by their names without tag and digest.
    pub images: BTreeSet<String>,
    /// Images that get another name, by their old names without tag and digest.
    pub renamed: BTreeSet<String>,
    /// Variables, `NAME` for `$(NAME)`.
    pub variables: BTreeSet<String>,
    /// Names of objects that get a number of replicas.
    pub replicas: BTreeSet<String>,
    /// Whether objects get labels.
    pub labels: bool,
    /// Whether selectors and pods get labels.
    pub selectors: bool,
    /// Whether pods get labels that selectors do not get.
    pub templates: bool,
    /// Whether objects get a namespace.
    pub namespace: bool,
    /// What patches and replacements do. Those of one kustomization, which may be thousands, are shared by all manifests
    /// below it.
    pub patched: Vec<Arc<Patched>>,
}

/// What is replaced in the manifests that kustomizations include, by path. Manifests in which nothing is replaced are left
/// out.
pub(in crate::project) fn rewrites(
    files: &[File],
    all: &Kustomizations<'_>,
) -> BTreeMap<String, Arc<Rewrites>> {
    if all.is_empty() {
        return BTreeMap::new();
    }
    let by_path: HashMap<&str, &File> =
        files.iter().map(|file| (file.path.as_str(), file)).collect();
    let patched = all.iter().map(|one| (one.directory, Arc::new(Patched::of(one, &by_path))));
    let patched: HashMap<&str, Arc<Patched>> =
        patched.filter(|(_, patched)| !patched.is_empty()).collect();
    let of_way = |way: &[&Kustomization<'_>]| {
        let patched = way.iter().filter_map(|one| patched.get(one.directory));
        Rewrites { patched: patched.cloned().collect(), ..Rewrites::of(way) }
    };
    if all.iter().all(|kustomization| of_way(&[kustomization]) == Rewrites::default()) {
        return BTreeMap::new();
    }
    let manifests = files.iter().filter(|file| file.class == Class::Manifest);
    // Manifests with the same chains share the result, as there may be as many patches as manifests.
    let mut known: HashMap<Vec<Vec<&str>>, Option<Arc<Rewrites>>> = HashMap::new();
    let of_file = |file: &File| {
        let ways = all.ways_up(&file.path);
        let rewrites =
            known.entry(ways.iter().map(|way| directories(way)).collect()).or_insert_with(|| {
                let common = ways.iter().map(|way| of_way(way)).reduce(|a, b| a.common(&b));
                common.filter(|rewrites| *rewrites != Rewrites::default()).map(Arc::new)
            });
        Some((file.path.clone(), rewrites.clone()?))
    };
    manifests.filter_map(of_file).collect()
}

/// The directories of the kustomizations in a chain.
fn directories<'p>(way: &[&Kustomization<'p>]) -> Vec<&'p str> {
    way.iter().map(|one| one.directory).collect()
}

impl Rewrites {
    /// What a chain of kustomizations replaces, the innermost first.
    fn of(way: &[&Kustomization<'_>]) -> Self {
        let (images, renamed) = images(way);
        let mut found = Self { images, renamed, ..Self::default() };
        for Kustomization { root, namespace, .. } in way.iter().copied() {
            let names = |key| items(*root, key).filter_map(|item| item.get("name")).map(Node::raw);
            found.variables.extend(names("vars").map(str::to_owned));
            found.replicas.extend(names("replicas").map(str::to_owned));
            found.namespace |= namespace.is_some();
            let common = root.get("commonLabels").is_some_and(|labels| !labels.is_empty());
            let is_on =
                |item: Node<'_>, key: &str| item.get(key).and_then(Node::as_bool).unwrap_or(false);
            let selects = |item: Node<'_>| is_on(item, "includeSelectors");
            // With `fields`, labels may go to any place of an object.
            let marks =
                |item: Node<'_>| is_on(item, "includeTemplates") || item.get("fields").is_some();
            found.labels |= common || items(*root, "labels").next().is_some();
            found.selectors |= common || items(*root, "labels").any(selects);
            found.templates |= items(*root, "labels").any(marks);
        }
        found
    }

    /// What both replace.
    fn common(self, other: &Self) -> Self {
        let patched = Patched::common(&self.patched, &other.patched);
        Self {
            images: &self.images & &other.images,
            renamed: &self.renamed & &other.renamed,
            variables: &self.variables & &other.variables,
            replicas: &self.replicas & &other.replicas,
            labels: self.labels && other.labels,
            selectors: self.selectors && other.selectors,
            templates: self.templates && other.templates,
            namespace: self.namespace && other.namespace,
            patched: if patched.is_empty() { Vec::new() } else { vec![Arc::new(patched)] },
        }
    }
}

/// The images that a chain of kustomizations gives a tag or a digest, and those that it gives another name. An outer
/// kustomization sees the name that inner ones have set.
fn images(way: &[&Kustomization<'_>]) -> (BTreeSet<String>, BTreeSet<String>) {
    let changes: Vec<Node<'_>> =
        way.iter().flat_map(|kustomization| items(kustomization.root, "images")).collect();
    let (mut tagged, mut renamed) = (BTreeSet::new(), BTreeSet::new());
    for written in changes.iter().filter_map(|change| text(*change, "name")) {
        let (mut name, mut is_tagged) = (written.clone(), false);
        for change in &changes {
            if text(*change, "name").is_none_or(|changed| changed != name) {
                continue;
            }
            is_tagged |= gives_tag(*change);
            name = text(*change, "newName").unwrap_or(name);
        }
        if name != written {
            renamed.insert(written.clone());
        }
        if is_tagged {
            tagged.insert(written);
        }
    }
    (tagged, renamed)
}

fn text(change: Node<'_>, key: &str) -> Option<String> {
    change.get(key).and_then(scalar_text)
}

/// Whether an entry of `images` replaces the image's tag or digest.
fn gives_tag(change: Node<'_>) -> bool {
    ["digest", "newTag"].iter().any(|key| text(change, key).is_some_and(|text| !text.is_empty()))
}

/// A tag that a kustomization gives to an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTag {
    /// The image's name after the change.
    pub image: String,
    /// The tag.
    pub tag: String,
    /// The place of the tag.
    pub span: Span,
}

/// The tags that kustomizations give to images and that no outer kustomization replaces.
pub(in crate::project) fn new_tags(all: &Kustomizations<'_>) -> Vec<NewTag> {
    let mut found = Vec::new();
    for Kustomization { root, directory, .. } in all.iter() {
        for change in items(*root, "images") {
            let (Some(name), Some(node)) = (text(change, "name"), change.get("newTag")) else {
                continue;
            };
            let Some(tag) = scalar_text(node).filter(|_| text(change, "digest").is_none()) else {
                continue;
            };
            let image = text(change, "newName").unwrap_or(name);
            let ways = all.ways_up(directory);
            let changes = |outer: &Kustomization<'_>| {
                let mut changes = items(outer.root, "images");
                changes.any(|one| gives_tag(one) && text(one, "name").as_ref() == Some(&image))
            };
            let is_replaced =
                |way: &Vec<&Kustomization<'_>>| way.iter().any(|outer| changes(outer));
            if ways.is_empty() || !ways.iter().all(is_replaced) {
                found.push(NewTag { image, tag, span: node.span() });
            }
        }
    }
    found
}
