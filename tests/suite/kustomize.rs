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

#[test]
fn labels_and_variables_that_a_kustomization_puts_in_are_not_missed() {
    let rules = "selector-present,env-reference-undefined";
    let kustomization = "resources: [web.yaml]\n";
    let labels = format!("{kustomization}commonLabels: {{app: web}}\n");
    let selecting =
        format!("{kustomization}labels:\n  - {{pairs: {{app: web}}, includeSelectors: true}}\n");
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
        (&beside, &[selector, reference]),
        (&variable, &[selector]),
    ] {
        let dir = repository(&[("kustomization.yaml", kustomization), ("web.yaml", WEB)]);
        assert_eq!(found(dir.path(), rules), expected, "{kustomization}");
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

/// Scaffolds come with patches that nothing names yet.
#[test]
fn patches_are_no_objects_whether_they_are_switched_on_or_not() {
    let patch =
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n";
    let dir = repository(&[
        (
            "config/kustomization.yaml",
            "resources: [web-patch.yaml, c]\npatches:\n  - path: on.yaml\n",
        ),
        ("config/on.yaml", patch),
        ("config/web-patch.yaml", patch),
        ("config/patches/off.yaml", patch),
        ("config/more_patch.yaml", patch),
        ("config/dispatcher.yaml", patch),
        ("elsewhere/patch.yaml", patch),
    ]);
    let expected = [
        "config/dispatcher.yaml:4 selector-present",
        "config/web-patch.yaml:4 selector-present",
        "elsewhere/patch.yaml:4 selector-present",
    ];
    assert_eq!(found(dir.path(), "selector-present"), expected);
}
