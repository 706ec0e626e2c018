//! The pipelines of `CircleCI`, whose commands and jobs have parameters:
//! <https://circleci.com/docs/configuration-reference/>.

use super::{Context, File, Kind, Node, Piece, Value, Variables, other, text_of};
use crate::project::node::scalar_text;

/// One piece for each script, and for each set of parameters that it is called with.
pub(in crate::project::release::script) fn circle(
    file: &File,
    context: &Context<'_>,
) -> Vec<Piece> {
    let Some(root) = file.roots().next() else { return Vec::new() };
    let reusable: Vec<_> = ["commands", "jobs"]
        .iter()
        .filter_map(|list| root.get(list))
        .flat_map(Node::entries)
        .map(|entry| (entry.name().into_owned(), entry.value))
        .collect();
    let mut pieces = Vec::new();
    for piece in other(file, context) {
        if !piece.text.text.contains("<<") {
            pieces.push(piece);
            continue;
        }
        // The parameters are those of the command or job that contains the script.
        let at = piece.text.span(0, 0).start;
        let holding = reusable.iter().find(|(_, body)| body.span().contains(at));
        let Some((name, body)) = holding else { continue };
        for parameters in calls(name, *body, root) {
            let value = |expression: &str| {
                text_of(&parameters, expression.strip_prefix("parameters.").unwrap_or_default())
            };
            pieces.push(Piece {
                text: piece.text.substitute("<<", ">>", value),
                environment: piece.environment.clone(),
                via: piece.via,
                variant: Some(name.clone()),
            });
        }
    }
    pieces
}

/// The parameters of each call of a command or job; its defaults if it is never called.
fn calls(name: &str, body: Node<'_>, root: Node<'_>) -> Vec<Variables> {
    let mut defaults = Variables::new();
    for entry in body.get("parameters").into_iter().flat_map(Node::entries) {
        if let Some(text) = entry.value.get("default").and_then(scalar_text) {
            defaults.insert(entry.name().into_owned(), Value::Text(text));
        }
    }
    let mut called = Vec::new();
    steps(name, root, &mut called);
    let with = |given: Node<'_>| {
        let mut parameters = defaults.clone();
        for entry in given.entries() {
            if let Some(text) = scalar_text(entry.value).filter(|text| !text.contains("<<")) {
                parameters.insert(entry.name().into_owned(), Value::Text(text));
            }
        }
        parameters
    };
    let mut all: Vec<Variables> = called.into_iter().map(with).collect();
    if all.is_empty() {
        all.push(defaults);
    }
    all
}

/// The items `NAME: {…}` and `NAME` of every list below a node.
fn steps<'a>(name: &str, node: Node<'a>, found: &mut Vec<Node<'a>>) {
    match node.kind() {
        Kind::Scalar => {}
        Kind::Mapping => node.entries().for_each(|entry| steps(name, entry.value, found)),
        Kind::Sequence => {
            for item in node.items() {
                match item.get(name) {
                    Some(given) => found.push(given),
                    None if item.as_str() == Some(name) => found.push(item),
                    None => steps(name, item, found),
                }
            }
        }
    }
}
