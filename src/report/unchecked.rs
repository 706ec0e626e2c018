//! Notes on what was not checked: kinds without a schema, templates without a chart, missing charts.

use std::collections::{BTreeMap, BTreeSet};

use super::Report;

/// The notes that are made of a report's lists of what was not checked.
pub(super) fn notes(report: &Report) -> impl Iterator<Item = String> + use<> {
    let kinds = some(&report.unknown_kinds, "kind", "kinds");
    let kinds = kinds.map(|kinds| {
        format!(
            "{NO_SCHEMA}{kinds}: their fields were not checked; name their CustomResourceDefinitions under `schemas` in \
             plimsoll.yaml"
        )
    });
    let files = some(&report.templates, "file", "files").map(|files| format!("{TEMPLATES}{files}"));
    let paths = report.unbuilt_charts.iter().map(|path| format!("`{path}`")).collect();
    let paths = some(&paths, "place", "places")
        .map(|paths| format!("{UNBUILT}{paths}: {UNRENDERED}; {BUILD_IT}"));
    let absent = absent(&report.absent_charts);
    let lacking = lacking(&report.lacking_charts);
    [kinds, files, absent, paths, lacking, undecided(report)].into_iter().flatten()
}

/// True for the notes that [`notes`] makes.
pub(super) fn is_made(note: &str) -> bool {
    note.starts_with(NO_SCHEMA)
        || note.starts_with(TEMPLATES)
        || is_absence(note)
        || is_of_own_rules(note)
}

/// The beginning of the note on conditions of one's own rules.
const UNDECIDED: &str = "neither true nor false on anything that was checked: ";

/// True for the note on conditions of one's own rules.
#[must_use]
pub fn is_of_own_rules(note: &str) -> bool {
    note.starts_with(UNDECIDED)
}

/// The note on conditions of one's own rules that had no value anywhere. A shard leaves it to the merged report, as other
/// shards may have what a condition can be evaluated on.
fn undecided(report: &Report) -> Option<String> {
    let silent = report.own_conditions.iter().filter(|(_, answered)| !**answered);
    let places: BTreeSet<_> =
        silent.map(|(place, _)| format!("the condition at {place}")).collect();
    let places = some(&places, "condition", "conditions").filter(|_| report.shard.is_none());
    places.map(|places| {
        format!(
            "{UNDECIDED}{places}; so these rules found nothing by it: is a field misspelt, or missing? \
             (`object.?spec.?x.orValue(0)`, `has(object.spec.x)`)"
        )
    })
}

/// The beginning of the note on unknown kinds.
const NO_SCHEMA: &str = "no schema for ";

/// The beginning of the note on charts that are not where declarations expect them.
const UNBUILT: &str = "there is no chart at ";

/// What to do about a chart that is not where a declaration expects it.
pub const BUILD_IT: &str = "build or fetch it first, or exclude what declares it";

/// The beginning of the note on templates.
const TEMPLATES: &str = "templates that no chart renders were not checked: ";

/// The first few of some names, and how many more there are; `None` without names.
fn some(names: &BTreeSet<String>, one: &str, many: &str) -> Option<String> {
    (!names.is_empty()).then(|| match names.len().saturating_sub(SHOWN) {
        0 => first(names),
        1 => format!("{} {one}", first(names)),
        _ => format!("{} {many}", first(names)),
    })
}

/// The most names in a note.
const SHOWN: usize = 4;

/// The first few of some names, and how many more there are.
fn first<T: AsRef<str>>(names: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>) -> String {
    let names = names.into_iter();
    let more = names.len().saturating_sub(SHOWN);
    let mut named = String::new();
    for name in names.take(SHOWN) {
        named.push_str(if named.is_empty() { "" } else { ", " });
        named.push_str(name.as_ref());
    }
    if more == 0 { named } else { format!("{named} and {more} more") }
}

/// True for the notes on missing charts and dependencies.
#[must_use]
pub fn is_absence(note: &str) -> bool {
    note.contains(NOT_HERE) || note.contains(LACKING) || note.starts_with(UNBUILT)
}

/// A part of the note on missing dependencies, in Helm's words.
const LACKING: &str = "missing in charts/ directory: ";

/// A part of every note on charts that are not on this machine.
const NOT_HERE: &str = "not on this machine: values were";

/// What is checked of a release without its chart.
pub const UNRENDERED: &str =
    "values were checked by themselves, selectors against the release's name alone";

/// The note on charts that are not on this machine; `None` if there are none.
fn absent(charts: &BTreeMap<String, String>) -> Option<String> {
    let (chart, help) = charts.first_key_value()?;
    if charts.len() == 1 {
        return Some(format!("the chart {chart} is not on this machine: {UNRENDERED}; {help}"));
    }
    Some(format!(
        "the charts {} are not on this machine: {UNRENDERED}; `plimsoll vendor` fetches those of \
         repositories; say where others lie under `charts` in plimsoll.yaml",
        first(charts.keys())
    ))
}

/// Adds missing dependencies of charts. Releases of one chart may miss different dependencies.
pub fn add_lacking(
    all: &mut BTreeMap<String, BTreeSet<String>>,
    more: BTreeMap<String, BTreeSet<String>>,
) {
    for (chart, names) in more {
        all.entry(chart).or_default().extend(names);
    }
}

/// The note on charts that are not rendered because dependencies are missing; `None` if there are none.
fn lacking(charts: &BTreeMap<String, BTreeSet<String>>) -> Option<String> {
    const HELP: &str =
        "`plimsoll vendor` or `helm dependency build` fetches what is missing, to have";
    let listed = |names: &BTreeSet<String>| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.join(", ")
    };
    let (chart, names) = charts.first_key_value()?;
    if charts.len() == 1 {
        let chart = if chart.is_empty() { "." } else { chart };
        let names = listed(names);
        return Some(format!(
            "{chart}: found in Chart.yaml, but {LACKING}{names}; {HELP} the chart rendered"
        ));
    }
    Some(format!(
        "dependencies of {} charts are {LACKING}{}; {HELP} the charts rendered",
        charts.len(),
        first(charts.iter().map(|(chart, names)| format!("{chart} ({})", listed(names))))
    ))
}
