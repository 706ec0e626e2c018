//! Rules on chart directories in the repository.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::finding::of_hit;
use crate::finding::{Finding, ObjectRef, Origin, Place, Related};
use crate::helm::chart::{Chart, names};
use crate::lint::changed::Changed;
use crate::lint::gather::{Charts, UnitFiles};
use crate::lint::mend;
use crate::lint::place::shown::origin_of;
use crate::lint::select::Active;
use crate::project::{File, join, on_disk};
use crate::rule::{ChartParts, ChartView, Evaluator, Hit, Scope};
use crate::source::{SourceId, Sources, Span};
use crate::yaml::{self, Document, Node};

/// A chart directory, with what is needed to judge it.
pub(in crate::lint) struct Directory<'a> {
    /// Its shown path; empty for the working directory.
    pub(in crate::lint) path: &'a str,
    pub(in crate::lint) files: &'a UnitFiles<'a>,
    pub(in crate::lint) sources: &'a Sources,
    /// What has changed, with `--changed-since`.
    pub(in crate::lint) changed: Option<&'a Changed>,
}

impl Directory<'_> {
    /// Judges the chart by rules of scope `chart`.
    pub(in crate::lint) fn judge(
        &self,
        charts: &Charts<'_>,
        active: &[Active],
        evaluator: &mut Evaluator,
    ) -> Vec<Finding> {
        let rules: Vec<&Active> =
            active.iter().filter(|active| active.known.scope == Scope::Chart).collect();
        if rules.is_empty() {
            return Vec::new();
        }
        let path = &location(self.path);
        let loaded = charts.load(path, self.sources);
        let view =
            ChartView::new(self.parts(path, loaded.get().and_then(|chart| chart.as_ref().ok())));
        let pairs = rules.iter().map(|active| active.pair());
        let hits = evaluator.chart(&view, pairs);
        hits.into_iter().map(|(at, hit)| self.finding(rules[at], &hit, &view)).collect()
    }

    /// True for a directory that seems to be meant as a chart but has no `Chart.yaml`: it has values, and templates that
    /// read them. It is not if it has a `Chart.yaml.in` or the like, from which a `Chart.yaml` is still to be made.
    pub(in crate::lint) fn lacks_metadata(&self) -> bool {
        let below = join(self.path, "templates/");
        let reads =
            |text: &str| [".Values", ".Release", ".Chart"].iter().any(|name| text.contains(name));
        let mut texts = self.files.below(&below).map(File::text);
        texts.any(|text| text.contains("{{") && reads(&text)) && {
            let path = &location(self.path);
            let source = |name: &String| {
                name.starts_with("Chart.")
                    && name != "Chart.yml"
                    && !name.starts_with("Chart.yaml/")
            };
            !names(path, self.sources.overlay()).iter().any(source)
        }
    }

    fn parts(&self, path: &Path, chart: Option<&Chart>) -> ChartParts {
        let first = |name: &str| self.documents(name).into_iter().next();
        let names = names(path, self.sources.overlay());
        let place = |name: &String| self.start(name, chart);
        let crds = names.iter().filter(|name| name.starts_with("crds/"));
        let whole = ["Chart.yaml", "values.yaml"].iter().find_map(|name| self.file(name));
        let mut parts = ChartParts {
            directory: directory_name(path),
            place: whole.map(|file| Span::new(file.source, 0, 0)),
            metadata: first("Chart.yaml"),
            requirements: first("requirements.yaml"),
            lock: ["Chart.lock", "requirements.lock"].iter().find_map(|name| self.lock(path, name)),
            crds: crds.flat_map(|name| self.documents(name)).collect(),
            ..ChartParts::default()
        };
        let whole = parts.place;
        parts.changed = names.iter().filter_map(|name| self.change(name, chart, whole?)).collect();
        if let Some(changed) = self.changed.filter(|_| !parts.changed.is_empty()) {
            let before = changed.before(&join(self.path, "Chart.yaml"));
            parts.base = before.and_then(|text| {
                yaml::parse(SourceId::NOWHERE, &text.into()).documents.into_iter().next()
            });
        }
        let files = names.into_iter().filter_map(|name| {
            let place = place(&name).or(whole)?;
            Some((name, place))
        });
        parts.files = files.collect();
        if let Some(chart) = chart {
            parts.take(chart, |span| self.files.known(span, self.sources));
        }
        parts
    }

    /// A changed file, with the start of its first changed line.
    fn change(&self, name: &str, chart: Option<&Chart>, whole: Span) -> Option<(String, Span)> {
        let line = self.changed?.first_line(&join(self.path, name))?;
        let start = self.start(name, chart).unwrap_or(whole);
        let text = &self.sources.get(start.source).text;
        let before = text.split_inclusive('\n').take(line.saturating_sub(1) as usize);
        let offset = before.map(str::len).sum();
        Some((name.to_owned(), Span::new(start.source, offset, offset)))
    }

    fn file(&self, name: &str) -> Option<&File> {
        self.files.at(&join(self.path, name))
    }

    fn documents(&self, name: &str) -> Vec<Arc<Document>> {
        let stream = self.file(name).and_then(|file| file.stream());
        stream.map(|stream| stream.documents.clone()).unwrap_or_default()
    }

    /// The lock of the chart's dependencies, which is not among the project's files.
    fn lock(&self, path: &Path, name: &str) -> Option<Arc<Document>> {
        let text = self.sources.read_in(path, name).ok()?;
        let source = self.sources.add(join(self.path, name), text);
        yaml::parse(source, &self.sources.get(source).text).documents.into_iter().next()
    }

    /// The start of a file, in the text that the run has of it.
    fn start(&self, name: &str, chart: Option<&Chart>) -> Option<Span> {
        let known = self.file(name).map(|file| file.source);
        let template = || {
            let templates = &chart?.templates;
            let at = templates.binary_search_by(|known| known.file.name.as_str().cmp(name));
            Some(templates[at.ok()?].file.source)
        };
        known.or_else(template).map(|source| Span::new(source, 0, 0))
    }

    fn finding(&self, active: &Active, hit: &Hit, view: &ChartView) -> Finding {
        let place = |span: Span| Place { span, origin: self.origin(span) };
        let related = hit.related.iter().map(|(target, message)| Related {
            message: message.clone(),
            place: place(view.span(target)),
        });
        // The first document of a view is made up, and so cannot be edited.
        let document = |at: usize| (at > 0).then(|| &*view.documents()[at]);
        Finding {
            related: related.collect(),
            fix: mend::in_place(hit.repair.as_ref(), document).map(Box::new),
            object: Some(Box::new(reference(view.directory(), api_version(view.root("chart"))))),
            ..of_hit(active, hit, place(view.span(&hit.target)))
        }
    }

    fn origin(&self, span: Span) -> Origin {
        let path = &self.sources.path(span.source);
        match path.strip_prefix(self.path).unwrap_or(path).trim_start_matches('/') {
            path if path.starts_with("crds/") => Origin::Manifest,
            path if path.ends_with(".lock") || path == "requirements.yaml" => Origin::Chart,
            _ => origin_of(span, self.sources),
        }
    }
}

/// How findings on a chart as a whole name it: by its directory, since its own name may be what is wrong.
pub(super) fn reference(directory: &str, api_version: &str) -> ObjectRef {
    ObjectRef {
        api_version: api_version.to_owned(),
        kind: "Chart".to_owned(),
        name: directory.to_owned(),
        ..ObjectRef::default()
    }
}

/// The chart that a file's findings are about, where the file is its metadata or its values.
pub(in crate::lint) fn whole(file: &File) -> Option<ObjectRef> {
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let path = &location(folder);
    let parts = ["Chart.yaml", "values.yaml", "requirements.yaml"];
    (parts.contains(&name) && path.join("Chart.yaml").is_file()).then(|| {
        let metadata = file.roots().next().filter(|_| name == "Chart.yaml");
        reference(&directory_name(path), api_version(metadata))
    })
}

/// The `apiVersion` in a `Chart.yaml`; charts of Helm 2 may have none.
fn api_version(metadata: Option<Node<'_>>) -> &str {
    metadata.and_then(|root| root.get("apiVersion")).map_or("v1", Node::raw)
}

/// The path of a folder from its shown path.
pub(in crate::lint) fn location(folder: &str) -> PathBuf {
    on_disk(folder).to_owned()
}

/// The last part of the path of a directory or an archive.
pub(super) fn directory_name(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
