//! Where values come from: sets of nodes of the values, each with the way in which a text depends on it. Equal sets
//! are stored once.
//!
//! An [`Origins`] belongs to one render. Ids are small, and equal sets have equal ids, so an origin costs no more to
//! copy than a number.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::FastMap;
use crate::source::Span;
use crate::yaml::escape;

/// How a text depends on a leaf of the values. Ordered by strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Through {
    /// The leaf only decided whether the text is there.
    Condition,
    /// The text is computed from the leaf.
    Derived,
    /// The text contains characters of the leaf.
    Text,
}

impl Through {
    /// The word for it in the output of `render --origins`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Condition => "condition",
            Self::Derived => "derived",
            Self::Text => "text",
        }
    }
}

/// The id of a node of the merged values in [`Origins`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafId(u32);

/// A node of the merged values of the top chart: a scalar, or a map or list read as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// An RFC 6901 JSON pointer in the merged values of the top chart.
    pub pointer: String,
    /// Where the value is written; `None` if it is not written in a file, like that of a missing key or one from the
    /// command line.
    pub span: Option<Span>,
    /// Whether it has no value and a template has asked for it.
    pub missing: bool,
}

/// The id of a set of leaves, each with a [`Through`]. Ids in the upper half of the numbers are sets of one leaf with
/// [`Through::Text`], which are in no table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OriginId(u32);

const SINGLE: u32 = 1 << 31;

impl LeafId {
    /// Any node, if origins are not collected; its set is the empty one.
    const UNASKED: Self = Self(SINGLE);
}

impl OriginId {
    /// The empty set: no values.
    pub const NONE: Self = Self(0);

    /// The set of one leaf with [`Through::Text`].
    #[must_use]
    pub fn text(leaf: LeafId) -> Self {
        Self(leaf.0 ^ SINGLE)
    }

    /// The leaf, if this is a set of one leaf with [`Through::Text`].
    #[must_use]
    pub fn single(self) -> Option<LeafId> {
        (self.0 & SINGLE != 0).then_some(LeafId(self.0 ^ SINGLE))
    }
}

type Set = Rc<[(LeafId, Through)]>;

#[derive(Debug)]
struct LeafData {
    parent: Option<LeafId>,
    key: Rc<str>,
    span: Option<Span>,
    missing: bool,
}

#[derive(Debug, Default)]
struct Tables {
    leaves: Vec<LeafData>,
    missing: FastMap<LeafId, BTreeMap<Rc<str>, LeafId>>,
    sets: Vec<Set>,
    ids: FastMap<Set, OriginId>,
    unions: FastMap<(OriginId, OriginId), OriginId>,
    derived: FastMap<OriginId, OriginId>,
    collapsed: FastMap<OriginId, OriginId>,
    as_conditions: FastMap<OriginId, OriginId>,
    conditions: FastMap<OriginId, OriginId>,
    draws: u64,
}

/// The origins in a render; they are not shared between threads.
#[derive(Debug)]
pub struct Origins {
    tables: RefCell<Tables>,
    asked: bool,
}

impl Default for Origins {
    fn default() -> Self {
        let empty: Set = Rc::from([]);
        let mut tables = Tables::default();
        tables.sets.push(Rc::clone(&empty));
        tables.ids.insert(empty, OriginId::NONE);
        Self { tables: RefCell::new(tables), asked: true }
    }
}

impl Origins {
    /// Does not collect origins, for a render of which only the text is needed: every set is empty.
    #[must_use]
    pub fn unasked() -> Self {
        Self { asked: false, ..Self::default() }
    }

    /// Whether origins are collected.
    #[must_use]
    pub fn are_asked(&self) -> bool {
        self.asked
    }

    /// Adds a node of the values: `key` below `parent`, or the root of all values if there is no parent.
    pub fn leaf(
        &self,
        parent: Option<LeafId>,
        key: impl Into<Rc<str>>,
        span: Option<Span>,
    ) -> LeafId {
        if !self.asked {
            return LeafId::UNASKED;
        }
        let data = LeafData { parent, key: key.into(), span, missing: false };
        self.tables.borrow_mut().add(data)
    }

    /// Returns the origin of a key that is missing in the map with origin `parent`: the place where it would be. If
    /// `parent` is not a single node of the values, it is returned as it is.
    pub fn missing(&self, parent: OriginId, key: &str) -> OriginId {
        let Some(parent) = parent.single() else { return parent };
        let mut tables = self.tables.borrow_mut();
        if let Some(found) = tables.missing.get(&parent).and_then(|known| known.get(key)) {
            return OriginId::text(*found);
        }
        let key: Rc<str> = key.into();
        let data =
            LeafData { parent: Some(parent), key: Rc::clone(&key), span: None, missing: true };
        let id = tables.add(data);
        tables.missing.entry(parent).or_default().insert(key, id);
        OriginId::text(id)
    }

    /// Returns the union of two sets; a leaf in both has the stronger [`Through`].
    pub fn union(&self, a: OriginId, b: OriginId) -> OriginId {
        if a == b || b == OriginId::NONE {
            return a;
        }
        if a == OriginId::NONE {
            return b;
        }
        let key = (a.min(b), a.max(b));
        let mut tables = self.tables.borrow_mut();
        if let Some(id) = tables.unions.get(&key) {
            return *id;
        }
        let both = tables.both(a, b);
        let id = tables.intern(both);
        tables.unions.insert(key, id);
        id
    }

    /// Returns the union of all sets.
    pub fn all(&self, ids: impl IntoIterator<Item = OriginId>) -> OriginId {
        ids.into_iter().fold(OriginId::NONE, |all, id| self.union(all, id))
    }

    /// The same leaves, none stronger than [`Through::Derived`]: their characters are not in the text.
    pub fn derived(&self, id: OriginId) -> OriginId {
        let weaker = |through: Through| Some(through.min(Through::Derived));
        self.mapped(id, |tables| &mut tables.derived, weaker)
    }

    /// The same leaves as [`Through::Derived`], also if they are conditions, as for a hash of a text with conditional
    /// parts.
    pub fn collapsed(&self, id: OriginId) -> OriginId {
        self.mapped(id, |tables| &mut tables.collapsed, |_| Some(Through::Derived))
    }

    /// The same leaves as [`Through::Condition`].
    pub fn condition(&self, id: OriginId) -> OriginId {
        self.mapped(id, |tables| &mut tables.as_conditions, |_| Some(Through::Condition))
    }

    /// Only the conditions in a set.
    pub fn conditions(&self, id: OriginId) -> OriginId {
        if id.single().is_some() {
            return OriginId::NONE;
        }
        let only = |through| (through == Through::Condition).then_some(through);
        self.mapped(id, |tables| &mut tables.conditions, only)
    }

    /// The leaves of a set, sorted by their ids.
    pub fn entries(&self, id: OriginId) -> Rc<[(LeafId, Through)]> {
        self.tables.borrow().entries(id)
    }

    /// Counts calls in the render, from 1. The count is a seed for functions whose results must differ from each other
    /// but be the same in each run.
    pub fn draw(&self) -> u64 {
        let mut tables = self.tables.borrow_mut();
        tables.draws += 1;
        tables.draws
    }

    /// The number of calls that [`Origins::draw`] has counted.
    pub fn draws(&self) -> u64 {
        self.tables.borrow().draws
    }

    /// Describes a leaf.
    pub fn describe(&self, id: LeafId) -> Leaf {
        let tables = self.tables.borrow();
        let mut keys = Vec::new();
        let mut at = Some(id);
        while let Some(leaf) = at {
            let data = &tables.leaves[leaf.0 as usize];
            if data.parent.is_some() {
                keys.push(Rc::clone(&data.key));
            }
            at = data.parent;
        }
        let mut pointer = String::new();
        for key in keys.iter().rev() {
            pointer.push('/');
            pointer.push_str(&escape(key));
        }
        let data = &tables.leaves[id.0 as usize];
        Leaf { pointer, span: data.span, missing: data.missing }
    }

    /// Changes the [`Through`] of each leaf in a set, or removes the leaf if `to` returns `None`.
    fn mapped(
        &self,
        id: OriginId,
        memo: impl Fn(&mut Tables) -> &mut FastMap<OriginId, OriginId>,
        to: impl Fn(Through) -> Option<Through>,
    ) -> OriginId {
        if id == OriginId::NONE {
            return id;
        }
        let mut tables = self.tables.borrow_mut();
        if let Some(done) = memo(&mut tables).get(&id) {
            return *done;
        }
        let to = |(leaf, through)| to(through).map(|through| (leaf, through));
        let set = tables.each(id).filter_map(to).collect();
        let done = tables.intern(set);
        memo(&mut tables).insert(id, done);
        done
    }
}

impl Tables {
    fn add(&mut self, data: LeafData) -> LeafId {
        let id = LeafId(u32::try_from(self.leaves.len()).unwrap_or(SINGLE - 1).min(SINGLE - 1));
        self.leaves.push(data);
        id
    }

    fn entries(&self, id: OriginId) -> Set {
        match id.single() {
            Some(leaf) => Rc::from([(leaf, Through::Text)]),
            None => Rc::clone(&self.sets[id.0 as usize]),
        }
    }

    /// The leaves of a set, one by one.
    fn each(&self, id: OriginId) -> impl Iterator<Item = (LeafId, Through)> {
        let leaf = id.single();
        let set: &[_] = if leaf.is_some() { &[] } else { &self.sets[id.0 as usize] };
        leaf.map(|leaf| (leaf, Through::Text)).into_iter().chain(set.iter().copied())
    }

    /// The leaves of two sets, sorted by their ids.
    fn both(&self, a: OriginId, b: OriginId) -> Vec<(LeafId, Through)> {
        let (mut a, mut b) = (self.each(a).peekable(), self.each(b).peekable());
        let mut both = Vec::with_capacity(a.size_hint().0 + b.size_hint().0);
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            both.extend(match x.0.cmp(&y.0) {
                Ordering::Less => a.next(),
                Ordering::Greater => b.next(),
                // If a leaf is in both, the stronger one.
                Ordering::Equal => a.next().max(b.next()),
            });
        }
        both.extend(a.chain(b));
        both
    }

    fn intern(&mut self, set: Vec<(LeafId, Through)>) -> OriginId {
        if let [(leaf, Through::Text)] = set[..] {
            return OriginId::text(leaf);
        }
        let set: Set = set.into();
        if let Some(id) = self.ids.get(&set) {
            return *id;
        }
        let id = OriginId(u32::try_from(self.sets.len()).unwrap_or(SINGLE - 1));
        self.sets.push(Rc::clone(&set));
        self.ids.insert(set, id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_union_keeps_the_stronger_part() {
        let origins = Origins::default();
        let root = origins.leaf(None, "", None);
        let [a, b] = ["a", "b"].map(|key| OriginId::text(origins.leaf(Some(root), key, None)));
        let both = origins.union(origins.condition(a), b);
        assert_eq!(origins.union(both, a), origins.union(a, b));
        assert_eq!(origins.entries(origins.derived(both)).len(), 2);
    }

    #[test]
    fn a_pointer_is_spelled_from_the_root() {
        let origins = Origins::default();
        let root = origins.leaf(None, "", None);
        let map = origins.leaf(Some(root), "a/b", None);
        let gone = origins.missing(OriginId::text(map), "c");
        let leaf = origins.describe(gone.single().unwrap());
        assert_eq!((leaf.pointer.as_str(), leaf.missing), ("/a~1b/c", true));
        assert_eq!(origins.missing(OriginId::text(map), "c"), gone);
    }
}
