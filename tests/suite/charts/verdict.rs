//! What a chart is judged for, and what only its releases are.

use super::CHART;
use crate::harness::{found, repository, run};

/// `helm template` asks no cluster, and knows no kinds; a release meets a cluster that has them.
#[test]
fn a_chart_is_judged_by_what_it_makes_for_a_cluster() {
    let budget = "apiVersion: policy/{{ if .Capabilities.APIVersions.Has \"policy/v1/PodDisruptionBudget\" }}v1{{ else }}v1beta1{{ end }}\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec: {selector: {matchLabels: {a: b}}}\n";
    let dir = repository(&[CHART, ("c/templates/t.yaml", budget)]);
    let rendered = run(dir.path(), &["render", "c"]).expect_code(0).out;
    assert!(rendered.contains("policy/v1beta1"), "{rendered}");
    let args = ["check", "--select", "api-version-removed", "--format", "concise"];
    run(dir.path(), &args).expect_code(0);
    let old = [&args[..], &["--kube-version", "1.20"]].concat();
    run(dir.path(), &old).expect_code(0);
}

#[test]
fn a_namespace_that_is_open_may_be_any() {
    let template = "apiVersion: v1
kind: Pod
metadata: {name: web, namespace: {{ .Release.Namespace }}}
spec:
  serviceAccountName: web
  containers: [{name: web, image: 'example.org/web:1.0.0'}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: infra}
";
    let dir = repository(&[CHART, ("c/templates/t.yaml", template), ("c/values.yaml", "a: 1\n")]);
    let check = ["check", "--no-cache", "--select", "service-account-exists", "--quiet"];
    for (namespace, is_found) in [(&[][..], false), (&["--set", "a=2", "-n", "web"], true)] {
        let out = run(dir.path(), &[&check[..], namespace].concat()).out;
        assert_eq!(out.contains("service-account-exists"), is_found, "{out}");
    }
}

/// What a chart leaves open for whoever installs it is at fault only where somebody does, and leaves it open, too.
#[test]
fn a_chart_without_a_repository_for_its_image_is_judged_by_its_releases() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: '{{ .Values.image }}:1.0.0'}]}\n";
    let rule = "image-reference-malformed";
    let chart = [CHART, ("c/templates/t.yaml", pod), ("c/values.yaml", "image: ''\n")];
    assert_eq!(found(repository(&chart).path(), rule), [""; 0]);
    let release = ("plimsoll.yaml", "releases:\n  - {name: web, chart: ./c}\n");
    let dir = repository(&[&chart[..], &[release]].concat());
    assert_eq!(found(dir.path(), rule), ["c/values.yaml:1 image-reference-malformed"]);
}

#[test]
fn a_chart_without_a_part_of_a_name_is_judged_by_its_releases() {
    let binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: web}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects: [{kind: ServiceAccount, name: web, namespace: '{{ .Values.home }}'}]\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: 'web-{{ .Values.part }}'}\n";
    let rules = "rbac-fields-valid,object-name-valid";
    let chart = [CHART, ("c/templates/t.yaml", binding), ("c/values.yaml", "home: ''\npart: ''\n")];
    assert_eq!(found(repository(&chart).path(), rules), [""; 0]);
    let release = ("plimsoll.yaml", "releases:\n  - {name: web, chart: ./c}\n");
    let dir = repository(&[&chart[..], &[release]].concat());
    let expected = ["c/values.yaml:1 rbac-fields-valid", "c/values.yaml:2 object-name-valid"];
    assert_eq!(found(dir.path(), rules), expected);
    let unsaid = binding.replace(", namespace: '{{ .Values.home }}'", "");
    let chart = [CHART, ("c/templates/t.yaml", &*unsaid), ("c/values.yaml", "part: a\n")];
    assert_eq!(found(repository(&chart).path(), rules), ["c/templates/t.yaml:5 rbac-fields-valid"]);
}

#[test]
fn a_map_over_a_scalar_is_said_where_it_is_written() {
    let dir = repository(&[
        CHART,
        ("c/values.yaml", "image:\n  tag: a\n"),
        ("c/ci/one-values.yaml", "image: b\n"),
        ("c/templates/t.yaml", "a: 1\n"),
    ]);
    let run = run(dir.path(), &["check", "--format", "concise"]);
    assert!(
        run.out.contains("c/ci/one-values.yaml:1:8: error values-type-mismatch"),
        "{}",
        run.out
    );
}

/// Either is a text that counts as true, but only one of them was meant to.
#[test]
fn a_text_for_true_is_less_of_a_fault_than_one_for_false() {
    for (given, severity) in [("\"true\"", "warning"), ("\"false\"", "error")] {
        let values = format!("live: {given}\n");
        let dir = repository(&[
            CHART,
            ("c/values.yaml", "live: false\n"),
            ("c/ci/one-values.yaml", &values),
            ("c/templates/t.yaml", "a: {{ .Values.live }}\n"),
        ]);
        let run = run(dir.path(), &["check", "--format", "concise"]);
        let expected = format!("c/ci/one-values.yaml:1:7: {severity} values-type-mismatch");
        assert!(run.out.contains(&expected), "{}", run.out);
    }
}

/// Where a chart writes the number all the same, it counts until the autoscaler acts, after each upgrade again.
#[test]
fn a_number_of_replicas_beside_an_autoscaler_has_a_say_where_the_chart_writes_it() {
    let rule = "values-autoscaling-and-replicas";
    for (replicas, has_a_say) in [
        ("{{ .Values.replicas }}", true),
        ("{{ if not .Values.autoscaling.enabled }}{{ .Values.replicas }}{{ end }}", false),
    ] {
        let template = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: {replicas}\n"
        );
        let dir = repository(&[
            CHART,
            ("c/values.yaml", "replicas: 1\nautoscaling: {enabled: false}\n"),
            ("c/ci/one-values.yaml", "replicas: 3\nautoscaling: {enabled: true}\n"),
            ("c/templates/t.yaml", &template),
        ]);
        let found = found(dir.path(), rule);
        let expected = [format!("c/ci/one-values.yaml:1 {rule}")];
        assert_eq!(found, expected[usize::from(has_a_say)..], "{replicas}");
    }
}
