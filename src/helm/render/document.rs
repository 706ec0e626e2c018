//! Splits the output of templates into documents, in Helm's order of installation.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::{Fault, Manifest, RenderError, base};
use crate::helm::aside::{Aside, Helper};
use crate::helm::chart::ChartFile;
use crate::helm::eval::{Evaluator, TemplateFile};
use crate::helm::manifest::{self, Head, Hook};
use crate::helm::rope::{Cutting, Rope};
use crate::helm::values::coalesce::Tree;
use crate::helm::values::dependencies::Member;
use crate::source::Span;

/// The size of documents, in bytes, for which it is worth to start a second thread.
const LARGE: usize = 64 << 10;
/// The size of documents, in bytes, for which it is worth to wake up a thread that is there.
const SOME: usize = 4 << 10;

/// The output of templates, split into documents.
pub(super) struct Documents<'h> {
    files: BTreeMap<Rc<str>, Vec<Piece>>,
    heads: Aside<Result<Head, (usize, String)>>,
    /// Documents that have not been handed over yet.
    held: Vec<Arc<str>>,
    /// Their size, in bytes.
    held_size: usize,
    /// The size of all documents, in bytes.
    size: usize,
    /// A second thread that may parse them.
    helper: Option<&'h Helper>,
}

/// A document in the output of a template.
struct Piece {
    first_line: usize,
    text: Cutting,
}

impl<'h> Documents<'h> {
    /// Starts without documents. A second thread parses documents while templates are executed, if it is running or
    /// the documents are large enough to start it.
    pub(super) fn new(helper: Option<&'h Helper>) -> Self {
        Self {
            files: BTreeMap::new(),
            heads: Aside::new(manifest::head),
            held: Vec::new(),
            held_size: 0,
            size: 0,
            helper,
        }
    }

    /// Splits the output of a template.
    pub(super) fn add(&mut self, name: &Rc<str>, rope: &Rope) {
        if name.ends_with("NOTES.txt") || rope.as_str().trim().is_empty() {
            return;
        }
        let (mut first_line, mut counted, mut cursor) = (1, 0, rope.cursor());
        let mut piece = |range: Range<usize>| {
            let before = &rope.as_str().as_bytes()[counted..range.start];
            first_line += memchr::memchr_iter(b'\n', before).count();
            counted = range.start;
            // The last value may be an empty one after a blank.
            let rest = &rope.as_str().as_bytes()[range.end..];
            let line = memchr::memchr(b'\n', rest).map_or(rope.len(), |length| range.end + length);
            let text = cursor.cut(range, line);
            self.size += text.as_str().len();
            self.held_size += text.as_str().len();
            self.held.push(Arc::clone(text.shared()));
            Piece { first_line, text }
        };
        let pieces = manifest::split(rope.as_str()).into_iter().map(&mut piece).collect();
        self.files.insert(Rc::clone(name), pieces);
        if self.held_size < SOME {
            return;
        }
        if let Some(helper) = self.helper
            && (helper.is_up() || self.size > LARGE)
        {
            self.heads.start(helper);
        }
        self.hand_over();
    }

    fn hand_over(&mut self) {
        self.held_size = 0;
        self.held.drain(..).for_each(|text| self.heads.give(text));
    }

    /// Returns the documents in Helm's order of installation, and a list of those that Helm leaves out.
    ///
    /// # Errors
    /// The first document that is not YAML or not a manifest.
    pub(super) fn sorted(
        mut self,
        evaluator: &Evaluator<'_>,
    ) -> Result<(Vec<Manifest>, Vec<Manifest>), RenderError> {
        self.hand_over();
        let mut manifests: Vec<(String, Manifest)> = Vec::new();
        let mut left_out = Vec::new();
        for (name, pieces) in self.files {
            for (index, Piece { first_line, text }) in pieces.into_iter().enumerate() {
                let head = self.heads.take(text.shared()).expect("invariant: each was handed over");
                let head = head.map_err(|(offset, message)| {
                    let end = (offset + 1).min(text.as_str().len());
                    let place = text.index().place(offset.min(end)..end);
                    let place = place.map(|place| evaluator.place(place));
                    let span = |(file, at): (Rc<TemplateFile>, u32)| {
                        Span::new(file.source, at as usize, at as usize)
                    };
                    RenderError {
                        message: format!("YAML parse error on {name}: {message}"),
                        span: place.map(span),
                        fault: Fault::NoYaml,
                        ..RenderError::new(message)
                    }
                })?;
                let manifest = Manifest {
                    template: Rc::clone(&name),
                    index,
                    first_line,
                    text,
                    document: head.document,
                    hook: head.hook != Hook::No,
                    test: head.hook == Hook::Yes { test: true },
                };
                match head.hook {
                    Hook::Unknown => left_out.push(manifest),
                    Hook::No | Hook::Yes { .. } => manifests.push((head.kind, manifest)),
                }
            }
        }
        manifests.sort_by(|(a, left), (b, right)| {
            left.hook.cmp(&right.hook).then_with(|| manifest::order(a).cmp(&manifest::order(b)))
        });
        Ok((manifests.into_iter().map(|(_, manifest)| manifest).collect(), left_out))
    }
}

/// Lists the CRDs of a chart and its subcharts, with their names in Helm.
pub(super) fn crds(
    tree: &Tree,
    members: &[Member<'_>],
    path: &str,
    found: &mut Vec<(String, ChartFile)>,
) {
    let is_manifest = |name: &str| {
        let extension = base(name).rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
        name.starts_with("crds/") && matches!(extension.as_deref(), Some("yaml" | "yml" | "json"))
    };
    let files = members[tree.chart].chart.files.iter().filter(|file| is_manifest(&file.name));
    found.extend(files.map(|file| (format!("{path}/{}", file.name), file.clone())));
    for child in &tree.children {
        self::crds(child, members, &format!("{path}/charts/{}", child.name), found);
    }
}
