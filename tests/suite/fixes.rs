//! `check --fix` and `--diff`: what is written, where, and what is not.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::harness::{Run, plimsoll, repository, run};

const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  hostNetwork: true # needed once
  dnsPolicy: 'ClusterFirst' # the default
  containers:
    - name: a
      image: \"example.org/a:1.0.0\"
";

/// A chart that is deployed as `shop` with a values file of its own.
const SHOP: &[(&str, &str)] = &[
    (
        "plimsoll.yaml",
        "releases:\n  - {name: shop, namespace: web, chart: chart, values: [prod.yaml]}\n",
    ),
    ("prod.yaml", "# Peak load.\nreplicas: 3\nimage:\n  tag: \"1.4.0\" # pinned\n"),
    ("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
    ("chart/values.yaml", "replicas: 1\nimage: {tag: 1.0.0}\naffinity: {}\nsecurityContext: {}\n"),
    (
        "chart/templates/web.yaml",
        "apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {app.kubernetes.io/instance: {{ .Release.Name }}}
  template:
    metadata:
      labels: {app.kubernetes.io/instance: {{ .Release.Name }}}
    spec:
      {{- with .Values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: web
          image: \"example.org/web:{{ .Values.image.tag }}\"
          securityContext:
            {{- toYaml .Values.securityContext | nindent 12 }}
",
    ),
];

fn check(dir: &Path, args: &[&str]) -> Run {
    run(dir, &[&["check", "--no-cache", "--fail-on", "never"], args].concat())
}

fn text(dir: &Path, path: &str) -> String {
    fs::read_to_string(dir.join(path)).expect("the file is there")
}

/// The shop, with another template in its chart.
fn shop_with(template: &str) -> tempfile::TempDir {
    let mut files = SHOP.to_vec();
    files[4].1 = template;
    repository(&files)
}

/// The fixes of a rule's findings in a JSON report: applicability and edited files.
fn fixes(dir: &Path, rule: &str) -> Vec<(String, Vec<String>)> {
    let out = check(dir, &["--select", rule, "--format", "json"]).out;
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let findings = report["findings"].as_array().expect("findings").iter();
    let fix = |finding: &serde_json::Value| {
        let fix = finding.get("fix")?;
        let edits = fix["edits"].as_array()?.iter();
        let files = edits.map(|edit| edit["file"].as_str().unwrap_or_default().to_owned());
        Some((fix["applicability"].as_str()?.to_owned(), files.collect()))
    };
    findings.filter_map(fix).collect()
}

#[test]
fn a_diff_shows_what_fix_writes_and_writes_nothing() {
    let dir = repository(&[("pod.yaml", POD)]);
    let diff = check(dir.path(), &["--select", "dns-policy-host-network", "--diff"]);
    assert_eq!(
        diff.out,
        "--- a/pod.yaml
+++ b/pod.yaml
@@ -3,7 +3,7 @@
 metadata: {name: a}
 spec:
   hostNetwork: true # needed once
-  dnsPolicy: 'ClusterFirst' # the default
+  dnsPolicy: 'ClusterFirstWithHostNet' # the default
   containers:
     - name: a
       image: \"example.org/a:1.0.0\"
"
    );
    assert_eq!(text(dir.path(), "pod.yaml"), POD);
    check(dir.path(), &["--select", "dns-policy-host-network", "--fix"]);
    let fixed = POD.replace("'ClusterFirst'", "'ClusterFirstWithHostNet'");
    assert_eq!(text(dir.path(), "pod.yaml"), fixed);
}

#[test]
fn values_that_the_command_line_names_are_fixed_with_their_chart() {
    let dir = repository(&SHOP[1..]);
    fs::write(dir.path().join("prod.yaml"), "replicas: 1\ncolour: red\n").expect("written");
    let args = ["chart", "-f", "prod.yaml", "--select", "values-key-unused", "--fix"];
    check(dir.path(), &[&args[..], &["--unsafe-fixes"]].concat());
    assert_eq!(text(dir.path(), "prod.yaml"), "replicas: 1\n");
}

#[test]
fn what_asks_for_a_decision_is_left_until_it_is_asked_for() {
    let dir = repository(&[("pod.yaml", POD)]);
    let select = ["--select", "host-network-forbidden", "--fix"];
    let run = check(dir.path(), &select);
    assert!(run.err.contains("--unsafe-fixes"), "{}", run.err);
    assert_eq!(text(dir.path(), "pod.yaml"), POD);
    check(dir.path(), &[&select[..], &["--unsafe-fixes"]].concat());
    assert!(text(dir.path(), "pod.yaml").contains("  hostNetwork: false # needed once\n"));
}

#[test]
fn line_ends_marks_and_a_missing_last_line_end_stay() {
    let windows = format!("\u{feff}{}", POD.trim_end().replace('\n', "\r\n"));
    let dir = repository(&[("pod.yaml", &windows)]);
    check(dir.path(), &["--select", "privilege-escalation-forbidden", "--fix"]);
    let added = "\r\n      securityContext:\r\n        allowPrivilegeEscalation: false";
    assert_eq!(text(dir.path(), "pod.yaml"), format!("{windows}{added}"));
}

#[test]
fn replicas_are_spread_by_the_labels_of_the_release_in_its_own_values() {
    let dir = repository(SHOP);
    check(dir.path(), &["--select", "anti-affinity-required", "--fix"]);
    assert_eq!(
        text(dir.path(), "prod.yaml"),
        "# Peak load.
replicas: 3
image:
  tag: \"1.4.0\" # pinned
affinity:
  podAntiAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - labelSelector:
          matchLabels:
            app.kubernetes.io/instance: shop
        topologyKey: kubernetes.io/hostname
"
    );
    assert_eq!(text(dir.path(), "chart/values.yaml"), SHOP[3].1);
    let again = check(dir.path(), &["--select", "anti-affinity-required", "--fix"]);
    assert!(again.err.contains("0 findings fixed"), "{}", again.err);
}

/// Without a layer of the release's own there is no place for what is true of this release alone.
#[test]
fn labels_of_one_release_become_no_default_of_its_chart() {
    let mut files = SHOP.to_vec();
    files[0].1 = "releases:\n  - {name: shop, namespace: web, chart: chart}\n";
    files[3].1 = "replicas: 3\nimage: {tag: 1.0.0}\naffinity: {}\nsecurityContext: {}\n";
    let dir = repository(&files);
    assert_eq!(fixes(dir.path(), "anti-affinity-required"), []);
}

#[test]
fn values_that_are_written_where_a_release_is_declared_are_mended_there() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop, namespace: web}
spec:
  releaseName: shop
  chart: {spec: {chart: ./chart, sourceRef: {kind: GitRepository, name: here}}}
  values:
    replicas: 3 # Peak load.
  interval: 5m
";
    let dir = repository(&[&[("release.yaml", release)], &SHOP[2..]].concat());
    check(dir.path(), &["--select", "anti-affinity-required", "--fix"]);
    let fixed = text(dir.path(), "release.yaml");
    let added = "    replicas: 3 # Peak load.
    affinity:
      podAntiAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          - labelSelector:
              matchLabels:
                app.kubernetes.io/instance: shop
            topologyKey: kubernetes.io/hostname
  interval: 5m
";
    assert!(fixed.ends_with(added), "{fixed}");
}

#[test]
fn a_value_is_set_where_the_chart_has_a_key_for_it() {
    let dir = repository(SHOP);
    check(dir.path(), &["--select", "privilege-escalation-forbidden", "--fix"]);
    assert!(
        text(dir.path(), "chart/values.yaml")
            .ends_with("securityContext:\n  allowPrivilegeEscalation: false\n")
    );
    assert_eq!(text(dir.path(), "chart/templates/web.yaml"), SHOP[4].1);
}

#[test]
fn a_map_of_the_values_that_a_template_copies_gets_what_is_missing() {
    let mut files = SHOP.to_vec();
    files[3].1 = "replicas: 1\nimage: {tag: 1.0.0}\nsecurityContext:\n  runAsNonRoot: true # as the image asks\n";
    let dir = repository(&files);
    check(dir.path(), &["--select", "privilege-escalation-forbidden", "--fix"]);
    let expected = format!("{}  allowPrivilegeEscalation: false\n", files[3].1);
    assert_eq!(text(dir.path(), "chart/values.yaml"), expected);
    assert_eq!(text(dir.path(), "chart/templates/web.yaml"), SHOP[4].1);
}

/// So does one that begins with a map or a list.
#[test]
fn a_copied_map_of_maps_gets_what_is_missing() {
    for own in
        ["appArmorProfile:\n    type: RuntimeDefault\n", "capabilities:\n    drop:\n      - ALL\n"]
    {
        let mut files = SHOP.to_vec();
        let values = format!("replicas: 1\nimage: {{tag: 1.0.0}}\nsecurityContext:\n  {own}");
        files[3].1 = &values;
        let dir = repository(&files);
        check(dir.path(), &["--select", "privilege-escalation-forbidden", "--fix"]);
        let expected = format!("{values}  allowPrivilegeEscalation: false\n");
        assert_eq!(text(dir.path(), "chart/values.yaml"), expected);
    }
}

#[test]
fn where_no_value_is_read_the_template_gets_the_line() {
    let template = SHOP[4].1.split("          securityContext:").next().expect("a head");
    let dir = shop_with(template);
    check(dir.path(), &["--select", "privilege-escalation-forbidden", "--fix"]);
    assert!(text(dir.path(), "chart/templates/web.yaml").contains(
        "        - name: web
          securityContext:
            allowPrivilegeEscalation: false
          image:"
    ));
}

/// Quotes in the values would be lost: a template prints `"80"` as 80.
#[test]
fn what_a_template_prints_as_a_number_is_quoted_there() {
    let values = "port: 80\nannotations: {example.org/port: 80}\n";
    let map = "  annotations:\n    {{- toYaml .Values.annotations | nindent 4 }}\n";
    for (written, own, fixed) in [
        (
            "  annotations: {a/b: {{ .Values.port }}}\n",
            values,
            "  annotations: {a/b: {{ .Values.port }}}\n",
        ),
        (
            "  annotations:\n    a/b: {{ .Values.port }}\n    a/c: {{ .Values.port | default 1 -}}\n",
            values,
            "  annotations:\n    a/b: {{ .Values.port | quote }}\n    a/c: {{ .Values.port | default 1 | quote -}}\n",
        ),
        (map, "port: 80\nannotations: {example.org/port: \"80\"}\n", map),
    ] {
        let template = |written: &str| {
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n{written}")
        };
        let dir = repository(&[
            ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n"),
            ("c/values.yaml", values),
            ("c/templates/a.yaml", &template(written)),
        ]);
        check(dir.path(), &["--select", "annotation-or-label-not-string", "--fix"]);
        assert_eq!(text(dir.path(), "c/templates/a.yaml"), template(fixed));
        assert_eq!(text(dir.path(), "c/values.yaml"), own);
    }
}

#[test]
fn a_map_in_a_template_that_holds_a_map_alone_gets_the_line_before_it() {
    let head = SHOP[4].1.split("          securityContext:").next().expect("a head");
    let own = "            capabilities:\n              drop: [ALL]\n";
    let dir = shop_with(&format!("{head}          securityContext:\n{own}"));
    check(dir.path(), &["--select", "privilege-escalation-forbidden", "--fix"]);
    let expected =
        format!("          securityContext:\n            allowPrivilegeEscalation: false\n{own}");
    let fixed = text(dir.path(), "chart/templates/web.yaml");
    assert!(fixed.ends_with(&expected), "{fixed}");
}

#[test]
fn a_chart_of_others_is_left_alone_and_set_by_values() {
    let mut files: Vec<(String, &str)> = vec![
        (
            "Chart.yaml".into(),
            "apiVersion: v2\nname: all\nversion: 0.1.0\ndependencies:\n  - {name: web, version: 0.1.0}\n",
        ),
        ("values.yaml".into(), "web:\n  replicas: 1\n"),
    ];
    files.extend(
        SHOP[2..].iter().map(|(path, text)| (path.replacen("chart/", "charts/web/", 1), *text)),
    );
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let dir = repository(&files);
    check(dir.path(), &["--select", "privilege-escalation-forbidden", "--fix"]);
    assert_eq!(
        text(dir.path(), "values.yaml"),
        "web:\n  replicas: 1\n  securityContext:\n    allowPrivilegeEscalation: false\n"
    );
    assert_eq!(text(dir.path(), "charts/web/values.yaml"), SHOP[3].1);
}

#[test]
fn a_fix_that_changes_more_than_its_field_is_not_safe() {
    let template = SHOP[4].1.replace(
        "          securityContext:",
        "          env: [{name: CONTEXT, value: {{ toJson .Values.securityContext | quote }}}]\n          securityContext:",
    );
    let dir = shop_with(&template);
    let fixes = fixes(dir.path(), "privilege-escalation-forbidden");
    assert_eq!(fixes, [("unsafe".to_owned(), vec!["chart/values.yaml".to_owned()])]);
}

#[test]
fn a_fix_that_does_not_help_is_not_offered() {
    // The value is read, and the template decides all the same.
    let template = SHOP[4].1.replace(
        "{{- toYaml .Values.securityContext | nindent 12 }}",
        "{{- toYaml (mergeOverwrite (deepCopy .Values.securityContext) (dict \"allowPrivilegeEscalation\" true)) | nindent 12 }}",
    );
    let dir = shop_with(&template);
    assert_eq!(fixes(dir.path(), "privilege-escalation-forbidden"), []);
}

#[test]
fn a_suppression_that_silences_nothing_is_taken_out() {
    let dir = repository(&[(
        "pod.yaml",
        "# plimsoll: ignore[host-pid-forbidden] it was one\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n",
    )]);
    check(dir.path(), &["--extend-select", "host-pid-forbidden", "--fix"]);
    assert!(text(dir.path(), "pod.yaml").starts_with("apiVersion: v1\n"));
}

#[test]
fn fixes_that_write_at_one_place_are_all_made_in_one_run() {
    let dir = repository(&[("pod.yaml", POD)]);
    let fix = ["--preset", "all", "--fix", "--unsafe-fixes"];
    check(dir.path(), &fix);
    let once = text(dir.path(), "pod.yaml");
    assert!(once.contains("readOnlyRootFilesystem: true"), "{once}");
    assert!(once.contains("allowPrivilegeEscalation: false"), "{once}");
    check(dir.path(), &fix);
    assert_eq!(text(dir.path(), "pod.yaml"), once);
}

#[test]
fn what_a_fix_brings_to_light_is_fixed_in_the_same_run() {
    let dir = repository(&[
        ("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
        ("chart/values.yaml", "readOnly: false\n"),
        (
            "chart/templates/web.yaml",
            "apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  {{- if .Values.readOnly }}
  initContainers:
    - name: copy
      image: example.org/copy:1.0.0
  {{- end }}
  containers:
    - name: web
      image: example.org/web:1.0.0
      securityContext:
        readOnlyRootFilesystem: {{ .Values.readOnly }}
",
        ),
    ]);
    let fix = ["--select", "read-only-root-filesystem", "--fix", "--unsafe-fixes"];
    check(dir.path(), &fix);
    assert_eq!(text(dir.path(), "chart/values.yaml"), "readOnly: true\n");
    let template = text(dir.path(), "chart/templates/web.yaml");
    assert!(template.contains("readOnlyRootFilesystem: true"), "{template}");
    assert!(!template.contains("runAs"), "only what is asked for: {template}");
    check(dir.path(), &fix);
    assert_eq!(text(dir.path(), "chart/templates/web.yaml"), template);
}

#[test]
fn standard_input_is_no_file_to_fix() {
    let dir = repository(&[]);
    let run = run(dir.path(), &["check", "--fix", "-"]).expect_code(2);
    assert!(run.err.contains("standard input cannot be fixed"), "{}", run.err);
}

#[test]
fn an_interrupted_run_leaves_the_old_text_or_the_new_one() {
    let old: String = (0..200)
        .map(|at| POD.replace("{name: a}", &format!("{{name: a{at}}}")) + "---\n")
        .collect();
    let new = old.replace("'ClusterFirst'", "'ClusterFirstWithHostNet'");
    let mut after = Duration::from_millis(2);
    for _ in 0..12 {
        let dir = repository(&[("pods.yaml", &old)]);
        let mut child = plimsoll(dir.path())
            .args([
                "check",
                "--no-cache",
                "--quiet",
                "--select",
                "dns-policy-host-network",
                "--fix",
            ])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the binary runs");
        std::thread::sleep(after);
        // It may be done already.
        let _ = child.kill();
        child.wait().expect("the process ends");
        let left = text(dir.path(), "pods.yaml");
        assert!(left == old || left == new, "{} bytes", left.len());
        after = after * 3 / 2;
    }
}
