//! What rules know apart from the scope that they judge.

use std::sync::Arc;

use crate::kube::schema::Schemas;

/// Facts about the cluster; each is 0 if it is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cluster {
    /// The number of nodes on which pods can run.
    pub nodes: u32,
    /// The number of zones of these nodes.
    pub zones: u32,
    /// The CPU of the largest node that is available for pods, in cores.
    pub node_cpu: f64,
    /// The memory of the largest node that is available for pods, in bytes.
    pub node_memory: f64,
}

/// What is the same for all scopes of a run, or of one release.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// The Kubernetes version for which objects are judged, `1.34`.
    pub kube_version: String,
    /// True if the user stated the version.
    pub kube_version_stated: bool,
    /// The namespace of objects that state none: that of the release, or `default` for manifests in the repository;
    /// empty if it is not known.
    pub namespace: String,
    /// Schemas of custom resources.
    pub schemas: Arc<Schemas>,
    /// Facts about the cluster.
    pub cluster: Cluster,
    /// The release of the objects; empty for manifests in the repository.
    pub release: ReleaseInfo,
    /// True if the objects are rendered by a chart for a release, and so are not in a file of the repository.
    pub rendered: bool,
}

/// The release for which a scope is judged.
#[derive(Debug, Clone, Default)]
pub struct ReleaseInfo {
    /// The release's name; empty if it is not known.
    pub name: String,
    /// The chart's name; empty if it is not known.
    pub chart: String,
    /// The namespace; empty if it is not known.
    pub namespace: String,
    /// The file and line with the name, `.gitlab-ci.yml:4`; empty outside of releases.
    pub declared_in: String,
    /// How the release is declared, as in the JSON contract: `flux`; empty outside of releases.
    pub via: String,
    /// True if the chart is available: its output is then judged as objects, and a rule that could only guess at it
    /// does not run.
    pub rendered: bool,
}
