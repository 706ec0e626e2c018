//! What declarations of releases say of their values, charts and folders is heeded.

use crate::harness::{Run, found, repository, run};

const CHART: &str = "apiVersion: v2\nname: web\nversion: 0.1.0\n";

fn check(dir: &tempfile::TempDir) -> Run {
    run(dir.path(), &["check", "--format", "concise", "--no-cache"])
}

/// A schema that the values break, and its chart.
const SCHEMA: [(&str, &str); 4] = [
    ("chart/Chart.yaml", CHART),
    ("chart/values.yaml", "kind: deployment\n"),
    ("chart/values.schema.json", "{\"properties\": {\"kind\": {\"const\": \"deployment\"}}}"),
    (
        "chart/templates/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ title .Values.kind }}}\n",
    ),
];

#[test]
fn who_declares_a_release_may_leave_the_schema_out() {
    let argo = |more: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: web, namespace: argocd}}\nspec:\n  project: default\n  destination: {{namespace: web, server: https://kubernetes.default.svc}}\n  source:\n    repoURL: https://git.example.org/x.git\n    path: chart\n    helm: {{valuesObject: {{kind: skip}}{more}}}\n"
        )
    };
    let flux = |more: &str| {
        format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: web, namespace: web}}\nspec:\n  interval: 1h\n  chart: {{spec: {{chart: ./chart, sourceRef: {{kind: GitRepository, name: all}}}}}}\n{more}  values: {{kind: skip}}\n"
        )
    };
    let helmfile = |defaults: &str, more: &str| {
        format!(
            "{defaults}releases:\n  - {{name: web, chart: ./chart, values: [{{kind: skip}}]{more}}}\n"
        )
    };
    let install = "  install: {disableSchemaValidation: true}\n";
    let both = format!("{install}  upgrade: {{disableSchemaValidation: true}}\n");
    let defaults = "helmDefaults: {skipSchemaValidation: true}\n";
    for (file, text, held) in [
        ("deploy.sh", "helm install web ./chart --set kind=skip\n".to_owned(), true),
        (
            "deploy.sh",
            "helm install web ./chart --set kind=skip --skip-schema-validation\n".to_owned(),
            false,
        ),
        ("helmfile.yaml", helmfile("", ""), true),
        ("helmfile.yaml", helmfile("", ", skipSchemaValidation: true"), false),
        ("helmfile.yaml", helmfile(defaults, ""), false),
        ("helmfile.yaml", helmfile(defaults, ", skipSchemaValidation: false"), true),
        ("argo.yaml", argo(""), true),
        ("argo.yaml", argo(", skipSchemaValidation: true"), false),
        ("flux.yaml", flux(""), true),
        // The upgrade would fail.
        ("flux.yaml", flux(install), true),
        ("flux.yaml", flux(&both), false),
    ] {
        let dir = with(&SCHEMA, &[(file, &text)]);
        let violations = found(dir.path(), "values-schema-violation");
        assert_eq!(violations.is_empty(), !held, "{text}: {violations:?}");
        // What is rendered is judged.
        let run = check(&dir);
        assert_eq!(run.out.contains("Skip"), !held, "{text}: {}", run.out);
    }
}
