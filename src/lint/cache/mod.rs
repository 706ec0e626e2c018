//! Results of earlier runs, so that what has not changed is not judged again.
//!
//! Two things are stored: the class of a file, which saves parsing it, and the result of a unit. The
//! key of each is a hash of everything that it depends on ([`key`]). So nothing needs to be
//! invalidated: when something changes, so does the key. Entries are in plain files ([`store`]), which
//! are replaced as a whole, so that several processes may use one cache: the last one wins, and entries
//! that are lost are computed again. A file that cannot be read counts as absent.

mod key;
mod memory;
mod store;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};

pub(super) use key::{Keys, Salt};
pub(super) use memory::Memory;
use store::{Key, Store};

use super::found::Found;
use super::gather::Files;
use crate::project::{Class, File, Recall, Seen};
use crate::source::{SourceId, Sources};

/// The cache of one run.
pub(super) struct Cache<'m> {
    store: Place<'m>,
    /// What all keys begin with.
    salt: Salt,
    hits: AtomicUsize,
    misses: AtomicUsize,
    /// How many files were not in the cache.
    noted: AtomicUsize,
}

/// Where entries are stored.
enum Place<'m> {
    /// In files, from one process to the next.
    Files(Store),
    /// In the memory of this process.
    Memory(&'m Memory),
}

impl Place<'_> {
    fn get(&self, key: Key) -> Option<Arc<[u8]>> {
        match self {
            Self::Files(store) => store.get(key),
            Self::Memory(memory) => memory.get(key),
        }
    }

    fn put(&self, key: Key, bytes: Vec<u8>) {
        match self {
            Self::Files(store) => store.put(key, bytes),
            Self::Memory(memory) => memory.put(key, bytes),
        }
    }
}

/// A unit's result. Its spans name texts by their place in `texts`, since source ids differ from run to run.
#[derive(Serialize, Deserialize)]
struct Remembered {
    texts: Vec<Text>,
    found: Found,
}

/// A text that a span points into.
#[derive(Serialize, Deserialize)]
struct Text {
    path: String,
    content: Content,
}

#[derive(Serialize, Deserialize)]
enum Content {
    /// A file of the project, with this hash.
    Project([u8; 32]),
    /// The text itself, where it is no file of the project: it is in an archive, or was made from other texts.
    Own(String),
}

impl<'m> Cache<'m> {
    /// A cache in a folder.
    pub(super) fn open(directory: &Path, salt: Salt) -> Self {
        Self::new(Place::Files(Store::open(directory)), salt)
    }

    /// A cache in the memory of this process.
    pub(super) fn within(memory: &'m Memory, salt: Salt) -> Self {
        Self::new(Place::Memory(memory), salt)
    }

    fn new(store: Place<'m>, salt: Salt) -> Self {
        let [hits, misses, noted] = [const { AtomicUsize::new(0) }; 3];
        Self { store, salt, hits, misses, noted }
    }

    /// The memory that this cache is in; `None` for a cache in files.
    pub(super) fn memory(&self) -> Option<&'m Memory> {
        match &self.store {
            Place::Memory(memory) => Some(memory),
            Place::Files(_) => None,
        }
    }

    /// How many of this run's files were not in the cache.
    pub(super) fn noted(&self) -> usize {
        self.noted.load(Ordering::Relaxed)
    }

    pub(super) fn salt(&self) -> &Salt {
        &self.salt
    }

    /// The result of a unit from an earlier run, or else from `find`. A new result is stored only if `still` says that
    /// the key is still right: files may change while they are linted.
    pub(super) fn found(
        &self,
        key: Key,
        files: &Files<'_>,
        sources: &Sources,
        find: impl FnOnce() -> Found,
        still: impl FnOnce() -> bool,
    ) -> Found {
        let known = self.store.get(key).and_then(|bytes| read(&bytes, files, sources));
        if let Some(found) = known {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return found;
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        let found = find();
        if !found.torn
            && let Some(bytes) = written(&found, files, sources).filter(|_| still())
        {
            self.store.put(key, bytes);
        }
        found
    }

    /// Writes new entries to disk. Returns how useful the cache was, in one sentence for `--verbose`.
    pub(super) fn close(&self) -> String {
        let count = |number: &AtomicUsize| number.load(Ordering::Relaxed);
        let (hits, misses) = (count(&self.hits), count(&self.misses));
        let said = format!("{hits} of {} results from the cache", hits + misses);
        match &self.store {
            // Whoever owns the memory says when it ages.
            Place::Memory(_) => said,
            Place::Files(store) => {
                let said = format!("{said} in {}", store.directory().display());
                match store.write() {
                    Ok(()) => said,
                    Err(error) => format!("{said}; it could not be written: {error}"),
                }
            }
        }
    }
}

/// What is stored of a file depends on its path and text only; what other files say of it is worked out in each run.
impl Recall for Cache<'_> {
    fn recall(&self, by_name: Option<Class>, file: &File) -> Option<Seen> {
        let bytes = self.store.get(self.salt.of_file(by_name, file))?;
        let (class, yaml, broken, words, applications) = postcard::from_bytes(&bytes).ok()?;
        Some(Seen { class, yaml, broken, words, applications })
    }

    fn note(&self, by_name: Option<Class>, file: &File, seen: Seen) {
        self.noted.fetch_add(1, Ordering::Relaxed);
        let Seen { class, yaml, broken, words, applications } = seen;
        if let Ok(bytes) = postcard::to_allocvec(&(class, yaml, broken, words, applications)) {
            self.store.put(self.salt.of_file(by_name, file), bytes);
        }
    }
}

/// All spans in a result.
fn spans_mut(found: &mut Found) -> impl Iterator<Item = &mut crate::source::Span> {
    let findings = found.findings.iter_mut().chain(&mut found.unloaded);
    findings.flat_map(|finding| finding.spans_mut())
}

/// A result as bytes.
fn written(found: &Found, files: &Files<'_>, sources: &Sources) -> Option<Vec<u8>> {
    let mut texts: Vec<Text> = Vec::new();
    let mut numbers: HashMap<SourceId, SourceId> = HashMap::new();
    let mut found = found.clone();
    for span in spans_mut(&mut found) {
        span.source = *numbers.entry(span.source).or_insert_with(|| {
            texts.push(text(span.source, files, sources));
            SourceId::numbered(texts.len() - 1)
        });
    }
    postcard::to_allocvec(&Remembered { texts, found }).ok()
}

fn text(source: SourceId, files: &Files<'_>, sources: &Sources) -> Text {
    match files.of(source) {
        Some(file) => {
            Text { path: file.path.clone(), content: Content::Project(*file.digest().as_bytes()) }
        }
        None => {
            let text = sources.get(source);
            Text { path: text.path.clone(), content: Content::Own(text.text.to_string()) }
        }
    }
}

/// Reads a result; `None` if the bytes are none, or if a text that its spans point into has changed.
fn read(bytes: &[u8], files: &Files<'_>, sources: &Sources) -> Option<Found> {
    let Remembered { texts, mut found } = postcard::from_bytes(bytes).ok()?;
    let mut ids = Vec::with_capacity(texts.len());
    for Text { path, content } in texts {
        ids.push(match content {
            Content::Project(digest) => {
                let file = files.at(&path).filter(|file| *file.digest().as_bytes() == digest)?;
                (file.source, file.length())
            }
            Content::Own(text) => {
                let length = text.len();
                (sources.add(path, Arc::<str>::from(text)), length)
            }
        });
    }
    for span in spans_mut(&mut found) {
        let &(id, length) = ids.get(span.source.number())?;
        if span.start > span.end || span.end as usize > length {
            return None;
        }
        span.source = id;
    }
    Some(found)
}
