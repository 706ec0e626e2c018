//! Documents that look like objects, with an `apiVersion` and a `kind`, but which no API server serves: a program on
//! somebody's machine, or a component of Kubernetes as it starts, reads them from a file.

use std::collections::HashSet;
use std::sync::LazyLock;

use foldhash::fast::RandomState;

use super::object::Object;

/// API groups, and API versions in full, that no server has.
///
/// A group is here only where none of its kinds is a custom resource, whatever version of the program is installed.
const LOCAL: [&str; 40] = [
    // Components of Kubernetes, as they start. That servers refuse older versions of a policy is told by its lifecycle.
    "apiserver.config.k8s.io",
    "apiserver.k8s.io",
    "audit.k8s.io/v1",
    "client.authentication.k8s.io",
    "controllermanager.config.k8s.io",
    "credentialprovider.kubelet.k8s.io",
    "kubeadm.k8s.io",
    "kubecontrollermanager.config.k8s.io",
    "kubelet.config.k8s.io",
    "kubeproxy.config.k8s.io",
    "kubescheduler.config.k8s.io",
    // What makes clusters.
    "ctlptl.dev",
    "config.kwok.x-k8s.io",
    "eksctl.io",
    "k0sctl.k0sproject.io",
    "k3d.io",
    "kind.x-k8s.io",
    "kubeone.io",
    "kubeone.k8c.io",
    "minikube.sigs.k8s.io",
    // What makes manifests, and kustomize's generators and transformers.
    "builtin",
    "fn.kpt.dev",
    "imgpkg.carvel.dev",
    "kapp.k14s.io",
    "kbld.k14s.io",
    "kctrl.carvel.dev",
    "kpt.dev",
    "kustomize.config.k8s.io",
    "skaffold",
    "tanka.dev",
    "vendir.k14s.io",
    "viaduct.ai",
    // What tests them.
    "chainsaw.kyverno.io",
    "cli.kyverno.io",
    "kuttl.dev",
    "scorecard.operatorframework.io",
    "test.gatekeeper.sh",
    // Catalogs.
    "backstage.io",
    "garden.io",
    "krew.googlecontainertools.github.com",
];

/// True of what only a program reads, and so no API ever refuses.
pub(super) fn is_local(object: &Object<'_>) -> bool {
    // Every object is asked, several times in a run.
    static LOCAL_SET: LazyLock<HashSet<&str, RandomState>> =
        LazyLock::new(|| LOCAL.into_iter().collect());
    let is_known = |api: &str| LOCAL_SET.contains(api);
    is_known(object.api_version) || is_known(object.group()) || is_kubeconfig(object)
}

/// How `kubectl` reaches clusters.
fn is_kubeconfig(object: &Object<'_>) -> bool {
    let has = |key| object.node.get(key).is_some();
    object.api_version == "v1" && object.kind == "Config" && (has("clusters") || has("contexts"))
}
