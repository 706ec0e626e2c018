//! `plimsoll lsp`.

use std::process::ExitCode;

use super::CommandError;
use crate::lsp::End;

/// Serve an editor: findings as you type (Language Server Protocol on standard input and output)
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Accepted, since some clients say it: there is no other way to talk
    #[arg(long)]
    stdio: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, CommandError> {
    let Args { stdio: _ } = args;
    match crate::lsp::run() {
        Ok(End::Orderly) => Ok(ExitCode::SUCCESS),
        Ok(End::Abrupt | End::Closed) => Ok(ExitCode::FAILURE),
        Err(error) => Err(CommandError::new(error.to_string())),
    }
}
