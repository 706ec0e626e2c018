//! `plimsoll releases [PATH]…`: which charts are deployed under which names, and where that is declared.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use super::{CommandError, Console};
use crate::project::{Content, Layer, Project, Release, Via};
use crate::report::{self, escape};
use crate::source::{Sources, Span};

/// List the releases that the repository declares
///
/// Shows which chart is deployed under which name and in which namespace, with which values, and
/// where that is declared: in plimsoll.yaml, helmfiles, objects of Argo CD, Flux and k3s,
/// kustomizations, Fleet's bundles, Terraform, skaffold, and `helm` commands in CI files, Makefiles
/// and scripts.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files and directories to read
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// How to print them
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,

    /// The configuration to use, instead of the nearest plimsoll.yaml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

pub(crate) fn run(args: &Args, console: &mut Console) -> Result<ExitCode, CommandError> {
    let sources = Sources::default();
    let (config, mut project) = super::project(args.config.as_deref(), &args.paths, &sources)?;
    keep_asked(&mut project, &sources);
    match args.format {
        Format::Json => json(&project, &sources, console)?,
        Format::Table => table(&project, &sources, console)?,
    }
    for finding in config.findings.iter().chain(&project.findings) {
        let (place, severity) = (sources.cite(finding.primary.span), finding.severity.as_str());
        console.remark(&escape::line(&format!("{place}: {severity}: {}", finding.message)));
    }
    Ok(ExitCode::SUCCESS)
}

/// Leaves only what the paths are about: around them, the whole repository is read.
fn keep_asked(project: &mut Project, sources: &Sources) {
    let mut releases = std::mem::take(&mut project.releases);
    releases.retain(|release| release.via != Via::StandIn && project.asks_for(release, sources));
    let mut unresolved = std::mem::take(&mut project.unresolved);
    let mut findings = std::mem::take(&mut project.findings);
    let is_asked = |span: Span| project.is_asked_for(&sources.path(span.source)).unwrap_or(true);
    unresolved.retain(|one| is_asked(one.declared));
    findings.retain(|one| is_asked(one.primary.span));
    (project.releases, project.unresolved, project.findings) = (releases, unresolved, findings);
}

#[derive(Serialize)]
struct Listing {
    version: u32,
    releases: Vec<Entry>,
    unresolved: Vec<UnresolvedEntry>,
}

#[derive(Serialize)]
struct Entry {
    name: Option<String>,
    namespace: Option<String>,
    chart: Chart,
    values: Vec<Values>,
    declared_in: Declared,
    via: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kube_version: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    api_versions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<String>,
}

#[derive(Serialize)]
struct Chart {
    name: Option<String>,
    repository: Option<String>,
    path: Option<String>,
    version: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Values {
    File {
        file: String,
        #[serde(rename = "targetPath", skip_serializing_if = "Option::is_none")]
        target_path: Option<String>,
    },
    Inline {
        inline: bool,
        line: u32,
        #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
        file: Option<String>,
    },
}

#[derive(Serialize)]
struct Declared {
    file: String,
    line: u32,
}

#[derive(Serialize)]
struct UnresolvedEntry {
    declared_in: Declared,
    why: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    chart_path: Option<String>,
}

fn place(span: Span, sources: &Sources) -> (String, u32) {
    let file = sources.get(span.source);
    let line = file.position(span.start).line;
    (file.path.clone(), line)
}

fn declared(span: Span, sources: &Sources) -> Declared {
    let (file, line) = place(span, sources);
    Declared { file, line }
}

/// The line of a values layer, and its file unless that is the file of the release's declaration.
fn written(layer: &Layer, release: &Release, sources: &Sources) -> (Option<String>, u32) {
    let (file, line) = place(layer.span, sources);
    ((file != sources.path(release.declared.source)).then_some(file), line)
}

/// A values layer as the table shows it.
fn shown(layer: &Layer, release: &Release, sources: &Sources) -> String {
    let at = || match written(layer, release, sources) {
        (Some(file), line) => format!("{file}:{line}"),
        (None, line) => format!("line {line}"),
    };
    match (&layer.file, &layer.content) {
        (Some(file), _) => file.clone(),
        (None, Content::Elsewhere) => format!("elsewhere ({})", at()),
        (None, _) => format!("inline ({})", at()),
    }
}

fn entry(release: &Release, sources: &Sources) -> Entry {
    let known = release.values.iter().filter(|layer| !matches!(layer.content, Content::Elsewhere));
    let values = known.map(|layer| match &layer.file {
        Some(file) => Values::File { file: file.clone(), target_path: layer.target_path.clone() },
        None => {
            let (file, line) = written(layer, release, sources);
            Values::Inline { inline: true, line, file }
        }
    });
    let values = values.collect();
    let path = release.chart.path.clone();
    Entry {
        name: release.name.clone(),
        namespace: release.namespace.clone(),
        chart: Chart {
            name: release.chart.name.clone(),
            repository: release.chart.repository.clone(),
            path: path.map(|path| if path.is_empty() { ".".to_owned() } else { path }),
            version: release.chart.version.clone(),
        },
        values,
        declared_in: declared(release.declared, sources),
        via: release.via.as_str(),
        kube_version: release.kube_version.clone(),
        api_versions: release.api_versions.clone(),
        variant: release.variant.clone(),
    }
}

fn json(project: &Project, sources: &Sources, console: &mut Console) -> Result<(), CommandError> {
    let unresolved = project.unresolved.iter().map(|unresolved| UnresolvedEntry {
        declared_in: declared(unresolved.declared, sources),
        why: unresolved.why.clone(),
        chart_path: unresolved.chart_path.clone(),
    });
    let listing = Listing {
        version: 1,
        releases: project.releases.iter().map(|release| entry(release, sources)).collect(),
        unresolved: unresolved.collect(),
    };
    Ok(report::pretty_json(&listing, &mut console.out)?)
}

fn table(project: &Project, sources: &Sources, console: &mut Console) -> Result<(), CommandError> {
    if project.releases.is_empty() && project.unresolved.is_empty() {
        writeln!(console.out, "No releases are declared here.")?;
        return Ok(());
    }
    let mut rows = vec![["RELEASE", "CHART", "VALUES", "DECLARED IN"].map(str::to_owned)];
    for release in &project.releases {
        let version = release.chart.version.as_deref();
        let chart = match version {
            Some(version) => format!("{} {version}", release.chart.display()),
            None => release.chart.display(),
        };
        let values = release.values.iter().map(|layer| shown(layer, release, sources));
        let values: Vec<String> = values.collect();
        let values =
            if values.is_empty() { "(the chart's own)".to_owned() } else { values.join(", ") };
        let via = match &release.variant {
            Some(variant) => format!("{}, {variant}", release.via.as_str()),
            None => release.via.as_str().to_owned(),
        };
        rows.push([
            release.display(),
            chart,
            values,
            format!("{} ({via})", sources.cite(release.declared)),
        ]);
    }
    if rows.len() > 1 {
        let widths: Vec<usize> = (0..3)
            .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
            .map(|width| width.min(60))
            .collect();
        for row in &rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths.iter().chain([&0])) {
                line.push_str(&format!("{cell:<width$}  "));
            }
            writeln!(console.out, "{}", escape::line(line.trim_end()))?;
        }
    }
    if !project.unresolved.is_empty() {
        writeln!(console.out, "\nNot resolved from the repository alone:")?;
        for unresolved in &project.unresolved {
            let said = format!("{}: {}", sources.cite(unresolved.declared), unresolved.why);
            writeln!(console.out, "  {}", escape::line(&said))?;
        }
    }
    Ok(())
}
