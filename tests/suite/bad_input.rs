//! Input that is broken, hostile or absent: a finding or an error, never a panic, never a hang,
//! and the other files are linted all the same.

use std::fmt::Write as _;
#[cfg(unix)]
use std::path::Path;

use crate::harness::{Run, repository, run};

/// A manifest that always has a finding of its own, to see that it is still linted.
const OTHER: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: other\nspec:\n  hostNetwork: true\n  containers:\n    - name: c\n      image: nginx\n";

/// Lints a directory, and holds the JSON to its shape.
fn check(files: &[(&str, &str)]) -> (Run, serde_json::Value) {
    let dir = repository(files);
    check_in(dir.path())
}

fn check_in(dir: &std::path::Path) -> (Run, serde_json::Value) {
    let run = run(dir, &["check", "--format", "json"]);
    assert!(!run.err.contains("panicked"), "{}", run.err);
    let report = serde_json::from_str(&run.out)
        .unwrap_or_else(|error| panic!("no JSON: {error}\n{}\n{}", run.out, run.err));
    (run, report)
}

/// Findings of one rule as `file:line`.
fn found(report: &serde_json::Value, rule: &str) -> Vec<String> {
    let findings = report["findings"].as_array().expect("findings");
    findings
        .iter()
        .filter(|finding| finding["rule"] == rule)
        .map(|finding| {
            let location = &finding["location"];
            format!("{}:{}", location["file"].as_str().expect("a file"), location["start"]["line"])
        })
        .collect()
}

/// The other file is still linted.
#[track_caller]
fn other_is_linted(report: &serde_json::Value) {
    let findings = report["findings"].as_array().expect("findings");
    assert!(
        findings.iter().any(|finding| finding["location"]["file"] == "other.yaml"),
        "other.yaml was not linted: {findings:#?}"
    );
}

#[test]
fn broken_yaml_is_a_finding_at_its_line() {
    let broken = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: [a\n---\napiVersion: v1\n";
    let (run, report) = check(&[("broken.yaml", broken), ("other.yaml", OTHER)]);
    run.expect_code(1);
    assert_eq!(found(&report, "yaml-syntax").len(), 1, "{report:#}");
    other_is_linted(&report);
}

#[test]
fn nesting_without_end_is_a_finding() {
    let deep = format!("apiVersion: v1\nkind: ConfigMap\ndata: {}\n", "[".repeat(100_000));
    let block: String = (0..3_000).fold(String::new(), |mut text, depth| {
        let _ = writeln!(text, "{}a:", " ".repeat(depth));
        text
    });
    let files = [("deep.yaml", deep.as_str()), ("block.yaml", &block), ("other.yaml", OTHER)];
    let (run, report) = check(&files);
    run.expect_code(1);
    assert!(!found(&report, "yaml-syntax").is_empty(), "{report:#}");
    other_is_linted(&report);
}

#[test]
fn an_alias_bomb_is_a_finding() {
    let mut bomb =
        String::from("apiVersion: v1\nkind: ConfigMap\na0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let below = format!("*a{}", level - 1);
        let _ = writeln!(bomb, "a{level}: &a{level} [{}]", vec![below; 9].join(", "));
    }
    let (run, report) = check(&[("bomb.yaml", &bomb), ("other.yaml", OTHER)]);
    run.expect_code(1);
    assert!(!found(&report, "yaml-syntax").is_empty(), "{report:#}");
    other_is_linted(&report);
}

#[test]
fn a_file_of_two_hundred_megabytes_is_refused_by_its_size() {
    let dir = repository(&[("other.yaml", OTHER)]);
    let file = std::fs::File::create(dir.path().join("huge.yaml")).expect("a file");
    file.set_len(200 << 20).expect("a sparse file");
    let (run, report) = check_in(dir.path());
    run.expect_code(1);
    other_is_linted(&report);
    let text = report.to_string();
    assert!(text.contains("huge.yaml"), "the file is named: {text}");
}

#[cfg(unix)]
#[test]
fn symlink_loops_end() {
    let dir = repository(&[("other.yaml", OTHER), ("sub/a.yaml", OTHER)]);
    std::os::unix::fs::symlink(dir.path(), dir.path().join("sub/up")).expect("a link");
    std::os::unix::fs::symlink("self", dir.path().join("self")).expect("a link");
    let (_, report) = check_in(dir.path());
    other_is_linted(&report);
}

/// A link without an extension may lead to what a build makes, `node_modules` for one.
#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_named_where_it_is_called_like_what_is_linted() {
    let dir = repository(&[("other.yaml", OTHER)]);
    for link in ["node_modules", "values.yaml"] {
        std::os::unix::fs::symlink("nowhere", dir.path().join(link)).expect("a link");
    }
    let out = run(dir.path(), &["check", "--format", "concise", "--select", "file-unreadable"]).out;
    assert!(out.contains("values.yaml:1:1: error file-unreadable"), "{out}");
    assert!(!out.contains("node_modules"), "{out}");
}

/// A job without the key cannot do anything about what is encrypted; what is saved as UTF-16 can be saved anew.
#[test]
fn what_is_encrypted_or_in_another_encoding_is_called_so() {
    let dir = repository(&[("other.yaml", OTHER)]);
    for (name, bytes) in [
        ("crypt.yaml", &b"\0GITCRYPT\0\x1b\x02"[..]),
        ("utf16.yaml", &b"\xff\xfea\0:\0 \x001\0"[..]),
    ] {
        std::fs::write(dir.path().join(name), bytes).expect("written");
    }
    let out = run(dir.path(), &["check", "--format", "concise", "--no-cache"]).out;
    for said in [
        "crypt.yaml:1:1: info file-unreadable: encrypted by git-crypt, so it was not linted",
        "utf16.yaml:1:1: error file-unreadable: in UTF-16: save it as UTF-8",
    ] {
        assert!(out.contains(said), "{out}");
    }
}

/// What a stranger links to may be anything that the run can read: its environment, a token in a home.
#[cfg(unix)]
#[test]
fn a_link_out_of_what_is_linted_is_not_followed() {
    let dir = repository(&[("all/a.yaml", OTHER), ("secret.yaml", OTHER)]);
    let all = dir.path().join("all");
    for (target, link) in [("../secret.yaml", "out.yaml"), ("a.yaml", "in.yaml")] {
        std::os::unix::fs::symlink(target, all.join(link)).expect("a link");
    }
    let out = run(&all, &["check", "--format", "concise", "--no-cache"]).out;
    let said = "out.yaml:1:1: info file-unreadable: this symbolic link leads out of what is linted";
    assert!(out.contains(said) && !out.contains("out.yaml:9:"), "{out}");
    assert!(out.contains("in.yaml:9:"), "{out}");

    // In a repository, it is read from each folder.
    std::fs::create_dir(dir.path().join(".git")).expect("a folder");
    let out = run(&all, &["check", "--format", "concise", "--no-cache"]).out;
    assert!(!out.contains(said) && out.contains("out.yaml:9:"), "{out}");
}

/// A values file, a list of variables or a script may name any other file, which nobody has put into the repository, and
/// would end up in the name of a release.
#[cfg(unix)]
#[test]
fn what_a_declaration_names_outside_of_the_repository_is_not_read() {
    let helm = "variable \"name\" {}\nresource \"helm_release\" \"a\" {\n  name  = var.name\n  chart = \"./c\"\n}\n";
    let declared = |folder: &str| {
        [
            ("Makefile", format!("include {folder}/a.mk\ndeploy:\n\thelm install $(NAME) ./c\n")),
            ("a.sh", format!("#!/bin/sh\n. {folder}/a.inc\nhelm install $NAME ./c\n")),
            (
                "helmfile.yaml",
                format!(
                    "environments:\n  default:\n    values: [{folder}/a.txt]\n---\nreleases:\n  - {{name: '{{{{ .Values.name }}}}', chart: ./c}}\n"
                ),
            ),
            (
                "set.yaml",
                format!(
                    "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: a}}\nspec:\n  generators:\n    - git: {{repoURL: https://x/y, files: [{{path: {folder}/*.txt}}]}}\n  template:\n    metadata: {{name: '{{{{name}}}}'}}\n    spec: {{source: {{repoURL: https://x/y, path: c}}, destination: {{namespace: a}}}}\n"
                ),
            ),
        ]
    };
    let dir = tempfile::tempdir().expect("a folder");
    for (folder, word) in [("outside", "outer"), ("all/inside", "inner")] {
        let folder = dir.path().join(folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        for (file, text) in [
            ("a.mk", format!("NAME = {word}-make\n")),
            ("a.inc", format!("NAME={word}-script\n")),
            ("a.txt", format!("name: {word}-values\n")),
            ("terraform.tfvars", format!("name = \"{word}-terraform\"\n")),
        ] {
            std::fs::write(folder.join(file), text).expect("a file");
        }
    }
    let all = dir.path().join("all");
    let outside = dir.path().join("outside");
    std::os::unix::fs::symlink("../outside", all.join("link")).expect("a link");
    let releases = |folder: &str| {
        for (file, text) in declared(folder) {
            std::fs::write(all.join(file), text).expect("a file");
        }
        std::fs::write(all.join("a.tf"), helm).expect("a file");
        let _ = std::fs::remove_file(all.join("terraform.tfvars"));
        let target = Path::new(folder).join("terraform.tfvars");
        std::os::unix::fs::symlink(target, all.join("terraform.tfvars")).expect("a link");
        run(&all, &["releases"]).out
    };
    let inside = releases("inside");
    for kind in ["make", "script", "values", "terraform"] {
        assert!(inside.contains(&format!("inner-{kind}")), "{kind}: {inside}");
    }
    for folder in ["../outside", "link", &outside.to_string_lossy()] {
        let said = releases(folder);
        assert!(!said.contains("outer"), "{folder}: {said}");
    }
}

/// A device never ends, and a pipe may never begin.
#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_opened() {
    let chart = ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
    let made = ["plimsoll.lock", "web/.helmignore", "web/Chart.lock"];
    for name in [".gitignore", ".ignore", "sub/.gitignore", "web/.ignore"].into_iter().chain(made) {
        for target in ["/dev/zero", "a pipe"] {
            let dir = repository(&[("other.yaml", OTHER), ("sub/a.yaml", OTHER), chart]);
            let path = dir.path().join(name);
            if target == "/dev/zero" {
                std::os::unix::fs::symlink(target, &path).expect("a link");
            } else {
                let made = std::process::Command::new("mkfifo").arg(&path).status();
                assert!(made.expect("mkfifo").success());
            }
            let (run, report) = check_in(dir.path());
            run.expect_code(1);
            other_is_linted(&report);
            let text = report.to_string();
            assert!(text.contains("sub/a.yaml"), "{name}, {target}: {text}");
            let is_named = text.contains(&format!("\"file\":\"{name}\""))
                || text.contains(&format!("{name}: "));
            assert!(is_named, "{name}, {target}: {text}");
        }
    }
}

/// What a lock or a list of patterns says may be printed with a fault in it.
#[cfg(unix)]
#[test]
fn a_lock_or_a_list_of_patterns_that_leads_out_is_not_read() {
    let dir = repository(&[
        ("secret", "s3cr3t: [\n"),
        ("all/other.yaml", OTHER),
        ("all/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
    ]);
    let all = dir.path().join("all");
    for (link, target) in [
        ("plimsoll.lock", "../secret"),
        (".gitignore", "../secret"),
        ("web/.helmignore", "../../secret"),
        ("web/Chart.lock", "../../secret"),
    ] {
        std::os::unix::fs::symlink(target, all.join(link)).expect("a link");
    }
    for format in ["full", "html"] {
        let out = run(&all, &["check", "--format", format, "--no-cache"]).out;
        assert!(out.contains("other.yaml") && !out.contains("s3cr3t"), "{format}: {out}");
    }
    let out = run(&all, &["check", "--format", "concise", "--no-cache"]).out;
    for said in ["plimsoll.lock:1:1: ", ".gitignore:1:1: ", ".helmignore: "] {
        assert!(out.contains(said), "{said}: {out}");
    }
}

/// Charts of one repository may share it.
#[cfg(unix)]
#[test]
fn a_helmignore_elsewhere_in_the_repository_is_followed() {
    let dir = repository(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        (".helmignore", "drafts\n"),
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("web/templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
        ("web/drafts/big", &"x".repeat(6 << 20)),
    ]);
    std::os::unix::fs::symlink("../.helmignore", dir.path().join("web/.helmignore"))
        .expect("a link");
    let (_, report) = check_in(dir.path());
    assert_eq!(found(&report, "helm-render"), [""; 0], "{report:#}");
}

/// What Helm refuses in it does not make the chart's files absent.
#[test]
fn a_helmignore_that_helm_refuses_is_named() {
    let (run, report) = check(&[
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("web/templates/a.yaml", "a: {{ 1 }}\n"),
        ("web/.helmignore", "**/drafts\n"),
    ]);
    run.expect_code(1);
    assert_eq!(found(&report, "helm-render").len(), 1, "{report:#}");
    assert_eq!(found(&report, "chart-yaml-present"), [""; 0], "{report:#}");
    assert!(report.to_string().contains("double-star (**) syntax is not supported"), "{report:#}");
}

/// Names are bytes, except on systems that refuse others.
#[cfg(target_os = "linux")]
#[test]
fn a_file_whose_name_is_not_utf_8_is_linted() {
    use std::os::unix::ffi::OsStrExt as _;
    let dir = repository(&[("other.yaml", OTHER)]);
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.yaml");
    std::fs::write(dir.path().join(name), OTHER).expect("a file");
    let (run, report) = check_in(dir.path());
    run.expect_code(1);
    other_is_linted(&report);
    assert!(report.to_string().contains("caf\u{fffd}.yaml"), "{report:#}");
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = repository(&[("other.yaml", OTHER), ("secret.yaml", OTHER)]);
    let path = dir.path().join("secret.yaml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).expect("permissions");
    if std::fs::read(&path).is_ok() {
        return; // Root reads everything: there is nothing to see here.
    }
    let (run, report) = check_in(dir.path());
    run.expect_code(1);
    other_is_linted(&report);
    assert!(report.to_string().contains("secret.yaml"));
}

#[test]
fn a_binary_file_named_yaml_stops_nothing() {
    let dir = repository(&[("other.yaml", OTHER)]);
    let bytes: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    std::fs::write(dir.path().join("binary.yaml"), bytes).expect("a file");
    let (run, report) = check_in(dir.path());
    run.expect_code(1);
    other_is_linted(&report);
}

#[test]
fn a_missing_path_is_an_error_that_names_it() {
    let dir = repository(&[("other.yaml", OTHER)]);
    let run = run(dir.path(), &["check", "nowhere.yaml"]).expect_code(2);
    assert!(run.err.contains("nowhere.yaml"), "{}", run.err);
}

#[test]
fn an_empty_repository_says_that_nothing_was_linted() {
    let dir = repository(&[]);
    let run = run(dir.path(), &["check"]).expect_code(0);
    assert!(run.err.contains("nothing was linted"), "{}", run.err);
}

#[test]
fn an_unknown_rule_is_an_error_with_the_nearest_name() {
    let dir = repository(&[("other.yaml", OTHER)]);
    for option in ["--select", "--ignore"] {
        let run = run(dir.path(), &["check", option, "anti-afinity-required"]).expect_code(2);
        assert!(run.err.contains("`anti-affinity-required`"), "{}", run.err);
    }
}

#[test]
fn a_preset_that_is_selected_as_a_rule_is_an_error_that_names_its_option() {
    let dir = repository(&[("other.yaml", OTHER)]);
    let run = run(dir.path(), &["check", "--select", "reliability"]).expect_code(2);
    assert!(run.err.contains("`--preset reliability`"), "{}", run.err);
}

#[test]
fn terminal_controls_in_names_are_not_obeyed() {
    let evil = OTHER.replace("name: other", "name: \"o\\e[2Jther\"");
    let dir = repository(&[("other.yaml", &evil)]);
    for format in
        ["full", "concise", "json", "sarif", "gitlab", "markdown", "github", "junit", "html"]
    {
        let run = run(dir.path(), &["check", "--format", format, "--color", "never"]);
        assert!(!run.out.contains('\u{1b}'), "{format}: {}", run.out);
    }
    let absent = run(dir.path(), &["check", "no\u{1b}[2J.yaml"]).expect_code(2);
    assert!(absent.err.contains("no\\u{1b}[2J.yaml"), "{}", absent.err);
}

#[test]
fn terminal_controls_in_what_is_said_besides_are_not_obeyed() {
    let dir = repository(&[
        ("no\u{1b}[2J.yaml", "apiVersion: v1\n\0"),
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("web/templates/a.yaml", "{{ fail \"not\\x1b[2J so\" }}\n"),
    ]);
    let releases = run(dir.path(), &["releases"]).expect_code(0);
    assert!(releases.err.contains("no\\u{1b}[2J.yaml:1: error: "), "{}", releases.err);
    let render = run(dir.path(), &["render", "web"]).expect_code(1);
    assert!(render.err.contains("Error: ") && !render.err.contains('\u{1b}'), "{}", render.err);
}

/// Variables that hold each other several times over.
#[test]
fn scripts_and_makefiles_that_grow_without_measure_end() {
    let script = "a=x\n".to_owned() + &"a=$a$a$a\n".repeat(60) + "helm install y $a\n";
    let rules = (1..60).fold("X0 = a\n".to_owned(), |rules, at| {
        let below = format!("$(X{})", at - 1);
        rules + &format!("X{at} = {below}{below}{below}\n")
    });
    let makefile = rules + "deploy:\n\thelm install z $(X59)\n";
    let files = [("deploy.sh", script.as_str()), ("Makefile", &makefile), ("other.yaml", OTHER)];
    let (run, report) = check(&files);
    run.expect_code(1);
    other_is_linted(&report);
}

/// What is cut off, nested without end, or grows with each line, in whatever reads commands.
#[test]
fn hostile_scripts_end_and_hide_nothing() {
    let cases = [
        "[ && ".to_owned(),
        "if [".to_owned(),
        "if [[ a || ".to_owned(),
        format!("if {} true; then helm install a ./b; fi", "[ ] || ".repeat(24)),
        "true && ".repeat(4_000),
        "${a:-".repeat(4_000),
        "a() ".repeat(4_000),
        "! ".repeat(4_000),
        format!("x=(a); {}helm install \"${{x[@]}}\"", "x+=(\"${x[@]}\"); ".repeat(40)),
        "a='eval \"$a\"'; eval \"$a\"".to_owned(),
        "f() { echo $(f) $(f) $(f) $(f); }; helm install $(f) ./b".to_owned(),
    ];
    for case in cases {
        let script = format!("{case}\nhelm install a ./b\n");
        let makefile = format!("deploy:\n\t{case}\n\thelm install a ./b\n");
        let pipeline =
            format!("deploy:\n  script:\n    - |\n      {case}\n      helm install a ./b\n");
        let files = [
            ("deploy.sh", script.as_str()),
            ("Makefile", &makefile),
            (".gitlab-ci.yml", &pipeline),
            ("other.yaml", OTHER),
        ];
        let (_, report) = check(&files);
        other_is_linted(&report);
    }
}

#[test]
fn words_of_a_makefile_that_nothing_follows_hide_nothing() {
    for word in ["define", "include", "export", "override", "ifdef", "ifeq", "$(eval", "$(call"] {
        let makefile = format!("{word}\nendef\nendif\ndeploy:\n\thelm install a ./b\n{word}");
        let (_, report) = check(&[("Makefile", &makefile), ("other.yaml", OTHER)]);
        other_is_linted(&report);
    }
}

/// Each line makes the text longer that the next one begins with.
#[test]
fn a_makefile_whose_functions_grow_a_text_ends() {
    let grow = "X := aa\n".to_owned() + &"X := $(subst a,$(X),$(X))\n".repeat(20);
    let add = "Y := a b\n".to_owned()
        + &"Y := $(foreach y,$(Y),$(Y)) $(addprefix $(Y),$(Y))\n".repeat(20);
    let makefile = format!("{grow}{add}deploy:\n\thelm install a ./b --set x=$(X)$(Y)\n");
    let (_, report) = check(&[("Makefile", &makefile), ("other.yaml", OTHER)]);
    other_is_linted(&report);
}

/// Each base names two others.
#[test]
fn a_helmfile_with_bases_without_end_is_said() {
    let bases: Vec<(String, String)> = (0..20)
        .map(|at| {
            let below = at + 1;
            (format!("b{at}.yaml"), format!("bases: [b{below}.yaml, b{below}.yaml]\n"))
        })
        .collect();
    let release = "bases: [b0.yaml]\nreleases: [{name: a, chart: r/a}]\n";
    let mut files = vec![("helmfile.yaml", release), ("other.yaml", OTHER), ("b20.yaml", "{}\n")];
    files.extend(bases.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let (_, report) = check(&files);
    other_is_linted(&report);
    assert!(report.to_string().contains("more than 200 bases"), "{report:#}");
}

/// Holds that a chart with this template is one finding that says why, and stops nothing else.
#[track_caller]
fn is_refused(template: &str, why: &str) {
    let chart = ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
    let files = [chart, ("web/templates/a.yaml", template), ("other.yaml", OTHER)];
    let (run, report) = check(&files);
    run.expect_code(1);
    other_is_linted(&report);
    assert_eq!(found(&report, "helm-render").len(), 1, "{template}: {report:#}");
    assert!(report.to_string().contains(why), "{template}: {report:#}");
}

/// What a function goes through counts as well as what it makes.
#[test]
fn a_chart_that_goes_through_large_values_again_and_again_is_refused() {
    for template in [
        "{{ $s := repeat 9000000 \"a\" }}{{ range until 100000 }}{{ $x := contains \"b\" $s }}{{ end }}",
        "{{ $l := until 1000000 }}{{ range $l }}{{ $x := has -1 $l }}{{ end }}",
        "{{ $x := uniq (until 1000000) }}",
    ] {
        is_refused(template, "steps to render");
    }
}

/// What a replacement makes is measured while it is written.
#[test]
fn a_replacement_that_grows_without_measure_is_refused() {
    for template in [
        "{{ regexReplaceAll \"a\" (repeat 60000000 \"a\") (repeat 1000 \"b\") }}",
        "{{ regexReplaceAll \"a+\" (repeat 60000000 \"a\") (repeat 1000 \"$0\") }}",
        "{{ regexReplaceAllLiteral \"a\" (repeat 60000000 \"a\") \"bb\" }}",
    ] {
        is_refused(template, "more than 64 MiB");
    }
}

/// A hash by scrypt takes long by design.
#[test]
fn a_chart_that_derives_many_passwords_is_refused() {
    let template =
        "{{ range until 100 }}{{ derivePassword 1 \"long\" \"a\" \"b\" (toString .) }}{{ end }}";
    is_refused(template, "steps to render");
}

/// Each comment covers the line below all of them, and each silences nothing.
#[test]
fn many_suppressions_below_each_other_are_read_in_one_go() {
    let comments = "# plimsoll: ignore[images] x\n".repeat(10_000);
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n".to_owned() + &comments;
    let (run, report) = check(&[("a.yaml", text.as_str()), ("other.yaml", OTHER)]);
    run.expect_code(1);
    other_is_linted(&report);
}

#[test]
fn a_script_that_evaluates_nothing_is_walked_on() {
    let script = "flags=\neval\neval $flags\neval $flags eval\nhelm install web ./chart\n";
    let files = [("deploy.sh", script), ("other.yaml", OTHER)];
    let (run, report) = check(&files);
    assert!(run.err.contains("there is no chart at `chart`"), "{}", run.err);
    run.expect_code(1);
    other_is_linted(&report);
}

/// A rule may come from whoever wrote the repository.
#[test]
fn a_rule_that_looks_at_lists_without_end_finds_nothing_and_ends() {
    let hundred: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let hundred = hundred.join(", ");
    let endless =
        (0..6).fold("true".to_owned(), |test, depth| format!("[{hundred}].all(x{depth}, {test})"));
    let rule = format!(
        "id: endless\ngroup: own\nseverity: error\nsince: 0.1.0\nsummary: s\nwhy: w\nfix: f\nkinds: [pods]\n\
         checks:\n  - forbid: \"{endless}\"\n    at: object.metadata.name\n    message: m\nexamples: []\n"
    );
    let (run, report) =
        check(&[(".plimsoll/rules/own/endless.yaml", &rule), ("other.yaml", OTHER)]);
    run.expect_code(1);
    other_is_linted(&report);
    assert!(found(&report, "endless").is_empty(), "{report:#}");
}

#[test]
fn an_archive_that_unpacks_without_measure_is_refused() {
    use std::io::Write as _;
    let dir = repository(&[
        ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        ("c/templates/a.yaml", "a: 1\n"),
        ("other.yaml", OTHER),
    ]);
    std::fs::create_dir(dir.path().join("c/charts")).expect("a folder");
    let file = std::fs::File::create(dir.path().join("c/charts/d.tgz")).expect("a file");
    let mut archive = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    let zeros = vec![0; 1 << 20];
    for _ in 0..300 {
        archive.write_all(&zeros).expect("room for what zeros are packed to");
    }
    archive.finish().expect("room for what zeros are packed to");
    let (run, report) = check_in(dir.path());
    run.expect_code(1);
    other_is_linted(&report);
    assert_eq!(found(&report, "helm-render").len(), 1, "{report:#}");
}

/// What an archive or a schema names outside of itself is not looked at.
#[test]
fn archives_and_schemas_do_not_lead_out() {
    let secret = "s3cr3t-outside";
    let mut archive =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    archive.append_link(&mut header, "d/values.yaml", "../../outside").expect("a vector");
    let link = archive.into_inner().and_then(|packed| packed.finish()).expect("a vector");
    let dir = repository(&[
        ("outside", secret),
        ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        ("c/templates/a.yaml", "a: 1\n"),
        ("e/Chart.yaml", "apiVersion: v2\nname: e\nversion: 1.0.0\n"),
        ("e/values.schema.json", "{\"$ref\": \"file:///etc/passwd\"}"),
        ("e/templates/a.yaml", "a: {{ .Files.Get \"../outside\" }}\n"),
        ("other.yaml", OTHER),
    ]);
    std::fs::create_dir(dir.path().join("c/charts")).expect("a folder");
    std::fs::write(dir.path().join("c/charts/d.tgz"), link).expect("a file");
    let (run, report) = check_in(dir.path());
    other_is_linted(&report);
    let said = report.to_string() + &run.err;
    assert!(said.contains("is a link"), "{said}");
    assert!(!said.contains(secret) && !said.contains("root:"), "{said}");
}

/// Ctrl-C at any moment: the report from before, or the whole new one.
#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_no_half_report() {
    let dir = repository(&[("other.yaml", OTHER)]);
    let file = dir.path().join("report.json");
    for pause in 0..30 {
        std::fs::write(&file, "before").expect("a file");
        let mut command = crate::harness::plimsoll(dir.path());
        let args = ["check", "--no-cache", "--format", "json", "--output", "report.json"];
        let mut child = command.args(args).spawn().expect("it runs");
        std::thread::sleep(std::time::Duration::from_millis(pause * 3));
        let pid = child.id().to_string();
        std::process::Command::new("kill").args(["-INT", &pid]).status().expect("kill runs");
        child.wait().expect("it ends");
        let text = std::fs::read_to_string(&file).expect("the file is there");
        let whole = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        assert!(text == "before" || whole, "{text}");
    }
}

/// Ctrl-C while a report is written: nothing is left of the new one.
#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_no_unfinished_file() {
    let maps =
        (0..2_000).map(|n| format!("apiVersion: v1\nkind: ConfigMap\ndata: {{a: {n}}}\n---\n"));
    let dir = repository(&[("maps.yaml", maps.collect::<String>().as_str())]);
    let files = || {
        let entries = std::fs::read_dir(dir.path()).expect("a folder").flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
        names.sort();
        names
    };
    let interrupted = (0..20).any(|_| {
        let mut command = crate::harness::plimsoll(dir.path());
        let args = ["check", "--no-cache", "--format", "json", "--output", "report.json"];
        let mut child = command.args(args).spawn().expect("it runs");
        while files().len() == 1 && child.try_wait().expect("a process").is_none() {}
        let pid = child.id().to_string();
        std::process::Command::new("kill").args(["-INT", &pid]).status().expect("kill runs");
        let status = child.wait().expect("it ends");
        let written = std::fs::remove_file(dir.path().join("report.json")).is_ok();
        assert_eq!(files(), ["maps.yaml"]);
        !written && std::os::unix::process::ExitStatusExt::signal(&status) == Some(2)
    });
    assert!(interrupted, "each run had written its report before the signal came");
}

/// A report that is not whole is an error, whatever it was about.
#[test]
fn a_full_disk_is_an_error() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let dir = repository(&[("other.yaml", OTHER)]);
    let mut command = crate::harness::plimsoll(dir.path());
    let status = command.arg("check").stdout(full).status().expect("it runs");
    assert_eq!(status.code(), Some(2));
    let run = run(dir.path(), &["check", "--format", "json", "--output", "/dev/full"]);
    assert!(run.expect_code(2).err.contains("cannot write /dev/full"));
}

#[test]
fn without_git_or_its_history_a_change_is_an_error_that_says_so() {
    let git = |dir: &std::path::Path, args: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        let mut command = std::process::Command::new("git");
        let done = command.args(identity).args(args).current_dir(dir).output().expect("git runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let dir = repository(&[("other.yaml", OTHER)]);
    let since = |dir: &std::path::Path, revision: &str| {
        run(dir, &["check", "--changed-since", revision]).expect_code(2).err
    };
    assert!(since(dir.path(), "main").contains("not in a git repository"));
    let mut command = crate::harness::plimsoll(dir.path());
    command.env("PATH", dir.path()).args(["check", "--changed-since", "main"]);
    let none = crate::harness::finish(&mut command).expect_code(2);
    assert!(none.err.contains("cannot run git"), "{}", none.err);

    git(dir.path(), &["init", "-q", "-b", "main"]);
    for message in ["one", "two"] {
        git(dir.path(), &["add", "-A"]);
        git(dir.path(), &["commit", "-q", "--allow-empty", "-m", message]);
    }
    assert!(since(dir.path(), "no-such").contains("has no revision `no-such`"));
    let clones = tempfile::tempdir().expect("a folder");
    let origin = format!("file://{}", dir.path().display());
    git(clones.path(), &["clone", "-q", "--depth", "1", &origin, "shallow"]);
    let shallow = since(&clones.path().join("shallow"), "HEAD~1");
    assert!(shallow.contains("a shallow clone does not hold it"), "{shallow}");
}

/// Of many releases of one chart, the first of which has a fault.
fn clean_releases(count: usize) -> Vec<String> {
    let mut config = "select: [host-network-forbidden]\nreleases:\n".to_owned();
    for number in 0..count {
        let _ = write!(config, "  - name: app-{number}\n    chart: ./chart\n");
        if number == 0 {
            config.push_str("    values: [host.yaml]\n");
        }
    }
    let pod = OTHER.replace("hostNetwork: true", "hostNetwork: {{ .Values.host }}");
    let (_, report) = check(&[
        ("plimsoll.yaml", &config),
        ("host.yaml", "host: true\n"),
        ("chart/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n"),
        ("chart/values.yaml", "host: false\n"),
        ("chart/templates/pod.yaml", &pod),
    ]);
    let findings = report["findings"].as_array().expect("findings");
    let finding = findings.iter().find(|finding| finding["rule"] == "host-network-forbidden");
    let finding = finding.unwrap_or_else(|| panic!("no finding: {report:#}"));
    assert_eq!(finding["releases"], serde_json::json!(["app-0"]));
    let clean = finding["clean_releases"].as_array().into_iter().flatten();
    clean.map(|release| release.as_str().expect("a name").to_owned()).collect()
}

#[test]
fn of_thousands_of_releases_no_finding_names_all_others() {
    assert_eq!(clean_releases(3), ["app-1", "app-2"]);
    assert_eq!(clean_releases(101).len(), 100);
    assert_eq!(clean_releases(102), Vec::<String>::new());
}

/// Nothing is there to be found, which must not look as if nothing were wrong.
#[cfg(target_os = "linux")]
#[test]
fn a_working_directory_that_was_deleted_is_an_error() {
    let dir = repository(&[("gone/a.yaml", "")]);
    let script = "cd gone && rm -r ../gone && exec \"$0\" check";
    let output = std::process::Command::new("sh")
        .args(["-c", script, crate::harness::BINARY])
        .current_dir(dir.path())
        .output()
        .expect("a shell runs");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("there is no working directory"), "{err}");
}
