//! Entries in the memory of one process, for runs that follow each other closely.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::store::Key;

/// Runs after which an entry that none of them asked for is dropped.
const KEPT_RUNS: u64 = 8;

/// Entries by key. What a text was a few keystrokes ago is of no use to anybody, so entries are
/// dropped soon after they were last asked for.
#[derive(Debug, Default)]
pub(in crate::lint) struct Memory(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    /// The number of the current run.
    run: u64,
    /// Each with the run that asked for it last.
    by_key: HashMap<Key, (u64, Arc<[u8]>)>,
}

impl Memory {
    /// The bytes under a key.
    pub(super) fn get(&self, key: Key) -> Option<Arc<[u8]>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let run = entries.run;
        let (used, bytes) = entries.by_key.get_mut(&key)?;
        *used = run;
        Some(Arc::clone(bytes))
    }

    /// Takes an entry in.
    pub(super) fn put(&self, key: Key, bytes: Vec<u8>) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let run = entries.run;
        entries.by_key.insert(key, (run, bytes.into()));
    }

    /// Ends a run.
    pub(super) fn age(&self) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.run += 1;
        let run = entries.run;
        entries.by_key.retain(|_, (used, _)| *used + KEPT_RUNS >= run);
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
        for _ in 0..=KEPT_RUNS {
            assert_eq!(memory.get(asked).as_deref(), Some(&b"a"[..]));
            memory.age();
        }
        assert!(memory.get(asked).is_some());
        assert!(memory.get(forgotten).is_none());
    }
}
