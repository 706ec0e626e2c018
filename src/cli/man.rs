//! `plimsoll man`.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{CommandError, Console, definition};

/// Print the manual page
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write a page for each command into this folder instead
    #[arg(long, short, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<ExitCode, CommandError> {
    match &args.output {
        None => clap_mangen::Man::new(definition()).render(&mut console.out)?,
        Some(folder) => clap_mangen::generate_to(definition(), folder).map_err(|error| {
            CommandError::new(format!("cannot write pages to {}: {error}", folder.display()))
        })?,
    }
    Ok(ExitCode::SUCCESS)
}
