//! Fields that no update changes, held against a revision.

use std::path::Path;
use std::process::Command;

use crate::harness::{repository, run};

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector:\n    matchLabels:\n      app: web\n      version: \"LABEL\"\n  template:\n    metadata: {labels: {app: web, version: \"LABEL\"}}\n    spec: {containers: []}\n";

fn git(dir: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"];
    let done = Command::new("git").args(identity).args(args).current_dir(dir).output();
    assert!(done.expect("git").status.success(), "{args:?}");
}

/// A repository of which these files are the last revision.
fn committed(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = repository(files);
    git(dir.path(), &["init", "--quiet"]);
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "--quiet", "-m", "a"]);
    dir
}

/// The findings against that revision, as `file:line message`.
fn check(dir: &Path) -> Vec<String> {
    let select = ["--select", "immutable-field-change"];
    let args = ["check", "--format", "json", "--changed-since", "HEAD"];
    let run = run(dir, &[&args[..], &select[..]].concat());
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let findings = report["findings"].as_array().expect("findings").iter();
    let shown = findings.map(|finding| {
        let (location, message) = (&finding["location"], &finding["message"]);
        let file = location["file"].as_str().unwrap_or_default();
        format!("{file}:{} {}", location["start"]["line"], message.as_str().unwrap_or_default())
    });
    shown.collect()
}

fn write(dir: &Path, path: &str, text: &str) {
    std::fs::write(dir.join(path), text).expect("a file");
}

#[test]
fn a_manifest_s_selector_is_held_against_what_it_was() {
    let dir = committed(&[("web.yaml", &DEPLOYMENT.replace("LABEL", "1.0"))]);
    assert!(check(dir.path()).is_empty());
    write(dir.path(), "web.yaml", &DEPLOYMENT.replace("LABEL", "1.1"));
    let found = check(dir.path());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("web.yaml:8 ") && found[0].contains("`version: 1.0`"),
        "{found:?}"
    );
}

#[test]
fn an_object_under_another_name_is_another_object() {
    let dir = committed(&[("web.yaml", &DEPLOYMENT.replace("LABEL", "1.0"))]);
    let renamed = DEPLOYMENT.replace("LABEL", "1.1").replace("name: web}", "name: web-2}");
    write(dir.path(), "web.yaml", &renamed);
    assert!(check(dir.path()).is_empty());
}

#[test]
fn a_chart_s_version_in_a_selector_is_found_when_the_version_is_raised() {
    let metadata = "apiVersion: v2\nname: shop\nversion: 1.0.0\n";
    let template = DEPLOYMENT.replace("LABEL", "{{ .Chart.Version }}");
    let dir = committed(&[
        ("shop/Chart.yaml", metadata),
        ("shop/values.yaml", ""),
        ("shop/templates/web.yaml", &template),
    ]);
    write(dir.path(), "shop/values.yaml", "replicas: 2\n");
    assert!(check(dir.path()).is_empty());
    write(dir.path(), "shop/Chart.yaml", &metadata.replace("1.0.0", "1.1.0"));
    let found = check(dir.path());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("shop/templates/web.yaml:8 "), "{found:?}");
    assert!(found[0].contains("`version: 1.0.0`"), "{found:?}");
}

#[test]
fn values_of_a_release_are_held_against_what_they_were() {
    let template = DEPLOYMENT.replace("LABEL", "{{ .Values.label }}");
    let dir = committed(&[
        ("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/values.yaml", "label: a\n"),
        ("shop/templates/web.yaml", &template),
        ("values-prod.yaml", "label: b\n"),
        ("plimsoll.yaml", "releases: [{name: shop, chart: ./shop, values: [values-prod.yaml]}]\n"),
    ]);
    write(dir.path(), "values-prod.yaml", "label: c\n");
    let found = check(dir.path());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("values-prod.yaml:1 "), "{found:?}");
    assert!(found[0].contains("`version: b`"), "{found:?}");
}
