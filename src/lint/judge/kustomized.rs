//! Hits on what kustomizations replace in a manifest. They say nothing about what is deployed.

use std::collections::BTreeSet;

use super::finding::of_rule;
use super::plain::Hits;
use crate::finding::{Finding, Origin, Place};
use crate::kube::{ImageRef, Object};
use crate::lint::select::{Active, Choices};
use crate::project::{Field, NewTag, Rewrites, field_path};
use crate::rule::{Hit, ParamValue, Scope, Target, Undecided};
use crate::source::Sources;
use crate::yaml::{Document, Kind, Node};

/// The group of rules on images: a hit on a container is about its image.
const IMAGES: &str = "images";

/// The keys of selectors of labels.
const SELECTORS: [&str; 4] = ["selector", "matchLabels", "labelSelector", "podSelector"];

/// The parameter with the tags that move, of one of these rules.
const MOVING_TAGS: &str = "moving-tags";

/// Findings on moving tags that kustomizations set: their lines are the ones to edit, whatever the manifests say.
pub(in crate::lint) fn moving_tags(
    tags: &[NewTag],
    choices: &Choices,
    sources: &Sources,
) -> Vec<Finding> {
    let finding = |NewTag { image, tag, span }: &NewTag| {
        let rules = &choices.at(&sources.path(span.source)).rules;
        let mut of_images = rules.iter().filter(|active| &*active.known.group == IMAGES);
        let (active, moving) =
            of_images.find_map(|active| Some((active, active.param(MOVING_TAGS)?)))?;
        let moves =
            |known: &ParamValue| matches!(known, ParamValue::String(known) if **known == *tag);
        matches!(moving, ParamValue::List(moving) if moving.iter().any(moves)).then(|| {
            let message = format!("`{image}:{tag}` may be another image tomorrow");
            let place = Place { span: *span, origin: Origin::Manifest };
            of_rule(active, None, message, None, place)
        })
    };
    tags.iter().filter_map(finding).collect()
}

/// Drops the hits on what is replaced before the object is deployed, and counts them as undecided.
pub(super) fn leave_open(
    rewrites: &Rewrites,
    hits: &mut Hits<'_>,
    document: &Document,
    object: &Object<'_>,
    undecided: &mut Undecided,
) {
    hits.retain(|(active, hit)| {
        let open = is_open(rewrites, active, hit, document, object);
        undecided.note(&active.known.id, usize::from(open));
        !open
    });
}

/// Whether kustomizations replace what a hit is about, so that it cannot be decided.
fn is_open(
    rewrites: &Rewrites,
    active: &Active,
    hit: &Hit,
    document: &Document,
    object: &Object<'_>,
) -> bool {
    let target = &hit.target;
    let node = document.node(target.node);
    let gets = |asked: &[&str]| is_about(target, node, asked);
    let is_of_pods =
        || node.upwards().any(|node| node.key_name().is_some_and(|key| key == "template"));
    let has_variable =
        || rewrites.variables.iter().any(|name| node.raw().contains(&format!("$({name})")));
    let is_counted = || rewrites.replicas.contains(object.name());
    let image = || match &*active.known.group {
        IMAGES => image_of(node),
        _ => Some(node).filter(|node| is_about(target, *node, &["image"])),
    };
    let is_patched = || is_patched(rewrites, target, node, object);
    // What is missing beside the object may come with a patch of another object; what is missing in it, with one of its own.
    let is_brought = || {
        let item = node.raw();
        node.kind() == Kind::Scalar
            && rewrites.patched.iter().any(|patched| patched.names.contains(item))
            && (active.known.scope == Scope::Release
                || fields_of(rewrites, object).any(|field| field.brings(item, object)))
    };
    let has_image_of = |names: &BTreeSet<String>| {
        !names.is_empty()
            && image().is_some_and(|image| names.contains(ImageRef::name(image.raw())))
    };
    rewrites.namespace && gets(&["namespace"])
        || rewrites.selectors && (gets(&SELECTORS) || gets(&["labels"]))
        || rewrites.templates && gets(&["labels"])
        // What a selector says is known, but not the labels that it is for.
        || rewrites.templates && target.missing.is_empty() && gets(&SELECTORS)
        || rewrites.labels && gets(&["labels"]) && !is_of_pods()
        || !rewrites.replicas.is_empty() && gets(&["replicas"]) && is_counted()
        || !rewrites.variables.is_empty() && has_variable()
        || has_image_of(&rewrites.images)
        || active.rule().judges_image_names && has_image_of(&rewrites.renamed)
        || !rewrites.patched.is_empty() && (is_patched() || is_brought())
}

/// The fields of an object that patches set or remove.
fn fields_of<'r>(rewrites: &'r Rewrites, object: &Object<'_>) -> impl Iterator<Item = &'r Field> {
    rewrites.patched.iter().flat_map(|patched| patched.fields_of(object.kind, object.name()))
}

/// Whether a patch sets or removes what a hit is about.
fn is_patched(rewrites: &Rewrites, target: &Target, node: Node<'_>, object: &Object<'_>) -> bool {
    let mut path = field_path(node, object.node.depth());
    path.extend(target.missing.iter().map(|key| key.as_str().into()));
    fields_of(rewrites, object).any(|field| {
        if target.missing.is_empty() { field.holds(&path) } else { field.meets(&path) }
    })
}

/// Whether a hit is about one of these keys: about its value, or about its absence.
fn is_about(target: &Target, node: Node<'_>, asked: &[&str]) -> bool {
    match target.missing.as_slice() {
        [] => node.key_name().is_some_and(|key| asked.contains(&&*key)),
        missing => missing.iter().any(|key| asked.contains(&key.as_str())),
    }
}

/// The image of the container that a node stands in.
fn image_of(node: Node<'_>) -> Option<Node<'_>> {
    node.upwards().find_map(|node| node.get("image"))
}
