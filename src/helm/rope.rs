//! Text with the origin of each of its bytes.

mod build;
mod index;
mod place;

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

pub use self::build::{Cursor, RopeBuilder};
pub use self::index::RopeIndex;
pub use self::place::Place;
use super::origin::{OriginId, Origins};

/// A run of bytes with one origin. It may be empty: a default that is empty still has an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Its length in bytes.
    pub len: u32,
    /// The values that the text depends on.
    pub origin: OriginId,
    /// The place in a template; the default until a template writes the text.
    pub place: Place,
}

#[derive(Debug, Clone, Default)]
enum Segments {
    #[default]
    None,
    One(Segment),
    Many(Rc<[Segment]>),
}

impl Segments {
    fn as_slice(&self) -> &[Segment] {
        match self {
            Self::None => &[],
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// An immutable text with its segments, which is cheap to clone. The segments cover the text, in order.
#[derive(Debug, Clone, Default)]
pub struct Rope {
    text: Option<Rc<str>>,
    segments: Segments,
}

impl Rope {
    /// A text with one origin; an empty text keeps its origin as well.
    #[must_use]
    pub fn new(text: &str, origin: OriginId) -> Self {
        if text.is_empty() && origin == OriginId::NONE {
            return Self::default();
        }
        let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
        Self {
            text: (!text.is_empty()).then(|| text.into()),
            segments: Segments::One(Segment { len, origin, place: Place::default() }),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.as_deref().unwrap_or("")
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_str().len()
    }

    /// Whether the text is empty; it may still have segments.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }

    /// The segments in order, including empty ones.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        self.segments.as_slice()
    }

    /// Returns the union of the origins of all segments.
    #[must_use]
    pub fn origin(&self, origins: &Origins) -> OriginId {
        let mut last = OriginId::NONE;
        let mut all = OriginId::NONE;
        for segment in self.segments() {
            if segment.origin != last {
                last = segment.origin;
                all = origins.union(all, last);
            }
        }
        all
    }

    /// Returns a range of bytes, with the empty segments in it and at its ends.
    ///
    /// # Panics
    /// If the range does not start and end at character boundaries.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        self.cursor().slice(range)
    }

    /// The same text with `extra` added to the origin of each segment.
    #[must_use]
    pub fn tinted(&self, extra: OriginId, origins: &Origins) -> Self {
        if extra == OriginId::NONE {
            return self.clone();
        }
        let mut memo = (OriginId::NONE, extra);
        let mut tint = |segment: &Segment| {
            if segment.origin != memo.0 {
                memo = (segment.origin, origins.union(segment.origin, extra));
            }
            Segment { origin: memo.1, ..*segment }
        };
        let segments = match &self.segments {
            Segments::None => return Self::new(self.as_str(), extra),
            Segments::One(one) => Segments::One(tint(one)),
            Segments::Many(many) => Segments::Many(many.iter().map(tint).collect()),
        };
        Self { text: self.text.clone(), segments }
    }

    /// An index for lookups of many ranges of the text.
    #[must_use]
    pub fn index(&self) -> RopeIndex<'_> {
        RopeIndex::of(self.segments())
    }

    /// A cursor at the start.
    #[must_use]
    pub fn cursor(&self) -> Cursor<'_> {
        Cursor { rope: self, at: 0, index: 0, used: 0 }
    }

    /// The text without any occurrence of `part`; the segments of what is removed are kept as empty ones.
    #[must_use]
    pub fn without(&self, part: &str) -> Self {
        if !self.as_str().contains(part) {
            return self.clone();
        }
        let mut builder = RopeBuilder::default();
        let mut cursor = self.cursor();
        for (start, found) in self.as_str().match_indices(part) {
            cursor.copy_to(start, &mut builder);
            cursor.empty_to(start + found.len(), &mut builder);
        }
        cursor.copy_to(self.len(), &mut builder);
        builder.finish()
    }
}

/// A part of a rope, with its segments, whose text other threads can read.
#[derive(Debug)]
pub struct Cutting {
    text: Arc<str>,
    segments: Segments,
}

impl Cutting {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text, to be shared with another thread.
    #[must_use]
    pub fn shared(&self) -> &Arc<str> {
        &self.text
    }

    /// The segments in order, including empty ones.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        self.segments.as_slice()
    }

    /// An index for lookups of many ranges of the text.
    #[must_use]
    pub fn index(&self) -> RopeIndex<'_> {
        RopeIndex::of(self.segments())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(origins: &Origins) -> [OriginId; 2] {
        let root = origins.leaf(None, "", None);
        ["a", "b"].map(|key| OriginId::text(origins.leaf(Some(root), key, None)))
    }

    #[test]
    fn empty_text_keeps_its_origin() {
        let origins = Origins::default();
        let [a, b] = two(&origins);
        let mut builder = RopeBuilder::default();
        builder.push("xy", a);
        builder.push("", b);
        let rope = builder.finish();
        assert_eq!(rope.as_str(), "xy");
        assert_eq!(rope.origin(&origins), origins.union(a, b));
        assert_eq!(rope.slice(2..2).origin(&origins), b);
    }

    #[test]
    fn a_line_that_would_follow_has_no_part_in_what_stands_before_it() {
        let origins = Origins::default();
        let [a, b] = two(&origins);
        let of = |place: Place| {
            let mut builder = RopeBuilder::default();
            builder.push("xy", a);
            builder.push_placed("", b, place);
            builder.push("\nz", a);
            let rope = builder.finish();
            let index = rope.index();
            (index.origin(0..2, &origins), index.origin(2..4, &origins))
        };
        let both = origins.union(a, b);
        assert_eq!(of(Place::of_action(1)), (both, both));
        assert_eq!(of(Place::of_action(1).starting_line(0)), (a, both));
    }

    #[test]
    fn a_part_of_a_literal_text_has_a_place_of_its_own() {
        let origins = Origins::default();
        let [a, _] = two(&origins);
        let mut builder = RopeBuilder::default();
        builder.push_placed("ab\ncd", a, Place::of_literal(1));
        builder.push_placed("xy", a, Place::of_action(2));
        let whole = builder.finish();
        let place = |rope: &Rope, at: usize| {
            rope.index().place(at..at + 1).map(|place| (place.number(), place.skipped()))
        };
        assert_eq!(place(&whole, 4), Some((1, 4)));
        assert_eq!(place(&whole, 6), Some((2, 0)));
        let part = whole.slice(3..7);
        assert_eq!(part.as_str(), "cdxy");
        assert_eq!(place(&part, 1), Some((1, 4)));
        let literal = |rope: &Rope, at: usize| rope.index().literal(at).map(Place::skipped);
        assert_eq!((literal(&part, 0), literal(&part, 2)), (Some(3), None));
        // Parts of one segment are joined again; a text that is written twice is not.
        for (from, segments) in [(2, 1), (0, 2)] {
            let mut builder = RopeBuilder::default();
            builder.push_slice(&whole, 0..2);
            builder.push_slice(&whole, from..from + 2);
            assert_eq!(builder.finish().segments().len(), segments);
        }
    }

    #[test]
    fn what_is_cut_out_leaves_the_origins_of_the_rest() {
        let origins = Origins::default();
        let [a, b] = two(&origins);
        let mut builder = RopeBuilder::default();
        builder.push("1<no value>2", a);
        builder.push("3", b);
        let rope = builder.finish().without("<no value>");
        assert_eq!(rope.as_str(), "123");
        assert_eq!(rope.segments().iter().map(|s| s.len).collect::<Vec<_>>(), [1, 0, 1, 1]);
    }
}
