//! Specifies the tree: small texts, and their trees.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::source::Sources;

fn read(text: &str) -> Stream {
    let text: Arc<str> = text.into();
    let source = Sources::default().add("test.yaml", Arc::clone(&text));
    parse(source, &text)
}

/// The part of the text that the span of the node at a JSON pointer covers.
fn slice<'a>(stream: &'a Stream, pointer: &str) -> &'a str {
    let document = &stream.documents[0];
    let node = document.root().and_then(|root| root.pointer(pointer)).expect("a node");
    &document.text()[node.span().range()]
}

#[test]
fn spans_cut_out_keys_and_values() {
    let stream = read(
        "spec:\n  replicas: 5 # five\n  name: 'it''s'\n  list:\n  - a\n  - {b: \"c\"}\n\n# end\n",
    );
    assert!(stream.errors.is_empty(), "{:?}", stream.errors);
    assert_eq!(slice(&stream, "/spec/replicas"), "5");
    assert_eq!(slice(&stream, "/spec/name"), "'it''s'");
    assert_eq!(slice(&stream, "/spec/list/1"), "{b: \"c\"}");
    assert_eq!(slice(&stream, "/spec/list"), "a\n  - {b: \"c\"}");
    let root = stream.documents[0].root().expect("a root");
    let name = root.at(&["spec", "name"]).expect("a name");
    assert_eq!(name.as_str(), Some("it's"));
    assert_eq!(&stream.documents[0].text()[name.key_span().expect("a key").range()], "name");
    let item = root.at(&["spec", "list", "1", "b"]).expect("an item");
    assert_eq!(item.path().to_string(), "spec.list[1].b");
    assert_eq!(stream.comments.len(), 2);
    assert!(!stream.comments[0].own_line && stream.comments[1].own_line);
}

#[test]
fn block_scalars_end_with_their_text() {
    let stream = read("a: |\n  one\n  two\n\n\nb: >-\n  x\n  y\n");
    assert_eq!(slice(&stream, "/a"), "one\n  two");
    let root = stream.documents[0].root().expect("a root");
    assert_eq!(root.get("a").and_then(Node::as_str), Some("one\ntwo\n"));
    assert_eq!(root.get("b").and_then(Node::as_str), Some("x y"));
}

#[test]
fn a_value_that_is_not_written_stands_behind_its_colon() {
    let text = "a:\nb: # nothing\nc: 1\n";
    let stream = read(text);
    let root = stream.documents[0].root().expect("a root");
    let place = |key: &str| root.get(key).map(|node| node.span().range());
    assert_eq!(place("a"), Some(2..2));
    assert_eq!(place("b"), Some(5..5));
    assert!(root.get("b").is_some_and(Node::is_null));
}

#[test]
fn keys_read_as_kubernetes_names_them() {
    let stream = read("on: 1\n010: 2\n\"yes\": 3\n");
    let root = stream.documents[0].root().expect("a root");
    let names: Vec<_> = root.entries().map(|entry| entry.name().into_owned()).collect();
    assert_eq!(names, ["true", "8", "yes"]);
    assert_eq!(root.get("true").and_then(Node::as_i64), Some(1));
}

#[test]
fn aliases_are_seen_through_and_say_where_they_stand() {
    let stream = read("a: &x {k: 1}\nb: *x\n");
    let root = stream.documents[0].root().expect("a root");
    let b = root.get("b").expect("b");
    assert_eq!(b.get("k").and_then(Node::as_i64), Some(1));
    let alias = b.alias_span().expect("an alias");
    assert_eq!(&stream.documents[0].text()[alias.range()], "*x");
}

#[test]
fn an_alias_with_its_colon_right_behind_it_is_a_key() {
    let stream =
        read("name: &app web\nrest:\n  *app:\n    port: 80\n  other: {*app: 1}\n  last: *app\n");
    assert_eq!(stream.errors, []);
    let root = stream.documents[0].root().expect("a root");
    assert_eq!(root.at(&["rest", "web", "port"]).and_then(Node::as_i64), Some(80));
    assert_eq!(root.at(&["rest", "other", "web"]).and_then(Node::as_i64), Some(1));
    assert_eq!(root.at(&["rest", "last"]).and_then(Node::as_str), Some("web"));
    let key = root.at(&["rest", "web"]).and_then(Node::key_span).expect("a key");
    assert_eq!(&stream.documents[0].text()[key.range()], "*app");

    // Of two anchors with the same name, the last one before the alias counts.
    let stream = read("a: &x one\nb: &x two\n*x: 1\nc: &x three\n");
    let root = stream.documents[0].root().expect("a root");
    assert_eq!(root.get("two").and_then(Node::as_i64), Some(1));

    for text in ["*none: 1\n", "a: &x 1\n*x:1\n", "a: *none:\n"] {
        assert!(!read(text).errors.is_empty(), "{text}");
    }
}

#[test]
fn an_anchor_has_a_name_that_helm_reads() {
    for text in
        ["a: &rbac.example.com\n", "a: [&'b' c]\n", "&1.2 a: b\n", "a: &\"b\"\n", "a: &b[c]\n"]
    {
        let fault = first_of(text).expect_err(text);
        assert!(fault.starts_with('&'), "{text}: {fault}");
    }
    for text in ["a: &b-c_1 d\ne: *b-c_1\n", "a: [&b, c]\n", "&a b: &c\n  d: e\n", "a: &b"] {
        assert!(first_of(text).is_ok(), "{text}");
    }
}

#[test]
fn merge_keys_apply_in_document_order() {
    let stream = read(
        "base: &base {a: 1, b: 1}\nafter:\n  <<: *base\n  a: 2\nbefore:\n  a: 2\n  <<: *base\nlist:\n  <<: [{a: 3}, {a: 4, c: 4}]\n",
    );
    let root = stream.documents[0].root().expect("a root");
    let int = |path: &[&str]| root.at(path).and_then(Node::as_i64);
    assert_eq!(int(&["after", "a"]), Some(2));
    assert_eq!(int(&["before", "a"]), Some(1));
    assert_eq!(int(&["list", "a"]), Some(3));
    assert_eq!(int(&["list", "c"]), Some(4));
    assert!(stream.errors.is_empty());
}

#[test]
fn a_repeated_key_is_reported_and_the_last_one_wins() {
    let stream = read("a: 1\nb: 2\na: 3\n");
    assert_eq!(stream.errors.len(), 1);
    let error = &stream.errors[0];
    assert_eq!(error.span.range(), 10..11);
    assert!(matches!(error.kind, ErrorKind::DuplicateKey { first } if first.range() == (0..1)));
    let root = stream.documents[0].root().expect("a root");
    assert_eq!(root.get("a").and_then(Node::as_i64), Some(3));
    assert_eq!(root.len(), 2);
}

#[test]
fn reading_goes_on_at_the_next_document() {
    let stream = read("a: 1\n---\nb: [1, 2\n---\nc: 3\n");
    assert_eq!(stream.documents.len(), 2);
    assert_eq!(stream.errors.len(), 1);
    assert!(stream.documents[1].root().is_some_and(|root| root.get("c").is_some()));
}

#[test]
fn byte_order_marks_and_carriage_returns_are_no_content() {
    let stream = read("\u{feff}a: 1\r\nb: x\r\n");
    assert!(stream.errors.is_empty(), "{:?}", stream.errors);
    assert_eq!(slice(&stream, "/a"), "1");
    assert_eq!(slice(&stream, "/b"), "x");
}

#[test]
fn a_comment_may_follow_a_value_at_once() {
    let stream = read("a: \"x\"# one\nb: [y]#\u{e9}\nc: |#three\n  z\nd: e#f # six\n");
    assert!(stream.errors.is_empty(), "{:?}", stream.errors);
    assert_eq!(slice(&stream, "/a"), "\"x\"");
    assert_eq!(slice(&stream, "/b/0"), "y");
    assert_eq!(slice(&stream, "/d"), "e#f");
    let text = stream.documents[0].text();
    let comments: Vec<_> = stream.comments.iter().map(|own| &text[own.span.range()]).collect();
    assert_eq!(comments, ["# one", "#\u{e9}", "#three", "# six"]);
}

#[test]
fn a_dash_is_a_text_in_flow_collections() {
    let stream = read("a: [cat, -]\nb: [-, -f]\nc: {d: -}\n");
    assert!(stream.errors.is_empty(), "{:?}", stream.errors);
    let root = stream.documents[0].root().expect("a root");
    for pointer in ["/a/1", "/b/0", "/c/d"] {
        assert_eq!(slice(&stream, pointer), "-");
        assert_eq!(root.pointer(pointer).expect("a node").as_str(), Some("-"));
    }
    assert_eq!(read("a: [- ]\n").errors.len(), 1);
}

#[test]
fn nothing_and_comments_only_hold_no_object() {
    for text in ["", "\n\n", "# only this\n", "---\n", "\u{feff}"] {
        let stream = read(text);
        assert!(stream.errors.is_empty(), "{text:?}");
        let nodes = stream
            .documents
            .iter()
            .filter_map(|document| document.root())
            .filter(|root| !root.is_null());
        assert_eq!(nodes.count(), 0, "{text:?}");
    }
}

#[test]
fn deep_nesting_is_refused() {
    for text in ["[".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(100_000)] {
        let stream = read(&text);
        assert!(stream.documents.is_empty());
        assert_eq!(stream.errors[0].kind, ErrorKind::Limit, "{:?}", stream.errors[0]);
    }
}

#[test]
fn aliases_that_expand_without_measure_are_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let alias = format!("*a{}, ", level - 1).repeat(10);
        text.push_str(&format!("a{level}: &a{level} [{alias}]\n"));
    }
    let stream = read(&text);
    assert!(stream.documents.is_empty());
    assert_eq!(stream.errors[0].kind, ErrorKind::Limit);
}

#[test]
fn a_value_that_contains_itself_is_refused() {
    let stream = read("a: &a [*a]\n---\nb: 1\n");
    assert!(stream.errors[0].message.contains("contains itself"), "{}", stream.errors[0].message);
    assert_eq!(stream.documents.len(), 1);
}

#[test]
fn tags_decide_and_must_fit() {
    let stream = read("a: !!str 5\nb: !!int \"5\"\n");
    let root = stream.documents[0].root().expect("a root");
    assert_eq!(root.get("a").and_then(Node::as_str), Some("5"));
    assert_eq!(root.get("b").and_then(Node::as_i64), Some(5));
    assert_eq!(read("a: !!int abc\n").errors.len(), 1);
}

#[test]
fn what_bears_a_tag_of_its_own_is_text() {
    let stream = read("a: !port 80\nb: !!secret true\nc: !empty\nd: !!timestamp 2020-01-02\n");
    let root = stream.documents[0].root().expect("a root");
    let texts = ["a", "b", "c", "d"].map(|key| root.get(key).and_then(Node::as_str));
    assert_eq!(texts, ["80", "true", "", "2020-01-02"].map(Some));
    assert_eq!(read("a: !!timestamp today\n").errors.len(), 1);
}

#[test]
fn binary_is_what_its_base64_says() {
    let stream = read("a: !!binary aGk=\nb: !!binary |\n  aG\n  k=\nc: !!binary \"/2E=\"\n");
    let root = stream.documents[0].root().expect("a root");
    let text = |key| root.get(key).and_then(Node::as_str);
    // Bytes that are not UTF-8 are as in JSON, through which Kubernetes and Helm read YAML.
    assert_eq!([text("a"), text("b"), text("c")], [Some("hi"), Some("hi"), Some("\u{fffd}a")]);
    assert_eq!(read("a: !!binary a b\n").errors.len(), 1);
    assert_eq!(read("a: !binary a b\n").errors.len(), 0);
}

#[test]
fn what_no_object_may_have_as_a_key_is_refused() {
    for (text, message) in [
        ("{a: 1}: 2\n", "a collection cannot be a key"),
        ("a: {{ .Values.x }}\n", "a collection cannot be a key"),
        ("~: 1\n", "null cannot be a key"),
        ("18446744073709551615: 1\n", "a number this large cannot be a key"),
    ] {
        let stream = read(text);
        assert_eq!(stream.errors[0].message, message, "{text}");
        assert!(stream.documents.is_empty(), "{text}");
    }
    let template = read("a: {{ .Values.x }}\n");
    assert!(template.errors[0].help.is_some_and(|help| help.contains("template")));
}

#[test]
fn a_merge_key_needs_mappings() {
    for text in ["a:\n  <<: 1\n", "a:\n  <<: [{b: 1}, 2]\n"] {
        let stream = read(text);
        assert_eq!(stream.errors.len(), 1, "{text}");
        assert!(stream.errors[0].message.contains("merge key"), "{text}");
    }
}

#[test]
fn aliases_do_not_nest_deeper_than_text_may() {
    let mut text = String::from("a0: &a0 [x]\n");
    for level in 1..400 {
        text.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    let stream = read(&text);
    assert!(stream.documents.is_empty());
    assert_eq!(stream.errors[0].kind, ErrorKind::Limit);
}

/// Each text grows to megabytes by repetition; parsing a text of twice the length may take about twice the time. Time
/// is not measured: a quadratic parser would not end within the timeout of a test.
#[test]
fn hostile_texts_are_read_in_linear_time() {
    let keys = (0..50_000).fold(String::new(), |keys, key| keys + &format!("k{key}: 1\n"));
    let repeated = format!("{keys}{}", "k49999: 1\n".repeat(50_000));
    let chain: String = (0..20_000)
        .map(|link| match link {
            0 => "a0: &a0 {k0: 1}\n".to_owned(),
            _ => format!("a{link}: &a{link} {{<<: *a{}, k{link}: 1}}\n", link - 1),
        })
        .collect();
    for text in [
        "? a\n".repeat(200_000),
        "- \n".repeat(200_000),
        "a:\n".repeat(200_000),
        "- *x\n".repeat(100_000),
        "- &a b\n".repeat(200_000),
        "a: [\n---\n".repeat(50_000),
        format!("b: &b {{{}}}\na:\n  <<: [{}]\n", "k: 1, ".repeat(1_000), "*b, ".repeat(50_000)),
        format!("a: \"{}\"\n", "\\n".repeat(500_000)),
        format!("a: |\n{}", "\n".repeat(1_000_000)),
        "# c\n".repeat(200_000),
        repeated,
        chain,
    ] {
        let stream = read(&text);
        for document in &stream.documents {
            let keys = document.root().into_iter().flat_map(Node::entries).count();
            assert!(keys <= 100_000);
        }
        assert!(stream.errors.len() <= 100_000);
    }
}

#[test]
fn a_nul_byte_is_an_error_at_its_place() {
    let stream = read("a: 1\nb: x\0y\n");
    assert_eq!(stream.errors.len(), 1, "{stream:?}");
    assert_eq!(stream.errors[0].span.start, 9, "{:?}", stream.errors);
}

#[test]
fn a_block_scalar_of_line_feeds_alone_keeps_them() {
    let stream = read("a: |+\n\n\nb: 1\n");
    let root = stream.documents[0].root().expect("a root");
    assert_eq!(root.get("a").and_then(Node::as_str), Some("\n\n"));
}

/// The first document of a text, or the part of the text that the first error covers.
fn first_of(text: &str) -> Result<String, String> {
    let stream = read(text);
    match stream.first() {
        Ok(document) => {
            let root = document.and_then(|document| document.root()).expect("a root");
            let entries =
                root.entries().map(|entry| format!("{}={}", entry.name(), entry.value.raw()));
            Ok(entries.collect::<Vec<_>>().join(" "))
        }
        Err(fault) => Err(text[fault.span.range()].to_owned()),
    }
}

#[test]
fn a_tab_stands_within_a_line_or_among_brackets() {
    for text in [
        "a:\tb\t# c\nd: e\t\n",
        "a: \"b\"\t\nc: d\n",
        "a: \"b\n\tc\"\nd: 'e\n\t\n f'\n",
        "a: {b: \"c\"\n\t}\n",
        "{\n\t\"a\": 1\n}\n",
        "a: [\n\t\"b\",\n \t{c: d},\n\t\te]\n",
        "a: {\n\tb: \"c\",\n\t# d\n\n\te: f}\ng:\n- [\n\th]\n",
        // After a plain scalar it is a blank, if it is indented like a further line of the scalar.
        "a: b\n  \t\nc: d\n",
        "a: b\n \tc\n",
        "a: |\n  b\n  \t\n  \tc\n",
        "a: |2\n  \tb\n",
    ] {
        assert!(first_of(text).is_ok(), "{text:?}");
    }
}

#[test]
fn a_tab_where_a_line_may_start_is_refused() {
    for text in [
        "\ta: b\n",
        "# a\n\t\nb: c\n",
        "a: b\n\t\nc: d\n",
        "a: b # c\n  \t\nd: e\n",
        "a: \"b\"\n  \t\nc: d\n",
        "a:\n\t# b\n  c: d\n",
        "a:\n- b\n\t\n- c\n",
        "a:\n-\tb\n",
        "a:\n\tb: c\n",
        "a: [\n\tb\n\t]\n",
        "a:\n- \tb: c\n",
        "a: {b: c}\n\t\nd: e\n",
        "a: |\n  \tb\n",
        "a: b\n\t\n---\nc: d\n",
        "a: \"b\"\n\t\n",
    ] {
        assert_eq!(first_of(text), Err("\t".to_owned()), "{text:?}");
    }
    let stream = read("a: b\n---\nc: d\n\t\n---\ne: f\n");
    assert_eq!((stream.documents.len(), stream.errors.len()), (2, 1), "{:?}", stream.errors);
}

#[test]
fn a_tab_before_what_stands_in_brackets_is_no_part_of_a_value() {
    let stream = read("a: [\n\t\"b\n\t\tc\",\n\t'd\te'\n  ]\nf: |\n  \tg\n");
    assert_eq!(stream.errors.len(), 1);
    let stream = read("a: [\n\t\"b\n\t\tc\",\n\t'd\te'\n  ]\nf: |\n  g\n  \th\n");
    assert_eq!(stream.errors, []);
    let root = stream.documents[0].root().expect("a root");
    let texts: Vec<_> = root.get("a").expect("a").items().map(|item| item.as_str()).collect();
    assert_eq!(texts, [Some("b c"), Some("d\te")]);
    assert_eq!(root.get("f").and_then(Node::as_str), Some("g\n\th\n"));
}

#[test]
fn a_byte_order_mark_within_a_document_is_a_character() {
    let stream = read("a: \u{feff}b\n\u{feff}c:\n  - \u{feff}\n");
    assert_eq!(stream.errors, []);
    let root = stream.documents[0].root().expect("a root");
    assert_eq!(root.get("a").and_then(Node::as_str), Some("\u{feff}b"));
    assert!(root.get("\u{feff}c").is_some());
}

#[test]
fn characters_that_are_none_in_yaml_1_1_are_refused_anywhere() {
    for (text, at) in [
        ("a: b\u{9f}\n", "\u{9f}"),
        ("# \u{1b}\na: b\n", "\u{1b}"),
        ("a: \u{ffff}\n", "\u{ffff}"),
        // A byte that is not UTF-8.
        ("a: caf\u{10fee9}\n", "\u{10fee9}"),
    ] {
        assert!(first_of(text).is_err_and(|found| found.contains(at)), "{text:?}");
    }
    assert_eq!(first_of("a: \u{e9}\u{1f600}\u{85}\n"), Ok("a=\u{e9}\u{1f600}\u{85}".to_owned()));
    let stream = read("a: b\n---\nc: \u{9f}\n---\ne: f\n");
    assert_eq!((stream.documents.len(), stream.errors.len()), (2, 1), "{:?}", stream.errors);
}

#[test]
fn what_json_cannot_say_is_no_value() {
    for text in ["a: .inf\n", "a: [-.Inf]\n", "a: {b: .nan}\n"] {
        assert!(first_of(text).is_err_and(|at| at.contains('.')), "{text:?}");
    }
    assert_eq!(
        first_of(".inf: 1\n\"b\": \".inf\"\nc: +Inf\n"),
        Ok(".inf=1 b=.inf c=+Inf".to_owned())
    );
}

#[test]
fn escapes_that_json_has_and_yaml_1_1_has_not_are_refused_outside_of_json() {
    assert_eq!(first_of("a: \"b\\/c\"\n"), Err("\\/".to_owned()));
    assert_eq!(first_of("a: \"\\ud83d\\ude00\"\n"), Err("\\ud83d".to_owned()));
    assert_eq!(first_of("a: \"\\\\/ \\u00e9\"\nb: c\\/d\n"), Ok("a=\\/ \u{e9} b=c\\/d".to_owned()));
    assert_eq!(first_of("{\"a\": \"b\\/c\"}\n"), Ok("a=b/c".to_owned()));
}

#[test]
fn what_follows_a_whole_document_does_not_break_it() {
    assert_eq!(first_of("  a: 1\nb: 2\n"), Ok("a=1".to_owned()));
    assert_eq!(read("  a: 1\nb: 2\n").errors.len(), 1);
    assert_eq!(first_of("a: 1\n...\n[\n"), Ok("a=1".to_owned()));
}

#[test]
fn nodes_are_small() {
    assert!(std::mem::size_of::<super::tree::NodeData>() <= 32);
}

fn check_spans(node: Node<'_>, depth: usize) {
    let span = node.span();
    let text = node.document().text();
    assert!(text.get(span.range()).is_some(), "{span:?} lies on character boundaries");
    if depth > 40 || node.alias_span().is_some() {
        return;
    }
    for child in node.items().chain(node.written().flat_map(|entry| [entry.key, entry.value])) {
        if child.alias_span().is_none() {
            assert!(
                child.span().start >= span.start && child.span().end <= span.end,
                "{child:?} in {node:?}"
            );
        }
        check_spans(child, depth + 1);
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "[-a-c?:<~{}\\[\\],&*!|>'\"#%\n \té\u{feff}]{0,80}") {
        for document in &read(&text).documents {
            if let Some(root) = document.root() {
                check_spans(root, 0);
            }
        }
    }
}

/// Compares a part of a text with the same part with only blanks before it, and a line end after it.
#[track_caller]
fn reads_as_if_alone(before: &str, part: &str, after: &str) {
    let text: Arc<str> = [before, part, after].concat().into();
    let source = Sources::default().add("test.yaml", Arc::clone(&text));
    let own = parse_part(source, &text, before.len()..before.len() + part.len());
    let blank = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
    let blanks: String = before.bytes().map(blank).collect();
    let end = if after.contains('\n') { "\n" } else { "" };
    let alone = parse(source, &[&blanks, part, end].concat().into());
    assert_eq!(own.errors, alone.errors, "{text:?}");
    assert_eq!(own.comments, alone.comments, "{text:?}");
    assert_eq!(own.documents.len(), alone.documents.len(), "{text:?}");
    for (own, alone) in own.documents.iter().zip(&alone.documents) {
        assert!(Arc::ptr_eq(own.text(), &text));
        assert_eq!((&own.nodes, &own.children), (&alone.nodes, &alone.children), "{text:?}");
        assert_eq!((&own.owned, &own.tags), (&alone.owned, &alone.tags), "{text:?}");
        assert_eq!(own.span(), alone.span(), "{text:?}");
    }
}

#[test]
fn a_part_of_a_text_is_read_in_its_place() {
    for part in [
        "a: 1\n    b: {c: \"d\\n\", e: 'f''g'} # h\n",
        "a: &x\n      b: !t c\n    d: *x\n    <<: *x",
        "a: |\n      text\n\n    b: >-\n      x\n      y\n",
        "a: 1\n    a: 2\n",
        "a: [1\n",
        "a: *unknown\n",
        "- a\n    - b: c\n---\n    d\n",
        "# nothing\n",
        "é: ü\n",
        "a: |\n      to the end",
    ] {
        reads_as_if_alone("spec:\n  values: |\n    ", part, "  other: 1\nlast: 2\n");
        reads_as_if_alone("    ", part, "");
        reads_as_if_alone("é: {", part, "} # é\n---\nb: 1");
    }
}
