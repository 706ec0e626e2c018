//! Rules of one's own, from the directories that the configuration names.

use crate::harness::{repository, run};

const RULE: &str = "\
id: team-label-required
group: own
severity: error
since: 1.0.0
summary: Every object names its team
why: Nobody else answers for it.
fix: Add the label.
presets: [recommended]
kinds: [any]
checks:
  - require: object.?metadata.?labels.?team.hasValue()
    at: object.metadata.name
    message: \"`{name}` has no team\"
";
const MAP: (&str, &str) = ("map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");

#[test]
fn rules_in_a_directory_that_is_named_run_like_any_other() {
    let dir = repository(&[
        ("plimsoll.yaml", "rule-paths: [policy]\n"),
        ("policy/own/team-label-required.yaml", RULE),
        MAP,
    ]);
    let run = run(dir.path(), &["check", "--format", "concise", "map.yaml"]).expect_code(1);
    assert!(run.out.contains("error team-label-required: `a` has no team"), "{}", run.out);
}

#[test]
fn a_directory_that_is_not_there_is_an_error() {
    let dir = repository(&[("plimsoll.yaml", "rule-paths: [policy]\n"), MAP]);
    let run = run(dir.path(), &["check", "map.yaml"]).expect_code(2);
    assert!(run.err.contains("policy"), "{}", run.err);
}

#[test]
fn a_rule_that_is_wrong_is_an_error_at_its_line() {
    let wrong = RULE.replace("labels.?team", "labels.?");
    let dir = repository(&[
        ("plimsoll.yaml", "rule-paths: [policy]\n"),
        ("policy/team-label-required.yaml", &wrong),
        MAP,
    ]);
    let run = run(dir.path(), &["check", "map.yaml"]).expect_code(2);
    assert!(run.err.contains("team-label-required.yaml:11"), "{}", run.err);
}

#[test]
fn a_fact_of_the_cluster_that_is_no_quantity_is_an_error_at_its_line() {
    let dir = repository(&[("plimsoll.yaml", "cluster:\n  node-memory: 14 gigs\n"), MAP]);
    let run = run(dir.path(), &["check", "map.yaml"]).expect_code(2);
    assert!(
        run.err.contains("plimsoll.yaml:2") || run.err.contains("[plimsoll.yaml:2"),
        "{}",
        run.err
    );
    assert!(run.err.contains("`14 gigs` is no quantity"), "{}", run.err);
}
