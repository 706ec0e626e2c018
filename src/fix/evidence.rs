//! What two runs show, held against each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::finding::ANY_FIELD;
use crate::lint::Documents;
use crate::report::model::{Entry, Level};
use crate::source::SourceId;
use crate::yaml::{self, Kind, Node, Scalar, Step};

/// What a run shows of the texts it was given.
#[derive(Debug, Default)]
pub struct Evidence {
    /// All that was found, united.
    pub findings: Vec<Entry>,
    /// What each release renders.
    pub rendered: BTreeMap<String, Documents>,
}

/// What makes two findings the same before and after an edit: lines and lists may have moved, and so
/// has a finding whose fix another one changed (which its fingerprint does not bear).
pub(super) type Key<'e> = (&'e str, &'e str, &'e str, Option<(&'e str, &'e str)>);

pub(super) fn key(entry: &Entry) -> Key<'_> {
    let object = entry.object.as_ref().map(|object| (object.kind.as_str(), object.name.as_str()));
    (&entry.rule, &entry.message, &entry.location.file, object)
}

impl Evidence {
    /// How often each finding is there.
    pub(super) fn counts(&self) -> BTreeMap<Key<'_>, usize> {
        let mut counts = BTreeMap::new();
        for entry in &self.findings {
            *counts.entry(key(entry)).or_default() += 1;
        }
        counts
    }

    /// True where an error was found that was not there before: what does not render any more has
    /// no other findings.
    pub(super) fn has_new_error(&self, before: &Self) -> bool {
        let old = before.counts();
        let errors = self.findings.iter().filter(|entry| entry.severity == Level::Error);
        let mut new: BTreeMap<Key<'_>, usize> = BTreeMap::new();
        for entry in errors {
            *new.entry(key(entry)).or_default() += 1;
        }
        new.into_iter().any(|(key, count)| old.get(&key).is_none_or(|old| *old < count))
    }

    /// True where, from this run to `after`, nothing but `fields` differs in what releases render.
    /// Releases that `after` did not look at are left out.
    pub(super) fn keeps(&self, after: &Self, fields: &[&str]) -> bool {
        let same = |(old, new): (&(String, String), &(String, String))| {
            old.0 == new.0 && same_but(&old.1, &new.1, fields)
        };
        after.rendered.iter().all(|(release, new)| {
            let old = self.rendered.get(release).filter(|old| old.len() == new.len());
            old.is_some_and(|old| old.iter().zip(new).all(same))
        })
    }
}

/// Whether two texts say the same but for some fields.
pub(super) fn same_but(old: &str, new: &str, fields: &[&str]) -> bool {
    if old == new {
        return true;
    }
    let (old, new) = (scalars(old), scalars(new));
    let anywhere = fields.contains(&ANY_FIELD);
    let differs = |place: &&Place| match (old.get(*place), new.get(*place)) {
        (Some(was), Some(is)) => was != is && !anywhere,
        // Something stands below what was empty, or is: that is judged by itself.
        (Some(was), None) => !(is_empty(was) && leads_on(&new, place)),
        (None, Some(is)) => !(is_empty(is) && leads_on(&old, place)),
        (None, None) => false,
    };
    let mut changed = old.keys().chain(new.keys()).filter(differs);
    changed.all(|(_, path, _)| fields.iter().any(|field| is_within(path, field)))
}

/// An empty map or list, or null.
fn is_empty(value: &str) -> bool {
    value == EMPTY
}

/// Whether something stands below a place.
fn leads_on(scalars: &BTreeMap<Place, String>, (document, _, pointer): &Place) -> bool {
    let below = format!("{pointer}/");
    scalars.keys().any(|(other, _, place)| other == document && place.starts_with(&below))
}

/// Whether a dotted path leads through a field: the field's keys are among its own, in a row.
fn is_within(path: &str, field: &str) -> bool {
    format!(".{path}.").contains(&format!(".{field}."))
}

/// What stands for a value of nothing.
const EMPTY: &str = "";

/// Where a scalar stands: the document, the keys without the indexes of lists, and the whole way.
type Place = (usize, String, String);

/// Every scalar, and every empty map and list, of a text.
fn scalars(text: &str) -> BTreeMap<Place, String> {
    let stream = yaml::parse(SourceId::NOWHERE, &Arc::from(text));
    let mut found = BTreeMap::new();
    for (at, document) in stream.documents.iter().enumerate() {
        document.root().into_iter().for_each(|root| walk(root, at, &mut Vec::new(), &mut found));
    }
    found
}

fn walk(
    node: Node<'_>,
    document: usize,
    way: &mut Vec<Step<'static>>,
    found: &mut BTreeMap<Place, String>,
) {
    match node.kind() {
        Kind::Mapping if !node.is_empty() => node.entries().for_each(|entry| {
            way.push(Step::Key(entry.name().into_owned().into()));
            walk(entry.value, document, way, found);
            way.pop();
        }),
        Kind::Sequence if !node.is_empty() => node.items().enumerate().for_each(|(at, item)| {
            way.push(Step::Index(at));
            walk(item, document, way, found);
            way.pop();
        }),
        _ => {
            let keys = way.iter().filter_map(|step| match step {
                Step::Key(key) => Some(key.as_ref()),
                Step::Index(_) => None,
            });
            let keys: Vec<&str> = keys.collect();
            let whole = yaml::Path(way.clone()).to_pointer();
            let value = match node.scalar() {
                None | Some(Scalar::Null) => EMPTY.to_owned(),
                Some(value) => format!("{value:?}"),
            };
            found.insert((document, keys.join("."), whole), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_fields_that_are_named_may_differ() {
        let old = "spec:\n  a: 1\n  list:\n    - b: 1\n      c: 2\n";
        let new = "spec:\n  a: 1\n  list:\n    - b: 2\n      c: 2\n";
        assert!(same_but(old, new, &["b"]) && same_but(old, new, &["list.b"]));
        assert!(!same_but(old, new, &["c"]) && !same_but(old, new, &["a.b"]));
        assert!(same_but(old, "spec: {a: 1, list: [{b: '1', c: 2}]}", &["b"]));
    }

    #[test]
    fn what_fills_an_empty_map_is_judged_by_itself() {
        assert!(same_but("a: {}\n", "a: {b: 1}\n", &["a.b"]));
        assert!(same_but("a: {b: 1}\n", "a: {}\n", &["b"]));
        assert!(!same_but("a: {}\n", "a: {b: 1, c: 1}\n", &["b"]));
        assert!(!same_but("a: {}\nb: 1\n", "b: 2\n", &["b"]));
    }

    #[test]
    fn where_any_scalar_may_change_none_may_come_or_go() {
        assert!(same_but("a: 1.1\nb: 2\n", "a: x:1.10\nb: 2\n", &[ANY_FIELD]));
        assert!(!same_but("a: 1\n", "a: 1\nb: 2\n", &[ANY_FIELD]));
        assert!(!same_but("a: 1\nb: 2\n", "a: 1\n", &[ANY_FIELD]));
    }
}
