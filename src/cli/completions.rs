//! `plimsoll completions SHELL`.

use std::process::ExitCode;

use super::{CommandError, Console, definition};

/// Print a shell's completion script
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell to print for
    shell: clap_complete::Shell,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<ExitCode, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut definition(), "plimsoll", &mut script);
    std::io::Write::write_all(&mut console.out, &script)?;
    Ok(ExitCode::SUCCESS)
}
