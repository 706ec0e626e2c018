//! Releases as they are listed: name, namespace, chart and layers, for each way to declare them.

use crate::harness::{repository, run};

/// Lists `namespace/name chart [layers]` of every release, sorted; a layer is a file or the line that it begins at.
fn listed(files: &[(&str, &str)]) -> Vec<String> {
    let mut lines: Vec<String> = listing(files)["releases"]
        .as_array()
        .expect("releases")
        .iter()
        .map(|release| {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or("?").to_owned();
            let chart = &release["chart"];
            let chart = match (chart["path"].as_str(), chart["repository"].as_str()) {
                (Some(path), _) => path.to_owned(),
                (None, repository) => {
                    format!("{}/{}", repository.unwrap_or("?"), text(&chart["name"]))
                }
            };
            let layers = release["values"].as_array().expect("values").iter().map(|layer| {
                layer["file"].as_str().map_or_else(|| layer["line"].to_string(), str::to_owned)
            });
            let layers: Vec<String> = layers.collect();
            let name = format!("{}/{}", text(&release["namespace"]), text(&release["name"]));
            format!("{name} {chart} [{}]", layers.join(", "))
        })
        .collect();
    lines.sort();
    lines
}

/// Why declarations cannot be resolved.
fn unresolved(files: &[(&str, &str)]) -> Vec<String> {
    let listing = listing(files);
    let all = listing["unresolved"].as_array().expect("unresolved").iter();
    all.map(|one| one["why"].as_str().expect("a reason").to_owned()).collect()
}

fn listing(files: &[(&str, &str)]) -> serde_json::Value {
    let dir = repository(files);
    let out = run(dir.path(), &["releases", "--format", "json"]).expect_code(0).out;
    serde_json::from_str(&out).expect("JSON")
}

const CHART: &str = "apiVersion: v2\nname: web\nversion: 0.1.0\n";

#[test]
fn a_bundle_of_fleet_installs_the_chart_that_it_names_or_that_lies_beside_it() {
    for (bundle, expected) in [
        (
            "defaultNamespace: shop\nhelm:\n  releaseName: web\n  repo: https://charts.example.org\n  chart: web\n  values: {a: 1}\n  valuesFiles: [more.yaml]\n",
            &["shop/web https://charts.example.org/web [6, b/more.yaml]"][..],
        ),
        (
            "namespace: shop\nhelm: {releaseName: web, repo: oci://registry.example.org/charts/web}\n",
            &["shop/web oci://registry.example.org/charts/web []"],
        ),
        ("name: web\nhelm: {chart: ../web}\n", &["?/web web []"]),
        // A customization goes before what holds for all; one that is not deployed is none.
        (
            "namespace: shop\nhelm:\n  releaseName: web\n  chart: ../web\n  values: {a: 1}\ntargetCustomizations:\n  - name: one\n    helm:\n      values: {a: 2}\n  - name: two\n    namespace: yard\n    helm: {releaseName: two}\n  - {name: three, doNotDeploy: true}\n",
            &["shop/web web [5, 9]", "yard/two web [5]"],
        ),
        // Nothing but manifests, and an object of a cloud.
        ("namespace: shop\nhelm: {releaseName: web}\n", &[]),
        ("apiVersion: example.org/v1\nkind: Fleet\nhelm: {chart: web}\n", &[]),
    ] {
        let files = [("web/Chart.yaml", CHART), ("b/fleet.yaml", bundle)];
        let found = listed(&files);
        let own: Vec<&String> = found.iter().filter(|line| !line.starts_with("?/? ")).collect();
        assert_eq!(own, expected, "{bundle}");
    }
    let beside = [("web/Chart.yaml", CHART), ("web/fleet.yaml", "defaultNamespace: shop\n")];
    assert_eq!(listed(&beside), ["shop/? web []"]);
}

#[test]
fn a_chart_of_k3s_has_the_values_of_its_configuration_on_top() {
    let chart = "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: web, namespace: kube-system}\nspec:\n  repo: https://charts.example.org\n  chart: web\n  targetNamespace: shop\n  set: {a: '1,2'}\n  valuesContent: |\n    a: 1\n";
    let config = "apiVersion: helm.cattle.io/v1\nkind: HelmChartConfig\nmetadata: {name: web, namespace: kube-system}\nspec:\n  valuesContent: |\n    a: 2\n";
    let both = [("web.yaml", chart), ("config.yaml", config)];
    // The last is what is set one by one.
    assert_eq!(listed(&both), ["shop/web https://charts.example.org/web [9, 5, 8]"]);
    assert_eq!(listed(&[("config.yaml", config)]), [""; 0]);
    let why = unresolved(&[("config.yaml", config)]);
    assert_eq!(why, ["the HelmChart `web` that it sets values for is not here"]);
}

#[test]
fn a_helmfile_of_any_name_may_inherit_all_its_charts() {
    let base = "templates:\n  default:\n    chart: 'example/{{ .Release.Name }}'\n    values: ['values/{{ .Release.Name }}.yaml']\n";
    let apps = "bases: [base.yaml]\nrepositories: [{name: example, url: https://charts.example.org}]\ndefaultInherit: default\nreleases:\n  - {name: web, namespace: shop}\n";
    let files = [("deploy/apps.yaml", apps), ("deploy/base.yaml", base)];
    let expected = "shop/web https://charts.example.org/web [deploy/values/web.yaml]";
    assert_eq!(listed(&files), [expected]);
}

#[test]
fn a_text_that_is_given_all_may_ask_for_the_release() {
    let helmfile = "releases:\n  - name: web\n    namespace: shop\n    chart: '{{ (fromYaml (tpl (readFile \"chart.yaml.gotmpl\") .)).chart }}'\n";
    let chart = "chart: oci://registry.example.org/{{ .Release.Namespace }}/{{ .Release.Name }}\n";
    let files = [("helmfile.yaml", helmfile), ("chart.yaml.gotmpl", chart)];
    assert_eq!(listed(&files), ["shop/web oci://registry.example.org/shop/web []"]);
}

/// Nothing of it stands in the text, and what comes behind may need it.
#[test]
fn a_variable_of_a_helmfile_may_be_set_to_a_text_that_is_given_all() {
    let helmfile = "repositories:\n{{ $all := tpl (readFile \"all.yaml.gotmpl\") . | fromYaml }}\n- name: example\n  url: https://{{ $all.host }}\nreleases:\n- {name: web, chart: example/web}\n";
    let files = [("helmfile.yaml", helmfile), ("all.yaml.gotmpl", "host: charts.example.org\n")];
    assert_eq!(listed(&files), ["?/web https://charts.example.org/web []"]);
}

#[test]
fn a_base_of_a_helmfile_that_is_not_there_is_told() {
    let helmfile = "bases: [env.yaml, ../elsewhere.yaml, '{{ env \"BASE\" }}.yaml']\nreleases:\n  - {name: web, chart: ./web}\n";
    let files = [("web/Chart.yaml", CHART), ("helmfile.yaml", helmfile)];
    assert_eq!(unresolved(&files), ["the base `env.yaml` is not there"]);
    assert_eq!(listed(&files), ["?/web web []"]);
}

#[test]
fn a_path_whose_beginning_the_environment_says_may_be_here() {
    let helmfile = "releases:\n  - name: web\n    chart: ./web\n    values: ['{{ requiredEnv \"ROOT\" }}/shop/values.yaml']\n";
    let fixed = [("web/Chart.yaml", CHART), ("helmfile.yaml", helmfile)];
    let values = |paths: &[&'static str]| -> Vec<(&str, &str)> {
        paths.iter().map(|path| (*path, "a: 1\n")).chain(fixed).collect()
    };
    let only = values(&["apps/shop/values.yaml"]);
    assert_eq!(listed(&only), ["?/web web [apps/shop/values.yaml]"]);
    let at_top = values(&["apps/shop/values.yaml", "shop/values.yaml"]);
    assert_eq!(listed(&at_top), ["?/web web [shop/values.yaml]"]);
    let several = values(&["apps/shop/values.yaml", "old/shop/values.yaml"]);
    assert_eq!(unresolved(&several), ["the release's values files depend on where helmfile runs"]);
}

/// A set of Applications with these lines below its `spec`.
fn set(spec: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: all, namespace: argocd}}\nspec:\n{spec}"
    )
}

#[test]
fn a_patch_of_a_set_s_template_goes_before_the_template() {
    let template = "  template:\n    metadata: {name: '{{ .name }}'}\n    spec:\n      project: default\n      destination: {namespace: shop, server: https://kubernetes.default.svc}\n";
    let generator = "  goTemplate: true\n  generators:\n    - list: {elements: [{name: web, files: [a.yaml]}, {name: other, namespace: yard}]}\n";
    let patch = "  templatePatch: |\n    {{- if hasKey . \"namespace\" }}\n    metadata: {name: '{{ .namespace }}-{{ .name }}'}\n    {{- end }}\n    spec:\n      {{- with .namespace }}\n      destination: {namespace: {{ . }}}\n      {{- end }}\n      source:\n        repoURL: https://git.example.org/x.git\n        path: charts/web\n        helm:\n          valueFiles: {{ .files | default list | toJson }}\n          valuesObject:\n            a: {{ .name }}\n";
    let files = set(&format!("{generator}{template}{patch}"));
    let files = [("charts/web/Chart.yaml", CHART), ("set.yaml", files.as_str())];
    assert_eq!(
        listed(&files),
        ["shop/web charts/web [charts/web/a.yaml, 26]", "yard/yard-other charts/web [26]"]
    );
    let open =
        set(&format!("  goTemplate: true\n  generators: [{{clusters: {{}}}}]\n{template}{patch}"));
    let files = [("charts/web/Chart.yaml", CHART), ("set.yaml", open.as_str())];
    let why = "its templatePatch comes from a generator that needs the cluster";
    assert_eq!(unresolved(&files), [why]);
}

#[test]
fn a_generator_may_have_its_own_template() {
    let spec = "  generators:\n    - list:\n        elements: [{name: web}]\n        template:\n          metadata: {}\n          spec:\n            destination: {namespace: yard}\n            project: ''\n            source: {repoURL: '', helm: {valueFiles: [a.yaml]}}\n    - list: {elements: [{name: other}]}\n  template:\n    metadata: {name: '{{name}}'}\n    spec:\n      project: default\n      destination: {namespace: shop, server: https://kubernetes.default.svc}\n      source: {repoURL: 'https://git.example.org/x.git', path: charts/web}\n";
    let files = [("charts/web/Chart.yaml", CHART), ("set.yaml", &set(spec))];
    assert_eq!(
        listed(&files),
        ["shop/other charts/web []", "yard/web charts/web [charts/web/a.yaml]"]
    );
}

#[test]
fn names_of_a_set_may_be_worked_out_by_any_function() {
    for (name, expected) in [
        ("{{ .path.basename }}", "web"),
        ("{{ .path.basename | trimPrefix \"w\" }}", "eb"),
        ("{{ index .path.segments 0 }}-{{ .path.basename | upper | normalize }}", "charts-web"),
        ("{{ join \"-\" .path.segments }}", "charts-web"),
        ("{{ if eq .path.basename \"web\" }}yes{{ else }}no{{ end }}", "yes"),
        ("{{ printf \"%s-%s\" .values.stage .path.basename }}", "test-web"),
    ] {
        let spec = format!(
            "  goTemplate: true\n  generators:\n    - git: {{repoURL: 'https://git.example.org/x.git', directories: [{{path: charts/*}}], values: {{stage: test}}}}\n  template:\n    metadata: {{name: '{name}'}}\n    spec:\n      project: default\n      destination: {{namespace: shop, server: https://kubernetes.default.svc}}\n      source: {{repoURL: 'https://git.example.org/x.git', path: '{{{{ .path.path }}}}'}}\n"
        );
        let files = [("charts/web/Chart.yaml", CHART), ("set.yaml", &set(&spec))];
        assert_eq!(listed(&files), [format!("shop/{expected} charts/web []")], "{name}");
    }
}

#[test]
fn a_chart_of_a_registry_may_be_all_of_a_source() {
    let spec = |chart: &str| {
        format!(
            "  goTemplate: true\n  generators:\n    - list: {{elements: [{{name: web}}]}}\n  template:\n    metadata: {{name: '{{{{ .name }}}}'}}\n    spec:\n      project: default\n      destination: {{namespace: shop, server: https://kubernetes.default.svc}}\n      source: {{{chart}, targetRevision: 1.0.0, helm: {{valueFiles: []}}}}\n"
        )
    };
    let charts = "repoURL: 'https://charts.example.org'";
    for (chart, expected) in [
        (
            "repoURL: 'oci://registry.example.org/charts/web', path: .",
            "oci://registry.example.org/charts/web",
        ),
        (
            &*format!("{charts}, chart: '{{{{ dig \"chart\" .name . }}}}', path: ''"),
            "https://charts.example.org/web",
        ),
    ] {
        let files = set(&spec(chart));
        assert_eq!(listed(&[("set.yaml", &files)]), [format!("shop/web {expected} []")], "{chart}");
    }
    let open = set(&spec(&format!("{charts}, chart: '{{{{ .chart }}}}'")));
    let why = "the release's chart comes from a generator that needs the cluster";
    assert_eq!(unresolved(&[("set.yaml", &open)]), [why]);
}

/// An artifact may be made of a folder of the repository.
#[test]
fn what_flux_applies_may_lie_below_a_folder_of_the_repository() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\nspec:\n  interval: 1h\n  chart: {spec: {chart: web, sourceRef: {kind: HelmRepository, name: all}}}\n";
    let applied = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web, namespace: flux-system}\nspec:\n  interval: 1h\n  path: ./apps/web/app\n  targetNamespace: shop\n  sourceRef: {kind: OCIRepository, name: all}\n";
    for folder in ["", "kubernetes/"] {
        let (own, app) =
            (format!("{folder}apps/web/ks.yaml"), format!("{folder}apps/web/app/web.yaml"));
        let files = [(own.as_str(), applied), (app.as_str(), release)];
        assert_eq!(listed(&files), ["shop/web ?/web []"], "{folder}");
    }
}
