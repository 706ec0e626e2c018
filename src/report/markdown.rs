//! Markdown, for a comment on a merge request or a job's summary.

use std::io::{self, Write};

use super::model::Entry;
use super::{Report, escape, summary};
use crate::finding::Severity;

/// The most findings that are shown; further ones are only counted.
const SHOWN: usize = 100;
/// The most bytes of the table: GitHub refuses comments over 65,536 characters.
const TABLE: usize = 36_000;
/// The most bytes of the part on what to do.
const HELPS: usize = 20_000;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## plimsoll\n")?;
    writeln!(out, "{}\n", text(&summary::line(report)))?;
    let mut worst: Vec<&Entry> = report.findings.iter().collect();
    // The most severe first, as the rest may be cut off. The sort is stable.
    worst.sort_by_key(|entry| std::cmp::Reverse(entry.severity));
    let rows: Vec<String> = worst.iter().take(SHOWN).map(|entry| row(entry)).collect();
    let shown = fitting(&rows, TABLE);
    if !shown.is_empty() {
        writeln!(out, "| | place | finding |\n|---|---|---|\n{}", shown.join("\n"))?;
    }
    if worst.len() > shown.len() {
        writeln!(out, "\nand {} more.", worst.len() - shown.len())?;
    }
    let helps = helps(&worst[..shown.len()]);
    let shown = fitting(&helps, HELPS);
    if !shown.is_empty() {
        writeln!(out, "\n<details><summary>What to do</summary>\n\n{}", shown.join("\n"))?;
        writeln!(out, "</details>")?;
    }
    for note in &report.notes {
        writeln!(out, "\n> {}", text(note))?;
    }
    Ok(())
}

/// As many of the first parts as fit into `room` bytes.
fn fitting(parts: &[String], room: usize) -> &[String] {
    let mut left = room;
    let fits = parts.iter().take_while(|part| {
        let fits = part.len() < left;
        left = left.saturating_sub(part.len() + 1);
        fits
    });
    &parts[..fits.count()]
}

/// A finding as a row of the table.
fn row(entry: &Entry) -> String {
    let mark = match entry.severity {
        Severity::Error => "❌ error",
        Severity::Warning => "⚠️ warning",
        Severity::Info => "ℹ️ info",
    };
    let mut finding = format!("{} {}", rule(entry), text(&entry.message));
    if !entry.releases.is_empty() {
        finding.push_str(&format!("<br>in {}", text(&entry.releases.join(", "))));
    }
    format!("| {mark} | {} | {finding} |", place(entry))
}

/// What to do about the findings: each help once, with its first place.
fn helps(entries: &[&Entry]) -> Vec<String> {
    let mut places: Vec<(&Entry, &str, usize)> = Vec::new();
    for entry in entries {
        let Some(help) = entry.help.as_deref() else { continue };
        match places.iter_mut().find(|(known, said, _)| known.rule == entry.rule && *said == help) {
            Some((_, _, count)) => *count += 1,
            None => places.push((entry, help, 0)),
        }
    }
    let help = |(entry, help, more): (&Entry, &str, usize)| {
        let fence = "`".repeat(longest_run(help).max(2) + 1);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let help = escape::terminal(help.trim_end());
        format!("{}{more}: {}\n\n{fence}\n{help}\n{fence}\n", place(entry), rule(entry))
    };
    places.into_iter().map(help).collect()
}

fn place(entry: &Entry) -> String {
    code(&format!("{}:{}", entry.location.file, entry.location.start.line))
}

fn rule(entry: &Entry) -> String {
    match &entry.url {
        Some(url) => format!("[{}]({url})", code(&entry.rule)),
        None => code(&entry.rule),
    }
}

/// Any text as inline code, also in a table.
fn code(text: &str) -> String {
    let text = escape::terminal(text).replace(['\n', '\r'], " ").replace('|', "\\|");
    let ticks = "`".repeat(longest_run(&text) + 1);
    if text.starts_with('`') || text.ends_with('`') {
        format!("{ticks} {text} {ticks}")
    } else {
        format!("{ticks}{text}{ticks}")
    }
}

/// Prose on one line. Code spans in messages stay; other markup and table bars are escaped.
fn text(text: &str) -> String {
    let text = escape::terminal(text);
    let mut out = String::with_capacity(text.len());
    let spans = text.matches('`').count().is_multiple_of(2);
    let mut in_code = false;
    for c in text.chars() {
        match c {
            '`' if spans => {
                in_code = !in_code;
                out.push(c);
            }
            '\n' | '\r' => out.push(' '),
            '|' => out.push_str("\\|"),
            c if in_code => out.push(c),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '`' | '*' | '_' | '[' | ']' | '@' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_messages_does_not_act() {
        assert_eq!(text("`a_b` <img> a|b @me"), "`a_b` &lt;img&gt; a\\|b \\@me");
        assert_eq!(text("a ` b"), "a \\` b");
        assert_eq!(code("a`b"), "``a`b``");
    }
}
