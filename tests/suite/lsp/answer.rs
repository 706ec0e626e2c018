//! What is known of a place.

use serde_json::{Value, json};

use super::Editor;
use crate::harness::CHART;

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

/// A chart with a definition and a chart within it, and two templates that include the one.
const SHOP: &[(&str, &str)] = &[
    ("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 0.1.0\n"),
    ("values.yaml", "global: {zone: a}\napi:\n  port: 80\n"),
    (
        "templates/_names.tpl",
        "{{/* Names. */}}\n{{- define \"shop.name\" }}shop{{ end }}\n{{- define \"shop.zone\" }}a{{ end }}\n",
    ),
    (
        "templates/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ include \"shop.name\" . }}\n",
    ),
    (
        "templates/b.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ template \"shop.name\" . }}\n",
    ),
    ("charts/api/Chart.yaml", "apiVersion: v2\nname: api\nversion: 0.1.0\n"),
    ("charts/api/values.yaml", "global: {zone: b}\nport: 8080\n"),
    (
        "charts/api/templates/c.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: api}\ndata: {at: {{ .Values.global.zone | quote }}, port: {{ .Values.port | quote }}}\n",
    ),
];

#[test]
fn a_name_in_a_template_leads_to_its_definition_and_to_all_who_include_it() {
    let mut editor = Editor::new(SHOP);
    editor.open_saved("templates/a.yaml");
    let (path, text) = SHOP[3];
    let found = at(&mut editor, "textDocument/definition", path, text, "shop.name");
    assert_eq!(lines(&editor, &found), ["templates/_names.tpl:1"]);
    let found = at(&mut editor, "textDocument/references", path, text, "shop.name");
    assert_eq!(
        lines(&editor, &found),
        ["templates/_names.tpl:1", "templates/a.yaml:3", "templates/b.yaml:3"]
    );
}

#[test]
fn the_outline_of_a_template_is_what_it_defines() {
    let mut editor = Editor::new(SHOP);
    editor.open_saved("templates/_names.tpl");
    let params = json!({"textDocument": editor.document("templates/_names.tpl")});
    let symbols = editor.ask("textDocument/documentSymbol", params);
    let symbols = symbols.as_array().expect("symbols").iter();
    let names: Vec<_> = symbols.map(|one| (&one["name"], &one["range"]["start"]["line"])).collect();
    assert_eq!(json!(names), json!([["shop.name", 1], ["shop.zone", 2]]));
}

/// A chart's values stand below its name in those of the chart around it, but for `global`, which all share.
#[test]
fn a_key_of_a_chart_within_another_is_known_by_what_the_release_calls_it() {
    let mut editor = Editor::new(SHOP);
    let (path, text) = SHOP[6];
    editor.open_saved(path);
    for (word, expected) in [("port", "values.yaml:2"), ("zone", "values.yaml:0")] {
        let found = at(&mut editor, "textDocument/references", path, text, word);
        let found = lines(&editor, &found);
        assert!(found.contains(&expected.to_owned()), "{word}: {found:?}");
    }
}

/// The labels that are offered at the end of a text.
fn offered(editor: &mut Editor, path: &str, version: i32, text: &str) -> Vec<String> {
    let items = completions(editor, path, version, text);
    let labels = items.iter().filter_map(|item| item["label"].as_str());
    labels.map(ToOwned::to_owned).collect()
}

fn completions(editor: &mut Editor, path: &str, version: i32, text: &str) -> Vec<Value> {
    editor.change(path, version, &json!([{"text": text}]));
    let line = text.matches('\n').count();
    let character = text.rsplit('\n').next().map_or(0, str::len);
    let params = json!({
        "textDocument": editor.document(path),
        "position": {"line": line, "character": character},
    });
    editor.ask("textDocument/completion", params).as_array().expect("a list").clone()
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
    let found = offered(&mut editor, "pod.yaml", 4, "apiVersion: apps/v1\nkind: ");
    assert!(found.contains(&"Deployment".to_owned()) && !found.contains(&"Pod".to_owned()));
    let found = offered(&mut editor, "pod.yaml", 5, "kind: CronJob\napiVersion: b");
    assert_eq!(found, ["batch/v1"]);
    let found = offered(&mut editor, "pod.yaml", 6, "metadata: {name: a}\nkind: ");
    assert!(found.contains(&"Deployment".to_owned()) && found.contains(&"Pod".to_owned()));
    for (version, comment) in [(7, "# plimsoll: ignore[anti"), (8, "# plimsoll:ignore-file[anti")] {
        let found = offered(&mut editor, "pod.yaml", version, comment);
        assert!(found.contains(&"anti-affinity-required".to_owned()), "{comment}");
    }
    editor.open("templates/new.yaml", "");
    let template = "{{- if .Values.web }}\napiVersion: v1\nkind: Service\nspec:\n  clusterI";
    let found = offered(&mut editor, "templates/new.yaml", 2, template);
    assert!(found.contains(&"clusterIP".to_owned()), "{found:?}");
    let found = offered(&mut editor, "templates/new.yaml", 3, &format!("{template}P: {{{{ inc"));
    assert!(found.is_empty(), "{found:?}");
    editor.open("plimsoll.yaml", "");
    let found = offered(&mut editor, "plimsoll.yaml", 2, "pre");
    assert!(found.contains(&"preset".to_owned()) && found.contains(&"rule-paths".to_owned()));
    let found = offered(&mut editor, "plimsoll.yaml", 3, "rules:\n  anti");
    assert!(found.contains(&"anti-affinity-required".to_owned()));
    let found = offered(&mut editor, "plimsoll.yaml", 4, "rules:\n  anti-affinity-required: ");
    assert_eq!(found, ["error", "info", "off", "warning"]);
    // An item of a list is no key.
    for (version, text) in [(5, "ignore:\n  - anti"), (6, "overrides:\n  - select:\n      - anti")]
    {
        let items = completions(&mut editor, "plimsoll.yaml", version, text);
        let mut written = items.iter().filter_map(|item| item["textEdit"]["newText"].as_str());
        assert!(written.any(|text| text == "anti-affinity-required"), "{text}");
    }
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

/// A client may send its settings whenever one of them changes, and some do when they start.
#[test]
fn settings_that_a_client_does_not_name_stay_as_they_are() {
    let mut editor = Editor::with(CHART, &json!({}), &json!({"inlayHints": true}));
    editor.open_saved("templates/web.yaml");
    let mut hints_after = |settings: &Value| {
        editor.tell("workspace/didChangeConfiguration", json!({"settings": settings}));
        let range =
            json!({"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}});
        let document = editor.document("templates/web.yaml");
        editor.ask("textDocument/inlayHint", json!({"textDocument": document, "range": range}))
    };
    assert!(hints_after(&json!({})).is_array());
    assert!(hints_after(&json!({"plimsoll": {"debounceMs": 5}})).is_array());
    assert_eq!(hints_after(&json!({"plimsoll": {"inlayHints": false}})), Value::Null);
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
