//! Places in templates.

/// The place in a template at which a text was written; the default is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The number of the place, with flags.
    id: u32,
    /// The number of bytes of the literal text before this part of it; or the indentation of text that would start a
    /// line.
    pub(super) skipped: u32,
}

impl Place {
    /// A flag of places of text that would start a new line.
    const STARTS_LINE: u32 = 1 << 31;
    /// A flag of places of literal text.
    const LITERAL: u32 = 1 << 30;

    /// The place of an action, by its number, from 1 to 2³⁰ - 1.
    #[must_use]
    pub fn of_action(number: u32) -> Self {
        Self { id: number & !(Self::STARTS_LINE | Self::LITERAL), skipped: 0 }
    }

    /// The place of the start of a literal text, by its number.
    #[must_use]
    pub fn of_literal(number: u32) -> Self {
        let Self { id, skipped } = Self::of_action(number);
        Self { id: id | Self::LITERAL, skipped }
    }

    /// The number, without flags.
    #[must_use]
    pub fn number(self) -> usize {
        (self.id & !(Self::STARTS_LINE | Self::LITERAL)) as usize
    }

    /// The number of bytes of the literal text before this part of it.
    #[must_use]
    pub fn skipped(self) -> u32 {
        if self.starts_line() { 0 } else { self.skipped }
    }

    /// The same place for text that would start a new line with this indentation. What is before it does not depend on
    /// it, unless it is a block that continues with that line.
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

    /// The place some bytes after the start of a text.
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
