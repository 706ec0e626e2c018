//! The hooks, run by the real `pre-commit` in a real git repository.
//!
//! CI installs it; where it is missing these tests are left out.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::harness::repository;

fn pre_commit(dir: &Path, args: &[&str]) -> Option<(Option<i32>, String)> {
    run_with(dir, args, &[])
}

fn run_with(dir: &Path, args: &[&str], env: &[(&str, &Path)]) -> Option<(Option<i32>, String)> {
    let mut command = Command::new("pre-commit");
    let output = command.args(args).envs(env.iter().copied()).current_dir(dir).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some((output.status.code(), text + &String::from_utf8_lossy(&output.stderr)))
}

fn git(dir: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
    let output =
        Command::new("git").args(identity).args(args).current_dir(dir).output().expect("git runs");
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The hooks as they are, but for the language: with the binary that is tested.
fn local_hooks() -> String {
    let hooks = include_str!("../../.pre-commit-hooks.yaml");
    let binary = format!("entry: {}", env!("CARGO_BIN_EXE_plimsoll"));
    let hooks = hooks.replace("language: rust", "language: system");
    let hooks = hooks.replace("language: python", "language: system");
    let hooks = hooks.replace("entry: plimsoll", &binary);
    let hooks: String = hooks.lines().map(|line| format!("      {line}\n")).collect();
    format!("repos:\n  - repo: local\n    hooks:\n{hooks}")
}

fn pod(privileged: bool) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n    - name: a\n      image: example.org/a:1.0.0\n      securityContext: {{privileged: {privileged}}}\n"
    )
}

#[test]
fn the_hook_stops_a_commit_with_a_finding() {
    let dir = repository(&[
        (".pre-commit-config.yaml", &local_hooks()),
        ("pod.yaml", &pod(true)),
        ("notes.txt", "no\n"),
    ]);
    let dir = dir.path();
    if pre_commit(dir, &["--version"]).is_none() {
        return;
    }
    git(dir, &["init", "--quiet"]);
    git(dir, &["add", "."]);
    let (code, text) = pre_commit(dir, &["run", "plimsoll"]).expect("pre-commit runs");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("privileged-container-forbidden"), "{text}");

    std::fs::write(dir.join("pod.yaml"), pod(false)).expect("the file is mended");
    git(dir, &["add", "."]);
    let (code, text) = pre_commit(dir, &["run", "plimsoll"]).expect("pre-commit runs");
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn a_changed_values_file_has_its_own_releases_linted_and_no_others() {
    let template = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ .Release.Name }}}\nspec:\n  replicas: {{ .Values.replicas }}\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - {name: web, image: 'example.org/web:1.0.0'}\n";
    let helmfile = "releases:\n  - {name: one, chart: ./chart, values: [env/one.yaml]}\n  - {name: two, chart: ./chart, values: [env/two.yaml]}\n  - {name: other, chart: ./other, values: [env/other.yaml]}\n";
    let chart = |name: &str| format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\n");
    let values = "replicas: 3\n";
    let dir = repository(&[
        (".pre-commit-config.yaml", &local_hooks()),
        ("helmfile.yaml", helmfile),
        ("chart/Chart.yaml", &chart("chart")),
        ("chart/values.yaml", "replicas: 1\n"),
        ("chart/templates/web.yaml", template),
        ("other/Chart.yaml", &chart("other")),
        ("other/templates/web.yaml", template),
        ("env/one.yaml", values),
        ("env/two.yaml", values),
        ("env/other.yaml", values),
    ]);
    let dir = dir.path();
    if pre_commit(dir, &["--version"]).is_none() {
        return;
    }
    git(dir, &["init", "--quiet"]);
    git(dir, &["add", "."]);
    git(dir, &["commit", "--quiet", "-m", "first"]);
    let commit = |file: &str| {
        let path = dir.join(file);
        let text = std::fs::read_to_string(&path).expect("a file") + "# Changed.\n";
        std::fs::write(path, text).expect("a file");
        git(dir, &["add", "."]);
        let found = pre_commit(dir, &["run", "plimsoll"]).expect("pre-commit runs");
        git(dir, &["commit", "--quiet", "-m", "next"]);
        found
    };
    let (code, text) = commit("env/one.yaml");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("env/one.yaml:1") && text.contains("1 release,"), "{text}");
    assert!(!text.contains("env/two.yaml") && !text.contains("env/other.yaml"), "{text}");

    // The chart's own values are a layer of both its releases.
    let (_, text) = commit("chart/values.yaml");
    assert!(text.contains("2 releases,") && !text.contains("env/other.yaml"), "{text}");
    // So are its templates.
    let (_, text) = commit("chart/templates/web.yaml");
    assert!(text.contains("2 releases,") && !text.contains("env/other.yaml"), "{text}");
    // And the declaration is of all three.
    let (_, text) = commit("helmfile.yaml");
    assert!(text.contains("3 releases,"), "{text}");
}

/// A wheel with the binary that is tested, as maturin lays it out.
fn wheel(folder: &Path) -> Option<PathBuf> {
    let script = "import sys, zipfile\nbinary, name, version = sys.argv[1:]\ninfo = f'plimsoll-{version}.dist-info'\nwith zipfile.ZipFile(name, 'w', zipfile.ZIP_STORED) as wheel:\n    program = zipfile.ZipInfo(f'plimsoll-{version}.data/scripts/plimsoll')\n    program.external_attr = 0o100755 << 16\n    with open(binary, 'rb') as text: wheel.writestr(program, text.read())\n    wheel.writestr(f'{info}/METADATA', f'Metadata-Version: 2.1\\nName: plimsoll\\nVersion: {version}\\n')\n    wheel.writestr(f'{info}/WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: false\\nTag: py3-none-any\\n')\n    wheel.writestr(f'{info}/RECORD', '')\n";
    let version = env!("CARGO_PKG_VERSION");
    let name = folder.join(format!("plimsoll-{version}-py3-none-any.whl"));
    let mut command = Command::new("python3");
    command.args(["-c", script, env!("CARGO_BIN_EXE_plimsoll")]).arg(&name).arg(version);
    command.status().ok()?.success().then_some(name)
}

/// As a user has it: the hook comes from a repository at a revision, the program from a wheel.
#[test]
fn the_prebuilt_hook_installs_the_wheel_of_its_version() {
    let hooks = repository(&[
        (".pre-commit-hooks.yaml", include_str!("../../.pre-commit-hooks.yaml")),
        ("pyproject.toml", include_str!("../../pyproject.toml")),
        ("src/lib.rs", ""),
        ("rules/a.yaml", ""),
    ]);
    git(hooks.path(), &["init", "--quiet"]);
    git(hooks.path(), &["add", "."]);
    git(hooks.path(), &["commit", "--quiet", "-m", "first"]);
    git(hooks.path(), &["tag", "v0"]);
    let url = hooks.path().display();
    let config = format!("repos:\n  - {{repo: '{url}', rev: v0, hooks: [{{id: plimsoll}}]}}\n");
    let dir = repository(&[(".pre-commit-config.yaml", &config), ("pod.yaml", &pod(true))]);
    let dir = dir.path();
    let wheels = tempfile::tempdir().expect("a folder");
    if pre_commit(dir, &["--version"]).is_none() || wheel(wheels.path()).is_none() {
        return;
    }
    git(dir, &["init", "--quiet"]);
    git(dir, &["add", "."]);
    let home = tempfile::tempdir().expect("a folder");
    let env = [("PIP_FIND_LINKS", wheels.path()), ("PRE_COMMIT_HOME", home.path())];
    let (code, text) = run_with(dir, &["run"], &env).expect("pre-commit runs");
    if text.contains("No matching distribution found for setuptools") {
        // Without a network there is nothing to build the hook's environment with.
        return;
    }
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("privileged-container-forbidden"), "{text}");
}

#[test]
fn every_file_that_has_the_version_has_the_same() {
    let version = env!("CARGO_PKG_VERSION");
    for (file, text, times) in [
        ("pyproject.toml", include_str!("../../pyproject.toml"), 2),
        ("npm/package.json", include_str!("../../npm/package.json"), 6),
        ("templates/plimsoll.yml", include_str!("../../templates/plimsoll.yml"), 2),
        ("action.yml", include_str!("../../action.yml"), 1),
        ("deploy/indexed-job.yaml", include_str!("../../deploy/indexed-job.yaml"), 3),
    ] {
        assert_eq!(text.matches(version).count(), times, "{file}");
    }
}

#[test]
fn the_fixing_hook_writes_to_the_files_and_stops_the_commit() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostNetwork: true\n  dnsPolicy: ClusterFirst\n  containers: []\n";
    let dir = repository(&[(".pre-commit-config.yaml", &local_hooks()), ("pod.yaml", pod)]);
    let dir = dir.path();
    if pre_commit(dir, &["--version"]).is_none() {
        return;
    }
    git(dir, &["init", "--quiet"]);
    git(dir, &["add", "."]);
    let (code, text) = pre_commit(dir, &["run", "plimsoll-fix"]).expect("pre-commit runs");
    assert_eq!(code, Some(1), "{text}");
    let fixed = std::fs::read_to_string(dir.join("pod.yaml")).expect("the pod");
    assert_eq!(fixed, pod.replace("ClusterFirst", "ClusterFirstWithHostNet"), "{text}");
}
