//! The facts about the cluster in `plimsoll.yaml`, as rules use them.

use crate::config::{Config, Spanned};
use crate::finding::Finding;
use crate::helm::capabilities::KubeVersion;
use crate::kube::parse_quantity;
use crate::rule::Cluster;

/// The facts about the cluster.
#[must_use]
pub fn facts(config: &Config) -> Cluster {
    let said = &config.settings.cluster;
    let count = |count: &Option<Spanned<u32>>| count.as_ref().map_or(0, |count| count.value);
    let size = |size: &Option<Spanned<String>>| {
        size.as_ref().and_then(|size| parse_quantity(&size.value)).unwrap_or_default()
    };
    Cluster {
        nodes: count(&said.nodes),
        zones: count(&said.zones),
        node_cpu: size(&said.node_cpu),
        node_memory: size(&said.node_memory),
    }
}

/// Findings on quantities and versions that cannot be read.
#[must_use]
pub(super) fn faults(config: &Config) -> Vec<Finding> {
    let said = &config.settings;
    let sizes = [&said.cluster.node_cpu, &said.cluster.node_memory].into_iter().flatten();
    let sizes = sizes.filter(|size| parse_quantity(&size.value).is_none()).filter_map(|size| {
        let message = format!("`{}` is not a quantity", size.value);
        config.fault(size, message, "write it as Kubernetes does: `3920m`, `14Gi`".to_owned())
    });
    let of_releases = said.releases.iter().map(|release| &release.kube_version);
    let versions = std::iter::once(&said.kube_version).chain(of_releases).flatten();
    let versions = versions.filter(|version| !is_version(&version.value));
    let versions = versions.filter_map(|version| {
        let message = format!("`{}` is not a version of Kubernetes", version.value);
        config.fault(version, message, "write it as `1.34` or `1.34.2`".to_owned())
    });
    sizes.chain(versions).collect()
}

/// Whether a text is a version of Kubernetes. Helm's option takes one that anything may follow, such as `1.31.x`; nobody
/// means the `1.31` that it makes of it.
fn is_version(text: &str) -> bool {
    let core =
        text.trim_start_matches('v').trim_start_matches(|of: char| ".0123456789".contains(of));
    let is_plain = core.is_empty() && !text.ends_with('.') || core.starts_with(['-', '+']);
    is_plain && KubeVersion::parse(text).is_ok()
}
