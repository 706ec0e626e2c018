//! The hook, run by the real `pre-commit` in a real git repository.
//!
//! The hook's own `language: rust` builds the program from source, which takes minutes; here its
//! definition is used as it is, but for the language, with the binary that is tested.

use std::path::Path;
use std::process::Command;

use super::harness::repository;

fn pre_commit(dir: &Path, args: &[&str]) -> Option<(Option<i32>, String)> {
    let output = Command::new("pre-commit").args(args).current_dir(dir).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some((output.status.code(), text + &String::from_utf8_lossy(&output.stderr)))
}

fn git(dir: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
    let output =
        Command::new("git").args(identity).args(args).current_dir(dir).output().expect("git runs");
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_hook_stops_a_commit_with_a_finding() {
    let hooks = include_str!("../../.pre-commit-hooks.yaml");
    let hook: String = hooks
        .replace("language: rust", "language: system")
        .replace("entry: plimsoll", &format!("entry: {}", env!("CARGO_BIN_EXE_plimsoll")))
        .lines()
        .map(|line| format!("      {line}\n"))
        .collect();
    let config = format!("repos:\n  - repo: local\n    hooks:\n{hook}");
    let pod = |privileged: bool| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n    - name: a\n      image: example.org/a:1.0.0\n      securityContext: {{privileged: {privileged}}}\n"
        )
    };
    let dir = repository(&[
        (".pre-commit-config.yaml", &config),
        ("pod.yaml", &pod(true)),
        ("notes.txt", "no\n"),
    ]);
    let dir = dir.path();
    if pre_commit(dir, &["--version"]).is_none() {
        // CI installs it; elsewhere this is left out.
        return;
    }
    git(dir, &["init", "--quiet"]);
    git(dir, &["add", "."]);
    let (code, text) = pre_commit(dir, &["run"]).expect("pre-commit runs");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("privileged-container-forbidden"), "{text}");

    std::fs::write(dir.join("pod.yaml"), pod(false)).expect("the file is mended");
    git(dir, &["add", "."]);
    let (code, text) = pre_commit(dir, &["run"]).expect("pre-commit runs");
    assert_eq!(code, Some(0), "{text}");
}
