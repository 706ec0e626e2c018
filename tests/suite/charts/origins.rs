//! What is rendered says where it comes from.

use super::{CHART, render};
use crate::harness::{repository, run};

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
