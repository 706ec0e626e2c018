//! A template that fails is shown where it does, and a hostile one ends soon.

use super::{CHART, in_one_line, render};
use crate::harness::repository;

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
