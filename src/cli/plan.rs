//! What `plimsoll check` lints, and how, according to the command line and the configuration.

use std::io::Read as _;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread;

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use super::check::args::{Args, Selection};
use super::progress::Progress;
use super::{CommandError, kube_version, rule_files};
use crate::config::{Config, texts};
use crate::finding::{Finding, Severity};
use crate::helm::values::{Set, SetKind, check_set};
use crate::kube::NEWEST_KUBE_VERSION;
use crate::lint::changed::Changed;
use crate::lint::select::{A_PRESET, Request, UnknownName};
use crate::lint::{self, Keep, Kept, LintError, Options, Outcome, ReleaseRequest, Stdin};
use crate::report::model::Entry;
use crate::report::{Context, Format, Report, Style, unite};
use crate::rule::RuleSet;
use crate::source::Sources;
use crate::spelling::question;

/// What to lint, and how, according to the command line and the configuration.
pub(super) struct Plan {
    pub(super) options: Options,
    pub(super) config: Config,
    /// The rules that come with plimsoll, and those of the repository.
    pub(super) rules: RuleSet,
    /// The texts of all files that are read.
    pub(super) sources: Arc<Sources>,
}

impl Plan {
    /// Plans to lint these paths. `changed` is for rules that compare with the state before a change.
    pub(super) fn new(
        args: &Args,
        paths: &[PathBuf],
        cache: Option<PathBuf>,
        changed: Option<&Changed>,
    ) -> Result<Self, CommandError> {
        for text in &args.rendering.set {
            let set = Set { kind: SetKind::Value, text: text.clone(), span: None };
            check_set(set).map_err(|error| CommandError::new(error.message))?;
        }
        let sources = Arc::new(Sources::default());
        let mut rules = RuleSet::builtin(&sources);
        let config = configuration(args, paths, &sources)?;
        rule_files::add_own(&mut rules, &config, &sources)?;
        refuse(&config, lint::select::faults(&config, &rules, &sources), &sources)?;
        let configured =
            || config.settings.kube_version.as_ref().map(|version| version.value.clone());
        let stated = &args.rendering.kube_version;
        let stated = kube_version(stated.as_deref())?.and(stated.clone());
        let kube_version = stated.or_else(configured);
        let api_versions = texts(&config.settings.api_versions);
        let options = Options {
            paths: paths.iter().filter(|path| path.as_os_str() != "-").cloned().collect(),
            stdin: stdin(args)?,
            request: request(&args.selection)?,
            kube_version_stated: kube_version.is_some(),
            kube_version: kube_version.unwrap_or_else(|| NEWEST_KUBE_VERSION.to_owned()),
            api_versions: [&*api_versions, &args.rendering.api_versions].concat(),
            no_ignores: args.selection.no_ignores,
            shard: args.scope.shard,
            release: ReleaseRequest {
                values: args.rendering.values.clone(),
                set: args.rendering.set.clone(),
                name: args.rendering.release_name.clone(),
                namespace: args.rendering.namespace.clone(),
            },
            changed: changed.cloned(),
            today: lint::today(),
            keep: if args.looks_at_fixes() { Keep::Read } else { Keep::Nothing },
            kept: Kept::default(),
            held: Options::HELD,
            cache,
        };
        Ok(Self { options, config, rules, sources })
    }

    /// Lints, without the baseline and `--changed-since`.
    pub(super) fn run(&self, args: &Args) -> Result<Outcome, CommandError> {
        self.run_with(&self.options, &self.sources, args)
    }

    /// Lints with the same rules and configuration, but with other options, or other texts in place of files.
    pub(super) fn run_with(
        &self,
        options: &Options,
        sources: &Sources,
        args: &Args,
    ) -> Result<Outcome, CommandError> {
        let progress = Progress::new(args.show.quiet);
        let work = || lint::run(options, &self.config, &self.rules, sources, &progress);
        let outcome = match (args.show.threads, &options.paths[..]) {
            (Some(0), _) => {
                return Err(CommandError::new("`--threads 0`: at least one thread is needed"));
            }
            (Some(count), _) => threads(count)?.install(work),
            // Starting more threads takes longer than linting most files. A second one halves the time for reading and
            // compiling rules.
            (None, [path]) if path.is_file() => threads(processors().min(2))?.install(work),
            (None, _) => work(),
        };
        progress.finish();
        outcome.map_err(|error| match error {
            LintError::Name(error) => unknown_name(&error),
            LintError::Path(_) => CommandError::new(error.to_string())
                .help("paths are relative to the working directory"),
            LintError::Abandoned => CommandError::new(error.to_string()),
        })
    }
}

/// The most threads of a run. Each that has no work costs time, and any number prints the same.
const MAX_THREADS: usize = 512;

/// How many threads can run at the same time.
fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// A pool of `count` threads, started once for all runs of a command, so that what each thread has compiled is there for
/// the runs that try fixes. If `count` is 1, it is the current thread.
fn threads(count: usize) -> Result<&'static ThreadPool, CommandError> {
    static THREADS: OnceLock<Result<ThreadPool, ThreadPoolBuildError>> = OnceLock::new();
    let count = count.min(MAX_THREADS);
    let started = THREADS.get_or_init(|| {
        let builder = ThreadPoolBuilder::new().num_threads(count);
        if count == 1 { builder.use_current_thread().build() } else { builder.build() }
    });
    started
        .as_ref()
        .map_err(|error| CommandError::new(format!("cannot start {count} threads: {error}")))
}

/// Reads standard input where `-` is among the paths.
fn stdin(args: &Args) -> Result<Option<Stdin>, CommandError> {
    if !args.paths.iter().any(|path| path.as_os_str() == "-") {
        return match &args.show.stdin_filename {
            Some(_) => Err(CommandError::new("`--stdin-filename` without standard input")
                .help("name `-` among the paths to read it")),
            None => Ok(None),
        };
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

/// Reads the configuration that is named, or the nearest one. Faults in it are printed like findings and end the run: a
/// setting that cannot be read must not silently become the default.
fn configuration(
    args: &Args,
    paths: &[PathBuf],
    sources: &Sources,
) -> Result<Config, CommandError> {
    let config = super::configuration(args.selection.config.as_deref(), paths, sources)?;
    let faults = config.findings.iter().cloned().chain(lint::faults(&config)).collect();
    refuse(&config, faults, sources)?;
    Ok(config)
}

/// Shows what is wrong with a configuration.
///
/// # Errors
/// When there is something wrong.
fn refuse(config: &Config, faults: Vec<Finding>, sources: &Sources) -> Result<(), CommandError> {
    if faults.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = faults.iter().map(|finding| finding.primary.span.source).collect();
    let entries = faults.into_iter().map(|finding| Entry::new(finding, sources));
    let mut report = Report::new();
    report.findings = unite::entries(entries.collect());
    let mut texts = crate::report::Texts::of_run(sources, &ids);
    let mut context =
        Context { texts: &mut texts, style: Style { color: false, width: 100 }, rule: &|_| None };
    crate::report::write(Format::Full, &report, &mut context, &mut std::io::stderr().lock())?;
    let file = config.file.as_ref();
    let shown = file.map(|file| crate::project::shown(&file.path)).unwrap_or_default();
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

pub(super) fn unknown_name(error: &UnknownName) -> CommandError {
    let failure = CommandError::new(error.to_string());
    match &error.nearest {
        Some(near) => failure.help(question(near)),
        None if error.what == A_PRESET => {
            failure.help(format!("`--preset {}` runs its rules", error.name))
        }
        None => failure.help("`plimsoll rules` lists them"),
    }
}
