//! Owns all texts, and computes positions in them.
//!
//! Everything else in plimsoll refers to text by a [`Span`]: a file id and a byte range. Lines and columns are only
//! computed for output.

pub(crate) mod bytes;
pub(crate) mod credential;
mod disk;
mod edit;
mod here;
mod line_index;
mod overlay;
mod reach;
mod shelf;
mod unfinished;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

pub use disk::{folder_of, replace_quickly, replace_whole, write_through, write_whole};
pub use edit::{Edit, apply};
pub(crate) use here::{enter, here};
pub use line_index::{LineIndex, Position};
pub use overlay::Overlay;
pub(crate) use overlay::absolute;
pub use reach::{MAX_TEXT, is_within, read_file, read_text, repository, top};
pub use shelf::{Changed, Shelved, Slot};

/// Names one text in [`Sources`]. Ids follow the order in which texts were added, so nothing a
/// user sees may be sorted by them: sort by path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceId(u32);

impl SourceId {
    /// A text that is in no [`Sources`]: its spans are byte ranges of some text in memory.
    pub const NOWHERE: Self = Self(u32::MAX);

    /// The id for the n-th text in a list outside of any [`Sources`], as in a cache.
    #[must_use]
    pub fn numbered(number: usize) -> Self {
        Self(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// The number in [`SourceId::numbered`].
    #[must_use]
    pub fn number(self) -> usize {
        self.0 as usize
    }
}

/// A half-open byte range `start..end` of one text.
///
/// Offsets are 0-based bytes and always on UTF-8 character boundaries. An empty span (`start == end`) is a place
/// between two characters, such as that of a missing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The text.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// Creates a span from byte offsets. Offsets past 4 GiB are cut to `u32::MAX`: [`Sources`]
    /// refuses texts of that size, so none occurs.
    #[must_use]
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { source, start: narrow(start), end: narrow(end) }
    }

    /// The byte range, for slicing.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The same span, if its text starts `by` bytes into another.
    #[must_use]
    pub fn moved(self, by: u32) -> Self {
        let Self { source, start, end } = self;
        Self { source, start: start.saturating_add(by), end: end.saturating_add(by) }
    }

    /// True if `offset` is in the span.
    #[must_use]
    pub fn contains(self, offset: u32) -> bool {
        (self.start..self.end).contains(&offset)
    }
}

/// A text: a file as it was read, or a manifest as it was rendered.
#[derive(Debug)]
pub struct SourceFile {
    /// The path as it is shown: relative to the working directory, with `/`; for a rendered manifest the template's
    /// name as Helm prints it (`chart/templates/x.yaml`).
    pub path: String,
    /// The whole text in UTF-8, including a byte order mark, so that offsets are those in the file.
    pub text: Arc<str>,
    lines: OnceLock<LineIndex>,
}

impl SourceFile {
    fn new(path: String, text: Arc<str>) -> Self {
        Self { path, text, lines: OnceLock::new() }
    }

    /// The line index, which the first call builds.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// The line of a byte offset, counted from 1.
    #[must_use]
    pub fn line(&self, offset: u32) -> usize {
        self.lines().line_of(offset as usize) + 1
    }

    /// The line and column of a byte offset, both counted from 1; columns are in Unicode scalar values.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        self.lines().position(&self.text, offset as usize)
    }
}

/// Every text of a run. Shared between threads; texts are added and never removed, but they may be dropped from memory
/// and read again.
#[derive(Debug, Default)]
pub struct Sources {
    /// Shared texts of an earlier instance, whose ids come first.
    below: Option<Below>,
    files: RwLock<Vec<Slot>>,
    overlay: Overlay,
}

/// Texts of another instance that are shared as they are.
#[derive(Debug)]
struct Below {
    sources: Arc<Sources>,
    /// The number of texts that the other instance had then.
    count: u32,
}

impl Sources {
    /// Creates an empty instance. [`Sources::read`] reads the texts in `overlay` in place of files.
    #[must_use]
    pub fn with_overlay(overlay: Overlay) -> Self {
        Self { overlay, ..Self::default() }
    }

    /// Creates an instance that shares the texts of `below`, which keep their ids. Texts that are added are only in
    /// this one, and are dropped with it. So several runs may share what does not change between them.
    #[must_use]
    pub fn over(below: &Arc<Self>, overlay: Overlay) -> Self {
        let count = below.count();
        let below = Some(Below { sources: Arc::clone(below), count });
        Self { below, overlay, ..Self::default() }
    }

    /// The texts that are read in place of files.
    #[must_use]
    pub fn overlay(&self) -> &Overlay {
        &self.overlay
    }

    /// Reads a file of at most [`MAX_TEXT`] bytes, or the text in its place. Adds nothing.
    ///
    /// # Errors
    /// Those of [`read_text`].
    pub fn read(&self, path: &Path) -> std::io::Result<Arc<str>> {
        match self.overlay.text(path) {
            Some(text) => Ok(Arc::clone(text)),
            None => read_text(path, MAX_TEXT).map(Arc::from),
        }
    }

    /// Reads a file in a directory as [`Sources::read`] does, unless it is a link that leads out of the repository.
    ///
    /// # Errors
    /// As for [`Sources::read`], and for such a link.
    pub fn read_in(&self, directory: &Path, name: &str) -> std::io::Result<Arc<str>> {
        let path = directory.join(name);
        let stays = || top(directory).is_some_and(|top| is_within(&path, &top));
        if self.overlay.text(&path).is_none() && path.is_symlink() && !stays() {
            let why = "a symbolic link that leads nowhere, or out of the repository";
            return Err(std::io::Error::other(why));
        }
        self.read(&path)
    }

    /// Adds a text, and returns its id.
    ///
    /// # Panics
    /// Never in practice: 2³² texts do not fit in memory.
    pub fn add(&self, path: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        self.hold(Slot::Held(Arc::new(SourceFile::new(path.into(), text.into()))))
    }

    /// Adds a text that is part of the program, and returns its id.
    pub fn add_shipped(&self, path: &'static str, text: &'static str) -> SourceId {
        self.hold(Slot::Shipped { path, text })
    }

    fn hold(&self, slot: Slot) -> SourceId {
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        let id = u32::try_from(files.len()).expect("invariant: fewer than 2^32 texts");
        files.push(slot);
        SourceId(self.first() + id)
    }

    /// Drops a text from memory that was read from `path` and has this digest; it is read again when it is needed. If
    /// the file has changed then, the text is blank; see [`Slot::take_down`].
    ///
    /// # Panics
    /// If `id` was not returned by this [`Sources`].
    pub fn shelve(&self, id: SourceId, path: PathBuf, digest: blake3::Hash) -> Slot {
        let slot = Slot::shelved(&self.get(id), path, digest);
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        files[(id.0 - self.first()) as usize] = slot.clone();
        slot
    }

    /// The text with an id.
    ///
    /// # Panics
    /// If `id` is from another [`Sources`].
    #[must_use]
    pub fn get(&self, id: SourceId) -> Arc<SourceFile> {
        self.slot(id).file()
    }

    /// The path of a text, as it is shown.
    ///
    /// # Panics
    /// As [`Sources::get`].
    #[must_use]
    pub fn path(&self, id: SourceId) -> String {
        self.slot(id).path().to_owned()
    }

    /// The start of a span as `file:line`.
    ///
    /// # Panics
    /// As [`Sources::get`].
    #[must_use]
    pub fn cite(&self, span: Span) -> String {
        let file = self.get(span.source);
        format!("{}:{}", file.path, file.position(span.start).line)
    }

    /// Where the text with an id is stored.
    ///
    /// # Panics
    /// As [`Sources::get`].
    #[must_use]
    pub fn slot(&self, id: SourceId) -> Slot {
        if let Some(below) = self.below.as_ref().filter(|below| id.0 < below.count) {
            return below.sources.slot(id);
        }
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        files[(id.0 - self.first()) as usize].clone()
    }

    /// The first id that this instance assigns.
    fn first(&self) -> u32 {
        self.below.as_ref().map_or(0, |below| below.count)
    }

    fn count(&self) -> u32 {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        self.first() + u32::try_from(files.len()).expect("invariant: fewer than 2^32 texts")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_over_others_leave_those_as_they_are() {
        let below = Arc::new(Sources::default());
        let first = below.add("a.yaml", "a: 1");
        let over = Sources::over(&below, Overlay::default());
        let second = over.add("b.yaml", "b: 2");
        let later = below.add("c.yaml", "c: 3");
        assert_eq!(&*over.get(first).text, "a: 1");
        assert_eq!(&*over.get(second).text, "b: 2");
        assert_eq!(&*below.get(later).text, "c: 3");
    }
}
