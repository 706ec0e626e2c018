//! Values files with several documents.

use std::ops::Range;
use std::sync::Arc;

use super::{ChartError, ChartFile};
use crate::source::Span;
use crate::yaml::{self, Document};

/// Returns the documents of a values file; Helm merges them in order. If there are several documents between two
/// separators, only the first one is read (`LoadValues`, by `yaml.Unmarshal`).
///
/// # Errors
/// If a document is not YAML or not a map.
pub(in crate::helm) fn values(file: &ChartFile) -> Result<Vec<Arc<Document>>, ChartError> {
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
            return Err(refuse("its values are not a mapping", root.span()));
        }
        documents.extend(first.cloned());
    }
    Ok(documents)
}

/// Splits a file at lines that start with `---`, as k8s.io/apimachinery does (`pkg/util/yaml`: `YAMLReader`). Returns
/// byte ranges. A separator in the first line belongs to the part that follows.
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
