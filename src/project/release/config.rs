//! Releases in `plimsoll.yaml`: in the configuration of the run, and in any other one in the repository.

use super::command::{self, Assignment, AssignmentKind};
use super::{ChartRef, Content, Context, Found, Layer, Release, Via};
use crate::config::{self, ChartSettings, Config, ReleaseSettings, Spanned, ValuesEntry};
use crate::project::class::Class;
use crate::project::node::NodeRef;
use crate::project::path::{join, parent, shown};
use crate::source::Span;

pub(super) fn find(context: &Context<'_>, found: &mut Found) {
    let own = context.config.file.as_ref().map(|file| shown(&file.path));
    if context.config.file.is_some() {
        read(context.config, own.as_deref().unwrap_or_default(), context, found);
    }
    for file in context.tree.of(Class::Config).filter(|file| Some(&file.path) != own.as_ref()) {
        let path = std::path::Path::new(&file.path);
        let config = config::parse(path, &file.path, &file.text(), context.sources);
        found.findings.extend(config.findings.iter().cloned());
        read(&config, &file.path, context, found);
    }
}

fn read(config: &Config, path: &str, context: &Context<'_>, found: &mut Found) {
    let directory = parent(path);
    for (at, release) in config.settings.releases.iter().enumerate() {
        let Some(declared) = config.span(release) else { continue };
        let values = layers(config, at, release, directory);
        let chart = release.chart.as_ref().map(|chart| self::chart(chart, directory, context));
        let mut chart = chart.unwrap_or_default();
        chart.span = release.chart.as_ref().and_then(|chart| config.span(chart));
        let text = |value: &Option<Spanned<String>>| value.as_ref().map(|text| text.value.clone());
        found.releases.push(Release {
            name: text(&release.name),
            namespace: text(&release.namespace),
            chart,
            values,
            kube_version: text(&release.kube_version),
            api_versions: config::texts(&release.api_versions),
            skip_schema: false,
            declared,
            name_span: release.name.as_ref().and_then(|name| config.span(name)),
            via: Via::Config,
            variant: None,
        });
    }
}

fn chart(chart: &ChartSettings, directory: &str, context: &Context<'_>) -> ChartRef {
    let text = |value: &Option<Spanned<String>>| value.as_ref().map(|text| text.value.clone());
    let mut read = match (&chart.path, &chart.name) {
        (Some(path), _) => context.local_chart(join(directory, &path.value)),
        (None, Some(name)) => {
            command::chart(&name.value, text(&chart.repository), &[directory], None, context)
        }
        (None, None) => ChartRef::default(),
    };
    read.version = text(&chart.version).or(read.version);
    read
}

fn layers(config: &Config, at: usize, release: &ReleaseSettings, directory: &str) -> Vec<Layer> {
    let Some(file) = &config.file else { return Vec::new() };
    let root = file.stream.documents.first().and_then(|document| document.root());
    let written = |index: usize| {
        let (at, index) = (at.to_string(), index.to_string());
        root.and_then(|root| root.at(&["releases", &at, "values", &index]))
    };
    let mut layers = Vec::new();
    for (index, entry) in release.values.iter().enumerate() {
        let span = Span { source: file.source, start: entry.start, end: entry.end };
        layers.push(match (&entry.value, written(index)) {
            (ValuesEntry::File(path), _) => Layer::file(join(directory, path), span),
            (ValuesEntry::Inline, Some(node)) => {
                let content = NodeRef::new(&file.stream.documents, node).map(Content::Yaml);
                Layer::inline(span, content.unwrap_or(Content::Unknown))
            }
            (ValuesEntry::Inline, None) => Layer::inline(span, Content::Unknown),
        });
    }
    let assignments: Vec<Assignment> = release
        .set
        .iter()
        .filter_map(|(path, value)| {
            let span = config.span(value)?;
            let (kind, text) = match &value.value {
                serde_json::Value::String(text) => (AssignmentKind::String, text.clone()),
                other => (AssignmentKind::Json, other.to_string()),
            };
            let value_span = Some(span);
            Some(Assignment { kind, path: path.clone(), value: text, span, value_span })
        })
        .collect();
    if let Some(span) = assignments.iter().map(|assignment| assignment.span).min() {
        layers.push(Layer::inline(span, Content::Set(assignments)));
    }
    layers
}
