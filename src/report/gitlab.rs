//! GitLab Code Quality: the subset of Code Climate's JSON that merge requests show.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::Report;
use super::json::pretty;
use crate::finding::Severity;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let issues: Vec<Value> = report
        .findings
        .iter()
        .map(|entry| {
            let mut description = entry.message.clone();
            if !entry.releases.is_empty() {
                description.push_str(" (in ");
                description.push_str(&entry.releases.join(", "));
                description.push(')');
            }
            json!({
                "description": description,
                "check_name": entry.rule,
                "fingerprint": entry.fingerprint,
                "severity": match entry.severity {
                    Severity::Error => "major",
                    Severity::Warning => "minor",
                    Severity::Info => "info",
                },
                "location": {
                    "path": entry.location.file,
                    "lines": {"begin": entry.location.start.line, "end": entry.location.end.line},
                },
            })
        })
        .collect();
    pretty(&issues, out)
}
