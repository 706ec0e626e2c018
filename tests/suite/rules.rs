//! Every example of every rule that comes with plimsoll.

use std::path::Path;
use std::process::Command;

use plimsoll::lint::select::BUILTIN;
use plimsoll::rule::{RuleSet, Scope, example};
use plimsoll::source::Sources;

use crate::harness::{found, repository, run};

#[test]
fn every_rule_file_is_sound() {
    let sources = Sources::default();
    let set = RuleSet::builtin(&sources);
    let errors: Vec<_> = set
        .rules
        .iter()
        .flat_map(|known| known.faults())
        .map(|error| {
            let file = sources.get(error.span.source);
            format!("{}:{}: {}", file.path, file.position(error.span.start).line, error.message)
        })
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    for rule in set.read() {
        let path = format!("rules/{}/{}.yaml", rule.group, rule.id);
        assert!(
            Path::new(env!("CARGO_MANIFEST_DIR")).join(&path).exists(),
            "{path} holds {}",
            rule.id
        );
        let violating = rule.examples().iter().filter(|example| example.violates).count();
        let enough = violating >= 2 && rule.examples().len() - violating >= 2;
        assert!(
            enough || rule.scope == Scope::Builtin,
            "{} needs two examples of each sort",
            rule.id
        );
        for other in &rule.yields_to {
            let is_known = set.rules.iter().any(|known| *known.id == **other);
            assert!(is_known, "{} yields to {other}, which is not a rule", rule.id);
        }
    }
}

#[test]
fn every_example_holds() {
    let sources = Sources::default();
    let set = RuleSet::builtin(&sources);
    let mut wrong = Vec::new();
    for rule in set.read() {
        for (at, one) in rule.examples().iter().enumerate() {
            if let Err(problem) = example::run(rule, one) {
                wrong.push(format!("{} example {}: {problem}", rule.id, at + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_id_that_the_pipeline_reports_has_a_page() {
    let set = RuleSet::builtin(&Sources::default());
    let missing: Vec<_> = BUILTIN.iter().filter(|id| set.named(id).is_empty()).collect();
    assert!(missing.is_empty(), "no page in rules/ for {missing:?}");
}

/// The policies that other linters know, where their list is at hand: each is a rule, or a rule says
/// that it covers it. Those on the flags of a control plane are left to whoever runs one.
#[test]
fn every_policy_of_other_linters_is_a_rule_or_covered_by_one() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/rules/catalogue.tsv");
    let Ok(list) = std::fs::read_to_string(list) else { return };
    let set = RuleSet::builtin(&Sources::default());
    let policies = list.lines().skip(1).filter_map(|line| line.split('\t').next());
    let missing: Vec<_> = policies
        .filter(|policy| !policy.starts_with("control-plane-") && set.named(policy).is_empty())
        .collect();
    assert!(missing.is_empty(), "no rule for {missing:?}");
}

/// The cases that the test suites of other linters label, where they are at hand: fewer found, or
/// more alarms on clean ones, than at the last count is a step back. The labels that are not taken
/// over stand in `tests/labelled-exceptions.tsv`, each with its reason.
#[test]
fn labelled_cases_are_judged_as_well_as_before() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = root.join("../shared");
    if !shared.join("rules/cases.tsv").is_file() {
        return;
    }
    let output = Command::new("python3")
        .arg(shared.join("measure/labelled.py"))
        .arg(env!("CARGO_BIN_EXE_plimsoll"))
        .arg(shared.join("rules"))
        .arg("--exceptions")
        .arg(root.join("tests/labelled-exceptions.tsv"))
        .output()
        .expect("python3");
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let percent = |word: &str| -> f64 {
        let last = out.lines().last().unwrap_or_default();
        let rest = last.split(word).nth(1).unwrap_or_default();
        let number = rest.split('(').nth(1).unwrap_or_default();
        number.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0.0)
    };
    assert!(percent("found") >= 98.0 && percent("silent") >= 99.0, "{out}");
}

/// What `plimsoll rule` says of a rule.
fn page(id: &str) -> String {
    run(repository(&[]).path(), &["rule", id]).expect_code(0).out
}

/// Examples of one text and examples of files are shown alike, with what was before a change.
#[test]
fn a_page_shows_the_files_of_an_example() {
    let changed = page("immutable-field-change");
    assert!(changed.contains("Bad\n\n  (before)\n\n    apiVersion: "), "{changed}");
    let chart = page("chart-icon-valid");
    assert!(chart.contains("Bad\n\n  Chart.yaml\n\n    "), "{chart}");
}

#[test]
fn a_page_shows_parameters_with_their_defaults() {
    let with = page("anti-affinity-required");
    assert!(with.contains("Parameters\n\n  min-replicas (integer): "), "{with}");
    assert!(with.contains("\n    default: 2\n"), "{with}");
    assert!(!page("host-network-forbidden").contains("Parameters"));
}

#[test]
fn a_job_that_keda_starts_is_judged_by_its_pods() {
    let job = "apiVersion: keda.sh/v1alpha1\nkind: ScaledJob\nmetadata: {name: a}\nspec:\n  jobTargetRef:\n    template:\n      spec:\n        restartPolicy: Never\n        containers:\n          - {name: a, image: web}\n";
    let dir = repository(&[("job.yaml", job)]);
    let found = found(dir.path(), "image-tag-latest-forbidden,liveness-probe-required");
    assert_eq!(found, ["job.yaml:10 image-tag-latest-forbidden"]);
}

/// A cluster of a head and workers, each with a container of this image.
fn fleet(head: &str, worker: &str) -> String {
    format!(
        "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {{name: a}}\nspec:\n  headGroupSpec:\n    template:\n      spec:\n        containers:\n          - {{name: head, image: {head}}}\n  workerGroupSpecs:\n    - groupName: small\n      replicas: 3\n      template:\n        spec:\n          containers:\n            - {{name: worker, image: {worker}}}\n"
    )
}

#[test]
fn each_sort_of_pods_of_a_custom_resource_is_judged() {
    let dir =
        repository(&[("a.yaml", &fleet("web", "web")), ("b.yaml", &fleet("web:1.0.0", "web"))]);
    let latest = ["a.yaml:9", "a.yaml:16", "b.yaml:16"];
    let latest = latest.map(|place| format!("{place} image-tag-latest-forbidden"));
    assert_eq!(found(dir.path(), "image-tag-latest-forbidden"), latest);
}

/// The object's name would not say which of them is meant.
#[test]
fn what_a_sort_of_pods_lacks_is_shown_in_its_own_template() {
    let dir = repository(&[("a.yaml", &fleet("web:1.0.0", "web:1.0.0"))]);
    let tokens =
        ["a.yaml:7", "a.yaml:14"].map(|place| format!("{place} service-account-token-automount"));
    assert_eq!(found(dir.path(), "service-account-token-automount"), tokens);
}

/// What runs how often, and whether it ever ends, is its controller's to say.
#[test]
fn of_an_object_with_several_sorts_of_pods_none_is_taken_for_a_workload_of_kubernetes() {
    let dir = repository(&[("a.yaml", &fleet("web:1.0.0", "web:1.0.0"))]);
    let of_workloads =
        "anti-affinity-required,liveness-probe-required,pdb-required,bare-pod-forbidden";
    assert_eq!(found(dir.path(), of_workloads), [""; 0]);
}

/// A release that nobody has named is called `release-name` while it is rendered.
#[test]
fn a_port_that_is_called_after_a_release_without_a_name_is_not_too_long() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      image: web:1.0.0\n      ports:\n        - {name: \"{{ .Release.Name }}-web\", containerPort: 80}\n        - {name: administration-web, containerPort: 81}\n";
    let dir = repository(&[
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("web/templates/pod.yaml", pod),
    ]);
    let found = found(dir.path(), "container-ports-valid,port-name-valid");
    assert_eq!(found, ["web/templates/pod.yaml:10 container-ports-valid"]);
}
