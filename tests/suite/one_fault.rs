//! One fault is one finding: of two rules that say the same of a place, the one that says it more exactly has a say.

use crate::harness::{found, repository};

#[test]
fn what_a_rule_says_more_exactly_the_schema_does_not_say_again() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\n    on: true\ndata:\n  port: 80\nimmutable: \"yes\"\n";
    let dir = repository(&[("map.yaml", text)]);
    let exact =
        ["map.yaml:6 annotation-or-label-not-string", "map.yaml:8 configmap-data-not-string"];
    let schema = [
        "map.yaml:6 schema-validation",
        "map.yaml:8 schema-validation",
        "map.yaml:9 schema-validation",
    ];
    let both = [exact[0], exact[1], schema[2]];
    let rules = "schema-validation,annotation-or-label-not-string,configmap-data-not-string";
    assert_eq!(found(dir.path(), rules), both);
    assert_eq!(found(dir.path(), "schema-validation"), schema, "where nothing else says it");
}

#[test]
fn a_variable_that_is_no_text_is_told_once() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      env:\n        - {name: DEBUG, value: true}\n";
    let dir = repository(&[("pod.yaml", pod)]);
    let found = found(dir.path(), "schema-validation,env-value-not-string");
    assert_eq!(found, ["pod.yaml:8 env-value-not-string"]);
}

#[test]
fn an_image_that_cannot_be_pulled_is_not_asked_for_its_tag() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      image: Example/Web\n    - name: b\n      image: web\n";
    let dir = repository(&[("pod.yaml", text)]);
    let rules = "image-reference-malformed,image-tag-latest-forbidden";
    let expected =
        ["pod.yaml:7 image-reference-malformed", "pod.yaml:9 image-tag-latest-forbidden"];
    assert_eq!(found(dir.path(), rules), expected);
}
