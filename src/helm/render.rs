//! A chart, a release and its values layers to manifests, as `helm template` makes them.
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

/// What a chart is rendered as.
#[derive(Debug, Clone)]
pub struct Release {
    /// The release's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// `.Release.IsUpgrade` in place of `.Release.IsInstall`.
    pub is_upgrade: bool,
    /// The cluster's version; `None` is what Helm takes.
    pub kube_version: Option<KubeVersion>,
    /// API versions that the cluster has besides Kubernetes' own.
    pub api_versions: Vec<String>,
    /// What else it has, the kinds of its own API among it: `helm template` asks no cluster and knows of none.
    pub serves: Serves,
    /// Values that a `values.schema.json` does not allow are no failure.
    pub skip_schema: bool,
    /// A dependency that is not there is a failure only when it takes part in the release; Helm
    /// refuses in any case.
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

/// One rendered document.
#[derive(Debug)]
pub struct Manifest {
    /// The template, as Helm names it.
    pub template: Rc<str>,
    /// Which document of the template it is, from 0.
    pub index: usize,
    /// The line of the template's whole output at which it starts, from 1.
    pub first_line: usize,
    /// Its text, trimmed.
    pub text: Cutting,
    /// Its tree; `None` when there are only comments.
    pub document: Option<Arc<Document>>,
    /// It is run at events of the release.
    pub hook: bool,
    /// It is run by `helm test`.
    pub test: bool,
}

/// A rendered release: manifests in Helm's order, hooks last.
#[derive(Debug)]
pub struct Rendered {
    /// What is installed, then hooks.
    pub manifests: Vec<Manifest>,
    /// What Helm leaves out, since it is a hook of an event that Helm does not know.
    pub left_out: Vec<Manifest>,
    /// CRDs of the chart and its dependencies, with the names that Helm shows.
    pub crds: Vec<(String, ChartFile)>,
    /// The merged values.
    pub values: Value,
    /// The origins of all texts.
    pub origins: Rc<Origins>,
    /// Values that Helm dropped.
    pub clashes: Vec<Clash>,
    evaluator: Evaluator<'static>,
}

impl Rendered {
    /// The template file of a place, and the byte offset of the action, or of the part of its line that a literal
    /// text has.
    #[must_use]
    pub fn place(&self, place: Place) -> (Rc<TemplateFile>, u32) {
        self.evaluator.place(place)
    }

    /// The same with the offset of the very byte, where it is part of a literal text.
    #[must_use]
    pub fn byte(&self, place: Place) -> (Rc<TemplateFile>, u32) {
        self.evaluator.byte(place)
    }
}

/// Why a chart does not render.
#[derive(Debug)]
pub struct RenderError {
    /// What is wrong, in Helm's words where it has some.
    pub message: String,
    /// The innermost reason, one line.
    pub reason: String,
    /// The template line, or the values line, that is at fault.
    pub span: Option<Span>,
    /// The values that had a part, with their places.
    pub involved: Box<[(String, Option<Span>)]>,
    /// What it is that is at fault.
    pub fault: Fault,
    /// Values that a schema does not allow.
    pub violations: Box<[SchemaFault]>,
    /// Names of dependencies that are not here, in the order of Chart.yaml.
    pub missing: Box<[String]>,
}

/// What is at fault where a chart does not render.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The chart, or its values.
    Chart,
    /// A chart that this one depends on is not here: nothing is known to be wrong.
    MissingDependency,
    /// The release has a name that Helm takes for none: nothing is known to be wrong with the chart.
    ReleaseName,
    /// What a template makes is no YAML.
    NoYaml,
    /// The chart takes too much to render: all of it, and no line in particular.
    Bound,
}

/// A value that a chart's `values.schema.json` does not allow.
#[derive(Debug)]
pub struct SchemaFault {
    /// The chart, as its parent knows it.
    pub chart: String,
    /// What is wrong.
    pub message: String,
    /// JSON pointer within the chart's values.
    pub pointer: String,
    /// Where the value is written.
    pub value: Option<Span>,
    /// What in the schema forbids it.
    pub schema: Option<Span>,
}

impl RenderError {
    /// A chart or values file that cannot be read.
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

/// Renders a chart and hands what came of it to `with`, on a stack of its own: templates may nest
/// deeper than a usual one.
///
/// # Panics
/// When the machine has no room for a stack.
pub fn render<T>(
    chart: &Chart,
    release: &Release,
    layers: &[Layer],
    with: impl FnOnce(Result<Rendered, RenderError>) -> T,
) -> T {
    deep(|| with(run(chart, release, layers, Origins::default(), None, None)))
}

/// Renders a chart as [`render`] does while a processor has nothing else to do: a second thread reads what
/// templates write, where that is long.
///
/// # Panics
/// When the machine has no room for a stack.
pub fn render_helped<T>(
    chart: &Chart,
    release: &Release,
    layers: &[Layer],
    with: impl FnOnce(Result<Rendered, RenderError>) -> T,
) -> T {
    let helper = Some(&Helper::default());
    deep(|| with(run(chart, release, layers, Origins::default(), None, helper)))
}

/// Renders a chart as [`render`] does, for who does nothing else: a second thread parses templates, where they
/// are many, and reads what they write. Who does not ask for origins gets none, which are an eighth of what a small
/// chart costs; but a failure names its place and values in any case.
///
/// # Panics
/// When the machine has no room for a stack.
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
            // It would be again, after as long a time.
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

/// The cluster's version, which the chart must accept.
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

/// Helm's complaint about dependencies that are nowhere.
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

/// Helm's check of release names.
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

/// The last part of a path.
fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
