//! Checks pods against the level of the Pod Security Standards that their namespace enforces, as the latest version of
//! `k8s.io/pod-security-admission/policy` does.

use super::Scene;
use crate::kube::Object;
use crate::rule::hit::{Hit, Target};
use crate::yaml::{Kind, Node};

const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

const CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];
const SELINUX_TYPES: &[&str] =
    &["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
const SYSCTLS: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
];
const RESTRICTED_VOLUMES: &[&str] = &[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

pub(super) fn judge(scene: &Scene<'_>) -> Vec<Hit> {
    let Some((namespace, level)) = enforced(scene) else {
        return Vec::new();
    };
    let mut faults = baseline(scene.object);
    if level == "restricted" {
        faults.extend(restricted(scene.object));
    }
    let mut faults = faults.into_iter();
    let Some(first) = faults.next() else {
        return Vec::new();
    };
    let related: Vec<_> = faults.map(|fault| (fault.target(), fault.what)).collect();
    let more = match related.len() {
        0 => String::new(),
        1 => ", and one thing more".to_owned(),
        count => format!(", and {count} things more"),
    };
    let message = format!(
        "namespace `{namespace}` enforces `{level}`, which refuses these pods: {}{more}",
        first.what
    );
    vec![Hit { related, ..Hit::at(first.target(), message) }]
}

/// The object's namespace and the level that it enforces, if the namespace is deployed together with the object.
fn enforced(scene: &Scene<'_>) -> Option<(String, String)> {
    let stated = scene.object.namespace().unwrap_or(&scene.setting.release.namespace);
    if stated.is_empty() {
        return None;
    }
    let mut named = scene.company?.of_kind("Namespace").filter(|one| one.name() == stated);
    named.find_map(|namespace| {
        let level = namespace.node.at(&["metadata", "labels", ENFORCE])?.raw();
        matches!(level, "baseline" | "restricted").then(|| (stated.to_owned(), level.to_owned()))
    })
}

/// A field that a level does not allow, or one that it requires and that is missing.
struct Fault<'n> {
    node: Node<'n>,
    missing: Vec<String>,
    what: String,
}

impl<'n> Fault<'n> {
    fn at(node: Node<'n>, what: impl Into<String>) -> Self {
        Self { node, missing: Vec::new(), what: what.into() }
    }

    /// A fault at the field at a path, or at the deepest existing field on the path if that field is missing.
    fn field(from: Node<'n>, path: &[&str], what: impl Into<String>) -> Self {
        let mut fault = Self::at(from, what);
        for (at, key) in path.iter().enumerate() {
            match fault.node.get(key).filter(|node| !node.is_null()) {
                Some(node) => fault.node = node,
                None => {
                    fault.missing = path[at..].iter().map(|key| (*key).to_owned()).collect();
                    break;
                }
            }
        }
        fault
    }

    fn target(&self) -> Target {
        Target { missing: self.missing.clone(), ..Target::of(self.node) }
    }
}

fn baseline<'n>(object: &Object<'n>) -> Vec<Fault<'n>> {
    let Some(spec) = object.pod_spec() else {
        return Vec::new();
    };
    let mut faults = Vec::new();
    for key in ["hostNetwork", "hostPID", "hostIPC"] {
        faults.extend(is_true(spec.get(key)).map(|node| Fault::at(node, format!("`{key}` is on"))));
    }
    for volume in spec.get("volumes").into_iter().flat_map(Node::items) {
        let path = volume.get("hostPath").filter(|path| !path.is_null());
        faults.extend(path.map(|path| Fault::at(path, "a volume is a path of the node")));
    }
    let in_user_namespace = spec.get("hostUsers").and_then(Node::as_bool) == Some(false);
    for container in object.containers() {
        let node = container.node;
        if let Some(context) = node.get("securityContext") {
            faults.extend(
                is_true(context.get("privileged"))
                    .map(|node| Fault::at(node, "a container is privileged")),
            );
            let added = context.at(&["capabilities", "add"]).into_iter().flat_map(Node::items);
            faults.extend(
                added
                    .filter(|name| !CAPABILITIES.contains(&name.raw()))
                    .map(|name| Fault::at(name, format!("capability `{}` is added", name.raw()))),
            );
            let mount = context.get("procMount").filter(|mount| mount.raw() != "Default");
            faults.extend(
                mount
                    .filter(|mount| !mount.is_null() && !in_user_namespace)
                    .map(|mount| Fault::at(mount, "`/proc` is not masked")),
            );
        }
        for port in node.get("ports").into_iter().flat_map(Node::items) {
            let host =
                port.get("hostPort").filter(|host| host.as_i64().is_some_and(|port| port != 0));
            faults.extend(host.map(|host| Fault::at(host, "a port of the node is used")));
        }
        faults.extend(probe_hosts(node));
    }
    for context in contexts(object, spec) {
        faults.extend(unconfined(context));
        faults.extend(
            is_true(context.at(&["windowsOptions", "hostProcess"]))
                .map(|node| Fault::at(node, "a container is a process of the node")),
        );
        faults.extend(selinux(context));
    }
    let sysctls = spec.at(&["securityContext", "sysctls"]).into_iter().flat_map(Node::items);
    faults.extend(
        sysctls
            .filter_map(|sysctl| sysctl.get("name"))
            .filter(|name| !SYSCTLS.contains(&name.raw()))
            .map(|name| Fault::at(name, format!("sysctl `{}` is set", name.raw()))),
    );
    faults
}

fn restricted<'n>(object: &Object<'n>) -> Vec<Fault<'n>> {
    let Some(spec) = object.pod_spec() else {
        return Vec::new();
    };
    let mut faults = Vec::new();
    for volume in spec.get("volumes").into_iter().flat_map(Node::items) {
        let sources = volume.entries().filter(|entry| entry.value.kind() == Kind::Mapping);
        faults.extend(
            sources
                .filter(|source| !RESTRICTED_VOLUMES.contains(&source.name().as_ref()))
                // The baseline level already reports these.
                .filter(|source| source.name() != "hostPath")
                .map(|source| {
                    Fault::at(source.value, format!("a volume is of type `{}`", source.name()))
                }),
        );
    }
    let windows = spec.at(&["os", "name"]).is_some_and(|name| name.raw() == "windows");
    let in_user_namespace = spec.get("hostUsers").and_then(Node::as_bool) == Some(false);
    let pod = spec.get("securityContext");
    for container in object.containers() {
        let node = container.node;
        if !in_user_namespace {
            faults.extend(root(pod, node));
        }
        if !windows {
            faults.extend(hardening(pod, node));
        }
    }
    faults
}

/// Containers that run as root, or that do not say that they run as another user.
fn root<'n>(pod: Option<Node<'n>>, container: Node<'n>) -> Vec<Fault<'n>> {
    let own = container.get("securityContext");
    // A null in the container is as if the field were absent: the pod's value applies.
    let stated =
        |context: Option<Node<'n>>, key: &str| context?.get(key).filter(|node| !node.is_null());
    let said = |key: &str| stated(own, key).or(stated(pod, key));
    let mut faults = Vec::new();
    if said("runAsNonRoot").and_then(Node::as_bool) != Some(true) {
        let path = ["securityContext", "runAsNonRoot"];
        faults.push(Fault::field(container, &path, "`runAsNonRoot` is not `true`"));
    }
    let user = said("runAsUser").filter(|user| user.as_i64() == Some(0));
    faults.extend(user.map(|user| Fault::at(user, "`runAsUser` is 0")));
    faults
}

fn hardening<'n>(pod: Option<Node<'n>>, container: Node<'n>) -> Vec<Fault<'n>> {
    let own = container.get("securityContext");
    let mut faults = Vec::new();
    let escalation = own.and_then(|own| own.get("allowPrivilegeEscalation"));
    if escalation.and_then(Node::as_bool) != Some(false) {
        let path = ["securityContext", "allowPrivilegeEscalation"];
        faults.push(Fault::field(container, &path, "`allowPrivilegeEscalation` is not `false`"));
    }
    let capabilities = own.and_then(|own| own.get("capabilities"));
    let listed =
        |key| capabilities.and_then(|list| list.get(key)).into_iter().flat_map(Node::items);
    if !listed("drop").any(|name| name.raw() == "ALL") {
        let path = ["securityContext", "capabilities", "drop"];
        faults.push(Fault::field(container, &path, "not `ALL` capabilities are dropped"));
    }
    faults.extend(
        listed("add")
            .filter(|name| name.raw() != "NET_BIND_SERVICE" && CAPABILITIES.contains(&name.raw()))
            .map(|name| Fault::at(name, format!("capability `{}` is added", name.raw()))),
    );
    let profile = |context: Option<Node<'n>>| context?.at(&["seccompProfile", "type"]);
    let chosen = profile(own).or(profile(pod)).map(Node::raw);
    if !matches!(chosen, Some("RuntimeDefault" | "Localhost" | "Unconfined")) {
        let path = ["securityContext", "seccompProfile"];
        faults.push(Fault::field(container, &path, "no seccomp profile is set"));
    }
    faults
}

/// The security contexts of the pod and of its containers.
fn contexts<'n>(object: &Object<'n>, spec: Node<'n>) -> Vec<Node<'n>> {
    let owners = std::iter::once(spec)
        .chain(object.containers().into_iter().map(|container| container.node));
    owners.filter_map(|owner| owner.get("securityContext")).collect()
}

fn unconfined(context: Node<'_>) -> Vec<Fault<'_>> {
    [("seccompProfile", "seccomp"), ("appArmorProfile", "AppArmor")]
        .into_iter()
        .filter_map(|(key, name)| {
            let node = context.at(&[key, "type"]).filter(|node| node.raw() == "Unconfined")?;
            Some(Fault::at(node, format!("{name} is off")))
        })
        .collect()
}

fn selinux(context: Node<'_>) -> Vec<Fault<'_>> {
    let options = context.get("seLinuxOptions");
    let field = |key| options.and_then(|options| options.get(key)).filter(|node| !node.is_null());
    let kind = field("type").filter(|node| !SELINUX_TYPES.contains(&node.raw()));
    let named =
        ["user", "role"].into_iter().filter_map(field).filter(|node| !node.raw().is_empty());
    kind.into_iter()
        .chain(named)
        .map(|node| Fault::at(node, format!("SELinux option `{}` is set", node.raw())))
        .collect()
}

fn probe_hosts(container: Node<'_>) -> Vec<Fault<'_>> {
    let probes = ["livenessProbe", "readinessProbe", "startupProbe"].map(|key| container.get(key));
    let hooks = ["postStart", "preStop"].map(|key| container.at(&["lifecycle", key]));
    let handlers = probes.into_iter().chain(hooks).flatten();
    handlers
        .flat_map(|handler| {
            ["httpGet", "tcpSocket"].into_iter().filter_map(move |way| handler.at(&[way, "host"]))
        })
        .filter(|host| !host.is_null() && !host.raw().is_empty())
        .map(|host| Fault::at(host, "a probe or hook names a host"))
        .collect()
}

fn is_true(node: Option<Node<'_>>) -> Option<Node<'_>> {
    node.filter(|node| node.as_bool() == Some(true))
}
