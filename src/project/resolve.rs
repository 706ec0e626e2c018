//! Finds the charts of releases, and dependencies of charts, on this machine.

use std::path::{Path, PathBuf};

use super::lock::{Archive, LOCK_NAME, Lock, LockedChart};
use super::node::scalar_text;
use super::path::{join, on_disk, shown, top_of_repository};
use super::release::ChartRef;
use crate::config::Config;
use crate::helm::chart::Dependency;
use crate::helm::function::highest;
use crate::source::{MAX_TEXT, SourceId, read_text};
use crate::yaml;

/// Where a chart is on this machine, or why it is not available.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// It is this directory or `.tgz`.
    At(PathBuf),
    /// It is not on this machine.
    Absent {
        /// The chart, with the version that is asked for.
        chart: String,
        /// How to make it available.
        help: String,
    },
    /// It is not at the path in the repository that the declaration names.
    Unbuilt(String),
    /// It is not where the configuration or the lock says, or has another digest.
    Missing {
        /// Why, in one clause.
        why: String,
        /// How to make it available.
        help: String,
    },
}

/// Finds a release's chart on this machine: where the configuration says, at its path, in a `charts/` folder beside the
/// declaration or at the top, where the lock says, or in Helm's own caches, in this order.
///
/// `near` is the shown directory of the declaring file.
#[must_use]
pub fn resolve(chart: &ChartRef, near: &str, config: &Config, lock: &Lock) -> Resolution {
    if let Some(resolution) = in_repository(chart, near, config) {
        return resolution;
    }
    let key = chart.key();
    if let Some((locked, archive)) = key.as_ref().and_then(|key| lock.archive(key)) {
        return of_lock(locked, archive);
    }
    cached(chart).map_or_else(|| missing(chart), Resolution::At)
}

/// Finds a release's chart without the lock and Helm's caches; `None` if the repository does not have it.
#[must_use]
pub fn in_repository(chart: &ChartRef, near: &str, config: &Config) -> Option<Resolution> {
    if let Some(path) = mapped(chart, config) {
        return Some(match path.exists() {
            true => Resolution::At(path),
            false => Resolution::Missing {
                why: format!(
                    "`{}`, where the configuration says it lies, is not there",
                    path.display()
                ),
                help: "correct the entry under `charts` in plimsoll.yaml".to_owned(),
            },
        });
    }
    if let Some(path) = &chart.path {
        let path = on_disk(path).to_owned();
        return Some(match path.is_file() || path.join("Chart.yaml").is_file() {
            true => Resolution::At(path),
            false => Resolution::Unbuilt(path.display().to_string()),
        });
    }
    let name = chart.name.as_deref().unwrap_or_default();
    [near, "", &top_of_repository()]
        .map(|folder| join(folder, "charts"))
        .iter()
        .find_map(|folder| in_folder(Path::new(folder), name, chart.version.as_deref()))
        .map(Resolution::At)
}

/// A dependency of a chart in the form in which releases name charts.
#[must_use]
pub fn of_dependency(dependency: &Dependency, config: &Config) -> ChartRef {
    let repository = dependency.repository.as_str();
    let alias = repository.strip_prefix('@').or_else(|| repository.strip_prefix("alias:"));
    let url = match alias {
        Some(alias) => config.settings.repositories.get(alias).map(|url| url.value.as_str()),
        None => Some(repository).filter(|url| !url.is_empty()),
    };
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    ChartRef {
        name: text(&dependency.name),
        repository: url.map(ToOwned::to_owned),
        alias: alias.map(ToOwned::to_owned),
        version: text(&dependency.version),
        ..ChartRef::default()
    }
}

/// Finds the archive of a dependency that is not in its chart's `charts/`: where the configuration says, where the lock
/// says, or in Helm's own caches.
#[must_use]
pub fn supply(dependency: &Dependency, config: &Config, lock: &Lock) -> Option<PathBuf> {
    let chart = of_dependency(dependency, config);
    if let Some(path) = mapped(&chart, config) {
        return path.is_file().then_some(path);
    }
    match chart.key().as_ref().and_then(|key| lock.archive(key)) {
        Some((_, Archive::At(path))) => Some(path.clone()),
        Some(_) => None,
        None => cached(&chart).filter(|path| path.is_file()),
    }
}

/// A chart in Helm's own caches.
fn cached(chart: &ChartRef) -> Option<PathBuf> {
    let name = chart.name.as_deref()?;
    helm_caches().iter().find_map(|folder| in_folder(folder, name, chart.version.as_deref()))
}

fn of_lock(locked: &LockedChart, archive: &Archive) -> Resolution {
    let named = format!("{} {}", locked.key.name, locked.version);
    let (path, what) = match archive {
        Archive::At(path) => return Resolution::At(path.clone()),
        Archive::Absent(path) => (path, "is not there"),
        Archive::Altered(path) => (path, "is not the archive that was locked"),
    };
    Resolution::Missing {
        why: format!("{LOCK_NAME} says that the chart {named} is `{}`, which {what}", shown(path)),
        help: "`plimsoll vendor` fetches it".to_owned(),
    }
}

fn missing(chart: &ChartRef) -> Resolution {
    let named = chart.display();
    let Some(name) = chart.name.as_deref() else {
        return Resolution::Absent {
            chart: named,
            help:
                "name it: `plimsoll check CHART -f FILE`, or `chart` of a release in plimsoll.yaml"
                    .to_owned(),
        };
    };
    let pin = chart.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let map =
        format!("say where it lies in plimsoll.yaml: `charts: {{{named}: path/to/{name}.tgz}}`");
    Resolution::Absent {
        chart: format!("{named}{pin}"),
        help: match (&chart.repository, &chart.alias) {
            (Some(url), _) if chart.git => format!("check `{url}` out, and {map}"),
            (Some(_), _) => format!("`plimsoll vendor` fetches it; or {map}"),
            (None, Some(alias)) => format!(
                "say where `{alias}` is in plimsoll.yaml, `repositories: {{{alias}: URL}}`, for \
                 `plimsoll vendor` to fetch it; or {map}"
            ),
            (None, None) => map,
        },
    }
}

/// The path for this chart in the configuration's `charts`, under any of the chart's names.
fn mapped(chart: &ChartRef, config: &Config) -> Option<PathBuf> {
    let directory = config.directory().unwrap_or(Path::new(""));
    let names = chart.names();
    let settings = &config.settings.charts;
    let path = names.iter().find_map(|name| settings.get(name))?;
    Some(directory.join(&path.value))
}

/// `NAME-VERSION.tgz` or a directory `NAME` in a folder of charts. Of several versions, it is the one that Helm would choose
/// from a repository.
fn in_folder(folder: &Path, name: &str, version: Option<&str>) -> Option<PathBuf> {
    if name.is_empty() {
        return None;
    }
    let mut archives: Vec<(String, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let file = entry.file_name();
        let stem = file.to_str().and_then(|file| file.strip_suffix(".tgz"));
        let version = stem.and_then(|stem| stem.strip_prefix(name)?.strip_prefix('-'));
        // `web-tools-1.0.0.tgz` is not a version of `web`.
        let is_version =
            |text: &&str| text.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
        if let Some(version) = version.filter(is_version) {
            archives.push((version.to_owned(), entry.path()));
        }
    }
    archives.sort();
    let versions: Vec<&str> = archives.iter().map(|(version, _)| version.as_str()).collect();
    if let Ok(Some(at)) = highest(version, &versions) {
        return Some(archives.swap_remove(at).1);
    }
    let directory = folder.join(name);
    let meta = read_text(&directory.join("Chart.yaml"), MAX_TEXT).ok()?;
    fits_directory(&meta, version).then_some(directory)
}

/// Whether the chart in a directory `charts/NAME` has a version that meets a constraint.
fn fits_directory(meta: &str, constraint: Option<&str>) -> bool {
    let stream = yaml::parse(SourceId::NOWHERE, &meta.into());
    let root = stream.documents.first().and_then(|document| document.root());
    let version = root.and_then(|root| root.get("version")).and_then(scalar_text);
    match (constraint, version) {
        (Some(constraint), Some(version)) => {
            matches!(highest(Some(constraint), &[version]), Ok(Some(_)))
        }
        _ => true,
    }
}

/// The folders in which Helm keeps fetched charts: `$HELM_REPOSITORY_CACHE`, or below `$HELM_CACHE_HOME`,
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
