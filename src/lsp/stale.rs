//! Findings that hold on while a text is broken.
//!
//! Half a line of YAML, or of a template, and nothing can be said about what it makes any more.
//! Until it can again, what was found last stays where its lines still are: above the first line
//! that has changed, and below the last.

use std::collections::{BTreeMap, BTreeSet};

use super::position::Text;
use crate::report::model::{Entry, Point};

/// Rules that say that nothing else can be said.
const BREAKS: [&str; 4] = ["yaml-syntax", "helm-render", "chart-yaml-present", "config-invalid"];

/// What was found last, while nothing was broken that was not broken before.
#[derive(Debug, Default)]
pub(super) struct Good {
    /// By shown path, with the text that the findings lie in.
    files: BTreeMap<String, (Text, Vec<Entry>)>,
    /// What was broken already.
    broken: BTreeSet<Break>,
}

/// A fault that hides others: the rule, the file, the releases.
type Break = (String, String, Vec<String>);

impl Good {
    /// Takes what a run found in the files that are open, and all that it found anywhere. Gives what
    /// to show: where something broke with this text, what was found before as well.
    pub(super) fn settle(
        &mut self,
        mut found: BTreeMap<String, (Text, Vec<Entry>)>,
        all: &[Entry],
    ) -> BTreeMap<String, (Text, Vec<Entry>)> {
        let broken: BTreeSet<Break> = all.iter().filter_map(break_of).collect();
        let first = self.files.is_empty();
        if first || broken.is_subset(&self.broken) {
            self.broken = broken;
            self.files.clone_from(&found);
            return found;
        }
        for (path, (text, entries)) in &mut found {
            let Some((old, kept)) = self.files.get(path) else {
                // Opened while something is broken: there is nothing older.
                self.files.insert(path.clone(), (text.clone(), entries.clone()));
                continue;
            };
            let lines = Lines::new(old, text);
            let moved = kept.iter().filter_map(|entry| lines.moved(entry));
            let new: Vec<Entry> = moved.filter(|entry| !has(entries, entry)).collect();
            entries.extend(new);
        }
        found
    }

    pub(super) fn forget(&mut self, path: &str) {
        self.files.remove(path);
    }
}

fn break_of(entry: &Entry) -> Option<Break> {
    let breaks = BREAKS.contains(&entry.rule.as_str());
    breaks.then(|| (entry.rule.clone(), entry.location.file.clone(), entry.releases.clone()))
}

fn has(entries: &[Entry], entry: &Entry) -> bool {
    let same = |other: &Entry| other.rule == entry.rule && other.location == entry.location;
    entries.iter().any(same)
}

/// Which lines of a text are those of an older one.
struct Lines {
    /// So many first lines are the same.
    head: usize,
    /// So many last ones.
    tail: usize,
    old: usize,
    new: usize,
}

impl Lines {
    fn new(old: &Text, new: &Text) -> Self {
        let (before, after) = (old.line_count(), new.line_count());
        let shorter = before.min(after);
        let head = (0..shorter).take_while(|&at| old.line(at) == new.line(at)).count();
        let same = |at: &usize| old.line(before - 1 - at) == new.line(after - 1 - at);
        let tail = (0..shorter - head).take_while(same).count();
        Self { head, tail, old: before, new: after }
    }

    /// A finding where its lines are now; `None` where one of them has changed.
    fn moved(&self, entry: &Entry) -> Option<Entry> {
        let start = self.line(entry.location.start)?;
        let end = self.line(entry.location.end)?;
        let mut moved = entry.clone();
        (moved.location.start, moved.location.end) = (start, end);
        Some(moved)
    }

    fn line(&self, point: Point) -> Option<Point> {
        let at = point.line.saturating_sub(1) as usize;
        let line = if at < self.head {
            at
        } else if at >= self.old - self.tail && at < self.old {
            self.new - (self.old - at)
        } else {
            return None;
        };
        Some(Point { line: u32::try_from(line + 1).ok()?, ..point })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::Location;

    fn entry(rule: &str, line: u32) -> Entry {
        let at = |column| Point { line, column };
        Entry::bare(rule, Location { file: "a.yaml".to_owned(), start: at(1), end: at(2) })
    }

    /// Rules and lines of what is shown after a run.
    fn shown(good: &mut Good, text: &str, found: &[Entry]) -> Vec<(String, u32)> {
        let map = BTreeMap::from([("a.yaml".to_owned(), (Text::new(text), found.to_vec()))]);
        let settled = good.settle(map, found).remove("a.yaml").unwrap().1;
        settled.into_iter().map(|entry| (entry.rule, entry.location.start.line)).collect()
    }

    #[test]
    fn what_was_found_stays_where_lines_are_the_same() {
        let mut good = Good::default();
        let found = [entry("a", 1), entry("b", 2), entry("c", 3)];
        shown(&mut good, "a: 1\nb: 2\nc: 3\n", &found);
        let broken = [entry("yaml-syntax", 2)];
        let after = shown(&mut good, "a: 1\nb: [\n\nc: 3\n", &broken);
        assert_eq!(
            after,
            [("yaml-syntax".to_owned(), 2), ("a".to_owned(), 1), ("c".to_owned(), 4)]
        );
    }

    #[test]
    fn what_is_mended_is_gone() {
        let mut good = Good::default();
        shown(&mut good, "a: 1\n", &[entry("a", 1)]);
        shown(&mut good, "a: [\n", &[entry("yaml-syntax", 1)]);
        assert!(shown(&mut good, "a: 2\n", &[]).is_empty());
    }

    #[test]
    fn what_was_broken_from_the_start_keeps_nothing() {
        let mut good = Good::default();
        let broken = entry("helm-render", 9);
        shown(&mut good, "a: 1\n", &[broken.clone(), entry("a", 1)]);
        let after = shown(&mut good, "a: 1\nb: 1\n", std::slice::from_ref(&broken));
        assert_eq!(after, [("helm-render".to_owned(), 9)]);
    }
}
