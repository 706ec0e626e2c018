//! YAML that is written inside of a scalar of other YAML.

use std::sync::Arc;

use super::Content;
use crate::project::classify::NodeRef;
use crate::source::Sources;
use crate::yaml::{self, Kind, Node, Stream, Style};

/// Reads the text of a block scalar as YAML whose spans lie in the outer file. Of a quoted text the tree stands
/// alone.
pub(super) fn parse(node: Node<'_>, sources: &Sources) -> Stream {
    let span = node.span();
    if matches!(node.style(), Style::Literal | Style::Plain) {
        return yaml::parse_part(span.source, node.document().text(), span.range());
    }
    let text: Arc<str> = node.raw().into();
    let path = sources.path(span.source);
    yaml::parse(sources.add(path, Arc::clone(&text)), &text)
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
