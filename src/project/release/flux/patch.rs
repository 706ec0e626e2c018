//! Patches of HelmReleases.

use super::{Object, Way};
use crate::project::node::{NodeRef, scalar_text};
use crate::project::path::{join, parent};
use crate::project::release::{Context, embedded};
use crate::yaml::Node;

/// The patches of the kustomizations on the way that change a HelmRelease, the innermost first.
pub(super) fn patches(
    object: Object<'_>,
    way: &Way<'_, '_>,
    context: &Context<'_>,
) -> Vec<NodeRef> {
    let mut found = Vec::new();
    let name = object.name().unwrap_or_default();
    let roots = way.kustomizations.iter().map(|known| (known.directory, known.root));
    let outer = way.applied.map(|applied| applied.object);
    let outer =
        outer.and_then(|Object { file, root }| Some((parent(&file.path), root.get("spec")?)));
    for (directory, root) in roots.chain(outer) {
        for key in ["patches", "patchesStrategicMerge"] {
            for item in root.get(key).into_iter().flat_map(|list| list.items()) {
                let target = item.get("target");
                let wanted =
                    |key: &str| target.and_then(|target| target.get(key)).and_then(scalar_text);
                if wanted("kind").is_some_and(|kind| kind != "HelmRelease")
                    || wanted("name").is_some_and(|pattern| !fits(&pattern, &name))
                {
                    continue;
                }
                let inline = item.get("patch").or_else(|| {
                    Some(item).filter(|item| item.as_str().is_some_and(|text| text.contains('\n')))
                });
                let documents = match inline {
                    Some(node) => embedded::parse(node, context.sources).documents,
                    None => {
                        let path = item.get("path").unwrap_or(item);
                        let path = join(directory, path.as_str().unwrap_or_default());
                        let file = context.tree.file(&path);
                        let stream = file.and_then(|file| file.stream());
                        stream.map(|stream| stream.documents.clone()).unwrap_or_default()
                    }
                };
                for document in &documents {
                    let Some(root) = document.root() else { continue };
                    let of = |path: &[&str]| root.at(path).and_then(Node::as_str);
                    let named = of(&["metadata", "name"]);
                    if of(&["kind"]) == Some("HelmRelease")
                        && (wanted("kind").is_some() || named == Some(name.as_str()))
                    {
                        found.extend(NodeRef::new(&documents, root));
                    }
                }
            }
        }
    }
    found
}

/// Kustomize's target names are anchored regular expressions.
fn fits(pattern: &str, name: &str) -> bool {
    regex::Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|pattern| pattern.is_match(name))
}
