//! `plimsoll render --origins`: where each scalar of a release comes from, as JSON.

use std::rc::Rc;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::helm::FastMap;
use crate::helm::origin::OriginId;
use crate::helm::render::{Manifest, Rendered};
use crate::helm::rope::PlaceId;
use crate::helm::scalar::Inquiry;
use crate::source::{SourceFile, SourceId, Sources};
use crate::yaml::{self, Scalar};

/// What is said of a scalar, but for the `values` that had a part: their JSON is written once for all
/// scalars of an origin, see [`Places::leaves`].
#[derive(Serialize)]
struct Entry<'r> {
    source: &'r str,
    document: usize,
    object: &'r str,
    path: &'r str,
    value: Written<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<Line>,
}

#[derive(Serialize)]
struct Line {
    file: Rc<str>,
    line: u32,
}

#[derive(Serialize)]
struct Leaf {
    file: Rc<str>,
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
    let mut places = Places {
        rendered,
        sources,
        files: FastMap::default(),
        leaves: FastMap::default(),
        lines: FastMap::default(),
    };
    let mut out = br#"{"scalars":["#.to_vec();
    let opened = out.len();
    for manifest in manifests {
        let Some(root) = manifest.document.as_ref().and_then(|document| document.root()) else {
            continue;
        };
        let text = |node: Option<yaml::Node<'_>>| {
            node.filter(|node| !node.is_null()).map_or("None", |node| node.raw()).to_owned()
        };
        let name = text(root.get("metadata").and_then(|meta| meta.get("name")));
        let object = format!("{}/{name}", text(root.get("kind")));
        for scalar in Inquiry::new(manifest, &rendered.origins).scalars() {
            if out.len() > opened {
                out.push(b',');
            }
            let entry = Entry {
                source: &manifest.template,
                document: manifest.index,
                object: &object,
                path: &scalar.pointer,
                value: Written(scalar.node),
                template: scalar.place.map(|id| places.line(id)),
            };
            serde_json::to_writer(&mut out, &entry)?;
            out.pop();
            out.extend_from_slice(br#","values":"#);
            out.extend_from_slice(places.leaves(scalar.origin)?.as_bytes());
            out.push(b'}');
        }
    }
    out.extend_from_slice(b"]}");
    Ok(String::from_utf8(out).expect("invariant: JSON is UTF-8"))
}

/// Lines of templates and values, each looked up once: most scalars of a branch share them.
struct Places<'r> {
    rendered: &'r Rendered,
    sources: &'r Sources,
    files: FastMap<SourceId, (Arc<SourceFile>, Rc<str>)>,
    leaves: FastMap<OriginId, Rc<str>>,
    lines: FastMap<PlaceId, (Rc<str>, u32)>,
}

impl Places<'_> {
    fn line(&mut self, id: PlaceId) -> Line {
        if let Some((file, line)) = self.lines.get(&id) {
            return Line { file: Rc::clone(file), line: *line };
        }
        let (file, offset) = self.rendered.place(id);
        let found = self.at(file.source, offset);
        self.lines.insert(id, found.clone());
        Line { file: found.0, line: found.1 }
    }

    /// How a text is shown, and the line of an offset in it.
    fn at(&mut self, source: SourceId, offset: u32) -> (Rc<str>, u32) {
        let (file, shown) = self.files.entry(source).or_insert_with(|| {
            let file = self.sources.get(source);
            let shown = file.path.as_str().into();
            (file, shown)
        });
        (Rc::clone(shown), file.position(offset).line)
    }

    /// The leaves of an origin, as JSON. A value of the command line stands in no file, and a
    /// missing one nowhere.
    fn leaves(&mut self, origin: OriginId) -> serde_json::Result<Rc<str>> {
        if let Some(known) = self.leaves.get(&origin) {
            return Ok(Rc::clone(known));
        }
        let origins = &self.rendered.origins;
        let mut leaves = Vec::new();
        for (leaf, through) in origins.entries(origin).iter() {
            let leaf = origins.describe(*leaf);
            let Some(span) = leaf.span else { continue };
            let (file, line) = self.at(span.source, span.start);
            leaves.push(Leaf { file, line, path: leaf.pointer, through: through.as_str() });
        }
        let json: Rc<str> = serde_json::to_string(&leaves)?.into();
        self.leaves.insert(origin, Rc::clone(&json));
        Ok(json)
    }
}

/// A scalar as JSON, or an empty map or list.
struct Written<'r>(yaml::Node<'r>);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.0.kind(), self.0.scalar()) {
            (yaml::Kind::Mapping, _) => serializer.collect_map([("", ""); 0]),
            (yaml::Kind::Sequence, _) => serializer.collect_seq([(); 0]),
            (_, Some(Scalar::Bool(value))) => serializer.serialize_bool(value),
            (_, Some(Scalar::Int(value))) => serializer.serialize_i64(value),
            (_, Some(Scalar::Uint(value))) => serializer.serialize_u64(value),
            (_, Some(Scalar::Float(value))) => serializer.serialize_f64(value),
            (_, Some(Scalar::Str(value))) => serializer.serialize_str(value),
            (_, Some(Scalar::Null) | None) => serializer.serialize_unit(),
        }
    }
}
