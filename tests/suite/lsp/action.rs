//! What can be done about a finding.

use lsp_server::Message;
use serde_json::{Value, json};

use super::{ANTI_AFFINITY, Editor, of, places};
use crate::harness::CHART;

#[test]
fn a_finding_is_silenced_or_weighed_by_an_edit() {
    let files = [&[("plimsoll.yaml", "# ours\npreset: recommended\n")], CHART].concat();
    let mut editor = Editor::new(&files);
    let found = editor.open_saved("values.yaml");
    let finding = of(&found, ANTI_AFFINITY).clone();
    let params = json!({
        "textDocument": editor.document("values.yaml"),
        "range": finding["range"],
        "context": {"diagnostics": [finding]},
    });
    let actions = editor.ask("textDocument/codeAction", params);
    let named = |title: &str| {
        let actions = actions.as_array().expect("actions").iter();
        let found = actions.clone().find(|action| action["title"] == title);
        found.unwrap_or_else(|| panic!("{title} among {actions:#?}")).clone()
    };
    let silence = named("Silence `anti-affinity-required` here");
    let edit = &silence["edit"]["changes"][editor.uri("values.yaml")][0];
    assert_eq!(
        edit["newText"].as_str().map(str::trim),
        Some("# plimsoll: ignore[anti-affinity-required] FIXME say why")
    );
    let weigh = named("Set `anti-affinity-required` to off in plimsoll.yaml");
    let edit = &weigh["edit"]["changes"][editor.uri("plimsoll.yaml")][0];
    assert_eq!(edit["newText"], "rules:\n  anti-affinity-required: off\n");
    assert_eq!(edit["range"]["start"], json!({"line": 2, "character": 0}));
}

#[test]
fn a_severity_is_set_in_a_configuration_that_is_not_there_yet() {
    let can = json!({"workspace": {"workspaceEdit": {
        "documentChanges": true, "resourceOperations": ["create"],
    }}});
    let offers = |capabilities: &Value| {
        let mut editor = Editor::with(CHART, capabilities, &json!({}));
        let found = editor.open_saved("values.yaml");
        let params = json!({
            "textDocument": editor.document("values.yaml"),
            "range": of(&found, ANTI_AFFINITY)["range"],
            "context": {"diagnostics": [], "only": ["quickfix"]},
        });
        let actions = editor.ask("textDocument/codeAction", params);
        let title = "Set `anti-affinity-required` to off in plimsoll.yaml";
        let actions = actions.as_array().expect("actions").clone();
        (editor, actions.into_iter().find(|action| action["title"] == title))
    };
    let (mut editor, offered) = offers(&can);
    let changes = offered.expect("it is offered")["edit"]["documentChanges"].take();
    let uri = editor.uri("plimsoll.yaml");
    let made = json!({"kind": "create", "uri": uri, "options": {"ignoreIfExists": true}});
    assert_eq!(changes[0], made);
    assert_eq!(changes[1]["textDocument"], json!({"uri": uri, "version": null}));
    let text = changes[1]["edits"][0]["newText"].as_str().expect("a text");
    assert_eq!(text, "rules:\n  anti-affinity-required: off\n");
    // The editor makes the file and opens it: it holds before it is saved.
    editor.open("plimsoll.yaml", text);
    let found = editor.diagnostics("values.yaml", 1);
    assert!(!places(&found).iter().any(|place| place.ends_with(ANTI_AFFINITY)), "{found:?}");
    // A client that cannot make files is not asked to.
    assert_eq!(offers(&json!({})).1, None);
}

/// An editor with a manifest of two findings that have safe fixes, and the actions that it is offered for them.
fn offered(capabilities: &Value, only: &Value) -> (Editor, Vec<Value>) {
    let map =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  port: 80\n  size: 3\n";
    let mut editor = Editor::with(&[("map.yaml", map)], capabilities, &json!({}));
    editor.open_saved("map.yaml");
    let params = json!({
        "textDocument": editor.document("map.yaml"),
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}},
        "context": {"diagnostics": [], "only": only},
    });
    let actions = editor.ask("textDocument/codeAction", params);
    (editor, actions.as_array().expect("actions").clone())
}

#[test]
fn the_safe_fixes_of_a_file_are_one_edit_for_who_asks_for_them() {
    let becomes = |editor: &Editor, action: &Value| -> Vec<String> {
        let edits = &action["edit"]["changes"][editor.uri("map.yaml")];
        let edits = edits.as_array().expect("edits").iter();
        edits.map(|edit| edit["newText"].as_str().expect("a text").to_owned()).collect()
    };
    let (editor, all) = offered(&json!({}), &json!(["source.fixAll"]));
    let titles: Vec<&Value> = all.iter().map(|action| &action["title"]).collect();
    assert_eq!(titles, ["Apply all safe fixes of plimsoll"]);
    assert_eq!(all[0]["kind"], "source.fixAll");
    assert_eq!(becomes(&editor, &all[0]), ["\"80\"", "\"3\""]);

    let (editor, each) = offered(&json!({}), &json!(["quickfix"]));
    let of_rule =
        |action: &&Value| action["title"] == "Fix all `configmap-data-not-string` in this file";
    let of_rule: Vec<&Value> = each.iter().filter(of_rule).collect();
    assert_eq!(of_rule.len(), 1, "{each:#?}");
    let says = |title: &str| each.iter().any(|action| action["title"] == title);
    assert!(says("Fix `configmap-data-not-string`: set `port: \"80\"`"), "{each:#?}");
    assert_eq!(becomes(&editor, of_rule[0]), ["\"80\"", "\"3\""]);
}

#[test]
fn the_page_of_a_rule_is_opened_by_a_client_that_shows_pages() {
    let shows = json!({"window": {"showDocument": {"support": true}}});
    let page = |action: &&Value| action["command"]["command"] == "plimsoll.open";
    let (mut editor, actions) = offered(&shows, &json!(["quickfix"]));
    let command = &actions.iter().find(page).expect("a page")["command"];
    let run = json!({"command": command["command"], "arguments": command["arguments"]});
    let id = editor.request("workspace/executeCommand", run);
    let asked = loop {
        match editor.next_message() {
            Message::Request(request) if request.method == "window/showDocument" => break request,
            Message::Response(response) if response.id != id => panic!("{response:?}"),
            _ => {}
        }
    };
    assert_eq!(asked.params["uri"], command["arguments"][0]);
    assert_eq!(asked.params["external"], true);
    assert_eq!(offered(&json!({}), &json!(["quickfix"])).1.iter().find(page), None);
}

#[test]
fn a_fix_that_was_tried_is_offered_as_an_edit() {
    let mut files = CHART.to_vec();
    files.push(("values-prod.yaml", "web:\n  replica: 1\n"));
    let mut editor = Editor::new(&files);
    let found = editor.open_saved("values-prod.yaml");
    let finding = found.iter().find(|one| one["range"]["start"]["line"] == 1).expect("a finding");
    let params = json!({
        "textDocument": editor.document("values-prod.yaml"),
        "range": finding["range"],
        "context": {"diagnostics": [], "only": ["quickfix"]},
    });
    let actions = editor.ask("textDocument/codeAction", params);
    let mut actions = actions.as_array().expect("actions").iter();
    let fix = actions
        .find(|action| action["title"].as_str().is_some_and(|title| title.starts_with("Fix `")));
    let edit = &fix.expect("a fix")["edit"]["changes"][editor.uri("values-prod.yaml")][0];
    assert_eq!(edit["range"]["start"], json!({"line": 1, "character": 2}));
    assert_eq!(edit["newText"], "replicas");
}
