//! `plimsoll man`.

use std::process::ExitCode;

use super::{CommandError, Console, definition};

/// Print the manual page
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args, console: &mut Console) -> Result<ExitCode, CommandError> {
    clap_mangen::Man::new(definition()).render(&mut console.out)?;
    Ok(ExitCode::SUCCESS)
}
