//! `plimsoll render`: what `helm template` prints, and where each scalar of it comes from.

mod origins;

use std::ffi::OsString;
use std::io::{self, Read as _, Write};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use super::{CommandError, Console, kube_version};
use crate::helm::chart::Alone;
use crate::helm::manifest::split;
use crate::helm::render::{Manifest, Release, RenderError, Rendered, render_alone};
use crate::helm::values::{Layer, Set, SetKind, set_file_paths};
use crate::lint::failure::failures;
use crate::report::model::Entry;
use crate::report::{self, Context, Format, Report, Style, Texts};
use crate::source::{SourceId, Sources, Span, bytes};

/// Print what `helm template` prints for a chart, without Helm
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of `helm template`")]
pub(crate) struct Args {
    /// The release's name (optional) and the chart: a directory or a .tgz
    #[arg(value_name = "[NAME] CHART", num_args = 1..=2, required = true)]
    words: Vec<String>,
    /// Values files; the last wins, and `-` is standard input
    #[arg(short = 'f', long, value_name = "FILE")]
    values: Vec<OsString>,
    /// Single values, `a.b=c,d[0]=e`
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Single values that are always text
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
    /// API versions that the cluster has in addition to Kubernetes' own
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
    /// Do not validate the values with values.schema.json
    #[arg(long)]
    skip_schema_validation: bool,
    /// Print only these templates, as globs: `templates/*.yaml`
    #[arg(short, long, value_name = "GLOB")]
    show_only: Vec<String>,
    /// Render an upgrade instead of an installation
    #[arg(long)]
    is_upgrade: bool,
    /// Leave out hooks
    #[arg(long)]
    no_hooks: bool,
    /// Accepted without effect, as by `helm template`
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
    let release = Release {
        name: name.to_owned(),
        namespace: match args.namespace.as_str() {
            "" => "default".to_owned(),
            given => given.to_owned(),
        },
        is_upgrade: args.is_upgrade,
        kube_version: kube_version(args.kube_version.as_deref())?,
        api_versions: args.api_versions.clone(),
        skip_schema: args.skip_schema_validation,
        ..Release::default()
    };
    // The process ends with the command, so freeing memory would be wasted time.
    let loaded = match Alone::load(path, shown, &sources) {
        Ok(loaded) => ManuallyDrop::new(loaded),
        Err(error) => {
            let fallback = sources.add(shown, "");
            let error = RenderError::of_chart(&error);
            return refuse(&error, fallback, &sources, console);
        }
    };
    if let Err(error) = loaded.chart.is_of_known_version() {
        return refuse(&RenderError::of_chart(&error), loaded.chart.source, &sources, console);
    }
    if args.include_crds
        && let Err(error) = loaded.chart.has_its_crds()
    {
        return refuse(&RenderError::of_chart(&error), loaded.chart.source, &sources, console);
    }
    let layers = match layers(args, &sources)? {
        Ok(layers) => layers,
        Err(error) => return refuse(&error, loaded.chart.source, &sources, console),
    };
    let finish = |rendered: Result<Rendered, RenderError>| match rendered.map(ManuallyDrop::new) {
        Ok(rendered) if args.origins => tell_origins(&rendered, args, &sources, console),
        Ok(rendered) => print(&rendered, args, console),
        Err(error) => refuse(&error, loaded.chart.source, &sources, console),
    };
    render_alone(&loaded, &release, &layers, args.origins, finish)
}

/// Prints to standard error why the chart does not render.
fn refuse(
    error: &RenderError,
    chart: SourceId,
    sources: &Sources,
    console: &mut Console,
) -> Result<ExitCode, CommandError> {
    let findings = failures(error, Span::new(chart, 0, 0), sources);
    let mut report = Report::new();
    let entries = findings.iter().cloned().map(|finding| Entry::new(finding, sources));
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
    for path in &values_files(&args.values) {
        let shown = path.display().to_string();
        let text: Arc<str> = if shown == "-" {
            let mut read = Vec::new();
            io::stdin().read_to_end(&mut read)?;
            (&*bytes::text(&read)).into()
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

/// The values files that the arguments name; one argument may name several. An empty argument names none: a script may
/// pass an unset variable.
fn values_files(given: &[OsString]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for argument in given.iter().filter(|argument| !argument.is_empty()) {
        match argument.to_str() {
            Some(names) => files.extend(names.split(',').map(PathBuf::from)),
            None => files.push(argument.into()),
        }
    }
    files
}

/// The text of a file. Bytes that are not UTF-8 have placeholders, since a template may encode them.
fn read(path: &Path) -> Result<Arc<str>, CommandError> {
    let shown = path.display();
    if path.to_string_lossy().contains("://") {
        let why = "plimsoll fetches nothing; download it and name the file";
        return Err(CommandError::new(format!("cannot read values from `{shown}`: {why}")));
    }
    let read = std::fs::read(path)
        .map_err(|error| CommandError::new(format!("cannot read {shown}: {error}")))?;
    Ok((&*bytes::text(&read)).into())
}

/// The manifests to print.
fn asked_for<'r>(rendered: &'r Rendered, args: &Args) -> Vec<&'r Manifest> {
    let wanted = |manifest: &&Manifest| {
        let left_out = manifest.hook && args.no_hooks || manifest.test && args.skip_tests;
        !left_out
    };
    rendered.manifests.iter().filter(wanted).collect()
}

/// Prints where the scalars of the manifests come from that would be printed.
fn tell_origins(
    rendered: &Rendered,
    args: &Args,
    sources: &Sources,
    console: &mut Console,
) -> Result<ExitCode, CommandError> {
    if args.include_crds && !rendered.crds.is_empty() {
        console.note("note: CRDs are not listed, since they are printed as they are written");
    }
    let mut manifests = asked_for(rendered, args);
    if !args.show_only.is_empty() {
        manifests = match chosen(&manifests, |manifest| &manifest.template, &args.show_only) {
            Ok(chosen) => chosen,
            Err(missing) => return Ok(refuse_glob(missing, console)),
        };
    }
    origins::write(rendered, &manifests, sources, &mut console.out)?;
    Ok(ExitCode::SUCCESS)
}

/// Says that a glob matches no template.
fn refuse_glob(missing: &str, console: &mut Console) -> ExitCode {
    console.note(&format!("error: could not find template {missing} in chart"));
    ExitCode::from(1)
}

/// Prints what `helm template` prints.
fn print(
    rendered: &Rendered,
    args: &Args,
    console: &mut Console,
) -> Result<ExitCode, CommandError> {
    let crds = rendered.crds.iter().filter(|_| args.include_crds);
    let crds = crds.map(|(name, file)| (name.as_str(), &*file.text));
    let manifests = asked_for(rendered, args).into_iter().map(|m| (&*m.template, m.text.as_str()));
    let parts: Vec<Part<'_>> = crds.chain(manifests).collect();
    if args.show_only.is_empty() {
        // Helm prints everything but hooks first, followed by a line feed.
        let are_hooks = || asked_for(rendered, args).iter().all(|manifest| manifest.hook);
        if !parts.is_empty() && (!args.include_crds || rendered.crds.is_empty()) && are_hooks() {
            writeln!(console.out)?;
        }
        print_all(&parts, &mut console.out)?;
        return Ok(ExitCode::SUCCESS);
    }
    // Helm splits its whole output again to find the documents of a template, so a document after a line of dashes within
    // a document no longer counts as that template's.
    let mut whole = Vec::new();
    for part in parts {
        print_part(part, &mut whole)?;
    }
    let whole = String::from_utf8_lossy(&whole);
    let parts: Vec<Part<'_>> =
        split(&whole).into_iter().filter_map(|range| named(&whole[range])).collect();
    match chosen(&parts, |(name, _)| name, &args.show_only) {
        Ok(chosen) => {
            for (_, text) in chosen {
                writeln!(console.out, "---\n{text}")?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(missing) => Ok(refuse_glob(missing, console)),
    }
}

/// A printed document with the template in its `# Source:` line; `None` without such a line.
fn named(text: &str) -> Option<Part<'_>> {
    let (_, rest) = text.split_once("# Source: ")?;
    Some((rest.lines().next()?, text))
}

/// A template's name and a document of it.
type Part<'r> = (&'r str, &'r str);

/// The parts whose templates' names match the globs, in the order of the globs.
///
/// # Errors
/// When a glob matches nothing, with that glob.
fn chosen<'g, P: Copy>(
    parts: &[P],
    name: impl Fn(&P) -> &str,
    globs: &'g [String],
) -> Result<Vec<P>, &'g str> {
    let mut chosen = Vec::new();
    for glob in globs {
        let matches = |part: &&P| {
            let relative = name(part).split_once('/').map_or("", |(_, rest)| rest);
            crate::helm::chart::glob(glob, relative)
        };
        let before = chosen.len();
        chosen.extend(parts.iter().filter(matches));
        if chosen.len() == before {
            return Err(glob);
        }
    }
    Ok(chosen)
}

/// Prints all parts without trailing blank lines, or one blank line if there are no parts.
fn print_all(parts: &[Part<'_>], out: &mut impl Write) -> io::Result<()> {
    let Some(((name, text), before)) = parts.split_last() else { return writeln!(out) };
    for part in before {
        print_part(*part, out)?;
    }
    match text.trim_end() {
        "" => writeln!(out, "---\n# Source: {name}"),
        text => print_part((name, text), out),
    }
}

fn print_part((name, text): Part<'_>, out: &mut impl Write) -> io::Result<()> {
    for piece in ["---\n# Source: ", name, "\n", text, "\n"] {
        out.write_all(piece.as_bytes())?;
    }
    Ok(())
}
