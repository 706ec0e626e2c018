//! A YAML file as input of the algorithms on YAML files.

use std::cell::OnceCell;

use crate::rule::repair::Rewrite;
use crate::source::Span;
use crate::yaml::{Document, Kind, Node, Stream, Style};

/// What a YAML file is for, as the same word may mean something else in a typed manifest.
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
    /// Every kind.
    pub(in crate::rule) const ALL: [Self; 4] =
        [Self::Values, Self::Manifest, Self::Chart, Self::Other];

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

/// A file's text with its parsed documents.
#[derive(Debug, Clone)]
pub struct Text<'a> {
    /// What the file is for.
    pub kind: TextKind,
    /// The whole text.
    pub text: &'a str,
    /// Its documents and comments.
    pub stream: &'a Stream,
    typed: OnceCell<Vec<(Node<'a>, bool)>>,
}

/// A fault in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextHit {
    /// The place.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// Further places, each with how it relates to the fault.
    pub related: Vec<(Span, String)>,
    /// The edit that repairs it, if one is known.
    pub repair: Option<Rewrite>,
}

impl TextHit {
    pub(super) fn at(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), related: Vec::new(), repair: None }
    }
}

impl<'a> Text<'a> {
    /// Creates the text of a file.
    #[must_use]
    pub fn new(kind: TextKind, text: &'a str, stream: &'a Stream) -> Self {
        Self { kind, text, stream, typed: OnceCell::new() }
    }

    /// The plain scalars that YAML reads as numbers, booleans and null, and whether each is a key. They are found once,
    /// as few of a text's scalars are of this sort and several algorithms look at them.
    pub(super) fn typed(&self) -> &[(Node<'a>, bool)] {
        self.typed.get_or_init(|| {
            let documents = self.stream.documents.iter();
            documents.flat_map(|document| document.typed()).collect()
        })
    }

    /// The plain scalars that begin like a number.
    pub(super) fn numeric(&self) -> impl Iterator<Item = Node<'a>> {
        let begins = |raw: &[u8]| matches!(raw, [b'0'..=b'9' | b'+' | b'-', ..]);
        let documents = self.stream.documents.iter();
        documents.flat_map(move |document| document.plain(begins)).map(|(node, _)| node)
    }

    /// Calls `see` with every scalar that is written, and whether it is a key.
    pub(super) fn each(&self, see: &mut impl FnMut(Node<'a>, bool)) {
        for document in &self.stream.documents {
            let scalars = document.written().filter(|(node, _)| node.kind() == Kind::Scalar);
            scalars.for_each(|(node, key)| see(node, key));
        }
    }

    /// Calls `see` with every mapping that is written, outer ones first.
    pub(super) fn each_mapping(&self, see: &mut impl FnMut(Node<'a>)) {
        self.stream.documents.iter().for_each(|document| mappings_of(document).for_each(&mut *see));
    }

    /// The block scalars, in which blanks are part of the text; sorted.
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

/// Every mapping of a document, outer ones first.
pub(super) fn mappings_of(document: &Document) -> impl Iterator<Item = Node<'_>> {
    document.written().map(|(node, _)| node).filter(|node| node.kind() == Kind::Mapping)
}
