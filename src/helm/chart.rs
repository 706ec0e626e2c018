//! Charts in a directory or a .tgz: files, metadata, parsed templates, dependencies.
//!
//! Mirrors Helm 4.1 `pkg/chart/v2/loader`. A chart is read once and shared between releases and threads; what a
//! release changes (aliases, conditions, values) is kept in the render.

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
use crate::source::{Overlay, SourceId, Sources, Span, read_file};
use crate::yaml::Document;

/// The largest file in a chart, in bytes, as in Helm.
const MAX_FILE: u64 = 5 << 20;
/// The largest size of a chart when unpacked, in bytes, as in Helm.
const MAX_CHART: u64 = 100 << 20;
/// The most bytes of an archive.
pub const MAX_ARCHIVE: u64 = MAX_CHART;
/// The largest number of files in a chart.
const MAX_FILES: usize = 20_000;
/// The message about a link that is not followed.
pub(super) const LEADS_OUT: &str = "is a link that leads out of the chart";
/// The deepest nesting of charts within charts.
const MAX_NESTING: usize = 20;

/// Why a chart cannot be read, and where.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ChartError {
    /// What is wrong, in Helm's words if it has a message for it.
    pub message: String,
    /// The file at fault, if it is known.
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

/// A chart that was read.
#[derive(Debug)]
pub struct Chart {
    /// The metadata in `Chart.yaml` (and `requirements.yaml`).
    pub metadata: Metadata,
    /// The source of `Chart.yaml`.
    pub source: SourceId,
    /// All files below `templates/`, sorted by name.
    pub templates: Vec<ChartTemplate>,
    /// The files that `.Files` can read, sorted by name; CRDs are among them.
    pub files: Vec<ChartFile>,
    /// Names of files and folders that `.Files` may not read because they are links that lead out of the chart; those
    /// of folders end with `/`. CRDs may be among them.
    pub outside: Vec<String>,
    /// The documents of `values.yaml`; each is merged over the ones before.
    pub values: Vec<Arc<Document>>,
    /// `values.schema.json`.
    pub schema: Option<ChartSchema>,
    /// Charts in `charts/`, and `file://` dependencies that are not there.
    pub dependencies: Vec<Chart>,
    /// The path of the chart as it is shown: as it was given.
    pub path: String,
}

/// What a run that reads charts again and again adds to [`Chart::load`].
#[derive(Clone, Copy)]
pub struct Again<'a> {
    /// The templates that were parsed when a chart was loaded before.
    pub memory: Option<&'a dyn Recall>,
    /// The path of a file as the run shows it, from the path below that of the chart.
    pub named: fn(String) -> String,
}

/// Returns the path of the archive of a dependency that is not in its chart's `charts/`.
pub type Supply<'a> = dyn Fn(&Dependency) -> Option<PathBuf> + Sync + 'a;

impl Chart {
    /// Reads the chart at `path`, a directory or a .tgz; its files are added to `sources` with paths below `shown`.
    /// Dependencies that are not in `charts/` are read from their `file://` repository, or else from the archive that
    /// `supply` returns.
    ///
    /// # Errors
    /// If it is not a chart, exceeds a limit, or has a link that leads out of it.
    pub fn load(
        path: &Path,
        shown: &str,
        sources: &Sources,
        supply: &Supply<'_>,
    ) -> Result<Self, ChartError> {
        Self::load_again(
            path,
            shown,
            sources,
            supply,
            Again { memory: None, named: std::convert::identity },
        )
    }

    /// Reads a chart as [`Chart::load`] does, for a run that may have read it before, and that has its own way to name files.
    ///
    /// # Errors
    /// As for [`Chart::load`].
    pub fn load_again(
        path: &Path,
        shown: &str,
        sources: &Sources,
        supply: &Supply<'_>,
        again: Again<'_>,
    ) -> Result<Self, ChartError> {
        let parts = Parts { named: again.named, ..Parts::new(sources, again.memory) };
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

    /// Makes a chart of texts, each with its path in the chart.
    ///
    /// # Errors
    /// If they are not a chart.
    pub fn of_texts(files: &[(String, String)], sources: &Sources) -> Result<Self, ChartError> {
        let raw = |(name, text): &(String, String)| RawFile {
            name: name.clone(),
            data: Content::Text(text.as_str().into()),
        };
        let parts = Parts::new(sources, None);
        assemble(files.iter().map(raw).collect(), "", parts, 0)
    }

    /// Reads a chart from the bytes of its archive.
    ///
    /// # Errors
    /// As for [`Chart::load`].
    pub fn unpack(bytes: &[u8], shown: &str, sources: &Sources) -> Result<Self, ChartError> {
        let parts = Parts::new(sources, None);
        assemble(archive::read(bytes, shown)?, shown, parts, 0)
    }

    /// Reads the dependencies that are not in `charts/`.
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

    /// Returns the dependencies in `Chart.yaml` that were not found.
    #[must_use]
    pub fn missing_dependencies(&self) -> Vec<&Dependency> {
        let present =
            |name: &str| self.dependencies.iter().any(|chart| chart.metadata.name == name);
        self.metadata.dependencies.iter().filter(|dependency| !present(&dependency.name)).collect()
    }

    /// Checks that the CRDs of the chart, and those of its subcharts, could be read.
    ///
    /// # Errors
    /// Names the first CRD, or folder of CRDs, that is a link that leads out of the chart.
    pub fn has_its_crds(&self) -> Result<(), ChartError> {
        match self.outside.iter().find(|name| name.starts_with("crds/")) {
            Some(name) => {
                let path = below_path(&self.path, name);
                Err(ChartError::new(format!("{path}: {LEADS_OUT}")))
            }
            None => self.dependencies.iter().try_for_each(Self::has_its_crds),
        }
    }

    /// Checks that Helm renders charts with these versions and API versions: those of this chart and its subcharts.
    ///
    /// # Errors
    /// Helm's message about the first chart that it would refuse.
    pub fn is_of_known_version(&self) -> Result<(), ChartError> {
        match self.metadata.refused() {
            Some(message) => Err(ChartError::at(message, Span::new(self.source, 0, 0))),
            None => self.dependencies.iter().try_for_each(Self::is_of_known_version),
        }
    }

    /// Whether it has `type: library`: such a chart only offers definitions to other charts.
    #[must_use]
    pub fn is_library(&self) -> bool {
        self.metadata.kind.eq_ignore_ascii_case("library")
    }
}

/// Returns the paths of the files in a chart's directory, without those of subcharts and those that `.helmignore`
/// excludes; sorted. Empty if the directory cannot be read.
#[must_use]
pub fn names(directory: &Path, overlay: &Overlay) -> Vec<String> {
    directory::names(directory, overlay)
}

/// Whether a path matches a glob, as in Go's `filepath.Match`.
#[must_use]
pub fn glob(pattern: &str, path: &str) -> bool {
    ignore::glob(pattern.as_bytes(), path.as_bytes())
}

fn unpack(path: &Path, shown: &str) -> Result<Vec<RawFile>, ChartError> {
    let bytes = read_file(path, MAX_ARCHIVE)
        .map_err(|error| ChartError::new(format!("cannot read {shown}: {error}")))?;
    archive::read(&bytes, shown)
}

/// Joins two paths; the working directory is the empty path.
fn below_path(base: &str, path: &str) -> String {
    match base {
        "" | "." => path.to_owned(),
        _ => format!("{base}/{path}"),
    }
}

/// Removes `.` and `..` from a path as far as possible.
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
