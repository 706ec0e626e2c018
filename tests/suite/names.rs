//! What a chart makes for a release whose name is as long as Helm allows.

use crate::harness::{repository, run};

const RULE: &str = "release-name-length-overflow";

/// The findings on a chart with this template, as `file:line: message`.
fn check(template: &str, config: &str) -> Vec<String> {
    let dir = repository(&[
        ("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/values.yaml", "suffix: settings\n"),
        ("shop/templates/web.yaml", template),
        ("plimsoll.yaml", config),
    ]);
    let run = run(dir.path(), &["check", "--format", "concise", "--select", RULE]);
    let place = |line: &str| {
        let (place, message) = line.split_once(": warning ")?;
        Some(format!("{place}: {}", message.split_once(": ")?.1))
    };
    run.out.lines().filter_map(place).collect()
}

#[test]
fn a_name_that_grows_behind_its_cut_is_found_at_its_template_line() {
    let template = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ printf \"%s-%s\" .Release.Name .Chart.Name | trunc 63 }}-headless\n";
    let found = check(template, "");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("shop/templates/web.yaml:4:"), "{found:?}");
    assert!(
        found[0].contains("the name of the Service has 67: at most 63 are allowed"),
        "{found:?}"
    );
}

#[test]
fn a_name_that_is_cut_at_its_end_fits_as_does_a_shorter_release_s() {
    let cut = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ printf \"%s-headless\" .Release.Name | trunc 63 }}\n";
    assert!(check(cut, "").is_empty());
    let grown = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}-headless-of-the-shop\n";
    assert_eq!(check(grown, "").len(), 1);
    let shorter = format!("rules: {{{RULE}: {{params: {{max-release-name: 30}}}}}}\n");
    assert!(check(grown, &shorter).is_empty());
}

#[test]
fn a_chart_that_refuses_long_names_is_left_alone() {
    let template = "{{ if gt (len .Release.Name) 20 }}{{ fail \"too long\" }}{{ end }}\napiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}-headless-of-the-shop\n";
    assert!(check(template, "").is_empty());
}

#[test]
fn a_run_over_values_alone_hides_nothing_from_one_over_their_chart() {
    let dir = repository(&[
        ("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/values.yaml", "suffix: db\n"),
        (
            "shop/templates/db.yaml",
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}-{{ .Values.suffix }}\n",
        ),
        ("prod.yaml", "suffix: a-database-of-its-own\n"),
        ("plimsoll.yaml", "releases: [{name: shop, chart: ./shop, values: [prod.yaml]}]\n"),
    ]);
    let check = |path: &str| {
        let args = ["check", path, "--select", RULE, "--cache-dir", ".kept"];
        run(dir.path(), &args).out.contains(RULE)
    };
    assert!(!check("prod.yaml"), "the chart is not asked for");
    assert!(check("."));
}
