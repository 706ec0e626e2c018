//! Owns all text and says where things are in it.
//!
//! Everything else in plimsoll points into text by [`Span`]: a file id and a byte range.
//! Lines and columns are computed only where output needs them.

mod disk;
mod line_index;

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

pub use disk::{folder_of, write_whole};
pub use line_index::{LineIndex, Position};

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
    /// The line index, built at the first call.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// The line and column of a byte offset, both counted from 1; columns in Unicode scalar values.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        self.lines().position(&self.text, offset as usize)
    }
}

/// Every text of one run. Shared between threads; texts are added and never removed.
#[derive(Debug, Default)]
pub struct Sources {
    files: RwLock<Vec<Arc<SourceFile>>>,
}

impl Sources {
    /// Takes a text in and names it.
    ///
    /// # Panics
    /// Never in practice: 2³² texts do not fit into memory.
    pub fn add(&self, path: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        let file = SourceFile { path: path.into(), text: text.into(), lines: OnceLock::new() };
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        let id = u32::try_from(files.len()).expect("invariant: fewer than 2^32 texts");
        files.push(Arc::new(file));
        SourceId(id)
    }

    /// The text behind an id.
    ///
    /// # Panics
    /// When `id` comes from another [`Sources`].
    #[must_use]
    pub fn get(&self, id: SourceId) -> Arc<SourceFile> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&files[id.0 as usize])
    }
}
