//! Go templates in declarations of releases, evaluated as those of charts are. What only the tool
//! that reads them knows is [`UNKNOWN`]. Every byte of the result keeps the place it came from.

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
use crate::project::tree::{Tree, join};
use crate::source::SourceId;

/// Stands in a text for what only the running tool knows. For private use, so that a YAML text may
/// hold it.
pub(super) const UNKNOWN: char = '\u{e000}';

/// Whose templates these are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Dialect {
    /// helmfile's, with functions of its own.
    Helmfile,
    /// A chart's.
    Helm,
    /// Those of an `ApplicationSet` of Argo CD's.
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

/// What templates are rendered with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Engine<'p> {
    pub(super) dialect: Dialect,
    pub(super) tree: &'p Tree<'p>,
    /// What relative paths of files are relative to.
    pub(super) directory: &'p str,
    /// Files whose templates may be called.
    pub(super) partials: &'p [&'p File],
}

impl Engine<'_> {
    /// Renders a range of a file over some data. `None` when it is no template, or one without
    /// end.
    pub(super) fn render(
        &self,
        source: SourceId,
        text: &str,
        range: Range<usize>,
        data: &Json,
    ) -> Option<Mapped> {
        self.renders(source, text, range, std::slice::from_ref(data)).pop()
    }

    /// Renders a range of a file over each of some data; what is no template, or one without end,
    /// is left out.
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
        let templates: Vec<_> =
            self.partials().chain([(Rc::clone(&name), Arc::new(template))]).collect();
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

    fn partials(&self) -> impl Iterator<Item = (Rc<str>, Arc<Template>)> {
        self.partials.iter().filter_map(|file| {
            let parsed = parse(file.source, &file.text(), |_| true).ok()?;
            Some((file.path.as_str().into(), Arc::new(parsed)))
        })
    }

    /// Fills in the actions of a short text. Texts without any are given back as they are.
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

/// Whether what is unknown would stand here. What was only decided by it, or computed as where it
/// is not set, stands as it is.
fn is_open(origin: OriginId, origins: &Origins) -> bool {
    origins.entries(origin).iter().any(|(_, through)| *through > Through::Condition)
}

/// The rendered text with the offset in the file behind each byte: of literal text its own, of
/// what an action wrote the action's, of what another file wrote that of the text before it.
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
