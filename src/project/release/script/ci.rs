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

/// The most combinations of a matrix that are followed.
const MAX_COMBINATIONS: usize = 64;

/// The pieces of shell that are found in a file.
struct Pieces<'f, 'p> {
    file: &'f File,
    context: &'f Context<'p>,
    found: Vec<Piece>,
}

impl<'f, 'p> Pieces<'f, 'p> {
    fn of(file: &'f File, context: &'f Context<'p>) -> Self {
        Self { file, context, found: Vec::new() }
    }

    /// Adds a script that runs with some variables.
    fn add(&mut self, text: Mapped, variables: Variables) {
        self.found.push(self.piece(text, variables));
    }

    fn piece(&self, text: Mapped, variables: Variables) -> Piece {
        let environment = environment(&self.file.path, self.context).with(variables);
        Piece { text, environment, via: Via::CiCommand, variant: None }
    }
}

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

/// The text of a variable; if it is not known before the pipeline runs, what stands for that.
fn text_of(variables: &Variables, name: &str) -> String {
    match variables.get(name) {
        Some(Value::Text(text)) => text.clone(),
        _ => RUN_TIME.to_string(),
    }
}

/// Replaces each `open … close` by what `value` returns for the expression in between.
fn interpolated(text: &str, open: &str, close: &str, value: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        let Some((expression, after)) = after.split_once(close) else { break };
        out.push_str(before);
        out.push_str(&value(expression.trim()));
        rest = after;
    }
    out + rest
}

/// Each way with each item, up to [`MAX_COMBINATIONS`]; `put` adds an item to a way.
fn combined<T>(
    ways: &[Variables],
    items: &[T],
    put: impl Fn(&mut Variables, &T),
) -> Vec<Variables> {
    let with = |way: &Variables, item: &T| {
        let mut way = way.clone();
        put(&mut way, item);
        way
    };
    let with = &with;
    let all = ways.iter().flat_map(|way| items.iter().map(move |item| with(way, item)));
    all.take(MAX_COMBINATIONS).collect()
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
