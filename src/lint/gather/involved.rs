//! Which charts and values files a run is about.

use std::collections::HashSet;

use crate::project::{Class, File, Project, join, parent, upwards, within};
use crate::yaml::Node;

/// The charts and values files that a run is about.
#[derive(Debug, Default)]
pub(in crate::lint) struct Involved<'p> {
    /// Charts of which some part is to be linted, and charts that depend on such a chart by `file://`.
    pub(in crate::lint) charts: HashSet<&'p str>,
    /// Values files that are layers of a release, and the `values.yaml` of charts.
    pub(in crate::lint) layers: HashSet<String>,
}

impl<'p> Involved<'p> {
    pub(in crate::lint) fn of(project: &'p Project) -> Self {
        let known: HashSet<&str> = project.charts.iter().map(|chart| chart.path.as_str()).collect();
        let requested = project.files.iter().filter(|file| file.requested);
        let mut charts: HashSet<&str> =
            requested.flat_map(|file| charts_of(&file.path, &known)).collect();
        spread(&taken(project), &mut charts);
        let of_charts = project.charts.iter().map(|chart| join(&chart.path, "values.yaml"));
        let of_releases = project.releases.iter().flat_map(|release| &release.values);
        let layers = of_releases.filter_map(|layer| layer.file.clone()).chain(of_charts).collect();
        Self { charts, layers }
    }
}

/// The charts that a file is part of: the one that it lies in, and those around it.
fn charts_of<'k>(path: &str, known: &HashSet<&'k str>) -> Vec<&'k str> {
    let around = upwards(parent(path)).filter_map(|directory| known.get(directory).copied());
    let is_read =
        |directory: &&str| within(directory, path).is_some_and(|path| is_read_by_helm(&path));
    around.filter(is_read).collect()
}

/// True for a path within a chart that Helm reads to render it. Values files other than
/// `values.yaml` are layers of releases, and what `.Files` may read is not known.
pub(in crate::lint) fn is_read_by_helm(inside: &str) -> bool {
    match inside.split_once('/') {
        Some((top, _)) => matches!(top, "templates" | "charts" | "crds"),
        None => matches!(
            inside,
            "Chart.yaml"
                | "Chart.lock"
                | "values.yaml"
                | "values.schema.json"
                | "requirements.yaml"
        ),
    }
}

/// Charts that depend on another by `file://`, each with the path of the other.
fn taken(project: &Project) -> Vec<(&str, String)> {
    project
        .files
        .iter()
        .filter(|file| file.class == Class::ChartMeta && file.text().contains("file:"))
        .flat_map(|file| {
            let folder = parent(&file.path);
            local(file).into_iter().map(move |path| (folder, join(folder, &path)))
        })
        .collect()
}

/// Adds the charts that depend on one of `charts`, directly or through others.
fn spread<'p>(taken: &[(&'p str, String)], charts: &mut HashSet<&'p str>) {
    loop {
        let before = charts.len();
        let users = taken.iter().filter(|(_, chart)| charts.contains(chart.as_str()));
        let users: Vec<&str> = users.map(|(user, _)| *user).collect();
        charts.extend(users);
        if charts.len() == before {
            return;
        }
    }
}

/// The paths of a `Chart.yaml`'s `file://` dependencies.
fn local(file: &File) -> Vec<String> {
    let lists = file.roots().filter_map(|root| root.get("dependencies"));
    let repositories = lists.flat_map(Node::items).filter_map(|item| item.get("repository"));
    repositories
        .filter_map(|repository| Some(repository.raw().strip_prefix("file://")?.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_part_of_its_chart_and_of_those_around() {
        let known = HashSet::from(["a", "a/charts/b", ""]);
        let of = |path| charts_of(path, &known);
        assert_eq!(of("a/charts/b/templates/x.yaml"), ["a/charts/b", "a"]);
        assert_eq!(of("a/values.yaml"), ["a"]);
        assert_eq!(of("values.yaml"), [""]);
        assert!(of("a/values-prod.yaml").is_empty());
        assert!(of("docs/pod.yaml").is_empty());
    }
}
