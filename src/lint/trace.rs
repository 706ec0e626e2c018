//! A rendered release for display: where each line and each field comes from.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use super::gather::{Charts, Files, UnitFiles, is_read_by_helm};
use super::judge::{Families, Task};
use super::select::Chosen;
use super::session::Snapshot;
use crate::finding::Origin;
use crate::helm::chart::Chart;
use crate::helm::origin::{OriginId, Through};
use crate::helm::render::{Manifest, Rendered};
use crate::helm::scalar::Inquiry;
use crate::project::{self, Release, Resolution, parent};
use crate::report::unchecked::BUILD_IT;
use crate::source::{SourceId, Sources, Span};
use crate::yaml::Node;

/// A range of bytes in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The file, as shown.
    pub file: String,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Spot {
    /// The bytes.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// A release as it is rendered.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// What `helm template` prints.
    pub text: String,
    /// For each of its lines, the place to edit, if there is one.
    pub lines: Vec<Option<Spot>>,
    /// Every scalar, in the order of the text.
    pub fields: Vec<Field>,
}

/// A scalar of a rendered object, or an empty map or list.
#[derive(Debug, Clone)]
pub struct Field {
    /// `Deployment/web`.
    pub object: String,
    /// `spec.replicas`.
    pub path: String,
    /// Its text, as it is written.
    pub value: String,
    /// The place in the template that wrote it.
    pub template: Option<Spot>,
    /// The values that it depends on.
    pub causes: Vec<Cause>,
}

/// A value that a field depends on.
#[derive(Debug, Clone)]
pub struct Cause {
    /// Its JSON pointer in the merged values.
    pub pointer: String,
    /// Where it is written; `None` where it is in no file.
    pub spot: Option<Spot>,
    /// True if the value's own characters are in the field, and not only something computed from it.
    pub literal: bool,
}

impl Snapshot {
    /// The releases that a file belongs to, by index: the file is a values layer, contains the declaration, or is part
    /// of the chart.
    #[must_use]
    pub fn releases_of(&self, shown: &str) -> Vec<usize> {
        let of_file = |release: &Release| {
            release.values.iter().any(|layer| layer.file.as_deref() == Some(shown))
                || self.sources.path(release.declared.source) == shown
                || release.chart.path.as_deref().is_some_and(|chart| {
                    project::within(chart, shown).is_some_and(|inside| is_part(&inside))
                })
        };
        let releases = self.project.releases.iter().enumerate();
        releases.filter(|(_, release)| of_file(release)).map(|(at, _)| at).collect()
    }

    /// Renders a release.
    ///
    /// # Errors
    /// When its chart is not on this machine or does not render; the error says why, in one sentence.
    pub fn trace(&self, release: usize) -> Result<Trace, String> {
        self.with_task(release, |task, charts| {
            task.look(charts, |rendered, chart| {
                Tracer { task, rendered, chart, causes: HashMap::new() }.trace()
            })
        })?
    }

    /// Calls `look` with the chart of a release.
    ///
    /// # Errors
    /// When the chart is not on this machine or cannot be read; the error says why, in one sentence.
    pub fn with_chart<T>(
        &self,
        release: usize,
        look: impl FnOnce(&Chart) -> T,
    ) -> Result<T, String> {
        self.with_task(release, |task, charts| {
            match charts.load(&task.path, &self.sources).get() {
                Some(Ok(chart)) => Ok(look(chart)),
                Some(Err(error)) => Err(error.to_string()),
                None => Err("the chart is being read".to_owned()),
            }
        })?
    }

    fn with_task<T>(
        &self,
        release: usize,
        work: impl FnOnce(&Task<'_>, &Charts<'_>) -> T,
    ) -> Result<T, String> {
        let release = self.project.releases.get(release).ok_or("there is no such release")?;
        let config = &self.settings.config;
        let declared = &self.sources.path(release.declared.source);
        let near = parent(declared);
        let path = match project::resolve(&release.chart, near, config, &self.project.lock) {
            Resolution::At(path) => path,
            Resolution::Absent { chart, help } => {
                return Err(format!("the chart {chart} is not on this machine; {help}"));
            }
            Resolution::Unbuilt(path) => {
                return Err(format!("there is no chart at `{path}`; {BUILD_IT}"));
            }
            Resolution::Missing { why, help } => return Err(format!("{why}; {help}")),
        };
        let files = Files::new(&self.project.files);
        let (chosen, families) = (Chosen::default(), Families::default());
        let task = Task {
            release,
            path,
            kube_version: &self.options.kube_version,
            api_versions: &self.options.api_versions,
            chosen: &chosen,
            rewrites: None,
            files: &UnitFiles::new(&files),
            charts: &self.project.charts,
            families: &families,
            sources: &self.sources,
            keep_rendered: false,
            helped: false,
            in_repository: false,
        };
        Ok(work(&task, &Charts::new(config, &self.project.lock, None)))
    }

    /// A span as a place in a shown file.
    #[must_use]
    pub fn spot(&self, span: Span) -> Spot {
        spot(span, &self.sources)
    }
}

/// Whether a file of a chart may have a part in what the chart renders, by its path in it.
fn is_part(inside: &str) -> bool {
    is_read_by_helm(inside) || inside.starts_with("files/")
}

fn spot(span: Span, sources: &Sources) -> Spot {
    let file = sources.path(span.source);
    Spot { file, start: span.start as usize, end: span.end as usize }
}

/// Collects the trace of one render.
struct Tracer<'a, 'r> {
    task: &'a Task<'a>,
    rendered: &'r Rendered,
    chart: &'a Chart,
    /// Most scalars of a branch share their origins.
    causes: HashMap<OriginId, Rc<[Cause]>>,
}

impl Tracer<'_, '_> {
    fn trace(mut self) -> Trace {
        let mut trace = Trace::default();
        for manifest in &self.rendered.manifests {
            let head = format!("---\n# Source: {}\n", manifest.template);
            trace.lines.extend([None, None]);
            trace.text.push_str(&head);
            self.lines(manifest, &mut trace);
            self.fields(manifest, &mut trace);
        }
        trace
    }

    fn lines(&self, manifest: &Manifest, trace: &mut Trace) {
        let places = self.task.places(self.rendered, manifest, self.chart);
        let mut at = 0;
        for line in manifest.text.as_str().split_inclusive('\n') {
            let body = line.trim();
            let start = at + (line.len() - line.trim_start().len());
            let place = (!body.is_empty()).then(|| places.of_text(start..start + body.len()));
            let written = place.filter(|place| place.origin != Origin::Release);
            trace.lines.push(written.map(|place| spot(place.span, self.task.sources)));
            at += line.len();
        }
        trace.text.push_str(manifest.text.as_str());
        trace.text.push('\n');
    }

    fn fields(&mut self, manifest: &Manifest, trace: &mut Trace) {
        let Some(root) = manifest.document.as_ref().and_then(|document| document.root()) else {
            return;
        };
        let text = |node: Option<Node<'_>>| node.map_or("", Node::raw).to_owned();
        let name = text(root.at(&["metadata", "name"]));
        let object = format!("{}/{name}", text(root.get("kind")));
        let inquiry = Inquiry::new(manifest, &self.rendered.origins);
        inquiry.each_scalar(|scalar| {
            let range = scalar.node.span().range();
            trace.fields.push(Field {
                object: object.clone(),
                path: scalar.node.path().to_string(),
                value: manifest.text.as_str()[range].to_owned(),
                template: scalar.place.and_then(|place| self.template(place)),
                causes: self.causes(&inquiry, scalar.origin).to_vec(),
            });
        });
    }

    fn template(&self, place: crate::helm::rope::Place) -> Option<Spot> {
        let (file, offset) = self.rendered.place(place);
        (file.source != SourceId::NOWHERE).then(|| {
            let at = offset as usize;
            spot(Span::new(file.source, at, at), self.task.sources)
        })
    }

    fn causes(&mut self, inquiry: &Inquiry<'_>, origin: OriginId) -> Rc<[Cause]> {
        let sources = self.task.sources;
        let made = || {
            let leaves = inquiry.leaves(origin).into_iter();
            let causes = leaves.map(|(leaf, through)| Cause {
                spot: leaf.span.map(|span| spot(span, sources)),
                pointer: leaf.pointer,
                literal: through == Through::Text,
            });
            causes.collect()
        };
        Rc::clone(self.causes.entry(origin).or_insert_with(made))
    }
}
