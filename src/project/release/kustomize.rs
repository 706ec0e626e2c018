//! Charts that kustomizations inflate.
//!
//! Mirrors kustomize's api/types/helmchartargs.go and HelmChartInflationGenerator.go.

use super::{ChartRef, Content, Context, Found, Layer, Release, Via, embedded};
use crate::project::class::Class;
use crate::project::file::File;
use crate::project::kustomize::{Kustomization, Kustomizations};
use crate::project::node::{scalar_text, scalar_texts};
use crate::project::path::{join, parent};
use crate::project::word::Word;
use crate::yaml::{Kind, Node};

pub(super) fn find(context: &Context<'_>, found: &mut Found) {
    let all = context.kustomizations;
    for kustomization in all.iter() {
        let charts = kustomization.root.get("helmCharts");
        for item in charts.into_iter().flat_map(|list| list.items()) {
            chart(item, kustomization.root, kustomization.file, all, context, found);
        }
        // Before kustomize 4.1.
        let old = kustomization.root.get("helmChartInflationGenerator");
        for item in old.into_iter().flat_map(|list| list.items()) {
            chart(item, kustomization.root, kustomization.file, all, context, found);
        }
    }
    let manifests = context.tree.of(Class::Manifest);
    for file in manifests.filter(|file| file.holds(Word::Inflation)) {
        for root in file.roots() {
            if root.get("kind").and_then(Node::as_str) == Some("HelmChartInflationGenerator") {
                chart(root, root, file, all, context, found);
            }
        }
    }
}

fn chart(
    item: Node<'_>,
    root: Node<'_>,
    file: &File,
    all: &Kustomizations<'_>,
    context: &Context<'_>,
    found: &mut Found,
) {
    let directory = parent(&file.path);
    let text = |keys: &[&str]| keys.iter().find_map(|key| item.get(key)).and_then(scalar_text);
    let Some(name) = text(&["name", "chartName"]).filter(|_| item.kind() == Kind::Mapping) else {
        return;
    };
    let repository = text(&["repo", "chartRepoUrl"]).filter(|repository| !repository.is_empty());
    let home = root.at(&["helmGlobals", "chartHome"]).or_else(|| root.get("chartHome"));
    let home = home.and_then(scalar_text).unwrap_or_else(|| "charts".to_owned());
    let version = text(&["version", "chartVersion"]);
    let home = join(directory, &home);
    let mut chart = match repository {
        Some(repository) => {
            at_home(&home, &name, version.as_deref(), context).unwrap_or_else(|| ChartRef {
                name: Some(name),
                repository: Some(repository),
                version,
                ..ChartRef::default()
            })
        }
        None => context.local_chart(join(&home, &name)),
    };
    chart.span = item.get("name").map(Node::span);
    let release_name = text(&["releaseName"]).filter(|name| !name.is_empty());
    let namespace = text(&["namespace", "releaseNamespace"]);
    let namespace = namespace.or_else(|| root.get("namespace").and_then(scalar_text));
    let namespaces = match namespace {
        Some(namespace) => vec![(Some(namespace), None)],
        None => outer_namespaces(directory, all),
    };
    let values = layers(item, file, directory, context);
    for (namespace, variant) in namespaces {
        found.releases.push(Release {
            name: release_name.clone(),
            namespace,
            chart: chart.clone(),
            values: values.clone(),
            kube_version: text(&["kubeVersion"]),
            api_versions: item.get("apiVersions").map(scalar_texts).unwrap_or_default(),
            skip_schema: false,
            declared: item.span(),
            name_span: item.get("releaseName").map(Node::span),
            via: Via::Kustomize,
            variant,
        });
    }
}

/// The namespaces that kustomizations above a directory give to what is in it, each with the outermost kustomization that
/// leads there; never empty.
fn outer_namespaces(
    directory: &str,
    all: &Kustomizations<'_>,
) -> Vec<(Option<String>, Option<String>)> {
    let mut namespaces = Vec::new();
    for way in all.ways_up(directory) {
        let namespace = way.iter().find_map(|outer| outer.namespace.clone());
        let variant = way.last().map(|outer| outer.directory.to_owned());
        if !namespaces.iter().any(|(known, _)| *known == namespace) {
            namespaces.push((namespace, variant));
        }
    }
    if namespaces.is_empty() {
        namespaces.push((None, None));
    }
    namespaces
}

/// The chart in the chart home, where kustomize looks before it fetches from a repository (`absChartHome`,
/// `chartExistsLocally`). Fetched charts are often committed.
fn at_home(
    home: &str,
    name: &str,
    version: Option<&str>,
    context: &Context<'_>,
) -> Option<ChartRef> {
    let by_name = || context.chart_by_path(name, &[home]);
    let Some(version) = version else { return by_name() };
    let fetched = context.chart_by_path(&format!("{name}-{version}/{name}"), &[home]);
    // The folders of older versions of kustomize have no version in their names.
    fetched.or_else(|| by_name().filter(|chart| chart.version.as_deref() == Some(version)))
}

fn layers(item: Node<'_>, file: &File, directory: &str, context: &Context<'_>) -> Vec<Layer> {
    let documents = file.stream().map_or(&[][..], |stream| &stream.documents);
    let named = |key: &str| item.get(key).filter(|node| !node.is_null());
    let values_file = named("valuesFile")
        .or_else(|| named("values"))
        .and_then(|node| Some(Layer::file(join(directory, &scalar_text(node)?), node.span())));
    let inline = named("valuesInline").filter(|node| !node.is_empty()).map(|node| {
        let content = embedded::values(node, documents, context.sources);
        Layer::inline(node.key_span().unwrap_or(node.span()), content)
    });
    let merge = item.get("valuesMerge").and_then(Node::as_str);
    let mut layers: Vec<Layer> = match (merge, inline) {
        (Some("merge"), inline) => inline.into_iter().chain(values_file).collect(),
        (Some("replace"), Some(inline)) => vec![inline],
        (_, inline) => values_file.into_iter().chain(inline).collect(),
    };
    for extra in item.get("additionalValuesFiles").into_iter().flat_map(|list| list.items()) {
        if let Some(path) = scalar_text(extra) {
            layers.push(Layer::file(join(directory, &path), extra.span()));
        }
    }
    layers
}

/// The file or the node with the value of a key in a `configMapGenerator` or `secretGenerator`.
pub(super) fn generated(
    kustomization: &Kustomization<'_>,
    generator: &str,
    name: &str,
    key: &str,
) -> Option<Layer> {
    let lists = kustomization.root.get(generator).into_iter().flat_map(|list| list.items());
    for item in lists.filter(|item| item.get("name").and_then(Node::as_str) == Some(name)) {
        for file in item.get("files").into_iter().flat_map(|list| list.items()) {
            let text = file.raw();
            let (named, path) = match text.split_once('=') {
                Some((key, path)) => (key, path),
                None => (crate::project::path::base_name(text), text),
            };
            if named == key {
                return Some(Layer::file(join(kustomization.directory, path), file.span()));
            }
        }
        for literal in item.get("literals").into_iter().flat_map(|list| list.items()) {
            if literal.raw().split_once('=').is_some_and(|(named, _)| named == key) {
                return Some(Layer::inline(literal.span(), Content::Unknown));
            }
        }
    }
    None
}
