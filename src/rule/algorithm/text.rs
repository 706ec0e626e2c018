//! A YAML file as algorithms on texts see it.

use std::sync::Arc;

use crate::rule::repair::Rewrite;
use crate::source::Span;
use crate::yaml::{Document, Kind, Node, Stream, Style};

/// What a text is for: the same word means other things in a typed manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// Values of a chart.
    Values,
    /// Kubernetes objects.
    Manifest,
    /// A chart's metadata.
    Chart,
    /// Any other YAML.
    Other,
}

impl TextKind {
    /// The word in a rule's `kinds`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Values => "values",
            Self::Manifest => "manifests",
            Self::Chart => "charts",
            Self::Other => "other",
        }
    }
}

/// A file's text, parsed.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// What it is for.
    pub kind: TextKind,
    /// The whole text.
    pub text: &'a str,
    /// Its documents and comments.
    pub stream: &'a Stream,
}

/// What was found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextHit {
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// Further places, with what they have to do with it.
    pub related: Vec<(Span, String)>,
    /// What makes it go away, where that is known.
    pub repair: Option<Rewrite>,
}

impl TextHit {
    pub(super) fn at(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), related: Vec::new(), repair: None }
    }
}

impl<'a> Text<'a> {
    /// Shows every scalar that is written, and whether it is a key.
    pub(super) fn each(&self, see: &mut impl FnMut(Node<'a>, bool)) {
        for document in &self.stream.documents {
            document.root().into_iter().for_each(|root| scalars(root, see));
        }
    }

    /// Shows every mapping that is written, outer ones first.
    pub(super) fn each_mapping(&self, see: &mut impl FnMut(Node<'a>)) {
        for document in &self.stream.documents {
            mappings_of(document, see);
        }
    }

    /// The blocks of text, whose blanks belong to them; sorted.
    pub(super) fn blocks(&self) -> Vec<Span> {
        let mut blocks = Vec::new();
        self.each(&mut |node, _| {
            if matches!(node.style(), Style::Literal | Style::Folded) {
                blocks.push(node.span());
            }
        });
        blocks.sort_unstable();
        blocks
    }
}

/// Shows every mapping of one document, outer ones first.
pub(super) fn mappings_of<'a>(document: &'a Arc<Document>, see: &mut impl FnMut(Node<'a>)) {
    document.root().into_iter().for_each(|root| mappings(root, see));
}

fn scalars<'a>(node: Node<'a>, see: &mut impl FnMut(Node<'a>, bool)) {
    match node.kind() {
        // What an alias stands for is shown where it is written.
        _ if node.alias_span().is_some() => {}
        Kind::Scalar => see(node, false),
        Kind::Sequence => node.items().for_each(|item| scalars(item, see)),
        Kind::Mapping => {
            for entry in node.written() {
                if entry.key.kind() == Kind::Scalar {
                    see(entry.key, true);
                }
                scalars(entry.value, see);
            }
        }
    }
}

fn mappings<'a>(node: Node<'a>, see: &mut impl FnMut(Node<'a>)) {
    if node.alias_span().is_some() {
        return;
    }
    match node.kind() {
        Kind::Scalar => {}
        Kind::Sequence => node.items().for_each(|item| mappings(item, see)),
        Kind::Mapping => {
            see(node);
            node.written().for_each(|entry| mappings(entry.value, see));
        }
    }
}
