//! `plimsoll render --origins`: where each rendered scalar comes from, as JSON.

use std::io::{self, Write};
use std::panic::resume_unwind;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{bounded, unbounded};
use serde::Serialize;

use crate::helm::FastMap;
use crate::helm::origin::{LeafId, OriginId};
use crate::helm::render::{Manifest, Rendered};
use crate::helm::scalar::{Inquiry, ScalarOrigin};
use crate::source::{SourceFile, SourceId, Sources};
use crate::yaml::{self, Scalar};

/// From how many bytes of manifests on a second thread is worth starting.
const LARGE: usize = 64 << 10;
/// How many scalars are handed to the writing thread at once.
const BATCH: usize = 256;
/// How many batches may wait to be written.
const WAITING: usize = 4;
/// How many bytes are collected before they are written.
const HELD: usize = 1 << 16;

/// Writes the JSON for these manifests of a release, in order. For many manifests, a second thread formats and writes
/// what this thread finds.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(
    rendered: &Rendered,
    manifests: &[&Manifest],
    sources: &Sources,
    to: &mut (impl Write + Send),
) -> io::Result<()> {
    let mut writer = Writer::new(sources, to);
    let finder = || Finder::new(rendered, sources);
    let size: usize = manifests.iter().map(|manifest| manifest.text.as_str().len()).sum();
    if size > LARGE {
        let theirs = &mut writer;
        let started = thread::scope(|scope| {
            let (hand_on, batches) = bounded::<Batch<'_>>(WAITING);
            let (hand_back, spent) = unbounded();
            let run = move || {
                batches.into_iter().try_for_each(|batch| {
                    // If the other thread has ended, it needs no empty batch.
                    let _ = hand_back.send(theirs.put(batch)?);
                    Ok(())
                })
            };
            let writing = thread::Builder::new().spawn_scoped(scope, run).ok()?;
            let found = finder().each(manifests, |batch| {
                // If the writer has ended, its own error is reported.
                hand_on.send(batch).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
                Ok(spent.try_recv().unwrap_or_default())
            });
            drop(hand_on);
            let written = writing.join().unwrap_or_else(|panic| resume_unwind(panic));
            Some(written.and(found))
        });
        if let Some(done) = started {
            done?;
            return writer.finish();
        }
    }
    finder().each(manifests, |batch| writer.put(batch))?;
    writer.finish()
}

/// Scalars of one document.
#[derive(Default)]
struct Batch<'r> {
    /// The JSON that the entries of all scalars in the document begin with.
    head: Arc<str>,
    scalars: Vec<Found<'r>>,
    /// Their JSON pointers, one after the other.
    pointers: String,
    /// The JSON of sets of leaves that are new in this batch, in the order of their numbers.
    leaves: Vec<String>,
}

/// A scalar, and where it comes from.
struct Found<'r> {
    node: yaml::Node<'r>,
    /// The length of its pointer, in bytes.
    pointer: usize,
    /// The template's file, and the byte offset in it.
    place: Option<(SourceId, u32)>,
    /// The number of its set of leaves.
    leaves: usize,
}

/// Finds scalars, and formats where they come from. Each leaf, and each set of leaves, is formatted only once.
struct Finder<'r> {
    rendered: &'r Rendered,
    files: Files<'r>,
    leaves: FastMap<LeafId, Option<Rc<str>>>,
    origins: FastMap<OriginId, usize>,
}

impl<'r> Finder<'r> {
    fn new(rendered: &'r Rendered, sources: &'r Sources) -> Self {
        let (leaves, origins) = (FastMap::default(), FastMap::default());
        Self { rendered, files: Files::new(sources), leaves, origins }
    }

    /// Passes all scalars of these manifests to `show`, in batches. `show` returns an empty batch to fill next.
    ///
    /// # Errors
    /// Those of `show`; then no more batches are passed.
    fn each(
        mut self,
        manifests: &[&'r Manifest],
        mut show: impl FnMut(Batch<'r>) -> io::Result<Batch<'r>>,
    ) -> io::Result<()> {
        let mut batch = Batch::default();
        for manifest in manifests {
            let Some(root) = manifest.document.as_ref().and_then(|document| document.root()) else {
                continue;
            };
            let text = |node: Option<yaml::Node<'_>>| {
                node.filter(|node| !node.is_null()).map_or("None", |node| node.raw()).to_owned()
            };
            let name = text(root.get("metadata").and_then(|meta| meta.get("name")));
            let object = format!("{}/{name}", text(root.get("kind")));
            let head: Arc<str> = format!(
                r#"{{"source":{},"document":{},"object":{},"path":"#,
                serde_json::to_string(&*manifest.template)?,
                manifest.index,
                serde_json::to_string(&object)?
            )
            .into();
            batch.head = Arc::clone(&head);
            let mut done = Ok(());
            let mut hand_on = |batch: &mut Batch<'r>| {
                *batch = show(std::mem::take(batch))?;
                batch.head = Arc::clone(&head);
                Ok(())
            };
            Inquiry::new(manifest, &self.rendered.origins).each_scalar(|scalar| {
                if done.is_ok() {
                    done = self.add(scalar, &mut batch);
                }
                if done.is_ok() && batch.scalars.len() >= BATCH {
                    done = hand_on(&mut batch);
                }
            });
            done.and_then(|()| hand_on(&mut batch))?;
        }
        Ok(())
    }

    fn add(&mut self, scalar: &ScalarOrigin<'r, '_>, batch: &mut Batch<'r>) -> io::Result<()> {
        let place = scalar.place.map(|place| self.rendered.byte(place));
        let place = place.map(|(file, offset)| (file.source, offset));
        let leaves = match self.origins.get(&scalar.origin) {
            Some(known) => *known,
            None => {
                batch.leaves.push(self.spelled(scalar.origin)?);
                let number = self.origins.len();
                self.origins.insert(scalar.origin, number);
                number
            }
        };
        batch.pointers.push_str(scalar.pointer);
        let (node, pointer) = (scalar.node, scalar.pointer.len());
        batch.scalars.push(Found { node, pointer, place, leaves });
        Ok(())
    }

    /// The leaves of an origin, as JSON.
    fn spelled(&mut self, origin: OriginId) -> io::Result<String> {
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
        Ok(json)
    }

    /// The JSON of a leaf, an object without its closing brace; `None` for a leaf that is in no file: a value of the command
    /// line, or a missing value.
    fn leaf(&mut self, id: LeafId) -> io::Result<Option<Rc<str>>> {
        if let Some(known) = self.leaves.get(&id) {
            return Ok(known.clone());
        }
        let leaf = self.rendered.origins.describe(id);
        let json = match leaf.span {
            Some(span) => {
                let (file, line) = self.files.place(span.source, span.start)?;
                let mut json = Vec::from(self.files.known[file].head.as_bytes());
                put_plain(&line, &mut json)?;
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

/// Writes scalars as JSON.
struct Writer<'r, W> {
    files: Files<'r>,
    /// The JSON of sets of leaves, by their numbers.
    leaves: Vec<String>,
    /// What to write before the next scalar: the beginning of the JSON, then commas.
    separator: &'static [u8],
    /// What is not written yet.
    text: Vec<u8>,
    to: W,
}

impl<'r, W: Write> Writer<'r, W> {
    fn new(sources: &'r Sources, to: W) -> Self {
        let (files, text) = (Files::new(sources), Vec::with_capacity(2 * HELD));
        Self { files, leaves: Vec::new(), separator: br#"{"scalars":["#, text, to }
    }

    /// Writes the scalars of a batch, and returns the emptied batch.
    fn put<'b>(&mut self, mut batch: Batch<'b>) -> io::Result<Batch<'b>> {
        self.leaves.append(&mut batch.leaves);
        let mut pointers = batch.pointers.as_str();
        for scalar in batch.scalars.drain(..) {
            let (pointer, rest) = pointers.split_at(scalar.pointer);
            pointers = rest;
            self.text.extend_from_slice(std::mem::replace(&mut self.separator, b","));
            self.text.extend_from_slice(batch.head.as_bytes());
            put_text(pointer, &mut self.text)?;
            self.text.extend_from_slice(br#","value":"#);
            put_value(scalar.node, &mut self.text)?;
            if let Some((source, offset)) = scalar.place {
                let (file, line) = self.files.place(source, offset)?;
                self.text.extend_from_slice(br#","template":"#);
                self.text.extend_from_slice(self.files.known[file].head.as_bytes());
                put_plain(&line, &mut self.text)?;
                self.text.push(b'}');
            }
            self.text.extend_from_slice(br#","values":"#);
            self.text.extend_from_slice(self.leaves[scalar.leaves].as_bytes());
            self.text.push(b'}');
            if self.text.len() > HELD {
                self.to.write_all(&self.text)?;
                self.text.clear();
            }
        }
        batch.pointers.clear();
        Ok(batch)
    }

    /// Writes the end of the JSON.
    fn finish(mut self) -> io::Result<()> {
        let begin: &[u8] = if self.separator == b"," { b"" } else { self.separator };
        self.text.extend_from_slice(begin);
        self.text.extend_from_slice(b"]}\n");
        self.to.write_all(&self.text)
    }
}

/// The files that scalars and values come from, numbered in the order of their first use.
struct Files<'r> {
    sources: &'r Sources,
    numbers: FastMap<SourceId, usize>,
    known: Vec<File>,
}

impl<'r> Files<'r> {
    fn new(sources: &'r Sources) -> Self {
        Self { sources, numbers: FastMap::default(), known: Vec::new() }
    }

    /// The number of a file, and the line of an offset in it.
    fn place(&mut self, source: SourceId, offset: u32) -> io::Result<(usize, usize)> {
        let number = match self.numbers.get(&source) {
            Some(number) => *number,
            None => {
                let text = self.sources.get(source);
                let head = format!(r#"{{"file":{},"line":"#, serde_json::to_string(&text.path)?);
                self.known.push(File { text, head, last: (0, 1) });
                self.numbers.insert(source, self.known.len() - 1);
                self.known.len() - 1
            }
        };
        Ok((number, self.known[number].line(offset)))
    }
}

/// A file that scalars and values come from.
struct File {
    text: Arc<SourceFile>,
    /// The beginning of a JSON object that names it.
    head: String,
    /// The offset of the last query, and its line.
    last: (usize, usize),
}

impl File {
    /// Up to this distance from the last offset, in bytes, the line feeds in between are counted.
    const NEAR: usize = 1 << 10;

    /// The line of an offset, from 1. Most offsets are a line or two after the last one, and indexing all lines of a large
    /// file would take as long as formatting all entries.
    fn line(&mut self, offset: u32) -> usize {
        let at = offset as usize;
        let (last, line) = self.last;
        let between = self.text.text.as_bytes().get(last..at);
        let line = match between.filter(|between| between.len() <= Self::NEAR) {
            Some(between) => line + memchr::memchr_iter(b'\n', between).count(),
            None => self.text.line(offset),
        };
        self.last = (at, line);
        line
    }
}

/// Writes a scalar, or an empty map or list, as JSON.
fn put_value(node: yaml::Node<'_>, to: &mut Vec<u8>) -> io::Result<()> {
    match (node.kind(), node.scalar()) {
        (yaml::Kind::Mapping, _) => to.extend_from_slice(b"{}"),
        (yaml::Kind::Sequence, _) => to.extend_from_slice(b"[]"),
        (_, Some(Scalar::Bool(value))) => put_plain(&value, to)?,
        (_, Some(Scalar::Int(value))) => put_plain(&value, to)?,
        (_, Some(Scalar::Uint(value))) => put_plain(&value, to)?,
        (_, Some(Scalar::Float(value))) => put_plain(&value, to)?,
        (_, Some(Scalar::Str(value))) => put_text(value, to)?,
        (_, Some(Scalar::Null) | None) => to.extend_from_slice(b"null"),
    }
    Ok(())
}

fn put_plain(value: &impl Serialize, to: &mut Vec<u8>) -> io::Result<()> {
    Ok(serde_json::to_writer(to, value)?)
}

/// Writes a text as JSON. Few texts have characters that need escapes. Checking for these takes many bytes at once, while
/// an encoder goes from byte to byte.
fn put_text(text: &str, to: &mut Vec<u8>) -> io::Result<()> {
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if !text.bytes().fold(true, |all, byte| all & is_plain(byte)) {
        return put_plain(&text, to);
    }
    to.push(b'"');
    to.extend_from_slice(text.as_bytes());
    to.push(b'"');
    Ok(())
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
