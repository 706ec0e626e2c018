use std::cell::Cell;
use std::convert::Infallible;

use super::*;
use crate::finding::Severity;
use crate::report::model::{EditEntry, FixEntry, Location, Point};

const FILE: &str = "values.yaml";

/// A finding of `word` on each line that ends in it; the fix writes what `becomes` says.
fn findings(text: &str, becomes: &dyn Fn(&str) -> String) -> Vec<Entry> {
    let lines = text.lines().enumerate();
    let entry = |(at, line): (usize, &str)| {
        let (name, word) = line.split_once(": ")?;
        let severity = match word {
            "bad" | "sticky" => Severity::Warning,
            "broken" => Severity::Error,
            _ => return None,
        };
        let point = |column: usize| Point {
            line: u32::try_from(at + 1).expect("few lines"),
            column: u32::try_from(column + 1).expect("short lines"),
        };
        let (start, end) = (point(name.len() + 2), point(line.len()));
        let edit = EditEntry { file: FILE.into(), start, end, text: becomes(word) };
        Some(Entry {
            severity,
            message: format!("{name} is {word}"),
            fingerprint: name.into(),
            fix: Some(FixEntry {
                applicability: Applicability::Safe,
                title: "mend it".into(),
                fields: vec![name.into()],
                edits: vec![edit],
            }),
            ..Entry::bare(word, Location { file: FILE.into(), start, end })
        })
    };
    lines.filter_map(entry).collect()
}

/// What becomes of the fixes of a text's findings, and how often it was linted. The text is what a
/// release renders, too.
fn proven(text: &str, effort: Effort, becomes: &dyn Fn(&str) -> String) -> (Vec<String>, usize) {
    let mut texts = Texts::default();
    texts.put(FILE, text.into());
    let runs = Cell::new(0);
    let again = |new: &BTreeMap<String, Arc<str>>, _: &BTreeSet<String>| {
        runs.set(runs.get() + 1);
        let now = new.get(FILE).map_or(text, |text| text);
        let rendered = BTreeMap::from([("a/b".to_owned(), vec![(String::new(), now.to_owned())])]);
        Ok::<_, Infallible>(Evidence { findings: findings(now, becomes), rendered })
    };
    let mut entries = findings(text, becomes);
    let Ok(()) = prove(&mut entries, &mut texts, effort, &again);
    let word = |fix: FixEntry| fix.applicability.as_str().to_owned();
    let word = |entry: Entry| entry.fix.map_or("none".to_owned(), word);
    (entries.into_iter().map(word).collect(), runs.get())
}

fn mended(word: &str) -> String {
    match word {
        "sticky" => "sticky".to_owned(),
        _ => "good".to_owned(),
    }
}

#[test]
fn sound_fixes_are_proven_in_one_try() {
    let (fixes, runs) = proven("a: bad\nb: bad\nc: bad\n", Effort::FIX, &mended);
    assert_eq!((fixes, runs), (vec!["safe".to_owned(); 3], 2));
}

#[test]
fn a_fix_that_does_not_help_is_taken_away_and_the_others_stay() {
    let (fixes, _) = proven("a: bad\nb: sticky\nc: bad\nd: bad\n", Effort::FIX, &mended);
    assert_eq!(fixes, ["safe", "none", "safe", "safe"]);
}

#[test]
fn a_fix_that_brings_another_finding_is_unsafe_and_one_that_brings_an_error_is_none() {
    let becomes = |to: &'static str| {
        move |word: &str| match word {
            "broken" => to.to_owned(),
            _ => mended(word),
        }
    };
    assert_eq!(proven("a: bad\nb: broken\n", Effort::FIX, &becomes("bad")).0, ["safe", "unsafe"]);
    let spread = |word: &str| if word == "bad" { "broken".to_owned() } else { mended(word) };
    assert_eq!(proven("a: bad\n", Effort::FIX, &spread).0, ["none"]);
}

#[test]
fn a_fix_that_changes_another_field_is_unsafe() {
    let more = |word: &str| format!("{}\nother: 1", mended(word));
    assert_eq!(proven("a: bad\n", Effort::FIX, &more).0, ["unsafe"]);
}

#[test]
fn what_is_not_tried_is_unsafe_to_show_and_not_there_to_apply() {
    let text = "a: bad\nb: bad\n";
    let show = Effort { fixes: 1, ..Effort::REPORT };
    assert_eq!(proven(text, show, &mended).0, ["safe", "unsafe"]);
    let apply = Effort { tries: 0, ..Effort::FIX };
    assert_eq!(proven(text, apply, &mended).0, ["none", "none"]);
}

#[test]
fn a_rule_whose_fixes_fail_leaves_tries_for_those_of_another() {
    let text: String = (0..60).map(|at| format!("a{at}: broken\nb{at}: bad\n")).collect();
    let becomes = |word: &str| if word == "broken" { "bad".to_owned() } else { mended(word) };
    let (fixes, _) = proven(&text, Effort::FIX, &becomes);
    let (broken, bad): (Vec<_>, Vec<_>) = fixes.chunks(2).map(|two| (&two[0], &two[1])).unzip();
    assert!(bad.iter().all(|fix| *fix == "safe"), "{bad:?}");
    assert!(broken.iter().all(|fix| *fix != "safe"), "{broken:?}");
}

#[test]
fn who_asks_for_all_fixes_takes_in_one_try_what_else_they_change() {
    let more = |word: &str| format!("{}\nother: 1", mended(word));
    let (fixes, runs) = proven(
        "a: bad\nb: bad\n",
        Effort { riskiest: Applicability::Unsafe, ..Effort::FIX },
        &more,
    );
    assert_eq!((fixes, runs), (vec!["unsafe".to_owned(); 2], 2));
}
