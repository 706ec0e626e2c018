//! The presets that stand for other linters: each has what that linter checks where nobody
//! configured it, and asks what it asks.

use std::collections::BTreeSet;
use std::sync::Arc;

use plimsoll::rule::{Known, RuleSet};
use plimsoll::source::Sources;

use crate::harness::{repository, run};

/// `internal/defaultchecks/default_checks.go` of kube-linter.
const KUBE_LINTER: &[&str] = &[
    "dangling-service",
    "deprecated-service-account-field",
    "docker-sock",
    "drop-net-raw-capability",
    "duplicate-env-var",
    "env-var-secret",
    "host-ipc",
    "host-network",
    "host-pid",
    "invalid-target-ports",
    "job-ttl-seconds-after-finished",
    "latest-tag",
    "liveness-port",
    "mismatching-selector",
    "no-anti-affinity",
    "no-extensions-v1beta",
    "no-read-only-root-fs",
    "non-existent-service-account",
    "pdb-max-unavailable",
    "pdb-min-available",
    "pdb-unhealthy-pod-eviction-policy",
    "privilege-escalation-container",
    "privileged-container",
    "readiness-port",
    "run-as-non-root",
    "sensitive-host-mounts",
    "ssh-port",
    "startup-port",
    "unsafe-sysctls",
    "unset-cpu-requirements",
    "unset-memory-requirements",
];

/// The checks that kube-score registers below `score/` and that are not optional.
const KUBE_SCORE: &[&str] = &[
    "container-ephemeral-storage-request-and-limit",
    "container-image-pull-policy",
    "container-image-tag",
    "container-resources",
    "container-security-context-privileged",
    "container-security-context-readonlyrootfilesystem",
    "container-security-context-user-group-id",
    "cronjob-has-deadline",
    "cronjob-restartpolicy",
    "deployment-has-host-podantiaffinity",
    "deployment-has-poddisruptionbudget",
    "deployment-pod-selector-labels-match-template-metadata-labels",
    "deployment-replicas",
    "deployment-strategy",
    "deployment-targeted-by-hpa-does-not-have-replicas-configured",
    "environment-variable-key-duplication",
    "horizontalpodautoscaler-has-target",
    "horizontalpodautoscaler-replicas",
    "ingress-targets-service",
    "label-values",
    "networkpolicy-targets-pod",
    "pod-networkpolicy",
    "pod-probes",
    "pod-probes-identical",
    "pod-topology-spread-constraints",
    "poddisruptionbudget-has-policy",
    "service-targets-pod",
    "service-type",
    "stable-version",
    "statefulset-has-host-podantiaffinity",
    "statefulset-has-poddisruptionbudget",
    "statefulset-has-servicename",
    "statefulset-pod-selector-labels-match-template-metadata-labels",
];

/// The checks that `pkg/config/default.yaml` of Polaris switches on.
const POLARIS: &[&str] = &[
    "automountServiceAccountToken",
    "clusterrolePodExecAttach",
    "clusterrolebindingClusterAdmin",
    "clusterrolebindingPodExecAttach",
    "cpuLimitsMissing",
    "cpuRequestsMissing",
    "dangerousCapabilities",
    "deploymentMissingReplicas",
    "hostIPCSet",
    "hostNetworkSet",
    "hostPIDSet",
    "hostPathSet",
    "hostPortSet",
    "hostProcess",
    "hpaMaxAvailability",
    "hpaMinAvailability",
    "insecureCapabilities",
    "linuxHardening",
    "livenessProbeMissing",
    "memoryLimitsMissing",
    "memoryRequestsMissing",
    "metadataAndInstanceMismatched",
    "missingNetworkPolicy",
    "missingPodDisruptionBudget",
    "notReadOnlyRootFilesystem",
    "pdbDisruptionsIsZero",
    "pdbMinAvailableGreaterThanHPAMinReplicas",
    "priorityClassNotSet",
    "privilegeEscalationAllowed",
    "procMount",
    "pullPolicyNotAlways",
    "readinessProbeMissing",
    "rolePodExecAttach",
    "rolebindingClusterAdminClusterRole",
    "rolebindingClusterAdminRole",
    "rolebindingClusterRolePodExecAttach",
    "rolebindingRolePodExecAttach",
    "runAsPrivileged",
    "runAsRootAllowed",
    "sensitiveConfigmapContent",
    "sensitiveContainerEnvVar",
    "tagNotSpecified",
    "tlsSettingsMissing",
    "topologySpreadConstraint",
];

#[test]
fn a_preset_of_another_linter_has_what_that_linter_checks_by_default() {
    let set = RuleSet::builtin(&Sources::default());
    for (linter, checks) in
        [("kube-linter", KUBE_LINTER), ("kube-score", KUBE_SCORE), ("polaris", POLARIS)]
    {
        let asked: BTreeSet<&str> = checks
            .iter()
            .flat_map(|check| {
                let rules = set.named(&format!("{linter}:{check}"));
                assert!(!rules.is_empty(), "no rule stands for {linter}'s {check}");
                rules.into_iter().map(|rule| rule.id.as_ref())
            })
            .collect();
        let member = |rule: &&Arc<Known>| rule.presets().any(|preset| preset == linter);
        let has: BTreeSet<&str> =
            set.rules.iter().filter(member).map(|rule| rule.id.as_ref()).collect();
        assert_eq!(has, asked, "{linter}");
    }
}

/// What the same rule says in each preset.
fn said(preset: &str, rule: &str, manifest: &str) -> Vec<String> {
    let dir = repository(&[("a.yaml", manifest)]);
    let args = ["check", "--preset", preset, "--format", "concise", "--fail-on", "never"];
    let out = run(dir.path(), &args).expect_code(0).out;
    let hits = out.lines().filter(|line| line.contains(&format!(" {rule}: ")));
    hits.map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
}

/// kube-score asks for probes where a Service sends traffic, of one container of the pod; Polaris
/// everywhere, of each.
#[test]
fn probes_are_asked_for_as_each_linter_does() {
    let pod = "\
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  containers:
    - name: web
      readinessProbe: {tcpSocket: {port: 80}}
    - name: log
";
    let served = format!(
        "{pod}---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{selector: {{app: web}}, ports: [{{port: 80}}]}}\n"
    );
    let (ready, alive) = ("readiness-probe-required", "liveness-probe-required");
    assert_eq!(said("kube-score", ready, pod), Vec::<String>::new());
    assert_eq!(said("kube-score", alive, pod), Vec::<String>::new());
    assert_eq!(said("kube-score", ready, &served), Vec::<String>::new());
    assert_eq!(said("kube-score", alive, &served), ["a.yaml:6:13:", "a.yaml:8:13:"]);
    assert_eq!(said("polaris", ready, pod), ["a.yaml:8:13:"]);
    assert_eq!(said("polaris", alive, pod), ["a.yaml:6:13:", "a.yaml:8:13:"]);
}

/// kube-linter asks what a container says, kube-score and Polaris also what it leaves to a default.
#[test]
fn security_is_asked_for_as_each_linter_does() {
    let pod = "\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
    - name: probe
      securityContext:
        allowPrivilegeEscalation: true
        capabilities:
          add: [IPC_LOCK]
          drop: [CHOWN]
      volumeMounts: [{name: certificates, mountPath: /certificates}, {name: node, mountPath: /node}]
  volumes:
    - name: certificates
      hostPath: {path: /etc/ssl}
    - name: node
      hostPath: {path: /etc}
    - name: unused
      hostPath: {path: /dev}
";
    let escalation = "privilege-escalation-forbidden";
    assert_eq!(said("kube-linter", escalation, pod), ["a.yaml:9:35:"]);
    assert_eq!(said("polaris", escalation, pod), ["a.yaml:6:13:", "a.yaml:9:35:"]);
    assert_eq!(said("kube-linter", "capability-net-raw-dropped", pod), ["a.yaml:12:11:"]);
    assert_eq!(said("kube-linter", "sensitive-host-mounts-forbidden", pod), ["a.yaml:18:24:"]);
    assert_eq!(
        said("security", "sensitive-host-mounts-forbidden", pod),
        ["a.yaml:16:24:", "a.yaml:18:24:", "a.yaml:20:24:"]
    );
    assert_eq!(said("polaris", "dangerous-capabilities-added", pod), Vec::<String>::new());
    assert_eq!(said("security", "dangerous-capabilities-added", pod), ["a.yaml:11:17:"]);
}

/// Polaris takes a list of capabilities for all of them, and asks for the resources of what goes on
/// running.
#[test]
fn what_polaris_lets_pass_passes() {
    let pod = "\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  initContainers:
    - name: wait
  containers:
    - name: web
      resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1, memory: 1Gi}}
      securityContext:
        capabilities:
          drop: [NET_ADMIN, CHOWN, DAC_OVERRIDE, FSETID, FOWNER, MKNOD, NET_RAW, SETGID, SETUID, SETFCAP, SETPCAP, NET_BIND_SERVICE, SYS_CHROOT, KILL, AUDIT_WRITE]
";
    assert_eq!(said("polaris", "capabilities-drop-all", pod), ["a.yaml:6:13:"]);
    assert_eq!(said("security", "capabilities-drop-all", pod).len(), 2);
    for rule in ["cpu-limit-required", "cpu-request-required"] {
        assert_eq!(said("polaris", rule, pod), Vec::<String>::new(), "{rule}");
        assert_eq!(said("kube-score", rule, pod), ["a.yaml:6:13:"], "{rule}");
    }
}

/// A Service alone has no pods to kube-linter and kube-score, and Polaris wants a budget for one pod.
#[test]
fn what_is_missing_beside_an_object_is_missed_as_each_linter_does() {
    let service = "\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80}]
";
    for (preset, lines) in [("kube-linter", 1), ("kube-score", 1), ("reliability", 0)] {
        assert_eq!(said(preset, "service-selector-matches-pods", service).len(), lines, "{preset}");
    }
    let deployment = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: registry.example/web:1.4}]}
";
    for (preset, lines) in [("polaris", 1), ("kube-score", 0), ("reliability", 0)] {
        assert_eq!(said(preset, "pdb-required", deployment).len(), lines, "{preset}");
    }
}
