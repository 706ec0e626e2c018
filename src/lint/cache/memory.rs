//! Cache entries in the memory of one process, for runs that closely follow each other, as in an editor.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::store::Key;
use crate::helm::chart::{Parsed, Recall};
use crate::helm::reads::Reads;

/// Runs after which an entry that none of them asked for is dropped.
const KEPT_RUNS: u64 = 8;

/// What runs leave to the next ones. Results for a text of some keystrokes ago are useless, so entries are dropped soon
/// after they were last used.
#[derive(Debug, Default)]
pub(in crate::lint) struct Memory {
    results: Mutex<Entries<Key, Arc<[u8]>>>,
    /// Parsed templates, by the hashes of their texts.
    templates: Mutex<Entries<blake3::Hash, Parsed>>,
    /// What charts could read of their values, by a hash of the chart.
    reads: Mutex<Entries<blake3::Hash, Arc<OnceLock<Reads>>>>,
}

impl Memory {
    /// The bytes under a key.
    pub(super) fn get(&self, key: Key) -> Option<Arc<[u8]>> {
        locked(&self.results).get(&key)
    }

    /// Adds an entry.
    pub(super) fn put(&self, key: Key, bytes: Vec<u8>) {
        locked(&self.results).put(key, bytes.into());
    }

    /// What the chart with this hash could read, with these templates in the values. The first caller has to compute
    /// it.
    pub(in crate::lint) fn reads(
        &self,
        chart: blake3::Hash,
        texts: &[&str],
    ) -> Arc<OnceLock<Reads>> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(chart.as_bytes());
        for text in texts {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
        let key = hasher.finalize();
        let mut known = locked(&self.reads);
        known.get(&key).unwrap_or_else(|| {
            let reads = Arc::<OnceLock<Reads>>::default();
            known.put(key, Arc::clone(&reads));
            reads
        })
    }

    /// Ends a run: drops what has not been used for [`KEPT_RUNS`] runs.
    pub(in crate::lint) fn age(&self) {
        locked(&self.results).age();
        locked(&self.templates).age();
        locked(&self.reads).age();
    }
}

impl Recall for Memory {
    fn recall(&self, text: blake3::Hash) -> Option<Parsed> {
        locked(&self.templates).get(&text)
    }

    fn note(&self, text: blake3::Hash, parsed: Parsed) {
        locked(&self.templates).put(text, parsed);
    }
}

fn locked<T>(one: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    one.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Entries of one sort, with the time they were last used.
#[derive(Debug)]
struct Entries<K, V> {
    /// The number of the current run.
    run: u64,
    /// Each with the run that asked for it last.
    by_key: HashMap<K, (u64, V)>,
}

impl<K, V> Default for Entries<K, V> {
    fn default() -> Self {
        Self { run: 0, by_key: HashMap::new() }
    }
}

impl<K: Eq + Hash, V: Clone> Entries<K, V> {
    fn get(&mut self, key: &K) -> Option<V> {
        let (used, value) = self.by_key.get_mut(key)?;
        *used = self.run;
        Some(value.clone())
    }

    fn put(&mut self, key: K, value: V) {
        self.by_key.insert(key, (self.run, value));
    }

    fn age(&mut self) {
        self.run += 1;
        let run = self.run;
        self.by_key.retain(|_, (used, _)| *used + KEPT_RUNS >= run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_is_dropped() {
        let memory = Memory::default();
        let (asked, forgotten) = ([1; 32], [2; 32]);
        memory.put(asked, b"a".to_vec());
        memory.put(forgotten, b"b".to_vec());
        let chart = blake3::hash(b"a chart");
        let (known, other) = (memory.reads(chart, &["read"]), memory.reads(chart, &["unread"]));
        for _ in 0..=KEPT_RUNS {
            assert_eq!(memory.get(asked).as_deref(), Some(&b"a"[..]));
            assert!(Arc::ptr_eq(&memory.reads(chart, &["read"]), &known));
            memory.age();
        }
        assert!(memory.get(asked).is_some());
        assert!(memory.get(forgotten).is_none());
        assert!(!Arc::ptr_eq(&memory.reads(chart, &["unread"]), &other));
    }
}
