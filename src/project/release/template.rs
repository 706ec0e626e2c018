//! Renders Go templates in release declarations, with the same evaluator as for charts. What only the tool that reads
//! the declaration knows becomes [`UNKNOWN`]. Each byte of the result keeps its place in the file.

mod argocd;
pub(super) mod data;
mod function;

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value as Json;

pub(super) use argocd::normalize;

use super::text::Mapped;
use crate::helm::call::{Files, Lookup, Surroundings};
use crate::helm::eval::{Evaluator, deep};
use crate::helm::origin::{OriginId, Origins, Through};
use crate::helm::parse::{Template, parse};
use crate::helm::rope::{Rope, Segment};
use crate::project::file::File;
use crate::project::path::join;
use crate::project::tree::Tree;
use crate::source::SourceId;

/// Stands in a text for something that only the tool knows when it runs. A character for private use, so that the text
/// is still valid YAML.
pub(super) const UNKNOWN: char = '\u{e000}';

/// The tool whose functions and rules apply to a template.
#[derive(Debug, Clone, Copy)]
pub(super) enum Dialect {
    /// helmfile, which has additional functions.
    Helmfile,
    /// Helm, as in a chart.
    Helm,
    /// Argo CD, in an `ApplicationSet`.
    ArgoCd,
}

impl Dialect {
    fn lookup(self) -> Lookup {
        match self {
            Self::Helmfile => function::find,
            Self::Helm => crate::helm::function::find,
            Self::ArgoCd => argocd::find,
        }
    }
}

/// A file with named templates: its path, and what is in it.
pub(super) type Partial = (Arc<str>, Arc<Template>);

/// Parses a file with named templates.
pub(super) fn partial(file: &File) -> Option<Partial> {
    let parsed = parse(file.source, &file.text(), |_| true).ok()?;
    Some((file.path.as_str().into(), Arc::new(parsed)))
}

/// Renders the templates of one declaration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Engine<'p> {
    pub(super) dialect: Dialect,
    pub(super) tree: &'p Tree<'p>,
    /// The directory to which the paths in templates are relative.
    pub(super) directory: &'p str,
    /// Named templates that the declaration may include, by the paths of their files.
    pub(super) partials: &'p [Partial],
}

impl Engine<'_> {
    /// Renders a range of a file with some data. `None` if it cannot be parsed or rendered, as when it never ends.
    pub(super) fn render(
        &self,
        source: SourceId,
        text: &str,
        range: Range<usize>,
        data: &Json,
    ) -> Option<Mapped> {
        self.renders(source, text, range, std::slice::from_ref(data)).pop()
    }

    /// Renders a range of a file once for each of `data`. What cannot be parsed or rendered is left out.
    pub(super) fn renders(
        &self,
        source: SourceId,
        text: &str,
        range: Range<usize>,
        data: &[Json],
    ) -> Vec<Mapped> {
        let body: Arc<str> = text[range.clone()].into();
        let Ok(template) = parse(source, &body, |_| true) else { return Vec::new() };
        let name: Rc<str> = "declaration".into();
        let templates =
            self.partials.iter().map(|(path, partial)| (path.as_ref().into(), Arc::clone(partial)));
        let templates: Vec<_> = templates.chain([(Rc::clone(&name), Arc::new(template))]).collect();
        let render = |data: &Json| {
            let origins = Rc::new(Origins::default());
            let unknown = OriginId::text(origins.leaf(None, "", None));
            let evaluator =
                Evaluator::new(&templates, Rc::clone(&origins), self.dialect.lookup(), |_| true)
                    .within(Surroundings { files: self, unknown });
            let data = data::value(data, unknown);
            let rope = match self.dialect {
                Dialect::Helmfile | Dialect::Helm => evaluator.file(&name, &data).ok()?,
                Dialect::ArgoCd => evaluator.text(&name, &data).ok()?,
            };
            let open = |segment: &Segment| segment.len == 0 && is_open(segment.origin, &origins);
            let place = |segment: &Segment| {
                let (file, offset) = evaluator.byte(segment.place);
                (file.source == source).then(|| offset as usize + range.start)
            };
            Some(mapped(source, text, &rope, range.start, open, place))
        };
        deep(|| data.iter().filter_map(render).collect())
    }

    /// Renders a short text, such as a name; [`UNKNOWN`] if that fails.
    pub(super) fn fill(&self, source: SourceId, text: &str, data: &Json) -> String {
        if !text.contains("{{") {
            return text.to_owned();
        }
        let rendered = self.render(source, text, 0..text.len(), data);
        rendered.map_or_else(|| UNKNOWN.to_string(), |mapped| mapped.text)
    }
}

impl Files for Engine<'_> {
    fn text(&self, path: &str) -> Option<Arc<str>> {
        self.tree.file(&join(self.directory, path)).map(|file| file.text())
    }

    fn is_file(&self, path: &str) -> bool {
        self.tree.is_file(&join(self.directory, path))
    }

    fn is_directory(&self, path: &str) -> bool {
        self.tree.is_directory(&join(self.directory, path))
    }
}

/// Whether an unknown value would be written here. Text that an unknown value only decided about, or that was written
/// because it is not set, is known.
fn is_open(origin: OriginId, origins: &Origins) -> bool {
    origins.entries(origin).iter().any(|(_, through)| *through > Through::Condition)
}

/// The rendered text with the offset in the file for each byte: for literal text its own, for the output of an action
/// that of the action, and for the output of another file that of the text before it.
fn mapped(
    source: SourceId,
    file: &str,
    rope: &Rope,
    start: usize,
    open: impl Fn(&Segment) -> bool,
    place: impl Fn(&Segment) -> Option<usize>,
) -> Mapped {
    let mut out = Mapped::part(source, file, start..start);
    let (mut at, mut offset) = (0, start);
    for segment in rope.segments() {
        let piece = &rope.as_str()[at..at + segment.len as usize];
        offset = place(segment).unwrap_or(offset);
        if open(segment) {
            out.add_instead(&UNKNOWN.to_string(), offset);
        } else if file.get(offset..).is_some_and(|rest| rest.starts_with(piece)) {
            out.add(piece, offset);
        } else {
            out.add_instead(piece, offset);
        }
        at += piece.len();
    }
    out
}
