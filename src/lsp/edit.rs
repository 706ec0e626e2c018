//! Edits of texts, as a client applies them.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use gen_lsp_types as lsp;

use super::answer::View;
use super::diagnostics::Texts;
use super::position::Text;
use crate::report::model::EditEntry;

/// Edits by shown path: a range of bytes, and what is to stand there.
#[derive(Debug, Default)]
pub(super) struct Edits(BTreeMap<String, Vec<(Range<usize>, String)>>);

impl Edits {
    /// The edits of one fix; `None` where a text is not at hand.
    pub(super) fn of_fix(edits: &[EditEntry], texts: &mut Texts<'_>) -> Option<Self> {
        let mut all = Self::default();
        for edit in edits {
            let text = texts.get(&edit.file)?;
            let range = text.offset_of(edit.start)..text.offset_of(edit.end);
            all.add(&edit.file, range, &edit.text);
        }
        Some(all)
    }

    /// The edit that makes one text of another: what lies between their common beginning and end.
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

    fn add(&mut self, shown: &str, range: Range<usize>, text: &str) {
        self.0.entry(shown.to_owned()).or_default().push((range, text.to_owned()));
    }

    /// Takes in the edits of another, all or none; false where one of them would touch what is
    /// edited already. The same edit twice is one.
    pub(super) fn join(&mut self, other: Self) -> bool {
        let clash = |shown: &String, (range, text): &(Range<usize>, String)| {
            self.0.get(shown).into_iter().flatten().any(|(own, own_text)| {
                let same = own == range && own_text == text;
                !same && own.start <= range.end && range.start <= own.end
            })
        };
        if other.0.iter().any(|(shown, edits)| edits.iter().any(|edit| clash(shown, edit))) {
            return false;
        }
        for (shown, edits) in other.0 {
            let own = self.0.entry(shown).or_default();
            for edit in edits {
                if !own.contains(&edit) {
                    own.push(edit);
                }
            }
        }
        true
    }

    /// As the client takes them; `None` where one lies in no file.
    pub(super) fn settle(
        self,
        view: &View<'_>,
        texts: &mut Texts<'_>,
    ) -> Option<lsp::WorkspaceEdit> {
        let mut changes = Vec::new();
        for (shown, mut edits) in self.0 {
            edits.sort_by_key(|(range, _)| (range.start, range.end));
            let uri = view.editor.workspace.uri(&shown, view.editor.documents)?;
            let text = texts.get(&shown)?.clone();
            let edits: Vec<lsp::TextEdit> = edits
                .into_iter()
                .map(|(range, new_text)| text_edit(&text, range, new_text, view))
                .collect();
            changes.push((shown, uri, edits));
        }
        Some(match view.client.versions {
            true => lsp::WorkspaceEdit {
                document_changes: Some(
                    changes.into_iter().map(|change| versioned(change, view)).collect(),
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

fn text_edit(text: &Text, range: Range<usize>, new_text: String, view: &View<'_>) -> lsp::TextEdit {
    lsp::TextEdit { range: text.range(range, view.editor.encoding), new_text }
}

/// The edits of one file, for the version of it that they were made of.
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
        Edits::between("a", old, new).0.remove("a").unwrap().remove(0)
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
        assert_eq!(all.0["a"].len(), 2);
    }
}
