//! Charts as they lie in a directory or a .tgz: files, metadata, parsed templates, dependencies.
//!
//! Mirrors Helm 4.1 `pkg/chart/v2/loader`. A chart is read once and shared between releases and
//! threads; what a release changes of it (aliases, conditions, values) lives in the render.

mod ahead;
mod archive;
mod assemble;
mod digest;
mod directory;
mod file;
mod ignore;
mod metadata;
mod raw;
mod values;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::ahead::Alone;
use self::assemble::{Parts, assemble};
pub use self::digest::{Reading, digest};
pub use self::file::{ChartFile, ChartSchema, ChartTemplate, Parsed, Recall};
pub use self::metadata::{Dependency, ImportValues, Metadata};
use self::raw::{Content, RawFile};
pub(super) use self::values::values;
use crate::source::{Overlay, SourceId, Sources, Span};
use crate::yaml::Document;

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

/// Says where the archive of a dependency lies that is not in its chart's `charts/`.
pub type Supply<'a> = dyn Fn(&Dependency) -> Option<PathBuf> + Sync + 'a;

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

/// The paths of a chart directory's files, without those of subcharts and those that
/// `.helmignore` names; sorted. Empty where the directory cannot be read.
#[must_use]
pub fn names(directory: &Path, overlay: &Overlay) -> Vec<String> {
    directory::names(directory, overlay)
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
