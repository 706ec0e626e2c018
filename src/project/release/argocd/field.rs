//! The fields of an Application, which may be merged from a template and what is put on top of it.

use std::sync::Arc;

use super::{Content, Context, Via};
use crate::project::node::scalar_text;
use crate::project::release::embedded;
use crate::project::release::text::Mapped;
use crate::source::Span;
use crate::yaml::{self, Document, Kind, Node};

/// Renders a text as a Go template; `None` if not all of the result is known.
pub(super) type Render<'d> = dyn Fn(&Mapped) -> Option<Mapped> + 'd;

/// Where a node comes from, and how templates in it are rendered.
pub(super) struct Author<'d> {
    /// The documents of the file that it is in; none if it is in no file.
    pub(super) documents: &'d [Arc<Document>],
    pub(super) via: Via,
    /// Fills in a generator's parameters.
    pub(super) fill: &'d dyn Fn(&str) -> String,
    /// Renders a whole text, if it is a Go template.
    pub(super) render: Option<&'d Render<'d>>,
    /// Translates a span to a span in the file.
    pub(super) place: &'d dyn Fn(Span) -> Span,
    /// Whether a template has rendered it.
    pub(super) is_made: bool,
}

impl Author<'_> {
    /// The content of inline values.
    fn values(&self, node: Node<'_>, context: &Context<'_>) -> Content {
        if self.is_made {
            return embedded::settings(node, context.sources, self.fill, self.place);
        }
        let is_set = self.via == Via::ArgoCdApplicationSet;
        if !is_set && node.kind() == Kind::Scalar && node.raw().contains("{{") {
            return Content::Unknown;
        }
        let content = embedded::values(node, self.documents, context.sources);
        if !is_set {
            return content;
        }
        match embedded::filled(content, self.fill) {
            Content::Unknown => self.rendered(node, context).unwrap_or(Content::Unknown),
            content => content,
        }
    }

    /// The content of inline values that are a Go template which renders more than single texts.
    fn rendered(&self, node: Node<'_>, context: &Context<'_>) -> Option<Content> {
        let render = self.render.filter(|_| node.kind() == Kind::Scalar)?;
        let text = Mapped::scalar(node);
        let made = render(&text)?;
        let stream = yaml::parse(node.span().source, &made.text.as_str().into());
        let root = stream.documents.first()?.root().filter(|_| stream.errors.is_empty())?;
        let place = |span: Span| {
            let within = made.span(span.range().start, span.range().end);
            (self.place)(text.span(within.range().start, within.range().end))
        };
        Some(embedded::settings(root, context.sources, str::to_owned, place))
    }
}

/// A field: either maps to merge, of which the first has priority, or a single node.
#[derive(Clone)]
pub(super) struct Field<'d> {
    parts: Vec<(Node<'d>, &'d Author<'d>)>,
}

impl<'d> Field<'d> {
    /// A whole Application.
    pub(super) fn new(parts: Vec<(Node<'d>, &'d Author<'d>)>) -> Self {
        Self { parts }
    }

    /// A field in it. An empty value does not override others, since some fields cannot be left out.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let said = self.parts.iter().filter_map(|(node, author)| Some((node.get(key)?, *author)));
        let is_empty = |node: Node<'_>| node.is_empty() && node.raw().trim().is_empty();
        let is_map = |(node, _): &(Node<'d>, &'d Author<'d>)| node.kind() == Kind::Mapping;
        let mut said = said.filter(|(node, _)| !is_empty(*node));
        let first = said.next()?;
        let mut parts = vec![first];
        if is_map(&first) {
            parts.extend(said.take_while(is_map));
        }
        Some(Self { parts })
    }

    /// Whether it has a field, which may be empty.
    pub(super) fn has(&self, key: &str) -> bool {
        self.parts.iter().any(|(node, _)| node.get(key).is_some())
    }

    pub(super) fn at(&self, path: &[&str]) -> Option<Self> {
        path.iter().try_fold(self.clone(), |field, key| field.get(key))
    }

    fn first(&self) -> Option<(Node<'d>, &'d Author<'d>)> {
        self.parts.first().copied()
    }

    /// The items of a list.
    pub(super) fn items(&self) -> impl Iterator<Item = Self> + use<'d> {
        let list = self.first().into_iter();
        list.flat_map(|(node, author)| {
            node.items().map(move |item| Self { parts: vec![(item, author)] })
        })
    }

    pub(super) fn text(&self) -> Option<String> {
        let (node, author) = self.first()?;
        scalar_text(node).map(|text| (author.fill)(&text))
    }

    pub(super) fn is_true(&self) -> bool {
        self.text().as_deref() == Some("true")
    }

    /// Its span in the file.
    pub(super) fn span(&self) -> Option<Span> {
        self.first().map(|(node, author)| (author.place)(node.span()))
    }

    /// The span of its key, or else its own.
    pub(super) fn key_span(&self) -> Option<Span> {
        let (node, author) = self.first()?;
        Some((author.place)(node.key_span().unwrap_or(node.span())))
    }

    /// Its maps as values layers, those with priority last, each with its span.
    pub(super) fn values(&self, context: &Context<'_>) -> Vec<(Span, Content)> {
        let parts = self.parts.iter().rev();
        let values = parts.map(|(node, author)| {
            let span = (author.place)(node.key_span().unwrap_or(node.span()));
            (span, author.values(*node, context))
        });
        values.collect()
    }
}

/// The text of a field at a path.
pub(super) fn text(field: &Field<'_>, path: &[&str]) -> Option<String> {
    field.at(path)?.text()
}
