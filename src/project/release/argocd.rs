//! Argo CD Applications and `ApplicationSets`.
//!
//! Mirrors docs/user-guide/helm.md, `multiple_sources.md` and `tool_detection.md` of argo-cd, and
//! docs/operator-manual/applicationset/ for the generators.

mod field;
mod home;
mod installed;
mod set;

use std::collections::BTreeMap;

use serde_json::json;

use self::field::{Author, Field, text};
pub(super) use home::Homes;

use super::command::{Assignment, AssignmentKind};
use super::shell::RUN_TIME;
use super::template::{Dialect, Engine, UNKNOWN, partial};
use super::text::Mapped;
use super::{ChartRef, Content, Context, Found, Layer, Release, Unresolved, Via, split_oci};
use crate::project::class::Class;
use crate::project::file::File;
use crate::project::path::{base_name, join, parent};
use crate::project::word::Word;
use crate::source::Span;
use crate::yaml::{self, Document, Node};
use std::sync::Arc;

/// The declaration that an Application comes from.
struct Declaration<'d> {
    path: &'d str,
    declared: Span,
    via: Via,
    variant: Option<String>,
}

impl Declaration<'_> {
    /// What supplies the values that are not known here.
    fn source(&self) -> &'static str {
        match self.via {
            Via::ArgoCdApplicationSet => "a generator that needs the cluster",
            _ => "a value that whoever installs the chart sets",
        }
    }
}

pub(super) fn find(context: &Context<'_>, found: &mut Found) {
    // Most manifests have no Applications, and need not be parsed for them.
    let manifests = context.tree.of(Class::Manifest);
    for file in manifests.filter(|file| file.seen.applications) {
        for root in file.objects() {
            let text = |key: &str| root.get(key).and_then(Node::as_str).unwrap_or_default();
            if !text("apiVersion").starts_with("argoproj.io/") {
                continue;
            }
            match text("kind") {
                "Application" => {
                    let author = Author {
                        documents: documents(file),
                        via: Via::ArgoCd,
                        fill: &str::to_owned,
                        render: None,
                        place: &|span| span,
                        is_made: false,
                    };
                    let whole = Field::new(vec![(root, &author)]);
                    application(&whole, &declaration(file, root.span()), context, found);
                }
                "ApplicationSet" => set::expand(root, file, None, context, found),
                _ => {}
            }
        }
    }
    rendered(context, found);
}

/// Finds Applications in what charts render when they are installed: the app of apps pattern.
fn rendered(context: &Context<'_>, found: &mut Found) {
    let mut installed = BTreeMap::new();
    for file in context.tree.of(Class::ChartTemplate) {
        if !file.holds(Word::Argo) || !file.holds(Word::Application) {
            continue;
        }
        let Some(chart) = context.chart_around(&file.path) else { continue };
        let directory = chart.path.as_str();
        let (ways, partials) = installed.entry(directory).or_insert_with(|| {
            let ways = installed::ways(chart, context, &found.releases);
            let is_partial = |file: &&File| {
                file.class == Class::ChartTemplate && base_name(&file.path).starts_with('_')
            };
            let partials = context.tree.below(directory).filter(is_partial).filter_map(partial);
            (ways, partials.collect::<Vec<_>>())
        });
        let (dialect, tree) = (Dialect::Helm, context.tree);
        let engine = Engine { dialect, tree, directory, partials };
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

/// Reads the Applications that a template has rendered.
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
            let author = Author {
                documents: &[],
                via: Via::ArgoCd,
                fill: &str::to_owned,
                render: None,
                place: &|span| mapped.span(span.range().start, span.range().end),
                is_made: true,
            };
            let whole = Field::new(vec![(root, &author)]);
            application(&whole, &declaration(file, declared), context, found);
        }
    }
}

/// The declaration of an Application that is in a file of its own.
fn declaration(file: &File, declared: Span) -> Declaration<'_> {
    Declaration { path: &file.path, declared, via: Via::ArgoCd, variant: None }
}

fn documents(file: &File) -> &[Arc<Document>] {
    file.stream().map_or(&[][..], |stream| &stream.documents)
}

/// The releases of one Application: one for each of its sources that is a chart.
fn application(
    whole: &Field<'_>,
    declaration: &Declaration<'_>,
    context: &Context<'_>,
    found: &mut Found,
) {
    let Some(spec) = whole.get("spec") else { return };
    let name_field = whole.at(&["metadata", "name"]);
    let name = name_field.as_ref().and_then(Field::text);
    let destination = text(&spec, &["destination", "namespace"]);
    let sources = match spec.get("sources") {
        Some(sources) => sources.items().collect(),
        None => spec.get("source").into_iter().collect::<Vec<_>>(),
    };
    for source in &sources {
        let Some(chart) = chart(source, declaration, context, found) else { continue };
        let release_name = source.at(&["helm", "releaseName"]);
        let name = release_name.as_ref().and_then(Field::text).or_else(|| name.clone());
        let namespace = text(source, &["helm", "namespace"]).or_else(|| destination.clone());
        let values = layers(source, &sources, &chart, declaration, context);
        let unknown =
            |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains(UNKNOWN));
        let values_unknown = values
            .iter()
            .any(|layer| layer.file.as_ref().is_some_and(|file| file.contains(UNKNOWN)));
        if unknown(&name) || unknown(&chart.name) || values_unknown {
            let what = match values_unknown {
                true => "values files come",
                false if unknown(&name) => "name comes",
                false => "chart comes",
            };
            found.unresolved.push(Unresolved {
                declared: declaration.declared,
                why: format!("the release's {what} from {}", declaration.source()),
                chart_path: chart.path,
            });
            continue;
        }
        let apis = source.at(&["helm", "apiVersions"]);
        found.releases.push(Release {
            name,
            namespace: namespace.filter(|name| !name.contains(UNKNOWN) && !name.is_empty()),
            chart,
            values,
            kube_version: text(source, &["helm", "kubeVersion"]),
            api_versions: apis.iter().flat_map(Field::items).filter_map(|api| api.text()).collect(),
            skip_schema: source
                .at(&["helm", "skipSchemaValidation"])
                .is_some_and(|skip| skip.is_true()),
            declared: declaration.declared,
            name_span: release_name.as_ref().or(name_field.as_ref()).and_then(Field::span),
            via: declaration.via,
            variant: declaration.variant.clone(),
        });
    }
}

/// The chart of a source; `None` when the source is none.
fn chart(
    source: &Field<'_>,
    declaration: &Declaration<'_>,
    context: &Context<'_>,
    found: &mut Found,
) -> Option<ChartRef> {
    let text = |key: &str| source.get(key)?.text();
    let known = |key: &str| text(key).filter(|text| !text.contains(UNKNOWN));
    let repository = known("repoURL");
    let chart = if let Some(name) = text("chart").filter(|name| !name.is_empty()) {
        ChartRef { version: known("targetRevision"), ..of_registry(name, repository) }
    } else {
        let path = text("path")?;
        match repository.as_deref().filter(|url| url.starts_with("oci://")) {
            // An OCI artifact may contain anything; the path in it is mostly `.`.
            Some(_) if !source.has("helm") => return None,
            Some(artifact) => {
                let (repository, name, _) = split_oci(artifact);
                let (name, repository) = (Some(name), Some(repository));
                let version = known("targetRevision");
                ChartRef { name, repository, version, ..ChartRef::default() }
            }
            None => of_path(&path, repository, source, declaration, context, found)?,
        }
    };
    let span = source.get("chart").or_else(|| source.get("path")).and_then(|field| field.span());
    Some(ChartRef { span, ..chart })
}

/// The chart of a name in a registry. Only registries have names with slashes: the last part is the chart's.
fn of_registry(name: String, repository: Option<String>) -> ChartRef {
    let (repository, name) = match (repository, name.rsplit_once('/')) {
        (Some(repository), Some((folders, last))) => {
            (Some(format!("{}/{folders}", repository.trim_end_matches('/'))), last.to_owned())
        }
        (repository, _) => (repository, name),
    };
    ChartRef { name: Some(name), repository, ..ChartRef::default() }
}

/// The chart at a path in a git repository; `None` when Helm does not render what is there.
fn of_path(
    path: &str,
    repository: Option<String>,
    source: &Field<'_>,
    declaration: &Declaration<'_>,
    context: &Context<'_>,
    found: &mut Found,
) -> Option<ChartRef> {
    let declared = declaration.declared;
    if path.contains(UNKNOWN) {
        if source.has("helm") {
            let why = format!("the chart's path comes from {}", declaration.source());
            found.unresolved.push(Unresolved { declared, why, chart_path: None });
        }
        return None;
    }
    let from_top = path.trim_start_matches('/');
    let directory = context.tree.from_top(declaration.path, from_top);
    let other_tool =
        ["plugin", "kustomize", "directory", "jsonnet"].iter().any(|tool| source.has(tool));
    let is_here = repository.as_deref().is_none_or(|url| home::may_be(url, context));
    let tops: Vec<&str> = context.tree.tops_of(declaration.path).collect();
    let near = is_here.then(|| context.chart_by_path(from_top, &tops)).flatten();
    if near.is_some() && other_tool {
        // It is in the folder of a chart, but another tool renders it.
        let why = format!("`{directory}` is rendered by another tool than Helm");
        found.unresolved.push(Unresolved { declared, why, chart_path: Some(directory) });
        return None;
    }
    if near.is_some() {
        return near;
    }
    let lies_here = is_here && context.tree.is_directory(&directory);
    if !source.has("helm") || other_tool || lies_here {
        return None;
    }
    // The name of a chart at the top of a repository is not known, so it is that of the repository.
    let last =
        path.trim_end_matches('/').rsplit('/').next().filter(|last| !matches!(*last, "" | "."));
    let name = last.or_else(|| home::name(repository.as_deref()?)).map(str::to_owned);
    Some(ChartRef { name, repository, git: true, ..ChartRef::default() })
}

/// The values layers in Argo CD's order: `valueFiles`, then `values` or `valuesObject`, then `parameters`.
fn layers(
    source: &Field<'_>,
    sources: &[Field<'_>],
    chart: &ChartRef,
    declaration: &Declaration<'_>,
    context: &Context<'_>,
) -> Vec<Layer> {
    let Some(helm) = source.get("helm") else { return Vec::new() };
    let ignore_missing = helm.get("ignoreMissingValueFiles").is_some_and(|ignore| ignore.is_true());
    let mut layers = Vec::new();
    for named in helm.get("valueFiles").iter().flat_map(Field::items) {
        let Some((file, span)) = named.text().zip(named.span()) else { continue };
        for mut layer in value_file(&file, span, sources, chart, declaration, context) {
            layer.optional = ignore_missing;
            let is_absent = layer.file.as_ref().is_some_and(|path| !context.tree.is_file(path));
            if !(is_absent && ignore_missing) {
                layers.push(layer);
            }
        }
    }
    let inline = helm.get("valuesObject").or_else(|| helm.get("values"));
    let inline = inline.iter().flat_map(|values| values.values(context));
    layers.extend(inline.map(|(span, content)| Layer::inline(span, content)));
    layers.extend(parameters(&helm));
    layers
}

fn value_file(
    file: &str,
    span: Span,
    sources: &[Field<'_>],
    chart: &ChartRef,
    declaration: &Declaration<'_>,
    context: &Context<'_>,
) -> Vec<Layer> {
    if file.contains("://") {
        return vec![Layer { content: Content::Unknown, ..Layer::file(file.to_owned(), span) }];
    }
    let tops: Vec<&str> = context.tree.tops_of(declaration.path).collect();
    let (bases, path) = if let Some(referring) = file.strip_prefix('$') {
        let (name, path) = referring.split_once('/').unwrap_or((referring, ""));
        let names = |source: &&Field<'_>| text(source, &["ref"]).as_deref() == Some(name);
        let Some(named) = sources.iter().find(names) else {
            return vec![Layer::file(file.to_owned(), span)];
        };
        let url = text(named, &["repoURL"]);
        let is_known = !path.contains(UNKNOWN);
        if is_known
            && is_elsewhere(url.as_deref(), &context.tree.from_top(declaration.path, path), context)
        {
            return vec![Layer::inline(span, Content::Elsewhere)];
        }
        (tops, path)
    } else if let Some(path) = file.strip_prefix('/') {
        (tops, path)
    } else if let Some(directory) = &chart.path {
        (vec![directory.as_str()], file)
    } else {
        // A file in a chart that is not in this repository.
        return vec![Layer::inline(span, Content::Elsewhere)];
    };
    if path.contains(['*', '?']) {
        let found = bases.iter().map(|base| context.tree.glob(base, path));
        let first = found.into_iter().find(|paths| !paths.is_empty()).unwrap_or_default();
        return first.into_iter().map(|path| Layer::file(path, span)).collect();
    }
    let path = context.tree.locate(path, &bases).unwrap_or_else(|| join(bases[0], path));
    vec![Layer::file(path, span)]
}

/// Whether a values file at a path in a repository is in another repository than this one.
fn is_elsewhere(url: Option<&str>, path: &str, context: &Context<'_>) -> bool {
    let may_be_here = url.is_none_or(|url| home::may_be(url, context));
    let is_here = url.is_some_and(|url| home::is(url, context));
    !may_be_here
        || !is_here && !context.tree.is_file(path) && !context.tree.is_directory(parent(path))
}

fn parameters(helm: &Field<'_>) -> Option<Layer> {
    let lists = [("parameters", "value"), ("fileParameters", "path")];
    let fields: Vec<_> = lists.iter().filter_map(|(key, _)| helm.get(key)).collect();
    let span = fields.iter().filter_map(Field::key_span).min()?;
    let mut assignments = Vec::new();
    for (list, value_key) in lists {
        for item in helm.get(list).iter().flat_map(Field::items) {
            let forced = item.get("forceString").is_some_and(|forced| forced.is_true());
            let kind = match (list, forced) {
                ("fileParameters", _) => AssignmentKind::File,
                (_, true) => AssignmentKind::String,
                (_, false) => AssignmentKind::Value,
            };
            let path = text(&item, &["name"]);
            let value = item.get(value_key);
            let known = value.as_ref().and_then(Field::text);
            if let (Some(path), Some(text), Some(span)) = (path, known, item.span()) {
                assignments.push(Assignment {
                    kind,
                    path,
                    value: escaped(&text).replace(UNKNOWN, &RUN_TIME.to_string()),
                    span,
                    value_span: value.and_then(|value| value.span()),
                });
            }
        }
    }
    Some(Layer::inline(span, Content::Set(assignments)))
}

/// The value of a parameter as Argo CD passes it to `--set`: commas are part of it unless it is a list in braces
/// (`cleanSetParameters` in `util/helm/cmd.go`).
fn escaped(value: &str) -> String {
    if value.starts_with('{') && value.ends_with('}') {
        return value.to_owned();
    }
    let mut out = String::with_capacity(value.len());
    for letter in value.chars() {
        if letter == ',' && !out.ends_with('\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}
