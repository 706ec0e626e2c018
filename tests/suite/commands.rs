//! Releases that commands in scripts, Makefiles and pipelines deploy.

use crate::harness::{repository, run};

const CHART: [(&str, &str); 5] = [
    ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
    ("web/values.yaml", "a: 1\n"),
    ("a.yaml", "a: 2\n"),
    ("b.yaml", "a: 3\n"),
    ("c.yaml", "a: 4\n"),
];

/// What a repository with a chart declares: each release as `namespace/name`, with the values on top of the chart's, and
/// why others are not resolved. Sorted.
fn declared(file: &str, text: &str) -> Vec<String> {
    let dir = repository(&[&CHART[..], &[(file, text)]].concat());
    let out = run(dir.path(), &["releases", "--format", "json"]).expect_code(0).out;
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let list = |key: &str| report[key].as_array().expect("a list").clone();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("?").to_owned();
    let release = |release: &serde_json::Value| {
        let values = release["values"].as_array().expect("values").iter();
        let values = values.map(|layer| layer["file"].as_str().unwrap_or("inline").to_owned());
        let name = format!("{}/{}", text(&release["namespace"]), text(&release["name"]));
        [name].into_iter().chain(values).collect::<Vec<_>>().join(" ")
    };
    let own = |release: &&serde_json::Value| release["via"] != "chart-default";
    let mut all: Vec<String> = list("releases").iter().filter(own).map(release).collect();
    all.extend(list("unresolved").iter().map(|unresolved| text(&unresolved["why"])));
    all.sort();
    all
}

#[track_caller]
fn expect(file: &str, text: &str, expected: &[&str]) {
    assert_eq!(declared(file, text), expected, "{file}: {text}");
}

/// As `helm install` would.
#[test]
fn a_chart_whose_manifests_are_applied_is_deployed() {
    for (command, expected) in [
        ("helm template a web -f a.yaml | kubectl apply -f -", &["?/a a.yaml"][..]),
        ("helm template a web -n x | kubectl apply -n y -f-", &["x/a"]),
        ("helm template a web --dry-run=server | kubectl -n=y create -f /dev/stdin", &["y/a"]),
        ("helm template web | sudo oc replace --filename=-", &["?/release-name"]),
        ("helm template -g web | kubectl apply -f -", &["?/?"]),
        ("helm secrets template a web -f a.yaml | kubectl apply -f -", &["?/a a.yaml"]),
        ("helm template a web |\n  sed s/a/b/ | tee all.yaml | kubectl apply -f -", &["?/a"]),
        (
            "{ helm template a web; echo ---; helm template b web; } | kubectl apply -f -",
            &["?/a", "?/b"],
        ),
        ("render() { helm template $1 web; }\nrender a | kubectl apply -f -", &["?/a"]),
        ("for x in a b; do helm template $x web; done | kubectl apply -f -", &["?/a", "?/b"]),
        ("kubectl apply -f <(helm template a web)", &["?/a"]),
        ("K=kubectl\nhelm template a web | $K apply -f -", &["?/a"]),
        ("helm template a web | $KUBECTL apply -f -", &["?/a"]),
        ("helm template a web > all.yaml\nkubectl apply -n x -f all.yaml", &["x/a"]),
        (
            "helm template a web | grep -v b > $DIR/all.yaml\nkubectl apply -f $DIR/all.yaml",
            &["?/a"],
        ),
        ("helm template a web | tee -a out/all.yaml\nkubectl apply -f out/", &["?/a"]),
        ("helm template a web --output-dir out\nkubectl apply -R -f out/web/templates", &["?/a"]),
        ("helm template a web --kube-version 1.30 -a x/v1 | kubectl apply -f -", &["?/a"]),
        (
            "helm template $N-$(date) web | kubectl apply -f -",
            &["the release's name is computed when the command runs"],
        ),
        (
            "helm template a web -s templates/a.yaml | kubectl apply -f -",
            &["only some of the chart's templates are applied"],
        ),
    ] {
        expect("deploy.sh", &format!("{command}\n"), expected);
    }
    let makefile = "all:\n\thelm template a web > all.yaml\n\tkubectl apply -f all.yaml\n";
    expect("Makefile", makefile, &["?/a"]);
    // The jobs of a pipeline hand files on.
    let pipeline = "render:\n  script: [helm template a web > all.yaml]\ndeploy:\n  script: [kubectl apply -f all.yaml]\n";
    expect(".gitlab-ci.yml", pipeline, &["?/a"]);
}

#[test]
fn a_chart_that_is_only_rendered_is_not_deployed() {
    for command in [
        "helm template a web",
        "helm template a web | kubeconform",
        "helm template a web | kubectl diff -f -",
        "helm template a web | kubectl apply --dry-run=client -f -",
        "helm template a web | kubectl delete -f -",
        "helm template a web | echo kubectl apply -f -",
        "helm template a web | kubectl apply -f other.yaml",
        "helm template a web > all.yaml\nkubectl apply -f other.yaml",
        "helm template a web > /dev/null | kubectl apply -f -",
        "helm template a web 2> all.yaml\nkubectl apply -f all.yaml",
        "x=$(helm template a web) | kubectl apply -f -",
        "helm template a web | tee $(mktemp)\nkubectl apply -f $(mktemp)",
        // What the repository holds is checked as a manifest.
        "helm template a web > a.yaml\nkubectl apply -f a.yaml",
        "kubectl apply -f all.yaml",
    ] {
        expect("deploy.sh", &format!("{command}\n"), &[]);
    }
}

#[test]
fn options_that_a_command_prints_are_read() {
    for (options, values) in [
        ("$(for f in a b; do echo -f $f.yaml; done)", "a.yaml b.yaml"),
        ("$(for f in a b; do printf -- '-f %s.yaml ' $f; done) --set x=y", "a.yaml b.yaml inline"),
        ("`echo -f a.yaml`", "a.yaml"),
        ("$([ -f a.yaml ] && echo -f a.yaml) -f b.yaml", "a.yaml b.yaml"),
        // What is not known may be values, too.
        ("$(values-of web)", "inline"),
        ("\"$(values-of web)\"", "inline"),
        ("-f a.yaml $(cat options)", "a.yaml inline"),
        ("$(echo -f a.yaml; values-of web)", "a.yaml inline"),
        ("$OPTIONS", ""),
    ] {
        let expected = format!("?/a {values}");
        expect("deploy.sh", &format!("helm install a web {options}\n"), &[expected.trim_end()]);
    }
    let unknown = "which values file `…` is, is only known when the command runs";
    expect("deploy.sh", "helm install a web -f $(values-of web)\n", &[unknown]);
    expect("deploy.sh", "helm install $(echo --wait) a web\n", &["?/a"]);
}

/// bash expands braces, and POSIX's shell does not.
#[test]
fn braces_in_options_are_expanded_where_the_shell_does() {
    let install = "helm install a web --values={a,b}.yaml\n";
    for (first, expanded) in [
        ("", true),
        ("#!/bin/bash\n", true),
        ("#!/usr/bin/env -S bash -e\n", true),
        ("#!/bin/zsh\n", true),
        ("#!/bin/sh\n", false),
        ("#!/usr/bin/env dash\n", false),
    ] {
        let values = if expanded { "?/a a.yaml b.yaml" } else { "?/a {a b}.yaml" };
        expect("deploy.sh", &format!("{first}{install}"), &[values]);
    }
    let step = |more: &str| format!("jobs:\n  a:\n    steps:\n      - run: {install}{more}");
    expect(".github/workflows/a.yaml", &step(""), &["?/a a.yaml b.yaml"]);
    let shell = "        shell: sh\n";
    expect(".github/workflows/a.yaml", &step(shell), &["?/a {a b}.yaml"]);
    expect(
        "deploy.sh",
        "#!/bin/bash\nhelm install a web --set x=\\{a,b\\} --set 'y={a,b}'\n",
        &["?/a inline"],
    );
}

/// helm: pkg/cli/environment.go.
#[test]
fn a_variable_may_name_the_namespace() {
    for (script, expected) in [
        (
            "export HELM_NAMESPACE=x\nhelm install a web\nhelm install b web -n y\n",
            &["x/a", "y/b"][..],
        ),
        ("HELM_NAMESPACE=x\nexport HELM_NAMESPACE\nhelm install a web\n", &["x/a"]),
        ("declare -x HELM_NAMESPACE=x; helm install a web\n", &["x/a"]),
        ("HELM_NAMESPACE=x helm install a web\nhelm install b web\n", &["?/b", "x/a"]),
        ("env HELM_NAMESPACE=x helm install a web\n", &["x/a"]),
        // A variable of the script is not helm's.
        ("HELM_NAMESPACE=x\nhelm install a web\n", &["?/a"]),
        ("export HELM_NAMESPACE=x\nunset HELM_NAMESPACE\nhelm install a web\n", &["?/a"]),
        ("export HELM_NAMESPACE=$N\nhelm install a web\n", &["?/a"]),
        ("export HELM_NAMESPACE=x\nhelm install a web -n ''\n", &["?/a"]),
        ("export HELM_NAMESPACE=x\nhelm template a web | kubectl apply -n y -f -\n", &["x/a"]),
    ] {
        expect("deploy.sh", script, expected);
    }
    let workflow = "env: {HELM_NAMESPACE: x}\njobs:\n  a:\n    steps:\n      - run: helm install a web\n      - {run: helm install b web, env: {HELM_NAMESPACE: y}}\n";
    expect(".github/workflows/a.yaml", workflow, &["x/a", "y/b"]);
    let pipeline = "variables: {HELM_NAMESPACE: x}\na: {script: [helm install a web]}\nb: {script: [helm install b web], variables: {HELM_NAMESPACE: y}}\n";
    expect(".gitlab-ci.yml", pipeline, &["x/a", "y/b"]);
    expect("Makefile", "export HELM_NAMESPACE = x\nall:\n\thelm install a web\n", &["x/a"]);
    expect(
        "Makefile",
        "HELM_NAMESPACE = x\nall:\n\thelm install a web -n $$HELM_NAMESPACE\n",
        &["?/a"],
    );
    expect("Makefile", "export N := x\nall:\n\thelm install a web -n $$N\n", &["x/a"]);
}

/// GNU make's manual, "The eval Function".
#[test]
fn rules_that_a_makefile_evaluates_are_read() {
    let define = "define rule\ndeploy-$(1):\n\t@echo $(1)\n\t@helm install $(1) web -n $$(N) -f $(1).yaml\nendef\n";
    let install = |name: &str| format!("x/{name} {name}.yaml");
    for (line, names) in [
        ("$(eval $(call rule,a))", &["a"][..]),
        ("$(foreach e,a b,$(eval $(call rule,$(e))))", &["a", "b"]),
        ("$(foreach e,$(ALL),\\\n  $(eval $(call rule,$e)))", &["a", "b", "c"]),
        ("$(foreach e,a,$(foreach f,b c,$(eval $(call rule,$(f)))))", &["b", "c"]),
        ("$(if $(N),$(eval $(call rule,a)),$(eval $(call rule,b)))", &["a"]),
        ("define each\n$(eval $(call rule,$(1)))\nendef\n$(call each,b)", &["b"]),
        ("$(eval deploy: ; helm install a web -n x -f a.yaml)", &["a"]),
        ("$(info deploy: none)", &[]),
        ("ifdef N\n$(eval $(call rule,a))\nelse\n$(eval $(call rule,b))\nendif", &["a"]),
    ] {
        let expected: Vec<String> = names.iter().map(|name| install(name)).collect();
        let makefile = format!("N = x\nALL = a b c\n{define}{line}\n");
        assert_eq!(declared("Makefile", &makefile), expected, "{line}");
    }
    // They are where the `define` has them.
    let makefile = format!("N = x\n{define}$(foreach e,a b,$(eval $(call rule,$(e))))\n");
    let dir = repository(&[&CHART[..], &[("Makefile", &makefile)]].concat());
    let out = run(dir.path(), &["releases"]).expect_code(0).out;
    assert_eq!(out.matches("Makefile:5").count(), 2, "{out}");
    for part in ["$(eval ", "$(foreach a,b c,", "$(call rule,", "$(eval $(call rule,", "$(if a,"] {
        declared(
            "Makefile",
            &format!(
                "{define}{}x{}\nall:\n\thelm install a web\n",
                part.repeat(500),
                ")".repeat(500)
            ),
        );
    }
    let doubled = |at: usize| {
        format!("define d{at}\n$(call d{0})\n$(call d{0})\n$(call d{0})\nendef\n", at + 1)
    };
    let defines: String = (0..40).map(doubled).collect();
    declared(
        "Makefile",
        &format!("{defines}$(eval $(call d0))\nall:\n\t$(call d0)\n\thelm install a web\n"),
    );
}

#[test]
fn jobs_that_are_never_run_deploy_nothing() {
    for (rules, runs) in [
        ("[{when: never}]", false),
        ("[{if: $A, when: never}, {when: never}]", false),
        ("[{if: $A, when: never}]", false),
        ("[{when: never}, {when: always}]", false),
        ("[!reference [.rules, rules]]", false),
        ("!reference [.rules, rules]", false),
        ("[!reference [.elsewhere, rules], {when: never}]", true),
        ("[!reference [.circle, rules], {when: never}]", true),
        ("[{if: $A, when: never}, {when: manual}]", true),
        ("[{if: $A}]", true),
        ("[{if: $A}, {when: never}]", true),
    ] {
        let text = format!(
            ".rules: {{rules: [{{when: never}}]}}\n.circle: {{rules: [!reference [.circle, rules]]}}\na:\n  rules: {rules}\n  script: [helm install a web]\n"
        );
        expect(".gitlab-ci.yml", &text, if runs { &["?/a"] } else { &[] });
        let extended = format!(
            ".rules: {{rules: [{{when: never}}]}}\n.circle: {{rules: [!reference [.circle, rules]]}}\n.a:\n  rules: {rules}\na:\n  extends: .a\n  script: [helm install a web]\n"
        );
        expect(".gitlab-ci.yml", &extended, if runs { &["?/a"] } else { &[] });
    }
    let workflow = "workflow: {rules: [{when: never}]}\na: {script: [helm install a web]}\n";
    expect(".gitlab-ci.yml", workflow, &[]);
}

#[test]
fn jobs_whose_condition_is_false_deploy_nothing() {
    for (condition, runs) in [
        ("false", false),
        ("${{ false }}", false),
        ("${{ false && success() }}", false),
        ("!true", true),
        ("${{ !true }}", false),
        ("github.ref == 'x' && false", false),
        ("matrix.stage == 'test'", false),
        ("(matrix.stage != 'PROD') || false", false),
        ("${{ matrix.stage == 'prod' || github.ref == 'x' }}", true),
        ("always() && false || 'x'", true),
        ("github.ref == 'x'", true),
        ("false || contains(fromJSON('[\"it''s\"]'), matrix.stage)", true),
        ("!matrix.off && matrix.count", true),
        ("prefix ${{ false }}", true),
        ("'", true),
        ("((((", true),
        ("", true),
    ] {
        let quoted = condition.replace('\'', "''");
        let expected: &[&str] = if runs { &["?/a"] } else { &[] };
        let step = format!(
            "jobs:\n  a:\n    strategy: {{matrix: {{stage: [prod], off: [false], count: [1]}}}}\n    steps:\n      - run: helm install a web\n        if: '{quoted}'\n"
        );
        // In YAML, `!` begins a tag, so that one is always in an expression or in quotes.
        if condition != "!true" {
            expect(".github/workflows/a.yaml", &step, expected);
        }
    }
    expect(
        ".github/workflows/a.yaml",
        "jobs:\n  a:\n    if: false\n    steps: [run: helm install a web]\n",
        &[],
    );
    let nested = format!(
        "jobs:\n  a:\n    if: {}\n    steps: [run: helm install a web]\n",
        "(".repeat(9_000)
    );
    expect(".github/workflows/a.yaml", &nested, &["?/a"]);
}

/// One release for each option.
#[test]
fn an_input_with_options_may_be_each_of_them() {
    let workflow = |more: &str, job: &str| {
        format!(
            "on:\n  workflow_dispatch:\n    inputs:\n      env: {{type: choice, options: [a, b], default: a}}\n      name: {{default: d}}\n      other: {{type: string}}\n{more}jobs:\n  deploy:\n{job}"
        )
    };
    for (more, job, expected) in [
        (
            "",
            "    steps: [run: 'helm install x web -n ${{ inputs.env }} -f ${{ inputs.env }}.yaml']\n",
            &["a/x a.yaml", "b/x b.yaml"][..],
        ),
        (
            "",
            "    steps: [run: 'helm install x web -n ${{ github.event.inputs.env }}']\n",
            &["a/x", "b/x"],
        ),
        (
            "",
            "    steps: [{run: 'helm install x web -n $E', env: {E: '${{ inputs.env }}'}}]\n",
            &["a/x", "b/x"],
        ),
        (
            "env: {E: '${{ inputs.env }}'}\n",
            "    steps: [run: 'helm install x web -n $E']\n",
            &["a/x", "b/x"],
        ),
        ("", "    steps: [run: 'helm install x web -n ${{ inputs.name }}']\n", &["d/x"]),
        ("", "    steps: [run: 'helm install x web -n ${{ inputs.other }}']\n", &["?/x"]),
        (
            "",
            "    if: inputs.env == 'b'\n    steps: [run: 'helm install x web -n ${{ inputs.env }}']\n",
            &["b/x"],
        ),
        (
            "",
            "    steps: [{run: 'helm install x web -n ${{ inputs.env }}', if: inputs.env != 'b'}]\n",
            &["a/x"],
        ),
        // Anything may be given as another input.
        ("", "    if: inputs.name == 'e'\n    steps: [run: helm install x web]\n", &["?/x"]),
        (
            "  push: {}\n",
            "    steps: [run: 'helm install x web -n ${{ inputs.env || ''c'' }}']\n",
            &["a/x", "b/x", "c/x"],
        ),
        (
            "",
            "    strategy: {matrix: {m: [p, q]}}\n    steps: [run: 'helm install ${{ matrix.m }} web -n ${{ inputs.env }}']\n",
            &["a/p", "a/q", "b/p", "b/q"],
        ),
    ] {
        expect(".github/workflows/a.yaml", &workflow(more, job), expected);
    }
}

/// skaffold is called at the top of the repository, or beside its file.
#[test]
fn paths_of_skaffold_are_found_from_each_folder_of_a_repository() {
    let skaffold = "apiVersion: skaffold/v4beta6\nkind: Config\ndeploy:\n  helm:\n    releases:\n      - {name: web, chartPath: web, valuesFiles: [a.yaml]}\n";
    let git = (".git/HEAD", "ref: refs/heads/main\n");
    let dir = repository(&[&CHART[..], &[git, ("deploy/skaffold.yaml", skaffold)]].concat());
    for (folder, paths) in [(".", "web 0.1.0 a.yaml"), ("deploy", "../web 0.1.0 ../a.yaml")] {
        let out = run(&dir.path().join(folder), &["releases"]).expect_code(0).out;
        let line = out.lines().nth(1).expect("a release");
        let words: Vec<&str> = line.split_whitespace().collect();
        assert!(words.join(" ").contains(paths), "{out}");
    }
}
