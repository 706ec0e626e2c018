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
fn another_object_of_its_own_kind_is_not_what_an_object_misses() {
    let copy = AUTOSCALER.replace("name: web\n", "name: nginx\n");
    let files = [("a/web.yaml", AUTOSCALER), ("a/other.yaml", OTHER), ("b/web.yaml", &copy)];
    let dir = repository(&files);
    assert_eq!(found(dir.path(), "hpa-target-exists"), ["a/web.yaml:10 hpa-target-exists"]);
}
