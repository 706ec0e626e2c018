//! Texts that stand in for files are linted as the files would be.

use std::path::Path;

use plimsoll::config::{self, Config};
use plimsoll::lint::{self, Options};
use plimsoll::report::Report;
use plimsoll::rule::RuleSet;
use plimsoll::source::{Overlay, Sources};

use crate::harness::repository;

const CONFIGURATION: &str = "preset: all\n";
const METADATA: &str = "apiVersion: v2\nname: web\nversion: 0.1.0\n";
const TEMPLATE: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: {{ .Values.replicas }}\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: web, image: web:1.0.0}]}\n";
const CONFIG_MAP: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Values.name }}}\ndata: {a: 1}\n";

/// What stands on disk, and what an editor holds.
const SAVED: &[(&str, &str)] = &[
    ("chart/Chart.yaml", METADATA),
    ("chart/values.yaml", "replicas: 1\n"),
    ("chart/values-prod.yaml", "replicas: 2\n"),
    ("chart/templates/deployment.yaml", TEMPLATE),
    ("pod.yaml", "apiVersion: v1\nkind: Pod\n"),
];
const UNSAVED: &[(&str, &str)] = &[
    ("plimsoll.yaml", CONFIGURATION),
    ("chart/values.yaml", "replicas: 3\nname: settings\n"),
    ("chart/values-prod.yaml", "replicas: [\n"),
    ("chart/templates/map.yaml", CONFIG_MAP),
    ("pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: []}\n"),
];

fn lint(root: &Path, overlay: Overlay) -> Report {
    let sources = Sources::with_overlay(overlay);
    let file = root.join("plimsoll.yaml");
    let config =
        config::load(&file, "plimsoll.yaml", &sources).unwrap_or_else(|_| Config::default());
    let options = Options::of(vec![root.to_owned()], jiff::civil::date(2026, 11, 25));
    let rules = RuleSet::builtin(&sources);
    lint::run(&options, &config, &rules, &sources, &()).expect("a run").report
}

/// What a report says, with paths as they are within `root`; fingerprints are made of whole paths.
fn said(report: &Report, root: &Path) -> Vec<String> {
    let root = format!("{}/", root.display());
    let mut findings = report.findings.clone();
    for finding in &mut findings {
        finding.fingerprint.clear();
    }
    let json = |finding| serde_json::to_string(finding).expect("JSON").replace(&root, "");
    findings.iter().map(json).collect()
}

#[test]
fn unsaved_texts_are_linted_as_if_they_were_saved() {
    let (disk, saved) = (repository(SAVED), repository(SAVED));
    let mut overlay = Overlay::default();
    for (path, text) in UNSAVED {
        overlay.put(&disk.path().join(path), *text);
        std::fs::write(saved.path().join(path), text).expect("written");
    }
    let before = said(&lint(disk.path(), Overlay::default()), disk.path());
    let unsaved = said(&lint(disk.path(), overlay), disk.path());
    let expected = said(&lint(saved.path(), Overlay::default()), saved.path());
    assert_eq!(unsaved, expected);
    assert_ne!(unsaved, before);
    assert!(unsaved.iter().any(|finding| finding.contains("\"name\":\"settings\"")));
}
