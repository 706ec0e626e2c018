//! The templates of a release: their dot, the order in which they are executed, and their output.

use std::rc::Rc;
use std::sync::Arc;

use super::{Release, RenderError, base};
use crate::helm::capabilities::{KubeVersion, capabilities};
use crate::helm::chart::{ChartTemplate, ImportValues, Metadata};
use crate::helm::eval::{Evaluator, Failure};
use crate::helm::files::files;
use crate::helm::function::{find, is_known};
use crate::helm::origin::{OriginId, Origins};
use crate::helm::parse::Template;
use crate::helm::rope::Rope;
use crate::helm::value::{Data, Entries, Nuance, Value};
use crate::helm::values;
use crate::helm::values::coalesce::Tree;
use crate::helm::values::dependencies::Member;
use crate::source::{SourceId, Span};

/// Lists every template of the release, with its dot.
pub(super) fn placed<'c>(
    tree: &Tree,
    members: &'c [Member<'c>],
    merged: &Value,
    release: &Release,
    kube: &KubeVersion,
) -> Vec<Placed<'c>> {
    let mut scope = Scope {
        members,
        templates: Vec::new(),
        release: release_map(release),
        capabilities: capabilities(kube, &release.api_versions, release.serves),
    };
    scope.enter(tree, merged, &tree.name, true);
    scope.templates
}

/// A template of a chart in a release, with its dot.
pub(super) struct Placed<'c> {
    name: Rc<str>,
    /// `.Template.BasePath`
    base: Value,
    dot: Value,
    file: &'c ChartTemplate,
}

/// Lists the templates of a release's charts, from the top chart down.
struct Scope<'a> {
    members: &'a [Member<'a>],
    templates: Vec<Placed<'a>>,
    release: Value,
    capabilities: Value,
}

impl Scope<'_> {
    /// Adds the templates of a chart and its subcharts; returns what the parent has as `.Subcharts.NAME`.
    fn enter(&mut self, tree: &Tree, values: &Value, path: &str, root: bool) -> Value {
        let chart = self.members[tree.chart].chart;
        let below = Value::map(Entries::new(), OriginId::NONE);
        let mut meta = metadata(&chart.metadata, &tree.name, &self.members[tree.chart]);
        meta.insert("IsRoot".into(), Value::bool(root, OriginId::NONE));
        let dot = Value::map(
            Entries::from([
                ("Chart".into(), Value::map(meta, OriginId::NONE)),
                ("Files".into(), files(chart)),
                ("Release".into(), self.release.clone()),
                ("Capabilities".into(), self.capabilities.clone()),
                ("Values".into(), values.clone().with(Nuance::Values)),
                ("Subcharts".into(), below.clone()),
            ]),
            OriginId::NONE,
        );
        for child in &tree.children {
            let known = match &values.data {
                Data::Map(entries) => entries.borrow().get(child.name.as_str()).cloned(),
                _ => None,
            };
            let known = known.filter(|known| matches!(known.data, Data::Map(_)));
            let values = known.unwrap_or_else(|| values::empty(child.leaf));
            let path = format!("{path}/charts/{}", child.name);
            let seen = self.enter(child, &values, &path, false);
            if let Data::Map(entries) = &below.data {
                entries.borrow_mut().insert(child.name.as_str().into(), seen);
            }
        }
        let base_path = Value::str(&format!("{path}/templates"), OriginId::NONE);
        self.templates.reserve(chart.templates.len());
        for template in &chart.templates {
            let partial = base(&template.file.name).starts_with('_');
            if chart.is_library() && !partial {
                continue;
            }
            self.templates.push(Placed {
                name: [path, "/", &template.file.name].concat().into(),
                base: base_path.clone(),
                dot: dot.clone().with(Nuance::Values),
                file: template,
            });
        }
        dot
    }
}

fn release_map(release: &Release) -> Value {
    let text = |text: &str| Value::str(text, OriginId::NONE);
    let flag = |value| Value::bool(value, OriginId::NONE);
    let entries = Entries::from([
        ("Name".into(), text(&release.name)),
        ("Namespace".into(), text(&release.namespace)),
        ("IsUpgrade".into(), flag(release.is_upgrade)),
        ("IsInstall".into(), flag(!release.is_upgrade)),
        ("Revision".into(), Value::int(1, OriginId::NONE)),
        ("Service".into(), text("Helm")),
    ]);
    Value::map(entries, OriginId::NONE)
}

/// Returns the map `.Chart`, with the field names in Helm's struct.
fn metadata(meta: &Metadata, name: &str, member: &Member<'_>) -> Entries {
    let text = |text: &str| Value::str(text, OriginId::NONE);
    let list = |items: Vec<Value>| Value::list(items, OriginId::NONE);
    let texts = |items: &[String]| list(items.iter().map(|item| text(item)).collect());
    let map = |entries: Entries| Value::map(entries, OriginId::NONE);
    // As Helm's `processImportValues` leaves them.
    let imported = |entry: &ImportValues| {
        let (child, parent) = entry.paths();
        map(Entries::from([("child".into(), text(&child)), ("parent".into(), text(parent))]))
    };
    let maintainers = meta.maintainers.iter().map(|[name, email, url]| {
        map(Entries::from([
            ("Name".into(), text(name)),
            ("Email".into(), text(email)),
            ("URL".into(), text(url)),
        ]))
    });
    let dependencies = member.dependencies.iter().map(|dependency| {
        map(Entries::from([
            ("Name".into(), text(&dependency.name)),
            ("Version".into(), text(&dependency.version)),
            ("Repository".into(), text(&dependency.repository)),
            ("Condition".into(), text(&dependency.condition)),
            ("Tags".into(), texts(&dependency.tags)),
            ("Enabled".into(), Value::bool(true, OriginId::NONE)),
            ("ImportValues".into(), list(dependency.import_values.iter().map(imported).collect())),
            ("Alias".into(), text(&dependency.alias)),
        ]))
    });
    let nuance = match meta.has_annotations {
        true => Nuance::Texts,
        false => Nuance::NilTexts,
    };
    let annotations =
        meta.annotations.iter().map(|(key, value)| (key.as_str().into(), text(value)));
    Entries::from([
        ("Name".into(), text(name)),
        ("Home".into(), text(&meta.home)),
        ("Sources".into(), texts(&meta.sources)),
        ("Version".into(), text(&meta.version)),
        ("Description".into(), text(&meta.description)),
        ("Keywords".into(), texts(&meta.keywords)),
        ("Maintainers".into(), list(maintainers.collect())),
        ("Icon".into(), text(&meta.icon)),
        ("APIVersion".into(), text(&meta.api_version)),
        ("Condition".into(), text(&meta.condition)),
        ("Tags".into(), text(&meta.tags)),
        ("AppVersion".into(), text(&meta.app_version)),
        ("Deprecated".into(), Value::bool(meta.deprecated, OriginId::NONE)),
        ("Annotations".into(), map(annotations.collect()).with(nuance)),
        ("KubeVersion".into(), text(&meta.kube_version)),
        ("Dependencies".into(), list(dependencies.collect())),
        ("Type".into(), text(&meta.kind)),
    ])
}

/// Sorts templates in Helm's order: those in deeper folders first, and later names first.
pub(super) fn in_order<'p, 'c>(templates: &'p [Placed<'c>]) -> Vec<&'p Placed<'c>> {
    // Two dependencies may have a file with the same name; the last one is used.
    let mut ordered: Vec<&Placed<'_>> = templates.iter().rev().collect();
    let key = |placed: &Placed| (placed.name.matches('/').count(), Rc::clone(&placed.name));
    ordered.sort_by_cached_key(|placed| std::cmp::Reverse(key(placed)));
    ordered.dedup_by(|a, b| a.name == b.name);
    ordered
}

/// Makes an evaluator of all templates, which have to be [`in_order`].
///
/// # Errors
/// The first template that cannot be parsed.
pub(super) fn parsed(
    templates: &[&Placed<'_>],
    origins: &Rc<Origins>,
) -> Result<Evaluator<'static>, RenderError> {
    let mut trees: Vec<(Rc<str>, Arc<Template>)> = Vec::new();
    for placed in templates {
        match placed.file.parsed() {
            Ok(tree) => trees.push((Rc::clone(&placed.name), Arc::clone(tree))),
            Err(fault) => {
                let text = &placed.file.file.text;
                let offset = fault.offset.min(text.len());
                let line = text[..offset].matches('\n').count() + 1;
                let reason = fault.describe(&placed.name, text);
                return Err(RenderError {
                    message: format!("parse error at ({}:{line}): {reason}", placed.name),
                    reason,
                    span: Some(line_of(placed.file.file.source, text, offset)),
                    ..RenderError::new("")
                });
            }
        }
    }
    Ok(Evaluator::new(&trees, Rc::clone(origins), find, is_known))
}

/// Returns the place of the rest of a line, for faults that only have a line.
fn line_of(source: SourceId, text: &str, offset: usize) -> Span {
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1).max(offset.min(text.len()));
    let end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    Span::new(source, start, end)
}

/// Executes all templates, which have to be [`in_order`], and calls `each` with the name and output of each.
///
/// # Errors
/// Why the first of them failed.
pub(super) fn execute(
    templates: &[&Placed<'_>],
    evaluator: &Evaluator<'_>,
    mut each: impl FnMut(&Rc<str>, &Rope),
) -> Result<(), Failure> {
    for placed in templates {
        if base(&placed.name).starts_with('_') {
            continue;
        }
        if let Data::Map(entries) = &placed.dot.data {
            let about = Entries::from([
                ("Name".into(), Value::str(&placed.name, OriginId::NONE)),
                ("BasePath".into(), placed.base.clone()),
            ]);
            let about = Value::map(about, OriginId::NONE).with(Nuance::Values);
            entries.borrow_mut().insert("Template".into(), about);
        }
        each(&placed.name, &evaluator.file(&placed.name, &placed.dot)?);
    }
    Ok(())
}
