//! The release that the command line describes.

use std::path::PathBuf;

use crate::helm::values::{Typed, typed};
use crate::project::{
    Assignment, AssignmentKind, ChartRef, Class, Content, Layer, LocalChart, NodeRef, Project,
    Release, Via,
};
use crate::source::{Sources, Span};
use crate::yaml::Node;

/// The release that `--values`, `--set`, `--release-name` and `--namespace` describe, of the chart among the paths.
#[derive(Debug, Clone, Default)]
pub struct ReleaseRequest {
    /// Values files, the last wins.
    pub values: Vec<PathBuf>,
    /// Single values on top, `a.b=c`, as `helm --set` writes them.
    pub set: Vec<String>,
    /// The release's name; without values files, the name of every release that has none.
    pub name: Option<String>,
    /// Its namespace.
    pub namespace: Option<String>,
}

/// Adds the release that the command line describes to the project. Returns a note where its values go to only one of
/// several charts, or to none.
pub(super) fn add(
    project: &mut Project,
    request: &ReleaseRequest,
    sources: &Sources,
) -> Option<String> {
    if request.values.is_empty() && request.set.is_empty() {
        complete(&mut project.releases, request);
        return None;
    }
    let files: Vec<String> =
        request.values.iter().map(|path| crate::project::shown(path)).collect();
    // These are values files, whatever their names are.
    for file in &mut project.files {
        if file.class == Class::Other && files.contains(&file.path) {
            file.class = Class::Values;
        }
    }
    let mut layers: Vec<Layer> = files.iter().filter_map(|path| layer(path, project)).collect();
    layers.extend(request.set.iter().flat_map(|text| assignments(text, sources)));
    let declared = layers.first()?.span;
    let charts = project.charts.iter().filter(|chart| chart.requested && !chart.vendored);
    let charts: Vec<&LocalChart> = charts.collect();
    let note = unused(request, &charts);
    let chart = charts.first().map_or_else(ChartRef::default, |chart| ChartRef {
        name: chart.name.clone(),
        path: Some(chart.path.clone()),
        version: chart.version.clone(),
        ..ChartRef::default()
    });
    project.releases.push(Release {
        name: request.name.clone(),
        namespace: request.namespace.clone(),
        chart,
        values: layers,
        kube_version: None,
        api_versions: Vec::new(),
        skip_schema: false,
        declared,
        name_span: None,
        via: Via::SiblingValues,
        variant: None,
    });
    note
}

/// Gives releases the name and namespace of the command line, where they state none.
fn complete(releases: &mut [Release], request: &ReleaseRequest) {
    for release in releases {
        release.name = release.name.take().or_else(|| request.name.clone());
        release.namespace = release.namespace.take().or_else(|| request.namespace.clone());
    }
}

/// The layer of a values file; `None` if the file is not among those that were read.
fn layer(path: &str, project: &Project) -> Option<Layer> {
    let file = project.files.iter().find(|file| file.path == path)?;
    let span = Span::new(file.source, 0, 0);
    let (file, content) = (Some(path.to_owned()), Content::File);
    Some(Layer { file, span, content, target_path: None, optional: false })
}

/// A note where the values are used for only one of several charts, or for none.
fn unused(request: &ReleaseRequest, charts: &[&LocalChart]) -> Option<String> {
    match charts {
        [chart, others @ ..] if !others.is_empty() => Some(format!(
            "`--values` and `--set` were used for the chart {} only, and not for {} more: name one chart",
            chart.path,
            others.len()
        )),
        [] if request.values.is_empty() => {
            Some("no chart is among the paths: `--set` was not used".to_owned())
        }
        _ => None,
    }
}

/// A value of `--set` as YAML, with the type that Helm gives it.
fn written(value: &str) -> String {
    match typed(value) {
        Typed::Null => "null".to_owned(),
        Typed::Bool(value) => value.to_string(),
        Typed::Int(value) => value.to_string(),
        Typed::Text(text) => serde_json::Value::from(text).to_string(),
    }
}

/// The values layers that a `--set` stands for. Their text is shown as `--set …`.
fn assignments(text: &str, sources: &Sources) -> Vec<Layer> {
    // Lists and escapes are left to Helm's own syntax, whose parser gives no places within the text.
    if text.contains(['\\', '{', '[']) {
        let source = sources.add(format!("--set {text}"), text);
        let span = Span::new(source, 0, text.len());
        let (kind, path, value) = (AssignmentKind::Value, String::new(), text.to_owned());
        let one = Assignment { kind, path, value, span, value_span: None };
        return vec![Layer {
            file: None,
            span,
            content: Content::Set(vec![one]),
            target_path: None,
            optional: false,
        }];
    }
    let layer = |one: &str| {
        let (path, value) = one.split_once('=')?;
        let keys: Vec<&str> = path.split('.').collect();
        let yaml = keys.iter().rev().fold(written(value), |inner, key| {
            format!("{{{}: {inner}}}", serde_json::Value::from(*key))
        });
        let source = sources.add(format!("--set {one}"), yaml);
        let stream = crate::yaml::parse(source, &sources.get(source).text);
        let root = stream.documents.first().and_then(|document| document.root())?;
        let node = NodeRef::new(&stream.documents, root)?;
        let (span, value_span) = (root.span(), root.at(&keys).map(Node::span));
        let (kind, path, value) = (AssignmentKind::Value, String::new(), one.to_owned());
        let one = Assignment { kind, path, value, span, value_span };
        // Rules look at the tree, and templates at what Helm's own parser makes of the text.
        let content = Content::Filled(node, vec![one]);
        Some(Layer { file: None, span, content, target_path: None, optional: false })
    };
    text.split(',').filter_map(layer).collect()
}
