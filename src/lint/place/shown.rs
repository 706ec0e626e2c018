//! How spans and pointers are shown to people: what of a text is underlined, and what a value is called.

use crate::finding::Origin;
use crate::source::{Sources, Span};

/// A pointer as people write it: `/a/b/0` as `a.b.0`.
pub(in crate::lint) fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

/// What sort of text a span of a chart lies in.
pub(in crate::lint) fn origin_of(span: Span, sources: &Sources) -> Origin {
    let path = &sources.path(span.source);
    if path.contains("/templates/") || path.starts_with("templates/") {
        Origin::Template
    } else if path.ends_with("Chart.yaml") || path.ends_with("values.schema.json") {
        Origin::Chart
    } else {
        Origin::Values
    }
}

/// An empty span grown to the rest of its line, so that there is something to underline.
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

/// A span cut at the end of its first line, so that a whole map is not underlined.
pub(in crate::lint) fn first_line(span: Span, sources: &Sources) -> Span {
    let file = sources.get(span.source);
    let text = &file.text[span.range()];
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    Span::new(span.source, span.start as usize, span.start as usize + line.trim_end().len())
}
