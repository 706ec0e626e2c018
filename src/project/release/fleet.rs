//! Bundles of Rancher's Fleet that install charts, in `fleet.yaml`.
//!
//! Mirrors rancher/fleet's `internal/bundlereader` (`propagateHelmChartProperties`, `generateValues`) and
//! `internal/helmdeployer` (`getValues`).

use super::{ChartRef, Content, Context, Found, Layer, Release, Via, command, embedded, split_oci};
use crate::project::file::File;
use crate::project::node::scalar_text;
use crate::project::path::{base_name, join, parent};
use crate::yaml::{Kind, Node};

pub(super) fn find(context: &Context<'_>, found: &mut Found) {
    let is_bundle = |file: &&File| matches!(base_name(&file.path), "fleet.yaml" | "fleet.yml");
    for file in context.tree.files.iter().filter(is_bundle) {
        let roots = file.roots().take(1).filter(|root| root.kind() == Kind::Mapping);
        // A file of this name may also have objects of a cloud provider.
        for root in roots.filter(|root| root.get("kind").is_none()) {
            bundle(root, file, context, found);
        }
    }
}

/// Reads the releases of a bundle: one for each customization, or one without any.
fn bundle(root: Node<'_>, file: &File, context: &Context<'_>, found: &mut Found) {
    let lists = ["targets", "targetCustomizations"];
    let customizations: Vec<Node<'_>> =
        lists.iter().filter_map(|key| root.get(key)).flat_map(Node::items).collect();
    let is_deployed =
        |item: &Node<'_>| item.get("doNotDeploy").and_then(Node::as_bool) != Some(true);
    let own = customizations.is_empty().then_some(vec![root]);
    let customized = customizations.iter().copied().filter(is_deployed);
    for parts in own.into_iter().chain(customized.map(|item| vec![root, item])) {
        found.releases.extend(release(&parts, file, context));
    }
}

/// The release of a bundle with one of its customizations; `None` if it installs no chart.
fn release(parts: &[Node<'_>], file: &File, context: &Context<'_>) -> Option<Release> {
    let root = *parts.first()?;
    let last = |path: &[&str]| {
        let nodes = parts.iter().rev().filter_map(|part| part.at(path));
        nodes.into_iter().find(|node| !node.raw().is_empty())
    };
    let text = |path: &[&str]| last(path).and_then(scalar_text);
    let chart = chart(&text, parent(&file.path), context)?;
    let is_variant = parts.len() > 1;
    let variant = parts.last().and_then(|item| item.get("name")).and_then(scalar_text);
    let name = ["helm", "releaseName"];
    Some(Release {
        name: text(&name).or_else(|| root.get("name").and_then(scalar_text)),
        namespace: text(&["namespace"]).or_else(|| text(&["defaultNamespace"])),
        chart: ChartRef {
            span: last(&["helm", "chart"]).or_else(|| last(&["helm", "repo"])).map(Node::span),
            ..chart
        },
        values: parts.iter().flat_map(|part| layers(*part, file, context)).collect(),
        kube_version: None,
        api_versions: Vec::new(),
        skip_schema: text(&["helm", "skipSchemaValidation"]).as_deref() == Some("true"),
        declared: root.span(),
        name_span: last(&name).or_else(|| root.get("name")).map(Node::span),
        via: Via::Fleet,
        variant: variant.filter(|_| is_variant),
    })
}

/// The chart that is named, or else the one beside the `fleet.yaml`.
fn chart(
    text: &dyn Fn(&[&str]) -> Option<String>,
    directory: &str,
    context: &Context<'_>,
) -> Option<ChartRef> {
    let chart = match (text(&["helm", "chart"]), text(&["helm", "repo"])) {
        (Some(chart), repository) => {
            command::chart(&chart, repository, &[directory], None, context)
        }
        (None, Some(repository)) => {
            let (repository, name, version) = split_oci(&repository);
            let (name, repository) = (Some(name), Some(repository));
            ChartRef { name, repository, version, ..ChartRef::default() }
        }
        (None, None) => {
            context.chart_at(directory)?;
            context.local_chart(directory.to_owned())
        }
    };
    let version = match chart.path {
        Some(_) => chart.version.clone(),
        None => text(&["helm", "version"]).or_else(|| chart.version.clone()),
    };
    Some(ChartRef { version, ..chart })
}

/// The values layers: inline values, then files, then values in the cluster.
fn layers(part: Node<'_>, file: &File, context: &Context<'_>) -> Vec<Layer> {
    let Some(helm) = part.get("helm") else { return Vec::new() };
    let documents = file.stream().map_or(&[][..], |stream| &stream.documents);
    let mut layers = Vec::new();
    if let Some(values) = helm.get("values").filter(|values| !values.is_empty()) {
        let content = embedded::values(values, documents, context.sources);
        layers.push(Layer::inline(values.key_span().unwrap_or(values.span()), content));
    }
    for path in helm.get("valuesFiles").into_iter().flat_map(Node::items) {
        if let Some(text) = scalar_text(path) {
            layers.push(Layer::file(join(parent(&file.path), &text), path.span()));
        }
    }
    // Each of these texts is a template on facts about a cluster, for the value of its key.
    if let Some(templates) = helm.get("templateValues").filter(|values| !values.is_empty()) {
        let span = templates.key_span().unwrap_or(templates.span());
        layers.push(Layer::inline(span, Content::Unknown));
    }
    let from = helm.get("valuesFrom").into_iter().flat_map(Node::items);
    layers.extend(from.map(|entry| Layer::inline(entry.span(), Content::Elsewhere)));
    layers
}
