//! One line a finding, as compilers print them: `file:line:column: severity rule: message`.

use std::io::{self, Write};

use super::model::Level;
use super::{Report, Style, escape};

pub(super) fn write(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for entry in &report.findings {
        let start = entry.location.start;
        let (on, off) = match (style.color, entry.severity) {
            (false, _) => ("", ""),
            (true, Level::Error) => ("\u{1b}[1;31m", "\u{1b}[0m"),
            (true, Level::Warning) => ("\u{1b}[1;33m", "\u{1b}[0m"),
            (true, Level::Info) => ("\u{1b}[1;36m", "\u{1b}[0m"),
        };
        writeln!(
            out,
            "{}:{}:{}: {on}{}{off} {}: {}",
            escape::line(&entry.location.file),
            start.line,
            start.column,
            entry.severity.as_str(),
            entry.rule,
            escape::line(&entry.message)
        )?;
    }
    Ok(())
}
