//! Work in pieces that are worth a worker.

use rayon::prelude::*;

/// How much text is judged by one worker at least, in bytes: less is not worth an evaluator.
const LEAST: usize = 32 * 1024;

/// How many findings one worker turns into entries of a report at least.
pub(super) const FINDINGS_AT_LEAST: usize = 64;

/// In how many parts work is done at most, for each thread: the last of them is waited for, and each works out
/// anew what rules ask of all that is deployed together.
const PARTS: usize = 8;

/// What lies behind each other, in pieces of at least [`LEAST`] bytes but for the last; `length` is in bytes.
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

/// Pieces side by side, in parts of which each is one worker's; one thread has all of them in one.
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
