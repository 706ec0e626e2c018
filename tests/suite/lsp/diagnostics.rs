//! What is published while texts change.

use serde_json::{Value, json};

use super::{ANTI_AFFINITY, Editor, of, places};
use crate::harness::CHART;

#[test]
fn unsaved_values_are_linted_with_the_chart_that_reads_them() {
    let mut editor = Editor::new(CHART);
    let saved = editor.open_saved("values.yaml");
    assert_eq!(of(&saved, ANTI_AFFINITY)["severity"], 1);
    // One replica needs no spreading.
    let one = json!([{"range": {"start": {"line": 1, "character": 12},
                                "end": {"line": 1, "character": 13}}, "text": "1"}]);
    editor.change("values.yaml", 2, &one);
    let unsaved = editor.diagnostics("values.yaml", 2);
    assert!(!places(&unsaved).iter().any(|place| place.ends_with(ANTI_AFFINITY)), "{unsaved:?}");
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn a_finding_links_to_its_page_and_to_the_template_line() {
    let related = json!({"textDocument": {"publishDiagnostics": {"relatedInformation": true}}});
    let mut editor = Editor::with(CHART, &related, &json!({}));
    let found = editor.open_saved("values.yaml");
    let finding = of(&found, ANTI_AFFINITY);
    let href = finding["codeDescription"]["href"].as_str().expect("a link");
    assert!(href.starts_with("https://"), "{href}");
    let template = editor.uri("templates/web.yaml");
    let related = finding["relatedInformation"].as_array().expect("related places");
    assert!(related.iter().any(|one| one["location"]["uri"] == template.as_str()), "{related:?}");
}

#[test]
fn a_template_is_linted_while_it_is_edited() {
    let mut editor = Editor::new(CHART);
    let text = std::fs::read_to_string(editor.path("templates/web.yaml")).expect("a file");
    assert!(editor.open("templates/web.yaml", &text).is_empty());
    let line = text.lines().position(|line| line.contains("hostNetwork")).expect("a line");
    let found = editor.write("templates/web.yaml", 2, &text.replace("hostNetwork", "hostNet"));
    assert_eq!(places(&found), [format!("{line}:6 schema-validation")]);
    assert!(editor.write("templates/web.yaml", 3, &text).is_empty());
}

#[test]
fn broken_text_keeps_the_findings_of_lines_that_are_the_same() {
    let mut editor = Editor::new(CHART);
    let before = editor.open_saved("values.yaml");
    let place = places(&before).into_iter().find(|place| place.ends_with(ANTI_AFFINITY));
    let broken = "web:\n  replicas: 3 # Peak load.\n  affinity: {}\nmore: [\n";
    let after = editor.write("values.yaml", 2, broken);
    assert!(places(&after).iter().any(|place| place.ends_with("yaml-syntax")), "{after:?}");
    assert!(places(&after).contains(&place.expect("a finding")), "{:?}", places(&after));
    let mended = "web:\n  replicas: 1\n  affinity: {}\n";
    let mended = editor.write("values.yaml", 3, mended);
    assert!(!places(&mended).iter().any(|place| place.ends_with(ANTI_AFFINITY)), "{mended:?}");
}

#[test]
fn characters_are_counted_as_the_client_can() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {x: \"\u{1f642}\"}, naem: b}\nspec: {containers: []}\n";
    let line = text.lines().nth(2).expect("a line");
    let before = &line[..line.find("naem").expect("a key")];
    let place = |capabilities: &Value, encoding: &str| {
        let mut editor = Editor::with(&[("pod.yaml", text)], capabilities, &json!({}));
        assert_eq!(editor.capabilities["positionEncoding"], encoding);
        let found = editor.open_saved("pod.yaml");
        let mut places = places(&found).into_iter();
        places.find(|place| place.ends_with("schema-validation")).expect("a finding")
    };
    let utf16: usize = before.chars().map(char::len_utf16).sum();
    assert!(place(&json!({}), "utf-16").starts_with(&format!("2:{utf16} ")));
    let offers = json!({"general": {"positionEncodings": ["utf-16", "utf-8"]}});
    assert!(place(&offers, "utf-8").starts_with(&format!("2:{} ", before.len())));
}

#[test]
fn the_configuration_and_rules_of_ones_own_are_linted_as_they_are_written() {
    let files = [&[("plimsoll.yaml", "preset: all\n")], CHART].concat();
    let mut editor = Editor::new(&files);
    editor.open_saved("plimsoll.yaml");
    let found = editor.write("plimsoll.yaml", 2, "prset: all\n");
    assert_eq!(places(&found), ["0:0 config-invalid"]);
    let found = editor.write("plimsoll.yaml", 3, "ignore: [no-such-rule]\n");
    assert_eq!(places(&found), ["0:9 config-invalid"]);
    let found = editor.write("plimsoll.yaml", 4, "ignore: [anti-affinity-required]\n");
    assert!(found.is_empty(), "{found:?}");
    let values = editor.open_saved("values.yaml");
    assert!(!places(&values).iter().any(|place| place.ends_with(ANTI_AFFINITY)), "{values:?}");
}

/// It may not be open, and yet it changes what is found everywhere.
#[test]
fn a_fault_in_the_configuration_is_shown_although_it_is_not_open() {
    let files = [&[("plimsoll.yaml", "preset: all\nignroe: [images]\n")], CHART].concat();
    let mut editor = Editor::new(&files);
    editor.open_saved("values.yaml");
    let uri = editor.uri("plimsoll.yaml");
    let found = editor.told("textDocument/publishDiagnostics", |params| params["uri"] == *uri);
    let found = found["diagnostics"].as_array().expect("a list").clone();
    assert_eq!(places(&found), ["1:0 config-invalid"]);
    let shown = editor.told("window/showMessage", |_| true);
    let message = shown["message"].as_str().expect("a message");
    assert_eq!(message, "plimsoll.yaml:2: `ignroe` is not a setting");

    std::fs::write(editor.path("plimsoll.yaml"), "preset: all\n").expect("a file");
    let change = json!({"changes": [{"uri": uri.as_str(), "type": 2}]});
    editor.tell("workspace/didChangeWatchedFiles", change);
    let found = editor.told("textDocument/publishDiagnostics", |params| params["uri"] == *uri);
    assert_eq!(found["diagnostics"], json!([]));
}

#[test]
fn several_releases_are_named() {
    let mut files = CHART.to_vec();
    files.push(("helmfile.yaml", "releases:\n  - {name: one, namespace: a, chart: .}\n  - {name: two, namespace: b, chart: .}\n"));
    let mut editor = Editor::new(&files);
    let found = editor.open_saved("values.yaml");
    let message = of(&found, ANTI_AFFINITY)["message"].as_str().expect("a message").to_owned();
    assert!(message.contains("in a/one, b/two"), "{message}");
}
