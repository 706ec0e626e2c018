//! Builds ropes of texts, and of parts of other ropes.

use std::ops::Range;

use super::{Cutting, Place, Rope, Segment, Segments};
use crate::helm::origin::OriginId;

/// Reads a rope once from left to right, and copies parts of it to a builder.
#[derive(Debug)]
pub struct Cursor<'a> {
    pub(super) rope: &'a Rope,
    pub(super) at: usize,
    pub(super) index: usize,
    pub(super) used: usize,
}

impl Cursor<'_> {
    /// The next byte offset.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// Returns a range of bytes, as [`Rope::slice`] does, and continues at its end. The range must not be before the
    /// cursor.
    ///
    /// # Panics
    /// If the range does not start and end at character boundaries.
    #[must_use]
    pub fn slice(&mut self, range: Range<usize>) -> Rope {
        if range == (0..self.rope.len()) {
            return self.rope.clone();
        }
        let text = &self.rope.as_str()[range.clone()];
        Rope { text: (!text.is_empty()).then(|| text.into()), segments: self.within(range) }
    }

    /// Returns a range like [`Cursor::slice`], to be read by other threads, with the empty segments between the range
    /// and `end`.
    ///
    /// # Panics
    /// If the range does not start and end at character boundaries.
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

    /// Returns the segments of a range, and continues at its end.
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

    /// Copies everything before `end`, and the empty segments at `end`.
    pub fn copy_to(&mut self, end: usize, builder: &mut RopeBuilder) {
        self.advance(end, |text, segment| {
            builder.push_placed(text, segment.origin, segment.place);
        });
    }

    /// Skips everything before `end`, but copies its empty segments, and those at `end`.
    pub fn skip_to(&mut self, end: usize, builder: &mut RopeBuilder) {
        self.advance(end, |_, segment| {
            if segment.len == 0 {
                builder.push_placed("", segment.origin, segment.place);
            }
        });
    }

    /// Skips everything before `end`, but adds an empty segment for each segment.
    pub(super) fn empty_to(&mut self, end: usize, builder: &mut RopeBuilder) {
        self.advance(end, |_, segment| builder.push_placed("", segment.origin, segment.place));
    }

    /// Skips everything before `end`, but not the empty segments at `end`.
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

    /// Advances by some bytes in a segment that has `left` bytes left.
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

/// Joins segments from left to right.
#[derive(Debug, Default)]
struct SegmentList(Vec<Segment>);

impl SegmentList {
    /// Adds a number of bytes with one origin and one place; 0 bytes are an empty segment if they have an origin.
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

    /// Returns the segments and becomes empty, with its capacity.
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
    /// Appends text with one origin; an empty text is an empty segment if it has an origin.
    pub fn push(&mut self, text: &str, origin: OriginId) {
        self.push_placed(text, origin, Place::default());
    }

    /// Appends text with one origin, written at a place in a template.
    pub fn push_placed(&mut self, text: &str, origin: OriginId, place: Place) {
        self.text.push_str(text);
        self.segments.push(text.len(), origin, place);
    }

    /// Appends a whole rope.
    pub fn push_rope(&mut self, rope: &Rope) {
        rope.cursor().copy_to(rope.len(), self);
    }

    /// Appends a part of a rope, with the empty segments in the range and at its ends.
    pub fn push_slice(&mut self, rope: &Rope, range: Range<usize>) {
        let mut cursor = rope.cursor();
        cursor.drop_to(range.start);
        cursor.copy_to(range.end, self);
    }

    /// The number of bytes so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether there are no bytes yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The capacity, in bytes.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.text.capacity() + self.segments.0.capacity() * size_of::<Segment>()
    }

    /// Returns the rope.
    #[must_use]
    pub fn finish(mut self) -> Rope {
        self.take()
    }

    /// Returns the rope and becomes empty, with its capacity.
    #[must_use]
    pub fn take(&mut self) -> Rope {
        let text = (!self.text.is_empty()).then(|| self.text.as_str().into());
        self.text.clear();
        Rope { text, segments: self.segments.take() }
    }
}
