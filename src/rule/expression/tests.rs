//! In these tests, CEL evaluates every expression as well, see [`super::Expression`].

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use cel::Context;

use super::{Expression, Frame, Functions, Names};
use crate::kube::objects;
use crate::rule::{
    ByKind, Company, Evaluator, RuleSet, Scope, Setting, environment, example, function,
};
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

/// Objects from real repositories, if they are available.
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

/// Literal values in the expression, so that each type of argument occurs.
#[test]
fn functions_mean_what_cel_says() {
    let cel = Rc::new(Functions::new(|| {
        let mut cel = Context::with_env(Arc::clone(environment()));
        function::register(&mut cel);
        cel
    }));
    let shown = |source: &str| {
        let mut names = Names::new(Scope::Object, Vec::new());
        let expression = Expression::compile(source, &mut names).expect(source);
        let mut frame = Frame::new(Rc::clone(&cel), Rc::default());
        frame.begin(names.slots());
        let value = expression.evaluate(&mut frame).ok();
        value.map(|value| value.shown().unwrap_or_default().into_owned())
    };
    for (source, value) in [
        ("{'a': 1, 'b': 2}['b']", "2"),
        ("{'a': {'b': 'c'}}.a.b", "c"),
        ("{'a': 1}.?b.orValue('none')", "none"),
        ("'a' in {'a': 1} && !('b' in {'a': 1}) && !(1 in {'a': 1})", "true"),
        ("size({'a': 1, 'b': 2})", "2"),
        ("{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", "true"),
        ("{'a': 1}.map(key, key).join()", "a"),
        ("'x' in ['x', 'y'] && !('z' in ['x']) && !(1 in ['1'])", "true"),
        ("image('registry.example:5000/team/app:1.2').repository", "team/app"),
        ("image('app@sha256:ab').digest", "sha256:ab"),
        ("image(1).repository", "1"),
        ("lifecycle('extensions/v1beta1', 'Ingress').removed", "22"),
        ("lifecycle('apps/v1', 'Deployment').replacement", ""),
        ("servedIn('policy/v1').first > 0", "true"),
        ("[[1, 2], 3, [[4]]].flatten().size()", "4"),
        ("['a', 'b', 'a'].distinct().join('-')", "a-b"),
        ("[1, 1.0, 2u].distinct().size()", "2"),
        ("['a', 'b'].join()", "ab"),
        ("'a.b.c'.split('.')[1]", "b"),
        ("'ab'.split('').size()", "2"),
        ("' A '.trim().lowerAscii()", "a"),
        ("'a$b$'.replace('$', '')", "ab"),
        ("'ab'.replace('', '-')", "-a-b-"),
        ("find('a12', '[0-9]+')", "12"),
        ("sum([1, 2.5]) == 3.5 && sum([]) == 0.0", "true"),
        ("double(2) * 1.5 - 1.0 == 2.0", "true"),
        ("double('1e3') == 1000.0 && int('7') == 7 && int(7.9) == 7", "true"),
        ("3 * 4 - 5", "7"),
        ("size(bytes('aé')) == 3 && size(bytes(b'ab')) == 2", "true"),
        ("'aé'.upperAscii()", "Aé"),
        ("matchesLabels({'a': 'b'}, {'a': 'b'}) || inList({'a': 1})", "false"),
        ("{'b': 1, 'a': 2}.exists(key, key == 'a')", "true"),
    ] {
        assert_eq!(shown(source).as_deref(), Some(value), "{source}");
    }
    for source in [
        "9223372036854775807 + 1",
        "['a', 1].join()",
        "sum(['a'])",
        "{'a': 1}.b",
        "podSpec({'a': 1})",
        "'a'.matches('(')",
    ] {
        assert_eq!(shown(source), None, "{source}");
    }
}

/// Judges every object in a text by every rule.
fn judge(set: &RuleSet, text: &str) {
    let text: Arc<str> = text.into();
    let source = Sources::default().add("test.yaml", Arc::clone(&text));
    let stream = yaml::parse(source, &text);
    let company = Company::of(&stream.documents);
    let kinds = ByKind::new(set.read().map(|rule| rule.concern()));
    let setting = Setting { kube_version: "1.34".to_owned(), ..Setting::default() };
    let mut evaluator = Evaluator::new(setting);
    let together = evaluator.together(&company);
    let params = BTreeMap::new();
    for document in &stream.documents {
        for object in objects(document) {
            let rules = kinds.of(&object).map(|at| (at, (&**set.rules[at].rule(), &params)));
            evaluator.object(document, &object, &together, None, rules);
        }
    }
}
