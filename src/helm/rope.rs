//! Text that knows the origin of each of its bytes.

use std::rc::Rc;

use super::origin::{OriginId, Origins};

/// Where in which template a piece of text was written; 0 is nowhere yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PlaceId(pub u32);

/// A run of bytes with one origin. May be empty: an empty default still names its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Length in bytes.
    pub len: u32,
    /// Values that had a part.
    pub origin: OriginId,
    /// The template place; [`PlaceId`] 0 until the text is written by a template.
    pub place: PlaceId,
}

/// An immutable text with its segments, cheap to clone. Segments cover the text in order.
#[derive(Debug, Clone, Default)]
pub struct Rope {
    text: Option<Rc<str>>,
    segments: Option<Rc<[Segment]>>,
}

impl Rope {
    /// Text of one origin; an empty text keeps its origin too.
    #[must_use]
    pub fn new(text: &str, origin: OriginId) -> Self {
        let mut builder = RopeBuilder::default();
        builder.push(text, origin);
        builder.finish()
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
        self.segments.as_deref().unwrap_or(&[])
    }

    /// Everything that had a part in any of it.
    #[must_use]
    pub fn origin(&self, origins: &Origins) -> OriginId {
        self.segments().iter().fold(OriginId::NONE, |all, s| origins.union(all, s.origin))
    }

    /// The bytes `range`, with the empty segments inside it and at its edges.
    ///
    /// # Panics
    /// When the range does not lie on character boundaries.
    #[must_use]
    pub fn slice(&self, range: std::ops::Range<usize>) -> Self {
        let mut builder = RopeBuilder::default();
        builder.push_slice(self, range);
        builder.finish()
    }

    /// The same text where every segment also has `extra`.
    #[must_use]
    pub fn tinted(&self, extra: OriginId, origins: &Origins) -> Self {
        if extra == OriginId::NONE {
            return self.clone();
        }
        if self.segments().is_empty() {
            return Self::new(self.as_str(), extra);
        }
        let segments = self
            .segments()
            .iter()
            .map(|s| Segment { origin: origins.union(s.origin, extra), ..*s })
            .collect();
        Self { text: self.text.clone(), segments: Some(segments) }
    }
}

/// Builds a [`Rope`] from left to right.
#[derive(Debug, Default)]
pub struct RopeBuilder {
    text: String,
    segments: Vec<Segment>,
}

impl RopeBuilder {
    /// Appends text of one origin; an empty text leaves an empty segment when it has an origin.
    pub fn push(&mut self, text: &str, origin: OriginId) {
        self.push_placed(text, origin, PlaceId::default());
    }

    /// Appends text of one origin written at a template place.
    pub fn push_placed(&mut self, text: &str, origin: OriginId, place: PlaceId) {
        if text.is_empty() && origin == OriginId::NONE {
            return;
        }
        self.text.push_str(text);
        let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
        if let Some(last) = self.segments.last_mut()
            && last.origin == origin
            && last.place == place
            && (last.len > 0 || len == 0)
        {
            last.len += len;
            return;
        }
        self.segments.push(Segment { len, origin, place });
    }

    /// Appends a whole rope.
    pub fn push_rope(&mut self, rope: &Rope) {
        self.push_slice(rope, 0..rope.len());
    }

    /// Appends part of a rope, with its empty segments inside the range and at the edges.
    pub fn push_slice(&mut self, rope: &Rope, range: std::ops::Range<usize>) {
        let mut at = 0;
        for segment in rope.segments() {
            let end = at + segment.len as usize;
            let (from, to) = (at.max(range.start), end.min(range.end));
            if from < to || (at == end && from == to) {
                self.push_placed(&rope.as_str()[from..to], segment.origin, segment.place);
            }
            at = end;
        }
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

    /// The rope.
    #[must_use]
    pub fn finish(self) -> Rope {
        Rope {
            text: (!self.text.is_empty()).then(|| self.text.into()),
            segments: (!self.segments.is_empty()).then(|| self.segments.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_text_keeps_its_origin() {
        let origins = Origins::default();
        let (a, b) = (origins.leaf("/a", None), origins.leaf("/b", None));
        let mut builder = RopeBuilder::default();
        builder.push("xy", a);
        builder.push("", b);
        let rope = builder.finish();
        assert_eq!(rope.as_str(), "xy");
        assert_eq!(rope.origin(&origins), origins.union(a, b));
        assert_eq!(rope.slice(2..2).origin(&origins), b);
    }
}
