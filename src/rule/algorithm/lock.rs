//! Checks `Chart.lock` against the dependencies that it was made from, and against the vendored charts.
//!
//! Mirrors Helm 4 `internal/resolver/resolver.go` (`HashReq`, `HashV2Req`) and
//! `pkg/downloader/manager.go`, which refuses to build from a lock whose digest does not match.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::helm::function::fits;
use crate::rule::chart::ChartView;
use crate::rule::hit::{Hit, Target};
use crate::yaml::{Kind, Node, Scalar};

/// Finds where the lock differs from the dependencies or the vendored charts. The digest is only checked if nothing
/// else differs.
pub(super) fn judge(chart: &ChartView) -> Vec<Hit> {
    let Some(lock) = chart.root("lock") else { return Vec::new() };
    let asked: Vec<Node<'_>> = chart.dependencies().collect();
    let locked: Vec<Node<'_>> = lock
        .get("dependencies")
        .into_iter()
        .flat_map(|list| list.items().collect::<Vec<_>>())
        .collect();
    let mut hits: Vec<Hit> = asked
        .iter()
        .filter_map(|&asked| {
            let message = unlocked(asked, &locked)?;
            Some(hit(chart, asked, "version", message))
        })
        .collect();
    for &entry in &locked {
        hits.extend(gone(entry, &asked).map(|message| hit(chart, entry, "name", message)));
        hits.extend(vendored(entry, chart).map(|message| hit(chart, entry, "version", message)));
    }
    if hits.is_empty() && !digest_fits(chart, lock, &asked, &locked) {
        let message = "the digest is not that of these dependencies: `helm dependency build` refuses the lock";
        hits.push(hit(chart, lock, "digest", message.to_owned()));
    }
    hits
}

/// Why a dependency is not in the lock: its name is missing, or no locked version satisfies it.
fn unlocked(asked: Node<'_>, locked: &[Node<'_>]) -> Option<String> {
    let (name, constraint) = (text(asked, "name"), text(asked, "version"));
    let versions: Vec<String> = locked
        .iter()
        .filter(|entry| text(**entry, "name") == name)
        .map(|entry| text(*entry, "version"))
        .collect();
    if versions.is_empty() {
        return Some(format!("the lock does not know the dependency `{name}`"));
    }
    // Helm locks a chart in the same directory tree at the version range itself.
    let fits = |version: &String| *version == constraint || fits(&constraint, version);
    let fit = constraint.is_empty() || versions.iter().any(fits);
    (!fit).then(|| {
        format!("the lock holds `{name}` {}, which is not {constraint}", versions.join(", "))
    })
}

fn gone(locked: Node<'_>, asked: &[Node<'_>]) -> Option<String> {
    let name = text(locked, "name");
    let known = asked.iter().any(|entry| text(*entry, "name") == name);
    (!known).then(|| format!("`{name}` is locked, and the chart does not depend on it"))
}

/// Why the chart in `charts/` is not the locked one.
fn vendored(locked: Node<'_>, chart: &ChartView) -> Option<String> {
    let (name, version) = (text(locked, "name"), text(locked, "version"));
    // A chart in the same directory tree is not downloaded, so it may have any version.
    if text(locked, "repository").is_empty() || text(locked, "repository").starts_with("file:") {
        return None;
    }
    let there: Vec<String> = chart
        .list("subcharts")?
        .items()
        .filter(|subchart| text(*subchart, "name") == name)
        .map(|subchart| text(subchart, "version"))
        .collect();
    let same = |one: &String| one.trim_start_matches('v') == version.trim_start_matches('v');
    (!there.is_empty() && !there.iter().any(same))
        .then(|| format!("`{name}` is locked at {version}, and charts/ holds {}", there.join(", ")))
}

fn digest_fits(chart: &ChartView, lock: Node<'_>, asked: &[Node<'_>], locked: &[Node<'_>]) -> bool {
    // The URL behind a repository's alias is not known here.
    let aliased = |entry: &Node<'_>| {
        let repository = text(*entry, "repository");
        repository.starts_with('@') || repository.starts_with("alias:")
    };
    let written = text(lock, "digest");
    if written.is_empty() || asked.iter().any(aliased) {
        return true;
    }
    let list = |of: Option<Node<'_>>, entries: &[Node<'_>]| match of {
        Some(list) if list.kind() == Kind::Sequence => json_list(entries),
        _ => "null".to_owned(),
    };
    let declared = ["requirements", "chart"].iter().find_map(|name| chart.root(name));
    let (asked, locked) = (
        list(declared.and_then(|root| root.get("dependencies")), asked),
        list(lock.get("dependencies"), locked),
    );
    let own = sha256(&format!("[{asked},{locked}]"));
    let v1 = chart.root("chart").is_none_or(|chart| text(chart, "apiVersion") != "v2");
    own == written || (v1 && sha256(&format!("{{\"dependencies\":{asked}}}")) == written)
}

fn sha256(text: &str) -> String {
    let mut digest = "sha256:".to_owned();
    for byte in Sha256::digest(text) {
        write!(digest, "{byte:02x}").unwrap_or(());
    }
    digest
}

/// Dependencies as JSON, as Go encodes `[]*chart.Dependency`.
fn json_list(list: &[Node<'_>]) -> String {
    let entries: Vec<String> = list.iter().map(|entry| json_entry(*entry)).collect();
    format!("[{}]", entries.join(","))
}

fn json_entry(entry: Node<'_>) -> String {
    let mut fields = vec![format!("\"name\":{}", string(&text(entry, "name")))];
    let optional = |fields: &mut Vec<String>, key: &str| {
        let value = text(entry, key);
        if !value.is_empty() {
            fields.push(format!("\"{key}\":{}", string(&value)));
        }
    };
    optional(&mut fields, "version");
    fields.push(format!("\"repository\":{}", string(&text(entry, "repository"))));
    optional(&mut fields, "condition");
    if let Some(tags) = entry.get("tags").filter(|tags| !tags.is_empty()) {
        let tags: Vec<String> = tags.items().map(|tag| string(&scalar(tag))).collect();
        fields.push(format!("\"tags\":[{}]", tags.join(",")));
    }
    if entry.get("enabled").and_then(Node::as_bool) == Some(true) {
        fields.push("\"enabled\":true".to_owned());
    }
    if let Some(list) = entry.get("import-values").filter(|list| !list.is_empty()) {
        fields.push(format!("\"import-values\":{}", json(list)));
    }
    optional(&mut fields, "alias");
    format!("{{{}}}", fields.join(","))
}

fn json(node: Node<'_>) -> String {
    match node.kind() {
        Kind::Sequence => {
            let items: Vec<String> = node.items().map(json).collect();
            format!("[{}]", items.join(","))
        }
        Kind::Mapping => {
            let mut entries: Vec<(String, String)> = node
                .entries()
                .map(|entry| (entry.name().into_owned(), json(entry.value)))
                .collect();
            entries.sort();
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{}:{value}", string(key))).collect();
            format!("{{{}}}", entries.join(","))
        }
        Kind::Scalar => match node.scalar() {
            Some(Scalar::Str(text)) => string(text),
            Some(Scalar::Null) | None => "null".to_owned(),
            Some(_) => scalar(node),
        },
    }
}

/// A JSON string as Go's encoding/json writes it, with the characters of HTML escaped.
fn string(text: &str) -> String {
    let plain = serde_json::Value::from(text).to_string();
    [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026")]
        .iter()
        .fold(plain, |text, (char, escape)| text.replace(*char, escape))
}

fn text(node: Node<'_>, key: &str) -> String {
    node.get(key).map(scalar).unwrap_or_default()
}

fn scalar(node: Node<'_>) -> String {
    if node.is_null() { String::new() } else { node.raw().to_owned() }
}

fn hit(chart: &ChartView, node: Node<'_>, key: &str, message: String) -> Hit {
    let (node, missing) = match node.get(key) {
        Some(value) => (value, Vec::new()),
        None => (node, vec![key.to_owned()]),
    };
    let own = |document: &std::sync::Arc<crate::yaml::Document>| {
        std::ptr::eq(document.as_ref(), node.document())
    };
    let document = chart.documents().iter().position(own).unwrap_or(0);
    Hit::at(Target { document, missing, ..Target::of(node) }, message)
}
