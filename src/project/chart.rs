//! Charts in the repository, and where a release's chart can be had without a network.

use std::path::{Path, PathBuf};

use super::classify::Class;
use super::release::ChartRef;
use super::tree::{Tree, is_below, join, parent};
use crate::config::Config;
use crate::source::Span;
use crate::yaml::Node;

/// A chart directory in the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalChart {
    /// The directory that holds `Chart.yaml`, as shown.
    pub path: String,
    /// `name` in `Chart.yaml`.
    pub name: Option<String>,
    /// `version` in `Chart.yaml`.
    pub version: Option<String>,
    /// `type: library`: never installed itself.
    pub library: bool,
    /// Lies in another chart's `charts/`.
    pub vendored: bool,
    /// The whole of `Chart.yaml`.
    pub span: Span,
    /// Whether it lies in what is to be linted.
    pub requested: bool,
}

/// The charts of a repository, sorted by path.
pub(super) fn find(tree: &Tree<'_>) -> Vec<LocalChart> {
    let metas: Vec<_> = tree.of(Class::ChartMeta).collect();
    let directories: Vec<&str> = metas.iter().map(|file| parent(&file.path)).collect();
    let charts = metas.iter().zip(&directories).map(|(file, directory)| {
        let root = file.roots().next();
        let text = |key: &str| root.and_then(|root| root.get(key)).and_then(scalar_text);
        let vendored = directories.iter().any(|other| {
            let inside =
                if other.is_empty() { "charts".to_owned() } else { format!("{other}/charts") };
            other != directory && is_below(directory, &inside)
        });
        LocalChart {
            path: (*directory).to_owned(),
            name: text("name"),
            version: text("version"),
            library: text("type").as_deref() == Some("library"),
            vendored,
            span: Span::new(file.source, 0, file.text.len()),
            requested: file.requested,
        }
    });
    let mut charts: Vec<_> = charts.collect();
    charts.sort_by(|a, b| a.path.cmp(&b.path));
    charts
}

/// A scalar's text as a person meant it; `None` for null and collections.
pub(super) fn scalar_text(node: Node<'_>) -> Option<String> {
    (node.scalar().is_some() && !node.is_null()).then(|| node.raw().to_owned())
}

/// Where a chart can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// A directory or a `.tgz`.
    At(PathBuf),
    /// Not on this machine: why, and what to do about it.
    Missing {
        /// Why, one clause.
        why: String,
        /// How to make it available.
        help: String,
    },
}

/// Finds a release's chart on this machine, without a network: where the configuration says, at
/// its path, in a `charts/` beside the declaration, in Helm's own caches.
///
/// `near` is the directory of the declaring file, as shown.
#[must_use]
pub fn resolve(chart: &ChartRef, near: &str, config: &Config) -> Resolution {
    let name = chart.name.as_deref().unwrap_or_default();
    if let Some(path) = mapped(chart, config) {
        return match path.exists() {
            true => Resolution::At(path),
            false => Resolution::Missing {
                why: format!(
                    "`{}`, where the configuration says it lies, is not there",
                    path.display()
                ),
                help: "correct the entry under `charts` in plimsoll.yaml".to_owned(),
            },
        };
    }
    if let Some(path) = &chart.path {
        let path = PathBuf::from(if path.is_empty() { "." } else { path });
        return match path.is_file() || path.join("Chart.yaml").is_file() {
            true => Resolution::At(path),
            false => Resolution::Missing {
                why: format!("there is no chart at `{}`", path.display()),
                help: "build or fetch it first, or exclude what declares it".to_owned(),
            },
        };
    }
    let version = chart.version.as_deref();
    let mut folders = vec![PathBuf::from(join(near, "charts")), PathBuf::from(join("", "charts"))];
    folders.extend(helm_caches());
    for folder in folders {
        if let Some(found) = in_folder(&folder, name, version) {
            return Resolution::At(found);
        }
    }
    let named = chart.display();
    let pin = version.map(|version| format!(" {version}")).unwrap_or_default();
    Resolution::Missing {
        why: format!("the chart {named}{pin} is not on this machine"),
        help: format!(
            "`helm pull` it, and say where it lies in plimsoll.yaml: `charts: \
             {{{named}: path/to/{name}.tgz}}`"
        ),
    }
}

/// What the configuration's `charts` says of this chart, under any of the names it goes by.
fn mapped(chart: &ChartRef, config: &Config) -> Option<PathBuf> {
    let directory = config.directory().unwrap_or(Path::new(""));
    let names = chart.names();
    let settings = &config.settings.charts;
    let path = names.iter().find_map(|name| settings.get(name))?;
    Some(directory.join(&path.value))
}

/// `NAME-VERSION.tgz` or a directory `NAME` in a folder of charts. Without a version, or with a
/// range, the highest version that fits is taken.
fn in_folder(folder: &Path, name: &str, version: Option<&str>) -> Option<PathBuf> {
    if name.is_empty() {
        return None;
    }
    let exact = version.map(|version| version.trim_start_matches('v'));
    let range = version.and_then(|version| semver::VersionReq::parse(version).ok());
    let mut best: Option<(semver::Version, PathBuf)> = None;
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let file = entry.file_name();
        let Some(found) = file
            .to_str()
            .and_then(|file| file.strip_suffix(".tgz"))
            .and_then(|file| file.strip_prefix(name))
            .and_then(|rest| rest.strip_prefix('-'))
            .map(|version| version.trim_start_matches('v'))
        else {
            continue;
        };
        let Ok(parsed) = semver::Version::parse(found) else { continue };
        let fits = match (exact, &range) {
            (None, _) => parsed.pre.is_empty(),
            (Some(exact), _) if semver::Version::parse(exact).is_ok() => exact == found,
            (Some(_), Some(range)) => range.matches(&parsed),
            (Some(_), None) => false,
        };
        if fits && best.as_ref().is_none_or(|(known, _)| *known < parsed) {
            best = Some((parsed, entry.path()));
        }
    }
    let directory = folder.join(name);
    best.map(|(_, path)| path)
        .or_else(|| directory.join("Chart.yaml").is_file().then_some(directory))
}

/// Where Helm keeps charts it fetched: `$HELM_REPOSITORY_CACHE`, or below `$HELM_CACHE_HOME`,
/// `$XDG_CACHE_HOME` or `~/.cache` (helm: pkg/helmpath/lazypath.go).
fn helm_caches() -> Vec<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(folder) = variable("HELM_REPOSITORY_CACHE") {
        return vec![folder];
    }
    variable("HELM_CACHE_HOME")
        .or_else(|| variable("XDG_CACHE_HOME").map(|home| home.join("helm")))
        .or_else(|| variable("HOME").map(|home| home.join(".cache/helm")))
        .map(|home| home.join("repository"))
        .into_iter()
        .collect()
}
