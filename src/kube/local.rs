//! Documents that look like objects, with an `apiVersion` and a `kind`, but that no API server serves: a program on a
//! user's machine, or a component of Kubernetes when it starts, reads them from a file.

use std::collections::HashSet;
use std::sync::LazyLock;

use foldhash::fast::RandomState;

use super::object::Object;

/// API groups, and full API versions, that no server has.
///
/// A group is only here if none of its kinds is a custom resource, in any version of the program.
const LOCAL: [&str; 40] = [
    // Configuration of Kubernetes' components. Versions of a policy that servers refuse are in the lifecycle table.
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
    // Tools that create clusters.
    "ctlptl.dev",
    "config.kwok.x-k8s.io",
    "eksctl.io",
    "k0sctl.k0sproject.io",
    "k3d.io",
    "kind.x-k8s.io",
    "kubeone.io",
    "kubeone.k8c.io",
    "minikube.sigs.k8s.io",
    // Tools that create manifests, and kustomize's generators and transformers.
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
    // Tools that test manifests.
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

/// True for objects that only a program reads, so no API refuses them.
pub(super) fn is_local(object: &Object<'_>) -> bool {
    // Every object is tested, several times in a run.
    static LOCAL_SET: LazyLock<HashSet<&str, RandomState>> =
        LazyLock::new(|| LOCAL.into_iter().collect());
    let is_known = |api: &str| LOCAL_SET.contains(api);
    is_known(object.api_version) || is_known(object.group()) || is_kubeconfig(object)
}

/// Whether it is a kubeconfig, with which `kubectl` connects to clusters.
fn is_kubeconfig(object: &Object<'_>) -> bool {
    let has = |key| object.node.get(key).is_some();
    object.api_version == "v1" && object.kind == "Config" && (has("clusters") || has("contexts"))
}
