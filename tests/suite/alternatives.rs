//! Files of a folder that define one and the same object: one of them is deployed, and not what they are together.

use crate::harness::{found, repository};

/// A Service on node port 30080 that autoscales a Deployment by an autoscaler of its name.
fn variant(name: &str, autoscaler: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec:\n  type: NodePort\n  selector: {{app: web}}\n  ports:\n    - {{port: 80, nodePort: 30080}}\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {autoscaler}}}\nspec:\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n  minReplicas: 2\n  maxReplicas: 5\n"
    )
}

const TOGETHER: &str = "node-port-collision,hpa-target-duplicate";

#[test]
fn variants_of_an_object_do_not_get_in_each_others_way() {
    let (a, b) = (variant("web", "a"), variant("web", "b"));
    let dir = repository(&[("a.yaml", &a), ("b.yaml", &b)]);
    assert_eq!(found(dir.path(), &format!("{TOGETHER},object-duplicate")), [""; 0]);
}

#[test]
fn what_is_deployed_beside_each_variant_counts_for_all_of_them() {
    let (a, b, other) = (variant("web", "a"), variant("web", "b"), variant("other", "c"));
    let dir = repository(&[("a.yaml", &a), ("b.yaml", &b), ("other.yaml", &other)]);
    let all = ["a.yaml", "b.yaml", "other.yaml"];
    let expected = all.map(|file| {
        [format!("{file}:8 node-port-collision"), format!("{file}:14 hpa-target-duplicate")]
    });
    assert_eq!(found(dir.path(), TOGETHER), expected.concat());
}

#[test]
fn what_is_wrong_in_one_variant_is_wrong() {
    let twice = format!("{}---\n{}", variant("web", "a"), variant("second", "b"));
    let dir = repository(&[("a.yaml", &twice), ("b.yaml", &variant("web", "c"))]);
    let found = found(dir.path(), TOGETHER);
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found.iter().all(|finding| finding.starts_with("a.yaml:")), "{found:?}");
}
