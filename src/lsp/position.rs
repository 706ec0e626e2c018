//! Places as editors count them: lines from 0, characters in the encoding that was agreed on.

use std::ops::Range;
use std::sync::Arc;

use gen_lsp_types as lsp;

use crate::report::model::{Location, Point};
use crate::source::LineIndex;

/// What a character of a position counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Encoding {
    /// Bytes.
    Utf8,
    /// Units of UTF-16: what every client can.
    #[default]
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

impl Encoding {
    /// The cheapest one that a client offers.
    pub(super) fn negotiated(offered: &[lsp::PositionEncodingKind]) -> Self {
        let offers = |kind: lsp::PositionEncodingKind| offered.contains(&kind);
        if offers(lsp::PositionEncodingKind::UTF8) {
            Self::Utf8
        } else if offers(lsp::PositionEncodingKind::UTF16) || offered.is_empty() {
            Self::Utf16
        } else if offers(lsp::PositionEncodingKind::UTF32) {
            Self::Utf32
        } else {
            Self::Utf16
        }
    }

    pub(super) fn kind(self) -> lsp::PositionEncodingKind {
        match self {
            Self::Utf8 => lsp::PositionEncodingKind::UTF8,
            Self::Utf16 => lsp::PositionEncodingKind::UTF16,
            Self::Utf32 => lsp::PositionEncodingKind::UTF32,
        }
    }

    /// How much a text counts.
    fn length(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::Utf16 => text.chars().map(char::len_utf16).sum(),
            Self::Utf32 => text.chars().count(),
        }
    }

    /// The bytes of as much of a line as counts `units`; a character that they cut is left out.
    fn bytes(self, line: &str, units: usize) -> usize {
        let mut counted = 0;
        for (at, c) in line.char_indices() {
            counted += self.length(&line[at..at + c.len_utf8()]);
            if counted > units {
                return at;
            }
        }
        line.len()
    }
}

/// A text that is asked for places.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) text: Arc<str>,
    lines: Arc<LineIndex>,
}

impl Text {
    pub(super) fn new(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let lines = Arc::new(LineIndex::new(&text));
        Self { text, lines }
    }

    /// The byte offset of a position. Past a line's end it is the line's end; past the last line,
    /// the text's.
    pub(super) fn offset(&self, position: lsp::Position, encoding: Encoding) -> usize {
        let range = self.lines.line_range(&self.text, position.line as usize);
        range.start + encoding.bytes(&self.text[range], position.character as usize)
    }

    /// The position of a byte offset; past the end, that of the end.
    pub(super) fn position(&self, offset: usize, encoding: Encoding) -> lsp::Position {
        let offset = self.text.floor_char_boundary(offset.min(self.text.len()));
        let line = self.lines.line_of(offset);
        let range = self.lines.line_range(&self.text, line);
        let before = &self.text[range.start..offset.max(range.start)];
        position(line, encoding.length(before))
    }

    pub(super) fn range(&self, bytes: Range<usize>, encoding: Encoding) -> lsp::Range {
        let start = self.position(bytes.start, encoding);
        lsp::Range { start, end: self.position(bytes.end, encoding) }
    }

    /// The byte offset of a point of a report.
    pub(super) fn offset_of(&self, point: Point) -> usize {
        self.lines.offset(&self.text, point.into())
    }

    /// The range of a location of a report.
    pub(super) fn range_of(&self, location: &Location, encoding: Encoding) -> lsp::Range {
        self.range(self.offset_of(location.start)..self.offset_of(location.end), encoding)
    }

    pub(super) fn line_count(&self) -> usize {
        self.lines.line_count()
    }

    /// The 0-based line that a byte offset lies in.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.lines.line_of(offset.min(self.text.len()))
    }

    /// A 0-based line without its end.
    pub(super) fn line(&self, line: usize) -> &str {
        &self.text[self.lines.line_range(&self.text, line)]
    }

    /// Where a 0-based line begins.
    pub(super) fn line_start(&self, line: usize) -> usize {
        self.lines.line_range(&self.text, line).start
    }
}

/// A range of a text that is not at hand, as if each character counted one.
pub(super) fn unseen(location: &Location) -> lsp::Range {
    let at = |point: Point| lsp::Position {
        line: point.line.saturating_sub(1),
        character: point.column.saturating_sub(1),
    };
    lsp::Range { start: at(location.start), end: at(location.end) }
}

fn position(line: usize, character: usize) -> lsp::Position {
    let narrow = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    lsp::Position { line: narrow(line), character: narrow(character) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a: \u{1f642}é # x\r\nb: 1\n";

    #[test]
    fn each_encoding_counts_its_own_units() {
        let text = Text::new(TEXT);
        let comment = TEXT.find('#').unwrap();
        for (encoding, character) in
            [(Encoding::Utf8, 10), (Encoding::Utf16, 7), (Encoding::Utf32, 6)]
        {
            let at = text.position(comment, encoding);
            assert_eq!(at, lsp::Position { line: 0, character }, "{encoding:?}");
            assert_eq!(text.offset(at, encoding), comment);
        }
    }

    #[test]
    fn a_position_beyond_the_text_is_the_nearest_in_it() {
        let text = Text::new(TEXT);
        let offset =
            |line, character| text.offset(lsp::Position { line, character }, Encoding::Utf16);
        assert_eq!(offset(0, 99), TEXT.find('\r').unwrap());
        assert_eq!(offset(99, 0), TEXT.len());
        // In the middle of a surrogate pair: its start.
        assert_eq!(offset(0, 4), 3);
    }

    #[test]
    fn the_cheapest_encoding_on_offer_is_taken() {
        use lsp::PositionEncodingKind as Kind;
        assert_eq!(Encoding::negotiated(&[]), Encoding::Utf16);
        assert_eq!(Encoding::negotiated(&[Kind::UTF16, Kind::UTF8]), Encoding::Utf8);
        assert_eq!(Encoding::negotiated(&[Kind::UTF32]), Encoding::Utf32);
    }
}
