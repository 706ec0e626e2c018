//! `Chart.yaml`, `requirements.yaml` and locks are read as Helm reads them.

use super::in_one_line;
use crate::harness::{repository, run};

#[test]
fn a_field_of_another_type_than_helms_is_refused_in_a_chart_yaml() {
    for (field, message) in [
        (
            "sources: https://example.org",
            "cannot unmarshal string into Go struct field Metadata.sources of type []string",
        ),
        (
            "keywords: [{a: b}]",
            "cannot unmarshal object into Go struct field Metadata.keywords of type string",
        ),
        (
            "maintainers: [Jane]",
            "cannot unmarshal string into Go struct field Metadata.maintainers of type v2.Maintainer",
        ),
        (
            "annotations: {a: [b]}",
            "cannot unmarshal array into Go struct field Metadata.annotations of type string",
        ),
        ("icon: [a]", "cannot unmarshal array into Go struct field Metadata.icon of type string"),
        (
            "deprecated: \"true\"",
            "cannot unmarshal string into Go struct field Metadata.deprecated of type bool",
        ),
        (
            "dependencies: {name: a}",
            "cannot unmarshal object into Go struct field Metadata.dependencies of type []*v2.Dependency",
        ),
        (
            "dependencies: [{name: a, import-values: b}]",
            "cannot unmarshal string into Go struct field Dependency.dependencies.import-values of type []interface {}",
        ),
        (
            "dependencies: [{name: a, tags: [{b: c}]}]",
            "cannot unmarshal object into Go struct field Dependency.dependencies.tags of type string",
        ),
        (
            "dependencies: [{name: a, enabled: maybe}]",
            "cannot unmarshal string into Go struct field Dependency.dependencies.enabled of type bool",
        ),
        (
            "dependencies: [a]",
            "cannot unmarshal string into Go struct field Metadata.dependencies of type v2.Dependency",
        ),
        ("dependencies: [null]", "dependencies must not contain empty or null nodes"),
        (
            "maintainers: [{name: [Jane]}]",
            "cannot unmarshal array into Go struct field Maintainer.maintainers.name of type string",
        ),
        ("Icon: [a]", "cannot unmarshal array into Go struct field Metadata.icon of type string"),
        ("maintainers: [null]", "maintainers must not contain empty or null nodes"),
    ] {
        let chart = format!("apiVersion: v2\nname: web\nversion: 1.0.0\n{field}\n");
        let dir = repository(&[("Chart.yaml", &chart), ("templates/a.yaml", "a: b\n")]);
        let run = run(dir.path(), &["render", "web", "."]).expect_code(1);
        assert!(in_one_line(&run.err).contains(message), "{field}: {}", run.err);
    }
    let fields =
        "sources: null\nkeywords: [web, 1]\nmaintainers: [{name: Jane}]\nannotations: {a: 1}\n";
    let chart = format!("apiVersion: v2\nname: web\nversion: 1.0.0\n{fields}");
    let dir = repository(&[("Chart.yaml", &chart), ("templates/a.yaml", "a: b\n")]);
    run(dir.path(), &["render", "web", "."]).expect_code(0);
}

/// Go's JSON reads them so, and of several for one field the last by their bytes.
#[test]
fn capitals_do_not_matter_in_the_keys_of_a_chart_yaml() {
    let template = "t: {{ .Chart.Name }} {{ .Chart.Version }} {{ .Chart.AppVersion }} {{ (index .Chart.Maintainers 0).Email }}\n";
    for (chart, want) in [
        ("Name: web\nVERSION: 1.0.0\nappversion: 2.10", "web 1.0.0 2.1 "),
        ("name: web\nName: shop\nversion: 1.0.0", "web 1.0.0  "),
        ("name: web\nver\u{17f}ion: 1.0.0\nAppVersion: a\nappVersion: null", "web 1.0.0 a "),
    ] {
        let chart = format!("{chart}\nMaintainers: [{{eMail: jane@example.org}}]\n");
        let dir = repository(&[("Chart.yaml", &chart), ("templates/a.yaml", template)]);
        let run = run(dir.path(), &["render", "web", "."]).expect_code(0);
        assert!(run.out.contains(&format!("t: {want}jane@")), "{chart}: {}", run.out);
    }
    let chart = "name: web\nversion: 1.0.0\nDependencies: [{Name: base}]\n";
    let dir = repository(&[("Chart.yaml", chart), ("templates/a.yaml", "a: b\n")]);
    let run = run(dir.path(), &["render", "web", "."]).expect_code(1);
    assert!(in_one_line(&run.err).contains("base"), "{}", run.err);
}

/// They are a map in Go that was never made, where none are stated.
#[test]
fn annotations_that_a_chart_does_not_have_are_null() {
    let template = "a: {{ toJson .Chart.Annotations }} {{ toYaml .Chart.Annotations }} {{ .Chart.Annotations }} {{ .Chart.Annotations.b | quote }} {{ len .Chart.Annotations }}\n";
    for (annotations, want) in [
        ("", "null null map[] \"\" 0"),
        ("annotations: null", "null null map[] \"\" 0"),
        ("annotations: {}", "{} {} map[] \"\" 0"),
        ("annotations: {b: 1}", "{\"b\":\"1\"} b: \"1\" map[b:1] \"1\" 1"),
    ] {
        let chart = format!("name: web\nversion: 1.0.0\n{annotations}\n");
        let template = template.replace("a: ", "a: |-\n  ");
        let dir = repository(&[("Chart.yaml", &chart), ("templates/a.yaml", &template)]);
        let run = run(dir.path(), &["render", "web", "."]).expect_code(0);
        assert!(run.out.contains(&format!("  {want}\n")), "{annotations}: {}", run.out);
    }
}

/// A build may fill these in: `check` has rules for them and judges the rest of the chart.
#[test]
fn a_version_that_is_none_is_refused_where_a_chart_is_rendered_and_told_where_it_is_checked() {
    for (fields, fault) in [
        ("apiVersion: v2\nversion: 1.0.0.0", "chart.metadata.version \"1.0.0.0\" is invalid"),
        ("apiVersion: v2\nversion: 1.0.0-01", "chart.metadata.version \"1.0.0-01\" is invalid"),
        ("apiVersion: v3\nversion: 1.0.0", "invalid chart apiVersion"),
    ] {
        let chart = format!("{fields}\nname: c\n");
        let dir = repository(&[("c/Chart.yaml", &chart), ("c/templates/a.yaml", "a: b\n")]);
        let rendered = run(dir.path(), &["render", "x", "c"]).expect_code(1);
        assert!(rendered.err.contains(fault), "{fields}: {}", rendered.err);
        let checked = run(dir.path(), &["check", "--format", "concise"]).expect_code(1);
        assert!(!checked.out.contains("helm-render"), "{fields}: {}", checked.out);
    }
}

#[test]
fn a_chart_of_another_version_of_yaml_is_refused() {
    let chart = "# note\n%YAML 1.2\n---\napiVersion: v2\nname: c\nversion: 1.0.0\n";
    let dir = repository(&[("c/Chart.yaml", chart), ("c/templates/a.yaml", "a: b\n")]);
    let run = run(dir.path(), &["render", "x", "c"]).expect_code(1);
    assert!(run.err.contains("found incompatible YAML document"), "{}", run.err);
    assert!(run.err.contains("Chart.yaml:2:1"), "{}", run.err);
}

#[test]
fn an_empty_requirements_file_has_no_dependencies() {
    let old = ("c/Chart.yaml", "apiVersion: v1\nname: c\nversion: 1.0.0\n");
    let dir = repository(&[old, ("c/requirements.yaml", "\n"), ("c/templates/a.yaml", "a: b\n")]);
    run(dir.path(), &["render", "x", "c"]).expect_code(0);
    let text = ("c/requirements.yaml", "dependencies: a\n");
    let dir = repository(&[old, text, ("c/templates/a.yaml", "a: b\n")]);
    let run = run(dir.path(), &["render", "x", "c"]).expect_code(1);
    assert!(run.err.contains("cannot load requirements.yaml"), "{}", run.err);
}

#[test]
fn a_lock_that_helm_cannot_read_is_refused() {
    let locked = |api: &str, name: &str, lock: &str| {
        let chart = format!("apiVersion: {api}\nname: web\nversion: 1.0.0\n");
        let template = "a: {{ .Files.Get \"requirements.lock\" | quote }}\n";
        let dir =
            repository(&[("Chart.yaml", &chart), (name, lock), ("templates/a.yaml", template)]);
        run(dir.path(), &["render", "web", "."])
    };
    for (lock, message) in [
        ("<<<<<<< HEAD\ndigest: a\n=======\n", ""),
        ("- a\n", "it is not a mapping"),
        ("dependencies: {}\n", "Go struct field Lock.dependencies of type []*v2.Dependency"),
        ("dependencies: [{name: [a]}]\n", "Dependency.dependencies.name of type string"),
        ("digest: [a]\n", "Lock.digest of type string"),
        ("generated: 2026-01-02\n", "parsing time \"2026-01-02\""),
        ("generated: 1\n", "parsing time \"1\""),
    ] {
        for (api, name) in [("v2", "Chart.lock"), ("v1", "requirements.lock")] {
            let run = locked(api, name, lock).expect_code(1);
            let err = in_one_line(&run.err);
            assert!(err.contains(&format!("cannot load {name}: ")), "{lock}: {err}");
            assert!(err.contains(message), "{lock}: {err}");
        }
    }
    let lock =
        "generated: 2026-01-02T03:04:05.6+07:00\ndigest: 1\ndependencies: [null, {name: 1}]\n";
    for (api, name, want) in [
        ("v2", "Chart.lock", "a: \"\""),
        ("v2", "Chart.lock/", "a: \"\""),
        ("v2", "requirements.lock", "a: \"\""),
        ("v1", "requirements.lock", "a: \"generated: "),
    ] {
        let run = match name.strip_suffix('/') {
            Some(name) => locked(api, name, ""),
            None => locked(api, name, lock),
        };
        assert!(run.expect_code(0).out.contains(want), "{api} {name}");
    }
}
