//! Files that look like manifests, but are read by a chart's own templates with `.Files`.

use std::collections::HashSet;

use super::chart::LocalChart;
use super::class::Class;
use super::file::File;
use super::path::{is_below, join, parent, upwards, within};
use super::word::Word;

/// Removes the files that a chart's templates read with `.Files` from the manifests. The templates decide which of these
/// are deployed, and what they render is judged.
///
/// A template names a file, or a folder that it completes to a path (`.Files.Get (printf "crd/%s/jobs.yaml" …)`), in a
/// quoted text on the line of `.Files`.
pub(super) fn set_aside(files: &mut [File], charts: &[LocalChart]) {
    let charts: HashSet<&str> = charts.iter().map(|chart| chart.path.as_str()).collect();
    let mut embedded = HashSet::new();
    for file in files.iter().filter(|file| file.class == Class::ChartTemplate) {
        if !file.holds(Word::Files) {
            continue;
        }
        let Some(chart) = chart_of(&file.path, &charts) else { continue };
        for line in file.text().lines().filter(|line| line.contains(".Files.")) {
            let named = quoted(line).filter_map(beginning).map(|path| join(chart, path));
            // `.Files` only has files in the chart, and a `"."` is a separator and not a path.
            embedded.extend(named.filter(|path| path != chart && is_below(path, chart)));
        }
    }
    if embedded.is_empty() {
        return;
    }
    for file in files.iter_mut().filter(|file| file.class == Class::Manifest) {
        if upwards(&file.path).any(|path| embedded.contains(path)) {
            file.class = Class::Other;
        }
    }
}

/// The chart that a template belongs to.
fn chart_of<'p>(path: &'p str, charts: &HashSet<&str>) -> Option<&'p str> {
    let mut around = upwards(parent(path)).filter(|chart| charts.contains(chart));
    around.find(|chart| within(chart, path).is_some_and(|path| path.starts_with("templates/")))
}

/// The quoted texts in a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    let split = move |quote| line.split(quote).skip(1).step_by(2);
    split('"').chain(split('`'))
}

/// The folders at the beginning of a path or a pattern that are known; the whole path if all of it is known.
fn beginning(path: &str) -> Option<&str> {
    let path = match path.find(['%', '*', '?', '[', '{']) {
        Some(end) => path[..end].rsplit_once('/')?.0,
        None => path.trim_end_matches('/'),
    };
    (!path.is_empty()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_counts_as_far_as_it_is_written_out() {
        let of = |line| quoted(line).filter_map(beginning).collect::<Vec<_>>();
        assert_eq!(of(r#"{{ .Files.Get "crd/v1/jobs.yaml" }}"#), ["crd/v1/jobs.yaml"]);
        assert_eq!(of(r#"{{ .Files.Get (printf "crd/%s/jobs.yaml" .v) }}"#), ["crd"]);
        assert_eq!(of("{{ (.Files.Glob `policies/prod/**.yaml`).AsConfig }}"), ["policies/prod"]);
        assert_eq!(of(r#"{{ .Files.Glob "*.yaml" }}{{ .Files.Glob .Values.x }}"#), [""; 0]);
    }
}
