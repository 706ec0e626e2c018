//! Releases of `skaffold.yaml`: `deploy.helm.releases` and `manifests.helm.releases`. Profiles are left out, as they
//! only apply if someone activates them.

use super::command::{self, Assignment, AssignmentKind};
use super::shell::RUN_TIME;
use super::{ChartRef, Content, Context, Found, Layer, Release, Unresolved, Via, embedded};
use crate::project::class::Class;
use crate::project::file::File;
use crate::project::node::scalar_text;
use crate::project::path::{join, parent};
use crate::yaml::Node;

pub(super) fn find(context: &Context<'_>, found: &mut Found) {
    for file in context.tree.of(Class::Skaffold) {
        for root in file.roots() {
            for section in ["deploy", "manifests"] {
                let releases = root.at(&[section, "helm", "releases"]);
                for item in releases.into_iter().flat_map(|list| list.items()) {
                    release(item, file, context, found);
                }
            }
        }
    }
}

fn release(item: Node<'_>, file: &File, context: &Context<'_>, found: &mut Found) {
    let directory = parent(&file.path);
    let text = |key: &str| item.get(key).and_then(scalar_text);
    let chart_path = text("chartPath");
    let chart = match (&chart_path, text("remoteChart")) {
        (Some(path), _) if !path.contains("{{") => context
            .chart_by_path(path, &bases(&file.path, context))
            .unwrap_or_else(|| context.local_chart(home(path, &file.path, context))),
        (None, Some(remote)) => {
            let chart = command::chart(&remote, text("repo"), &[directory], None, context);
            ChartRef { version: text("version").or(chart.version.clone()), ..chart }
        }
        _ => ChartRef::default(),
    };
    let span = item.get("chartPath").or_else(|| item.get("remoteChart")).map(Node::span);
    let declared = item.span();
    let files = item.get("valuesFiles").into_iter().flat_map(|list| list.items());
    let files: Vec<Node<'_>> = files.collect();
    let templated = ["name", "chartPath", "namespace"]
        .iter()
        .filter_map(|key| item.get(key))
        .chain(files.iter().copied())
        .find(|node| node.raw().contains("{{"));
    if let Some(node) = templated {
        let why = format!("`{}` is a template over the environment skaffold runs in", node.raw());
        found.unresolved.push(Unresolved { declared, why, chart_path: chart.path });
        return;
    }
    let mut values: Vec<Layer> = files
        .iter()
        .filter_map(|node| {
            let path = home(&scalar_text(*node)?, &file.path, context);
            Some(Layer::file(path, node.span()))
        })
        .collect();
    let documents = file.stream().map_or(&[][..], |stream| &stream.documents);
    if let Some(node) = item.get("overrides").filter(|node| !node.is_empty()) {
        let content = embedded::values(node, documents, context.sources);
        values.push(Layer::inline(node.key_span().unwrap_or(node.span()), content));
    }
    values.extend(set(item));
    found.releases.push(Release {
        name: text("name"),
        namespace: text("namespace"),
        chart: ChartRef { span, ..chart },
        values,
        kube_version: None,
        api_versions: Vec::new(),
        skip_schema: false,
        declared,
        name_span: item.get("name").map(Node::span),
        via: Via::Skaffold,
        variant: None,
    });
}

/// The folders that a path in a file may be relative to: skaffold reads it relative to the directory that it is called in,
/// which is that of `skaffold.yaml` or, with `--filename`, one above it.
fn bases<'c>(file: &'c str, context: &'c Context<'_>) -> Vec<&'c str> {
    context.tree.upwards(parent(file)).chain(context.tree.tops_of(file)).collect()
}

/// The file or folder that a path means, which need not exist.
fn home(path: &str, file: &str, context: &Context<'_>) -> String {
    let found = context.tree.locate(path, &bases(file, context));
    found.unwrap_or_else(|| join(parent(file), path))
}

/// `setValues`, `setValueTemplates` and `setFiles` as one layer. What templates render to, such as the tags of built
/// images, is only known at deployment.
fn set(item: Node<'_>) -> Option<Layer> {
    let keys = ["setValues", "setValueTemplates", "setFiles"];
    let nodes = keys.iter().filter_map(|key| item.get(key)).filter(|node| !node.is_empty());
    let span = nodes.filter_map(Node::key_span).min()?;
    let kinds = [AssignmentKind::Value, AssignmentKind::Value, AssignmentKind::File];
    let mut assignments = Vec::new();
    for (key, kind) in keys.into_iter().zip(kinds) {
        let known = |value: String| match key == "setValueTemplates" && value.contains("{{") {
            true => RUN_TIME.to_string(),
            false => value,
        };
        for entry in item.get(key).into_iter().flat_map(Node::entries) {
            assignments.extend(scalar_text(entry.value).map(known).map(|value| Assignment {
                kind,
                path: entry.name().into_owned(),
                value,
                span: entry.key.span(),
                value_span: Some(entry.value.span()),
            }));
        }
    }
    let content = match assignments.is_empty() {
        true => Content::Unknown,
        false => Content::Set(assignments),
    };
    Some(Layer::inline(span, content))
}
