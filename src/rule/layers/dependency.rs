//! Values for a subchart that a condition or tags disable.

use super::{Layers, Remark, child, dotted};
use crate::helm::chart::Dependency;
use crate::yaml::Kind;

pub(super) fn judge(layers: &Layers<'_>) -> Vec<Remark> {
    let (Some(chart), Some(reads)) = (layers.chart, layers.reads) else { return Vec::new() };
    let mut remarks = Vec::new();
    for dependency in &chart.metadata.dependencies {
        let name = dependency.shown();
        let Some(switch) = switched_off(layers, dependency) else { continue };
        if child(chart, name).is_none() {
            continue;
        }
        // Other charts may read the values for this one.
        let others = reads.without(&[name.to_owned()]).below(name);
        if others.is_whole() {
            continue;
        }
        for layer in layers.given {
            let Some(given) = layer.get(name).filter(|given| given.kind() == Kind::Mapping) else {
                continue;
            };
            let dead = given.entries().find(|entry| !others.below(entry.key.raw()).is_read());
            let Some(dead) = dead else { continue };
            let path = dotted(&[name, dead.key.raw()]);
            remarks.push(Remark {
                related: vec![(switch.span, format!("`{}` leaves `{name}` out", switch.path))],
                ..Remark::new(
                    dead.key.span(),
                    format!("`{path}` is for a chart that is not part of this release"),
                )
            });
        }
    }
    remarks
}

/// The value that disables a subchart.
struct Switch {
    path: String,
    span: crate::source::Span,
}

/// Decides as Helm does: by the first condition that is a boolean, or else by the tags.
fn switched_off(layers: &Layers<'_>, dependency: &Dependency) -> Option<Switch> {
    let flag = |path: &[&str]| {
        let (on, node) = layers.flag(path)?;
        Some((on, Switch { path: dotted(path), span: node.span() }))
    };
    let conditions = dependency.condition.trim().split(',').filter(|path| !path.is_empty());
    for condition in conditions {
        let path: Vec<&str> = condition.split('.').collect();
        if let Some((on, switch)) = flag(&path) {
            return (!on).then_some(switch);
        }
    }
    let tags: Vec<_> = dependency.tags.iter().filter_map(|tag| flag(&["tags", tag])).collect();
    match tags.iter().any(|(on, _)| *on) {
        true => None,
        false => tags.into_iter().next().map(|(_, switch)| switch),
    }
}
