//! `JUnit` XML: a suite for each file, and a failed test case for each finding.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::model::Entry;
use super::{Report, escape::xml};
use crate::finding::Severity;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut files: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in &report.findings {
        files.entry(&entry.location.file).or_default().push(entry);
    }
    let failures = failed(&report.findings);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    // Readers take a report without tests for a mistake, so a clean run has one test that passed.
    let tests = report.findings.len().max(1);
    writeln!(
        out,
        "<testsuites name=\"plimsoll\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">"
    )?;
    if files.is_empty() {
        writeln!(
            out,
            "  <testsuite name=\"plimsoll\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\">"
        )?;
        writeln!(out, "    <testcase classname=\"plimsoll\" name=\"check\"/>")?;
        writeln!(out, "  </testsuite>")?;
    }
    for (file, entries) in files {
        let failures = failed(entries.iter().copied());
        writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">",
            xml(file),
            entries.len()
        )?;
        for entry in entries {
            case(file, entry, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

/// How many findings are failures. Those of severity `info` pass.
fn failed<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> usize {
    entries.into_iter().filter(|entry| entry.severity > Severity::Info).count()
}

fn case(file: &str, entry: &Entry, out: &mut dyn Write) -> io::Result<()> {
    let start = entry.location.start;
    writeln!(
        out,
        "    <testcase classname=\"{}\" name=\"{} ({}:{})\" file=\"{}\" line=\"{}\">",
        xml(file),
        xml(&entry.rule),
        start.line,
        start.column,
        xml(file),
        start.line
    )?;
    let mut body = format!("{file}:{}:{}: {}", start.line, start.column, entry.message);
    for related in &entry.related {
        let place = &related.location;
        body.push_str(&format!("\n{}:{}: {}", place.file, place.start.line, related.message));
    }
    if let Some(help) = &entry.help {
        body.push_str(&format!("\nhelp: {help}"));
    }
    if !entry.releases.is_empty() {
        body.push_str(&format!("\nreleases: {}", entry.releases.join(", ")));
    }
    if entry.severity > Severity::Info {
        writeln!(
            out,
            "      <failure type=\"{}\" message=\"{}\">{}</failure>",
            entry.severity.as_str(),
            xml(&entry.message),
            xml(&body)
        )?;
    } else {
        writeln!(out, "      <system-out>{}</system-out>", xml(&body))?;
    }
    writeln!(out, "    </testcase>")
}
