//! `plimsoll render --origins`: where each scalar of a release comes from, as JSON.

use std::collections::HashMap;
use std::rc::Rc;

use serde::Serialize;

use crate::helm::origin::OriginId;
use crate::helm::render::{Manifest, Rendered};
use crate::helm::rope::PlaceId;
use crate::helm::scalar::Inquiry;
use crate::source::Sources;
use crate::yaml::{self, Scalar};

#[derive(Serialize)]
struct Document<'r> {
    scalars: Vec<Entry<'r>>,
}

#[derive(Serialize)]
struct Entry<'r> {
    source: &'r str,
    document: usize,
    object: Rc<str>,
    path: String,
    value: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<Line>,
    values: Rc<[Leaf]>,
}

#[derive(Serialize)]
struct Line {
    file: Rc<str>,
    line: u32,
}

#[derive(Serialize)]
struct Leaf {
    file: String,
    line: u32,
    path: String,
    through: &'static str,
}

/// The contract's JSON for these manifests of a release, in their order.
///
/// # Errors
/// When a value cannot be written as JSON.
pub(super) fn json(
    rendered: &Rendered,
    manifests: &[&Manifest],
    sources: &Sources,
) -> serde_json::Result<String> {
    let mut places = Places { rendered, sources, leaves: HashMap::new(), lines: HashMap::new() };
    let mut scalars = Vec::new();
    for manifest in manifests {
        let Some(root) = manifest.document.as_ref().and_then(|document| document.root()) else {
            continue;
        };
        let text = |node: Option<yaml::Node<'_>>| {
            node.filter(|node| !node.is_null()).map_or("None", |node| node.raw()).to_owned()
        };
        let name = text(root.get("metadata").and_then(|meta| meta.get("name")));
        let object: Rc<str> = format!("{}/{name}", text(root.get("kind"))).into();
        for scalar in Inquiry::new(manifest, &rendered.origins).scalars() {
            scalars.push(Entry {
                source: &manifest.template,
                document: manifest.index,
                object: Rc::clone(&object),
                path: scalar.node.path().to_pointer(),
                value: value(scalar.node),
                template: scalar.place.map(|id| places.line(id)),
                values: places.leaves(scalar.origin),
            });
        }
    }
    serde_json::to_string(&Document { scalars })
}

/// Lines of templates and values, each looked up once: most scalars of a branch share them.
struct Places<'r> {
    rendered: &'r Rendered,
    sources: &'r Sources,
    leaves: HashMap<OriginId, Rc<[Leaf]>>,
    lines: HashMap<PlaceId, (Rc<str>, u32)>,
}

impl Places<'_> {
    fn line(&mut self, id: PlaceId) -> Line {
        let (file, line) = self.lines.entry(id).or_insert_with(|| {
            let (file, offset) = self.rendered.place(id);
            let source = self.sources.get(file.source);
            (source.path.as_str().into(), source.position(offset).line)
        });
        Line { file: Rc::clone(file), line: *line }
    }

    /// The leaves of an origin. A value of the command line stands in no file, and a missing one
    /// nowhere.
    fn leaves(&mut self, origin: OriginId) -> Rc<[Leaf]> {
        if let Some(known) = self.leaves.get(&origin) {
            return Rc::clone(known);
        }
        let origins = &self.rendered.origins;
        let entries = origins.entries(origin);
        let leaves: Rc<[Leaf]> = entries
            .iter()
            .filter_map(|(leaf, through)| {
                let leaf = origins.describe(*leaf);
                let span = leaf.span?;
                let file = self.sources.get(span.source);
                Some(Leaf {
                    line: file.position(span.start).line,
                    file: file.path.clone(),
                    path: leaf.pointer,
                    through: through.as_str(),
                })
            })
            .collect();
        self.leaves.insert(origin, Rc::clone(&leaves));
        leaves
    }
}

fn value(node: yaml::Node<'_>) -> serde_json::Value {
    match (node.kind(), node.scalar()) {
        (yaml::Kind::Mapping, _) => serde_json::Value::Object(serde_json::Map::new()),
        (yaml::Kind::Sequence, _) => serde_json::Value::Array(Vec::new()),
        (_, Some(Scalar::Bool(value))) => value.into(),
        (_, Some(Scalar::Int(value))) => value.into(),
        (_, Some(Scalar::Uint(value))) => value.into(),
        (_, Some(Scalar::Float(value))) => value.into(),
        (_, Some(Scalar::Str(value))) => value.into(),
        (_, Some(Scalar::Null) | None) => serde_json::Value::Null,
    }
}
