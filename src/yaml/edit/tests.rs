use std::sync::Arc;

use super::*;
use crate::source::{SourceId, apply};
use crate::yaml::parse;

/// Makes an edit at a JSON pointer, and returns the new text.
fn edited(
    text: &str,
    pointer: &str,
    edit: impl Fn(Node<'_>) -> Option<Vec<Edit>>,
) -> Option<String> {
    let stream = parse(SourceId::NOWHERE, &Arc::from(text));
    let node = stream.documents[0].root()?.pointer(pointer).expect("the pointer leads to a node");
    let new = apply(text, &edit(node)?).expect("edits of this text");
    let again = parse(SourceId::NOWHERE, &Arc::from(new.as_str()));
    assert!(again.errors.is_empty(), "{new:?}: {:?}", again.errors);
    Some(new)
}

fn put(text: &str, pointer: &str, missing: &[&str], value: &NewValue) -> String {
    let missing: Vec<String> = missing.iter().map(|key| (*key).to_owned()).collect();
    edited(text, pointer, |node| set(node, &missing, value)).expect("an edit")
}

fn cut(text: &str, pointer: &str) -> String {
    edited(text, pointer, remove).expect("an edit")
}

fn word(text: &str) -> NewValue {
    NewValue::Text(text.to_owned())
}

fn map(entries: &[(&str, NewValue)]) -> NewValue {
    NewValue::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

#[test]
fn a_scalar_keeps_its_quotes_its_comment_and_its_line_end() {
    assert_eq!(
        put("a: yes # why\r\nb: 1\r\n", "/a", &[], &NewValue::Bool(false)),
        "a: false # why\r\nb: 1\r\n"
    );
    assert_eq!(put("a: 'x'\n", "/a", &[], &word("it's")), "a: 'it''s'\n");
    assert_eq!(put("a: \"x\"", "/a", &[], &word("y")), "a: \"y\"");
    assert_eq!(put("- 1\n- 2 # two\n", "/1", &[], &NewValue::Int(3)), "- 1\n- 3 # two\n");
}

#[test]
fn a_text_is_quoted_where_it_would_be_read_as_something_else() {
    for text in [
        "no", "1", "1.10", "0x1", "22:30", "", " a", "a: b", "#a", "null", "~", "y", "*a", "&a",
        "[a", "{a", "!a", "a #b", "1e3",
    ] {
        let new = put("a: b\n", "/a", &[], &word(text));
        assert!(new.starts_with("a: \""), "{new}");
        let stream = parse(SourceId::NOWHERE, &Arc::from(new.as_str()));
        let read = stream.documents[0]
            .root()
            .and_then(|root| root.get("a"))
            .and_then(|node| node.as_str());
        assert_eq!(read, Some(text));
    }
    assert_eq!(
        put("a: b\n", "/a", &[], &word("kubernetes.io/hostname")),
        "a: kubernetes.io/hostname\n"
    );
}

#[test]
fn a_key_is_added_behind_the_last_one_at_its_column() {
    let value = NewValue::Bool(true);
    assert_eq!(
        put("a:\n    b: 1 # one\n\nc: 2\n", "/a", &["d"], &value),
        "a:\n    b: 1 # one\n    d: true\n\nc: 2\n"
    );
    assert_eq!(put("a:\n  b: 1", "/a", &["d"], &value), "a:\n  b: 1\n  d: true");
    assert_eq!(
        put("- name: x\n  b:\n- c: 1\n", "/0", &["d"], &value),
        "- name: x\n  b:\n  d: true\n- c: 1\n"
    );
    assert_eq!(
        put("a: |\n  text\n\n# end\nb: |\n  more\n", "", &["d"], &value),
        "a: |\n  text\n\n# end\nb: |\n  more\nd: true\n"
    );
    assert_eq!(put("\u{feff}a: 1\r\n", "", &["b"], &value), "\u{feff}a: 1\r\nb: true\r\n");
    assert_eq!(put("a: 1\n---\nb: 2\n", "", &["c"], &value), "a: 1\nc: true\n---\nb: 2\n");
}

#[test]
fn missing_maps_are_made_with_the_indentation_of_the_document() {
    let drop = map(&[("capabilities", map(&[("drop", NewValue::List(vec![word("ALL")]))]))]);
    assert_eq!(
        put("spec:\n    list:\n    - name: x\n", "/spec/list/0", &["securityContext"], &drop),
        "spec:\n    list:\n    - name: x\n      securityContext:\n          capabilities:\n              drop:\n              - ALL\n"
    );
    assert_eq!(
        put("a: {} # none\n  # b: 1\n", "/a", &["b", "c"], &NewValue::Int(1)),
        "a: # none\n  b:\n    c: 1\n  # b: 1\n"
    );
    assert_eq!(put("a:\nb: 1\n", "", &["a", "c"], &NewValue::Int(1)), "a:\n  c: 1\nb: 1\n");
    assert_eq!(put("a: null\n", "", &["a", "c"], &NewValue::Int(1)), "a:\n  c: 1\n");
    assert_eq!(put("a: ~ # x\n", "", &["a"], &NewValue::Int(1)), "a: 1 # x\n");
}

#[test]
fn braces_and_json_are_edited_within_their_line() {
    assert_eq!(
        put("a: {b: 1}\n", "/a", &["c"], &map(&[("d", word("x"))])),
        "a: {b: 1, c: {d: x}}\n"
    );
    assert_eq!(put("a: { b: {} }\n", "/a/b", &["c"], &word("no")), "a: { b: {c: \"no\"} }\n");
    assert_eq!(put("{\"a\": 1}", "", &["b"], &word("x")), "{\"a\": 1, \"b\": \"x\"}");
    assert_eq!(put("a: [1, 2]\n", "/a/0", &[], &NewValue::Int(3)), "a: [3, 2]\n");
}

#[test]
fn a_collection_is_replaced_whole() {
    let new = put("a:\n  - 1\n  - 2\nb: 1\n", "/a", &[], &NewValue::List(vec![word("x")]));
    assert_eq!(new, "a:\n  - x\nb: 1\n");
    assert_eq!(put("a:\n  b: 1\nc: 1\n", "/a", &[], &NewValue::Bool(true)), "a: true\nc: 1\n");
    assert_eq!(put("a: |\n  x\n  y\nc: 1\n", "/a", &[], &word("z")), "a: z\nc: 1\n");
    assert_eq!(put("- a: 1\n  b: 2\n- c\n", "/0", &[], &word("z")), "- z\n- c\n");
}

#[test]
fn a_collection_with_comments_in_it_is_left_alone() {
    let new = word("new");
    for (text, pointer) in [
        ("a:\n  b: 1 # why\n  c: 2\nd: 1\n", "/a"),
        ("a:\n  - b: 1\n    # why\n    c: 2\n", "/a/0"),
    ] {
        assert_eq!(edited(text, pointer, |node| set(node, &[], &new)), None, "{text}");
    }
    assert_eq!(put("a:\n  b: 'x # y'\n  c: z#\n", "/a", &[], &new), "a: new\n");
    assert_eq!(put("a:\n  b: 1\n# why\nd: 1\n", "/a", &[], &new), "a: new\n# why\nd: 1\n");
}

#[test]
fn an_item_is_appended_as_the_others_are_written() {
    let add = |text, pointer| {
        edited(text, pointer, |node| {
            append(node, &[], &map(&[("name", word("z")), ("value", word("1"))]))
        })
    };
    assert_eq!(
        add("env:\n- name: x # one\n", "/env").as_deref(),
        Some("env:\n- name: x # one\n- name: z\n  value: \"1\"\n")
    );
    assert_eq!(
        add("env:\n  - name: x\nz: 1\n", "/env").as_deref(),
        Some("env:\n  - name: x\n  - name: z\n    value: \"1\"\nz: 1\n")
    );
    assert_eq!(
        add("env: [{name: x}]\n", "/env").as_deref(),
        Some("env: [{name: x}, {name: z, value: \"1\"}]\n")
    );
    assert_eq!(add("env: []\n", "/env").as_deref(), Some("env:\n  - name: z\n    value: \"1\"\n"));
    assert_eq!(add("env: x\n", "/env"), None);
}

#[test]
fn an_entry_or_item_is_taken_out_with_its_lines() {
    assert_eq!(cut("# top\na: 1\nb: # x\n  c: 1\nd: 1\n", "/b"), "# top\na: 1\nd: 1\n");
    assert_eq!(cut("- name: x\n  value: 1\n", "/0/name"), "- value: 1\n");
    assert_eq!(cut("a:\n  b: 1\n", "/a/b"), "a: {}\n");
    assert_eq!(cut("a:\n  - x\n  - y: 1\n    z: 2\n  - w\n", "/a/1"), "a:\n  - x\n  - w\n");
    assert_eq!(cut("a: [x, y, z]\n", "/a/2"), "a: [x, y]\n");
    assert_eq!(cut("a: {x: 1, y: 2}\n", "/a/x"), "a: {y: 2}\n");
    assert_eq!(cut("a: 1\r\nb: 2", "/b"), "a: 1");
    assert_eq!(cut("a:\n  - x\nb: 1\n", "/a/0"), "a: []\nb: 1\n");
}

#[test]
fn a_key_is_renamed_where_it_stands() {
    let named =
        |text, pointer| edited(text, pointer, |node| rename(node, "replicas")).expect("an edit");
    assert_eq!(named("replica: 1 # one\n", "/replica"), "replicas: 1 # one\n");
    assert_eq!(named("{\"replica\": 1}", "/replica"), "{\"replicas\": 1}");
}

#[test]
fn what_several_places_share_is_left_alone() {
    let text = "a: &x\n  b: 1\nc: *x\n";
    let nothing = |pointer| edited(text, pointer, |node| set(node, &[], &NewValue::Int(2)));
    assert_eq!(nothing("/a/b"), None);
    assert_eq!(nothing("/c"), None);
    assert_eq!(
        edited("? a\n: 1\n", "", |node| set(node, &["b".to_owned()], &NewValue::Null)),
        None
    );
}
