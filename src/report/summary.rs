//! The last line of a run: how much was checked, and what was found.

use super::Report;
use super::model::Summary;
use crate::finding::Applicability;

/// One line without a line end: findings, what was checked, what was left out.
#[must_use]
pub fn line(report: &Report) -> String {
    let summary = &report.summary;
    if summary.files == 0 {
        return "nothing was linted: no manifest, values file, chart or release was found"
            .to_owned();
    }
    let mut line = match found(summary) {
        found if found.is_empty() => "no findings".to_owned(),
        found => found.join(", "),
    };
    let parts: Vec<String> = [
        (summary.files, "file"),
        (summary.charts, "chart"),
        (summary.releases, "release"),
        (summary.objects, "object"),
    ]
    .into_iter()
    .filter(|&(count, word)| count > 0 || word == "object")
    .map(|(count, word)| counted(count, word))
    .collect();
    line.push_str(" in ");
    line.push_str(&parts.join(", "));
    let mut silent = Vec::new();
    if summary.suppressed > 0 {
        silent.push(format!("{} suppressed", summary.suppressed));
    }
    if summary.baselined > 0 {
        silent.push(format!("{} in the baseline", summary.baselined));
    }
    if !silent.is_empty() {
        line.push_str(&format!(" ({})", silent.join(", ")));
    }
    line
}

/// How many findings may be fixed, and how, in one line; `None` if none has a fix. They only *may* be fixed, as `--fix`
/// tries each fix before it writes it.
#[must_use]
pub fn fixable(report: &Report) -> Option<String> {
    let of = |applicability| {
        let fixes = report.findings.iter().filter_map(|entry| entry.fix.as_ref());
        fixes.filter(|fix| fix.applicability == applicability).count()
    };
    let shows = "`--diff` in its place shows how";
    match (of(Applicability::Safe), of(Applicability::Unsafe)) {
        (0, 0) => None,
        (safe, 0) => {
            Some(format!("{} may be fixed with `--fix`; {shows}", counted(safe, "finding")))
        }
        (0, more) => {
            let more = counted(more, "finding");
            Some(format!("{more} may be fixed with `--fix --unsafe-fixes`; {shows}"))
        }
        (safe, more) => {
            let safe = counted(safe, "finding");
            Some(format!(
                "{safe} may be fixed with `--fix`, {more} more with `--unsafe-fixes`; {shows}"
            ))
        }
    }
}

fn found(summary: &Summary) -> Vec<String> {
    let mut found = Vec::new();
    for (count, word) in [(summary.error, "error"), (summary.warning, "warning")] {
        if count > 0 {
            found.push(counted(count, word));
        }
    }
    if summary.info > 0 {
        // "infos" is no word.
        found.push(format!("{} info", summary.info));
    }
    found
}

/// A count with its word: `1 file`, `2 files`.
pub(crate) fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::{Entry, FixEntry, Location, Point};

    #[test]
    fn a_run_that_saw_nothing_says_so() {
        assert!(line(&Report::new()).starts_with("nothing was linted"));
    }

    #[test]
    fn fixes_are_counted_by_who_may_apply_them() {
        use Applicability::{Display, Safe, Unsafe};
        let report = |fixes: &[Applicability]| {
            let mut report = Report::new();
            report.findings = fixes.iter().copied().map(with_fix).collect();
            fixable(&report)
        };
        assert_eq!(report(&[Display]), None);
        let safe = report(&[Safe, Safe, Unsafe]).unwrap();
        assert!(safe.starts_with("2 findings may be fixed with `--fix`, 1 more with"), "{safe}");
        let risky = report(&[Unsafe]).unwrap();
        assert!(risky.starts_with("1 finding may be fixed with `--fix --unsafe-fixes`;"));
    }

    fn with_fix(applicability: Applicability) -> Entry {
        let start = Point { line: 1, column: 1 };
        let location = Location { file: "a.yaml".to_owned(), start, end: start };
        let (title, fields) = ("set `a` to 1".to_owned(), Vec::new());
        let fix = Some(FixEntry { applicability, title, fields, edits: Vec::new() });
        Entry { fix, ..Entry::bare("a-rule", location) }
    }

    #[test]
    fn counts_are_words_a_person_would_say() {
        let mut report = Report::new();
        report.summary = Summary {
            files: 1,
            objects: 3,
            error: 1,
            info: 2,
            suppressed: 1,
            ..Summary::default()
        };
        assert_eq!(line(&report), "1 error, 2 info in 1 file, 3 objects (1 suppressed)");
    }
}
