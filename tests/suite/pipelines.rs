//! What pipelines run, run: the scripts of the templates and of `docs/ci.md`, each in a clean
//! directory, with nothing but the program, git and a shell.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml::Value;

use crate::harness::{CHART, Run, repository, run};

fn text(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a file")
}

fn git(dir: &Path, args: &[&str]) -> String {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
    let done = Command::new("git").args(identity).args(args).current_dir(dir).output();
    let done = done.expect("git runs");
    assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// A clone with one commit on `main` that holds a chart with findings.
fn clone() -> tempfile::TempDir {
    let dir = repository(CHART);
    git(dir.path(), &["init", "--quiet", "--initial-branch", "main"]);
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "--quiet", "-m", "first"]);
    dir
}

/// Runs a script as CI systems do, stopping at the first command that fails.
fn script(shell: &str, dir: &Path, script: &str, env: &[(&str, &str)]) -> Run {
    let binary = Path::new(env!("CARGO_BIN_EXE_plimsoll"));
    let own: PathBuf = binary.parent().expect("a folder").into();
    let system = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([own].into_iter().chain(std::env::split_paths(&system)));
    let mut command = Command::new(shell);
    command.args(["-eu", "-c", script]).current_dir(dir).env_clear();
    command.env("PATH", path.expect("a path")).envs(env.iter().copied());
    crate::harness::finish(&mut command)
}

fn exists(dir: &Path, files: &[&str]) {
    for file in files {
        let size = std::fs::metadata(dir.join(file)).map_or(0, |metadata| metadata.len());
        assert!(size > 0, "{file} was written");
    }
}

/// The component's script with these inputs, the rest as by default.
fn component(inputs: &[(&str, &str)]) -> String {
    let text = text("templates/plimsoll.yml");
    let mut documents = serde_yaml::Deserializer::from_str(&text);
    let mut next = || {
        let document = documents.next().expect("two documents");
        <Value as serde::Deserialize>::deserialize(document).expect("YAML")
    };
    let (spec, jobs) = (next(), next());
    let job = &jobs["$[[ inputs.job-name ]]"];
    let mut script = job["script"][0].as_str().expect("a script").to_owned();
    for (name, input) in spec["spec"]["inputs"].as_mapping().expect("inputs") {
        let name = name.as_str().expect("a name");
        let given = inputs.iter().find(|(given, _)| *given == name).map(|(_, value)| *value);
        let default = match &input["default"] {
            Value::Bool(value) => value.to_string(),
            value => value.as_str().expect("a text").to_owned(),
        };
        script = script.replace(&format!("$[[ inputs.{name} ]]"), given.unwrap_or(&default));
    }
    assert!(!script.contains("$[["), "every input that is used is declared: {script}");
    script
}

#[test]
fn the_gitlab_component_reports_and_fails_on_findings() {
    let dir = clone();
    let run = script("sh", dir.path(), &component(&[]), &[]).expect_code(1);
    assert!(run.out.contains("anti-affinity-required"), "{}", run.out);
    exists(dir.path(), &["plimsoll-codequality.json", "plimsoll.html"]);
    let lenient = component(&[("fail-on", "never"), ("paths", "pod.yaml values.yaml")]);
    script("sh", dir.path(), &lenient, &[]).expect_code(0);
}

#[test]
fn the_gitlab_component_honours_a_baseline_and_the_merge_requests_base() {
    let dir = clone();
    let base = git(dir.path(), &["rev-parse", "HEAD"]);
    let env = [("CI_MERGE_REQUEST_DIFF_BASE_SHA", base.as_str())];
    let changed = component(&[("changed-only", "true")]);
    script("sh", dir.path(), &changed, &env).expect_code(0);
    let container =
        "containers: [{name: a, image: 'e/a:1.0', securityContext: {privileged: true}}]";
    let worse = CHART[3].1.replace("containers: []", container);
    std::fs::write(dir.path().join("pod.yaml"), worse).expect("a file");
    let run = script("sh", dir.path(), &changed, &env).expect_code(1);
    assert!(run.out.contains("privileged-container-forbidden"), "{}", run.out);
    assert!(
        !run.out.contains("anti-affinity-required"),
        "what was there before is not said: {}",
        run.out
    );

    crate::harness::run(dir.path(), &["baseline"]).expect_code(0);
    script("sh", dir.path(), &component(&[]), &[]).expect_code(0);
}

#[test]
fn the_github_action_reports_and_fails_on_findings() {
    let action: Value = serde_yaml::from_str(&text("action.yml")).expect("YAML");
    let step = &action["runs"]["steps"][1];
    let lint = step["run"].as_str().expect("a script");
    let inputs = action["inputs"].as_mapping().expect("inputs");
    let env = |more: &[(&'static str, String)]| {
        let of_step = step["env"].as_mapping().expect("an environment").iter();
        let of_step = of_step.map(|(name, value)| {
            let value = value.as_str().expect("a text");
            let value = value.trim_start_matches("${{ inputs.").trim_end_matches(" }}");
            let default = inputs.get(value).and_then(|input| input["default"].as_str());
            (name.as_str().expect("a name").to_owned(), default.unwrap_or_default().to_owned())
        });
        let mut env: std::collections::BTreeMap<String, String> = of_step.collect();
        env.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        env
    };
    let go = |dir: &Path, env: std::collections::BTreeMap<String, String>| {
        let env: Vec<(&str, &str)> = env.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        script("bash", dir, lint, &env)
    };
    let dir = clone();
    let run = go(dir.path(), env(&[])).expect_code(1);
    assert!(run.out.contains("::error file="), "{}", run.out);
    exists(dir.path(), &["plimsoll.sarif", "plimsoll.html"]);
    let base = git(dir.path(), &["rev-parse", "HEAD"]);
    go(dir.path(), env(&[("CHANGED_ONLY", "true".into()), ("BASE", base)])).expect_code(0);
    // Inputs are words, never commands.
    let run = go(dir.path(), env(&[("PATHS", "$(touch pwned) pod.yaml".into())])).expect_code(2);
    assert!(!dir.path().join("pwned").exists(), "{}", run.err);
}

#[test]
fn the_scripts_of_the_page_on_pipelines_run() {
    let page = text("docs/ci.md");
    let scripts: Vec<&str> = page
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split("```").next().expect("an end"))
        .collect();
    assert_eq!(scripts.len(), 3);
    let dir = clone();
    script("sh", dir.path(), scripts[0], &[]).expect_code(1);
    exists(dir.path(), &["plimsoll.xml", "plimsoll.html"]);
    script("sh", dir.path(), scripts[1], &[]).expect_code(0);
    exists(dir.path(), &["plimsoll.md"]);
    script("sh", dir.path(), scripts[2], &[("TARGET", "main")]).expect_code(0);
}

/// The Indexed Job's command, for each index, on a directory laid out as its volume.
#[test]
fn the_indexed_job_passes_plimsoll_and_its_shards_make_one_report() {
    let job = text("deploy/indexed-job.yaml");
    let own = repository(&[("job.yaml", &job)]);
    assert_eq!(run(own.path(), &["check", "--format", "concise"]).expect_code(0).out, "");

    let job: Value = serde_yaml::from_str(&job).expect("YAML");
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let command = container["command"][2].as_str().expect("a script");
    let shards = job["spec"]["completions"].as_u64().expect("a number");
    assert!(command.contains(&format!("/{shards}\"")), "{command}");
    let volume = tempfile::tempdir().expect("a folder");
    let checkout = volume.path().join("repository");
    for (path, text) in CHART {
        let path = checkout.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    std::fs::create_dir(volume.path().join("reports")).expect("a folder");
    let command = command.replace("/work/", &format!("{}/", volume.path().display()));
    for index in 0..shards {
        let index = index.to_string();
        script("sh", &checkout, &command, &[("JOB_COMPLETION_INDEX", &index)]).expect_code(0);
    }
    let merge = "plimsoll merge ../reports/*.json --format concise";
    let merged = script("sh", &checkout, merge, &[]).expect_code(1);
    let whole = run(&checkout, &["check", "--format", "concise"]).expect_code(1);
    assert_eq!(merged.out, whole.out);
}

#[test]
fn the_npm_wrapper_runs_the_program_and_gives_its_exit_code() {
    let wrapper = Path::new(env!("CARGO_MANIFEST_DIR")).join("npm/bin/plimsoll.js");
    let dir = clone();
    let mut command = Command::new("node");
    command.arg(&wrapper).args(["check", "--format", "concise"]).current_dir(dir.path());
    let Ok(output) = command.env("PLIMSOLL_BINARY", env!("CARGO_BIN_EXE_plimsoll")).output() else {
        return;
    };
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("anti-affinity-required"));
    let missing = Command::new("node").arg(&wrapper).env_remove("PLIMSOLL_BINARY").output();
    let missing = missing.expect("node runs");
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("there is no package"));
}
