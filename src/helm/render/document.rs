//! What templates wrote, as documents in the order in which they are installed.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Manifest, RenderError, base};
use crate::helm::chart::ChartFile;
use crate::helm::eval::Evaluator;
use crate::helm::manifest::{self, Hook};
use crate::helm::rope::Rope;
use crate::helm::values::coalesce::Tree;
use crate::helm::values::dependencies::Member;
use crate::source::Span;

/// Splits files into documents, and sorts these as they are installed; those that are left out
/// follow in a list of their own.
///
/// # Errors
/// The first document that is no YAML, or no manifest.
pub(super) fn sorted(
    texts: BTreeMap<Rc<str>, Rope>,
    evaluator: &Evaluator<'_>,
) -> Result<(Vec<Manifest>, Vec<Manifest>), RenderError> {
    let mut manifests: Vec<(String, Manifest)> = Vec::new();
    let mut left_out = Vec::new();
    for (name, rope) in texts {
        if name.ends_with("NOTES.txt") || rope.as_str().trim().is_empty() {
            continue;
        }
        let (mut first_line, mut counted, mut cursor) = (1, 0, rope.cursor());
        for (index, range) in manifest::split(rope.as_str()).into_iter().enumerate() {
            let before = &rope.as_str().as_bytes()[counted..range.start];
            first_line += memchr::memchr_iter(b'\n', before).count();
            counted = range.start;
            let text = cursor.slice(range);
            let head = manifest::head(text.as_str()).map_err(|(offset, message)| {
                let end = (offset + 1).min(text.len());
                let place = text.index().place(offset.min(end)..end).map(|id| evaluator.place(id));
                RenderError {
                    message: format!("YAML parse error on {name}: {message}"),
                    span: place.map(|(file, at)| Span::new(file.source, at as usize, at as usize)),
                    no_yaml: true,
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

/// The CRDs of a chart and those below it, with the names that Helm shows.
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
