//! Decides which of the repositories that Applications name is this one. That a path exists here may be a coincidence.

use std::collections::BTreeMap;

use crate::project::class::Class;
use crate::project::node::scalar_text;
use crate::project::release::Context;
use crate::project::release::template::UNKNOWN;
use crate::yaml::Node;

/// How often each repository is named with a path that exists here, by the last part of its URL.
#[derive(Debug, Default)]
pub(in crate::project::release) struct Homes {
    counts: BTreeMap<String, usize>,
    most: usize,
}

/// Whether a repository may be this one. It is not if at least twice as many Applications with existing paths name one with
/// another name. Owners and hosts are not compared, as those of forks and mirrors differ.
pub(super) fn may_be(url: &str, context: &Context<'_>) -> bool {
    let homes = context.homes.get_or_init(|| homes(context));
    name(url).is_none() || homes.most == 0 || is(url, context)
}

/// Whether a repository is this one, according to Applications with existing paths.
pub(super) fn is(url: &str, context: &Context<'_>) -> bool {
    let homes = context.homes.get_or_init(|| homes(context));
    let count = name(url).and_then(|name| homes.counts.get(name)).copied().unwrap_or_default();
    count * 2 > homes.most
}

fn homes(context: &Context<'_>) -> Homes {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let manifests = context.tree.of(Class::Manifest).filter(|file| file.seen.applications);
    for file in manifests {
        let applications = file
            .objects()
            .filter(|root| root.get("kind").and_then(Node::as_str) == Some("Application"));
        for spec in applications.filter_map(|root| root.get("spec")) {
            for source in sources(spec) {
                let text = |key: &str| source.get(key).and_then(scalar_text);
                let Some((url, path)) = text("repoURL").zip(text("path")) else { continue };
                let is_there = context
                    .tree
                    .is_directory(&context.tree.from_top(&file.path, path.trim_start_matches('/')));
                if let Some(name) = name(&url).filter(|_| is_there) {
                    *counts.entry(name.to_owned()).or_default() += 1;
                }
            }
        }
    }
    let most = counts.values().max().copied().unwrap_or_default();
    Homes { counts, most }
}

/// The sources of an Application: `sources`, or if that is empty, `source`.
fn sources(spec: Node<'_>) -> Vec<Node<'_>> {
    match spec.get("sources").filter(|node| !node.is_empty()) {
        Some(sources) => sources.items().collect(),
        None => spec.get("source").into_iter().collect(),
    }
}

/// The last part of a repository's URL; `None` if it is not known.
pub(super) fn name(url: &str) -> Option<&str> {
    let last = url.trim_end_matches('/').rsplit(['/', ':']).next()?;
    let name = last.strip_suffix(".git").unwrap_or(last);
    (!name.is_empty() && !name.contains([UNKNOWN, '{', '$', '<'])).then_some(name)
}
