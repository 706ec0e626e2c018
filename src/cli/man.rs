//! `plimsoll man`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_mangen::Man;

use super::{Cli, CommandError, Console};

/// Print the manual page
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write a page for each command into this folder instead, which is made if it is not there
    #[arg(long, short, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<ExitCode, CommandError> {
    // There is a page for each command: none says how to ask for their help.
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let Some(folder) = &args.output else {
        page(&program).render(&mut console.out)?;
        return Ok(ExitCode::SUCCESS);
    };
    let not_written = |error: std::io::Error| {
        CommandError::new(format!("cannot write pages to {}: {error}", folder.display()))
    };
    std::fs::create_dir_all(folder).map_err(not_written)?;
    for command in std::iter::once(&program).chain(program.get_subcommands()) {
        page(command).generate_to(folder).map_err(not_written)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The page of the program, or of one of its commands.
fn page(command: &clap::Command) -> Man {
    Man::new(command.clone()).source(concat!("plimsoll ", env!("CARGO_PKG_VERSION")))
}
