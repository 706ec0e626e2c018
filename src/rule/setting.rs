//! What rules know beside the scope that they judge.

use std::sync::Arc;

use crate::kube::schema::Schemas;

/// What is known of the cluster; 0 where it is not.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cluster {
    /// Nodes that pods can run on.
    pub nodes: u32,
    /// Zones that these nodes are spread over.
    pub zones: u32,
    /// What the largest node has for pods, in cores.
    pub node_cpu: f64,
    /// What the largest node has for pods, in bytes.
    pub node_memory: f64,
}

/// What all scopes of a run, or of one release, share.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// Kubernetes version to judge by, `1.34`.
    pub kube_version: String,
    /// True where somebody said which version that is.
    pub kube_version_stated: bool,
    /// Where objects go that name no namespace: a release's, `default` for manifests as they lie;
    /// empty where that is left open.
    pub namespace: String,
    /// Schemas of custom resources.
    pub schemas: Arc<Schemas>,
    /// Facts of the cluster.
    pub cluster: Cluster,
    /// The release that the objects are of; empty for manifests that lie in the repository.
    pub release: ReleaseInfo,
    /// True for what a chart makes: no file of the repository holds it, and it has a release.
    pub rendered: bool,
}

/// The release a scope is judged for.
#[derive(Debug, Clone, Default)]
pub struct ReleaseInfo {
    /// The release's name; empty where it is not known.
    pub name: String,
    /// The chart's name; empty where it is not known.
    pub chart: String,
    /// The namespace; empty where it is left open.
    pub namespace: String,
    /// Where the name was read, `.gitlab-ci.yml:4`; empty outside of releases.
    pub declared_in: String,
    /// What declares it, `flux`, by the word of the JSON contract; empty outside of releases.
    pub via: String,
    /// True when the chart is at hand: what it makes of the values is then judged as objects, and
    /// a rule that could only guess at it has nothing to add.
    pub rendered: bool,
}
