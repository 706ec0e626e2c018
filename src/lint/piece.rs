//! Splits work into pieces that are large enough for a thread of their own.

use rayon::prelude::*;

/// The least text that one worker judges, in bytes: less is not worth setting up an evaluator.
const LEAST: usize = 32 * 1024;

/// The fewest findings that one worker turns into entries of a report.
pub(super) const FINDINGS_AT_LEAST: usize = 64;

/// The most parts that work is split into, per thread. With fewer, threads wait longer for the last part; with more,
/// what rules ask of everything that is deployed together is worked out more often, once in each part.
const PARTS: usize = 8;

/// Splits a list into runs of at least [`LEAST`] bytes; the last may be shorter. `length` is in bytes.
pub(super) fn pieces<T>(all: &[T], length: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let mut taken = 0;
    let pieces = all.chunk_by(|one, _| {
        taken += length(one);
        let is_whole = taken >= LEAST;
        if is_whole {
            taken = 0;
        }
        !is_whole
    });
    pieces.collect()
}

/// Iterates over pieces in parallel, in parts that one worker does each. With one thread there is one part.
pub(super) fn in_parts<T: Sync>(pieces: &[T]) -> impl IndexedParallelIterator<Item = &T> {
    let threads = rayon::current_num_threads();
    let part = if threads == 1 { pieces.len() } else { pieces.len().div_ceil(PARTS * threads) };
    let least = if threads == 1 { part } else { 1 };
    pieces.par_iter().with_min_len(least).with_max_len(part.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_judged_together() {
        let of = |lengths: &[usize]| -> Vec<usize> {
            pieces(lengths, |length| *length).into_iter().map(<[usize]>::len).collect()
        };
        assert!(of(&[]).is_empty());
        assert_eq!(of(&[10, 20, 30]), [3]);
        assert_eq!(of(&[LEAST, 10, LEAST - 10, 20]), [1, 2, 1]);
    }
}
