//! Credentials that stand in values as they are.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::{Layers, Params, Remark, dotted};
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
            let named = patterns.is_match(key) && is_credential(node, entropy);
            if named || is_key_material(node.raw()) {
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

/// Whether a value is no name, no reference and no stand-in.
fn is_credential(node: Node<'_>, entropy: f64) -> bool {
    if !matches!(node.scalar(), Some(Scalar::Str(_) | Scalar::Int(_) | Scalar::Uint(_))) {
        return false;
    }
    let text = node.raw().trim();
    text.chars().count() >= 4 && !is_stand_in(text) && bits(text) >= entropy
}

/// Texts that stand for a credential that comes from elsewhere, or for none.
fn is_stand_in(text: &str) -> bool {
    static STAND_IN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?ix)
            \{\{ | \$\{ | \$\( | ^\$[A-Z_] | ^%[^%]+%$ | ^<[^>]*>$ | ^\[[^\]]*\]$ | ^__.*__$
            | ^ref\+ | ^ENC\[ | ^vault: | ^secretref | ^secret:// | ^(?:aws|gcp|az)[a-z]*:// | ^file:
            | change.?me | change.?this | replace.?(?:me|this|with) | place.?holder | example | dummy
            | ^your[-_ ] | ^my[-_ ]?(?:password|secret|token) | ^todo | ^(?:x+|\*+|-+|\.+)$
            | ^(?:none|null|nil|true|false|redacted|optional|required|random|generated?|auto)$
            ",
        )
        .expect("invariant: the pattern is sound")
    });
    STAND_IN.is_match(text) || text.starts_with('/') || text.contains("://")
}

/// Texts that are credentials whatever they are called.
fn is_key_material(text: &str) -> bool {
    static KEYS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/]{24}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bglpat-[A-Za-z0-9_-]{20}\b|\bxox[abprs]-[A-Za-z0-9-]{20,}",
        )
        .expect("invariant: the pattern is sound")
    });
    text.len() >= 20 && KEYS.is_match(text) && !text.contains("EXAMPLE")
}

/// Shannon entropy of the characters, in bits each.
fn bits(text: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::new();
    for c in text.chars() {
        *counts.entry(c).or_insert(0u32) += 1;
    }
    let total = f64::from(counts.values().sum::<u32>());
    let share = |count: &u32| f64::from(*count) / total;
    counts.values().map(share).map(|p| -p * p.log2()).sum()
}
