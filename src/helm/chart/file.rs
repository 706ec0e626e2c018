//! Files of a chart, and what comes of reading them.

use std::sync::{Arc, OnceLock};

use crate::helm::function::is_known;
use crate::helm::origin::Origins;
use crate::helm::parse::{SyntaxFault, Template, parse};
use crate::helm::value::Value;
use crate::helm::values::schema::{Schema, Violation};
use crate::source::SourceId;

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
    pub(super) parsed: OnceLock<Parsed>,
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
    pub(super) fn new(file: ChartFile) -> Self {
        Self { file, compiled: OnceLock::new() }
    }

    /// What of some values it does not allow. It is compiled once for all releases.
    ///
    /// # Errors
    /// When the schema itself is at fault.
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
