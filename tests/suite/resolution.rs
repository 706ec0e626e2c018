//! Where a release's chart is found without a network: Helm's own caches, and where the
//! configuration says.

use std::path::Path;

use super::harness::{Run, archive, finish, plimsoll, repository};

/// What declares a release of `shop/web`, with the versions that fit.
fn declared(version: &str) -> String {
    format!(
        "helm repo add shop https://charts.example.org\n\
         helm upgrade --install web shop/web --version '{version}' -f values.yaml\n"
    )
}

/// A line for each version of the chart; only that version reads it.
const VALUES: &str = "hosts:\n  \"1.0.0\": true\n  \"1.1.0\": true\n  \"2.0.0\": true\n";

/// A chart's archive: a pod, privileged where `hosts` says so of its version.
fn chart(name: &str, version: &str) -> Vec<u8> {
    let files = files(name, version);
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    archive(&files)
}

fn files(name: &str, version: &str) -> Vec<(String, String)> {
    let template = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n  containers:\n    - name: a\n      image: example.org/a:1.0.0\n      securityContext: {{privileged: {{{{ index .Values.hosts \"{version}\" }}}}}}\n"
    );
    vec![
        (
            format!("{name}/Chart.yaml"),
            format!("apiVersion: v2\nname: {name}\nversion: {version}\n"),
        ),
        (format!("{name}/values.yaml"), "hosts: {}\n".to_owned()),
        (format!("{name}/templates/web.yaml"), template),
    ]
}

/// Puts archives of these charts into a folder.
fn fill(folder: &Path, charts: &[(&str, &str)]) {
    std::fs::create_dir_all(folder).expect("a folder");
    for (name, version) in charts {
        let path = folder.join(format!("{name}-{version}.tgz"));
        std::fs::write(path, chart(name, version)).expect("an archive");
    }
}

/// Lints with these variables set.
fn check(dir: &Path, variables: &[(&str, &Path)]) -> Run {
    let mut command = plimsoll(dir);
    command.args(["check", "--format", "concise", "--no-cache"]);
    finish(command.envs(variables.iter().copied()))
}

/// Holds that the pod is found to be privileged at this line of the values file, and nowhere else.
#[track_caller]
fn expect_found(run: &Run, place: &str) {
    let found: Vec<_> =
        run.out.lines().filter(|line| line.contains("privileged-container-forbidden")).collect();
    assert!(
        matches!(found[..], [line] if line.starts_with(place)),
        "{place}\n{}{}",
        run.out,
        run.err
    );
}

#[test]
fn charts_are_found_where_helm_keeps_what_it_fetched() {
    let dir = repository(&[("deploy.sh", &declared("1.0.0")), ("values.yaml", VALUES)]);
    for (variable, below) in [
        ("HELM_REPOSITORY_CACHE", ""),
        ("HELM_CACHE_HOME", "repository"),
        ("XDG_CACHE_HOME", "helm/repository"),
        ("HOME", ".cache/helm/repository"),
    ] {
        let home = tempfile::tempdir().expect("a temporary directory");
        let absent = check(dir.path(), &[(variable, home.path())]);
        assert!(absent.err.contains("shop/web 1.0.0"), "{variable}: {}", absent.err);
        fill(&home.path().join(below), &[("web", "1.0.0")]);
        expect_found(&check(dir.path(), &[(variable, home.path())]), "values.yaml:2:");
    }
}

#[test]
fn a_cache_that_is_named_goes_before_the_one_below_a_home() {
    let dir = repository(&[("deploy.sh", &declared("^1")), ("values.yaml", VALUES)]);
    let (own, home) =
        (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    fill(own.path(), &[("web", "1.0.0")]);
    fill(&home.path().join(".cache/helm/repository"), &[("web", "1.1.0")]);
    let variables = [("HELM_REPOSITORY_CACHE", own.path()), ("HOME", home.path())];
    expect_found(&check(dir.path(), &variables), "values.yaml:2:");
}

#[test]
fn of_several_versions_in_the_cache_helm_s_choice_is_taken() {
    let cache = tempfile::tempdir().expect("a folder");
    let held = [("web", "1.0.0"), ("web", "1.1.0"), ("web", "2.0.0"), ("web-tools", "1.9.0")];
    fill(cache.path(), &held);
    for (version, place) in
        [("~1.0", "values.yaml:2:"), ("^1", "values.yaml:3:"), (">=1", "values.yaml:4:")]
    {
        let dir = repository(&[("deploy.sh", &declared(version)), ("values.yaml", VALUES)]);
        expect_found(&check(dir.path(), &[("HELM_REPOSITORY_CACHE", cache.path())]), place);
    }
    let dir = repository(&[("deploy.sh", &declared("3.x")), ("values.yaml", VALUES)]);
    let none = check(dir.path(), &[("HELM_REPOSITORY_CACHE", cache.path())]);
    assert!(none.err.contains("shop/web 3.x"), "{}{}", none.out, none.err);
}

#[test]
fn a_chart_s_dependencies_are_taken_from_helm_s_cache() {
    let dir = repository(&[
        (
            "all/Chart.yaml",
            "apiVersion: v2\nname: all\nversion: 1.0.0\ndependencies:\n  - {name: web, version: 1.x, repository: 'https://charts.example.org'}\n",
        ),
        ("all/values.yaml", "web:\n  hosts:\n    \"1.1.0\": true\n"),
    ]);
    let cache = tempfile::tempdir().expect("a folder");
    fill(cache.path(), &[("web", "1.1.0")]);
    let run = check(dir.path(), &[("HELM_REPOSITORY_CACHE", cache.path())]);
    expect_found(&run, "all/values.yaml:3:");
}

#[test]
fn charts_lie_where_the_configuration_says() {
    for (config, place) in [
        ("charts: {shop/web: vendor/web-1.1.0.tgz}\n", "values.yaml:3:"),
        ("charts: {shop/web: vendor/web}\n", "values.yaml:4:"),
        ("charts: {web: vendor/web-1.1.0.tgz}\n", "values.yaml:3:"),
        ("charts: {https://charts.example.org/web: vendor/web-1.1.0.tgz}\n", "values.yaml:3:"),
    ] {
        let dir = repository(&[
            ("deploy.sh", &declared("1.x")),
            ("values.yaml", VALUES),
            ("plimsoll.yaml", config),
        ]);
        let vendor = dir.path().join("vendor");
        fill(&vendor, &[("web", "1.1.0")]);
        for (path, text) in files("web", "2.0.0") {
            let path = vendor.join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        // What the configuration says goes before what Helm has.
        let cache = tempfile::tempdir().expect("a folder");
        fill(cache.path(), &[("web", "1.0.0")]);
        expect_found(&check(dir.path(), &[("HELM_REPOSITORY_CACHE", cache.path())]), place);
    }
}

#[test]
fn a_chart_that_is_not_where_the_configuration_says_is_no_silence() {
    let dir = repository(&[
        ("deploy.sh", &declared("1.x")),
        ("values.yaml", VALUES),
        ("plimsoll.yaml", "charts:\n  shop/web: vendor/web-1.1.0.tgz\n"),
    ]);
    // What Helm has of the name is not what was meant.
    let cache = tempfile::tempdir().expect("a folder");
    fill(cache.path(), &[("web", "1.1.0")]);
    let run = check(dir.path(), &[("HELM_REPOSITORY_CACHE", cache.path())]).expect_code(0);
    assert!(run.err.contains("vendor/web-1.1.0.tgz`, where the configuration says"), "{}", run.err);
    assert!(run.err.contains("`charts` in plimsoll.yaml"), "{}", run.err);
    finish(plimsoll(dir.path()).args(["check", "--strict", "--no-cache"])).expect_code(2);
}
