//! One self-contained page: findings by file, rule or release, with excerpts and filters.
//!
//! The page holds every finding as markup, readable without scripts; the script only filters and
//! regroups. Nothing is loaded from elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use super::model::{Entry, Location};
use super::{Context, Report, Texts, escape::xml, summary};
use crate::finding::Origin;

/// Lines shown above and below a place.
const AROUND: u32 = 2;

/// The most columns of a line that are shown.
const WIDE: usize = 240;

/// How many rows of a bar chart are shown at first; the others can be unfolded.
const ROWS: usize = 12;

pub(super) fn write(
    report: &Report,
    context: &mut Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(
        out,
        "<meta name=\"color-scheme\" content=\"light dark\">\n<title>plimsoll report</title>"
    )?;
    writeln!(out, "<style>\n{}</style>\n</head>\n<body>", include_str!("html/report.css"))?;
    writeln!(out, "<header><h1>plimsoll</h1><p>{}</p></header>", xml(&summary::line(report)))?;
    writeln!(out, "<main>")?;
    if !report.findings.is_empty() {
        overview(report, out)?;
        filters(report, out)?;
    }
    writeln!(out, "<div id=\"findings\">")?;
    let mut files: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in &report.findings {
        files.entry(&entry.location.file).or_default().push(entry);
    }
    for (file, entries) in &files {
        writeln!(
            out,
            "<section><h2>{} <span class=\"count\">{}</span></h2>",
            xml(file),
            entries.len()
        )?;
        for entry in entries {
            finding(entry, context, out)?;
        }
        writeln!(out, "</section>")?;
    }
    writeln!(out, "</div>\n<p id=\"none\" hidden>No finding passes these filters.</p>")?;
    if !report.notes.is_empty() {
        writeln!(out, "<section class=\"notes\"><h2>Not checked</h2><ul>")?;
        for note in &report.notes {
            writeln!(out, "<li>{}</li>", xml(note))?;
        }
        writeln!(out, "</ul></section>")?;
    }
    writeln!(out, "</main>\n<footer>{}</footer>", xml(&report.tool))?;
    writeln!(out, "<script>\n{}</script>\n</body>\n</html>", include_str!("html/report.js"))
}

/// Bars: findings per group, and per release where there are any.
fn overview(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut groups: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let mut releases: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for entry in &report.findings {
        let at = entry.severity as usize;
        groups.entry(&entry.group).or_default()[at] += 1;
        for release in &entry.releases {
            releases.entry(release).or_default()[at] += 1;
        }
    }
    writeln!(out, "<div class=\"overview\">")?;
    bars("By group", "kind", &groups, out)?;
    if !releases.is_empty() {
        bars("By release", "release", &releases, out)?;
    }
    let key = ["error", "warning", "info"]
        .map(|severity| format!("<i class=\"{severity}\"></i> {severity}"));
    writeln!(out, "</div>\n<p class=\"key\">{}</p>", key.join(" "))
}

/// A bar chart with one bar per row, the longest first. The name of a row is a button that sets the filter `id`.
fn bars(
    title: &str,
    id: &str,
    counts: &BTreeMap<&str, [usize; 3]>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut rows: Vec<(&str, [usize; 3])> = counts.iter().map(|(&name, &by)| (name, by)).collect();
    rows.sort_by_key(|(_, by)| std::cmp::Reverse(by.iter().sum::<usize>()));
    let most = rows.first().map_or(1, |(_, by)| by.iter().sum::<usize>()).max(1);
    writeln!(out, "<figure><figcaption>{title}</figcaption><table>")?;
    for (at, &(name, [info, warning, error])) in rows.iter().enumerate() {
        if at == ROWS {
            let more = rows.len() - ROWS;
            writeln!(out, "</table><details><summary>{more} more</summary><table>")?;
        }
        let total = info + warning + error;
        // Every bar is visible, however short it is.
        let width = |count: usize| (count * 100 / most).max(usize::from(count > 0));
        writeln!(
            out,
            "<tr><th scope=\"row\"><button type=\"button\" data-filter=\"{id}\">{}</button></th><td><span class=\"bar\"><i class=\"error\" style=\"width:{}%\"></i><i class=\"warning\" style=\"width:{}%\"></i><i class=\"info\" style=\"width:{}%\"></i></span></td><td class=\"number\" title=\"{error} error, {warning} warning, {info} info\">{total}</td></tr>",
            xml(name),
            width(error),
            width(warning),
            width(info),
        )?;
    }
    let fold = if rows.len() > ROWS { "</details>" } else { "" };
    writeln!(out, "</table>{fold}</figure>")
}

fn filters(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let findings = || report.findings.iter();
    let groups: BTreeSet<&str> = findings().map(|entry| entry.group.as_str()).collect();
    let rules: BTreeSet<&str> = findings().map(|entry| entry.rule.as_str()).collect();
    let releases: BTreeSet<&str> =
        findings().flat_map(|entry| &entry.releases).map(String::as_str).collect();
    writeln!(out, "<form id=\"filters\" hidden>")?;
    writeln!(out, "<label>Search <input id=\"text\" type=\"search\"></label>")?;
    select("Severity", "severity", ["error", "warning", "info"], out)?;
    select("Group", "kind", groups, out)?;
    select("Rule", "rule", rules, out)?;
    let has_releases = !releases.is_empty();
    if has_releases {
        select("Release", "release", releases, out)?;
    }
    writeln!(
        out,
        "<label>Listed by <select id=\"group\"><option value=\"file\">file</option><option value=\"rule\">rule</option>"
    )?;
    if has_releases {
        writeln!(out, "<option value=\"release\">release</option>")?;
    }
    writeln!(out, "</select></label><output id=\"shown\"></output></form>")
}

/// A filter by one of some options.
fn select<'o>(
    label: &str,
    id: &str,
    options: impl IntoIterator<Item = &'o str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    write!(out, "<label>{label} <select id=\"{id}\"><option value=\"\">all</option>")?;
    for option in options {
        write!(out, "<option>{}</option>", xml(option))?;
    }
    writeln!(out, "</select></label>")
}

fn finding(entry: &Entry, context: &mut Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let severity = entry.severity.as_str();
    writeln!(
        out,
        "<article class=\"{severity}\" id=\"f-{}\" data-severity=\"{severity}\" data-kind=\"{}\" data-rule=\"{}\" data-file=\"{}\" data-releases=\"{}\">",
        xml(&entry.fingerprint),
        xml(&entry.group),
        xml(&entry.rule),
        xml(&entry.location.file),
        xml(&entry.releases.join("\n")),
    )?;
    let rule = match &entry.url {
        Some(url) if url.starts_with("https://") => {
            format!("<a href=\"{}\">{}</a>", xml(url), xml(&entry.rule))
        }
        _ => xml(&entry.rule),
    };
    writeln!(
        out,
        "<h3><b>{severity}</b> {} <a class=\"link\" href=\"#f-{}\" title=\"Link to this finding\">#</a></h3>\n<p class=\"rule\">{rule}</p>",
        prose(&entry.message),
        xml(&entry.fingerprint)
    )?;
    excerpt(&entry.location, entry.origin, "", context.texts, out)?;
    for related in &entry.related {
        excerpt(&related.location, related.origin, &related.message, context.texts, out)?;
    }
    if let Some(help) = &entry.help {
        // A text of several lines keeps its lines, so that it can be copied.
        let help = help.trim_end();
        let help = match help.contains('\n') {
            true => format!("<pre>{}</pre>", xml(help)),
            false => prose(help),
        };
        writeln!(out, "<div class=\"help\"><b>What to do</b> {help}</div>")?;
    }
    let mut facts = Vec::new();
    if let Some(object) = &entry.object {
        let path =
            if object.path.is_empty() { String::new() } else { format!(": {}", object.path) };
        facts.push(format!("{} {}{path}", object.kind, object.name));
    }
    if !entry.releases.is_empty() {
        let mut text = format!("in {}", entry.releases.join(", "));
        if !entry.clean_releases.is_empty() {
            let _ = write!(text, " (not in {})", entry.clean_releases.join(", "));
        }
        facts.push(text);
    }
    if let Some(rendered) = &entry.rendered {
        facts.push(format!("rendered at {} line {}", rendered.source, rendered.line));
    }
    if !facts.is_empty() {
        let facts: Vec<String> = facts.iter().map(|fact| xml(fact)).collect();
        writeln!(out, "<p class=\"facts\">{}</p>", facts.join(" · "))?;
    }
    writeln!(out, "</article>")
}

/// The lines around a place, which is marked.
fn excerpt(
    location: &Location,
    origin: Origin,
    message: &str,
    texts: &mut Texts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let line = location.start.line;
    write!(
        out,
        "<figure class=\"excerpt\"><figcaption><code>{}:{line}</code> <span class=\"origin\">{}</span> {}</figcaption>",
        xml(&location.file),
        origin.as_str(),
        prose(message)
    )?;
    if let Some(shown) = texts.get(&location.file) {
        let last = (line + AROUND).min(shown.line_count());
        write!(out, "<pre>")?;
        for number in line.saturating_sub(AROUND).max(1)..=last {
            let text = shown.line(number);
            let text: String = text.chars().take(WIDE).collect();
            if number == line {
                let from = location.start.column.saturating_sub(1) as usize;
                let to = if location.end.line == line {
                    location.end.column.saturating_sub(1) as usize
                } else {
                    text.chars().count()
                };
                let part = |from: usize, to: usize| -> String {
                    text.chars().skip(from).take(to.saturating_sub(from)).collect()
                };
                let marked = part(from, to.max(from + 1));
                write!(
                    out,
                    "<span class=\"line here\"><i>{number}</i>{}<mark>{}</mark>{}</span>",
                    xml(&part(0, from)),
                    if marked.is_empty() { " ".to_owned() } else { xml(&marked) },
                    xml(&part(to.max(from + 1), usize::MAX)),
                )?;
            } else {
                write!(out, "<span class=\"line\"><i>{number}</i>{}</span>", xml(&text))?;
            }
        }
        write!(out, "</pre>")?;
    }
    writeln!(out, "</figure>")
}

/// A message with its code spans.
fn prose(message: &str) -> String {
    let mut out = String::new();
    for (at, part) in message.split('`').enumerate() {
        if at % 2 == 1 {
            let _ = write!(out, "<code>{}</code>", xml(part));
        } else {
            out.push_str(&xml(part));
        }
    }
    out
}
