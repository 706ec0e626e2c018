//! Credentials in plain text in values.

use regex::RegexSet;

use super::{Layers, Params, Remark, dotted};
use crate::source::credential;
use crate::yaml::{Kind, Node, Scalar};

pub(super) fn judge(layers: &Layers<'_>, params: &Params<'_>) -> Vec<Remark> {
    let patterns = params.texts("key-patterns").into_iter();
    let patterns: Vec<String> = patterns.map(|pattern| format!("(?i)(?:{pattern})$")).collect();
    let Ok(patterns) = RegexSet::new(patterns) else { return Vec::new() };
    let entropy = params.number("entropy");
    let mut remarks = Vec::new();
    for layer in layers.judged() {
        let mut each = |path: &[&str], node: Node<'_>| {
            let key = path.last().copied().unwrap_or_default();
            // A list has names of things, such as the claims of a token.
            let is_item = node.parent().is_some_and(|above| above.kind() == Kind::Sequence);
            let named = patterns.is_match(key)
                && !is_item
                && is_credential(node, entropy)
                && !is_of_secret(key, node);
            if named || !credential::key_material(node.raw()).is_empty() {
                remarks.push(Remark::new(
                    node.key_span().unwrap_or_else(|| node.span()),
                    format!("`{}` holds a credential in plain text", dotted(path)),
                ));
            }
        };
        walk(layer, &mut Vec::new(), &mut each);
    }
    remarks
}

fn walk<'a>(node: Node<'a>, path: &mut Vec<&'a str>, each: &mut impl FnMut(&[&'a str], Node<'a>)) {
    match node.kind() {
        Kind::Mapping => node.written().for_each(|entry| {
            path.push(entry.key.raw());
            walk(entry.value, path, each);
            path.pop();
        }),
        Kind::Sequence => node.items().for_each(|item| walk(item, path, each)),
        Kind::Scalar => each(path, node),
    }
}

/// Whether a value is the name of a Secret, or the key of one whose name is beside it.
fn is_of_secret(key: &str, node: Node<'_>) -> bool {
    let plain = |key: &str| {
        let letters = key.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|letter| letter.to_ascii_lowercase()).collect::<String>()
    };
    let names = ["secretname", "existingsecret", "secretref"];
    let is_name = |key: &str| names.iter().any(|end| plain(key).ends_with(end));
    let mut beside = node.parent().into_iter().flat_map(Node::written);
    plain(key).starts_with("existingsecret")
        || plain(key).ends_with("secretkey")
            && beside.any(|entry| is_name(&entry.name()) && !entry.value.raw().is_empty())
}

/// Whether a value is likely a credential, and not a name, a reference or a placeholder.
fn is_credential(node: Node<'_>, entropy: f64) -> bool {
    matches!(node.scalar(), Some(Scalar::Str(_) | Scalar::Int(_) | Scalar::Uint(_)))
        && credential::is_likely(node.raw(), entropy)
}
