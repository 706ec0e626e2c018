//! Completion: what may be written at a place.

use std::ops::Range;

use gen_lsp_types as lsp;

use super::chart::{around, kind};
use super::configuration;
use super::offer::{Offer, Offers};
use super::outline::{Place, place};
use super::schema;
use super::view::View;
use crate::helm::chart::Chart;
use crate::helm::reads::Reads;
use crate::kube::schema::Schemas;
use crate::lint::directive::MARK;
use crate::project::Class;
use crate::yaml::Node;

/// What is completed: the word before the cursor, and whether it is a key.
struct Word {
    range: Range<usize>,
    is_key: bool,
}

/// What may be written at a byte offset.
pub(super) fn completions(view: &View<'_>, offset: usize) -> Vec<lsp::CompletionItem> {
    let text = &view.document.text;
    let line = text.line_of(offset);
    let start = text.line_start(line);
    let head = &text.text[start..offset.max(start)];
    let class = view.snapshot.file(&view.shown).map(|file| file.class);
    if in_suppression(head) {
        let word = Word { range: word(head, start, offset), is_key: false };
        return items(view, configuration::rules(&view.snapshot.settings.rules), &word);
    }
    if let Some((path, from)) = path_of_values(head) {
        let word = Word { range: start + from..offset, is_key: false };
        return items(view, values(view, &path), &word);
    }
    let mut lines: Vec<&str> = (0..line).map(|at| text.line(at)).collect();
    lines.push(head);
    let place = place(&lines);
    let is_item = class == Some(Class::Config) && configuration::is_item(&place);
    let is_key = place.value_of.is_none() && !is_item;
    let word = Word { range: word(head, start, offset), is_key };
    let offers = match class {
        Some(Class::Config) => configuration::offers(&place, &view.snapshot.settings.rules),
        Some(Class::Values) if place.value_of.is_some() => words(view, &place),
        Some(Class::Values) => unwritten(view, &place, values(view, &keys(&place))),
        Some(Class::ChartTemplate) if in_action(head) => Offers::new(),
        // An incomplete file may not count as a manifest, but its kind may be known already.
        _ => manifest(view, &place, line),
    };
    items(view, offers, &word)
}

/// Whether the end of a line is in the brackets of a suppression.
fn in_suppression(head: &str) -> bool {
    let Some(at) = head.rfind(MARK) else { return false };
    let rest = &head[at..];
    rest.rfind('[') > rest.rfind(']')
}

/// Whether the end of a line is in an action of a template.
fn in_action(head: &str) -> bool {
    head.rfind("{{") > head.rfind("}}")
}

/// The path before the last dot of `.Values.a.b`, and the start of the word after it.
fn path_of_values(head: &str) -> Option<(Vec<String>, usize)> {
    let at = head.rfind(".Values.")?;
    let rest = &head[at + ".Values.".len()..];
    let fits = rest.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    let mut path: Vec<String> = rest.split('.').map(ToOwned::to_owned).collect();
    let last = path.pop()?;
    fits.then_some((path, head.len() - last.len()))
}

/// The bytes of the word before the cursor.
fn word(head: &str, start: usize, offset: usize) -> Range<usize> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let length: usize = head.chars().rev().take_while(|c| is_word(*c)).map(char::len_utf8).sum();
    // A dash before a blank begins an item and is no word.
    (start + head.len() - length).min(offset)..offset
}

/// The path of a place, with the first item of each list.
fn keys(place: &Place) -> Vec<String> {
    let step = |step: &String| if step == "-" { "0".to_owned() } else { step.clone() };
    place.path.iter().map(step).collect()
}

/// The keys of values at a path: from the charts' defaults, from their schemas, and those that templates read.
fn values(view: &View<'_>, path: &[String]) -> Offers {
    let mut offers = Offers::new();
    let mut seen = Vec::new();
    for at in around(view) {
        let chart = &view.snapshot.project.releases[at].chart;
        let chart = (chart.display(), chart.version.clone());
        if seen.contains(&chart) {
            continue;
        }
        seen.push(chart);
        // A missing chart offers nothing.
        let _ = view.snapshot.with_chart(at, |chart| {
            read(chart, path, &mut offers);
            if let Some(schema) = &chart.schema {
                schema::properties(&schema.file.text, path, &mut offers);
            }
            defaults(chart, path, &mut offers);
        });
    }
    offers
}

fn read(chart: &Chart, path: &[String], offers: &mut Offers) {
    let reads = Reads::of(chart, &[]);
    let mut view = reads.top();
    for key in path {
        view = view.below(key);
    }
    for key in view.keys() {
        let detail = "read by templates".to_owned();
        offers.entry(key.to_owned()).or_insert(Offer { detail, about: String::new() });
    }
}

fn defaults(chart: &Chart, path: &[String], offers: &mut Offers) {
    let keys: Vec<&str> = path.iter().map(String::as_str).collect();
    let roots = chart.values.iter().filter_map(|document| document.root());
    for node in roots.filter_map(|root| root.at(&keys)) {
        for entry in node.entries() {
            let value = described(entry.value);
            let about = offers.remove(&*entry.name()).map(|known| known.about).unwrap_or_default();
            offers.insert(entry.name().into_owned(), Offer { detail: value, about });
        }
    }
    if let Some((first, rest)) = path.split_first() {
        let below = chart.dependencies.iter().find(|below| below.metadata.name == *first);
        if let Some(below) = below {
            defaults(below, rest, offers);
        }
    } else {
        for below in &chart.dependencies {
            let offer = Offer { detail: "a chart's values".to_owned(), about: String::new() };
            offers.entry(below.metadata.name.clone()).or_insert(offer);
        }
    }
}

fn described(node: Node<'_>) -> String {
    let value = super::chart::short(node.raw());
    match value.is_empty() {
        true => kind(node).to_owned(),
        false => format!("{}, default {value}", kind(node)),
    }
}

/// The words that a schema allows for a value.
fn words(view: &View<'_>, place: &Place) -> Offers {
    let mut path = keys(place);
    path.extend(place.value_of.clone());
    let mut offers = Offers::new();
    for at in around(view).into_iter().take(1) {
        let _ = view.snapshot.with_chart(at, |chart| {
            if let Some(schema) = &chart.schema {
                schema::words(&schema.file.text, &path, &mut offers);
            }
            let keys: Vec<&str> = path.iter().map(String::as_str).collect();
            let mut roots = chart.values.iter().filter_map(|document| document.root());
            let default = roots.find_map(|root| root.at(&keys));
            if default.is_some_and(|node| node.as_bool().is_some()) {
                for word in ["false", "true"] {
                    offers.entry(word.to_owned()).or_default();
                }
            }
        });
    }
    offers
}

/// Removes the keys that a mapping already has.
fn unwritten(view: &View<'_>, place: &Place, mut offers: Offers) -> Offers {
    if place.path.iter().any(|step| step == "-") {
        return offers;
    }
    let root = view.snapshot.file(&view.shown).and_then(|file| file.roots().next());
    let path: Vec<&str> = place.path.iter().map(String::as_str).collect();
    if let Some(node) = root.and_then(|root| root.at(&path)) {
        for entry in node.written().filter(|entry| !entry.value.is_null()) {
            offers.remove(&*entry.name());
        }
    }
    offers
}

/// The fields of a Kubernetes object at a place, or the words that a field allows.
fn manifest(view: &View<'_>, place: &Place, line: usize) -> Offers {
    let text = &view.document.text;
    let is_end = |at: &usize| text.line(*at).starts_with("---");
    let first = (0..line).rev().find(is_end).map_or(0, |at| at + 1);
    let last = (line..text.line_count()).find(is_end).unwrap_or(text.line_count());
    let said = |key: &str| {
        let mut lines = (first..last).map(|at| text.line(at));
        lines.find_map(|line| Some(line.strip_prefix(key)?.trim().trim_matches(['"', '\''])))
    };
    let (version, kind) = (said("apiVersion:"), said("kind:"));
    let schemas = view.snapshot.schemas(&view.shown);
    if let ([], Some("apiVersion" | "kind")) = (&place.path[..], place.value_of.as_deref()) {
        return identities(view, &schemas, place, version, kind);
    }
    let (Some(version), Some(kind)) = (version, kind) else {
        return Offers::new();
    };
    let offer = schemas.offer(version, kind, view.snapshot.minor(), &place.whole());
    let field = |field: crate::kube::schema::Offered| {
        let required = if field.required { ", required" } else { "" };
        let detail = format!("{}{required}", field.kind);
        (field.name, Offer { detail, about: String::new() })
    };
    let fields = offer.fields.into_iter().map(field).filter(|_| place.value_of.is_none());
    let words = offer.words.into_iter().map(|word| (word, Offer::default()));
    fields.chain(words.filter(|_| place.value_of.is_some())).collect()
}

/// The kinds of an API version, or the API versions of a kind; all of them if the other is missing or not known.
fn identities(
    view: &View<'_>,
    schemas: &Schemas,
    place: &Place,
    version: Option<&str>,
    kind: Option<&str>,
) -> Offers {
    let all = schemas.kinds(view.snapshot.minor());
    let of_kind = place.value_of.as_deref() == Some("kind");
    let said = if of_kind { version } else { kind };
    let split = |&(version, kind): &(&str, &str)| match of_kind {
        true => (kind.to_owned(), version.to_owned()),
        false => (version.to_owned(), kind.to_owned()),
    };
    let fits = |(_, other): &(String, String)| Some(other.as_str()) == said;
    let mut offered: Vec<(String, String)> = all.iter().map(split).filter(fits).collect();
    if offered.is_empty() {
        offered = all.iter().map(split).collect();
    }
    let mut offers = Offers::new();
    for (word, other) in offered {
        let detail = &mut offers.entry(word).or_default().detail;
        if of_kind {
            *detail = if detail.is_empty() { other } else { format!("{detail}, {other}") };
        }
    }
    offers
}

/// The offers as completion items.
fn items(view: &View<'_>, offers: Offers, word: &Word) -> Vec<lsp::CompletionItem> {
    let text = &view.document.text;
    let has_colon =
        text.text[word.range.end..].lines().next().is_some_and(|rest| rest.contains(':'));
    let range = text.range(word.range.clone(), view.editor.encoding);
    let item = |(name, offer): (String, Offer)| {
        let colon = if word.is_key && !has_colon { ": " } else { "" };
        lsp::CompletionItem {
            kind: Some(match word.is_key {
                true => lsp::CompletionItemKind::Property,
                false => lsp::CompletionItemKind::Value,
            }),
            detail: (!offer.detail.is_empty()).then_some(offer.detail),
            documentation: Some(offer.about)
                .filter(|about| !about.is_empty())
                .map(lsp::Documentation::String),
            text_edit: Some(lsp::CompletionItemTextEdit::TextEdit(lsp::TextEdit {
                range,
                new_text: format!("{name}{colon}"),
            })),
            label: name,
            ..lsp::CompletionItem::default()
        }
    };
    offers.into_iter().map(item).collect()
}
