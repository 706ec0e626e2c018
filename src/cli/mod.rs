//! The command line: one file per command, each with an `Args` type and a function `run`.
//!
//! To add a command, write a file with `pub(crate) struct Args` (clap's derive) and
//! `pub(crate) fn run(&Args, &mut Console) -> Result<ExitCode, CommandError>`, a variant in
//! `Command`, and an arm in `dispatch`.

mod baseline;
mod before;
mod check;
mod completions;
mod console;
mod fix;
mod init;
mod lsp;
mod man;
mod merge;
mod output;
#[cfg(target_os = "linux")]
mod pipe;
mod plan;
mod progress;
mod releases;
mod render;
mod rule;
mod rule_files;
mod rules;
mod test;
mod vendor;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args as _, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub(crate) use console::{CommandError, Console};

use crate::config::{self, Config};
use crate::helm::capabilities::KubeVersion;
use crate::project::Project;
use crate::source::Sources;

/// Lints Helm values and Kubernetes manifests, and points at the line you wrote.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, max_term_width = 100, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

// Deferred, since a run only needs the arguments of one command.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
enum Command {
    /// Lint charts, values, releases and manifests
    // As kube-linter and Helm call it.
    #[command(alias = "lint")]
    Check(check::Args),
    /// Record the current findings, so that only new ones fail
    Baseline(baseline::Args),
    /// Print a shell's completion script
    Completions(completions::Args),
    /// Write a commented plimsoll.yaml to start from
    Init(init::Args),
    /// Serve an editor: findings as you type
    Lsp(lsp::Args),
    /// Print the manual page
    Man(man::Args),
    /// Show a rule's page
    Rule(rule::Args),
    /// List every rule, by group
    Rules(rules::Args),
    /// Run the examples of rules
    Test(test::Args),
    /// Merge the JSON reports of several runs into one report
    Merge(merge::Args),
    /// Render a chart as `helm template` does, and say where each line comes from
    Render(render::Args),
    /// List the releases that the repository declares
    Releases(releases::Args),
    /// Fetch the charts that releases name, so that `check` can render them
    Vendor(vendor::Args),
}

/// Runs one command line (the program's name first) and says how the process should end.
///
/// 0: nothing to report; 1: findings, or a chart that does not render; 2: a fault of the command line, the configuration
/// or the machine. A closed pipe on standard output counts as success.
#[must_use]
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match parse_quickly(&args).map_or_else(|| Cli::try_parse_from(args), Ok) {
        Ok(cli) => cli,
        Err(error) => {
            // This only fails if the terminal is gone, and then nobody reads the message.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let mut console = Console::new();
    match dispatch(cli.command, &mut console).and_then(|code| {
        console.out.flush()?;
        Ok(code)
    }) {
        Ok(code) => code,
        Err(error) => error.report(),
    }
}

/// Parses a valid command line of one of the commands that are run most often. Only the arguments of that command are
/// defined for this, as defining all commands takes a third of the time for parsing. `None` for anything else.
fn parse_quickly(args: &[OsString]) -> Option<Cli> {
    let command = match args.get(1)?.to_str()? {
        "check" => check::Args::augment_args(clap::Command::new("check")),
        "render" => render::Args::augment_args(clap::Command::new("render")),
        _ => return None,
    };
    let definition = clap::Command::new("plimsoll").subcommand(command);
    let mut matches = definition.try_get_matches_from(args).ok()?;
    Cli::from_arg_matches_mut(&mut matches).ok()
}

fn dispatch(command: Option<Command>, console: &mut Console) -> Result<ExitCode, CommandError> {
    // Without one, no file would be found, and nothing would be at fault.
    let here = std::env::current_dir().map_err(|error| {
        CommandError::new(format!("there is no working directory: {error}"))
            .help("it may have been deleted; change to one that exists")
    });
    if !matches!(command, None | Some(Command::Completions(_) | Command::Man(_) | Command::Rule(_)))
    {
        here?;
    }
    match command {
        None => welcome(console),
        Some(Command::Check(args)) => check::run(&args, console),
        Some(Command::Baseline(args)) => baseline::run(args, console),
        Some(Command::Completions(args)) => completions::run(&args, console),
        Some(Command::Rule(args)) => rule::run(&args, console),
        Some(Command::Rules(args)) => rules::run(&args, console),
        Some(Command::Test(args)) => test::run(&args, console),
        Some(Command::Init(args)) => init::run(&args, console),
        Some(Command::Lsp(args)) => lsp::run(&args),
        Some(Command::Man(args)) => man::run(&args, console),
        Some(Command::Merge(args)) => merge::run(&args, console),
        Some(Command::Render(args)) => render::run(&args, console),
        Some(Command::Releases(args)) => releases::run(&args, console),
        Some(Command::Vendor(args)) => vendor::run(&args, console),
    }
}

/// The configuration that a command is told to use, or else the nearest one for the first of its paths, or else the
/// defaults.
fn configuration(
    told: Option<&Path>,
    paths: &[PathBuf],
    sources: &Sources,
) -> Result<Config, CommandError> {
    let start = folder_around(paths);
    let Some(path) = told.map(Path::to_owned).or_else(|| config::find(&start, sources)) else {
        return Ok(crate::lint::rule_files::assumed(&start));
    };
    config::load(&path, &crate::project::shown(&path), sources)
        .map_err(|error| CommandError::new(format!("{error}: {}", error.error)))
}

/// The innermost folder that holds all paths, so that their order does not matter; the working directory for none.
fn folder_around(paths: &[PathBuf]) -> PathBuf {
    let folder = |path: &PathBuf| match path.is_dir() {
        true => path.clone(),
        false => crate::source::folder_of(path).to_owned(),
    };
    let both = |one: PathBuf, other: PathBuf| {
        let other = crate::source::absolute(&other);
        let one = crate::source::absolute(&one);
        let shared = one.ancestors().find(|above| other.starts_with(above));
        shared.unwrap_or(Path::new("/")).to_owned()
    };
    paths.iter().map(folder).reduce(both).unwrap_or_else(|| PathBuf::from("."))
}

/// The version that `--kube-version` names. As in Helm, an empty text is no version: a script may pass an unset variable.
fn kube_version(stated: Option<&str>) -> Result<Option<KubeVersion>, CommandError> {
    let stated = stated.filter(|version| !version.is_empty());
    stated
        .map(KubeVersion::parse)
        .transpose()
        .map_err(|error| CommandError::new(format!("invalid kube version: {error}")))
}

/// The repository in these paths, with its configuration.
fn project(
    told: Option<&Path>,
    paths: &[PathBuf],
    sources: &Sources,
) -> Result<(Config, Project), CommandError> {
    let config = configuration(told, paths, sources)?;
    let project = crate::project::discover(paths, &config, sources).map_err(|path| {
        CommandError::new(format!("no such file or directory: {}", path.display()))
    })?;
    Ok((config, project))
}

/// Prints what to do next, where no command is named.
fn welcome(console: &mut Console) -> Result<ExitCode, CommandError> {
    write!(
        console.out,
        "plimsoll {}: lints Helm values and Kubernetes manifests, and points at the line you wrote.\n\
         \n\
         Next:\n  \
         plimsoll check             lint this directory: charts, values, releases, manifests\n  \
         plimsoll check PATH...     lint these files and directories\n  \
         plimsoll --help            every command\n",
        env!("CARGO_PKG_VERSION")
    )?;
    Ok(ExitCode::SUCCESS)
}

/// The definition of the command line, from which completions are generated.
pub(crate) fn definition() -> clap::Command {
    let mut definition = Cli::command();
    definition.build();
    definition
}
