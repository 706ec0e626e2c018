//! What `plimsoll.yaml` says of the cluster, as rules use it.

use crate::config::{Config, Spanned};
use crate::finding::Finding;
use crate::kube::parse_quantity;
use crate::rule::Cluster;

/// The facts of the cluster.
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

/// What is wrong with the facts as they are written.
#[must_use]
pub fn faults(config: &Config) -> Vec<Finding> {
    let said = &config.settings.cluster;
    [&said.node_cpu, &said.node_memory]
        .into_iter()
        .flatten()
        .filter(|size| parse_quantity(&size.value).is_none())
        .filter_map(|size| {
            let message = format!("`{}` is no quantity", size.value);
            config.fault(size, message, "write it as Kubernetes does: `3920m`, `14Gi`".to_owned())
        })
        .collect()
}
