//! Releases: which chart is installed under which name, in which namespace, with which values, as declared in
//! the repository. One file per source of releases.

mod argocd;
mod chart;
mod command;
mod config;
mod embedded;
mod fleet;
mod flux;
mod helmfile;
mod k3s;
mod kustomize;
mod script;
mod settle;
mod shell;
mod skaffold;
mod template;
mod terraform;
mod text;
mod via;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

pub use command::{Assignment, AssignmentKind};
pub use via::Via;

use super::GROUP;
use super::chart::LocalChart;
use super::kustomize::{Applied, Kustomizations};
use super::lock::{ChartKey, repository_key};
use super::node::NodeRef;
use super::path::{base_name, join};
use super::tree::Tree;
use crate::config::Config;
use crate::finding::{Finding, Origin, Place, Severity};
use crate::source::{Sources, Span};

/// A chart as a release names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChartRef {
    /// The chart's name; for a chart in the repository, the name in its `Chart.yaml`.
    pub name: Option<String>,
    /// The URL of its repository; for OCI, without the chart's name.
    pub repository: Option<String>,
    /// Whether `repository` is a git repository or a bucket, and not a chart repository.
    pub git: bool,
    /// The alias of its repository: `bitnami` in `bitnami/redis`.
    pub alias: Option<String>,
    /// The shown path of its directory or `.tgz` in this repository; `""` is the working directory.
    pub path: Option<String>,
    /// The version as declared; for a chart in the repository, its own.
    pub version: Option<String>,
    /// The place where the declaration names it.
    pub span: Option<Span>,
}

impl ChartRef {
    /// How people name this chart.
    #[must_use]
    pub fn display(&self) -> String {
        let name = self.name.as_deref().unwrap_or("?");
        match (&self.alias, &self.repository, &self.path) {
            (_, _, Some(path)) if !path.is_empty() => path.clone(),
            (Some(alias), _, _) => format!("{alias}/{name}"),
            (None, Some(repository), _) if repository.starts_with("oci://") => {
                format!("{}/{name}", repository.trim_end_matches('/'))
            }
            _ => name.to_owned(),
        }
    }

    /// Its key in the lock; `None` for a chart in this repository, or without a known repository.
    #[must_use]
    pub fn key(&self) -> Option<ChartKey> {
        let repository = self.repository.as_deref().filter(|_| self.path.is_none() && !self.git)?;
        let constraint = self.version.as_deref().map(str::trim).filter(|text| !text.is_empty());
        Some(ChartKey {
            name: self.name.clone()?,
            repository: repository_key(repository),
            constraint: constraint.map(ToOwned::to_owned),
        })
    }

    /// All names under which it may be in the configuration's `charts`, the most exact first.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let name = self.name.clone().unwrap_or_default();
        let mut names = Vec::new();
        if let Some(repository) = &self.repository {
            names.push(format!("{}/{name}", repository.trim_end_matches('/')));
        }
        names.extend(self.alias.iter().map(|alias| format!("{alias}/{name}")));
        names.extend(self.path.clone());
        names.push(name);
        names
    }
}

/// One values layer of a release.
#[derive(Debug, Clone)]
pub struct Layer {
    /// The shown path of the file, or a URL; `None` for values in the declaration itself.
    pub file: Option<String>,
    /// The place where the declaration names the file, or where the values begin. For a values file that declares a release
    /// by its own path, its first byte.
    pub span: Span,
    /// Its content.
    pub content: Content,
    /// The path in the values at which the content is inserted, `a.b`; `None` for the root.
    pub target_path: Option<String>,
    /// Whether the file may be missing.
    pub optional: bool,
}

impl Layer {
    pub(super) fn file(path: String, span: Span) -> Self {
        Self { file: Some(path), span, content: Content::File, target_path: None, optional: false }
    }

    pub(super) fn inline(span: Span, content: Content) -> Self {
        Self { file: None, span, content, target_path: None, optional: false }
    }
}

/// The content of a values layer.
#[derive(Debug, Clone)]
pub enum Content {
    /// The content of the file.
    File,
    /// A node of a tree, with spans in the declaring file.
    Yaml(NodeRef),
    /// A node of a tree in which some texts are templates, and the values of these.
    Filled(NodeRef, Vec<Assignment>),
    /// Single values, as `helm --set` and its relatives name them.
    Set(Vec<Assignment>),
    /// Values that are computed when the declaration is applied, and so not known here.
    Unknown,
    /// Values outside of the repository: in the cluster, or in a remote chart.
    Elsewhere,
}

/// One release of one chart.
#[derive(Debug, Clone)]
pub struct Release {
    /// Its name; `None` if it is left open or generated.
    pub name: Option<String>,
    /// Its namespace; `None` if it depends on the context of the deployment.
    pub namespace: Option<String>,
    /// Its chart.
    pub chart: ChartRef,
    /// Its values layers on top of the chart's own values; the last wins.
    pub values: Vec<Layer>,
    /// The Kubernetes version in its declaration.
    pub kube_version: Option<String>,
    /// The APIs in its declaration that its cluster has in addition to Kubernetes' own: `example.org/v1`, or
    /// `example.org/v1/Kind`.
    pub api_versions: Vec<String>,
    /// Whether its values are not validated with the chart's `values.schema.json`.
    pub skip_schema: bool,
    /// The place of the declaration.
    pub declared: Span,
    /// The place of the name in the declaration.
    pub name_span: Option<Span>,
    /// The source that it was read from.
    pub via: Via,
    /// What distinguishes it from other releases of the same declaration: an overlay, a job, a module.
    pub variant: Option<String>,
}

impl Release {
    /// `namespace/name`, with `?` for what is left open.
    #[must_use]
    pub fn display(&self) -> String {
        let name = self.name.clone().unwrap_or_else(|| {
            if self.via.declares() {
                return "?".to_owned();
            }
            let files: Vec<_> = self.values.iter().filter_map(|l| l.file.as_deref()).collect();
            match files.as_slice() {
                [] => self.chart.display(),
                files => files.join("+"),
            }
        });
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name,
        }
    }

    fn key(&self) -> impl Ord + use<> {
        let values: Vec<_> =
            self.values.iter().map(|layer| (layer.file.clone(), layer.span)).collect();
        let chart = (self.chart.display(), self.chart.version.clone());
        (self.declared, self.name.clone(), self.namespace.clone(), chart, values)
    }
}

/// A declaration that cannot be resolved from the repository alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unresolved {
    /// The declaration.
    pub declared: Span,
    /// The reason, as one sentence without a full stop.
    pub why: String,
    /// The path of the chart in the repository that it installs, if that is known.
    pub chart_path: Option<String>,
}

/// What the sources of releases found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) releases: Vec<Release>,
    pub(super) unresolved: Vec<Unresolved>,
    pub(super) findings: Vec<Finding>,
    /// Files with patches for what charts render, which are not objects themselves.
    pub(super) patches: BTreeSet<String>,
    /// Values files that something other than a chart reads, too.
    pub(super) read_by_others: BTreeSet<String>,
}

/// What sources of releases are read from.
struct Context<'p> {
    tree: &'p Tree<'p>,
    charts: &'p [LocalChart],
    config: &'p Config,
    sources: &'p Sources,
    kustomizations: &'p Kustomizations<'p>,
    applied: &'p Applied<'p>,
    /// How often Argo CD's Applications name each repository with a path that is here.
    homes: OnceLock<argocd::Homes>,
}

impl Context<'_> {
    /// The chart in the repository at a directory.
    fn chart_at(&self, path: &str) -> Option<&LocalChart> {
        super::chart::at(self.charts, path)
    }

    /// The innermost chart that contains a file.
    fn chart_around(&self, path: &str) -> Option<&LocalChart> {
        super::chart::around(self.charts, path)
    }

    /// The chart at a path that may be relative to any of `bases`.
    fn chart_by_path(&self, path: &str, bases: &[&str]) -> Option<ChartRef> {
        let found = bases.iter().map(|base| join(base, path));
        let path = found.into_iter().find(|path| {
            self.chart_at(path).is_some()
                || Path::new(path).join("Chart.yaml").is_file()
                || (path.ends_with(".tgz") && self.tree.is_file(path))
        })?;
        Some(self.local_chart(path))
    }

    /// The chart at a path in the repository, which need not exist.
    fn local_chart(&self, path: String) -> ChartRef {
        let chart = self.chart_at(&path);
        let name = chart.and_then(|chart| chart.name.clone());
        ChartRef {
            name: name.or_else(|| Some(base_name(&path).to_owned())),
            version: chart.and_then(|chart| chart.version.clone()),
            path: Some(path),
            ..ChartRef::default()
        }
    }
}

/// Splits an OCI reference into the repository, the chart's name, and the tag or digest.
fn split_oci(url: &str) -> (String, String, Option<String>) {
    let url = url.trim_end_matches('/');
    let (repository, last) = url.rsplit_once('/').unwrap_or((url, ""));
    let (name, version) = match last.split_once(['@', ':']) {
        Some((name, version)) => (name, Some(version.to_owned())),
        None => (last, None),
    };
    (repository.to_owned(), name.to_owned(), version)
}

/// A finding on a declaration.
fn finding(rule: &str, severity: Severity, span: Span, message: String) -> Finding {
    Finding::new((rule, GROUP), severity, message, Place { span, origin: Origin::Release })
}

/// Reads all sources of releases, the most explicit first, and merges what they declare.
pub(super) fn find(
    tree: &Tree<'_>,
    charts: &[LocalChart],
    (kustomizations, applied): (&Kustomizations<'_>, &Applied<'_>),
    config: &Config,
    sources: &Sources,
) -> Found {
    let homes = OnceLock::new();
    let context = Context { tree, charts, config, sources, kustomizations, applied, homes };
    let mut found = Found::default();
    config::find(&context, &mut found);
    helmfile::find(&context, &mut found);
    argocd::find(&context, &mut found);
    flux::find(&context, &mut found);
    fleet::find(&context, &mut found);
    k3s::find(&context, &mut found);
    kustomize::find(&context, &mut found);
    script::find(&context, &mut found);
    terraform::find(&context, &mut found);
    skaffold::find(&context, &mut found);
    settle::name_repositories(config, &mut found);
    settle::once(&mut found);
    settle::set_elsewhere(&context, &mut found);
    chart::find(&context, &mut found);
    settle::missing_files(&context, &mut found);
    settle::note_shared(&mut found);
    let place = |span: Span| (sources.path(span.source), span.start);
    found.releases.sort_by_cached_key(|release| {
        let values: Vec<_> = release.values.iter().map(|layer| place(layer.span)).collect();
        (place(release.declared), release.display(), values)
    });
    found.unresolved.sort_by_cached_key(|unresolved| place(unresolved.declared));
    found.unresolved.dedup();
    found
}
