//! Commands in the files of CI systems and task runners that are YAML or Groovy.

use std::collections::BTreeMap;

use super::{Context, Mapped, Piece, Via, environment};
use crate::project::file::File;
use crate::project::node::scalar_text;
use crate::project::release::shell::{RUN_TIME, Value, is_known};
use crate::yaml::{Kind, Node};

mod circle;
mod github;
mod gitlab;
mod jenkins;
mod just;
mod other;
mod step;
mod task;

pub(super) use circle::circle;
pub(super) use github::github;
pub(super) use gitlab::gitlab;
pub(super) use jenkins::jenkins;
pub(super) use just::just;
pub(super) use other::other;
pub(super) use step::tekton;
pub(super) use task::taskfile;

type Variables = BTreeMap<String, Value>;

/// Collects the scalars of a script: a single one, or those in a nested list.
fn lines<'a>(node: Node<'a>, found: &mut Vec<Node<'a>>) {
    match node.kind() {
        Kind::Scalar if !node.is_null() => found.push(node),
        Kind::Sequence => node.items().for_each(|item| lines(item, found)),
        _ => {}
    }
}

/// Joins several scalars to one script, so that each sees what those before it set. The script's spans are in the file of the
/// last scalar; text from other files is at the beginning of that file's part.
fn joined(nodes: &[Node<'_>]) -> Option<Mapped> {
    let own = nodes.last()?.span().source;
    let begin = nodes.iter().map(|node| node.span()).find(|span| span.source == own)?.start;
    let mut parts = nodes.iter().map(|node| match node.span().source == own {
        true => Mapped::scalar(*node),
        false => Mapped::instead(own, &Mapped::scalar(*node).text, begin as usize),
    });
    let mut all = parts.next()?;
    for part in parts {
        all.append(&part);
    }
    Some(all)
}

fn variables(node: Option<Node<'_>>, into: &mut Variables) {
    let Some(node) = node else { return };
    for entry in node.entries() {
        // GitLab: `NAME: {value: …, description: …}`.
        let value = entry.value.get("value").unwrap_or(entry.value);
        if let Some(text) = scalar_text(value) {
            let text = references(&text, into);
            into.insert(entry.name().into_owned(), Value::Text(text));
        }
    }
}

/// Expands `$NAME` and `${NAME}` in the value of a variable.
fn references(text: &str, variables: &Variables) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let braced = after.starts_with('{');
        let name = after.trim_start_matches('{');
        let length =
            name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
        if length == 0 {
            out.push('$');
            rest = after;
            continue;
        }
        match variables.get(&name[..length]) {
            Some(Value::Text(value)) => out.push_str(value),
            _ => out.push(RUN_TIME),
        }
        rest = &name[length..];
        if braced {
            rest = rest.strip_prefix('}').unwrap_or(rest);
        }
    }
    out + rest
}

fn piece(
    file: &File,
    scalars: &[Node<'_>],
    variables: Variables,
    variant: Option<String>,
    context: &Context<'_>,
) -> Option<Piece> {
    let text = joined(scalars)?;
    let environment = environment(&file.path, context).with(variables);
    Some(Piece { text, environment, via: Via::CiCommand, variant })
}
