//! `plimsoll vendor [PATH]…`: fetches the charts that releases name.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{CommandError, Console};
use crate::finding::Finding;
use crate::project::{self, ChartKey, LOCK_NAME, Lock, LockedChart};
use crate::report::escape;
use crate::report::summary::counted;
use crate::source::{Sources, replace_whole};
use crate::vendor::{
    Credentials, Event, FetchError, Fetched, Fetcher, Limits, Mode, Scheme, Stale, Unfetchable,
    Wanted, Wants, stale, wants,
};

/// Fetch the charts that releases name, so that `check` can render them
///
/// Writes plimsoll.lock, which names the archive of each chart, and puts the archives into
/// .plimsoll/charts beside it. Commit the lock; the archives may be committed or ignored. Locked
/// versions are kept. This is the only command that uses the network.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files and directories to read releases from
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Take the newest versions that the releases allow, instead of the locked ones
    #[arg(long)]
    update: bool,

    /// Fetch nothing, and exit with 1 if the lock does not match the releases
    #[arg(long, conflicts_with = "update")]
    check: bool,

    /// Use OCI registries without TLS
    #[arg(long)]
    plain_http: bool,

    /// The configuration to use, instead of the nearest plimsoll.yaml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<ExitCode, CommandError> {
    let sources = Sources::default();
    let (config, project) = super::project(args.config.as_deref(), &args.paths, &sources)?;
    if let Some(fault) = config.findings.first() {
        return Err(CommandError::new(said(fault, &sources)));
    }
    let wants = wants(&project, &config, &sources);
    let faults: Vec<String> =
        project.lock.findings.iter().map(|fault| said(fault, &sources)).collect();
    if args.check {
        return check(&wants, &project.lock, faults, console);
    }
    for fault in &faults {
        console.remark(&format!("note: {}", escape::line(fault)));
    }
    let credentials = Credentials::of_environment();
    for unfetchable in &wants.unfetchable {
        console.remark(&escape::line(&without_repository(unfetchable, &credentials)));
    }
    if wants.charts.is_empty() && project.lock.charts().next().is_none() {
        writeln!(console.out, "{NOTHING}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let mode = if args.update { Mode::Update } else { Mode::Keep };
    let scheme = if args.plain_http { Scheme::Http } else { Scheme::Https };
    let fetcher = Fetcher::new(credentials, Limits::default(), scheme);
    fetch(&wants, &project.lock, mode, fetcher, console)
}

/// Printed where there is nothing to lock.
const NOTHING: &str = "Nothing to fetch: no release names a chart of another repository.";

/// A finding as one line of text.
fn said(fault: &Finding, sources: &Sources) -> String {
    format!("{}: {}", sources.cite(fault.primary.span), fault.message)
}

/// Compares the lock with what the releases name. `faults` are those in the lock's text.
fn check(
    wants: &Wants,
    lock: &Lock,
    faults: Vec<String>,
    console: &mut Console,
) -> Result<ExitCode, CommandError> {
    let mut lines = faults;
    for one in stale(wants, lock) {
        lines.push(match &one {
            Stale::Missing(wanted) => {
                format!("{} is not in {LOCK_NAME} ({})", named(&wanted.key), wanted.places[0])
            }
            Stale::Surplus(key) => {
                format!("{} is in {LOCK_NAME}, and nothing names it", named(key))
            }
            Stale::Altered(path) => format!("{path} is not the archive that was locked"),
        });
    }
    if lines.is_empty() {
        match wants.charts.len() {
            0 => writeln!(console.out, "{NOTHING}")?,
            count => {
                let charts = counted(count, "chart");
                writeln!(console.out, "{LOCK_NAME} fits what the releases name: {charts}.")?;
            }
        }
        return Ok(ExitCode::SUCCESS);
    }
    for line in &lines {
        console.remark(&escape::line(line));
    }
    console.remark("help: run `plimsoll vendor`, and commit the lock");
    Ok(ExitCode::from(1))
}

/// Fetches one chart after the other. A failure does not stop the others.
fn fetch(
    wants: &Wants,
    lock: &Lock,
    mode: Mode,
    mut fetcher: Fetcher,
    console: &mut Console,
) -> Result<ExitCode, CommandError> {
    let directory = lock.directory().to_owned();
    let before: BTreeMap<&ChartKey, &LockedChart> =
        lock.charts().map(|chart| (&chart.key, chart)).collect();
    let mut kept: Vec<LockedChart> = Vec::new();
    let mut failed = 0;
    for wanted in &wants.charts {
        let locked = before.get(&wanted.key).copied();
        match fetcher.chart(wanted, locked, mode, &directory) {
            Ok(fetched) => {
                let done = fetched.event();
                let chart = write(fetched, &kept, &directory)?;
                let what = if done == Event::Fetched { "fetched" } else { "kept" };
                let line = format!("{} {} {what}", chart.key.name, chart.version);
                writeln!(console.out, "{}", escape::line(&line))?;
                console.out.flush()?;
                kept.push(chart);
            }
            Err(error) => {
                failed += 1;
                console.remark(&escape::line(&failure(wanted, &error)));
                if let Some(help) = error.help() {
                    console.remark(&format!("  help: {help}"));
                }
                // The locked version stays.
                kept.extend(locked.cloned());
            }
        }
    }
    Lock::store(&directory, &kept).map_err(|error| CommandError::new(error.to_string()))?;
    remove_unnamed(lock, &kept);
    if failed > 0 {
        let all = counted(wants.charts.len(), "chart");
        return Err(CommandError::new(format!("{failed} of {all} could not be fetched")));
    }
    let path = project::shown(&directory.join(LOCK_NAME));
    writeln!(console.out, "{path} names {}.", counted(kept.len(), "chart"))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes an archive to the path in its line of the lock, or to another path if a different archive is already there.
fn write(
    fetched: Fetched,
    others: &[LockedChart],
    directory: &Path,
) -> Result<LockedChart, CommandError> {
    let Fetched { mut chart, bytes } = fetched;
    let clashes = |other: &LockedChart| other.path == chart.path && other.digest != chart.digest;
    if others.iter().any(clashes) {
        let stem = chart.path.trim_end_matches(".tgz");
        chart.path = format!("{stem}-{}.tgz", &chart.digest[..8]);
    }
    if let Some(bytes) = bytes {
        let path = directory.join(&chart.path);
        let folder = path.parent().unwrap_or(directory);
        std::fs::create_dir_all(folder)
            .and_then(|()| replace_whole(&path, &bytes))
            .map_err(|error| CommandError::new(format!("{}: {error}", path.display())))?;
    }
    Ok(chart)
}

/// Removes the archives that are no longer in the lock.
fn remove_unnamed(before: &Lock, now: &[LockedChart]) {
    let named: BTreeSet<&str> = now.iter().map(|chart| chart.path.as_str()).collect();
    for chart in before.charts().filter(|chart| !named.contains(chart.path.as_str())) {
        // It may be gone already, which is fine.
        let _ = std::fs::remove_file(before.directory().join(&chart.path));
    }
}

fn failure(wanted: &Wanted, error: &FetchError) -> String {
    let also = match wanted.places.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("error: {} ({}{also}): {error}", named(&wanted.key), wanted.places[0])
}

fn without_repository(unfetchable: &Unfetchable, credentials: &Credentials) -> String {
    let Unfetchable { chart, alias, place } = unfetchable;
    let Some(alias) = alias else {
        return format!(
            "note: {chart} ({place}) is not fetched: nothing says which repository it is of"
        );
    };
    let url = credentials.url_of(alias).unwrap_or("URL");
    format!(
        "note: {chart} ({place}) is not fetched: say where `{alias}` is in plimsoll.yaml, \
         `repositories: {{{alias}: {url}}}`"
    )
}

fn named(key: &ChartKey) -> String {
    let constraint = key.constraint.as_ref().map(|text| format!(" {text}")).unwrap_or_default();
    format!("{}{constraint} of {}", key.name, key.repository)
}
