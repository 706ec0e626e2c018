mod costume;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::finding::Applicability;
use crate::rule::RuleSet;

/// Rules with repairs that no example in one text can show.
const SHOWN_ELSEWHERE: &[&str] = &["unused-suppression"];

/// Every example of every rule, with its texts after the repairs.
fn repaired() -> Vec<(Arc<Rule>, Example, Vec<String>)> {
    let set = RuleSet::builtin(&Sources::default());
    let mut found = Vec::new();
    for rule in set.read().filter(|rule| rule.repair.is_some()) {
        let every = std::env::var_os("PRINT_REPAIRS").is_some();
        let shown = |example: &&Example| example.violates && (every || !example.fixed.is_empty());
        for example in rule.examples().iter().filter(shown) {
            let judged = judge(rule, example).expect("examples can be judged");
            if !judged.repairs.is_empty() {
                let made = fix::repaired(rule, example, judged).expect("repairs can be made");
                found.push((Arc::clone(rule), example.clone(), made));
            }
        }
    }
    found
}

/// With `PRINT_REPAIRS=FILE`, writes the results of the examples' repairs to a file, to be read and put under `fixed`.
#[test]
fn every_rule_that_repairs_shows_what_comes_of_it() {
    let set = RuleSet::builtin(&Sources::default());
    if let Some(file) = std::env::var_os("PRINT_REPAIRS") {
        let line = |(rule, example, made): (Arc<Rule>, Example, Vec<String>)| {
            let paths: Vec<_> = example.files.iter().map(|(path, _)| path.clone()).collect();
            serde_json::json!([rule.id, example.span.start, paths, made]).to_string()
        };
        let lines: Vec<String> = repaired().into_iter().map(line).collect();
        std::fs::write(file, lines.join("\n")).expect("a file");
    }
    let repairs = set.read().filter(|rule| rule.repair.is_some());
    let bare =
        repairs.filter(|rule| rule.examples().iter().all(|example| example.fixed.is_empty()));
    let bare: Vec<&str> = bare.map(|rule| &*rule.id).collect();
    assert_eq!(bare, SHOWN_ELSEWHERE, "an example of each has `fixed`");
}

/// The number of findings of all rules on objects and texts in a text, by rule.
fn found(rules: &RuleSet, text: &str, example: &Example) -> BTreeMap<Arc<str>, usize> {
    let mut found = BTreeMap::new();
    let objects = |rule: &&Arc<Rule>| matches!(rule.scope, Scope::Object | Scope::Release);
    for rule in rules.read().filter(objects).filter(|rule| rule.severity.is_some()) {
        let example = Example { text: text.to_owned(), params: BTreeMap::new(), ..example.clone() };
        let judged = judge(rule, &example).expect("a text can be judged");
        found.insert(Arc::clone(&rule.id), judged.said.len());
    }
    found
}

#[test]
fn no_safe_repair_brings_a_finding_of_another_rule() {
    let set = RuleSet::builtin(&Sources::default());
    for (rule, example, made) in repaired() {
        // An algorithm may have unsafe repairs although the best of them are safe.
        let safe = rule.repair == Some(Applicability::Safe) && rule.algorithm.is_none();
        if !safe || !matches!(rule.scope, Scope::Object | Scope::Release) {
            continue;
        }
        let before = found(&set, &example.text, &example);
        for (id, count) in found(&set, &made[0], &example) {
            assert!(count <= before[&id], "{}: its repair brings {id}:\n{}", rule.id, made[0]);
        }
    }
}
