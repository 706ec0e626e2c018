//! A values key in the releases around a document: where it is set and read, and which rendered fields it ends up in.

use std::collections::BTreeSet;

use super::subject::{Key, is_template, mentions};
use super::view::View;
use crate::lint::Snapshot;
use crate::lint::trace::{Field, Spot, Trace};
use crate::project::{Content, Release, is_below, join};
use crate::yaml::Node;

/// For how many releases of a file traces are made; there may be hundreds.
pub(super) const MOST_RELEASES: usize = 4;

/// A place where a key is set, and to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// The place of the key.
    pub(super) spot: Spot,
    /// The value as it is written; for a collection, its type.
    pub(super) value: String,
    /// Whether it is in a chart's own values.
    pub(super) is_default: bool,
}

/// The releases that a document belongs to, with their names.
pub(super) fn releases(view: &View<'_>) -> Vec<(usize, String)> {
    let releases = view.snapshot.releases_of(&view.shown).into_iter();
    releases.map(|at| (at, view.snapshot.project.releases[at].display())).collect()
}

/// The releases that a document belongs to. If there are none, as in a file that is half written, those of the innermost
/// chart around it.
pub(super) fn around(view: &View<'_>) -> Vec<usize> {
    let own = view.snapshot.releases_of(&view.shown);
    if !own.is_empty() {
        return own;
    }
    let releases = view.snapshot.project.releases.iter().enumerate();
    let charts = releases.filter_map(|(at, release)| Some((at, release.chart.path.as_deref()?)));
    let charts: Vec<(usize, &str)> =
        charts.filter(|(_, chart)| is_below(&view.shown, chart)).collect();
    let innermost = charts.iter().map(|(_, chart)| chart.len()).max();
    let of = charts.iter().filter(|(_, chart)| Some(chart.len()) == innermost);
    of.map(|(at, _)| *at).collect()
}

/// The places where a release sets a key: the effective one first, the chart's own values last.
pub(super) fn settings(snapshot: &Snapshot, release: &Release, key: &Key) -> Vec<Setting> {
    let pointer = key.pointer();
    let mut found = Vec::new();
    for layer in release.values.iter().rev() {
        let root = match &layer.content {
            Content::File => {
                let file = layer.file.as_deref().and_then(|file| snapshot.file(file));
                file.and_then(|file| file.roots().next())
            }
            Content::Yaml(node) | Content::Filled(node, _) => Some(node.get()),
            Content::Set(_) | Content::Unknown | Content::Elsewhere => None,
        };
        found.extend(root.and_then(|root| setting(snapshot, root, &pointer)));
    }
    if let Some(chart) = &release.chart.path {
        found.extend(default(snapshot, chart, &key.path));
    }
    found
}

/// The place where a chart's own values, or those of one of its dependencies, set a key.
fn default(snapshot: &Snapshot, chart: &str, path: &[String]) -> Option<Setting> {
    let pointer = crate::yaml::pointer(path);
    let own = snapshot.file(&join(chart, "values.yaml"));
    let own = own.and_then(|file| file.roots().next());
    let own = own.and_then(|root| setting(snapshot, root, &pointer));
    own.map(|own| Setting { is_default: true, ..own }).or_else(|| {
        let (name, rest) = path.split_first()?;
        let below = join(chart, &format!("charts/{name}"));
        snapshot.file(&join(&below, "Chart.yaml"))?;
        default(snapshot, &below, rest)
    })
}

/// The place in a layer that sets a key.
fn setting(snapshot: &Snapshot, root: Node<'_>, pointer: &str) -> Option<Setting> {
    let node = root.pointer(pointer)?;
    let span = node.key_span().unwrap_or(node.span());
    Some(Setting { spot: snapshot.spot(span), value: written(node), is_default: false })
}

/// A value in one line.
fn written(node: Node<'_>) -> String {
    match node.kind() {
        crate::yaml::Kind::Mapping if node.is_empty() => "{}".to_owned(),
        crate::yaml::Kind::Sequence if node.is_empty() => "[]".to_owned(),
        crate::yaml::Kind::Mapping => format!("a map of {}", node.len()),
        crate::yaml::Kind::Sequence => format!("a list of {}", node.len()),
        // What a template makes stands in another text than its own.
        crate::yaml::Kind::Scalar => {
            short(node.document().text().get(node.span().range()).unwrap_or(node.raw()))
        }
    }
}

/// The type of a value, as people name it.
pub(super) fn kind(node: Node<'_>) -> &'static str {
    use crate::yaml::Scalar;
    match (node.kind(), node.scalar()) {
        (crate::yaml::Kind::Mapping, _) => "map",
        (crate::yaml::Kind::Sequence, _) => "list",
        (_, Some(Scalar::Bool(_))) => "boolean",
        (_, Some(Scalar::Int(_) | Scalar::Uint(_))) => "integer",
        (_, Some(Scalar::Float(_))) => "number",
        (_, Some(Scalar::Str(_))) => "string",
        (_, Some(Scalar::Null) | None) => "null",
    }
}

/// The first line of a text, shortened if it is long.
pub(super) fn short(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let mut short: String = line.chars().take(80).collect();
    if short.len() < text.trim().len() {
        short.push('…');
    }
    short
}

/// The lines of templates in the repository that name a key, a map around it, or a key in it.
pub(super) fn readers(snapshot: &Snapshot, release: &Release, key: &Key) -> BTreeSet<Spot> {
    let Some(chart) = &release.chart.path else { return BTreeSet::new() };
    let mut found = BTreeSet::new();
    let below = snapshot.project.files.iter().filter(|file| is_below(&file.path, chart));
    for file in below.filter(|file| is_template(file)) {
        let prefix = subchart(&file.path, chart);
        let text = file.text();
        for (start, parts) in mentions(&text) {
            let named = parts.iter().map(|part| &text[part.clone()]);
            let is_global = named.clone().next() == Some("global");
            let prefix = prefix.iter().map(String::as_str).filter(|_| !is_global);
            let full: Vec<&str> = prefix.chain(named).collect();
            if full.iter().zip(&key.path).all(|(one, other)| one == other) {
                let end = parts.last().map_or(start, |part| part.end);
                found.insert(Spot { file: file.path.clone(), start, end });
            }
        }
    }
    found
}

/// The folders of the charts between the top chart and the one that a file is in.
fn subchart(path: &str, chart: &str) -> Vec<String> {
    let inside = path.strip_prefix(chart).unwrap_or(path).trim_start_matches('/');
    let mut names = Vec::new();
    let mut rest = inside;
    while let Some((name, below)) =
        rest.strip_prefix("charts/").and_then(|rest| rest.split_once('/'))
    {
        names.push(name.to_owned());
        rest = below;
    }
    names
}

/// The rendered fields that depend on a key, or on a key in it. Those that contain the value's own characters come first.
pub(super) fn ends<'t>(trace: &'t Trace, key: &Key) -> Vec<&'t Field> {
    let pointer = key.pointer();
    let of = |cause: &str| {
        cause.strip_prefix(&pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mut fields: Vec<(bool, &Field)> = trace
        .fields
        .iter()
        .filter_map(|field| {
            let mut causes = field.causes.iter().filter(|cause| of(&cause.pointer)).peekable();
            causes.peek()?;
            Some((!causes.any(|cause| cause.literal), field))
        })
        .collect();
    fields.sort_by_key(|(derived, _)| *derived);
    fields.into_iter().map(|(_, field)| field).collect()
}
