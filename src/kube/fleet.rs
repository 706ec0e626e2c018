//! Finds the pod templates of custom resources whose controllers create several sorts of pods, such as a head and its
//! workers.

use crate::yaml::{Kind, Node};

/// A kind that describes several sorts of pods.
struct Fleet {
    group: &'static str,
    kind: &'static str,
    /// Where its pod templates may be: keys, and `*` for every item of a list and every value of a mapping.
    templates: &'static [&'static str],
}

/// Kinds whose definitions contain whole pod templates, as Kubernetes itself would run them. Kinds that only change
/// pods which their controller makes up are not here, as the controller may add what such a template lacks.
const FLEETS: &[Fleet] = &[
    Fleet { group: "agones.dev", kind: "Fleet", templates: &["spec.template.spec.template"] },
    Fleet {
        group: "agones.dev",
        kind: "GameServerSet",
        templates: &["spec.template.spec.template"],
    },
    Fleet {
        group: "apps.kruise.io",
        kind: "AdvancedCronJob",
        templates: &[
            "spec.template.jobTemplate.spec.template",
            "spec.template.broadcastJobTemplate.spec.template",
        ],
    },
    Fleet {
        group: "apps.kruise.io",
        kind: "UnitedDeployment",
        templates: &["spec.template.*.spec.template"],
    },
    Fleet {
        group: "batch.volcano.sh",
        kind: "CronJob",
        templates: &["spec.jobTemplate.spec.tasks.*.template"],
    },
    Fleet { group: "batch.volcano.sh", kind: "Job", templates: &["spec.tasks.*.template"] },
    Fleet { group: "flow.volcano.sh", kind: "JobTemplate", templates: &["spec.tasks.*.template"] },
    Fleet {
        group: "jobset.x-k8s.io",
        kind: "JobSet",
        templates: &["spec.replicatedJobs.*.template.spec.template"],
    },
    Fleet {
        group: "kubeflow.org",
        kind: "JAXJob",
        templates: &["spec.jaxReplicaSpecs.*.template"],
    },
    Fleet {
        group: "kubeflow.org",
        kind: "MPIJob",
        templates: &["spec.mpiReplicaSpecs.*.template"],
    },
    Fleet {
        group: "kubeflow.org",
        kind: "PaddleJob",
        templates: &["spec.paddleReplicaSpecs.*.template"],
    },
    Fleet {
        group: "kubeflow.org",
        kind: "PyTorchJob",
        templates: &["spec.pytorchReplicaSpecs.*.template"],
    },
    Fleet { group: "kubeflow.org", kind: "TFJob", templates: &["spec.tfReplicaSpecs.*.template"] },
    Fleet {
        group: "kubeflow.org",
        kind: "XGBoostJob",
        templates: &["spec.xgbReplicaSpecs.*.template"],
    },
    Fleet {
        group: "leaderworkerset.x-k8s.io",
        kind: "LeaderWorkerSet",
        templates: &[
            "spec.leaderWorkerTemplate.leaderTemplate",
            "spec.leaderWorkerTemplate.workerTemplate",
        ],
    },
    Fleet {
        group: "ray.io",
        kind: "RayCluster",
        templates: &["spec.headGroupSpec.template", "spec.workerGroupSpecs.*.template"],
    },
    Fleet {
        group: "ray.io",
        kind: "RayCronJob",
        templates: &[
            "spec.jobTemplate.rayClusterSpec.headGroupSpec.template",
            "spec.jobTemplate.rayClusterSpec.workerGroupSpecs.*.template",
            "spec.jobTemplate.submitterPodTemplate",
        ],
    },
    Fleet {
        group: "ray.io",
        kind: "RayJob",
        templates: &[
            "spec.rayClusterSpec.headGroupSpec.template",
            "spec.rayClusterSpec.workerGroupSpecs.*.template",
            "spec.submitterPodTemplate",
        ],
    },
    Fleet {
        group: "ray.io",
        kind: "RayService",
        templates: &[
            "spec.rayClusterConfig.headGroupSpec.template",
            "spec.rayClusterConfig.workerGroupSpecs.*.template",
        ],
    },
];

/// The pod templates of an object that creates several sorts of pods, in the order of its kind's definition, without
/// those that have no containers.
pub(super) fn templates<'a>(object: Node<'a>, group: &str, kind: &str) -> Vec<Node<'a>> {
    let Some(fleet) = FLEETS.iter().find(|fleet| fleet.kind == kind && fleet.group == group) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for path in fleet.templates {
        collect(object, path, &mut found);
    }
    found.retain(|template| has_containers(*template));
    found
}

/// Whether a pod template lists the containers of its pods.
pub(super) fn has_containers(template: Node<'_>) -> bool {
    let containers = template.at(&["spec", "containers"]);
    containers.is_some_and(|list| list.kind() == Kind::Sequence)
}

fn collect<'a>(node: Node<'a>, path: &str, found: &mut Vec<Node<'a>>) {
    let Some((step, rest)) = path.split_once('.') else {
        found.extend(node.get(path));
        return;
    };
    if step != "*" {
        if let Some(child) = node.get(step) {
            collect(child, rest, found);
        }
        return;
    }
    let values = node.entries().map(|entry| entry.value);
    for child in node.items().chain(values) {
        collect(child, rest, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::yaml;

    /// The images of the first container of each sort of pods, for an object of this kind with this `spec`.
    fn images(api_version: &str, kind: &str, spec: &str) -> Vec<String> {
        let text = format!("{{apiVersion: {api_version}, kind: {kind}, spec: {spec}}}");
        let stream = yaml::parse(SourceId::NOWHERE, &text.into());
        let object = stream.documents[0].root().expect("a mapping");
        let group = api_version.split('/').next().expect("a group");
        let image = |template: Node<'_>| {
            let containers = template.at(&["spec", "containers"])?;
            Some(containers.items().next()?.get("image")?.raw().to_owned())
        };
        templates(object, group, kind).into_iter().filter_map(image).collect()
    }

    /// A pod template with a container of this image.
    fn pods(image: &str) -> String {
        format!("{{spec: {{containers: [{{image: {image}}}]}}}}")
    }

    #[test]
    fn templates_are_found_where_the_kind_has_them() {
        let (a, b, c) = (pods("a"), pods("b"), pods("c"));
        let ray = format!(
            "headGroupSpec: {{template: {a}}}, workerGroupSpecs: [{{template: {b}}}, {{template: {c}}}]"
        );
        for (api_version, kind, spec) in [
            ("ray.io/v1", "RayCluster", format!("{{{ray}}}")),
            ("ray.io/v1", "RayService", format!("{{rayClusterConfig: {{{ray}}}}}")),
            (
                "ray.io/v1",
                "RayJob",
                format!(
                    "{{rayClusterSpec: {{headGroupSpec: {{template: {a}}}, workerGroupSpecs: [{{template: {b}}}]}}, submitterPodTemplate: {c}}}"
                ),
            ),
            (
                "batch.volcano.sh/v1alpha1",
                "Job",
                format!("{{tasks: [{{template: {a}}}, {{template: {b}}}, {{template: {c}}}]}}"),
            ),
            (
                "jobset.x-k8s.io/v1alpha2",
                "JobSet",
                format!(
                    "{{replicatedJobs: [{{template: {{spec: {{template: {a}}}}}}}, {{template: {{spec: {{template: {b}}}}}}}, {{template: {{spec: {{template: {c}}}}}}}]}}"
                ),
            ),
            (
                "kubeflow.org/v1",
                "PyTorchJob",
                format!(
                    "{{pytorchReplicaSpecs: {{Master: {{template: {a}}}, Worker: {{template: {b}}}, Other: {{template: {c}}}}}}}"
                ),
            ),
        ] {
            assert_eq!(images(api_version, kind, &spec), ["a", "b", "c"], "{kind}");
        }
        let set = format!("{{leaderWorkerTemplate: {{workerTemplate: {b}, leaderTemplate: {a}}}}}");
        assert_eq!(images("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", &set), ["a", "b"]);
        let servers = format!("{{template: {{spec: {{template: {a}}}}}}}");
        assert_eq!(images("agones.dev/v1", "Fleet", &servers), ["a"]);
        let job = format!("{{template: {{jobTemplate: {{spec: {{template: {a}}}}}}}}}");
        assert_eq!(images("apps.kruise.io/v1alpha1", "AdvancedCronJob", &job), ["a"]);
    }

    #[test]
    fn what_others_call_so_and_what_names_no_containers_is_left_out() {
        let tasks = format!("{{tasks: [{{template: {}}}]}}", pods("a"));
        assert_eq!(images("batch/v1", "Job", &tasks), [""; 0]);
        for tasks in [
            "[]",
            "{}",
            "[{}]",
            "[{template: {}}]",
            "[{template: {spec: {containers: a}}}]",
            "a",
            "null",
        ] {
            let spec = format!("{{tasks: {tasks}}}");
            assert_eq!(images("batch.volcano.sh/v1alpha1", "Job", &spec), [""; 0], "{tasks}");
        }
    }
}
