//! Compiled patterns, for short texts or for any text.

use std::ops::Range;

use ::regex::{Error, Regex, RegexBuilder};

/// The largest size of a compiled pattern, in bytes.
const MAX_COMPILED: usize = 8 << 20;
/// The largest size of a compiled pattern for short texts, in bytes: the time of a search is the product of both
/// sizes.
const MAX_SHORT_COMPILED: usize = 16 << 10;
/// The largest size of a short text, in bytes.
const MAX_SHORT: usize = 4 << 10;

/// The ranges of the groups of a match; the first is the whole match.
pub(super) type Groups = Vec<Option<Range<usize>>>;

/// A pattern that is compiled for short ASCII texts, or for any text.
///
/// Most texts that charts match are names, and most patterns are used once or twice. Compiling a pattern for fast
/// searches, and its classes for Unicode, would take a tenth of the time for which a small chart is rendered.
#[derive(Debug)]
pub(super) enum Pattern {
    /// For texts that are short by [`Pattern::is_short`]; it is compiled quickly.
    Short(regex_lite::Regex),
    /// For any text.
    Any(Regex),
}

impl Pattern {
    /// Whether a text is short, and only of ASCII: then each character is a byte.
    pub(super) fn is_short(subject: &str) -> bool {
        subject.len() <= MAX_SHORT && subject.is_ascii()
    }

    /// Compiles a pattern in the syntax of the `regex` crate, for short texts only or for any text.
    ///
    /// # Errors
    /// If it is not valid, or too large.
    pub(super) fn compile(pattern: &str, for_short: bool) -> Result<Self, Error> {
        if for_short && pattern.is_ascii() {
            let mut builder = regex_lite::RegexBuilder::new(pattern);
            // A class such as `\pL`, and a large pattern, need the other crate.
            if let Ok(regex) = builder.size_limit(MAX_SHORT_COMPILED).build() {
                return Ok(Self::Short(regex));
            }
        }
        RegexBuilder::new(pattern).size_limit(MAX_COMPILED).build().map(Self::Any)
    }

    /// Whether there is a match.
    pub(super) fn is_match(&self, subject: &str) -> bool {
        match self {
            Self::Short(regex) => regex.is_match(subject),
            Self::Any(regex) => regex.is_match(subject),
        }
    }

    /// Its matches from left to right, which do not overlap.
    pub(super) fn find_iter<'a>(
        &'a self,
        subject: &'a str,
    ) -> Box<dyn Iterator<Item = Range<usize>> + 'a> {
        match self {
            Self::Short(regex) => Box::new(regex.find_iter(subject).map(|m| m.range())),
            Self::Any(regex) => Box::new(regex.find_iter(subject).map(|m| m.range())),
        }
    }

    /// Its matches as from [`Pattern::find_iter`], with their groups.
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

    /// The index of the group with this name.
    pub(super) fn group(&self, name: &str) -> Option<usize> {
        let is_it = |known: Option<&str>| known == Some(name);
        match self {
            Self::Short(regex) => regex.capture_names().position(is_it),
            Self::Any(regex) => regex.capture_names().position(is_it),
        }
    }
}
