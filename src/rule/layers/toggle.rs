//! Switches that are on but have no effect.

use std::collections::BTreeSet;

use super::{Defaults, Layers, Remark, dotted};
use crate::helm::origin::OriginId;
use crate::helm::render::Rendered;
use crate::yaml::{Kind, Node, pointer};

/// The most switches of one release that are tried.
const MOST: usize = 16;

pub(super) fn judge(layers: &Layers<'_>) -> Vec<Remark> {
    let Some(rendered) = layers.rendered else { return Vec::new() };
    let mut switches = Vec::new();
    for layer in layers.given {
        gather(*layer, &layers.defaults(), &mut Vec::new(), &mut switches);
    }
    let view = layers.reads.map(|reads| reads.top());
    let is_read = |switch: &Switch<'_>| {
        let at = |view: &crate::helm::reads::View<'_>| {
            switch.path.iter().fold(view.clone(), |view, key| view.below(key)).is_read()
        };
        view.as_ref().is_some_and(at)
    };
    let seen = origins(rendered);
    let idle = |switch: &Switch<'_>| !seen.contains(&pointer(&switch.path));
    let held = |switch: &Switch<'_>| layers.flag(&switch.path).is_some_and(|(on, _)| on);
    let tried = switches.into_iter().filter(|s| is_read(s) && idle(s) && held(s)).take(MOST);
    tried
        .filter(|switch| layers.depends_on(&switch.path, "false") == Some(false))
        .map(|switch| Remark {
            related: vec![(switch.default.span(), "the default, off".to_owned())],
            ..Remark::new(
                switch.node.span(),
                format!(
                    "`{}` changes nothing: the release renders the same with it off",
                    dotted(&switch.path)
                ),
            )
        })
        .collect()
}

struct Switch<'a> {
    path: Vec<&'a str>,
    node: Node<'a>,
    default: Node<'a>,
}

/// Finds switches that a layer sets to true and that are off by default.
fn gather<'a>(
    map: Node<'a>,
    defaults: &Defaults<'a>,
    path: &mut Vec<&'a str>,
    found: &mut Vec<Switch<'a>>,
) {
    for entry in map.entries() {
        let defaults = defaults.below(entry.key.raw());
        path.push(entry.key.raw());
        let off = defaults.node().filter(|default| default.as_bool() == Some(false));
        if let (true, Some(true), Some(default)) =
            (is_switch(entry.key.raw()), entry.value.as_bool(), off)
        {
            found.push(Switch { path: path.clone(), node: entry.value, default });
        }
        if entry.value.kind() == Kind::Mapping {
            gather(entry.value, &defaults, path, found);
        }
        path.pop();
    }
}

fn is_switch(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.starts_with("enable") || key.ends_with("enabled")
}

/// The paths of all values that contributed to the output.
fn origins(rendered: &Rendered) -> BTreeSet<String> {
    let ids: BTreeSet<OriginId> = rendered
        .manifests
        .iter()
        .flat_map(|manifest| manifest.text.segments().iter().map(|segment| segment.origin))
        .collect();
    let leaves: BTreeSet<_> = ids
        .into_iter()
        .flat_map(|id| rendered.origins.entries(id).iter().map(|entry| entry.0).collect::<Vec<_>>())
        .collect();
    leaves.into_iter().map(|leaf| rendered.origins.describe(leaf).pointer).collect()
}
