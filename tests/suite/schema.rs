//! Schemas end to end: the built-in kinds, `CustomResourceDefinition`s, and directories of schemas.

use crate::harness::{repository, run};

const WIDGET: &str =
    "apiVersion: example.org/v1\nkind: Widget\nmetadata:\n  name: w\nspec:\n  sise: 1\n";
const ARGS: [&str; 5] = ["check", "--select", "schema-validation", "--format", "concise"];

#[test]
fn a_kind_without_a_schema_is_said_once_and_does_not_fail() {
    let dir = repository(&[("a.yaml", WIDGET), ("b/b.yaml", WIDGET)]);
    let run = run(dir.path(), &ARGS).expect_code(0);
    let all = format!("{}{}", run.out, run.err);
    assert_eq!(all.matches("no schema for Widget of example.org/v1").count(), 1, "{all}");
}

/// That it is gone is another rule's to say.
#[test]
fn a_version_that_kubernetes_has_removed_is_not_asked_a_definition_for() {
    let old = "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: web}\n";
    let dir = repository(&[("a.yaml", old)]);
    let run = run(dir.path(), &ARGS).expect_code(0);
    assert!(!run.err.contains("no schema"), "{}", run.err);
}

#[test]
fn a_definition_in_the_repository_is_used() {
    let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: widgets.example.org\nspec:\n  group: example.org\n  scope: Namespaced\n  names: {kind: Widget, plural: widgets}\n  versions:\n    - name: v1\n      served: true\n      storage: true\n      schema:\n        openAPIV3Schema:\n          type: object\n          properties:\n            spec:\n              type: object\n              properties:\n                size: {type: integer}\n";
    let dir = repository(&[("crd.yaml", definition), ("deep/w.yaml", WIDGET)]);
    let run = run(dir.path(), &ARGS).expect_code(1);
    assert!(run.out.contains("deep/w.yaml:6:3:"), "{}", run.out);
    assert!(run.out.contains("`sise` is not a field of spec"), "{}", run.out);
}

/// A repository of charts has the definitions of each version of a chart: which of them is deployed, nobody says.
#[test]
fn an_object_is_at_fault_where_all_definitions_of_its_kind_refuse_it() {
    let definition = |field: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: widgets.example.org}}\nspec:\n  group: example.org\n  scope: Namespaced\n  names: {{kind: Widget, plural: widgets}}\n  versions:\n    - name: v1\n      served: true\n      storage: true\n      schema:\n        openAPIV3Schema:\n          type: object\n          properties: {{spec: {{type: object, properties: {{{field}: {{type: integer}}}}}}}}\n"
        )
    };
    let widget = |field: &str| WIDGET.replace("sise", field);
    let dir = repository(&[
        ("1.0/crd.yaml", &definition("size")),
        ("2.0/crd.yaml", &definition("length")),
        ("a/old.yaml", &widget("size")),
        ("b/new.yaml", &widget("length")),
        ("c/wrong.yaml", &widget("sise")),
    ]);
    let out = run(dir.path(), &ARGS).expect_code(1).out;
    assert!(out.starts_with("c/wrong.yaml:6:3:"), "{out}");
    assert_eq!(out.matches("schema-validation").count(), 1, "{out}");
}

/// What a test defines is not what a cluster has; objects of the test are held against it.
#[test]
fn a_definition_in_a_folder_of_tests_is_for_objects_in_there() {
    let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.example.org}\nspec:\n  group: example.org\n  scope: Namespaced\n  names: {kind: Widget, plural: widgets}\n  versions:\n    - name: v1\n      served: true\n      storage: true\n      schema:\n        openAPIV3Schema:\n          type: object\n          properties: {spec: {type: object, properties: {size: {type: integer}}}}\n";
    let dir = repository(&[
        ("deploy/w.yaml", WIDGET),
        ("tests/crds/crd.yaml", definition),
        ("tests/web/w.yaml", WIDGET),
    ]);
    let run = run(dir.path(), &ARGS).expect_code(1);
    assert!(run.out.starts_with("tests/web/w.yaml:6:3:"), "{}", run.out);
    assert_eq!(run.out.matches("schema-validation").count(), 1, "{}", run.out);
    assert!(run.err.contains("no schema for Widget"), "{}", run.err);
}

/// A server of `OpenShift`'s own has these.
#[test]
fn nobody_is_asked_for_definitions_of_what_has_none() {
    let object = |version: &str, kind: &str| {
        format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web}}\n")
    };
    let config = object("apps.openshift.io/v1", "DeploymentConfig");
    let constraints = object("security.openshift.io/v1", "SecurityContextConstraints");
    let dir = repository(&[("a.yaml", &config), ("b.yaml", &constraints)]);
    let err = run(dir.path(), &ARGS).err;
    assert!(err.contains("no schema for SecurityContextConstraints of"), "{err}");
    assert!(!err.contains("DeploymentConfig"), "{err}");
}

#[test]
fn a_directory_of_schemas_is_used_when_the_configuration_names_it() {
    let schema = r#"{"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}, "additionalProperties": false}}}"#;
    let dir = repository(&[
        ("plimsoll.yaml", "schemas: [crds]\n"),
        ("crds/example.org/widget_v1.json", schema),
        ("w.yaml", WIDGET),
    ]);
    let run = run(dir.path(), &ARGS).expect_code(1);
    assert!(run.out.contains("w.yaml:6:3:"), "{}", run.out);
    assert!(!run.err.contains("`schemas`"), "{}", run.err);
}

#[test]
fn a_place_without_schemas_that_the_configuration_names_is_told() {
    let dir = repository(&[
        ("plimsoll.yaml", "schemas: [crds]\n"),
        ("crds/notes.txt", ""),
        ("w.yaml", WIDGET),
    ]);
    let run = run(dir.path(), &ARGS).expect_code(0);
    let said = "`schemas`: there is no schema that can be read at crds";
    assert!(run.err.contains(said), "{}", run.err);
}

#[test]
fn a_patch_is_no_object() {
    let patch =
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 3\n";
    let dir = repository(&[
        (
            "kustomization.yaml",
            "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\npatches:\n  - path: web.yaml\n",
        ),
        ("web.yaml", patch),
    ]);
    run(dir.path(), &ARGS).expect_code(0);
    let dir = repository(&[("web.yaml", patch)]);
    run(dir.path(), &ARGS).expect_code(1);
}

/// Groups of custom resources have dots in their names, too, but not these names.
#[test]
fn a_misspelt_kind_of_one_of_kubernetes_own_groups_is_told() {
    let said = |api_version: &str, kind: &str| {
        let object = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\n");
        let dir = repository(&[("a.yaml", &object)]);
        run(dir.path(), &["check", "--select", "schema-validation", "--format", "json"]).out
    };
    for (api_version, kind, help) in [
        ("networking.k8s.io/v1", "Ingres", "did you mean `Ingress`?"),
        ("networking.k8s.io/v2", "Ingress", "Ingress is of `networking.k8s.io/v1`"),
        ("networking.k8s.io/v1", "Deployment", "Deployment is of `apps/v1`"),
        ("rbac.authorization.k8s.io/v1", "Rolebinding", "did you mean `RoleBinding`?"),
    ] {
        let out = said(api_version, kind);
        assert!(out.contains(&format!("there is no {kind} in `{api_version}`")), "{out}");
        assert!(out.contains(help), "{out}");
    }
    for (api_version, kind) in [
        ("gateway.networking.k8s.io/v1", "Gateway"),
        ("snapshot.storage.k8s.io/v1", "VolumeSnapshot"),
        ("admissionregistration.k8s.io/v1alpha1", "InitializerConfiguration"),
    ] {
        let out = said(api_version, kind);
        assert!(out.contains("\"findings\": []"), "{out}");
    }
}
