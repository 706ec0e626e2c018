//! Text that knows the origin of each of its bytes.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::origin::{OriginId, Origins};

/// Where in which template a piece of text was written; the default is nowhere yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// A number, and marks.
    id: u32,
    /// Bytes of literal text that stand there before the piece; the indent of what would start a line.
    skipped: u32,
}

impl Place {
    /// Marks places of what would start a line of its own.
    const STARTS_LINE: u32 = 1 << 31;
    /// Marks places of literal text.
    const LITERAL: u32 = 1 << 30;

    /// The place of a number, which counts from 1 up to 2³⁰ - 1, where an action stands.
    #[must_use]
    pub fn of_action(number: u32) -> Self {
        Self { id: number & !(Self::STARTS_LINE | Self::LITERAL), skipped: 0 }
    }

    /// The same, where a text starts that is written byte for byte.
    #[must_use]
    pub fn of_literal(number: u32) -> Self {
        let Self { id, skipped } = Self::of_action(number);
        Self { id: id | Self::LITERAL, skipped }
    }

    /// The number, without any mark.
    #[must_use]
    pub fn number(self) -> usize {
        (self.id & !(Self::STARTS_LINE | Self::LITERAL)) as usize
    }

    /// Bytes of literal text that stand there before the piece.
    #[must_use]
    pub fn skipped(self) -> u32 {
        if self.starts_line() { 0 } else { self.skipped }
    }

    /// The same place of something that would start a line of its own, indented as far: it has no part in what
    /// stands before it, unless that is a block which goes on with the line.
    #[must_use]
    pub fn starting_line(self, indent: u32) -> Self {
        Self { id: self.id | Self::STARTS_LINE, skipped: indent }
    }

    fn starts_line(self) -> bool {
        self.id & Self::STARTS_LINE != 0
    }

    fn is_literal(self) -> bool {
        self.id & Self::LITERAL != 0
    }

    /// The place of what stands some bytes behind the start of a piece.
    fn after(self, bytes: usize) -> Self {
        match self.is_literal() {
            true => {
                let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
                Self { skipped: self.skipped.saturating_add(bytes), ..self }
            }
            false => self,
        }
    }
}

/// A run of bytes with one origin. May be empty: an empty default still names its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Length in bytes.
    pub len: u32,
    /// Values that had a part.
    pub origin: OriginId,
    /// The template place; the default until the text is written by a template.
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

/// An immutable text with its segments, cheap to clone. Segments cover the text in order.
#[derive(Debug, Clone, Default)]
pub struct Rope {
    text: Option<Rc<str>>,
    segments: Segments,
}

impl Rope {
    /// Text of one origin; an empty text keeps its origin too.
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

    /// True for the empty text, whatever segments it has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }

    /// Runs of the text in order, empty ones included.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        self.segments.as_slice()
    }

    /// Everything that had a part in any of it.
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

    /// The bytes `range`, with the empty segments inside it and at its edges.
    ///
    /// # Panics
    /// When the range does not lie on character boundaries.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        self.cursor().slice(range)
    }

    /// The same text where every segment also has `extra`.
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

    /// For questions about many ranges of the text.
    #[must_use]
    pub fn index(&self) -> RopeIndex<'_> {
        RopeIndex::of(self.segments())
    }

    /// Reads from the start on.
    #[must_use]
    pub fn cursor(&self) -> Cursor<'_> {
        Cursor { rope: self, at: 0, index: 0, used: 0 }
    }

    /// The text without what `part` matches; segments of the rest stay, and empty ones of what is gone.
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

/// A part of a rope's text with its segments, for threads that read the text.
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

    /// The text, for another thread.
    #[must_use]
    pub fn shared(&self) -> &Arc<str> {
        &self.text
    }

    /// Runs of the text in order, empty ones included.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        self.segments.as_slice()
    }

    /// For questions about many ranges of the text.
    #[must_use]
    pub fn index(&self) -> RopeIndex<'_> {
        RopeIndex::of(self.segments())
    }
}

/// Finds the segments of ranges of one text; quickest where each range lies not far behind the one before.
#[derive(Debug)]
pub struct RopeIndex<'a> {
    all: &'a [Segment],
    starts: Vec<usize>,
    /// How many segments start before the range that was asked for last.
    last: Cell<usize>,
}

impl<'a> RopeIndex<'a> {
    /// Segments that are passed one by one before the others are halved.
    const NEAR: usize = 8;

    fn of(all: &'a [Segment]) -> Self {
        let mut at = 0;
        let starts = all.iter().map(|segment| {
            let start = at;
            at += segment.len as usize;
            start
        });
        Self { all, starts: starts.collect(), last: Cell::new(0) }
    }

    /// The segments that have a part in `range`: those that share bytes with it, and empty ones
    /// within it or at its edges.
    pub fn segments(&self, range: Range<usize>) -> impl Iterator<Item = &'a Segment> + use<'a, '_> {
        self.placed(range).map(|(segment, _)| segment)
    }

    /// The segments of a range, each with where it starts.
    fn placed(
        &self,
        range: Range<usize>,
    ) -> impl Iterator<Item = (&'a Segment, usize)> + use<'a, '_> {
        // The one before may reach into the range.
        let from = self.before(range.start).saturating_sub(1);
        let starts = self.starts[from..].iter().take_while(move |start| **start <= range.end);
        self.all[from..].iter().zip(starts).filter_map(move |(segment, &start)| {
            let end = start + segment.len as usize;
            let part = match segment.len {
                0 => start >= range.start,
                _ => start < range.end && end > range.start,
            };
            part.then_some((segment, start))
        })
    }

    /// How many segments start before the byte at `at`.
    fn before(&self, at: usize) -> usize {
        let last = self.last.get();
        let is_before = |start: &usize| *start < at;
        let passed = if self.starts[..last].last().is_none_or(is_before) { last } else { 0 };
        let rest = &self.starts[passed..];
        let near = rest.iter().take(Self::NEAR).position(|start| !is_before(start));
        let before = passed + near.unwrap_or_else(|| rest.partition_point(is_before));
        self.last.set(before);
        before
    }

    /// Everything that had a part in `range`; what would start a line behind it had none.
    #[must_use]
    pub fn origin(&self, range: Range<usize>, origins: &Origins) -> OriginId {
        self.source(range, None, origins).0
    }

    /// Everything that had a part in `range`, as [`RopeIndex::origin`] has it, and its place, as
    /// [`RopeIndex::place`] has it.
    ///
    /// In a block whose lines are indented by `block`, what would start a line of it behind had a part, too.
    #[must_use]
    pub fn source(
        &self,
        range: Range<usize>,
        block: Option<u32>,
        origins: &Origins,
    ) -> (OriginId, Option<Place>) {
        let behind = |start: usize| start == range.end && start > range.start;
        let apart =
            |place: Place| place.starts_line() && block.is_none_or(|indent| place.skipped < indent);
        let mut origin = OriginId::NONE;
        let mut first = FirstPlace::default();
        for (segment, start) in self.placed(range.clone()) {
            if segment.len > 0 || !(behind(start) && apart(segment.place)) {
                origin = origins.union(origin, segment.origin);
            }
            first.see(segment, range.start.saturating_sub(start));
        }
        (origin, first.found())
    }

    /// The template place of the byte at `at`, where it is part of literal text.
    #[must_use]
    pub fn literal(&self, at: usize) -> Option<Place> {
        let segments = self.all.iter().zip(&self.starts);
        let after = self.starts.partition_point(|start| *start <= at);
        let holds = |(segment, start): &(&Segment, &usize)| at < **start + segment.len as usize;
        let (segment, start) = segments.take(after).rev().find(holds)?;
        segment.place.is_literal().then(|| segment.place.after(at - start))
    }

    /// The template place of the first byte of `range`.
    #[must_use]
    pub fn place(&self, range: Range<usize>) -> Option<Place> {
        let mut first = FirstPlace::default();
        for (segment, start) in self.placed(range.clone()) {
            first.see(segment, range.start.saturating_sub(start));
            if first.written.is_some() {
                break;
            }
        }
        first.found()
    }
}

/// The place of the first byte that has one, and else of the first segment.
#[derive(Default)]
struct FirstPlace {
    written: Option<Place>,
    any: Option<Place>,
}

impl FirstPlace {
    /// Looks at a segment, some bytes of which stand before what is asked for.
    fn see(&mut self, segment: &Segment, before: usize) {
        if segment.place != Place::default() {
            let place = segment.place.after(before);
            self.any = self.any.or(Some(place));
            self.written = self.written.or((segment.len > 0).then_some(place));
        }
    }

    fn found(&self) -> Option<Place> {
        self.written.or(self.any)
    }
}

/// Walks a rope once from left to right, handing its parts to a builder.
#[derive(Debug)]
pub struct Cursor<'a> {
    rope: &'a Rope,
    at: usize,
    index: usize,
    used: usize,
}

impl Cursor<'_> {
    /// The byte offset that is next.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// The bytes `range`, none of them passed yet, as [`Rope::slice`] gives them; goes to its end.
    ///
    /// # Panics
    /// When the range does not lie on character boundaries.
    #[must_use]
    pub fn slice(&mut self, range: Range<usize>) -> Rope {
        if range == (0..self.rope.len()) {
            return self.rope.clone();
        }
        let text = &self.rope.as_str()[range.clone()];
        Rope { text: (!text.is_empty()).then(|| text.into()), segments: self.within(range) }
    }

    /// The same for threads that read the text; with the empty segments up to `end`, behind the range.
    ///
    /// # Panics
    /// When the range does not lie on character boundaries.
    #[must_use]
    pub fn cut(&mut self, range: Range<usize>, end: usize) -> Cutting {
        let text = self.rope.as_str()[range.clone()].into();
        let mut segments = self.list(range);
        self.advance(end, |_, segment| {
            if segment.len == 0 {
                segments.push(0, segment.origin, segment.place);
            }
        });
        Cutting { text, segments: segments.take() }
    }

    /// The segments of a range; goes to its end.
    fn within(&mut self, range: Range<usize>) -> Segments {
        self.list(range).take()
    }

    fn list(&mut self, range: Range<usize>) -> SegmentList {
        let mut segments = SegmentList::default();
        self.drop_to(range.start);
        self.advance(range.end, |text, segment| {
            segments.push(text.len(), segment.origin, segment.place);
        });
        segments
    }

    /// Appends what lies before `end`, with the empty segments at `end`.
    pub fn copy_to(&mut self, end: usize, builder: &mut RopeBuilder) {
        self.advance(end, |text, segment| {
            builder.push_placed(text, segment.origin, segment.place);
        });
    }

    /// Leaves out what lies before `end`, but keeps its empty segments.
    pub fn skip_to(&mut self, end: usize, builder: &mut RopeBuilder) {
        self.advance(end, |_, segment| {
            if segment.len == 0 {
                builder.push_placed("", segment.origin, segment.place);
            }
        });
    }

    /// Leaves an empty segment of each that lies before `end`.
    fn empty_to(&mut self, end: usize, builder: &mut RopeBuilder) {
        self.advance(end, |_, segment| builder.push_placed("", segment.origin, segment.place));
    }

    /// Leaves out everything that lies before `end`, but not the empty segments at `end`.
    pub fn drop_to(&mut self, end: usize) {
        let segments = self.rope.segments();
        while let Some(segment) = segments.get(self.index) {
            let left = segment.len as usize - self.used;
            if self.at == end {
                return;
            }
            let step = left.min(end - self.at);
            self.at += step;
            if step == left {
                self.index += 1;
                self.used = 0;
            } else {
                self.used += step;
            }
        }
        self.at = end;
    }

    fn advance(&mut self, end: usize, mut each: impl FnMut(&str, &Segment)) {
        let (segments, text) = (self.rope.segments(), self.rope.as_str());
        while let Some(segment) = segments.get(self.index) {
            let left = segment.len as usize - self.used;
            let step = left.min(end - self.at);
            if step == 0 && left > 0 {
                return;
            }
            let piece = Segment { place: segment.place.after(self.used), ..*segment };
            each(&text[self.at..self.at + step], &piece);
            self.at += step;
            if step == left {
                self.index += 1;
                self.used = 0;
            } else {
                self.used += step;
            }
        }
    }
}

/// Puts segments together from left to right.
#[derive(Debug, Default)]
struct SegmentList(Vec<Segment>);

impl SegmentList {
    /// Adds bytes of one origin that were written at a template place; none leave an empty segment where they have
    /// an origin.
    fn push(&mut self, bytes: usize, origin: OriginId, place: Place) {
        if bytes == 0 && origin == OriginId::NONE {
            return;
        }
        let len = u32::try_from(bytes).unwrap_or(u32::MAX);
        if let Some(last) = self.0.last_mut()
            && last.origin == origin
            && last.place.after(last.len as usize) == place
            && (last.len > 0) == (len > 0)
        {
            last.len += len;
            return;
        }
        self.0.push(Segment { len, origin, place });
    }

    /// The segments; leaves none, but room for others.
    fn take(&mut self) -> Segments {
        let segments = match self.0[..] {
            [] => Segments::None,
            [one] => Segments::One(one),
            ref many => Segments::Many(many.into()),
        };
        self.0.clear();
        segments
    }
}

/// Builds a [`Rope`] from left to right.
#[derive(Debug, Default)]
pub struct RopeBuilder {
    text: String,
    segments: SegmentList,
}

impl RopeBuilder {
    /// Appends text of one origin; an empty text leaves an empty segment when it has an origin.
    pub fn push(&mut self, text: &str, origin: OriginId) {
        self.push_placed(text, origin, Place::default());
    }

    /// Appends text of one origin written at a template place.
    pub fn push_placed(&mut self, text: &str, origin: OriginId, place: Place) {
        self.text.push_str(text);
        self.segments.push(text.len(), origin, place);
    }

    /// Appends a whole rope.
    pub fn push_rope(&mut self, rope: &Rope) {
        rope.cursor().copy_to(rope.len(), self);
    }

    /// Appends part of a rope, with its empty segments inside the range and at the edges.
    pub fn push_slice(&mut self, rope: &Rope, range: Range<usize>) {
        let mut cursor = rope.cursor();
        cursor.drop_to(range.start);
        cursor.copy_to(range.end, self);
    }

    /// Bytes so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// True when there is no byte yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Bytes for which there is room.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.text.capacity() + self.segments.0.capacity() * size_of::<Segment>()
    }

    /// The rope.
    #[must_use]
    pub fn finish(mut self) -> Rope {
        self.take()
    }

    /// The rope; leaves nothing, but room for the next one.
    #[must_use]
    pub fn take(&mut self) -> Rope {
        let text = (!self.text.is_empty()).then(|| self.text.as_str().into());
        self.text.clear();
        Rope { text, segments: self.segments.take() }
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
        // What was parted is one again; what is written twice is not.
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
