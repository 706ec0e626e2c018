use super::*;

fn parsed(text: &str) -> Result<Template, SyntaxFault> {
    parse(SourceId::NOWHERE, &text.into(), |name| name != "nope")
}

/// Returns the line and the message of Go's error.
fn fault(text: &str) -> String {
    let fault = parsed(text).expect_err(text);
    let line = text[..fault.offset].matches('\n').count() + 1;
    format!("{line}: {}", fault.describe("t", text))
}

fn texts(template: &str) -> Vec<String> {
    let text = |node: &Node| match node {
        Node::Text(text) => Some(text.text(template).to_owned()),
        _ => None,
    };
    parsed(template).unwrap().body.nodes.iter().filter_map(text).collect()
}

/// Returns the operand of a template with one action of one operand.
fn operand(template: &str) -> Expr {
    match &parsed(template).unwrap().body.nodes[..] {
        [Node::Action(action)] => action.pipe.first.operand.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_marker_trims_the_side_on_which_it_stands() {
    assert_eq!(texts("a\n{{- /* c }} \" */}}\n  - b"), ["a", "\n  - b"]);
    assert_eq!(texts("a\n{{/* c */ -}}\n  - b"), ["a\n", "- b"]);
    assert_eq!(texts("{{ \"{{- /*\" }}x{{- /* c */}} y"), ["x", " y"]);
    assert_eq!(texts("a \t\r\n{{- 1 -}}\n b"), ["a", "b"]);
    assert_eq!(texts("a {{-1}} {{1 -}} b"), ["a ", " ", "b"]);
    // Only white space in ASCII is trimmed.
    assert_eq!(texts("a\u{a0}{{- 1 -}}\u{a0}b"), ["a\u{a0}", "\u{a0}b"]);
}

#[test]
fn errors_name_the_place_that_go_names() {
    assert_eq!(operand("{{ .a }}").pos().offset(), 3);
    assert_eq!(operand("{{ .a.b.c }}").pos().offset(), 5);
    assert_eq!(operand("{{ $.a.b }}").pos().offset(), 4);
    assert_eq!(operand("{{ (print 1).a }}").pos().offset(), 12);
    assert_eq!(operand("{{ (print 1) }}").pos().offset(), 4);
}

#[test]
fn blocks_must_be_whole() {
    for (template, want) in [
        ("{{ if 1 }}a", "1: unexpected EOF"),
        ("{{ define \"x\" }}\n", "2: unexpected EOF"),
        ("a\n{{ end }}b", "2: unexpected {{end}}"),
        ("{{ else }}", "1: unexpected {{else}}"),
        ("{{ if 1 }}{{ else }}{{ else }}{{ end }}", "1: expected end; found {{else}}"),
        ("{{ define \"x\" }}{{ else }}{{ end }}", "1: unexpected {{else}} in define clause"),
        ("{{ if 1 }}{{ define \"x\" }}{{ end }}{{ end }}", "1: unexpected <define> in command"),
        ("{{ break }}", "1: {{break}} outside {{range}}"),
        ("{{ range . }}{{ define \"x\" }}{{ end }}{{ end }}", "1: unexpected <define> in command"),
        ("{{ if }}{{ end }}", "1: missing value for if"),
        ("{{ }}", "1: missing value for command"),
        (
            "{{ define \"x\" }}1{{ end }}{{ define \"x\" }}2{{ end }}",
            "1: multiple definition of template \"x\"",
        ),
    ] {
        assert_eq!(fault(template), want, "{template}");
    }
    parsed("{{ define \"x\" }}1{{ end }}{{ define \"x\" }} {{ end }}").unwrap();
    parsed("{{ if 1 }}{{ else if 2 }}{{ else }}{{ end }}{{ with 1 }}{{ else with 2 }}{{ end }}")
        .unwrap();
}

#[test]
fn pipelines_must_make_sense() {
    for (template, want) in [
        ("{{ $x }}", "1: undefined variable \"$x\""),
        ("{{ if $x := 1 }}{{ end }}{{ $x }}", "1: undefined variable \"$x\""),
        ("{{ $x := 1 }}{{ define \"d\" }}{{ $x }}{{ end }}", "1: undefined variable \"$x\""),
        ("{{ $x, $y := 1 }}", "1: too many declarations in command"),
        ("{{ range $i, 1 }}{{ end }}", "1: range can only initialize variables"),
        ("{{ 1 | 2 }}", "1: non executable command in pipeline stage 2"),
        ("{{ | print }}", "1: unexpected \"|\" in command"),
        ("{{ print 1 | | print }}", "1: unexpected \"|\" in command"),
        ("{{ (print 1 }}", "1: unclosed left paren"),
        ("{{ print 1) }}", "1: unexpected right paren"),
        ("{{ print (1)(2) }}", "1: unexpected \"(\" in operand"),
        ("{{ print 1\n\n`a``b` }}", "3: unexpected \"`b`\" in operand"),
        ("{{ print .a\n.b := 1 }}", "2: unexpected \":=\" in operand"),
        ("{{ 1.a }}", "1: bad number syntax: \"1.a\""),
        ("{{ \"a\".b }}", "1: unexpected . after term \"\\\"a\\\"\""),
        ("{{ .a-b }}", "1: bad character U+002D '-'"),
        ("{{ a, b }}", "1: unexpected \",\" in operand"),
        ("{{ `a }}", "1: unterminated raw quoted string"),
        ("{{ \"a }}\n\" }}", "1: unterminated quoted string"),
        ("{{ \"\\q\" }}", "1: invalid syntax"),
        ("{{ print\n 1", "2: unclosed action started at t:1"),
        ("{{/* a }}", "1: unclosed comment"),
        ("{{/* a */ b }}", "1: comment ends before closing delimiter"),
        ("{{ if false }}{{ nope 1 }}{{ end }}", "1: function \"nope\" not defined"),
        ("{{ 1e999 }}", "1: illegal number syntax: \"1e999\""),
        ("{{ 99999999999999999999 }}", "1: integer overflow: \"99999999999999999999\""),
    ] {
        assert_eq!(fault(template), want, "{template}");
    }
    // White space separates a field from what is before it.
    assert!(
        matches!(operand("{{ .a.b }}"), Expr::Field(_, path) if path.fields("{{ .a.b }}").count() == 2)
    );
    assert!(
        matches!(operand("{{ .a .b }}"), Expr::Field(_, path) if path.fields("{{ .a .b }}").count() == 1)
    );
    // Go accepts a pipe at the end of a pipeline.
    parsed("{{ print 1 | }}").unwrap();
    parsed("{{ range $i, $x := . }}{{ continue }}{{ end }}{{ $y := 1 }}{{ $y = 2 }}").unwrap();
}

#[test]
fn literals_are_read_as_go_reads_them() {
    for (literal, want) in [
        ("0x1F", Number::Int(31)),
        ("017", Number::Int(15)),
        ("0b11", Number::Int(3)),
        ("1_000", Number::Int(1000)),
        ("-5", Number::Int(-5)),
        ("+5", Number::Int(5)),
        ("'a'", Number::Int(97)),
        ("'\\n'", Number::Int(10)),
        ("1.5", Number::Float(1.5)),
        (".5", Number::Float(0.5)),
        ("1e3", Number::Float(1000.0)),
        ("0x1p4", Number::Float(16.0)),
        ("18446744073709551615", Number::Uint(u64::MAX)),
    ] {
        match operand(&format!("{{{{ {literal} }}}}")) {
            Expr::Number(_, number) => assert_eq!(number, want, "{literal}"),
            other => panic!("{literal}: {other:?}"),
        }
    }
    for (literal, want) in [
        (r#""a\tb\x41\101\u00e9\"""#, "a\tbAA\u{e9}\""),
        ("`a\\tb\r\n\"`", "a\\tb\n\""),
        (r#""""#, ""),
    ] {
        match operand(&format!("{{{{ {literal} }}}}")) {
            Expr::String(_, text) => assert_eq!(&*text, want, "{literal}"),
            other => panic!("{literal}: {other:?}"),
        }
    }
}

#[test]
fn nesting_is_bounded() {
    let deep =
        |count: usize| format!("{}{}", "{{ if 1 }}".repeat(count), "{{ end }}".repeat(count));
    parsed(&deep(100)).unwrap();
    assert!(fault(&deep(5000)).contains("nested deeper"));
    assert!(fault(&format!("{{{{ {}", "(".repeat(5000))).contains("nested deeper"));
}
