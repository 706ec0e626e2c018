//! Renders a chart with a release and its values layers to manifests, as `helm template` does.
//!
//! Mirrors Helm 4.1 `pkg/action/install.go`, `pkg/engine/engine.go`.

mod document;
mod schema;
mod template;

use std::rc::Rc;
use std::sync::Arc;

use self::document::Documents;
use super::aside::Helper;
use super::capabilities::{DEFAULT_KUBE_VERSION, KubeVersion, Serves};
use super::chart::{Alone, Chart, ChartError, ChartFile, Dependency};
use super::eval::{Evaluator, Failure, TemplateFile, deep};
use super::function::satisfies;
use super::origin::{OriginId, Origins};
use super::rope::{Cutting, Place};
use super::value::Value;
use super::values::coalesce::{Clash, Coalescer};
use super::values::dependencies;
use super::values::{self, Layer};
use crate::source::Span;
use crate::yaml::Document;

/// The release for which a chart is rendered.
#[derive(Debug, Clone)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Whether `.Release.IsUpgrade` is true, and not `.Release.IsInstall`.
    pub is_upgrade: bool,
    /// The version of the cluster; `None` for Helm's default.
    pub kube_version: Option<KubeVersion>,
    /// API versions in the cluster, in addition to those of Kubernetes.
    pub api_versions: Vec<String>,
    /// Other API versions and kinds that it serves, including those of Kubernetes itself: `helm template` knows of
    /// none.
    pub serves: Serves,
    /// Whether values may violate a `values.schema.json`.
    pub skip_schema: bool,
    /// Whether a missing dependency is only a failure if it is part of the release; in Helm it always is.
    pub lenient: bool,
}

impl Default for Release {
    fn default() -> Self {
        Self {
            name: "release-name".to_owned(),
            namespace: "default".to_owned(),
            is_upgrade: false,
            kube_version: None,
            api_versions: Vec::new(),
            serves: |_, _| false,
            skip_schema: false,
            lenient: false,
        }
    }
}

/// A rendered document.
#[derive(Debug)]
pub struct Manifest {
    /// The name of its template in Helm.
    pub template: Rc<str>,
    /// The 0-based index of the document in the output of its template.
    pub index: usize,
    /// The 1-based line of the template's output at which it starts.
    pub first_line: usize,
    /// Its text, without blanks around it.
    pub text: Cutting,
    /// Its YAML; `None` if there are only comments.
    pub document: Option<Arc<Document>>,
    /// Whether it is a hook.
    pub hook: bool,
    /// Whether it is run by `helm test`.
    pub test: bool,
}

/// A rendered release.
#[derive(Debug)]
pub struct Rendered {
    /// The manifests in Helm's order, then the hooks.
    pub manifests: Vec<Manifest>,
    /// Manifests that Helm leaves out because they are hooks of an event that it does not know.
    pub left_out: Vec<Manifest>,
    /// CRDs of the chart and its dependencies, with their names in Helm.
    pub crds: Vec<(String, ChartFile)>,
    /// The merged values.
    pub values: Value,
    /// The origins of the values and texts.
    pub origins: Rc<Origins>,
    /// Values that Helm dropped because a map and another value have the same key.
    pub clashes: Vec<Clash>,
    evaluator: Evaluator<'static>,
}

impl Rendered {
    /// Returns the template file of a place, and the byte offset of the action, or for literal text that of its part
    /// in the line.
    #[must_use]
    pub fn place(&self, place: Place) -> (Rc<TemplateFile>, u32) {
        self.evaluator.place(place)
    }

    /// Returns the template file of a place as [`Rendered::place`] does, with the exact byte offset in literal text.
    #[must_use]
    pub fn byte(&self, place: Place) -> (Rc<TemplateFile>, u32) {
        self.evaluator.byte(place)
    }
}

/// Why a chart does not render.
#[derive(Debug)]
pub struct RenderError {
    /// What is wrong, in Helm's words if it has a message for it.
    pub message: String,
    /// The innermost reason, in one line.
    pub reason: String,
    /// The line at fault, in a template or in values.
    pub span: Option<Span>,
    /// The values that were involved: JSON pointers and places.
    pub involved: Box<[(String, Option<Span>)]>,
    /// The sort of fault.
    pub fault: Fault,
    /// Violations of a schema.
    pub violations: Box<[SchemaFault]>,
    /// Names of missing dependencies, in the order of Chart.yaml.
    pub missing: Box<[String]>,
}

/// What is at fault if a chart does not render.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The chart or its values.
    Chart,
    /// A dependency is missing: the chart itself may be correct.
    MissingDependency,
    /// The release has a name that Helm does not accept: the chart itself may be correct.
    ReleaseName,
    /// The text of a template is not YAML.
    NoYaml,
    /// The render exceeded a limit; there is no line at fault.
    Bound,
}

/// A violation of a chart's `values.schema.json`.
#[derive(Debug)]
pub struct SchemaFault {
    /// The name under which the parent refers to the chart.
    pub chart: String,
    /// What is wrong.
    pub message: String,
    /// A JSON pointer in the chart's values.
    pub pointer: String,
    /// The place of the value.
    pub value: Option<Span>,
    /// The place in the schema that is violated.
    pub schema: Option<Span>,
}

impl RenderError {
    /// The error for a chart or values file that cannot be read.
    #[must_use]
    pub fn of_chart(error: &ChartError) -> Self {
        Self { span: error.span, ..Self::new(error.message.clone()) }
    }

    fn new(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            reason: message.clone(),
            message,
            span: None,
            involved: Box::default(),
            fault: Fault::Chart,
            violations: Box::default(),
            missing: Box::default(),
        }
    }
}

/// Renders a chart and calls `with` with the result, on a stack of its own: templates may be nested deep.
///
/// # Panics
/// If there is not enough memory for a stack.
pub fn render<T>(
    chart: &Chart,
    release: &Release,
    layers: &[Layer],
    with: impl FnOnce(Result<Rendered, RenderError>) -> T,
) -> T {
    deep(|| with(run(chart, release, layers, Origins::default(), None, None)))
}

/// Renders a chart as [`render`] does, with a second thread that parses the YAML of long output. This is for when
/// another processor is idle.
///
/// # Panics
/// If there is not enough memory for a stack.
pub fn render_helped<T>(
    chart: &Chart,
    release: &Release,
    layers: &[Layer],
    with: impl FnOnce(Result<Rendered, RenderError>) -> T,
) -> T {
    let helper = Some(&Helper::default());
    deep(|| with(run(chart, release, layers, Origins::default(), None, helper)))
}

/// Renders a chart as [`render`] does, for a process that does nothing else: a second thread parses templates, if
/// there are many, and the YAML of their output. If `origins` is not set, none are collected, which saves an eighth of
/// the time for a small chart; but an error still has its place and values.
///
/// # Panics
/// If there is not enough memory for a stack.
pub fn render_alone<T>(
    alone: &Alone,
    release: &Release,
    layers: &[Layer],
    origins: bool,
    with: impl FnOnce(Result<Rendered, RenderError>) -> T,
) -> T {
    let helper = Some(&alone.helper);
    let run = |origins| run(&alone.chart, release, layers, origins, Some(alone), helper);
    deep(|| {
        if origins {
            return with(run(Origins::default()));
        }
        let rendered = run(Origins::unasked());
        with(rendered.or_else(|error| match error.fault {
            // The second attempt would fail as well, after the same time.
            Fault::Bound => Err(error),
            _ => run(Origins::default()),
        }))
    })
}

fn run(
    chart: &Chart,
    release: &Release,
    layers: &[Layer],
    origins: Origins,
    alone: Option<&Alone>,
    helper: Option<&Helper>,
) -> Result<Rendered, RenderError> {
    if chart.is_library() {
        return Err(at_chart(chart, "library charts are not installable"));
    }
    check_name(&release.name).map_err(|message| RenderError {
        fault: Fault::ReleaseName,
        ..RenderError::new(message)
    })?;
    if !release.lenient {
        check_missing(&chart.missing_dependencies())?;
    }
    let origins = Rc::new(origins);
    let root = origins.leaf(None, "", None);
    let failed = |error: values::ValuesError| RenderError {
        span: error.span,
        ..RenderError::new(error.message)
    };
    let given = values::layers(layers, root, &origins).map_err(failed)?;
    let coalescer = Coalescer::new(&origins);
    let mut members = Vec::new();
    let mut tree = dependencies::build(chart, &chart.metadata.name, root, &mut members, &origins)
        .map_err(failed)?;
    dependencies::prune(&mut tree, &mut members, &given, "", &coalescer).map_err(failed)?;
    let absent =
        |dependency: &&Dependency| !tree.children.iter().any(|child| child.name == dependency.name);
    let absent: Vec<_> = members[0].dependencies.iter().filter(absent).collect();
    let known = chart.missing_dependencies();
    let known = |d: &&&Dependency| known.iter().any(|missing| missing.span == d.span);
    check_missing(&absent.iter().filter(known).copied().collect::<Vec<_>>())?;
    dependencies::import(&mut tree, &members, &coalescer).map_err(RenderError::new)?;
    coalescer.clashes.borrow_mut().clear();
    let merged = coalescer.last(&tree, given).map_err(RenderError::new)?;
    let clashes = coalescer.clashes.take();
    if !release.skip_schema {
        schema::check(&tree, &members, &merged, &origins)?;
    }
    let kube = cluster(chart, release)?;
    let templates = template::placed(&tree, &members, &merged, release, &kube);
    let templates = template::in_order(&templates);
    if let Some(alone) = alone {
        alone.settle();
    }
    let evaluator = template::parsed(&templates, &origins)?;
    let mut documents = Documents::new(helper);
    template::execute(&templates, &evaluator, |name, text| documents.add(name, text))
        .map_err(|failure| located(&failure, &origins))?;
    let (manifests, left_out) = documents.sorted(&evaluator)?;
    let mut crds = Vec::new();
    document::crds(&tree, &members, &chart.metadata.name, &mut crds);
    Ok(Rendered { manifests, left_out, crds, values: merged, origins, clashes, evaluator })
}

/// Returns the version of the cluster, if the chart accepts it.
fn cluster(chart: &Chart, release: &Release) -> Result<KubeVersion, RenderError> {
    let kube = match &release.kube_version {
        Some(version) => version.clone(),
        None => KubeVersion::parse(DEFAULT_KUBE_VERSION).map_err(RenderError::new)?,
    };
    let wanted = &chart.metadata.kube_version;
    if !wanted.is_empty() && !satisfies(wanted, &kube.normalized).unwrap_or(false) {
        let version = &kube.version;
        return Err(at_chart(
            chart,
            &format!(
                "chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {version}"
            ),
        ));
    }
    Ok(kube)
}

/// Returns Helm's error if dependencies are missing.
fn check_missing(missing: &[&Dependency]) -> Result<(), RenderError> {
    let Some(first) = missing.first() else { return Ok(()) };
    let names: Vec<_> = missing.iter().map(|dependency| dependency.name.as_str()).collect();
    let message =
        format!("found in Chart.yaml, but missing in charts/ directory: {}", names.join(", "));
    let span = Some(first.span);
    let missing = names.into_iter().map(str::to_owned).collect();
    Err(RenderError { span, fault: Fault::MissingDependency, missing, ..RenderError::new(message) })
}

fn at_chart(chart: &Chart, message: &str) -> RenderError {
    RenderError { span: Some(Span::new(chart.source, 0, 0)), ..RenderError::new(message) }
}

/// Checks the name of a release as Helm does.
fn check_name(name: &str) -> Result<(), String> {
    let label = |part: &str| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        !part.is_empty()
            && part.starts_with(plain)
            && part.ends_with(plain)
            && part.chars().all(|c| plain(c) || c == '-')
    };
    match !name.is_empty() && name.len() <= 53 && name.split('.').all(label) {
        true => Ok(()),
        false => Err(format!(
            "release name {name:?}: invalid release name, must match regex \
             ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length \
             must not be longer than 53"
        )),
    }
}

fn involved(origin: OriginId, origins: &Origins) -> Box<[(String, Option<Span>)]> {
    let entries = origins.entries(origin);
    let leaves = entries.iter().map(|(leaf, _)| origins.describe(*leaf));
    leaves.map(|leaf| (leaf.pointer, leaf.span)).collect()
}

fn located(failure: &Failure, origins: &Origins) -> RenderError {
    let span = failure.place.as_ref().map(|(file, offset)| {
        let at = *offset as usize;
        Span::new(file.source, at, at)
    });
    RenderError {
        message: failure.told(),
        span,
        involved: involved(failure.involved, origins),
        reason: failure.said().to_owned(),
        fault: if failure.place.is_none() { Fault::Bound } else { Fault::Chart },
        ..RenderError::new("")
    }
}

/// Returns the last part of a path.
fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
