use super::*;
use crate::helm::value::Entries;

fn text(text: &str) -> Value {
    Value::str(text, OriginId::NONE)
}

fn map(entries: Vec<(&str, Value)>) -> Value {
    let entries: Entries = entries.into_iter().map(|(k, v)| (k.into(), v)).collect();
    Value::map(entries, OriginId::NONE)
}

fn written(value: &Value) -> String {
    emit(value, Dialect::V2, &Origins::default()).unwrap().as_str().to_owned()
}

#[test]
fn lists_stand_at_the_column_of_their_key() {
    let item = map(vec![("a", text("x")), ("b", Value::list(vec![text("y")], OriginId::NONE))]);
    let value = map(vec![("list", Value::list(vec![item], OriginId::NONE))]);
    assert_eq!(written(&value), "list:\n- a: x\n  b:\n  - \"y\"");
    assert_eq!(
        emit(&value, Dialect::V3, &Origins::default()).unwrap().as_str(),
        "list:\n  - a: x\n    b:\n      - \"y\""
    );
}

#[test]
fn texts_that_would_read_as_something_else_are_quoted() {
    for (given, want) in [
        ("plain", "plain"),
        ("", "\"\""),
        ("yes", "\"yes\""),
        ("012", "\"012\""),
        ("2001-01-01", "\"2001-01-01\""),
        ("22:22", "\"22:22\""),
        ("<<", "<<"),
        ("a: b", "'a: b'"),
        ("it's", "it's"),
        ("'x'", "'''x'''"),
        (" lead", "' lead'"),
        ("tab\there", "\"tab\\there\""),
        ("- item", "'- item'"),
        ("-x", "-x"),
        ("a #b", "'a #b'"),
        ("two\nlines", "|-\n  two\n  lines"),
        ("two\nlines\n", "|\n  two\n  lines"),
        ("ends\n\n", "|+\n  ends\n"),
        ("trailing \nspace", "\"trailing \\nspace\""),
    ] {
        assert_eq!(written(&text(given)), want, "{given:?}");
    }
}

#[test]
fn separators_of_lines_and_paragraphs_break_a_line() {
    for (given, want) in [
        ("a\u{2028}b", "'a\u{2028}  b'"),
        ("a\u{2029}\u{2028}b", "'a\u{2029}\u{2028}  b'"),
        ("a\u{2029} b", "\"a\\P b\""),
        ("a: \u{2028}b", "\"a: \\Lb\""),
        ("a\nb\u{2028}c", "|-\n  a\n  b\u{2028}  c"),
    ] {
        assert_eq!(written(&text(given)), want, "{given:?}");
    }
    let inner = map(vec![("b", text("x\u{2028}y"))]);
    assert_eq!(written(&map(vec![("a", inner)])), "a:\n  b: 'x\u{2028}    y'");
    assert_eq!(written(&map(vec![("x\u{2028}y", text("a"))])), "? 'x\u{2028}  y'\n: a");
}

#[test]
fn behind_a_byte_order_mark_every_character_is_escaped() {
    for (given, want) in [
        ("\u{feff}a b", r#""\uFEFF\x61\x20\x62""#),
        ("\u{feff}a: 1\n\"\\\t", r#""\uFEFF\x61\x3A\x20\x31\n\"\\\t""#),
        ("\u{feff}\u{e9}\u{20ac}\u{2028}", r#""\uFEFF\xE9\u20AC\L""#),
        ("a\u{feff}b", r#""a\uFEFFb""#),
    ] {
        assert_eq!(written(&text(given)), want, "{given:?}");
    }
    let long = format!("\u{feff}{}", "word ".repeat(20));
    assert!(!written(&text(&long)).contains(['\n', ' ']), "no blank is left to break the line at");
    assert_eq!(written(&map(vec![("\u{feff}k", text("a"))])), r#""\uFEFF\x6B": a"#);
}

#[test]
fn control_characters_that_json_lets_stand_are_refused() {
    for given in ["a\u{7f}", "\u{80}", "\u{9f}b", "\u{fffe}"] {
        let value = map(vec![("a", text("b")), ("c", text(given))]);
        assert!(emit(&value, Dialect::V2, &Origins::default()).is_err(), "{given:?}");
        assert!(emit(&value, Dialect::V3, &Origins::default()).is_ok(), "{given:?}");
        assert!(
            emit(&map(vec![(given, text("a"))]), Dialect::V2, &Origins::default()).is_err(),
            "{given:?}"
        );
    }
    assert_eq!(written(&text("a\u{1}\u{a0}")), "\"a\\x01\u{a0}\"");
}

#[test]
fn long_texts_fold_after_column_eighty() {
    let long = "word ".repeat(20);
    let folded = written(&map(vec![("k", text(long.trim_end()))]));
    let lines: Vec<_> = folded.lines().collect();
    assert_eq!(lines.len(), 2, "{folded}");
    assert!(lines[0].len() > 80 && lines[1].starts_with("  word"), "{folded}");
}

#[test]
fn numbers_are_written_as_json_reads_them() {
    let float = |value| Value::new(Data::Float(value), OriginId::NONE);
    assert_eq!(written(&float(1_000_000.0)), "1000000");
    assert_eq!(written(&float(1.5)), "1.5");
    assert_eq!(written(&float(1e21)), "1e+21");
    assert_eq!(written(&float(0.000_01)), "1e-05");
    let pretty =
        |value| emit(&float(value), Dialect::V3, &Origins::default()).unwrap().as_str().to_owned();
    assert_eq!([pretty(999_999.0), pretty(1_000_000.0), pretty(1.5)], ["999999", "1e+06", "1.5"]);
}

#[test]
fn keys_sort_by_their_numbers() {
    let value = map(vec![("a10", text("x")), ("a9", text("x")), ("A1", text("x"))]);
    assert_eq!(written(&value), "A1: x\na9: x\na10: x");
}
