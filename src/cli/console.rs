//! Where commands print to, and how they fail.

use std::borrow::Cow;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::process::ExitCode;

use crate::report::{escape, prose};

/// The output of the process. Commands write through it, so that a closed pipe is an error that they can return with
/// `?`, and not a panic.
pub(crate) struct Console {
    /// Standard output, buffered; flushed when the command ends.
    pub out: BufWriter<Box<dyn Write + Send>>,
}

impl Console {
    pub(crate) fn new() -> Self {
        Self { out: BufWriter::with_capacity(1 << 16, standard_output()) }
    }

    /// Writes a text that is not the command's result to standard error. Control characters are escaped.
    #[allow(clippy::unused_self, reason = "what is printed is printed by the console")]
    pub(crate) fn note(&mut self, text: &str) {
        // Standard error may be closed; there is nowhere left to say so.
        let _ = writeln!(io::stderr(), "{}", escape::terminal(text));
    }

    /// Writes a sentence to standard error, wrapped to the width of the terminal.
    pub(crate) fn remark(&mut self, text: &str) {
        self.note(&laid_out(text));
    }
}

/// A sentence, wrapped to the width of the terminal. If standard error is none, it stays on one line, for `grep` and the
/// like.
fn laid_out(text: &str) -> Cow<'_, str> {
    match io::stderr().is_terminal() {
        true => textwrap::fill(text, prose(width()).subsequent_indent("  ")).into(),
        false => text.into(),
    }
}

/// Columns to lay text out in.
pub(super) fn width() -> usize {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    asked.or_else(terminal).unwrap_or(100).clamp(40, 160)
}

/// The process's standard output, written to without a line buffer: the one that the standard library puts in front
/// searches all of what is written for its last line feed, and writes what follows that by itself.
#[cfg(unix)]
fn standard_output() -> Box<dyn Write + Send> {
    use std::os::fd::AsFd;

    match io::stdout().as_fd().try_clone_to_owned() {
        #[cfg(target_os = "linux")]
        Ok(output) => Box::new(super::pipe::Output::new(output.into())),
        #[cfg(not(target_os = "linux"))]
        Ok(output) => Box::new(std::fs::File::from(output)),
        Err(_) => Box::new(io::stdout()),
    }
}

/// The process's standard output. A console on this system takes text, not bytes, so the standard library writes to it.
#[cfg(not(unix))]
fn standard_output() -> Box<dyn Write + Send> {
    Box::new(io::stdout())
}

/// Why a command failed. The process exits with 2, unless the error says otherwise.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct CommandError {
    message: String,
    help: Option<String>,
    code: u8,
    closed_pipe: bool,
}

impl CommandError {
    /// A fault of the command line, the configuration or the machine: exit code 2.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, code: 2, closed_pipe: false }
    }

    /// Adds what to do about it.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Prints the error to standard error and returns the exit code. A closed pipe counts as success, without a message:
    /// the reader needs no more.
    pub(crate) fn report(&self) -> ExitCode {
        if self.closed_pipe {
            return ExitCode::SUCCESS;
        }
        let mut err = io::stderr().lock();
        // Standard error may be closed; there is nowhere left to say so.
        // The message may contain paths, which a hook takes from the repository.
        let message = format!("error: {}", self.message);
        let _ = writeln!(err, "{}", escape::terminal(&laid_out(&message)));
        if let Some(help) = &self.help {
            let help = format!("  help: {help}");
            let _ = writeln!(err, "{}", escape::terminal(&laid_out(&help)));
        }
        ExitCode::from(self.code)
    }
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        let closed_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        Self { closed_pipe, ..Self::new(error.to_string()) }
    }
}
