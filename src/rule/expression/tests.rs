//! Every evaluation within these tests is held against CEL's own, see [`super::Expression`].

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::kube::objects;
use crate::rule::{ByKind, Company, Evaluator, RuleSet, Setting, example};
use crate::source::Sources;
use crate::yaml;

#[test]
fn rules_mean_what_cel_says_on_their_examples() {
    let set = RuleSet::builtin(&Sources::default());
    for rule in set.read() {
        for one in rule.examples() {
            let outcome = example::run(rule, one);
            assert!(outcome.is_ok(), "{}: {outcome:?}", rule.id);
        }
    }
}

/// Objects as people write them, where they are at hand.
#[test]
fn rules_mean_what_cel_says_on_real_objects() {
    let set = RuleSet::builtin(&Sources::default());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["fixtures", "../shared/repos", "../shared/rules/labelled"] {
        for entry in walkdir::WalkDir::new(root.join(folder)).into_iter().flatten() {
            let yaml = entry.path().extension().is_some_and(|extension| extension == "yaml");
            if let (true, Ok(text)) = (yaml, std::fs::read_to_string(entry.path())) {
                judge(&set, &text);
            }
        }
    }
}

/// Judges every object of a text by every rule.
fn judge(set: &RuleSet, text: &str) {
    let text: Arc<str> = text.into();
    let source = Sources::default().add("test.yaml", Arc::clone(&text));
    let stream = yaml::parse(source, &text);
    let company = Company::of(&stream.documents);
    let kinds = ByKind::new(set.read().map(|rule| &**rule));
    let setting = Setting { kube_version: "1.34".to_owned(), ..Setting::default() };
    let mut evaluator = Evaluator::new(setting);
    let params = BTreeMap::new();
    for document in &stream.documents {
        for object in objects(document) {
            let rules = kinds.of(&object).into_iter().map(|at| (&**set.rules[at].rule(), &params));
            evaluator.object(document, &object, &company, None, rules);
        }
    }
}
