//! Results are kept between runs, and none is ever stale.

use std::path::Path;
use std::process::Stdio;

use crate::harness::{Run, plimsoll, repository, run};

const TEMPLATE: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      {{- include "lib.pod" . | nindent 6 }}
      containers:
        - name: web
          image: "{{ .Values.image }}:{{ .Files.Get "tag.txt" | trim }}"
"#;

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec:\n  replicas: 1\n  selector: {matchLabels: {app: api}}\n  template:\n    metadata: {labels: {app: api}}\n    spec:\n      containers: [{name: api, image: 'example.org/api:1.0.0'}]\n";

/// A repository whose results depend on many files.
const REPOSITORY: &[(&str, &str)] = &[
    ("plimsoll.yaml", "preset: all\n"),
    (
        "helmfile.yaml",
        "releases:\n  - {name: shop, namespace: prod, chart: ./chart, values: [env/prod.yaml]}\n",
    ),
    ("env/prod.yaml", "replicas: 2\n"),
    (
        "chart/Chart.yaml",
        "apiVersion: v2\nname: web\nversion: 0.1.0\ndependencies:\n  - {name: lib, version: 0.1.0, repository: 'file://../lib'}\n",
    ),
    ("chart/values.yaml", "replicas: 1\nimage: example.org/web\n"),
    ("chart/tag.txt", "1.0.0\n"),
    ("chart/templates/deployment.yaml", TEMPLATE),
    ("lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 0.1.0\ntype: library\n"),
    ("lib/templates/_pod.tpl", "{{ define \"lib.pod\" }}hostNetwork: false{{ end }}\n"),
    ("app/deployment.yaml", DEPLOYMENT),
    (
        "app/service.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec:\n  selector: {app: api}\n  ports: [{port: 80}]\n",
    ),
    (
        "crd/widgets.yaml",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.org}\nspec:\n  group: example.org\n  names: {kind: Widget, plural: widgets}\n  scope: Namespaced\n  versions:\n    - name: v1\n      served: true\n      storage: true\n      schema:\n        openAPIV3Schema:\n          type: object\n          properties:\n            spec: {type: object, properties: {size: {type: integer}}}\n",
    ),
    (
        "widget/widget.yaml",
        "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 1}\n",
    ),
];

/// What a run reports, but for how long it took, and what it says of the cache.
fn check(dir: &Path, cache: &Path, more: &[&str]) -> (serde_json::Value, String) {
    let cache = cache.to_str().expect("UTF-8");
    let args = ["check", "--format", "json", "--verbose", "--cache-dir", cache];
    let run = run(dir, &[&args[..], more].concat());
    let said = run.err.lines().find(|line| line.contains("results from the cache"));
    (report(&run), said.unwrap_or_default().to_owned())
}

fn anew(dir: &Path, more: &[&str]) -> serde_json::Value {
    report(&run(dir, &[&["check", "--format", "json", "--no-cache"], more].concat()))
}

fn report(run: &Run) -> serde_json::Value {
    let mut report: serde_json::Value =
        serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("JSON: {}{}", run.out, run.err));
    report["summary"]["duration_ms"] = 0.into();
    report
}

/// How many results came from the cache, and how many there were.
fn hits(said: &str) -> (usize, usize) {
    let mut numbers = said.split(' ').filter_map(|word| word.parse().ok());
    let mut next = || numbers.next().unwrap_or_else(|| panic!("two numbers in {said:?}"));
    (next(), next())
}

#[test]
fn a_second_run_says_the_same_and_judges_nothing_anew() {
    let dir = repository(REPOSITORY);
    let cache = tempfile::tempdir().expect("a folder");
    let (first, said) = check(dir.path(), cache.path(), &[]);
    assert_eq!(hits(&said).0, 0, "{said}");
    let (second, said) = check(dir.path(), cache.path(), &[]);
    let (hits, all) = hits(&said);
    assert!(hits == all && all > 4, "{said}");
    assert_eq!(first, second);
    assert_eq!(first, anew(dir.path(), &[]));
    assert!(first["findings"].as_array().is_some_and(|findings| findings.len() > 4));
}

#[test]
fn whatever_a_result_depends_on_is_seen_to_change() {
    let changes: &[(&str, &str)] = &[
        ("plimsoll.yaml", "preset: all\nignore: [memory-limit-required]\n"),
        (
            "helmfile.yaml",
            "releases:\n  - {name: store, namespace: prod, chart: ./chart, values: [env/prod.yaml]}\n",
        ),
        ("env/prod.yaml", "# Moved.\nreplicas: 3\n"),
        ("chart/Chart.yaml", "apiVersion: v2\nname: web\n"),
        ("chart/values.yaml", "replicas: 1\nimage: example.org/web@sha256:1\n"),
        ("chart/tag.txt", "latest\n"),
        ("chart/templates/deployment.yaml", "apiVersion: v1\nkind: Pod\n"),
        ("chart/templates/new.yaml", "{{ fail \"no\" }}\n"),
        ("chart/values.schema.json", "{\"properties\": {\"replicas\": {\"type\": \"string\"}}}"),
        ("chart/.helmignore", "templates/\n"),
        ("lib/templates/_pod.tpl", "{{ define \"lib.pod\" }}hostNetwork: true{{ end }}\n"),
        (
            "app/service.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec:\n  selector: {app: other}\n  ports: [{port: 80}]\n",
        ),
        (
            "app/deployment.yaml",
            "# Moved.\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n",
        ),
        ("crd/widgets.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: none}\n"),
        (
            "widget/widget.yaml",
            "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: big}\n",
        ),
    ];
    for (path, text) in changes {
        let dir = repository(REPOSITORY);
        let cache = tempfile::tempdir().expect("a folder");
        let (before, _) = check(dir.path(), cache.path(), &[]);
        std::fs::write(dir.path().join(path), text).expect("a file");
        let fresh = anew(dir.path(), &[]);
        assert_ne!(before, fresh, "{path}: the change is to make a difference");
        let (after, _) = check(dir.path(), cache.path(), &[]);
        assert_eq!(after, fresh, "{path}");
        // And back again: what was found before is found still.
        if let Some((_, old)) = REPOSITORY.iter().find(|(known, _)| known == path) {
            std::fs::write(dir.path().join(path), old).expect("a file");
            let (back, said) = check(dir.path(), cache.path(), &[]);
            assert_eq!(back, before, "{path}");
            assert_eq!(hits(&said).0, hits(&said).1, "{path}: {said}");
        }
    }
}

#[test]
fn a_file_that_goes_takes_its_results_with_it() {
    for path in ["app/service.yaml", "lib/templates/_pod.tpl", "env/prod.yaml", "plimsoll.yaml"] {
        let dir = repository(REPOSITORY);
        let cache = tempfile::tempdir().expect("a folder");
        check(dir.path(), cache.path(), &[]);
        std::fs::remove_file(dir.path().join(path)).expect("removed");
        assert_eq!(check(dir.path(), cache.path(), &[]).0, anew(dir.path(), &[]), "{path}");
    }
}

#[test]
fn the_command_line_is_a_part_of_what_results_depend_on() {
    let dir = repository(REPOSITORY);
    let cache = tempfile::tempdir().expect("a folder");
    let asked: &[&[&str]] = &[
        &[],
        &["--preset", "recommended"],
        &["--select", "host-network-forbidden"],
        &["--severity", "image-tag-latest-forbidden=info"],
        &["--kube-version", "1.25"],
        &["--no-ignores"],
        &["--release-name", "x", "--set", "replicas=9", "--set", "image=latest"],
        &["chart/values.yaml"],
        &["env"],
    ];
    for more in asked.iter().chain(asked) {
        assert_eq!(check(dir.path(), cache.path(), more).0, anew(dir.path(), more), "{more:?}");
    }
}

#[test]
fn a_damaged_cache_is_as_if_it_were_not_there() {
    let dir = repository(REPOSITORY);
    let cache = tempfile::tempdir().expect("a folder");
    let (first, _) = check(dir.path(), cache.path(), &[]);
    for entry in std::fs::read_dir(cache.path()).expect("a folder").flatten() {
        let mut bytes = std::fs::read(entry.path()).expect("a file");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xff;
        std::fs::write(entry.path(), bytes).expect("a file");
    }
    let (second, said) = check(dir.path(), cache.path(), &[]);
    assert_eq!((first, hits(&said).0), (second, 0));
}

#[test]
fn a_cache_that_cannot_be_written_stops_nothing() {
    let dir = repository(REPOSITORY);
    let (report, said) = check(dir.path(), &dir.path().join("plimsoll.yaml/cache"), &[]);
    assert_eq!(report, anew(dir.path(), &[]));
    assert!(said.contains("could not be written"), "{said}");
}

#[test]
fn processes_that_share_a_cache_and_are_killed_leave_it_whole() {
    let dir = repository(REPOSITORY);
    let cache = tempfile::tempdir().expect("a folder");
    let fresh = anew(dir.path(), &[]);
    for round in 0..6 {
        let start = |_| {
            plimsoll(dir.path())
                .args(["check", "--quiet", "--format", "json", "--cache-dir"])
                .arg(cache.path())
                .stdout(Stdio::null())
                .spawn()
                .expect("it runs")
        };
        let mut processes: Vec<_> = (0..4).map(start).collect();
        std::thread::sleep(std::time::Duration::from_millis(15 * round));
        for process in &mut processes[..2] {
            // It may have ended by itself.
            let _ = process.kill();
        }
        for mut process in processes {
            process.wait().expect("it ends");
        }
        assert_eq!(check(dir.path(), cache.path(), &[]).0, fresh);
    }
}

#[test]
fn the_folder_is_below_the_users_cache_and_git_leaves_it_alone() {
    let dir = repository(&[("app/deployment.yaml", DEPLOYMENT)]);
    let home = tempfile::tempdir().expect("a folder");
    let mut command = plimsoll(dir.path());
    crate::harness::finish(command.env("XDG_CACHE_HOME", home.path()).arg("check"));
    let own = std::fs::read_dir(home.path().join("plimsoll")).expect("a folder").flatten();
    let own: Vec<_> = own.map(|entry| entry.path()).collect();
    assert_eq!(own.len(), 1, "one for each working directory: {own:?}");
    assert!(own[0].join("CACHEDIR.TAG").is_file() && own[0].join(".gitignore").is_file());
}
