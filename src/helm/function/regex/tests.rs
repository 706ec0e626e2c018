use std::rc::Rc;

use proptest::prelude::*;

use super::pattern::Pattern;
use super::{TABLE, syntax};
use crate::helm::eval::Evaluator;
use crate::helm::function::testing::printed;
use crate::helm::origin::{OriginId, Origins};
use crate::helm::value::{Data, Value};

fn run(name: &str, args: &[&str]) -> String {
    let args: Vec<Value> = args.iter().map(|text| (*text).into()).collect();
    printed(TABLE, name, &args)
}

fn counted(name: &str, pattern: &str, subject: &str, count: i64) -> String {
    let value = crate::helm::function::testing::called(
        TABLE,
        name,
        &[pattern.into(), subject.into(), count.into()],
    )
    .expect("a valid pattern");
    let Data::List(items) = value.data else { panic!("a list") };
    let items: Vec<_> =
        items.borrow().iter().map(|item| item.as_str().expect("a string").to_owned()).collect();
    items.join("|")
}

#[test]
fn classes_are_ascii() {
    assert_eq!(run("regexMatch", &[r"^\w+$", "caf\u{e9}"]), "false");
    assert_eq!(run("regexMatch", &[r"^\pL+$", "caf\u{e9}"]), "true");
    assert_eq!(run("regexMatch", &[r"^[\d]$", "\u{663}"]), "false");
    assert_eq!(run("regexMatch", &[r"^[^\s&&a]+$", "b-[~"]), "true");
    assert_eq!(run("regexMatch", &[r"^[[a]$", "["]), "true");
    assert_eq!(run("regexMatch", &[r"\bdb\B", "my-dbs"]), "true");
}

#[test]
fn classes_of_characters_have_the_names_that_go_knows() {
    for name in ["Lu", "lu", "Uppercase_Letter", "UPPERCASE LETTER", "latin", "Any", "assigned"] {
        assert_eq!(run("regexFind", &[&format!(r"\p{{{name}}}"), "aA"]).len(), 1, "{name}");
    }
    assert_eq!(run("regexFind", &[r"[\p{^Digit}b]+\P{Cs}", "1a2"]), "a2");
    assert_eq!(run("regexFind", &[r"[\p{Cs}\PL]", "a1"]), "1");
    for name in ["Alphabetic", "White_Space", "Latn", "Old_Italic", "sc=Latin", "IsGreek", "^", ""]
    {
        let want =
            format!("error: error parsing regexp: invalid character class range: `\\p{{{name}}}`");
        assert_eq!(run("mustRegexMatch", &[&format!(r"\p{{{name}}}"), "a"]), want);
    }
}

#[test]
fn repetitions_within_each_other_are_counted_together() {
    for pattern in
        ["(a{10}){100}", "(a{10}b{100}){10}", "(?:(a{600}){0}){2}", "(a{2,}){500}", "(a{900}){0,1}"]
    {
        assert_eq!(run("mustRegexMatch", &[&format!("^{pattern}$"), "b"]), "false");
    }
    for (pattern, shown) in [
        ("(a{10}){101}", "{101}"),
        ("((a{10}){10}b){11}?", "{11}?"),
        ("(a{0,1000}){2}", "{2}"),
        ("x|(a|b{2,}){501}", "{501}"),
    ] {
        let want = format!("error: error parsing regexp: invalid repeat count: `{shown}`");
        assert_eq!(run("mustRegexMatch", &[pattern, "b"]), want);
    }
}

#[test]
fn a_name_of_two_groups_is_the_first_of_them() {
    assert_eq!(run("regexReplaceAll", &["(?P<a>x)(?P<a>y)", "xy", "${a}-$2"]), "x-y");
}

#[test]
fn a_text_beyond_ascii_is_matched_by_its_characters() {
    for (subject, want) in [("abc", "-bc"), ("\u{e9}bc", "-bc"), ("\u{e9}\u{e9}", "--")] {
        assert_eq!(run("regexReplaceAll", &["[^bc]", subject, "-"]), want);
    }
    assert_eq!(run("regexReplaceAll", &["(?i)k", "Kk\u{212a}", "-"]), "---");
    assert_eq!(run("regexReplaceAll", &["(?i)k", "Kk", "-"]), "--");
    assert_eq!(run("regexReplaceAll", &["", "\u{e9}", "-"]), "-\u{e9}-");
    assert_eq!(run("regexFind", &[r"\p{Lu}+|x{1,3}", "abCD"]), "CD");
}

#[test]
fn a_text_is_matched_alike_however_long_it_is() {
    for pattern in [r"\bx+$", "(?i)[^A-W ]+", "x{2,3}?", r"(?:[a-w]\s)(xx)", "x{700}|xx"] {
        let found = |subject: &str| run("regexFind", &[pattern, subject]);
        let long = format!("{}a xxx", "a".repeat(5000));
        assert_eq!(found("aa xxx"), found(&long), "{pattern}");
        assert_ne!(found("aa xxx"), "", "{pattern}");
    }
}

#[test]
fn what_go_takes_literally() {
    assert_eq!(run("regexMatch", &[r"^a{,2}$", "a{,2}"]), "true");
    assert_eq!(run("regexMatch", &[r"^{{x}}$", "{{x}}"]), "true");
    assert_eq!(run("regexMatch", &[r"^\Qa.b\E+$", "a.bb"]), "true");
    assert_eq!(run("regexMatch", &[r"^\_\<\x41\101$", "_<AA"]), "true");
    assert_eq!(run("regexMatch", &[r"^[]a]+$", "]a"]), "true");
    assert_eq!(run("regexReplaceAll", &["[^a-z0-9-_.]+", "a-b_c!/d", ""]), "a-b_cd");
}

#[test]
fn errors_read_as_in_go() {
    for (pattern, want) in [
        ("a[", "missing closing ]: `[`"),
        ("(a", "missing closing ): `(a`"),
        ("a)", "unexpected ): `a)`"),
        ("*a", "missing argument to repetition operator: `*`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("a{2}{3}", "invalid nested repetition operator: `{2}{3}`"),
        ("a(?=b)", "invalid or unsupported Perl syntax: `(?=`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        (r"\y", r"invalid escape sequence: `\y`"),
        (r"a\", "trailing backslash at end of expression"),
        ("[b-a]", "invalid character class range: `b-a`"),
    ] {
        assert_eq!(
            run("mustRegexMatch", &[pattern, ""]),
            format!("error: error parsing regexp: {want}"),
            "{pattern}"
        );
    }
    assert_eq!(run("regexMatch", &["a[", "a"]), "false");
    assert_eq!(
        run("regexFind", &["a[", "a"]),
        "error: regexp: Compile(`a[`): error parsing regexp: missing closing ]: `[`"
    );
}

#[test]
fn replacement_names_are_as_long_as_they_can_be() {
    let all = |pattern, subject, with| run("regexReplaceAll", &[pattern, subject, with]);
    assert_eq!(all("a(x*)b", "-ab-axxb-", "${1}W"), "-W-xxW-");
    assert_eq!(all("a(x*)b", "-ab-axxb-", "$1W"), "---");
    assert_eq!(all("(?P<one>a)", "ba", "<$one$$$x>"), "b<a$>");
    assert_eq!(all("(?P<1W>a)", "a", "$1W"), "a");
    assert_eq!(all("a", "a", "$ ${"), "$ ${");
    assert_eq!(all("x*", "axb", "-"), "-a-b-");
    assert_eq!(run("regexReplaceAllLiteral", &["a(x*)b", "-axb-", "${1}"]), "-${1}-");
}

#[test]
fn finding_and_splitting() {
    assert_eq!(run("regexFind", &["[a-z]+", "12ab34cd"]), "ab");
    assert_eq!(counted("regexFindAll", "[a-z]", "a1b2c3", 2), "a|b");
    assert_eq!(counted("regexFindAll", "[a-z]", "a1b2c3", -1), "a|b|c");
    assert_eq!(counted("regexFindAll", "[a-z]", "a1b2c3", 0), "");
    assert_eq!(counted("regexSplit", "z+", "pizzaz", -1), "pi|a|");
    assert_eq!(counted("regexSplit", "z", "pizza", 2), "pi|za");
    assert_eq!(counted("regexSplit", "", "abc", -1), "a|b|c");
    assert_eq!(run("regexQuoteMeta", &["a.b*c"]), r"a\.b\*c");
}

#[test]
fn kept_text_keeps_its_origin() {
    let origins = Rc::new(Origins::default());
    let (name, sep) = (crate::helm::function::testing::leaf(&origins, "name"), OriginId::NONE);
    let host = Evaluator::new(&[], Rc::clone(&origins), |_| None, |_| true);
    let (_, function) =
        TABLE.iter().find(|(known, _)| *known == "regexReplaceAll").expect("a function");
    let out =
        function(&host, &[Value::str("_", sep), Value::str("my_app", name), Value::str("-", sep)])
            .expect("a valid pattern");
    let Data::Str(rope) = out.data else { panic!("a string") };
    assert_eq!(rope.as_str(), "my-app");
    assert_eq!(rope.slice(0..2).origin(&origins), name);
    assert_eq!(rope.segments()[1].origin, origins.derived(name));
}

/// A piece of a pattern that is valid on its own.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a",
        "b",
        "A",
        "1",
        "-",
        "_",
        " ",
        ".",
        "^",
        "$",
        "|",
        r"\d",
        r"\W",
        r"\s",
        r"\S",
        r"\b",
        r"\B",
        r"\.",
        r"\z",
        "[^a]",
        "[a-c1]",
        r"[^\d\s]",
        "[[:alpha:]-]",
        "(a|b)",
        "(?:ab)+",
        "(?i)",
        "(?i:B)",
        "(?s).",
        "(?m)^",
        "(?m)$",
        "(-)*?",
        "a*",
        "b+?",
        "1?",
        "[ab]{2}",
        "_{1,3}?",
        "(?P<n>a?)",
        "(?U)a+",
    ])
}

proptest! {
    #[test]
    fn a_pattern_for_short_texts_finds_what_one_for_any_finds(
        pieces in prop::collection::vec(piece(), 1..6),
        subject in "[abAB1 _.\n-]{0,12}",
    ) {
        let Ok(pattern) = syntax::translate(&pieces.concat()) else { return Ok(()) };
        let found = |for_short| {
            let pattern = Pattern::compile(&pattern, for_short).ok()?;
            let groups: Vec<_> = pattern.captures_iter(&subject).collect();
            let whole: Vec<_> = pattern.find_iter(&subject).collect();
            Some((pattern.is_match(&subject), whole, groups, pattern.group("_n")))
        };
        prop_assert_eq!(found(true), found(false), "{}", pattern);
    }
}
