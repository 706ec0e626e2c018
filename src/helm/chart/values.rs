//! Values files of several documents.

use std::ops::Range;
use std::sync::Arc;

use super::{ChartError, ChartFile};
use crate::source::Span;
use crate::yaml::{self, Document};

/// The documents of a values file; Helm merges them in order. Of the lines between two separators it reads the first
/// document only (`LoadValues`, by `yaml.Unmarshal`).
///
/// # Errors
/// When one is not YAML or no map.
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
