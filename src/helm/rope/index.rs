//! Finds the segments of ranges of a text.

use std::cell::Cell;
use std::ops::Range;

use super::{Place, Segment};
use crate::helm::origin::{OriginId, Origins};

/// Finds the segments of ranges of a text; fastest if each range is shortly after the one before.
#[derive(Debug)]
pub struct RopeIndex<'a> {
    all: &'a [Segment],
    starts: Vec<usize>,
    /// The number of segments that start before the last range.
    last: Cell<usize>,
}

impl<'a> RopeIndex<'a> {
    /// The number of segments that are tried one by one before a binary search.
    const NEAR: usize = 8;

    pub(super) fn of(all: &'a [Segment]) -> Self {
        let mut at = 0;
        let starts = all.iter().map(|segment| {
            let start = at;
            at += segment.len as usize;
            start
        });
        Self { all, starts: starts.collect(), last: Cell::new(0) }
    }

    /// Returns the segments of a range: those that share bytes with it, and empty ones in it or at its ends.
    pub fn segments(&self, range: Range<usize>) -> impl Iterator<Item = &'a Segment> + use<'a, '_> {
        self.placed(range).map(|(segment, _)| segment)
    }

    /// Returns the segments of a range, each with its start.
    fn placed(
        &self,
        range: Range<usize>,
    ) -> impl Iterator<Item = (&'a Segment, usize)> + use<'a, '_> {
        // The segment before may extend into the range.
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

    /// Returns the number of segments that start before a byte offset.
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

    /// Returns the origins of a range, without those of text that would start a new line after it.
    #[must_use]
    pub fn origin(&self, range: Range<usize>, origins: &Origins) -> OriginId {
        self.source(range.clone(), range, None, origins).0
    }

    /// Returns the origins of a range, as [`RopeIndex::origin`] does, and its place, as [`RopeIndex::place`] does.
    ///
    /// If the range is a block whose lines are indented by `block`, text that would start a new line of the block
    /// after it counts as well. So do empty segments in `around`, which is the range with the blanks around it.
    #[must_use]
    pub fn source(
        &self,
        range: Range<usize>,
        around: Range<usize>,
        block: Option<u32>,
        origins: &Origins,
    ) -> (OriginId, Option<Place>) {
        let behind = |start: usize| start >= range.end && start > range.start;
        let apart =
            |place: Place| place.starts_line() && block.is_none_or(|indent| place.skipped < indent);
        let mut origin = OriginId::NONE;
        let mut first = FirstPlace::default();
        for (segment, start) in self.placed(around) {
            let end = start + segment.len as usize;
            let has_part = match segment.len {
                0 => !(behind(start) && apart(segment.place)),
                _ => start < range.end && end > range.start,
            };
            if has_part {
                origin = origins.union(origin, segment.origin);
            }
            if segment.len == 0 || has_part {
                first.see(segment, range.start.saturating_sub(start));
            }
        }
        (origin, first.found())
    }

    /// Returns the place in a template of a byte, if it is part of literal text.
    #[must_use]
    pub fn literal(&self, at: usize) -> Option<Place> {
        let segments = self.all.iter().zip(&self.starts);
        let after = self.starts.partition_point(|start| *start <= at);
        let holds = |(segment, start): &(&Segment, &usize)| at < **start + segment.len as usize;
        let (segment, start) = segments.take(after).rev().find(holds)?;
        segment.place.is_literal().then(|| segment.place.after(at - start))
    }

    /// Returns the place in a template of the first byte of a range that has one; else that of an empty segment.
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

/// The place of the first byte that has one, or else of the first segment.
#[derive(Default)]
struct FirstPlace {
    written: Option<Place>,
    any: Option<Place>,
}

impl FirstPlace {
    /// Looks at a segment, of which `before` bytes are before the range.
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
