//! Ropes out of texts, and out of parts of other ropes.

use std::ops::Range;

use super::{Cutting, Place, Rope, Segment, Segments};
use crate::helm::origin::OriginId;

/// Walks a rope once from left to right, handing its parts to a builder.
#[derive(Debug)]
pub struct Cursor<'a> {
    pub(super) rope: &'a Rope,
    pub(super) at: usize,
    pub(super) index: usize,
    pub(super) used: usize,
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
    pub(super) fn within(&mut self, range: Range<usize>) -> Segments {
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
    pub(super) fn empty_to(&mut self, end: usize, builder: &mut RopeBuilder) {
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
            self.pass(step, left);
        }
        self.at = end;
    }

    /// Goes on by some bytes of a segment that has so many left.
    fn pass(&mut self, step: usize, left: usize) {
        self.at += step;
        if step == left {
            self.index += 1;
            self.used = 0;
        } else {
            self.used += step;
        }
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
            self.pass(step, left);
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
