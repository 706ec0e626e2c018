//! Runs a rule's examples: a violating one is found on its marked lines and nowhere else, a
//! satisfying one not at all.

mod layers;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::algorithm::{Text, TextKind};
use super::chart::{ChartParts, ChartView};
use super::evaluate::{Evaluator, Member, Setting};
use super::file::{Example, Rule, Scope};
use super::{NEWEST_KUBE_VERSION, environment};
use crate::helm::chart::Chart;
use crate::kube::objects;
use crate::source::{SourceId, Sources, Span};
use crate::yaml;

/// Runs one example; what is wrong, if anything.
///
/// # Errors
/// A sentence that says which line was expected and which was found.
pub fn run(rule: &Rule, example: &Example) -> Result<(), String> {
    let version = example.kube_version.clone().unwrap_or_else(|| NEWEST_KUBE_VERSION.to_owned());
    let setting = Setting {
        kube_version: version,
        kube_version_stated: example.kube_version.is_some(),
        namespace: "default".to_owned(),
        cluster: example.cluster,
        release: example.release.clone(),
        rendered: !example.release.name.is_empty(),
        ..Setting::default()
    };
    let mut evaluator = Evaluator::new(environment(), setting);
    let (texts, said) = match rule.scope {
        Scope::Layers => layers::run(rule, example)?,
        Scope::Chart => chart(rule, example, &mut evaluator),
        Scope::Object | Scope::Release | Scope::Values | Scope::Text | Scope::Builtin => {
            text(rule, example, &mut evaluator)?
        }
    };
    compare(&texts, &said, example.violates)
}

/// What was said, and where: the text's number, and the line in it from 1.
type Said = Vec<(usize, usize, String)>;

fn text(
    rule: &Rule,
    example: &Example,
    evaluator: &mut Evaluator,
) -> Result<(Vec<String>, Said), String> {
    let text: Arc<str> = example.text.as_str().into();
    let source = Sources::default().add("example.yaml", Arc::clone(&text));
    let stream = yaml::parse(source, &text);
    if let Some(error) = stream.errors.first() {
        return Err(format!("the example is no YAML: {}", error.message));
    }
    let mut members = Vec::new();
    for document in &stream.documents {
        members.extend(
            objects(document)
                .iter()
                .map(|object| Member { document: Arc::clone(document), node: object.node.id() }),
        );
    }
    let mut said = Vec::new();
    if rule.scope == Scope::Text {
        let kind = if members.is_empty() { TextKind::Values } else { TextKind::Manifest };
        let text = Text { kind, text: &text, stream: &stream };
        let hits = evaluator.text(&text, [(rule, &example.params)]).into_iter();
        said.extend(hits.map(|(_, hit)| (0, line_of(text.text, hit.span.start), hit.message)));
    }
    for document in &stream.documents {
        let hits = if rule.scope == Scope::Values {
            evaluator.values(document, &example.release, [(rule, &example.params)])
        } else {
            objects(document)
                .iter()
                .flat_map(|object| {
                    evaluator.object(document, object, &members, [(rule, &example.params)])
                })
                .collect()
        };
        for (_, hit) in hits {
            said.push((0, line_of(&text, hit.target.span(document).start), hit.message));
        }
    }
    Ok((vec![example.text.clone()], said))
}

/// Judges an example's files as a chart; a single text is its `Chart.yaml`.
fn chart(rule: &Rule, example: &Example, evaluator: &mut Evaluator) -> (Vec<String>, Said) {
    let mut files = example.files.clone();
    if files.is_empty() {
        files.push(("Chart.yaml".to_owned(), example.text.clone()));
    }
    let sources = Sources::default();
    let ids: Vec<SourceId> =
        files.iter().map(|(path, text)| sources.add(path.clone(), text.as_str())).collect();
    let documents = |name: &str| {
        let at = files.iter().position(|(path, _)| path == name)?;
        Some(yaml::parse(ids[at], &sources.get(ids[at]).text).documents)
    };
    let first = |name: &str| documents(name)?.into_iter().next();
    let own = |span: Span| {
        let path = &sources.get(span.source).path;
        let at = files.iter().position(|(known, _)| known == path);
        at.map_or(span, |at| Span { source: ids[at], ..span })
    };
    let base = |(path, text): &&(String, String)| {
        example.base.iter().any(|(known, old)| known == path && old != text)
    };
    let start = |path: &str| {
        let at = files.iter().position(|(known, _)| known == path).unwrap_or(0);
        Span::new(ids[at], 0, 0)
    };
    let crds = files.iter().filter(|(path, _)| path.starts_with("crds/"));
    let mut parts = ChartParts {
        directory: "example".to_owned(),
        place: Some(start("Chart.yaml")),
        metadata: first("Chart.yaml"),
        requirements: first("requirements.yaml"),
        lock: first("Chart.lock").or_else(|| first("requirements.lock")),
        base: example.base.iter().find(|(path, _)| path == "Chart.yaml").and_then(|(_, text)| {
            yaml::parse(SourceId::NOWHERE, &text.as_str().into()).documents.into_iter().next()
        }),
        crds: crds.filter_map(|(path, _)| documents(path)).flatten().collect(),
        files: files
            .iter()
            .filter(|(path, _)| !path.starts_with("charts/"))
            .map(|(path, _)| (path.clone(), start(path)))
            .collect(),
        changed: files.iter().filter(base).map(|(path, _)| (path.clone(), start(path))).collect(),
        ..ChartParts::default()
    };
    if let Ok(chart) = Chart::of_texts(&files, &sources) {
        parts.take(&chart, own);
    }
    let view = ChartView::new(parts);
    let said = evaluator.chart(&view, [(rule, &example.params)]).into_iter().map(|(_, hit)| {
        let span = view.span(&hit.target);
        let at = ids.iter().position(|id| *id == span.source).unwrap_or(0);
        (at, line_of(&files[at].1, span.start), hit.message)
    });
    let said = said.collect();
    (files.into_iter().map(|(_, text)| text).collect(), said)
}

fn line_of(text: &str, offset: u32) -> usize {
    text[..offset as usize].matches('\n').count() + 1
}

/// Holds what was said against the marked lines.
fn compare(texts: &[String], said: &Said, violates: bool) -> Result<(), String> {
    let mut expected = BTreeSet::new();
    for (at, text) in texts.iter().enumerate() {
        for (line, part) in marks(text) {
            expected.insert((at, line));
            let fits = |(text, on, message): &(usize, usize, String)| {
                (*text, *on) == (at, line) && message.contains(part)
            };
            if !part.is_empty() && !said.iter().any(fits) {
                return Err(format!("line {line} should say \"{part}\"; said were {said:?}"));
            }
        }
    }
    if violates && expected.is_empty() {
        return Err("a violating example marks its lines with `# ^`".to_owned());
    }
    if !violates && !expected.is_empty() {
        return Err("a satisfying example marks no line".to_owned());
    }
    let found: BTreeSet<_> = said.iter().map(|(text, line, _)| (*text, *line)).collect();
    if found == expected {
        return Ok(());
    }
    let lines = |of: &BTreeSet<(usize, usize)>| -> Vec<usize> {
        of.iter().map(|(_, line)| *line).collect()
    };
    let (found, expected) = (lines(&found), lines(&expected));
    Err(format!("found on lines {found:?}, expected on {expected:?}: {said:?}"))
}

/// The marked lines of an example, from 1, with what a message there must hold.
fn marks(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter_map(|(at, line)| {
        let (_, marked) = line.rsplit_once("# ^")?;
        Some((at + 1, marked.trim()))
    })
}
