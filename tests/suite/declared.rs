//! What declarations of releases say of their values, charts and folders is heeded.

use crate::harness::{Run, found, repository, run};

const CHART: &str = "apiVersion: v2\nname: web\nversion: 0.1.0\n";

/// A chart that cannot be rendered without what is not in its own values.
const NEEDS: [(&str, &str); 3] = [
    ("charts/web/Chart.yaml", CHART),
    ("charts/web/values.yaml", "a: 1\n"),
    (
        "charts/web/templates/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {b: {{ required \"no b\" .Values.b | quote }}}\n",
    ),
];

/// A chart and what else a repository holds.
fn with<'a>(chart: &[(&'a str, &'a str)], files: &[(&'a str, &'a str)]) -> tempfile::TempDir {
    repository(&[chart, files].concat())
}

fn check(dir: &tempfile::TempDir) -> Run {
    run(dir.path(), &["check", "--format", "concise", "--no-cache"])
}

/// Argo CD and helmfile pass a value on as a whole, whatever commas are in it.
#[test]
fn a_comma_in_a_value_does_not_begin_another_one() {
    let argo = |value: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: web, namespace: argocd}}\nspec:\n  project: default\n  destination: {{namespace: web, server: https://kubernetes.default.svc}}\n  source:\n    repoURL: https://git.example.org/x.git\n    path: charts/web\n    helm: {{parameters: [{{name: b, value: {value}}}]}}\n"
        )
    };
    let helmfile = |value: &str| {
        format!(
            "releases:\n  - {{name: web, chart: ./charts/web, set: [{{name: b, value: {value}}}]}}\n"
        )
    };
    let script = "helm install web ./charts/web --set b=x,y\n";
    for (file, text, fails) in [
        ("argo.yaml", argo("'[\"a:1\",\"b:2\"]'"), false),
        ("argo.yaml", argo("'{x,y}'"), false),
        ("argo.yaml", argo(r"'x\,y'"), false),
        ("helmfile.yaml", helmfile("'x,y'"), false),
        ("helmfile.yaml", helmfile("'{x'"), false),
        ("deploy.sh", script.to_owned(), true),
    ] {
        let found = found(with(&NEEDS, &[(file, &text)]).path(), "helm-render");
        assert_eq!(!found.is_empty(), fails, "{text}: {found:?}");
    }
}

/// Whoever runs a helmfile whose environments all have other names than `default` says which one is meant.
#[test]
fn a_values_file_of_an_environment_that_is_asked_for_by_name_is_not_missed() {
    let helmfile = |environments: &str, file: &str| {
        format!(
            "environments: {environments}\n---\nreleases:\n  - name: web\n    chart: ./charts/web\n    values: [{file}, {{b: 1}}]\n"
        )
    };
    let named = "'{{ .Environment.Name }}.yaml'";
    for (environments, file, is_missed) in [
        ("{test: {}, prod: {}}", named, false),
        ("{default: {}, prod: {}}", named, true),
        ("{test: {}, prod: {}}", "other.yaml", true),
    ] {
        let text = helmfile(environments, file);
        let dir = with(&NEEDS, &[("helmfile.yaml.gotmpl", &text), ("test.yaml", "a: 2\n")]);
        let found = found(dir.path(), "release-values-missing");
        assert_eq!(!found.is_empty(), is_missed, "{text}: {found:?}");
    }
}

/// A schema that the values break, and its chart.
const SCHEMA: [(&str, &str); 4] = [
    ("chart/Chart.yaml", CHART),
    ("chart/values.yaml", "kind: deployment\n"),
    ("chart/values.schema.json", "{\"properties\": {\"kind\": {\"const\": \"deployment\"}}}"),
    (
        "chart/templates/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ title .Values.kind }}}\n",
    ),
];

#[test]
fn who_declares_a_release_may_leave_the_schema_out() {
    let argo = |more: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: web, namespace: argocd}}\nspec:\n  project: default\n  destination: {{namespace: web, server: https://kubernetes.default.svc}}\n  source:\n    repoURL: https://git.example.org/x.git\n    path: chart\n    helm: {{valuesObject: {{kind: skip}}{more}}}\n"
        )
    };
    let flux = |more: &str| {
        format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: web, namespace: web}}\nspec:\n  interval: 1h\n  chart: {{spec: {{chart: ./chart, sourceRef: {{kind: GitRepository, name: all}}}}}}\n{more}  values: {{kind: skip}}\n"
        )
    };
    let helmfile = |defaults: &str, more: &str| {
        format!(
            "{defaults}releases:\n  - {{name: web, chart: ./chart, values: [{{kind: skip}}]{more}}}\n"
        )
    };
    let install = "  install: {disableSchemaValidation: true}\n";
    let both = format!("{install}  upgrade: {{disableSchemaValidation: true}}\n");
    let defaults = "helmDefaults: {skipSchemaValidation: true}\n";
    for (file, text, held) in [
        ("deploy.sh", "helm install web ./chart --set kind=skip\n".to_owned(), true),
        (
            "deploy.sh",
            "helm install web ./chart --set kind=skip --skip-schema-validation\n".to_owned(),
            false,
        ),
        ("helmfile.yaml", helmfile("", ""), true),
        ("helmfile.yaml", helmfile("", ", skipSchemaValidation: true"), false),
        ("helmfile.yaml", helmfile(defaults, ""), false),
        ("helmfile.yaml", helmfile(defaults, ", skipSchemaValidation: false"), true),
        ("argo.yaml", argo(""), true),
        ("argo.yaml", argo(", skipSchemaValidation: true"), false),
        ("flux.yaml", flux(""), true),
        // The upgrade would fail.
        ("flux.yaml", flux(install), true),
        ("flux.yaml", flux(&both), false),
    ] {
        let dir = with(&SCHEMA, &[(file, &text)]);
        let violations = found(dir.path(), "values-schema-violation");
        assert_eq!(violations.is_empty(), !held, "{text}: {violations:?}");
        // What is rendered is judged.
        let run = check(&dir);
        assert_eq!(run.out.contains("Skip"), !held, "{text}: {}", run.out);
    }
}

/// `kustomize build --enable-helm` asks a repository for what it does not find there, and leaves it there.
#[test]
fn a_chart_in_the_chart_home_goes_before_its_repository() {
    for (chart, args, at_home) in [
        ("web", "", true),
        ("web", ", version: 0.1.0", true),
        ("web", ", version: 0.2.0", false),
        ("web-0.1.0/web", ", version: 0.1.0", true),
    ] {
        let files = NEEDS
            .map(|(path, text)| (path.replace("charts/web", &format!("k/charts/{chart}")), text));
        let files = files.each_ref().map(|(path, text)| (path.as_str(), *text));
        let kustomization = format!(
            "helmCharts:\n  - {{name: web, releaseName: web, repo: 'https://charts.example.org', valuesInline: {{b: c}}{args}}}\n"
        );
        let dir = with(&files, &[("k/kustomization.yaml", &kustomization)]);
        let run = check(&dir);
        assert_eq!(
            run.err.contains("is not on this machine"),
            !at_home,
            "{chart}{args}: {}",
            run.err
        );
        assert_eq!(run.out.contains("helm-render"), !at_home, "{chart}{args}: {}", run.out);
    }
}

/// Holds that a script's values files are not said to be missing, and that nothing is said of what they lack.
#[track_caller]
fn expect_open(file: &str, text: &str, note: &str) {
    let dir = with(&NEEDS, &[(file, text)]);
    let run = check(&dir);
    assert!(run.out.is_empty(), "{text}: {}", run.out);
    assert!(run.err.contains(note), "{text}: {}", run.err);
}

#[test]
fn values_files_that_a_script_makes_are_not_missed() {
    for made in [
        "gen > b.yaml",
        "{ echo a; echo b; } > ./b.yaml",
        "cat <<EOF >> ${NAME}.yaml\nb: 1\nEOF",
        "envsubst < b.tmpl.yaml > b.yaml",
        "yq .b all.yaml | tee b.yaml",
        "cp /run/b.yaml b.yaml",
        "cp /run/b.yaml .",
        "curl -fsSLO https://example.org/b.yaml",
        "curl -o b.yaml https://example.org/values",
        "sops --output=b.yaml -d b.enc",
    ] {
        let text = format!("NAME=b\n{made}\nhelm install web charts/web -f b.yaml\n");
        expect_open("deploy.sh", &text, "computed elsewhere");
    }
    let makefile = "deploy:\n\tgen > b.yaml\n\thelm install web charts/web -f b.yaml\n";
    expect_open("Makefile", makefile, "computed elsewhere");
    // The steps of a job share a folder.
    let workflow = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: gen > b.yaml\n      - run: helm install web charts/web -f b.yaml\n";
    expect_open(".github/workflows/a.yaml", workflow, "computed elsewhere");
}

#[test]
fn a_values_file_that_nothing_makes_is_missed() {
    for other in ["cat b.yaml > c.yaml", "gen < b.yaml", "echo b.yaml", "gen 2> /dev/null"] {
        let text = format!("{other}\nhelm install web charts/web -f b.yaml\n");
        let dir = with(&NEEDS, &[("deploy.sh", &text)]);
        assert!(check(&dir).out.contains("release-values-missing"), "{other}");
    }
}

/// pflag makes an empty list of an empty text: `helm install web charts/web -f ""`.
#[test]
fn an_empty_name_is_no_values_file() {
    let chart = [
        NEEDS[0],
        NEEDS[1],
        ("charts/web/templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Web}\n"),
    ];
    for (file, text) in [
        ("deploy.sh", "helm install web charts/web -f \"\"\n"),
        ("deploy.sh", "helm install web charts/web --values=\n"),
        ("Makefile", "VALUES ?= \"\"\ndeploy:\n\thelm install web charts/web -f $(VALUES)\n"),
    ] {
        let dir = with(&chart, &[(file, text)]);
        assert_eq!(found(dir.path(), "release-values-missing"), [""; 0], "{text}");
        assert_eq!(
            found(dir.path(), "object-name-valid"),
            ["charts/web/templates/a.yaml:3 object-name-valid"],
            "{text}"
        );
    }
}

/// What lies on the machine that deploys may say anything.
#[test]
fn values_that_lie_out_of_the_repository_are_left_open() {
    let note = "some of its values lie elsewhere";
    for path in ["/etc/defaults/b.yaml", "~/b.yaml", "../other/b.yaml"] {
        expect_open("deploy.sh", &format!("helm install web charts/web -f {path}\n"), note);
    }
    let helmfile =
        "releases:\n  - {name: web, chart: ./charts/web, values: [/etc/defaults/b.yaml]}\n";
    expect_open("helmfile.yaml", helmfile, note);
    // A folder that is only known when the script runs.
    let script = "cd $(mktemp -d)\ngen > b.yaml\nhelm install web shop/web -f b.yaml\n";
    let dir = with(&NEEDS, &[("deploy.sh", script)]);
    assert!(!check(&dir).out.contains("release-values-missing"), "{}", check(&dir).out);
}

#[test]
fn a_step_s_folder_may_be_said_from_the_workspace_on() {
    let chart = [
        NEEDS[0],
        ("charts/web/templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Web}\n"),
    ];
    let release = |file: &str, text: &str| {
        let dir = with(&chart, &[(file, text)]);
        run(dir.path(), &["releases", "--format", "json"]).expect_code(0).out
    };
    for (folder, known) in [
        ("charts", true),
        ("${{ github.workspace }}/charts", true),
        ("${{ env.FOLDER }}", true),
        ("${{ inputs.folder }}", false),
    ] {
        let text = [
            "on: push\nenv: {FOLDER: charts}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: helm install web ./web\n        working-directory: ",
            folder,
            "\n",
        ]
        .concat();
        let out = release(".github/workflows/a.yaml", &text);
        assert_eq!(out.contains("\"via\": \"ci-command\""), known, "{folder}: {out}");
        assert_eq!(out.contains("is only known when the command runs"), !known, "{folder}: {out}");
    }
    for path in ["${{ github.workspace }}/charts/web", "$GITHUB_WORKSPACE/charts/web", "./web"] {
        let text = [
            "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    defaults: {run: {working-directory: ./charts}}\n    steps:\n      - run: helm install web ",
            path,
            "\n",
        ]
        .concat();
        let out = release(".github/workflows/a.yaml", &text);
        assert!(
            out.contains("\"via\": \"ci-command\"") && !out.contains("chart-default"),
            "{path}: {out}"
        );
    }
    for variable in ["Build.SourcesDirectory", "System.DefaultWorkingDirectory"] {
        let text = format!("steps:\n  - script: helm install web $({variable})/charts/web\n");
        let out = release("azure-pipelines.yml", &text);
        assert!(out.contains("\"via\": \"ci-command\""), "{variable}: {out}");
        assert!(!out.contains("chart-default"), "{variable}: {out}");
    }
}

/// helmfile hands them to chartify, which changes by them what the chart renders.
#[test]
fn what_a_helmfile_patches_a_chart_with_is_no_object() {
    let patch =
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: x}\n";
    for (list, is_part) in [
        ("strategicMergePatches: [dns.yaml]", true),
        ("jsonPatches: [dns.yaml]", true),
        ("transformers: [\"{{ .Release.Name }}.yaml\"]", false),
        ("transformers: [\"{{ `dns` }}.yaml\"]", true),
        ("values: []", false),
    ] {
        let helmfile = format!("releases:\n  - name: web\n    chart: ./charts/web\n    {list}\n");
        let dir = with(&NEEDS, &[("helmfile.yaml", &helmfile), ("dns.yaml", patch)]);
        let mut found = found(dir.path(), "schema-validation,selector-present");
        found.retain(|one| one.starts_with("dns.yaml"));
        assert_eq!(found.is_empty(), is_part, "{list}: {found:?}");
    }
}

/// What could not be read may hold any release.
#[test]
fn a_helmfile_that_is_no_yaml_once_it_is_filled_in_is_told() {
    let chart = ("chart/Chart.yaml", CHART);
    let check = |helmfile: &str| {
        let dir = with(&[chart], &[("helmfile.yaml", helmfile)]);
        found(dir.path(), "release-unresolved")
    };
    let readable = "releases:\n  - {name: {{ `web` }}, chart: ./chart}\n";
    assert_eq!(check(readable), Vec::<String>::new());
    let bracket = "releases:\n  - {name: {{ `web` }}\n    chart: ./chart\n";
    assert_eq!(check(bracket).len(), 1, "{:?}", check(bracket));
    let template = "releases:\n  - name: {{ `web`\n    chart: ./chart\n";
    assert_eq!(check(template).len(), 1, "{:?}", check(template));
    // Values that lie beside helmfiles are templates of their own.
    let values = ("helmfile.d/web/values.yaml", "names:\n  - {{ `web` }}\n  other\n");
    let dir = with(&[chart], &[("helmfile.yaml", readable), values]);
    assert_eq!(found(dir.path(), "release-unresolved"), Vec::<String>::new());
}

#[test]
fn a_comment_in_a_helmfile_may_speak_of_releases() {
    let files = [
        ("chart/Chart.yaml", CHART),
        (
            "helmfile.yaml",
            "{{/* what isn't of .Release.Name */}}\nreleases:\n  - name: web\n    chart: ./chart\n    values: [\"{{ .Release.Name }}.yaml\"]\n",
        ),
        ("web.yaml", "a: 1\n"),
    ];
    let dir = repository(&files);
    let said = run(dir.path(), &["releases"]).expect_code(0).out;
    assert!(said.contains("web.yaml"), "{said}");
}

/// The helmfile itself, or another chart, may read what this chart does not.
#[test]
fn a_key_for_others_is_not_misspelt() {
    let chart = |name| {
        [
            (format!("charts/{name}/Chart.yaml"), CHART),
            (format!("charts/{name}/templates/a.yaml"), "a: {{ .Values.class }}\n"),
        ]
    };
    let (web, api) = (chart("web"), chart("api"));
    let charts: Vec<_> =
        web.iter().chain(&api).map(|(path, text)| (path.as_str(), *text)).collect();
    let release =
        |name: &str| format!("  - {{name: {name}, chart: ./charts/{name}, values: [all.yaml]}}\n");
    let own = format!("releases:\n{}", release("web"));
    let both = format!("{own}{}", release("api"));
    let state = format!("environments: {{default: {{values: [all.yaml]}}}}\n---\n{own}");
    for (helmfile, is_held) in [(own, true), (both, false), (state, false)] {
        let dir = with(&charts, &[("helmfile.yaml", &helmfile), ("all.yaml", "classs: a\n")]);
        let found = found(dir.path(), "values-key-misspelt");
        assert_eq!(found.is_empty(), !is_held, "{helmfile}: {found:?}");
    }
}

/// An optional file may be there and may be missing: what is judged is the latter, and no error if that needs the file.
#[test]
fn a_chart_that_needs_an_optional_file_is_named() {
    let helmfile = "releases:\n  - {name: web, chart: ./charts/web, values: [/etc/defaults/b.yaml], missingFileHandler: Warn}\n";
    expect_open("helmfile.yaml", helmfile, "only known when it is deployed");
}

/// What Flux applies of a folder, and where to.
const APPLIED: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web}\nspec:\n  path: ./apps/media/web/app\n";

/// A kustomization may put the name of its Namespace into all Flux Kustomizations that it takes in.
#[test]
fn flux_applies_to_the_namespace_that_a_replacement_says() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\nspec:\n  chartRef: {kind: OCIRepository, name: web}\n";
    let replacement = |kind: &str| {
        format!(
            "- source: {{kind: Namespace, fieldPath: metadata.name}}\n  targets:\n    - select: {{kind: {kind}}}\n      fieldPaths: [spec.targetNamespace]\n"
        )
    };
    let media = "namespace: media\nresources: [web/ks.yaml]\n";
    let own = format!("{APPLIED}  targetNamespace: own\n");
    let named = format!("{media}replacements: [{{path: ../ks.yaml}}]\n");
    let inline = format!("{media}replacements:\n{}", replacement("Kustomization"));
    for (kustomization, applied, kind, namespace) in [
        (media, APPLIED, "Kustomization", "null"),
        (media, &own, "Kustomization", "\"own\""),
        (&named, APPLIED, "Kustomization", "\"media\""),
        (&named, &own, "Kustomization", "\"media\""),
        (&named, APPLIED, "HelmRelease", "null"),
        (&inline, APPLIED, "Kustomization", "\"media\""),
    ] {
        let dir = repository(&[
            ("apps/media/kustomization.yaml", kustomization),
            ("apps/media/web/ks.yaml", applied),
            ("apps/media/web/app/release.yaml", release),
            ("apps/ks.yaml", &replacement(kind)),
        ]);
        let out = run(dir.path(), &["releases", "--format", "json"]).expect_code(0).out;
        let said = format!("\"namespace\": {namespace}");
        assert!(out.contains(&said), "{kustomization}{applied}{kind}: {out}");
    }
}

#[test]
fn a_chart_of_a_component_is_known_by_what_flux_substitutes() {
    let applied = format!(
        "{APPLIED}  components: [../../../../repos]\n  postBuild: {{substitute: {{APP: web, VERSION: 1.2.3}}}}\n"
    );
    let dir = repository(&[
        ("apps/media/web/ks.yaml", &applied),
        (
            "apps/media/web/app/release.yaml",
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\nspec:\n  chartRef: {kind: OCIRepository, name: web}\n",
        ),
        ("repos/kustomization.yaml", "kind: Component\nresources: [oci.yaml]\n"),
        (
            "repos/oci.yaml",
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: \"${APP}\"}\nspec:\n  url: oci://charts.example.org/all/template\n  ref: {tag: \"${VERSION}\"}\n",
        ),
    ]);
    let out = run(dir.path(), &["releases", "--format", "json"]).expect_code(0).out;
    for said in
        ["\"name\": \"template\"", "\"version\": \"1.2.3\"", "\"oci://charts.example.org/all\""]
    {
        assert!(out.contains(said), "{said}: {out}");
    }
}

#[test]
fn a_name_that_helm_refuses_is_told_where_the_release_has_it() {
    let helmfile = "releases:\n  - chart: ./chart\n    name: WEB_NAME-db\n";
    let dir = with(&SCHEMA[..2], &[("helmfile.yaml", helmfile)]);
    assert_eq!(found(dir.path(), "helm-render"), ["helmfile.yaml:3 helm-render"]);
}

/// A chart that needs an API which no cluster has by itself.
const ASKS: [(&str, &str); 2] = [
    ("chart/Chart.yaml", CHART),
    (
        "chart/templates/a.yaml",
        "{{- if not (.Capabilities.APIVersions.Has \"example.org/v1\") }}{{ fail \"no example\" }}{{ end }}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n",
    ),
];

#[test]
fn who_declares_a_release_may_say_which_apis_its_cluster_has() {
    let argo = |apis: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: web, namespace: argocd}}\nspec:\n  project: default\n  destination: {{namespace: web, server: https://kubernetes.default.svc}}\n  source:\n    repoURL: https://git.example.org/x.git\n    path: chart\n    helm: {{releaseName: web{apis}}}\n"
        )
    };
    let helmfile = |all: &str, own: &str| {
        format!("{all}releases:\n  - {{name: web, namespace: web, chart: ./chart{own}}}\n")
    };
    let kustomize = |apis: &str| {
        format!(
            "helmGlobals: {{chartHome: .}}\nhelmCharts:\n  - {{name: chart, releaseName: web{apis}}}\n"
        )
    };
    let config = |all: &str, own: &str| {
        format!("{all}releases:\n  - {{name: web, namespace: web, chart: ./chart{own}}}\n")
    };
    let (camel, kebab) = (", apiVersions: [example.org/v1]", ", api-versions: [example.org/v1]");
    let (camel_all, kebab_all) = (&camel[2..], &kebab[2..]);
    for (file, texts) in [
        ("app.yaml", vec![argo(""), argo(camel)]),
        (
            "helmfile.yaml",
            vec![helmfile("", ""), helmfile("", camel), helmfile(&format!("{camel_all}\n"), "")],
        ),
        ("kustomization.yaml", vec![kustomize(""), kustomize(camel)]),
        (
            "plimsoll.yaml",
            vec![config("", ""), config("", kebab), config(&format!("{kebab_all}\n"), "")],
        ),
    ] {
        for (at, text) in texts.iter().enumerate() {
            let dir = with(&ASKS, &[(file, text)]);
            let run = check(&dir);
            assert_eq!(run.code, Some(i32::from(at == 0)), "{file} {text}: {}{}", run.out, run.err);
        }
    }
    let dir = with(&ASKS, &[]);
    let said = ["check", "--no-cache", "--api-versions", "example.org/v1/Thing,example.org/v1"];
    run(dir.path(), &said).expect_code(0);
    let help = "where the cluster has `example.org/v1`, which the template asks for, name it under";
    let told = run(dir.path(), &["check", "--no-cache", "--format", "full"]).expect_code(1);
    assert!(
        told.out.replace("\n  │ ", " ").replace("\n        ", " ").contains(help),
        "{}",
        told.out
    );
}

/// A chart that puts a value into its YAML without quotes, and asks for another.
const PUTS: [(&str, &str); 3] = [
    ("charts/web/Chart.yaml", CHART),
    ("charts/web/values.yaml", "class: fast\nhosts: []\nname: web\n"),
    (
        "charts/web/templates/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Values.name }}\n  annotations: {{ toYaml .Values.annotations | nindent 4 }}\ndata:\n  class: {{ .Values.class }}\n  host: {{ first .Values.hosts }}\n",
    ),
];

/// What of an object only Terraform knows is a text, or leaves all of it open.
#[test]
fn values_that_terraform_encodes_are_shown_where_they_are_written() {
    let terraform = |class: &str| {
        format!(
            "variable \"class\" {{}}\nlocals {{\n  name = \"My_App\"\n}}\nresource \"helm_release\" \"web\" {{\n  name      = \"web\"\n  namespace = \"web\"\n  chart     = \"./charts/web\"\n  values = [yamlencode({{\n    name = local.name\n    class = {class}\n    \"annotations\" = {{ \"a.example/b\" = \"c, d\" }}\n    hosts = [\"a.example\", {{}}]\n  }})]\n}}\n"
        )
    };
    for (class, is_known) in [
        ("\"fast\"", true),
        ("\"${var.class}-x\"", true),
        ("\"${var.class}\"", false),
        ("var.class", false),
    ] {
        let dir = with(&PUTS, &[("main.tf", &terraform(class))]);
        let run = check(&dir);
        let expected = "main.tf:10:12: error object-name-valid: `My_App`";
        assert_eq!(run.out.contains(expected), is_known, "{class}: {}{}", run.out, run.err);
        assert_eq!(run.err.contains("computed elsewhere"), !is_known, "{class}: {}", run.err);
    }
}

/// A set of Applications that a generator fills in, with values given by these lines.
fn application_set(generator: &str, values: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: web, namespace: argocd}}\nspec:\n  goTemplate: true\n  generators: [{generator}]\n  template:\n    metadata: {{name: web}}\n    spec:\n      project: default\n      destination: {{namespace: web, server: https://kubernetes.default.svc}}\n      source:\n        repoURL: https://git.example.org/x.git\n        path: charts/web\n        helm:\n{values}"
    )
}

#[test]
fn texts_of_a_set_of_applications_are_filled_in() {
    let values = |key: &str| {
        format!(
            "          {key}\n            name: \"{{{{ .name }}}}\"\n            class: \"{{{{ .class }}}}\"\n            annotations: {{a.example/b: \"{{{{ .brace }}}}, b\"}}\n            # {{{{ no value }}}}\n            hosts:\n              - \"{{{{ .host }}}}.example\"\n"
        )
    };
    for key in ["valuesObject:", "values: |"] {
        let values = values(key);
        let known = application_set(
            "{list: {elements: [{name: My_App, class: slow, brace: \"{a,b}\", host: web}]}}",
            &values,
        );
        let dir = with(&PUTS, &[("set.yaml", &known)]);
        let run = check(&dir);
        let expected = "set.yaml:17:19: error object-name-valid: `My_App`";
        assert!(run.out.contains(expected), "{key}{}{}", run.out, run.err);
        // What needs the cluster is left open; the chart is rendered all the same.
        let unknown = application_set("{plugin: {configMapRef: {name: secrets}}}", &values);
        let dir = with(&PUTS, &[("set.yaml", &unknown)]);
        let run = check(&dir).expect_code(0);
        assert!(run.out.is_empty() && !run.err.contains("web/web:"), "{key}{}{}", run.out, run.err);
    }
}

/// A text is rendered as a whole. Where a key of a map is a template, nobody can tell what the values will be.
#[test]
fn values_of_a_set_that_are_a_text_may_be_any_template() {
    let list = "{list: {elements: [{name: My_App, key: name}]}}";
    let checked = |generator: &str, values: &str| {
        let set = application_set(generator, values);
        let dir = with(&PUTS, &[("set.yaml", &set)]);
        check(&dir)
    };
    let note = "web/web: some of its values are computed elsewhere";
    let rest = "            class: slow\n            annotations: {a: b}\n            hosts: [c]\n";
    for (values, line) in [
        (format!("          values: |\n            name: {{{{ .name }}}}\n{rest}"), 17),
        (
            format!(
                "          values: |\n            {{{{- if .name }}}}\n            name: {{{{ .name }}}}\n            {{{{- end }}}}\n{rest}"
            ),
            18,
        ),
    ] {
        let run = checked(list, &values);
        let expected = format!("set.yaml:{line}:22: error object-name-valid: `My_App`");
        assert!(run.out.contains(&expected), "{values}{}{}", run.out, run.err);
        let run = checked("{clusters: {}}", &values).expect_code(0);
        assert!(run.err.contains(note), "{values}{}{}", run.out, run.err);
    }
    let run = checked(list, "          valuesObject: {\"{{ .key }}\": My_App}\n").expect_code(0);
    assert!(run.err.contains(note), "{}{}", run.out, run.err);
}

#[test]
fn a_parameter_of_an_application_may_need_the_cluster() {
    let parameter = "          parameters: [{name: name, value: \"{{ .name }}\"}, {name: annotations.a, value: b}, {name: \"hosts[0]\", value: c}]\n";
    let set = application_set("{clusters: {}}", parameter);
    let dir = with(&PUTS, &[("set.yaml", &set)]);
    let run = check(&dir).expect_code(0);
    assert!(run.out.is_empty() && !run.err.contains("web/web:"), "{}{}", run.out, run.err);
}

/// Values of another repository are known to nobody; a file that this one should have is missed.
#[test]
fn a_values_file_may_be_of_another_repository() {
    let application = |name: &str, url: &str, file: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\nspec:\n  project: default\n  destination: {{namespace: web, server: https://kubernetes.default.svc}}\n  sources:\n    - repoURL: https://git.example.org/here.git\n      path: charts/web\n      helm: {{valueFiles: [$values/{file}]}}\n    - repoURL: {url}\n      ref: values\n"
        )
    };
    let here = "https://git.example.org/here.git";
    let other = "https://git.example.org/other.git";
    for (url, file, missed) in [
        (here, "env/web.yaml", true),
        (here, "charts/web/values.yaml", false),
        (other, "env/web.yaml", false),
        (other, "charts/web/values.yaml", false),
    ] {
        let dir = with(&NEEDS, &[("web.yaml", &application("web", url, file))]);
        let run = check(&dir);
        let is_missed = run.out.contains("release-values-missing");
        assert_eq!(is_missed, missed, "{url} {file}: {}", run.out);
        let is_open = run.err.contains("web/web: some of its values lie elsewhere");
        assert_eq!(is_open, url == other, "{url} {file}: {}{}", run.out, run.err);
    }
}

/// A chart that makes an Application of another, with these lines for its values.
fn application_of_applications(values: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: web}}\nspec:\n  project: default\n  destination: {{namespace: web, server: https://kubernetes.default.svc}}\n  source:\n    repoURL: https://git.example.org/x.git\n    path: charts/web\n    helm:\n{values}"
    )
}

#[test]
fn values_that_a_template_makes_are_those_of_its_application() {
    let values = |name: &str, key: &str| {
        application_of_applications(&format!(
            "      {key}\n        name: {{{{ .Values.{name} }}}}\n        annotations: {{a.example/b: \"{{c}}, d\", e: \"1\"}}\n        more: {{\"{{{{`{{{{ .x }}}}`}}}}\": g}}\n        class: fast\n        class: slow\n        hosts:\n          - a.example\n          - {{}}\n"
        ))
    };
    for (name, key, line) in [
        ("known", "values: |", Some(12)),
        ("known", "valuesObject:", Some(12)),
        ("open", "values: |", None),
    ] {
        let template = values(name, key);
        let apps = [
            ("apps/Chart.yaml", "apiVersion: v2\nname: apps\nversion: 0.1.0\n"),
            ("apps/values.yaml", "known: My_App\nopen: null\n"),
            ("apps/templates/web.yaml", &template),
        ];
        let dir = with(&PUTS, &apps);
        let run = check(&dir);
        assert!(!run.err.contains("web/web:"), "{template}{}{}", run.out, run.err);
        let found: Vec<&str> = run.out.lines().filter(|line| line.contains("error")).collect();
        let expected = line.map(|line| format!("apps/templates/web.yaml:{line}:"));
        match expected {
            Some(place) => {
                assert!(matches!(found[..], [one] if one.starts_with(&place)), "{found:?}");
                assert!(found[0].contains("`My_App`"), "{found:?}");
            }
            None => assert!(found.is_empty(), "{found:?}"),
        }
    }
}

#[test]
fn the_table_of_releases_tells_what_each_overlay_puts_on_top() {
    let base = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: shop}\nspec:\n  interval: 1h\n  chart: {spec: {chart: web, sourceRef: {kind: HelmRepository, name: all}}}\n  values: {a: 1}\n";
    let patch = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: shop}\nspec:\n  values: {b: 2}\n";
    let overlay = "resources: [../base]\npatches: [{path: more.yaml}]\n";
    let dir = repository(&[
        ("base/web.yaml", base),
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("one/kustomization.yaml", overlay),
        ("one/more.yaml", patch),
        ("two/kustomization.yaml", overlay),
        ("two/more.yaml", patch),
    ]);
    let out = run(dir.path(), &["releases"]).expect_code(0).out;
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = out.lines().map(squeezed).collect();
    assert_eq!(
        lines,
        [
            "RELEASE CHART VALUES DECLARED IN",
            "shop/web web inline (line 7), inline (one/more.yaml:5) base/web.yaml:1 (flux, one)",
            "shop/web web inline (line 7), inline (two/more.yaml:5) base/web.yaml:1 (flux, two)",
        ]
    );
}

#[test]
fn the_table_of_releases_tells_values_that_are_read_in_the_cluster_from_those_beside_them() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: shop}\nspec:\n  interval: 1h\n  chart: {spec: {chart: web, sourceRef: {kind: HelmRepository, name: all}}}\n  valuesFrom: [{kind: Secret, name: more}]\n  values: {a: 1}\n";
    let dir = repository(&[("web.yaml", release)]);
    let out = run(dir.path(), &["releases"]).expect_code(0).out;
    assert!(out.contains("  elsewhere (line 7), inline (line 8)  "), "{out}");
}

/// The names of the releases that a repository with a chart declares, sorted.
fn named(files: &[(&str, &str)]) -> Vec<String> {
    let dir = with(&NEEDS[..2], files);
    let out = run(dir.path(), &["releases", "--format", "json"]).expect_code(0).out;
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let releases = report["releases"].as_array().expect("releases").iter();
    let mut names: Vec<String> =
        releases.map(|release| release["name"].as_str().unwrap_or("?").to_owned()).collect();
    names.sort();
    names
}

#[test]
fn what_stands_behind_and_or_or_has_its_say() {
    for (script, expected) in [
        ("helm repo update && NAME=and\nhelm install $NAME charts/web\n", "and"),
        ("helm repo update && helm install and charts/web\n", "and"),
        // Whether a command succeeds is known when it runs.
        ("helm status web || helm install or charts/web\n", "or"),
        // A test that ends the script lets it pass where it is really run.
        ("NAME=on\n[ -n \"$CI\" ] || exit 1\nhelm install $NAME charts/web\n", "on"),
        ("NAME=on\n[ -z \"$CI\" ] && exit 1\nhelm install $NAME charts/web\n", "on"),
    ] {
        assert_eq!(named(&[("deploy.sh", script)]), [expected], "{script}");
    }
}

#[test]
fn what_a_script_prints_into_a_name_is_known() {
    for (script, expected) in [
        ("helm install $(printf '%s-%s' shop web) charts/web\n", "shop-web"),
        ("helm install $(printf 'shop\\n') charts/web\n", "shop"),
        ("helm install $(basename deploy/shop.yaml .yaml) charts/web\n", "shop"),
        ("helm install $(basename $(dirname deploy/shop.yaml)) charts/web\n", "deploy"),
    ] {
        assert_eq!(named(&[("deploy.sh", script)]), [expected], "{script}");
    }
}

/// As GitHub has it: what agrees with a combination adds to it, and what does not is one of its own.
#[test]
fn an_entry_that_a_matrix_includes_adds_to_the_combinations_that_it_agrees_with() {
    let jobs = |matrix: &str| {
        format!(
            "jobs:\n  deploy:\n    strategy: {{matrix: {{{matrix}}}}}\n    steps:\n      - run: helm install ${{{{ matrix.stage }}}}-${{{{ matrix.zone }}}} charts/web\n"
        )
    };
    let path = ".github/workflows/deploy.yaml";
    for (matrix, expected) in [
        ("stage: [a, b], zone: [x]", &["a-x", "b-x"][..]),
        ("stage: [a, b], zone: [x], include: [{stage: c, zone: y}]", &["a-x", "b-x", "c-y"]),
        ("stage: [a], include: [{stage: a, zone: z}]", &["a-z"]),
        ("stage: [a, b], include: [{zone: z}]", &["a-z", "b-z"]),
        ("include: [{stage: a, zone: x}, {stage: b, zone: y}]", &["a-x", "b-y"]),
        ("stage: [a, b], zone: [x, y], exclude: [{stage: a}, {stage: b, zone: x}]", &["b-y"]),
        (
            "stage: [a, b], zone: [x], exclude: [{stage: b}], include: [{stage: b, zone: z}]",
            &["a-x", "b-z"],
        ),
        // What was added is no part of the combination that is to be agreed with.
        ("stage: [a, b], include: [{zone: x}, {stage: b, zone: y}]", &["a-x", "b-y"]),
    ] {
        assert_eq!(named(&[(path, &jobs(matrix))]), expected, "{matrix}");
    }
}

/// A default is taken where a name is not known, but not what a condition on the run chooses.
#[test]
fn what_an_expression_chooses_when_a_job_runs_is_not_known() {
    let path = ".github/workflows/deploy.yaml";
    for (expression, expected) in [
        ("inputs.stage || 'dev'", &["web-dev"][..]),
        ("github.ref == 'refs/heads/main' && 'prod' || 'dev'", &["?"]),
    ] {
        let job = format!(
            "jobs:\n  deploy:\n    steps:\n      - run: helm install web-${{{{ {expression} }}}} charts/web\n"
        );
        assert_eq!(named(&[(path, &job)]), expected, "{expression}");
    }
}

/// Braces in a file of another name are text.
#[test]
fn a_values_file_of_helmfile_is_a_template_where_it_is_called_so() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: {{ .Values.a | quote }}}]}\n";
    let chart = [NEEDS[0], NEEDS[1], ("charts/web/templates/a.yaml", pod)];
    for (path, rule) in [
        ("web.yaml.gotmpl", "image-tag-latest-forbidden"),
        ("web.gotmpl", "image-tag-latest-forbidden"),
        ("web.yaml", "image-reference-malformed"),
    ] {
        let helmfile = format!(
            "environments: {{default: {{values: [{{tag: latest}}]}}}}\nreleases:\n  - {{name: web, chart: ./charts/web, values: [{path}]}}\n"
        );
        let values = "a: \"example.org/web:{{ .Values.tag }}\"\n";
        let dir = with(&chart, &[("helmfile.yaml", &helmfile), (path, values)]);
        let rules = "image-tag-latest-forbidden,image-reference-malformed";
        assert_eq!(found(dir.path(), rules), [format!("{path}:1 {rule}")]);
    }
}

/// What it makes is shorter, and its lines are others.
#[test]
fn a_key_that_a_values_template_of_helmfile_makes_is_shown_and_not_taken_out() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: {{ .Values.a | quote }}}\n";
    let chart = [NEEDS[0], NEEDS[1], ("charts/web/templates/a.yaml", map)];
    let helmfile = "releases:\n  - {name: web, chart: ./charts/web, values: [web.yaml.gotmpl]}\n";
    let values =
        "{{/* of which nothing is left, however long it may be */}}\na: {{ 1 }}\nunread: {{ 2 }}\n";
    let dir = with(&chart, &[("helmfile.yaml", helmfile), ("web.yaml.gotmpl", values)]);
    let unread = ["web.yaml.gotmpl:3 values-key-unused"];
    assert_eq!(found(dir.path(), "values-key-unused"), unread);
    let args = ["check", "--fix", "--unsafe-fixes", "--no-cache", "--fail-on", "never"];
    run(dir.path(), &args).expect_code(0);
    let kept = std::fs::read_to_string(dir.path().join("web.yaml.gotmpl")).expect("it is there");
    assert_eq!(kept, values);
}

/// Secrets are put in their place before a release is deployed, and git is told to ignore them.
#[test]
fn a_values_file_that_git_ignores_is_not_missing() {
    let helmfile = "releases:\n  - {name: web, chart: ./charts/web, values: [secrets/web.yaml]}\n";
    for (path, ignores, is_missing) in [
        (".gitignore", "secrets\n", false),
        (".gitignore", "/secrets/*.yaml\n", false),
        ("secrets/.gitignore", "web.yaml\n", false),
        (".gitignore", "secrets/*\n!secrets/web.yaml\n", true),
        (".gitignore", "/web.yaml\n", true),
    ] {
        let head = (".git/HEAD", "ref: refs/heads/main\n");
        let dir = with(&NEEDS, &[("helmfile.yaml", helmfile), head, (path, ignores)]);
        let run = check(&dir);
        let rule = "release-values-missing";
        assert_eq!(run.out.contains(rule), is_missing, "{ignores}{}", run.out);
        assert!(is_missing || run.err.contains("lie elsewhere"), "{ignores}{}", run.err);
    }
}

/// A module gets its values from whoever calls it.
#[test]
fn a_values_file_that_is_passed_to_a_module_is_a_layer() {
    let module = "variable \"values\" {}\nlocals {\n  own = file(\"${path.module}/own.yaml\")\n}\nresource \"helm_release\" \"web\" {\n  name   = \"web\"\n  chart  = \"web\"\n  values = flatten([local.own, var.values])\n}\n";
    let call = "module \"web\" {\n  source = \"../../modules/web\"\n  values = file(\"${path.module}/web.yaml\")\n}\n";
    let list =
        call.replace("file(\"${path.module}/web.yaml\")", "[file(\"${path.module}/web.yaml\")]");
    let dir = repository(&[
        ("modules/web/main.tf", module),
        ("modules/web/own.yaml", "a: 1\n"),
        ("clusters/a/main.tf", call),
        ("clusters/a/web.yaml", "b: 1\n"),
        ("clusters/b/main.tf", &list),
        ("clusters/b/web.yaml", "b: 2\n"),
    ]);
    let out = run(dir.path(), &["releases"]).expect_code(0).out;
    for cluster in ["a", "b"] {
        let layers = format!("modules/web/own.yaml, clusters/{cluster}/web.yaml");
        assert!(out.contains(&layers), "{layers}: {out}");
    }
}

/// Argo CD's paths begin at the top of the repository, from whichever of its folders plimsoll is called, and with whichever
/// it is asked for.
#[test]
fn paths_from_the_top_of_a_repository_are_found_from_each_of_its_folders() {
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web, namespace: argocd}\nspec:\n  project: default\n  destination: {namespace: web, server: https://kubernetes.default.svc}\n  source:\n    repoURL: https://git.example.org/x.git\n    path: charts/web\n    helm: {valueFiles: [/envs/prod.yaml]}\n";
    let files = [
        (".git/HEAD", "ref: refs/heads/main\n"),
        ("deploy/web.yaml", application),
        ("envs/prod.yaml", "b: x\nc: 1\n"),
    ];
    let dir = with(&NEEDS, &files);
    let releases = |folder: &str, paths: &[&str]| {
        let list = run(&dir.path().join(folder), &[&["releases"], paths].concat()).expect_code(0);
        let line = list.out.lines().nth(1).expect("a release").to_owned();
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()[1..4].join(" ")
    };
    assert_eq!(releases(".", &["."]), "charts/web 0.1.0 envs/prod.yaml");
    assert_eq!(releases(".", &["deploy", "charts", "envs"]), "charts/web 0.1.0 envs/prod.yaml");
    assert_eq!(releases(".", &["deploy"]), "charts/web 0.1.0 envs/prod.yaml");
    assert_eq!(releases("deploy", &["."]), "../charts/web 0.1.0 ../envs/prod.yaml");

    // What lies around is read to render the chart.
    let unread = "values-key-unused";
    let check = |folder: &str, paths: &[&str]| {
        let args = ["check", "--no-cache", "--format", "concise", "--select", unread];
        run(&dir.path().join(folder), &[&args, paths].concat()).expect_code(0)
    };
    for (folder, paths, shown) in
        [(".", ".", "envs/prod.yaml:2:1:"), ("deploy", ".", "../envs/prod.yaml:2:1:")]
    {
        let checked = check(folder, &[paths]);
        assert!(checked.out.starts_with(shown), "{}", checked.out);
        assert!(checked.err.contains("1 release"), "{}", checked.err);
    }

    // An example in a repository is its own top.
    let dir = repository(&[(".git/HEAD", "ref: refs/heads/main\n")]);
    for (path, text) in NEEDS.into_iter().chain(files).filter(|(path, _)| !path.starts_with(".git"))
    {
        let path = dir.path().join("example").join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let list = run(dir.path(), &["releases", "example"]).expect_code(0);
    assert!(list.out.contains("example/charts/web"), "{}", list.out);
    assert!(list.out.contains("example/envs/prod.yaml"), "{}", list.out);
}

/// `valueFiles: [values.yaml, prod.yaml]` overrides nothing by the first, and what the second takes back is needed.
#[test]
fn a_chart_s_own_values_named_by_a_release_repeat_no_default() {
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web, namespace: argocd}\nspec:\n  project: default\n  destination: {namespace: web, server: https://kubernetes.default.svc}\n  source:\n    repoURL: https://git.example.org/x.git\n    path: charts/web\n    helm: {valueFiles: [values.yaml, base.yaml, prod.yaml]}\n";
    let files = [
        ("apps/web.yaml", application),
        ("charts/web/base.yaml", "a: 2\nb: x\n"),
        ("charts/web/prod.yaml", "a: 1\nc: {d: 1}\n"),
    ];
    let mut chart = NEEDS;
    chart[1].1 = "a: 1\nc: {d: 1}\n";
    let dir = with(&chart, &files);
    let redundant = "values-redundant-default";
    assert_eq!(found(dir.path(), redundant), [format!("charts/web/prod.yaml:2 {redundant}")]);
}

/// helmfile reads what is directly in `helmfile.d`; charts, values and manifests may lie below.
#[test]
fn what_lies_below_a_folder_of_helmfiles_is_linted() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostPID: true\n  containers: [{name: a, image: 'example.org/a:1.0.0'}]\n";
    let files = [
        (
            "helmfile.d/10-web.yaml",
            "releases:\n  - {name: web, chart: charts/web, values: [values/web.yaml]}\n",
        ),
        ("helmfile.d/values/web.yaml", "b: x\nc: 1\n"),
        ("helmfile.d/charts/web/Chart.yaml", NEEDS[0].1),
        ("helmfile.d/charts/web/values.yaml", NEEDS[1].1),
        ("helmfile.d/charts/web/templates/a.yaml", NEEDS[2].1),
        ("helmfile.d/pods/a.yaml", pod),
    ];
    let dir = repository(&files);
    let rules = ["host-pid-forbidden", "values-key-unused"];
    assert_eq!(
        found(dir.path(), &rules.join(",")),
        [
            format!("helmfile.d/pods/a.yaml:5 {}", rules[0]),
            format!("helmfile.d/values/web.yaml:2 {}", rules[1])
        ]
    );
}

/// What a script declares after more than can be followed is not known, and that is said.
#[test]
fn a_script_that_cannot_be_followed_to_its_end_is_said() {
    let words = "a b c d e f g h i j k l m n o p";
    let loops = |depth: usize| {
        let heads: String = (0..depth).map(|at| format!("for v{at} in {words}; do\n")).collect();
        format!("{heads}echo $v0\n{}", "done\n".repeat(depth))
    };
    for (depth, is_cut) in [(1, false), (4, true)] {
        let script =
            format!("#!/bin/sh\n{}helm upgrade web ./charts/web --set b=x\n", loops(depth));
        let dir = with(&NEEDS, &[("deploy.sh", &script)]);
        let found = found(dir.path(), "release-unresolved");
        let is_said = found.iter().any(|line| line == "deploy.sh:1 release-unresolved");
        assert_eq!(is_said, is_cut, "{depth}: {found:?}");
    }
}

/// Where the values of all releases of a chart are elsewhere, what its templates say by themselves is judged, and nothing
/// that values may change.
#[test]
fn templates_are_judged_though_the_values_of_the_releases_are_elsewhere() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n    - name: a\n      image: example.org/a:latest\n    - name: b\n      image: example.org/b:{{ .Values.tag }}\n    - name: c\n      image: example.org/c{{ .Values.absent }}\n";
    let chart = [
        ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("web/values.yaml", "tag: latest\n"),
        ("web/templates/pod.yaml", pod),
    ];
    let of_script = ("install.sh", "#!/bin/sh\nhelm install web ./web -f \"$VALUES\"\n");
    let of_terraform = (
        "main.tf",
        "variable \"own\" {}\nresource \"helm_release\" \"web\" {\n  name = \"web\"\n  chart = \"${path.module}/web\"\n  values = [yamlencode(var.own)]\n}\n",
    );
    let of_file = ("install.sh", "#!/bin/sh\nhelm install web ./web -f made.yaml\n");
    for declaration in [of_script, of_terraform, of_file] {
        let dir = with(&chart, &[declaration]);
        let args = ["check", "--select", "image-tag-latest-forbidden", "--format", "concise"];
        let checked = run(dir.path(), &args).expect_code(1);
        let moving: Vec<_> = checked.out.lines().filter(|line| line.contains(" error ")).collect();
        assert_eq!(moving.len(), 1, "{moving:?}");
        assert!(moving[0].starts_with("web/templates/pod.yaml:7:"), "{moving:?}");
        let listed = run(dir.path(), &["releases"]).expect_code(0).out;
        assert!(!listed.contains("chart-default"), "{listed}");
    }
    let fails = ("web/templates/fail.yaml", "{{ required \"a host\" .Values.host }}\n");
    let dir = with(&chart, &[of_script, fails]);
    let checked = run(dir.path(), &["check"]).expect_code(0);
    assert!(checked.err.contains("does not render without values"), "{}", checked.err);
}
