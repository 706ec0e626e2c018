//! GitHub's workflow commands, which annotate the lines of a pull request.

use std::io::{self, Write};

use super::{Report, escape};
use crate::finding::Severity;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for entry in &report.findings {
        let command = match entry.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let (start, end) = (entry.location.start, entry.location.end);
        let mut properties = format!("file={},line={}", property(&entry.location.file), start.line);
        if end.line == start.line {
            // Columns are read only where a place is within one line.
            properties.push_str(&format!(",col={},endColumn={}", start.column, end.column));
        } else {
            properties.push_str(&format!(",endLine={}", end.line));
        }
        let mut message = entry.message.clone();
        if !entry.releases.is_empty() {
            message.push_str(&format!("\nin {}", entry.releases.join(", ")));
        }
        if let Some(help) = &entry.help {
            message.push_str(&format!("\nhelp: {help}"));
        }
        writeln!(
            out,
            "::{command} {properties},title={}::{}",
            property(&format!("plimsoll {}", entry.rule)),
            data(&message)
        )?;
    }
    Ok(())
}

/// Escapes a command's data as the runner unescapes it.
fn data(text: &str) -> String {
    escape::terminal(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property's value, which ends at a comma or colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::{Entry, Location, Point};

    #[test]
    fn columns_are_given_for_a_place_within_one_line() {
        let command = |end: Point| {
            let start = Point { line: 2, column: 3 };
            let place = Location { file: "a.yaml".to_owned(), start, end };
            let mut report = Report::new();
            report.findings.push(Entry::bare("r", place));
            let mut out = Vec::new();
            write(&report, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let within = command(Point { line: 2, column: 9 });
        assert_eq!(within, "::error file=a.yaml,line=2,col=3,endColumn=9,title=plimsoll r::\n");
        let across = command(Point { line: 4, column: 1 });
        assert_eq!(across, "::error file=a.yaml,line=2,endLine=4,title=plimsoll r::\n");
    }

    #[test]
    fn nothing_in_a_message_ends_the_command() {
        assert_eq!(data("50 %\n::error::x"), "50 %25%0A::error::x");
        assert_eq!(property("a,b:c"), "a%2Cb%3Ac");
    }
}
