//! One line a finding, as compilers print them: `file:line:column: severity rule: message`.

use std::io::{self, Write};

use super::{Report, Style, escape};
use crate::finding::Severity;

pub(super) fn write(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for entry in &report.findings {
        let start = entry.location.start;
        let (on, off) = match (style.color, entry.severity) {
            (false, _) => ("", ""),
            (true, Severity::Error) => ("\u{1b}[1;31m", "\u{1b}[0m"),
            (true, Severity::Warning) => ("\u{1b}[1;33m", "\u{1b}[0m"),
            (true, Severity::Info) => ("\u{1b}[1;36m", "\u{1b}[0m"),
        };
        let (file, message) = (escape::line(&entry.location.file), escape::line(&entry.message));
        out.write_all(file.as_bytes())?;
        write!(out, ":{}:{}: ", start.line, start.column)?;
        // There may be some hundred thousand lines, and what is text need not be formatted.
        for text in [on, entry.severity.as_str(), off, " ", &entry.rule, ": ", &message, "\n"] {
            out.write_all(text.as_bytes())?;
        }
    }
    Ok(())
}
