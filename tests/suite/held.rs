//! What a run does not hold of its files it reads again.

use std::path::Path;
use std::sync::Arc;

use plimsoll::config::Config;
use plimsoll::lint::{self, Keep, Options, Outcome, Watch};
use plimsoll::rule::RuleSet;
use plimsoll::source::{Overlay, Sources};
use tempfile::TempDir;

use crate::harness::repository;

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: wep}}\n    spec: {containers: [{name: web, image: web:latest}]}\n";
const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: wab}, ports: [{port: 80}]}\n";
const SILENCED: &str = "apiVersion: v1\nkind: Pod # plimsoll: ignore-file[all] for the test\nmetadata: {name: p}\nspec: {containers: []}\n";
const METADATA: &str = "apiVersion: v2\nname: shop\nversion: 0.1.0\n";
const TEMPLATE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: {{ .Release.Name }}}\nspec:\n  selector: {app: {{ .Values.app }}}\n  ports: [{port: 80}]\n";

fn files() -> TempDir {
    repository(&[
        ("shop/deployment.yaml", DEPLOYMENT),
        ("shop/service.yaml", SERVICE),
        ("shop/silenced.yaml", SILENCED),
        ("chart/Chart.yaml", METADATA),
        ("chart/values.yaml", "app: shop\n"),
        ("chart/templates/service.yaml", TEMPLATE),
    ])
}

fn lint(root: &Path, held: usize, watch: &dyn Watch) -> Outcome {
    let sources = Sources::default();
    let options = Options::of(vec![root.to_owned()], jiff::civil::date(2026, 11, 25));
    let rules = RuleSet::builtin(&sources);
    let options = Options { held, ..options };
    lint::run(&options, &Config::default(), &rules, &sources, watch).expect("a run")
}

#[test]
fn a_run_that_holds_no_text_finds_what_one_finds_that_holds_all() {
    let directory = files();
    let one = lint(directory.path(), Options::HELD, &()).report;
    let other = lint(directory.path(), 0, &()).report;
    assert!(one.findings.len() > 3, "{:?}", one.findings);
    assert_eq!(one, other);
}

/// Writes a file when all files have been read.
struct Writes<'d>(&'d Path);

impl Watch for Writes<'_> {
    fn step(&self, done: usize, of: usize, what: &'static str) {
        if what == "reading" && done == of {
            std::fs::write(self.0, "apiVersion: v1\n").expect("a file");
        }
    }
}

#[test]
fn a_file_that_changes_before_it_is_judged_is_said_to_have_changed() {
    let directory = files();
    let service = directory.path().join("shop/service.yaml");
    let report = lint(directory.path(), 0, &Writes(&service)).report;
    let of_service: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.location.file.ends_with("shop/service.yaml"))
        .map(|finding| (finding.rule.as_str(), finding.message.as_str()))
        .collect();
    assert_eq!(of_service, [("file-unreadable", "it has changed since this run began")]);
}

#[test]
fn a_run_that_tries_a_text_reads_no_other_file_again() {
    let directory = files();
    let (service, deployment) =
        (directory.path().join("shop/service.yaml"), directory.path().join("shop/deployment.yaml"));
    let (sources, date) = (Arc::new(Sources::default()), jiff::civil::date(2026, 11, 25));
    let rules = RuleSet::builtin(&sources);
    let options = Options::of(vec![directory.path().to_owned()], date);
    let options = Options { keep: Keep::Read, ..options };
    let run = |options: &Options, sources: &Sources| {
        lint::run(options, &Config::default(), &rules, sources, &()).expect("a run")
    };
    let first = run(&options, &sources);
    let rules_of = |outcome: &Outcome, file: &str| -> Vec<String> {
        let findings = outcome.report.findings.iter();
        let there = findings.filter(|finding| finding.location.file.ends_with(file));
        there.map(|finding| finding.rule.clone()).collect()
    };
    assert!(rules_of(&first, "service.yaml").contains(&"service-selector-matches-pods".to_owned()));

    std::fs::write(&deployment, "apiVersion: v1\n").expect("a file");
    let mut overlay = Overlay::default();
    overlay.put(&service, SERVICE.replace("wab", "wep"));
    let options = Options { keep: Keep::Nothing, kept: first.kept.clone(), ..options };
    let second = run(&options, &Sources::over(&sources, overlay));
    assert_eq!(rules_of(&first, "deployment.yaml"), rules_of(&second, "deployment.yaml"));
    assert!(
        !rules_of(&second, "service.yaml").contains(&"service-selector-matches-pods".to_owned())
    );
}
