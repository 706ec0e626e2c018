//! Files that come and go, clients that die, messages that make no sense.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{ANTI_AFFINITY, Editor, of, places};
use crate::harness::{CHART, finish, plimsoll, repository};

#[test]
fn files_that_come_and_go_are_noticed() {
    let mut editor = Editor::new(CHART);
    let found = editor.open_saved("values.yaml");
    assert!(places(&found).iter().any(|place| place.ends_with(ANTI_AFFINITY)));
    std::fs::remove_file(editor.path("templates/web.yaml")).expect("removed");
    let gone = json!({"changes": [{"uri": editor.uri("templates/web.yaml"), "type": 3}]});
    editor.tell("workspace/didChangeWatchedFiles", gone);
    let found = editor.diagnostics("values.yaml", 1);
    assert!(!places(&found).iter().any(|place| place.ends_with(ANTI_AFFINITY)), "{found:?}");
    editor.tell("textDocument/didClose", json!({"textDocument": editor.document("values.yaml")}));
    std::fs::remove_dir_all(editor.path("templates")).expect("removed");
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn a_template_that_is_written_is_rendered() {
    let mut editor = Editor::new(&CHART[..2]);
    assert_eq!(places(&editor.open_saved("values.yaml")), Vec::<String>::new());
    let (path, template) = CHART[2];
    std::fs::create_dir(editor.path("templates")).expect("a folder");
    std::fs::write(editor.path(path), template).expect("written");
    let come = json!({"changes": [{"uri": editor.uri(path), "type": 1}]});
    editor.tell("workspace/didChangeWatchedFiles", come);
    let found = editor.diagnostics("values.yaml", 1);
    assert!(places(&found).iter().any(|place| place.ends_with(ANTI_AFFINITY)), "{found:?}");
}

/// A client that watches no files says at least what it saves.
#[test]
fn what_is_saved_is_read_again() {
    let mut editor = Editor::new(CHART);
    editor.open_saved("values.yaml");
    let path = editor.path("templates/web.yaml");
    let template = std::fs::read_to_string(&path).expect("a file");
    let one = template.replace("{{ .Values.web.replicas }}", "1");
    std::fs::write(path, one).expect("written");
    let document = editor.document("templates/web.yaml");
    editor.tell("textDocument/didSave", json!({"textDocument": document}));
    let found = editor.diagnostics("values.yaml", 1);
    assert!(!places(&found).iter().any(|place| place.ends_with(ANTI_AFFINITY)), "{found:?}");
}

#[test]
fn a_file_is_renamed() {
    let mut editor = Editor::new(CHART);
    let before = places(&editor.open_saved("values.yaml"));
    let (old, new) = ("templates/web.yaml", "templates/shop/web.yaml");
    std::fs::create_dir(editor.path("templates/shop")).expect("a folder");
    std::fs::rename(editor.path(old), editor.path(new)).expect("renamed");
    let changes = json!([
        {"uri": editor.uri(old), "type": 3},
        {"uri": editor.uri("templates/shop"), "type": 1},
        {"uri": editor.uri(new), "type": 1},
    ]);
    editor.tell("workspace/didChangeWatchedFiles", json!({"changes": changes}));
    assert_eq!(places(&editor.diagnostics("values.yaml", 1)), before);
    let document = editor.document("values.yaml");
    let page = editor.ask("plimsoll/rendered", json!({"uri": document["uri"]}));
    let text = page["text"].as_str().expect("a text");
    assert!(text.starts_with("---\n# Source: shop/templates/shop/web.yaml\n"), "{text}");
}

#[test]
fn a_file_that_is_open_is_removed_and_written_again() {
    let mut editor = Editor::new(CHART);
    let before = places(&editor.open_saved("values.yaml"));
    let text = std::fs::read_to_string(editor.path("values.yaml")).expect("a file");
    let told = |editor: &mut Editor, kind: u32| {
        let change = json!({"uri": editor.uri("values.yaml"), "type": kind});
        editor.tell("workspace/didChangeWatchedFiles", json!({"changes": [change]}));
    };
    std::fs::remove_file(editor.path("values.yaml")).expect("removed");
    told(&mut editor, 3);
    // The editor still has it.
    assert_eq!(places(&editor.diagnostics("values.yaml", 1)), before);
    assert!(
        places(&editor.write("values.yaml", 2, &format!("# more\n{text}"))).len() == before.len()
    );
    std::fs::write(editor.path("values.yaml"), "web: [\n").expect("written");
    told(&mut editor, 1);
    assert!(places(&editor.diagnostics("values.yaml", 2)).len() == before.len());
    // Once it is closed, what lies on disk holds.
    let pod = editor.open_saved("pod.yaml").len();
    editor.tell("textDocument/didClose", json!({"textDocument": editor.document("values.yaml")}));
    assert_eq!(editor.diagnostics("pod.yaml", 1).len(), pod);
    let broken = editor.open_saved("values.yaml");
    assert!(places(&broken).iter().any(|place| place.ends_with("yaml-syntax")), "{broken:?}");
}

#[test]
fn a_change_that_comes_late_is_left_out() {
    let mut editor = Editor::new(CHART);
    editor.open_saved("values.yaml");
    let one = "web:\n  replicas: 1\n  affinity: {}\n";
    editor.write("values.yaml", 5, one);
    editor.change("values.yaml", 3, &json!([{"text": "web: {replicas: 9, affinity: {}}\n"}]));
    // Positions are those of the text that holds.
    let three = json!([{"range": {"start": {"line": 1, "character": 12},
                                  "end": {"line": 1, "character": 13}}, "text": "3"}]);
    editor.change("values.yaml", 6, &three);
    let found = editor.diagnostics("values.yaml", 6);
    let line = of(&found, ANTI_AFFINITY)["range"]["start"]["line"].clone();
    assert_eq!(line, 1, "{found:?}");
}

#[test]
fn surrogate_pairs_are_edited_as_they_are_counted() {
    let mut editor = Editor::new(CHART);
    editor.open("values.yaml", "web: # \u{1f642}\u{1f642} x\n  replicas: 1\n  affinity: {}\n");
    // From between the two to the end of the line, and what follows it.
    let change = json!([{"range": {"start": {"line": 0, "character": 9},
                                   "end": {"line": 1, "character": 13}},
                         "text": "\r\n  replicas: 3"}]);
    editor.change("values.yaml", 2, &change);
    let found = editor.diagnostics("values.yaml", 2);
    assert_eq!(of(&found, ANTI_AFFINITY)["range"]["start"], json!({"line": 1, "character": 12}));
}

#[test]
fn what_is_no_file_or_not_open_is_answered_with_nothing() {
    let mut editor = Editor::new(CHART);
    let item =
        json!({"uri": "untitled:Untitled-1", "languageId": "yaml", "version": 1, "text": "a: ["});
    editor.tell("textDocument/didOpen", json!({"textDocument": item}));
    let position = json!({"line": 0, "character": 1});
    for uri in ["untitled:Untitled-1", "https://example.org/a.yaml", &editor.uri("values.yaml")] {
        for method in ["hover", "completion", "definition"] {
            let params = json!({"textDocument": {"uri": uri}, "position": position});
            assert_eq!(editor.ask(&format!("textDocument/{method}"), params), Value::Null, "{uri}");
        }
    }
    editor.tell("textDocument/didClose", json!({"textDocument": editor.document("values.yaml")}));
    assert_eq!(editor.end(), Some(0));
}

/// Whoever started both may keep the pipe open.
#[cfg(target_os = "linux")]
#[test]
fn the_server_ends_when_the_process_of_its_client_is_gone() {
    let mut client =
        Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().expect("it runs");
    let mut editor = Editor::of(Some(client.id()), CHART, &json!({}), &json!({}));
    editor.open_saved("values.yaml");
    client.kill().expect("it is there");
    client.wait().expect("it ends");
    assert_eq!(editor.child.wait().expect("the server ends").code(), Some(1));
}

#[test]
fn what_is_not_known_or_cancelled_is_refused() {
    let mut editor = Editor::new(CHART);
    let unknown = editor.request("textDocument/noSuchThing", json!({}));
    assert!(editor.answer(&unknown).is_err_and(|error| error.starts_with("-32601")));
    let wrong = editor.request("textDocument/codeAction", json!({"textDocument": 1}));
    assert!(editor.answer(&wrong).is_err_and(|error| error.starts_with("-32602")));
    // A request that is cancelled is answered once: as cancelled, or with what was ready before.
    let params = json!({"textDocument": editor.document("values.yaml")});
    let cancelled = editor.request("textDocument/documentSymbol", params);
    editor.tell("$/cancelRequest", json!({"id": cancelled}));
    let answer = editor.answer(&cancelled);
    assert!(answer.is_ok() || answer.is_err_and(|error| error.starts_with("-32800")));
    editor.tell("$/cancelRequest", json!({"id": 12345}));
    editor.tell("textDocument/didChange", json!({"nonsense": true}));
    editor.change("values.yaml", 9, &json!([{"text": "a change of what is not open"}]));
    editor.ask("shutdown", Value::Null);
    let late = editor.request("textDocument/documentSymbol", json!({}));
    assert!(editor.answer(&late).is_err_and(|error| error.starts_with("-32600")));
}

#[test]
fn the_server_ends_with_its_client() {
    let mut editor = Editor::new(CHART);
    editor.open_saved("values.yaml");
    drop(editor.stdin.take());
    assert_eq!(editor.child.wait().expect("it ends").code(), Some(1));

    let mut editor = Editor::new(CHART);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.child.wait().expect("it ends").code(), Some(1));

    let mut editor = Editor::new(CHART);
    let stdin = editor.stdin.as_mut().expect("a pipe");
    std::io::Write::write_all(stdin, b"Content-Length: 9\r\n\r\nnot JSON!").expect("written");
    assert_eq!(editor.child.wait().expect("it ends").code(), Some(2));
}

#[test]
fn a_large_text_is_edited_at_its_end() {
    let mut text =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: large}\ndata:\n  text: |\n".to_owned();
    for number in 0..100_000 {
        text.push_str(&format!("    a line of this large text, which has the number {number}\n"));
    }
    assert!(text.len() > 4 << 20);
    let mut editor = Editor::new(&[("map.yaml", "a: 1\n")]);
    editor.open("map.yaml", &text);
    let end = json!({"line": 100_005, "character": 0});
    let change = json!([{"range": {"start": end, "end": end}, "text": "  key-1: [\n"}]);
    editor.change("map.yaml", 2, &change);
    let found = editor.diagnostics("map.yaml", 2);
    assert!(places(&found).iter().any(|place| place.starts_with("10000")), "{found:?}");
}

/// A folder is linted by its own configuration from when it is opened.
#[test]
fn folders_are_opened_and_closed() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, naem: b}\nspec: {containers: []}\n";
    let config = "ignore: [schema-validation]\n";
    let mut editor =
        Editor::new(&[("one/pod.yaml", pod), ("two/plimsoll.yaml", config), ("two/pod.yaml", pod)]);
    let is_found =
        |found: &[Value]| places(found).iter().any(|place| place.ends_with("schema-validation"));
    assert!(is_found(&editor.open_saved("one/pod.yaml")));
    assert!(is_found(&editor.open_saved("two/pod.yaml")));
    let folder = |path: &str| json!({"uri": editor.uri(path), "name": path});
    let event = json!({"added": [folder("one"), folder("two")], "removed": [folder("")]});
    editor.tell("workspace/didChangeWorkspaceFolders", json!({"event": event}));
    assert!(is_found(&editor.write("one/pod.yaml", 2, pod)));
    assert!(!is_found(&editor.write("two/pod.yaml", 2, pod)));
}

#[test]
fn what_is_no_message_is_an_error_that_says_so() {
    let dir = repository(CHART);
    for (text, why) in [
        ("hello\r\n\r\n", "malformed header"),
        ("Content-Length: 2\r\n\r\n{}", "malformed LSP payload"),
    ] {
        let mut command = plimsoll(dir.path());
        let (input, mut output) = std::io::pipe().expect("a pipe");
        std::io::Write::write_all(&mut output, text.as_bytes()).expect("written");
        drop(output);
        let run = finish(command.arg("lsp").stdin(input)).expect_code(2);
        assert!(run.err.contains("the client's message cannot be read"), "{}", run.err);
        assert!(run.err.contains(why), "{}", run.err);
    }
}
