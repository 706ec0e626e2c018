//! Markdown, for a comment on a merge request or a job's summary.

use std::io::{self, Write};

use super::model::{Entry, Level};
use super::{Report, escape, summary};

/// Findings past this are counted, not shown: hosts refuse comments over 64 KiB.
const SHOWN: usize = 100;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## plimsoll\n")?;
    writeln!(out, "{}\n", text(&summary::line(report)))?;
    let mut worst: Vec<&Entry> = report.findings.iter().collect();
    // Weightiest first, since the tail may be cut; the sort is stable.
    worst.sort_by_key(|entry| std::cmp::Reverse(entry.severity));
    if !worst.is_empty() {
        writeln!(out, "| | place | finding |\n|---|---|---|")?;
    }
    for entry in worst.iter().take(SHOWN) {
        let mark = match entry.severity {
            Level::Error => "❌ error",
            Level::Warning => "⚠️ warning",
            Level::Info => "ℹ️ info",
        };
        let mut finding = format!("{} {}", rule(entry), text(&entry.message));
        if !entry.releases.is_empty() {
            finding.push_str(&format!("<br>in {}", text(&entry.releases.join(", "))));
        }
        writeln!(
            out,
            "| {mark} | {} | {finding} |",
            code(&format!("{}:{}", entry.location.file, entry.location.start.line))
        )?;
    }
    if worst.len() > SHOWN {
        writeln!(out, "\nand {} more.", worst.len() - SHOWN)?;
    }
    let helps: Vec<&&Entry> =
        worst.iter().take(SHOWN).filter(|entry| entry.help.is_some()).collect();
    if !helps.is_empty() {
        writeln!(out, "\n<details><summary>What to do</summary>\n")?;
        for entry in helps {
            let place = format!("{}:{}", entry.location.file, entry.location.start.line);
            let help = entry.help.as_deref().unwrap_or_default();
            let fence = "`".repeat(longest_run(help).max(2) + 1);
            writeln!(
                out,
                "{} {}\n\n{fence}\n{}\n{fence}\n",
                code(&place),
                rule(entry),
                escape::terminal(help.trim_end())
            )?;
        }
        writeln!(out, "</details>")?;
    }
    for note in &report.notes {
        writeln!(out, "\n> {}", text(note))?;
    }
    Ok(())
}

fn rule(entry: &Entry) -> String {
    match &entry.url {
        Some(url) => format!("[{}]({url})", code(&entry.rule)),
        None => code(&entry.rule),
    }
}

/// Inline code that holds any text, also inside a table.
fn code(text: &str) -> String {
    let text = escape::terminal(text).replace(['\n', '\r'], " ").replace('|', "\\|");
    let ticks = "`".repeat(longest_run(&text) + 1);
    if text.starts_with('`') || text.ends_with('`') {
        format!("{ticks} {text} {ticks}")
    } else {
        format!("{ticks}{text}{ticks}")
    }
}

/// Prose on one line. Code spans in messages stay; markup and table bars do not act.
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
