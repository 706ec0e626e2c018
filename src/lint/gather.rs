//! Reads a repository in parallel.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::kept::{Keep, Kept};
use super::run::{Options, Watch};
use crate::config::Config;
use crate::project::{self, Candidate, Project, Recall, Taken};
use crate::source::Sources;

/// How many files one worker reads before another may take over the rest: without an end, the last worker
/// is left with some hundred of a large repository while the others wait.
const FILES_AT_MOST: usize = 16;

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
    let mut taken: Vec<Taken> = walked
        .candidates
        .par_iter()
        .with_max_len(FILES_AT_MOST)
        .map(|candidate| {
            let known = options.kept.file(candidate, sources);
            let taken = known.map_or_else(|| read(candidate), Taken::File);
            watch.step(done.fetch_add(1, Ordering::Relaxed) + 1, count, "reading");
            taken
        })
        .collect();
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
