use std::rc::Rc;

use super::TABLE;
use crate::helm::function::testing::{host, leaf, printed};
use crate::helm::origin::{OriginId, Origins};
use crate::helm::value::{Data, Value};

fn list(items: &[Value]) -> Value {
    Value::list(items.to_vec(), OriginId::NONE)
}

fn float(number: f64) -> Value {
    Value::new(Data::Float(number), OriginId::NONE)
}

/// Each row has a function, its arguments and its result.
fn check(rows: &[(&str, &[Value], &str)]) {
    for (name, args, want) in rows {
        let shown: Vec<_> = args.iter().map(crate::helm::print::plain).collect();
        assert_eq!(printed(TABLE, name, args), *want, "{name} {shown:?}");
    }
}

#[test]
fn texts_are_cut() {
    check(&[
        ("trunc", &[3.into(), "abcdef".into()], "abc"),
        ("trunc", &[(-2).into(), "abcdef".into()], "ef"),
        ("trunc", &[9.into(), "abc".into()], "abc"),
        ("substr", &[1.into(), 3.into(), "abcdef".into()], "bc"),
        ("substr", &[(-1).into(), 3.into(), "abcdef".into()], "abc"),
        ("substr", &[2.into(), (-1).into(), "abcdef".into()], "cdef"),
        ("trim", &[" \t a b\n".into()], "a b"),
        ("trimAll", &["$-".into(), "$-a-$".into()], "a"),
        ("trimPrefix", &["a".into(), "aab".into()], "ab"),
        ("trimSuffix", &["x".into(), "aab".into()], "aab"),
        ("abbrev", &[5.into(), "hello world".into()], "he..."),
    ]);
}

#[test]
fn the_case_of_letters_changes() {
    check(&[
        ("upper", &["h\u{e9}".into()], "H\u{c9}"),
        ("lower", &["ABC".into()], "abc"),
        ("title", &["a big-cat it's".into()], "A Big-Cat It'S"),
        ("untitle", &["Ab Cd".into()], "ab cd"),
        ("swapcase", &["aB".into()], "Ab"),
        ("camelcase", &["http_server".into()], "HttpServer"),
        ("snakecase", &["HTTPServer".into()], "http_server"),
        ("kebabcase", &["FirstName".into()], "first-name"),
    ]);
}

#[test]
fn a_letter_becomes_one_letter_whatever_the_case() {
    check(&[
        ("upper", &["stra\u{df}e \u{149} \u{fb01}".into()], "STRA\u{df}E \u{149} \u{fb01}"),
        ("upper", &["\u{1fb3}\u{1f80}\u{390}".into()], "\u{1fbc}\u{1f88}\u{390}"),
        ("lower", &["\u{130}X \u{391}\u{3a3}".into()], "ix \u{3b1}\u{3c3}"),
        (
            "title",
            &["\u{1c6}a \u{1c6} \u{df}a \u{10d0}".into()],
            "\u{1c5}a \u{1c5} \u{df}a \u{10d0}",
        ),
        ("swapcase", &["\u{df}A".into()], "\u{df}a"),
    ]);
}

#[test]
fn a_byte_that_is_no_text_is_lost_with_the_case() {
    let given = "a\u{10feff}B";
    check(&[
        ("upper", &[given.into()], "A\u{fffd}B"),
        ("lower", &[given.into()], "a\u{fffd}b"),
        ("title", &[given.into()], "A\u{fffd}B"),
        ("untitle", &[given.into()], "a\u{fffd}B"),
        ("swapcase", &[given.into()], "A\u{fffd}b"),
    ]);
}

#[test]
fn bytes_count_as_characters_where_the_library_has_it_so() {
    check(&[
        ("nospace", &[" a b\n".into()], "ab"),
        ("nospace", &["h\u{e9} x".into()], "h\u{c3}\u{a9}x"),
        ("initials", &["First try".into()], "Ft"),
        ("initials", &["\u{e9}t\u{e9}".into()], "\u{c3}"),
    ]);
}

#[test]
fn values_become_texts() {
    check(&[
        ("quote", &["a\"b".into(), Value::NIL, float(1e6)], "\"a\\\"b\" \"1e+06\""),
        ("squote", &["a".into(), 1.into()], "'a' '1'"),
        ("cat", &["a".into(), Value::NIL, 2.into()], "a 2"),
        ("cat", &["".into(), "a".into(), "".into()], " a "),
        ("toString", &[float(1.0)], "1"),
        ("join", &["-".into(), list(&["a".into(), 1.into(), Value::NIL])], "a-1"),
        ("join", &["-".into(), "a".into()], "a"),
        ("toStrings", &[list(&[1.into(), "x".into()])], "[1 x]"),
        ("sortAlpha", &[list(&["b".into(), 10.into(), "a".into()])], "[10 a b]"),
        // A byte that is not UTF-8 is replaced by a character.
        ("trunc", &[2.into(), "h\u{e9}".into()], "h\u{10fec3}"),
        ("trunc", &[(-1).into(), "h\u{e9}".into()], "\u{10fea9}"),
        ("trunc", &[2.into(), "\u{10feff}ab".into()], "\u{10feff}a"),
        ("trunc", &[(-2).into(), "a\u{10feff}\u{10fefe}".into()], "\u{10feff}\u{10fefe}"),
        ("substr", &[1.into(), 3.into(), "\u{10feff}abc".into()], "ab"),
        ("substr", &[0.into(), 2.into(), "h\u{e9}".into()], "h\u{10fec3}"),
        ("abbrev", &[5.into(), "h\u{e9}llo you".into()], "h\u{10fec3}..."),
        ("quote", &["h\u{10fec3}".into()], "\"h\\xc3\""),
        ("plural", &["one".into(), "many".into(), 1.into()], "one"),
        ("plural", &["one".into(), "many".into(), 0.into()], "many"),
    ]);
}

#[test]
fn texts_are_split_and_filled() {
    check(&[
        ("split", &[",".into(), "a,b".into()], "map[_0:a _1:b]"),
        ("splitn", &[",".into(), 2.into(), "a,b,c".into()], "map[_0:a _1:b,c]"),
        ("splitn", &["".into(), 2.into(), "abc".into()], "map[_0:a _1:bc]"),
        ("splitn", &["".into(), 0.into(), "abc".into()], "map[]"),
        ("splitn", &["".into(), (-1).into(), "abc".into()], "map[_0:a _1:b _2:c]"),
        ("splitList", &[",".into(), "a,,b".into()], "[a  b]"),
        ("indent", &[2.into(), "a\nb".into()], "  a\n  b"),
        ("nindent", &[1.into(), "a\n\nb".into()], "\n a\n \n b"),
        ("repeat", &[2.into(), "ab".into()], "abab"),
        ("replace", &["a".into(), "b".into(), "aca".into()], "bcb"),
        ("contains", &["b".into(), "abc".into()], "true"),
        ("hasPrefix", &["b".into(), "abc".into()], "false"),
        ("hasSuffix", &["c".into(), "abc".into()], "true"),
        ("wrap", &[5.into(), "aa bb cc".into()], "aa bb\ncc"),
    ]);
}

#[test]
fn a_text_of_which_nothing_is_left_names_what_it_was() {
    let origins = Rc::new(Origins::default());
    let name = leaf(&origins, "name");
    let called = |function: &str, args: &[Value]| {
        let (_, function) = TABLE.iter().find(|(known, _)| *known == function).unwrap();
        function(&host(&origins), args).unwrap()
    };
    for (function, args) in [
        ("trim", &[Value::str(" ", name)][..]),
        ("trimAll", &["-".into(), Value::str("--", name)]),
        ("trimPrefix", &["v".into(), Value::str("v", name)]),
        ("trimSuffix", &["v".into(), Value::str("v", name)]),
        ("trunc", &[0.into(), Value::str("v", name)]),
        ("substr", &[1.into(), 1.into(), Value::str("v", name)]),
    ] {
        let left = called(function, args);
        assert_eq!(left.own_origin(&origins), origins.derived(name), "{function}");
    }
    // A part that is missing keeps the origins as well.
    let parts = called("split", &[":".into(), Value::str("image", name)]);
    assert_eq!(parts.own_origin(&origins), origins.derived(name));
}
