//! Reads the files of a run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::source::{SourceId, Sources};
use crate::yaml::{self, Stream};

/// A YAML file that is linted as manifests.
#[derive(Debug)]
pub(super) struct Manifest {
    /// Relative to the working directory, with `/`.
    pub path: String,
    /// Its text.
    pub source: SourceId,
    /// Its tree.
    pub stream: Stream,
}

/// Reads every manifest below some paths, sorted by path.
#[must_use]
pub(super) fn manifests(paths: &[PathBuf], sources: &Sources) -> Vec<Manifest> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in paths {
        let mut walk = ignore::WalkBuilder::new(path);
        walk.hidden(false).require_git(false).filter_entry(|entry| entry.file_name() != ".git");
        let yaml = |path: &Path| {
            path.extension().is_some_and(|extension| {
                matches!(extension.to_str(), Some("yaml" | "yml" | "json"))
            })
        };
        files.extend(
            walk.build()
                .filter_map(Result::ok)
                .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
                .map(ignore::DirEntry::into_path)
                .filter(|file| file == path || yaml(file)),
        );
    }
    files.sort();
    files.dedup();
    files.par_iter().filter_map(|path| read(path, sources)).collect()
}

fn read(path: &Path, sources: &Sources) -> Option<Manifest> {
    let text: Arc<str> = std::fs::read_to_string(path).ok()?.into();
    let shown = path.to_string_lossy().replace('\\', "/");
    let shown = shown.strip_prefix("./").unwrap_or(&shown).to_owned();
    let source = sources.add(shown.clone(), Arc::clone(&text));
    Some(Manifest { path: shown, source, stream: yaml::parse(source, &text) })
}
