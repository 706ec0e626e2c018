//! `plimsoll test`: runs the examples of rules.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use super::{CommandError, Console, rule_files};
use crate::report::summary::counted;
use crate::rule::{Rule, RuleSet, example, is_shipped, taken};
use crate::source::Sources;

/// Run the examples of rules: those that come with plimsoll, or rule files of your own
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Rule files, or directories that hold some
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<ExitCode, CommandError> {
    let sources = Sources::default();
    let mut set = RuleSet::default();
    if args.paths.is_empty() {
        set = RuleSet::builtin(&sources);
    } else {
        rule_files::add(&mut set, &args.paths, &sources)?;
        beside(&mut set, &args.paths, &sources)?;
    }
    let mut wrong = 0;
    for error in &set.errors {
        wrong += 1;
        writeln!(console.out, "{}", rule_files::fault(error, &sources))?;
    }
    let mut examples = 0;
    for rule in set.read() {
        for one in rule.examples() {
            examples += 1;
            if let Err(problem) = example::run(rule, one) {
                wrong += 1;
                let file = sources.get(one.span.source);
                let at = file.position(one.span.start);
                writeln!(console.out, "{}:{}: {}: {problem}", file.path, at.line, rule.id)?;
            }
        }
        for place in example::undecided(rule).into_iter().filter_map(|one| rule.place_of(one)) {
            wrong += 1;
            let at = sources.cite(place);
            writeln!(
                console.out,
                "{at}: {}: this condition is neither true nor false in any example",
                rule.id
            )?;
        }
    }
    let (rules, examples) = (counted(set.rules.len(), "rule"), counted(examples, "example"));
    writeln!(console.out, "{rules}, {examples}, {wrong} wrong")?;
    if set.rules.is_empty() && set.errors.is_empty() {
        return Err(CommandError::new("no rule files were found")
            .help("a rule is a `.yaml` file with `id` and `checks`"));
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Holds rules against those that `plimsoll check` would use with them: the ones that come with plimsoll, and the other
/// ones that the configuration names. Ids of plimsoll's rules are free for rules that the configuration does not name, such
/// as plimsoll's own files.
fn beside(set: &mut RuleSet, paths: &[PathBuf], sources: &Sources) -> Result<(), CommandError> {
    let config = super::configuration(None, paths, sources)?;
    let named = crate::lint::rule_files::files(&crate::lint::rule_files::paths(&config));
    let named: BTreeSet<PathBuf> = real(named.unwrap_or_default()).collect();
    let of = |rule: &Rule| real([PathBuf::from(sources.path(rule.id_place().source))]).next();
    let clashes = set.read().filter(|rule| is_shipped(&rule.id));
    let clashes = clashes.filter(|rule| of(rule).is_some_and(|file| named.contains(&file)));
    let clashes: Vec<_> = clashes.map(|rule| taken(rule, None)).collect();
    set.errors.extend(clashes);
    let given = crate::lint::rule_files::files(paths).unwrap_or_default();
    let given: BTreeSet<PathBuf> = real(given).collect();
    let mut others = RuleSet::default();
    for file in named.difference(&given) {
        if let Ok(text) = sources.read(file) {
            others.add(&Sources::default(), &file.display().to_string(), &text);
        }
    }
    set.finish(&others);
    Ok(())
}

/// Paths without links, so that they can be compared; those that do not exist are left out.
fn real(paths: impl IntoIterator<Item = PathBuf>) -> impl Iterator<Item = PathBuf> {
    paths.into_iter().filter_map(|path| path.canonicalize().ok())
}
