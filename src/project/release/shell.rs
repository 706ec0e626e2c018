//! The shell, as far as it must be understood to know how `helm` is called: words, quotes,
//! variables, loops, branches and functions. What is only known when a script runs stays marked
//! as unknown; nothing is executed.

mod command;
mod parse;
mod run;

pub(super) use parse::parse;
pub(super) use run::{Call, Environment, Field, Output, Shell, Value, places};

/// The placeholder in a text for the value of a variable that is set where the script runs.
pub(super) const RUN_TIME: char = '\u{1}';

/// The placeholder in a text for something that a command or a loop computes.
pub(super) const COMPUTED: char = '\u{2}';

/// The file that `<( … )` is for the program that gets it, as bash names it.
pub(super) const STREAM: &str = "/dev/fd/63";

/// True when all of a text is known.
pub(super) fn is_known(text: &str) -> bool {
    !text.contains([RUN_TIME, COMPUTED])
}

#[cfg(test)]
mod tests;
