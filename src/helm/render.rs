//! A chart, a release and its values layers to manifests, as `helm template` makes them.
//!
//! Mirrors Helm 4.1 `pkg/action/install.go`, `pkg/engine/engine.go`.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::capabilities::{DEFAULT_KUBE_VERSION, KubeVersion, capabilities};
use super::chart::{Chart, ChartError, ChartFile, Dependency, Metadata};
use super::eval::{Evaluator, Failure, TemplateFile};
use super::files::files;
use super::function::{find, is_known, satisfies};
use super::manifest::{self, Hook};
use super::origin::{OriginId, Origins};
use super::parse::Template;
use super::rope::{PlaceId, Rope};
use super::value::{Data, Entries, Value};
use super::values::coalesce::{Clash, Coalescer, Tree};
use super::values::dependencies::{self, Member};
use super::values::schema::{self, Violation};
use super::values::{self, Layer};
use crate::source::Span;
use crate::yaml::Document;

/// Stack of a render: templates include each other as deep as Helm lets them.
const STACK: usize = 256 << 20;

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
    pub text: Rope,
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
    evaluator: Evaluator,
}

impl Rendered {
    /// The template file and byte offset behind a place.
    #[must_use]
    pub fn place(&self, id: PlaceId) -> (Rc<TemplateFile>, u32) {
        self.evaluator.place(id)
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
    pub involved: Vec<(String, Option<Span>)>,
    /// A chart that this one depends on is not here: nothing is known to be wrong.
    pub missing_dependency: bool,
    /// What a template makes is no YAML.
    pub no_yaml: bool,
    /// Values that a schema does not allow.
    pub violations: Vec<SchemaFault>,
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
            involved: Vec::new(),
            missing_dependency: false,
            no_yaml: false,
            violations: Vec::new(),
        }
    }
}

/// Renders a chart and hands what came of it to `with`, on a thread of its own: origins are
/// shared within a render, and templates may nest deeper than a usual stack.
///
/// # Panics
/// When the machine has no room for a thread.
pub fn render<T: Send>(
    chart: &Chart,
    release: &Release,
    layers: &[Layer],
    with: impl FnOnce(Result<&Rendered, RenderError>) -> T + Send,
) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || {
            let done = run(chart, release, layers);
            match done {
                Ok(rendered) => with(Ok(&rendered)),
                Err(error) => with(Err(error)),
            }
        });
        thread.expect("invariant: the machine has room for one more thread").join()
    })
    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn run(chart: &Chart, release: &Release, layers: &[Layer]) -> Result<Rendered, RenderError> {
    if chart.is_library() {
        return Err(at_chart(chart, "library charts are not installable"));
    }
    check_name(&release.name).map_err(RenderError::new)?;
    if !release.lenient {
        check_missing(&chart.missing_dependencies())?;
    }
    let origins = Rc::new(Origins::default());
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
    dependencies::prune(&mut tree, &mut members, &given, "", &coalescer)
        .map_err(RenderError::new)?;
    let absent =
        |dependency: &&Dependency| !tree.children.iter().any(|child| child.name == dependency.name);
    let absent: Vec<_> = members[0].dependencies.iter().filter(absent).collect();
    let known = chart.missing_dependencies();
    let known = |d: &&&Dependency| known.iter().any(|missing| missing.span == d.span);
    check_missing(&absent.iter().filter(known).copied().collect::<Vec<_>>())?;
    dependencies::import(&mut tree, &members, &coalescer).map_err(RenderError::new)?;
    coalescer.clashes.borrow_mut().clear();
    let merged = coalescer.values(&tree, &given, false).map_err(RenderError::new)?;
    let clashes = coalescer.clashes.take();
    if !release.skip_schema {
        check_schemas(&tree, &members, &merged, &origins)?;
    }
    let kube = match &release.kube_version {
        Some(version) => version.clone(),
        None => KubeVersion::parse(DEFAULT_KUBE_VERSION).map_err(RenderError::new)?,
    };
    let wanted = &chart.metadata.kube_version;
    if !wanted.is_empty() && !satisfies(wanted, &kube.normalized).unwrap_or(false) {
        return Err(at_chart(
            chart,
            &format!(
                "chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {}",
                kube.version
            ),
        ));
    }
    let mut scope = Scope {
        members: &members,
        templates: Vec::new(),
        release: release_map(release),
        capabilities: capabilities(&kube, &release.api_versions),
    };
    scope.enter(&tree, &merged, &chart.metadata.name, true);
    let templates = scope.templates;
    let evaluator = parsed(&templates, &origins)?;
    for placed in &templates {
        evaluator.mark_values(&placed.values);
    }
    let texts = execute(&templates, &evaluator).map_err(|failure| located(&failure, &origins))?;
    let (manifests, left_out) = sorted(texts, &evaluator)?;
    let mut crds = Vec::new();
    collect_crds(&tree, &members, &chart.metadata.name, &mut crds);
    Ok(Rendered { manifests, left_out, crds, values: merged, origins, clashes, evaluator })
}

/// Helm's complaint about dependencies that are nowhere.
fn check_missing(missing: &[&Dependency]) -> Result<(), RenderError> {
    let Some(first) = missing.first() else { return Ok(()) };
    let names: Vec<_> = missing.iter().map(|dependency| dependency.name.as_str()).collect();
    let message =
        format!("found in Chart.yaml, but missing in charts/ directory: {}", names.join(", "));
    let span = Some(first.span);
    Err(RenderError { span, missing_dependency: true, ..RenderError::new(message) })
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

fn release_map(release: &Release) -> Value {
    let text = |text: &str| Value::str(text, OriginId::NONE);
    let flag = |value| Value::bool(value, OriginId::NONE);
    let entries = Entries::from([
        ("Name".into(), text(&release.name)),
        ("Namespace".into(), text(&release.namespace)),
        ("IsUpgrade".into(), flag(release.is_upgrade)),
        ("IsInstall".into(), flag(!release.is_upgrade)),
        ("Revision".into(), Value::int(1, OriginId::NONE)),
        ("Service".into(), text("Helm")),
    ]);
    Value::map(entries, OriginId::NONE)
}

fn check_schemas(
    tree: &Tree,
    members: &[Member<'_>],
    values: &Value,
    origins: &Origins,
) -> Result<(), RenderError> {
    let mut found: Vec<(String, Violation)> = Vec::new();
    gather_violations(tree, members, values, origins, &mut found)?;
    let lines: Vec<_> = found
        .iter()
        .map(|(chart, violation)| format!("{chart}: {}: {}", violation.pointer, violation.message))
        .collect();
    let Some(first) = lines.first() else { return Ok(()) };
    let fault = |(chart, violation): (String, Violation)| SchemaFault {
        value: involved(violation.value, origins).iter().find_map(|(_, span)| *span),
        chart,
        message: violation.message,
        pointer: violation.pointer,
        schema: violation.schema,
    };
    Err(RenderError {
        message: format!(
            "values don't meet the specifications of the schema(s) in the following chart(s):\n{}",
            lines.join("\n")
        ),
        reason: first.clone(),
        violations: found.into_iter().map(fault).collect(),
        ..RenderError::new("")
    })
}

fn gather_violations(
    tree: &Tree,
    members: &[Member<'_>],
    values: &Value,
    origins: &Origins,
    found: &mut Vec<(String, Violation)>,
) -> Result<(), RenderError> {
    if let Some(schema) = &members[tree.chart].chart.schema {
        let violations =
            schema::validate(schema, values, origins).map_err(|message| RenderError {
                span: Some(Span::new(schema.source, 0, 0)),
                ..RenderError::new(format!("unable to validate schema: {message}"))
            })?;
        found.extend(violations.into_iter().map(|violation| (tree.name.clone(), violation)));
    }
    let Data::Map(entries) = &values.data else { return Ok(()) };
    for child in &tree.children {
        let below = entries.borrow().get(child.name.as_str()).cloned();
        if let Some(below) = below.filter(|below| !matches!(below.data, Data::Nil)) {
            gather_violations(child, members, &below, origins, found)?;
        }
    }
    Ok(())
}

fn involved(origin: OriginId, origins: &Origins) -> Vec<(String, Option<Span>)> {
    let entries = origins.entries(origin);
    let leaves = entries.iter().map(|(leaf, _)| origins.describe(*leaf));
    leaves.map(|leaf| (leaf.pointer, leaf.span)).collect()
}

/// A template of one chart of the release, with what it sees.
struct Placed {
    name: Rc<str>,
    base: String,
    dot: Value,
    values: Value,
    file: super::chart::ChartTemplate,
}

struct Scope<'a> {
    members: &'a [Member<'a>],
    templates: Vec<Placed>,
    release: Value,
    capabilities: Value,
}

impl Scope<'_> {
    /// Prepares a chart and those below it; what the parent sees as `.Subcharts.NAME`.
    fn enter(&mut self, tree: &Tree, values: &Value, path: &str, root: bool) -> Value {
        let chart = self.members[tree.chart].chart;
        let below = Value::map(Entries::new(), OriginId::NONE);
        let mut meta = metadata(&chart.metadata, &tree.name, &self.members[tree.chart]);
        meta.insert("IsRoot".into(), Value::bool(root, OriginId::NONE));
        let dot = Value::map(
            Entries::from([
                ("Chart".into(), Value::map(meta, OriginId::NONE)),
                ("Files".into(), files(&chart.files)),
                ("Release".into(), self.release.clone()),
                ("Capabilities".into(), self.capabilities.clone()),
                ("Values".into(), values.clone()),
                ("Subcharts".into(), below.clone()),
            ]),
            OriginId::NONE,
        );
        for child in &tree.children {
            let known = match &values.data {
                Data::Map(entries) => entries.borrow().get(child.name.as_str()).cloned(),
                _ => None,
            };
            let known = known.filter(|known| matches!(known.data, Data::Map(_)));
            let values = known.unwrap_or_else(|| values::empty(child.leaf));
            let path = format!("{path}/charts/{}", child.name);
            let seen = self.enter(child, &values, &path, false);
            if let Data::Map(entries) = &below.data {
                entries.borrow_mut().insert(child.name.as_str().into(), seen);
            }
        }
        for template in &chart.templates {
            let partial = base(&template.file.name).starts_with('_');
            if chart.is_library() && !partial {
                continue;
            }
            self.templates.push(Placed {
                name: format!("{path}/{}", template.file.name).into(),
                base: format!("{path}/templates"),
                dot: dot.clone(),
                values: values.clone(),
                file: template.clone(),
            });
        }
        dot
    }
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// `.Chart`, with the field names of Helm's struct.
fn metadata(meta: &Metadata, name: &str, member: &Member<'_>) -> Entries {
    let text = |text: &str| Value::str(text, OriginId::NONE);
    let list = |items: Vec<Value>| Value::list(items, OriginId::NONE);
    let texts = |items: &[String]| list(items.iter().map(|item| text(item)).collect());
    let map = |entries: Entries| Value::map(entries, OriginId::NONE);
    let maintainers = meta.maintainers.iter().map(|[name, email, url]| {
        map(Entries::from([
            ("Name".into(), text(name)),
            ("Email".into(), text(email)),
            ("URL".into(), text(url)),
        ]))
    });
    let dependencies = member.dependencies.iter().map(|dependency| {
        map(Entries::from([
            ("Name".into(), text(&dependency.name)),
            ("Version".into(), text(&dependency.version)),
            ("Repository".into(), text(&dependency.repository)),
            ("Condition".into(), text(&dependency.condition)),
            ("Tags".into(), texts(&dependency.tags)),
            ("Enabled".into(), Value::bool(true, OriginId::NONE)),
            ("Alias".into(), text(&dependency.alias)),
        ]))
    });
    let annotations =
        meta.annotations.iter().map(|(key, value)| (key.as_str().into(), text(value)));
    Entries::from([
        ("Name".into(), text(name)),
        ("Home".into(), text(&meta.home)),
        ("Sources".into(), texts(&meta.sources)),
        ("Version".into(), text(&meta.version)),
        ("Description".into(), text(&meta.description)),
        ("Keywords".into(), texts(&meta.keywords)),
        ("Maintainers".into(), list(maintainers.collect())),
        ("Icon".into(), text(&meta.icon)),
        ("APIVersion".into(), text(&meta.api_version)),
        ("Condition".into(), text(&meta.condition)),
        ("Tags".into(), text(&meta.tags)),
        ("AppVersion".into(), text(&meta.app_version)),
        ("Deprecated".into(), Value::bool(meta.deprecated, OriginId::NONE)),
        ("Annotations".into(), map(annotations.collect())),
        ("KubeVersion".into(), text(&meta.kube_version)),
        ("Dependencies".into(), list(dependencies.collect())),
        ("Type".into(), text(&meta.kind)),
    ])
}

/// Helm's order of templates: deeper ones first, the later names first.
fn in_order(templates: &[Placed]) -> Vec<&Placed> {
    // Two dependencies may put a file under one name; the last one stays.
    let mut ordered: Vec<&Placed> = templates.iter().rev().collect();
    let key = |placed: &Placed| (placed.name.matches('/').count(), Rc::clone(&placed.name));
    ordered.sort_by_cached_key(|placed| std::cmp::Reverse(key(placed)));
    ordered.dedup_by(|a, b| a.name == b.name);
    ordered
}

fn parsed(templates: &[Placed], origins: &Rc<Origins>) -> Result<Evaluator, RenderError> {
    let mut trees: Vec<(Rc<str>, Arc<Template>)> = Vec::new();
    for placed in in_order(templates) {
        match &placed.file.parsed {
            Ok(tree) => trees.push((Rc::clone(&placed.name), Arc::clone(tree))),
            Err(fault) => {
                let text = &placed.file.file.text;
                let offset = fault.offset.min(text.len());
                let line = text[..offset].matches('\n').count() + 1;
                let reason = fault.describe(&placed.name, text);
                return Err(RenderError {
                    message: format!("parse error at ({}:{line}): {reason}", placed.name),
                    reason,
                    span: Some(line_of(placed.file.file.source, text, offset)),
                    ..RenderError::new("")
                });
            }
        }
    }
    Ok(Evaluator::new(&trees, Rc::clone(origins), find, is_known))
}

/// The line's text around an offset, for faults that know their line only.
fn line_of(source: crate::source::SourceId, text: &str, offset: usize) -> Span {
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1).max(offset.min(text.len()));
    let end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    Span::new(source, start, end)
}

/// Renders every file, by name.
fn execute(
    templates: &[Placed],
    evaluator: &Evaluator,
) -> Result<BTreeMap<Rc<str>, Rope>, Failure> {
    let mut texts = BTreeMap::new();
    for placed in in_order(templates) {
        if base(&placed.name).starts_with('_') {
            continue;
        }
        if let Data::Map(entries) = &placed.dot.data {
            let about = Entries::from([
                ("Name".into(), Value::str(&placed.name, OriginId::NONE)),
                ("BasePath".into(), Value::str(&placed.base, OriginId::NONE)),
            ]);
            let about = Value::map(about, OriginId::NONE);
            entries.borrow_mut().insert("Template".into(), about);
        }
        texts.insert(Rc::clone(&placed.name), evaluator.file(&placed.name, &placed.dot)?);
    }
    Ok(texts)
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
        ..RenderError::new("")
    }
}

/// Splits files into documents, and sorts these as they are installed; those that are left out
/// follow in a list of their own.
fn sorted(
    texts: BTreeMap<Rc<str>, Rope>,
    evaluator: &Evaluator,
) -> Result<(Vec<Manifest>, Vec<Manifest>), RenderError> {
    let mut manifests: Vec<(String, Manifest)> = Vec::new();
    let mut left_out = Vec::new();
    for (name, rope) in texts {
        if name.ends_with("NOTES.txt") || rope.as_str().trim().is_empty() {
            continue;
        }
        for (index, range) in manifest::split(rope.as_str()).into_iter().enumerate() {
            let first_line = rope.as_str()[..range.start].matches('\n').count() + 1;
            let text = rope.slice(range);
            let head = manifest::head(text.as_str()).map_err(|(offset, message)| {
                let end = (offset + 1).min(text.len());
                let place = text.index().place(offset.min(end)..end).map(|id| evaluator.place(id));
                RenderError {
                    message: format!("YAML parse error on {name}: {message}"),
                    span: place.map(|(file, at)| Span::new(file.source, at as usize, at as usize)),
                    no_yaml: true,
                    ..RenderError::new(message)
                }
            })?;
            let manifest = Manifest {
                template: Rc::clone(&name),
                index,
                first_line,
                text,
                document: head.document,
                hook: head.hook != Hook::No,
                test: head.hook == Hook::Yes { test: true },
            };
            match head.hook {
                Hook::Unknown => left_out.push(manifest),
                Hook::No | Hook::Yes { .. } => manifests.push((head.kind, manifest)),
            }
        }
    }
    manifests.sort_by(|(a, left), (b, right)| {
        left.hook.cmp(&right.hook).then_with(|| manifest::order(a).cmp(&manifest::order(b)))
    });
    Ok((manifests.into_iter().map(|(_, manifest)| manifest).collect(), left_out))
}

fn collect_crds(
    tree: &Tree,
    members: &[Member<'_>],
    path: &str,
    crds: &mut Vec<(String, ChartFile)>,
) {
    let is_manifest = |name: &str| {
        let extension = base(name).rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
        name.starts_with("crds/") && matches!(extension.as_deref(), Some("yaml" | "yml" | "json"))
    };
    let files = members[tree.chart].chart.files.iter().filter(|file| is_manifest(&file.name));
    crds.extend(files.map(|file| (format!("{path}/{}", file.name), file.clone())));
    for child in &tree.children {
        collect_crds(child, members, &format!("{path}/charts/{}", child.name), crds);
    }
}
