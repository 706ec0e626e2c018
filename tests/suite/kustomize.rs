//! Manifests that reach a cluster through kustomize, which changes what they say.

use crate::harness::{found, repository};

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: example.org/web:latest\n          args: [$(PORT)]\n";

/// Every overlay must change it: what one of them leaves as it is, is deployed as it is.
#[test]
fn an_image_that_every_kustomization_gives_a_tag_is_not_judged_by_the_manifest() {
    let tagged = "resources: [../base]\nimages:\n  - name: example.org/web\n    newTag: 1.2.3\n";
    let plain = "resources: [../base]\n";
    let latest = tagged.replace("1.2.3", "latest");
    let renamed = "resources: [../base]\nimages:\n  - {name: example.org/web, newName: example.com/web}\n  - {name: example.com/web, digest: sha256:0}\n";
    for (overlays, is_open) in [
        (&[tagged][..], true),
        (&[tagged, renamed], true),
        (&[tagged, plain], false),
        (&[&latest], false),
        (&[plain], false),
    ] {
        let mut files = vec![
            ("base/kustomization.yaml".to_owned(), "resources: [web.yaml]\n"),
            ("base/web.yaml".to_owned(), WEB),
        ];
        for (at, overlay) in overlays.iter().enumerate() {
            files.push((format!("overlay-{at}/kustomization.yaml"), overlay));
        }
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        let dir = repository(&files);
        let found = found(dir.path(), "image-tag-latest-forbidden");
        assert_eq!(found.is_empty(), is_open, "{overlays:?}: {found:?}");
    }
}

/// What has another name than the manifest says is still of the tag that it says.
#[test]
fn an_image_that_every_kustomization_renames_is_not_judged_by_its_name() {
    let (tag, registry) = ("image-tag-latest-forbidden", "image-registry-deprecated");
    let manifest = WEB.replace("example.org/web", "k8s.gcr.io/web");
    let renamed =
        "resources: [web.yaml]\nimages:\n  - {name: k8s.gcr.io/web, newName: example.org/web}\n";
    let same = renamed.replace("example.org/web", "k8s.gcr.io/web");
    let other = renamed.replace("k8s.gcr.io/web", "k8s.gcr.io/api");
    for (kustomization, expected) in
        [(renamed, &[tag][..]), (&same, &[tag, registry]), (&other, &[tag, registry])]
    {
        let dir = repository(&[("kustomization.yaml", kustomization), ("web.yaml", &manifest)]);
        let mut found = found(dir.path(), &format!("{tag},{registry}"));
        found.sort_by_key(|line| !line.ends_with(tag));
        let expected: Vec<String> =
            expected.iter().map(|rule| format!("web.yaml:10 {rule}")).collect();
        assert_eq!(found, expected, "{kustomization}");
    }
    let own = "id: company-image-required\ngroup: images\nseverity: error\nsince: 0.1.0\nsummary: Images are the company's\nwhy: Others are not looked at.\nfix: Take one of the company's.\nkinds: [pods]\njudges-image-names: true\nchecks:\n  - for: {container: \"containers[*]\"}\n    require: container.image.startsWith('example.org/')\n    at: container.image\n    message: not ours\n";
    let heard = own.replace("judges-image-names: true\n", "");
    for (rule, is_heard) in [(own, false), (&*heard, true)] {
        let files = [
            (".plimsoll/rules/company-image-required.yaml", rule),
            ("kustomization.yaml", renamed),
            ("web.yaml", &manifest),
        ];
        assert_eq!(
            found(repository(&files).path(), "company-image-required").is_empty(),
            !is_heard
        );
    }
    let placeholder = WEB.replace("example.org/web:latest", "webImage");
    let filled = renamed.replace("k8s.gcr.io/web", "webImage");
    let dir = repository(&[("kustomization.yaml", &filled), ("web.yaml", &placeholder)]);
    assert!(found(dir.path(), "image-reference-malformed").is_empty());
}

/// The overlay that every deployment goes through has a say, whichever form its patch is of.
#[test]
fn what_every_kustomization_patches_is_not_judged_by_the_manifest() {
    let image = "image-tag-latest-forbidden";
    let probe = "readiness-probe-required";
    let web = "kind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: web, image: example.org/web:1.0.0}]}}}\n";
    let inline = "patches:\n  - target: {kind: Deployment}\n    patch: |-\n      - op: replace\n        path: /spec/template/spec/containers/0/image\n        value: example.org/web:1.0.0\n";
    let probing = "patches:\n  - patch: |-\n      kind: Deployment\n      metadata: {name: web}\n      spec: {template: {spec: {containers: [{name: web, readinessProbe: {httpGet: {path: /, port: 80}}}]}}}\n";
    let named = "patchesStrategicMerge: [image.yaml]\n";
    let other = "patches:\n  - path: image.yaml\n    target: {kind: Deployment, name: other}\n";
    let replaced = "replacements:\n  - source: {kind: ConfigMap, name: web, fieldPath: data.image}\n    targets:\n      - select: {kind: Deployment, name: web}\n        fieldPaths: [\"spec.template.spec.containers.[name=web].image\"]\n";
    for (overlays, expected) in [
        (&[named][..], &[probe][..]),
        (&[replaced], &[probe]),
        (&[named, named], &[probe]),
        (&[inline], &[probe]),
        (&[probing], &[image]),
        (&[named, probing], &[probe, image]),
        (&[other], &[probe, image]),
    ] {
        let mut files = vec![
            ("base/kustomization.yaml".to_owned(), "resources: [web.yaml]\n".to_owned()),
            ("base/web.yaml".to_owned(), WEB.to_owned()),
        ];
        for (at, overlay) in overlays.iter().enumerate() {
            let kustomization = format!("resources: [../base]\n{overlay}");
            files.push((format!("overlay-{at}/kustomization.yaml"), kustomization));
            files.push((format!("overlay-{at}/image.yaml"), web.to_owned()));
        }
        let files: Vec<_> =
            files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let dir = repository(&files);
        let found = found(dir.path(), &format!("{image},{probe}"));
        let rules: Vec<_> = found.iter().filter_map(|one| one.split(' ').nth(1)).collect();
        assert_eq!(rules, expected, "{overlays:?}");
    }
}

/// The Service asks for a port of the pods, which a patch of their Deployment opens.
#[test]
fn what_a_patch_brings_is_not_missing_elsewhere() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  ports:\n    - {port: 443, targetPort: https}\n";
    let web = WEB.replace("template:\n", "selector: {matchLabels: {app: web}}\n  template:\n");
    let patch = "kind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: web, ports: [{containerPort: 8443, name: https}]}]}}}\n";
    let kustomization = "resources: [web.yaml, service.yaml]\n";
    let patched = format!("{kustomization}patches: [{{path: patch.yaml}}]\n");
    for (kustomization, count) in [(kustomization, 1), (&patched, 0)] {
        let dir = repository(&[
            ("kustomization.yaml", kustomization),
            ("web.yaml", &web),
            ("service.yaml", service),
            ("patch.yaml", patch),
        ]);
        let found = found(dir.path(), "service-target-port-unresolved");
        assert_eq!(found.len(), count, "{kustomization}: {found:?}");
    }
}

#[test]
fn a_volume_that_a_patch_brings_is_not_missing() {
    let rule = "volume-mount-undeclared";
    let mounts = "volumeMounts: [{name: data, mountPath: /data}]";
    let web = WEB.replace("args: [$(PORT)]", mounts);
    let merged = |items: &str| {
        format!(
            "patches:\n  - patch: |-\n      kind: Deployment\n      metadata: {{name: web}}\n      spec: {{template: {{spec: {items}}}}}\n"
        )
    };
    let volume = merged("{volumes: [{name: data, emptyDir: {}}]}");
    let other = merged("{volumes: [{name: cache, emptyDir: {}}]}");
    let added = "patches:\n  - target: {kind: Deployment}\n    patch: |-\n      - op: add\n        path: /spec/template/spec/volumes/-\n        value: {name: data, emptyDir: {}}\n";
    let mount = "web.yaml:11 volume-mount-undeclared";
    for (patches, expected) in
        [("", &[mount][..]), (&volume, &[]), (added, &[]), (&other, &[mount])]
    {
        let kustomization = format!("resources: [web.yaml]\n{patches}");
        let dir = repository(&[("kustomization.yaml", &kustomization), ("web.yaml", &web)]);
        assert_eq!(found(dir.path(), rule), expected, "{patches}");
    }
}

#[test]
fn labels_and_variables_that_a_kustomization_puts_in_are_not_missed() {
    let rules = "selector-present,env-reference-undefined";
    let kustomization = "resources: [web.yaml]\n";
    let labels = format!("{kustomization}commonLabels: {{app: web}}\n");
    let selecting =
        format!("{kustomization}labels:\n  - {{pairs: {{app: web}}, includeSelectors: true}}\n");
    let marking = selecting.replace("includeSelectors", "includeTemplates");
    let beside = format!("{kustomization}labels:\n  - {{pairs: {{app: web}}}}\n");
    let variable = format!(
        "{kustomization}vars:\n  - {{name: PORT, objref: {{kind: ConfigMap, name: a, apiVersion: v1}}}}\n"
    );
    let selector = "web.yaml:4 selector-present";
    let reference = "web.yaml:11 env-reference-undefined";
    for (kustomization, expected) in [
        (kustomization, &[selector, reference][..]),
        (&labels, &[reference]),
        (&selecting, &[reference]),
        (&marking, &[selector, reference]),
        (&beside, &[selector, reference]),
        (&variable, &[selector]),
    ] {
        let dir = repository(&[("kustomization.yaml", kustomization), ("web.yaml", WEB)]);
        assert_eq!(found(dir.path(), rules), expected, "{kustomization}");
    }
}

/// A selector may be for labels that pods only get by the kustomization.
#[test]
fn a_selector_may_be_for_labels_that_a_kustomization_puts_in() {
    let rules = "selector-matches-template-labels,service-selector-matches-pods,network-policy-selects-pods";
    let manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web, part: api}}\n  template:\n    metadata: {labels: {part: api}}\n    spec: {containers: [{name: web, image: 'example.org/web:1.0.0'}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web}\nspec: {podSelector: {matchLabels: {app: web}}}\n";
    for (labels, is_open) in [
        ("{pairs: {app: web}, includeTemplates: true}", true),
        ("{pairs: {app: web}, includeSelectors: true}", true),
        ("{pairs: {app: web}, fields: [{path: spec/template/metadata/labels}]}", true),
        ("{pairs: {app: web}, includeTemplates: false}", false),
        ("{pairs: {app: web}}", false),
    ] {
        let kustomization = format!("resources: [web.yaml]\nlabels: [{labels}]\n");
        let dir = repository(&[("kustomization.yaml", &*kustomization), ("web.yaml", manifest)]);
        let found = found(dir.path(), rules);
        assert_eq!(found.is_empty(), is_open, "{labels}: {found:?}");
    }
}

/// Results that are kept hold for the kustomizations they were found under.
#[test]
fn a_kustomization_that_changes_is_heard_though_the_manifest_stands() {
    let kustomization = "resources: [web.yaml]\n";
    let dir = repository(&[("kustomization.yaml", kustomization), ("web.yaml", WEB)]);
    assert_eq!(found(dir.path(), "image-tag-latest-forbidden").len(), 1);
    let tagged = format!("{kustomization}images:\n  - {{name: example.org/web, newTag: 1.2.3}}\n");
    std::fs::write(dir.path().join("kustomization.yaml"), tagged).expect("a file");
    assert_eq!(found(dir.path(), "image-tag-latest-forbidden"), [""; 0]);
}

/// A program reads it from the ConfigMap: it is no object, whatever a definition in the repository says of its kind.
#[test]
fn the_configuration_of_a_program_is_no_object() {
    let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: settings.example.org}\nspec:\n  group: example.org\n  scope: Cluster\n  names: {kind: Settings, plural: settings}\n  versions:\n    - name: v1\n      served: true\n      storage: true\n      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object}}}}\n";
    let settings = "apiVersion: example.org/v1\nkind: Settings\nlevel: info\n";
    let named = settings.replace("level", "metadata: {name: web}\nlevel");
    let generated =
        |files: &str| format!("configMapGenerator:\n  - name: web\n    files: [{files}]\n");
    for (kustomization, text, is_open) in [
        (generated("settings.yaml"), settings, true),
        (generated("config.yaml=settings.yaml"), settings, true),
        (generated("settings.yaml"), &named, false),
        (generated("other.yaml"), settings, false),
    ] {
        let dir = repository(&[
            ("web/kustomization.yaml", kustomization.as_str()),
            ("web/settings.yaml", text),
            ("definition.yaml", definition),
        ]);
        let found = found(dir.path(), "schema-validation");
        assert_eq!(found.is_empty(), is_open, "{kustomization}{text}{found:?}");
    }
}

/// Scaffolds come with patches that nothing names yet.
#[test]
fn patches_are_no_objects_whether_they_are_switched_on_or_not() {
    let patch =
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n";
    let whole = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {metadata: {labels: {a: b}}}}\n";
    let dir = repository(&[
        (
            "config/kustomization.yaml",
            "resources: [web-patch.yaml, c]\npatches:\n  - path: on.yaml\n",
        ),
        ("config/on.yaml", patch),
        ("config/web-patch.yaml", patch),
        ("config/patches/off.yaml", patch),
        ("config/more_patch.yaml", patch),
        ("config/dispatcher.yaml", whole),
        ("elsewhere/patch.yaml", whole),
    ]);
    let expected = [
        "config/dispatcher.yaml:4 selector-present",
        "config/web-patch.yaml:4 selector-present",
        "elsewhere/patch.yaml:4 selector-present",
    ];
    assert_eq!(found(dir.path(), "selector-present"), expected);
}

/// No cluster ever sees these.
#[test]
fn what_kustomize_alone_reads_is_no_manifest() {
    let kustomization = "resources: [pod.yaml]\ntransformers: [config/labels.yaml]\n";
    let config = |api: &str| {
        format!("apiVersion: {api}\nkind: LabelTransformer\nmetadata: {{name: addLabels}}\n")
    };
    let (listed, builtin) = (config("example.org/v1"), config("builtin"));
    let files = [
        ("kustomization.yaml", kustomization),
        ("pod.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aB}\n"),
        ("config/labels.yaml", &listed),
        ("other/labels.yaml", &builtin),
    ];
    let dir = repository(&files);
    assert_eq!(found(dir.path(), "object-name-valid"), ["pod.yaml:3 object-name-valid"]);
}

/// Whatever the manifest says, the tag that is deployed stands in the outermost kustomization that gives one.
#[test]
fn a_tag_that_moves_is_found_where_a_kustomization_gives_it() {
    let fixed = WEB.replace(":latest", ":1.0.0");
    let latest = "resources: [web.yaml]\nimages:\n  - name: example.org/web\n    newName: example.com/web\n    newTag: latest\n";
    let digest = latest.replace("newTag: latest", "digest: sha256:0");
    let over = "resources: [../base]\nimages:\n  - {name: example.com/web, newTag: 1.2.3}\n";
    let at_tag = "base/kustomization.yaml:5 image-tag-latest-forbidden";
    for (web, base, overlay, expected) in [
        (WEB, latest, None, &[at_tag][..]),
        (&fixed, latest, None, &[at_tag]),
        (WEB, latest, Some(over), &[]),
        (WEB, latest, Some("resources: [../base]\n"), &[at_tag]),
        (WEB, &digest, None, &[]),
        (WEB, &latest.replace("latest", "main"), None, &[]),
        (WEB, "resources: [web.yaml]\n", None, &["base/web.yaml:10 image-tag-latest-forbidden"]),
    ] {
        let mut files = vec![("base/kustomization.yaml", base), ("base/web.yaml", web)];
        files.extend(overlay.map(|overlay| ("overlay/kustomization.yaml", overlay)));
        let dir = repository(&files);
        assert_eq!(found(dir.path(), "image-tag-latest-forbidden"), expected, "{base}{overlay:?}");
    }
    let moving = "rules: {image-tag-latest-forbidden: {params: {moving-tags: [main]}}}\n";
    let main = latest.replace("latest", "main");
    let files =
        [("plimsoll.yaml", moving), ("base/kustomization.yaml", &main), ("base/web.yaml", WEB)];
    assert_eq!(found(repository(&files).path(), "image-tag-latest-forbidden"), [at_tag]);
}

/// What no object can be is a patch that somebody adds by a command: `kustomize edit add patch`, `kubectl patch`.
#[test]
fn a_part_of_an_object_beside_a_kustomization_is_no_object() {
    let whole = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers: [{name: web, image: 'example.org/web:1.0.0'}]\n";
    let policy = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers: [{name: web, imagePullPolicy: Always}]\n";
    let bare = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {dnsPolicy: None}}}\n";
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: web, env: []}]}}}\n";
    // It adds a container, and changes one.
    let plugin = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      initContainers: [{name: plugin, image: 'example.org/plugin:1.0.0'}]\n      containers: [{name: web, env: []}]\n";
    let kustomization = ("base/kustomization.yaml", "resources: [base.yaml]\n");
    let taken_in = ("base/kustomization.yaml", "resources: [pull/always.yaml]\n");
    for (more, path, text, is_part) in [
        (kustomization, "base/pull/always.yaml", policy, true),
        (kustomization, "base/dns.yaml", bare, true),
        (kustomization, "base/job.yaml", job, true),
        // It misses a selector, and is an object all the same.
        (kustomization, "base/web.yaml", whole, false),
        (taken_in, "base/pull/always.yaml", policy, false),
        (kustomization, "other/always.yaml", policy, false),
        (kustomization, "other/sidecar-patch.yaml", policy, true),
        (kustomization, "other/sidecar-patch.yaml", whole, false),
        (kustomization, "base/plugin.yaml", plugin, true),
        (kustomization, "base/pull/plugin.yaml", plugin, false),
    ] {
        let dir = repository(&[more, (path, text)]);
        let found =
            found(dir.path(), "selector-present,schema-validation,image-reference-malformed");
        assert_eq!(found.is_empty(), is_part, "{path}: {text}{found:?}");
    }
}

/// A script may put the patches of a folder into a kustomization that it writes.
#[test]
fn a_patch_of_what_is_defined_elsewhere_is_no_object() {
    let patch =
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {paused: false}\n";
    for (path, defined, is_part) in [
        ("clusters/one/patches/web.yaml", "web", true),
        ("clusters/one/patches/web.yaml", "shop", false),
        ("clusters/one/web.yaml", "web", false),
        ("clusters/profile-patches/web.yaml", "web", false),
    ] {
        let defined = WEB.replace("name: web}", &format!("name: {defined}}}"));
        let dir = repository(&[("apps/web.yaml", &*defined), (path, patch)]);
        let found = found(dir.path(), "selector-present");
        let is_judged = found.iter().any(|line| line.starts_with(path));
        assert_eq!(is_judged, !is_part, "{path}: {found:?}");
    }
}

/// Skaffold puts the image that it has built in the place of its name, in what lies beside its configuration or below.
#[test]
fn an_image_that_skaffold_builds_is_not_judged_by_the_manifest() {
    let manifest = |image: &str| WEB.replace("example.org/web:latest", image);
    let skaffold = "apiVersion: skaffold/v4beta11\nkind: Config\nbuild: {artifacts: [{image: web}]}\nprofiles:\n  - name: dev\n    build: {artifacts: [{image: db}]}\n";
    let dir = repository(&[
        ("shop/skaffold.yaml", skaffold),
        ("shop/k8s/web.yaml", &manifest("web")),
        ("shop/k8s/tagged.yaml", &manifest("web:latest")),
        ("shop/k8s/db.yaml", &manifest("db")),
        ("shop/k8s/other.yaml", &manifest("cache")),
        ("shop/base/kustomization.yaml", "namespace: shop\nresources: [web.yaml]\n"),
        ("shop/base/web.yaml", &manifest("web")),
        ("elsewhere/web.yaml", &manifest("web")),
    ]);
    let found = found(dir.path(), "image-tag-latest-forbidden");
    let files: Vec<_> = found.iter().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(files, ["elsewhere/web.yaml", "shop/k8s/other.yaml"], "{found:?}");
}

/// What Flux applies is changed by its Kustomization, and by what other patches give to this one.
#[test]
fn what_flux_patches_when_it_applies_a_manifest_is_left_open() {
    let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web, namespace: flux-system}\nspec:\n  interval: 1h\n  prune: true\n  sourceRef: {kind: GitRepository, name: all}\n";
    let patch = "patches:\n  - target: {kind: Deployment}\n    patch: |\n      apiVersion: apps/v1\n      kind: Deployment\n      metadata: {name: any}\n      spec: {template: {spec: {containers: [{name: web, image: example.org/web:1.2.3}]}}}\n";
    let indented =
        |text: &str, by: &str| text.lines().map(|line| format!("{by}{line}\n")).collect::<String>();
    let of = |path: &str, patch: &str| format!("{flux}  path: {path}\n{}", indented(patch, "  "));
    // A patch that gives Flux's Kustomizations this patch.
    let passed_on = format!(
        "patches:\n  - target: {{group: kustomize.toolkit.fluxcd.io, kind: Kustomization}}\n    patch: |\n      kind: Kustomization\n      metadata: {{name: any}}\n      spec:\n{}",
        indented(patch, "        ")
    );
    let overlay = format!("resources: [web.yaml]\n{passed_on}");
    for (applied, kustomization, is_open) in [
        (of("./apps/web", patch), "", true),
        (of("./apps", patch), "", true),
        (of("./apps", "images: [{name: example.org/web, newTag: 1.2.3}]\n"), "", true),
        (of("./apps/web", ""), "", false),
        (of("./other", patch), "", false),
        // Applied a second time, and not patched there.
        (
            format!("{}---\n{}", of("./apps/web", patch), of("./apps/web", "")),
            "resources: [web.yaml]\n",
            false,
        ),
        (of("./apps/${CLUSTER}", patch), "", true),
        (format!("{}---\n{}", of("./apps/web", ""), of("./clusters", &passed_on)), "", true),
        (of("./apps/web", ""), overlay.as_str(), true),
    ] {
        let mut files = vec![
            ("clusters/one/web.yaml", applied.as_str()),
            ("apps/web/web.yaml", WEB),
            ("other/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"),
        ];
        if !kustomization.is_empty() {
            files.push(("apps/web/kustomization.yaml", kustomization));
        }
        let dir = repository(&files);
        let found = found(dir.path(), "image-tag-latest-forbidden");
        assert_eq!(found.is_empty(), is_open, "{applied}{kustomization}: {found:?}");
    }
}

/// A kustomization that nobody applies may list the same manifest without a patch.
#[test]
fn a_way_that_flux_does_not_take_leads_nowhere() {
    let applied = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: one, namespace: flux-system}\nspec:\n  interval: 1h\n  prune: true\n  sourceRef: {kind: GitRepository, name: all}\n  path: ./clusters/one\n";
    let overlay =
        "resources: [../../bases/web]\nimages: [{name: example.org/web, newTag: 1.2.3}]\n";
    for (flux, is_open) in [(applied, true), ("{}\n", false)] {
        let dir = repository(&[
            ("flux/one.yaml", flux),
            ("clusters/one/kustomization.yaml", overlay),
            ("bases/kustomization.yaml", "resources: [web]\n"),
            ("bases/web/kustomization.yaml", "resources: [web.yaml]\n"),
            ("bases/web/web.yaml", WEB),
        ]);
        let found = found(dir.path(), "image-tag-latest-forbidden");
        assert_eq!(found.is_empty(), is_open, "{flux}: {found:?}");
    }
}

/// So it does in what it renders of a chart.
#[test]
fn an_image_that_skaffold_builds_is_not_judged_by_the_values() {
    let skaffold = |image: &str| {
        format!(
            "apiVersion: skaffold/v4beta11\nkind: Config\nbuild: {{artifacts: [{{image: {image}}}]}}\ndeploy: {{helm: {{releases: [{{name: web, chartPath: chart}}]}}}}\n"
        )
    };
    let template = WEB.replace("example.org/web:latest", "{{ .Values.image }}");
    for (image, is_open) in [("web", true), ("db", false)] {
        let dir = repository(&[
            ("skaffold.yaml", &skaffold(image)),
            ("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n"),
            ("chart/values.yaml", "image: web:latest\n"),
            ("chart/templates/web.yaml", &template),
        ]);
        let found = found(dir.path(), "image-tag-latest-forbidden");
        assert_eq!(found.is_empty(), is_open, "{image}: {found:?}");
    }
}
