//! `HelmCharts`, which k3s and RKE2 install, and `HelmChartConfigs`, which add values to them.
//!
//! Mirrors k3s-io/helm-controller's `pkg/controllers/chart/chart.go` (`setValuesSecret`, `valuesSecretAddConfig`).

use super::{
    Assignment, AssignmentKind, ChartRef, Content, Context, Found, Layer, Release, Unresolved, Via,
    command, embedded,
};
use crate::project::class::Class;
use crate::project::file::File;
use crate::project::node::scalar_text;
use crate::project::word::Word;
use crate::yaml::Node;

/// The namespace whose `HelmCharts` are installed by who brings none of their own.
const DEFAULT_NAMESPACE: &str = "default";

/// An object with its name and namespace, by which others refer to it.
struct Object<'p> {
    file: &'p File,
    root: Node<'p>,
    name: String,
    namespace: String,
}

pub(super) fn find(context: &Context<'_>, found: &mut Found) {
    let (mut charts, mut configs) = (Vec::new(), Vec::new());
    for file in context.tree.of(Class::Manifest).filter(|file| file.holds(Word::HelmController)) {
        for root in file.objects() {
            let text = |path: &[&str]| root.at(path).and_then(scalar_text);
            if !text(&["apiVersion"]).is_some_and(|api| api.starts_with("helm.cattle.io/")) {
                continue;
            }
            let Some(name) = text(&["metadata", "name"]) else { continue };
            let namespace = text(&["metadata", "namespace"]);
            let namespace = namespace.unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
            let object = Object { file, root, name, namespace };
            match root.get("kind").and_then(Node::as_str) {
                Some("HelmChart") => charts.push(object),
                Some("HelmChartConfig") => configs.push(object),
                _ => {}
            }
        }
    }
    let is_of = |config: &Object<'_>, chart: &Object<'_>| {
        config.name == chart.name && config.namespace == chart.namespace
    };
    for chart in &charts {
        let configs = configs.iter().filter(|config| is_of(config, chart));
        found.releases.extend(release(chart, &configs.collect::<Vec<_>>(), context));
    }
    for config in configs.iter().filter(|config| !charts.iter().any(|chart| is_of(config, chart))) {
        found.unresolved.push(Unresolved {
            declared: config.root.span(),
            why: format!("the HelmChart `{}` that it sets values for is not here", config.name),
            chart_path: None,
        });
    }
}

fn release(object: &Object<'_>, configs: &[&Object<'_>], context: &Context<'_>) -> Option<Release> {
    let spec = object.root.get("spec")?;
    let text = |key: &str| spec.get(key).and_then(scalar_text).filter(|text| !text.is_empty());
    let chart = match (text("chart"), text("chartContent")) {
        // An embedded archive goes before a named chart.
        (_, Some(_)) | (None, None) => ChartRef::default(),
        // Charts that are part of the server are named by its own variables.
        (Some(chart), None) if chart.contains("%{") => ChartRef::default(),
        (Some(chart), None) => command::chart(&chart, text("repo"), &[], None, context),
    };
    let configs = configs.iter().flat_map(|config| layers(config, context));
    Some(Release {
        name: Some(object.name.clone()),
        namespace: text("targetNamespace").or_else(|| Some(object.namespace.clone())),
        chart: ChartRef {
            version: text("version").or(chart.version.clone()),
            span: spec.get("chart").map(Node::span),
            ..chart
        },
        values: layers(object, context).into_iter().chain(configs).chain(set(spec)).collect(),
        kube_version: None,
        api_versions: Vec::new(),
        skip_schema: false,
        declared: object.root.span(),
        name_span: object.root.at(&["metadata", "name"]).map(Node::span),
        via: Via::K3s,
        variant: None,
    })
}

/// The values layers: a text, then a map, then values in Secrets.
fn layers(object: &Object<'_>, context: &Context<'_>) -> Vec<Layer> {
    let Some(spec) = object.root.get("spec") else { return Vec::new() };
    let documents = object.file.stream().map_or(&[][..], |stream| &stream.documents);
    let written = ["valuesContent", "values"].iter().filter_map(|key| spec.get(key));
    let written = written.filter(|node| !node.is_empty() || !node.raw().trim().is_empty());
    let mut layers: Vec<Layer> = written
        .map(|node| {
            let content = embedded::values(node, documents, context.sources);
            Layer::inline(node.key_span().unwrap_or(node.span()), content)
        })
        .collect();
    let secrets = spec.get("valuesSecrets").into_iter().flat_map(Node::items);
    layers.extend(secrets.map(|secret| Layer::inline(secret.span(), Content::Elsewhere)));
    layers
}

/// The layer for `set`: texts that look like booleans or null are read as such, any other text is a text (`typedVal`).
fn set(spec: Node<'_>) -> Option<Layer> {
    let node = spec.get("set").filter(|node| !node.is_empty())?;
    let assignments = node.entries().filter_map(|entry| {
        let text = entry.value.as_str();
        let is_word = |text: &str| {
            ["true", "false", "null"].iter().any(|word| text.eq_ignore_ascii_case(word))
        };
        let (kind, value) = match text.filter(|text| !is_word(text)) {
            Some(text) => (AssignmentKind::String, escaped(text)),
            None => (AssignmentKind::Value, scalar_text(entry.value)?),
        };
        Some(Assignment {
            kind,
            path: entry.name().into_owned(),
            value,
            span: entry.key.span(),
            value_span: Some(entry.value.span()),
        })
    });
    let span = node.key_span().unwrap_or(node.span());
    Some(Layer::inline(span, Content::Set(assignments.collect())))
}

/// A text with its commas escaped, as a comma would begin another value.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        let backslashes = out.len() - out.trim_end_matches('\\').len();
        if letter == ',' && backslashes.is_multiple_of(2) {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}
