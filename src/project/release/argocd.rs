//! Argo CD Applications and `ApplicationSets`.
//!
//! Mirrors docs/user-guide/helm.md, `multiple_sources.md` and `tool_detection.md` of argo-cd, and
//! docs/operator-manual/applicationset/ for the generators.

mod home;
mod installed;
mod set;

use std::collections::BTreeMap;

use serde_json::json;

pub(super) use home::Homes;

use super::command::{Assignment, AssignmentKind};
use super::shell::RUN_TIME;
use super::template::{Dialect, Engine, UNKNOWN};
use super::text::Mapped;
use super::{ChartRef, Content, Context, Found, Layer, Release, Unresolved, Via, embedded};
use crate::project::chart::scalar_text;
use crate::project::classify::Class;
use crate::project::file::File;
use crate::project::tree::{base_name, is_below, join, parent};
use crate::project::word::Word;
use crate::source::Span;
use crate::yaml::{self, Document, Kind, Node};
use std::sync::Arc;

/// The declaration that an Application comes from.
struct Declaration<'d> {
    path: &'d str,
    documents: &'d [Arc<Document>],
    declared: Span,
    via: Via,
    variant: Option<String>,
    /// Fills in a generator's parameters.
    fill: &'d dyn Fn(&str) -> String,
    /// The template the declaration was rendered from, where it was.
    rendered: Option<&'d Mapped>,
}

impl Declaration<'_> {
    /// What would say what is not known here.
    fn source(&self) -> &'static str {
        match self.via {
            Via::ArgoCdApplicationSet => "a generator that needs the cluster",
            _ => "a value that whoever installs the chart sets",
        }
    }

    fn text(&self, node: Option<Node<'_>>) -> Option<String> {
        node.and_then(scalar_text).map(|text| (self.fill)(&text))
    }

    /// Where a span of the declaration stands in its file.
    fn place(&self, span: Span) -> Span {
        match self.rendered {
            Some(mapped) => mapped.span(span.range().start, span.range().end),
            None => span,
        }
    }
}

pub(super) fn find(context: &Context<'_>, found: &mut Found) {
    // Most manifests have none, and need not be parsed for it.
    let manifests = context.tree.of(Class::Manifest);
    for file in manifests.filter(|file| file.seen.applications) {
        for root in file.objects() {
            let text = |key: &str| root.get(key).and_then(Node::as_str).unwrap_or_default();
            if !text("apiVersion").starts_with("argoproj.io/") {
                continue;
            }
            match text("kind") {
                "Application" => {
                    let declaration = Declaration {
                        path: &file.path,
                        documents: documents(file),
                        declared: root.span(),
                        via: Via::ArgoCd,
                        variant: None,
                        fill: &str::to_owned,
                        rendered: None,
                    };
                    application(root, &declaration, context, found);
                }
                "ApplicationSet" => set::expand(root, file, None, context, found),
                _ => {}
            }
        }
    }
    rendered(context, found);
}

/// Applications in the templates of a chart, rendered as the chart is installed: an app of apps.
fn rendered(context: &Context<'_>, found: &mut Found) {
    let mut installed = BTreeMap::new();
    for file in context.tree.of(Class::ChartTemplate) {
        if !file.holds(Word::Argo) || !file.holds(Word::Application) {
            continue;
        }
        let Some(chart) = context.chart_around(&file.path) else { continue };
        let directory = chart.path.as_str();
        let ways = installed
            .entry(directory)
            .or_insert_with(|| installed::ways(chart, context, &found.releases));
        let partial = |other: &&File| {
            is_below(&other.path, directory) && base_name(&other.path).starts_with('_')
        };
        let partials: Vec<&File> = context.tree.of(Class::ChartTemplate).filter(partial).collect();
        let (dialect, tree) = (Dialect::Helm, context.tree);
        let engine = Engine { dialect, tree, directory, partials: &partials };
        let data = ways.iter().map(|installed::Way { values, name, namespace }| {
            json!({
                "Values": values,
                "Chart": {"Name": chart.name.as_deref().unwrap_or_default(), "Version": chart.version},
                "Release": {"Name": name, "Namespace": namespace, "Service": "Helm"},
            })
        });
        let (data, text) = (data.collect::<Vec<_>>(), &file.text());
        for mapped in engine.renders(file.source, text, 0..text.len(), &data) {
            applications(&mapped, file, context, found);
        }
    }
}

/// The Applications that a template has made.
fn applications(mapped: &Mapped, file: &File, context: &Context<'_>, found: &mut Found) {
    let stream = yaml::parse(file.source, &mapped.text.as_str().into());
    for root in stream.documents.iter().filter_map(|document| document.root()) {
        let text = |key: &str| root.get(key).and_then(Node::as_str).unwrap_or_default();
        if !text("apiVersion").starts_with("argoproj.io/") {
            continue;
        }
        let declared = mapped.span(root.span().range().start, root.span().range().end);
        if text("kind") == "ApplicationSet" {
            set::expand(root, file, Some(mapped), context, found);
        }
        if text("kind") == "Application" {
            let declaration = Declaration {
                path: &file.path,
                documents: &[],
                declared,
                via: Via::ArgoCd,
                variant: None,
                fill: &str::to_owned,
                rendered: Some(mapped),
            };
            application(root, &declaration, context, found);
        }
    }
}

fn documents(file: &File) -> &[Arc<Document>] {
    file.stream().map_or(&[][..], |stream| &stream.documents)
}

/// The releases of one Application: one for each of its sources that is a chart.
fn application(
    root: Node<'_>,
    declaration: &Declaration<'_>,
    context: &Context<'_>,
    found: &mut Found,
) {
    let Some(spec) = root.get("spec") else { return };
    let name_node = root.at(&["metadata", "name"]);
    let name = declaration.text(name_node);
    let destination = declaration.text(spec.at(&["destination", "namespace"]));
    let sources = sources(spec);
    for &source in &sources {
        let Some(chart) = chart(source, declaration, context, found) else { continue };
        let release_name = declaration.text(source.at(&["helm", "releaseName"]));
        let namespace = declaration.text(source.at(&["helm", "namespace"]));
        let name = release_name.or_else(|| name.clone());
        let namespace = namespace.or_else(|| destination.clone());
        let values = layers(source, &sources, &chart, declaration, context);
        let unknown =
            |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains(UNKNOWN));
        let values_unknown = values
            .iter()
            .any(|layer| layer.file.as_ref().is_some_and(|file| file.contains(UNKNOWN)));
        if unknown(&name) || values_unknown {
            let what = if values_unknown { "values files come" } else { "name comes" };
            found.unresolved.push(Unresolved {
                declared: declaration.declared,
                why: format!("the release's {what} from {}", declaration.source()),
                chart_path: chart.path,
            });
            continue;
        }
        let name_span = source.at(&["helm", "releaseName"]).or(name_node).map(Node::span);
        let name_span = name_span.map(|span| declaration.place(span));
        found.releases.push(Release {
            name,
            namespace: namespace.filter(|name| !name.contains(UNKNOWN) && !name.is_empty()),
            chart,
            values,
            kube_version: declaration.text(source.at(&["helm", "kubeVersion"])),
            api_versions: source
                .at(&["helm", "apiVersions"])
                .into_iter()
                .flat_map(Node::items)
                .filter_map(|api| declaration.text(Some(api)))
                .collect(),
            skip_schema: source
                .at(&["helm", "skipSchemaValidation"])
                .and_then(Node::as_bool)
                .unwrap_or(false),
            declared: declaration.declared,
            name_span,
            via: declaration.via,
            variant: declaration.variant.clone(),
        });
    }
}

/// The sources of an Application: `sources`, and where that is empty `source`.
fn sources(spec: Node<'_>) -> Vec<Node<'_>> {
    match spec.get("sources").filter(|node| !node.is_empty()) {
        Some(sources) => sources.items().collect(),
        None => spec.get("source").into_iter().collect(),
    }
}

/// The chart of a source; `None` when the source is none.
fn chart(
    source: Node<'_>,
    declaration: &Declaration<'_>,
    context: &Context<'_>,
    found: &mut Found,
) -> Option<ChartRef> {
    let text = |key: &str| declaration.text(source.get(key));
    let repository = text("repoURL");
    let span = source.get("chart").or_else(|| source.get("path")).map(Node::span);
    let span = span.map(|span| declaration.place(span));
    if let Some(name) = text("chart").filter(|name| !name.is_empty()) {
        let version = text("targetRevision").filter(|version| !version.contains(UNKNOWN));
        // Only registries have names with slashes: the last part is the chart's.
        let (repository, name) = match (repository, name.rsplit_once('/')) {
            (Some(repository), Some((folders, last))) => {
                (Some(format!("{}/{folders}", repository.trim_end_matches('/'))), last.to_owned())
            }
            (repository, _) => (repository, name),
        };
        return Some(ChartRef {
            name: Some(name),
            repository,
            version,
            span,
            ..ChartRef::default()
        });
    }
    let path = text("path")?;
    let top = context.tree.root_of(declaration.path);
    let other_tool = ["plugin", "kustomize", "directory", "jsonnet"]
        .iter()
        .any(|tool| source.get(tool).is_some());
    let directory = join(top, path.trim_start_matches('/'));
    if path.contains(UNKNOWN) {
        if source.get("helm").is_some() {
            found.unresolved.push(Unresolved {
                declared: declaration.declared,
                why: format!("the chart's path comes from {}", declaration.source()),
                chart_path: None,
            });
        }
        return None;
    }
    let is_here = repository.as_deref().is_none_or(|url| home::may_be(url, context));
    let near = is_here.then(|| context.chart_by_path(path.trim_start_matches('/'), &[top]));
    if let Some(chart) = near.flatten() {
        if other_tool {
            // It lies like a chart, but another tool renders it.
            found.unresolved.push(Unresolved {
                declared: declaration.declared,
                why: format!("`{directory}` is rendered by another tool than Helm"),
                chart_path: Some(directory),
            });
            return None;
        }
        return Some(ChartRef { span, ..chart });
    }
    let lies_here = is_here && context.tree.is_directory(&directory);
    if source.get("helm").is_none() || other_tool || lies_here {
        return None;
    }
    // A chart at the top is called like its repository, for want of more.
    let last =
        path.trim_end_matches('/').rsplit('/').next().filter(|last| !matches!(*last, "" | "."));
    let name = last.or_else(|| home::name(repository.as_deref()?)).map(str::to_owned);
    Some(ChartRef { name, repository, span, git: true, ..ChartRef::default() })
}

/// valueFiles, then values or valuesObject, then parameters.
fn layers(
    source: Node<'_>,
    sources: &[Node<'_>],
    chart: &ChartRef,
    declaration: &Declaration<'_>,
    context: &Context<'_>,
) -> Vec<Layer> {
    let Some(helm) = source.get("helm") else { return Vec::new() };
    let ignore_missing =
        helm.get("ignoreMissingValueFiles").and_then(Node::as_bool).unwrap_or(false);
    let mut layers = Vec::new();
    for node in helm.get("valueFiles").into_iter().flat_map(|list| list.items()) {
        let Some(file) = declaration.text(Some(node)) else { continue };
        for mut layer in
            value_file(&file, declaration.place(node.span()), sources, chart, declaration, context)
        {
            layer.optional = ignore_missing;
            let is_absent = layer.file.as_ref().is_some_and(|path| !context.tree.is_file(path));
            if !(is_absent && ignore_missing) {
                layers.push(layer);
            }
        }
    }
    let inline = helm
        .get("valuesObject")
        .filter(|node| !node.is_empty())
        .or_else(|| helm.get("values").filter(|node| !node.raw().trim().is_empty()));
    if let Some(node) = inline {
        let span = declaration.place(node.key_span().unwrap_or(node.span()));
        layers.push(Layer::inline(span, inline_values(node, declaration, context)));
    }
    layers.extend(parameters(helm, declaration));
    layers
}

/// Values that are written in the declaration.
fn inline_values(node: Node<'_>, declaration: &Declaration<'_>, context: &Context<'_>) -> Content {
    if declaration.rendered.is_some() {
        let place = |span| declaration.place(span);
        return embedded::settings(node, context.sources, declaration.fill, place);
    }
    let is_set = declaration.via == Via::ArgoCdApplicationSet;
    if !is_set && node.kind() == Kind::Scalar && node.raw().contains("{{") {
        return Content::Unknown;
    }
    let content = embedded::values(node, declaration.documents, context.sources);
    if is_set { embedded::filled(content, declaration.fill) } else { content }
}

fn value_file(
    file: &str,
    span: Span,
    sources: &[Node<'_>],
    chart: &ChartRef,
    declaration: &Declaration<'_>,
    context: &Context<'_>,
) -> Vec<Layer> {
    let top = context.tree.root_of(declaration.path);
    if file.contains("://") {
        return vec![Layer { content: Content::Unknown, ..Layer::file(file.to_owned(), span) }];
    }
    let (base, path) = if let Some(referring) = file.strip_prefix('$') {
        let (name, path) = referring.split_once('/').unwrap_or((referring, ""));
        let names = |source: &&Node<'_>| source.get("ref").and_then(Node::as_str) == Some(name);
        let Some(named) = sources.iter().find(names) else {
            return vec![Layer::file(file.to_owned(), span)];
        };
        let url = declaration.text(named.get("repoURL"));
        let is_known = !path.contains(UNKNOWN);
        if is_known && is_elsewhere(url.as_deref(), &join(top, path), context) {
            return vec![Layer::inline(span, Content::Elsewhere)];
        }
        (top.to_owned(), path)
    } else if let Some(path) = file.strip_prefix('/') {
        (top.to_owned(), path)
    } else if let Some(directory) = &chart.path {
        (directory.clone(), file)
    } else {
        // A file of a chart that is not here.
        return vec![Layer::inline(span, Content::Elsewhere)];
    };
    if path.contains(['*', '?']) {
        let found = context.tree.glob(&base, path);
        return found.into_iter().map(|path| Layer::file(path, span)).collect();
    }
    vec![Layer::file(join(&base, path), span)]
}

/// Whether a values file of a repository, at this path of it, lies in another repository than this one.
fn is_elsewhere(url: Option<&str>, path: &str, context: &Context<'_>) -> bool {
    let may_be_here = url.is_none_or(|url| home::may_be(url, context));
    let is_here = url.is_some_and(|url| home::is(url, context));
    !may_be_here
        || !is_here && !context.tree.is_file(path) && !context.tree.is_directory(parent(path))
}

fn parameters(helm: Node<'_>, declaration: &Declaration<'_>) -> Option<Layer> {
    let lists = ["parameters", "fileParameters"];
    let nodes = lists.iter().filter_map(|key| helm.get(key)).filter(|node| !node.is_empty());
    let span = nodes.filter_map(Node::key_span).min()?;
    let mut assignments = Vec::new();
    for (list, value_key) in [("parameters", "value"), ("fileParameters", "path")] {
        for item in helm.get(list).into_iter().flat_map(|list| list.items()) {
            let forced = item.get("forceString").and_then(Node::as_bool).unwrap_or(false);
            let kind = match (list, forced) {
                ("fileParameters", _) => AssignmentKind::File,
                (_, true) => AssignmentKind::String,
                (_, false) => AssignmentKind::Value,
            };
            let name = declaration.text(item.get("name"));
            let value = item.get(value_key);
            if let (Some(path), Some(text)) = (name, declaration.text(value)) {
                assignments.push(Assignment {
                    kind,
                    path,
                    value: text.replace(UNKNOWN, &RUN_TIME.to_string()),
                    span: declaration.place(item.span()),
                    value_span: value.map(|value| declaration.place(value.span())),
                });
            }
        }
    }
    Some(Layer::inline(declaration.place(span), Content::Set(assignments)))
}
