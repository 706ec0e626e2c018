//! From what a rule would change to edits of the texts that people wrote.
//!
//! A rule names nodes of what it judged. In a manifest these are nodes of the text itself. Those of merged
//! values lie in one of the layers (`judge::release`), and for those of a rendered object `place::mend` asks the
//! origins. A fix has the edits of all changes: where one cannot be written, there is no fix.

use super::gather::UnitFiles;
use crate::finding::{Edit, Fix};
use crate::project::{Content, File, LocalChart, Release, is_below};
use crate::rule::{Action, Change, Repair, Rewrite, Rule, together};
use crate::yaml::{Document, Kind, Node};

/// The fix for a finding in a text that was judged itself. `documents` gives the documents of the scope by index.
pub(super) fn in_place<'d>(
    repair: Option<&Repair>,
    documents: impl Fn(usize) -> Option<&'d Document>,
) -> Option<Fix> {
    let repair = repair?;
    fix(repair, std::iter::once(repair.edits(documents)))
}

/// The fix of a rule whose algorithm makes the edits.
pub(super) fn rewritten(rule: &Rule, rewrite: Option<Rewrite>) -> Option<Fix> {
    let Rewrite { title, field, edits } = rewrite?;
    let applicability = rule.repair?;
    Some(Fix { applicability, title, fields: vec![field], edits: together(edits)? })
}

/// The fix with all edits of a repair; `None` if one of its changes cannot be written.
pub(super) fn fix(repair: &Repair, edits: impl Iterator<Item = Option<Vec<Edit>>>) -> Option<Fix> {
    let edits = edits.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
    let mut fields: Vec<String> = repair.changes.iter().flat_map(fields).collect();
    fields.sort();
    fields.dedup();
    Some(Fix {
        applicability: repair.safety,
        title: repair.title.clone(),
        fields,
        edits: together(edits)?,
    })
}

fn fields(change: &Change) -> Vec<String> {
    let Change { field, action, .. } = change;
    let renamed = match (action, field.rsplit_once('.')) {
        (Action::Rename(name), Some((above, _))) => Some(format!("{above}.{name}")),
        (Action::Rename(name), None) => Some(name.clone()),
        _ => None,
    };
    std::iter::once(field.clone()).chain(renamed).collect()
}

/// The deepest existing node on the path `keys`, and the keys that are missing below it; `None` if there is neither a
/// map nor a list on the way. Null counts as missing.
pub(super) fn reach<'a>(root: Node<'a>, keys: &[String]) -> Option<(Node<'a>, Vec<String>)> {
    let mut node = root;
    for (at, key) in keys.iter().enumerate() {
        let next = match node.kind() {
            Kind::Mapping => node.get(key),
            Kind::Sequence => node.items().nth(key.parse().ok()?),
            Kind::Scalar if node.is_null() => None,
            Kind::Scalar => return None,
        };
        match next.filter(|next| !next.is_null()) {
            Some(next) => node = next,
            None if node.kind() == Kind::Sequence => return None,
            None => return Some((node, keys[at..].to_vec())),
        }
    }
    Some((node, Vec::new()))
}

/// The places where the values of a release may be edited.
#[derive(Clone, Copy)]
pub(super) struct Homes<'a> {
    pub(super) files: &'a UnitFiles<'a>,
    /// The charts of the repository.
    pub(super) charts: &'a [LocalChart],
    /// The release, whose own layers are preferred.
    pub(super) release: &'a Release,
}

impl<'a> Homes<'a> {
    /// The file at a path, unless it is in a vendored chart, which must not be edited.
    pub(super) fn editable(&self, path: &str) -> Option<&'a File> {
        let vendored = |chart: &LocalChart| chart.vendored && is_below(path, &chart.path);
        let file = self.files.at(path)?;
        (!self.charts.iter().any(vendored)).then_some(file)
    }

    /// The root of the last of the release's own layers that may be edited.
    pub(super) fn layer(&self) -> Option<Node<'a>> {
        self.layers().next()
    }

    /// The root of the release's own layer in the file at a path.
    pub(super) fn own(&self, path: &str) -> Option<Node<'a>> {
        let file = self.files.at(path)?;
        self.layers().find(|layer| layer.document().source() == file.source)
    }

    /// The roots of the layers in files and in the release's declaration, the last first.
    fn layers(&self) -> impl Iterator<Item = Node<'a>> + '_ {
        self.release.values.iter().rev().filter_map(|layer| match &layer.content {
            Content::File => self.editable(layer.file.as_deref()?)?.roots().next(),
            Content::Yaml(node) | Content::Filled(node, _) => {
                let node = node.get();
                let file = self.files.of(node.document().source())?;
                // Positions in a quoted text that was parsed by itself are not those of the file.
                let same = node.document().text().len() == file.length();
                self.editable(&file.path).filter(|_| same).map(|_| node)
            }
            Content::Set(_) | Content::Unknown | Content::Elsewhere => None,
        })
    }
}
