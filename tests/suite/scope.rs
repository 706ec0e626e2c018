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
            ("b", &[".."], &["p.yaml"]),
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

/// A folder of a repository is judged as it is in a run over all of it.
#[test]
fn a_folder_is_judged_with_what_lies_around_it_in_its_repository() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec: {containers: [{name: a, image: example.org/a:1}]}\n";
    let other = pod.replace("web", "proxy");
    let files = [("net/service.yaml", service), ("net/proxy.yaml", &other), ("apps/pod.yaml", pod)];
    let args = ["check", "--select", "service-selector-matches-pods"];
    for (is_repository, code) in [(true, 0), (false, 1)] {
        let dir = repository(&files);
        if is_repository {
            std::fs::create_dir(dir.path().join(".git")).expect("a folder");
        }
        for (folder, paths) in [("", "net"), ("net", "."), ("apps", "../net")] {
            let of_folder = run(&dir.path().join(folder), &[&args[..], &[paths]].concat());
            assert_eq!(of_folder.code, Some(code), "{folder}: {}{}", of_folder.out, of_folder.err);
        }
    }
}

#[test]
fn templates_are_rendered_by_the_chart_around_the_working_directory() {
    let meta = "apiVersion: v2\nname: web\nversion: 1.0.0\n";
    let template = LATEST.replace("latest", "{{ .Values.tag }}");
    let files = [
        ("web/Chart.yaml", meta),
        ("web/values.yaml", "tag: '1'\n"),
        ("web/templates/p.yaml", &template),
        ("install.sh", "#!/bin/sh\nhelm install web ./web --set tag=latest\n"),
    ];
    for folder in ["web", "web/templates"] {
        assert_eq!(found(&files, folder, &["."]), Vec::<String>::new(), "outside of a repository");
        let within = [&files[..], &[(".git/HEAD", "ref: refs/heads/main\n")]].concat();
        let up = "../".repeat(1 + folder.matches('/').count());
        assert_eq!(found(&within, folder, &["."]), [format!("{up}install.sh")]);
        let dir = repository(&within);
        let run = run(&dir.path().join(folder), &["check", "."]);
        assert!(run.err.contains("1 release") && !run.err.contains("no chart"), "{}", run.err);
    }
}

#[test]
fn only_releases_of_what_was_asked_for_are_listed() {
    let meta = "apiVersion: v2\nname: web\nversion: 1.0.0\n";
    let dir = repository(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        ("charts/web/Chart.yaml", meta),
        ("a/install.sh", "#!/bin/sh\nhelm install web ../charts/web -n a\n"),
        ("b/install.sh", "#!/bin/sh\nhelm install web ../charts/web -n b\nhelm install $1 $2\n"),
    ]);
    for (paths, listed) in [("a", "a/web"), ("b/install.sh", "b/web"), ("charts", "a/web b/web")] {
        let list = run(dir.path(), &["releases", paths]).expect_code(0).out;
        let names = list.lines().skip(1).map_while(|line| line.split_whitespace().next());
        assert_eq!(names.collect::<Vec<_>>().join(" "), listed, "{list}");
        assert_eq!(list.contains("Not resolved"), paths.starts_with('b'), "{list}");
    }
}

/// A repository with what tools find by the names of folders.
const NAMED_BY_FOLDERS: [(&str, &str); 10] = [
    (".git/HEAD", "ref: refs/heads/main\n"),
    ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
    ("web/values.yaml", "tag: '1'\n"),
    (
        "web/templates/p.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'example.org/a:{{ .Values.tag }}'}]}\n",
    ),
    ("web/ci/moving-values.yaml", "tag: latest\n"),
    ("helmfile.d/web.yaml", "releases: [{name: one, chart: ../web, values: [{tag: latest}]}]\n"),
    (
        ".circleci/config.yml",
        "jobs:\n  a:\n    steps:\n      - run: helm install two ./web --set tag=latest\n",
    ),
    (
        "argocd/set.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: three}\nspec:\n  generators: [{git: {repoURL: 'https://git.example.org/x.git', revision: HEAD, directories: [{path: we*}]}}]\n  template:\n    metadata: {name: '{{path.basename}}-three'}\n    spec: {project: default, destination: {namespace: web, server: 'https://kubernetes.default.svc'}, source: {repoURL: 'https://git.example.org/x.git', path: '{{path}}', helm: {parameters: [{name: tag, value: latest}]}}}\n",
    ),
    (
        "app/p.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'example.org/a:1'}]}\n",
    ),
    (
        "app/patches/p.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'example.org/a:latest'}]}\n",
    ),
];

/// What a folder is called counts where the run starts in it, too.
#[test]
fn a_run_that_starts_in_a_folder_finds_what_a_run_from_the_top_finds_there() {
    for folder in ["web/ci", "helmfile.d", ".circleci", "argocd", "app/patches"] {
        let of_top = found(&NAMED_BY_FOLDERS, "", &[folder]);
        let of_folder = found(&NAMED_BY_FOLDERS, folder, &["."]);
        let with_folder: Vec<_> = of_folder.iter().map(|file| format!("{folder}/{file}")).collect();
        assert_eq!(with_folder, of_top, "{folder}");
        assert_eq!(of_top.is_empty(), folder == "app/patches", "{folder}");
    }
    let alone = [found(&NAMED_BY_FOLDERS, "web/ci", &["moving-values.yaml"])];
    assert_eq!(alone, [["moving-values.yaml"]]);
}

#[test]
fn globs_of_the_configuration_hold_from_wherever_a_run_starts() {
    let config = |glob: &str| {
        format!(
            "exemptions:\n  - {{rules: [image-tag-latest-forbidden], reason: x, paths: [{glob:?}]}}\n"
        )
    };
    for (glob, left) in [("app/**", "web"), ("web/*.yaml", "app"), ("we*", "app")] {
        let config = config(glob);
        let files = [("plimsoll.yaml", &*config), ("app/p.yaml", LATEST), ("web/p.yaml", LATEST)];
        for (folder, up) in [("", ""), ("app", "../"), ("web", "../")] {
            let paths = ["app", "web"].map(|path| format!("{up}{path}"));
            let paths = [paths[0].as_str(), paths[1].as_str()];
            let expected = match folder == left {
                true => "p.yaml".to_owned(),
                false => format!("{up}{left}/p.yaml"),
            };
            assert_eq!(found(&files, folder, &paths), [expected], "{glob} {folder}");
        }
    }
}
