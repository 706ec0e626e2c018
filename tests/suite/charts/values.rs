//! Values are read, merged, handed down and imported as Helm does it.

use super::{CHART, in_one_line, render};
use crate::harness::{repository, run};

#[test]
fn values_files_are_read_as_helm_reads_files() {
    let all = "v: {{ .Values | toJson }}\n";
    for (values, want) in [
        // Each line ends with a line feed, the last one too.
        ("a: |\n  x", r#"v: {"a":"x\n"}"#),
        ("a: >-\n  x", r#"v: {"a":"x"}"#),
        ("---\na: {b: 1}\n--- # more\na: {c: 2}\n", r#"v: {"a":{"b":1,"c":2}}"#),
        // Of what stands between separators, the first document is read.
        ("a: 1\n...\nb: 2\n---\nc: 3\n", r#"v: {"a":1,"c":3}"#),
        ("  a: 1\nb: 2\n", r#"v: {"a":1}"#),
    ] {
        let run = render(all, values, &[]).expect_code(0);
        assert!(run.out.contains(want), "{values:?}: {}", run.out);
    }
    for (values, fault) in [
        ("--- {a: 1}\n", "invalid Yaml document separator: {a: 1}"),
        ("a: 1\n----\nb: 2\n", "invalid Yaml document separator: -"),
        ("%YAML 1.1\n---\na: 1\n", "did not find expected <document start>"),
    ] {
        let run = render(all, values, &[]).expect_code(1);
        assert!(in_one_line(&run.err).contains(fault), "{values:?}: {}", run.err);
    }
}

#[test]
fn a_values_file_that_is_no_utf_8_is_refused() {
    let dir = repository(&[CHART, ("c/templates/t.yaml", "a: {{ .Values.a }}\n")]);
    std::fs::write(dir.path().join("c/values.yaml"), b"a: caf\xe9\n").expect("written");
    let run = run(dir.path(), &["render", "x", "c"]).expect_code(1);
    assert!(run.err.contains("a byte that is not UTF-8"), "{}", run.err);
}

#[test]
fn values_are_read_from_files_only() {
    let run = render("a: 1\n", "", &["-f", "https://example.com/values.yaml"]).expect_code(2);
    assert!(run.err.contains("plimsoll fetches nothing"), "{}", run.err);
}

/// A key store is such a file. Values files are YAML, which is text.
#[test]
fn set_file_gives_templates_a_file_of_any_bytes() {
    let template = "k: {{ .Values.k | b64enc }} {{ len .Values.k }} {{ index .Values.k 1 }}\n";
    let dir = repository(&[CHART, ("c/templates/t.yaml", template)]);
    std::fs::write(dir.path().join("key.bin"), b"\xff\xfe\0\x01").expect("a file");
    std::fs::write(dir.path().join("k.yaml"), b"k: \xe9\n").expect("a file");
    let render = |args: &[&str]| run(dir.path(), &[&["render", "x", "c"], args].concat());
    let run = render(&["--set-file", "k=key.bin"]).expect_code(0);
    assert!(run.out.contains("k: //4AAQ== 4 254\n"), "{}", run.out);
    let run = render(&["-f", "k.yaml"]).expect_code(1);
    assert!(in_one_line(&run.err).contains("not UTF-8"), "{}", run.err);
}

#[test]
fn conditions_aliases_and_globals_reach_the_charts_below() {
    let dir = repository(&[
        (
            "c/Chart.yaml",
            "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n  - {name: d, version: 1.x, alias: one}\n  - {name: d, version: 1.x, alias: two, condition: two.enabled}\n",
        ),
        ("c/values.yaml", "global: {zone: z}\ntwo: {enabled: false}\none: {name: given}\n"),
        ("c/charts/d/Chart.yaml", "apiVersion: v2\nname: d\nversion: 1.2.3\n"),
        ("c/charts/d/values.yaml", "name: d\n"),
        (
            "c/charts/d/templates/t.yaml",
            "chart: {{ .Chart.Name }}\nname: {{ .Values.name }}\nzone: {{ .Values.global.zone }}\n",
        ),
    ]);
    let out = run(dir.path(), &["render", "c"]).expect_code(0).out;
    assert_eq!(
        out,
        "---\n# Source: c/charts/one/templates/t.yaml\nchart: one\nname: given\nzone: z\n"
    );
}

#[test]
fn aliases_hold_below_charts_that_name_their_dependencies() {
    let chart =
        |name: &str, rest: &str| format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n{rest}");
    let aliased = chart("x", "dependencies: [{name: leaf, version: 1.0.0, alias: other}]\n");
    let below = chart("leaf", "");
    for (dependencies, source) in [
        ("dependencies: [{name: x, version: 1.0.0}]\n", "c/charts/x/charts/other/templates/t.yaml"),
        // Helm looks no further below a chart that names none.
        ("", "c/charts/x/charts/leaf/templates/t.yaml"),
    ] {
        let dir = repository(&[
            ("c/Chart.yaml", &chart("c", dependencies)),
            ("c/charts/x/Chart.yaml", &aliased),
            ("c/charts/x/charts/leaf/Chart.yaml", &below),
            ("c/charts/x/charts/leaf/templates/t.yaml", "a: {{ .Chart.Name }}\n"),
        ]);
        let out = run(dir.path(), &["render", "x", "c"]).expect_code(0).out;
        assert!(out.contains(&format!("# Source: {source}\n")), "{out}");
    }
}

#[test]
fn what_stands_where_values_of_a_subchart_belong_is_named_as_helm_names_it() {
    let repository = repository(&[
        ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n"),
        ("c/charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n"),
    ]);
    for (given, want) in [
        ("sub=\"x\"", "type mismatch on sub: %!t(string=x)"),
        ("sub=[\"a\",1]", "type mismatch on sub: [%!t(string=a) %!t(float64=1)]"),
        ("sub=true", "type mismatch on sub: true"),
    ] {
        let run = run(repository.path(), &["render", "x", "c", "--set-json", given]);
        assert!(in_one_line(&run.expect_code(1).err).contains(want), "{given}");
    }
}

#[test]
fn what_a_chart_imports_of_a_dependency_is_among_its_fields() {
    let chart = "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: s, version: '*', repository: '', import-values: [{child: x}, z]}]\n";
    let dir = repository(&[
        ("c/Chart.yaml", chart),
        ("c/charts/s/Chart.yaml", "apiVersion: v2\nname: s\nversion: 1.0.0\n"),
        ("c/charts/s/values.yaml", "x: {p: 1}\n"),
        (
            "c/templates/t.yaml",
            "d: {{ (index .Chart.Dependencies 0).ImportValues | toJson }}\nv: {{ index .Values \"<nil>\" | toJson }}\n",
        ),
    ]);
    let run = run(dir.path(), &["render", "x", "c"]).expect_code(0);
    let said =
        r#"d: [{"child":"x","parent":"\u003cnil\u003e"},{"child":"exports.z","parent":"."}]"#;
    assert!(run.out.contains(said), "{}", run.out);
    // Where it says not what they become, they become the values of what Go prints for nil.
    assert!(run.out.contains("v: {\"p\":1}\n"), "{}", run.out);
}

/// Helm imports a table itself, no copy of it (`processImportValues`): what is imported into the same place later comes
/// up in the child and wherever else the table went.
#[test]
fn what_is_imported_into_an_imported_table_is_in_all_its_places() {
    let chart = "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n- {name: s, version: '*', import-values: [{child: a, parent: one}, {child: a, parent: two}]}\n- {name: t, version: '*', import-values: [{child: b, parent: two}]}\n";
    let dir = repository(&[
        ("c/Chart.yaml", chart),
        ("c/charts/s/Chart.yaml", "apiVersion: v2\nname: s\nversion: 1.0.0\n"),
        ("c/charts/s/values.yaml", "a: {p: 1}\n"),
        ("c/charts/t/Chart.yaml", "apiVersion: v2\nname: t\nversion: 1.0.0\n"),
        ("c/charts/t/values.yaml", "b: {q: 2}\n"),
        ("c/templates/t.yaml", "v: {{ pick .Values \"one\" \"two\" \"s\" | toJson }}\n"),
    ]);
    let run = run(dir.path(), &["render", "x", "c"]).expect_code(0);
    let said =
        r#"v: {"one":{"p":1,"q":2},"s":{"a":{"p":1,"q":2},"global":{}},"two":{"p":1,"q":2}}"#;
    assert!(run.out.contains(said), "{}", run.out);
}

#[test]
fn values_that_contain_themselves_cannot_be_imported() {
    let chart = |name: &str, dependency: &str| {
        format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\n{dependency}")
    };
    let imports =
        "dependencies:\n- name: m\n  version: '*'\n  import-values: [{child: global, parent: x}]\n";
    let dir = repository(&[
        ("c/Chart.yaml", &chart("c", imports)),
        (
            "c/charts/m/Chart.yaml",
            &chart("m", "dependencies:\n- {name: sub, version: '*', alias: global}\n"),
        ),
        ("c/charts/m/charts/sub/Chart.yaml", &chart("sub", "")),
        ("c/charts/m/charts/sub/charts/below/Chart.yaml", &chart("below", "")),
    ]);
    let run = run(dir.path(), &["render", "x", "c"]).expect_code(1);
    assert!(in_one_line(&run.err).contains("c imports contain themselves"), "{}", run.err);
}
