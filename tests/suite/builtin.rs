//! What the pipeline itself reports, weighed and switched off by its name.

use crate::harness::{repository, run};

const CHART: &[(&str, &str)] = &[
    ("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
    ("values.yaml", ""),
    ("templates/web.yaml", "{{ fail \"no\" }}\n"),
    ("broken.yaml", "apiVersion: v1\nkind: Pod\n a: b\n"),
];

/// The pipeline's findings as `rule severity`, and the notes.
fn check(config: &str, args: &[&str]) -> (Vec<String>, Vec<String>) {
    let files = [CHART, &[("plimsoll.yaml", config)]].concat();
    let dir = repository(&files);
    let run =
        run(dir.path(), &[&["check", "--format", "json", "--fail-on", "never"], args].concat());
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let findings = report["findings"].as_array().expect("findings").iter();
    let shown = findings.map(|finding| {
        let part = |key: &str| finding[key].as_str().unwrap_or_default();
        format!("{} {}", part("rule"), part("severity"))
    });
    let of_pipeline =
        shown.filter(|one| ["helm-render", "yaml-syntax"].iter().any(|id| one.starts_with(id)));
    let notes = run.err.lines().filter(|line| line.contains("switched off"));
    (of_pipeline.collect(), notes.map(ToOwned::to_owned).collect())
}

#[test]
fn the_choice_of_other_rules_hides_nothing() {
    let found = (vec!["yaml-syntax error".to_owned(), "helm-render error".to_owned()], vec![]);
    assert_eq!(check("", &[]), found);
    assert_eq!(check("", &["--select", "host-network-forbidden"]), found);
    assert_eq!(check("ignore: [helm-chart, schema]\n", &[]), found);
}

#[test]
fn a_severity_of_its_own_holds() {
    let (found, notes) =
        check("rules: {yaml-syntax: {severity: info}}\n", &["--severity", "helm-render=warning"]);
    assert_eq!(found, ["yaml-syntax info", "helm-render warning"]);
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn what_is_switched_off_is_said() {
    let (found, notes) = check("ignore: [helm-render]\n", &["--severity", "yaml-syntax=off"]);
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].contains("`helm-render` is switched off: charts that do not render"));
    let (found, notes) = check(
        "overrides: [{paths: [templates], ignore: [helm-render]}]\n",
        &["--ignore", "yaml-syntax"],
    );
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(notes.len(), 2, "{notes:?}");
}
