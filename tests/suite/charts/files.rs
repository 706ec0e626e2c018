//! Which files are a chart's: links are followed within the repository, and nothing else is read.

use std::path::Path;

use super::{CHART, in_one_line};
use crate::harness::{repository, run};

/// `.Files` holds bytes (helm `pkg/engine/files.go`): `.Files.Get` makes a text of them, and `toString` does.
#[test]
fn files_are_bytes_to_templates() {
    let render = |template: &str| {
        let template = format!(
            "{{{{- range $path, $file := .Files.Glob \"f.txt\" }}}}{template}{{{{ end }}}}"
        );
        let files = [CHART, ("c/f.txt", "hi"), ("c/empty", ""), ("c/templates/t.yaml", &template)];
        run(repository(&files).path(), &["render", "x", "c"])
    };
    for (template, fault) in [
        ("a: {{ $file | b64enc }}", "wrong type for value; expected string; got []uint8"),
        ("a: {{ $file | sha256sum }}", "wrong type for value; expected string; got []uint8"),
        ("a: {{ tpl $file $ }}", "wrong type for value; expected string; got []uint8"),
        ("a: {{ $.Files.Lines \"empty\" }}", "index out of range [-1]"),
    ] {
        let run = render(template).expect_code(1);
        assert!(in_one_line(&run.err).contains(fault), "{template}: {}", run.err);
    }
    for (template, want) in [
        ("a: {{ toString $file | b64enc }}", "a: aGk="),
        ("a: {{ $file | quote }}", "a: \"hi\""),
        ("a: {{ printf \"%s\" $file }}", "a: hi"),
        ("a: {{ $file }}", "a: [104 105]"),
        ("a: {{ print $file }}", "a: [104 105]"),
        ("a: {{ $.Files.Glob \"f.txt\" }}", "a: map[f.txt:[104 105]]"),
        ("a: {{ $file | toJson }}", "a: \"aGk=\""),
        ("{{ $.Files.Glob \"f.txt\" | toYaml }}", "f.txt: aGk="),
        ("a: {{ kindOf $file }} {{ typeOf $file }} {{ len $file }}", "a: slice []uint8 2"),
        ("a: {{ $.Files.GetBytes \"f.txt\" }}", "a: [104 105]"),
        ("a: {{ $.Files.Get \"f.txt\" | b64enc }}", "a: aGk="),
        ("a: \"{{ $.Files.none }} {{ $.Files.Lines \"none\" | toJson }}\"", "a: \"[] []\""),
    ] {
        let run = render(template).expect_code(0);
        assert!(run.out.contains(want), "{template}: {}", run.out);
    }
}

#[test]
fn nothing_outside_of_the_chart_is_read() {
    let dir = repository(&[
        CHART,
        ("secret.txt", "outside"),
        ("c/inside.txt", "inside"),
        (
            "c/templates/t.yaml",
            "a: {{ .Files.Get \"../secret.txt\" | quote }}\nb: {{ .Files.Get \"inside.txt\" }}\n",
        ),
    ]);
    let out = run(dir.path(), &["render", "c"]).expect_code(0).out;
    assert!(out.ends_with("a: \"\"\nb: inside\n"), "{out}");
    #[cfg(unix)]
    {
        let link = dir.path().join("c/link.txt");
        std::os::unix::fs::symlink(dir.path().join("secret.txt"), link).expect("a link");
        run(dir.path(), &["render", "c"]).expect_code(0);
        for asked in [
            ".Files.Lines \"link.txt\"",
            ".Files.Get \"link.txt\"",
            "(.Files.Glob \"*.txt\").AsConfig",
        ] {
            refuses_the_link(dir.path(), asked);
        }
    }
}

/// Says that a template of the chart `c` that asks for `asked` fails, for it leads to a link out of the chart.
#[cfg(unix)]
fn refuses_the_link(dir: &Path, asked: &str) {
    let template = format!("a: {{{{ {asked} | quote }}}}\n");
    std::fs::write(dir.join("c/templates/asks.yaml"), template).expect("a template");
    let run = run(dir, &["render", "c"]).expect_code(1);
    assert!(run.err.contains(" is a link that leads out of the chart"), "{asked}: {}", run.err);
}

/// It may hold credentials, and a link leads around it.
#[cfg(unix)]
#[test]
fn what_git_keeps_is_no_file_of_a_chart() {
    let dir = repository(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        (".git/config", "secret"),
        ("c/.helmignore", "top/c\n"),
        ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        (
            "c/templates/a.yaml",
            "a: {{ .Files.Get \"top/.git/config\" | quote }}\nb: {{ .Files.Get \"top/map.yaml\" | trim | quote }}\n",
        ),
        ("map.yaml", "there\n"),
    ]);
    std::os::unix::fs::symlink("..", dir.path().join("c/top")).expect("a link");
    let out = run(dir.path(), &["render", "c"]).expect_code(0).out;
    assert!(out.ends_with("a: \"\"\nb: \"there\"\n"), "{out}");
}

/// Charts of one repository share values and templates, which Helm follows links to.
#[cfg(unix)]
#[test]
fn links_to_the_repository_around_a_chart_are_followed() {
    let dir = repository(&[
        CHART,
        (".git/HEAD", "ref: refs/heads/main\n"),
        (".git/secret", "outside: true\n"),
        ("common/values.yaml", "a: shared\n"),
        ("common/templates/t.yaml", "a: {{ .Values.a }}\nb: {{ .Files.Get \"files/b.txt\" }}\n"),
        ("common/files/b.txt", "linked"),
        ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
    ]);
    for link in ["values.yaml", "templates", "files"] {
        let target = format!("../common/{link}");
        std::os::unix::fs::symlink(target, dir.path().join("c").join(link)).expect("a link");
    }
    let out = run(dir.path(), &["render", "c"]).expect_code(0).out;
    assert!(out.ends_with("a: shared\nb: linked\n"), "{out}");
    std::os::unix::fs::symlink("../.git/secret", dir.path().join("c/values.schema.json"))
        .expect("a link");
    let refused = run(dir.path(), &["render", "c"]).expect_code(1);
    assert!(refused.err.contains("leads out of the chart"), "{}", refused.err);
}

/// What makes the chart itself must lie in it.
#[cfg(unix)]
#[test]
fn links_that_lead_out_are_refused_where_the_chart_is_made_of_them() {
    for (link, target) in [
        ("c/templates/link.yaml", "secret.txt"),
        ("c/values.yaml", "secret.txt"),
        ("c/charts/d/templates/link.yaml", "secret.txt"),
        ("c/charts/e", "other"),
    ] {
        let dir = repository(&[
            CHART,
            ("secret.txt", "outside: true\n"),
            ("other/Chart.yaml", "apiVersion: v2\nname: other\nversion: 1.0.0\n"),
            ("c/templates/t.yaml", "a: b\n"),
            ("c/charts/d/Chart.yaml", "apiVersion: v2\nname: d\nversion: 1.0.0\n"),
            ("c/charts/d/templates/t.yaml", "a: b\n"),
        ]);
        std::os::unix::fs::symlink(dir.path().join(target), dir.path().join(link)).expect("a link");
        let run = run(dir.path(), &["render", "c"]).expect_code(1);
        assert!(run.err.contains("is a link"), "{link}: {}", run.err);
    }
}

/// Operators keep their CRDs elsewhere, and folders of dashboards are shared: a chart that only holds links to them is
/// rendered, and what would need them says so.
#[cfg(unix)]
#[test]
fn linked_folders_are_missed_by_what_asks_for_them() {
    let dir = repository(&[
        CHART,
        ("config/a.yaml", "a: b\n"),
        ("c/files/own.txt", "own"),
        (
            "c/templates/t.yaml",
            "a: {{ .Files.Get \"files/own.txt\" }}{{ len (.Files.Glob \"files/*\") }}\n",
        ),
    ]);
    for link in ["c/crds", "c/dashboards"] {
        std::os::unix::fs::symlink("../config", dir.path().join(link)).expect("a link");
    }
    run(dir.path(), &["render", "c"]).expect_code(0);
    let crds = run(dir.path(), &["render", "c", "--include-crds"]).expect_code(1);
    assert!(crds.err.contains("crds/: is a link"), "{}", crds.err);
    for asked in
        [".Files.Get \"dashboards/a.yaml\"", ".Files.Glob \"dash*/**\"", ".Files.Glob \"**.yaml\""]
    {
        refuses_the_link(dir.path(), asked);
    }
}

/// Operators keep their CRDs beside the chart, and link to them. Nothing out of a chart is read, so it is told of as
/// a link, and not as a file where a folder belongs.
#[cfg(unix)]
#[test]
fn linked_folders_out_of_a_chart_are_told_of_as_links() {
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    let dir = repository(&[CHART, ("config/a.yaml", object)]);
    let link = |target: &str, link: &str| {
        std::os::unix::fs::symlink(target, dir.path().join(link)).expect("a link");
    };
    link("../config", "c/crds");
    let args = ["check", "--format", "concise", "--no-cache"];
    let crds = run(dir.path(), &args);
    assert!(!crds.out.contains("chart-crds-valid"), "{}", crds.out);
    std::fs::create_dir(dir.path().join("c/templates")).expect("a folder");
    link("../../config", "c/templates/shared");
    let templates = run(dir.path(), &args).expect_code(1);
    assert!(templates.out.contains("leads out of the chart"), "{}", templates.out);
    assert!(!templates.out.contains("chart-templates-dir"), "{}", templates.out);
}

/// A link may lead back into the chart: of many ways to a few folders not all are walked.
#[cfg(unix)]
#[test]
fn many_ways_by_links_are_as_many_files() {
    let dir = repository(&[CHART]);
    for depth in 0..20 {
        let folder = dir.path().join(format!("c/deep/{depth}"));
        std::fs::create_dir_all(&folder).expect("a folder");
        for name in ["a", "b"] {
            let target = format!("../{}", depth + 1);
            std::os::unix::fs::symlink(target, folder.join(name)).expect("a link");
        }
    }
    std::fs::create_dir_all(dir.path().join("c/deep/20")).expect("a folder");
    let refused = run(dir.path(), &["render", "c"]).expect_code(1);
    assert!(refused.err.contains("20000 files"), "{}", refused.err);
}

/// A folder of charts that share a library often links it into each, beside saying so in `Chart.yaml`.
#[cfg(unix)]
#[test]
fn a_linked_chart_is_read_where_it_is_a_dependency_by_file() {
    let dir = repository(&[
        (
            "c/Chart.yaml",
            "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n  - name: lib\n    version: 1.0.0\n    \
             repository: file://../lib\n",
        ),
        ("c/templates/t.yaml", "a: {{ include \"lib.name\" . }}\n"),
        ("lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n"),
        ("lib/templates/_lib.tpl", "{{ define \"lib.name\" }}shared{{ end }}"),
    ]);
    std::fs::create_dir(dir.path().join("c/charts")).expect("a folder");
    std::os::unix::fs::symlink("../../lib", dir.path().join("c/charts/lib")).expect("a link");
    let out = run(dir.path(), &["render", "c"]).expect_code(0).out;
    assert!(out.ends_with("a: shared\n"), "{out}");
}
