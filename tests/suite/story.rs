//! The story the project starts from: a runner's values, five replicas, and the way to the line.

use crate::harness::{fixture, run};

/// Findings of `plimsoll check` on a folder of the fixture: `file:line:column rule severity`.
fn check(folder: &str) -> (Option<i32>, Vec<String>, serde_json::Value) {
    let dir = fixture("gitlab-runner").join(folder);
    let run = run(&dir, &["check", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.out)
        .unwrap_or_else(|error| panic!("no JSON: {error}\n{}\n{}", run.out, run.err));
    let lines = report["findings"].as_array().expect("findings").iter().map(|finding| {
        let location = &finding["location"];
        format!(
            "{}:{}:{} {} {}",
            location["file"].as_str().expect("a file"),
            location["start"]["line"],
            location["start"]["column"],
            finding["rule"].as_str().expect("a rule"),
            finding["severity"].as_str().expect("a severity"),
        )
    });
    let lines = lines.collect();
    (run.code, lines, report)
}

#[test]
fn five_replicas_without_affinity_are_an_error_on_the_replicas_line() {
    let dir = fixture("gitlab-runner");
    let run = run(&dir, &["check", "--format", "json", "runner-values.yaml"]).expect_code(1);
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let finding = &report["findings"][0];
    assert_eq!(finding["rule"], "values-replicas-without-spread", "{report:#}");
    assert_eq!(finding["location"]["file"], "runner-values.yaml");
    assert_eq!(finding["location"]["start"], serde_json::json!({"line": 3, "column": 11}));
    assert_eq!(finding["origin"], "values");
    let help = finding["help"].as_str().expect("the block to add");
    assert!(help.contains("podAntiAffinity") && help.contains("kubernetes.io/hostname"), "{help}");
}

#[test]
fn a_selector_for_another_release_is_found_on_its_value() {
    let (code, lines, report) = check("selector-mismatch");
    assert_eq!(code, Some(1));
    assert_eq!(
        lines,
        ["runner-values.yaml:22:19 values-affinity-selector-mismatch error"],
        "{report:#}"
    );
    let finding = &report["findings"][0];
    let message = finding["message"].as_str().expect("a message");
    assert!(
        message.contains("gitlab-runner-prod") && message.contains("gitlab-runner-test"),
        "{message}"
    );
    let related = finding["related"].as_array().expect("where the release's name was read");
    assert!(
        related.iter().any(|related| related["location"]["file"] == ".gitlab-ci.yml"
            && related["location"]["start"]["line"] == 9),
        "{related:#?}"
    );
    let notes = report["notes"].as_array().expect("what was not checked");
    assert!(
        notes.iter().any(|note| note.as_str().is_some_and(|note| note.contains("gitlab-runner")))
    );
}

#[test]
fn the_release_may_be_named_in_the_configuration() {
    let (code, lines, report) = check("config");
    assert_eq!(code, Some(1));
    assert_eq!(lines, ["runner-values.yaml:22:19 values-affinity-selector-mismatch error"]);
    let related = report["findings"][0]["related"].as_array().expect("related");
    assert!(related.iter().any(|related| related["location"]["file"] == "plimsoll.yaml"));
}

#[test]
fn other_faults_of_the_affinity_land_on_their_own_lines() {
    let (code, lines, report) = check("wrong-topology-key");
    assert_eq!(code, Some(1), "{report:#}");
    assert!(lines.iter().any(|line| line.starts_with("runner-values.yaml:23:22 ")), "{lines:?}");
    let (code, lines, _) = check("selector-matches-nothing");
    assert_eq!(code, Some(1));
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("runner-values.yaml:") && line.ends_with(" error")),
        "{lines:?}"
    );
}

#[test]
fn the_correct_files_are_silent() {
    for folder in ["correct", "topology-spread"] {
        let (code, lines, _) = check(folder);
        assert_eq!(lines, Vec::<String>::new(), "{folder}");
        assert_eq!(code, Some(0), "{folder}");
    }
}

#[test]
fn rendered_manifests_are_held_to_the_same_policy() {
    let (code, lines, _) = check("rendered");
    assert_eq!(code, Some(1));
    let of = |file: &str| lines.iter().filter(|line| line.starts_with(file)).collect::<Vec<_>>();
    assert!(
        of("no-affinity.yaml")
            .iter()
            .any(|line| line.contains(":9:13 anti-affinity-required error")),
        "{lines:#?}"
    );
    assert_eq!(
        of("list-and-stateful-set.yaml")
            .iter()
            .filter(|line| line.contains("anti-affinity-required"))
            .count(),
        2,
        "{lines:#?}"
    );
    assert!(!of("selector-mismatch.yaml").is_empty(), "{lines:#?}");
    assert_eq!(of("correct.yaml"), Vec::<&String>::new());
}
