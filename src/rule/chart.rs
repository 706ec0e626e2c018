//! A chart as the rules of scope `chart` see it: the documents that are written in it, and an outline of everything
//! that is not YAML (its files, its subcharts, the calls in its templates). The outline is a further document, so that
//! rules only look at documents.

use std::sync::Arc;

use super::hit::Target;
use crate::helm::calls::{Call, calls};
use crate::helm::chart::Chart;
use crate::source::{SourceId, Span};
use crate::yaml::edit::quoted;
use crate::yaml::{self, Document, Kind, Node};

/// The parts of a chart. Any may be missing, as broken charts are judged, too.
#[derive(Debug, Default)]
pub struct ChartParts {
    /// The name of the directory.
    pub directory: String,
    /// Where findings on the chart as a whole are shown: the start of `Chart.yaml`, or of the file that replaces it.
    pub place: Option<Span>,
    /// `Chart.yaml`.
    pub metadata: Option<Arc<Document>>,
    /// `requirements.yaml`, which has the dependencies of a chart for Helm 2.
    pub requirements: Option<Arc<Document>>,
    /// `Chart.lock` or `requirements.lock`.
    pub lock: Option<Arc<Document>>,
    /// `Chart.yaml` in the Git revision that a run compares with.
    pub base: Option<Arc<Document>>,
    /// The documents in `crds/`.
    pub crds: Vec<Arc<Document>>,
    /// Every file but those of subcharts: the path in the chart, and the place of the start; sorted.
    pub files: Vec<(String, Span)>,
    /// The charts in `charts/`, sorted by path.
    pub subcharts: Vec<Subchart>,
    /// The calls in templates, with the template's path in the chart and the place.
    pub calls: Vec<(String, Call, Span)>,
    /// The files that differ from the Git revision that a run compares with, each with the place of the first line that
    /// differs.
    pub changed: Vec<(String, Span)>,
}

impl ChartParts {
    /// Adds the subcharts and the calls of a chart that could be loaded. `own` converts a span of the chart to one in
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

/// A chart in the `charts/` of another one.
#[derive(Debug, Clone)]
pub struct Subchart {
    /// `name` in its `Chart.yaml`.
    pub name: String,
    /// `version` there.
    pub version: String,
    /// The start of its `Chart.yaml`.
    pub place: Span,
}

/// A chart that is prepared to be judged.
#[derive(Debug)]
pub struct ChartView {
    /// The outline is the first document.
    documents: Vec<Arc<Document>>,
    /// Variables that have the root of a document as their value, with its index.
    roots: Vec<(&'static str, usize)>,
    /// The indexes of the documents in `crds/`.
    crds: Vec<usize>,
    dependencies: Option<usize>,
    directory: String,
    /// The real places of lines of the outline, by the offset at which each line begins; sorted.
    places: Vec<(u32, Span)>,
}

impl ChartView {
    /// Builds the view of a chart from its parts.
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
        // Helm lets the dependencies in requirements.yaml replace those in Chart.yaml.
        view.dependencies = lists("requirements").or_else(|| lists("chart"));
        view
    }

    fn add(&mut self, document: Arc<Document>) -> usize {
        self.documents.push(document);
        self.documents.len() - 1
    }

    /// The documents that the index in a [`Target`] refers to.
    #[must_use]
    pub fn documents(&self) -> &[Arc<Document>] {
        &self.documents
    }

    /// The name of the directory.
    #[must_use]
    pub fn directory(&self) -> &str {
        &self.directory
    }

    /// The root of the document in a variable: `chart`, `requirements`, `lock` or `base`.
    #[must_use]
    pub fn root(&self, name: &str) -> Option<Node<'_>> {
        let (_, at) = self.roots.iter().find(|(known, _)| *known == name)?;
        self.documents[*at].root()
    }

    /// The entries in the list of dependencies.
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

    /// The place of a target in the chart's texts.
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

/// Writes the lists of a chart as a document with one entry on a line, and returns it with the real place of each line.
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
