//! `plimsoll rule ID`: a rule's page.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use super::rules::severity;
use super::{CommandError, Console, rule_files};
use crate::finding::Applicability;
use crate::report::prose;
use crate::rule::{Param, ParamValue, Rule, value_entries, value_text};
use crate::source::Sources;
use crate::spelling::question;

/// Show a rule's page: what it requires, why, how to fix it, its parameters and examples
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A rule's id, or another linter's with its name: `kube-linter:no-anti-affinity`
    #[arg(value_name = "ID")]
    id: String,

    /// The configuration that names rules of your own, instead of the nearest plimsoll.yaml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<ExitCode, CommandError> {
    let (set, _) = rule_files::all(args.config.as_deref(), &Sources::default())?;
    let found = set.named(&args.id);
    if found.is_empty() {
        let error = CommandError::new(format!("there is no rule `{}`", args.id));
        return Err(match set.nearest(&args.id) {
            Some(near) => error.help(question(&near)),
            None => error.help("`plimsoll rules` lists them"),
        });
    }
    for (at, known) in found.iter().enumerate() {
        if at > 0 {
            writeln!(console.out)?;
        }
        page(known.rule(), console)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The width of the page, in columns.
const WIDTH: usize = 96;

fn page(rule: &Rule, console: &mut Console) -> Result<(), CommandError> {
    let out = &mut console.out;
    writeln!(out, "{}\n{}\n", rule.id, "=".repeat(rule.id.len()))?;
    writeln!(out, "{}.\n", rule.summary.trim_end_matches('.'))?;
    let presets = if rule.presets.is_empty() { "all".to_owned() } else { rule.presets.join(", ") };
    write!(out, "group {}; severity {}; presets {presets}", rule.group, severity(rule))?;
    let since = Some(&rule.since).filter(|since| !since.is_empty());
    since.map_or(Ok(()), |since| write!(out, "; since {since}"))?;
    writeln!(out, "\n")?;
    section(out, "Why", &rule.why)?;
    examples(rule, out)?;
    section(out, "Fix", &rule.fix)?;
    if let Some(repair) = rule.repair {
        section(out, "Automatic fix", promise(repair))?;
    }
    if !rule.params.is_empty() {
        writeln!(out, "Parameters\n")?;
        for param in &rule.params {
            parameter(rule, param, out)?;
        }
    }
    let peers = rule.peers.iter().map(|(peer, ids)| format!("{peer}: {}", ids.join(", ")));
    list(out, "Elsewhere", peers)?;
    list(out, "Covers", rule.covers.iter().cloned())?;
    list(out, "Read on", rule.references.iter().map(ToString::to_string))
}

/// What `plimsoll check --fix` does with the rule's fixes.
fn promise(repair: Applicability) -> &'static str {
    match repair {
        Applicability::Safe => {
            "`plimsoll check --fix` writes it, where rendering again shows that nothing else changes."
        }
        Applicability::Unsafe => {
            "`plimsoll check --fix --unsafe-fixes` writes it: what runs may change, so look at it first."
        }
        Applicability::Display => "Shown in editors and reports, and never written.",
    }
}

/// A section, unless there is nothing in it.
fn section(out: &mut dyn Write, title: &str, text: &str) -> Result<(), CommandError> {
    if text.is_empty() {
        return Ok(());
    }
    writeln!(out, "{title}\n\n{}\n", textwrap::fill(text, prose(WIDTH)))?;
    Ok(())
}

fn list(
    out: &mut dyn Write,
    title: &str,
    lines: impl Iterator<Item = String>,
) -> Result<(), CommandError> {
    let lines: Vec<_> = lines.map(|line| hanging(&line, "  ", "    ")).collect();
    if !lines.is_empty() {
        writeln!(out, "{title}\n\n{}\n", lines.join("\n"))?;
    }
    Ok(())
}

/// The first example of each sort: one with findings, and one without.
fn examples(rule: &Rule, out: &mut dyn Write) -> Result<(), CommandError> {
    for (violates, title) in [(true, "Bad"), (false, "Good")] {
        let first = rule.examples().iter().find(|example| example.violates == violates);
        if let Some(example) = first {
            writeln!(out, "{title}\n")?;
            let before = example.base.iter().map(|(path, text)| (before(path), text.as_str()));
            let files = example.files.iter().map(|(path, text)| (path.clone(), text.as_str()));
            let text = Some((String::new(), example.text.as_str()));
            let text = text.filter(|_| example.files.is_empty());
            for (path, text) in before.chain(files).chain(text) {
                excerpt(out, &path, text)?;
            }
        }
    }
    Ok(())
}

/// The name of a file in its state before a change.
fn before(path: &str) -> String {
    format!("{path} (before)").trim_start().to_owned()
}

/// A file of an example with its path, or a text without a path.
fn excerpt(out: &mut dyn Write, path: &str, text: &str) -> Result<(), CommandError> {
    if !path.is_empty() {
        writeln!(out, "  {path}\n")?;
    }
    for line in text.lines() {
        writeln!(out, "{}", format!("    {line}").trim_end())?;
    }
    writeln!(out)?;
    Ok(())
}

/// What a parameter means, and its defaults; maps have one entry per line.
fn parameter(rule: &Rule, param: &Param, out: &mut dyn Write) -> Result<(), CommandError> {
    let about = format!("{} ({}): {}", param.name, param.kind, param.about);
    writeln!(out, "{}", hanging(&about, "  ", "    "))?;
    default(out, "default", &param.default)?;
    for (preset, given) in &rule.preset_params {
        if let Some(value) = given.get(&param.name) {
            default(out, &format!("in preset {preset}"), value)?;
        }
    }
    writeln!(out)?;
    Ok(())
}

fn default(out: &mut dyn Write, title: &str, value: &ParamValue) -> Result<(), CommandError> {
    let entries = value_entries(value);
    if entries.is_empty() {
        let text = match value_text(value) {
            text if text.is_empty() => "nothing".to_owned(),
            text => text,
        };
        writeln!(out, "{}", hanging(&format!("{title}: {text}"), "    ", "      "))?;
        return Ok(());
    }
    writeln!(out, "    {title}:")?;
    for (key, value) in entries {
        writeln!(
            out,
            "{}",
            hanging(&format!("{key}: {}", value_text(value)), "      ", "        ")
        )?;
    }
    Ok(())
}

/// A text wrapped to the page's width, with `first` before the first line and `rest` before the others.
fn hanging(text: &str, first: &str, rest: &str) -> String {
    textwrap::fill(text, prose(WIDTH).initial_indent(first).subsequent_indent(rest))
}
