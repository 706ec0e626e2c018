//! Nulls that remove a default without which the chart does not render.

use super::{Layers, Remark, dotted};
use crate::source::SourceId;
use crate::yaml::{Node, unescape};

pub(super) fn judge(layers: &Layers<'_>) -> Vec<Remark> {
    let Some(failure) = layers.failure else { return Vec::new() };
    let mut remarks = Vec::new();
    for (pointer, _) in &failure.involved {
        let keys: Vec<_> = pointer.split('/').skip(1).map(unescape).collect();
        let path: Vec<&str> = keys.iter().map(AsRef::as_ref).collect();
        let nulls = layers.given.iter().rev().filter_map(|layer| null(*layer, &path));
        for (null, path) in nulls {
            let defaults = path.iter().fold(layers.defaults(), |at, key| at.below(key));
            let Some(default) = defaults.node().filter(|default| !default.is_null()) else {
                continue;
            };
            let template = failure.span.filter(|span| span.source != SourceId::NOWHERE);
            let template = template.map(|span| (span, "this line needs it".to_owned()));
            let default = default.key_span().unwrap_or_else(|| default.span());
            let default = (default, "the default that is taken away".to_owned());
            remarks.push(Remark {
                related: template.into_iter().chain([default]).collect(),
                ..Remark::new(
                    null.key_span().unwrap_or_else(|| null.span()),
                    format!(
                        "null takes `{}` away, and the chart does not render without it: {}",
                        dotted(path),
                        failure.reason
                    ),
                )
            });
        }
    }
    remarks
}

/// The first null on a path, and the path to it.
fn null<'a, 'p>(layer: Node<'a>, path: &'p [&'p str]) -> Option<(Node<'a>, &'p [&'p str])> {
    let mut node = layer;
    for (at, key) in path.iter().enumerate() {
        node = node.get(key)?;
        if node.is_null() {
            return Some((node, &path[..=at]));
        }
    }
    None
}
