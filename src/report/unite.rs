//! Merges findings of the same fault in several releases, objects or shards.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use super::model::{EditEntry, Entry, FixEntry, Location, Report};
use super::unchecked::add_lacking;

/// How many related places a merged finding has at most; more would bury the finding.
const RELATED: usize = 8;

/// Merges entries at the same place whose messages only differ in the names of objects and releases. The result is
/// sorted, names all releases, and has unique fingerprints.
#[must_use]
pub fn entries(mut entries: Vec<Entry>) -> Vec<Entry> {
    // The entry that is kept must not depend on the order in which threads or shards ended.
    sort(&mut entries);
    // The entries of one rule at one place follow each other. This is where each of them is kept, by message.
    let mut here: BTreeMap<String, usize> = BTreeMap::new();
    // In place, because a run may have some hundred thousand.
    let mut kept = 0;
    for at in 0..entries.len() {
        let (before, rest) = entries.split_at_mut(at);
        let Some((entry, after)) = rest.split_first_mut() else { break };
        if !before[..kept].last().is_some_and(|last| is_beside(last, entry)) {
            here.clear();
        }
        // Nearly all are the only one at their place, and need not be looked up.
        let is_alone = here.is_empty() && !after.first().is_some_and(|next| is_beside(entry, next));
        match (!is_alone).then(|| here.entry(generic(entry))) {
            Some(Slot::Occupied(slot)) => {
                absorb(&mut before[*slot.get()], entry);
                continue;
            }
            Some(Slot::Vacant(slot)) => {
                slot.insert(kept);
            }
            None => {}
        }
        if let Some(free) = before.get_mut(kept) {
            std::mem::swap(free, entry);
        }
        kept += 1;
    }
    // Merged entries have more releases now, which may change the order at their place.
    if kept < entries.len() {
        entries.truncate(kept);
        sort(&mut entries);
    }
    number(&mut entries);
    entries
}

/// Sorts entries for output. It sorts their indexes first: some hundred thousand entries are half as many kilobytes, of
/// which a sort would copy a half.
pub(super) fn sort(entries: &mut [Entry]) {
    // Places are compared first, as they nearly always differ, and by the numbers of files, which is faster than by paths.
    let place = |(entry, file): (&Entry, usize)| (file, entry.location.start, entry.location.end);
    let places = entries.iter().zip(files(entries)).map(place);
    let mut order: Vec<_> = places.zip(0..).collect();
    order.sort_by(|(place, one), (other_place, other)| {
        let other_key = || entries[*other].key();
        place.cmp(other_place).then_with(|| entries[*one].key().cmp(&other_key()))
    });
    let mut order: Vec<usize> = order.into_iter().map(|(_, at)| at).collect();
    // Applies the permutation, cycle by cycle.
    for first in 0..order.len() {
        let mut to = first;
        loop {
            let from = std::mem::replace(&mut order[to], to);
            if from == first {
                break;
            }
            entries.swap(to, from);
            to = from;
        }
    }
}

/// The number of each entry's file among all files, sorted by path.
fn files(entries: &[Entry]) -> impl Iterator<Item = usize> {
    let mut paths: Vec<&str> = entries.iter().map(|entry| &*entry.location.file).collect();
    paths.dedup();
    paths.sort_unstable();
    paths.dedup();
    let mut last = None;
    entries.iter().map(move |entry| {
        let path = entry.location.file.as_str();
        // Entries of one file mostly follow each other.
        match last {
            Some((known, place)) if known == path => place,
            _ => {
                let place = paths.partition_point(|other| *other < path);
                last = Some((path, place));
                place
            }
        }
    })
}

/// True for entries of one rule at one place.
fn is_beside(one: &Entry, other: &Entry) -> bool {
    one.rule == other.rule && one.location == other.location
}

/// Checks that reports are either of whole runs, or all parts of one run.
///
/// # Errors
/// When a part is missing or there twice, or when the reports do not belong together; with the reason.
pub fn whole(parts: &[Report]) -> Result<(), String> {
    let shards: Vec<_> = parts.iter().filter_map(|part| part.shard).collect();
    let Some(first) = shards.first() else { return Ok(()) };
    let of = first.of;
    if shards.len() < parts.len() {
        return Err("some reports are of a part of a run, and some of a whole one".to_owned());
    }
    if shards.iter().any(|shard| shard.of != of) {
        return Err("the reports are parts of runs with different numbers of parts".to_owned());
    }
    for index in 1..=of {
        match shards.iter().filter(|shard| shard.index == index).count() {
            0 => return Err(format!("part {index} of {of} is missing")),
            1 => {}
            _ => return Err(format!("part {index} of {of} is there twice")),
        }
    }
    Ok(())
}

/// Merges the reports of shards: findings, notes and counts.
#[must_use]
pub fn reports(parts: Vec<Report>) -> Report {
    let mut whole = Report::new();
    let mut all = Vec::new();
    let mut unneeded: BTreeMap<(Location, String), Vec<Entry>> = BTreeMap::new();
    let count = parts.len();
    for part in parts {
        all.extend(part.findings);
        for entry in part.unneeded {
            let key = (entry.location.clone(), entry.message.clone());
            unneeded.entry(key).or_default().push(entry);
        }
        whole.notes.extend(part.notes);
        whole.unknown_kinds.extend(part.unknown_kinds);
        whole.templates.extend(part.templates);
        whole.absent_charts.extend(part.absent_charts);
        whole.unbuilt_charts.extend(part.unbuilt_charts);
        add_lacking(&mut whole.lacking_charts, part.lacking_charts);
        for (place, answered) in part.own_conditions {
            *whole.own_conditions.entry(place).or_default() |= answered;
        }
        let (sum, add) = (&mut whole.summary, part.summary);
        sum.files += add.files;
        sum.charts += add.charts;
        sum.releases += add.releases;
        sum.objects += add.objects;
        sum.suppressed += add.suppressed;
        sum.baselined += add.baselined;
        // Shards run at the same time, so the run took as long as the longest.
        sum.duration_ms = sum.duration_ms.max(add.duration_ms);
    }
    all.extend(unneeded.into_values().filter(|said| said.len() == count).flatten());
    whole.findings = entries(all);
    whole.finish();
    whole
}

/// Merges an entry into another.
fn absorb(kept: &mut Entry, other: &mut Entry) {
    kept.releases.append(&mut other.releases);
    kept.releases.sort();
    kept.releases.dedup();
    kept.clean_releases.append(&mut other.clean_releases);
    kept.clean_releases.sort();
    kept.clean_releases.dedup();
    let releases = &kept.releases;
    kept.clean_releases.retain(|release| !releases.contains(release));
    for related in other.related.drain(..) {
        if kept.related.len() < RELATED
            && !kept
                .related
                .iter()
                .any(|known| known.location == related.location && known.message == related.message)
        {
            kept.related.push(related);
        }
    }
    kept.severity = kept.severity.max(other.severity);
    kept.fix = both(kept.fix.take(), other.fix.take());
}

/// The fix for a finding that was made twice, which fixes both. `None` if one has no fix, or if the edits overlap.
fn both(one: Option<FixEntry>, other: Option<FixEntry>) -> Option<FixEntry> {
    let (mut fix, other) = (one?, other?);
    if fix == other {
        return Some(fix);
    }
    fix.edits.extend(other.edits);
    fix.edits.sort_by(|a, b| (&a.file, a.start, a.end).cmp(&(&b.file, b.start, b.end)));
    fix.edits.dedup();
    // Two different edits at the same place contradict each other.
    let clash = |pair: &[EditEntry]| pair[0].file == pair[1].file && pair[1].start <= pair[0].end;
    fix.fields.extend(other.fields);
    fix.fields.sort();
    fix.fields.dedup();
    fix.applicability = fix.applicability.max(other.applicability);
    (!fix.edits.windows(2).any(clash)).then_some(fix)
}

/// The message with the names of its object and release left out.
fn generic(entry: &Entry) -> String {
    let mut message = entry.message.clone();
    if entry.releases.is_empty() {
        return message;
    }
    if let Some(object) = &entry.object {
        message = without(&message, &object.name);
    }
    for release in &entry.releases {
        message = without(&message, release.rsplit('/').next().unwrap_or(release));
    }
    message
}

/// Removes a name wherever it is a whole word.
fn without(text: &str, name: &str) -> String {
    let part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in text.match_indices(name) {
        let end = at + name.len();
        if text[..at].ends_with(part) || text[end..].starts_with(part) {
            continue;
        }
        out.push_str(&text[from..at]);
        out.push('\0');
        from = end;
    }
    out.push_str(&text[from..]);
    out
}

/// Makes equal fingerprints different, by their order in the report.
fn number(entries: &mut [Entry]) {
    let mut seen: HashMap<String, usize, RandomState> =
        HashMap::with_capacity_and_hasher(entries.len(), RandomState::default());
    for entry in entries {
        let count = seen.entry(entry.fingerprint.clone()).or_default();
        *count += 1;
        if *count > 1 {
            let mut hasher = blake3::Hasher::new();
            hasher.update(entry.fingerprint.as_bytes());
            hasher.update(&count.to_le_bytes());
            hasher.finalize().to_hex()[..32].clone_into(&mut entry.fingerprint);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{Location, Object, Point};
    use super::*;
    use crate::finding::{Applicability, Origin, Severity};

    fn entry(message: &str, name: &str, release: &str) -> Entry {
        let point = Point { line: 3, column: 1 };
        Entry {
            rule: "r".into(),
            group: "g".into(),
            severity: Severity::Error,
            message: message.into(),
            help: None,
            url: None,
            fingerprint: "f".into(),
            location: Location { file: "values.yaml".into(), start: point, end: point },
            origin: Origin::Values,
            related: Vec::new(),
            object: Some(Object {
                api_version: "v1".into(),
                kind: "Pod".into(),
                namespace: None,
                name: name.into(),
                path: String::new(),
            }),
            releases: vec![release.into()],
            clean_releases: Vec::new(),
            rendered: None,
            fix: None,
        }
    }

    #[test]
    fn one_line_in_two_releases_is_one_finding_that_names_both() {
        let both = entries(vec![
            entry("`prod-web` runs as root", "prod-web", "a/prod"),
            entry("`dev-web` runs as root", "dev-web", "a/dev"),
        ]);
        assert_eq!(both.len(), 1);
        assert_eq!(both[0].releases, ["a/dev", "a/prod"]);
        assert_eq!(both[0].message, "`dev-web` runs as root");
    }

    #[test]
    fn different_facts_stay_apart_with_fingerprints_of_their_own() {
        let both = entries(vec![entry("3 pods", "w", "a/x"), entry("5 pods", "w", "a/x")]);
        assert_eq!(both.len(), 2);
        assert_ne!(both[0].fingerprint, both[1].fingerprint);
    }

    fn part(index: usize, of: usize) -> Report {
        let shard = Some(super::super::model::ShardEntry { index, of });
        Report { shard, ..Report::new() }
    }

    #[test]
    fn a_part_that_is_missing_is_no_clean_run() {
        let parts = |which: &[usize]| -> Vec<Report> {
            which.iter().map(|&index| part(index, 3)).collect()
        };
        assert_eq!(whole(&parts(&[3, 1, 2])), Ok(()));
        assert_eq!(whole(&parts(&[1, 3])), Err("part 2 of 3 is missing".to_owned()));
        assert_eq!(whole(&parts(&[1, 1, 2, 3])), Err("part 1 of 3 is there twice".to_owned()));
        assert_eq!(whole(&[Report::new(), Report::new()]), Ok(()));
    }

    #[test]
    fn a_suppression_is_unneeded_only_when_every_part_says_so() {
        let says = |said: bool| {
            let unneeded = said.then(|| entry("finds nothing", "", "")).into_iter().collect();
            Report { unneeded, ..part(1, 2) }
        };
        assert_eq!(reports(vec![says(true), says(false)]).findings.len(), 0);
        assert_eq!(reports(vec![says(true), says(true)]).findings.len(), 1);
    }

    fn fix(file: &str, text: &str) -> FixEntry {
        let point = Point { line: 3, column: 1 };
        FixEntry {
            applicability: Applicability::Safe,
            title: "set it".into(),
            fields: vec!["a".into()],
            edits: vec![EditEntry {
                file: file.into(),
                start: point,
                end: point,
                text: text.into(),
            }],
        }
    }

    #[test]
    fn a_fault_of_two_releases_is_mended_in_both_or_not_at_all() {
        let fix = |file: &str, text: &str| Some(fix(file, text));
        let united = |one: Option<FixEntry>, other: Option<FixEntry>| {
            let one = Entry { fix: one, ..entry("m", "w", "a/x") };
            let other = Entry { fix: other, ..entry("m", "w", "a/y") };
            entries(vec![one, other]).remove(0).fix
        };
        assert_eq!(united(fix("x.yaml", "1"), fix("x.yaml", "1")), fix("x.yaml", "1"));
        let both = united(fix("x.yaml", "1"), fix("y.yaml", "1")).expect("a fix");
        let files: Vec<&str> = both.edits.iter().map(|edit| edit.file.as_str()).collect();
        assert_eq!(files, ["x.yaml", "y.yaml"]);
        assert_eq!(united(fix("x.yaml", "1"), fix("x.yaml", "2")), None);
        assert_eq!(united(fix("x.yaml", "1"), None), None);
    }

    #[test]
    fn names_within_words_stay() {
        assert_eq!(without("web-2 and web", "web"), "web-2 and \0");
    }

    #[test]
    fn entries_are_sorted_and_equal_ones_keep_their_order() {
        let order = [3, 1, 2, 0, 5, 4, 7, 6, 8, 1, 3, 0];
        let mut entries: Vec<Entry> = order
            .into_iter()
            .enumerate()
            .map(|(at, line)| {
                let mut entry = entry("m", "o", "ns/r");
                entry.location.start.line = line;
                entry.help = Some(at.to_string().into());
                entry
            })
            .collect();
        let mut expected = entries.clone();
        expected.sort_by(|one, other| one.key().cmp(&other.key()));
        sort(&mut entries);
        assert_eq!(entries, expected);
        sort(&mut []);
    }
}
