//! Charts: rendered as Helm renders them, linted at the line a person wrote, bounded when hostile.

use std::path::Path;
use std::process::Command;

use crate::harness::{Run, archive, fixture, found, repository, run};

const CHART: (&str, &str) = ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");

/// Renders a chart of one template.
fn render(template: &str, values: &str, args: &[&str]) -> Run {
    let dir = repository(&[CHART, ("c/templates/t.yaml", template), ("c/values.yaml", values)]);
    run(dir.path(), &[&["render", "x", "c"], args].concat())
}

/// What is shown, with its lines joined.
fn in_one_line(shown: &str) -> String {
    let words = shown.split_whitespace().filter(|word| *word != "│");
    words.collect::<Vec<_>>().join(" ")
}

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
fn documents_are_printed_as_helm_prints_them() {
    let template = "{{- range $i := until 2 }}\n---\napiVersion: v1\nkind: {{ if $i }}Namespace\
                    {{ else }}Pod{{ end }}\nmetadata:\n  name: {{ $.Release.Name }}\n{{- end }}\n";
    let out = render(template, "", &[]).expect_code(0).out;
    let text = "---\n# Source: c/templates/t.yaml\napiVersion: v1\nkind: Namespace\nmetadata:\n  \
                name: x\n---\n# Source: c/templates/t.yaml\napiVersion: v1\nkind: Pod\nmetadata:\n  \
                name: x\n";
    assert_eq!(out, text);
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
fn a_line_that_a_condition_would_add_says_nothing_of_the_line_before() {
    let origins = |template: &str| {
        let run = render(template, "text: one\nflag: false\n", &["--origins"]).expect_code(0);
        let json: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
        let values = json["scalars"][0]["values"].as_array().expect("values").clone();
        values.iter().map(|value| value["path"].as_str().expect("a path").to_owned()).collect()
    };
    let apart: Vec<String> =
        origins("a: {{ .Values.text }}\n{{- if .Values.flag }}\nb: 1\n{{- end }}\n");
    assert_eq!(apart, ["/text"]);
    let within: Vec<String> = origins("a: {{ .Values.text }}{{ if .Values.flag }}-x{{ end }}\n");
    assert_eq!(within, ["/text", "/flag"]);
}

#[test]
fn what_is_empty_beside_a_text_would_go_on_with_it() {
    let values = "none: null\nflag: false\ntext: one\n";
    let part = |template: &str| parts(&format!("{template}z: 1\n"), values).remove(0).1;
    assert_eq!(part("a: in {{ .Values.none }}\n"), ["/none text"]);
    assert_eq!(part("a:\n- {{ .Values.none }} in\n"), ["/none text"]);
    assert_eq!(part("a: in {{ if .Values.flag }}it{{ end }}\n"), ["/flag condition"]);
    assert_eq!(
        part("a: [{{ .Values.none }} in {{ .Values.text }}]\n"),
        ["/none text", "/text text"]
    );
    assert_eq!(part("a: in \n{{- if .Values.flag }}\nb: 1\n{{- end }}\n"), [""; 0]);
    assert_eq!(part("a: {{ .Values.text }} # {{ .Values.none }}\n"), ["/text text"]);
    assert_eq!(part("a: 'in' {{ .Values.none }}\n"), [""; 0]);
}

/// The values that had a part in the scalars of a template, by the pointer of each.
fn parts(template: &str, values: &str) -> Vec<(String, Vec<String>)> {
    let run = render(template, values, &["--origins"]).expect_code(0);
    let json: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let scalars = json["scalars"].as_array().expect("scalars");
    let named = scalars.iter().map(|scalar| {
        let values = scalar["values"].as_array().expect("values");
        let values = values
            .iter()
            .map(|value| format!("{} {}", text(&value["path"]), text(&value["through"])));
        (text(&scalar["path"]), values.collect())
    });
    named.collect()
}

#[test]
fn what_is_chosen_whole_depends_on_what_chose_it() {
    let values = "flag: true\nnone: {}\none: {k: 1}\nother: {k: 2}\n";
    for (written, condition) in [
        ("{{ ternary .Values.one .Values.other .Values.flag | toYaml | nindent 2 }}", "/flag"),
        ("{{ ternary .Values.one .Values.other .Values.flag | toJson }}", "/flag"),
        ("{{ toYamlPretty (.Values.none | default .Values.one) | nindent 2 }}", "/none"),
        ("{{ coalesce .Values.none .Values.one | mustToYaml | nindent 2 }}", "/none"),
        ("{{ get .Values (ternary \"one\" \"other\" .Values.flag) | toRawJson }}", "/flag"),
        ("{{ index .Values (ternary \"one\" \"other\" .Values.flag) | mustToJson }}", "/flag"),
    ] {
        let parts = parts(&format!("a: {written}\n"), values);
        let want = ["/one/k text".to_owned(), format!("{condition} condition")];
        let is_named = parts[0].1.len() == 2 && want.iter().all(|part| parts[0].1.contains(part));
        assert!(parts[0].0 == "/a/k" && is_named, "{written}: {parts:?}");
    }
}

#[test]
fn what_a_variable_was_given_in_a_branch_depends_on_it_within_other_values_too() {
    let values = "flag: true\none: {k: 1}\nother: {k: 2}\n";
    let chosen = "{{ $it := .Values.other }}{{ if .Values.flag }}{{ $it = .Values.one }}{{ end }}";
    for written in
        ["dict \"in\" $it | toYaml | nindent 2", "list $it | toJson", "pluck \"k\" $it | toJson"]
    {
        let parts = parts(&format!("{chosen}a: {{{{ {written} }}}}\n"), values);
        assert_eq!(parts[0].1, ["/flag condition", "/one/k text"], "{written}");
    }
}

#[test]
fn what_a_block_would_begin_or_end_with_has_a_part_in_it() {
    let template = "\
{{- define \"none\" }}{{ if .Values.flag }}one{{ end }}{{ end -}}
a: |
  {{- if .Values.flag }}
  one
  {{- end }}
  two
b: |
  {{- .Values.empty | nindent 2 }}
c: {{ .Values.text }}
d:
{{- if .Values.flag }}
  {{ .Values.text }}
{{- end }}
e: |+
  one
  {{- include \"none\" . | nindent 2 }}
f: one
";
    let parts = parts(template, "flag: false\ntext: three\nempty: ''\n");
    let values: Vec<_> = parts.iter().map(|(pointer, values)| (pointer.as_str(), values)).collect();
    let flag = vec!["/flag condition".to_owned()];
    let (empty, text) = (vec!["/empty text".to_owned()], vec!["/text text".to_owned()]);
    let none = vec![];
    let want =
        [("/a", &flag), ("/b", &empty), ("/c", &text), ("/d", &flag), ("/e", &flag), ("/f", &none)];
    assert_eq!(values, want);
}

#[test]
fn what_a_block_would_go_on_with_has_a_part_in_it() {
    let template = "\
a: |
  one
  {{- if .Values.flag }}
  two
  {{- end }}
b: |
  one
{{- if .Values.flag }}
c: two
{{- end }}
d: one
{{- if .Values.flag }}
  two
{{- end }}
";
    let parts = parts(template, "flag: false\n");
    let values: Vec<_> = parts.iter().map(|(pointer, values)| (pointer.as_str(), values)).collect();
    let (none, flag) = (vec![], vec!["/flag condition".to_owned()]);
    assert_eq!(values, [("/a", &flag), ("/b", &none), ("/d", &none)]);
}

#[test]
fn a_value_that_writes_nothing_has_a_part() {
    let template = "\
a: {{ .Values.null }}
b: x{{ .Values.null }}y
c: {{ .Values.null | quote }}
d: {{ .Values.empty }}
e: {{ .Values.null }}
";
    for (pointer, values) in parts(template, "\"null\":\nempty: ''\n") {
        let want = if pointer == "/d" { "/empty text" } else { "/null text" };
        assert_eq!(values, [want], "{pointer}");
    }
}

#[test]
fn what_a_variable_is_given_under_a_condition_depends_on_it() {
    let template = r#"
{{- $map := dict }}{{ $list := list }}
{{- if .Values.flag }}
  {{- $map = dict "a" (dict "b" "c") }}
  {{- $list = list "d" }}
{{- end }}
field: {{ $map.a.b }}
index: {{ index $map "a" "b" }}
get: {{ get $map.a "b" }}
dig: {{ dig "a" "b" "" $map }}
first: {{ first $list }}
merged: {{ (merge (dict "a" (dict "e" "f")) $map).a.b }}
own: {{ (merge (dict "a" (dict "e" "f")) $map).a.e }}
"#;
    for (pointer, values) in parts(template, "flag: true\n") {
        let want: &[&str] = if pointer == "/own" { &[] } else { &["/flag condition"] };
        assert_eq!(values, want, "{pointer}");
    }
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

#[test]
fn values_are_read_from_files_only() {
    let run = render("a: 1\n", "", &["-f", "https://example.com/values.yaml"]).expect_code(2);
    assert!(run.err.contains("plimsoll fetches nothing"), "{}", run.err);
}

#[test]
fn every_scalar_says_which_values_and_which_line_made_it() {
    let template = "a: {{ .Values.text }}\n{{- if .Values.flag }}\nb: {{ add 1 .Values.number }}\n{{- end }}\n";
    let values = "text: one\nflag: true\nnumber: 4\n";
    let out = render(template, values, &["--origins"]).expect_code(0).out;
    let json: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let values = |index: usize| {
        let values = json["scalars"][index]["values"].as_array().expect("values");
        let mut shown: Vec<_> = values
            .iter()
            .map(|value| format!("{}:{} {}", value["path"], value["line"], value["through"]))
            .collect();
        shown.sort();
        shown.join(", ").replace('"', "")
    };
    assert_eq!(values(0), "/text:1 text");
    assert_eq!(values(1), "/flag:2 condition, /number:3 derived");
    assert_eq!(json["scalars"][1]["value"], 5);
    assert_eq!(json["scalars"][1]["template"]["line"], 3);
}

#[test]
fn what_an_alias_repeats_is_named_by_where_it_stands() {
    let template = "a: &a {b/c: 1}\nd: [*a]\ne: {<<: *a}\n";
    let out = render(template, "", &["--origins"]).expect_code(0).out;
    for path in ["/a/b~1c", "/d/0/b~1c", "/e/b~1c"] {
        assert!(out.contains(&format!("\"path\":\"{path}\",\"value\":1")), "{path}: {out}");
    }
}

#[test]
fn a_failure_is_shown_at_the_template_line_and_fails_the_run() {
    let template = "a: 1\nb: {{ required \"set name\" .Values.name }}\n";
    let run = render(template, "", &[]).expect_code(1);
    assert!(run.err.contains("c/templates/t.yaml:2:"), "{}", run.err);
    assert!(run.err.contains("set name") && run.out.is_empty(), "{}", run.err);

    let dir = repository(&[CHART, ("c/templates/t.yaml", template)]);
    let run = crate::harness::run(dir.path(), &["check", "--format", "concise"]).expect_code(1);
    assert!(run.out.contains("c/templates/t.yaml:2:7: error helm-render"), "{}", run.out);
}

#[test]
fn a_template_without_end_is_shown_where_it_is_called() {
    let run = render(
        "{{ define \"x\" }}\n{{ template \"x\" . }}{{ end }}\n{{ template \"x\" . }}\n",
        "",
        &[],
    );
    let shown = run.expect_code(1).err;
    assert!(shown.contains("maximum template depth") && shown.contains("t.yaml:2:12\n"), "{shown}");
}

#[test]
fn a_template_that_is_not_there_is_missed_where_it_is_called() {
    let run = render("a: 1\nb: {{ template \"gone\" . }}\n", "", &[]).expect_code(1);
    assert!(run.err.contains("c/templates/t.yaml:2:") && run.err.contains("gone"), "{}", run.err);
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

#[test]
fn a_value_that_the_schema_forbids_is_found_on_its_line() {
    let schema = "{\n  \"properties\": {\n    \"port\": {\"type\": \"integer\"}\n  }\n}\n";
    let dir = repository(&[
        CHART,
        ("c/values.schema.json", schema),
        ("c/values.yaml", "# comment\nport: http\n"),
        ("c/templates/t.yaml", "a: 1\n"),
    ]);
    let run = run(dir.path(), &["check", "--format", "json"]).expect_code(1);
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let finding = &report["findings"][0];
    assert_eq!(finding["rule"], "values-schema-violation", "{report:#}");
    assert_eq!(finding["location"]["file"], "c/values.yaml");
    assert_eq!(finding["location"]["start"]["line"], 2);
    assert_eq!(finding["related"][0]["location"]["start"]["line"], 3);
}

/// Pipelines' logs are read by more people than values are.
#[test]
fn a_value_that_the_schema_forbids_is_not_repeated() {
    let schema =
        r#"{"properties": {"password": {"minLength": 40}, "db": {"additionalProperties": false}}}"#;
    let dir = repository(&[
        CHART,
        ("c/values.schema.json", schema),
        ("c/values.yaml", "password: Tr0ub4dor\ndb: {key: c0rrecth0rse}\n"),
        ("c/templates/t.yaml", "a: 1\n"),
    ]);
    for format in ["full", "concise", "json", "sarif", "html", "markdown"] {
        let run = run(dir.path(), &["check", "--format", format]).expect_code(1);
        assert!(run.out.contains("values-schema-violation"), "{format}: {}", run.out);
        assert!(!run.out.contains("Tr0ub4dor"), "{format}: {}", run.out);
        assert!(
            format == "full" || format == "html" || !run.out.contains("c0rrecth0rse"),
            "{format}"
        );
    }
}

#[test]
fn keys_of_a_map_that_may_have_none_are_named() {
    let schema = r#"{"properties": {"db": {"additionalProperties": false}}}"#;
    let dir = repository(&[
        CHART,
        ("c/values.schema.json", schema),
        ("c/values.yaml", "db: {key: 1, name: 2}\n"),
        ("c/templates/t.yaml", "a: 1\n"),
    ]);
    let run = run(dir.path(), &["check", "--format", "concise"]).expect_code(1);
    assert!(run.out.contains("'key', 'name' were unexpected"), "{}", run.out);
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

#[test]
fn origins_are_told_of_the_templates_that_are_asked_for() {
    let dir = repository(&[
        CHART,
        ("c/crds/a.yaml", "kind: CustomResourceDefinition\n"),
        ("c/templates/a.yaml", "a: {{ .Release.Name }}\n"),
        ("c/templates/b.yaml", "b: {{ .Release.Name }}\n"),
    ]);
    let render = |args: &[&str]| run(dir.path(), &[&["render", "c", "--origins"], args].concat());
    let both = render(&[]).expect_code(0).out;
    assert!(both.contains("/templates/a.yaml") && both.contains("/templates/b.yaml"), "{both}");
    let one = render(&["--show-only", "templates/b.yaml"]).expect_code(0).out;
    assert!(!one.contains("/templates/a.yaml") && one.contains("/templates/b.yaml"), "{one}");
    let none = render(&["--show-only", "templates/c.yaml"]).expect_code(1);
    assert_eq!(
        (&*none.out, &*none.err),
        ("", "error: could not find template templates/c.yaml in chart\n")
    );
    let crds = render(&["--include-crds"]).expect_code(0);
    assert_eq!((crds.out, crds.err.contains("CRDs are not listed")), (both, true));
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
fn what_a_template_sets_in_a_map_others_see() {
    let template = "{{- $_ := set .Values \"a\" \"changed\" -}}\na: {{ .Values.a }}\n\
                    b: {{ (merge (dict \"x\" \"\") (dict \"x\" \"filled\")).x }}\n";
    let out = render(template, "a: first\n", &[]).expect_code(0).out;
    assert!(out.ends_with("a: changed\nb: filled\n"), "{out}");
}

#[test]
fn hostile_templates_end_soon_and_say_why() {
    for (template, why) in [
        (
            "{{- define \"r\" }}{{ include \"r\" . }}{{ end -}}\na: {{ include \"r\" . }}\n",
            "nested reference",
        ),
        ("a: {{ until 1000000000 }}\n", "too long"),
        ("a: {{ repeat 1000000000 \"x\" }}\n", "more than"),
        ("a: {{ printf \"%1000000v\" (until 100000) }}\n", "more than"),
        ("a: {{ $m := dict }}{{ $_ := set $m \"m\" $m }}{{ mustToJson $m }}\n", "a cycle"),
        ("{{- range until 6000 }}{{ range until 6000 }}x{{ end }}{{ end }}", "steps"),
        ("a: {{ nope }}\n", "not defined"),
        ("a: {{ if }}\n", "if"),
    ] {
        let run = render(template, "", &[]).expect_code(1);
        assert!(run.err.contains(why) && !run.err.contains("panicked"), "{template}: {}", run.err);
    }
}

#[test]
fn what_contains_itself_is_written_as_nothing_where_helm_tells_no_fault() {
    let value = "{{ $m := dict }}{{ $_ := set $m \"m\" $m }}";
    for function in ["toJson", "toPrettyJson", "toYaml"] {
        let out =
            render(&format!("{value}a: [{{{{ {function} $m }}}}]\n"), "", &[]).expect_code(0).out;
        assert!(out.ends_with("a: []\n"), "{function}: {out}");
    }
}

#[test]
fn nothing_outside_of_the_chart_is_read() {
    let dir = repository(&[
        CHART,
        ("secret.txt", "outside"),
        ("c/inside.txt", "inside"),
        (
            "c/templates/t.yaml",
            "a: {{ .Files.Get \"../secret.txt\" | quote }}\nb: {{ .Files.Get \"inside.txt\" }}\n",
        ),
    ]);
    let out = run(dir.path(), &["render", "c"]).expect_code(0).out;
    assert!(out.ends_with("a: \"\"\nb: inside\n"), "{out}");
    #[cfg(unix)]
    {
        let link = dir.path().join("c/link.txt");
        std::os::unix::fs::symlink(dir.path().join("secret.txt"), link).expect("a link");
        run(dir.path(), &["render", "c"]).expect_code(0);
        for asked in [
            ".Files.Lines \"link.txt\"",
            ".Files.Get \"link.txt\"",
            "(.Files.Glob \"*.txt\").AsConfig",
        ] {
            refuses_the_link(dir.path(), asked);
        }
    }
}

/// Says that a template of the chart `c` that asks for `asked` fails, for it leads to a link out of the chart.
#[cfg(unix)]
fn refuses_the_link(dir: &Path, asked: &str) {
    let template = format!("a: {{{{ {asked} | quote }}}}\n");
    std::fs::write(dir.join("c/templates/asks.yaml"), template).expect("a template");
    let run = run(dir, &["render", "c"]).expect_code(1);
    assert!(run.err.contains(" is a link that leads out of the chart"), "{asked}: {}", run.err);
}

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

/// Helm parts what it would print once more to find one template's: of two lines of dashes in a row, the second then
/// begins a document that says of no template that it is its own.
#[test]
fn of_one_template_that_is_printed_which_helm_prints() {
    let template = "a: 1\n---\n---\nb: 2\n---\n---\n---\nc: 3\n";
    let all = render(template, "", &[]).expect_code(0).out;
    let source = "---\n# Source: c/templates/t.yaml\n";
    assert_eq!(all, format!("{source}a: 1\n{source}---\nb: 2\n{source}---\n{source}c: 3\n"));
    let one = render(template, "", &["--show-only", "templates/t.yaml"]).expect_code(0).out;
    assert_eq!(one, format!("{source}a: 1\n{source}{source}---\n{source}c: 3\n"));
}

/// What makes the chart itself must lie in it.
#[cfg(unix)]
#[test]
fn links_that_lead_out_are_refused_where_the_chart_is_made_of_them() {
    for (link, target) in [
        ("c/templates/link.yaml", "secret.txt"),
        ("c/values.yaml", "secret.txt"),
        ("c/charts/d/templates/link.yaml", "secret.txt"),
        ("c/charts/e", "other"),
    ] {
        let dir = repository(&[
            CHART,
            ("secret.txt", "outside: true\n"),
            ("other/Chart.yaml", "apiVersion: v2\nname: other\nversion: 1.0.0\n"),
            ("c/templates/t.yaml", "a: b\n"),
            ("c/charts/d/Chart.yaml", "apiVersion: v2\nname: d\nversion: 1.0.0\n"),
            ("c/charts/d/templates/t.yaml", "a: b\n"),
        ]);
        std::os::unix::fs::symlink(dir.path().join(target), dir.path().join(link)).expect("a link");
        let run = run(dir.path(), &["render", "c"]).expect_code(1);
        assert!(run.err.contains("is a link"), "{link}: {}", run.err);
    }
}

/// Charts of one repository share values and templates, which Helm follows links to.
#[cfg(unix)]
#[test]
fn links_to_the_repository_around_a_chart_are_followed() {
    let dir = repository(&[
        CHART,
        (".git/HEAD", "ref: refs/heads/main\n"),
        (".git/secret", "outside: true\n"),
        ("common/values.yaml", "a: shared\n"),
        ("common/templates/t.yaml", "a: {{ .Values.a }}\nb: {{ .Files.Get \"files/b.txt\" }}\n"),
        ("common/files/b.txt", "linked"),
        ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
    ]);
    for link in ["values.yaml", "templates", "files"] {
        let target = format!("../common/{link}");
        std::os::unix::fs::symlink(target, dir.path().join("c").join(link)).expect("a link");
    }
    let out = run(dir.path(), &["render", "c"]).expect_code(0).out;
    assert!(out.ends_with("a: shared\nb: linked\n"), "{out}");
    std::os::unix::fs::symlink("../.git/secret", dir.path().join("c/values.schema.json"))
        .expect("a link");
    let refused = run(dir.path(), &["render", "c"]).expect_code(1);
    assert!(refused.err.contains("leads out of the chart"), "{}", refused.err);
}

/// It may hold credentials, and a link leads around it.
#[cfg(unix)]
#[test]
fn what_git_keeps_is_no_file_of_a_chart() {
    let dir = repository(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        (".git/config", "secret"),
        ("c/.helmignore", "top/c\n"),
        ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        (
            "c/templates/a.yaml",
            "a: {{ .Files.Get \"top/.git/config\" | quote }}\nb: {{ .Files.Get \"top/map.yaml\" | trim | quote }}\n",
        ),
        ("map.yaml", "there\n"),
    ]);
    std::os::unix::fs::symlink("..", dir.path().join("c/top")).expect("a link");
    let out = run(dir.path(), &["render", "c"]).expect_code(0).out;
    assert!(out.ends_with("a: \"\"\nb: \"there\"\n"), "{out}");
}

/// Operators keep their CRDs elsewhere, and folders of dashboards are shared: a chart that only holds links to them is
/// rendered, and what would need them says so.
#[cfg(unix)]
#[test]
fn linked_folders_are_missed_by_what_asks_for_them() {
    let dir = repository(&[
        CHART,
        ("config/a.yaml", "a: b\n"),
        ("c/files/own.txt", "own"),
        (
            "c/templates/t.yaml",
            "a: {{ .Files.Get \"files/own.txt\" }}{{ len (.Files.Glob \"files/*\") }}\n",
        ),
    ]);
    for link in ["c/crds", "c/dashboards"] {
        std::os::unix::fs::symlink("../config", dir.path().join(link)).expect("a link");
    }
    run(dir.path(), &["render", "c"]).expect_code(0);
    let crds = run(dir.path(), &["render", "c", "--include-crds"]).expect_code(1);
    assert!(crds.err.contains("crds/: is a link"), "{}", crds.err);
    for asked in
        [".Files.Get \"dashboards/a.yaml\"", ".Files.Glob \"dash*/**\"", ".Files.Glob \"**.yaml\""]
    {
        refuses_the_link(dir.path(), asked);
    }
}

/// Operators keep their CRDs beside the chart, and link to them. Nothing out of a chart is read, so it is told of as
/// a link, and not as a file where a folder belongs.
#[cfg(unix)]
#[test]
fn linked_folders_out_of_a_chart_are_told_of_as_links() {
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    let dir = repository(&[CHART, ("config/a.yaml", object)]);
    let link = |target: &str, link: &str| {
        std::os::unix::fs::symlink(target, dir.path().join(link)).expect("a link");
    };
    link("../config", "c/crds");
    let args = ["check", "--format", "concise", "--no-cache"];
    let crds = run(dir.path(), &args);
    assert!(!crds.out.contains("chart-crds-valid"), "{}", crds.out);
    std::fs::create_dir(dir.path().join("c/templates")).expect("a folder");
    link("../../config", "c/templates/shared");
    let templates = run(dir.path(), &args).expect_code(1);
    assert!(templates.out.contains("leads out of the chart"), "{}", templates.out);
    assert!(!templates.out.contains("chart-templates-dir"), "{}", templates.out);
}

/// A link may lead back into the chart: of many ways to a few folders not all are walked.
#[cfg(unix)]
#[test]
fn many_ways_by_links_are_as_many_files() {
    let dir = repository(&[CHART]);
    for depth in 0..20 {
        let folder = dir.path().join(format!("c/deep/{depth}"));
        std::fs::create_dir_all(&folder).expect("a folder");
        for name in ["a", "b"] {
            let target = format!("../{}", depth + 1);
            std::os::unix::fs::symlink(target, folder.join(name)).expect("a link");
        }
    }
    std::fs::create_dir_all(dir.path().join("c/deep/20")).expect("a folder");
    let refused = run(dir.path(), &["render", "c"]).expect_code(1);
    assert!(refused.err.contains("20000 files"), "{}", refused.err);
}

/// A folder of charts that share a library often links it into each, beside saying so in `Chart.yaml`.
#[cfg(unix)]
#[test]
fn a_linked_chart_is_read_where_it_is_a_dependency_by_file() {
    let dir = repository(&[
        (
            "c/Chart.yaml",
            "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n  - name: lib\n    version: 1.0.0\n    \
             repository: file://../lib\n",
        ),
        ("c/templates/t.yaml", "a: {{ include \"lib.name\" . }}\n"),
        ("lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n"),
        ("lib/templates/_lib.tpl", "{{ define \"lib.name\" }}shared{{ end }}"),
    ]);
    std::fs::create_dir(dir.path().join("c/charts")).expect("a folder");
    std::os::unix::fs::symlink("../../lib", dir.path().join("c/charts/lib")).expect("a link");
    let out = run(dir.path(), &["render", "c"]).expect_code(0).out;
    assert!(out.ends_with("a: shared\n"), "{out}");
}

/// The corpus beside the project: every case as Helm has it, and origins that hold. Where there is no
/// corpus, or no Python with a YAML module to compare with, nothing is measured.
#[test]
fn real_charts_render_as_helm_renders_them() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let index = shared.join("corpus/index.json");
    if !index.is_file() {
        return;
    }
    let measure = |script: &str, truth: Option<&str>| {
        let mut command = Command::new("python3");
        command.arg(shared.join("measure").join(script)).arg(env!("CARGO_BIN_EXE_plimsoll"));
        command.arg(&index).args(truth.map(|truth| shared.join("corpus").join(truth)));
        let output = command.output().expect("python3");
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let last = out.lines().last().unwrap_or_default().to_owned();
        (output.status.success(), last, out + &String::from_utf8_lossy(&output.stderr))
    };
    let (equal, _, out) = measure("golden.py", None);
    if out.contains("No module named") {
        return;
    }
    assert!(equal, "{out}");
    let (_, last, out) = measure("origins.py", Some("truth.jsonl"));
    let percent = |word: &str| -> f64 {
        let rest = last.split(word).nth(1).unwrap_or_default();
        rest.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0.0)
    };
    assert!(percent("recall") >= 99.0 && percent("precision") >= 99.5, "{out}");
}

/// What lies on another host is not fetched and forbids nothing; the rest of the schema holds.
#[test]
fn a_schema_that_refers_to_another_host_is_held_as_far_as_it_is_at_hand() {
    let schema = r##"{
  "$id": "https://charts.example.org/c.json",
  "properties": {
    "labels": {"$ref": "https://schemas.example.org/v1/_definitions.json#/definitions/Labels"},
    "names": {"$ref": "names.json#/definitions/Names"},
    "hosts": {"$ref": "https://schemas.example.org/v1/hosts.json#/patternProperties/^[a-z]+$"},
    "port": {"$ref": "https://charts.example.org/c.json#/definitions/port"},
    "size": {"$ref": "#/definitions/port"}
  },
  "definitions": {"port": {"type": "integer"}}
}"##;
    let files = |values| {
        repository(&[
            CHART,
            ("c/values.schema.json", schema),
            ("c/values.yaml", values),
            (
                "c/templates/t.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {all: {{ toJson .Values | quote }}}\n",
            ),
        ])
    };
    let said = |values| {
        let run = run(files(values).path(), &["check", "--format", "concise"]);
        let lines =
            run.out.lines().filter(|line| line.contains("helm-render") || line.contains("schema"));
        lines.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(said("labels: 1\nnames: [2]\nhosts: 4\nport: 80\nsize: 3\n"), Vec::<String>::new());
    for (values, place) in
        [("port: http\n", "c/values.yaml:1:7"), ("labels: {}\nsize: big\n", "c/values.yaml:2:7")]
    {
        let lines = said(values);
        assert!(
            matches!(&lines[..], [line] if line.starts_with(place) && line.contains("values-schema-violation")),
            "{lines:?}"
        );
    }
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

/// What Helm's validator does with a schema (github.com/santhosh-tekuri/jsonschema), whatever ours would do.
#[test]
fn schemas_are_held_as_helm_holds_them() {
    let run = |schema: &str, value: &str| {
        let values = format!("a: {value}\n");
        let dir = repository(&[
            CHART,
            ("c/values.schema.json", schema),
            ("c/values.yaml", &values),
            ("c/templates/t.yaml", "a: b\n"),
        ]);
        run(dir.path(), &["render", "x", "c"])
    };
    for (schema, fault) in [
        // There is no folder that a file could lie in: the schema has no place.
        (r#"{"properties": {"a": {"$ref": "./b.json"}}}"#, "b.json: no such file or directory"),
        (r#"{"anyOf": [{"$ref": "b.json#/c"}]}"#, "b.json: no such file or directory"),
        (
            r#"{"properties": {"a": {"$ref": "file:///b.json"}}}"#,
            "b.json: no such file or directory",
        ),
        (r#"{"$schema": "draft-07"}"#, "no URLLoader registered for \"draft-07\""),
        // Go's expressions look neither ahead nor behind.
        (r#"{"properties": {"a": {"pattern": "^(?!x)"}}}"#, "is not valid regex"),
        (r#"{"patternProperties": {"(?<=x)y": {}}}"#, "is not valid regex"),
        (r#"{"definitions": {"b": {"pattern": "(x)\\1"}}}"#, "is not valid regex"),
    ] {
        let run = run(schema, "x").expect_code(1);
        assert!(in_one_line(&run.err).contains(fault), "{schema}: {}", run.err);
    }
    for schema in [
        r#"{"$defs": {"b": {"$ref": "b.json"}}}"#,
        r#"{"$id": "https://example.org/c.json", "properties": {"a": {"$ref": "b.json"}}}"#,
        r#"{"properties": {"pattern": {"default": {"pattern": "(?!x)"}}}}"#,
        r#"{"properties": {"$ref": {"type": "string"}, "$schema": {"type": "string"}}}"#,
        r#"{"$schema": "https://json-schema.org/draft/2020-12/schema", "properties": {"a": {"format": "uuid"}}}"#,
    ] {
        run(schema, "x").expect_code(0);
    }
    // Drafts up to 7 assert formats, each as the library knows it.
    let of = |format: &str| {
        format!(
            r#"{{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {{"a": {{"format": "{format}"}}}}}}"#
        )
    };
    for (format, value) in [("uuid", "x"), ("duration", "1h"), ("regex", "(?!x)"), ("uri", "x")] {
        run(&of(format), value).expect_code(1);
    }
    // Expressions are Go's in each draft.
    for draft in
        ["http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-07/schema#"]
    {
        let of = |part: &str| format!(r#"{{"$schema": "{draft}", {part}}}"#);
        let flagged = of(r#""properties": {"a": {"pattern": "\\A(?i)(on|off)\\z"}}"#);
        run(&flagged, "'OFF'").expect_code(0);
        let refused = run(&flagged, "'offer'").expect_code(1);
        assert!(in_one_line(&refused.err).contains(r"\A(?i)(on|off)\z"), "{}", refused.err);
        let keys = of(r#""patternProperties": {"(?i)A": {"type": "integer"}}"#);
        run(&keys, "1").expect_code(0);
        run(&keys, "x").expect_code(1);
    }
    // References are relative to the schema's id, and to Helm's name for it where it has none.
    for (id, reference) in [
        ("", "values.schema.json#/$defs/b"),
        ("", "./values.schema.json#/$defs/b"),
        ("https://example.org/v1/c.json", "c.json#/$defs/b"),
        ("https://example.org/v1/c.json", "/v1/c.json#/$defs/b"),
    ] {
        let schema = format!(
            r#"{{"$id": "{id}", "properties": {{"a": {{"$ref": "{reference}"}}}}, "$defs": {{"b": {{"type": "integer"}}}}}}"#
        );
        run(&schema, "1").expect_code(0);
        run(&schema, "x").expect_code(1);
    }
    // All drafts are built in, whichever one the schema is of.
    for (draft, own) in [
        ("http://json-schema.org/draft-07/schema#/definitions/nonNegativeInteger", ""),
        ("https://json-schema.org/draft-07/schema#/definitions/nonNegativeInteger", ""),
        (
            "http://json-schema.org/draft-04/schema#/definitions/positiveInteger",
            "http://json-schema.org/draft-07/schema#",
        ),
        (
            "http://json-schema.org/draft/2019-09/meta/validation#/$defs/nonNegativeInteger",
            "http://json-schema.org/draft-04/schema#",
        ),
    ] {
        let dialect = if own.is_empty() { own } else { &format!(r#""$schema": "{own}", "#) };
        let schema = format!(r#"{{{dialect}"properties": {{"a": {{"$ref": "{draft}"}}}}}}"#);
        run(&schema, "1").expect_code(0);
        run(&schema, "-1").expect_code(1);
    }
    for draft in ["http://json-schema.org/schema#", "https://json-schema.org/draft/2020-12/schema"]
    {
        let schema = format!(r#"{{"properties": {{"a": {{"$ref": "{draft}"}}}}}}"#);
        run(&schema, "{type: string}").expect_code(0);
        run(&schema, "{type: text}").expect_code(1);
    }
    // Other documents of that host are not.
    let elsewhere =
        r#"{"properties": {"a": {"$ref": "http://json-schema.org/draft-03/schema#/b"}}}"#;
    run(elsewhere, "x").expect_code(0);
    let old = r#"{"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"a": {"maxLength": 2.0}}}"#;
    run(old, "xy").expect_code(0);
    run(old, "xyz").expect_code(1);
    // What a text holds is not asserted.
    let content = r#"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"contentEncoding": "base64"}}}"#;
    run(content, "'*'").expect_code(0);
    for (format, value) in [("duration", "PT1H"), ("uri", "http://a/{b}"), ("hostname", "a.b.")] {
        run(&of(format), value).expect_code(0);
    }
}

/// The globals of a parent are copied into its subcharts, those of a subchart called `global` into themselves.
#[test]
fn values_that_contain_themselves_are_held_against_a_schema() {
    let chart = "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies:\n- {name: sub, version: '*', alias: global}\n";
    let sub = "apiVersion: v2\nname: sub\nversion: 0.1.0\n";
    let schema = r#"{"properties": {"a": {"type": "string"}}}"#;
    let dir = repository(&[
        ("c/Chart.yaml", chart),
        ("c/charts/sub/Chart.yaml", sub),
        ("c/charts/sub/values.schema.json", schema),
        ("c/charts/sub/templates/t.yaml", "a: {{ .Values.a }}\n"),
        ("c/charts/sub/charts/below/Chart.yaml", &sub.replace("sub", "below")),
    ]);
    let run = |value| run(dir.path(), &["render", "x", "c", "--set-json", value]);
    assert!(run(r#"global.a="b""#).expect_code(0).out.contains("a: b\n"));
    assert!(run("global.a=1").expect_code(1).err.contains("/a"));
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

#[test]
fn flags_are_read_as_helm_reads_them() {
    let print = "n: {{ .Release.Namespace }} {{ .Capabilities.KubeVersion }}\n";
    let run = render(print, "", &["-n", "", "--kube-version", "1.25"]).expect_code(0);
    assert!(run.out.contains("n: default v1.25\n"), "{}", run.out);
    let unset = render(print, "", &["--kube-version", ""]).expect_code(0);
    assert_eq!(unset.out, render(print, "", &[]).expect_code(0).out);
    let twice = ["--kube-version", "1.25", "-n", "a", "--kube-version", "1.26", "-n", "b"];
    let last = render(print, "", &twice).expect_code(0);
    assert!(last.out.contains("n: b v1.26\n"), "{}", last.out);
    let each = render("v: {{ .Values | toJson }}\n", "", &["--set", "a=1", "--set", "b=2"]);
    assert!(each.expect_code(0).out.contains(r#"v: {"a":1,"b":2}"#));
    let all = "v: {{ .Values | toJson }}\n";
    let run = render(all, "", &["--set-literal", "a.b=c,d\\e", "--set-file", "f="]).expect_code(0);
    assert!(run.out.contains(r#"v: {"a":{"b":"c,d\\e"},"f":""}"#), "{}", run.out);
    let none = render(all, "a: 1\n", &["-f", "", "--values="]).expect_code(0);
    assert!(none.out.contains(r#"v: {"a":1}"#), "{}", none.out);
    // Beside a comma, nothing is the name of a file, which there is none of.
    assert!(render(all, "", &["-f", ","]).expect_code(2).err.contains("cannot read"));
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

/// As Go 1.25 does (`text/template/funcs.go`).
#[test]
fn values_that_cannot_be_compared_are_refused_with_their_types() {
    for (action, want) in [
        ("eq .Values.a true", "comparison: map[string]interface {} and bool"),
        ("ne .Values.num \"1\"", "comparison: float64 and string"),
        ("eq (.Files.GetBytes \"f\") \"a\"", "comparison: []uint8 and string"),
        ("lt .Values.num \"1\"", "comparison: float64 and string"),
        ("ge 1 1.0", "comparison: int and float64"),
    ] {
        let run = render(&format!("v: {{{{ {action} }}}}\n"), "a: {b: 1}\nnum: 1\n", &[]);
        let said = in_one_line(&run.expect_code(1).err);
        let (_, said) = said.rsplit_once("incompatible types for ").unwrap_or_default();
        assert!(said.trim().starts_with(want), "{action}: {said}");
    }
    let run = render("v: {{ lt true false }}\n", "", &[]).expect_code(1);
    assert!(in_one_line(&run.err).contains("invalid type for comparison"), "{}", run.err);
}

/// Go's `fmt` asks a value for its text, and `.Capabilities.KubeVersion` has one by its address only (helm
/// `pkg/chart/common/capabilities.go`): it is found where an action writes it, and not by a function, which has a copy.
#[test]
fn functions_see_the_kubernetes_version_as_the_struct_that_it_is() {
    let copy = "{v1.30.2-x v1.30.2 1 30}";
    let fields = r#"{"Version":"v1.30.2-x","Major":"1","Minor":"30"}"#;
    for (action, want) in [
        (".Capabilities.KubeVersion", "v1.30.2"),
        ("$v", "v1.30.2"),
        ("with $v }}{{ . }} {{ .GitVersion }}{{ end", "v1.30.2 v1.30.2-x"),
        ("or $v 1", "v1.30.2"),
        ("$v | toString", copy),
        ("default $v .Values.none", copy),
        ("printf \"%s\" $v", copy),
        ("include \"dot\" $v", copy),
        ("template \"dot\" $v", "v1.30.2"),
        ("list $v | first", copy),
        ("(default $v nil).Version", "v1.30.2-x"),
        ("toJson $v", fields),
        ("print .Capabilities | trunc 20", "&{{v1.30.2-x v1.30.2"),
    ] {
        let template = format!(
            "{{{{ define \"dot\" }}}}{{{{ . }}}}{{{{ end }}}}{{{{ $v := .Capabilities.KubeVersion }}}}\nv: '{{{{ {action} }}}}'\n"
        );
        let run = render(&template, "", &["--kube-version", "1.30.2-x"]).expect_code(0);
        assert!(run.out.contains(&format!("v: '{want}'\n")), "{action}: {}", run.out);
    }
    for (action, why) in [
        (
            ".Capabilities.KubeVersion.Major 1",
            "Major has arguments but cannot be invoked as function",
        ),
        (
            "1 | .Capabilities.APIVersions",
            "APIVersions has arguments but cannot be invoked as function",
        ),
        (
            ".Capabilities.KubeVersion.GitVersion 1",
            "wrong number of args for GitVersion: want 0 got 1",
        ),
    ] {
        let run = render(&format!("v: {{{{ {action} }}}}\n"), "", &[]).expect_code(1);
        assert!(in_one_line(&run.err).contains(why), "{action}: {}", run.err);
    }
    // The methods of its address are not those of a copy.
    let method = "v: {{ (default .Capabilities.KubeVersion nil).GitVersion }}\n";
    let run = render(method, "", &[]).expect_code(1);
    assert!(in_one_line(&run.err).contains("can't evaluate field GitVersion"), "{}", run.err);
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
fn a_blank_line_stands_before_hooks_where_nothing_else_does() {
    let hook = "kind: Job\nmetadata: {name: a, annotations: {helm.sh/hook: pre-install}}\n";
    let run = render(hook, "", &[]).expect_code(0);
    assert_eq!(run.out, format!("\n---\n# Source: c/templates/t.yaml\n{hook}"));
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

/// `.Files` holds bytes (helm `pkg/engine/files.go`): `.Files.Get` makes a text of them, and `toString` does.
#[test]
fn files_are_bytes_to_templates() {
    let render = |template: &str| {
        let template = format!(
            "{{{{- range $path, $file := .Files.Glob \"f.txt\" }}}}{template}{{{{ end }}}}"
        );
        let files = [CHART, ("c/f.txt", "hi"), ("c/empty", ""), ("c/templates/t.yaml", &template)];
        run(repository(&files).path(), &["render", "x", "c"])
    };
    for (template, fault) in [
        ("a: {{ $file | b64enc }}", "wrong type for value; expected string; got []uint8"),
        ("a: {{ $file | sha256sum }}", "wrong type for value; expected string; got []uint8"),
        ("a: {{ tpl $file $ }}", "wrong type for value; expected string; got []uint8"),
        ("a: {{ $.Files.Lines \"empty\" }}", "index out of range [-1]"),
    ] {
        let run = render(template).expect_code(1);
        assert!(in_one_line(&run.err).contains(fault), "{template}: {}", run.err);
    }
    for (template, want) in [
        ("a: {{ toString $file | b64enc }}", "a: aGk="),
        ("a: {{ $file | quote }}", "a: \"hi\""),
        ("a: {{ printf \"%s\" $file }}", "a: hi"),
        ("a: {{ $file }}", "a: [104 105]"),
        ("a: {{ print $file }}", "a: [104 105]"),
        ("a: {{ $.Files.Glob \"f.txt\" }}", "a: map[f.txt:[104 105]]"),
        ("a: {{ $file | toJson }}", "a: \"aGk=\""),
        ("{{ $.Files.Glob \"f.txt\" | toYaml }}", "f.txt: aGk="),
        ("a: {{ kindOf $file }} {{ typeOf $file }} {{ len $file }}", "a: slice []uint8 2"),
        ("a: {{ $.Files.GetBytes \"f.txt\" }}", "a: [104 105]"),
        ("a: {{ $.Files.Get \"f.txt\" | b64enc }}", "a: aGk="),
        ("a: \"{{ $.Files.none }} {{ $.Files.Lines \"none\" | toJson }}\"", "a: \"[] []\""),
    ] {
        let run = render(template).expect_code(0);
        assert!(run.out.contains(want), "{template}: {}", run.out);
    }
}

#[test]
fn the_versions_of_a_cluster_are_a_list_to_functions() {
    let template = "a: {{ has \"v1\" .Capabilities.APIVersions }} {{ .Capabilities.APIVersions | join \",\" | trunc 12 }}\n";
    let run = render(template, "", &[]).expect_code(0);
    assert!(run.out.contains("a: true v1,admission\n"), "{}", run.out);
}
