//! What every rule finds on the public charts and repositories that lie beside the checkout, as
//! counts: a change of a rule shows what it does to charts that people use.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::harness::run;

/// Regenerate with `INSTA_UPDATE=always cargo nextest run corpus`, and read the difference.
#[test]
fn findings_per_rule_are_as_many_as_before() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    if !shared.join("corpus/charts").is_dir() || !shared.join("repos").is_dir() {
        return;
    }
    let (charts, repositories) = (counts(&shared, "corpus/charts"), counts(&shared, "repos"));
    let rules: std::collections::BTreeSet<_> = charts.keys().chain(repositories.keys()).collect();
    let mut table = String::from("charts  repositories  rule\n");
    for rule in rules {
        let of = |counts: &BTreeMap<String, usize>| counts.get(rule).copied().unwrap_or(0);
        let _ = writeln!(table, "{:6}  {:12}  {rule}", of(&charts), of(&repositories));
    }
    insta::assert_snapshot!("findings-per-rule", table);
}

/// Whoever turns plimsoll on for a chart is not buried: without any configuration, half of the
/// charts get at most five findings.
#[test]
fn the_recommended_rules_find_little_in_a_usual_chart() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    if !shared.join("corpus/charts").is_dir() {
        return;
    }
    let found = findings(&shared, "corpus/charts", "recommended");
    let mut charts: BTreeMap<String, usize> = charts(&shared.join("corpus/charts"))
        .into_iter()
        .map(|chart| (chart.strip_prefix(&shared).expect("below it").display().to_string(), 0))
        .collect();
    assert!(charts.len() > 50, "only {} charts", charts.len());
    for finding in &found {
        let file = finding["location"]["file"].as_str().expect("a file");
        // A subchart's finding is one of the chart that it lies in.
        let within = |chart: &&String| file.starts_with(&format!("{chart}/"));
        if let Some(chart) = charts.keys().filter(within).min_by_key(|chart| chart.len()).cloned() {
            *charts.entry(chart).or_default() += 1;
        }
    }
    let mut counts: Vec<usize> = charts.values().copied().collect();
    counts.sort_unstable();
    let median = counts[counts.len() / 2];
    assert!(median <= 5, "a median of {median}: {charts:?}");
}

/// The folders of charts, those below other charts left out.
fn charts(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.expect("a readable folder");
        if entry.path().join("Chart.yaml").is_file() {
            found.push(entry.into_path());
            walk.skip_current_dir();
        }
    }
    found
}

/// How often each rule, of all that there are, finds something in a folder.
fn counts(shared: &Path, folder: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings(shared, folder, "all") {
        let rule = finding["rule"].as_str().expect("a rule");
        *counts.entry(rule.to_owned()).or_default() += 1;
    }
    assert!(counts.len() > 50, "{folder}: only {counts:?}");
    counts
}

/// What a preset finds in a folder, as the report has it.
fn findings(shared: &Path, folder: &str, preset: &str) -> Vec<serde_json::Value> {
    let args = ["check", folder, "--preset", preset, "--fail-on", "never", "--format", "json"];
    let run = run(shared, &args).expect_code(0);
    let mut report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    match report["findings"].take() {
        serde_json::Value::Array(findings) => findings,
        other => panic!("no list of findings: {other}"),
    }
}
