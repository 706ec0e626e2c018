//! What is wrong in a chart is found at the line that a person wrote.

use super::CHART;
use crate::harness::{archive, fixture, found, repository, run};

/// Findings of `check` on a folder of `fixtures/runner-chart`: `file:line rule`.
fn story(folder: &str) -> (Option<i32>, Vec<String>) {
    let run = run(&fixture("runner-chart").join(folder), &["check", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let lines = report["findings"].as_array().expect("findings").iter().map(|finding| {
        let location = &finding["location"];
        let file = location["file"].as_str().expect("a file");
        let rule = finding["rule"].as_str().expect("a rule");
        format!("{file}:{} {rule}", location["start"]["line"])
    });
    (run.code, lines.collect())
}

#[test]
fn a_selector_that_misses_the_pods_of_this_version_of_the_chart_is_found_in_the_values() {
    let (code, findings) = story("old");
    assert_eq!(code, Some(1));
    assert_eq!(findings, ["runner-values.yaml:6 anti-affinity-required"]);
}

#[test]
fn the_same_values_are_right_for_another_version_of_the_chart() {
    assert_eq!(story("new"), (Some(0), Vec::new()));
}

#[test]
fn what_is_missing_is_shown_at_the_value_whose_branch_would_write_it_first() {
    let template = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  {{- with .Values.selector }}
  selector: {{ toJson . }}
  {{- end }}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: 'example.org/web:1.0.0'}]
";
    let values = "replicas: 1\nselector: {}\n";
    let dir = repository(&[CHART, ("c/templates/t.yaml", template), ("c/values.yaml", values)]);
    let args = ["check", "--no-cache", "--select", "selector-present", "--fail-on", "never"];
    let out = run(dir.path(), &args).expect_code(0).out;
    assert!(out.starts_with("c/values.yaml:2:11: "), "{out}");
}

#[test]
fn what_a_name_stands_for_is_shown_at_the_value_that_is_missing_or_on_the_objects_own_line() {
    let helper = "{{- define \"name\" }}{{ .Values.name | default .Chart.Name }}{{ end }}\n";
    let values = "name: \"\"\npriority: \"\"\n";
    let branch = "{{- with .Values.priority }}\n  priorityClassName: {{ . }}\n  {{- end }}";
    for (branch, place) in [(branch, "c/values.yaml:2:11: "), ("", "c/templates/t.yaml:4:3: ")] {
        let template = format!(
            "apiVersion: v1
kind: Pod
metadata:
  name: {{{{ include \"name\" . }}}}
spec:
  {branch}
  containers: [{{name: web, image: 'example.org/web:1.0.0'}}]
"
        );
        let dir = repository(&[
            CHART,
            ("c/templates/_name.tpl", helper),
            ("c/templates/t.yaml", &template),
            ("c/values.yaml", values),
        ]);
        let args =
            ["check", "--no-cache", "--select", "priority-class-required", "--fail-on", "never"];
        let out = run(dir.path(), &args).expect_code(0).out;
        assert!(out.starts_with(place), "{out}");
    }
}

/// An image is made of several values: the one that says the tag is what a person changes.
#[test]
fn what_is_wrong_with_a_part_of_a_text_is_found_where_that_part_is_written() {
    let pod = |image: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n    - name: a\n      image: '{image}'\n"
        )
    };
    let name = "{{ .Values.image.name }}";
    for (values, image, place) in [
        (
            "image:\n  name: example.org/latest\n  tag: latest\n",
            format!("{name}:{{{{ .Values.image.tag }}}}"),
            "values.yaml:3",
        ),
        ("image:\n  name: example.org/a:latest\n", name.to_owned(), "values.yaml:2"),
        ("image:\n  name: example.org/a\n", format!("{name}:latest"), "templates/p.yaml:7"),
        // Where a template has a tag of its own, the value is shown that goes before it.
        (
            "image:\n  name: example.org/a\n  tag: ''\n",
            format!("{name}:{{{{ .Values.image.tag | default \"latest\" }}}}"),
            "values.yaml:3",
        ),
        // Without a tag it is the name that lacks one.
        ("image:\n  name: example.org/a\n", name.to_owned(), "values.yaml:2"),
    ] {
        let dir =
            repository(&[CHART, ("c/values.yaml", values), ("c/templates/p.yaml", &pod(&image))]);
        let expected = [format!("c/{place} image-tag-latest-forbidden")];
        assert_eq!(found(dir.path(), "image-tag-latest-forbidden"), expected, "{values}{image}");
    }
}

/// Nobody edits an archive: what goes over its values stands in the umbrella's, and its version in `Chart.yaml`.
#[test]
fn what_is_wrong_in_a_packed_dependency_is_found_where_the_umbrella_speaks_of_it() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostPID: true\n  containers:\n    - name: a\n      image: {{ .Values.image.name }}:{{ .Values.image.tag }}\n";
    let packed = archive(&[
        ("sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n"),
        ("sub/values.yaml", "image: {name: example.org/a, tag: latest}\n"),
        ("sub/templates/a.yaml", pod),
    ]);
    let umbrella = |values: &str, alias: &str| {
        let metadata = format!(
            "apiVersion: v2\nname: all\nversion: 0.1.0\ndependencies:\n  - name: sub\n    version: 0.1.0\n    repository: https://charts.example.org\n{alias}"
        );
        let dir = repository(&[
            ("all/Chart.yaml", &metadata),
            ("all/values.yaml", values),
            ("deploy.sh", "helm install a all\nhelm install b all\n"),
        ]);
        std::fs::create_dir(dir.path().join("all/charts")).expect("a folder");
        std::fs::write(dir.path().join("all/charts/sub-0.1.0.tgz"), &packed).expect("an archive");
        found(dir.path(), "image-tag-latest-forbidden,host-pid-forbidden")
    };
    let host = "all/Chart.yaml:5 host-pid-forbidden".to_owned();
    let tag = |place: &str| format!("all/{place} image-tag-latest-forbidden");
    for (values, alias, place) in [
        ("", "", "Chart.yaml:5"),
        ("sub:\n  other: 1\n", "", "values.yaml:1"),
        ("sub:\n  image:\n    name: example.org/a\n", "", "values.yaml:2"),
        ("other:\n  image: {}\n", "    alias: other\n", "values.yaml:2"),
    ] {
        let mut expected = [host.clone(), tag(place)];
        expected.sort();
        let mut found = umbrella(values, alias);
        found.sort();
        assert_eq!(found, expected, "{values}{alias}");
    }
}

#[test]
fn a_fault_in_a_charts_own_values_is_one_finding() {
    let dir = fixture("runner-chart/new");
    let args =
        ["check", "--format", "concise", "chart", "-f", "chart/values.yaml", "--set", "replicas=3"];
    let run = run(&dir, &args);
    assert_eq!(run.out.matches("anti-affinity").count(), 1, "{}", run.out);
    assert!(!run.out.contains("values-replicas-without-spread"), "{}", run.out);
}

/// Where a person stands has no say in where they edit.
#[test]
fn a_chart_beside_the_working_directory_is_pointed_into_as_one_below_it() {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: Web\n";
    let dir = repository(&[
        ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        ("c/templates/t.yaml", template),
        ("elsewhere/.keep", ""),
    ]);
    let absolute = dir.path().join("c").display().to_string();
    for (from, chart) in [(".", "c"), ("elsewhere", "../c"), ("elsewhere", &absolute)] {
        let args = ["check", "--select", "object-name-valid", "--format", "concise", chart];
        let out = run(&dir.path().join(from), &args).expect_code(1).out;
        assert!(out.contains("c/templates/t.yaml:4:3: "), "{from}: {out}");
    }
}
