//! The texts of files, and the edits of fixes in them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::report::model::{FixEntry, Point};
use crate::source::{Edit, LineIndex, MAX_TEXT, SourceId, Span, apply, read_text};

/// The texts of files by the paths in reports. Each file is read when it is first needed.
#[derive(Debug, Default)]
pub struct Texts {
    known: BTreeMap<String, Option<Text>>,
}

/// One text.
#[derive(Debug)]
struct Text {
    text: Arc<str>,
    /// Where its lines begin, computed once for all edits of the file.
    lines: LineIndex,
}

impl Text {
    fn new(text: Arc<str>) -> Self {
        let lines = LineIndex::new(&text);
        Self { text, lines }
    }
}

/// Edits by file, in bytes.
pub(super) type Edits = BTreeMap<String, Vec<Edit>>;

impl Texts {
    /// The text of a file; `None` if it cannot be read.
    pub fn get(&mut self, path: &str) -> Option<Arc<str>> {
        self.known(path).map(|known| Arc::clone(&known.text))
    }

    /// Replaces the text of a file, in memory.
    pub fn put(&mut self, path: &str, text: Arc<str>) {
        self.known.insert(path.to_owned(), Some(Text::new(text)));
    }

    fn known(&mut self, path: &str) -> Option<&Text> {
        let read = || read_text(Path::new(path), MAX_TEXT).ok();
        let known = self.known.entry(path.to_owned());
        known.or_insert_with(|| read().map(|text| Text::new(text.into()))).as_ref()
    }

    /// The edits of a fix by file; `None` if a file cannot be read.
    pub(super) fn edits(&mut self, fix: &FixEntry) -> Option<Edits> {
        let mut edits = Edits::new();
        for edit in &fix.edits {
            let Text { text, lines } = self.known(&edit.file)?;
            let offset = |point: Point| lines.offset(text, point.into());
            let (start, end) = (offset(edit.start), offset(edit.end));
            let span = Span::new(SourceId::NOWHERE, start, end.max(start));
            edits.entry(edit.file.clone()).or_default().push(Edit::new(span, edit.text.clone()));
        }
        Some(edits)
    }

    /// The texts of files after edits; `None` if two edits overlap.
    pub(super) fn edited(&mut self, edits: &Edits) -> Option<BTreeMap<String, Arc<str>>> {
        let file = |(path, edits): (&String, &Vec<Edit>)| {
            Some((path.clone(), Arc::from(apply(&self.get(path)?, edits)?)))
        };
        edits.iter().map(file).collect()
    }
}

/// True if no edit of one overlaps an edit of the other.
pub(super) fn are_apart(one: &Edits, other: &Edits) -> bool {
    one.iter().all(|(path, edits)| {
        let others = other.get(path).into_iter().flatten();
        others.into_iter().all(|other| {
            // The order of two insertions at the same place would be arbitrary.
            let same = |edit: &&Edit| edit.span == other.span && edit.span.start == edit.span.end;
            !edits.iter().any(|edit| edit.overlaps(other) || same(&edit))
        })
    })
}

/// Adds edits to others.
pub(super) fn unite(all: &mut Edits, more: &Edits) {
    for (path, edits) in more {
        all.entry(path.clone()).or_default().extend(edits.iter().cloned());
    }
}
