//! Which chart is installed under which name and namespace with which values: read from what lies
//! in the repository, a file a source.

mod argocd;
mod chart;
mod command;
mod config;
mod embedded;
mod flux;
mod helmfile;
mod kustomize;
mod script;
mod shell;
mod skaffold;
mod template;
mod terraform;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

pub use command::{Assignment, AssignmentKind};

use super::GROUP;
use super::chart::LocalChart;
use super::classify::NodeRef;
use super::lock::{ChartKey, repository_key};
use super::tree::{Tree, base_name, join, parent, upwards};
use crate::config::Config;
use crate::finding::{Finding, Origin, Place, Related, Severity};
use crate::source::{Sources, Span};
use crate::spelling::{nearest, question};

/// What a release was read from, as the JSON contract names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Via {
    /// `plimsoll.yaml`.
    Config,
    /// An Argo CD Application.
    ArgoCd,
    /// An Argo CD ApplicationSet.
    ArgoCdApplicationSet,
    /// A Flux HelmRelease.
    Flux,
    /// A helmfile.
    Helmfile,
    /// `helmCharts` of a kustomization.
    Kustomize,
    /// A `helm` command in a CI file.
    CiCommand,
    /// A `helm` command in a script.
    ScriptCommand,
    /// A `helm` command in a Makefile.
    Makefile,
    /// Terraform's `helm_release`.
    Terraform,
    /// `skaffold.yaml`.
    Skaffold,
    /// A chart with its own values: nothing declares a release of it.
    ChartDefault,
    /// A chart with one of its `ci/*-values.yaml`.
    ChartCiValues,
    /// A chart with a values file beside its own.
    SiblingValues,
}

impl Via {
    /// The word in the JSON contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::ArgoCd => "argocd",
            Self::ArgoCdApplicationSet => "argocd-applicationset",
            Self::Flux => "flux",
            Self::Helmfile => "helmfile",
            Self::Kustomize => "kustomize",
            Self::CiCommand => "ci-command",
            Self::ScriptCommand => "script-command",
            Self::Makefile => "makefile",
            Self::Terraform => "terraform",
            Self::Skaffold => "skaffold",
            Self::ChartDefault => "chart-default",
            Self::ChartCiValues => "chart-ci-values",
            Self::SiblingValues => "sibling-values",
        }
    }

    /// Whether all declarations of one such file hold together, in one cluster: commands, and
    /// blocks that are counted, may stand for either of two ways; Applications name their cluster.
    fn holds_at_once(self) -> bool {
        match self {
            Self::Config | Self::Flux | Self::Helmfile | Self::Kustomize | Self::Skaffold => true,
            Self::ArgoCd
            | Self::ArgoCdApplicationSet
            | Self::CiCommand
            | Self::ScriptCommand
            | Self::Makefile
            | Self::Terraform
            | Self::ChartDefault
            | Self::ChartCiValues
            | Self::SiblingValues => false,
        }
    }
}

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
    let context = Context { tree, charts, config, sources, homes: OnceLock::new() };
    let mut found = Found::default();
    config::find(&context, &mut found);
    helmfile::find(&context, &mut found);
    argocd::find(&context, &mut found);
    flux::find(&context, &mut found);
    kustomize::find(&context, &mut found);
    script::find(&context, &mut found);
    terraform::find(&context, &mut found);
    skaffold::find(&context, &mut found);
    name_repositories(config, &mut found);
    settle(&mut found);
    set_elsewhere(&context, &mut found);
    chart::find(&context, &mut found);
    missing_files(&context, &mut found);
    note_shared(&mut found);
    let place = |span: Span| (sources.path(span.source), span.start);
    found.releases.sort_by_cached_key(|release| {
        let values: Vec<_> = release.values.iter().map(|layer| place(layer.span)).collect();
        (place(release.declared), release.display(), values)
    });
    found.unresolved.sort_by_cached_key(|unresolved| place(unresolved.declared));
    found.unresolved.dedup();
    found
}

/// Gives charts whose repository is known by an alias only the URL that the configuration says.
fn name_repositories(config: &Config, found: &mut Found) {
    let repositories = &config.settings.repositories;
    for chart in found.releases.iter_mut().map(|release| &mut release.chart) {
        if chart.repository.is_none()
            && let Some(url) = chart.alias.as_ref().and_then(|alias| repositories.get(alias))
        {
            chart.repository = Some(url.value.clone());
        }
    }
}

/// Drops what was found twice, and what `plimsoll.yaml` says otherwise.
fn settle(found: &mut Found) {
    let mut seen = BTreeSet::new();
    found.releases.retain(|release| seen.insert(release.key()));
    let declared: Vec<Release> =
        found.releases.iter().filter(|release| release.via == Via::Config).cloned().collect();
    let overrules = |release: &Release| {
        release.via != Via::Config
            && declared.iter().any(|own| {
                own.name.is_some()
                    && own.name == release.name
                    && (own.namespace == release.namespace || own.namespace.is_none())
            })
    };
    found.releases.retain(|release| !overrules(release));
    let contradictions = contradictions(&found.releases);
    found.findings.extend(contradictions);
}

/// Declarations of one file, all of which hold at once, that give one release two charts. Two equal
/// entries of `plimsoll.yaml` are one too many as well.
fn contradictions(releases: &[Release]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut by_name = BTreeMap::new();
    for release in releases.iter().filter(|release| release.via.holds_at_once()) {
        let Some(name) = release.name.as_deref() else { continue };
        let within = (release.via, release.declared.source, release.variant.as_deref());
        let key = (within, release.namespace.as_deref(), name);
        let Some(first) = by_name.get(&key) else {
            by_name.insert(key, release);
            continue;
        };
        let what = match first.chart.display() == release.chart.display() {
            true if release.via != Via::Config => continue,
            true if first.kube_version == release.kube_version => "",
            true => continue,
            false => " with another chart",
        };
        let mut finding = finding(
            "release-declared-twice",
            Severity::Warning,
            release.name_span.unwrap_or(release.declared),
            format!("release {} is declared before{what}", release.display()),
        );
        let span = first.name_span.unwrap_or(first.declared);
        finding.related.push(Related {
            message: "first declared here".to_owned(),
            place: Place { span, origin: Origin::Release },
        });
        findings.push(finding);
    }
    findings
}

/// Notes the values files that releases of different charts share: what one chart does not read, another may.
fn note_shared(found: &mut Found) {
    let mut charts: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for release in &found.releases {
        for path in release.values.iter().filter_map(|layer| layer.file.as_deref()) {
            charts.entry(path).or_default().insert(release.chart.display());
        }
    }
    let shared = charts.into_iter().filter(|(_, charts)| charts.len() > 1);
    let shared: Vec<String> = shared.map(|(path, _)| path.to_owned()).collect();
    found.read_by_others.extend(shared);
}

/// Leaves open what values files hold that lie out of the repository, but for those of `plimsoll.yaml`, which are
/// named for this very run, and those that a release may do without.
fn set_elsewhere(context: &Context<'_>, found: &mut Found) {
    let releases = found.releases.iter_mut().filter(|release| release.via != Via::Config);
    for layer in releases.flat_map(|release| &mut release.values) {
        let needed = matches!(layer.content, Content::File) && !layer.optional;
        if needed && layer.file.as_deref().is_some_and(|path| context.tree.is_elsewhere(path)) {
            layer.content = Content::Elsewhere;
            layer.optional = true;
        }
    }
}

/// Values files that a declaration names and that are not there.
fn missing_files(context: &Context<'_>, found: &mut Found) {
    let mut said = BTreeSet::new();
    for release in &found.releases {
        for layer in release.values.iter().filter(|layer| !layer.optional) {
            let Some(path) = layer.file.as_deref() else { continue };
            if path.contains("://")
                || context.tree.is_file(path)
                || !said.insert((layer.span, path))
            {
                continue;
            }
            let name = release.display();
            let mut finding = finding(
                "release-values-missing",
                Severity::Warning,
                layer.span,
                format!("release {name} names the values file `{path}`, which is not there"),
            );
            let folder = parent(path);
            let beside = context.tree.directly_in(folder).filter(|file| file.is_yaml());
            let names: Vec<&str> = beside.map(|file| base_name(&file.path)).collect();
            finding.help = nearest(base_name(path), names).map(|near| question(near).into());
            found.findings.push(finding);
        }
    }
}
