//! The language server, driven as an editor drives it.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use lsp_server::{Message, Notification, Request, RequestId};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{CHART, plimsoll, repository};

/// How long an answer may take before the test gives up.
const PATIENCE: Duration = Duration::from_mins(2);

/// An editor with one folder open.
struct Editor {
    folder: TempDir,
    child: Child,
    stdin: Option<ChildStdin>,
    messages: Receiver<Message>,
    /// Notifications that came while something else was waited for.
    aside: Vec<Notification>,
    next: i32,
    /// What the server says it can.
    capabilities: Value,
}

impl Editor {
    /// Starts the server in a folder with these files and introduces itself.
    fn new(files: &[(&str, &str)]) -> Self {
        Self::with(files, &json!({}), &json!({}))
    }

    fn with(files: &[(&str, &str)], capabilities: &Value, options: &Value) -> Self {
        let folder = repository(files);
        let mut child = plimsoll(folder.path())
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().expect("a pipe");
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            while let Ok(Some(message)) = Message::read(&mut stdout) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut editor = Self {
            folder,
            child,
            stdin,
            messages,
            aside: Vec::new(),
            next: 1,
            capabilities: Value::Null,
        };
        let root = editor.uri("");
        let params = json!({
            "processId": null,
            "rootUri": root,
            "capabilities": capabilities,
            "initializationOptions": options,
            "workspaceFolders": [{"uri": root, "name": "test"}],
        });
        editor.capabilities = editor.ask("initialize", params)["capabilities"].take();
        editor.tell("initialized", json!({}));
        editor
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn uri(&self, path: &str) -> String {
        let path = self.path(path);
        format!("file://{}", path.display().to_string().trim_end_matches('/'))
    }

    fn document(&self, path: &str) -> Value {
        json!({"uri": self.uri(path)})
    }

    fn send(&mut self, message: impl Into<Message>) {
        let stdin = self.stdin.as_mut().expect("the server is there");
        message.into().write(stdin).expect("the server reads");
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(Notification::new(method.to_owned(), params));
    }

    /// Asks, without waiting for the answer.
    fn request(&mut self, method: &str, params: Value) -> RequestId {
        let id = RequestId::from(self.next);
        self.next += 1;
        self.send(Request::new(id.clone(), method.to_owned(), params));
        id
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        self.answer(&id).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The answer to a request, or the code and the message that it was refused with.
    fn answer(&mut self, id: &RequestId) -> Result<Value, String> {
        loop {
            match self.next_message() {
                Message::Response(response) if response.id == *id => {
                    let refused = |error: lsp_server::ResponseError| {
                        format!("{} {}", error.code, error.message)
                    };
                    return response.response_result.map_err(refused);
                }
                Message::Response(response) => panic!("an answer to {:?}", response.id),
                Message::Notification(notification) => self.aside.push(notification),
                Message::Request(request) => {
                    self.send(lsp_server::Response::new_ok(request.id, Value::Null));
                }
            }
        }
    }

    fn next_message(&mut self) -> Message {
        self.messages.recv_timeout(PATIENCE).expect("the server goes on talking")
    }

    fn open(&mut self, path: &str, text: &str) -> Vec<Value> {
        let item = json!({
            "uri": self.uri(path), "languageId": "yaml", "version": 1, "text": text,
        });
        self.tell("textDocument/didOpen", json!({"textDocument": item}));
        self.diagnostics(path, 1)
    }

    /// Opens a file as it lies on disk.
    fn open_saved(&mut self, path: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path(path)).expect("a file");
        self.open(path, &text)
    }

    /// Replaces a whole text.
    fn write(&mut self, path: &str, version: i32, text: &str) -> Vec<Value> {
        self.change(path, version, &json!([{"text": text}]));
        self.diagnostics(path, version)
    }

    fn change(&mut self, path: &str, version: i32, changes: &Value) {
        let document = json!({"uri": self.uri(path), "version": version});
        self.tell(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": changes}),
        );
    }

    /// What is published for a version of a document.
    fn diagnostics(&mut self, path: &str, version: i32) -> Vec<Value> {
        let uri = self.uri(path);
        loop {
            let wanted = |told: &Notification| {
                told.method == "textDocument/publishDiagnostics"
                    && told.params["uri"] == uri.as_str()
                    && told.params["version"] == version
            };
            if let Some(at) = self.aside.iter().rposition(wanted) {
                let told = self.aside.remove(at);
                return told.params["diagnostics"].as_array().expect("a list").clone();
            }
            match self.next_message() {
                Message::Notification(notification) => self.aside.push(notification),
                Message::Request(request) => {
                    self.send(lsp_server::Response::new_ok(request.id, Value::Null));
                }
                Message::Response(response) => panic!("an answer to {:?}", response.id),
            }
        }
    }

    /// Ends the server as the protocol has it; gives its exit code.
    fn end(mut self) -> Option<i32> {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        self.child.wait().expect("the server ends").code()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `line:character rule`, sorted.
fn places(diagnostics: &[Value]) -> Vec<String> {
    let mut places: Vec<String> = diagnostics
        .iter()
        .map(|one| {
            let start = &one["range"]["start"];
            let code = one["code"].as_str().expect("a rule");
            format!("{}:{} {code}", start["line"], start["character"])
        })
        .collect();
    places.sort();
    places
}

fn of<'d>(diagnostics: &'d [Value], rule: &str) -> &'d Value {
    let found = diagnostics.iter().find(|one| one["code"] == rule);
    found.unwrap_or_else(|| panic!("{rule} among {diagnostics:#?}"))
}

const ANTI_AFFINITY: &str = "anti-affinity-required";

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

#[test]
fn several_releases_are_named() {
    let mut files = CHART.to_vec();
    files.push(("helmfile.yaml", "releases:\n  - {name: one, namespace: a, chart: .}\n  - {name: two, namespace: b, chart: .}\n"));
    let mut editor = Editor::new(&files);
    let found = editor.open_saved("values.yaml");
    let message = of(&found, ANTI_AFFINITY)["message"].as_str().expect("a message").to_owned();
    assert!(message.contains("in a/one, b/two"), "{message}");
}

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

/// What a request about the place of a word in an open document is answered.
fn at(editor: &mut Editor, method: &str, path: &str, text: &str, word: &str) -> Value {
    let line = text.lines().position(|line| line.contains(word)).expect("a line");
    let character = text.lines().nth(line).and_then(|line| line.find(word)).expect("a word");
    let params = json!({
        "textDocument": editor.document(path),
        "position": {"line": line, "character": character},
        "context": {"includeDeclaration": true},
    });
    editor.ask(method, params)
}

/// A chart with a second values file and a schema.
fn deployed() -> Vec<(&'static str, &'static str)> {
    let mut files = CHART.to_vec();
    files.push(("values-prod.yaml", PROD));
    files.push((
        "values.schema.json",
        r#"{"properties": {"mode": {"enum": ["fast", "safe"], "description": "How to run"}}}"#,
    ));
    files
}

const PROD: &str = "web:\n  replicas: 5\n";

#[test]
fn hovering_a_key_tells_who_sets_and_reads_it_and_what_it_ends_in() {
    let mut editor = Editor::new(&deployed());
    editor.open_saved("values-prod.yaml");
    let hover = at(&mut editor, "textDocument/hover", "values-prod.yaml", PROD, "replicas");
    let text = hover["contents"]["value"].as_str().expect("a text").to_owned();
    for part in [
        "`web.replicas` · integer · default `3`",
        "values-prod.yaml:2](",
        "values.yaml:2](",
        "templates/web.yaml:5](",
        "`spec.replicas`: `5`",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn hovering_an_expression_tells_its_value_in_each_release() {
    let mut editor = Editor::new(&deployed());
    editor.open_saved("templates/web.yaml");
    let template = std::fs::read_to_string(editor.path("templates/web.yaml")).expect("a file");
    let hover =
        at(&mut editor, "textDocument/hover", "templates/web.yaml", &template, "replicas }}");
    let text = hover["contents"]["value"].as_str().expect("a text").to_owned();
    assert!(text.contains("`5` in values-prod.yaml"), "{text}");
    assert!(text.contains("`spec.replicas`: `5`"), "{text}");
}

#[test]
fn hovering_a_suppression_shows_the_page_of_its_rule() {
    let mut editor = Editor::new(CHART);
    let text = "# plimsoll: ignore[anti-affinity-required] one node\nweb: {replicas: 3}\n";
    editor.open("values.yaml", text);
    let hover = at(&mut editor, "textDocument/hover", "values.yaml", text, "affinity-required");
    let page = hover["contents"]["value"].as_str().expect("a text");
    assert!(page.starts_with("**anti-affinity-required** (scheduling)"), "{page}");
}

/// `file:line` of locations, lines from 0, relative to the folder.
fn lines(editor: &Editor, locations: &Value) -> Vec<String> {
    let root = editor.uri("") + "/";
    let locations = locations.as_array().expect("locations").iter();
    let line = |one: &Value| {
        let uri = one["uri"].as_str().expect("an address");
        format!("{}:{}", uri.trim_start_matches(&root), one["range"]["start"]["line"])
    };
    locations.map(line).collect()
}

#[test]
fn keys_lead_to_their_defaults_and_readers_and_templates_to_their_values() {
    let mut editor = Editor::new(&deployed());
    editor.open_saved("values-prod.yaml");
    editor.open_saved("templates/web.yaml");
    let template = std::fs::read_to_string(editor.path("templates/web.yaml")).expect("a file");
    let prod = "values-prod.yaml";
    let found = at(&mut editor, "textDocument/definition", prod, PROD, "replicas");
    assert_eq!(lines(&editor, &found), ["values.yaml:1"]);
    let found = at(&mut editor, "textDocument/references", prod, PROD, "replicas");
    assert_eq!(
        lines(&editor, &found),
        ["values-prod.yaml:1", "values.yaml:1", "templates/web.yaml:4"]
    );
    let path = "templates/web.yaml";
    let found = at(&mut editor, "textDocument/definition", path, &template, "replicas }}");
    assert_eq!(lines(&editor, &found), ["values-prod.yaml:1", "values.yaml:1"]);
}

/// The labels that are offered at the end of a text.
fn offered(editor: &mut Editor, path: &str, version: i32, text: &str) -> Vec<String> {
    editor.change(path, version, &json!([{"text": text}]));
    let line = text.matches('\n').count();
    let character = text.rsplit('\n').next().map_or(0, str::len);
    let params = json!({
        "textDocument": editor.document(path),
        "position": {"line": line, "character": character},
    });
    let items = editor.ask("textDocument/completion", params);
    let labels = items.as_array().expect("a list").iter().filter_map(|item| item["label"].as_str());
    labels.map(ToOwned::to_owned).collect()
}

#[test]
fn keys_of_values_are_offered() {
    let mut editor = Editor::new(&deployed());
    let prod = "values-prod.yaml";
    editor.open(prod, "");
    assert_eq!(offered(&mut editor, prod, 2, "we"), ["mode", "web"]);
    assert_eq!(offered(&mut editor, prod, 3, "web:\n  replicas: 1\n  "), ["affinity"]);
    assert_eq!(offered(&mut editor, prod, 4, "mode: "), ["fast", "safe"]);
    editor.open("templates/new.yaml", "");
    let found = offered(&mut editor, "templates/new.yaml", 2, "a: {{ .Values.web.re");
    assert_eq!(found, ["affinity", "replicas"]);
}

#[test]
fn fields_rules_and_settings_are_offered() {
    let mut editor = Editor::new(CHART);
    editor.open("pod.yaml", "");
    let pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: a\n      ";
    let found = offered(&mut editor, "pod.yaml", 2, &format!("{pod}po"));
    assert!(found.contains(&"ports".to_owned()) && found.contains(&"image".to_owned()));
    let host = "apiVersion: v1\nkind: Pod\nspec:\n  hostNetwork: ";
    assert_eq!(offered(&mut editor, "pod.yaml", 3, host), ["false", "true"]);
    let found = offered(&mut editor, "pod.yaml", 4, "a: 1 # plimsoll: ignore[anti");
    assert!(found.contains(&"anti-affinity-required".to_owned()));
    editor.open("plimsoll.yaml", "");
    let found = offered(&mut editor, "plimsoll.yaml", 2, "pre");
    assert!(found.contains(&"preset".to_owned()) && found.contains(&"rule-paths".to_owned()));
    let found = offered(&mut editor, "plimsoll.yaml", 3, "rules:\n  anti");
    assert!(found.contains(&"anti-affinity-required".to_owned()));
    let found = offered(&mut editor, "plimsoll.yaml", 4, "rules:\n  anti-affinity-required: ");
    assert_eq!(found, ["error", "info", "off", "warning"]);
}

#[test]
fn hints_are_given_to_who_asks_for_them() {
    let ask = |options: &Value| {
        let mut editor = Editor::with(CHART, &json!({}), options);
        editor.open_saved("templates/web.yaml");
        let range =
            json!({"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}});
        let document = editor.document("templates/web.yaml");
        editor.ask("textDocument/inlayHint", json!({"textDocument": document, "range": range}))
    };
    assert_eq!(ask(&json!({})), Value::Null);
    let hints = ask(&json!({"inlayHints": true}));
    let hints = hints.as_array().expect("hints").iter();
    assert!(hints.clone().any(|hint| hint["position"]["line"] == 4 && hint["label"] == "→ 3"));
}

#[test]
fn a_rendered_release_says_for_each_line_what_to_edit() {
    let mut editor = Editor::new(&deployed());
    editor.open_saved("values-prod.yaml");
    let uri = editor.uri("values-prod.yaml");
    let answer = editor.ask("plimsoll/rendered", json!({"uri": uri}));
    assert_eq!(answer["releases"], json!(["values-prod.yaml"]));
    let text = answer["text"].as_str().expect("a text");
    assert!(text.starts_with("---\n# Source: shop/templates/web.yaml\n"), "{text}");
    let places = answer["lines"].as_array().expect("lines");
    assert_eq!(places.len(), text.lines().count());
    let replicas = text.lines().position(|line| line == "  replicas: 5").expect("a line");
    let place = &places[replicas]["location"];
    assert_eq!(place["uri"], uri.as_str());
    assert_eq!(place["range"]["start"]["line"], 1);
    let wrong = editor.request("plimsoll/rendered", json!({"uri": uri, "release": "none"}));
    assert!(editor.answer(&wrong).is_err_and(|error| error.starts_with("-32803")));
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

#[test]
fn a_document_has_an_outline() {
    let mut editor = Editor::new(CHART);
    editor.open_saved("pod.yaml");
    let params = json!({"textDocument": editor.document("pod.yaml")});
    let symbols = editor.ask("textDocument/documentSymbol", params);
    assert_eq!(symbols[0]["name"], "Pod/a");
    let names: Vec<&str> = symbols[0]["children"]
        .as_array()
        .expect("children")
        .iter()
        .filter_map(|symbol| symbol["name"].as_str())
        .collect();
    assert_eq!(names, ["apiVersion", "kind", "metadata", "spec"]);
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
    assert_eq!(editor.child.wait().expect("it ends").code(), Some(1));
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

#[test]
fn folders_may_be_several() {
    let mut editor = Editor::new(&[
        (
            "one/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a, naem: b}\nspec: {containers: []}\n",
        ),
        ("two/.keep", ""),
    ]);
    let folder = |path: &str| json!({"uri": editor.uri(path), "name": path});
    let event = json!({"added": [folder("one"), folder("two")], "removed": [folder("")]});
    editor.tell("workspace/didChangeWorkspaceFolders", json!({"event": event}));
    let found = editor.open_saved("one/pod.yaml");
    assert!(places(&found).iter().any(|place| place.ends_with("schema-validation")));
    assert!(Path::new(&editor.path("two")).is_dir());
}
