//! Compares the quick reader with the full grammar: whatever it reads, it must read as granit does.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::parse::{Stream, parse_fully};
use super::{parse, parse_parts, parts};
use crate::source::{SourceId, Sources};

fn take_in(text: &str) -> (SourceId, Arc<str>) {
    let text: Arc<str> = text.into();
    (Sources::default().add("test.yaml", Arc::clone(&text)), text)
}

/// Compares the results of both readers for a text, and for each of its documents alone; false if the quick reader gave
/// up.
#[track_caller]
fn reads_alike(text: &str) -> bool {
    let (source, text) = take_in(text);
    let (quick, apart) = (parse(source, &text), parse_parts(source, &text, parts(&text, 0)));
    let full = parse_fully(source, &text);
    for quick in quick.iter().chain(&apart) {
        assert_eq!(quick.errors, full.errors, "{text:?}");
        assert_eq!(quick.comments, full.comments, "{text:?}");
        assert_eq!(shape(quick), shape(&full), "{text:?}");
    }
    quick.is_some()
}

/// The numbers and texts in every document.
fn shape(stream: &Stream) -> Vec<impl PartialEq + std::fmt::Debug + '_> {
    let documents = stream.documents.iter();
    documents
        .map(|document| {
            let (nodes, children, hints) = (&document.nodes, &document.children, &document.hints);
            (nodes, children, hints, &document.owned, document.root, document.start, document.end)
        })
        .collect()
}

#[test]
fn the_common_shapes_are_read_quickly() {
    for text in [
        "a: 1\nb:\n  c: x y\n  d: \"q\"\n  e: 's'\n",
        "a:\n- b\n- c: 1\n  d: 2\n-\n  e: 3\n- - f\n  - g\nh: i\n",
        "a:\n  - b\n  -\n  - c\n",
        "a:\n- |\n  b\n- >-\n  c\nd:\n-\n  e: f\n- # g\n  h: i\nj:\n  - # k\n  - l\n",
        "# head\na: b # tail\n\n  # between\nc:\n# above\n  d:\n",
        "---\n# Source: x\na: 1\n---\n---\nb: 2\n",
        "a: {b: c, \"d\": [e, 'f', -1, --g]}\nh: []\ni: {}\n",
        "a: [b,\n    {c: d},\n  ]\n",
        "a: [b#c, https://d.example/#e, {f#g: h#}]\n",
        "{\"a\": 1, \"b\": {\"c\":[true, null]}}\n",
        "a: |\n  b\n\n   c\n  \n# d\ne: |-\n  f\ng: |+\n  h\n\ni: j\n",
        "a: |2-\n    b\n   c\n",
        "a: |",
        "a:\n  - b: >- ",
        "a: |\n\n# b\nc:\n  d: >-\n  # e\n  f: |\n    # g\n",
        "a: |\n\n  b\nc: |\nd: >-\n  e\n  f\n\n  g\n",
        "a: |2\n\n \n    b\n   c\nd: >\n\n  e\n  f\n    g\n\n   h\n  i\n  j\n",
        "a: b\n  c\n\n  d - e\nf: g\n",
        "a: 'b\n\n  c '' d'\ne: \"f\n  \\\"g\\\" \"\n",
        "a: \"b \\\n  \\ c \\\n\n  d\\n\\\n  e\"\n",
        "a:\n  {}\nb:\n  []\nc:\n  |\n    d\n",
        "a: \"b\\n\\tc\\\\\"\n",
        "a: é # ü\n",
        "yes: 010\n\"on\": ~\na-b/c.d: 1:2\n",
        "a: b\na: c\n",
        "a: &x 1\nb: *x\n",
        "a: &x b # c\nd: &y-z 'e'\nf: [*x, *y-z]\ng: {h: *x, i: j}\n",
        "a: &x\n  b: c\nd:\n  <<: *x\n  e: f\n",
        "a: &x # b\n  - c\n  - &y d\n  - *y\ne: *x\n",
        "a: &x\n- b\nc: *x\n",
        "a: &x |\n  b\n\nc: &y >-\n  d\n  e\nf: &z g\n  h\ni: [*x, *y, *z]\n",
        "a: &x {b: c}\nd: &y [e]\nf:\n  <<: [*x, *x]\n  g: *y\n",
        "a:\n  - &x\n    b: c\n  - &y [d]\n  - <<: *x\n",
        "a: &x 1\nb: &x 2\nc: *x\n",
        "a: &x 1\n---\na: &x 2\nb: *x\n",
    ] {
        assert!(reads_alike(text), "{text:?}");
    }
}

#[test]
fn what_is_rare_or_wrong_is_left_to_the_full_grammar() {
    for text in [
        "",
        "\u{feff}a: 1\n",
        "a: 1\r\n",
        "a: *x\n",
        "a: &x\n  b: *x\n",
        "a: &x 1\n---\nb: *x\n",
        "a: &x &y 1\n",
        "a: &x *x\n",
        "a: &x\nb: *x\n",
        "&x a: b\n",
        "- &x a: b\n",
        "a: &x 1\n*x : b\n",
        "a: &x 1\nb: {*x : c}\n",
        "a: [&x b]\n",
        "a: [b #c\n  ]\n",
        "a: &é b\n",
        "a: !!str 1\n",
        "%YAML 1.2\n---\na: 1\n",
        "? a\n: b\n",
        "a:\tb\n",
        "a: b: c\n",
        "a: b\n c: d\n",
        "a:\n  - b\n - c\n",
        "a: [b\n",
        "a: \"b\n",
        "a: \"\\x41\"\n",
        "a: \"\\/\"\n",
        "a: \u{9f}\n",
        "a: 1\n...\n",
        "text\n",
        "a: @b\n",
        "a: {b, c: d}\n",
        "a: 1\n- b\n",
        "- a\nb: 1\n",
        "a: |\n   b\n  c\n",
    ] {
        let (source, text) = take_in(text);
        assert!(parse(source, &text).is_none(), "{text:?}");
    }
}

#[test]
fn long_texts_are_read_in_parts_that_begin_with_a_document() {
    let text = "a: 1\n---\nb: |\n  ---\n--- # c\n---d: 2\n...\n---";
    let parted =
        |length| parts(text, length).into_iter().map(|part| &text[part]).collect::<Vec<_>>();
    assert_eq!(parted(0), ["a: 1\n", "---\nb: |\n  ---\n", "--- # c\n---d: 2\n...\n---"]);
    assert_eq!(parted(6), ["a: 1\n---\nb: |\n  ---\n", "--- # c\n---d: 2\n...\n---"]);
    assert_eq!(parted(100), [text]);
}

/// The files in this repository, and collections of real ones if they are available.
#[test]
fn real_files_read_alike() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut quick = 0;
    let folders = ["rules", "fixtures", "../shared/rules/labelled", "../shared/repos"];
    for folder in folders {
        for entry in walkdir::WalkDir::new(root.join(folder)).into_iter().flatten() {
            if let Ok(text) = std::fs::read_to_string(entry.path()) {
                quick += usize::from(reads_alike(&text));
            }
        }
    }
    assert!(quick > 300, "{quick}");
}

/// Characters and words with a meaning in YAML, and others.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a: &g ", "&h\n", "*g\n", "*h\n", "\n", "\n\n", "\n  ", "\n    ", "\n      ", " ", "  ",
        "- ", "-", ": ", ":", ":\n", "#", " # ", "|\n", "|-\n", "|+\n", ">\n", ">-\n", "|2\n",
        ">2\n", "'", "''", "\"", "\\\"", "\\n", "\\", "{", "}", "[", "]", ", ", ",", "---\n",
        "\n---\n", "...\n", "a", "b c", "d: e\n", "f:\n  ", "é", "\t", "&g ", "*g", "!h ", "? ",
        "%", "<<: ", "~", "0x1", "yes", "\u{2028}", "\r\n", "\u{9f}", "\\/", ".inf", "\n\t",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_reads_alike(pieces in prop::collection::vec(piece(), 0..24)) {
        reads_alike(&pieces.concat());
    }

    /// Texts that would be YAML without a few pieces.
    #[test]
    fn texts_with_a_fault_read_alike(
        lines in prop::collection::vec(
            (0_usize..4, prop::sample::select(vec![
                "a: b", "c:", "- d", "- e: f", "-", "g: |", "h: >-", "i: [j, k]", "l: {m: n}",
                "o: \"p\"", "x: &y z", "a: &y", "- *y", "b: *y", "<<: *y", "'q': r # s", "# t", "u v", "w: x: y", "", "---",
            ])),
            1..12,
        ),
        piece in piece(),
        at in 0_usize..80,
    ) {
        let lines = lines.iter().map(|(depth, line)| format!("{}{line}\n", "  ".repeat(*depth)));
        let mut text: String = lines.collect();
        let at = text.floor_char_boundary(at.min(text.len()));
        text.insert_str(at, piece);
        reads_alike(&text);
    }
}
