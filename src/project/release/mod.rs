//! Which chart is installed under which name and namespace with which values: read from what lies
//! in the repository, a file a source.

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
use super::kustomize::Kustomizations;
use super::lock::{ChartKey, repository_key};
use super::node::NodeRef;
use super::tree::{Tree, base_name, join, parent, upwards};
use crate::config::Config;
use crate::finding::{Finding, Origin, Place, Severity};
use crate::source::{Sources, Span};

/// A chart as a release names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChartRef {
    /// The chart's name; of a chart in the repository, the one in its `Chart.yaml`.
    pub name: Option<String>,
    /// URL of its repository, without the chart's name also for OCI.
    pub repository: Option<String>,
    /// The repository is one of Git, or a bucket: no repository of charts.
    pub git: bool,
    /// `bitnami` in `bitnami/redis`.
    pub alias: Option<String>,
    /// Its directory or `.tgz` in the repository, as shown; `""` is the working directory.
    pub path: Option<String>,
    /// As declared, or of a chart in the repository its own.
    pub version: Option<String>,
    /// Where the declaration names it.
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

    /// Under what the lock holds it; `None` for a chart in the repository, or of no known one.
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

    /// Every name under which the configuration's `charts` may hold it, the most exact first.
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
    /// The file, as shown, or a URL; `None` for values that stand in the declaration.
    pub file: Option<String>,
    /// Where the declaration names the file or begins the values; for a values file that declares
    /// a release by lying where it lies, its first byte.
    pub span: Span,
    /// What is in it.
    pub content: Content,
    /// The values' path at which the content is put, `a.b`; `None` for the top.
    pub target_path: Option<String>,
    /// The file may be missing.
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

/// What a values layer holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// What the file holds.
    File,
    /// A node of a tree; its spans lie in the declaring file.
    Yaml(NodeRef),
    /// A node of a tree some of whose texts are templates, and what each of these becomes.
    Filled(NodeRef, Vec<Assignment>),
    /// Single values, as `helm --set` and its relatives name them.
    Set(Vec<Assignment>),
    /// Values that are computed where the declaration is applied: not known here.
    Unknown,
    /// Values that lie outside of the repository, in the cluster or in a remote chart.
    Elsewhere,
}

/// One release of one chart.
#[derive(Debug, Clone)]
pub struct Release {
    /// Its name; `None` where it is left open or generated.
    pub name: Option<String>,
    /// Its namespace; `None` where it is left to the context.
    pub namespace: Option<String>,
    /// Its chart.
    pub chart: ChartRef,
    /// Its values layers above the chart's own, the last wins.
    pub values: Vec<Layer>,
    /// The Kubernetes version it is for, where its declaration says.
    pub kube_version: Option<String>,
    /// APIs that its declaration says its cluster has besides Kubernetes' own: `example.org/v1`, or `example.org/v1/Kind`.
    pub api_versions: Vec<String>,
    /// Values are not held against the chart's `values.schema.json`.
    pub skip_schema: bool,
    /// The declaration.
    pub declared: Span,
    /// The name in the declaration.
    pub name_span: Option<Span>,
    /// What it was read from.
    pub via: Via,
    /// What tells it from other releases of the same declaration: an overlay, a job, a module.
    pub variant: Option<String>,
}

impl Release {
    /// `namespace/name`, with `?` for what is left open.
    #[must_use]
    pub fn display(&self) -> String {
        let name = self.name.clone().unwrap_or_else(|| match self.via {
            Via::ChartDefault | Via::ChartCiValues | Via::SiblingValues => {
                let files: Vec<_> = self.values.iter().filter_map(|l| l.file.as_deref()).collect();
                match files.as_slice() {
                    [] => self.chart.display(),
                    files => files.join("+"),
                }
            }
            _ => "?".to_owned(),
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
    /// Why, one sentence without a full stop.
    pub why: String,
    /// The chart in the repository it installs, where that much is known.
    pub chart_path: Option<String>,
}

/// What the sources of releases found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) releases: Vec<Release>,
    pub(super) unresolved: Vec<Unresolved>,
    pub(super) findings: Vec<Finding>,
    /// Files that change what charts render, and are no objects themselves.
    pub(super) patches: BTreeSet<String>,
    /// Values files that something beside a chart reads.
    pub(super) read_by_others: BTreeSet<String>,
}

/// What a source of releases may look at.
struct Context<'p> {
    tree: &'p Tree<'p>,
    charts: &'p [LocalChart],
    config: &'p Config,
    sources: &'p Sources,
    kustomizations: &'p Kustomizations<'p>,
    /// How often Argo CD's Applications name each repository with a path that is here.
    homes: OnceLock<argocd::Homes>,
}

impl Context<'_> {
    /// The chart in the repository at a directory.
    fn chart_at(&self, path: &str) -> Option<&LocalChart> {
        super::chart::at(self.charts, path)
    }

    /// The innermost chart that a file lies in.
    fn chart_around(&self, path: &str) -> Option<&LocalChart> {
        upwards(parent(path)).find_map(|directory| self.chart_at(directory))
    }

    /// A chart named by a path that may be taken from any of `bases`.
    fn chart_by_path(&self, path: &str, bases: &[&str]) -> Option<ChartRef> {
        let found = bases.iter().map(|base| join(base, path));
        let path = found.into_iter().find(|path| {
            self.chart_at(path).is_some()
                || Path::new(path).join("Chart.yaml").is_file()
                || (path.ends_with(".tgz") && self.tree.is_file(path))
        })?;
        Some(self.local_chart(path))
    }

    /// A chart at a path in the repository, whether or not something is there.
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

/// Splits an OCI reference into its repository and the chart's name; a tag or digest is the third.
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

/// Asks every source, the most explicit first, and puts what they say together.
pub(super) fn find(
    tree: &Tree<'_>,
    charts: &[LocalChart],
    config: &Config,
    sources: &Sources,
) -> Found {
    let kustomizations = &Kustomizations::among(tree.files);
    let homes = OnceLock::new();
    let context = Context { tree, charts, config, sources, kustomizations, homes };
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
