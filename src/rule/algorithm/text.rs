//! A YAML file as algorithms on texts see it.

use std::cell::OnceCell;

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
#[derive(Debug, Clone)]
pub struct Text<'a> {
    /// What it is for.
    pub kind: TextKind,
    /// The whole text.
    pub text: &'a str,
    /// Its documents and comments.
    pub stream: &'a Stream,
    typed: OnceCell<Vec<(Node<'a>, bool)>>,
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
    /// A text that is for something.
    #[must_use]
    pub fn new(kind: TextKind, text: &'a str, stream: &'a Stream) -> Self {
        Self { kind, text, stream, typed: OnceCell::new() }
    }

    /// The scalars without quotes that YAML reads as numbers, booleans and null, and whether each is a
    /// key. Few of a text's scalars are of this sort, and several algorithms look at them.
    pub(super) fn typed(&self) -> &[(Node<'a>, bool)] {
        self.typed.get_or_init(|| {
            let documents = self.stream.documents.iter();
            documents.flat_map(|document| document.typed()).collect()
        })
    }

    /// The scalars without quotes that begin as a number does.
    pub(super) fn numeric(&self) -> impl Iterator<Item = Node<'a>> {
        let begins = |raw: &[u8]| matches!(raw, [b'0'..=b'9' | b'+' | b'-', ..]);
        let documents = self.stream.documents.iter();
        documents.flat_map(move |document| document.plain(begins)).map(|(node, _)| node)
    }

    /// Shows every scalar that is written, and whether it is a key.
    pub(super) fn each(&self, see: &mut impl FnMut(Node<'a>, bool)) {
        for document in &self.stream.documents {
            let scalars = document.written().filter(|(node, _)| node.kind() == Kind::Scalar);
            scalars.for_each(|(node, key)| see(node, key));
        }
    }

    /// Shows every mapping that is written, outer ones first.
    pub(super) fn each_mapping(&self, see: &mut impl FnMut(Node<'a>)) {
        self.stream.documents.iter().for_each(|document| mappings_of(document).for_each(&mut *see));
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

/// Every mapping of one document, outer ones first.
pub(super) fn mappings_of(document: &Document) -> impl Iterator<Item = Node<'_>> {
    document.written().map(|(node, _)| node).filter(|node| node.kind() == Kind::Mapping)
}
