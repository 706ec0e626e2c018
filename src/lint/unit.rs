//! The units of work of a run, and how one is judged. A unit may be judged on another machine (`shard`), and its result
//! is kept between runs (`cache`).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;

use super::context::{Run, origin};
use super::found::{Found, append};
use super::gather::{Keep, UnitFiles};
use super::judge::{Alternatives, Task, chart, plain, release, syntax, text};
use super::piece::{FINDINGS_AT_LEAST, in_parts, pieces};
use super::select::Chosen;
use super::settings::cluster;
use super::settle::fingerprint;
use super::settle::fingerprint::Places;
use super::shard::{Groups, deal};
use crate::finding::Finding;
use crate::project::{self, Class, File, Release, Resolution, join, parent};
use crate::report::unchecked::UNRENDERED;
use crate::rule::{Company, Evaluator, ReleaseInfo, Setting, Together};
use crate::source::SourceFile;
use crate::yaml::Stream;

/// The fewest files of a unit that one worker reads again.
const FILES_AT_LEAST: usize = 16;

/// Files or releases that are judged together.
#[derive(Debug, Default)]
pub(super) struct Unit<'p> {
    /// The files to judge; each file is in exactly one unit.
    pub(super) files: Vec<&'p File>,
    /// The manifests of the same directory that are not to be judged: what is deployed together with the files, if they are
    /// in a repository.
    pub(super) beside: Vec<&'p File>,
    /// The releases to judge, by index.
    pub(super) releases: Vec<usize>,
}

impl<'p> Run<'p> {
    /// All units of the run: the manifests of each directory, each other file, and each release. They are sorted, so
    /// that all shards have the same list.
    pub(super) fn units(&self) -> Vec<Unit<'p>> {
        let mut folders: BTreeMap<&str, Unit<'p>> = BTreeMap::new();
        for file in self.linted() {
            // Only manifests of one directory know each other; other files stand alone.
            let key = match file.class {
                Class::Manifest => parent(&file.path),
                _ => file.path.as_str(),
            };
            folders.entry(key).or_default().files.push(file);
        }
        let others = self.project.files.iter().filter(|file| !file.requested);
        for file in others.filter(|file| file.class == Class::Manifest) {
            let folder = parent(&file.path);
            let is_loose = self.project.loose.iter().any(|loose| loose == folder);
            if let Some(unit) = folders.get_mut(folder).filter(|_| !is_loose) {
                unit.beside.push(file);
            }
        }
        // A chart's releases directly follow its directory, so that the chart need not be held for long.
        let mut releases: BTreeMap<String, Vec<Unit<'p>>> = BTreeMap::new();
        for (at, release) in self.project.releases.iter().enumerate() {
            if self.concerned(release) {
                let chart = join(release.chart.path.as_deref().unwrap_or_default(), "Chart.yaml");
                let unit = Unit { releases: vec![at], ..Unit::default() };
                releases.entry(chart).or_default().push(unit);
            }
        }
        let mut units = Vec::with_capacity(folders.len() + releases.len());
        for (key, unit) in folders {
            units.push(unit);
            units.extend(releases.remove(key).unwrap_or_default());
        }
        units.extend(releases.into_values().flatten());
        units
    }

    /// The paths of the charts that a unit looks into, with possible duplicates.
    pub(super) fn charts_of(&self, unit: &Unit<'p>) -> Vec<PathBuf> {
        let of_releases =
            unit.releases.iter().filter_map(|&at| match self.resolve(&self.project.releases[at]) {
                Resolution::At(path) => Some(path),
                Resolution::Absent { .. } | Resolution::Unbuilt(_) | Resolution::Missing { .. } => {
                    None
                }
            });
        let folders = unit.files.iter().filter_map(|file| self.judged_folder(file));
        of_releases.chain(folders.map(chart::location)).collect()
    }

    /// True when a release's declaration, one of its values files or its chart is to be linted.
    fn concerned(&self, release: &Release) -> bool {
        let requested = |path: &str| self.files.at(path).is_some_and(|file| file.requested);
        requested(&self.sources.path(release.declared.source))
            || release.values.iter().any(|layer| layer.file.as_deref().is_some_and(requested))
            || self.owns(release)
    }

    /// True when a release's chart is among what is to be linted.
    pub(super) fn owns(&self, release: &Release) -> bool {
        release.chart.path.as_deref().is_some_and(|path| self.involved.charts.contains(path))
    }

    /// This shard's part of the units.
    pub(super) fn mine(&self, units: Vec<Unit<'p>>) -> Vec<Unit<'p>> {
        let Some(shard) = self.options.shard else {
            return units;
        };
        let mut groups = Groups::new(units.len());
        let mut first: BTreeMap<String, usize> = BTreeMap::new();
        for (at, unit) in units.iter().enumerate() {
            for key in self.bonds(unit) {
                groups.join(at, *first.entry(key).or_insert(at));
            }
        }
        let sizes: Vec<u64> = units
            .iter()
            .map(|unit| {
                let bytes: usize = unit.files.iter().map(|file| file.length()).sum();
                // Rendering a chart costs about as much as linting 100 kB of manifests.
                bytes as u64 + 100_000 * unit.releases.len() as u64
            })
            .collect();
        let parts = deal(&sizes, &mut groups, shard.of);
        let mine = units.into_iter().zip(parts).filter(|&(_, part)| part == shard.index);
        mine.map(|(unit, _)| unit).collect()
    }

    /// Names of what a unit has in common with others; units with a common name are put into one shard. Releases of one
    /// chart, and releases that share a values file, stay together because one finding may come from several of them. A
    /// chart's directory stays with its releases because a fault that is reported there is not reported by them.
    fn bonds(&self, unit: &Unit<'_>) -> Vec<String> {
        let mut bonds: Vec<String> = unit.files.iter().map(|file| file.path.clone()).collect();
        let folders = unit.files.iter().filter_map(|file| self.judged_folder(file));
        bonds.extend(folders.map(|folder| format!("chart at {folder}")));
        for &at in &unit.releases {
            let release = &self.project.releases[at];
            bonds.push(match &release.chart.path {
                Some(path) => format!("chart at {path}"),
                None => format!("chart {}", release.chart.display()),
            });
            bonds.extend(release.values.iter().filter_map(|layer| layer.file.clone()));
        }
        bonds
    }

    /// Judges one unit. Everything that the result depends on has to be in its key (`cache::key`).
    pub(super) fn unit(&self, unit: &Unit<'p>) -> Found {
        let (files, mut found) = self.taken_down(unit);
        let mut unit_files = UnitFiles::new(&self.files);
        unit_files.add(files.iter().cloned());
        unit_files.add(self.looked_into(unit).filter_map(|file| file.taken_down().ok()));
        let unit_files = &unit_files;
        let manifests = files.iter().filter(|file| file.class == Class::Manifest);
        let beside: Vec<_> = unit.beside.iter().filter_map(|file| file.taken_down().ok()).collect();
        let manifests = manifests.chain(&beside);
        let streams: Vec<_> = manifests.filter_map(|file| file.stream()).collect();
        let company = Company::of(streams.iter().flat_map(|stream| &stream.documents));
        let alternatives = Alternatives::among(&streams);
        let place = unit.files.first().map_or("", |file| &file.path);
        let pieces = pieces(&files, |file| file.length());
        let of_files = in_parts(&pieces).map_init(
            || {
                let evaluator = self.evaluator(None, place);
                (evaluator.together(&company), evaluator)
            },
            |(together, evaluator), piece| {
                let judge = |file| self.file(file, unit_files, together, &alternatives, evaluator);
                piece.iter().map(|file| &**file).map(judge).collect::<Vec<_>>()
            },
        );
        let of_files = of_files.flatten_iter();
        let of_releases = unit
            .releases
            .par_iter()
            .map(|&at| self.release(&self.project.releases[at], unit_files));
        // With all parts collected first, findings are moved only once: there may be some hundred thousand.
        let parts: Vec<Found> = of_files.chain(of_releases).collect();
        found.findings.reserve_exact(parts.iter().map(|part| part.findings.len()).sum());
        found = parts.into_iter().fold(found, Found::and);
        let _held = self.held(&found.findings);
        let named = found.findings.par_iter_mut().chain(&mut found.unloaded);
        named.with_min_len(FINDINGS_AT_LEAST).for_each_init(Places::default, |places, finding| {
            finding.fingerprint = self.fingerprint(finding, unit_files, places);
        });
        found
    }

    /// The files that a unit looks into although it does not judge them: values files of its releases, and
    /// definitions of custom resources in the chart directory that it judges.
    fn looked_into(&self, unit: &Unit<'p>) -> impl Iterator<Item = &'p File> {
        let of_release = |&at: &usize| {
            let release = &self.project.releases[at];
            let of_chart = release.chart.path.iter().map(|chart| join(chart, "values.yaml"));
            release.values.iter().filter_map(|layer| layer.file.clone()).chain(of_chart)
        };
        let values = unit.releases.iter().flat_map(of_release);
        let folders = unit.files.iter().filter_map(|file| self.judged_folder(file));
        let definitions = folders.map(|folder| join(folder, "crds/"));
        let definitions =
            definitions.flat_map(|folder| self.files.below(&folder).collect::<Vec<_>>());
        values.filter_map(|path| self.files.at(&path)).chain(definitions)
    }

    /// The files of a unit with their texts read again where necessary, and findings on those that have changed in
    /// between.
    fn taken_down(&self, unit: &Unit<'p>) -> (Vec<Cow<'p, File>>, Found) {
        let files = unit.files.par_iter().with_min_len(FILES_AT_LEAST);
        let files: Vec<_> = files.map(|file| (*file, file.taken_down())).collect();
        let (mut whole, mut found) = (Vec::with_capacity(files.len()), Found::default());
        for (file, taken) in files {
            match taken {
                Ok(file) => whole.push(file),
                Err(why) => {
                    let why = why.to_string();
                    found.findings.push(project::unreadable(&file.path, &why, self.sources));
                    found.torn = true;
                }
            }
        }
        self.weigh(&mut found.findings, &mut found.notes);
        (whole, found)
    }

    /// The texts that findings point into. While they are held, a text that was dropped from memory is read only once.
    pub(super) fn held(&self, findings: &[Finding]) -> Vec<Arc<SourceFile>> {
        findings.iter().map(|finding| self.sources.get(finding.primary.span.source)).collect()
    }

    /// The fingerprint of a finding, by the node that it stands at if the file has a tree.
    pub(super) fn fingerprint<'d>(
        &self,
        finding: &Finding,
        unit_files: &'d UnitFiles<'_>,
        places: &mut Places<'d>,
    ) -> String {
        let source = finding.primary.span.source;
        let stream = unit_files.of(source).and_then(|file| file.stream());
        fingerprint::of(finding, &self.sources.get(source), stream.map(AsRef::as_ref), places)
    }

    /// An evaluator for the objects of a release that is declared in the file at `path`, or without a release, for the
    /// manifest at `path`.
    fn evaluator(&self, release: Option<&Release>, path: &str) -> Evaluator {
        let said = release.and_then(|release| release.kube_version.as_deref());
        let setting = Setting {
            kube_version: said.unwrap_or(&self.options.kube_version).to_owned(),
            kube_version_stated: said.is_some() || self.options.kube_version_stated,
            namespace: match release {
                Some(release) => release.namespace.clone().unwrap_or_default(),
                None => "default".to_owned(),
            },
            cluster: cluster::facts(self.config),
            release: release
                .map_or_else(ReleaseInfo::default, |release| release::info(release, self.sources)),
            rendered: release.is_some(),
            schemas: Arc::clone(self.schemas.at(path)),
        };
        Evaluator::new(setting)
    }

    /// Judges one file by itself.
    fn file<'c>(
        &'c self,
        file: &'c File,
        unit_files: &UnitFiles<'_>,
        together: &Together<'c>,
        alternatives: &'c Alternatives<'c>,
        evaluator: &mut Evaluator,
    ) -> Found {
        let mut found = Found::default();
        let Some(stream) = file.stream() else {
            return found;
        };
        found.findings = syntax::findings(stream, origin(file.class));
        self.weigh(&mut found.findings, &mut found.notes);
        if !found.findings.is_empty() {
            let whole = chart::whole(file).map(Box::new);
            found.findings.iter_mut().for_each(|finding| finding.object.clone_from(&whole));
        }
        let chosen = self.choices.at(&file.path);
        let active = &*chosen.rules;
        match file.class {
            Class::Manifest => {
                let before = self.past.manifest(file, chosen);
                let rewrites = self.project.rewrites.get(&file.path).map(Arc::as_ref);
                let judged = match before.is_empty() {
                    true => {
                        let scene =
                            plain::Scene::here(together.clone(), None, rewrites, alternatives);
                        self.manifest(file, stream, &scene, chosen, evaluator)
                    }
                    false => {
                        // Results that rules share among all objects must not refer to the former state of this file.
                        let together = evaluator.together(together.company());
                        let scene =
                            plain::Scene::here(together, Some(&before), rewrites, alternatives);
                        self.manifest(file, stream, &scene, chosen, evaluator)
                    }
                };
                found = found.and(judged);
            }
            Class::Values if !self.judged_with_release(&file.path) => {
                let roots: Vec<_> = file.roots().take(1).collect();
                let info = ReleaseInfo::default();
                found.findings.extend(release::values(&roots, &info, active, evaluator));
                found.findings.extend(release::alone(&roots, &self.families, active, self.sources));
            }
            _ => {}
        }
        append(&mut found.findings, text::judge(file, origin(file.class), chosen, evaluator));
        found.findings.extend(self.chart(file, unit_files, evaluator));
        found.unknown_kinds.append(&mut evaluator.unknown_kinds);
        found.undecided.add(std::mem::take(&mut evaluator.undecided));
        found
    }

    /// Judges the objects of a manifest, in parallel if it is long.
    fn manifest<'c>(
        &self,
        file: &File,
        stream: &'c Stream,
        scene: &plain::Scene<'c>,
        chosen: &'c Chosen,
        evaluator: &mut Evaluator,
    ) -> Found {
        let names = self.names();
        let waiving = &self.waiving(&names);
        let pieces = pieces(&stream.documents, |document| document.span().range().len());
        if pieces.len() < 2 || rayon::current_num_threads() == 1 {
            return plain::judge(stream, &stream.documents, scene, chosen, waiving, evaluator);
        }
        let around = scene.around;
        let judged = in_parts(&pieces).map_init(
            || {
                let evaluator = self.evaluator(None, &file.path);
                (around.scene(&evaluator), evaluator)
            },
            |(scene, evaluator), piece| {
                plain::judge(stream, piece, scene, chosen, waiving, evaluator)
            },
        );
        let judged: Vec<Found> = judged.collect();
        judged.into_iter().fold(Found::default(), Found::and)
    }

    /// Judges a chart's directory, together with its `Chart.yaml`, or with its `values.yaml` if it has no `Chart.yaml`.
    /// Vendored charts are not judged.
    fn chart(
        &self,
        file: &File,
        unit_files: &UnitFiles<'_>,
        evaluator: &mut Evaluator,
    ) -> Vec<Finding> {
        let Some(path) = self.judged_folder(file) else { return Vec::new() };
        let directory = chart::Directory {
            path,
            files: unit_files,
            sources: self.sources,
            changed: self.options.changed.as_ref(),
        };
        if file.class == Class::Values && !directory.lacks_metadata() {
            return Vec::new();
        }
        directory.judge(&self.charts, &self.choices.at(&file.path).rules, evaluator)
    }

    /// The chart directory that is judged together with a file, if any.
    pub(super) fn judged_folder<'f>(&self, file: &'f File) -> Option<&'f str> {
        let path = parent(&file.path);
        let known = self.project.chart_at(path);
        let judged = match (file.class, known) {
            (Class::ChartMeta, Some(chart)) => !chart.vendored,
            (Class::Values, None) => file.path == join(path, "values.yaml"),
            _ => false,
        };
        judged.then_some(path)
    }

    /// Judges one release.
    fn release(&self, release: &Release, unit_files: &UnitFiles<'_>) -> Found {
        let chosen = self.rules_of(release);
        let declared = &self.sources.path(release.declared.source);
        let mut evaluator = self.evaluator(Some(release), declared);
        let mut found = Found::default();
        let is_rendered = match self.resolve(release) {
            Resolution::At(path) => {
                let names = self.names();
                let waiving = self.waiving(&names);
                let task = Task {
                    release,
                    path,
                    kube_version: &self.options.kube_version,
                    api_versions: &self.options.api_versions,
                    chosen,
                    rewrites: self.project.rewrites_of(release, self.sources),
                    files: unit_files,
                    charts: &self.project.charts,
                    families: &self.families,
                    sources: self.sources,
                    keep_rendered: self.options.keep == Keep::Rendered,
                    helped: self.project.releases.len() < rayon::current_num_threads(),
                    in_repository: self.owns(release),
                };
                let evaluator = || self.evaluator(Some(release), declared);
                let before = self.past.release(&task, &|wanted| {
                    crate::project::supply(wanted, self.config, &self.project.lock)
                });
                let judged = task.judge(&self.charts, &before, &waiving, &evaluator);
                found = judged.found;
                self.weigh(&mut found.findings, &mut found.notes);
                self.weigh(&mut found.unloaded, &mut found.notes);
                judged.is_rendered
            }
            Resolution::Absent { chart, help } => {
                found.absent_charts.insert(chart, help);
                false
            }
            Resolution::Unbuilt(path) => {
                found.unbuilt_charts.insert(path);
                false
            }
            Resolution::Missing { why, help } => {
                found.notes.push(format!("{why}: {UNRENDERED}; {help}"));
                false
            }
        };
        found.findings.extend(release::judge(
            release,
            unit_files,
            &self.families,
            is_rendered,
            &chosen.rules,
            &mut evaluator,
            self.sources,
        ));
        found.unknown_kinds.append(&mut evaluator.unknown_kinds);
        found.undecided.add(std::mem::take(&mut evaluator.undecided));
        found
    }

    /// The rules for a release: those that are chosen for its last values file, or else for its declaration.
    pub(super) fn rules_of(&self, release: &Release) -> &Chosen {
        let declared = &self.sources.path(release.declared.source);
        let last = release.values.iter().rev().find_map(|layer| layer.file.as_deref());
        self.choices.at(last.unwrap_or(declared))
    }

    /// Where the chart of a release is on this machine.
    pub(super) fn resolve(&self, release: &Release) -> Resolution {
        let declared = &self.sources.path(release.declared.source);
        crate::project::resolve(&release.chart, parent(declared), self.config, &self.project.lock)
    }

    /// True for values files that are a layer of a release, and for charts' own values: they are judged together with
    /// what the chart renders.
    pub(super) fn judged_with_release(&self, path: &str) -> bool {
        self.involved.layers.contains(path)
    }
}
