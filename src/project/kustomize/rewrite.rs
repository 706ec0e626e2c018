//! What kustomizations replace in manifests.
//!
//! Mirrors the transformers of kustomize (`api/builtins`): images, labels, namespace, replicas, variables and patches.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::field::Patched;
use super::{Applied, Kustomization, Kustomizations, Way, items};
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

/// What is replaced in the manifests that kustomizations include or Flux applies, by path. Manifests in which nothing is
/// replaced are left out.
pub(in crate::project) fn rewrites(
    files: &[File],
    all: &Kustomizations<'_>,
    applied: &Applied<'_>,
) -> BTreeMap<String, Arc<Rewrites>> {
    let patching: Vec<_> = all.iter().chain(applied.iter().map(|one| &one.changes)).collect();
    if patching.is_empty() {
        return BTreeMap::new();
    }
    let by_path: HashMap<&str, &File> =
        files.iter().map(|file| (file.path.as_str(), file)).collect();
    let patched = patching.iter().map(|one| (one.root.span(), Patched::of(one, &by_path)));
    let patched = patched.filter(|(_, patched)| !patched.is_empty());
    let patched: HashMap<Span, Arc<Patched>> =
        patched.map(|(span, patched)| (span, Arc::new(patched))).collect();
    let everywhere = Arc::new(everywhere(&patching, applied, &by_path));
    let of_way = |way: &[&Kustomization<'_>]| {
        let patched = way.iter().filter_map(|one| patched.get(&one.root.span()));
        let patched = patched.chain(Some(&everywhere).filter(|patched| !patched.is_empty()));
        Rewrites { patched: patched.cloned().collect(), ..Rewrites::of(way) }
    };
    let nothing = Rewrites::default();
    if of_way(&[]) == nothing && patching.iter().all(|one| of_way(&[one]) == nothing) {
        return BTreeMap::new();
    }
    let manifests = files.iter().filter(|file| file.class == Class::Manifest);
    // Manifests with the same chains share the result, as there may be as many patches as manifests.
    let mut known: HashMap<Vec<Vec<Span>>, Option<Arc<Rewrites>>> = HashMap::new();
    let of_file = |file: &File| {
        let ways = deployed(applied.ways(&file.path, all));
        let ways: Vec<_> = ways.into_iter().map(chain).collect();
        let places =
            |way: &Vec<&Kustomization<'_>>| way.iter().map(|one| one.root.span()).collect();
        let rewrites = known.entry(ways.iter().map(places).collect()).or_insert_with(|| {
            let common = ways.iter().map(|way| of_way(way)).reduce(|a, b| a.common(&b));
            common.filter(|rewrites| *rewrites != nothing).map(Arc::new)
        });
        Some((file.path.clone(), rewrites.clone()?))
    };
    manifests.filter_map(of_file).collect()
}

/// The ways in which Flux applies a manifest, or all if it applies none: what nothing applies, such as a kustomization
/// that collects bases of which each is patched elsewhere, does not deploy it.
fn deployed<'k, 'p>(mut ways: Vec<Way<'k, 'p>>) -> Vec<Way<'k, 'p>> {
    if ways.iter().any(|way| way.applied.is_some()) {
        ways.retain(|way| way.applied.is_some());
    }
    ways
}

/// All that change what is deployed in a way, the innermost first.
fn chain<'k, 'p>(way: Way<'k, 'p>) -> Vec<&'k Kustomization<'p>> {
    let Way { mut kustomizations, applied } = way;
    kustomizations.extend(applied.map(|applied| &applied.changes));
    kustomizations
}

/// The patches of what Flux applies anywhere: those that patches give to its Kustomizations, as is usual for what holds in
/// a whole cluster, and those of Kustomizations for a directory that depends on the cluster.
fn everywhere(
    patching: &[&Kustomization<'_>],
    applied: &Applied<'_>,
    files: &HashMap<&str, &File>,
) -> Patched {
    let mut found = Patched::default();
    for one in patching {
        found.take_passed_on(one, files);
    }
    for one in applied.iter().filter(|one| one.is_elsewhere()) {
        found.take(&one.changes, files);
    }
    found
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
        Self {
            images: &self.images & &other.images,
            renamed: &self.renamed & &other.renamed,
            variables: &self.variables & &other.variables,
            replicas: &self.replicas & &other.replicas,
            labels: self.labels && other.labels,
            selectors: self.selectors && other.selectors,
            templates: self.templates && other.templates,
            namespace: self.namespace && other.namespace,
            patched: Patched::common(&self.patched, &other.patched),
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
