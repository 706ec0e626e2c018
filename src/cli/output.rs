//! `--format`, `--output` and `--color`: where reports go, and how they look.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, ValueEnum};

use super::console::width;
use super::{CommandError, Console};
use crate::finding::Severity;
use crate::report::{self, Context, Format, Report, RuleInfo, Style, Texts, summary};
use crate::rule::RuleSet;
use crate::source::{self, folder_of};

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The lowest severity that fails the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Errors only
    Error,
    /// Errors and warnings
    Warning,
    /// Any finding
    Info,
    /// Nothing: always exit with 0
    Never,
}

impl FailOn {
    fn least(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Info => Some(Severity::Info),
            Self::Never => None,
        }
    }
}

/// What makes a run fail.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Gate {
    /// The lowest severity that gives exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub(crate) fail_on: FailOn,

    /// Give exit code 2 when something could not be checked: a chart is missing, a release cannot
    /// be read, a kind has no schema, or there is nothing to lint
    #[arg(long)]
    pub(crate) strict: bool,
}

impl Gate {
    /// The exit code of a run with this report. Findings take precedence over what was not checked.
    pub(crate) fn exit_code(self, report: &Report) -> Result<ExitCode, CommandError> {
        if self.fail_on.least().is_some_and(|least| report.worst() >= Some(least)) {
            return Ok(ExitCode::from(1));
        }
        match report.unchecked() {
            unchecked if self.strict && unchecked > 0 => {
                Err(CommandError::new("not everything was checked, and `--strict` asks for that")
                    .help("the notes above say what, or the report does"))
            }
            _ => Ok(ExitCode::SUCCESS),
        }
    }
}

/// The reports to write: each `--output` belongs to the `--format` before it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outputs(Vec<(Option<Format>, Option<PathBuf>)>);

impl clap::Args for Outputs {
    fn augment_args(command: clap::Command) -> clap::Command {
        command
            .arg(
                Arg::new("format")
                    .long("format")
                    .value_name("FORMAT")
                    .action(ArgAction::Append)
                    .value_parser(clap::value_parser!(Format))
                    .help_heading("Output")
                    .help("How to print: `full` on a terminal, `concise` elsewhere; may be repeated"),
            )
            .arg(
                Arg::new("output")
                    .long("output")
                    .short('o')
                    .value_name("FILE")
                    .action(ArgAction::Append)
                    .value_parser(clap::value_parser!(PathBuf))
                    .help_heading("Output")
                    .help("Write the format before it into a file, `--format sarif --output x.sarif`; may be repeated"),
            )
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Outputs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let at = |id| matches.indices_of(id).into_iter().flatten();
        let formats = matches.get_many::<Format>("format").into_iter().flatten().copied();
        let files = matches.get_many::<PathBuf>("output").into_iter().flatten().cloned();
        let formats: Vec<(usize, Format)> = at("format").zip(formats).collect();
        let files: Vec<(usize, PathBuf)> = at("output").zip(files).collect();
        Ok(Self(pair(&formats, &files)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Pairs formats with files, given with their positions on the command line. Each file gets the nearest format before it
/// that has no file yet. If there are as many files as formats, they are paired in order, so that
/// `--output x --format json` works, too.
fn pair(
    formats: &[(usize, Format)],
    files: &[(usize, PathBuf)],
) -> Vec<(Option<Format>, Option<PathBuf>)> {
    if formats.len() == files.len() {
        let both = formats.iter().zip(files);
        return both.map(|((_, format), (_, file))| (Some(*format), Some(file.clone()))).collect();
    }
    let mut pairs: Vec<(usize, Option<Format>, Option<PathBuf>)> =
        formats.iter().map(|&(at, format)| (at, Some(format), None)).collect();
    for (at, file) in files {
        let before = pairs.iter_mut().rev().find(|(of, _, taken)| of < at && taken.is_none());
        match before {
            Some((_, _, taken)) => *taken = Some(file.clone()),
            None => pairs.push((*at, None, Some(file.clone()))),
        }
    }
    pairs.into_iter().map(|(_, format, file)| (format, file)).collect()
}

impl Outputs {
    /// Checks that all reports can be written, before any work is done.
    pub(crate) fn check(&self) -> Result<(), CommandError> {
        if self.0.iter().filter(|(_, file)| to_stdout(file.as_deref())).count() > 1 {
            return Err(CommandError::new("two formats cannot both be printed on standard output")
                .help("give all but one a file: `--format sarif --output plimsoll.sarif`"));
        }
        let mut files = BTreeSet::new();
        for file in self.0.iter().filter_map(|(_, file)| file.as_deref()) {
            let is_device = std::fs::metadata(file).is_ok_and(|there| !there.is_file());
            if !to_stdout(Some(file)) && !is_device && !files.insert(file) {
                return Err(CommandError::new(format!(
                    "two formats cannot both be written to {}",
                    file.display()
                ))
                .help("give each a file of its own: `--format sarif --output plimsoll.sarif`"));
            }
            let folder = folder_of(file);
            if !to_stdout(Some(file)) && !folder.is_dir() {
                return Err(CommandError::new(format!(
                    "cannot write {}: there is no folder {}",
                    file.display(),
                    folder.display()
                )));
            }
        }
        Ok(())
    }

    /// True when one of the formats shows fixes.
    pub(crate) fn show_fixes(&self) -> bool {
        self.0.iter().any(|(format, file)| {
            let by_name = || by_name(file.as_deref().unwrap_or(Path::new("")));
            matches!(format.unwrap_or_else(by_name), Format::Json | Format::Sarif)
        })
    }

    /// Writes every report that was asked for.
    pub(crate) fn write(
        &self,
        report: &Report,
        texts: &mut Texts,
        color: Color,
        rule: &dyn Fn(&str) -> Option<RuleInfo>,
        console: &mut Console,
    ) -> Result<(), CommandError> {
        let default = [(None, None)];
        let pairs = if self.0.is_empty() { &default[..] } else { &self.0 };
        for (format, file) in pairs {
            let terminal = std::io::stdout().is_terminal();
            let stdout = to_stdout(file.as_deref());
            let format = format.unwrap_or_else(|| match file.as_deref().filter(|_| !stdout) {
                Some(file) => by_name(file),
                None if terminal => Format::Full,
                None => Format::Concise,
            });
            let style = Style { color: stdout && colored(color), width: width() };
            let report = &*for_pipeline(report, format);
            let mut context = Context { texts: &mut *texts, style, rule };
            match file.as_deref().filter(|_| !stdout) {
                None => report::write(format, report, &mut context, &mut console.out)?,
                Some(file) => {
                    let print =
                        |out: &mut dyn Write| report::write(format, report, &mut context, out);
                    source::write_through(file, print)
                        .map_err(|error| not_written(file, &error))?;
                }
            }
            if format == Format::Github {
                job_summary(report, &mut context)?;
            }
        }
        Ok(())
    }
}

/// What reports say about a rule.
pub(crate) fn info(rules: &RuleSet, id: &str) -> Option<RuleInfo> {
    let rule = rules.rules.iter().find(|known| &*known.id == id)?.rule();
    Some(RuleInfo {
        summary: rule.summary.clone(),
        why: rule.why.clone(),
        fix: rule.fix.to_string(),
        url: rule.references.first().cloned(),
    })
}

/// Prints what was not checked, and the summary, to standard error.
pub(crate) fn closing(report: &Report, console: &mut Console) -> Result<(), CommandError> {
    console.out.flush()?;
    for note in &report.notes {
        console.remark(&format!("note: {}", report::escape::line(note)));
    }
    console.remark(&summary::line(report));
    Ok(())
}

/// A report whose places are relative to the top of what a pipeline has checked out, as GitLab and GitHub take them,
/// where the job runs in a folder below.
fn for_pipeline(report: &Report, format: Format) -> Cow<'_, Report> {
    let top = match format {
        Format::Gitlab => std::env::var_os("CI_PROJECT_DIR"),
        Format::Github => std::env::var_os("GITHUB_WORKSPACE"),
        _ => None,
    };
    let real = |path: PathBuf| path.canonicalize().ok();
    let here = top.and_then(|top| {
        let here = real(std::env::current_dir().ok()?)?;
        Some(here.strip_prefix(real(top.into())?).ok()?.to_owned())
    });
    let Some(here) = here.filter(|here| !here.as_os_str().is_empty()) else {
        return Cow::Borrowed(report);
    };
    let here = here.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
    let mut report = report.clone();
    for entry in &mut report.findings {
        entry.location.file = crate::project::join(&here, &entry.location.file);
    }
    Cow::Owned(report)
}

/// Appends the report to the summary of a GitHub job, if there is one.
fn job_summary(report: &Report, context: &mut Context<'_>) -> Result<(), CommandError> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let mut text = Vec::new();
    report::write(Format::Markdown, report, context, &mut text)?;
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(&path)?;
    file.write_all(&text)?;
    Ok(())
}

fn to_stdout(file: Option<&Path>) -> bool {
    file.is_none_or(|file| file == Path::new("-"))
}

fn by_name(file: &Path) -> Format {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("json") => Format::Json,
        Some("sarif") => Format::Sarif,
        Some("xml") => Format::Junit,
        Some("md") => Format::Markdown,
        Some("html" | "htm") => Format::Html,
        _ => Format::Full,
    }
}

/// Replaces a file as a whole.
pub(crate) fn write_whole(file: &Path, text: &[u8]) -> Result<(), CommandError> {
    source::write_whole(file, text).map_err(|error| not_written(file, &error))
}

fn not_written(file: &Path, error: &std::io::Error) -> CommandError {
    CommandError::new(format!("cannot write {}: {error}", file.display()))
}

/// Whether standard output is to be coloured.
pub(crate) fn colored(color: Color) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
            !set("NO_COLOR") && (set("FORCE_COLOR") || (std::io::stdout().is_terminal() && !dumb))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(pairs: &[(Option<Format>, Option<PathBuf>)]) -> Vec<(Option<Format>, Option<&str>)> {
        pairs
            .iter()
            .map(|(format, file)| (*format, file.as_ref().and_then(|f| f.to_str())))
            .collect()
    }

    #[test]
    fn a_file_belongs_to_the_format_before_it() {
        let pairs = pair(&[(1, Format::Full), (2, Format::Json)], &[(3, "x".into())]);
        assert_eq!(paths(&pairs), [(Some(Format::Full), None), (Some(Format::Json), Some("x"))]);
        let pairs = pair(&[(2, Format::Json)], &[(1, "x".into())]);
        assert_eq!(paths(&pairs), [(Some(Format::Json), Some("x"))]);
        let pairs = pair(&[], &[(1, "x.sarif".into())]);
        assert_eq!(paths(&pairs), [(None, Some("x.sarif"))]);
    }
}
