//! `plimsoll init`: a commented `plimsoll.yaml` to start from.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use super::{CommandError, Console};
use crate::project::shown;

/// Write a commented plimsoll.yaml to start from
///
/// Everything in it is optional and commented out: plimsoll works without any configuration.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The directory to write it to
    #[arg(default_value = ".", value_name = "DIRECTORY")]
    directory: PathBuf,

    /// Print it instead
    #[arg(long)]
    print: bool,

    /// Print the JSON Schema of plimsoll.yaml instead, for editors
    #[arg(long, conflicts_with = "print")]
    schema: bool,
}

/// What is written.
const STARTER: &str = include_str!("init.yaml");

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<ExitCode, CommandError> {
    if args.schema {
        let schema = serde_json::to_string_pretty(&crate::config::schema())
            .map_err(|error| CommandError::new(error.to_string()))?;
        writeln!(console.out, "{schema}")?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.print {
        write!(console.out, "{STARTER}")?;
        return Ok(ExitCode::SUCCESS);
    }
    for name in crate::config::FILE_NAMES {
        let path = args.directory.join(name);
        if path.exists() {
            return Err(CommandError::new(format!("{} exists already", shown(&path)))
                .help("see `plimsoll init --print` for what would be written"));
        }
    }
    let path = args.directory.join("plimsoll.yaml");
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .and_then(|mut file| file.write_all(STARTER.as_bytes()));
    written.map_err(|error: io::Error| {
        CommandError::new(format!("cannot write {}: {error}", path.display()))
    })?;
    writeln!(console.out, "Wrote {}. Next: plimsoll check", shown(&path))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config;
    use crate::source::Sources;

    fn faults(text: &str) -> Vec<String> {
        let sources = Sources::default();
        let config = config::parse(Path::new("plimsoll.yaml"), "plimsoll.yaml", text, &sources);
        config.findings.iter().map(|finding| finding.message.clone()).collect()
    }

    #[test]
    fn the_starter_is_valid_as_it_is_and_with_every_example_taken_in() {
        assert_eq!(faults(STARTER), Vec::<String>::new());
        // Examples are commented with `# `, explanations with `## `.
        let taken: String = STARTER
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(example) => format!("{example}\n"),
                None => format!("{line}\n"),
            })
            .collect();
        assert_eq!(faults(&taken), Vec::<String>::new());
        let sources = Sources::default();
        let config = config::parse(Path::new("plimsoll.yaml"), "plimsoll.yaml", &taken, &sources);
        assert_eq!(config.settings.releases.len(), 1);
    }

    #[test]
    fn the_starter_shows_all_that_can_be_set() {
        let schema = config::schema();
        for setting in schema["properties"].as_object().unwrap().keys() {
            assert!(
                STARTER.lines().any(|line| line.starts_with(&format!("# {setting}:"))),
                "{setting}"
            );
        }
    }
}
