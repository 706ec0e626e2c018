//! The documents of a helmfile, each of which is rendered by itself.

use std::ops::Range;
use std::sync::Arc;

use crate::project::node::NodeRef;
use crate::project::release::text::Mapped;
use crate::project::release::{Content, Unresolved};
use crate::source::Span;
use crate::yaml::{self, Node, Stream};

/// A document of a helmfile, rendered.
pub(super) struct Document {
    pub(super) stream: Stream,
    /// The mapping of its spans to the file; `None` if they are spans in the file.
    pub(super) mapped: Option<Mapped>,
    pub(super) text: Arc<str>,
}

impl Document {
    /// The roots of its YAML documents, each with this.
    pub(super) fn roots(&self) -> impl Iterator<Item = (Node<'_>, &Self)> {
        let roots = self.stream.documents.iter().filter_map(|document| document.root());
        roots.map(move |root| (root, self))
    }

    /// The span in the file for a span in the rendered text.
    pub(super) fn span(&self, span: Span) -> Span {
        match &self.mapped {
            Some(mapped) => mapped.span(span.range().start, span.range().end),
            None => span,
        }
    }

    /// Why a rendered document cannot be read. Documents that are not rendered are judged as YAML files.
    pub(super) fn fault(&self) -> Option<Unresolved> {
        let error = self.stream.errors.first()?;
        let why = format!(
            "the helmfile is not valid YAML once its templates are filled in: {}",
            error.message
        );
        Some(Unresolved { declared: self.span(error.span), why, chart_path: None })
    }

    /// The content of inline values at a node.
    pub(super) fn content(&self, node: Node<'_>) -> Content {
        if self.mapped.is_none() {
            return NodeRef::new(&self.stream.documents, node)
                .map_or(Content::Unknown, Content::Yaml);
        }
        let span = self.span(node.span());
        let range = span.range();
        if range.is_empty() || self.text[range.clone()].contains("{{") {
            return Content::Unknown;
        }
        let stream = yaml::parse_part(span.source, &self.text, range);
        let root = stream.documents.first().and_then(|document| document.root());
        match root.and_then(|root| NodeRef::new(&stream.documents, root)) {
            Some(root) if stream.errors.is_empty() => Content::Yaml(root),
            _ => Content::Unknown,
        }
    }
}

/// The parts of a helmfile that are not empty, which are separated by lines `---`.
pub(super) fn parts(text: &str) -> Vec<Range<usize>> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" {
            parts.push(start..at);
            start = at + line.len();
        }
        at += line.len();
    }
    parts.push(start..text.len());
    parts.retain(|part| !text[part.clone()].trim().is_empty());
    parts
}
