//! What every rule finds on the public charts and repositories that lie beside the checkout, as
//! counts: a change of a rule shows what it does to charts that people use.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

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

/// How often each rule, of all that there are, finds something in a folder.
fn counts(shared: &Path, folder: &str) -> BTreeMap<String, usize> {
    let args = ["check", folder, "--preset", "all", "--fail-on", "never", "--format", "json"];
    let run = run(shared, &args).expect_code(0);
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let mut counts = BTreeMap::new();
    for finding in report["findings"].as_array().expect("findings") {
        let rule = finding["rule"].as_str().expect("a rule");
        *counts.entry(rule.to_owned()).or_default() += 1;
    }
    assert!(counts.len() > 50, "{folder}: only {counts:?}");
    counts
}
