//! The workflows and actions of GitHub: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax>.

use super::{
    Context, File, Kind, Mapped, Node, Piece, RUN_TIME, Value, Variables, Via, environment,
    is_known,
};
use crate::project::node::scalar_text;
use crate::project::tree::join;

/// One piece for each job of a workflow and each entry of its matrix, or for an action.
pub(in crate::project::release::script) fn github(
    file: &File,
    context: &Context<'_>,
) -> Vec<Piece> {
    let Some(root) = file.roots().next() else { return Vec::new() };
    let mut global = Variables::new();
    variables(root.get("env"), &mut global, &Variables::new());
    let mut inputs = Variables::new();
    for list in [
        root.get("inputs"),
        root.at(&["true", "workflow_dispatch", "inputs"]),
        root.at(&["true", "workflow_call", "inputs"]),
    ] {
        for entry in list.into_iter().flat_map(Node::entries) {
            if let Some(text) = entry.value.get("default").and_then(scalar_text) {
                inputs.insert(format!("inputs.{}", entry.name()), Value::Text(text));
            }
        }
    }
    let jobs: Vec<(String, Node<'_>)> = match root.get("runs") {
        Some(runs) => vec![("runs".to_owned(), runs)],
        None => root
            .get("jobs")
            .into_iter()
            .flat_map(Node::entries)
            .map(|entry| (entry.name().into_owned(), entry.value))
            .collect(),
    };
    let mut pieces = Vec::new();
    for (name, job) in jobs {
        for matrix in matrix(job.at(&["strategy", "matrix"])) {
            let expressions: Variables = inputs.clone().into_iter().chain(matrix).collect();
            let mut own = global.clone();
            variables(job.get("env"), &mut own, &expressions);
            self::job(file, root, job, &name, &own, &expressions, context, &mut pieces);
        }
    }
    pieces
}

#[allow(clippy::too_many_arguments, reason = "one call site; the parts of one job")]
fn job(
    file: &File,
    root: Node<'_>,
    job: Node<'_>,
    name: &str,
    own: &Variables,
    expressions: &Variables,
    context: &Context<'_>,
    pieces: &mut Vec<Piece>,
) {
    for step in job.get("steps").into_iter().flat_map(|steps| steps.items()) {
        let Some(run) = step.get("run").filter(|run| run.kind() == Kind::Scalar) else { continue };
        let mut own = own.clone();
        variables(step.get("env"), &mut own, expressions);
        let folder = step
            .get("working-directory")
            .or_else(|| job.at(&["defaults", "run", "working-directory"]))
            .or_else(|| root.at(&["defaults", "run", "working-directory"]))
            .and_then(scalar_text)
            .map(|folder| expanded(&folder, &own, expressions));
        let above = folder.as_deref().and_then(workspace_above);
        let text = Mapped::scalar(run).substitute("${{", "}}", |expression| match &above {
            Some(above) if expression == WORKSPACE => above.clone(),
            _ => evaluate(expression, &own, expressions),
        });
        let mut environment = environment(&file.path, context).with(own);
        let top = context.tree.root_of(&file.path).to_owned();
        environment.directories = match folder {
            Some(folder) if !is_known(&folder) => Vec::new(),
            Some(folder) => vec![join(&top, &folder)],
            None => vec![top],
        };
        pieces.push(Piece {
            text,
            environment,
            via: Via::CiCommand,
            variant: Some(name.to_owned()),
        });
    }
}

/// The folder into which the repository is checked out.
const WORKSPACE: &str = "github.workspace";

/// The relative path from a folder in the workspace to the workspace.
fn workspace_above(folder: &str) -> Option<String> {
    let folder = join("", folder);
    let depth = folder.split('/').filter(|part| !part.is_empty()).count();
    (depth > 0 && is_known(&folder)).then(|| vec![".."; depth].join("/"))
}

fn variables(node: Option<Node<'_>>, into: &mut Variables, expressions: &Variables) {
    for entry in node.into_iter().flat_map(Node::entries) {
        if let Some(text) = scalar_text(entry.value) {
            let text = expanded(&text, into, expressions);
            into.insert(entry.name().into_owned(), Value::Text(text));
        }
    }
}

fn expanded(text: &str, own: &Variables, expressions: &Variables) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        out.push_str(before);
        let Some((expression, after)) = after.split_once("}}") else { break };
        out.push_str(&evaluate(expression.trim(), own, expressions));
        rest = after;
    }
    out + rest
}

/// Evaluates the few expressions whose values may be known: `env.X`, `matrix.x`, `inputs.x`, `… || 'default'`.
fn evaluate(expression: &str, own: &Variables, expressions: &Variables) -> String {
    for part in expression.split("||").map(str::trim) {
        let literal = part.strip_prefix('\'').and_then(|part| part.strip_suffix('\''));
        if let Some(literal) = literal {
            return literal.to_owned();
        }
        let value = match part.strip_prefix("env.") {
            Some(name) => own.get(name),
            None => expressions.get(part.strip_prefix("github.event.").unwrap_or(part)),
        };
        match value {
            Some(Value::Text(text)) if is_known(text) => return text.clone(),
            _ if part == WORKSPACE => return ".".to_owned(),
            _ => {}
        }
    }
    RUN_TIME.to_string()
}

fn matrix(node: Option<Node<'_>>) -> Vec<Variables> {
    let Some(node) = node.filter(|node| node.kind() == Kind::Mapping) else {
        return vec![Variables::new()];
    };
    let mut ways = vec![Variables::new()];
    let put = |prefix: &str, value: Node<'_>, into: &mut Variables| match value.kind() {
        Kind::Mapping => {
            for entry in value.entries() {
                if let Some(text) = scalar_text(entry.value) {
                    into.insert(format!("{prefix}.{}", entry.name()), Value::Text(text));
                }
            }
        }
        _ => {
            let text = scalar_text(value).unwrap_or_else(|| RUN_TIME.to_string());
            into.insert(prefix.to_owned(), Value::Text(text));
        }
    };
    for entry in node.entries() {
        if matches!(entry.name().as_ref(), "include" | "exclude")
            || entry.value.kind() != Kind::Sequence
        {
            continue;
        }
        let prefix = format!("matrix.{}", entry.name());
        ways = ways
            .iter()
            .flat_map(|way| {
                let prefix = &prefix;
                entry.value.items().map(move |value| {
                    let mut way = way.clone();
                    put(prefix, value, &mut way);
                    way
                })
            })
            .take(64)
            .collect();
    }
    let include = node.get("include").filter(|node| node.kind() == Kind::Sequence);
    let mut included = Vec::new();
    let own = ways.clone();
    for set in include.into_iter().flat_map(|list| list.items()) {
        let mut way = Variables::new();
        for entry in set.entries() {
            put(&format!("matrix.{}", entry.name()), entry.value, &mut way);
        }
        // An `include` entry that agrees with combinations extends all of them; any other is a combination of its own.
        let mut agreed = false;
        for (own, base) in own.iter().zip(&mut ways).filter(|(own, _)| !own.is_empty()) {
            if own.iter().all(|(key, value)| way.get(key).is_none_or(|given| given == value)) {
                base.extend(way.clone());
                agreed = true;
            }
        }
        if !agreed {
            included.push(way);
        }
    }
    if ways.len() == 1 && ways[0].is_empty() && !included.is_empty() {
        ways.clear();
    }
    ways.extend(included);
    ways
}
