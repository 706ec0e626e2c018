//! Files in a chart: templates, schemas and others.

use std::sync::{Arc, OnceLock};

use crate::helm::function::is_known;
use crate::helm::origin::Origins;
use crate::helm::parse::{SyntaxFault, Template, parse};
use crate::helm::value::Value;
use crate::helm::values::schema::{Schema, Violation};
use crate::source::SourceId;

/// A file in a chart.
#[derive(Debug, Clone)]
pub struct ChartFile {
    /// Path in the chart, with `/`.
    pub name: String,
    /// Its text; bytes that are not UTF-8 are replaced.
    pub text: Arc<str>,
    /// Its id; `NOWHERE` for files that only `.Files` can read.
    pub source: SourceId,
}

/// A template, with its syntax tree.
#[derive(Debug, Clone)]
pub struct ChartTemplate {
    /// The file.
    pub file: ChartFile,
    pub(super) parsed: OnceLock<Parsed>,
}

impl ChartTemplate {
    /// The syntax tree, or a syntax error; it is shared between releases.
    pub fn parsed(&self) -> &Parsed {
        let ChartFile { source, text, .. } = &self.file;
        self.parsed.get_or_init(|| parse(*source, text, is_known).map(Arc::new))
    }
}

/// A `values.schema.json`, which is compiled when it is first used.
#[derive(Debug)]
pub struct ChartSchema {
    /// The file.
    pub file: ChartFile,
    compiled: OnceLock<Result<Schema, String>>,
}

impl ChartSchema {
    pub(super) fn new(file: ChartFile) -> Self {
        Self { file, compiled: OnceLock::new() }
    }

    /// Returns the violations of the schema in some values. The schema is compiled once for all releases.
    ///
    /// # Errors
    /// If the schema itself is not valid.
    pub(in crate::helm) fn violations(
        &self,
        values: &Value,
        origins: &Origins,
    ) -> Result<Vec<Violation>, String> {
        let compiled = self.compiled.get_or_init(|| Schema::compile(&self.file)).as_ref();
        let compiled = compiled.map_err(Clone::clone)?;
        Ok(compiled.violations(&self.file, values, origins))
    }
}

/// The result of parsing a template.
pub type Parsed = Result<Arc<Template>, SyntaxFault>;

/// Remembers parsed templates by the hashes of their texts, for callers that load a chart repeatedly while one of its
/// files changes.
pub trait Recall: Sync {
    /// Returns the result for a text, which may be from another file; `None` if it is not remembered.
    fn recall(&self, text: blake3::Hash) -> Option<Parsed>;
    /// Remembers a result.
    fn note(&self, text: blake3::Hash, parsed: Parsed);
}
