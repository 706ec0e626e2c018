//! Numbers that are meant as texts: `tag: 1.10` is 1.1.

use super::trace::rendered_exponents;
use super::{Layers, Params, Remark};
use crate::helm::print;
use crate::rule::repair::Rewrite;
use crate::yaml::{Kind, Node, Scalar, Style};

pub(super) fn judge(layers: &Layers<'_>, params: &Params<'_>) -> Vec<Remark> {
    let keys = params.texts("keys");
    // If the release renders, the output shows how templates print long numbers. Otherwise, lists are the ones that most
    // charts print by `toYaml`, which writes such numbers in full.
    let seen = layers.rendered.map(rendered_exponents);
    let mut remarks = Vec::new();
    for layer in layers.judged() {
        walk(layer, &mut |key, node| {
            let Some(printed) = lossy(node).filter(|_| is_named(key, &keys)) else { return };
            let whole = node.raw().bytes().all(|byte| byte.is_ascii_digit())
                && !node.raw().starts_with('0');
            let is_shown = || match &seen {
                Some(seen) => seen.iter().any(|exponent| exponent.value == node.span()),
                None => node.upwards().all(|above| above.kind() != Kind::Sequence),
            };
            if whole && !is_shown() {
                return;
            }
            remarks.push(Remark {
                help: Some(format!("quote it: `\"{}\"`", node.raw())),
                repair: Some(Rewrite::quoted(node).of_values()),
                ..Remark::new(
                    node.span(),
                    format!(
                        "`{}` is a number here, and templates print it as `{printed}`",
                        node.raw()
                    ),
                )
            });
        });
    }
    remarks
}

/// The text that templates print for a number, if it is not as it is written.
pub(super) fn lossy(node: Node<'_>) -> Option<String> {
    if node.style() != Style::Plain {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "Helm reads numbers so")]
    let value = match node.scalar()? {
        Scalar::Int(value) => value as f64,
        Scalar::Uint(value) => value as f64,
        Scalar::Float(value) if value.is_finite() => value,
        _ => return None,
    };
    let printed = print::float(value);
    (printed != node.raw()).then_some(printed)
}

/// Whether the last word of a key is one of these: `imageTag`, `image_tag` and `tag` are tags.
fn is_named(key: &str, words: &[String]) -> bool {
    words.iter().any(|word| {
        let Some(at) = key.len().checked_sub(word.len()) else { return false };
        let Some((before, end)) = key.split_at_checked(at) else { return false };
        let starts = match before.chars().next_back() {
            None => true,
            Some(c) if c.is_alphanumeric() => end.starts_with(char::is_uppercase),
            Some(_) => true,
        };
        starts && end.eq_ignore_ascii_case(word)
    })
}

/// Calls `each` with every scalar and its key.
fn walk<'a>(node: Node<'a>, each: &mut impl FnMut(&'a str, Node<'a>)) {
    match node.kind() {
        Kind::Mapping => node.written().for_each(|entry| match entry.value.kind() {
            Kind::Scalar if entry.value.alias_span().is_none() => {
                each(entry.key.raw(), entry.value);
            }
            Kind::Scalar => {}
            _ => walk(entry.value, each),
        }),
        Kind::Sequence => node.items().for_each(|item| walk(item, each)),
        Kind::Scalar => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_by_its_last_word() {
        let words = ["tag".to_owned(), "id".to_owned()];
        for key in ["tag", "imageTag", "image_tag", "image-tag", "accountId"] {
            assert!(is_named(key, &words), "{key}");
        }
        for key in ["stage", "valid", "tags", "idle", "vintag"] {
            assert!(!is_named(key, &words), "{key}");
        }
    }
}
