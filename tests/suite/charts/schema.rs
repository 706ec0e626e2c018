//! Values are held against the schemas of charts.

use super::{CHART, in_one_line};
use crate::harness::{repository, run};

#[test]
fn a_value_that_the_schema_forbids_is_found_on_its_line() {
    let schema = "{\n  \"properties\": {\n    \"port\": {\"type\": \"integer\"}\n  }\n}\n";
    let dir = repository(&[
        CHART,
        ("c/values.schema.json", schema),
        ("c/values.yaml", "# comment\nport: http\n"),
        ("c/templates/t.yaml", "a: 1\n"),
    ]);
    let run = run(dir.path(), &["check", "--format", "json"]).expect_code(1);
    let report: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    let finding = &report["findings"][0];
    assert_eq!(finding["rule"], "values-schema-violation", "{report:#}");
    assert_eq!(finding["location"]["file"], "c/values.yaml");
    assert_eq!(finding["location"]["start"]["line"], 2);
    assert_eq!(finding["related"][0]["location"]["start"]["line"], 3);
}

/// Pipelines' logs are read by more people than values are.
#[test]
fn a_value_that_the_schema_forbids_is_not_repeated() {
    let schema =
        r#"{"properties": {"password": {"minLength": 40}, "db": {"additionalProperties": false}}}"#;
    let dir = repository(&[
        CHART,
        ("c/values.schema.json", schema),
        ("c/values.yaml", "password: Tr0ub4dor\ndb: {key: c0rrecth0rse}\n"),
        ("c/templates/t.yaml", "a: 1\n"),
    ]);
    for format in ["full", "concise", "json", "sarif", "html", "markdown"] {
        let run = run(dir.path(), &["check", "--format", format]).expect_code(1);
        assert!(run.out.contains("values-schema-violation"), "{format}: {}", run.out);
        assert!(!run.out.contains("Tr0ub4dor"), "{format}: {}", run.out);
        assert!(
            format == "full" || format == "html" || !run.out.contains("c0rrecth0rse"),
            "{format}"
        );
    }
}

#[test]
fn keys_of_a_map_that_may_have_none_are_named() {
    let schema = r#"{"properties": {"db": {"additionalProperties": false}}}"#;
    let dir = repository(&[
        CHART,
        ("c/values.schema.json", schema),
        ("c/values.yaml", "db: {key: 1, name: 2}\n"),
        ("c/templates/t.yaml", "a: 1\n"),
    ]);
    let run = run(dir.path(), &["check", "--format", "concise"]).expect_code(1);
    assert!(run.out.contains("'key', 'name' were unexpected"), "{}", run.out);
}

/// What Helm's validator does with a schema (github.com/santhosh-tekuri/jsonschema), whatever ours would do.
#[test]
fn schemas_are_held_as_helm_holds_them() {
    let run = |schema: &str, value: &str| {
        let values = format!("a: {value}\n");
        let dir = repository(&[
            CHART,
            ("c/values.schema.json", schema),
            ("c/values.yaml", &values),
            ("c/templates/t.yaml", "a: b\n"),
        ]);
        run(dir.path(), &["render", "x", "c"])
    };
    for (schema, fault) in [
        // There is no folder that a file could lie in: the schema has no place.
        (r#"{"properties": {"a": {"$ref": "./b.json"}}}"#, "b.json: no such file or directory"),
        (r#"{"anyOf": [{"$ref": "b.json#/c"}]}"#, "b.json: no such file or directory"),
        (
            r#"{"properties": {"a": {"$ref": "file:///b.json"}}}"#,
            "b.json: no such file or directory",
        ),
        (r#"{"$schema": "draft-07"}"#, "no URLLoader registered for \"draft-07\""),
        // Go's expressions look neither ahead nor behind.
        (r#"{"properties": {"a": {"pattern": "^(?!x)"}}}"#, "is not valid regex"),
        (r#"{"patternProperties": {"(?<=x)y": {}}}"#, "is not valid regex"),
        (r#"{"definitions": {"b": {"pattern": "(x)\\1"}}}"#, "is not valid regex"),
    ] {
        let run = run(schema, "x").expect_code(1);
        assert!(in_one_line(&run.err).contains(fault), "{schema}: {}", run.err);
    }
    for schema in [
        r#"{"$defs": {"b": {"$ref": "b.json"}}}"#,
        r#"{"$id": "https://example.org/c.json", "properties": {"a": {"$ref": "b.json"}}}"#,
        r#"{"properties": {"pattern": {"default": {"pattern": "(?!x)"}}}}"#,
        r#"{"properties": {"$ref": {"type": "string"}, "$schema": {"type": "string"}}}"#,
        r#"{"$schema": "https://json-schema.org/draft/2020-12/schema", "properties": {"a": {"format": "uuid"}}}"#,
    ] {
        run(schema, "x").expect_code(0);
    }
    // Drafts up to 7 assert formats, each as the library knows it.
    let of = |format: &str| {
        format!(
            r#"{{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {{"a": {{"format": "{format}"}}}}}}"#
        )
    };
    for (format, value) in [("uuid", "x"), ("duration", "1h"), ("regex", "(?!x)"), ("uri", "x")] {
        run(&of(format), value).expect_code(1);
    }
    // Expressions are Go's in each draft.
    for draft in
        ["http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-07/schema#"]
    {
        let of = |part: &str| format!(r#"{{"$schema": "{draft}", {part}}}"#);
        let flagged = of(r#""properties": {"a": {"pattern": "\\A(?i)(on|off)\\z"}}"#);
        run(&flagged, "'OFF'").expect_code(0);
        let refused = run(&flagged, "'offer'").expect_code(1);
        assert!(in_one_line(&refused.err).contains(r"\A(?i)(on|off)\z"), "{}", refused.err);
        let keys = of(r#""patternProperties": {"(?i)A": {"type": "integer"}}"#);
        run(&keys, "1").expect_code(0);
        run(&keys, "x").expect_code(1);
    }
    // References are relative to the schema's id, and to Helm's name for it where it has none.
    for (id, reference) in [
        ("", "values.schema.json#/$defs/b"),
        ("", "./values.schema.json#/$defs/b"),
        ("https://example.org/v1/c.json", "c.json#/$defs/b"),
        ("https://example.org/v1/c.json", "/v1/c.json#/$defs/b"),
    ] {
        let schema = format!(
            r#"{{"$id": "{id}", "properties": {{"a": {{"$ref": "{reference}"}}}}, "$defs": {{"b": {{"type": "integer"}}}}}}"#
        );
        run(&schema, "1").expect_code(0);
        run(&schema, "x").expect_code(1);
    }
    // All drafts are built in, whichever one the schema is of.
    for (draft, own) in [
        ("http://json-schema.org/draft-07/schema#/definitions/nonNegativeInteger", ""),
        ("https://json-schema.org/draft-07/schema#/definitions/nonNegativeInteger", ""),
        (
            "http://json-schema.org/draft-04/schema#/definitions/positiveInteger",
            "http://json-schema.org/draft-07/schema#",
        ),
        (
            "http://json-schema.org/draft/2019-09/meta/validation#/$defs/nonNegativeInteger",
            "http://json-schema.org/draft-04/schema#",
        ),
    ] {
        let dialect = if own.is_empty() { own } else { &format!(r#""$schema": "{own}", "#) };
        let schema = format!(r#"{{{dialect}"properties": {{"a": {{"$ref": "{draft}"}}}}}}"#);
        run(&schema, "1").expect_code(0);
        run(&schema, "-1").expect_code(1);
    }
    for draft in ["http://json-schema.org/schema#", "https://json-schema.org/draft/2020-12/schema"]
    {
        let schema = format!(r#"{{"properties": {{"a": {{"$ref": "{draft}"}}}}}}"#);
        run(&schema, "{type: string}").expect_code(0);
        run(&schema, "{type: text}").expect_code(1);
    }
    // Other documents of that host are not.
    let elsewhere =
        r#"{"properties": {"a": {"$ref": "http://json-schema.org/draft-03/schema#/b"}}}"#;
    run(elsewhere, "x").expect_code(0);
    let old = r#"{"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"a": {"maxLength": 2.0}}}"#;
    run(old, "xy").expect_code(0);
    run(old, "xyz").expect_code(1);
    // What a text holds is not asserted.
    let content = r#"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"contentEncoding": "base64"}}}"#;
    run(content, "'*'").expect_code(0);
    for (format, value) in [("duration", "PT1H"), ("uri", "http://a/{b}"), ("hostname", "a.b.")] {
        run(&of(format), value).expect_code(0);
    }
}

/// What lies on another host is not fetched and forbids nothing; the rest of the schema holds.
#[test]
fn a_schema_that_refers_to_another_host_is_held_as_far_as_it_is_at_hand() {
    let schema = r##"{
  "$id": "https://charts.example.org/c.json",
  "properties": {
    "labels": {"$ref": "https://schemas.example.org/v1/_definitions.json#/definitions/Labels"},
    "names": {"$ref": "names.json#/definitions/Names"},
    "hosts": {"$ref": "https://schemas.example.org/v1/hosts.json#/patternProperties/^[a-z]+$"},
    "port": {"$ref": "https://charts.example.org/c.json#/definitions/port"},
    "size": {"$ref": "#/definitions/port"}
  },
  "definitions": {"port": {"type": "integer"}}
}"##;
    let files = |values| {
        repository(&[
            CHART,
            ("c/values.schema.json", schema),
            ("c/values.yaml", values),
            (
                "c/templates/t.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {all: {{ toJson .Values | quote }}}\n",
            ),
        ])
    };
    let said = |values| {
        let run = run(files(values).path(), &["check", "--format", "concise"]);
        let lines =
            run.out.lines().filter(|line| line.contains("helm-render") || line.contains("schema"));
        lines.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(said("labels: 1\nnames: [2]\nhosts: 4\nport: 80\nsize: 3\n"), Vec::<String>::new());
    for (values, place) in
        [("port: http\n", "c/values.yaml:1:7"), ("labels: {}\nsize: big\n", "c/values.yaml:2:7")]
    {
        let lines = said(values);
        assert!(
            matches!(&lines[..], [line] if line.starts_with(place) && line.contains("values-schema-violation")),
            "{lines:?}"
        );
    }
}

/// The globals of a parent are copied into its subcharts, those of a subchart called `global` into themselves.
#[test]
fn values_that_contain_themselves_are_held_against_a_schema() {
    let chart = "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies:\n- {name: sub, version: '*', alias: global}\n";
    let sub = "apiVersion: v2\nname: sub\nversion: 0.1.0\n";
    let schema = r#"{"properties": {"a": {"type": "string"}}}"#;
    let dir = repository(&[
        ("c/Chart.yaml", chart),
        ("c/charts/sub/Chart.yaml", sub),
        ("c/charts/sub/values.schema.json", schema),
        ("c/charts/sub/templates/t.yaml", "a: {{ .Values.a }}\n"),
        ("c/charts/sub/charts/below/Chart.yaml", &sub.replace("sub", "below")),
    ]);
    let run = |value| run(dir.path(), &["render", "x", "c", "--set-json", value]);
    assert!(run(r#"global.a="b""#).expect_code(0).out.contains("a: b\n"));
    assert!(run("global.a=1").expect_code(1).err.contains("/a"));
}
