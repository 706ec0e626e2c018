//! Where values come from: interned sets of values leaves, and how each had a part.
//!
//! One [`Origins`] belongs to one render. Ids are small and equal sets have equal ids, so that
//! handing an origin on costs no more than copying a number.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::source::Span;

/// How a values leaf had a part in a text. Ordered by strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Through {
    /// The leaf only decided that the text is there.
    Condition,
    /// The text was computed from the leaf.
    Derived,
    /// The leaf's own characters are in the text.
    Text,
}

impl Through {
    /// The word in the contract of `render --origins`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Condition => "condition",
            Self::Derived => "derived",
            Self::Text => "text",
        }
    }
}

/// Names a leaf of the merged values in [`Origins`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafId(u32);

/// A node of the merged values of the top chart: a scalar, or a map or list read as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// RFC 6901 JSON pointer into the merged values of the top chart.
    pub pointer: Rc<str>,
    /// Where the value is written; `None` where nobody wrote it, as for a key that is missing.
    pub span: Option<Span>,
}

/// Names a set of leaves with how each had a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OriginId(u32);

impl OriginId {
    /// The empty set: nothing of the values.
    pub const NONE: Self = Self(0);
}

type Set = Rc<[(LeafId, Through)]>;

#[derive(Debug, Default)]
struct Tables {
    leaves: Vec<Leaf>,
    pointers: HashMap<Rc<str>, LeafId>,
    sets: Vec<Set>,
    ids: HashMap<Set, OriginId>,
    unions: HashMap<(OriginId, OriginId), OriginId>,
    capped: HashMap<(OriginId, Through), OriginId>,
}

/// The origins of one render. Shared within it; never between threads.
#[derive(Debug)]
pub struct Origins {
    tables: RefCell<Tables>,
}

impl Default for Origins {
    fn default() -> Self {
        let empty: Set = Rc::from([]);
        let mut tables = Tables::default();
        tables.sets.push(Rc::clone(&empty));
        tables.ids.insert(empty, OriginId::NONE);
        Self { tables: RefCell::new(tables) }
    }
}

impl Origins {
    /// The origin of a value that stands at `pointer` of the top chart's merged values: its own
    /// text. A pointer met before keeps its id; a span given later fills one that was not known.
    pub fn leaf(&self, pointer: &str, span: Option<Span>) -> OriginId {
        let mut tables = self.tables.borrow_mut();
        let id = if let Some(id) = tables.pointers.get(pointer) {
            *id
        } else {
            let id = LeafId(u32::try_from(tables.leaves.len()).unwrap_or(u32::MAX));
            let pointer: Rc<str> = pointer.into();
            tables.leaves.push(Leaf { pointer: Rc::clone(&pointer), span: None });
            tables.pointers.insert(pointer, id);
            id
        };
        let leaf = &mut tables.leaves[id.0 as usize];
        leaf.span = leaf.span.or(span);
        tables.intern(vec![(id, Through::Text)])
    }

    /// Both sets; a leaf that is in both counts as the stronger.
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
        let mut both: Vec<_> = tables.set(a).iter().chain(tables.set(b).iter()).copied().collect();
        both.sort_unstable_by(|x, y| x.0.cmp(&y.0).then(y.1.cmp(&x.1)));
        both.dedup_by_key(|entry| entry.0);
        let id = tables.intern(both);
        tables.unions.insert(key, id);
        id
    }

    /// The same leaves, none stronger than [`Through::Derived`]: their characters are gone.
    pub fn derived(&self, id: OriginId) -> OriginId {
        self.at_most(id, Through::Derived)
    }

    /// The same leaves as computed from: conditions too count as [`Through::Derived`], as for a
    /// hash of a text whose parts stood under them.
    pub fn collapsed(&self, id: OriginId) -> OriginId {
        self.derived(id)
    }

    /// The same leaves as mere conditions.
    pub fn condition(&self, id: OriginId) -> OriginId {
        self.at_most(id, Through::Condition)
    }

    /// The leaves of a set, sorted by leaf.
    pub fn entries(&self, id: OriginId) -> Rc<[(LeafId, Through)]> {
        Rc::clone(self.tables.borrow().set(id))
    }

    /// What is known of a leaf.
    pub fn describe(&self, id: LeafId) -> Leaf {
        self.tables.borrow().leaves[id.0 as usize].clone()
    }

    fn at_most(&self, id: OriginId, most: Through) -> OriginId {
        if id == OriginId::NONE {
            return id;
        }
        let mut tables = self.tables.borrow_mut();
        if let Some(done) = tables.capped.get(&(id, most)) {
            return *done;
        }
        let set = tables.set(id).iter().map(|(leaf, _)| (*leaf, most)).collect();
        let done = tables.intern(set);
        tables.capped.insert((id, most), done);
        done
    }
}

impl Tables {
    fn set(&self, id: OriginId) -> &Set {
        &self.sets[id.0 as usize]
    }

    fn intern(&mut self, set: Vec<(LeafId, Through)>) -> OriginId {
        let set: Set = set.into();
        if let Some(id) = self.ids.get(&set) {
            return *id;
        }
        let id = OriginId(u32::try_from(self.sets.len()).unwrap_or(u32::MAX));
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
        let (a, b) = (origins.leaf("/a", None), origins.leaf("/b", None));
        let both = origins.union(origins.condition(a), b);
        assert_eq!(origins.union(both, a), origins.union(a, b));
        assert_eq!(origins.entries(origins.derived(both)).len(), 2);
    }
}
