//! Edits of a text.

use serde::{Deserialize, Serialize};

use super::Span;

/// The replacement of a span by a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Edit {
    /// The replaced span; empty for an insertion.
    pub span: Span,
    /// The replacement.
    pub text: String,
}

impl Edit {
    /// Replaces `span` by `text`.
    #[must_use]
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }

    /// True if two edits of one text cannot both be made: they replace a common byte, or one inserts inside of what the
    /// other replaces. Insertions at the same place are possible.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let (a, b) = (self.span, other.span);
        let common = a.start.max(b.start) < a.end.min(b.end);
        a.source == b.source && (common || within(a, b) || within(b, a))
    }
}

/// Whether an empty span is inside another, rather than at its ends.
fn within(inner: Span, outer: Span) -> bool {
    inner.start == inner.end && outer.start < inner.start && inner.start < outer.end
}

/// The text after edits, which keep their order if they are at the same place. `None` if two overlap, or if one reaches
/// past the text or splits a character.
#[must_use]
pub fn apply<'e>(text: &str, edits: impl IntoIterator<Item = &'e Edit>) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.into_iter().collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut new = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let range = edit.span.range();
        new.push_str(text.get(at..range.start)?);
        new.push_str(&edit.text);
        text.get(range.clone())?;
        at = range.end;
    }
    new.push_str(text.get(at..)?);
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::super::SourceId;
    use super::*;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit::new(Span::new(SourceId::NOWHERE, start, end), text)
    }

    #[test]
    fn edits_are_made_from_left_to_right_and_insertions_keep_their_order() {
        let edits = [edit(4, 5, "two"), edit(0, 1, "one"), edit(2, 2, "x"), edit(2, 2, "y")];
        assert_eq!(apply("1 , 2", &edits).as_deref(), Some("one xy, two"));
    }

    #[test]
    fn what_overlaps_or_cuts_a_character_is_not_made() {
        assert_eq!(apply("abc", &[edit(0, 2, ""), edit(1, 3, "")]), None);
        assert_eq!(apply("é", &[edit(1, 2, "")]), None);
        assert_eq!(apply("a", &[edit(0, 2, "")]), None);
    }

    #[test]
    fn insertions_overlap_only_what_they_stand_within() {
        assert!(!edit(1, 1, "a").overlaps(&edit(1, 1, "b")));
        assert!(!edit(1, 1, "a").overlaps(&edit(1, 3, "b")));
        assert!(edit(2, 2, "a").overlaps(&edit(1, 3, "b")));
        assert!(edit(0, 2, "a").overlaps(&edit(1, 3, "b")));
    }
}
