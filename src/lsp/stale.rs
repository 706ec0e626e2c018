//! Keeps findings while a text is broken.
//!
//! With an incomplete line in a YAML file or a template, most rules can no longer run. Until they can
//! again, the last findings stay where their lines have not changed: above the first changed line and below
//! the last one.

use std::collections::{BTreeMap, BTreeSet};

use super::position::Text;
use crate::report::model::{Entry, Point};

/// Rules whose findings mean that other rules could not run.
const BREAKS: [&str; 4] = ["yaml-syntax", "helm-render", "chart-yaml-present", "config-invalid"];

/// The last findings before something broke.
#[derive(Debug, Default)]
pub(super) struct Good {
    /// The findings by shown path, with the text that they are in.
    files: BTreeMap<String, (Text, Vec<Entry>)>,
    /// The faults that were there already.
    broken: BTreeSet<Break>,
}

/// A fault that hides others: the rule, the file, the releases.
type Break = (String, String, Vec<String>);

impl Good {
    /// Takes the findings of a run in the open files, and all its findings. Returns the findings to show, including earlier
    /// ones for files where something has just broken.
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
                // The file was opened while something was broken, so there are no earlier findings.
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

/// The lines of a text that are the same as in an older text.
struct Lines {
    /// How many first lines are the same.
    head: usize,
    /// How many last lines are the same.
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

    /// A finding, moved to where its lines are now; `None` if one of them has changed.
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
