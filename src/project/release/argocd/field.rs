//! What is said of an Application: by its own text, or by a template and what is put on top of that.

use std::sync::Arc;

use super::{Content, Context, Via};
use crate::project::node::scalar_text;
use crate::project::release::embedded;
use crate::project::release::text::Mapped;
use crate::source::Span;
use crate::yaml::{self, Document, Kind, Node};

/// Makes of a text what a Go template makes of it; `None` where not all of that is known.
pub(super) type Render<'d> = dyn Fn(&Mapped) -> Option<Mapped> + 'd;

/// Whose words a node has.
pub(super) struct Author<'d> {
    /// The documents of the file that it is written in; none where it is in no file as it is.
    pub(super) documents: &'d [Arc<Document>],
    pub(super) via: Via,
    /// Fills in a generator's parameters.
    pub(super) fill: &'d dyn Fn(&str) -> String,
    /// Renders a text as a whole, where it is a Go template.
    pub(super) render: Option<&'d Render<'d>>,
    /// Where a span stands in the file.
    pub(super) place: &'d dyn Fn(Span) -> Span,
    /// A template has made it.
    pub(super) is_made: bool,
}

impl Author<'_> {
    /// Values that are written in the declaration.
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

    /// Values whose text is a Go template with more than texts in it.
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

/// What is said of one field: maps, of which the first goes before the others, or what stands in the place of all.
#[derive(Clone)]
pub(super) struct Field<'d> {
    parts: Vec<(Node<'d>, &'d Author<'d>)>,
}

impl<'d> Field<'d> {
    /// A whole Application.
    pub(super) fn new(parts: Vec<(Node<'d>, &'d Author<'d>)>) -> Self {
        Self { parts }
    }

    /// What is said of a field of it. What is empty leaves it to those behind, as one may not leave it out there.
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

    /// Whether anybody says anything of a field of it, and be it that it is empty.
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

    /// Where it stands in the file.
    pub(super) fn span(&self) -> Option<Span> {
        self.first().map(|(node, author)| (author.place)(node.span()))
    }

    /// Where its key stands, or else it itself.
    pub(super) fn key_span(&self) -> Option<Span> {
        let (node, author) = self.first()?;
        Some((author.place)(node.key_span().unwrap_or(node.span())))
    }

    /// The values that it is, those that go before others last; each with where it begins.
    pub(super) fn values(&self, context: &Context<'_>) -> Vec<(Span, Content)> {
        let parts = self.parts.iter().rev();
        let values = parts.map(|(node, author)| {
            let span = (author.place)(node.key_span().unwrap_or(node.span()));
            (span, author.values(*node, context))
        });
        values.collect()
    }
}

/// The text of a field of a map.
pub(super) fn text(field: &Field<'_>, path: &[&str]) -> Option<String> {
    field.at(path)?.text()
}
