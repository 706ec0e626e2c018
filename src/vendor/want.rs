//! The charts to fetch: those that releases and charts name and the repository does not contain.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::helm::chart::Chart;
use crate::project::{
    Archive, ChartKey, ChartRef, Lock, Project, in_repository, of_dependency, on_disk, parent,
};
use crate::source::Sources;

/// A chart to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What is asked for.
    pub key: ChartKey,
    /// The repository's URL as declared, which may contain credentials.
    pub url: String,
    /// The places that name it, `file:line`; sorted, never empty.
    pub places: Vec<String>,
}

/// A chart that cannot be fetched because its repository is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unfetchable {
    /// The chart as people name it.
    pub chart: String,
    /// The alias of its repository, if there is one.
    pub alias: Option<String>,
    /// The place that names it, `file:line`.
    pub place: String,
}

/// All charts that a project needs from elsewhere.
#[derive(Debug, Default)]
pub struct Wants {
    /// Sorted by key, each once.
    pub charts: Vec<Wanted>,
    /// Sorted by chart.
    pub unfetchable: Vec<Unfetchable>,
}

/// A difference between a lock and what releases name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stale {
    /// A chart that is needed, but not in the lock.
    Missing(Wanted),
    /// A chart that is in the lock, but not needed.
    Surplus(ChartKey),
    /// An archive that is not the locked one; with its shown path.
    Altered(String),
}

/// Collects the charts that a project's releases name and that its charts depend on.
#[must_use]
pub fn wants(project: &Project, config: &Config, sources: &Sources) -> Wants {
    let mut collected = Collected::default();
    for release in &project.releases {
        let place = sources.cite(release.chart.span.unwrap_or(release.declared));
        let declaring = &sources.path(release.declared.source);
        let near = parent(declaring);
        if in_repository(&release.chart, near, config).is_none() {
            collected.take(&release.chart, place);
        }
    }
    for local in project.charts.iter().filter(|chart| !chart.vendored) {
        // `plimsoll check` reports charts that cannot be read.
        let Ok(chart) = Chart::load(on_disk(&local.path), &local.path, sources, &|_| None) else {
            continue;
        };
        for dependency in chart.missing_dependencies() {
            let named = of_dependency(dependency, config);
            let on_disk = dependency.repository.is_empty()
                || dependency.repository.starts_with("file://")
                || in_repository(&named, &local.path, config).is_some();
            if !on_disk {
                collected.take(&named, sources.cite(dependency.span));
            }
        }
    }
    collected.sorted()
}

/// The differences between a lock and what is needed. Missing archives do not count, since they can be fetched.
#[must_use]
pub fn stale(wants: &Wants, lock: &Lock) -> Vec<Stale> {
    let mut stale = Vec::new();
    for wanted in &wants.charts {
        match lock.archive(&wanted.key) {
            None => stale.push(Stale::Missing(wanted.clone())),
            Some((_, Archive::Altered(path))) => {
                stale.push(Stale::Altered(crate::project::shown(path)));
            }
            Some(_) => {}
        }
    }
    let asked = |key: &ChartKey| wants.charts.iter().any(|wanted| wanted.key == *key);
    let surplus = lock.charts().map(|chart| &chart.key).filter(|key| !asked(key));
    stale.extend(surplus.cloned().map(Stale::Surplus));
    stale
}

#[derive(Debug, Default)]
struct Collected {
    charts: BTreeMap<ChartKey, Wanted>,
    unfetchable: Vec<Unfetchable>,
}

impl Collected {
    fn take(&mut self, chart: &ChartRef, place: String) {
        if chart.git || chart.name.is_none() {
            return;
        }
        let (Some(key), Some(url)) = (chart.key(), &chart.repository) else {
            let alias = chart.alias.clone();
            self.unfetchable.push(Unfetchable { chart: chart.display(), alias, place });
            return;
        };
        let new = Wanted { key: key.clone(), url: url.clone(), places: Vec::new() };
        self.charts.entry(key).or_insert(new).places.push(place);
    }

    fn sorted(self) -> Wants {
        let mut charts: Vec<Wanted> = self.charts.into_values().collect();
        for wanted in &mut charts {
            wanted.places.sort();
            wanted.places.dedup();
        }
        let mut unfetchable = self.unfetchable;
        unfetchable.sort();
        unfetchable.dedup();
        Wants { charts, unfetchable }
    }
}
