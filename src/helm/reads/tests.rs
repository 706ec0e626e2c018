use super::*;
use crate::source::Sources;

const META: &str = "apiVersion: v2\nname: app\nversion: 1.0.0\n";

fn reads_of(files: &[(&str, &str)]) -> Reads {
    Reads::of(&chart_of(files), &[])
}

fn chart_of(files: &[(&str, &str)]) -> Chart {
    let mut files: Vec<_> = files.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect();
    if !files.iter().any(|(path, _)| path == "Chart.yaml") {
        files.push(("Chart.yaml".to_owned(), META.to_owned()));
    }
    Chart::of_texts(&files, &Sources::default()).expect("a chart")
}

/// The number of nodes of templates and of shapes that are visited.
fn steps(chart: &Chart) -> usize {
    let mut members = Vec::new();
    gather(chart, &[], None, &mut members);
    run(&members, &[]).steps
}

fn template(text: &str) -> Reads {
    reads_of(&[("templates/t.yaml", text)])
}

/// Returns `read`, `whole` (read with everything below) or `unread`.
fn state(reads: &Reads, path: &str) -> &'static str {
    let mut view = reads.top();
    for key in path.split('.') {
        if view.is_whole() {
            return "whole";
        }
        view = view.below(key);
    }
    match (view.is_whole(), view.is_read()) {
        (true, _) => "whole",
        (false, true) => "read",
        (false, false) => "unread",
    }
}

#[track_caller]
fn holds(reads: &Reads, expected: &[(&str, &str)]) {
    for (path, state_of_it) in expected {
        assert_eq!(state(reads, path), *state_of_it, "{path}");
    }
}

#[test]
fn fields_are_read_in_every_branch_and_what_is_printed_as_a_whole() {
    let reads = template(
        "{{ if .Values.a }}{{ .Values.b.c }}{{ else }}{{ toYaml $.Values.d }}{{ end }}\
         {{ with .Values.e }}{{ .f }}{{ $.Values.g }}{{ end }}",
    );
    let expected = [
        ("a", "read"),
        ("b.c", "whole"),
        ("b.x", "unread"),
        ("d.x.y", "whole"),
        ("e.f", "whole"),
        ("e.g", "unread"),
        ("g", "whole"),
        ("x", "unread"),
    ];
    holds(&reads, &expected);
}

#[test]
fn keys_are_followed_through_functions() {
    let reads = template(
        r#"{{ index .Values "a" "b-c" }}{{ get .Values.d "e" }}{{ dig "f" "g" "x" .Values.h }}
        {{ (.Values.i | default dict).j }}{{ $m := merge (dict) .Values.k .Values.l }}{{ $m.n }}
        {{ hasKey .Values.o "p" }}{{ (pick .Values.q "r").r }}{{ index .Values.s .Values.t }}"#,
    );
    let expected = [
        ("a.b-c", "whole"),
        ("a.x", "unread"),
        ("d.e", "whole"),
        ("d.x", "unread"),
        ("h.f.g", "whole"),
        ("i.j", "whole"),
        ("i.x", "unread"),
        ("k.n", "whole"),
        ("l.n", "whole"),
        ("k.x", "unread"),
        ("o.p", "read"),
        ("q.r", "whole"),
        ("q.x", "unread"),
        ("s.anything", "whole"),
        ("t", "whole"),
    ];
    holds(&reads, &expected);
}

#[test]
fn items_of_lists_and_maps_are_followed() {
    let reads = template(
        "{{ range .Values.a }}{{ .b }}{{ end }}{{ range $k, $v := .Values.c }}{{ $v.d }}{{ end }}\
         {{ range (concat .Values.e .Values.f) }}{{ .g }}{{ end }}{{ (first .Values.h).i }}",
    );
    let expected = [
        ("a.0.b", "whole"),
        ("a.0.x", "unread"),
        ("c.any.d", "whole"),
        ("c.any.x", "unread"),
        ("e.0.g", "whole"),
        ("f.0.x", "unread"),
        ("h.0.i", "whole"),
        ("h.0.x", "unread"),
    ];
    holds(&reads, &expected);
}

#[test]
fn definitions_are_followed_with_what_they_are_given() {
    let reads = reads_of(&[
        (
            "templates/_h.tpl",
            r#"{{ define "one" }}{{ .spec.a }}{{ .root.Values.b }}{{ end }}
            {{ define "walk" }}{{ range .kids }}{{ .name }}{{ include "walk" . }}{{ end }}{{ end }}
            {{ define "uncalled" }}{{ .Values.c }}{{ end }}
            {{ define "key" }}{{ if .x }}{{ printf "%s" "p" }}{{ end }}{{ end }}"#,
        ),
        (
            "templates/t.yaml",
            r#"{{ include "one" (dict "spec" .Values.d "root" $) }}{{ template "walk" .Values.e }}
            {{ include .Values.f (dict "x" .Values.g) }}{{ index .Values (include "key" .) }}"#,
        ),
    ]);
    let expected = [
        ("d.a", "whole"),
        ("d.x", "unread"),
        ("b", "whole"),
        ("c", "whole"),
        ("e.kids.0.kids.0.name", "whole"),
        ("e.kids.0.x", "unread"),
        ("g.x", "whole"),
        ("p", "whole"),
        ("x", "unread"),
    ];
    holds(&reads, &expected);
}

#[test]
fn a_path_that_is_split_is_walked() {
    let reads = template(
        r#"{{ $at := .Values }}{{ range (splitList "." "a.b") }}{{ $at = index $at . }}{{ end }}
        {{ $at }}"#,
    );
    holds(&reads, &[("a.b", "whole"), ("a.x", "unread"), ("x.y", "unread")]);
}

#[test]
fn what_cannot_be_followed_counts_as_read() {
    holds(&template("{{ range $k, $v := .Values }}{{ $v }}{{ end }}"), &[("x.y", "whole")]);
    holds(&template("{{ toJson . }}"), &[("x", "whole")]);
    holds(&template("{{ tpl .Values.a .Values.b }}"), &[("b.x", "whole"), ("c", "unread")]);
    holds(
        &template(r#"{{ $_ := set .Values "a" .Values.b }}{{ .Values.a.c }}"#),
        &[("b", "whole")],
    );
    holds(&template("{{ $m := dict }}{{ $_ := merge $m .Values.a }}{{ $m.b }}"), &[("a", "whole")]);
}

#[test]
fn texts_for_tpl_are_templates() {
    let reads = reads_of(&[
        ("values.yaml", "text: '{{ .Values.a.b }} {{ include \"x\" .Values.c }}'\n"),
        ("files/conf", "{{ $.Values.d }}"),
        ("README.md", "{{ .Values.e }}"),
        ("templates/t.yaml", "{{ tpl .Values.text . }}{{ tpl \"{{ .Values.f }}\" . }}"),
    ]);
    let expected = [
        ("a.b", "whole"),
        ("a.x", "unread"),
        ("c", "whole"),
        ("d", "whole"),
        ("e", "unread"),
        ("f", "whole"),
    ];
    holds(&reads, &expected);
}

#[test]
fn charts_below_read_their_part_and_the_globals() {
    let reads = reads_of(&[
        (
            "Chart.yaml",
            "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n\
             - {name: db, version: 1.0.0, alias: store, condition: 'store.on,db.on', tags: [t]}\n\
             - {name: gone, version: 1.0.0}\n",
        ),
        ("charts/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 1.0.0\n"),
        ("charts/db/templates/t.yaml", "{{ .Values.size }}{{ .Values.global.zone }}"),
        ("templates/t.yaml", "{{ .Values.store.host }}"),
    ]);
    let expected = [
        ("store.size", "whole"),
        ("store.host", "whole"),
        ("store.on", "read"),
        ("db.on", "read"),
        ("store.x", "unread"),
        ("global.zone", "whole"),
        ("store.global.zone", "whole"),
        ("global.x", "unread"),
        ("size", "unread"),
        ("tags.t", "read"),
        ("gone.x", "whole"),
    ];
    holds(&reads, &expected);
    let others = reads.without(&["store".to_owned()]).below("store");
    assert!(others.below("host").is_read() && !others.below("size").is_read());
}

#[test]
fn a_key_that_the_schema_describes_is_known() {
    let schema = r##"{"properties": {"o": {"type": "object"}, "a": {"$ref": "#/$defs/d"}, "b": {"items": {"properties": {"c": {}}}}},
        "$defs": {"d": {"properties": {"e": {}}}}}"##;
    let reads = reads_of(&[("values.schema.json", schema), ("templates/t.yaml", "a: 1")]);
    holds(
        &reads,
        &[("a.e", "read"), ("a.x", "unread"), ("b.0.c", "read"), ("x", "unread"), ("o.x", "whole")],
    );
}

#[test]
fn keys_are_found_by_name() {
    let reads = template("{{ .Values.a.tag }}{{ .Values.b.c.tag }}");
    let paths = reads.top().named("tag");
    let shown: Vec<_> = paths.iter().map(|path| path.join(".")).collect();
    assert_eq!(shown, ["a.tag", "b.c.tag"]);
}

#[test]
fn templates_that_call_each_other_without_end_are_bounded() {
    let reads = reads_of(&[
        ("templates/_h.tpl", r#"{{ define "a" }}{{ include "a" (dict "x" .) }}{{ end }}"#),
        ("templates/t.yaml", r#"{{ include "a" .Values.b }}{{ .Values.c }}"#),
    ]);
    holds(&reads, &[("b.x", "whole"), ("c", "whole")]);
}

#[test]
fn definitions_that_make_ever_more_of_what_they_set_are_bounded() {
    // Each call passes to the next what the last one has set.
    let merge = r#"{{ define "merge" }}{{ $new := dict }}{{ $_ := set . "out" .from }}
        {{ range $key, $item := .from }}{{ $deeper := dict "to" (index $.to $key) "from" $item }}
        {{ include "merge" $deeper }}{{ $_ := set $new "item" (list $deeper.out $new.item) }}
        {{ $_ := set $.to $key (dict "was" $new.item "is" $deeper) }}{{ end }}
        {{ $_ := set . "out" (dict "a" .to "b" .to "c" $new.item) }}{{ end }}"#;
    let call = r#"{{ $call := dict "to" .Values.a "from" .Values.b }}{{ include "merge" $call }}
        {{ toYaml $call.out }}{{ .Values.c }}"#;
    let files = [("templates/_h.tpl", merge), ("templates/t.yaml", call)];
    holds(&reads_of(&files), &[("a.x", "whole"), ("b.x", "whole"), ("c", "whole")]);
    assert_eq!(steps(&chart_of(&files)), flow::MAX_STEPS);
}

#[test]
fn a_library_is_followed_once_for_each_thing_it_is_given() {
    let calls = |count: usize| {
        let library = r#"{{ define "name" }}{{ default .Chart.Name .Values.name }}{{ end }}
            {{ define "labels" }}{{ include "name" . }}{{ toYaml .Values.labels }}{{ end }}"#;
        let call = r#"{{ include "labels" . }}"#.repeat(count);
        steps(&chart_of(&[("templates/_h.tpl", library), ("templates/t.yaml", &call)]))
    };
    let by_call = calls(2) - calls(1);
    assert_eq!(calls(100), calls(1) + 99 * by_call);
    assert!(by_call <= 3, "{by_call}");
}

#[test]
fn a_shape_that_holds_another_many_times_is_weighed_up_to_the_limit() {
    use super::shape::{Shape, Shapes};
    let twice = |inner: &Shapes| Shapes::one(Shape::Items([inner.clone(), inner.clone()].into()));
    let deep = |depth: usize| (0..depth).fold(Shapes::text("a"), |inner, _| twice(&inner));
    assert_eq!(deep(3).weight(1000), 15);
    assert_eq!(deep(16).weight(1000), 1000);
    assert_eq!(deep(16).weight(0), 0);
}

#[test]
fn a_definition_for_a_map_of_its_own_reads_nothing_of_a_root_that_it_is_never_given() {
    let helper = "{{ define \"at\" }}{{ $at := .context.Values }}\
         {{ range splitList \".\" .path }}{{ $at = index $at . }}{{ end }}{{ $at }}{{ end }}";
    let uncalled =
        reads_of(&[("templates/_h.tpl", helper), ("templates/t.yaml", "{{ .Values.a }}")]);
    holds(&uncalled, &[("a", "whole"), ("x", "unread")]);
    let call = "{{ include \"at\" (dict \"path\" \"a.b\" \"context\" $) }}";
    let called = reads_of(&[("templates/_h.tpl", helper), ("templates/t.yaml", call)]);
    holds(&called, &[("a.b", "whole"), ("a.x", "unread"), ("x", "unread")]);
}

#[test]
fn a_chart_without_templates_may_read_anything() {
    let reads = reads_of(&[("values.yaml", "a: 1")]);
    holds(&reads, &[("a", "whole"), ("x", "whole")]);
}

#[test]
fn what_is_read_under_what_is_computed_is_read() {
    let below = |made: &str| {
        template(&format!("{made}{{{{ range $made.x }}}}{{{{ $.Values.a.b }}}}{{{{ end }}}}"))
    };
    for made in [
        r#"{{ $made := dict }}{{ $_ := set $made "x" (until 2) }}"#,
        "{{ $made := dict }}{{ $_ := set $made .Chart.Name (list 1) }}",
        "{{ $made := dict .Chart.Name (list 1) }}",
        r#"{{ $made := dict }}{{ $_ := merge $made (dict "x" (list 1)) }}"#,
        r#"{{ $made := dict }}{{ $_ := merge $made (fromYaml "x: [1]") }}"#,
        r#"{{ $made := merge (dict) (fromYaml "x: [1]") }}"#,
        r#"{{ $made := fromYaml "x: [1]" | default dict }}"#,
        r#"{{ $made := ternary (dict) (fromYaml "x: [1]") .Release.IsInstall }}"#,
        r#"{{ $made := dict }}{{ if .Release.IsInstall }}{{ $made = fromYaml "x: [1]" }}{{ end }}"#,
        r#"{{ $made := dict "x" (dig "x" list (fromYaml "x: [1]")) }}"#,
        r#"{{ $made := dict "x" dict }}{{ range $i := until 2 }}{{ $_ := set $made.x (toString $i) 1 }}{{ end }}"#,
    ] {
        assert_eq!(state(&below(made), "a.b"), "whole", "{made}");
    }
    assert_eq!(state(&below("{{ $made := dict }}"), "a.b"), "unread");
    // Other maps keep the entries that they were made with.
    let other = r#"{{ $made := dict "y" 1 }}{{ $_ := set (dict) .Chart.Name (list 1) }}"#;
    assert_eq!(state(&below(other), "a.b"), "unread");
}

#[test]
fn a_key_that_may_be_computed_is_any() {
    let name = r#"(trimSuffix "-x" .Release.Name)"#;
    for made in [
        format!(r#"{{{{ $key := ternary "x" {name} .Release.IsInstall }}}}"#),
        format!(r#"{{{{ $key := last (concat (list "x") (list {name})) }}}}"#),
        format!(
            r#"{{{{ $m := dict "k" "x" }}}}{{{{ $_ := set $m "k" {name} }}}}{{{{ $key := $m.k }}}}"#
        ),
        format!(
            r#"{{{{ $key := "" }}}}{{{{ range $k := list "x" {name} }}}}{{{{ $key = $k }}}}{{{{ end }}}}"#
        ),
    ] {
        let reads = template(&format!("{made}{{{{ index .Values.a $key }}}}"));
        assert_eq!(state(&reads, "a.b"), "whole", "{made}");
    }
    let known = template(r#"{{ index .Values.a (lower " B " | trim) }}"#);
    holds(&known, &[("a.b", "whole"), ("a.x", "unread")]);
}

#[test]
fn all_values_as_a_map_are_the_values() {
    let reads = template(r#"{{ dig "a" "b" "" .Values.AsMap }}"#);
    holds(&reads, &[("a.b", "whole"), ("a.x", "unread"), ("x", "unread")]);
}

#[test]
fn a_definition_that_a_text_calls_reads_what_it_is_given_there() {
    let helper = "{{ define \"one\" }}{{ .root.Values.a.b }}{{ end }}{{ define \"two\" }}{{ .root.Values.c }}{{ end }}";
    let print = "{{ tpl .Values.text . }}";
    let with = |text: &str| {
        let values = format!("text: '{text}'\n");
        let files = [("templates/_h.tpl", helper), ("templates/t.yaml", print)];
        reads_of(&[&files[..], &[("values.yaml", &values)]].concat())
    };
    holds(
        &with(r#"{{ include "one" (dict "root" .) }}"#),
        &[("a.b", "whole"), ("a.x", "unread"), ("c", "unread")],
    );
    holds(&with(r#"{{ include $name (dict "root" .) }}"#), &[("a.b", "whole"), ("c", "whole")]);
    holds(&with(r#"{{ include "one" . }}"#), &[("a.b", "unread")]);
    holds(&with("{{ .Values.x }} include (what is not there)"), &[("a.b", "unread")]);
}

#[test]
fn files_of_a_chart_may_be_templates_whatever_they_are_called() {
    let print = "{{ tpl (.Files.Get \"pages/a.md\") . }}";
    let files = [
        ("pages/a.md", "{{ .Values.a }}"),
        ("README.md", "{{ .Values.b }}"),
        ("templates/t.yaml", print),
    ];
    holds(&reads_of(&files), &[("a", "whole"), ("b", "unread")]);
}

#[test]
fn a_key_under_which_too_much_is_put_comes_to_an_end() {
    let sets: String =
        (0..40).map(|at| format!("{{{{ $_ := set $m \"k\" .Values.a{at} }}}}")).collect();
    let reads = template(&format!("{{{{ $m := dict }}}}{sets}{{{{ $m.k.x }}}}{{{{ .Values.b }}}}"));
    holds(&reads, &[("a0", "whole"), ("a39.x", "whole"), ("b", "whole"), ("c", "unread")]);
}
