//! `plimsoll render --origins`: where each scalar of a release comes from, as JSON.

use std::collections::hash_map::Entry;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

use serde::Serialize;

use crate::helm::FastMap;
use crate::helm::origin::{LeafId, OriginId};
use crate::helm::render::{Manifest, Rendered};
use crate::helm::scalar::{Inquiry, ScalarOrigin};
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
    let mut spelled = Spelled {
        rendered,
        sources,
        files: FastMap::default(),
        leaves: FastMap::default(),
        origins: FastMap::default(),
    };
    let mut separator = &br#"{"scalars":["#[..];
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
        let mut written = Ok(());
        Inquiry::new(manifest, &rendered.origins).each_scalar(|scalar| {
            if written.is_ok() {
                let separator = std::mem::replace(&mut separator, b",");
                written = to.write_all(separator).and_then(|()| spelled.put(scalar, &head, to));
            }
        });
        written?;
    }
    if separator != b"," {
        to.write_all(separator)?;
    }
    to.write_all(b"]}\n")
}

/// Values as JSON, each spelled once: most scalars of a branch share them. A line of a template has few.
struct Spelled<'r> {
    rendered: &'r Rendered,
    sources: &'r Sources,
    /// Texts, and how they are shown, as JSON.
    files: FastMap<SourceId, (Arc<SourceFile>, Rc<str>)>,
    leaves: FastMap<LeafId, Option<Rc<str>>>,
    origins: FastMap<OriginId, Rc<str>>,
}

impl Spelled<'_> {
    /// Writes a scalar, from the beginning that it shares with others of its document.
    fn put(
        &mut self,
        scalar: &ScalarOrigin<'_, '_>,
        head: &str,
        to: &mut impl Write,
    ) -> io::Result<()> {
        to.write_all(head.as_bytes())?;
        put_text(scalar.pointer, to)?;
        to.write_all(br#","value":"#)?;
        put_value(scalar.node, to)?;
        if let Some(id) = scalar.place {
            let (file, offset) = self.rendered.place(id);
            to.write_all(br#","template":"#)?;
            self.put_place(file.source, offset, to)?;
            to.write_all(b"}")?;
        }
        to.write_all(br#","values":"#)?;
        to.write_all(self.leaves(scalar.origin)?.as_bytes())?;
        to.write_all(b"}")
    }

    /// Writes the file and line of an offset: an object whose end is left open.
    fn put_place(&mut self, source: SourceId, offset: u32, to: &mut impl Write) -> io::Result<()> {
        let (file, shown) = match self.files.entry(source) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let file = self.sources.get(source);
                let shown = serde_json::to_string(&file.path)?.into();
                place.insert((file, shown))
            }
        };
        for piece in [r#"{"file":"#, shown, r#","line":"#] {
            to.write_all(piece.as_bytes())?;
        }
        put_plain(&file.line(offset), to)
    }

    /// The leaves of an origin.
    fn leaves(&mut self, origin: OriginId) -> io::Result<Rc<str>> {
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
    fn leaf(&mut self, id: LeafId) -> io::Result<Option<Rc<str>>> {
        if let Some(known) = self.leaves.get(&id) {
            return Ok(known.clone());
        }
        let leaf = self.rendered.origins.describe(id);
        let json = match leaf.span {
            Some(span) => {
                let mut json = Vec::new();
                self.put_place(span.source, span.start, &mut json)?;
                json.extend_from_slice(br#","path":"#);
                put_text(&leaf.pointer, &mut json)?;
                Some(String::from_utf8(json).expect("invariant: JSON is UTF-8").into())
            }
            None => None,
        };
        self.leaves.insert(id, json.clone());
        Ok(json)
    }
}

/// Writes a scalar as JSON, or an empty map or list.
fn put_value(node: yaml::Node<'_>, to: &mut impl Write) -> io::Result<()> {
    match (node.kind(), node.scalar()) {
        (yaml::Kind::Mapping, _) => to.write_all(b"{}"),
        (yaml::Kind::Sequence, _) => to.write_all(b"[]"),
        (_, Some(Scalar::Bool(value))) => put_plain(&value, to),
        (_, Some(Scalar::Int(value))) => put_plain(&value, to),
        (_, Some(Scalar::Uint(value))) => put_plain(&value, to),
        (_, Some(Scalar::Float(value))) => put_plain(&value, to),
        (_, Some(Scalar::Str(value))) => put_text(value, to),
        (_, Some(Scalar::Null) | None) => to.write_all(b"null"),
    }
}

fn put_plain(value: &impl Serialize, to: &mut impl Write) -> io::Result<()> {
    Ok(serde_json::to_writer(to, value)?)
}

/// Writes a text as JSON. Few have anything in them that JSON spells otherwise, and whether one has is told for
/// many bytes at a time, where an encoder goes from byte to byte.
fn put_text(text: &str, to: &mut impl Write) -> io::Result<()> {
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if !text.bytes().fold(true, |all, byte| all & is_plain(byte)) {
        return put_plain(&text, to);
    }
    [b"\"", text.as_bytes(), b"\""].into_iter().try_for_each(|piece| to.write_all(piece))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_spelled_as_json_has_it() {
        for text in ["", "a/b ~ é\u{7f}", "a \"b\"", "a\\b", "a\nb", "\u{1f}", "\u{2028}"] {
            let mut spelled = Vec::new();
            put_text(text, &mut spelled).expect("a list takes all bytes");
            assert_eq!(String::from_utf8(spelled), Ok(serde_json::json!(text).to_string()));
        }
    }
}
