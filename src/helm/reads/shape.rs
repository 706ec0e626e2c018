//! Shapes, which replace values while they are followed through templates: they tell where a value may come from.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::path::PathId;

/// The number of alternatives from which a value is read as a whole instead of being followed.
const MAX_ALTERNATIVES: usize = 32;

/// An alternative for what a value may be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Shape {
    /// A node in the values of a chart.
    At(PathId),
    /// The root of a chart, which its templates are given: `.Values`, `.Release`, …
    Root(usize),
    /// `.Subcharts` of a chart.
    Subcharts(usize),
    /// A text in a template.
    Text(Rc<str>),
    /// A map that a template makes.
    Map(Rc<BTreeMap<Rc<str>, Shapes>>),
    /// A list that a template makes, with its items.
    Items(Rc<[Shapes]>),
    /// A list with any number of items, each of which may be any of these.
    List(Shapes),
    /// The value of a key that is not in a map: a definition that expects a map of its own is also executed on the
    /// root of a chart.
    Nothing,
    /// A value that is computed from what was read: a number, a name, a text, a map that was parsed.
    Computed,
}

/// All alternatives for a value, sorted. Empty if nothing is known of it yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Shapes(Rc<[Shape]>);

impl Ord for Shapes {
    fn cmp(&self, other: &Self) -> Ordering {
        // Shapes are compared with themselves far more often than with others.
        if Rc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
    }
}

impl PartialOrd for Shapes {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Shapes {
    /// A value with one alternative.
    pub(super) fn one(shape: Shape) -> Self {
        Self(Rc::from([shape]))
    }

    /// A computed value.
    pub(super) fn computed() -> Self {
        thread_local! {
            /// This is the most frequent value.
            static COMPUTED: Shapes = Shapes::one(Shape::Computed);
        }
        COMPUTED.with(Clone::clone)
    }

    /// A text in a template.
    pub(super) fn text(text: &str) -> Self {
        Self::one(Shape::Text(text.into()))
    }

    pub(super) fn of(shapes: impl IntoIterator<Item = Shape>) -> Self {
        let mut all: Vec<Shape> = shapes.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        Self(all.into())
    }

    /// A value that is one or the other.
    pub(super) fn or(&self, other: &Self) -> Self {
        if self.0.is_empty() || self == other {
            return other.clone();
        }
        if other.0.is_empty() {
            return self.clone();
        }
        Self::of(self.iter().chain(other.iter()).cloned())
    }

    /// A value that is any of these.
    pub(super) fn any<'s>(all: impl IntoIterator<Item = &'s Self>) -> Self {
        Self::of(all.into_iter().flat_map(|shapes| shapes.iter().cloned()))
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Shape> {
        self.0.iter()
    }

    /// All alternatives but a computed one.
    pub(super) fn followed(&self) -> std::slice::Iter<'_, Shape> {
        match self.0.split_last() {
            Some((Shape::Computed, others)) => others.iter(),
            _ => self.0.iter(),
        }
    }

    /// Whether nothing is known of the value.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same value, or a computed one if nothing is known of it.
    pub(super) fn or_computed(self) -> Self {
        if self.is_empty() { Self::computed() } else { self }
    }

    /// The number of shapes in a walk through the value, counted up to a limit.
    pub(super) fn weight(&self, limit: usize) -> usize {
        let mut left = limit;
        self.walk(&mut left);
        limit - left
    }

    /// Walks through the value, at most over as many shapes as are left; returns whether all were visited.
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

    /// The texts that the value may be; `None` if it may be anything else.
    pub(super) fn texts(&self) -> Option<Vec<Rc<str>>> {
        let text = |shape: &Shape| match shape {
            Shape::Text(text) => Some(Rc::clone(text)),
            _ => None,
        };
        if self.is_empty() { None } else { self.iter().map(text).collect() }
    }
}
