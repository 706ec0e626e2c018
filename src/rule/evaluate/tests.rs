//! In these tests CEL evaluates every expression as well, and must have the same result.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::kube::objects;
use crate::rule::RuleSet;
use crate::source::{SourceId, Sources};
use crate::yaml;

/// Judges each object in a manifest, among all of them, by a rule with this logic; returns the messages and the number
/// of checks that could not be decided.
fn judged(logic: &str, manifest: &str) -> (Vec<String>, usize) {
    let mut set = RuleSet::default();
    let text = format!(
        "id: own\ngroup: own\nseverity: error\nsince: 0.1.0\nsummary: s\nwhy: w\nfix: f\nscope: release\nkinds: any\n{logic}"
    );
    set.add(&Sources::default(), "rule.yaml", &text);
    assert!(set.errors.is_empty(), "{:?}", set.errors);
    let rule = Arc::clone(set.rules[0].rule());
    let stream = yaml::parse(SourceId::NOWHERE, &Arc::from(manifest));
    let company = Company::of(&stream.documents);
    let mut evaluator = Evaluator::new(Setting::default());
    let together = evaluator.together(&company);
    let params = BTreeMap::new();
    let mut messages = Vec::new();
    for document in &stream.documents {
        for object in objects(document) {
            let rules = [(0, (&*rule, &params))];
            let hits = evaluator.object(document, &object, &together, None, rules);
            messages.extend(hits.into_iter().map(|(_, hit)| hit.message));
        }
    }
    let undecided = evaluator.undecided.sentence().unwrap_or_default();
    let count = undecided.split(' ').next().and_then(|count| count.parse().ok());
    (messages, count.unwrap_or(0))
}

const OBJECTS: &str = "
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {key: x}}
---
{apiVersion: v1, kind: Secret, metadata: {name: a}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: 7}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {labels: {of: none}}}
---
{apiVersion: v1, kind: Role, metadata: {name: r}}
";

#[test]
fn a_name_that_nothing_asks_for_is_not_evaluated() {
    let logic = "
let:
  none: object.spec.none
checks:
  - when: object.kind == 'Secret'
    forbid: none == 1
    at: object.kind
    message: found
";
    assert_eq!(judged(logic, OBJECTS), (vec![], 1), "only the Secret's check asks");
}

#[test]
fn a_finding_is_made_only_where_every_name_has_a_value() {
    let logic = "
checks:
  - let:
      key: object.data.key
    forbid: object.kind == 'ConfigMap'
    at: object.kind
    message: found
";
    assert_eq!(judged(logic, OBJECTS), (vec!["found".to_owned()], 2));
}

#[test]
fn a_name_follows_the_nodes_it_depends_on() {
    let logic = "
checks:
  - for: {part: 'object.parts[*]', item: 'part.items[*]'}
    let:
      count: size(part.items)
      own: item + ':' + text(count)
    forbid: 'true'
    at: item
    message: '{own}'
";
    let manifest =
        "{apiVersion: v1, kind: Parts, parts: [{items: [a, b]}, {items: [c]}, {items: [d, e, f]}]}";
    let (messages, undecided) = judged(logic, manifest);
    assert_eq!(messages, ["a:2", "b:2", "c:1", "d:3", "e:3", "f:3"]);
    assert_eq!(undecided, 0);
}

#[test]
fn objects_are_found_by_kind_name_and_other_texts_as_one_by_one() {
    for (test, found) in [
        ("objects.filter(o, o.kind == 'ConfigMap')", 3),
        ("objects.filter(o, 'a' == o.?metadata.?name.orValue(''))", 2),
        ("objects.filter(o, o.?metadata.?name.orValue('') == 'a' && o.kind == 'Secret')", 1),
        ("objects.filter(o, o.?metadata.?name.orValue('') == '')", 1),
        ("objects.filter(o, o.?metadata.?name.orValue('none') == 'none')", 1),
        ("objects.filter(o, o.?metadata.?name.orValue('') == '7')", 0),
        ("objects.filter(o, o.?metadata.?name.orValue(0) == 7)", 1),
        ("objects.filter(o, o.kind in ['Role', 'Secret', 'None'])", 2),
        ("objects.filter(o, o.kind == 'None' || o.kind == 'Role')", 1),
        ("objects.filter(o, !(o.kind == 'Role'))", 4),
        ("objects.filter(o, o.kind == o.metadata.name)", 0),
        ("ofKind(objects, 'ConfigMap').filter(o, o.?metadata.?name.orValue('') == 'a')", 1),
        ("objects.filter(o, o.?data.?key.orValue('r') == object.metadata.name)", 4),
        ("objects.filter(o, 'x' == o.?data.?key.orValue('r'))", 1),
        ("objects.filter(o, o.?data.?key.orValue('r') == 'none')", 0),
        ("objects.filter(o, o.?metadata.?name.orValue(7) == object.metadata.name)", 1),
        ("objects.filter(o, o.?data.?key.orValue(o.kind) == 'x' && o.kind == 'ConfigMap')", 1),
        ("objects.filter(o, o.metadata.name == object.metadata.name)", 0),
    ] {
        let logic = format!(
            "checks:\n  - forbid: object.kind == 'Role'\n    at: object.kind\n    let: {{found: \"{test}\"}}\n    message: '{{size(found)}}'\n"
        );
        let (messages, _) = judged(&logic, OBJECTS);
        let wanted =
            if test.contains("o.metadata.name") { vec![] } else { vec![found.to_string()] };
        assert_eq!(messages, wanted, "{test}");
    }
}

#[test]
fn what_is_the_same_for_all_objects_is_told_from_what_is_not() {
    let logic = "
let:
  all: objects.filter(o, o.kind != 'Role').map(o, o.kind)
  others: objects.filter(o, o.kind != object.kind).map(o, o.kind)
  of_all: all.filter(kind, kind == 'Secret')
checks:
  - forbid: objects.exists(o, o.kind == 'Role') && object.kind in ['Role', 'Secret']
    at: object.kind
    message: '{size(all)} {size(others)} {size(of_all)}'
";
    let (messages, undecided) = judged(logic, OBJECTS);
    assert_eq!(messages, ["4 4 1", "4 4 1"]);
    assert_eq!(undecided, 0);
}

const IN_NAMESPACES: &str = "
{apiVersion: v1, kind: Service, metadata: {name: a, namespace: one}, spec: {}}
---
{apiVersion: v1, kind: Service, metadata: {name: b, namespace: two}, spec: {}}
---
{apiVersion: v1, kind: Service, metadata: {name: c}, spec: {}}
---
{apiVersion: v1, kind: Service, metadata: {name: d, namespace: one}, spec: {}}
";

#[test]
fn what_is_the_same_for_a_namespace_is_told_from_what_is_not() {
    let logic = "
let:
  near: objects.filter(o, sameNamespace(o, object))
  names: near.map(o, o.metadata.name)
  others: objects.filter(o, o.metadata.name != object.metadata.name && sameNamespace(o, object)).map(o, o.metadata.name)
checks:
  - forbid: objects.exists(o, o.kind == 'Service' && sameNamespace(o, object) && o.metadata.name == name)
    at: object.kind
    message: '{names.join()} {others.join()}'
";
    let (messages, undecided) = judged(logic, IN_NAMESPACES);
    assert_eq!(messages, ["acd cd", "bc c", "abcd abd", "acd ac"]);
    assert_eq!(undecided, 0);
}

const SELECTED: &str = "
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: one, labels: {app: web, part: shop}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: bare, namespace: two}}
---
{apiVersion: policy/v1, kind: Budget, metadata: {name: a, namespace: one}, spec: {selector: {matchLabels: {app: web}}}}
---
{apiVersion: policy/v1, kind: Budget, metadata: {name: b}, spec: {selector: {matchLabels: {part: shop, app: other}}}}
---
{apiVersion: policy/v1, kind: Budget, metadata: {name: c}, spec: {selector: {matchExpressions: [{key: app, operator: Exists}]}}}
---
{apiVersion: policy/v1, kind: Budget, metadata: {name: d, namespace: two}, spec: {selector: {}}}
---
{apiVersion: policy/v1, kind: Budget, metadata: {name: e}, spec: {selector: web}}
---
{apiVersion: policy/v1, kind: Budget, metadata: {name: f}, spec: {selector: {matchLabels: {\"a\\x70p\": web}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: g}, spec: {selector: {app: web, part: shop}, ports: [1, 2.0]}}
---
{apiVersion: v1, kind: Service, metadata: {name: h, namespace: two}, spec: {selector: {part: shop, app: web}, ports: [1.0, 2]}}
---
{apiVersion: v1, kind: Service, metadata: {name: i}, spec: {}}
";

#[test]
fn objects_are_found_by_what_they_select_equal_and_stand_beside_as_one_by_one() {
    for (found, names) in [
        (
            "ofKind(objects, 'Budget').filter(o, selects(o.?spec.?selector.orValue({}), podLabels(object)))",
            ["acdf", "d"],
        ),
        (
            "ofKind(objects, 'Budget').filter(o, sameNamespace(o, object) && selects(o.spec.selector, podLabels(object)))",
            ["acf", "d"],
        ),
        (
            "ofKind(objects, 'Service').filter(o, matchesLabels(o.?spec.?selector.orValue({}), podLabels(object)))",
            ["gh", ""],
        ),
        (
            "ofKind(objects, 'Service').filter(o, sameNamespace(object, o) && matchesLabels(o.?spec.?selector.orValue({}), podLabels(object)))",
            ["g", ""],
        ),
        (
            "objects.filter(o, o.?spec.?selector.orValue('none') == object.?metadata.?labels.orValue(''))",
            ["gh", ""],
        ),
        (
            "objects.filter(o, o.?spec.?ports.orValue([]) == [1, 2] && o.kind == 'Service')",
            ["gh", "gh"],
        ),
        (
            "objects.filter(o, o.?spec.?selector.?app.orValue('') == object.metadata.name && o.?spec.?selector.?part.orValue('') == 'shop')",
            ["gh", ""],
        ),
        (
            "objects.filter(o, sameNamespace(o, object) && o.kind in ['Budget', 'Service'])",
            ["abcefgi", "bcdefghi"],
        ),
        ("objects.filter(o, sameNamespace(o, object))", ["webabcefgi", "barebcdefghi"]),
        (
            "objects.filter(o, sameNamespace(o, object.metadata) && o.kind == 'Service')",
            ["ghi", "ghi"],
        ),
        (
            "ofKind(objects, 'Budget').filter(o, o.?metadata.?namespace.orValue(target_namespace) == target_namespace)",
            ["abcef", "bcdef"],
        ),
        (
            "ofKind(objects, 'Budget').filter(o, size(podsSelected(workloads, o, o.spec.selector)) > 0 && object.kind == 'Pod')",
            ["acdf", "acdf"],
        ),
        (
            "ofKind(objects, 'Service').filter(o, size(podsMatching(workloads, o, o.?spec.?selector.orValue({}))) > 0 && object.kind == 'Pod')",
            ["g", "g"],
        ),
    ] {
        let logic = format!(
            "let: {{found: \"{found}\"}}\nchecks:\n  - forbid: object.kind == 'Pod'\n    at: object.kind\n    message: \"{{found.map(o, text(o.metadata.name)).join()}}\"\n"
        );
        let (messages, _) = judged(&logic, SELECTED);
        assert_eq!(messages, names, "{found}");
    }
}

#[test]
fn a_part_of_a_test_that_comes_to_no_value_is_put_to_each_object() {
    let manifest =
        format!("{IN_NAMESPACES}---\n{{apiVersion: v1, kind: Secret, metadata: {{name: e}}}}\n");
    let logic = "
checks:
  - forbid: objects.filter(o, has(o.spec.ports) && o.metadata.name == name).size() == 0
    at: object.kind
    message: '{name}'
";
    let (messages, undecided) = judged(logic, &manifest);
    assert_eq!(messages, ["a", "b", "c", "d"]);
    assert_eq!(undecided, 1, "of the Secret itself there is nothing to ask");
}
