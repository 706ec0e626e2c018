//! What a range of a text is made of.

use std::cell::Cell;
use std::ops::Range;

use super::{Place, Segment};
use crate::helm::origin::{OriginId, Origins};

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

    pub(super) fn of(all: &'a [Segment]) -> Self {
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
        self.source(range.clone(), range, None, origins).0
    }

    /// Everything that had a part in `range`, as [`RopeIndex::origin`] has it, and its place, as
    /// [`RopeIndex::place`] has it.
    ///
    /// In a block whose lines are indented by `block`, what would start a line of it behind had a part, too. So had what
    /// is empty in `around`, where nothing but blanks parts it from the range.
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
