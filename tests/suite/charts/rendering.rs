//! Charts are rendered as Helm renders them, with its flags.

use std::path::Path;
use std::process::Command;

use super::{in_one_line, render};

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
fn a_blank_line_stands_before_hooks_where_nothing_else_does() {
    let hook = "kind: Job\nmetadata: {name: a, annotations: {helm.sh/hook: pre-install}}\n";
    let run = render(hook, "", &[]).expect_code(0);
    assert_eq!(run.out, format!("\n---\n# Source: c/templates/t.yaml\n{hook}"));
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

#[test]
fn what_a_template_sets_in_a_map_others_see() {
    let template = "{{- $_ := set .Values \"a\" \"changed\" -}}\na: {{ .Values.a }}\n\
                    b: {{ (merge (dict \"x\" \"\") (dict \"x\" \"filled\")).x }}\n";
    let out = render(template, "a: first\n", &[]).expect_code(0).out;
    assert!(out.ends_with("a: changed\nb: filled\n"), "{out}");
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

#[test]
fn the_versions_of_a_cluster_are_a_list_to_functions() {
    let template = "a: {{ has \"v1\" .Capabilities.APIVersions }} {{ .Capabilities.APIVersions | join \",\" | trunc 12 }}\n";
    let run = render(template, "", &[]).expect_code(0);
    assert!(run.out.contains("a: true v1,admission\n"), "{}", run.out);
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
