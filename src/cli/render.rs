//! `plimsoll render`: what `helm template` prints, and where each scalar of it comes from.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde::Serialize;

use super::{CommandError, Console};
use crate::helm::capabilities::KubeVersion;
use crate::helm::chart::Chart;
use crate::helm::render::{Manifest, Release, RenderError, Rendered, render};
use crate::helm::scalar::Inquiry;
use crate::helm::values::{Layer, Set, SetKind, set_file_paths};
use crate::lint::render::failures;
use crate::report::model::Entry;
use crate::report::{self, Context, Format, Report, Style, Texts};
use crate::source::{SourceId, Sources, Span};
use crate::yaml::{self, Scalar};

/// Print what `helm template` prints for a chart, without Helm
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of `helm template`")]
pub(crate) struct Args {
    /// The release's name (optional) and the chart: a directory or a .tgz
    #[arg(value_name = "[NAME] CHART", num_args = 1..=2, required = true)]
    words: Vec<String>,
    /// Values files, the last wins; `-` is standard input
    #[arg(short = 'f', long, value_name = "FILE", value_delimiter = ',')]
    values: Vec<PathBuf>,
    /// Single values, `a.b=c,d[0]=e`
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Single values that are text whatever they look like
    #[arg(long, value_name = "KEY=VALUE")]
    set_string: Vec<String>,
    /// Single values as JSON, `a={"b":1}`, or one JSON map
    #[arg(long, value_name = "KEY=JSON")]
    set_json: Vec<String>,
    /// Single values read from files, `a=path`
    #[arg(long, value_name = "KEY=PATH")]
    set_file: Vec<String>,
    /// A single value in which no character is special
    #[arg(long, value_name = "KEY=VALUE")]
    set_literal: Vec<String>,
    /// The release's namespace
    #[arg(short, long, value_name = "NAMESPACE", default_value = "default")]
    namespace: String,
    /// The cluster's Kubernetes version
    #[arg(long, value_name = "VERSION")]
    kube_version: Option<String>,
    /// API versions that the cluster has besides Kubernetes' own
    #[arg(short, long, value_name = "VERSION", value_delimiter = ',')]
    api_versions: Vec<String>,
    /// Print the chart's CRDs as well
    #[arg(long)]
    include_crds: bool,
    /// Print no CRDs, as without `--include-crds`
    #[arg(long)]
    skip_crds: bool,
    /// Leave out tests
    #[arg(long)]
    skip_tests: bool,
    /// Do not hold the values against values.schema.json
    #[arg(long)]
    skip_schema_validation: bool,
    /// Only these templates, as globs: `templates/*.yaml`
    #[arg(short, long, value_name = "GLOB")]
    show_only: Vec<String>,
    /// Render an upgrade in place of an installation
    #[arg(long)]
    is_upgrade: bool,
    /// Leave out hooks
    #[arg(long)]
    no_hooks: bool,
    /// Accepted as `helm template` does, without effect
    #[arg(long)]
    create_namespace: bool,
    /// Print where each scalar comes from, as JSON
    #[arg(long)]
    origins: bool,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<ExitCode, CommandError> {
    let (name, chart) = match &args.words[..] {
        [name, chart] => (name.as_str(), chart.as_str()),
        [chart] => ("release-name", chart.as_str()),
        _ => return Err(CommandError::new("give a chart, or a release's name and a chart")),
    };
    let sources = Sources::default();
    let path = Path::new(chart);
    if !path.exists() {
        return Err(CommandError::new(format!("there is no chart at `{chart}`")));
    }
    let shown = chart.strip_suffix('/').unwrap_or(chart);
    let kube_version = args.kube_version.as_deref().map(KubeVersion::parse).transpose();
    let release = Release {
        name: name.to_owned(),
        namespace: args.namespace.clone(),
        is_upgrade: args.is_upgrade,
        kube_version: kube_version
            .map_err(|error| CommandError::new(format!("invalid kube version: {error}")))?,
        api_versions: args.api_versions.clone(),
        skip_schema: args.skip_schema_validation,
        lenient: false,
    };
    let loaded = match Chart::load(path, shown, &sources) {
        Ok(loaded) => loaded,
        Err(error) => {
            let fallback = sources.add(shown, "");
            let error = RenderError::of_chart(&error);
            return refuse(&error, fallback, &sources, console);
        }
    };
    let layers = match layers(args, &sources)? {
        Ok(layers) => layers,
        Err(error) => return refuse(&error, loaded.source, &sources, console),
    };
    let printed = render(&loaded, &release, &layers, |rendered| match rendered {
        Ok(rendered) if args.origins => Ok(origins(rendered, args, &sources)),
        Ok(rendered) => Ok(text(rendered, args)),
        Err(error) => Err(error),
    });
    match printed {
        Ok(Ok(printed)) => {
            console.out.write_all(printed.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Ok(Err(missing)) => {
            console.note(&format!("error: could not find template {missing} in chart"));
            Ok(ExitCode::from(1))
        }
        Err(error) => refuse(&error, loaded.source, &sources, console),
    }
}

/// Says on standard error why the chart does not render.
fn refuse(
    error: &RenderError,
    chart: SourceId,
    sources: &Sources,
    console: &mut Console,
) -> Result<ExitCode, CommandError> {
    let findings = failures(error, Span::new(chart, 0, 0), sources);
    let mut report = Report::new();
    let entries = findings.iter().map(|finding| Entry::new(finding, String::new(), sources));
    report.findings.extend(entries);
    report.finish();
    let places = findings.iter().flat_map(|finding| {
        std::iter::once(&finding.primary).chain(finding.related.iter().map(|r| &r.place))
    });
    let mut texts = Texts::of_run(sources, places.map(|place| &place.span.source));
    let style = Style { color: false, width: 100 };
    let mut context = Context { texts: &mut texts, style, rule: &|_| None };
    let mut shown = Vec::new();
    report::write(Format::Full, &report, &mut context, &mut shown)?;
    console.note(String::from_utf8_lossy(&shown).trim_end());
    if error.message != error.reason {
        console.note(&format!("Error: {}", error.message));
    }
    Ok(ExitCode::from(1))
}

type Layers = Result<Vec<Layer>, RenderError>;

fn layers(args: &Args, sources: &Sources) -> Result<Layers, CommandError> {
    let mut layers = Vec::new();
    for path in &args.values {
        let shown = path.display().to_string();
        let text: Arc<str> = if shown == "-" {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text.into()
        } else {
            read(path)?
        };
        let source = sources.add(shown.clone(), Arc::clone(&text));
        match crate::helm::values::file(&shown, &text, source) {
            Ok(documents) => layers.push(Layer::File(documents)),
            Err(error) => return Ok(Err(RenderError::of_chart(&error))),
        }
    }
    let set =
        |kind: SetKind, text: &String| Layer::Set(Set { kind, text: text.clone(), span: None });
    layers.extend(args.set_json.iter().map(|text| set(SetKind::Json, text)));
    layers.extend(args.set.iter().map(|text| set(SetKind::Value, text)));
    layers.extend(args.set_string.iter().map(|text| set(SetKind::String, text)));
    for text in &args.set_file {
        let mut files = Vec::new();
        for path in set_file_paths(text) {
            let content = read(Path::new(&path))?;
            files.push((path, content));
        }
        layers.push(set(SetKind::File(files), text));
    }
    layers.extend(args.set_literal.iter().map(|text| set(SetKind::Literal, text)));
    Ok(Ok(layers))
}

fn read(path: &Path) -> Result<Arc<str>, CommandError> {
    let bytes = std::fs::read(path)
        .map_err(|error| CommandError::new(format!("cannot read {}: {error}", path.display())))?;
    Ok(String::from_utf8_lossy(&bytes).as_ref().into())
}

/// The manifests that the command line asks for.
fn shown<'r>(rendered: &'r Rendered, args: &Args) -> Vec<&'r Manifest> {
    let wanted = |manifest: &&Manifest| {
        let left_out = manifest.hook && args.no_hooks || manifest.test && args.skip_tests;
        !left_out
    };
    rendered.manifests.iter().filter(wanted).collect()
}

/// What `helm template` prints; the glob that matches nothing, when one does.
fn text(rendered: &Rendered, args: &Args) -> Result<String, String> {
    let mut parts: Vec<(String, String)> = Vec::new();
    if args.include_crds {
        parts
            .extend(rendered.crds.iter().map(|(name, file)| (name.clone(), file.text.to_string())));
    }
    let manifests = shown(rendered, args);
    parts.extend(manifests.iter().map(|m| (m.template.to_string(), m.text.as_str().to_owned())));
    let document = |(name, text): &(String, String)| format!("---\n# Source: {name}\n{text}\n");
    if args.show_only.is_empty() {
        let installed: String = parts.iter().map(document).collect();
        return Ok(format!("{}\n", installed.trim()).trim_start().to_owned());
    }
    let mut out = String::new();
    for glob in &args.show_only {
        let matches = |(name, _): &&(String, String)| {
            let relative = name.split_once('/').map_or("", |(_, rest)| rest);
            crate::helm::chart::glob(glob, relative)
        };
        let found: Vec<_> = parts.iter().filter(matches).collect();
        if found.is_empty() {
            return Err(glob.clone());
        }
        out.extend(found.into_iter().map(document));
    }
    Ok(out)
}

#[derive(Serialize)]
struct Origins {
    scalars: Vec<ScalarEntry>,
}

#[derive(Serialize)]
struct ScalarEntry {
    source: String,
    document: usize,
    object: String,
    path: String,
    value: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<Line>,
    values: Vec<ValueEntry>,
}

#[derive(Serialize)]
struct Line {
    file: String,
    line: u32,
}

#[derive(Serialize)]
struct ValueEntry {
    file: String,
    line: u32,
    path: String,
    through: &'static str,
}

fn origins(rendered: &Rendered, args: &Args, sources: &Sources) -> Result<String, String> {
    let mut scalars = Vec::new();
    for manifest in shown(rendered, args) {
        let Some(root) = manifest.document.as_ref().and_then(|document| document.root()) else {
            continue;
        };
        let text = |node: Option<yaml::Node<'_>>| {
            node.filter(|node| !node.is_null()).map_or("None", |node| node.raw()).to_owned()
        };
        let name = text(root.get("metadata").and_then(|meta| meta.get("name")));
        let object = format!("{}/{name}", text(root.get("kind")));
        for scalar in Inquiry::new(manifest, &rendered.origins).scalars() {
            let template = scalar.place.map(|id| {
                let (file, offset) = rendered.place(id);
                let source = sources.get(file.source);
                Line { line: source.position(offset).line, file: source.path.clone() }
            });
            // A value of the command line stands in no file, and a missing one nowhere.
            let values = scalar.values.into_iter().filter_map(|(leaf, through)| {
                let span = leaf.span?;
                let file = sources.get(span.source);
                Some(ValueEntry {
                    line: file.position(span.start).line,
                    file: file.path.clone(),
                    path: leaf.pointer,
                    through: through.as_str(),
                })
            });
            scalars.push(ScalarEntry {
                source: manifest.template.to_string(),
                document: manifest.index,
                object: object.clone(),
                path: scalar.node.path().to_pointer(),
                value: value(scalar.node),
                template,
                values: values.collect(),
            });
        }
    }
    let json = serde_json::to_string(&Origins { scalars });
    json.map(|json| json + "\n").map_err(|error| error.to_string())
}

fn value(node: yaml::Node<'_>) -> serde_json::Value {
    match (node.kind(), node.scalar()) {
        (yaml::Kind::Mapping, _) => serde_json::Value::Object(serde_json::Map::new()),
        (yaml::Kind::Sequence, _) => serde_json::Value::Array(Vec::new()),
        (_, Some(Scalar::Bool(value))) => value.into(),
        (_, Some(Scalar::Int(value))) => value.into(),
        (_, Some(Scalar::Uint(value))) => value.into(),
        (_, Some(Scalar::Float(value))) => value.into(),
        (_, Some(Scalar::Str(value))) => value.into(),
        (_, Some(Scalar::Null) | None) => serde_json::Value::Null,
    }
}
