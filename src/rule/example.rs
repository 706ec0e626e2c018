//! Runs a rule's examples. In a violating example the rule must find something on the marked lines and nowhere else; in
//! a satisfying one it must find nothing. If an example has a fixed text, the rule's repairs must produce it, and the
//! rule must find nothing there.

mod fix;
mod layers;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::algorithm::{Text, TextKind};
use super::chart::{ChartParts, ChartView};
use super::company::Company;
use super::evaluate::Evaluator;
use super::file::{Example, Rule, Scope};
use super::kinds::ByKind;
use super::setting::Setting;
use super::undecided::{Condition, Undecided};
use crate::helm::chart::Chart;
use crate::kube::{NEWEST_KUBE_VERSION, Object, objects};
use crate::source::{Edit, SourceId, Sources, Span};
use crate::yaml::{self, Document};

/// Runs one example.
///
/// # Errors
/// A sentence that says what differs from the example, such as a line on which something was expected or found.
pub fn run(rule: &Rule, example: &Example) -> Result<(), String> {
    let judged = judge(rule, example)?;
    let texts: Vec<&str> = judged.texts.iter().map(|(_, text)| text.as_str()).collect();
    compare(&texts, &judged.said, example.violates)?;
    match example.fixed.is_empty() {
        true => Ok(()),
        false => fix::run(rule, example, judged),
    }
}

/// The conditions of a rule that are evaluated in its examples, and are neither true nor false in any of them.
#[must_use]
pub fn undecided(rule: &Rule) -> Vec<Condition> {
    let mut all = Undecided::default();
    for judged in rule.examples().iter().filter_map(|example| judge(rule, example).ok()) {
        all.add(judged.undecided);
    }
    all.answers().filter(|(_, _, answered)| !answered).map(|(_, condition, _)| condition).collect()
}

/// The findings of a rule in an example.
struct Judged {
    /// The texts with their paths; a single text has an empty path.
    texts: Vec<(String, String)>,
    said: Said,
    /// The edits that repair each finding, with the index of the text that they change.
    repairs: Vec<Vec<(usize, Edit)>>,
    undecided: Undecided,
}

fn judge(rule: &Rule, example: &Example) -> Result<Judged, String> {
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
    let mut evaluator = Evaluator::new(setting);
    match rule.scope {
        Scope::Layers => layers::run(rule, example),
        Scope::Chart => Ok(chart(rule, example, &mut evaluator)),
        Scope::Object
        | Scope::Release
        | Scope::LongestName
        | Scope::Values
        | Scope::Text
        | Scope::Builtin => text(rule, example, &mut evaluator),
    }
}

/// Findings: the index of the text, the line in it from 1, and the message.
type Said = Vec<(usize, usize, String)>;

fn text(rule: &Rule, example: &Example, evaluator: &mut Evaluator) -> Result<Judged, String> {
    let text: Arc<str> = example.text.as_str().into();
    let source = Sources::default().add("example.yaml", Arc::clone(&text));
    let stream = yaml::parse(source, &text);
    if let Some(error) = stream.errors.first() {
        return Err(format!("the example is not valid YAML: {}", error.message));
    }
    let company = Company::of(&stream.documents);
    let together = evaluator.together(&company);
    let before: Vec<Arc<Document>> = example
        .base
        .iter()
        .flat_map(|(_, text)| yaml::parse(SourceId::NOWHERE, &text.as_str().into()).documents)
        .collect();
    let before = Company::of(&before);
    let kinds = ByKind::new([rule.concern()]);
    let mut said = Vec::new();
    let mut repairs: Vec<Option<Vec<Edit>>> = Vec::new();
    if rule.scope == Scope::Text {
        let kind = if company.is_empty() { TextKind::Values } else { TextKind::Manifest };
        let text = Text::new(kind, &text, &stream);
        for (_, hit) in evaluator.text(&text, [(rule, &example.params)]) {
            repairs.push(hit.repair.map(|rewrite| rewrite.edits));
            said.push((0, line_of(text.text, hit.span.start), hit.message));
        }
    }
    for document in &stream.documents {
        let hits = if rule.scope == Scope::Values {
            evaluator.values(document, &example.release, [(rule, &example.params)])
        } else {
            objects(document)
                .into_iter()
                .flat_map(Object::views)
                .flat_map(|object| {
                    let rules = kinds.of(&object).map(|at| (at, (rule, &example.params)));
                    evaluator.object(document, &object, &together, before.same(&object), rules)
                })
                .collect()
        };
        for (_, hit) in hits {
            let edits = hit.repair.as_ref().map(|repair| repair.edits(|_| Some(document)));
            repairs.push(edits.flatten());
            said.push((0, line_of(&text, hit.target.span(document).start), hit.message));
        }
    }
    let repairs = repairs.into_iter().flatten();
    let repairs = repairs.map(|edits| edits.into_iter().map(|edit| (0, edit)).collect());
    Ok(Judged {
        texts: vec![(String::new(), example.text.clone())],
        said,
        repairs: repairs.collect(),
        undecided: std::mem::take(&mut evaluator.undecided),
    })
}

/// Judges an example's files as a chart; a single text is its `Chart.yaml`.
fn chart(rule: &Rule, example: &Example, evaluator: &mut Evaluator) -> Judged {
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
    let text = |span: Span| ids.iter().position(|id| *id == span.source).unwrap_or(0);
    let document = |at: usize| (at > 0).then(|| &*view.documents()[at]);
    let (mut said, mut repairs) = (Vec::new(), Vec::new());
    for (_, hit) in evaluator.chart(&view, [(rule, &example.params)]) {
        let span = view.span(&hit.target);
        let edits = hit.repair.as_ref().and_then(|repair| repair.edits(document));
        repairs.extend(edits.map(|edits| {
            edits.into_iter().map(|edit| (text(edit.span), edit)).collect::<Vec<_>>()
        }));
        said.push((text(span), line_of(&files[text(span)].1, span.start), hit.message));
    }
    Judged { texts: files, said, repairs, undecided: std::mem::take(&mut evaluator.undecided) }
}

fn line_of(text: &str, offset: u32) -> usize {
    text[..offset as usize].matches('\n').count() + 1
}

/// Compares the findings with the marked lines.
fn compare(texts: &[&str], said: &Said, violates: bool) -> Result<(), String> {
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

/// The marked lines of an example, from 1, each with a text that the message there must contain.
fn marks(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter_map(|(at, line)| {
        let (_, marked) = line.rsplit_once("# ^")?;
        Some((at + 1, marked.trim()))
    })
}
