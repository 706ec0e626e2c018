//! Results are kept between runs, and none is ever stale.

use std::path::Path;
use std::process::Stdio;

use crate::harness::{Run, archive, plimsoll, repository, run, sha256};

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
    ("stage/values-dev.yaml", "web: {replicas: 1, color: green}\n"),
    ("stage/values-prod.yaml", "web: {replicas: 3, color: green}\n"),
    (".plimsoll/rules/own.yaml", OWN_RULE),
    ("deploy.sh", "helm install file ./chart --namespace test --set-file image=image.yaml\n"),
    ("image.yaml", "example.org/api"),
];

/// A rule of one's own, on each Service.
const OWN_RULE: &str = "id: service-owner\ngroup: own\nseverity: warning\nsince: 0.1.0\nsummary: A Service must name its owner\nwhy: Somebody must be asked.\nfix: Name the owner.\nkinds: [Service]\nchecks:\n  - {require: has(object.metadata.annotations), at: [object.metadata], message: nobody owns this}\n";

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
        ("image.yaml", "example.org/api@sha256:1"),
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
        (".plimsoll/rules/own.yaml", &OWN_RULE.replace("nobody owns this", "this is nobody's")),
        (
            ".plimsoll/rules/second.yaml",
            &OWN_RULE.replace("service-owner", "service-known").replace("nobody", "no one"),
        ),
        ("plimsoll.yaml", "preset: all\noverrides: [{paths: [app], ignore: [images]}]\n"),
        ("plimsoll.yaml", "preset: all\nrules: {memory-limit-required: info}\n"),
        ("stage/values-dev.yaml", "web: {replicas: 5, colour: green}\n"),
        ("chart/crds/crd.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"),
        ("app/extra.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"),
    ];
    let dir = repository(REPOSITORY);
    let cache = tempfile::tempdir().expect("a folder");
    let (before, _) = check(dir.path(), cache.path(), &[]);
    for (path, text) in changes {
        let file = dir.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(&file, text).expect("a file");
        let fresh = anew(dir.path(), &[]);
        assert_ne!(before, fresh, "{path}: the change is to make a difference");
        let (after, _) = check(dir.path(), cache.path(), &[]);
        assert_eq!(after, fresh, "{path}");
        // And back again.
        match REPOSITORY.iter().find(|(known, _)| known == path) {
            Some((_, old)) => std::fs::write(&file, old).expect("a file"),
            None => std::fs::remove_file(&file).expect("removed"),
        }
    }
    let (back, said) = check(dir.path(), cache.path(), &[]);
    assert_eq!(back, before, "what was found before is found still");
    assert_eq!(hits(&said).0, hits(&said).1, "{said}");
}

#[test]
fn archives_of_charts_are_a_part_of_what_results_depend_on() {
    let packed = |template: &str| {
        archive(&[
            ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
            ("web/templates/pod.yaml", template),
        ])
    };
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostNetwork: true, containers: []}\n";
    let first = packed(pod);
    let release = "preset: all\nreleases: [{name: a, chart: {name: web, repository: 'https://charts.example.org', version: 1.0.0}}]\n";
    let lock = format!(
        "version: 1\ncharts:\n  - {{name: web, repository: 'https://charts.example.org', constraint: 1.0.0, version: 1.0.0, digest: 'sha256:{}', path: web.tgz}}\n",
        sha256(&first)
    );
    let mapped = format!("{release}charts: {{web: web.tgz}}\n");
    for (config, lock) in [(release, Some(lock.as_str())), (mapped.as_str(), None)] {
        let dir = repository(&[("plimsoll.yaml", config)]);
        let cache = tempfile::tempdir().expect("a folder");
        let write = |name: &str, bytes: &[u8]| {
            std::fs::write(dir.path().join(name), bytes).expect("a file");
        };
        if let Some(lock) = lock {
            write("plimsoll.lock", lock.as_bytes());
        }
        write("web.tgz", &first);
        let (before, _) = check(dir.path(), cache.path(), &[]);
        assert_eq!(before["summary"]["objects"], 1);
        write("web.tgz", &packed(&pod.replace("hostNetwork", "hostPID")));
        let (after, _) = check(dir.path(), cache.path(), &[]);
        assert_ne!(after, before);
        assert_eq!(after, anew(dir.path(), &[]));
        std::fs::remove_file(dir.path().join("web.tgz")).expect("removed");
        let (gone, _) = check(dir.path(), cache.path(), &[]);
        assert_eq!(gone, anew(dir.path(), &[]));
    }
}

#[test]
fn what_another_cache_holds_is_not_taken_for_this_ones() {
    let (dir, other) = (repository(REPOSITORY), repository(REPOSITORY));
    std::fs::write(other.path().join("chart/tag.txt"), "latest\n").expect("a file");
    let cache = tempfile::tempdir().expect("a folder");
    check(other.path(), cache.path(), &["--select", "images"]);
    assert_eq!(check(dir.path(), cache.path(), &[]).0, anew(dir.path(), &[]));
    // Files under each other's names, as a careless restore may leave them.
    let files = std::fs::read_dir(cache.path()).expect("a folder").flatten();
    let files: Vec<_> = files.map(|entry| entry.path()).filter(|path| has_entries(path)).collect();
    let texts: Vec<_> = files.iter().map(|path| std::fs::read(path).expect("a file")).collect();
    for (path, text) in files.iter().zip(texts.iter().cycle().skip(1)) {
        std::fs::write(path, text).expect("a file");
    }
    assert_eq!(check(dir.path(), cache.path(), &[]).0, anew(dir.path(), &[]));
}

fn has_entries(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "bin")
}

#[test]
fn no_cache_is_obeyed_whatever_folder_the_environment_names() {
    let dir = repository(&[("app/deployment.yaml", DEPLOYMENT)]);
    let cache = tempfile::tempdir().expect("a folder");
    let mut command = plimsoll(dir.path());
    command.env("PLIMSOLL_CACHE_DIR", cache.path()).args(["check", "--no-cache", "--quiet"]);
    crate::harness::finish(&mut command).expect_code(0);
    assert_eq!(std::fs::read_dir(cache.path()).expect("a folder").count(), 0);
}

#[test]
fn a_file_that_goes_takes_its_results_with_it() {
    for path in [
        "app/service.yaml",
        "lib/templates/_pod.tpl",
        "env/prod.yaml",
        "plimsoll.yaml",
        "chart/tag.txt",
        "chart/values.yaml",
        "stage/values-prod.yaml",
        ".plimsoll/rules/own.yaml",
    ] {
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
    let fresh: Vec<_> = asked.iter().map(|more| anew(dir.path(), more)).collect();
    // Once to fill the cache, and once to read what the others have left in it.
    for (more, fresh) in asked.iter().zip(&fresh).cycle().take(2 * asked.len()) {
        assert_eq!(&check(dir.path(), cache.path(), more).0, fresh, "{more:?}");
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
