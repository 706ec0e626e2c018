//! `plimsoll check [PATH]…`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use super::before::Before;
use super::output::{self, Color, Gate, Outputs};
use super::plan::Plan;
use super::{CommandError, Console, fix};
use crate::lint::baseline::{Baseline, BaselineError, Known};
use crate::lint::changed::{Changed, ChangedError};
use crate::lint::shard::Shard;
use crate::lint::{Outcome, silence};
use crate::report::summary::counted;
use crate::report::{Report, RuleInfo, summary};
use crate::rule::RuleSet;

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
    pub(crate) fixing: Fixing,

    #[command(flatten)]
    pub(crate) outputs: Outputs,

    #[command(flatten)]
    pub(crate) show: Show,
}

impl Args {
    /// Whether fixes are applied or shown, and tried before.
    pub(super) fn looks_at_fixes(&self) -> bool {
        self.fixing.diff || self.fixing.fix || self.outputs.show_fixes()
    }
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

    /// Render for clusters that have these APIs, too (`monitoring.coreos.com/v1`)
    #[arg(long, value_name = "VERSION", value_delimiter = ',')]
    pub(crate) api_versions: Vec<String>,

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
    #[command(flatten)]
    pub(crate) gate: Gate,

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

/// What becomes of the fixes that rules offer.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Fixes")]
pub(crate) struct Fixing {
    /// Write the safe fixes to the files, and report what is left
    #[arg(long, conflicts_with = "shard")]
    pub(crate) fix: bool,

    /// Let --fix and --diff take in fixes that may change more than the field concerned
    #[arg(long)]
    pub(crate) unsafe_fixes: bool,

    /// Show what --fix would write, as a unified diff, and write nothing
    #[arg(long, conflicts_with_all = ["fix", "shard"])]
    pub(crate) diff: bool,
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
    /// Work everything out anew, and keep nothing for the next run, whatever folder is named
    #[arg(long)]
    pub(crate) no_cache: bool,

    /// Keep results in this folder; by default below `$XDG_CACHE_HOME`, or `~/.cache`
    #[arg(long, value_name = "DIR", env = "PLIMSOLL_CACHE_DIR")]
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
    if args.fixing.diff {
        fix::show(args, &judged, console)?;
        return args.scope.gate.exit_code(&judged.outcome.report);
    }
    if args.fixing.fix {
        fix::write(args, &judged, console)?;
        // What is left is found by looking again, at the files.
        judged = Judged::new(args)?;
    } else if args.outputs.show_fixes() {
        fix::prove(args, &mut judged)?;
    }
    if let Some(reason) = &args.scope.add_ignores {
        add_ignores(&judged.outcome.report, reason, console)?;
        // What is left is found by looking again: that is the proof that the comments work.
        judged = Judged::new(args)?;
    }
    // The process ends with this: what the run holds is not freed piece by piece before.
    let mut judged = ManuallyDrop::new(judged);
    let Judged { plan, outcome, gone } = &mut *judged;
    let Outcome { report, texts, details, .. } = outcome;
    if args.show.verbose {
        for line in details {
            console.note(&crate::report::escape::line(line));
        }
    }
    report.summary.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);

    let info = |id: &str| info(&plan.rules, id);
    args.outputs.write(report, texts, args.show.color, &info, console)?;
    if args.show.statistics {
        statistics(report, console)?;
    }
    if !args.show.quiet {
        say_gone(gone, console)?;
        output::closing(report, console)?;
        // Who has just applied fixes was told what is left.
        let fixable = summary::fixable(report).filter(|_| !args.fixing.fix);
        if let Some(line) = fixable {
            console.note(&format!("note: {line}"));
        }
    }
    args.scope.gate.exit_code(report)
}

/// What there is to report, once the baseline and the change have been asked.
pub(super) struct Judged {
    pub(super) outcome: Outcome,
    /// What was linted, and how.
    pub(super) plan: Plan,
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
        let cache = args.show.cache.folder();
        let mut plan = Plan::new(args, &args.paths, cache, changed.as_ref())?;
        let mut outcome = plan.run(args)?;
        plan.options.kept = std::mem::take(&mut outcome.kept);
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
                let before = Before::new(args, changed, report)?;
                touched.extend(elsewhere.into_iter().filter(|entry| before.lacks(entry)));
            }
            report.findings = touched;
        } else if changed.is_some() {
            report.findings.clear();
        }
        report.finish();
        Ok(Self { outcome, plan, gone })
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
    let comments = counted(silencing.comments, "comment");
    let files = counted(silencing.files.len(), "file");
    console.note(&format!("{comments} written to {files}"));
    Ok(())
}

/// What reports say of a rule.
pub(crate) fn info(rules: &RuleSet, id: &str) -> Option<RuleInfo> {
    let rule = rules.rules.iter().find(|known| &*known.id == id)?.rule();
    Some(RuleInfo {
        summary: rule.summary.clone(),
        why: rule.why.clone(),
        fix: rule.fix.to_string(),
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
