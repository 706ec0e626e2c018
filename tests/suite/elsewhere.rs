//! Objects of one folder that name objects of another: whether both are deployed together, a repository does not say.

use crate::harness::{found, repository, run};

const AUTOSCALER: &str = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n  minReplicas: 2\n  maxReplicas: 5\n  scaleTargetRef:\n    apiVersion: apps/v1\n    kind: Deployment\n    name: web\n";
const OTHER: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: other}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers: [{name: web, image: example.org/web:1.0.0}]\n";

#[test]
fn what_another_folder_defines_is_not_missed() {
    let web = OTHER.replace("other", "web");
    let files = [("scaling/web.yaml", AUTOSCALER), ("scaling/other.yaml", OTHER)];
    let dir = repository(&files);
    let missing = ["scaling/web.yaml:10 hpa-target-exists"];
    assert_eq!(found(dir.path(), "hpa-target-exists"), missing);

    // The results of the first run are kept, and what they hold is seen in another light.
    std::fs::create_dir(dir.path().join("web")).expect("a folder");
    std::fs::write(dir.path().join("web/web.yaml"), &web).expect("a file");
    assert_eq!(found(dir.path(), "hpa-target-exists"), [""; 0]);
    let select = ["--select", "hpa-target-exists", "--verbose"];
    let run = run(dir.path(), &[&["check"], &select[..]].concat()).expect_code(0);
    assert!(run.err.contains("hpa-target-exists 1"), "{}", run.err);
}

#[test]
fn a_map_that_a_variable_reads_may_lie_in_another_folder() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n    - name: web\n      image: example.org/web:1.0.0\n      env:\n        - name: LEVEL\n          valueFrom:\n            configMapKeyRef:\n              name: web\n              key: level\n";
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {level: info}\n";
    let settings = "rules:\n  config-ref-exists: {params: {even-alone: true}}\n";
    let files = [("plimsoll.yaml", settings), ("a/pod.yaml", pod)];
    let dir = repository(&files);
    assert_eq!(found(dir.path(), "config-ref-exists"), ["a/pod.yaml:12 config-ref-exists"]);
    std::fs::create_dir(dir.path().join("b")).expect("a folder");
    std::fs::write(dir.path().join("b/map.yaml"), map).expect("a file");
    assert_eq!(found(dir.path(), "config-ref-exists"), [""; 0]);
}

/// What a template makes is only known when it is rendered, but it makes nothing of a name that is not in it.
#[test]
fn what_a_template_outside_of_charts_may_make_is_not_missed() {
    let template = |made: &str| format!("{{{{ if .Values.on }}}}\n{made}{{{{ end }}}}\n");
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: shop}}\n";
    for (name, missing) in [("web", false), ("web-admin", true)] {
        let made = OTHER.replace("web", "pod").replace("other", name);
        let files = [("a.yaml", AUTOSCALER), ("b.yaml", OTHER), ("t.yaml", &template(&made))];
        let found = found(repository(&files).path(), "hpa-target-exists");
        assert_eq!(!found.is_empty(), missing, "{name}: {found:?}");
    }
    for (name, missing) in [("shop", false), ("shopping", true)] {
        let made = OTHER.replace("web", name);
        let files = [("a.yaml", service), ("b.yaml", OTHER), ("t.yaml", &template(&made))];
        let found = found(repository(&files).path(), "service-selector-matches-pods");
        assert_eq!(!found.is_empty(), missing, "{name}: {found:?}");
    }
}

/// Which charts an ApplicationSet installs, may only be known in the cluster; what a script installs, stays beside it.
#[test]
fn what_a_chart_may_make_that_is_not_known_is_not_missed() {
    let set = |name: &str, path: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: all}}\nspec:\n  generators: [{{clusters: {{}}}}]\n  template:\n    metadata: {{name: '{name}'}}\n    spec:\n      source: {{repoURL: https://git.example/all, path: '{path}', helm: {{}}}}\n      destination: {{namespace: shop}}\n"
        )
    };
    let script = "helm upgrade --install web \"$1\"\n";
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {selector: {app: shop}}\n";
    for (path, declaration, missing) in [
        ("set/all.yaml", set("{{name}}", "{{metadata.annotations.chart}}"), false),
        ("set/all.yaml", set("other", "charts/other"), true),
        ("deploy.sh", script.to_owned(), true),
    ] {
        let files = [
            ("a/a.yaml", AUTOSCALER),
            ("a/b.yaml", OTHER),
            ("a/c.yaml", service),
            (path, &*declaration),
        ];
        let dir = repository(&files);
        for rule in ["hpa-target-exists", "service-selector-matches-pods"] {
            let found = found(dir.path(), rule);
            let is_missed = found.iter().any(|line| line.ends_with(rule));
            assert_eq!(is_missed, missing, "{declaration}: {found:?}");
        }
    }
    // A manifest has begun what is missing: the pods of a Service, but not the Service.
    let route = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: shop}\nspec: {rules: [{backendRefs: [{name: web, port: 80}]}]}\n";
    let set = set("{{name}}", "{{metadata.annotations.chart}}");
    for (workload, missing) in [("web", true), ("other", false)] {
        let workload = OTHER.replace("other", workload);
        let dir = repository(&[("a/a.yaml", route), ("a/b.yaml", &workload), ("s.yaml", &set)]);
        let found = found(dir.path(), "gateway-route-backend-exists");
        let is_missed = found.iter().any(|line| line.ends_with("exists"));
        assert_eq!(is_missed, missing, "{workload}: {found:?}");
    }
}

#[test]
fn what_a_kustomization_makes_is_not_missed() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers: [{name: web, image: example.org/web:1.0.0}]\n  volumes:\n    - name: settings\n      configMap: {name: settings}\n    - name: login\n      secret: {secretName: login}\n";
    let dir = repository(&[("web/pod.yaml", pod)]);
    let missing = ["web/pod.yaml:8", "web/pod.yaml:10"];
    let missing = missing.map(|place| format!("{place} config-volume-ref-missing"));
    assert_eq!(found(dir.path(), "config-volume-ref-missing"), missing);

    let kustomization = "resources: [pod.yaml]\nconfigMapGenerator:\n  - name: settings\n    literals: [level=info]\n";
    let own = dir.path().join("web/kustomization.yaml");
    std::fs::write(own, kustomization).expect("a file");
    assert_eq!(found(dir.path(), "config-volume-ref-missing"), missing[1..]);

    std::fs::create_dir(dir.path().join("all")).expect("a folder");
    let outer = "resources: [../web]\nsecretGenerator:\n  - {name: login, envs: [login.env]}\n  - literals\n  - {}\n";
    std::fs::write(dir.path().join("all/kustomization.yaml"), outer).expect("a file");
    assert_eq!(found(dir.path(), "config-volume-ref-missing"), [""; 0]);
}

#[test]
fn another_object_of_its_own_kind_is_not_what_an_object_misses() {
    let copy = AUTOSCALER.replace("name: web\n", "name: nginx\n");
    let files = [("a/web.yaml", AUTOSCALER), ("a/other.yaml", OTHER), ("b/web.yaml", &copy)];
    let dir = repository(&files);
    assert_eq!(found(dir.path(), "hpa-target-exists"), ["a/web.yaml:10 hpa-target-exists"]);
}

#[test]
fn pods_of_another_folder_may_be_those_that_are_selected() {
    let service = |label: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {label}}}\nspec:\n  selector: {{app: {label}}}\n  ports: [{{port: 80}}]\n"
        )
    };
    let budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec:\n  minAvailable: 1\n  selector: {matchLabels: {app: web}}\n";
    let worker = OTHER.replace("app: web", "app: worker");
    let (web, shop) = (service("web"), service("shop"));
    let files = [
        ("base/web.yaml", OTHER),
        ("extra/worker.yaml", &*worker),
        ("extra/web.yaml", &web),
        ("extra/shop.yaml", &shop),
        ("extra/budget.yaml", budget),
    ];
    let dir = repository(&files);
    let select = "service-selector-matches-pods,pdb-selects-nothing";
    assert_eq!(found(dir.path(), select), ["extra/shop.yaml:5 service-selector-matches-pods"]);
}

/// What a chart of another repository makes is not known; charts call it after the release.
#[test]
fn what_a_release_may_make_is_not_missed() {
    let autoscaler = |name: &str| AUTOSCALER.replace("name: web", &format!("name: {name}"));
    let service = |label: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {label}}}\nspec:\n  selector: {{app.kubernetes.io/name: {label}}}\n  ports: [{{port: 80}}]\n"
        )
    };
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: store}\nspec:\n  project: default\n  destination: {namespace: store, server: https://kubernetes.default.svc}\n  source:\n    repoURL: https://charts.example.org\n    chart: redis\n    targetRevision: 1.0.0\n    helm: {releaseName: cache}\n";
    let (cache, cached) = (autoscaler("cache-redis"), autoscaler("cached"));
    let (redis, shop) = (service("redis"), service("shop"));
    let files = [
        ("apps/store.yaml", application),
        ("extra/other.yaml", OTHER),
        ("extra/cache.yaml", &*cache),
        ("extra/cached.yaml", &cached),
        ("extra/redis.yaml", &redis),
        ("extra/shop.yaml", &shop),
    ];
    let dir = repository(&files);
    let select = "hpa-target-exists,service-selector-matches-pods";
    let missing = [
        "extra/cached.yaml:10 hpa-target-exists",
        "extra/shop.yaml:5 service-selector-matches-pods",
    ];
    assert_eq!(found(dir.path(), select), missing);
}

/// An Ingress of one release may lead to what another makes, unless that goes to another namespace.
#[test]
fn what_another_release_of_the_namespace_may_make_is_not_missed() {
    let chart = |name: &str| format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\n");
    let (edge, shop) = (chart("edge"), chart("shop"));
    let ingress = "apiVersion: v1\nkind: Service\nmetadata: {name: edge}\nspec: {ports: [{port: 80}]}\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: edge}\nspec:\n  rules:\n    - host: a.example\n      http:\n        paths:\n          - path: /\n            pathType: Prefix\n            backend: {service: {name: {{ .Values.to }}, port: {number: 80}}}\n";
    for (namespace, to, is_missed) in [
        ("web", "shop", false),
        ("web", "shop-api", false),
        ("web", "shops", true),
        // Its own release makes no other than is there.
        ("web", "edge-api", true),
        ("other", "shop", true),
    ] {
        let helmfile = format!(
            "releases:\n  - {{name: edge, namespace: web, chart: ./edge, values: [{{to: {to}}}]}}\n  - {{name: shop, namespace: {namespace}, chart: ./shop}}\n"
        );
        let files = [
            ("edge/Chart.yaml", edge.as_str()),
            ("edge/values.yaml", "to: edge\n"),
            ("edge/templates/a.yaml", ingress),
            ("shop/Chart.yaml", &shop),
            ("helmfile.yaml", &helmfile),
        ];
        let dir = repository(&files);
        let expected = is_missed.then(|| "helmfile.yaml:2 ingress-backend-exists".to_owned());
        let found = found(dir.path(), "ingress-backend-exists");
        assert_eq!(found, Vec::from_iter(expected), "{namespace} {to}");
    }
}

/// pre-commit names the files that have changed, and what they name may lie beside them unchanged.
#[test]
fn a_named_file_knows_the_manifests_beside_it() {
    let ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n  rules:\n    - http:\n        paths:\n          - path: /\n            pathType: Prefix\n            backend:\n              service: {name: web, port: {number: 80}}\n";
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  ports: [{port: 80}]\n";
    let backend = "ingress-backend-exists,ingress-backend-port-missing";
    let check = |files: &[(&str, &str)], named: &[&str]| {
        let dir = repository(files);
        let args = ["check", "--no-cache", "--format", "concise", "--select", backend];
        run(dir.path(), &[&args, named].concat()).out
    };
    let git = (".git/HEAD", "ref: refs/heads/main\n");
    let files = [git, ("ingress.yaml", ingress), ("service.yaml", service), ("other.yaml", OTHER)];
    assert_eq!(check(&files, &["ingress.yaml", "other.yaml"]), "");
    assert_eq!(check(&files, &["ingress.yaml"]), "");

    let other_port = service.replace("port: 80", "port: 8080");
    let files =
        [git, ("ingress.yaml", ingress), ("service.yaml", &other_port), ("other.yaml", OTHER)];
    let found = check(&files, &["ingress.yaml"]);
    assert!(found.starts_with("ingress.yaml:11:"), "{found}");
    assert_eq!(found, check(&files, &["."]));
    // A folder that is no repository may hold anything.
    assert_eq!(check(&files[1..], &["ingress.yaml"]), "");
}
