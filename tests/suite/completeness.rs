//! A green run has looked at everything, or says what it has not looked at: the table of
//! `docs/ci.md`, row by row.

use crate::harness::{Run, repository, run};

const CHART: &str = "apiVersion: v2\nname: web\nversion: 0.1.0\n";
const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\n";
const RELEASE: &str = "releases:\n  - {name: a, chart: ./chart, values: [values.yaml]}\n";

/// What a run makes of a repository, and what one that asks for everything makes of it.
struct Pair {
    usual: Run,
    strict: Run,
}

fn check(files: &[(&str, &str)]) -> Pair {
    let dir = repository(files);
    let usual = run(dir.path(), &["check", "--format", "concise"]);
    Pair { usual, strict: run(dir.path(), &["check", "--format", "concise", "--strict"]) }
}

/// Nothing is at fault in what was looked at, and something else is named that was not.
#[track_caller]
fn says(files: &[(&str, &str)], said: &str) {
    let Pair { usual, strict } = check(files);
    let usual = usual.expect_code(0);
    assert!((usual.err + &usual.out).contains(said), "{said}");
    let strict = strict.expect_code(2);
    assert!(strict.err.contains("error: not everything was checked"), "{}", strict.err);
}

/// What could not be looked at is a finding of its own.
#[track_caller]
fn fails(files: &[(&str, &str)], rule: &str) {
    let Pair { usual, strict } = check(files);
    let usual = usual.expect_code(1);
    assert!(usual.out.contains(&format!(" error {rule}: ")), "{rule}: {}", usual.out);
    strict.expect_code(1);
}

#[test]
fn a_run_that_looked_at_everything_is_green_when_that_is_asked_for() {
    let Pair { usual, strict } = check(&[("a.yaml", CONFIG_MAP)]);
    usual.expect_code(0);
    strict.expect_code(0);
}

#[test]
fn a_run_that_found_nothing_to_look_at_says_so() {
    says(&[("README.md", "# No manifests\n")], "nothing was linted");
}

/// A chart, and a script that deploys it with `set`.
fn deployed(template: &'static str, set: &str) -> [(&'static str, String); 3] {
    [
        ("chart/Chart.yaml", CHART.to_owned()),
        ("chart/templates/a.yaml", template.to_owned()),
        ("deploy.sh", format!("helm upgrade --install web chart {set}\n")),
    ]
}

/// `--set image.tag=$TAG` is how most pipelines deploy.
#[test]
fn values_that_a_pipeline_fills_in_are_no_fault() {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Values.name }}\n  labels: {version: {{ .Values.tag }}}\nimmutable: {{ .Values.fixed }}\n";
    let files = deployed(template, "--set tag=$TAG,name=web-$(date) --set fixed=$FIXED");
    let Pair { usual, strict } =
        check(&files.each_ref().map(|(name, text)| (*name, text.as_str())));
    assert!(usual.out.is_empty(), "{}", usual.out);
    strict.expect_code(0);
}

#[test]
fn values_that_terraform_or_skaffold_fills_in_are_no_fault() {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Values.name }}}\ndata: {a: {{ .Values.tag }}}\n";
    let terraform = "variable \"tag\" {}\nresource \"helm_release\" \"web\" {\n  name = \"web\"\n  chart = \"./chart\"\n  set = [\n    { name = \"tag\", value = var.tag },\n    { name = \"name\", value = \"Web\" },\n  ]\n}\n";
    let skaffold = "apiVersion: skaffold/v4beta6\nkind: Config\ndeploy:\n  helm:\n    releases:\n      - name: web\n        chartPath: chart\n        setValueTemplates: {tag: \"{{.IMAGE_TAG}}\"}\n        setValues:\n          name: Web\n";
    for (file, text, line) in [("main.tf", terraform, 7), ("skaffold.yaml", skaffold, 10)] {
        let chart = [("chart/Chart.yaml", CHART), ("chart/templates/a.yaml", template)];
        let Pair { usual, .. } = check(&[chart[0], chart[1], (file, text)]);
        // The name that is known is judged, and nothing else is at fault.
        assert!(usual.out.starts_with(&format!("{file}:{line}:")), "{}", usual.out);
        assert_eq!(usual.out.matches(": error ").count(), 1, "{}", usual.out);
    }
}

#[test]
fn a_chart_that_needs_values_of_a_pipeline_is_named() {
    let template = "{{ if semverCompare \">1\" .Values.tag }}a: b{{ end }}";
    for (set, said) in [
        (
            "--set tag=$TAG",
            "does not render without values that are only known when it is deployed",
        ),
        ("--set $EXTRA", "which values are set is only known when it is deployed"),
    ] {
        let files = deployed(template, set);
        says(&files.each_ref().map(|(name, text)| (*name, text.as_str())), said);
    }
}

#[test]
fn text_of_another_template_language_is_named() {
    let text = format!("{{% raw %}}\n{CONFIG_MAP}{{% endraw %}}\n");
    says(&[("a.yaml", &text)], "templates that no chart renders were not checked: a.yaml");
    let text = format!("%{{ if web }}\n{CONFIG_MAP}%{{ endif }}\n");
    says(&[("a.yaml", &text)], "templates that no chart renders were not checked: a.yaml");
    let text = format!("<#noparse>\n{CONFIG_MAP}</#noparse>\n");
    says(&[("a.yaml", &text)], "templates that no chart renders were not checked: a.yaml");
}

/// What configures a program, or Ansible, makes no objects.
#[test]
fn a_template_that_has_no_objects_in_it_is_no_matter_of_a_run() {
    let task = "- name: join\n  command: {{ join }}\n";
    let Pair { usual, strict } = check(&[("tasks.yaml", task), ("a.yaml", CONFIG_MAP)]);
    assert!(!usual.expect_code(0).err.contains("tasks.yaml"));
    strict.expect_code(0);
    let values = "replicas: {{ replicas }}\n";
    let said = "templates that no chart renders were not checked: prod-values.yaml";
    says(&[("prod-values.yaml", values), ("a.yaml", CONFIG_MAP)], said);
}

/// They are parts of objects, held against what a cluster has.
#[test]
fn what_a_test_of_a_cluster_expects_is_no_manifest() {
    let expected =
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nstatus: {readyReplicas: 1}\n";
    says(&[("01-assert.yaml", expected), ("02-pods-errors.yaml", expected)], "nothing was linted");
}

#[test]
fn a_chart_that_is_not_here_is_named() {
    let release =
        "releases:\n  - {name: a, chart: {name: web, repository: https://charts.example.org}}\n";
    says(&[("plimsoll.yaml", release)], "is not on this machine");
}

#[test]
fn charts_that_are_not_here_are_named_in_one_note() {
    let release = |name: &str| {
        format!(
            "  - {{name: {name}, chart: {{name: {name}, repository: https://charts.example.org}}}}\n"
        )
    };
    let releases: String = ["a", "b", "c", "d", "e"].map(release).concat();
    let config = format!("releases:\n{releases}");
    let files = [("plimsoll.yaml", &*config)];
    says(&files, "the charts a, b, c, d and 1 more are not on this machine: ");
    assert_eq!(check(&files).usual.err.matches("on this machine").count(), 1);
}

#[test]
fn a_dependency_that_is_not_here_is_named() {
    let chart = format!(
        "{CHART}icon: https://example.org/a.png\ndependencies: [{{name: db, version: 1.0.0, repository: 'https://charts.example.org'}}]\n"
    );
    let files = [("chart/Chart.yaml", &*chart), ("chart/templates/a.yaml", CONFIG_MAP)];
    says(&files, "missing in charts/ directory: db");
}

/// A repository of charts has a few dozen: one note says so for all of them.
#[test]
fn charts_without_their_dependencies_are_named_once() {
    let chart = |name: &str, dependency: &str| {
        format!(
            "apiVersion: v2\nname: {name}\nversion: 0.1.0\ndependencies: [{{name: {dependency}, version: 1.0.0, repository: 'https://charts.example.org'}}]\n"
        )
    };
    let charts = ["a", "b", "c", "d", "e"].map(|name| {
        [
            (format!("{name}/Chart.yaml"), chart(name, &format!("db-{name}"))),
            (format!("{name}/templates/a.yaml"), CONFIG_MAP.to_owned()),
        ]
    });
    let files: Vec<(&str, &str)> =
        charts.iter().flatten().map(|(path, text)| (&**path, &**text)).collect();
    let expected = "dependencies of 5 charts are missing in charts/ directory: a (db-a), b (db-b), c (db-c), d (db-d) and 1 more; ";
    says(&files, expected);
    assert_eq!(check(&files).usual.err.matches("missing in charts/").count(), 1);
}

#[test]
fn charts_that_are_not_where_a_declaration_says_are_named_once() {
    let script = "#!/bin/sh\nfor name in a b c d e; do\n  helm upgrade --install $name ./built/$name\ndone\n";
    let files = [("deploy.sh", script)];
    let expected =
        "there is no chart at `built/a`, `built/b`, `built/c`, `built/d` and 1 more place: ";
    says(&files, expected);
    assert_eq!(check(&files).usual.err.matches("there is no chart").count(), 1);
}

#[test]
fn a_release_that_cannot_be_read_is_named() {
    let script = "#!/bin/sh\nhelm upgrade --install shop \"$CHART\" -n prod\n";
    says(&[("deploy.sh", script)], "this release is not checked");
}

#[test]
fn a_kind_without_a_schema_is_named() {
    let widget = "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: a, namespace: a}\nspec: {size: 1}\n";
    says(&[("a.yaml", widget)], "no schema for Widget of example.org/v1");
}

#[test]
fn a_template_that_no_chart_renders_is_named() {
    let template = "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ name }}}\n";
    let said = "templates that no chart renders were not checked: deploy/a.yaml";
    says(&[("deploy/a.yaml", template), ("b.yaml", CONFIG_MAP)], said);
    let many: Vec<String> = (0..7).map(|at| format!("t/{at}.yaml")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|path| (path.as_str(), template)).collect();
    says(&many, "t/0.yaml, t/1.yaml, t/2.yaml, t/3.yaml and 3 more files");
}

#[test]
fn a_chart_that_does_not_render_fails() {
    let files = [
        ("plimsoll.yaml", RELEASE),
        ("values.yaml", "a: 1\n"),
        ("chart/Chart.yaml", CHART),
        ("chart/templates/a.yaml", "a: {{ fail \"no\" }}\n"),
    ];
    fails(&files, "helm-render");
}

#[test]
fn a_file_that_cannot_be_read_fails() {
    let dir = repository(&[("a.yaml", CONFIG_MAP)]);
    std::fs::write(dir.path().join("b.yaml"), b"a: \xff\n").expect("a file");
    let run = run(dir.path(), &["check", "--format", "concise"]).expect_code(1);
    assert!(run.out.contains("b.yaml:1:1: error file-unreadable: not UTF-8"), "{}", run.out);
}

#[test]
fn a_file_with_a_fault_in_its_yaml_fails() {
    fails(&[("a.yaml", "apiVersion: v1\nkind: [a\n")], "yaml-syntax");
}

#[test]
fn a_rule_that_does_not_compile_ends_the_run() {
    let rule = "id: own\ngroup: own\nseverity: error\nsince: 0.1.0\nsummary: s\nwhy: w\nfix: f\nkinds: [any]\nchecks:\n  - {require: 'object.spec..', at: [object], message: m}\n";
    let dir = repository(&[("a.yaml", CONFIG_MAP), (".plimsoll/rules/own.yaml", rule)]);
    let run = run(dir.path(), &["check"]).expect_code(2);
    assert!(run.err.contains(".plimsoll/rules/own.yaml:"), "{}", run.err);
}

#[test]
fn every_report_for_programs_holds_what_was_not_checked() {
    let widget = "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: a, namespace: a}\n";
    let dir = repository(&[("a.yaml", widget)]);
    for format in ["json", "sarif", "markdown", "html"] {
        let run = run(dir.path(), &["check", "--format", format, "--quiet"]).expect_code(0);
        assert!(run.out.contains("no schema for Widget"), "{format}: {}", run.out);
    }
}

/// Helm renders it, and cannot install it: the API knows objects by these two.
#[test]
fn a_document_that_is_no_object_is_said() {
    for (text, lacks) in [
        ("kind: ConfigMap\nmetadata: {name: a}\n", "apiVersion"),
        ("apiVersion: v1\nmetadata: {name: a}\n", "kind"),
        ("apiVersion: v1\nkind: {{ .Values.kind }}\nmetadata: {name: a}\n", "kind"),
        ("just: text\n", "apiVersion"),
    ] {
        let chart = [("Chart.yaml", CHART), ("templates/a.yaml", text)];
        says(&chart, &format!("templates/a.yaml renders a document without `{lacks}`"));
    }
    let empty = [
        ("Chart.yaml", CHART),
        ("templates/a.yaml", CONFIG_MAP),
        ("templates/b.yaml", "# Nothing.\n---\n"),
    ];
    let Pair { usual, strict } = check(&empty);
    usual.expect_code(0);
    strict.expect_code(0);
}
