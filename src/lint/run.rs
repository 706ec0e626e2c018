//! One run, from paths to a sorted report.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::cache::{Cache, Keys, Salt};
use super::context::Run;
use super::found::Found;
use super::gather::{self, Charts, CustomSchemas, Files, Involved, Keep, Kept};
use super::judge::{Families, Past, moving_tags};
use super::options::Options;
use super::outcome::{Documents, LintError, Outcome};
use super::place::shown::first_line;
use super::release;
use super::select::Choices;
use super::settle::{Settled, Settling};
use super::shard::Shard;
use super::unit::Unit;
use super::watch::Watch;
use crate::config::Config;
use crate::finding::{Finding, Origin, Place, Severity};
use crate::kube::schema::{NEWEST_MINOR, OLDEST_MINOR};
use crate::kube::{self, objects};
use crate::project::{Class, File, Project, Recall};
use crate::report::model::ShardEntry;
use crate::report::{Report, Texts, unite};
use crate::rule::RuleSet;
use crate::source::{Sources, Span};

/// How many manifests are looked at to decide which rules to prepare.
const MANIFESTS_LOOKED_AT: usize = 64;

/// The most releases without a finding that an entry names. Without a limit, each finding of a chart with thousands of
/// releases could name thousands of others.
const CLEAN_AT_MOST: usize = 100;

/// Lints the paths of `options`.
///
/// # Errors
/// When a path does not exist, or when the command line or the configuration names a rule or a preset that does not
/// exist.
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
    let (mut project, kept) =
        gather::gather(&paths, options, config, sources, memory, watch).map_err(LintError::Path)?;
    let note = release::add(&mut project, &options.release, sources);
    let mut outcome = examine(&project, cache.as_ref(), options, config, rules, sources, watch)?;
    outcome.report.notes.extend(note);
    outcome.report.notes.extend(beyond_schemas(options));
    Ok(Outcome { kept, project: Some(project), ..outcome })
}

/// Lints a project that has been read.
///
/// # Errors
/// When a rule or a preset does not exist, as in [`run`], or when `watch` says that nobody waits any more.
pub(super) fn examine(
    project: &Project,
    cache: Option<&Cache>,
    options: &Options,
    config: &Config,
    rules: &RuleSet,
    sources: &Sources,
    watch: &dyn Watch,
) -> Result<Outcome, LintError> {
    let choices = Choices::new(project, options, config, rules)?;
    let (schemas, unread) = CustomSchemas::new(&project.files, config, sources);
    let run = Run {
        schemas,
        options,
        config,
        rules,
        sources,
        project,
        files: Files::new(&project.files),
        involved: Involved::of(project),
        families: Families::new(&project.files),
        choices,
        charts: Charts::new(config, &project.lock, cache.and_then(Cache::memory)),
        past: Past::new(options.changed.as_ref()),
    };

    let units = run.mine(run.units());
    let names = run.names();
    let settling = Settling::new(&run, &names);
    let mut all = run.judge(&units, cache, &settling, watch);
    if watch.is_over() {
        return Err(LintError::Abandoned);
    }

    let mut report = Report::new();
    report.shard = options.shard.map(|Shard { index, of }| ShardEntry { index, of });
    let first = options.shard.is_none_or(|shard| shard.index == 1);
    if first {
        all = all.and(settling.settle(run.of_project()));
        all.rest.notes.extend(unread);
        report.summary.charts =
            project.charts.iter().filter(|chart| chart.requested && !chart.vendored).count();
    }
    let untold = all.untold();
    all = all.and(settling.settle(Found { findings: untold, ..Found::default() }));
    report.summary.releases = units.iter().map(|unit| unit.releases.len()).sum();
    // What only declares releases is not linted itself.
    let counts = |file: &&&File| !project.releases.is_empty() || !file.class.only_declares();
    report.summary.files = units.iter().flat_map(|unit| &unit.files).filter(counts).count();
    if report.summary.files == 0 && first && all.entries.is_empty() {
        all.rest.notes.extend(unlinted(options, project));
    }
    report.templates = run.templates(&units);
    report.summary.objects = all.rest.objects;
    report.summary.suppressed = all.rest.waived;

    let unneeded = settling.unneeded();
    if options.shard.is_none() {
        all = all.and(settling.accept(unneeded));
    } else {
        // Another shard may need these suppressions: only `merge` can tell.
        report.unneeded = unite::entries(settling.accept(unneeded).entries);
    }
    report.findings = unite::entries(all.entries);
    report.notes = all.rest.notes;
    report.unknown_kinds = all.rest.unknown_kinds;
    report.absent_charts = all.rest.absent_charts;
    report.unbuilt_charts = all.rest.unbuilt_charts;
    report.lacking_charts = all.rest.lacking_charts;
    report.own_conditions = run.own_conditions(&all.rest.undecided);
    run.clean_releases(&units, &mut report);
    report.finish();
    let mut details = run.details(&units);
    details.extend(all.rest.undecided.sentence());
    details.extend(cache.map(Cache::close));
    let (texts, coverage) = (Texts::of_run(sources, &all.pointed_into), run.coverage());
    let rendered = by_release(all.rest.rendered);
    Ok(Outcome { report, texts, details, coverage, rendered, kept: Kept::default(), project: None })
}

/// Says of a version of Kubernetes that none of the schemas are of it.
fn beyond_schemas(options: &Options) -> Option<String> {
    let version = &options.kube_version;
    let (age, nearest) = match kube::minor(version) {
        minor if minor > NEWEST_MINOR => ("newer than the newest", NEWEST_MINOR),
        minor if minor < OLDEST_MINOR => ("older than the oldest", OLDEST_MINOR),
        _ => return None,
    };
    Some(format!(
        "Kubernetes {version} is {age} that plimsoll has schemas of: objects were validated as by 1.{nearest}"
    ))
}

/// Says of files on the command line that there is nothing to lint in them, and how to check values.
fn unlinted(options: &Options, project: &Project) -> Option<String> {
    if let Some(first) = project.excluded.first() {
        return Some(format!("{first} is left out: `exclude` in plimsoll.yaml names it"));
    }
    let mut files = options.paths.iter().filter(|path| path.is_file());
    let first = crate::project::shown(files.next()?);
    let others = match files.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!(
        "there is nothing to lint in {first}{others}: no manifest, and no values that a release here names; \
         `plimsoll check CHART -f {first}` checks values with their chart"
    ))
}

/// The documents of each release; releases with the same name are put together.
fn by_release(found: Vec<(String, Documents)>) -> BTreeMap<String, Documents> {
    let mut all: BTreeMap<String, Documents> = BTreeMap::new();
    for (release, documents) in found {
        all.entry(release).or_default().extend(documents);
    }
    all
}

impl<'p> Run<'p> {
    /// Compiles the rules that manifests will need, in parallel. Does nothing if most files are known from an earlier run,
    /// since most results are then in the cache.
    fn prepare(&self, units: &[Unit<'p>], cache: Option<&Cache>) {
        let files = units.iter().flat_map(|unit| &unit.files);
        let manifests = files.filter(|file| file.class == Class::Manifest);
        let count = manifests.clone().count();
        if cache.is_none_or(|cache| 2 * cache.noted() > count) {
            let streams = manifests.take(MANIFESTS_LOOKED_AT).filter_map(|file| file.stream());
            let documents = streams.flat_map(|stream| &stream.documents);
            self.choices.base.prepare(documents.flat_map(|document| objects(document)));
        }
    }

    /// Judges every unit, or takes its result from the cache, and settles the findings.
    fn judge(
        &self,
        units: &[Unit<'p>],
        cache: Option<&Cache>,
        settling: &Settling<'_, 'p>,
        watch: &dyn Watch,
    ) -> Settled {
        let drops = self.drops_charts(cache);
        if drops {
            units
                .iter()
                .flat_map(|unit| self.charts_of(unit))
                .for_each(|path| self.charts.need(path));
        }
        self.prepare(units, cache);
        let done = AtomicUsize::new(0);
        let keys = cache.map(|cache| Keys::new(self, cache.salt()));
        let judge = |unit: &Unit<'p>| {
            if watch.is_over() {
                return Settled::default();
            }
            // Cached results do not include what releases render.
            let kept = unit.releases.is_empty() || self.options.keep != Keep::Rendered;
            let key = keys.as_ref().filter(|_| kept).and_then(|keys| keys.of(unit));
            let find = || self.unit(unit);
            let still = || keys.as_ref().is_some_and(|keys| keys.still(unit));
            let found = match cache.zip(key) {
                Some((cache, key)) => cache.found(key, &self.files, self.sources, find, still),
                None => find(),
            };
            watch.step(done.fetch_add(1, Ordering::Relaxed) + 1, units.len(), "linting");
            let settled = settling.settle(found);
            if drops {
                self.charts_of(unit).iter().for_each(|path| self.charts.done(path, self.sources));
            }
            settled
        };
        // Threads take one unit at a time, as units differ in size by orders of magnitude.
        let settled: Vec<Settled> = units.par_iter().with_max_len(1).map(judge).collect();
        let count: usize = settled.iter().map(|settled| settled.entries.len()).sum();
        settled.into_iter().fold(Settled::with_room(count), Settled::and)
    }

    /// Whether charts are dropped after their last release. An editor needs them again soon, and the texts that it
    /// holds could not be read again from disk.
    fn drops_charts(&self, cache: Option<&Cache>) -> bool {
        let in_memory = cache.and_then(Cache::memory).is_some();
        !in_memory && self.sources.overlay().is_empty()
    }

    /// False for a place in a file that is not to be linted, but was read for the releases that it declares.
    fn asked_for(&self, span: Span) -> bool {
        self.project.is_asked_for(&self.sources.path(span.source)).unwrap_or(true)
    }

    /// The findings that were made while the project was read.
    fn of_project(&self) -> Found {
        let mut found = Found::default();
        found.findings.extend(self.project.findings.iter().cloned().chain(self.unresolved()));
        found.findings.extend(moving_tags(&self.project.new_tags, &self.choices, self.sources));
        found.findings.retain(|finding| self.asked_for(finding.primary.span));
        self.weigh(&mut found.findings, &mut found.notes);
        found
    }

    /// Findings on release declarations that cannot be resolved from the repository alone, so that what they deploy is
    /// not judged.
    fn unresolved(&self) -> impl Iterator<Item = Finding> {
        self.project.unresolved.iter().map(|unresolved| {
            let span = first_line(unresolved.declared, self.sources);
            let place = Place { span, origin: Origin::Release };
            let rule = (crate::project::UNRESOLVED, crate::project::GROUP);
            let message = format!("this release is not checked: {}", unresolved.why);
            Finding {
                help: Some(
                    "name it under `releases` in plimsoll.yaml, as it is deployed, to have it checked"
                        .into(),
                ),
                ..Finding::new(rule, Severity::Info, message, place)
            }
        })
    }

    /// Adds to each finding the releases of the same chart that do not have it, unless there are too many.
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
            let all = || with.iter().filter_map(|chart| charts.get(*chart));
            let count: usize = all().map(BTreeSet::len).sum();
            if count.saturating_sub(entry.releases.len()) > CLEAN_AT_MOST {
                continue;
            }
            let clean: BTreeSet<&String> =
                all().flatten().filter(|release| !entry.releases.contains(release)).collect();
            entry.clean_releases = clean.into_iter().cloned().collect();
        }
    }
}
