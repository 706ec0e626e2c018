//! `plimsoll rules`: every rule, by group.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use super::plan::unknown_name;
use super::{CommandError, Console, rule_files};
use crate::finding::{Applicability, Severity};
use crate::lint::select::{self, Request};
use crate::rule::{Rule, RuleSet};
use crate::source::Sources;

/// List every rule, by group
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How to print the list
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    /// Show which rule stands for each check of another linter, such as `kube-linter`
    #[arg(long, value_name = "LINTER", conflicts_with = "format")]
    from: Option<String>,

    /// The configuration that names rules of your own, instead of the nearest plimsoll.yaml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table for people
    Text,
    /// One JSON object
    Json,
}

/// The JSON contract of `plimsoll rules --format json`.
#[derive(Serialize)]
struct Listing<'a> {
    version: u32,
    rules: Vec<Listed<'a>>,
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    /// Whether the configuration runs it, or the usual preset where there is none.
    runs: bool,
    group: &'a str,
    severity: &'static str,
    summary: &'a str,
    covers: &'a [String],
    peers: &'a BTreeMap<String, Vec<String>>,
    presets: &'a [String],
    fix: &'static str,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<ExitCode, CommandError> {
    let (set, config) = rule_files::all(args.config.as_deref(), &Sources::default())?;
    let chosen = select::choose(&set, &Request::default(), &config.settings, &[]);
    let chosen = chosen.map_err(|error| unknown_name(&error))?;
    let run: BTreeSet<&str> = chosen.rules.iter().map(|active| &*active.known.id).collect();
    match (&args.from, args.format) {
        (Some(peer), _) => mapping(&set, peer, console)?,
        (None, Format::Json) => {
            let rules = set.read().map(|rule| listed(rule, &run)).collect();
            serde_json::to_writer(&mut console.out, &Listing { version: 1, rules })
                .map_err(std::io::Error::from)?;
            writeln!(console.out)?;
        }
        (None, Format::Text) => table(&set, &run, console)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn listed<'r>(rule: &'r Rule, run: &BTreeSet<&str>) -> Listed<'r> {
    Listed {
        id: &rule.id,
        runs: run.contains(&*rule.id),
        group: &rule.group,
        severity: severity(rule),
        summary: &rule.summary,
        covers: &rule.covers,
        peers: &rule.peers,
        presets: &rule.presets,
        fix: rule.repair.map_or("none", Applicability::as_str),
    }
}

/// The word for a rule's severity, `off` included.
pub(crate) fn severity(rule: &Rule) -> &'static str {
    rule.severity.map_or("off", Severity::as_str)
}

fn table(set: &RuleSet, run: &BTreeSet<&str>, console: &mut Console) -> Result<(), CommandError> {
    let mut groups: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in set.read() {
        groups.entry(&rule.group).or_default().push(rule);
    }
    let width = set.rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    for (group, rules) in &groups {
        writeln!(console.out, "{group}")?;
        for rule in rules {
            let mark = if run.contains(&*rule.id) { '*' } else { ' ' };
            let severity = severity(rule);
            writeln!(console.out, "{mark} {:width$}  {severity:7}  {}", rule.id, rule.summary)?;
        }
        writeln!(console.out)?;
    }
    let presets: Vec<&str> = select::presets(set).into_iter().collect();
    writeln!(console.out, "presets: {}", presets.join(", "))?;
    let (all, here) = (set.rules.len(), run.len());
    writeln!(
        console.out,
        "{all} rules; the {here} with a * run here; `plimsoll rule ID` shows one"
    )?;
    Ok(())
}

fn mapping(set: &RuleSet, peer: &str, console: &mut Console) -> Result<(), CommandError> {
    let mut rows: Vec<(&str, &str)> = set
        .rules
        .iter()
        .flat_map(|rule| {
            rule.peers().get(peer).into_iter().flatten().map(|id| (id.as_str(), rule.id.as_ref()))
        })
        .collect();
    if rows.is_empty() {
        let mut peers: Vec<_> = set.rules.iter().flat_map(|rule| rule.peers().keys()).collect();
        peers.sort();
        peers.dedup();
        let known = peers.iter().map(|peer| peer.as_str()).collect::<Vec<_>>().join(", ");
        return Err(CommandError::new(format!("no rule stands for a check of `{peer}`"))
            .help(format!("known linters: {known}")));
    }
    rows.sort_unstable();
    let width = rows.iter().map(|(check, _)| check.len()).max().unwrap_or(0);
    for (check, rule) in rows {
        writeln!(console.out, "{check:width$}  {rule}")?;
    }
    Ok(())
}
