//! A compiled pattern, for the sort of text that it is asked about.

use std::ops::Range;

use ::regex::{Error, Regex, RegexBuilder};

/// Bytes that one compiled pattern may take.
const MAX_COMPILED: usize = 8 << 20;
/// Bytes that one may take for short texts: what it costs to search is the product of both.
const MAX_SHORT_COMPILED: usize = 16 << 10;
/// Bytes of a short text.
const MAX_SHORT: usize = 4 << 10;

/// Where groups matched; the whole match is the first.
pub(super) type Groups = Vec<Option<Range<usize>>>;

/// A pattern that is compiled for short texts of ASCII, or for any.
///
/// Nearly all texts that charts match are names, and most patterns are used once or twice: to compile one for
/// fast searches, and its classes for Unicode, would be a tenth of what a small chart takes to render.
#[derive(Debug)]
pub(super) enum Pattern {
    /// For those that [`Pattern::is_short`] holds to be short: compiled in no time.
    Short(regex_lite::Regex),
    /// For any text.
    Any(Regex),
}

impl Pattern {
    /// Whether a text is short, and of ASCII only: there a character is a byte.
    pub(super) fn is_short(subject: &str) -> bool {
        subject.len() <= MAX_SHORT && subject.is_ascii()
    }

    /// Compiles a pattern in the syntax of the `regex` crate, for short texts only or for any.
    ///
    /// # Errors
    /// When it is none, or too large.
    pub(super) fn compile(pattern: &str, for_short: bool) -> Result<Self, Error> {
        if for_short && pattern.is_ascii() {
            let mut builder = regex_lite::RegexBuilder::new(pattern);
            // A class such as `\pL`, or a large pattern, is for the other crate.
            if let Ok(regex) = builder.size_limit(MAX_SHORT_COMPILED).build() {
                return Ok(Self::Short(regex));
            }
        }
        RegexBuilder::new(pattern).size_limit(MAX_COMPILED).build().map(Self::Any)
    }

    /// Whether it matches somewhere.
    pub(super) fn is_match(&self, subject: &str) -> bool {
        match self {
            Self::Short(regex) => regex.is_match(subject),
            Self::Any(regex) => regex.is_match(subject),
        }
    }

    /// Its matches from left to right; none lies in another.
    pub(super) fn find_iter<'a>(
        &'a self,
        subject: &'a str,
    ) -> Box<dyn Iterator<Item = Range<usize>> + 'a> {
        match self {
            Self::Short(regex) => Box::new(regex.find_iter(subject).map(|m| m.range())),
            Self::Any(regex) => Box::new(regex.find_iter(subject).map(|m| m.range())),
        }
    }

    /// Its matches as [`Pattern::find_iter`] gives them, with their groups.
    pub(super) fn captures_iter<'a>(
        &'a self,
        subject: &'a str,
    ) -> Box<dyn Iterator<Item = Groups> + 'a> {
        match self {
            Self::Short(regex) => Box::new(
                regex
                    .captures_iter(subject)
                    .map(|groups| groups.iter().map(|group| group.map(|m| m.range())).collect()),
            ),
            Self::Any(regex) => Box::new(
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
            Self::Short(regex) => regex.capture_names().position(is_it),
            Self::Any(regex) => regex.capture_names().position(is_it),
        }
    }
}
