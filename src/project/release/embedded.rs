//! YAML that is written inside of a scalar of other YAML.

use std::sync::Arc;

use super::Content;
use crate::project::classify::NodeRef;
use crate::source::Sources;
use crate::yaml::{self, Kind, Node, Stream, Style};

/// Reads the text of a block scalar as YAML whose spans lie in the outer file: the same text, with
/// everything around the scalar blanked. Of a quoted text the tree stands alone.
pub(super) fn parse(node: Node<'_>, sources: &Sources) -> Stream {
    let outer = node.document().text();
    let span = node.span();
    if matches!(node.style(), Style::Literal | Style::Plain) {
        return yaml::parse(span.source, &blanked(outer, span.range()).into());
    }
    let text: Arc<str> = node.raw().into();
    let path = sources.path(span.source);
    yaml::parse(sources.add(path, Arc::clone(&text)), &text)
}

/// `text` with everything outside of `keep` turned to blanks: the same offsets, the same lines.
pub(super) fn blanked(text: &str, keep: std::ops::Range<usize>) -> String {
    let blank = |part: &str| -> String {
        part.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
    };
    // The first line of a block scalar needs its indentation, which may lie before its span.
    let mut out = blank(&text[..keep.start]);
    out.push_str(&text[keep.clone()]);
    out.push_str(&blank(&text[keep.end..]));
    out
}

/// Values that are a map, or a text that holds one.
pub(super) fn values(
    node: Node<'_>,
    documents: &[Arc<yaml::Document>],
    sources: &Sources,
) -> Content {
    if node.kind() != Kind::Scalar {
        return NodeRef::new(documents, node).map_or(Content::Unknown, Content::Yaml);
    }
    let stream = parse(node, sources);
    let root = stream.documents.first().and_then(|document| document.root());
    match root.and_then(|root| NodeRef::new(&stream.documents, root)) {
        Some(root) if stream.errors.is_empty() => Content::Yaml(root),
        _ => Content::Unknown,
    }
}
