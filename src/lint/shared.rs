//! Work that all threads of a run need the result of, and therefore do together.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A result in parts, each of which is computed once, by one of the threads that ask for the result.
///
/// It does not use rayon's parallel iterators: while a thread waits in one, it may start another unit, which asks for
/// the same result, and so the thread would wait for itself.
pub(super) struct Shared<K, T> {
    parts: Vec<(K, OnceLock<T>)>,
    /// How many parts are computed or being computed.
    begun: AtomicUsize,
}

impl<K: Copy, T> Shared<K, T> {
    /// One part for each key. None is computed yet.
    pub(super) fn new(keys: impl IntoIterator<Item = K>) -> Self {
        let parts = keys.into_iter().map(|key| (key, OnceLock::new())).collect();
        Self { parts, begun: AtomicUsize::new(0) }
    }

    /// The keys of the parts, in order.
    pub(super) fn keys(&self) -> impl Iterator<Item = K> {
        self.parts.iter().map(|(key, _)| *key)
    }

    /// All parts, in the order of their keys. Threads that call this at the same time share the work; `work` must be the
    /// same function in all of them.
    pub(super) fn all(&self, work: impl Fn(K) -> T) -> impl Iterator<Item = (K, &T)> {
        while let Some((key, own)) = self.parts.get(self.begun.fetch_add(1, Ordering::Relaxed)) {
            own.get_or_init(|| work(*key));
        }
        self.parts.iter().map(move |(key, own)| (*key, own.get_or_init(|| work(*key))))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn threads_that_ask_at_the_same_time_work_out_each_part_once() {
        let shared = Shared::new(0..100);
        let (worked, all_here) = (AtomicUsize::new(0), Barrier::new(4));
        let ask = || {
            all_here.wait();
            let square = |key: u32| {
                worked.fetch_add(1, Ordering::Relaxed);
                key * key
            };
            shared.all(square).map(|(_, square)| *square).collect::<Vec<_>>()
        };
        let expected: Vec<_> = (0..100).map(|key| key * key).collect();
        thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            for thread in threads {
                assert_eq!(thread.join().expect("it ends"), expected);
            }
        });
        assert_eq!(worked.into_inner(), 100);
    }
}
