//! Violations of objects that do not match their schema, and none for those that do.

use std::sync::Arc;

use super::*;
use crate::kube::objects;
use crate::source::Sources;
use crate::yaml::{Stream, parse};

fn read(text: &str) -> Stream {
    let text: Arc<str> = text.into();
    let stream = parse(Sources::default().add("a.yaml", Arc::clone(&text)), &text);
    assert!(stream.errors.is_empty(), "{:?}", stream.errors);
    stream
}

/// `path: message (suggestion)` for each violation, by the schemas in the CRDs of the first documents.
fn said(text: &str, minor: u32) -> Vec<String> {
    let stream = read(text);
    let objects: Vec<_> = stream.documents.iter().flat_map(|document| objects(document)).collect();
    let mut schemas = Schemas::default();
    for object in &objects {
        schemas.add_definition(object);
    }
    let last = objects.last().expect("an object");
    match schemas.validate(last, minor) {
        Verdict::UnknownKind => vec!["unknown kind".to_owned()],
        Verdict::Checked(violations) => violations
            .iter()
            .map(|violation| {
                let suggestion = violation.suggestion.as_deref().unwrap_or("-");
                format!("{}: {} ({suggestion})", violation.node.path(), violation.message)
            })
            .collect(),
    }
}

const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, creationTimestamp: null, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 50%}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: main
          image: registry.example/web:1
          resources: {limits: {cpu: 1, memory: 64Mi}}
          env: [{name: PORT, value: '80'}]
          ports: [{containerPort: 80}]
status: {anything: goes}
";

#[test]
fn a_sound_object_is_left_alone_in_every_version() {
    for minor in 20..=40 {
        assert_eq!(said(DEPLOYMENT, minor), Vec::<String>::new(), "1.{minor}");
    }
}

#[test]
fn misspelt_fields_come_with_the_right_name() {
    let text = DEPLOYMENT.replace("replicas:", "replcas:").replace("limits:", "limit:");
    let said = said(&text, 34);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("spec.replcas: `replcas` is not a field of DeploymentSpec"));
    assert!(said[0].ends_with("(did you mean `replicas`?)"), "{}", said[0]);
    assert!(said[1].contains("did you mean `limits`?"), "{}", said[1]);
}

#[test]
fn misplaced_fields_are_shown_their_place() {
    for (from, to, place) in [
        ("  replicas: 2", "  nodeSelector: {a: b}", "it belongs under `template.spec`"),
        (
            "        - name: main",
            "        - nodeSelector: {a: b}\n          name: main",
            "it belongs further out, beside `containers`",
        ),
        ("  replicas: 2", "  livenessProbe: {}", "it belongs under `template.spec.containers[]`"),
        (
            "      containers:",
            "      volumes:\n        - {name: v, persistentVolumeClaim: {claimName: v}, readOnly: true}\n      containers:",
            "it belongs under `persistentVolumeClaim`",
        ),
    ] {
        let said = said(&DEPLOYMENT.replace(from, to), 34);
        assert!(said[0].contains(place), "{said:?}");
    }
}

#[test]
fn numbers_and_booleans_are_no_text() {
    for (value, found) in [("80", "the number `80`"), ("yes", "`yes`, which YAML reads as `true`")]
    {
        let said = said(&DEPLOYMENT.replace("'80'", value), 34);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("spec.template.spec.containers[0].env[0].value: "), "{said:?}");
        assert!(said[0].contains(found), "{said:?}");
        assert!(said[0].contains(&format!("put it in quotes: \"{value}\"")), "{said:?}");
    }
}

#[test]
fn other_wrong_types_are_named() {
    for (from, to, part) in [
        ("replicas: 2", "replicas: \"2\"", "take the quotes away"),
        ("replicas: 2", "replicas: 3000000000", "32 bits"),
        ("env: [{name: PORT, value: '80'}]", "env: {PORT: '80'}", "a list must stand here"),
        ("matchLabels: {app: web}", "matchLabels: [app]", "a mapping must stand here"),
        ("cpu: 1", "cpu: [1]", "a quantity must stand here"),
        ("maxSurge: 1", "maxSurge: 1.5", "a whole number or text"),
    ] {
        let said = said(&DEPLOYMENT.replace(from, to), 34);
        assert!(said.len() == 1 && said[0].contains(part), "{to}: {said:?}");
    }
}

#[test]
fn required_fields_must_be_there() {
    let said = said(&DEPLOYMENT.replace("  selector: {matchLabels: {app: web}}\n", ""), 34);
    assert_eq!(said, ["spec: `selector` is missing: the API requires it (-)"]);
}

#[test]
fn a_kind_of_another_version_is_named() {
    let text = "apiVersion: resource.k8s.io/v1\nkind: DeviceClass\nmetadata: {name: a}\nspec: {}\n";
    assert!(said(text, 30)[0].contains("from 1.34 on"), "{:?}", said(text, 30));
    assert!(said(text, 34).is_empty());
}

const DEFINITION: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.org}
spec:
  group: example.org
  names: {kind: Widget, plural: widgets}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [size, colour]
              properties:
                size: {type: integer}
                colour: {type: string, enum: [red, green], default: red}
                port: {x-kubernetes-int-or-string: true}
                extra: {type: object, x-kubernetes-preserve-unknown-fields: true}
";

#[test]
fn custom_resources_follow_their_definition() {
    let widget = |spec: &str| {
        said(
            &format!(
                "{DEFINITION}---\napiVersion: example.org/v1\nkind: Widget\nmetadata: {{name: w}}\nspec: {spec}\n"
            ),
            34,
        )
    };
    assert!(widget("{size: 1, colour: green, port: http, extra: {a: 1}}").is_empty());
    assert!(widget("{size: 1, color: red}")[0].contains("did you mean `colour`?"));
    assert!(widget("{size: big}")[0].contains("a whole number must stand here"));
    assert!(widget("{size: 1, colour: gren}")[0].contains("did you mean `green`?"));
    assert_eq!(widget("{}"), ["spec: `size` is missing: the API requires it (-)"]);
}

#[test]
fn kinds_without_a_schema_are_said_to_be_so() {
    assert_eq!(said("apiVersion: example.org/v1\nkind: Widget\n", 34), ["unknown kind"]);
}

#[test]
fn json_schemas_are_read_too() {
    let schema = read(
        r#"{"type": "object", "properties": {"spec": {"type": ["object", "null"],
        "additionalProperties": false, "properties": {"size": {"type": ["integer", "null"]}}}}}"#,
    );
    let mut schemas = Schemas::default();
    let root = schema.documents[0].root().expect("a root");
    schemas.add_schema("example.org/v1", "Widget", root);
    let stream = read("apiVersion: example.org/v1\nkind: Widget\nspec: {size: x, m: 1}\nmore: 1\n");
    let objects = objects(&stream.documents[0]);
    let Verdict::Checked(violations) = schemas.validate(&objects[0], 34) else {
        panic!("there is a schema");
    };
    let kinds: Vec<_> = violations.iter().map(|violation| &violation.kind).collect();
    assert_eq!(kinds, [&ViolationKind::WrongType, &ViolationKind::UnknownField]);
}

/// `path: message (suggestion)` for each violation of a Service with this `spec`.
fn service(spec: &str, minor: u32) -> Vec<String> {
    said(&format!("apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {spec}\n"), minor)
}

#[test]
fn a_field_of_few_words_takes_no_other() {
    let said = service("{type: Loadbalancer, ports: [{port: 80, protocol: HTTP}]}", 34);
    assert_eq!(
        said,
        [
            "spec.type: `Loadbalancer` is not one of `ClusterIP`, `ExternalName`, `LoadBalancer`, `NodePort`: \
             the API refuses it (did you mean `LoadBalancer`?)",
            "spec.ports[0].protocol: `HTTP` is not one of `SCTP`, `TCP`, `UDP`: the API refuses it (-)",
        ]
    );
    let listed = service("{ipFamilies: [IPv4, ipv6]}", 34);
    assert!(listed.len() == 1 && listed[0].starts_with("spec.ipFamilies[1]: "), "{listed:?}");
}

/// As in the API server, `type: ""` is the default type.
#[test]
fn a_field_of_few_words_may_be_empty() {
    assert!(service("{type: '', sessionAffinity: ClientIP}", 34).is_empty());
    assert!(service("{type: null}", 34).is_empty());
}

#[test]
fn a_word_is_taken_from_the_version_on_that_brought_it() {
    let pod = |word: &str, minor| {
        let toleration = format!("{{key: a, operator: {word}, value: '1'}}");
        let spec = format!("{{containers: [], tolerations: [{toleration}]}}");
        said(&format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {spec}\n"), minor)
    };
    assert_eq!(pod("Gt", 34).len(), 1);
    assert!(pod("Gt", 35).is_empty());
    assert!(pod("Equal", 25).is_empty());
}
