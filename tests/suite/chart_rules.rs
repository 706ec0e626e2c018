//! Charts judged as they lie in their directories.

use std::path::Path;
use std::process::Command;

use crate::harness::{repository, run};

const METADATA: (&str, &str) = ("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
const VALUES: (&str, &str) = ("shop/values.yaml", "port: 80\n");
const SERVICE: (&str, &str) = (
    "shop/templates/web.yaml",
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {app: web}\n  ports: [{port: {{ .Values.port }}}]\n",
);

/// The findings of rules on charts and texts, as `file:line rule Kind/name`.
fn check(dir: &Path, args: &[&str]) -> Vec<String> {
    let select = "helm-chart,yaml-syntax,yaml-duplicate-key";
    let args = [&["check", "--format", "json", "--select", select], args].concat();
    let run = run(dir, &args);
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    let shown =
        findings.iter().filter(|finding| finding["rule"] != "chart-icon-valid").map(|finding| {
            let (location, object) = (&finding["location"], &finding["object"]);
            format!(
                "{}:{} {} {}/{}",
                location["file"].as_str().unwrap_or_default(),
                location["start"]["line"],
                finding["rule"].as_str().unwrap_or_default(),
                object["kind"].as_str().unwrap_or_default(),
                object["name"].as_str().unwrap_or_default(),
            )
        });
    shown.collect()
}

#[test]
fn a_sound_chart_has_no_finding() {
    let dir = repository(&[METADATA, VALUES, SERVICE]);
    assert_eq!(check(dir.path(), &[]), Vec::<String>::new());
}

#[test]
fn a_chart_that_cannot_be_loaded_is_told_once_by_the_rule_that_knows_why() {
    let nameless = ("shop/Chart.yaml", "apiVersion: v2\nversion: 1.0.0\n");
    let dir = repository(&[nameless, VALUES, SERVICE]);
    assert_eq!(check(dir.path(), &[]), ["shop/Chart.yaml:1 chart-name-valid Chart/shop"]);
    let ignoring = check(dir.path(), &["--ignore", "chart-name-valid"]);
    assert_eq!(ignoring, ["shop/Chart.yaml:1 chart-yaml-present Chart/shop"]);
}

#[test]
fn metadata_and_values_that_are_no_yaml_are_told_where_they_stand() {
    let twice = ("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\nname: shop\n");
    let dir = repository(&[twice, ("shop/values.yaml", "# nothing\nport= 80\n"), SERVICE]);
    assert_eq!(
        check(dir.path(), &[]),
        [
            "shop/Chart.yaml:4 yaml-duplicate-key Chart/shop",
            "shop/values.yaml:2 yaml-syntax Chart/shop",
        ]
    );
}

#[test]
fn what_a_template_makes_must_be_yaml() {
    let dir = repository(&[
        METADATA,
        VALUES,
        ("shop/templates/a.yaml", "a: 1\n b: {{ .Values.port }}\n"),
    ]);
    assert_eq!(check(dir.path(), &[]), ["shop/templates/a.yaml:2 yaml-syntax Chart/shop"]);
}

#[test]
fn templates_and_values_without_metadata_mean_to_be_a_chart() {
    let dir = repository(&[VALUES, SERVICE]);
    assert_eq!(check(dir.path(), &[]), ["shop/values.yaml:1 chart-yaml-present Chart/shop"]);
    let made = repository(&[VALUES, SERVICE, ("shop/Chart.yaml.in", "name: @name@\n")]);
    assert_eq!(check(made.path(), &[]), Vec::<String>::new());
}

#[test]
fn an_object_that_helm_leaves_out_is_found() {
    let definition = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n    helm.sh/hook: crd-install\n";
    let dir = repository(&[METADATA, VALUES, SERVICE, ("shop/templates/a.yaml", definition)]);
    assert_eq!(
        check(dir.path(), &[]),
        ["shop/templates/a.yaml:6 hook-annotation-invalid ConfigMap/a"]
    );
}

#[test]
fn copies_of_charts_from_elsewhere_are_left_alone() {
    let with =
        "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies: [{name: db, version: 1.0.0}]\n";
    let copy = ("shop/charts/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 1.0.0\nfoo: 1\n");
    let dir = repository(&[("shop/Chart.yaml", with), VALUES, SERVICE, copy]);
    assert_eq!(check(dir.path(), &[]), Vec::<String>::new());
}

#[test]
fn a_cluster_that_the_chart_excludes_is_told_where_somebody_names_it() {
    let bound = "apiVersion: v2\nname: shop\nversion: 1.0.0\nkubeVersion: <1.30.0-0\n";
    let dir = repository(&[("shop/Chart.yaml", bound), VALUES, SERVICE]);
    assert_eq!(check(dir.path(), &[]), Vec::<String>::new());
    let stated = check(dir.path(), &["--kube-version", "1.34"]);
    assert_eq!(stated, ["shop/Chart.yaml:4 chart-kube-version-mismatch Chart/shop"]);
}

#[test]
fn a_chart_that_changes_under_its_version_is_found_against_a_revision() {
    let dir = repository(&[METADATA, VALUES, SERVICE]);
    let git = |args: &[&str]| {
        let identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"];
        let done = Command::new("git").args(identity).args(args).current_dir(dir.path()).output();
        assert!(done.expect("git").status.success(), "{args:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "a"]);
    assert_eq!(check(dir.path(), &["--changed-since", "HEAD"]), Vec::<String>::new());
    std::fs::write(dir.path().join(VALUES.0), "port: 8080\n").expect("a file");
    let changed = check(dir.path(), &["--changed-since", "HEAD"]);
    assert_eq!(changed, ["shop/Chart.yaml:3 chart-version-bumped Chart/shop"]);
    let bumped = METADATA.1.replace("1.0.0", "1.0.1");
    std::fs::write(dir.path().join(METADATA.0), bumped).expect("a file");
    assert_eq!(check(dir.path(), &["--changed-since", "HEAD"]), Vec::<String>::new());
}
