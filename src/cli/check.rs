//! `plimsoll check [PATH]…`.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use super::before::Before;
use super::output::{self, Color, FailOn, Outputs};
use super::progress::Progress;
use super::{CommandError, Console, rule_files};
use crate::config::Config;
use crate::finding::Severity;
use crate::lint::baseline::{Baseline, BaselineError, Known};
use crate::lint::changed::{Changed, ChangedError};
use crate::lint::select::{Request, UnknownName};
use crate::lint::shard::Shard;
use crate::lint::silence;
use crate::lint::{self, Asked, LintError, Options, Outcome, Stdin};
use crate::report::model::Entry;
use crate::report::{Context, Format, Report, RuleInfo, Style, unite};
use crate::rule::{NEWEST_KUBE_VERSION, RuleSet};
use crate::source::Sources;

/// Lint charts, values, releases and manifests
///
/// Walks the paths as git sees them (ignored files are left out), renders every chart and every
/// release it finds declared, and prints what is wrong under the line to edit.
///
/// Exit code 0: nothing at or above --fail-on; 1: findings; 2: the command line, the
/// configuration or the machine is at fault.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  plimsoll check                                   this directory
  plimsoll check deploy/ values-prod.yaml          some of it
  plimsoll check --select anti-affinity-required   one rule only
  plimsoll check --format sarif -o plimsoll.sarif  for code scanning
  helm template . | plimsoll check -               what another tool rendered")]
pub(crate) struct Args {
    /// Files and directories; `-` reads a manifest from standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) selection: Selection,

    #[command(flatten)]
    pub(crate) rendering: Rendering,

    #[command(flatten)]
    pub(crate) scope: Scope,

    #[command(flatten)]
    pub(crate) outputs: Outputs,

    #[command(flatten)]
    pub(crate) show: Show,
}

/// Which rules run, and how much they weigh.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct Selection {
    /// Run these rules only: ids, groups, or other linters' ids
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) select: Vec<String>,

    /// Run these rules too, beside the preset's
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) extend_select: Vec<String>,

    /// Do not run these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,

    /// Weigh a rule differently: `RULE=error|warning|info|off`
    #[arg(long, value_name = "RULE=SEVERITY", value_delimiter = ',')]
    pub(crate) severity: Vec<String>,

    /// The rules to start from: `recommended`, `all`, or another that `plimsoll rules` names
    #[arg(long, value_name = "NAME")]
    pub(crate) preset: Option<String>,

    /// Use this configuration instead of the nearest plimsoll.yaml
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Show findings although a comment or annotation silences them
    #[arg(long)]
    pub(crate) no_ignores: bool,
}

/// How charts are rendered.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Rendering")]
pub(crate) struct Rendering {
    /// Render for this Kubernetes version
    #[arg(long, value_name = "VERSION")]
    pub(crate) kube_version: Option<String>,

    /// Render the chart with these values (adds a release; may be repeated)
    #[arg(long, short = 'f', value_name = "FILE")]
    pub(crate) values: Vec<PathBuf>,

    /// Set a value on the command line, as `helm --set`
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,

    /// Name of the release that -f and --set describe
    #[arg(long, value_name = "NAME")]
    pub(crate) release_name: Option<String>,

    /// Namespace of that release
    #[arg(long, short, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
}

/// Which of the findings are reported.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Which findings")]
pub(crate) struct Scope {
    /// From which severity on findings give exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub(crate) fail_on: FailOn,

    /// Leave out the findings that this file knows (see `plimsoll baseline`)
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// Report only what lines changed since this git revision cause
    #[arg(long, value_name = "REV")]
    pub(crate) changed_since: Option<String>,

    /// Write a suppression comment with this reason above each finding, and report what is left
    #[arg(long, value_name = "REASON", conflicts_with = "shard")]
    pub(crate) add_ignores: Option<String>,

    /// Do the I-th of N parts; `plimsoll merge` unites their JSON
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,
}

/// How the run presents itself.
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Show {
    /// When to colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,

    /// Count findings by rule after the report
    #[arg(long)]
    pub(crate) statistics: bool,

    /// Print findings only, no summary
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// Say what was read, rendered and left out
    #[arg(long, short)]
    pub(crate) verbose: bool,

    /// The name to show for standard input
    #[arg(long, value_name = "NAME")]
    pub(crate) stdin_filename: Option<String>,

    /// How many threads to use; by default as many as there are processors
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,

    #[command(flatten)]
    pub(crate) cache: Caching,
}

/// Whether results are kept between runs.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Caching {
    /// Work everything out anew, and keep nothing for the next run
    #[arg(long)]
    pub(crate) no_cache: bool,

    /// Keep results in this folder; by default below `$XDG_CACHE_HOME`, or `~/.cache`
    #[arg(long, value_name = "DIR", env = "PLIMSOLL_CACHE_DIR", conflicts_with = "no_cache")]
    pub(crate) cache_dir: Option<PathBuf>,
}

impl Caching {
    /// The folder for results of this working directory; `None` to keep none.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        if self.no_cache {
            return None;
        }
        let named = self.cache_dir.clone().filter(|folder| !folder.as_os_str().is_empty());
        named.or_else(|| {
            let absolute = |name| std::env::var_os(name).map(PathBuf::from);
            let absolute = |name| absolute(name).filter(|path| path.is_absolute());
            let home = || absolute("HOME").map(|home| home.join(".cache"));
            let base = absolute("XDG_CACHE_HOME").or_else(home)?;
            let here = std::env::current_dir().ok()?;
            let here = blake3::hash(here.as_os_str().as_encoded_bytes()).to_hex();
            Some(base.join("plimsoll").join(&here[..16]))
        })
    }
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<ExitCode, CommandError> {
    args.outputs.check()?;
    let started = Instant::now();
    let mut judged = Judged::new(args)?;
    if let Some(reason) = &args.scope.add_ignores {
        add_ignores(&judged.outcome.report, reason, console)?;
        // What is left is found by looking again: that is the proof that the comments work.
        judged = Judged::new(args)?;
    }
    let Judged { rules, outcome, gone } = judged;
    let Outcome { mut report, mut texts, details, .. } = outcome;
    if args.show.verbose {
        for line in &details {
            console.note(&crate::report::escape::line(line));
        }
    }
    report.summary.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);

    let info = |id: &str| info(&rules, id);
    args.outputs.write(&report, &mut texts, args.show.color, &info, console)?;
    if args.show.statistics {
        statistics(&report, console)?;
    }
    if !args.show.quiet {
        say_gone(&gone, console)?;
        output::closing(&report, console)?;
    }
    Ok(args.scope.fail_on.exit_code(&report))
}

/// What there is to report, once the baseline and the change have been asked.
struct Judged {
    rules: RuleSet,
    outcome: Outcome,
    /// What the baseline knows and this run looked for in vain.
    gone: Vec<Known>,
}

impl Judged {
    fn new(args: &Args) -> Result<Self, CommandError> {
        // What git or the baseline refuses is said before any work is done.
        let changed = match &args.scope.changed_since {
            Some(revision) => {
                Some(Changed::since(Path::new("."), revision).map_err(|error| no_change(&error))?)
            }
            None => None,
        };
        let baseline = match &args.scope.baseline {
            Some(path) => Some(Baseline::read(path).map_err(|error| no_baseline(&error))?),
            None => None,
        };
        let sources = Sources::default();
        let mut rules = RuleSet::builtin(&sources);
        let cache = args.show.cache.folder();
        let changes = changed.as_ref();
        let mut outcome = lint(args, &args.paths, cache, &mut rules, &sources, changes)?;
        let report = &mut outcome.report;
        let mut gone = Vec::new();
        if let Some(baseline) = &baseline {
            // One shard alone cannot tell what the others find.
            if args.scope.shard.is_none() {
                gone = baseline.gone(&report.findings, &outcome.looked);
            }
            let (new, known) = baseline.filter(std::mem::take(&mut report.findings));
            report.findings = new;
            report.summary.baselined = known;
        }
        if let Some(changed) = changed.as_ref().filter(|changed| !changed.is_empty()) {
            let (mut touched, elsewhere): (Vec<_>, Vec<_>) = std::mem::take(&mut report.findings)
                .into_iter()
                .partition(|entry| changed.touches(entry));
            if !elsewhere.is_empty() {
                let before = Before::new(args, changed, &report.notes)?;
                touched.extend(elsewhere.into_iter().filter(|entry| before.lacks(entry)));
            }
            report.findings = touched;
        } else if changed.is_some() {
            report.findings.clear();
        }
        report.finish();
        Ok(Self { rules, outcome, gone })
    }
}

/// Entries of the baseline that are named one by one.
const GONE_SHOWN: usize = 5;

fn say_gone(gone: &[Known], console: &mut Console) -> Result<(), CommandError> {
    if gone.is_empty() {
        return Ok(());
    }
    console.out.flush()?;
    for Known { file, rule, message, .. } in gone.iter().take(GONE_SHOWN) {
        let line = format!("note: in the baseline and no longer found: {file}: {rule}: {message}");
        console.note(&crate::report::escape::line(&line));
    }
    if let Some(more) = gone.len().checked_sub(GONE_SHOWN).filter(|more| *more > 0) {
        console.note(&format!("note: and {more} more"));
    }
    console.note("note: `plimsoll baseline --prune` takes them out of the baseline");
    Ok(())
}

/// Writes comments that silence what the report holds.
fn add_ignores(report: &Report, reason: &str, console: &mut Console) -> Result<(), CommandError> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let silencing = silence::comments(&report.findings, reason, &read)
        .map_err(|error| CommandError::new(error.to_string()))?;
    for (path, text) in &silencing.files {
        output::write_whole(Path::new(path), text.as_bytes())?;
    }
    for refused in &silencing.refused {
        let line = format!("note: no comment was written at {refused}");
        console.note(&crate::report::escape::line(&line));
    }
    if !silencing.refused.is_empty() {
        console.note("note: `exemptions` in plimsoll.yaml silence what no comment can");
    }
    console.note(&format!(
        "{} comments written to {} files",
        silencing.comments,
        silencing.files.len()
    ));
    Ok(())
}

/// Lints these paths as the command line says, before the baseline and the like are applied. Adds
/// the rules that the configuration brings. `changed` is what rules may compare with.
pub(crate) fn lint(
    args: &Args,
    paths: &[PathBuf],
    cache: Option<PathBuf>,
    rules: &mut RuleSet,
    sources: &Sources,
    changed: Option<&Changed>,
) -> Result<Outcome, CommandError> {
    let config = configuration(args, paths, sources)?;
    rule_files::add_own(rules, &config, sources)?;
    let configured = || config.settings.kube_version.as_ref().map(|version| version.value.clone());
    let kube_version = args.rendering.kube_version.clone().or_else(configured);
    let options = Options {
        paths: paths.iter().filter(|path| path.as_os_str() != "-").cloned().collect(),
        stdin: stdin(args)?,
        request: request(&args.selection)?,
        kube_version_stated: kube_version.is_some(),
        kube_version: kube_version.unwrap_or_else(|| NEWEST_KUBE_VERSION.to_owned()),
        no_ignores: args.selection.no_ignores,
        shard: args.scope.shard,
        release: Asked {
            values: args.rendering.values.clone(),
            set: args.rendering.set.clone(),
            name: args.rendering.release_name.clone(),
            namespace: args.rendering.namespace.clone(),
        },
        changed: changed.cloned(),
        today: jiff::ZonedDateTime::now().date(),
        cache,
    };
    let progress = Progress::new(args.show.quiet);
    let work = || lint::run(&options, &config, &*rules, sources, &progress);
    let outcome = match args.show.threads {
        None => work(),
        Some(0) => return Err(CommandError::new("`--threads 0`: at least one thread is needed")),
        Some(count) => rayon::ThreadPoolBuilder::new()
            .num_threads(count)
            .build()
            .map_err(|error| CommandError::new(format!("cannot start {count} threads: {error}")))?
            .install(work),
    };
    progress.finish();
    outcome.map_err(|error| match error {
        LintError::Name(error) => unknown_name(&error),
        LintError::Path(_) => {
            CommandError::new(error.to_string()).help("paths are relative to the working directory")
        }
    })
}

/// Reads standard input where `-` is among the paths.
fn stdin(args: &Args) -> Result<Option<Stdin>, CommandError> {
    if !args.paths.iter().any(|path| path.as_os_str() == "-") {
        return Ok(None);
    }
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .read_to_string(&mut text)
        .map_err(|error| CommandError::new(format!("cannot read standard input: {error}")))?;
    let name = args.show.stdin_filename.clone().unwrap_or_else(|| "<stdin>".to_owned());
    let name = crate::project::shown(Path::new(&name));
    Ok(Some(Stdin { name, text: text.into() }))
}

/// Reads the configuration that was named, or the nearest one. Whatever is wrong with it is
/// printed as findings are, and ends the run: settings that are not understood must not be
/// taken for defaults.
fn configuration(
    args: &Args,
    paths: &[PathBuf],
    sources: &Sources,
) -> Result<Config, CommandError> {
    let mut config = super::configuration(args.selection.config.as_deref(), paths, sources)?;
    config.findings.extend(lint::cluster::faults(&config));
    if config.findings.is_empty() {
        return Ok(config);
    }
    let mut report = Report::new();
    let entries = config.findings.iter();
    report.findings = unite::entries(
        entries.map(|finding| Entry::new(finding, String::new(), sources)).collect(),
    );
    let ids: Vec<_> = config.findings.iter().map(|finding| finding.primary.span.source).collect();
    let mut texts = crate::report::Texts::of_run(sources, &ids);
    let mut context =
        Context { texts: &mut texts, style: Style { color: false, width: 100 }, rule: &|_| None };
    crate::report::write(Format::Full, &report, &mut context, &mut std::io::stderr().lock())?;
    let shown = config.file.map(|file| crate::project::shown(&file.path)).unwrap_or_default();
    Err(CommandError::new(format!("{shown} is not a valid configuration")))
}

fn request(selection: &Selection) -> Result<Request, CommandError> {
    let severities = selection.severity.iter().map(|text| {
        let wrong = || {
            CommandError::new(format!("`--severity {text}` is not understood"))
                .help("write `--severity rule-id=error`, `warning`, `info` or `off`")
        };
        let (rule, level) = text.split_once('=').ok_or_else(wrong)?;
        let severity = match level {
            "error" => Some(Severity::Error),
            "warning" => Some(Severity::Warning),
            "info" => Some(Severity::Info),
            "off" => None,
            _ => return Err(wrong()),
        };
        Ok((rule.to_owned(), severity))
    });
    Ok(Request {
        select: selection.select.clone(),
        extend: selection.extend_select.clone(),
        ignore: selection.ignore.clone(),
        severities: severities.collect::<Result<_, CommandError>>()?,
        preset: selection.preset.clone(),
    })
}

/// What reports say of a rule.
pub(crate) fn info(rules: &RuleSet, id: &str) -> Option<RuleInfo> {
    let rule = rules.rules.iter().find(|rule| &*rule.id == id)?;
    Some(RuleInfo {
        summary: rule.summary.clone(),
        why: rule.why.clone(),
        fix: rule.fix.clone(),
        url: rule.references.first().cloned(),
    })
}

/// Findings by rule, most first.
fn statistics(report: &Report, console: &mut Console) -> Result<(), CommandError> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in &report.findings {
        *counts.entry(&entry.rule).or_default() += 1;
    }
    let mut rows: Vec<(&str, usize)> = counts.into_iter().collect();
    rows.sort_by_key(|&(rule, count)| (std::cmp::Reverse(count), rule));
    console.out.flush()?;
    for (rule, count) in rows {
        console.note(&format!("{count:6}  {rule}"));
    }
    Ok(())
}

fn unknown_name(error: &UnknownName) -> CommandError {
    let failure = CommandError::new(error.to_string());
    match &error.nearest {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help("`plimsoll rules` lists them"),
    }
}

pub(crate) fn no_change(error: &ChangedError) -> CommandError {
    let failure = CommandError::new(error.to_string());
    match error {
        ChangedError::Missing(_) => failure.help("--changed-since asks git what has changed"),
        ChangedError::NoRevision(_) | ChangedError::NoCommonAncestor(_) => failure.help(
            "a shallow clone does not hold it: fetch more history (`git fetch --unshallow`, `GIT_DEPTH: 0`, `fetch-depth: 0`)",
        ),
        ChangedError::NoRepository(_) | ChangedError::Failed { .. } => failure,
    }
}

fn no_baseline(error: &BaselineError) -> CommandError {
    CommandError::new(error.to_string()).help("write it anew with `plimsoll baseline`")
}
