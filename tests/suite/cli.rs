//! The command line itself: what it says when asked, and when asked nothing.

use std::path::Path;

use crate::harness::{repository, run};

#[test]
fn alone_it_says_what_to_do_next() {
    let dir = repository(&[]);
    let run = run(dir.path(), &[]).expect_code(0);
    assert!(run.out.contains("plimsoll check"), "{}", run.out);
}

#[test]
fn an_unknown_command_is_a_usage_error() {
    let dir = repository(&[]);
    let run = run(dir.path(), &["chekc"]).expect_code(2);
    assert!(run.err.contains("chekc"), "{}", run.err);
}

#[test]
fn completions_offer_commands_and_their_flags() {
    let dir = repository(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = run(dir.path(), &["completions", shell]).expect_code(0);
        for word in ["plimsoll", "releases", "kube-version", "skip-schema-validation"] {
            assert!(run.out.contains(word), "{shell} has no {word}");
        }
    }
}

#[test]
fn the_starter_can_be_looked_at_before_it_is_written() {
    let dir = repository(&[]);
    let printed = run(dir.path(), &["init", "--print"]).expect_code(0);
    assert!(!dir.path().join("plimsoll.yaml").exists());
    run(dir.path(), &["init"]).expect_code(0);
    let written = std::fs::read_to_string(dir.path().join("plimsoll.yaml")).expect("a file");
    assert_eq!(printed.out, written);
}

#[test]
fn the_starters_examples_name_rules_that_exist() {
    let dir =
        repository(&[("web.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}\n")]);
    let starter = run(dir.path(), &["init", "--print"]).expect_code(0).out;
    let taken: String = starter
        .lines()
        .map(|line| format!("{}\n", line.strip_prefix("# ").unwrap_or(line)))
        .collect();
    std::fs::write(dir.path().join("plimsoll.yaml"), taken).expect("written");
    for named in [".plimsoll/rules", "crds"] {
        std::fs::create_dir_all(dir.path().join(named)).expect("a folder");
    }
    run(dir.path(), &["check"]).expect_code(0);
}

#[test]
fn the_manual_page_is_roff() {
    let dir = repository(&[]);
    let run = run(dir.path(), &["man"]).expect_code(0);
    assert!(run.out.contains(".TH plimsoll"), "{}", run.out);
}

#[test]
fn each_command_has_a_manual_page_that_bears_the_programs_name() {
    let dir = repository(&[]);
    run(dir.path(), &["man", "--output", "."]).expect_code(0);
    let pages: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|page| page.unwrap()).collect();
    let program = run(dir.path(), &["--help"]).expect_code(0).out;
    let commands = program.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.is_empty());
    // One for the program itself, and none for `help`.
    assert_eq!(pages.len(), commands.count());
    run(dir.path(), &["man", "--output", "new/pages"]).expect_code(0);
    assert!(dir.path().join("new/pages/plimsoll-check.1").is_file());
    for page in pages {
        let text = std::fs::read_to_string(page.path()).unwrap();
        let version = concat!("\"plimsoll ", env!("CARGO_PKG_VERSION"), "\"");
        let title = text.lines().find(|line| line.starts_with(".TH")).unwrap();
        assert!(title.contains(version), "{title}");
    }
    let check = std::fs::read_to_string(dir.path().join("plimsoll-check.1")).unwrap();
    assert!(check.contains("PLIMSOLL_CACHE_DIR"), "{check}");
}

#[test]
fn values_on_the_command_line_make_a_release() {
    let dir = repository(&[("base.yaml", "image: x\n"), ("v.yaml", "replicas: 1\n")]);
    let rule =
        ["check", "base.yaml", "--select", "values-replicas-without-spread", "--format", "concise"];
    let with = |more: &[&str]| run(dir.path(), &[&rule[..], more].concat());
    assert_eq!(with(&["-f", "v.yaml"]).expect_code(0).out, "");
    let set =
        with(&["-f", "v.yaml", "--set", "replicas=3", "--release-name", "web"]).expect_code(1);
    assert!(set.out.starts_with("--set replicas=3:1:"), "{}", set.out);
}

/// Only one chart can be meant.
#[test]
fn charts_that_the_values_of_the_command_line_are_not_for_are_noted() {
    let chart = "apiVersion: v2\nname: web\nversion: 1.0.0\n";
    let dir = repository(&[
        ("one/Chart.yaml", chart),
        ("two/Chart.yaml", chart),
        ("map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
        ("v.yaml", "replicas: 1\n"),
    ]);
    let said = |args: &[&str]| run(dir.path(), &[&["check"], args].concat()).err;
    let two = said(&["one", "two", "-f", "v.yaml"]);
    assert!(two.contains("used for the chart one only, and not for 1 more"), "{two}");
    let one = said(&["two", "-f", "v.yaml"]);
    assert!(!one.contains("were used for the chart"), "{one}");
    let none = said(&["map.yaml", "--set", "a=1"]);
    assert!(none.contains("no chart is among the paths"), "{none}");
    let alone = said(&["map.yaml", "-f", "v.yaml"]);
    assert!(alone.contains("`plimsoll check CHART -f FILE`"), "{alone}");
}

#[test]
fn what_files_were_read_as_is_told_in_words() {
    let dir = repository(&[
        ("map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
        ("other.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n"),
    ]);
    let said = run(dir.path(), &["check", "--verbose"]).expect_code(0).err;
    assert!(said.contains("2 files read as manifests\n"), "{said}");
}

/// One that is not understood would be taken for the newest.
#[test]
fn the_kubernetes_version_to_judge_by_is_read_or_refused() {
    let old = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}\n";
    let dir = repository(&[("a.yaml", old)]);
    let check = |version| {
        let rule = ["check", "a.yaml", "--select", "api-version-removed", "--kube-version"];
        run(dir.path(), &[&rule[..], &[version]].concat())
    };
    for serves in ["1.24", "v1.24.17", "1.24.17-gke.100", "v1.24+"] {
        check(serves).expect_code(0);
    }
    for does_not in ["1.25", "v1.25.0-eks-1", ""] {
        check(does_not).expect_code(1);
    }
    for refused in ["latest", "1.x", "1", "01.25"] {
        let run = check(refused).expect_code(2);
        assert!(run.err.contains(&format!("{refused:?}")), "{}", run.err);
    }
}

#[test]
fn rule_files_that_are_not_there_are_named() {
    let dir = repository(&[]);
    let run = run(dir.path(), &["test", "absent"]).expect_code(2);
    assert_eq!(run.err, "error: there is no absent\n");
}

#[test]
fn a_version_of_kubernetes_without_schemas_is_said() {
    let dir = repository(&[("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")]);
    let notes = |version| run(dir.path(), &["check", "--kube-version", version]).err;
    assert!(notes("1.99").contains("Kubernetes 1.99 is newer than the newest"));
    assert!(notes("1.20").contains("Kubernetes 1.20 is older than the oldest"));
    assert!(!notes("1.30").contains("Kubernetes 1.30"));
}

/// As Helm refuses it, and reads it.
#[test]
fn what_is_set_on_the_command_line_is_read_as_helm_reads_it() {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ index .Values.names 1 }}}\ndata: {a: {{ .Values.a | quote }}, b: {{ .Values.b | quote }}}\n";
    let dir = repository(&[
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("web/templates/a.yaml", template),
    ]);
    let args = ["check", "web", "--select", "object-name-valid,helm-render", "--format", "concise"];
    for (set, why) in [
        ("replicaCount", "key \"replicaCount\" has no value"),
        ("a=b,c", "key \"c\" has no value"),
        ("a[x]=1", "error parsing index"),
    ] {
        let run = run(dir.path(), &[&args[..], &["--set", set]].concat()).expect_code(2);
        assert!(
            run.err.contains("failed parsing --set data") && run.err.contains(why),
            "{}",
            run.err
        );
    }
    let sets = ["--set", "names={a,B_C},a=#1", "--set", "b=*x"];
    let run = run(dir.path(), &[&args[..], &sets].concat()).expect_code(1);
    assert_eq!(run.out.matches("object-name-valid").count(), 1, "{}{}", run.out, run.err);
}

/// Words count whatever their capitals, and a number with a leading zero is a text.
#[test]
fn a_value_that_is_set_on_the_command_line_is_of_the_type_that_helm_gives_it() {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: {{ required (kindOf .Values.a) .Values.none }}}\n";
    let dir = repository(&[
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("web/values.yaml", "a: x\n"),
        ("web/templates/a.yaml", template),
    ]);
    let args = ["check", "web", "--select", "helm-render", "--format", "concise", "--set"];
    for (value, kind) in [
        ("7", "int64"),
        ("007", "string"),
        ("1.5", "string"),
        ("TRUE", "bool"),
        ("Null", "invalid"),
    ] {
        let run = run(dir.path(), &[&args[..], &[&format!("a={value}")]].concat()).expect_code(1);
        assert!(run.out.contains(&format!(": {kind}")), "{value}: {}", run.out);
    }
}

/// A run on one file that nothing reads looks at nothing: that must not pass for a clean bill.
#[test]
fn a_file_that_nothing_reads_is_named() {
    let dir = repository(&[("prod.yaml", "replicas: 1\n"), ("b.yaml", "a: 1\n")]);
    let one = run(dir.path(), &["check", "prod.yaml"]).expect_code(0);
    assert!(one.err.contains("nothing was linted"), "{}", one.err);
    assert!(one.err.contains("`plimsoll check CHART -f prod.yaml`"), "{}", one.err);
    let two = run(dir.path(), &["check", "--strict", "prod.yaml", "b.yaml"]).expect_code(2);
    assert!(two.err.contains("prod.yaml and 1 more"), "{}", two.err);
}

#[test]
fn values_on_the_command_line_are_values_whatever_their_file_is_called() {
    let dir = repository(&[
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("web/templates/a.yaml", "a: {{ .Values.a }}\n"),
        ("prod.yaml", "a: [1\n"),
    ]);
    let args =
        ["check", "-f", "prod.yaml", "web", "--select", "yaml-syntax", "--format", "concise"];
    let run = run(dir.path(), &args).expect_code(1);
    assert!(run.out.starts_with("prod.yaml:1:"), "{}", run.out);
}

#[test]
fn who_names_an_unknown_preset_is_led_to_those_there_are() {
    let dir = repository(&[]);
    let unknown = run(dir.path(), &["check", "--preset", "everything"]).expect_code(2);
    assert!(unknown.err.contains("help: `plimsoll rules` lists them"), "{}", unknown.err);
    let listed = run(dir.path(), &["rules"]).expect_code(0).out;
    let presets = listed.lines().find_map(|line| line.strip_prefix("presets: "));
    let presets: Vec<&str> = presets.expect("a line of presets").split(", ").collect();
    assert!(presets.contains(&"all") && presets.contains(&"recommended"), "{presets:?}");
    for preset in presets {
        run(dir.path(), &["check", "--preset", preset]).expect_code(0);
    }
}

#[test]
fn a_flag_that_would_do_nothing_by_itself_is_a_usage_error() {
    let dir = repository(&[]);
    let name = run(dir.path(), &["check", "--stdin-filename", "pod.yaml"]).expect_code(2);
    assert!(name.err.contains("help: name `-` among the paths"), "{}", name.err);
    let unsafe_fixes = run(dir.path(), &["check", "--unsafe-fixes"]).expect_code(2);
    assert!(unsafe_fixes.err.contains("<--fix|--diff>"), "{}", unsafe_fixes.err);
    run(dir.path(), &["check", "--unsafe-fixes", "--diff"]).expect_code(0);
    run(dir.path(), &["check", "--fix", "--diff"]).expect_code(2);
    // A diff is no report.
    run(dir.path(), &["check", "--diff", "--format", "json"]).expect_code(2);
    run(dir.path(), &["check", "--diff", "--output", "x.diff"]).expect_code(2);
}

#[test]
fn who_is_used_to_lint_need_not_learn_check() {
    let dir = repository(&[("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")]);
    let lint = run(dir.path(), &["lint", "a.yaml"]).expect_code(0);
    assert!(lint.err.contains("no findings in 1 file"), "{}", lint.err);
}

#[test]
fn the_rules_that_run_here_are_marked() {
    let is_marked = |settings: &str, id: &str| {
        let dir = repository(&[("plimsoll.yaml", settings)]);
        let listed = run(dir.path(), &["rules"]).expect_code(0).out;
        let mut lines = listed.lines().filter_map(|line| line.split_at_checked(2));
        let line = lines.find(|(_, rest)| rest.split(' ').next() == Some(id));
        let text = line.expect("the rule is listed").0 == "* ";
        let json = run(dir.path(), &["rules", "--format", "json"]).expect_code(0).out;
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        let rule = json["rules"].as_array().expect("rules").iter().find(|rule| rule["id"] == id);
        assert_eq!(rule.expect("the rule is listed")["runs"], text);
        text
    };
    assert!(is_marked("{}\n", "anti-affinity-required"));
    assert!(!is_marked("{}\n", "host-pid-forbidden"));
    assert!(!is_marked("ignore: [scheduling]\n", "anti-affinity-required"));
    assert!(is_marked("preset: security\n", "host-pid-forbidden"));
}

/// Runs `check` with a text as standard input.
fn check_piped(dir: &Path, options: &[&str], text: &str) -> std::process::Output {
    use std::io::Write as _;
    let mut child = crate::harness::plimsoll(dir)
        .args([&["check", "-", "--format", "concise"], options].concat())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it runs");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("written");
    child.wait_with_output().expect("it ends")
}

#[test]
fn standard_input_is_a_file_with_a_name() {
    let dir = repository(&[]);
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {hostNetwork: true, containers: []}\n";
    let options = ["--stdin-filename", "deploy/pod.yaml", "--select", "host-network-forbidden"];
    let output = check_piped(dir.path(), &options, pod);
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(
        out.starts_with("deploy/pod.yaml:4:"),
        "{out}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Its chart is not read.
#[test]
fn a_template_from_standard_input_is_said_not_to_be_rendered() {
    let dir = repository(&[("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")]);
    let options = ["--strict", "--stdin-filename", "web/templates/pod.yaml"];
    let output = check_piped(dir.path(), &options, "kind: {{ .Values.kind }}\n");
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(err.contains("not checked: web/templates/pod.yaml"), "{err}");
    assert_ne!(output.status.code(), Some(0), "{err}");
}

/// Outside of a repository the folder of a file may be a whole home: only what lies beside the file
/// is read.
#[test]
fn a_file_outside_of_a_repository_is_judged_with_what_lies_beside_it() {
    let releases = |helmfile: &str, values: &str| {
        let text =
            format!("releases:\n  - name: shop\n    chart: example/shop\n    values: [{values}]\n");
        let dir = repository(&[("values.yaml", "replicas: 1\n"), (helmfile, &text)]);
        let run = run(dir.path(), &["check", "values.yaml", "--format", "json"]);
        let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
        report["summary"]["releases"].clone()
    };
    assert_eq!(releases("helmfile.yaml", "values.yaml"), 1);
    assert_eq!(releases("deeper/helmfile.yaml", "../values.yaml"), 0);
}

#[test]
fn two_reports_in_one_file_are_refused_before_any_work() {
    let dir = repository(&[("a.yaml", "a: 1\n")]);
    let args = ["check", "--format", "json", "--output", "r", "--format", "sarif", "--output", "r"];
    let run = run(dir.path(), &args).expect_code(2);
    assert!(run.err.contains("two formats cannot both be written to r"), "{}", run.err);
    assert!(!dir.path().join("r").exists());
}

#[test]
fn more_threads_than_any_machine_has_are_not_started() {
    let dir = repository(&[("a.yaml", "a: 1\n")]);
    run(dir.path(), &["check", "--threads", "99999999"]).expect_code(0);
}
