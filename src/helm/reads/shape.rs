//! What stands for a value while it is followed through templates: where it may have come from.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::path::PathId;

/// Alternatives past which a value is read as a whole in place of being followed.
const MAX_ALTERNATIVES: usize = 32;

/// One thing that a value may be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Shape {
    /// A node of a chart's values.
    At(PathId),
    /// What the templates of a chart are given: `.Values`, `.Release`, …
    Root(usize),
    /// `.Subcharts` of a chart.
    Subcharts(usize),
    /// A text that is written in a template.
    Text(Rc<str>),
    /// A map that a template makes.
    Map(Rc<BTreeMap<Rc<str>, Shapes>>),
    /// A list that a template makes, item by item.
    Items(Rc<[Shapes]>),
    /// A list of any number of items, each of which may be any of these.
    List(Shapes),
    /// What is asked of a map that does not have it: a definition that wants a map of its own and is
    /// run on a chart's root.
    Nothing,
    /// What is computed of what was read for it: a number, a name, a text, a map that was parsed.
    Computed,
}

/// All that a value may be, sorted. Empty as long as nothing is known to come there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Shapes(Rc<[Shape]>);

impl Ord for Shapes {
    fn cmp(&self, other: &Self) -> Ordering {
        // Shapes are passed on far more often than they are made.
        if Rc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
    }
}

impl PartialOrd for Shapes {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Shapes {
    /// What is one thing.
    pub(super) fn one(shape: Shape) -> Self {
        Self(Rc::from([shape]))
    }

    /// What is computed.
    pub(super) fn computed() -> Self {
        thread_local! {
            /// Nothing is passed on as often.
            static COMPUTED: Shapes = Shapes::one(Shape::Computed);
        }
        COMPUTED.with(Clone::clone)
    }

    /// A text of a template.
    pub(super) fn text(text: &str) -> Self {
        Self::one(Shape::Text(text.into()))
    }

    pub(super) fn of(shapes: impl IntoIterator<Item = Shape>) -> Self {
        let mut all: Vec<Shape> = shapes.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        Self(all.into())
    }

    /// What is either.
    pub(super) fn or(&self, other: &Self) -> Self {
        if self.0.is_empty() || self == other {
            return other.clone();
        }
        if other.0.is_empty() {
            return self.clone();
        }
        Self::of(self.iter().chain(other.iter()).cloned())
    }

    /// What is any of these.
    pub(super) fn any<'s>(all: impl IntoIterator<Item = &'s Self>) -> Self {
        Self::of(all.into_iter().flat_map(|shapes| shapes.iter().cloned()))
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Shape> {
        self.0.iter()
    }

    /// All but what is computed.
    pub(super) fn followed(&self) -> std::slice::Iter<'_, Shape> {
        match self.0.split_last() {
            Some((Shape::Computed, others)) => others.iter(),
            _ => self.0.iter(),
        }
    }

    /// Whether nothing is known to come there.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same, where what is not known to be anything else is computed.
    pub(super) fn or_computed(self) -> Self {
        if self.is_empty() { Self::computed() } else { self }
    }

    /// How many shapes a walk through it follows, counted up to a limit.
    pub(super) fn weight(&self, limit: usize) -> usize {
        let mut left = limit;
        self.walk(&mut left);
        limit - left
    }

    /// Walks through it for as many shapes as are left; whether all were met.
    fn walk(&self, left: &mut usize) -> bool {
        self.followed().all(|shape| {
            let Some(fewer) = left.checked_sub(1) else { return false };
            *left = fewer;
            match shape {
                Shape::Map(entries) => entries.values().all(|shapes| shapes.walk(left)),
                Shape::Items(items) => items.iter().all(|shapes| shapes.walk(left)),
                Shape::List(items) => items.walk(left),
                Shape::At(_)
                | Shape::Root(_)
                | Shape::Subcharts(_)
                | Shape::Text(_)
                | Shape::Nothing
                | Shape::Computed => true,
            }
        })
    }

    pub(super) fn is_too_many(&self) -> bool {
        self.0.len() > MAX_ALTERNATIVES
    }

    /// The texts that it may be; `None` where it may be anything else.
    pub(super) fn texts(&self) -> Option<Vec<Rc<str>>> {
        let text = |shape: &Shape| match shape {
            Shape::Text(text) => Some(Rc::clone(text)),
            _ => None,
        };
        if self.is_empty() { None } else { self.iter().map(text).collect() }
    }
}
