//! Files that are no manifests yet, or never will be: what a tool fills in, and what a test compares with a cluster.

use crate::harness::{found, repository, run};

#[test]
fn what_a_test_of_chainsaw_expects_is_no_manifest() {
    let test = "apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\nmetadata: {name: web}\nspec:\n  steps:\n    - try:\n        - apply: {file: given.yaml}\n        - assert: {file: ready.yaml}\n      catch:\n        - error: {file: ../gone.yaml}\n";
    let part = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: ClusterIP}\n";
    let files = [
        ("web/chainsaw-test.yaml", test),
        ("web/given.yaml", part),
        ("web/ready.yaml", part),
        ("gone.yaml", part),
    ];
    let dir = repository(&files);
    let expected = ["web/given.yaml:4 service-fields-valid"];
    assert_eq!(found(dir.path(), "service-fields-valid"), expected);
}

#[test]
fn what_a_step_of_kuttl_expects_is_no_manifest() {
    let step = "apiVersion: kuttl.dev/v1beta1\nkind: TestStep\napply: [files/given.yaml]\nassert: [files/ready.yaml]\nerror: [gone]\n";
    let part = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: ClusterIP}\n";
    let dir = repository(&[
        ("web/01-install.yaml", step),
        ("web/files/given.yaml", part),
        ("web/files/ready.yaml", part),
        ("web/gone/web.yaml", part),
        ("other/files/ready.yaml", part),
    ]);
    let expected = ["other/files/ready.yaml:4", "web/files/given.yaml:4"];
    let expected = expected.map(|place| format!("{place} service-fields-valid"));
    assert_eq!(found(dir.path(), "service-fields-valid"), expected);
}

/// A policy, or a test, compares it with what is there.
#[test]
fn what_has_a_status_alone_is_no_object() {
    let deployment = |rest: &str| {
        format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: My_App}}\n{rest}\n")
    };
    let dir = repository(&[
        ("ready.yaml", &deployment("status: {readyReplicas: 1}")),
        ("empty.yaml", &deployment("status: {}")),
        ("both.yaml", &deployment("spec: {replicas: 1}\nstatus: {readyReplicas: 1}")),
        (
            "space.yaml",
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: My_App}\nstatus: {phase: Active}\n",
        ),
    ]);
    let gone = "apiVersion: v1\nkind: Service\n$patch: delete\nmetadata: {name: My_App}\n";
    std::fs::write(dir.path().join("gone.yaml"), gone).expect("a file");
    let expected = ["both.yaml:3", "empty.yaml:3", "space.yaml:3"];
    let expected = expected.map(|place| format!("{place} object-name-valid"));
    assert_eq!(found(dir.path(), "object-name-valid"), expected);
}

#[test]
fn what_ytt_fills_in_is_a_template() {
    let template = "#@ def labels(name):\napp: #@ name\n#@ end\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n    - name: #@ data.values.name\n      image: \n";
    let commented = "# see web#@home\napiVersion: v1\nkind: Pod\nmetadata: {name: aB} # or `#@`\n";
    let values = "#@data/values\n---\nreplicas: 2\nimage: example.org/web\nservice: {port: 80}\n";
    let overlay =
        "#@overlay/match by=\"name\"\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: aB}\n";
    let dir = repository(&[
        ("web.yaml", template),
        ("other.yaml", commented),
        ("values.yaml", values),
        ("overlay.yaml", overlay),
    ]);
    let rules =
        "schema-validation,rendered-empty-field,object-name-valid,values-replicas-without-spread";
    assert_eq!(found(dir.path(), rules), ["other.yaml:4 object-name-valid"]);
    let run = run(dir.path(), &["check", "--select", rules]);
    assert!(run.err.contains("web.yaml"), "it is said not to be checked: {}", run.err);
}

#[test]
fn what_only_a_program_reads_is_no_object() {
    let object = |api_version: &str, kind: &str| {
        format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: My_App}}\n")
    };
    let local = [
        ("backstage.io/v1alpha1", "Component"),
        ("kind.x-k8s.io/v1alpha4", "Cluster"),
        ("kubeadm.k8s.io/v1beta4", "ClusterConfiguration"),
        ("tanka.dev/v1alpha1", "Environment"),
        ("audit.k8s.io/v1", "Policy"),
    ];
    let local = local.map(|(api_version, kind)| object(api_version, kind)).join("---\n");
    let kubeconfig = object("v1", "Config") + "contexts: []\n";
    let dir = repository(&[
        ("local.yaml", &local),
        ("kubeconfig.yaml", &kubeconfig),
        ("own.yaml", &object("v1", "ConfigMap")),
        ("config.yaml", &object("v1", "Config")),
    ]);
    let rules = "object-name-valid,schema-validation";
    let expected = ["config.yaml:3 object-name-valid", "own.yaml:3 object-name-valid"];
    assert_eq!(found(dir.path(), rules), expected);
    let run = run(dir.path(), &["check", "--select", rules]);
    assert!(run.err.contains("no schema for Config of v1:"), "{}", run.err);
}

#[test]
fn what_sops_has_encrypted_with_its_kind_is_no_object_yet() {
    let cipher = "ENC[AES256_GCM,data:bA==,iv:aQ==,tag:dA==,type:str]";
    let file = format!(
        "apiVersion: {cipher}\nkind: {cipher}\nmetadata: {{name: \"{cipher}\"}}\nsops: {{mac: \"{cipher}\"}}\n"
    );
    let dir = repository(&[("secret.yaml", &file)]);
    let run = run(dir.path(), &["check"]).expect_code(0);
    assert!(!run.err.contains("no schema"), "{}", run.err);
}

#[test]
fn a_key_that_a_template_makes_is_in_no_repository() {
    let template = "{{- $ca := genCA \"web\" 365 }}\n{{- $web := genSignedCert \"web\" nil nil 365 $ca }}\napiVersion: v1\nkind: Secret\nmetadata: {name: web}\nstringData:\n  ca.key: {{ $ca.Key | quote }}\n  tls.key: |\n    {{- $web.Key | nindent 4 }}\n  any.key: {{ genPrivateKey \"ecdsa\" | trim | toJson }}\n  own.key: |\n    {{- .Values.key | nindent 4 }}\n";
    let values = "key: |\n  -----BEGIN EC PRIVATE KEY-----\n  MHcCAQEEIBkg4LVWM9nuwNSk3yByxZpYRTBnVJk5oc\n  -----END EC PRIVATE KEY-----\n";
    let dir = repository(&[
        ("Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
        ("values.yaml", values),
        ("templates/secret.yaml", template),
    ]);
    assert_eq!(found(dir.path(), "secret-token-pattern"), ["values.yaml:2 secret-token-pattern"]);
}

#[test]
fn a_name_in_capitals_is_a_number_to_come() {
    let deployment = |replicas: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: {replicas}\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec: {{containers: [{{name: web, image: \"web:1\"}}]}}\n"
        )
    };
    let dir = repository(&[
        ("a/to-come.yaml", &deployment("WEB_REPLICAS")),
        ("b/wrong.yaml", &deployment("MANY")),
    ]);
    let expected = ["b/wrong.yaml:5 schema-validation"];
    assert_eq!(found(dir.path(), "schema-validation"), expected);
}

#[test]
fn what_a_program_puts_values_into_is_a_template() {
    let object =
        |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n");
    let dir = repository(&[
        ("verb.yaml", &object("%s")),
        ("more.yaml", &object("%s-web")),
        ("name.yaml", &object("%WEB_NAME%")),
        ("build.yaml", &object("@WEB_NAME@")),
        ("item.yaml", &(object("web") + "  finalizers:\n    - @WEB_FINALIZER@\n")),
        ("prefix.yaml", &object("{WEB_NAME}-web")),
        ("small.yaml", &object("{web_name}-web:{web_tag}")),
        ("list.yaml", &(object("web") + "  finalizers: [a, ${WEB_FINALIZER}]\n")),
        ("at.yaml", &object("@web")),
        ("labels.yaml", &(object("web") + "  labels:\n    <WEB_LABELS>\n    app: web\n")),
        ("wrong.yaml", &object("%d.%m.")),
        ("other.yaml", &(object("web") + "data: {a: b}}\n")),
        ("open.yaml", &(object("web") + "data: {a: {{ b }}}\n")),
        ("quoted.yaml", &(object("web") + "data: {a: b}}\nc: '{{ d }}'\n")),
    ]);
    let expected = ["at.yaml:4", "other.yaml:5", "quoted.yaml:5", "wrong.yaml:4"];
    let expected = expected.map(|place| format!("{place} yaml-syntax"));
    assert_eq!(found(dir.path(), "yaml-syntax"), expected);
}

/// It mends the backslash before it reads the file.
#[test]
fn what_tests_a_chart_is_no_manifest() {
    let suite = "suite: web\ntests:\n  - asserts:\n      - equal: {path: apiVersion, value: v1}\n      - matchRegex: {path: data.a, pattern: \"\\${a}\"}\n";
    let dir = repository(&[
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
        ("web/tests/deep/web_test.yaml", suite),
        ("tests/web_test.yaml", suite),
    ]);
    assert_eq!(found(dir.path(), "yaml-syntax"), ["tests/web_test.yaml:5 yaml-syntax"]);
}

/// A test takes out what differs from cluster to cluster, and compares the rest with what a controller has made.
#[test]
fn what_a_controller_is_to_make_is_no_manifest() {
    let deployment = |owner: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: My_App\n  ownerReferences: [{owner}]\nspec: {{replicas: 1}}\n"
        )
    };
    let dir = repository(&[
        ("compared.yaml", &deployment("{controller: true, kind: App, name: web}")),
        ("taken.yaml", &deployment("{apiVersion: x.example/v1, kind: App, name: web, uid: 1-2}")),
        ("wrong.yaml", &deployment("{apiVersion: x.example/v1, kind: App, name: web}")),
        ("none.yaml", &deployment("")),
    ]);
    let expected = ["none.yaml:4", "taken.yaml:4", "wrong.yaml:4"];
    let expected = expected.map(|place| format!("{place} object-name-valid"));
    assert_eq!(found(dir.path(), "object-name-valid"), expected);
}

#[test]
fn a_release_without_a_name_is_none_of_an_object() {
    let named = |name: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\n");
    let dir = repository(&[
        ("rendered.yaml", &named("RELEASE-NAME-web")),
        ("other.yaml", &named("RELEASE-web")),
    ]);
    assert_eq!(found(dir.path(), "object-name-valid"), ["other.yaml:3 object-name-valid"]);
}

/// A controller reports what it was told.
#[test]
fn nothing_is_left_of_a_template_in_a_status() {
    let text = |text: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec: {{nodeName: \"{text}\"}}\nstatus: {{message: \"{text}\"}}\n"
        )
    };
    let dir = repository(&[("pod.yaml", &text("scope%!A(MISSING)web"))]);
    let expected = ["pod.yaml:4 rendered-template-residue"];
    assert_eq!(found(dir.path(), "rendered-template-residue"), expected);
}

/// `--set-file` may name a file of any sort; a run reads those that may be manifests or values.
#[test]
fn what_a_command_sets_from_a_file_that_no_run_reads_is_not_judged() {
    let dir = repository(&[
        ("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
        ("chart/values.yaml", "image: example.org/web\n"),
        (
            "chart/templates/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: [{name: web, image: '{{ .Values.image }}:1.0.0'}]\n",
        ),
        ("deploy.sh", "helm upgrade --install blog ./chart --set-file image=image.txt\n"),
        ("image.txt", "example.org/blog"),
    ]);
    let select = ["check", "--select", "image-reference-malformed", "--format", "concise"];
    assert_eq!(run(dir.path(), &select).expect_code(0).out, "");
}

#[test]
fn a_chart_that_fails_on_such_a_file_is_noted() {
    let dir = repository(&[
        ("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
        (
            "chart/templates/config.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {port: '{{ required \"no port\" (.Values.settings | fromJson).port }}'}\n",
        ),
        ("deploy.sh", "helm upgrade --install blog ./chart --set-file settings=settings.ini\n"),
        ("settings.ini", "{\"port\": 80}"),
    ]);
    let run = run(dir.path(), &["check", "--select", "helm-render", "--format", "concise"]);
    let run = run.expect_code(0);
    assert!(run.err.contains("blog: the chart does not render without values"), "{}", run.err);
}

/// The values of a chart that is copied and filled in are no YAML before that. Helm evaluates no template in values.
#[test]
fn a_chart_whose_values_have_to_be_filled_in_is_told_of() {
    for (values, is_template) in [
        ("host: example.org\nannotations:\n  <ANNOTATIONS>\n  a: b\n", true),
        ("host: example.org\nannotations:\n  {{ .Values.annotations }}\n  a: b\n", false),
        ("host: example.org\nannotations:\n  a: b\n  -\n", false),
    ] {
        let dir = repository(&[
            ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
            ("web/values.yaml", values),
            ("web/templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"),
        ]);
        let run = run(dir.path(), &["check", "--format", "concise", "--no-cache"]);
        assert_eq!(run.out.is_empty(), is_template, "{values}{}", run.out);
        assert_eq!(run.err.contains("has to be filled in first"), is_template, "{}", run.err);
    }
}
