//! The texts that excerpts are taken from.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::conceal::conceal;
use super::escape;
use super::model::Point;
use crate::source::{LineIndex, MAX_TEXT, Slot, Sources, read_text};

/// How many bytes of prepared texts are kept. Reports go from file to file, so an older text is seldom needed again.
const READY: usize = 16 << 20;

/// Texts by the paths in reports. Reads a file from disk if the run's sources do not have it, as for a report that was
/// merged from shards.
#[derive(Debug, Default)]
pub struct Texts {
    known: HashMap<String, Slot>,
    shown: HashMap<String, Option<Arc<Shown>>>,
    /// The length of all texts in `shown`.
    bytes: usize,
}

/// How prose is wrapped to lines of some width, in columns. Words are not broken, since they may be names, paths and
/// patterns that people copy.
pub(crate) fn prose(width: usize) -> textwrap::Options<'static> {
    textwrap::Options::new(width)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
}

/// A text without control characters and credentials, in which all byte offsets are those of the file.
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

    /// The text of a file; `None` if it cannot be read.
    pub(crate) fn get(&mut self, path: &str) -> Option<Arc<Shown>> {
        if let Some(shown) = self.shown.get(path) {
            return shown.clone();
        }
        let text = match self.known.get(path) {
            Some(slot) => slot.take_down().ok().map(|file| Arc::clone(&file.text)),
            None => read_text(Path::new(path), MAX_TEXT).ok().map(Arc::from),
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

    /// A line without its line end; the first has the number 1.
    pub(crate) fn line(&self, line: u32) -> &str {
        let line = line.saturating_sub(1) as usize;
        let text = &self.text[self.lines.line_range(&self.text, line)];
        text.strip_prefix('\u{feff}').unwrap_or(text)
    }

    /// How many lines there are. A final line feed does not begin another line.
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
