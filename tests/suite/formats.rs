//! Reports as the real binary writes them.

use crate::harness::{finish, fixture, plimsoll, repository, run};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: other\nspec:\n  hostNetwork: true\n  containers:\n    - name: c\n      image: nginx\n";

/// The JSON report without its duration, which differs from run to run.
fn json(text: &str) -> serde_json::Value {
    let mut report: serde_json::Value = serde_json::from_str(text).expect("JSON");
    report["summary"]["duration_ms"] = 0.into();
    report
}

#[test]
fn several_formats_go_to_several_files() {
    let dir = repository(&[("a.yaml", POD)]);
    let args = [
        "check", "--preset", "all", "--format", "concise", "--format", "sarif", "--output",
        "x.sarif", "--format", "gitlab", "--output", "gl.json", "--format", "junit", "-o", "x.xml",
        "--format", "html", "-o", "x.html", "--format", "markdown", "-o", "x.md",
    ];
    let run = run(dir.path(), &args);
    assert!(run.out.starts_with("a.yaml:"), "{}", run.out);
    for file in ["x.sarif", "gl.json", "x.xml", "x.html", "x.md"] {
        let text = std::fs::read_to_string(dir.path().join(file)).expect("it was written");
        assert!(text.contains("host-network-forbidden"), "{file}: {text}");
    }
    let names: Vec<_> = std::fs::read_dir(dir.path()).expect("a folder").collect();
    assert_eq!(names.len(), 6, "no temporary file is left: {names:?}");
}

#[test]
fn a_missing_folder_is_an_error_before_any_work() {
    let dir = repository(&[("a.yaml", POD)]);
    let run =
        run(dir.path(), &["check", "--format", "json", "--output", "no/where.json"]).expect_code(2);
    assert!(run.err.contains("there is no folder no"), "{}", run.err);
    assert_eq!(run.out, "");
}

#[test]
fn the_same_bytes_on_any_number_of_threads() {
    let mut files: Vec<(String, String)> = Vec::new();
    for at in 0..60 {
        files.push((format!("d{}/m{at}.yaml", at % 7), POD.replace("other", &format!("pod-{at}"))));
    }
    // One file that is long enough to be judged in pieces, with two objects of each name.
    let note = format!("  annotations:\n    note: {}\nspec:", "long ".repeat(200));
    let pods = (0..100).map(|at| POD.replace("other", &format!("pod-{}", at % 50)));
    let pods: Vec<_> = pods.map(|pod| pod.replace("spec:", &note)).collect();
    files.push(("bundle/all.yaml".into(), pods.join("---\n")));
    // And a chart that makes as much of its one template.
    files.push((
        "chart/Chart.yaml".into(),
        "{apiVersion: v2, name: chart, version: 1.0.0}\n".into(),
    ));
    files.push(("chart/values.yaml".into(), "note: long\n".into()));
    let looped = POD.replace("other", "pod-{{ $at }}");
    let note = "annotations:\n    note: {{ repeat 200 $.Values.note }}\nspec:";
    let looped = looped.replace("spec:", &format!("  {note}"));
    let looped = format!("{{{{- range $at := until 100 }}}}\n---\n{looped}{{{{- end }}}}\n");
    files.push(("chart/templates/pods.yaml".into(), looped));
    let borrowed: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let dir = repository(&borrowed);
    let one = run(dir.path(), &["check", "--preset", "all", "--format", "json", "--threads", "1"]);
    for threads in ["2", "3", "8"] {
        let many = run(
            dir.path(),
            &["check", "--preset", "all", "--format", "json", "--threads", threads],
        );
        assert_eq!(json(&one.out), json(&many.out));
    }
    assert!(json(&one.out)["findings"].as_array().is_some_and(|findings| findings.len() >= 260));
    assert_eq!(json(&one.out)["summary"]["releases"], 1);
}

#[test]
fn json_keeps_its_contract() {
    let dir = repository(&[("sub/a.yaml", POD)]);
    let run = run(dir.path(), &["check", "--select", "host-network-forbidden", "--format", "json"])
        .expect_code(1);
    let report = json(&run.out);
    assert_eq!(report["version"], 1);
    assert!(report["tool"].as_str().is_some_and(|tool| tool.starts_with("plimsoll ")));
    let finding = &report["findings"][0];
    assert_eq!(finding["rule"], "host-network-forbidden");
    assert_eq!(finding["location"]["file"], "sub/a.yaml");
    assert_eq!(finding["location"]["start"], serde_json::json!({"line": 6, "column": 16}));
    assert_eq!(finding["location"]["end"], serde_json::json!({"line": 6, "column": 20}));
    assert_eq!(finding["origin"], "manifest");
    assert_eq!(finding["object"]["kind"], "Pod");
    assert_eq!(finding["object"]["path"], "spec.hostNetwork");
    assert!(finding.get("releases").is_none() && finding.get("rendered").is_none());
    assert_eq!(report["summary"]["objects"], 1);
}

#[test]
fn shards_merged_are_one_run() {
    let mut files: Vec<(String, String)> = Vec::new();
    for at in 0..20 {
        files.push((format!("d{at}/m.yaml"), POD.replace("other", &format!("pod-{at}"))));
    }
    let borrowed: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let dir = repository(&borrowed);
    let whole = run(dir.path(), &["check", "--preset", "all", "--format", "json"]).expect_code(1);
    for shard in ["1/3", "2/3", "3/3"] {
        let file = format!(
            "../{}-{}.json",
            dir.path().file_name().and_then(|n| n.to_str()).expect("a name"),
            &shard[..1]
        );
        run(
            dir.path(),
            &["check", "--preset", "all", "--format", "json", "--output", &file, "--shard", shard],
        );
    }
    let name = dir.path().file_name().and_then(|n| n.to_str()).expect("a name");
    let parts: Vec<String> = (1..=3).map(|at| format!("../{name}-{at}.json")).collect();
    let mut args = vec!["merge", "--format", "json"];
    args.extend(parts.iter().map(String::as_str));
    let merged = run(dir.path(), &args).expect_code(1);
    args[2] = "sarif";
    let merged_log = run(dir.path(), &args).expect_code(1);
    let whole_log = run(dir.path(), &["check", "--preset", "all", "--format", "sarif"]);
    for part in &parts {
        let part = dir.path().join(part);
        let text = std::fs::read_to_string(&part).expect("a part");
        let found = json(&text)["findings"].as_array().map_or(0, Vec::len);
        assert!(
            found < 20 * json(&whole.out)["findings"].as_array().map_or(0, Vec::len) / 20,
            "a part is not the whole"
        );
        std::fs::remove_file(part).expect("removed");
    }
    assert_eq!(json(&merged.out), json(&whole.out));
    assert_eq!(json(&merged_log.out), json(&whole_log.out), "the texts of the rules as well");
}

/// Over real repositories, where they lie beside this one.
#[test]
fn shards_of_real_repositories_merged_are_one_run() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/repos");
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let parts = tempfile::tempdir().expect("a folder");
    for entry in entries.flatten() {
        let dir = entry.path();
        let whole = run(&dir, &["check", "--format", "json"]);
        let mut merge = vec!["merge".to_owned(), "--format".to_owned(), "json".to_owned()];
        for shard in ["1/3", "2/3", "3/3"] {
            let part = parts.path().join(&shard[..1]).display().to_string();
            run(&dir, &["check", "--format", "json", "--output", &part, "--shard", shard]);
            merge.push(part);
        }
        let merge: Vec<&str> = merge.iter().map(String::as_str).collect();
        let merged = run(&dir, &merge);
        assert_eq!(merged.code, whole.code, "{}", dir.display());
        let same = |text: &str| serde_json::to_string_pretty(&json(text)).expect("JSON");
        assert_eq!(same(&merged.out), same(&whole.out), "{}", dir.display());
    }
}

#[test]
fn a_merged_report_ends_in_a_summary_unless_it_is_to_be_quiet() {
    let dir = repository(&[("a.yaml", POD)]);
    run(dir.path(), &["check", "--preset", "all", "--format", "json", "--output", "whole.json"]);
    let merge = ["merge", "whole.json", "--format", "concise"];
    let merged = run(dir.path(), &merge);
    assert!(merged.err.contains(" in 1 file, 1 object"), "{}", merged.err);
    let quiet = run(dir.path(), &[&merge[..], &["--quiet"]].concat());
    assert_eq!((quiet.code, quiet.out, quiet.err), (merged.code, merged.out, String::new()));
}

#[test]
fn a_part_that_is_missing_is_an_error() {
    let dir = repository(&[("a.yaml", POD)]);
    run(dir.path(), &["check", "--shard", "1/2", "--format", "json", "--output", "one.json"]);
    let merged = run(dir.path(), &["merge", "one.json"]).expect_code(2);
    assert!(merged.err.contains("part 2 of 2 is missing"), "{}", merged.err);
}

#[test]
fn a_closed_pipe_is_quiet() {
    let many: String =
        (0..3000).map(|at| POD.replace("other", &format!("p{at}")) + "---\n").collect();
    let dir = repository(&[("a.yaml", &many)]);
    let binary = env!("CARGO_BIN_EXE_plimsoll");
    let mut shell = std::process::Command::new("sh");
    shell
        .current_dir(dir.path())
        .arg("-c")
        .arg(format!("'{binary}' check --format full --quiet | head -n 1"));
    let run = finish(&mut shell);
    assert_eq!(run.err, "");
}

#[test]
fn colours_are_asked_for_or_refused() {
    let dir = repository(&[("a.yaml", POD)]);
    let forced = run(dir.path(), &["check", "--format", "full", "--color", "always"]);
    assert!(forced.out.contains('\u{1b}'));
    let plain = run(dir.path(), &["check", "--format", "full"]);
    assert!(!plain.out.contains('\u{1b}'), "not a terminal");
    let refused = finish(
        plimsoll(dir.path())
            .env("NO_COLOR", "1")
            .env("FORCE_COLOR", "1")
            .args(["check", "--format", "full"]),
    );
    assert!(!refused.out.contains('\u{1b}'));
}

#[test]
fn the_story_looks_like_this() {
    let dir = fixture("gitlab-runner/rendered");
    let run = run(
        &dir,
        &[
            "check",
            "--select",
            "anti-affinity-required",
            "--format",
            "full",
            "selector-mismatch.yaml",
        ],
    );
    insta::assert_snapshot!(run.out);
}

/// A job may run in a folder below what was checked out, where places are relative to the top.
#[test]
fn places_in_a_pipeline_are_relative_to_what_it_has_checked_out() {
    let dir = repository(&[("deploy/a.yaml", POD)]);
    for (format, variable, place) in [
        ("gitlab", "CI_PROJECT_DIR", "\"path\": \"deploy/a.yaml\""),
        ("github", "GITHUB_WORKSPACE", "file=deploy/a.yaml,line="),
    ] {
        let run = |top: &std::path::Path| {
            let mut command = crate::harness::plimsoll(&dir.path().join("deploy"));
            command.args(["check", "--preset", "all", "--format", format]);
            crate::harness::finish(command.env(variable, top)).out
        };
        assert!(run(dir.path()).contains(place), "{format}");
        let elsewhere = run(&dir.path().join("other"));
        assert!(elsewhere.contains("a.yaml") && !elsewhere.contains("deploy/"), "{elsewhere}");
    }
}
