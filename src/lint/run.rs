//! One run, from paths to a sorted report.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rayon::prelude::*;

use super::asked::{Asked, ask};
use super::baseline::Looked;
use super::cache::{Cache, Files, Keys, Salt};
use super::changed::Changed;
use super::choices::Choices;
use super::concern::Concern;
use super::exempt::{Exempt, Exemptions};
use super::gather::{self, Stdin};
use super::layers::Families;
use super::past::Past;
use super::rendered::Charts;
use super::schemas::CustomSchemas;
use super::select::{self, Active, Request, UnknownName};
use super::shard::Shard;
use super::suppress::{self, Suppressions, Verdict};
use super::unit::{Found, Unit};
use super::waive::Waiving;
use super::{chart, directive};
use crate::config::{Config, Level};
use crate::finding::{Finding, Origin, Place, Related, Severity};
use crate::project::{Class, File, Project, Recall, Word};
use crate::report::model::{Entry, ShardEntry};
use crate::report::{Report, Texts, unite};
use crate::rule::{NEWEST_KUBE_VERSION, RuleSet};
use crate::source::{SourceId, Sources, Span};

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
    /// What releases render is kept with the outcome. Nothing found is remembered then.
    pub keep_rendered: bool,
    /// The folder in which results are kept between runs; `None` to work everything out.
    pub cache: Option<PathBuf>,
}

impl Options {
    /// What holds where nothing is asked for but to lint these paths; keeps no results.
    #[must_use]
    pub fn of(paths: Vec<PathBuf>, today: Date) -> Self {
        Self {
            paths,
            stdin: None,
            request: Request::default(),
            kube_version: NEWEST_KUBE_VERSION.to_owned(),
            kube_version_stated: false,
            no_ignores: false,
            shard: None,
            release: Asked::default(),
            changed: None,
            today,
            keep_rendered: false,
            cache: None,
        }
    }
}

/// Today's date in UTC, the [`Options::today`] of a run that nobody tells another day: a date means the
/// same to a team and its CI, and to know the zone of this machine takes a look at all zones there are.
#[must_use]
pub fn today() -> Date {
    Timestamp::now().to_zoned_datetime(TimeZone::UTC).date()
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
    /// What was linted.
    pub looked: Looked,
    /// What each release renders, where that was asked for.
    pub rendered: BTreeMap<String, Documents>,
}

/// The template and the text of each document that a release renders.
pub type Documents = Vec<(String, String)>;

/// Is told how far a run has come, from any thread.
pub trait Watch: Sync {
    /// `done` of `of` pieces of `what` are done.
    fn step(&self, done: usize, of: usize, what: &'static str);

    /// True once nobody waits for the result: the run ends with [`LintError::Abandoned`].
    fn is_over(&self) -> bool {
        false
    }
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
    /// Whoever asked for it does not wait for it any more.
    #[error("nobody waits for this run")]
    Abandoned,
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
    let cache = options.cache.as_deref().map(|folder| Cache::open(folder, Salt::of_build()));
    let memory: &dyn Recall = cache.as_ref().map_or(&(), |cache| cache);
    let stdin = options.stdin.as_ref();
    let mut project =
        gather::gather(&paths, stdin, config, sources, memory, watch).map_err(LintError::Path)?;
    ask(&mut project, &options.release, sources);
    examine(&project, cache.as_ref(), options, config, rules, sources, watch)
}

/// Lints a project that has been read.
///
/// # Errors
/// As for [`run`], but for paths; and when `watch` says that it is over.
pub(super) fn examine(
    project: &Project,
    cache: Option<&Cache>,
    options: &Options,
    config: &Config,
    rules: &RuleSet,
    sources: &Sources,
    watch: &dyn Watch,
) -> Result<Outcome, LintError> {
    let files: BTreeMap<&str, &File> =
        project.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let choices = Choices::new(project, options, config, rules)?;
    let (schemas, unread) = CustomSchemas::new(&project.files, config, sources);
    let run = Run {
        schemas,
        options,
        config,
        rules,
        sources,
        project,
        files,
        texts: Files::new(&project.files),
        asked: Concern::of(project),
        families: Families::new(&project.files),
        choices,
        charts: Charts::new(config, &project.lock, cache.and_then(Cache::memory)),
        past: Past::new(options.changed.as_ref()),
    };

    let mut suppressions = run.suppressions();
    let units = run.mine(run.units());
    // What files are is remembered in any case; what releases render is not among the results.
    let results = cache.filter(|_| !options.keep_rendered);
    let found = run.judge(&units, results, watch);
    if watch.is_over() {
        return Err(LintError::Abandoned);
    }

    let mut report = Report::new();
    report.shard = options.shard.map(|Shard { index, of }| ShardEntry { index, of });
    let found = found.into_iter().fold(Found::default(), Found::and);
    report.summary.objects = found.objects;
    report.summary.suppressed = found.waived;
    report.notes = found.notes;
    report.unknown_kinds = found.unknown_kinds;
    report.absent_charts = found.absent_charts;
    let mut findings = found.findings;
    for file in run.linted() {
        suppressions.complete(&file.path);
    }
    let first = options.shard.is_none_or(|shard| shard.index == 1);
    if first {
        let mut of_project: Vec<Finding> =
            project.findings.iter().cloned().chain(run.unresolved()).collect();
        of_project.retain(|finding| run.asked_for(finding.primary.span));
        run.weigh(&mut of_project, &mut report.notes);
        findings.append(&mut of_project);
        report.notes.extend(unread);
        report.summary.charts =
            project.charts.iter().filter(|chart| chart.requested && !chart.vendored).count();
    }
    report.summary.files = units.iter().map(|unit| unit.files.len()).sum();
    report.templates = run.templates(&units);
    report.summary.releases = units.iter().map(|unit| unit.releases.len()).sum();

    let names = run.names();
    let exemptions = Exemptions::new(config);
    let (mut kept, suppressed) = run.silence(findings, &suppressions, &exemptions, &names);
    let untold = chart::untold(found.unloaded, &kept);
    let (untold, more) = run.silence(untold, &suppressions, &exemptions, &names);
    kept.extend(untold);
    report.summary.suppressed += suppressed + more;
    let unneeded = run.unneeded(&suppressions, &exemptions);
    if options.shard.is_none() {
        kept.extend(unneeded);
    } else {
        // What this part does not need another may: only all of them together know.
        report.unneeded = unite::entries(run.entries(&unneeded));
    }
    report.findings = unite::entries(run.entries(&kept));
    run.clean_releases(&units, &mut report);
    report.finish();
    let ids: BTreeSet<SourceId> = kept.iter().flat_map(places).collect();
    let mut details = run.details(&units);
    details.extend(found.undecided.sentence());
    details.extend(cache.map(Cache::close));
    let (texts, looked) = (Texts::of_run(sources, &ids), run.looked());
    let rendered = by_release(found.rendered);
    Ok(Outcome { report, texts, details, looked, rendered })
}

/// What releases render; several of one name count as one.
fn by_release(found: Vec<(String, Documents)>) -> BTreeMap<String, Documents> {
    let mut all: BTreeMap<String, Documents> = BTreeMap::new();
    for (release, documents) in found {
        all.entry(release).or_default().extend(documents);
    }
    all
}

/// What all of a run's units look at.
pub(super) struct Run<'p> {
    pub(super) options: &'p Options,
    pub(super) config: &'p Config,
    pub(super) rules: &'p RuleSet,
    pub(super) sources: &'p Sources,
    pub(super) project: &'p Project,
    pub(super) files: BTreeMap<&'p str, &'p File>,
    pub(super) texts: Files<'p>,
    pub(super) asked: Concern<'p>,
    pub(super) families: Families<'p>,
    pub(super) choices: Choices,
    pub(super) schemas: CustomSchemas<'p>,
    pub(super) charts: Charts<'p>,
    pub(super) past: Past<'p>,
}

impl<'p> Run<'p> {
    /// Judges every unit, or takes what is remembered of it.
    fn judge(&self, units: &[Unit<'p>], cache: Option<&Cache>, watch: &dyn Watch) -> Vec<Found> {
        let done = AtomicUsize::new(0);
        let keys = cache.map(|cache| Keys::new(self, cache.salt()));
        let judge = |unit: &Unit<'p>| {
            if watch.is_over() {
                return Found::default();
            }
            let key = keys.as_ref().and_then(|keys| keys.of(unit));
            let find = || self.unit(unit);
            let still = || keys.as_ref().is_some_and(|keys| keys.still(unit));
            let found = match cache.zip(key) {
                Some((cache, key)) => cache.found(key, &self.texts, self.sources, find, still),
                None => find(),
            };
            watch.step(done.fetch_add(1, Ordering::Relaxed) + 1, units.len(), "linting");
            found
        };
        units.par_iter().map(judge).collect()
    }

    /// Weighs what the pipeline itself reports as the user says, and leaves out what is switched
    /// off. Where that hides that something could not be judged at all, a note says so.
    pub(super) fn weigh(&self, findings: &mut Vec<Finding>, notes: &mut Vec<String>) {
        findings.retain_mut(|finding| {
            let path = &self.sources.get(finding.primary.span.source).path;
            let Some(level) = self.choices.at(path).level(&finding.rule) else { return true };
            match select::severity_of(level) {
                Some(severity) => finding.severity = severity,
                None => notes.extend(select::hidden(&finding.rule)),
            }
            level != Level::Off
        });
    }

    /// How much a suppression of nothing weighs; `None` when it is not asked for.
    fn unused(&self) -> Option<Severity> {
        let all = self.options.request.select.is_empty() && !self.options.no_ignores;
        let level = self.choices.base.level(suppress::UNUSED).unwrap_or(Level::Warning);
        select::severity_of(level).filter(|_| all)
    }

    pub(super) fn waiving<'a>(&self, names: &'a Names<'_>) -> Waiving<'a> {
        Waiving {
            rules: names,
            today: self.options.today,
            off: self.options.no_ignores,
            unused: self.unused(),
        }
    }

    pub(super) fn names(&self) -> Names<'_> {
        Names { set: self.rules, active: &self.choices.base.rules }
    }

    /// The files that some unit judges, of this part or of another.
    pub(super) fn linted(&self) -> impl Iterator<Item = &'p File> {
        let requested = self.project.files.iter().filter(|file| file.requested);
        requested.filter(|file| file.class != Class::Other || is_broken(file))
    }

    /// Findings on suppressions and exemptions that nothing needed.
    fn unneeded(&self, suppressions: &Suppressions, exemptions: &Exemptions) -> Vec<Finding> {
        let Some(severity) = self.unused() else { return Vec::new() };
        let names = self.names();
        let linted: BTreeSet<&str> = self.linted().map(|file| file.path.as_str()).collect();
        let path = |finding: &Finding| self.sources.get(finding.primary.span.source).path.clone();
        let mut unneeded = suppressions.unused(&names, severity, self.sources);
        unneeded.retain(|finding| linted.contains(path(finding).as_str()));
        // One that exempts nothing here may do so in files that are not linted.
        let whole = self.project.files.iter().all(|file| file.requested);
        unneeded.extend(exemptions.unused(&names, severity, whole));
        unneeded
    }

    /// Findings as reports have them.
    fn entries(&self, findings: &[Finding]) -> Vec<Entry> {
        let entry = |finding: &Finding| {
            let print = match finding.fingerprint.is_empty() {
                true => self.fingerprint(finding),
                false => finding.fingerprint.clone(),
            };
            Entry::new(finding, print, self.sources)
        };
        findings.par_iter().map(entry).collect()
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
            let rule = (crate::project::UNRESOLVED, crate::project::GROUP);
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
            if !file.holds(Word::Directive) {
                continue;
            }
            let source = self.sources.get(file.source);
            let directives = match file.stream() {
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

pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// True for a file that is no YAML, yet means to be an object.
fn is_broken(file: &File) -> bool {
    file.seen.broken && file.text.contains("apiVersion")
}

pub(super) fn origin(class: Class) -> Origin {
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
pub(super) struct Names<'a> {
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
