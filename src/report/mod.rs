//! Prints a run's result: one file a format.
//!
//! Formats see [`model::Report`] only, the JSON contract; excerpts are cut from [`Texts`]. What
//! comes from files is escaped here, once, for the medium at hand ([`escape`]).

mod concise;
pub(crate) mod escape;
mod full;
mod json;
pub mod model;
mod text;

use std::io::{self, Write};

pub use model::Report;
pub use text::Texts;

/// The formats of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Format {
    /// Excerpts with the offending places underlined, for people
    Full,
    /// One line a finding: `file:line:column: severity rule: message`
    Concise,
    /// plimsoll's own, with a stable shape
    Json,
}

/// How text is shown to people.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether to colour, and to link to rules' pages.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
}

/// What a report says of a rule beside its findings.
#[derive(Debug, Clone, Default)]
pub struct RuleInfo {
    /// One line.
    pub summary: String,
    /// Why it matters.
    pub why: String,
    /// How to put it right.
    pub fix: String,
    /// The rule's page.
    pub url: Option<String>,
}

/// What formats need beside the report.
pub struct Context<'a> {
    /// The texts that excerpts are cut from.
    pub texts: &'a mut Texts,
    /// For people's formats.
    pub style: Style,
    /// What is known of a rule; `None` for an id that no rule file has.
    pub rule: &'a dyn Fn(&str) -> Option<RuleInfo>,
}

/// Writes a report in one format.
///
/// # Errors
/// Those of the writer.
pub fn write(
    format: Format,
    report: &Report,
    context: &mut Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Full => full::write(report, context, out),
        Format::Concise => concise::write(report, context.style, out),
        Format::Json => json::write(report, out),
    }
}
