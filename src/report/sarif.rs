//! SARIF 2.1.0 (OASIS), as GitHub code scanning and editors read it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::json::pretty;
use super::model::{EditEntry, Entry, Location, Point};
use super::{Report, RuleInfo};
use crate::finding::{Applicability, Severity};

pub(super) fn write(
    report: &Report,
    rule: &dyn Fn(&str) -> Option<RuleInfo>,
    out: &mut dyn Write,
) -> io::Result<()> {
    // Rules are listed once and pointed at by index; sorted, so that the log is stable.
    let mut groups: BTreeMap<&str, &Entry> = BTreeMap::new();
    for entry in &report.findings {
        groups.entry(&entry.rule).or_insert(entry);
    }
    let index: BTreeMap<&str, usize> =
        groups.keys().enumerate().map(|(at, &id)| (id, at)).collect();
    let rules: Vec<Value> =
        groups.iter().map(|(id, entry)| descriptor(id, entry, rule(id).as_ref())).collect();
    let results: Vec<Value> =
        report.findings.iter().map(|entry| result(entry, index[entry.rule.as_str()])).collect();
    let notes: Vec<Value> = report
        .notes
        .iter()
        .map(|note| json!({"level": "note", "message": {"text": note}}))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "plimsoll",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": "https://github.com/plimsoll-dev/plimsoll",
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notes,
            }],
            "results": results,
        }],
    });
    pretty(&log, out)
}

fn descriptor(id: &str, entry: &Entry, info: Option<&RuleInfo>) -> Value {
    let mut rule = Map::new();
    rule.insert("id".into(), json!(id));
    if let Some(info) = info {
        rule.insert("shortDescription".into(), json!({"text": info.summary}));
        if !info.why.is_empty() {
            rule.insert("fullDescription".into(), json!({"text": info.why}));
        }
        let text = [&info.summary, &info.why, &info.fix].map(|part| part.trim());
        let text: Vec<&str> = text.into_iter().filter(|part| !part.is_empty()).collect();
        let text = text.join("\n\n");
        if !text.is_empty() {
            rule.insert("help".into(), json!({"text": text, "markdown": text}));
        }
    }
    let url = entry.url.clone().or_else(|| info.and_then(|info| info.url.clone()));
    if let Some(url) = url {
        rule.insert("helpUri".into(), json!(url));
    }
    rule.insert("defaultConfiguration".into(), json!({"level": level(entry.severity)}));
    rule.insert("properties".into(), json!({"tags": [entry.group]}));
    Value::Object(rule)
}

fn result(entry: &Entry, rule_index: usize) -> Value {
    let mut text = entry.message.clone();
    if let Some(help) = &entry.help {
        text.push_str("\n\n");
        text.push_str(help);
    }
    let mut place = json!({"physicalLocation": physical(&entry.location)});
    if let Some(object) = &entry.object {
        let mut name = format!("{}/{}", object.kind, object.name);
        if let Some(namespace) = &object.namespace {
            name = format!("{namespace}/{name}");
        }
        if !object.path.is_empty() {
            name.push(':');
            name.push_str(&object.path);
        }
        place["logicalLocations"] = json!([{"fullyQualifiedName": name, "kind": "object"}]);
    }
    let mut result = json!({
        "ruleId": entry.rule,
        "ruleIndex": rule_index,
        "level": level(entry.severity),
        "message": {"text": text},
        "locations": [place],
        "partialFingerprints": {"plimsoll/v1": entry.fingerprint},
    });
    if !entry.related.is_empty() {
        let related = entry.related.iter().enumerate().map(|(at, related)| {
            json!({
                "id": at,
                "message": {"text": related.message},
                "physicalLocation": physical(&related.location),
            })
        });
        result["relatedLocations"] = related.collect();
    }
    if let Some(fix) = entry.fix.as_ref().filter(|fix| fix.applicability != Applicability::Display)
    {
        let mut files: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for edit in &fix.edits {
            files.entry(&edit.file).or_default().push(replacement(edit));
        }
        let changes = files.into_iter().map(|(file, replacements)| {
            json!({"artifactLocation": {"uri": uri(file)}, "replacements": replacements})
        });
        result["fixes"] = json!([{
            "description": {"text": format!("{} ({})", fix.title, fix.applicability.as_str())},
            "artifactChanges": changes.collect::<Vec<_>>(),
        }]);
    }
    let mut properties = json!({"group": entry.group, "origin": entry.origin});
    if !entry.releases.is_empty() {
        properties["releases"] = json!(entry.releases);
    }
    result["properties"] = properties;
    result
}

fn replacement(edit: &EditEntry) -> Value {
    json!({
        "deletedRegion": region(edit.start, edit.end),
        "insertedContent": {"text": edit.text},
    })
}

fn physical(location: &Location) -> Value {
    json!({
        "artifactLocation": {"uri": uri(&location.file)},
        "region": region(location.start, location.end),
    })
}

fn region(start: Point, end: Point) -> Value {
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A path as a URI reference (RFC 3986): relative stays relative.
pub(super) fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    if path.starts_with('/') {
        out.push_str("file://");
    } else if path.split('/').next().is_some_and(|first| first.contains(':')) {
        // A colon in the first segment would read as a scheme.
        out.push_str("./");
    }
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => out.push(byte as char),
            b'-' | b'.' | b'_' | b'~' | b'/' | b':' | b'@' | b'+' | b',' | b'=' => {
                out.push(byte as char);
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_become_uri_references() {
        assert_eq!(uri("deploy/my values.yaml"), "deploy/my%20values.yaml");
        assert_eq!(uri("/tmp/é"), "file:///tmp/%C3%A9");
        assert_eq!(uri("a:b/c"), "./a:b/c");
    }
}
