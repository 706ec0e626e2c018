//! Charts as they lie in a directory or a .tgz: files, metadata, parsed templates, dependencies.
//!
//! Mirrors Helm 4.1 `pkg/chart/v2/loader`. A chart is read once and shared between releases and
//! threads; what a release changes of it (aliases, conditions, values) lives in the render.

mod ahead;
mod archive;
mod directory;
mod ignore;
mod metadata;

use std::cell::Cell;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use self::ahead::Ahead;
use self::directory::Listed;
pub use self::metadata::{Dependency, ImportValues, Metadata};
use super::aside::Helper;
use super::function::is_known;
use super::origin::Origins;
use super::parse::{SyntaxFault, Template, parse};
use super::value::Value;
use super::values::schema::{Schema, Violation};
use crate::source::{Overlay, SourceId, Sources, Span};
use crate::yaml::{self, Document};

/// Largest file of a chart, in bytes, as in Helm.
const MAX_FILE: u64 = 5 << 20;
/// Largest chart when unpacked, in bytes, as in Helm.
const MAX_CHART: u64 = 100 << 20;
/// Most files of a chart.
const MAX_FILES: usize = 20_000;
/// What is said of a link that is not followed.
pub(super) const LEADS_OUT: &str = "is a link that leads out of the chart";
/// Charts within charts.
const MAX_NESTING: usize = 20;

/// A chart that cannot be read, and where.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ChartError {
    /// What is wrong, in Helm's words where it has some.
    pub message: String,
    /// The file at fault, where one is.
    pub span: Option<Span>,
}

impl ChartError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), span: None }
    }

    fn at(message: impl Into<String>, span: Span) -> Self {
        Self { message: message.into(), span: Some(span) }
    }
}

/// A file of a chart.
#[derive(Debug, Clone)]
pub struct ChartFile {
    /// Path within the chart, with `/`.
    pub name: String,
    /// Its text; bytes that are no UTF-8 are replaced.
    pub text: Arc<str>,
    /// Its id; files that only `.Files` can read have none.
    pub source: SourceId,
}

/// A template and what came of parsing it.
#[derive(Debug, Clone)]
pub struct ChartTemplate {
    /// The file.
    pub file: ChartFile,
    parsed: OnceLock<Parsed>,
}

impl ChartTemplate {
    /// The tree, shared between releases.
    pub fn parsed(&self) -> &Parsed {
        let ChartFile { source, text, .. } = &self.file;
        self.parsed.get_or_init(|| parse(*source, text, is_known).map(Arc::new))
    }
}

/// `values.schema.json`, and what came of compiling it.
#[derive(Debug)]
pub struct ChartSchema {
    /// The file.
    pub file: ChartFile,
    compiled: OnceLock<Result<Schema, String>>,
}

impl ChartSchema {
    fn new(file: ChartFile) -> Self {
        Self { file, compiled: OnceLock::new() }
    }

    /// What of some values it does not allow. It is compiled once for all releases.
    ///
    /// # Errors
    /// When the schema itself is at fault.
    pub(super) fn violations(
        &self,
        values: &Value,
        origins: &Origins,
    ) -> Result<Vec<Violation>, String> {
        let compiled = self.compiled.get_or_init(|| Schema::compile(&self.file)).as_ref();
        let compiled = compiled.map_err(Clone::clone)?;
        Ok(compiled.violations(&self.file, values, origins))
    }
}

/// What comes of parsing a template.
pub type Parsed = Result<Arc<Template>, SyntaxFault>;

/// Remembers what came of parsing templates, by the hashes of their texts: for who loads a chart
/// again and again while one file of it changes.
pub trait Recall: Sync {
    /// The tree of a text, whatever file it stood in; `None` when it is not remembered.
    fn recall(&self, text: blake3::Hash) -> Option<Parsed>;
    /// Takes a note for the next time.
    fn note(&self, text: blake3::Hash, parsed: Parsed);
}

/// A chart.
#[derive(Debug)]
pub struct Chart {
    /// What `Chart.yaml` (and `requirements.yaml`) says.
    pub metadata: Metadata,
    /// `Chart.yaml`.
    pub source: SourceId,
    /// Everything below `templates/`, by name.
    pub templates: Vec<ChartTemplate>,
    /// What `.Files` can read, by name; the CRDs among it.
    pub files: Vec<ChartFile>,
    /// Names of files and, with a `/` at their ends, of folders that `.Files` may not read, since they are links
    /// that lead out of the chart; CRDs are among them.
    pub outside: Vec<String>,
    /// Documents of `values.yaml`, each over the ones before.
    pub values: Vec<Arc<Document>>,
    /// `values.schema.json`.
    pub schema: Option<ChartSchema>,
    /// Charts in `charts/`, and `file://` dependencies that are not there.
    pub dependencies: Vec<Chart>,
    /// How the chart is shown: its path as given.
    pub path: String,
}

/// A file as it was read, before the chart's parts are told apart.
struct RawFile {
    name: String,
    data: Content,
}

/// What a file holds.
enum Content {
    Text(Arc<str>),
    /// Bytes that are no UTF-8: an archive, for one.
    Binary(Vec<u8>),
    /// Nothing that may be read: the file is a link that leads out of the chart.
    Outside,
}

impl Content {
    /// Takes what a reader's buffer holds; a byte order mark is no part of it.
    fn of(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.into()),
            Err(_) => Self::Binary(bytes.to_vec()),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
            Self::Outside => &[],
        }
    }

    /// The text; bytes that are no UTF-8 have stand-ins.
    fn into_text(self) -> Arc<str> {
        match self {
            Self::Text(text) => text,
            Self::Binary(bytes) => crate::source::bytes::text(&bytes).into(),
            Self::Outside => Arc::default(),
        }
    }
}

/// Says where the archive of a dependency lies that is not in its chart's `charts/`.
pub type Supply<'a> = dyn Fn(&Dependency) -> Option<PathBuf> + Sync + 'a;

/// What the parts of a chart are made with.
#[derive(Clone, Copy)]
struct Parts<'a> {
    sources: &'a Sources,
    memory: Option<&'a dyn Recall>,
    /// Templates are parsed when somebody asks for their trees.
    later: bool,
}

impl<'a> Parts<'a> {
    /// Parses each template when it is met.
    fn new(sources: &'a Sources, memory: Option<&'a dyn Recall>) -> Self {
        Self { sources, memory, later: false }
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
            // A tree says nothing of the file it stands in.
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

impl Chart {
    /// Reads the chart at `path`, a directory or a .tgz; its files are added to `sources` under
    /// `shown`. Dependencies that nobody has put into `charts/` are read from where they are said
    /// to be by `file://`, or else by `supply`.
    ///
    /// # Errors
    /// When it is no chart, breaks a bound, or leads out of itself.
    pub fn load(
        path: &Path,
        shown: &str,
        sources: &Sources,
        supply: &Supply<'_>,
    ) -> Result<Self, ChartError> {
        Self::load_again(path, shown, sources, supply, None)
    }

    /// The same for a chart that may have been loaded before.
    ///
    /// # Errors
    /// As for [`Chart::load`].
    pub fn load_again(
        path: &Path,
        shown: &str,
        sources: &Sources,
        supply: &Supply<'_>,
        memory: Option<&dyn Recall>,
    ) -> Result<Self, ChartError> {
        let parts = Parts::new(sources, memory);
        let files = match path.is_dir() {
            true => directory::read(path, sources.overlay())?,
            false => unpack(path, shown)?,
        };
        Self::of_files(files, path, shown, parts, supply)
    }

    fn of_files(
        files: Vec<RawFile>,
        path: &Path,
        shown: &str,
        parts: Parts<'_>,
        supply: &Supply<'_>,
    ) -> Result<Self, ChartError> {
        let mut chart = assemble(files, shown, parts, 0)?;
        if path.is_dir() {
            chart.absent_dependencies(path, shown, parts, supply, &mut vec![path.to_owned()])?;
        }
        Ok(chart)
    }

    /// Makes a chart of texts by their paths in it.
    ///
    /// # Errors
    /// When they are no chart.
    pub fn of_texts(files: &[(String, String)], sources: &Sources) -> Result<Self, ChartError> {
        let raw = |(name, text): &(String, String)| RawFile {
            name: name.clone(),
            data: Content::Text(text.as_str().into()),
        };
        let parts = Parts::new(sources, None);
        assemble(files.iter().map(raw).collect(), "", parts, 0)
    }

    /// Reads the chart whose archive these bytes are.
    ///
    /// # Errors
    /// As for [`Chart::load`].
    pub fn unpack(bytes: &[u8], shown: &str, sources: &Sources) -> Result<Self, ChartError> {
        let parts = Parts::new(sources, None);
        assemble(archive::read(bytes, shown)?, shown, parts, 0)
    }

    /// Reads dependencies that nobody has put into `charts/`.
    fn absent_dependencies(
        &mut self,
        path: &Path,
        shown: &str,
        parts: Parts<'_>,
        supply: &Supply<'_>,
        above: &mut Vec<PathBuf>,
    ) -> Result<(), ChartError> {
        for dependency in &self.metadata.dependencies {
            if self.dependencies.iter().any(|chart| chart.metadata.name == dependency.name) {
                continue;
            }
            let Some(relative) = dependency.repository.strip_prefix("file://") else {
                if let Some(archive) = supply(dependency) {
                    let shown = archive.to_string_lossy();
                    let files = unpack(&archive, &shown)?;
                    self.dependencies.push(assemble(files, &shown, parts, above.len())?);
                }
                continue;
            };
            let target = path.join(relative);
            if !target.join("Chart.yaml").is_file() {
                continue;
            }
            let same = |other: &PathBuf| {
                target.canonicalize().ok().is_some_and(|t| other.canonicalize().ok() == Some(t))
            };
            if above.iter().any(same) || above.len() > MAX_NESTING {
                let message = format!("chart {} depends on itself", dependency.name);
                return Err(ChartError::at(message, dependency.span));
            }
            let shown = clean(&below_path(shown, relative));
            let files = directory::read(&target, parts.sources.overlay())?;
            let mut chart = assemble(files, &shown, parts, above.len())?;
            above.push(target.clone());
            chart.absent_dependencies(&target, &shown, parts, supply, above)?;
            above.pop();
            self.dependencies.push(chart);
        }
        Ok(())
    }

    /// Dependencies of `Chart.yaml` that are nowhere.
    #[must_use]
    pub fn missing_dependencies(&self) -> Vec<&Dependency> {
        let present =
            |name: &str| self.dependencies.iter().any(|chart| chart.metadata.name == name);
        self.metadata.dependencies.iter().filter(|dependency| !present(&dependency.name)).collect()
    }

    /// Says whether the chart's CRDs, and those of charts within it, are in it.
    ///
    /// # Errors
    /// The first of them, or the first folder of them, that is a link that leads out of the chart.
    pub fn has_its_crds(&self) -> Result<(), ChartError> {
        match self.outside.iter().find(|name| name.starts_with("crds/")) {
            Some(name) => {
                let path = below_path(&self.path, name);
                Err(ChartError::new(format!("{path}: {LEADS_OUT}")))
            }
            None => self.dependencies.iter().try_for_each(Self::has_its_crds),
        }
    }

    /// Whether its version, and those of the charts below it, are such as Helm renders.
    ///
    /// # Errors
    /// Helm's text about the first chart that it would not read.
    pub fn is_of_known_version(&self) -> Result<(), ChartError> {
        match self.metadata.refused() {
            Some(message) => Err(ChartError::at(message, Span::new(self.source, 0, 0))),
            None => self.dependencies.iter().try_for_each(Self::is_of_known_version),
        }
    }

    /// True for `type: library`, which only lends its definitions.
    #[must_use]
    pub fn is_library(&self) -> bool {
        self.metadata.kind.eq_ignore_ascii_case("library")
    }
}

/// A chart that is all that a process renders, with a second thread for it.
pub struct Alone {
    /// The chart.
    pub chart: Chart,
    /// What else the thread may do.
    pub(super) helper: Helper,
    /// Templates that are being parsed.
    ahead: Cell<Option<Ahead>>,
}

impl Alone {
    /// Reads a chart as [`Chart::load`] does; where it has many templates, they are parsed meanwhile, and until
    /// somebody asks for them.
    ///
    /// # Errors
    /// As for [`Chart::load`].
    pub fn load(path: &Path, shown: &str, sources: &Sources) -> Result<Self, ChartError> {
        let helper = Helper::default();
        let (files, ahead) = match path.is_dir() {
            true => directory::read_ahead(path, sources.overlay(), &helper)?,
            false => (unpack(path, shown)?, None),
        };
        let parts = Parts { later: true, ..Parts::new(sources, None) };
        let chart = Chart::of_files(files, path, shown, parts, &|_| None)?;
        Ok(Self { chart, helper, ahead: Cell::new(ahead) })
    }

    /// Parses what is left of the templates, together with the thread.
    pub(super) fn settle(&self) {
        if let Some(ahead) = self.ahead.take() {
            ahead.settle(&self.chart);
        }
    }
}

/// The paths of a chart directory's files, without those of subcharts and those that
/// `.helmignore` names; sorted. Empty where the directory cannot be read.
#[must_use]
pub fn names(directory: &Path, overlay: &Overlay) -> Vec<String> {
    directory::names(directory, overlay)
}

/// What [`digest`] needs to know.
pub struct Reading<'a> {
    /// The hash of a file that has been read already.
    pub known: &'a dyn Fn(&Path) -> Option<blake3::Hash>,
    /// As for [`Chart::load`].
    pub supply: &'a Supply<'a>,
    /// What stands in for files.
    pub overlay: &'a Overlay,
}

/// A hash of all that [`Chart::load`] reads at a path; `None` when something of it cannot be read.
#[must_use]
pub fn digest(path: &Path, reading: &Reading<'_>) -> Option<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    put_digest(path, reading, &mut hasher, &mut Vec::new())?;
    Some(hasher.finalize())
}

fn put_digest(
    path: &Path,
    reading: &Reading<'_>,
    hasher: &mut blake3::Hasher,
    above: &mut Vec<PathBuf>,
) -> Option<()> {
    let files = match path.is_dir() {
        true => directory::list(path, reading.overlay).ok()?,
        false => vec![Listed { name: String::new(), path: path.to_owned(), outside: false }],
    };
    for Listed { name, path, outside } in files {
        match outside {
            true => drop(hasher.update(name.as_bytes())),
            false => put_file(&name, &path, reading, hasher)?,
        }
    }
    for dependency in declared(path, reading.overlay) {
        let Some(relative) = dependency.repository.strip_prefix("file://") else {
            if let Some(archive) = (reading.supply)(&dependency) {
                put_file(&archive.to_string_lossy(), &archive, reading, hasher)?;
            }
            continue;
        };
        let target = path.join(relative);
        let is_there = target.join("Chart.yaml").is_file();
        hasher.update(&[u8::from(is_there)]);
        let real = target.canonicalize().unwrap_or_else(|_| target.clone());
        if !is_there || above.contains(&real) || above.len() > MAX_NESTING {
            continue;
        }
        above.push(real);
        put_digest(&target, reading, hasher, above)?;
        above.pop();
    }
    Some(())
}

fn put_file(
    name: &str,
    path: &Path,
    reading: &Reading<'_>,
    hasher: &mut blake3::Hasher,
) -> Option<()> {
    let bytes = || directory::bytes(path, reading.overlay).ok();
    let own = || bytes().map(|bytes| blake3::hash(&bytes));
    hasher.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
    hasher.update((reading.known)(path).or_else(own)?.as_bytes());
    Some(())
}

/// The dependencies of a chart directory, as they are declared; none where that cannot be read,
/// which loading the chart will say.
fn declared(path: &Path, overlay: &Overlay) -> Vec<Dependency> {
    let file = |name: &str| {
        let text = String::from_utf8(directory::bytes(&path.join(name), overlay).ok()?).ok()?;
        let declares = text.contains("dependencies");
        declares.then(|| ChartFile {
            name: name.to_owned(),
            text: text.into(),
            source: SourceId::NOWHERE,
        })
    };
    let read = |file: ChartFile| metadata::read(&file).ok();
    let mut metadata = file("Chart.yaml").and_then(read).unwrap_or_default();
    if let Some(requirements) = file("requirements.yaml") {
        // A fault in it is one of the chart.
        let _ = metadata::read_requirements(&requirements, &mut metadata);
    }
    metadata.dependencies
}

/// Whether a glob of Go's `filepath.Match` matches a path.
#[must_use]
pub fn glob(pattern: &str, path: &str) -> bool {
    ignore::glob(pattern.as_bytes(), path.as_bytes())
}

fn unpack(path: &Path, shown: &str) -> Result<Vec<RawFile>, ChartError> {
    let bytes = std::fs::read(path)
        .map_err(|error| ChartError::new(format!("cannot read {shown}: {error}")))?;
    archive::read(&bytes, shown)
}

/// A path below another; the working directory is the empty path.
fn below_path(base: &str, path: &str) -> String {
    match base {
        "" | "." => path.to_owned(),
        _ => format!("{base}/{path}"),
    }
}

/// A path without `.` and `..` where they can be resolved.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            "" if !parts.is_empty() => {}
            ".." if parts.last().is_some_and(|last| !matches!(*last, ".." | "")) => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn assemble(
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
        let source = parts.sources.add(below_path(shown, &file.name), Arc::clone(&text));
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
    let mut below: std::collections::BTreeMap<String, Vec<RawFile>> =
        std::collections::BTreeMap::new();
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
    for (name, files) in below {
        if name.starts_with(['_', '.']) {
            continue;
        }
        let shown = below_path(shown, &format!("charts/{name}"));
        let loaded = if name.ends_with(".tgz") {
            match &files[..] {
                [file] if file.name == name => archive::read(file.data.bytes(), &shown),
                _ => Err(ChartError::new(format!("{shown} is no file"))),
            }
        } else {
            Ok(files
                .into_iter()
                .filter_map(|file| {
                    let rest = file.name.split_once('/')?.1.to_owned();
                    Some(RawFile { name: rest, data: file.data })
                })
                .collect())
        }
        .and_then(|files| assemble(files, &shown, parts, depth + 1));
        let child = loaded.map_err(|error| ChartError {
            message: format!(
                "error unpacking subchart {name} in {}: {}",
                chart.metadata.name, error.message
            ),
            span: error.span,
        })?;
        chart.dependencies.push(child);
    }
    Ok(chart)
}

/// The documents of a values file; Helm merges them in order. Of the lines between two separators it reads the first
/// document only (`LoadValues`, by `yaml.Unmarshal`).
///
/// # Errors
/// When one is not YAML or no map.
pub(super) fn values(file: &ChartFile) -> Result<Vec<Arc<Document>>, ChartError> {
    let refuse =
        |what: &str, span| ChartError::at(format!("cannot load {}: {what}", file.name), span);
    let mut documents = Vec::new();
    for part in separated(file)? {
        let stream = yaml::parse_lines(file.source, &file.text, part);
        let first = stream.first().map_err(|error| refuse(&error.message, error.span))?;
        if let Some(root) = first.and_then(|document| document.root())
            && root.kind() != yaml::Kind::Mapping
            && !root.is_null()
        {
            return Err(refuse("its values are no map", root.span()));
        }
        documents.extend(first.cloned());
    }
    Ok(documents)
}

/// The lines between those that start with `---`, as k8s.io/apimachinery reads them (`pkg/util/yaml`: `YAMLReader`):
/// such a line before any other belongs to what follows.
fn separated(file: &ChartFile) -> Result<Vec<Range<usize>>, ChartError> {
    let text = &*file.text;
    let mut parts = Vec::new();
    let (mut from, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some(rest) = line.strip_prefix("---") else { continue };
        let rest = rest.trim();
        if !rest.is_empty() && !rest.starts_with('#') {
            let message = format!(
                "cannot load {}: error reading yaml document: invalid Yaml document separator: {rest}",
                file.name
            );
            return Err(ChartError::at(message, Span::new(file.source, start, start + 3)));
        }
        if start > from {
            parts.push(from..start);
            from = at;
        }
    }
    parts.push(from..text.len());
    Ok(parts)
}
