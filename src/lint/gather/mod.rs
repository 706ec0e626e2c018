//! Reads a repository in parallel: its files, charts, schemas, and what has changed.

pub mod changed;
mod charts;
mod files;
mod involved;
mod kept;
mod schemas;

pub(super) use charts::Charts;
pub(super) use files::{Files, UnitFiles};
pub(super) use involved::{Involved, is_read_by_helm};
pub use kept::{Keep, Kept};
pub(super) use schemas::CustomSchemas;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::Config;
use crate::lint::options::Options;
use crate::lint::watch::Watch;
use crate::project::{self, Candidate, Project, Reason, Recall, Taken};
use crate::source::Sources;

/// The size from which on a file is read before smaller ones, in bytes: threads would wait for it at the end.
const LARGE: u64 = 128 * 1024;

/// Walks the paths, and reads and classifies the files. Texts beyond [`Options::held`] bytes are dropped, and read again
/// when they are needed. Also returns the files themselves, with [`Keep::Read`].
///
/// # Errors
/// When a path does not exist, with that path.
pub(super) fn gather(
    paths: &[PathBuf],
    options: &Options,
    config: &Config,
    sources: &Sources,
    memory: &dyn Recall,
    watch: &dyn Watch,
) -> Result<(Project, Kept), PathBuf> {
    let (done, bytes) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let read = |candidate: &Candidate| {
        let mut taken = project::take(candidate, sources, memory);
        if let Taken::File(file) = &mut taken
            && bytes.fetch_add(file.length(), Ordering::Relaxed) >= options.held
            && sources.overlay().text(&candidate.path).is_none()
        {
            file.shelve(&candidate.path, sources);
        }
        taken
    };
    let given = options.stdin.as_ref().map(|stdin| stdin.name.as_str());
    let waiting = Waiting::new(&options.kept);
    let all = Mutex::new(Vec::new());
    // Files are read while further ones are still looked for.
    let walked = rayon::scope(|scope| {
        let (waiting, read, done, all) = (&waiting, &read, &done, &all);
        let mut found = |candidate: Candidate| {
            if given == Some(candidate.shown.as_str()) {
                return;
            }
            waiting.push(candidate);
            scope.spawn(move |_| {
                let Some(candidate) = waiting.pop() else { return };
                let known = options.kept.file(&candidate, sources);
                let taken = known.map_or_else(|| read(&candidate), Taken::File);
                watch.step(done.fetch_add(1, Ordering::Relaxed) + 1, waiting.seen(), "reading");
                all.lock().unwrap_or_else(PoisonError::into_inner).push((candidate, taken));
            });
        };
        project::walk_with(paths, config, sources, &mut found)
    })?;
    let mut taken = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    taken.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let kept = match options.keep {
        Keep::Read => Kept::new(&taken),
        Keep::Nothing | Keep::Rendered => Kept::default(),
    };
    let mut taken: Vec<Taken> = taken.into_iter().map(|(_, taken)| taken).collect();
    if let Some(stdin) = &options.stdin {
        let candidate = Candidate {
            shown: stdin.name.clone(),
            path: PathBuf::from(&stdin.name),
            reason: Reason::Named,
        };
        let file = project::take_text(&candidate, Arc::clone(&stdin.text), sources, memory);
        taken.extend(file.map(Taken::File));
    }
    Ok((project::assemble(walked, taken, config, sources), kept))
}

/// Files that are still to be read.
///
/// They are read in the order in which they are found, but large ones first, the largest at the front: if a large file
/// came last, all other threads would wait for it.
struct Waiting {
    /// Each with its length, at least [`LARGE`], and with how many came before it.
    candidates: Mutex<BinaryHeap<(u64, Reverse<usize>, Candidate)>>,
    seen: AtomicUsize,
    /// False where the order does not matter: most files are kept from an earlier run, or there is only one thread.
    asks_for_length: bool,
}

impl Waiting {
    fn new(kept: &Kept) -> Self {
        let asks_for_length = rayon::current_num_threads() > 1 && kept.is_empty();
        Self { candidates: Mutex::default(), seen: AtomicUsize::new(0), asks_for_length }
    }

    fn push(&self, candidate: Candidate) {
        let length = match self.asks_for_length {
            true => fs::metadata(&candidate.path).map_or(0, |file| file.len()).max(LARGE),
            false => LARGE,
        };
        let before = self.seen.fetch_add(1, Ordering::Relaxed);
        self.heap().push((length, Reverse(before), candidate));
    }

    fn pop(&self) -> Option<Candidate> {
        self.heap().pop().map(|(_, _, candidate)| candidate)
    }

    /// How many were added so far.
    fn seen(&self) -> usize {
        self.seen.load(Ordering::Relaxed)
    }

    fn heap(&self) -> MutexGuard<'_, BinaryHeap<(u64, Reverse<usize>, Candidate)>> {
        self.candidates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_files_that_wait_long_ones_are_read_first_and_others_as_they_come() {
        let folder = tempfile::tempdir().expect("a folder");
        let candidate = |name: &str, length: u64| {
            let path = folder.path().join(name);
            fs::write(&path, vec![b'#'; usize::try_from(length).expect("it fits")])
                .expect("a file");
            Candidate { shown: name.to_owned(), path, reason: Reason::Within }
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads");
        let waiting = pool.install(|| Waiting::new(&Kept::default()));
        for (name, length) in [("a", 1), ("b", LARGE + 1), ("c", 2), ("d", LARGE + 2)] {
            waiting.push(candidate(name, length));
        }
        let order = std::iter::from_fn(|| waiting.pop()).map(|candidate| candidate.shown);
        assert_eq!(order.collect::<Vec<_>>(), ["d", "b", "a", "c"]);
    }
}
