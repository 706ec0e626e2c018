//! Taking plimsoll up in an old repository: suppressions, baselines, changed lines, shards.

use std::path::Path;
use std::process::Command;

use crate::harness::{CHART, Run, repository, run};

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 3\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: example.org/web:1.0.0\n";

/// Runs one rule, one line a finding.
fn check(dir: &Path, more: &[&str]) -> Run {
    let mut args = vec!["check", "--format", "concise", "--preset", "all", "--ignore"];
    // One rule is enough to see, and later rules do not change what is seen.
    let others = others(dir);
    args.push(&others);
    args.extend(more);
    run(dir, &args)
}

/// Every rule but the one these tests are about and that on suppressions.
fn others(dir: &Path) -> String {
    let listed = run(dir, &["rules", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed.out).expect("JSON");
    let ids = listed["rules"].as_array().expect("rules").iter();
    let ids = ids.map(|rule| rule["id"].as_str().expect("an id"));
    let ids = ids.filter(|id| !matches!(*id, "anti-affinity-required" | "unused-suppression"));
    ids.collect::<Vec<_>>().join(",")
}

#[test]
fn a_comment_on_the_line_or_above_silences() {
    let on = DEPLOYMENT
        .replace("replicas: 3", "replicas: 3 # plimsoll: ignore[anti-affinity-required] one node");
    let above = DEPLOYMENT.replace(
        "  replicas: 3",
        "  # plimsoll: ignore[kube-linter:no-anti-affinity] one node\n  replicas: 3",
    );
    let file = format!("# plimsoll: ignore-file[no-anti-affinity] one node\n{DEPLOYMENT}");
    for text in [on, above, file] {
        let dir = repository(&[("a.yaml", &text)]);
        let run = check(dir.path(), &[]).expect_code(0);
        assert_eq!(run.out, "", "{text}");
        assert!(run.err.contains("1 suppressed"), "{}", run.err);
        assert!(check(dir.path(), &["--no-ignores"]).out.contains("anti-affinity-required"));
    }
}

#[test]
fn a_suppression_of_nothing_is_a_finding() {
    let text = DEPLOYMENT.replace(
        "replicas: 3",
        "replicas: 1 # plimsoll: ignore[anti-affinity-required, no-such-rule]",
    );
    let dir = repository(&[("a.yaml", &text)]);
    let run = check(dir.path(), &[]);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().all(|line| line.contains("unused-suppression")), "{lines:?}");
}

#[test]
fn an_annotation_silences_one_object() {
    let text = DEPLOYMENT.replace(
        "  name: web\nspec",
        "  name: web\n  annotations:\n    plimsoll.dev/ignore: \"anti-affinity-required: one node, for now\"\nspec",
    );
    let dir = repository(&[("a.yaml", &text), ("b.yaml", DEPLOYMENT)]);
    let run = check(dir.path(), &[]).expect_code(1);
    assert_eq!(run.out.lines().count(), 1, "{}", run.out);
    assert!(run.out.starts_with("b.yaml:6:"), "{}", run.out);
    assert!(run.err.contains("1 suppressed"), "{}", run.err);
}

/// Who changes from another linter keeps what it was told to pass over, on objects and on their pods.
#[test]
fn annotations_of_other_linters_silence_what_they_name() {
    for (annotation, silenced) in [
        ("ignore-check.kube-linter.io/no-anti-affinity: one node", true),
        ("ignore-check.kube-linter.io/no-liveness-probe: one node", false),
        ("kube-linter.io/ignore-all: one node", true),
        ("kube-score/ignore: pod-probes, deployment-has-host-podantiaffinity", true),
        ("kube-score/ignore: pod-probes", false),
        ("polaris.fairwinds.com/exempt: \"true\"", false),
    ] {
        let of_object = DEPLOYMENT.replace(
            "  name: web\nspec",
            &format!("  name: web\n  annotations:\n    {annotation}\nspec"),
        );
        let of_pods = DEPLOYMENT.replace(
            "{labels: {app: web}}\n    spec",
            &format!(
                "\n      labels: {{app: web}}\n      annotations:\n        {annotation}\n    spec"
            ),
        );
        for text in [of_object, of_pods] {
            let dir = repository(&[("a.yaml", &text)]);
            let run = check(dir.path(), &[]);
            assert_eq!(run.out.is_empty(), silenced, "{annotation}: {}", run.out);
            assert!(check(dir.path(), &["--no-ignores"]).out.contains("anti-affinity-required"));
        }
    }
}

#[test]
fn an_expired_suppression_says_so() {
    let text = DEPLOYMENT.replace(
        "replicas: 3",
        "replicas: 3 # plimsoll: ignore[anti-affinity-required] until=2020-01-01",
    );
    let dir = repository(&[("a.yaml", &text)]);
    let run = run(dir.path(), &["check", "--select", "anti-affinity-required", "--format", "json"])
        .expect_code(1);
    assert!(run.out.contains("ended on 2020-01-01"), "{}", run.out);
}

#[test]
fn a_baseline_knows_findings_though_lines_move() {
    let dir = repository(&[("a.yaml", DEPLOYMENT)]);
    run(dir.path(), &["baseline"]).expect_code(0);
    let moved = format!("# A comment.\n\n{}", DEPLOYMENT.replace("replicas: 3", "replicas:    3"));
    std::fs::write(dir.path().join("a.yaml"), moved).expect("a file");
    let known = ["check", "--baseline", "plimsoll-baseline.json", "--format", "concise"];
    let known_run = run(dir.path(), &known).expect_code(0);
    assert_eq!(known_run.out, "");
    assert!(known_run.err.contains("in the baseline"), "{}", known_run.err);
    std::fs::write(dir.path().join("b.yaml"), DEPLOYMENT).expect("a file");
    let with_new = run(dir.path(), &known).expect_code(1);
    assert!(with_new.out.lines().all(|line| line.starts_with("b.yaml:")), "{}", with_new.out);
    // What is gone is said, and pruned.
    std::fs::remove_file(dir.path().join("a.yaml")).expect("removed");
    assert!(run(dir.path(), &known).err.contains("no longer found"));
    let pruned = run(dir.path(), &["baseline", "--prune"]).expect_code(0);
    assert!(pruned.err.contains("gone: a.yaml: anti-affinity-required: "), "{}", pruned.err);
    assert!(pruned.err.contains(" taken out, 0 left"), "{}", pruned.err);
    assert!(!run(dir.path(), &known).err.contains("no longer found"));
}

#[test]
fn a_baseline_that_cannot_be_written_leaves_the_old_one_and_nothing_else() {
    let dir = repository(&[("a.yaml", DEPLOYMENT)]);
    let dir = dir.path();
    let none = run(dir, &["baseline", "--prune"]).expect_code(2);
    assert!(none.err.contains("there is nothing to prune"), "{}", none.err);
    let nowhere = run(dir, &["baseline", "--output", "no/b.json"]).expect_code(2);
    assert!(nowhere.err.contains("cannot write no/b.json"), "{}", nowhere.err);

    run(dir, &["baseline"]).expect_code(0);
    let read = || std::fs::read_to_string(dir.join("plimsoll-baseline.json")).expect("a file");
    let old = read();
    std::fs::write(dir.join("b.yaml"), DEPLOYMENT).expect("a file");
    // No file may grow by a byte: what a full disk says, without a disk to fill.
    let mut shell = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -f 0; exec '{}' baseline", crate::harness::BINARY);
    let full = crate::harness::finish(shell.args(["-c", &script]).current_dir(dir));
    let full = full.expect_code(2);
    assert!(full.err.contains("cannot write plimsoll-baseline.json"), "{}", full.err);
    assert_eq!(read(), old);
    let mut names: Vec<_> = std::fs::read_dir(dir).expect("a folder").flatten().collect();
    names.sort_by_key(std::fs::DirEntry::file_name);
    let names: Vec<_> = names.iter().map(std::fs::DirEntry::file_name).collect();
    assert_eq!(names, ["a.yaml", "b.yaml", "plimsoll-baseline.json"]);
}

#[test]
fn a_damaged_baseline_is_an_error() {
    let dir = repository(&[
        ("a.yaml", DEPLOYMENT),
        ("cut.json", "{\"version\": 1, \"find"),
        ("old.json", "{\"version\": 9}"),
        ("list.json", "[]"),
        ("folder/a.json", ""),
    ]);
    for name in ["list.json", "folder/a.json"] {
        let run = run(dir.path(), &["check", "--baseline", name]).expect_code(2);
        assert!(run.err.contains("damaged"), "{name}: {}", run.err);
    }
    let folder = run(dir.path(), &["check", "--baseline", "folder"]).expect_code(2);
    assert!(folder.err.contains("cannot read the baseline folder"), "{}", folder.err);
    assert!(
        run(dir.path(), &["check", "--baseline", "cut.json"])
            .expect_code(2)
            .err
            .contains("damaged")
    );
    assert!(
        run(dir.path(), &["check", "--baseline", "old.json"])
            .expect_code(2)
            .err
            .contains("version 9")
    );
    run(dir.path(), &["check", "--baseline", "none.json"]).expect_code(2);
}

fn git(dir: &Path, args: &[&str]) {
    let identity =
        ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
    let done =
        Command::new("git").args(identity).args(args).current_dir(dir).output().expect("git runs");
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn only_what_changed_lines_cause_is_reported() {
    let dir = repository(&[("a.yaml", DEPLOYMENT), ("b.yaml", DEPLOYMENT)]);
    git(dir.path(), &["init", "-q", "-b", "main"]);
    git(dir.path(), &["add", "-A"]);
    git(dir.path(), &["commit", "-qm", "first"]);
    assert_eq!(check(dir.path(), &["--changed-since", "HEAD"]).expect_code(0).out, "");
    let changed = DEPLOYMENT.replace("replicas: 3", "replicas: 4");
    std::fs::write(dir.path().join("b.yaml"), changed).expect("a file");
    std::fs::write(dir.path().join("new.yaml"), DEPLOYMENT).expect("a file");
    let run = check(dir.path(), &["--changed-since", "main"]).expect_code(1);
    let files: Vec<&str> = run.out.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(files, ["b.yaml", "new.yaml"]);
}

/// Whoever changes a line looks at what is wrong with it, new or not.
#[test]
fn what_was_wrong_before_is_reported_where_its_line_changes() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostNetwork: true\n  hostPID: true\n  containers: []\n";
    let dir = repository(&[("a.yaml", pod)]);
    git(dir.path(), &["init", "-q", "-b", "main"]);
    git(dir.path(), &["add", "-A"]);
    git(dir.path(), &["commit", "-qm", "first"]);
    let changed = pod.replace("hostNetwork: true", "hostNetwork: true # for now");
    std::fs::write(dir.path().join("a.yaml"), changed).expect("a file");
    let rules = "host-network-forbidden,host-pid-forbidden";
    let args = ["check", "--select", rules, "--format", "concise", "--changed-since", "main"];
    let found = run(dir.path(), &args).expect_code(1).out;
    let places: Vec<&str> = found.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(places, ["a.yaml:5:16:"], "{found}");
}

#[test]
fn an_unknown_revision_and_no_repository_are_errors() {
    let dir = repository(&[("a.yaml", DEPLOYMENT)]);
    let none = check(dir.path(), &["--changed-since", "main"]).expect_code(2);
    assert!(none.err.contains("not in a git repository"), "{}", none.err);
    git(dir.path(), &["init", "-q"]);
    let unknown = check(dir.path(), &["--changed-since", "v9"]).expect_code(2);
    assert!(unknown.err.contains("`v9`"), "{}", unknown.err);
}

#[test]
fn the_configuration_exempts_objects_and_containers() {
    let config = "exemptions:\n  - rules: [anti-affinity-required]\n    objects: [Deployment/we*]\n    reason: one node\n";
    let dir = repository(&[("a.yaml", DEPLOYMENT), ("plimsoll.yaml", config)]);
    let exempt = check(dir.path(), &[]).expect_code(0);
    assert_eq!(exempt.out, "");
    let other = config.replace("we*", "other");
    std::fs::write(dir.path().join("plimsoll.yaml"), other).expect("a file");
    let unused = check(dir.path(), &[]).expect_code(1);
    assert!(unused.out.contains("plimsoll.yaml:2:5: warning unused-suppression"), "{}", unused.out);
    let ended = config.replace("reason: one node", "until: 2020-01-01");
    std::fs::write(dir.path().join("plimsoll.yaml"), ended).expect("a file");
    assert!(
        run(dir.path(), &["check", "--select", "anti-affinity-required", "--format", "json"])
            .out
            .contains("ended on 2020-01-01")
    );
}

#[test]
fn a_faulty_configuration_ends_the_run_at_its_line() {
    let dir = repository(&[("a.yaml", DEPLOYMENT), ("plimsoll.yaml", "presett: all\n")]);
    let run = run(dir.path(), &["check"]).expect_code(2);
    assert!(run.err.contains("plimsoll.yaml:1:1") && run.err.contains("preset"), "{}", run.err);
}

#[test]
fn settings_may_differ_by_path() {
    let config = "overrides:\n  - paths: [legacy]\n    ignore: [anti-affinity-required]\n  - paths: [new/**]\n    rules:\n      anti-affinity-required: warning\n";
    let dir = repository(&[
        ("legacy/a.yaml", DEPLOYMENT),
        ("new/a.yaml", DEPLOYMENT),
        ("plimsoll.yaml", config),
    ]);
    let run = check(dir.path(), &[]).expect_code(0);
    assert_eq!(run.out.lines().count(), 1, "{}", run.out);
    assert!(run.out.starts_with("new/a.yaml:6:13: warning "), "{}", run.out);
}

/// Every file of a directory, by path.
fn texts(dir: &Path, files: &[(&str, &str)]) -> Vec<String> {
    let read = |(path, _): &(&str, &str)| std::fs::read_to_string(dir.join(path)).expect("a file");
    files.iter().map(read).collect()
}

#[test]
fn comments_are_written_once_and_silence_what_was_found() {
    let dir = repository(CHART);
    let dir = dir.path();
    let rules = ["check", "--select", "anti-affinity-required,host-network-forbidden"];
    let add = |dir: &Path| {
        let more = ["--format", "concise", "--add-ignores", "one node until=2999-01-01"];
        run(dir, &[&rules[..], &more].concat())
    };
    let before = run(dir, &[&rules[..], &["--format", "concise"]].concat()).expect_code(1);
    let count = before.out.lines().count();
    assert!(count >= 3, "{}", before.out);
    let rendered = run(dir, &["render", "x", "."]).expect_code(0).out;

    let first = add(dir).expect_code(0);
    assert_eq!(first.out, "", "nothing is left");
    assert!(first.err.contains("comments written to 3 files"), "{}", first.err);
    let written = texts(dir, CHART);
    assert!(
        written[1].contains("\n  # plimsoll: ignore[") && written[1].contains("# Peak load."),
        "{}",
        written[1]
    );
    assert!(
        written[2].contains("{{- /* plimsoll: ignore[host-network-forbidden] one node"),
        "{}",
        written[2]
    );
    assert_eq!(
        run(dir, &["render", "x", "."]).expect_code(0).out,
        rendered,
        "nothing else changes"
    );

    add(dir).expect_code(0);
    assert_eq!(texts(dir, CHART), written, "the second time writes nothing");
}

#[test]
fn one_comment_is_one_comment() {
    let dir = repository(&[("a.yaml", DEPLOYMENT)]);
    let rule = ["check", "--select", "anti-affinity-required", "--add-ignores", "one node"];
    let run = run(dir.path(), &rule).expect_code(0);
    assert!(run.err.contains("1 comment written to 1 file\n"), "{}", run.err);
}

#[test]
fn what_no_comment_can_silence_is_said() {
    let dir = repository(&[(
        "pod.json",
        "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"a\"}, \"spec\": {\"hostNetwork\": true, \"containers\": []}}\n",
    )]);
    let rule = ["check", "--select", "host-network-forbidden", "--add-ignores", "known"];
    let run = run(dir.path(), &rule).expect_code(1);
    assert!(run.err.contains("no comment was written at pod.json:1"), "{}", run.err);
}

#[test]
fn a_run_over_some_files_says_nothing_of_the_others_baseline() {
    let dir = repository(&[("a/a.yaml", DEPLOYMENT), ("b/b.yaml", DEPLOYMENT)]);
    run(dir.path(), &["baseline"]).expect_code(0);
    let baseline =
        || std::fs::read_to_string(dir.path().join("plimsoll-baseline.json")).expect("it");
    let whole = baseline();
    let known = ["check", "--baseline", "plimsoll-baseline.json", "--format", "concise"];
    let some = run(dir.path(), &[&known[..], &["a"]].concat()).expect_code(0);
    assert!(!some.err.contains("no longer found"), "{}", some.err);
    let other = run(dir.path(), &[&known[..], &["--select", "cpu-request-required"]].concat());
    assert!(!other.err.contains("no longer found"), "{}", other.err);
    run(dir.path(), &["baseline", "--prune", "a"]).expect_code(0);
    assert_eq!(baseline(), whole, "what was not looked at stays");
    std::fs::remove_file(dir.path().join("b/b.yaml")).expect("removed");
    let gone = run(dir.path(), &known);
    assert!(gone.err.contains("no longer found: b/b.yaml: "), "{}", gone.err);
}

#[test]
fn a_baseline_that_is_being_written_is_whole_whenever_its_writer_is_killed() {
    let dir = repository(&[("a.yaml", DEPLOYMENT)]);
    run(dir.path(), &["baseline"]).expect_code(0);
    for round in 0..20 {
        let mut command = crate::harness::plimsoll(dir.path());
        let mut writer = command.arg("baseline").spawn().expect("it runs");
        std::thread::sleep(std::time::Duration::from_millis(4 * round));
        // It may have ended by itself.
        let _ = writer.kill();
        writer.wait().expect("it ends");
        run(dir.path(), &["check", "--baseline", "plimsoll-baseline.json"]).expect_code(0);
    }
}

#[test]
fn exemptions_are_by_object_container_path_and_release() {
    let pods = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - {name: x, image: 'e/x:1', securityContext: {privileged: true}}\n    - {name: y, image: 'e/y:1', securityContext: {privileged: true}}\n";
    let lines = |exemption: &str| {
        let config =
            format!("exemptions:\n  - {{rules: [privileged-container-forbidden], {exemption}}}\n");
        let dir = repository(&[("plimsoll.yaml", &config), ("p/pods.yaml", pods)]);
        let rule = ["check", "--select", "privileged-container-forbidden", "--format", "concise"];
        run(dir.path(), &rule).out.lines().count()
    };
    assert_eq!(lines("objects: [Pod/b]"), 2);
    assert_eq!(lines("objects: [Pod/a]"), 0);
    assert_eq!(lines("objects: [Pod/a], containers: [x]"), 1);
    assert_eq!(lines("paths: ['p/**']"), 0);
    assert_eq!(lines("paths: [p]"), 0, "a folder stands for what is in it");
    assert_eq!(lines("paths: [q]"), 2);
    assert_eq!(lines("releases: ['*']"), 2, "a plain manifest is of no release");
    assert_eq!(lines("objects: [Pod/a], until: '2020-01-01'"), 2);
    assert_eq!(lines("objects: [Pod/a], until: '2999-01-01'"), 0);
}

#[test]
fn what_a_change_causes_elsewhere_is_reported_and_nothing_that_was_there() {
    let good = "web:\n  replicas: 3\n  affinity:\n    podAntiAffinity:\n      requiredDuringSchedulingIgnoredDuringExecution:\n        - topologyKey: kubernetes.io/hostname\n          labelSelector: {matchLabels: {app: web}}\n";
    let mut files = CHART.to_vec();
    files[1].1 = good;
    let dir = repository(&files);
    let dir = dir.path();
    git(dir, &["init", "-q", "-b", "main"]);
    git(dir, &["add", "-A"]);
    git(dir, &["commit", "-qm", "first"]);
    // A line that is taken away changes none of those that are left.
    std::fs::write(dir.join("values.yaml"), "web:\n  replicas: 3\n").expect("a file");
    let rules = "anti-affinity-required,host-network-forbidden";
    let args = ["check", "--select", rules, "--format", "concise", "--changed-since", "main"];
    let found = run(dir, &args).expect_code(1);
    assert!(found.out.contains("anti-affinity-required"), "{}{}", found.out, found.err);
    assert!(!found.out.contains("host-network-forbidden"), "{}", found.out);
    let status = Command::new("git").args(["status", "--porcelain"]).current_dir(dir).output();
    let status = String::from_utf8_lossy(&status.expect("git runs").stdout).into_owned();
    assert_eq!(status, " M values.yaml\n", "the repository is left as it was");
}

/// What the configuration says may be for another folder than the one that is asked for.
#[test]
fn settings_without_an_effect_are_said_where_all_that_they_may_be_for_is_linted() {
    let settings = "exemptions:\n  - {rules: [privileged-container-forbidden], paths: [a/**], reason: an agent}\noverrides:\n  - {paths: [b/**], ignore: [security]}\n  - {paths: [legacy/**], ignore: [security]}\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec:\n  containers: [{name: a, image: 'example.org/a:1.0.0'}]\n";
    let dir = repository(&[("plimsoll.yaml", settings), ("a/a.yaml", pod), ("b/b.yaml", pod)]);
    let said = |path: &str| {
        let args = ["check", "--format", "concise", "--no-cache", path];
        let out = run(dir.path(), &args).out;
        let own = out.lines().filter(|line| line.starts_with("plimsoll.yaml:"));
        own.map(|line| line["plimsoll.yaml:".len()..].to_owned()).collect::<Vec<_>>()
    };
    let expected = [
        "2:5: warning unused-suppression: this exemption exempts nothing",
        "5:14: warning config-invalid: this override applies to no file",
    ];
    assert_eq!(said("."), expected);
    assert_eq!(said("b"), [""; 0]);
    assert_eq!(said("a/a.yaml"), [""; 0]);
}

/// Its paths are relative to where it was written, so another file has the name of one in it.
#[test]
fn a_baseline_of_a_folder_above_hides_no_file_of_the_same_name() {
    for in_git in [false, true] {
        let dir = repository(&[("web.yaml", DEPLOYMENT), ("app/web.yaml", DEPLOYMENT)]);
        if in_git {
            std::fs::create_dir(dir.path().join(".git")).expect("a folder");
        }
        run(dir.path(), &["baseline", "web.yaml"]).expect_code(0);
        let known = ["check", "--baseline", "plimsoll-baseline.json", "web.yaml"];
        run(dir.path(), &known).expect_code(0);
        let elsewhere = ["check", "--baseline", "../plimsoll-baseline.json", "web.yaml"];
        let err = run(&dir.path().join("app"), &elsewhere).expect_code(2).err;
        assert!(err.contains("relative to another directory"), "{err}");
    }
}

/// A rule that a setting names may be switched on by the command line, so then nothing is said of it.
#[test]
fn settings_of_rules_that_do_not_run_are_said() {
    let settings = "rules:\n  admission-webhook-present-review: warning\n  sorted-keys: {params: {recursive: true}}\n  image-tag-latest-forbidden: error\n  helm-render: warning\n  host-port-forbidden: off\noverrides:\n  - {paths: [b/**]}\n  - {ignore: [security]}\n  - {paths: [a/**], select: [sorted-keys]}\n  - {paths: [b/**], rules: {sorted-keys: info, image-tag-latest-forbidden: info}}\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec:\n  containers: [{name: a, image: 'example.org/a:1.0.0'}]\n";
    let dir = repository(&[("plimsoll.yaml", settings), ("a/a.yaml", pod), ("b/b.yaml", pod)]);
    let said = |more: &[&str]| {
        let args = [&["check", "--format", "concise", "--no-cache"][..], more].concat();
        let out = run(dir.path(), &args).out;
        let own = out.lines().filter(|line| line.starts_with("plimsoll.yaml:"));
        own.map(|line| line["plimsoll.yaml:".len()..].to_owned()).collect::<Vec<_>>()
    };
    let overrides = [
        "8:5: warning config-invalid: this override changes nothing",
        "9:5: warning config-invalid: this override applies to no file",
    ];
    let expected = [
        "2:3: warning config-invalid: this sets up `admission-webhook-present-review`, which does not run",
        overrides[0],
        overrides[1],
        "11:29: warning config-invalid: this sets up `sorted-keys`, which does not run",
    ];
    assert_eq!(said(&[]), expected);
    assert_eq!(said(&["--preset", "all"]), overrides);
    assert_eq!(said(&["b"]), [""; 0]);
}

/// What is left out may only be there on another machine; what `.gitignore` leaves out is left out in any case.
#[test]
fn settings_of_paths_that_do_not_exist_are_said() {
    let settings = "exclude:\n  - gone/**\n  - a/sub\n  - a/sub/*.yaml\n  - built\n  - '*.txt'\n  - '*.text'\ncharts:\n  shop: ./gone\n  here: a\n";
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    let dir = repository(&[
        ("plimsoll.yaml", settings),
        (".gitignore", "built\n"),
        ("a/map.yaml", map),
        ("a/sub/map.yaml", map),
        ("a/notes.txt", ""),
        ("built/map.yaml", map),
    ]);
    std::fs::create_dir(dir.path().join(".git")).expect("a folder");
    let said = |path: &str| {
        let args = ["check", "--format", "concise", "--no-cache", path];
        run(dir.path(), &args).expect_code(0).out
    };
    let expected = [
        "plimsoll.yaml:2:5: warning config-invalid: `gone/**` leaves out nothing",
        "plimsoll.yaml:7:5: warning config-invalid: `*.text` leaves out nothing",
        "plimsoll.yaml:9:9: warning config-invalid: no chart `./gone` is there",
    ];
    assert_eq!(said(".").lines().collect::<Vec<_>>(), expected);
    assert_eq!(said("a"), "");
}
