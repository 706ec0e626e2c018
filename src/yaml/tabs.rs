//! Tabs that YAML 1.2 allows and go-yaml refuses.
//!
//! libyaml skips tabs within lines and in flow collections. Where a key or a dash may begin it refuses them, even in a
//! line that is blank or a comment, and so do kubectl and Helm (go.yaml.in/yaml/v2 2.4 `scannerc.go`:
//! `yaml_parser_scan_to_next_token`, `yaml_parser_scan_plain_scalar`, `yaml_parser_scan_block_scalar_breaks`).

use std::ops::Range;

use granit_parser::{Event, ScalarStyle, StructureStyle};
use memchr::{memchr_iter, memrchr};

/// Follows the events of a text to find the tabs that are refused.
pub(super) struct Tabs<'t> {
    text: &'t str,
    /// The offsets of tabs with only blanks and dashes before them on their lines that are after the last event, the
    /// last first.
    left: Vec<usize>,
    /// The columns of the incomplete collections; `None` for those in flow style.
    open: Vec<Option<usize>>,
    last: Last,
}

/// What is before the next event.
enum Last {
    /// The end of a plain or block scalar, and the column from which on tabs are allowed after it.
    Scalar(usize, usize),
    /// A part of the text that is not YAML.
    Lost,
    Other,
}

impl<'t> Tabs<'t> {
    /// `None` for a text without such tabs, as nearly all texts are.
    pub(super) fn of(text: &'t str) -> Option<Self> {
        let leads = |tab: &usize| {
            let before = text[..*tab].trim_end_matches([' ', '-']);
            let lead = &text[before.len()..*tab];
            (before.is_empty() || before.ends_with('\n')) && !lead.contains("--")
        };
        let mut left: Vec<usize> = memchr_iter(b'\t', text.as_bytes()).filter(leads).collect();
        left.reverse();
        (!left.is_empty()).then_some(Self { text, left, open: Vec::new(), last: Last::Other })
    }

    /// Handles the next event; returns the offset of the first tab that is refused before it or in it.
    pub(super) fn pass(&mut self, event: &Event<'_>, range: &Range<usize>) -> Option<usize> {
        let start = if matches!(event, Event::StreamEnd) { self.text.len() } else { range.start };
        let before = self.take(start);
        let refused = before.into_iter().find(|tab| self.is_refused_before(*tab));
        let refused = refused.or_else(|| self.scalar(event, range));
        match event {
            Event::SequenceStart(StructureStyle::Block, ..)
            | Event::MappingStart(StructureStyle::Block, ..) => {
                self.open.push(Some(self.column(range.start)));
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => self.open.push(None),
            Event::SequenceEnd | Event::MappingEnd => {
                // A flow collection ends with its bracket, so it does not matter what is in it.
                let ended = self.open.pop();
                if ended == Some(None) {
                    self.last = Last::Other;
                }
            }
            Event::DocumentStart(..) => {
                self.open.clear();
                self.last = Last::Other;
            }
            Event::Alias(..) | Event::UnresolvedAlias(..) | Event::Comment(..) => {
                self.last = Last::Other;
            }
            _ => {}
        }
        refused
    }

    /// Continues after a part of the text that is not YAML.
    pub(super) fn skip(&mut self) {
        self.open.clear();
        self.last = Last::Lost;
    }

    /// Removes the tabs before `end` from those that are left, and returns them.
    fn take(&mut self, end: usize) -> Vec<usize> {
        let from = self.left.partition_point(|tab| *tab >= end);
        let mut taken = self.left.split_off(from);
        taken.reverse();
        taken
    }

    fn column(&self, at: usize) -> usize {
        at - memrchr(b'\n', &self.text.as_bytes()[..at]).map_or(0, |end| end + 1)
    }

    fn is_refused_before(&self, tab: usize) -> bool {
        let in_brackets = self.open.last() == Some(&None);
        match self.last {
            Last::Lost => false,
            Last::Scalar(end, from) => {
                let between = self.text.get(end..tab).unwrap_or_default();
                match between.trim().is_empty() {
                    true => self.column(tab) < from,
                    false => !in_brackets,
                }
            }
            Last::Other => !in_brackets,
        }
    }

    /// Handles a scalar; returns the offset of the first tab that is refused in it.
    fn scalar(&mut self, event: &Event<'_>, range: &Range<usize>) -> Option<usize> {
        let Event::Scalar(_, style, ..) = event else { return None };
        if range.is_empty() && *style == ScalarStyle::Plain {
            return None;
        }
        let within = self.take(range.end);
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let from = match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                self.last = Last::Other;
                return None;
            }
            ScalarStyle::Plain => {
                self.open.iter().rev().flatten().next().map_or(0, |parent| parent + 1)
            }
            _ if range.is_empty() => usize::MAX,
            _ => self.column(range.start),
        };
        self.last = Last::Scalar(range.end, from);
        let leads_text = |tab: usize| tab == range.start && !self.states_indent(tab);
        within.into_iter().find(|tab| {
            let column = self.column(*tab);
            let is_blank = self.text[tab - column..*tab].bytes().all(|byte| byte == b' ');
            is_blank && (column < from || is_block && leads_text(*tab))
        })
    }

    /// True if the header of a block scalar states its indentation; `text` is the offset of its text.
    fn states_indent(&self, text: usize) -> bool {
        let above = self.text[..text].trim_end();
        let line = above.rsplit('\n').next().unwrap_or_default();
        let header = line.split(" #").next().unwrap_or_default().trim_end();
        header.trim_end_matches(['-', '+']).ends_with(|c: char| c.is_ascii_digit())
    }
}
