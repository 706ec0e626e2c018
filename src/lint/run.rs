//! One run, from paths to a sorted report.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::civil::Date;
use rayon::prelude::*;

use super::asked::{Asked, ask};
use super::changed::Changed;
use super::choices::Choices;
use super::exempt::{Exempt, Exemptions};
use super::gather::{self, Stdin};
use super::layers::Families;
use super::rendered::{Charts, Task};
use super::select::{self, Active, Request, UnknownName};
use super::shard::{Groups, Shard, deal};
use super::suppress::{self, Suppressions, Verdict};
use super::waive::Waiving;
use super::{chart, cluster, directive, fingerprint, plain, release, schemas, syntax, text};
use crate::config::Config;
use crate::finding::{Finding, Origin, Place, Related, Severity};
use crate::kube::schema::Schemas;
use crate::project::{Class, File, Project, Release, Resolution, join};
use crate::report::model::Entry;
use crate::report::{Report, Texts, unite};
use crate::rule::{Evaluator, Member, ReleaseInfo, RuleSet, Setting, Undecided, environment};
use crate::source::{SourceId, Sources, Span};
use crate::yaml::Stream;

/// What a run is asked to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// Files and directories.
    pub paths: Vec<PathBuf>,
    /// A text to lint as if it were a file.
    pub stdin: Option<Stdin>,
    /// Which rules.
    pub request: Request,
    /// Kubernetes version to judge and render by, where a release does not say.
    pub kube_version: String,
    /// True where the command line or the configuration names it.
    pub kube_version_stated: bool,
    /// Findings are shown although something silences them.
    pub no_ignores: bool,
    /// Only a part of the work.
    pub shard: Option<Shard>,
    /// A release that the command line describes.
    pub release: Asked,
    /// What has changed, where a run looks at a change: rules may compare with what was.
    pub changed: Option<Changed>,
    /// The day by which suppressions expire.
    pub today: Date,
}

/// What a run gives.
#[derive(Debug)]
pub struct Outcome {
    /// United, suppressed, sorted and counted.
    pub report: Report,
    /// The texts that findings point into.
    pub texts: Texts,
    /// What was read and found to be deployed, a line each, for who wants to know.
    pub details: Vec<String>,
}

/// Is told how far a run has come, from any thread.
pub trait Watch: Sync {
    /// `done` of `of` pieces of `what` are done.
    fn step(&self, done: usize, of: usize, what: &'static str);
}

/// Nobody watches.
impl Watch for () {
    fn step(&self, _: usize, _: usize, _: &'static str) {}
}

/// Why a run cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum LintError {
    /// A rule or preset that does not exist.
    #[error(transparent)]
    Name(#[from] UnknownName),
    /// A path that does not exist.
    #[error("there is no {}", .0.display())]
    Path(PathBuf),
}

/// Lints.
///
/// # Errors
/// When a path does not exist, or the command line or the configuration names a rule or preset
/// that does not.
pub fn run(
    options: &Options,
    config: &Config,
    rules: &RuleSet,
    sources: &Sources,
    watch: &dyn Watch,
) -> Result<Outcome, LintError> {
    let mut paths = options.paths.clone();
    paths.extend(options.release.values.iter().cloned());
    let mut project = gather::gather(&paths, options.stdin.as_ref(), config, sources, watch)
        .map_err(LintError::Path)?;
    ask(&mut project, &options.release, sources);
    let project = project;
    let files: BTreeMap<&str, &File> =
        project.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let choices = Choices::new(&project, options, config, rules)?;
    let (schemas, unread) = schemas::collect(&project.files, config);
    let schemas = Arc::new(schemas);
    let run = Run {
        families: Families::new(&project.files),
        charts: Charts::new(config, &project.lock),
        project: &project,
        schemas,
        options,
        config,
        rules,
        sources,
        files,
        choices,
    };

    let mut suppressions = run.suppressions();
    let units = run.mine(run.units());
    let done = AtomicUsize::new(0);
    let found: Vec<Found> = units
        .par_iter()
        .map(|unit| {
            let found = run.unit(unit);
            watch.step(done.fetch_add(1, Ordering::Relaxed) + 1, units.len(), "linting");
            found
        })
        .collect();

    let mut report = Report::new();
    let mut findings = Vec::new();
    let mut unloaded = Vec::new();
    let mut unknown_kinds = BTreeSet::new();
    let mut undecided = Undecided::default();
    for (unit, found) in units.iter().zip(found) {
        report.summary.objects += found.objects;
        report.summary.suppressed += found.waived;
        report.notes.extend(found.notes);
        unknown_kinds.extend(found.unknown_kinds);
        undecided.add(found.undecided);
        findings.extend(found.findings);
        unloaded.extend(found.unloaded);
        for file in &unit.files {
            suppressions.complete(&file.path);
        }
    }
    report.notes.extend(schemas::note(&unknown_kinds));
    let first = options.shard.is_none_or(|shard| shard.index == 1);
    if first {
        findings.extend(
            project
                .findings
                .iter()
                .cloned()
                .chain(run.unresolved())
                .filter(|finding| run.wanted(finding) && run.asked_for(finding.primary.span)),
        );
        report.notes.extend(unread);
        report.summary.charts =
            project.charts.iter().filter(|chart| chart.requested && !chart.vendored).count();
    }
    report.summary.files = units.iter().map(|unit| unit.files.len()).sum();
    report.summary.releases = units.iter().map(|unit| unit.releases.len()).sum();

    let names = run.names();
    let exemptions = Exemptions::new(config);
    let (mut kept, suppressed) = run.silence(findings, &suppressions, &exemptions, &names);
    let untold = chart::untold(unloaded, &kept);
    let (untold, more) = run.silence(untold, &suppressions, &exemptions, &names);
    kept.extend(untold);
    report.summary.suppressed += suppressed + more;
    if let Some(severity) = run.unused() {
        let mine: BTreeSet<&str> =
            units.iter().flat_map(|unit| &unit.files).map(|file| file.path.as_str()).collect();
        let unused = suppressions.unused(&names, severity).into_iter();
        kept.extend(unused.filter(|finding| {
            mine.contains(sources.get(finding.primary.span.source).path.as_str())
        }));
        // What one shard does not find another may: only a whole run can tell.
        if options.shard.is_none() {
            kept.extend(exemptions.unused(&names, severity));
        }
    }
    report.findings = unite::entries(run.entries(&kept));
    run.clean_releases(&units, &mut report);
    report.finish();
    let ids: BTreeSet<SourceId> = kept.iter().flat_map(places).collect();
    let mut details = run.details(&units);
    details.extend(undecided.sentence());
    Ok(Outcome { report, texts: Texts::of_run(sources, &ids), details })
}

/// What belongs together and is judged by one worker.
#[derive(Debug, Default)]
struct Unit<'p> {
    /// Files it judges by themselves; each file is in one unit.
    files: Vec<&'p File>,
    /// Releases it judges, by index.
    releases: Vec<usize>,
}

/// What a unit gives.
#[derive(Debug, Default)]
struct Found {
    findings: Vec<Finding>,
    /// Charts that cannot be loaded; told where no other finding says why.
    unloaded: Vec<Finding>,
    notes: Vec<String>,
    unknown_kinds: BTreeSet<String>,
    undecided: Undecided,
    objects: usize,
    waived: usize,
}

struct Run<'p> {
    options: &'p Options,
    config: &'p Config,
    rules: &'p RuleSet,
    sources: &'p Sources,
    project: &'p Project,
    files: BTreeMap<&'p str, &'p File>,
    families: Families<'p>,
    choices: Choices,
    schemas: Arc<Schemas>,
    charts: Charts<'p>,
}

impl<'p> Run<'p> {
    /// Everything there is to do: a directory's manifests together, a release with its layers.
    /// Sorted, so that shards agree.
    fn units(&self) -> Vec<Unit<'p>> {
        let mut folders: BTreeMap<&str, Unit<'p>> = BTreeMap::new();
        let requested = self.project.files.iter().filter(|file| file.requested);
        for file in requested.filter(|file| file.class != Class::Other || is_broken(file)) {
            // Only manifests of one directory know each other; other files stand alone.
            let key = match file.class {
                Class::Manifest => folder(&file.path),
                _ => file.path.as_str(),
            };
            folders.entry(key).or_default().files.push(file);
        }
        let mut units: Vec<Unit<'p>> = folders.into_values().collect();
        for (at, release) in self.project.releases.iter().enumerate() {
            if self.concerned(release) {
                units.push(Unit { releases: vec![at], ..Unit::default() });
            }
        }
        units
    }

    /// True when a release is declared in, or made of, what is to be linted.
    fn concerned(&self, release: &Release) -> bool {
        let requested = |path: &str| self.files.get(path).is_some_and(|file| file.requested);
        requested(&self.sources.get(release.declared.source).path)
            || release.values.iter().any(|layer| layer.file.as_deref().is_some_and(requested))
            || self
                .project
                .charts
                .iter()
                .any(|chart| chart.requested && Some(&chart.path) == release.chart.path.as_ref())
    }

    /// This shard's part of the units.
    fn mine(&self, units: Vec<Unit<'p>>) -> Vec<Unit<'p>> {
        let Some(shard) = self.options.shard else {
            return units;
        };
        // Releases of one chart, and whatever shares a values file with them, stay together: one
        // finding may come from several of them.
        let mut groups = Groups::new(units.len());
        let mut first: BTreeMap<String, usize> = BTreeMap::new();
        for (at, unit) in units.iter().enumerate() {
            let own = unit.files.iter().map(|file| file.path.clone());
            let of_releases = unit.releases.iter().flat_map(|&release| {
                let release = &self.project.releases[release];
                let chart = std::iter::once(format!("chart {}", release.chart.display()));
                let declared = self.sources.get(release.declared.source).path.clone();
                chart
                    .chain(std::iter::once(declared))
                    .chain(release.values.iter().filter_map(|layer| layer.file.clone()))
            });
            for key in own.chain(of_releases) {
                groups.join(at, *first.entry(key).or_insert(at));
            }
        }
        let sizes: Vec<u64> = units
            .iter()
            .map(|unit| {
                let bytes: usize = unit.files.iter().map(|file| file.text.len()).sum();
                // Rendering a chart costs about as much as linting 100 kB of manifests.
                bytes as u64 + 100_000 * unit.releases.len() as u64
            })
            .collect();
        let parts = deal(&sizes, &mut groups, shard.of);
        let mine = units.into_iter().zip(parts).filter(|&(_, part)| part == shard.index);
        mine.map(|(unit, _)| unit).collect()
    }

    fn unit(&self, unit: &Unit<'p>) -> Found {
        let together: Vec<Member> = unit
            .files
            .iter()
            .filter(|file| file.class == Class::Manifest)
            .filter_map(|file| file.stream.as_deref())
            .flat_map(|stream| plain::members(&stream.documents))
            .collect();
        let of_files = unit.files.par_iter().map_init(
            || self.evaluator(None),
            |evaluator, file| self.file(file, &together, evaluator),
        );
        let of_releases =
            unit.releases.par_iter().map(|&at| self.release(&self.project.releases[at]));
        of_files.chain(of_releases).reduce(Found::default, |mut all, one| {
            all.findings.extend(one.findings);
            all.unloaded.extend(one.unloaded);
            all.notes.extend(one.notes);
            all.unknown_kinds.extend(one.unknown_kinds);
            all.undecided.add(one.undecided);
            all.objects += one.objects;
            all.waived += one.waived;
            all
        })
    }

    /// An evaluator for the objects of a release, or for manifests as they lie here.
    fn evaluator(&self, release: Option<&Release>) -> Evaluator {
        let said = release.and_then(|release| release.kube_version.as_deref());
        let setting = Setting {
            kube_version: said.unwrap_or(&self.options.kube_version).to_owned(),
            kube_version_stated: said.is_some() || self.options.kube_version_stated,
            namespace: match release {
                Some(release) => release.namespace.clone().unwrap_or_default(),
                None => "default".to_owned(),
            },
            schemas: Arc::clone(&self.schemas),
            cluster: cluster::facts(self.config),
            release: release
                .map_or_else(ReleaseInfo::default, |release| release::info(release, self.sources)),
            rendered: release.is_some(),
        };
        Evaluator::new(environment(), setting)
    }

    /// Judges one file by itself.
    fn file(&self, file: &File, together: &[Member], evaluator: &mut Evaluator) -> Found {
        let mut found = Found::default();
        let Some(stream) = file.stream.as_deref() else {
            return found;
        };
        found.findings = syntax::findings(stream, origin(file.class));
        found.findings.retain(|finding| self.wanted(finding));
        if !found.findings.is_empty() {
            let whole = chart::whole(file);
            found.findings.iter_mut().for_each(|finding| finding.object.clone_from(&whole));
        }
        let active = self.choices.at(&file.path);
        match file.class {
            Class::Manifest => {
                let names = self.names();
                let waiving = self.waiving(&names);
                let (findings, waived) =
                    plain::judge(stream, together, active, &waiving, evaluator);
                found.objects = plain::members(&stream.documents).len();
                found.waived = waived;
                found.unknown_kinds.append(&mut evaluator.unknown_kinds);
                found.undecided = std::mem::take(&mut evaluator.undecided);
                found.findings.extend(findings);
            }
            Class::Values if !self.is_layer(&file.path) && !self.is_of_chart(&file.path) => {
                let roots: Vec<_> = file.roots().take(1).collect();
                let info = ReleaseInfo::default();
                found.findings.extend(release::alone(&roots, &self.families, active, self.sources));
                found.findings.extend(release::values(
                    &roots,
                    &info,
                    active,
                    evaluator,
                    self.sources,
                ));
            }
            _ => {}
        }
        found.findings.extend(text::judge(file, origin(file.class), active, evaluator));
        found.findings.extend(self.chart(file, evaluator));
        found
    }

    /// Judges a chart's directory when its `Chart.yaml` comes up, or its values where it has none;
    /// copies of charts from elsewhere are left alone.
    fn chart(&self, file: &File, evaluator: &mut Evaluator) -> Vec<Finding> {
        let path = folder(&file.path);
        let directory = chart::Directory {
            path,
            files: &self.files,
            sources: self.sources,
            changed: self.options.changed.as_ref(),
        };
        let known = self.project.charts.iter().find(|chart| chart.path == path);
        let judged = match (file.class, known) {
            (Class::ChartMeta, Some(chart)) => !chart.vendored,
            (Class::Values, None) if file.path == join(path, "values.yaml") => {
                directory.lacks_metadata()
            }
            _ => false,
        };
        match judged {
            true => directory.judge(&self.charts, self.choices.at(&file.path), evaluator),
            false => Vec::new(),
        }
    }

    /// Judges one release.
    fn release(&self, release: &Release) -> Found {
        let declared = &self.sources.get(release.declared.source).path;
        let last = release.values.iter().rev().find_map(|layer| layer.file.as_deref());
        let active = self.choices.at(last.unwrap_or(declared));
        let mut evaluator = self.evaluator(Some(release));
        let mut found = Found::default();
        let lock = &self.project.lock;
        let chart = crate::project::resolve(&release.chart, folder(declared), self.config, lock);
        let rendered = match chart {
            Resolution::At(path) => {
                let names = self.names();
                let waiving = self.waiving(&names);
                let task = Task {
                    release,
                    path,
                    kube_version: &self.options.kube_version,
                    active,
                    files: &self.files,
                    families: &self.families,
                    sources: self.sources,
                };
                let evaluator = || self.evaluator(Some(release));
                let judged = task.judge(&self.charts, &waiving, evaluator);
                found.findings = judged.findings;
                found
                    .findings
                    .retain(|finding| self.wanted(finding) && self.asked_for(finding.primary.span));
                found.unloaded = judged.unloaded;
                found.unloaded.retain(|finding| self.wanted(finding));
                found.objects = judged.objects;
                found.waived = judged.waived;
                found.unknown_kinds = judged.unknown_kinds;
                found.undecided = judged.undecided;
                found.notes.extend(judged.notes);
                judged.rendered
            }
            Resolution::Missing { why, help } => {
                found.notes.push(format!(
                    "{why}: values were checked by themselves, selectors against the release's name alone; {help}"
                ));
                false
            }
        };
        found.findings.extend(release::judge(
            release,
            &self.files,
            &self.families,
            rendered,
            active,
            &mut evaluator,
            self.sources,
        ));
        found.unknown_kinds.append(&mut evaluator.unknown_kinds);
        found.undecided.add(std::mem::take(&mut evaluator.undecided));
        found
    }

    /// True for the values of a chart itself: they are judged by what the chart makes of them.
    fn is_of_chart(&self, path: &str) -> bool {
        let own = |chart: &crate::project::LocalChart| {
            crate::project::join(&chart.path, "values.yaml") == path
        };
        self.project.charts.iter().any(own)
    }

    /// True when a release has the file as a layer, and judges it.
    fn is_layer(&self, path: &str) -> bool {
        let mut layers = self.project.releases.iter().flat_map(|release| &release.values);
        layers.any(|layer| layer.file.as_deref() == Some(path))
    }

    /// Whether a finding of the pipeline itself is to be shown.
    fn wanted(&self, finding: &Finding) -> bool {
        let ignored = |word: &String| **word == *finding.rule;
        !self.options.request.ignore.iter().any(ignored)
            && !self.config.settings.ignore.iter().any(|word| *word.value == *finding.rule)
    }

    /// How much a suppression of nothing weighs; `None` when it is not asked for.
    fn unused(&self) -> Option<Severity> {
        let all = self.options.request.select.is_empty() && !self.options.no_ignores;
        let ignored = self.options.request.ignore.iter().any(|word| word == suppress::UNUSED)
            || self.config.settings.ignore.iter().any(|word| word.value == suppress::UNUSED);
        (all && !ignored).then_some(Severity::Warning)
    }

    fn waiving<'a>(&self, names: &'a Names<'_>) -> Waiving<'a> {
        Waiving {
            rules: names,
            today: self.options.today,
            off: self.options.no_ignores,
            unused: self.unused(),
        }
    }

    fn names(&self) -> Names<'_> {
        Names { set: self.rules, active: &self.choices.base }
    }

    /// What was read, a line each.
    fn details(&self, units: &[Unit<'_>]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut classes: BTreeMap<Class, usize> = BTreeMap::new();
        for file in units.iter().flat_map(|unit| &unit.files) {
            *classes.entry(file.class).or_default() += 1;
        }
        lines.extend(
            classes.iter().map(|(class, count)| format!("{count} files read as {class:?}")),
        );
        for &at in units.iter().flat_map(|unit| &unit.releases) {
            let release = &self.project.releases[at];
            let values: Vec<&str> = release
                .values
                .iter()
                .map(|layer| layer.file.as_deref().unwrap_or("inline"))
                .collect();
            lines.push(format!(
                "release {} of {} ({}, {}) with {}",
                release.display(),
                release.chart.display(),
                release.via.as_str(),
                release::line(release.declared, self.sources),
                if values.is_empty() {
                    "the chart's own values".to_owned()
                } else {
                    values.join(", ")
                },
            ));
        }
        lines
    }

    /// False for a place in a file that was read only for the releases it declares.
    fn asked_for(&self, span: Span) -> bool {
        let path = &self.sources.get(span.source).path;
        self.files.get(path.as_str()).is_none_or(|file| file.requested)
    }

    /// Declarations that cannot be resolved from the repository alone: what they deploy is not
    /// judged.
    fn unresolved(&self) -> impl Iterator<Item = Finding> {
        self.project.unresolved.iter().map(|unresolved| {
            let span = super::render::first_line(unresolved.declared, self.sources);
            let place = Place { span, origin: Origin::Release };
            let rule = ("release-unresolved", crate::project::GROUP);
            let message = format!("this release is not checked: {}", unresolved.why);
            Finding {
                help: Some(
                    "name it under `releases` in plimsoll.yaml, as it is deployed, to have it checked"
                        .to_owned(),
                ),
                ..Finding::new(rule, Severity::Info, message, place)
            }
        })
    }

    fn suppressions(&self) -> Suppressions {
        let mut suppressions = Suppressions::default();
        for file in &self.project.files {
            if !directive::may_hold(&file.text) {
                continue;
            }
            let source = self.sources.get(file.source);
            let directives = match &file.stream {
                Some(stream) => suppress::of_yaml(self.sources, file.source, &stream.comments),
                None => directive::in_template(file.source, &file.text, source.lines()),
            };
            suppressions.add(&file.path, origin(file.class), directives);
        }
        suppressions
    }

    /// Leaves silenced findings out and counts them; says of expired suppressions that they are.
    fn silence(
        &self,
        findings: Vec<Finding>,
        suppressions: &Suppressions,
        exemptions: &Exemptions,
        names: &Names<'_>,
    ) -> (Vec<Finding>, usize) {
        if self.options.no_ignores {
            return (findings, 0);
        }
        let before = findings.len();
        let kept: Vec<Finding> = findings
            .into_iter()
            .filter_map(|mut finding| {
                match exemptions.judge(&finding, self.sources, names, self.options.today) {
                    Exempt::Yes => return None,
                    Exempt::Ended(related) => finding.related.push(related),
                    Exempt::No => {}
                }
                match suppressions.judge(&finding, self.sources, names, self.options.today) {
                    Verdict::Reported => Some(finding),
                    Verdict::Silenced => None,
                    Verdict::Expired(date, span) => {
                        let message = format!("this suppression ended on {date}");
                        let place = Place { span, origin: finding.primary.origin };
                        finding.related.push(Related { message, place });
                        Some(finding)
                    }
                }
            })
            .collect();
        let silenced = before - kept.len();
        (kept, silenced)
    }

    /// Findings as the report has them, each with its fingerprint.
    fn entries(&self, kept: &[Finding]) -> Vec<Entry> {
        let streams: BTreeMap<SourceId, &Stream> = self
            .project
            .files
            .iter()
            .filter_map(|file| Some((file.source, &**file.stream.as_ref()?)))
            .collect();
        kept.par_iter()
            .map(|finding| {
                let source = finding.primary.span.source;
                let stream = streams.get(&source).copied();
                let print = fingerprint::of(finding, &self.sources.get(source), stream);
                Entry::new(finding, print, self.sources)
            })
            .collect()
    }

    /// Names, for each finding, the releases of the same chart that do not have it.
    fn clean_releases(&self, units: &[Unit<'_>], report: &mut Report) {
        let mut charts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut chart_of: BTreeMap<String, String> = BTreeMap::new();
        for &at in units.iter().flat_map(|unit| &unit.releases) {
            let release = &self.project.releases[at];
            let (chart, name) = (release.chart.display(), release.display());
            charts.entry(chart.clone()).or_default().insert(name.clone());
            chart_of.insert(name, chart);
        }
        for entry in &mut report.findings {
            let with: BTreeSet<&String> =
                entry.releases.iter().filter_map(|release| chart_of.get(release)).collect();
            let all = with.iter().filter_map(|chart| charts.get(*chart)).flatten();
            let clean: BTreeSet<String> =
                all.filter(|release| !entry.releases.contains(release)).cloned().collect();
            entry.clean_releases = clean.into_iter().collect();
        }
    }
}

/// The texts a finding points into.
fn places(finding: &Finding) -> impl Iterator<Item = SourceId> {
    let related = finding.related.iter().map(|related| related.place.span.source);
    std::iter::once(finding.primary.span.source).chain(related)
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// True for a file that is no YAML, yet means to be an object.
fn is_broken(file: &File) -> bool {
    let broken = file.stream.as_ref().is_some_and(|stream| !stream.errors.is_empty());
    broken && file.text.contains("apiVersion")
}

fn origin(class: Class) -> Origin {
    match class {
        Class::Values => Origin::Values,
        Class::ChartMeta => Origin::Chart,
        Class::ChartTemplate | Class::Template => Origin::Template,
        Class::Manifest | Class::Other | Class::Kustomization => Origin::Manifest,
        Class::Helmfile
        | Class::Skaffold
        | Class::Config
        | Class::GitLabCi
        | Class::GitHub
        | Class::Ci
        | Class::Taskfile
        | Class::Script
        | Class::Makefile
        | Class::Jenkinsfile
        | Class::Justfile
        | Class::Terraform => Origin::Release,
    }
}

/// Rules by the names that suppressions use.
struct Names<'a> {
    set: &'a RuleSet,
    active: &'a [Active],
}

impl suppress::Rules for Names<'_> {
    fn names(&self, named: &str, rule: &str) -> bool {
        named == rule || select::named(self.set, named).iter().any(|known| &*known.id == rule)
    }

    fn runs(&self, named: &str) -> bool {
        let named = select::named(self.set, named);
        named.iter().any(|rule| self.active.iter().any(|active| active.rule.id == rule.id))
    }

    fn known(&self, named: &str) -> Result<(), Option<String>> {
        if select::BUILTIN.contains(&named) || !select::named(self.set, named).is_empty() {
            return Ok(());
        }
        Err(select::nearest(self.set, named))
    }
}
