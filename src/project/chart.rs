//! Charts in the repository.

use std::collections::HashSet;

use super::class::Class;
use super::node::scalar_text;
use super::path::{is_named, parent, upwards};
use super::tree::Tree;
use crate::source::Span;

/// A chart directory in the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalChart {
    /// The shown path of the directory with `Chart.yaml`.
    pub path: String,
    /// `name` in `Chart.yaml`.
    pub name: Option<String>,
    /// `version` in `Chart.yaml`.
    pub version: Option<String>,
    /// Whether its type is `library`, so that it is never installed itself.
    pub library: bool,
    /// Whether it is in another chart's `charts/`.
    pub vendored: bool,
    /// The span of the whole `Chart.yaml`.
    pub span: Span,
    /// Whether it is to be linted.
    pub requested: bool,
}

/// The charts of a repository, sorted by path.
pub(super) fn find(tree: &Tree<'_>) -> Vec<LocalChart> {
    let metas: Vec<_> = tree.of(Class::ChartMeta).collect();
    let directories: HashSet<&str> = metas.iter().map(|file| parent(&file.path)).collect();
    let charts = metas.iter().map(|file| {
        let directory = parent(&file.path);
        let root = file.roots().next();
        let text = |key: &str| root.and_then(|root| root.get(key)).and_then(scalar_text);
        let mut above = upwards(directory).zip(upwards(directory).skip(1));
        let vendored =
            above.any(|(folder, outer)| directories.contains(outer) && is_named(folder, "charts"));
        LocalChart {
            path: directory.to_owned(),
            name: text("name"),
            version: text("version"),
            library: text("type").as_deref() == Some("library"),
            vendored,
            span: Span::new(file.source, 0, file.length()),
            requested: file.requested,
        }
    });
    let mut charts: Vec<_> = charts.collect();
    charts.sort_by(|a, b| a.path.cmp(&b.path));
    charts
}

/// The innermost chart that contains a file, among charts sorted by path.
pub(super) fn around<'c>(charts: &'c [LocalChart], path: &str) -> Option<&'c LocalChart> {
    upwards(parent(path)).find_map(|directory| at(charts, directory))
}

/// The chart in a directory, among charts sorted by path.
pub(super) fn at<'c>(charts: &'c [LocalChart], directory: &str) -> Option<&'c LocalChart> {
    let at = charts.binary_search_by(|chart| chart.path.as_str().cmp(directory)).ok()?;
    Some(&charts[at])
}
