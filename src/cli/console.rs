//! Where commands print, and how they fail.

use std::borrow::Cow;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::process::ExitCode;

use crate::report::{escape, prose};

/// The process's own output. Commands write through it, so that a closed pipe is an error they
/// can pass on with `?` and never a panic.
pub(crate) struct Console {
    /// Standard output, buffered; flushed when the command ends.
    pub out: BufWriter<Box<dyn Write + Send>>,
}

impl Console {
    pub(crate) fn new() -> Self {
        Self { out: BufWriter::with_capacity(1 << 16, standard_output()) }
    }

    /// Writes a text to standard error, for what is not the command's result. What a terminal would obey
    /// is spelt out.
    #[allow(clippy::unused_self, reason = "what is printed is printed by the console")]
    pub(crate) fn note(&mut self, text: &str) {
        // Standard error may be closed; there is nowhere left to say so.
        let _ = writeln!(io::stderr(), "{}", escape::terminal(text));
    }

    /// Writes a sentence to standard error, broken where a terminal's lines end.
    pub(crate) fn remark(&mut self, text: &str) {
        self.note(&laid_out(text));
    }
}

/// A sentence in lines that fit the terminal. Elsewhere it stays in one, for `grep` and the like.
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

/// The process's standard output: a console there takes text, and no bytes.
#[cfg(not(unix))]
fn standard_output() -> Box<dyn Write + Send> {
    Box::new(io::stdout())
}

/// Why a command cannot do what it was asked. The process ends with 2, unless said otherwise.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct CommandError {
    message: String,
    help: Option<String>,
    code: u8,
    closed_pipe: bool,
}

impl CommandError {
    /// A failure that is the caller's or the machine's: exit code 2.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, code: 2, closed_pipe: false }
    }

    /// Adds what to do about it.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Prints the failure on standard error and gives the exit code. A closed pipe is quiet and
    /// a success: the reader had enough.
    pub(crate) fn report(&self) -> ExitCode {
        if self.closed_pipe {
            return ExitCode::SUCCESS;
        }
        let mut err = io::stderr().lock();
        // Standard error may be closed; there is nowhere left to say so.
        // Paths among the arguments may come from a repository, by a hook.
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
