//! `plimsoll render --origins`: where each scalar of a release comes from, as JSON.

use std::collections::hash_map::Entry;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::helm::FastMap;
use crate::helm::origin::{LeafId, OriginId};
use crate::helm::render::{Manifest, Rendered};
use crate::helm::rope::PlaceId;
use crate::helm::scalar::Inquiry;
use crate::source::{SourceFile, SourceId, Sources};
use crate::yaml::{self, Scalar};

/// Writes the contract's JSON for these manifests of a release, in their order.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(
    rendered: &Rendered,
    manifests: &[&Manifest],
    sources: &Sources,
    to: &mut impl Write,
) -> io::Result<()> {
    let mut places = Places {
        rendered,
        sources,
        files: FastMap::default(),
        lines: FastMap::default(),
        leaves: FastMap::default(),
        origins: FastMap::default(),
    };
    let mut separator = &br#"{"scalars":["#[..];
    let mut out = Vec::new();
    for manifest in manifests {
        let Some(root) = manifest.document.as_ref().and_then(|document| document.root()) else {
            continue;
        };
        let text = |node: Option<yaml::Node<'_>>| {
            node.filter(|node| !node.is_null()).map_or("None", |node| node.raw()).to_owned()
        };
        let name = text(root.get("metadata").and_then(|meta| meta.get("name")));
        let object = format!("{}/{name}", text(root.get("kind")));
        // What all scalars of a document share is written out once.
        let head = format!(
            r#"{{"source":{},"document":{},"object":{},"path":"#,
            serde_json::to_string(&*manifest.template)?,
            manifest.index,
            serde_json::to_string(&object)?
        );
        for scalar in Inquiry::new(manifest, &rendered.origins).scalars() {
            out.extend_from_slice(std::mem::replace(&mut separator, b","));
            out.extend_from_slice(head.as_bytes());
            serde_json::to_writer(&mut out, &scalar.pointer)?;
            out.extend_from_slice(br#","value":"#);
            serde_json::to_writer(&mut out, &Written(scalar.node))?;
            if let Some(id) = scalar.place {
                out.extend_from_slice(br#","template":"#);
                out.extend_from_slice(places.line(id)?.as_bytes());
            }
            out.extend_from_slice(br#","values":"#);
            out.extend_from_slice(places.leaves(scalar.origin)?.as_bytes());
            out.push(b'}');
        }
        to.write_all(&out)?;
        out.clear();
    }
    if separator != b"," {
        to.write_all(separator)?;
    }
    to.write_all(b"]}\n")
}

/// Places as JSON, each written out once: most scalars of a branch share them.
struct Places<'r> {
    rendered: &'r Rendered,
    sources: &'r Sources,
    /// Texts, and how they are shown, as JSON.
    files: FastMap<SourceId, (Arc<SourceFile>, Rc<str>)>,
    lines: FastMap<PlaceId, Rc<str>>,
    leaves: FastMap<LeafId, Option<Rc<str>>>,
    origins: FastMap<OriginId, Rc<str>>,
}

impl Places<'_> {
    /// A line of a template.
    fn line(&mut self, id: PlaceId) -> serde_json::Result<Rc<str>> {
        if let Some(known) = self.lines.get(&id) {
            return Ok(Rc::clone(known));
        }
        let (file, offset) = self.rendered.place(id);
        let json: Rc<str> = format!("{}}}", self.at(file.source, offset)?).into();
        self.lines.insert(id, Rc::clone(&json));
        Ok(json)
    }

    /// The file and line of an offset: an object whose end is left open.
    fn at(&mut self, source: SourceId, offset: u32) -> serde_json::Result<String> {
        let (file, shown) = match self.files.entry(source) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let file = self.sources.get(source);
                let shown = serde_json::to_string(&file.path)?.into();
                place.insert((file, shown))
            }
        };
        Ok(format!(r#"{{"file":{shown},"line":{}"#, file.position(offset).line))
    }

    /// The leaves of an origin.
    fn leaves(&mut self, origin: OriginId) -> serde_json::Result<Rc<str>> {
        if let Some(known) = self.origins.get(&origin) {
            return Ok(Rc::clone(known));
        }
        let mut json = String::from("[");
        for (leaf, through) in self.rendered.origins.entries(origin).iter() {
            let Some(leaf) = self.leaf(*leaf)? else { continue };
            if json.len() > 1 {
                json.push(',');
            }
            for piece in [&*leaf, r#","through":""#, through.as_str(), r#""}"#] {
                json.push_str(piece);
            }
        }
        json.push(']');
        let json: Rc<str> = json.into();
        self.origins.insert(origin, Rc::clone(&json));
        Ok(json)
    }

    /// A leaf: an object whose end is left open. A value of the command line stands in no file, and a
    /// missing one nowhere.
    fn leaf(&mut self, id: LeafId) -> serde_json::Result<Option<Rc<str>>> {
        if let Some(known) = self.leaves.get(&id) {
            return Ok(known.clone());
        }
        let leaf = self.rendered.origins.describe(id);
        let json = match leaf.span {
            Some(span) => {
                let at = self.at(span.source, span.start)?;
                let pointer = serde_json::to_string(&leaf.pointer)?;
                Some(format!(r#"{at},"path":{pointer}"#).into())
            }
            None => None,
        };
        self.leaves.insert(id, json.clone());
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
