//! Images with parts in the wrong values.

use super::{Layers, Remark, dotted, each_entry};
use crate::yaml::{Kind, Node, Scalar};

pub(super) fn judge(layers: &Layers<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for layer in layers.judged() {
        each_entry(layer, &mut Vec::new(), &mut |path, map, entry| {
            remarks.extend(match (entry.key.raw(), entry.value.kind()) {
                ("repository", Kind::Scalar) => repository(path, entry.value, layers),
                ("tag", Kind::Scalar) => tag(path, entry.value, map),
                _ => None,
            });
        });
    }
    remarks
}

/// A repository with a tag in it, beside a key for the tag.
fn repository(path: &[&str], node: Node<'_>, layers: &Layers<'_>) -> Option<Remark> {
    let (text, (own, tag)) = (node.as_str()?, split(node.as_str()?)?);
    let other = layers.at(&[path, &["tag"]].concat())?;
    let help = format!("write `repository: {own}` and `tag: \"{tag}\"`");
    Some(Remark {
        help: Some(help),
        related: vec![(other.span(), "the tag that is appended".to_owned())],
        ..Remark::new(
            node.span(),
            format!(
                "`{}` has a tag already: the chart makes `{text}:…` of it",
                dotted(&[path, &["repository"]].concat())
            ),
        )
    })
}

/// A tag with the repository in it.
fn tag(path: &[&str], node: Node<'_>, map: Node<'_>) -> Option<Remark> {
    let text = match node.scalar()? {
        Scalar::Str(text) if !text.contains("{{") && !text.contains('$') => text,
        _ => return None,
    };
    let image = map.get("repository").is_some() || path.contains(&"image");
    // Charts accept a digest after the tag, `1.4@sha256:…`.
    let before = text.split('@').next().unwrap_or_default();
    if !image || !(before.contains('/') || before.contains(':')) {
        return None;
    }
    Some(Remark::new(
        node.span(),
        format!(
            "`{}` is not a tag: a tag has neither `/` nor `:`",
            dotted(&[path, &["tag"]].concat())
        ),
    ))
}

/// Splits a reference with a tag into repository and tag; a port is not a tag.
fn split(text: &str) -> Option<(&str, &str)> {
    if text.contains("{{") || text.contains('$') || text.contains('@') {
        return None;
    }
    let (own, tag) = text.rsplit_once(':')?;
    (!tag.contains('/') && !tag.is_empty()).then_some((own, tag))
}
