//! Commands in the files of CI systems and task runners that are YAML or Groovy.

use std::collections::BTreeMap;

use super::{Context, Mapped, Piece, Via, environment};
use crate::project::file::File;
use crate::project::node::scalar_text;
use crate::project::release::shell::{RUN_TIME, Value, is_known};
use crate::yaml::{Kind, Node};

mod circle;
mod gitlab;
mod just;
mod step;
mod task;

pub(super) use circle::circle;
pub(super) use gitlab::gitlab;
pub(super) use just::just;
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

/// GitHub: one piece for each job of a workflow and each entry of its matrix, or for an action.
pub(super) fn github(file: &File, context: &Context<'_>) -> Vec<Piece> {
    let Some(root) = file.roots().next() else { return Vec::new() };
    let mut global = Variables::new();
    github_variables(root.get("env"), &mut global, &Variables::new());
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
        for matrix in github_matrix(job.at(&["strategy", "matrix"])) {
            let expressions: Variables = inputs.clone().into_iter().chain(matrix).collect();
            let mut own = global.clone();
            github_variables(job.get("env"), &mut own, &expressions);
            github_job(file, root, job, &name, &own, &expressions, context, &mut pieces);
        }
    }
    pieces
}

#[allow(clippy::too_many_arguments, reason = "one call site; the parts of one job")]
fn github_job(
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
        github_variables(step.get("env"), &mut own, expressions);
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
            Some(folder) => vec![crate::project::tree::join(&top, &folder)],
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
    let folder = crate::project::tree::join("", folder);
    let depth = folder.split('/').filter(|part| !part.is_empty()).count();
    (depth > 0 && is_known(&folder)).then(|| vec![".."; depth].join("/"))
}

fn github_variables(node: Option<Node<'_>>, into: &mut Variables, expressions: &Variables) {
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

fn github_matrix(node: Option<Node<'_>>) -> Vec<Variables> {
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

/// The keys of shell scripts in the files of CI systems.
const SHELL_KEYS: [&str; 12] = [
    "script",
    "scripts",
    "run",
    "command",
    "commands",
    "cmd",
    "cmds",
    "bash",
    "sh",
    "inlineScript",
    "before_script",
    "args",
];

/// Any other CI system: all scalars at a key for shell scripts.
pub(super) fn other(file: &File, context: &Context<'_>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for root in file.roots() {
        let mut own = Variables::new();
        for key in ["variables", "env", "substitutions"] {
            step::declared(root.get(key), &mut own);
        }
        step::listed(root.get("variables"), &["value"], &mut own);
        shell_scalars(root, &own, file, context, &mut pieces);
    }
    pieces
}

fn shell_scalars(
    node: Node<'_>,
    own: &Variables,
    file: &File,
    context: &Context<'_>,
    pieces: &mut Vec<Piece>,
) {
    match node.kind() {
        Kind::Scalar => {}
        Kind::Sequence => {
            node.items().for_each(|item| shell_scalars(item, own, file, context, pieces));
        }
        Kind::Mapping => {
            let mut own = own.clone();
            for key in ["environment", "env", "variables"] {
                step::declared(node.get(key), &mut own);
            }
            let wordwise = step::arguments(node).or_else(|| step::helm_deploy(node));
            if let Some(text) = wordwise {
                let text = if file.path.contains("azure") { azure(&text, &own) } else { text };
                let environment = environment(&file.path, context).with(own);
                pieces.push(Piece { text, environment, via: Via::CiCommand, variant: None });
                return;
            }
            for entry in node.entries() {
                if !SHELL_KEYS.contains(&entry.name().as_ref()) {
                    shell_scalars(entry.value, &own, file, context, pieces);
                    continue;
                }
                let mut scalars = Vec::new();
                lines(entry.value, &mut scalars);
                let piece = piece(file, &scalars, own.clone(), None, context).map(|mut piece| {
                    if file.path.contains("azure") {
                        piece.text = azure(&piece.text, &own);
                    }
                    piece
                });
                pieces.extend(piece);
                if scalars.is_empty() {
                    shell_scalars(entry.value, &own, file, context, pieces);
                }
            }
        }
    }
}

/// Azure writes variables as `$(name)`.
fn azure(text: &Mapped, own: &Variables) -> Mapped {
    text.substitute("$(", ")", |name| match own.get(name) {
        Some(Value::Text(text)) => text.clone(),
        _ if name.contains(' ') => format!("$({name})"),
        _ if name.ends_with("SourcesDirectory") => ".".to_owned(),
        // In a build, these are the same folder.
        _ if matches!(name, "System.DefaultWorkingDirectory" | "Build.Repository.LocalPath") => {
            ".".to_owned()
        }
        _ => RUN_TIME.to_string(),
    })
}

/// Jenkins: the scripts of `sh` steps, with the variables in `environment { … }`.
pub(super) fn jenkins(file: &File, context: &Context<'_>) -> Vec<Piece> {
    let text = &file.text();
    let mut own = Variables::new();
    let assignment = regex::Regex::new(
        r#"(?m)^\s*(?:def\s+|String\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?:"([^"\n]*)"|'([^'\n]*)')\s*;?\s*$"#,
    )
    .expect("invariant: a valid pattern");
    for found in assignment.captures_iter(text) {
        let value = found.get(2).or(found.get(3)).map_or("", |value| value.as_str());
        let value = references(&value.replace("${env.", "${").replace("${params.", "${"), &own);
        own.entry(found[1].to_owned()).or_insert(Value::Text(value));
    }
    let parameter = regex::Regex::new(
        r#"(?:string|choice)\s*\(\s*name:\s*['"](\w+)['"]\s*,\s*defaultValue:\s*['"]([^'"]*)['"]"#,
    )
    .expect("invariant: a valid pattern");
    for found in parameter.captures_iter(text) {
        own.entry(found[1].to_owned()).or_insert(Value::Text(found[2].to_owned()));
    }
    let step =
        regex::Regex::new(r#"\bsh\s*\(?\s*(?:\w+:\s*\w+\s*,\s*)*(?:script:\s*)?("""|'''|"|')"#)
            .expect("invariant: a valid pattern");
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(found) = step.captures_at(text, at) {
        let quote = &found[1];
        let start = found.get(0).map_or(at, |found| found.end());
        let Some(length) = closing(&text[start..], quote) else { break };
        at = start + length + quote.len();
        let mut mapped = Mapped::part(file.source, text, start..start + length);
        for prefix in ["${env.", "${params."] {
            let replaced = |name: &str| match own.get(name) {
                Some(Value::Text(text)) => text.clone(),
                _ => RUN_TIME.to_string(),
            };
            mapped = mapped.substitute(prefix, "}", replaced);
        }
        let environment = environment(&file.path, context).with(own.clone());
        pieces.push(Piece { text: mapped, environment, via: Via::CiCommand, variant: None });
    }
    pieces
}

/// The end of a quoted text; escaped quotes do not end it.
fn closing(text: &str, quote: &str) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with(quote) {
            return Some(at);
        }
        let char = text[at..].chars().next()?;
        at += char.len_utf8();
        if char == '\\' {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    None
}
