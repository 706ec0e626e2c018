//! Edits of texts, for the client to apply.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use gen_lsp_types as lsp;

use super::diagnostics::Texts;
use super::position::Text;
use super::view::View;
use crate::report::model::EditEntry;

/// Edits by shown path: ranges of bytes, and the texts to replace them with.
#[derive(Debug, Default)]
pub(super) struct Edits {
    of: BTreeMap<String, Vec<(Range<usize>, String)>>,
    /// A file to create first.
    new: Option<String>,
}

impl Edits {
    /// The edits of a fix; `None` if a text is not available.
    pub(super) fn of_fix(edits: &[EditEntry], texts: &mut Texts<'_>) -> Option<Self> {
        let mut all = Self::default();
        for edit in edits {
            let text = texts.get(&edit.file)?;
            let range = text.offset_of(edit.start)..text.offset_of(edit.end);
            all.add(&edit.file, range, &edit.text);
        }
        Some(all)
    }

    /// The edit that turns one text into another: it replaces what is between their common beginning and end.
    pub(super) fn between(shown: &str, old: &str, new: &str) -> Self {
        let shared = |pairs: &mut dyn Iterator<Item = (u8, u8)>| {
            pairs.take_while(|(one, other)| one == other).count()
        };
        let mut start = shared(&mut old.bytes().zip(new.bytes()));
        while !(old.is_char_boundary(start) && new.is_char_boundary(start)) {
            start -= 1;
        }
        let (old_rest, new_rest) = (&old[start..], &new[start..]);
        let mut tail = shared(&mut old_rest.bytes().rev().zip(new_rest.bytes().rev()));
        while !old_rest.is_char_boundary(old_rest.len() - tail) {
            tail -= 1;
        }
        let mut edits = Self::default();
        edits.add(shown, start..old.len() - tail, &new_rest[..new_rest.len() - tail]);
        edits
    }

    /// The edit that creates a file with a text.
    pub(super) fn new_file(shown: &str, text: &str) -> Self {
        let mut edits = Self { new: Some(shown.to_owned()), ..Self::default() };
        edits.add(shown, 0..0, text);
        edits
    }

    fn add(&mut self, shown: &str, range: Range<usize>, text: &str) {
        self.of.entry(shown.to_owned()).or_default().push((range, text.to_owned()));
    }

    /// Adds all edits of another, which creates no file. Adds none and returns false if one of them overlaps an edit that is
    /// already there, unless they are equal.
    pub(super) fn join(&mut self, other: Self) -> bool {
        let clash = |shown: &String, (range, text): &(Range<usize>, String)| {
            self.of.get(shown).into_iter().flatten().any(|(own, own_text)| {
                let same = own == range && own_text == text;
                !same && own.start <= range.end && range.start <= own.end
            })
        };
        if other.of.iter().any(|(shown, edits)| edits.iter().any(|edit| clash(shown, edit))) {
            return false;
        }
        for (shown, edits) in other.of {
            let own = self.of.entry(shown).or_default();
            for edit in edits {
                if !own.contains(&edit) {
                    own.push(edit);
                }
            }
        }
        true
    }

    /// The edits as the client's; `None` if one is in no file.
    pub(super) fn settle(
        self,
        view: &View<'_>,
        texts: &mut Texts<'_>,
    ) -> Option<lsp::WorkspaceEdit> {
        let mut changes = Vec::new();
        for (shown, mut edits) in self.of {
            edits.sort_by_key(|(range, _)| (range.start, range.end));
            let uri = view.editor.workspace.uri(&shown, view.editor.documents)?;
            let text = match self.new.as_ref() == Some(&shown) {
                true => Text::new(""),
                false => texts.get(&shown)?.clone(),
            };
            let edits: Vec<lsp::TextEdit> = edits
                .into_iter()
                .map(|(range, new_text)| text_edit(&text, range, new_text, view))
                .collect();
            changes.push((shown, uri, edits));
        }
        let made = self.new.and_then(|shown| {
            let uri = view.editor.workspace.uri(&shown, view.editor.documents)?;
            Some(created(uri))
        });
        Some(match view.client.versions {
            true => lsp::WorkspaceEdit {
                document_changes: Some(
                    made.into_iter()
                        .chain(changes.into_iter().map(|change| versioned(change, view)))
                        .collect(),
                ),
                ..lsp::WorkspaceEdit::default()
            },
            false => lsp::WorkspaceEdit {
                changes: Some(
                    changes
                        .into_iter()
                        .map(|(_, uri, edits)| (uri, edits))
                        .collect::<HashMap<_, _>>(),
                ),
                ..lsp::WorkspaceEdit::default()
            },
        })
    }
}

/// Creates a file, unless it exists in the meantime.
fn created(uri: lsp::Uri) -> lsp::DocumentChange {
    lsp::DocumentChange::CreateFile(lsp::CreateFile {
        uri,
        options: Some(lsp::CreateFileOptions { overwrite: None, ignore_if_exists: Some(true) }),
        annotation_id: None,
    })
}

fn text_edit(text: &Text, range: Range<usize>, new_text: String, view: &View<'_>) -> lsp::TextEdit {
    lsp::TextEdit { range: text.range(range, view.editor.encoding), new_text }
}

/// The edits of one file, for the version of the document that they were made for.
fn versioned(
    (shown, uri, edits): (String, lsp::Uri, Vec<lsp::TextEdit>),
    view: &View<'_>,
) -> lsp::DocumentChange {
    let path = view.editor.workspace.absolute(&shown);
    let version = view.editor.documents.get(&path).map(|document| document.version);
    lsp::DocumentChange::TextDocumentEdit(lsp::TextDocumentEdit {
        text_document: lsp::OptionalVersionedTextDocumentIdentifier {
            version,
            text_document_identifier: lsp::TextDocumentIdentifier { uri },
        },
        edits: edits.into_iter().map(lsp::Edit::TextEdit).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(old: &str, new: &str) -> (Range<usize>, String) {
        Edits::between("a", old, new).of.remove("a").unwrap().remove(0)
    }

    #[test]
    fn an_inserted_line_is_one_insertion() {
        assert_eq!(between("a: 1\nb: 2\n", "a: 1\n# x\nb: 2\n"), (5..5, "# x\n".to_owned()));
        assert_eq!(between("a: é\n", "a: è\n"), (3..5, "è".to_owned()));
        assert_eq!(between("a", "a"), (1..1, String::new()));
    }

    #[test]
    fn edits_that_touch_each_other_are_not_joined() {
        let edit = |range, text: &str| {
            let mut edits = Edits::default();
            edits.add("a", range, text);
            edits
        };
        let mut all = edit(0..2, "x");
        assert!(all.join(edit(5..6, "y")));
        assert!(all.join(edit(5..6, "y")));
        assert!(!all.join(edit(1..3, "z")));
        assert_eq!(all.of["a"].len(), 2);
    }
}
