//! Places in templates.

/// Where in which template a piece of text was written; the default is nowhere yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// A number, and marks.
    id: u32,
    /// Bytes of literal text that stand there before the piece; the indent of what would start a line.
    pub(super) skipped: u32,
}

impl Place {
    /// Marks places of what would start a line of its own.
    const STARTS_LINE: u32 = 1 << 31;
    /// Marks places of literal text.
    const LITERAL: u32 = 1 << 30;

    /// The place of a number, which counts from 1 up to 2³⁰ - 1, where an action stands.
    #[must_use]
    pub fn of_action(number: u32) -> Self {
        Self { id: number & !(Self::STARTS_LINE | Self::LITERAL), skipped: 0 }
    }

    /// The same, where a text starts that is written byte for byte.
    #[must_use]
    pub fn of_literal(number: u32) -> Self {
        let Self { id, skipped } = Self::of_action(number);
        Self { id: id | Self::LITERAL, skipped }
    }

    /// The number, without any mark.
    #[must_use]
    pub fn number(self) -> usize {
        (self.id & !(Self::STARTS_LINE | Self::LITERAL)) as usize
    }

    /// Bytes of literal text that stand there before the piece.
    #[must_use]
    pub fn skipped(self) -> u32 {
        if self.starts_line() { 0 } else { self.skipped }
    }

    /// The same place of something that would start a line of its own, indented as far: it has no part in what
    /// stands before it, unless that is a block which goes on with the line.
    #[must_use]
    pub fn starting_line(self, indent: u32) -> Self {
        Self { id: self.id | Self::STARTS_LINE, skipped: indent }
    }

    pub(super) fn starts_line(self) -> bool {
        self.id & Self::STARTS_LINE != 0
    }

    pub(super) fn is_literal(self) -> bool {
        self.id & Self::LITERAL != 0
    }

    /// The place of what stands some bytes behind the start of a piece.
    pub(super) fn after(self, bytes: usize) -> Self {
        match self.is_literal() {
            true => {
                let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
                Self { skipped: self.skipped.saturating_add(bytes), ..self }
            }
            false => self,
        }
    }
}
