//! Compares the values files of the same release or chart in several environments.

use std::sync::LazyLock;

use regex::Regex;

use super::{Layers, Params, Remark, dotted};
use crate::kube::parse_quantity;
use crate::source::SourceId;
use crate::yaml::{Kind, Node};

/// A values file of a family, such as `values-prod.yaml`.
#[derive(Debug, Clone, Copy)]
pub struct Relative<'a> {
    /// Its path.
    pub path: &'a str,
    /// Its environment, as the path names it.
    pub environment: &'a str,
    /// Its contents.
    pub root: Node<'a>,
}

/// The environment that a path names, and the part of the path that its family has in common.
#[must_use]
pub fn environment(path: &str) -> Option<(String, &str)> {
    static WORD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)(?:^|[-_./])(dev(?:el|elop|elopment)?|test(?:ing)?|qa|int(?:egration)?|stag(?:e|ing)|uat|pre-?prod|prod(?:uction)?|live)(?:$|[-_./])",
        )
        .expect("invariant: the pattern is sound")
    });
    let word = WORD.captures_iter(path).last()?.get(1)?;
    let family = format!("{}*{}", &path[..word.start()], &path[word.end()..]);
    Some((family, word.as_str()))
}

/// Finds keys that one environment sets and others do not.
pub(super) fn drifted(layers: &Layers<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for layer in layers.given {
        let Some(own) = member(layers, layer.span().source) else { continue };
        let others: Vec<_> = layers.family.iter().filter(|other| other.path != own.path).collect();
        if others.is_empty() {
            continue;
        }
        leaves(*layer, &mut Vec::new(), &mut |path, node| {
            let lacks = |other: &&&Relative<'_>| !is_set(other.root, path);
            let without: Vec<&str> = others.iter().filter(lacks).map(|other| other.path).collect();
            if without.is_empty() {
                return;
            }
            remarks.push(Remark::new(
                node.key_span().unwrap_or_else(|| node.span()),
                format!("`{}` is set here and not in {}", dotted(path), without.join(", ")),
            ));
        });
    }
    remarks
}

/// Finds values that are lower in production than in an environment before it.
pub(super) fn weaker(layers: &Layers<'_>, params: &Params<'_>) -> Vec<Remark> {
    let order = params.texts("order");
    let rank = |environment: &str| stage(environment, &order);
    let mut remarks = Vec::new();
    for layer in layers.given {
        let Some(own) = member(layers, layer.span().source) else { continue };
        let last = order.len().checked_sub(1);
        if rank(own.environment).is_none() || rank(own.environment) != last {
            continue;
        }
        let lower = layers.family.iter().filter(|other| rank(other.environment) < last);
        for other in lower.filter(|other| rank(other.environment).is_some()) {
            leaves(*layer, &mut Vec::new(), &mut |path, node| {
                remarks.extend(less(path, node, other));
            });
        }
    }
    remarks
}

fn member<'a>(layers: &Layers<'a>, source: SourceId) -> Option<Relative<'a>> {
    layers.family.iter().copied().find(|member| member.root.span().source == source)
}

/// The index of an environment in the order: `production` is `prod`, `stage` is `staging`.
fn stage(environment: &str, order: &[String]) -> Option<usize> {
    let environment = environment.to_ascii_lowercase();
    let kin = |word: &String| {
        let word = word.to_ascii_lowercase();
        let shared = word.bytes().zip(environment.bytes()).take_while(|(a, b)| a == b).count();
        shared >= 3 || word == environment
    };
    let live = environment == "live";
    order.iter().position(kin).or_else(|| order.len().checked_sub(1).filter(|_| live))
}

fn less(path: &[&str], node: Node<'_>, other: &Relative<'_>) -> Option<Remark> {
    let theirs = path.iter().try_fold(other.root, |at, key| at.get(key))?;
    let last = *path.last()?;
    let above = path.iter().rev().nth(1).copied().unwrap_or_default();
    let amount = |node: Node<'_>| match node.kind() {
        Kind::Scalar => parse_quantity(node.raw()),
        _ => None,
    };
    let limit = matches!(last, "cpu" | "memory" | "ephemeral-storage");
    let counted = matches!(last, "replicas" | "replicaCount" | "minReplicas" | "minAvailable");
    let fewer = match above {
        "limits" | "requests" if limit => amount(node)? < amount(theirs)?,
        _ if counted => amount(node)? < amount(theirs)?,
        _ => false,
    };
    let switch = above.to_ascii_lowercase();
    let guarded = switch.ends_with("probe") || switch.contains("disruptionbudget");
    let off = last == "enabled"
        && guarded
        && node.as_bool() == Some(false)
        && theirs.as_bool() == Some(true);
    if !fewer && !off {
        return None;
    }
    let what = if off {
        format!("`{}` is off in {}", dotted(&path[..path.len() - 1]), "production")
    } else {
        format!("`{}` is {} in production", dotted(path), node.raw())
    };
    Some(Remark {
        related: vec![(theirs.span(), format!("{} in `{}`", theirs.raw(), other.path))],
        ..Remark::new(
            node.span(),
            format!("{what}, and {} in `{}`", theirs.raw(), other.environment),
        )
    })
}

/// Whether a path has a value, or a parent on it has one that is not a map.
fn is_set(root: Node<'_>, path: &[&str]) -> bool {
    let mut node = root;
    for key in path {
        if node.kind() != Kind::Mapping {
            return true;
        }
        match node.get(key) {
            Some(below) => node = below,
            None => return false,
        }
    }
    true
}

/// Calls `each` with everything that is set, with its path: scalars, lists and empty maps.
fn leaves<'a>(
    node: Node<'a>,
    path: &mut Vec<&'a str>,
    each: &mut impl FnMut(&[&'a str], Node<'a>),
) {
    for entry in node.entries() {
        path.push(entry.key.raw());
        match entry.value.kind() {
            Kind::Mapping if !entry.value.is_empty() => leaves(entry.value, path, each),
            _ => each(path, entry.value),
        }
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_differ_in_an_environment_are_a_family() {
        for (path, family, word) in [
            ("values-prod.yaml", "values-*.yaml", "prod"),
            ("envs/staging/values.yaml", "envs/*/values.yaml", "staging"),
            ("deploy/dev.yaml", "deploy/*.yaml", "dev"),
            ("prod/values-qa.yaml", "prod/values-*.yaml", "qa"),
        ] {
            assert_eq!(environment(path), Some((family.to_owned(), word)), "{path}");
        }
        for path in ["values.yaml", "product/values.yaml", "devices.yaml"] {
            assert_eq!(environment(path), None, "{path}");
        }
    }

    #[test]
    fn environments_have_an_order() {
        let order = ["dev", "staging", "prod"].map(ToOwned::to_owned);
        let stages = ["development", "stage", "production", "live", "qa"];
        let stages = stages.map(|word| stage(word, &order));
        assert_eq!(stages, [Some(0), Some(1), Some(2), Some(2), None]);
    }
}
