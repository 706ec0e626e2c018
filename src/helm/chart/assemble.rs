//! Makes charts of files: tells which part of the chart each file is, and which files are subcharts.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::raw::{Content, RawFile};
use super::values::values;
use super::{
    Chart, ChartError, ChartFile, ChartSchema, ChartTemplate, MAX_NESTING, Recall, archive,
    below_path, metadata,
};
use crate::helm::function::is_known;
use crate::helm::parse::{Template, parse};
use crate::source::{SourceId, Sources, Span};

/// What is needed to make the parts of a chart.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) sources: &'a Sources,
    pub(super) memory: Option<&'a dyn Recall>,
    /// Whether templates are only parsed when their trees are needed.
    pub(super) later: bool,
    /// The path of a file as it is shown, from the path below that of the chart.
    pub(super) named: fn(String) -> String,
}

impl<'a> Parts<'a> {
    /// Parts whose templates are parsed when the chart is read.
    pub(super) fn new(sources: &'a Sources, memory: Option<&'a dyn Recall>) -> Self {
        Self { sources, memory, later: false, named: std::convert::identity }
    }
}

impl Parts<'_> {
    fn template(self, file: ChartFile) -> ChartTemplate {
        if self.later {
            return ChartTemplate { file, parsed: OnceLock::new() };
        }
        let ChartFile { source, text, .. } = &file;
        let parse = || parse(*source, text, is_known).map(Arc::new);
        let Some(memory) = self.memory else {
            let parsed = parse().into();
            return ChartTemplate { file, parsed };
        };
        let hash = blake3::hash(text.as_bytes());
        let parsed = match memory.recall(hash) {
            // A remembered tree may be from another file.
            Some(parsed) => {
                parsed.map(|tree| Arc::new(Template { source: *source, ..Template::clone(&tree) }))
            }
            None => {
                let parsed = parse();
                memory.note(hash, parsed.clone());
                parsed
            }
        };
        ChartTemplate { file, parsed: parsed.into() }
    }
}

/// Makes a chart of its files, and subcharts of the files in `charts/`.
///
/// # Errors
/// If a required part is missing or not valid, or if charts are nested too deep.
pub(super) fn assemble(
    mut files: Vec<RawFile>,
    shown: &str,
    parts: Parts<'_>,
    depth: usize,
) -> Result<Chart, ChartError> {
    if depth > MAX_NESTING {
        return Err(ChartError::new(format!("{shown}: charts within charts, {MAX_NESTING} deep")));
    }
    let add = |file: RawFile| {
        let text = file.data.into_text();
        let path = (parts.named)(below_path(shown, &file.name));
        let source = parts.sources.add(path, Arc::clone(&text));
        ChartFile { name: file.name, text, source }
    };
    let Some(meta) = files.iter().position(|file| file.name == "Chart.yaml") else {
        return Err(ChartError::new(format!("{shown}: Chart.yaml file is missing")));
    };
    let meta = add(files.swap_remove(meta));
    let mut chart = Chart {
        metadata: metadata::read(&meta)?,
        source: meta.source,
        templates: Vec::new(),
        files: Vec::new(),
        outside: Vec::new(),
        values: Vec::new(),
        schema: None,
        dependencies: Vec::new(),
        path: shown.to_owned(),
    };
    let mut below: BTreeMap<String, Vec<RawFile>> = BTreeMap::new();
    let mut requirements = None;
    let mut templates = Vec::new();
    for file in files {
        match file.name.as_str() {
            "Chart.yaml" => {}
            "Chart.lock" => metadata::check_lock(&add(file))?,
            "values.yaml" => chart.values = values(&add(file))?,
            "values.schema.json" => chart.schema = Some(ChartSchema::new(add(file))),
            "requirements.yaml" => requirements = Some(add(file)),
            "requirements.lock" => {
                let file = add(file);
                metadata::check_lock(&file)?;
                if chart.metadata.api_version == "v1" {
                    chart.files.push(file);
                }
            }
            name if name.starts_with("templates/") => templates.push(add(file)),
            name if name.starts_with("charts/") && !name.ends_with(".prov") => {
                let rest = &name["charts/".len()..];
                let top = rest.split('/').next().unwrap_or_default();
                let file = RawFile { name: rest.to_owned(), data: file.data };
                below.entry(top.to_owned()).or_default().push(file);
            }
            _ if matches!(file.data, Content::Outside) => chart.outside.push(file.name),
            _ => chart.files.push(ChartFile {
                text: file.data.into_text(),
                source: SourceId::NOWHERE,
                name: file.name,
            }),
        }
    }
    if let Some(file) = requirements {
        metadata::read_requirements(&file, &mut chart.metadata)?;
        if chart.metadata.api_version == "v1" {
            chart.files.push(file);
        }
    }
    chart.metadata.validate().map_err(|message| {
        ChartError::at(format!("validation: {message}"), Span::new(meta.source, 0, meta.text.len()))
    })?;
    templates.sort_by(|a, b| a.name.cmp(&b.name));
    chart.templates = templates.into_iter().map(|file| parts.template(file)).collect();
    chart.files.sort_by(|a, b| a.name.cmp(&b.name));
    let below = below.into_iter().filter(|(name, _)| !name.starts_with(['_', '.']));
    let subcharts = below.map(|(name, files)| {
        subchart(&name, files, shown, parts, depth).map_err(|error| {
            let parent = &chart.metadata.name;
            let message = format!("error unpacking subchart {name} in {parent}: {}", error.message);
            ChartError { message, span: error.span }
        })
    });
    chart.dependencies = subcharts.collect::<Result<_, _>>()?;
    Ok(chart)
}

/// Makes a chart of an entry of `charts/`, an archive or a directory, of a chart at a nesting of `depth`.
///
/// # Errors
/// As for [`assemble`]; also if an archive cannot be read.
fn subchart(
    name: &str,
    files: Vec<RawFile>,
    shown: &str,
    parts: Parts<'_>,
    depth: usize,
) -> Result<Chart, ChartError> {
    let shown = below_path(shown, &format!("charts/{name}"));
    let files = if name.ends_with(".tgz") {
        match &files[..] {
            [file] if file.name == name => archive::read(file.data.bytes(), &shown)?,
            _ => return Err(ChartError::new(format!("{shown} is not a file"))),
        }
    } else {
        let below = files.into_iter().filter_map(|file| {
            let rest = file.name.split_once('/')?.1.to_owned();
            Some(RawFile { name: rest, data: file.data })
        });
        below.collect()
    };
    assemble(files, &shown, parts, depth + 1)
}
