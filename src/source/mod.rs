//! Owns all text and says where things are in it.
//!
//! Everything else in plimsoll points into text by [`Span`]: a file id and a byte range.
//! Lines and columns are computed only where output needs them.

pub(crate) mod bytes;
pub(crate) mod credential;
mod disk;
mod edit;
mod line_index;
mod overlay;
mod shelf;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

pub use disk::{folder_of, replace_quickly, replace_whole, write_through, write_whole};
pub use edit::{Edit, apply};
pub use line_index::{LineIndex, Position};
pub use overlay::Overlay;
pub use shelf::{Changed, Shelved, Slot};

/// Names one text in [`Sources`]. Ids follow the order in which texts were added, so nothing a
/// user sees may be sorted by them: sort by path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceId(u32);

impl SourceId {
    /// A text that no [`Sources`] holds: its spans are byte ranges of a text at hand.
    pub const NOWHERE: Self = Self(u32::MAX);

    /// Stands for the n-th text of a list that is kept elsewhere, as a cache does.
    #[must_use]
    pub fn numbered(number: usize) -> Self {
        Self(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// The number of [`SourceId::numbered`].
    #[must_use]
    pub fn number(self) -> usize {
        self.0 as usize
    }
}

/// Points at a half-open byte range `start..end` of one text.
///
/// Offsets are 0-based bytes and always lie on UTF-8 character boundaries. An empty span
/// (`start == end`) is a place between two characters, such as where a missing key would stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The text pointed into.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// Makes a span from byte offsets. Offsets past 4 GiB are cut to `u32::MAX`: [`Sources`]
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

    /// The same span where its text begins so many bytes into another.
    #[must_use]
    pub fn moved(self, by: u32) -> Self {
        let Self { source, start, end } = self;
        Self { source, start: start.saturating_add(by), end: end.saturating_add(by) }
    }

    /// True when `offset` lies in the span.
    #[must_use]
    pub fn contains(self, offset: u32) -> bool {
        (self.start..self.end).contains(&offset)
    }
}

/// One text: a file as it was read, or a manifest as it was rendered.
#[derive(Debug)]
pub struct SourceFile {
    /// How the file is shown: relative to the working directory, with `/`; for a rendered
    /// manifest the template's name as Helm prints it (`chart/templates/x.yaml`).
    pub path: String,
    /// The whole text, UTF-8; a byte order mark is kept, so that offsets are the file's own.
    pub text: Arc<str>,
    lines: OnceLock<LineIndex>,
}

impl SourceFile {
    fn new(path: String, text: Arc<str>) -> Self {
        Self { path, text, lines: OnceLock::new() }
    }

    /// The line index, built at the first call.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// The line of a byte offset, counted from 1.
    #[must_use]
    pub fn line(&self, offset: u32) -> usize {
        self.lines().line_of(offset as usize) + 1
    }

    /// The line and column of a byte offset, both counted from 1; columns in Unicode scalar values.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        self.lines().position(&self.text, offset as usize)
    }
}

/// Every text of one run. Shared between threads; texts are added and never removed, but may be put
/// away to be read again.
#[derive(Debug, Default)]
pub struct Sources {
    /// Texts of others, whose ids come first.
    below: Option<Below>,
    files: RwLock<Vec<Slot>>,
    overlay: Overlay,
}

/// Texts that are taken over as they are.
#[derive(Debug)]
struct Below {
    sources: Arc<Sources>,
    /// How many there were when they were taken over.
    count: u32,
}

impl Sources {
    /// None yet; [`Sources::read`] sees `overlay` in place of the files it stands in for.
    #[must_use]
    pub fn with_overlay(overlay: Overlay) -> Self {
        Self { overlay, ..Self::default() }
    }

    /// Those of `below`, whose ids stay as they are; what is added is added here alone, and is gone
    /// with the value. So many runs may share what does not change between them.
    #[must_use]
    pub fn over(below: &Arc<Self>, overlay: Overlay) -> Self {
        let count = below.count();
        let below = Some(Below { sources: Arc::clone(below), count });
        Self { below, overlay, ..Self::default() }
    }

    /// The texts that stand in for files.
    #[must_use]
    pub fn overlay(&self) -> &Overlay {
        &self.overlay
    }

    /// Reads a file, or what stands in for it. Adds nothing.
    ///
    /// # Errors
    /// Those of the file system, and [`std::io::ErrorKind::InvalidData`] where it is not UTF-8.
    pub fn read(&self, path: &Path) -> std::io::Result<Arc<str>> {
        match self.overlay.text(path) {
            Some(text) => Ok(Arc::clone(text)),
            None => std::fs::read_to_string(path).map(Arc::from),
        }
    }

    /// Takes a text in and names it.
    ///
    /// # Panics
    /// Never in practice: 2³² texts do not fit into memory.
    pub fn add(&self, path: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        self.hold(Slot::Held(Arc::new(SourceFile::new(path.into(), text.into()))))
    }

    /// Names a text that is part of the program.
    pub fn add_shipped(&self, path: &'static str, text: &'static str) -> SourceId {
        self.hold(Slot::Shipped { path, text })
    }

    fn hold(&self, slot: Slot) -> SourceId {
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        let id = u32::try_from(files.len()).expect("invariant: fewer than 2^32 texts");
        files.push(slot);
        SourceId(self.first() + id)
    }

    /// Gives a text up that was read from `path` and has this digest: it is read again when it is asked
    /// for. One that changes meanwhile is blank then; [`Slot::take_down`] tells.
    ///
    /// # Panics
    /// When `id` was not given by this [`Sources`].
    pub fn shelve(&self, id: SourceId, path: PathBuf, digest: blake3::Hash) -> Slot {
        let slot = Slot::shelved(&self.get(id), path, digest);
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        files[(id.0 - self.first()) as usize] = slot.clone();
        slot
    }

    /// The text behind an id.
    ///
    /// # Panics
    /// When `id` comes from another [`Sources`].
    #[must_use]
    pub fn get(&self, id: SourceId) -> Arc<SourceFile> {
        self.slot(id).file()
    }

    /// How the file of a text is shown.
    ///
    /// # Panics
    /// As [`Sources::get`].
    #[must_use]
    pub fn path(&self, id: SourceId) -> String {
        self.slot(id).path().to_owned()
    }

    /// Where a span begins, as people write it: `file:line`.
    ///
    /// # Panics
    /// As [`Sources::get`].
    #[must_use]
    pub fn cite(&self, span: Span) -> String {
        let file = self.get(span.source);
        format!("{}:{}", file.path, file.position(span.start).line)
    }

    /// Where the text behind an id is.
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

    /// The first id that is given here.
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
