//! Converts byte offsets to lines and columns.

/// A place as users count: both from 1, columns in Unicode scalar values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in Unicode scalar values.
    pub column: u32,
}

/// The starts of a text's lines. Lines end at `\n`; a `\r` before it belongs to the line.
#[derive(Debug, Clone)]
pub struct LineIndex {
    /// Byte offset of each line's first byte; never empty, sorted.
    starts: Vec<u32>,
}

/// The expected length of a line, in bytes.
const EXPECTED_LINE: usize = 24;

/// Sets the highest bit of each of eight bytes that is a line end, and no others.
fn line_ends(word: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    // A line end becomes zero, the only byte whose highest bit is unset after the addition and the two `|`.
    let left = word ^ u64::from_ne_bytes([b'\n'; 8]);
    !(((left & LOW) + LOW) | left | LOW)
}

impl LineIndex {
    /// Finds the starts of a text's lines.
    #[must_use]
    pub fn new(text: &str) -> Self {
        // Lines are short, so searching for one line end after the other takes three times as long as testing eight
        // bytes at a time.
        let (words, rest) = text.as_bytes().as_chunks();
        let mut starts = Vec::with_capacity(1 + text.len() / EXPECTED_LINE);
        starts.push(0);
        let mut note = |end: usize| starts.push(u32::try_from(end + 1).unwrap_or(u32::MAX));
        for (at, word) in words.iter().enumerate() {
            let mut ends = line_ends(u64::from_le_bytes(*word));
            while ends != 0 {
                note(8 * at + ends.trailing_zeros() as usize / 8);
                ends &= ends - 1;
            }
        }
        let ends = (0..).zip(rest).filter(|(_, byte)| **byte == b'\n');
        ends.for_each(|(at, _)| note(8 * words.len() + at));
        Self { starts }
    }

    /// The number of lines; an empty text has one.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.starts.len()
    }

    /// 0-based number of the line with a byte offset.
    #[must_use]
    pub fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start as usize <= offset) - 1
    }

    /// Byte range of a 0-based line without its line end. Past the last line: the empty range at the text's end.
    #[must_use]
    pub fn line_range(&self, text: &str, line: usize) -> std::ops::Range<usize> {
        let Some(&start) = self.starts.get(line) else {
            return text.len()..text.len();
        };
        let end = self.starts.get(line + 1).map_or(text.len(), |&next| next as usize);
        let body = &text[start as usize..end];
        let body = body.strip_suffix('\n').unwrap_or(body);
        let body = body.strip_suffix('\r').unwrap_or(body);
        start as usize..start as usize + body.len()
    }

    /// Line and column of a byte offset. An offset inside a character counts as that character's start, and one past
    /// the end as the end.
    #[must_use]
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let offset = text.floor_char_boundary(offset.min(text.len()));
        let line = self.line_of(offset);
        let mut head = &text[self.starts[line] as usize..offset];
        if line == 0 {
            // Editors do not show a byte order mark as a column.
            head = head.strip_prefix('\u{feff}').unwrap_or(head);
        }
        let narrow = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Position { line: narrow(line + 1), column: narrow(head.chars().count() + 1) }
    }

    /// Byte offset of a line and column, the inverse of [`LineIndex::position`]. Columns past the end of a line count
    /// as that end, and lines past the last one as the end of the text.
    #[must_use]
    pub fn offset(&self, text: &str, position: Position) -> usize {
        let line = position.line.saturating_sub(1) as usize;
        let range = self.line_range(text, line);
        let mut body = &text[range.clone()];
        if line == 0 {
            body = body.strip_prefix('\u{feff}').unwrap_or(body);
        }
        let column = position.column.saturating_sub(1) as usize;
        let at = body.char_indices().nth(column).map_or(body.len(), |(at, _)| at);
        range.end - body.len() + at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_and_scalar_values_from_one() {
        let text = "a: é\r\nb: 1\n";
        let index = LineIndex::new(text);
        assert_eq!(index.position(text, 0), Position { line: 1, column: 1 });
        assert_eq!(index.position(text, 5), Position { line: 1, column: 5 });
        assert_eq!(index.position(text, 7), Position { line: 2, column: 1 });
        assert_eq!(&text[index.line_range(text, 0)], "a: é");
        assert_eq!(index.position(text, 999), Position { line: 3, column: 1 });
    }

    #[test]
    fn leaves_a_byte_order_mark_out_of_the_column() {
        let text = "\u{feff}a: 1";
        assert_eq!(LineIndex::new(text).position(text, 3).column, 1);
    }

    #[test]
    fn a_line_and_a_column_lead_back_to_where_they_are_of() {
        let text = "\u{feff}é: 1\r\nb: 2\n";
        let index = LineIndex::new(text);
        for at in [text.find('é'), text.find('1'), text.find('b'), text.find('2'), Some(text.len())]
        {
            let at = at.expect("it is there");
            assert_eq!(index.offset(text, index.position(text, at)), at);
        }
        let beyond = |line, column| index.offset(text, Position { line, column });
        assert_eq!(beyond(1, 99), text.find('\r').expect("a line end"));
        assert_eq!(beyond(9, 9), text.len());
    }
}
