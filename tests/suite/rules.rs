//! Every example of every rule that comes with plimsoll.

use plimsoll::rule::{RuleSet, Scope, example};
use plimsoll::source::Sources;

#[test]
fn every_rule_file_is_sound() {
    let sources = Sources::default();
    let set = RuleSet::builtin(&sources);
    let errors: Vec<_> = set
        .errors
        .iter()
        .map(|error| {
            let file = sources.get(error.span.source);
            format!("{}:{}: {}", file.path, file.position(error.span.start).line, error.message)
        })
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    for rule in &set.rules {
        let path = format!("rules/{}/{}.yaml", rule.group, rule.id);
        assert!(
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(&path).exists(),
            "{path} holds {}",
            rule.id
        );
        let violating = rule.examples.iter().filter(|example| example.violates).count();
        let enough = violating >= 2 && rule.examples.len() - violating >= 2;
        assert!(
            enough || rule.scope == Scope::Builtin,
            "{} needs two examples of each sort",
            rule.id
        );
    }
}

#[test]
fn every_example_holds() {
    let sources = Sources::default();
    let set = RuleSet::builtin(&sources);
    let mut wrong = Vec::new();
    for rule in &set.rules {
        for (at, one) in rule.examples.iter().enumerate() {
            if let Err(problem) = example::run(rule, one) {
                wrong.push(format!("{} example {}: {problem}", rule.id, at + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
