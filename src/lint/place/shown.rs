//! How spans and pointers are shown: which part of a text is underlined, and how a value is named.

use crate::finding::Origin;
use crate::project::path_in_repository;
use crate::source::{Sources, Span};

/// A pointer as people write it: `/a/b/0` as `a.b.0`.
pub(in crate::lint) fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

/// The sort of the file that a span in a chart is in.
pub(in crate::lint) fn origin_of(span: Span, sources: &Sources) -> Origin {
    let path = &sources.path(span.source);
    let path = &*path_in_repository(path);
    if path.contains("/templates/") || path.starts_with("templates/") {
        Origin::Template
    } else if path.ends_with("Chart.yaml") || path.ends_with("values.schema.json") {
        Origin::Chart
    } else {
        Origin::Values
    }
}

/// Extends an empty span to the rest of its line, so that there is something to underline.
pub(in crate::lint) fn token(span: Span, sources: &Sources) -> Span {
    if span.start != span.end {
        return span;
    }
    let file = sources.get(span.source);
    let start = (span.start as usize).min(file.text.len());
    let rest = file.text[start..].split(['\n', '\r']).next().unwrap_or_default();
    let end = match rest.find("}}") {
        Some(at) => start + at + 2,
        None => start + rest.trim_end().len(),
    };
    Span::new(span.source, start, end)
}

/// Cuts a span at the end of its first line, so that not a whole map is underlined.
pub(in crate::lint) fn first_line(span: Span, sources: &Sources) -> Span {
    let file = sources.get(span.source);
    let text = &file.text[span.range()];
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    Span::new(span.source, span.start as usize, span.start as usize + line.trim_end().len())
}
