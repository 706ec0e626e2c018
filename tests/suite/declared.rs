//! What declarations of releases say of their values, charts and folders is heeded.

use crate::harness::{Run, found, repository, run};

const CHART: &str = "apiVersion: v2\nname: web\nversion: 0.1.0\n";

/// A chart that cannot be rendered without what is not in its own values.
const NEEDS: [(&str, &str); 3] = [
    ("charts/web/Chart.yaml", CHART),
    ("charts/web/values.yaml", "a: 1\n"),
    (
        "charts/web/templates/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {b: {{ required \"no b\" .Values.b | quote }}}\n",
    ),
];

/// A chart and what else a repository holds.
fn with<'a>(chart: &[(&'a str, &'a str)], files: &[(&'a str, &'a str)]) -> tempfile::TempDir {
    repository(&[chart, files].concat())
}

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

/// `kustomize build --enable-helm` asks a repository for what it does not find there, and leaves it there.
#[test]
fn a_chart_in_the_chart_home_goes_before_its_repository() {
    for (chart, args, at_home) in [
        ("web", "", true),
        ("web", ", version: 0.1.0", true),
        ("web", ", version: 0.2.0", false),
        ("web-0.1.0/web", ", version: 0.1.0", true),
    ] {
        let files = NEEDS
            .map(|(path, text)| (path.replace("charts/web", &format!("k/charts/{chart}")), text));
        let files = files.each_ref().map(|(path, text)| (path.as_str(), *text));
        let kustomization = format!(
            "helmCharts:\n  - {{name: web, releaseName: web, repo: 'https://charts.example.org', valuesInline: {{b: c}}{args}}}\n"
        );
        let dir = with(&files, &[("k/kustomization.yaml", &kustomization)]);
        let run = check(&dir);
        assert_eq!(
            run.err.contains("is not on this machine"),
            !at_home,
            "{chart}{args}: {}",
            run.err
        );
        assert_eq!(run.out.contains("helm-render"), !at_home, "{chart}{args}: {}", run.out);
    }
}
