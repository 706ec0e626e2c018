//! Releases of charts without a declaration: one for each of their `ci/*-values.yaml`, one for each values file
//! beside their own, or one with their own values. The last stands in where declarations leave values open.

use std::collections::BTreeSet;

use super::{Content, Context, Found, Layer, Release, Via};
use crate::project::chart::LocalChart;
use crate::project::file::File;
use crate::project::name::PathName;
use crate::project::path::{base_name, parent, within};
use crate::source::Span;

pub(super) fn find(context: &Context<'_>, found: &mut Found) {
    let used: BTreeSet<String> = found
        .releases
        .iter()
        .flat_map(|release| release.values.iter().filter_map(|layer| layer.file.clone()))
        .collect();
    let (open, known): (Vec<_>, Vec<_>) =
        found.releases.iter().partition(|release| is_open(release, context));
    let [deployed, half_deployed] = [known, open].map(|releases| {
        let paths = releases.into_iter().filter_map(|release| release.chart.path.clone());
        paths.collect::<BTreeSet<String>>()
    });
    let half_known: BTreeSet<String> =
        found.unresolved.iter().filter_map(|unresolved| unresolved.chart_path.clone()).collect();
    let charts: Vec<&LocalChart> =
        context.charts.iter().filter(|chart| !chart.library && !chart.vendored).collect();
    let dependencies = local_dependencies(context);
    let mut own = Vec::new();
    for &chart in &charts {
        let before = own.len();
        let files = values_files(chart, context);
        let is_free = |file: &File, via| via == Via::ChartCiValues || !used.contains(&file.path);
        let files = files.filter(|&(file, via)| is_free(file, via));
        own.extend(files.map(|(file, via)| release(chart, Some(file), via)));
        let is_judged = own.len() > before
            || deployed.contains(&chart.path)
            || dependencies.contains(&chart.path);
        if !is_judged {
            let is_open = half_deployed.contains(&chart.path) || half_known.contains(&chart.path);
            let via = if is_open { Via::StandIn } else { Via::ChartDefault };
            own.push(release(chart, None, via));
        }
    }
    found.releases.extend(own);
}

/// Whether some of a release's values are not here, so that its chart cannot be rendered as it is deployed.
fn is_open(release: &Release, context: &Context<'_>) -> bool {
    release.values.iter().any(|layer| {
        let is_absent = |path: &String| !layer.optional && !context.tree.is_file(path);
        match &layer.content {
            Content::Unknown | Content::Elsewhere => true,
            Content::File => layer.file.as_ref().is_some_and(is_absent),
            _ => layer.target_path.is_some(),
        }
    })
}

/// The values files in a chart other than its own, and the sort of release that each declares by its path.
pub(super) fn values_files<'c>(
    chart: &'c LocalChart,
    context: &'c Context<'_>,
) -> impl Iterator<Item = (&'c File, Via)> {
    let files = context.tree.below(&chart.path).filter(|file| file.is_yaml());
    // Values files in a nested chart are that chart's.
    let files = files.filter(move |file| {
        context.chart_around(&file.path).is_some_and(|around| around.path == chart.path)
    });
    files.filter_map(move |file| {
        let via = place(file, chart)?;
        (via == Via::ChartCiValues || !is_of_another(file, chart, context)).then_some((file, via))
    })
}

/// Charts that another chart in the repository depends on by `file://`.
fn local_dependencies(context: &Context<'_>) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for chart in context.charts {
        for name in ["Chart.yaml", "requirements.yaml"] {
            let file = context.tree.file(&crate::project::path::join(&chart.path, name));
            let Some(root) = file.and_then(|file| file.roots().next()) else { continue };
            for dependency in root.get("dependencies").into_iter().flat_map(|list| list.items()) {
                let repository = dependency.get("repository").and_then(|node| node.as_str());
                if let Some(path) = repository.and_then(|url| url.strip_prefix("file://")) {
                    paths.insert(crate::project::path::join(&chart.path, path));
                }
            }
        }
    }
    paths
}

/// The sort of release that a file in a chart declares by its path.
fn place(file: &File, chart: &LocalChart) -> Option<Via> {
    let inside = &*within(&chart.path, &file.path)?;
    let name = base_name(inside);
    // chart-testing uses `ci/*-values.yaml` (pkg/chart/chart.go, ValuesFilePathsForCI).
    if parent(inside) == "ci" {
        return (name.ends_with("-values.yaml") || name.ends_with("-values.yml"))
            .then_some(Via::ChartCiValues);
    }
    let folder = parent(inside);
    let top = inside.split('/').next().unwrap_or_default();
    let environments = matches!(top, "envs" | "env" | "environments" | "values" | "overlays");
    // A `values.schema.yaml` is the source of a `values.schema.json`.
    let named = PathName(name).is_values()
        && !matches!(name, "values.yaml" | "values.yml")
        && !name.starts_with("values.schema.");
    let plain = || {
        file.roots().next().is_some_and(|root| {
            root.kind() == crate::yaml::Kind::Mapping && root.get("kind").is_none()
        })
    };
    let placed = (folder.is_empty() && named) || (environments && !folder.is_empty());
    (placed && plain()).then_some(Via::SiblingValues)
}

/// True for files such as `redis-values.yaml` that have none of the chart's keys: these are values for another chart.
fn is_of_another(file: &File, chart: &LocalChart, context: &Context<'_>) -> bool {
    if base_name(&file.path).starts_with("values") || parent(&file.path) != chart.path {
        return false;
    }
    let own = context.tree.file(&crate::project::path::join(&chart.path, "values.yaml"));
    let Some(own) = own.and_then(|own| own.roots().next()) else { return false };
    let mut keys = file.roots().next().into_iter().flat_map(|root| root.entries());
    keys.all(|entry| entry.key.as_str().is_none_or(|key| own.get(key).is_none()))
}

fn release(chart: &LocalChart, file: Option<&File>, via: Via) -> Release {
    let declared = match file {
        Some(file) => Span::new(file.source, 0, 0),
        None => Span { end: chart.span.start, ..chart.span },
    };
    Release {
        name: None,
        namespace: None,
        chart: super::ChartRef {
            name: chart.name.clone(),
            version: chart.version.clone(),
            path: Some(chart.path.clone()),
            ..super::ChartRef::default()
        },
        values: file.map(|file| Layer::file(file.path.clone(), declared)).into_iter().collect(),
        kube_version: None,
        api_versions: Vec::new(),
        skip_schema: false,
        declared,
        name_span: None,
        via,
        variant: None,
    }
}
