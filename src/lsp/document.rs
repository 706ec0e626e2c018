//! The documents that are open in the editor.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gen_lsp_types as lsp;
use lsp::TextDocumentContentChangeEvent as Change;

use super::position::{Encoding, Text};
use crate::source::Overlay;

/// An open document.
#[derive(Debug, Clone)]
pub(super) struct Document {
    /// Its address, as the editor writes it.
    pub(super) uri: lsp::Uri,
    /// The editor's version number.
    pub(super) version: i32,
    pub(super) text: Text,
}

/// All open documents that are files, by path. Cheap to clone: texts are shared.
#[derive(Debug, Clone, Default)]
pub(super) struct Documents(BTreeMap<PathBuf, Document>);

impl Documents {
    pub(super) fn open(&mut self, path: PathBuf, document: Document) {
        self.0.insert(path, document);
    }

    pub(super) fn close(&mut self, path: &Path) -> Option<Document> {
        self.0.remove(path)
    }

    /// Applies changes in order. False for a document that is not open, and for changes that are older than the text.
    pub(super) fn change(
        &mut self,
        path: &Path,
        version: i32,
        changes: Vec<Change>,
        encoding: Encoding,
    ) -> bool {
        let Some(document) = self.0.get_mut(path).filter(|known| known.version <= version) else {
            return false;
        };
        document.version = version;
        for change in changes {
            document.text = match change {
                Change::TextDocumentContentChangeWholeDocument(whole) => Text::new(whole.text),
                Change::TextDocumentContentChangePartial(part) => {
                    replaced(&document.text, part.range, &part.text, encoding)
                }
            };
        }
        true
    }

    pub(super) fn get(&self, path: &Path) -> Option<&Document> {
        self.0.get(path)
    }

    /// All documents, by path.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Path, &Document)> {
        self.0.iter().map(|(path, document)| (path.as_path(), document))
    }

    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.0.keys().cloned().collect()
    }

    /// Their texts, as replacements for the files.
    pub(super) fn overlay(&self) -> Overlay {
        let mut overlay = Overlay::default();
        for (path, document) in &self.0 {
            overlay.put(path, std::sync::Arc::clone(&document.text.text));
        }
        overlay
    }
}

fn replaced(text: &Text, range: lsp::Range, new: &str, encoding: Encoding) -> Text {
    let start = text.offset(range.start, encoding);
    let end = text.offset(range.end, encoding).max(start);
    Text::new([&text.text[..start], new, &text.text[end..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(range: [u32; 4], new: &str) -> String {
        let [line, character, to_line, to_character] = range;
        let start = lsp::Position { line, character };
        let end = lsp::Position { line: to_line, character: to_character };
        let text = Text::new("a: \u{1f642}\nb: 2\n");
        replaced(&text, lsp::Range { start, end }, new, Encoding::Utf16).text.to_string()
    }

    #[test]
    fn a_change_replaces_what_its_range_names() {
        assert_eq!(edited([0, 3, 0, 5], "1"), "a: 1\nb: 2\n");
        assert_eq!(edited([0, 5, 1, 0], ""), "a: \u{1f642}b: 2\n");
        assert_eq!(edited([9, 0, 9, 0], "c: 3"), "a: \u{1f642}\nb: 2\nc: 3");
    }

    #[test]
    fn a_range_that_ends_before_it_starts_replaces_nothing() {
        assert_eq!(edited([1, 0, 0, 0], "x"), "a: \u{1f642}\nxb: 2\n");
    }
}
