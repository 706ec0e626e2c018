//! The texts that excerpts are cut from.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::conceal::conceal;
use super::escape;
use super::model::Point;
use crate::source::{LineIndex, Slot, Sources};

/// Bytes of texts that are kept ready to be shown: reports go from file to file, so one is seldom asked
/// for again when many others have been.
const READY: usize = 16 << 20;

/// Texts by the path that reports name them with. Reads the file itself when a run's sources do
/// not hold it, as for a report that was merged from shards.
#[derive(Debug, Default)]
pub struct Texts {
    known: HashMap<String, Slot>,
    shown: HashMap<String, Option<Arc<Shown>>>,
    /// Of those in `shown`.
    bytes: usize,
}

/// How prose is broken into lines so wide, in columns. Words stay whole: they may be names, paths and patterns, and
/// are copied from there.
pub(crate) fn prose(width: usize) -> textwrap::Options<'static> {
    textwrap::Options::new(width)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
}

/// A text made harmless for a terminal and without credentials, byte for byte as long as the file.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) text: Arc<str>,
    pub(crate) lines: LineIndex,
}

impl Texts {
    /// The texts of one run.
    #[must_use]
    pub fn of_run<'a>(
        sources: &Sources,
        ids: impl IntoIterator<Item = &'a crate::source::SourceId>,
    ) -> Self {
        let slots = ids.into_iter().map(|&id| sources.slot(id));
        let known = slots.map(|slot| (slot.path().to_owned(), slot));
        Self { known: known.collect(), ..Self::default() }
    }

    /// The text under a path; `None` when there is none that can be read.
    pub(crate) fn get(&mut self, path: &str) -> Option<Arc<Shown>> {
        if let Some(shown) = self.shown.get(path) {
            return shown.clone();
        }
        let text = match self.known.get(path) {
            Some(slot) => slot.take_down().ok().map(|file| Arc::clone(&file.text)),
            None => std::fs::read_to_string(Path::new(path)).ok().map(Arc::from),
        };
        let shown = text.map(|text| {
            let text = replaced(&text, escape::same_length);
            let text = replaced(&text, conceal);
            let lines = LineIndex::new(&text);
            Arc::new(Shown { text, lines })
        });
        self.bytes += shown.as_ref().map_or(0, |shown| shown.text.len());
        if self.bytes > READY {
            self.shown.clear();
            self.bytes = 0;
        }
        self.shown.insert(path.to_owned(), shown.clone());
        shown
    }
}

fn replaced(text: &Arc<str>, with: fn(&str) -> Cow<'_, str>) -> Arc<str> {
    match with(text) {
        Cow::Borrowed(_) => Arc::clone(text),
        Cow::Owned(new) => Arc::from(new),
    }
}

impl Shown {
    /// Byte offset of a line and column; past the line's end, its end.
    pub(crate) fn offset(&self, point: Point) -> usize {
        self.lines.offset(&self.text, point.into())
    }

    /// One line without its end, from 1.
    pub(crate) fn line(&self, line: u32) -> &str {
        let line = line.saturating_sub(1) as usize;
        let text = &self.text[self.lines.line_range(&self.text, line)];
        text.strip_prefix('\u{feff}').unwrap_or(text)
    }

    /// How many lines there are to show: what follows the last line feed is none.
    pub(crate) fn line_count(&self) -> u32 {
        let ended = self.text.is_empty() || self.text.ends_with('\n');
        u32::try_from(self.lines.line_count() - usize::from(ended)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_broken_at_blanks_alone() {
        let text = "the label app.kubernetes.io/part-of of gitlab-runner";
        let lines = textwrap::wrap(text, prose(12));
        assert_eq!(lines, ["the label", "app.kubernetes.io/part-of", "of", "gitlab-runner"]);
    }

    #[test]
    fn what_follows_the_last_line_feed_is_no_line() {
        for (text, count) in [("a\nb\n", 2), ("a\nb", 2), ("a\n\n", 2), ("a", 1), ("", 0)] {
            let shown = Shown { text: text.into(), lines: LineIndex::new(text) };
            assert_eq!(shown.line_count(), count, "{text:?}");
        }
    }
}
