//! A chart as rules of scope `chart` see it: the documents that are written in it, and an outline
//! of what is no YAML (its files, its subcharts, what its templates ask), written as one document
//! more, so that rules look at one kind of thing only.

use std::sync::Arc;

use super::hit::Target;
use crate::helm::calls::{Call, calls};
use crate::helm::chart::Chart;
use crate::source::{SourceId, Span};
use crate::yaml::edit::quoted;
use crate::yaml::{self, Document, Kind, Node};

/// What there is of a chart. Any part may be missing: a chart that is broken is judged, too.
#[derive(Debug, Default)]
pub struct ChartParts {
    /// The directory's own name.
    pub directory: String,
    /// Where the chart as a whole is shown: the start of `Chart.yaml`, or of what stands for it.
    pub place: Option<Span>,
    /// `Chart.yaml`.
    pub metadata: Option<Arc<Document>>,
    /// `requirements.yaml`, which holds the dependencies of a chart of Helm 2.
    pub requirements: Option<Arc<Document>>,
    /// `Chart.lock` or `requirements.lock`.
    pub lock: Option<Arc<Document>>,
    /// `Chart.yaml` in the revision that a run compares with.
    pub base: Option<Arc<Document>>,
    /// What is in `crds/`.
    pub crds: Vec<Arc<Document>>,
    /// Every file but those of subcharts, by its path in the chart, with its start; sorted.
    pub files: Vec<(String, Span)>,
    /// The charts in `charts/`, in the order of their paths.
    pub subcharts: Vec<Subchart>,
    /// What templates ask, with the template's path in the chart and the place.
    pub calls: Vec<(String, Call, Span)>,
    /// Files that differ from the revision that a run compares with, with the first line that does.
    pub changed: Vec<(String, Span)>,
}

impl ChartParts {
    /// Takes over what is known of a chart that could be read; `own` gives the place of a span in
    /// the texts that findings point into.
    pub fn take(&mut self, chart: &Chart, own: impl Fn(Span) -> Span) {
        let subchart = |chart: &Chart| Subchart {
            name: chart.metadata.name.clone(),
            version: chart.metadata.version.clone(),
            place: own(Span::new(chart.source, 0, 0)),
        };
        self.subcharts = chart.dependencies.iter().map(subchart).collect();
        for template in &chart.templates {
            let Ok(parsed) = template.parsed() else { continue };
            for call in calls(parsed) {
                let start = call.offset;
                let word = parsed.text[start..].find([' ', ')', '}', '|', '\n']).unwrap_or(0);
                let span = Span::new(parsed.source, start, start + word);
                self.calls.push((template.file.name.clone(), call, own(span)));
            }
        }
    }
}

/// A chart in another's `charts/`.
#[derive(Debug, Clone)]
pub struct Subchart {
    /// `name` in its `Chart.yaml`.
    pub name: String,
    /// `version` there.
    pub version: String,
    /// Its `Chart.yaml`.
    pub place: Span,
}

/// A chart, ready to be judged.
#[derive(Debug)]
pub struct ChartView {
    /// The outline is the first.
    documents: Vec<Arc<Document>>,
    /// Variables that stand for the root of a document.
    roots: Vec<(&'static str, usize)>,
    /// Those of `documents` that lie in `crds/`.
    crds: Vec<usize>,
    dependencies: Option<usize>,
    directory: String,
    /// Where lines of the outline stand in truth, by the offset at which they begin; sorted.
    places: Vec<(u32, Span)>,
}

impl ChartView {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: ChartParts) -> Self {
        let (outline, places) = outline(&parts);
        let mut view = Self {
            documents: vec![outline],
            roots: Vec::new(),
            crds: Vec::new(),
            dependencies: None,
            directory: parts.directory,
            places,
        };
        let requirements = parts.requirements;
        for (name, document) in [
            ("chart", parts.metadata),
            ("requirements", requirements),
            ("lock", parts.lock),
            ("base", parts.base),
        ] {
            let Some(document) = document.filter(|document| is_map(document)) else { continue };
            let at = view.add(document);
            view.roots.push((name, at));
        }
        view.crds = parts.crds.into_iter().map(|document| view.add(document)).collect();
        let lists = |name| view.roots.iter().find(|(known, _)| *known == name).map(|(_, at)| *at);
        // Helm reads requirements.yaml over what Chart.yaml says.
        view.dependencies = lists("requirements").or_else(|| lists("chart"));
        view
    }

    fn add(&mut self, document: Arc<Document>) -> usize {
        self.documents.push(document);
        self.documents.len() - 1
    }

    /// The documents that targets count.
    #[must_use]
    pub fn documents(&self) -> &[Arc<Document>] {
        &self.documents
    }

    /// The directory's own name.
    #[must_use]
    pub fn directory(&self) -> &str {
        &self.directory
    }

    /// The document behind a variable: `chart`, `requirements`, `lock` or `base`.
    #[must_use]
    pub fn root(&self, name: &str) -> Option<Node<'_>> {
        let (_, at) = self.roots.iter().find(|(known, _)| *known == name)?;
        self.documents[*at].root()
    }

    /// The entries of the list of dependencies.
    pub fn dependencies(&self) -> impl Iterator<Item = Node<'_>> {
        let root = self.dependencies.and_then(|at| self.documents[at].root());
        let list = root.and_then(|root| root.get("dependencies"));
        list.into_iter().flat_map(|list| list.items().collect::<Vec<_>>())
    }

    /// The roots of the documents in `crds/`.
    pub fn crds(&self) -> impl Iterator<Item = Node<'_>> {
        self.crds.iter().filter_map(|&at| self.documents[at].root())
    }

    /// A list of the outline: `files`, `subcharts`, `calls` or `changed`.
    #[must_use]
    pub fn list(&self, name: &str) -> Option<Node<'_>> {
        self.documents[0].root()?.get(name)
    }

    /// Where a target stands in the chart's texts.
    #[must_use]
    pub fn span(&self, target: &Target) -> Span {
        let span = target.span(&self.documents[target.document]);
        if target.document > 0 {
            return span;
        }
        let after = self.places.partition_point(|&(start, _)| start <= span.start);
        self.places[after.saturating_sub(1)].1
    }
}

fn is_map(document: &Document) -> bool {
    document.root().is_some_and(|root| root.kind() == Kind::Mapping)
}

/// The lists of a chart as a document, one entry a line, and where each line stands in truth.
fn outline(parts: &ChartParts) -> (Arc<Document>, Vec<(u32, Span)>) {
    let place = parts.place.unwrap_or(Span::new(SourceId::NOWHERE, 0, 0));
    let mut writer = Writer { text: String::new(), places: vec![(0, place)], whole: place };
    let paths = |list: &[(String, Span)]| -> Vec<(String, Span)> {
        list.iter().map(|(path, span)| (entry(&[("path", path)]), *span)).collect()
    };
    writer.list("files", paths(&parts.files));
    writer.list("changed", paths(&parts.changed));
    let subcharts = parts.subcharts.iter();
    let subcharts = subcharts
        .map(|chart| (entry(&[("name", &chart.name), ("version", &chart.version)]), chart.place));
    writer.list("subcharts", subcharts.collect());
    writer.list(
        "calls",
        parts
            .calls
            .iter()
            .map(|(template, call, span)| (call_entry(template, call), *span))
            .collect(),
    );
    let text: Arc<str> = writer.text.into();
    let document = yaml::parse(SourceId::NOWHERE, &text).documents.into_iter().next();
    (document.expect("invariant: an outline is YAML"), writer.places)
}

fn call_entry(template: &str, call: &Call) -> String {
    let list = |items: &[String]| {
        let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
        format!("[{}]", items.join(", "))
    };
    format!(
        "{{function: {}, template: {}, within: {}, arguments: {}, conditions: {}}}",
        quoted(&call.function),
        quoted(template),
        quoted(&call.within),
        list(&call.arguments),
        list(&call.conditions),
    )
}

struct Writer {
    text: String,
    places: Vec<(u32, Span)>,
    whole: Span,
}

impl Writer {
    fn list(&mut self, name: &str, entries: Vec<(String, Span)>) {
        self.line(&format!("{name}:{}", if entries.is_empty() { " []" } else { "" }), self.whole);
        for (entry, span) in entries {
            self.line(&format!("- {entry}"), span);
        }
    }

    fn line(&mut self, line: &str, span: Span) {
        let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.places.push((start, span));
        self.text.push_str(line);
        self.text.push('\n');
    }
}

fn entry(fields: &[(&str, &str)]) -> String {
    let fields: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}: {}", quoted(value))).collect();
    format!("{{{}}}", fields.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_outline_stands_for_a_place_in_the_chart() {
        let at = |start| Span::new(SourceId::NOWHERE, start, start + 1);
        let view = ChartView::new(ChartParts {
            place: Some(at(1)),
            files: vec![
                ("Chart.yaml".to_owned(), at(1)),
                ("templates/a \"b\".yaml".to_owned(), at(7)),
            ],
            ..ChartParts::default()
        });
        let files = view.list("files").expect("a list");
        let second = files.items().nth(1).expect("two files");
        assert_eq!(second.get("path").and_then(Node::as_str), Some("templates/a \"b\".yaml"));
        let target = |node: Node<'_>| Target {
            document: 0,
            node: node.id(),
            missing: Vec::new(),
            key: false,
        };
        assert_eq!(view.span(&target(second)), at(7));
        assert_eq!(view.span(&target(files)), at(1));
        assert_eq!(view.span(&target(view.list("calls").expect("a list"))), at(1));
    }
}
