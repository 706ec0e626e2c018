//! What is linted, and by which configuration, wherever a run starts.

use crate::harness::{finish, plimsoll, repository, run};

const LATEST: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: example.org/a:latest}]}\n";
const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

/// The files with a moving tag that a run in a folder of the repository reports.
#[track_caller]
fn found(files: &[(&str, &str)], folder: &str, paths: &[&str]) -> Vec<String> {
    let dir = repository(files);
    let args = ["check", "--select", "image-tag-latest-forbidden", "--format", "concise"];
    let run = run(&dir.path().join(folder), &[&args[..], paths].concat());
    assert_ne!(run.code, Some(2), "{}", run.err);
    let file = |line: &str| line.split(':').next().map(ToOwned::to_owned);
    run.out.lines().filter_map(file).collect()
}

#[test]
fn what_is_excluded_is_left_out_from_wherever_and_however_it_is_asked_for() {
    for exclude in ["vendor/**", "vendor", "./vendor/"] {
        let config = format!("exclude: [{exclude:?}]\n");
        let files =
            [("plimsoll.yaml", &*config), ("vendor/a/p.yaml", LATEST), ("b/p.yaml", LATEST)];
        for (folder, paths, expected) in [
            ("", &[][..], &["b/p.yaml"][..]),
            ("", &["vendor"], &[]),
            ("", &["vendor/a/p.yaml", "b/p.yaml"], &["b/p.yaml"]),
            ("b", &[".."], &["../b/p.yaml"]),
            ("b", &["../vendor/a/p.yaml", "p.yaml"], &["p.yaml"]),
            ("vendor/a", &[], &[]),
        ] {
            assert_eq!(found(&files, folder, paths), expected, "{exclude} {folder} {paths:?}");
        }
    }
    let dir = repository(&[("plimsoll.yaml", "exclude: [vendor]\n"), ("vendor/p.yaml", LATEST)]);
    let run = run(dir.path(), &["check", "vendor/p.yaml"]).expect_code(0);
    assert!(run.err.contains("vendor/p.yaml is left out: `exclude`"), "{}", run.err);
}

#[test]
fn the_configuration_around_all_paths_holds_in_any_order() {
    let files = [
        ("plimsoll.yaml", "{}\n"),
        ("team/plimsoll.yaml", "ignore: [images]\n"),
        ("team/p.yaml", LATEST),
        ("p.yaml", LATEST),
    ];
    let one = ["check", "--format", "concise", "--severity", "unused-suppression=off"];
    let dir = repository(&files);
    let lines = |paths: &[&str]| {
        let run = run(dir.path(), &[&one[..], paths].concat());
        run.out.lines().filter(|line| line.contains("image-tag-latest")).count()
    };
    assert_eq!(lines(&["team/p.yaml", "p.yaml"]), 2);
    assert_eq!(lines(&["p.yaml", "team/p.yaml"]), 2);
    assert_eq!(lines(&["team/p.yaml"]), 0);
}

#[test]
fn a_glob_that_cannot_be_read_is_an_error_at_its_line() {
    for settings in [
        "exclude:\n  - '[a'\n",
        "overrides:\n  - paths: ['{a'] # No end.\n",
        "exemptions:\n  - {rules: [images], reason: x, paths: ['[a']}\n",
    ] {
        let dir = repository(&[("plimsoll.yaml", settings), ("a.yaml", MAP)]);
        let err = run(dir.path(), &["check"]).expect_code(2).err;
        assert!(
            err.contains("is not a glob") && err.contains("plimsoll.yaml:2:"),
            "{settings}{err}"
        );
    }
}

/// What is around a file may declare its release, but is not linted.
#[test]
fn what_cannot_be_read_elsewhere_is_nothing_to_a_run_over_one_file() {
    let dir = repository(&[("Chart.yaml", ""), ("a/map.yaml", MAP), ("plimsoll.yaml", "{}\n")]);
    std::fs::remove_file(dir.path().join("Chart.yaml")).expect("removed");
    std::fs::write(dir.path().join("wide.yaml"), b"\xff\xfea\0").expect("written");
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere.yaml", dir.path().join("link.yaml")).expect("a link");
    run(dir.path(), &["check", "a/map.yaml"]).expect_code(0);
    let all = run(dir.path(), &["check"]).expect_code(1);
    assert!(all.out.contains("wide.yaml:1:1: error file-unreadable"), "{}", all.out);
}

#[test]
fn files_that_could_only_declare_releases_are_not_linted() {
    let workflow = "on: push\njobs: {a: {runs-on: x, steps: [{run: make test}]}}\n";
    for (path, text) in
        [(".github/workflows/ci.yml", workflow), ("Makefile", "test:\n\tgo test ./...\n")]
    {
        let dir = repository(&[(path, text)]);
        let run = run(dir.path(), &["check", "--strict"]).expect_code(2);
        assert!(run.err.contains("nothing was linted"), "{path}: {}", run.err);
    }
}

#[test]
fn a_baseline_of_another_directory_is_not_taken_for_this_one() {
    let dir = repository(&[("app/p.yaml", LATEST)]);
    run(&dir.path().join("app"), &["baseline"]).expect_code(0);
    let file = "app/plimsoll-baseline.json";
    let before = std::fs::read(dir.path().join(file)).expect("a file");
    for args in [&["baseline", "--prune", "-o", file, "app"][..], &["check", "--baseline", file]] {
        let run = run(dir.path(), args).expect_code(2);
        assert!(run.err.contains("relative to another directory"), "{}", run.err);
    }
    assert_eq!(std::fs::read(dir.path().join(file)).expect("a file"), before);
}

#[test]
fn an_empty_variable_names_no_cache() {
    let dir = repository(&[("a.yaml", MAP)]);
    let mut command = plimsoll(dir.path());
    finish(command.arg("check").env("PLIMSOLL_CACHE_DIR", "")).expect_code(0);
}
