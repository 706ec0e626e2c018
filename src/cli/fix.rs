//! `plimsoll check --fix` and `--diff`, and trying the fixes that reports show.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::check::args::Args;
use super::check::judged::Judged;
use super::output::{colored, write_whole};
use super::plan::unknown_name;
use super::{CommandError, Console};
use crate::finding::Applicability;
use crate::fix::{self, Evidence, Mended, diff};
use crate::lint::select::{self, Request};
use crate::lint::{Keep, Kept, Options};
use crate::report::summary::counted;
use crate::report::{self, model::Entry};
use crate::source::{Overlay, Sources};

/// Prints what [`write()`] would change.
pub(super) fn show(
    args: &Args,
    judged: &Judged,
    console: &mut Console,
) -> Result<(), CommandError> {
    let mended = mended(args, judged)?;
    let diff = diff::unified(&mended.texts);
    let color = colored(args.show.color);
    let shown = match color || io::stdout().is_terminal() {
        true => report::diff::for_terminal(&diff, color),
        false => diff,
    };
    console.out.write_all(shown.as_bytes())?;
    console.out.flush()?;
    say(args, &mended, "to be written to", console);
    Ok(())
}

/// Writes the fixes to the files, each of them whole.
pub(super) fn write(
    args: &Args,
    judged: &Judged,
    console: &mut Console,
) -> Result<(), CommandError> {
    let mended = mended(args, judged)?;
    for (path, text) in &mended.texts {
        write_whole(Path::new(path), text.as_bytes())?;
    }
    say(args, &mended, "written to", console);
    Ok(())
}

/// Tries the fixes in a report, and corrects how safe they are. Fixes for standard input cannot be tried, as there is no
/// file, so none of them is safe.
pub(super) fn prove(args: &Args, judged: &mut Judged) -> Result<(), CommandError> {
    let mut findings = std::mem::take(&mut judged.outcome.report.findings);
    let proven = match &judged.plan.options.stdin {
        Some(_) => {
            findings.iter_mut().for_each(distrust);
            Ok(())
        }
        None => {
            let again = |texts: &_, paths: &_| again(args, judged, texts, paths);
            fix::prove(&mut findings, &mut fix::Texts::default(), fix::Effort::REPORT, &again)
        }
    };
    judged.outcome.report.findings = findings;
    // No more fixes are tried in this run.
    judged.plan.options.kept = Kept::default();
    proven
}

fn distrust(entry: &mut Entry) {
    if let Some(fix) = &mut entry.fix {
        fix.applicability = fix.applicability.max(Applicability::Unsafe);
    }
}

fn mended(args: &Args, judged: &Judged) -> Result<Mended, CommandError> {
    let options = &judged.plan.options;
    if options.stdin.is_some() {
        return Err(CommandError::new("standard input cannot be fixed: it is not a file")
            .help("name the files to fix, or take the edits from `--format json`"));
    }
    let paths = options.paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let again = |texts: &_, paths: &_| again(args, judged, texts, paths);
    let settings = &judged.plan.config.settings;
    let chosen = select::choose(&judged.plan.rules, &options.request, settings, &[])
        .map_err(|error| unknown_name(&error))?;
    let asks = |id: &str| {
        // Without `--select`, the runs that try fixes have the same rules as this one.
        options.request.select.is_empty()
            || chosen.rules.iter().any(|active| &*active.known.id == id)
    };
    let findings = judged.outcome.report.findings.clone();
    let riskiest = match args.fixing.unsafe_fixes {
        true => Applicability::Unsafe,
        false => Applicability::Safe,
    };
    fix::rounds(findings, riskiest, &asks, &paths, &again)
}

/// Lints paths with edited texts in place of files. Rules that were not selected run as well, since a fix must not cause
/// findings of these.
fn again(
    args: &Args,
    judged: &Judged,
    texts: &BTreeMap<String, Arc<str>>,
    paths: &BTreeSet<String>,
) -> Result<Evidence, CommandError> {
    let mut overlay = Overlay::default();
    for (path, text) in texts {
        overlay.put(Path::new(path), Arc::clone(text));
    }
    let plan = &judged.plan;
    let (asked, sources) = (&plan.options, Sources::over(&plan.sources, overlay));
    let request = Request {
        extend: asked.request.select.iter().chain(&asked.request.extend).cloned().collect(),
        select: Vec::new(),
        ..asked.request.clone()
    };
    // The release of the command line is one of the chart among the paths that were asked for.
    let with_chart = !asked.release.values.is_empty() || !asked.release.set.is_empty();
    let more = asked.paths.iter().filter(|_| with_chart).cloned();
    let options = Options {
        paths: paths.iter().map(PathBuf::from).chain(more).collect(),
        request,
        shard: None,
        keep: Keep::Rendered,
        ..asked.clone()
    };
    let outcome = plan.run_with(&options, &sources, args)?;
    Ok(Evidence { findings: outcome.report.findings, rendered: outcome.rendered })
}

fn say(args: &Args, mended: &Mended, how: &str, console: &mut Console) {
    if args.show.quiet {
        return;
    }
    let (fixes, files) = (counted(mended.fixes, "finding"), counted(mended.texts.len(), "file"));
    console.remark(&format!("{fixes} fixed, {how} {files}"));
    if mended.unsafe_left > 0 {
        let word = if mended.unsafe_left == 1 { "fix" } else { "fixes" };
        let left = format!("{} more {word}", mended.unsafe_left);
        console.remark(&format!(
            "note: {left} may change more than the field concerned: --unsafe-fixes takes them in"
        ));
    }
}
