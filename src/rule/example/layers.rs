//! Examples of rules on values layers: a chart's files with values files beside them.

use std::sync::Arc;

use super::{Judged, line_of};
use crate::helm::chart::Chart;
use crate::helm::reads::Reads;
use crate::helm::render::{self, Release};
use crate::helm::values::{Layer, Set, SetKind};
use crate::rule::file::{Example, Rule};
use crate::rule::layers::{Layers, Relative, environment, judge, text};
use crate::rule::undecided::Undecided;
use crate::source::{SourceId, Sources};
use crate::yaml::{self, Document};

/// The `Chart.yaml` of an example whose files have none.
const CHART: &str = "apiVersion: v2\nname: app\nversion: 1.0.0\n";

/// Judges the values files of an example, which are at its top and not part of the chart; without any, the chart's own
/// values. A single text is a values file without a chart.
pub(super) fn run(rule: &Rule, example: &Example) -> Result<Judged, String> {
    let mut files = example.files.clone();
    if files.is_empty() {
        files.push(("values.prod.yaml".to_owned(), example.text.clone()));
    }
    let sources = Sources::default();
    let (layers, mut parts): (Vec<_>, Vec<_>) =
        files.iter().cloned().partition(|(path, _)| is_layer(path));
    let bare = parts.is_empty();
    if !parts.iter().any(|(path, _)| path == "Chart.yaml") {
        parts.push(("Chart.yaml".to_owned(), CHART.to_owned()));
    }
    let chart = Chart::of_texts(&parts, &sources).map_err(|error| error.message)?;
    let chart = (!bare).then_some(&chart);
    let documents: Vec<Vec<Arc<Document>>> = layers
        .iter()
        .map(|(path, text)| {
            let source = sources.add(path.clone(), text.as_str());
            yaml::parse(source, &sources.get(source).text).documents
        })
        .collect();
    let given: Vec<_> = documents.iter().flatten().filter_map(|document| document.root()).collect();
    let reads = chart.map(|chart| Reads::of(chart, &[]));
    let family: Vec<Relative<'_>> = layers
        .iter()
        .zip(&documents)
        .filter_map(|((path, _), documents)| {
            let (_, environment) = environment(path)?;
            Some(Relative { path, environment, root: documents.first()?.root()? })
        })
        .collect();
    let view = || Layers {
        given: &given,
        own: given.is_empty(),
        chart,
        reads: reads.as_ref(),
        family: &family,
        ..Layers::default()
    };
    let remarks = match chart {
        None => judge(rule, &example.params, &view()),
        Some(chart) => {
            let release = Release { lenient: true, ..Release::default() };
            let over: Vec<Layer> = documents.iter().cloned().map(Layer::File).collect();
            let again = |set: &str| {
                let set = Set { kind: SetKind::Value, text: set.to_owned(), span: None };
                let over: Vec<Layer> = over.iter().cloned().chain([Layer::Set(set)]).collect();
                render::render(chart, &release, &over, |done| done.ok().as_ref().map(text))
            };
            render::render(chart, &release, &over, |done| match done {
                Ok(rendered) => {
                    let view = Layers { rendered: Some(&rendered), again: Some(&again), ..view() };
                    judge(rule, &example.params, &view)
                }
                Err(failure) => {
                    let view = Layers { failure: Some(&failure), ..view() };
                    judge(rule, &example.params, &view)
                }
            })
        }
    };
    let text = |source: SourceId| {
        let path = sources.get(source).path.clone();
        files.iter().position(|(known, _)| *known == path).unwrap_or(0)
    };
    let (mut said, mut repairs) = (Vec::new(), Vec::new());
    for remark in remarks {
        let at = text(remark.span.source);
        let edits = remark.repair.into_iter().map(|rewrite| rewrite.edits);
        repairs.extend(edits.map(|edits| {
            edits.into_iter().map(|edit| (text(edit.span.source), edit)).collect::<Vec<_>>()
        }));
        said.push((at, line_of(&files[at].1, remark.span.start), remark.message));
    }
    Ok(Judged { texts: files, said, repairs, undecided: Undecided::default() })
}

fn is_layer(path: &str) -> bool {
    !path.contains('/')
        && !matches!(path, "Chart.yaml" | "Chart.lock" | "values.yaml" | "requirements.yaml")
        && path.ends_with(".yaml")
}
