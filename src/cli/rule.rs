//! `plimsoll rule ID`: a rule's page.

use std::io::Write as _;
use std::process::ExitCode;

use super::rules::severity;
use super::{CommandError, Console};
use crate::rule::{Rule, RuleSet};
use crate::source::Sources;

/// Show a rule's page: what it asks, why, how to fix it, its parameters and examples
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A rule's id, or another linter's with its name: `kube-linter:no-anti-affinity`
    #[arg(value_name = "ID")]
    id: String,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<ExitCode, CommandError> {
    let set = RuleSet::builtin(&Sources::default());
    let found = set.named(&args.id);
    if found.is_empty() {
        let error = CommandError::new(format!("there is no rule `{}`", args.id));
        return Err(match set.nearest(&args.id) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help("`plimsoll rules` lists them"),
        });
    }
    for (at, rule) in found.iter().enumerate() {
        if at > 0 {
            writeln!(console.out)?;
        }
        page(rule, console)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn page(rule: &Rule, console: &mut Console) -> Result<(), CommandError> {
    let out = &mut console.out;
    writeln!(out, "{}\n{}\n", rule.id, "=".repeat(rule.id.len()))?;
    writeln!(out, "{}.\n", rule.summary.trim_end_matches('.'))?;
    let presets = if rule.presets.is_empty() { "all".to_owned() } else { rule.presets.join(", ") };
    writeln!(
        out,
        "group {}; severity {}; presets {presets}; since {}\n",
        rule.group,
        severity(rule),
        rule.since
    )?;
    writeln!(out, "Why\n\n{}\n", rule.why)?;
    let mut shown = [false, false];
    for example in &rule.examples {
        if std::mem::replace(&mut shown[usize::from(example.violates)], true) {
            continue;
        }
        writeln!(out, "{}\n", if example.violates { "Bad" } else { "Good" })?;
        for line in example.text.lines() {
            writeln!(out, "    {line}")?;
        }
        writeln!(out)?;
    }
    writeln!(out, "Fix\n\n{}\n", rule.fix)?;
    if !rule.params.is_empty() {
        writeln!(out, "Parameters\n")?;
        for param in &rule.params {
            let default = crate::rule::value_text(&param.default);
            writeln!(out, "  {} ({}, default {default}): {}", param.name, param.kind, param.about)?;
            for (preset, given) in &rule.preset_params {
                if let Some(value) = given.get(&param.name) {
                    writeln!(out, "    in preset {preset}: {}", crate::rule::value_text(value))?;
                }
            }
        }
        writeln!(out)?;
    }
    for (peer, ids) in &rule.peers {
        writeln!(out, "{peer}: {}", ids.join(", "))?;
    }
    for reference in &rule.references {
        writeln!(out, "{reference}")?;
    }
    Ok(())
}
