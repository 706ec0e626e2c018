//! Reads a repository in parallel.

use std::cmp::Reverse;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::kept::{Keep, Kept};
use super::run::{Options, Watch};
use crate::config::Config;
use crate::project::{self, Candidate, Project, Recall, Taken};
use crate::source::Sources;

/// How long a file is whose reading is felt when others wait for it at the end, in bytes.
const LARGE: u64 = 128 * 1024;

/// A text from standard input, under a name.
#[derive(Debug, Clone)]
pub struct Stdin {
    /// How it is shown, and where it would lie; a file of that name is not read.
    pub name: String,
    /// What came.
    pub text: Arc<str>,
}

/// Walks, reads and classifies; beyond [`Options::held`] bytes, what lies in files is read again when it
/// is asked for. Also gives what is to be kept of it, where that is asked for.
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
    let mut walked = project::walk(paths, config, sources)?;
    if let Some(stdin) = &options.stdin {
        walked.candidates.retain(|candidate| candidate.shown != stdin.name);
    }
    let (done, bytes) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let count = walked.candidates.len();
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
    // One at a time: a worker that has taken several leaves the others waiting at the end.
    let mut taken: Vec<(usize, Taken)> = order(&walked.candidates, &options.kept)
        .into_par_iter()
        .with_max_len(1)
        .map(|at| {
            let candidate = &walked.candidates[at];
            let known = options.kept.file(candidate, sources);
            let taken = known.map_or_else(|| read(candidate), Taken::File);
            watch.step(done.fetch_add(1, Ordering::Relaxed) + 1, count, "reading");
            (at, taken)
        })
        .collect();
    taken.sort_unstable_by_key(|(at, _)| *at);
    let mut taken: Vec<Taken> = taken.into_iter().map(|(_, taken)| taken).collect();
    let kept = match options.keep {
        Keep::Read => Kept::new(&walked.candidates, &taken),
        Keep::Nothing | Keep::Rendered => Kept::default(),
    };
    if let Some(stdin) = &options.stdin {
        let candidate = Candidate {
            shown: stdin.name.clone(),
            path: PathBuf::from(&stdin.name),
            explicit: true,
            requested: true,
        };
        let file = project::take_text(&candidate, Arc::clone(&stdin.text), sources, memory);
        taken.extend(file.map(Taken::File));
    }
    Ok((project::assemble(walked, taken, config, sources), kept))
}

/// In which order files are read: as they come, but large ones first, the longest of them at the front. One that
/// is begun last is waited for by all other threads. Where files are kept, few are read, and none is asked for its
/// length.
fn order(candidates: &[Candidate], kept: &Kept) -> Vec<usize> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    if rayon::current_num_threads() > 1 && kept.is_empty() {
        let length =
            |candidate: &Candidate| fs::metadata(&candidate.path).map_or(0, |file| file.len());
        let lengths: Vec<u64> = candidates.par_iter().map(length).collect();
        order.sort_by_key(|&at| Reverse(lengths[at].max(LARGE)));
    }
    order
}
