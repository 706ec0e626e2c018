//! From what a rule would change to edits of the texts that people wrote.
//!
//! A rule names nodes of what it judged. In a manifest these are nodes of the text itself. Those of merged
//! values lie in one of the layers (`judge::release`), and for those of a rendered object `place::mend` asks the
//! origins. A fix has the edits of all changes: where one cannot be written, there is no fix.

use super::gather::Desk;
use crate::finding::{Edit, Fix};
use crate::project::{Content, File, LocalChart, Release, is_below};
use crate::rule::{Action, Change, Repair, Rewrite, Rule, together};
use crate::yaml::{Document, Kind, Node};

/// The fix for a finding in a text that is what was judged; `documents` are those of its scope.
pub(super) fn in_place<'d>(
    repair: Option<&Repair>,
    documents: impl Fn(usize) -> Option<&'d Document>,
) -> Option<Fix> {
    let repair = repair?;
    fix(repair, std::iter::once(repair.edits(documents)))
}

/// The fix of a rule that gives the edits itself.
pub(super) fn rewritten(rule: &Rule, rewrite: Option<Rewrite>) -> Option<Fix> {
    let Rewrite { title, field, edits } = rewrite?;
    let applicability = rule.repair?;
    Some(Fix { applicability, title, fields: vec![field], edits: together(edits)? })
}

/// A fix of all the edits of a repair; `None` where one of its changes has none.
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

/// The deepest node that is there on the way down `keys`, and the keys that are missing below it;
/// `None` where something else than a map or list is in the way. Null counts as missing.
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

/// Where a release's values may be changed.
#[derive(Clone, Copy)]
pub(super) struct Homes<'a> {
    pub(super) files: &'a Desk<'a>,
    /// The charts of the repository.
    pub(super) charts: &'a [LocalChart],
    /// The release, whose own layers come first.
    pub(super) release: &'a Release,
}

impl<'a> Homes<'a> {
    /// The file at a path, where a person who has this repository may change it: not in a chart that
    /// was copied in from elsewhere.
    pub(super) fn editable(&self, path: &str) -> Option<&'a File> {
        let vendored = |chart: &LocalChart| chart.vendored && is_below(path, &chart.path);
        let file = self.files.at(path)?;
        (!self.charts.iter().any(vendored)).then_some(file)
    }

    /// The last of the release's own layers that may be changed, as a map.
    pub(super) fn layer(&self) -> Option<Node<'a>> {
        self.layers().next()
    }

    /// The release's own layer that is written in the file at a path, as a map.
    pub(super) fn own(&self, path: &str) -> Option<Node<'a>> {
        let file = self.files.at(path)?;
        self.layers().find(|layer| layer.document().source() == file.source)
    }

    /// The layers that are files or written where the release is declared, the last first.
    fn layers(&self) -> impl Iterator<Item = Node<'a>> + '_ {
        self.release.values.iter().rev().filter_map(|layer| match &layer.content {
            Content::File => self.editable(layer.file.as_deref()?)?.roots().next(),
            Content::Yaml(node) | Content::Filled(node, _) => {
                let node = node.get();
                let file = self.files.of(node.document().source())?;
                // What was quoted and read by itself has other places than the file.
                let same = node.document().text().len() == file.length();
                self.editable(&file.path).filter(|_| same).map(|_| node)
            }
            Content::Set(_) | Content::Unknown | Content::Elsewhere => None,
        })
    }
}
