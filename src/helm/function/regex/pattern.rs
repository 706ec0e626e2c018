//! A compiled pattern, for the sort of text that it is asked about.

use std::ops::Range;

use ::regex::{Error, Regex, RegexBuilder, bytes};

/// Bytes that one compiled pattern may take.
const MAX_COMPILED: usize = 8 << 20;

/// Where groups matched; the whole match is the first.
pub(super) type Groups = Vec<Option<Range<usize>>>;

/// A pattern that is compiled for texts of ASCII, or for any.
///
/// What a class of all characters but a few takes to compile in Unicode is most of what a small chart
/// takes to render, and nearly all texts that charts match are names.
#[derive(Debug)]
pub(super) enum Pattern {
    /// For ASCII, where a byte is a character.
    Ascii(bytes::Regex),
    /// For any text.
    Unicode(Regex),
}

impl Pattern {
    /// Compiles a pattern in the syntax of the `regex` crate.
    ///
    /// # Errors
    /// When it is none, or too large.
    pub(super) fn compile(pattern: &str, for_ascii: bool) -> Result<Self, Error> {
        if for_ascii && pattern.is_ascii() {
            let mut builder = bytes::RegexBuilder::new(pattern);
            // A class such as `\pL` is refused without Unicode.
            if let Ok(regex) = builder.unicode(false).size_limit(MAX_COMPILED).build() {
                return Ok(Self::Ascii(regex));
            }
        }
        RegexBuilder::new(pattern).size_limit(MAX_COMPILED).build().map(Self::Unicode)
    }

    /// Whether it matches somewhere.
    pub(super) fn is_match(&self, subject: &str) -> bool {
        match self {
            Self::Ascii(regex) => regex.is_match(subject.as_bytes()),
            Self::Unicode(regex) => regex.is_match(subject),
        }
    }

    /// Its matches from left to right; none lies in another.
    pub(super) fn find_iter<'a>(
        &'a self,
        subject: &'a str,
    ) -> Box<dyn Iterator<Item = Range<usize>> + 'a> {
        match self {
            Self::Ascii(regex) => Box::new(regex.find_iter(subject.as_bytes()).map(|m| m.range())),
            Self::Unicode(regex) => Box::new(regex.find_iter(subject).map(|m| m.range())),
        }
    }

    /// Its matches as [`Pattern::find_iter`] gives them, with their groups.
    pub(super) fn captures_iter<'a>(
        &'a self,
        subject: &'a str,
    ) -> Box<dyn Iterator<Item = Groups> + 'a> {
        match self {
            Self::Ascii(regex) => Box::new(
                regex
                    .captures_iter(subject.as_bytes())
                    .map(|groups| groups.iter().map(|group| group.map(|m| m.range())).collect()),
            ),
            Self::Unicode(regex) => Box::new(
                regex
                    .captures_iter(subject)
                    .map(|groups| groups.iter().map(|group| group.map(|m| m.range())).collect()),
            ),
        }
    }

    /// The number of the group of this name.
    pub(super) fn group(&self, name: &str) -> Option<usize> {
        let is_it = |known: Option<&str>| known == Some(name);
        match self {
            Self::Ascii(regex) => regex.capture_names().position(is_it),
            Self::Unicode(regex) => regex.capture_names().position(is_it),
        }
    }
}
