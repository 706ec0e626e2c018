//! Taskfiles: <https://taskfile.dev/reference/schema/>.

use super::{
    Context, File, Kind, Node, Piece, Value, Variables, interpolated, is_known, lines, piece,
};
use crate::project::node::scalar_text;
use crate::project::path::join;
use crate::project::release::shell::{COMPUTED, RUN_TIME};

/// One piece for each command of each task, and for each set of variables that it is called with.
pub(in crate::project::release::script) fn taskfile(
    file: &File,
    context: &Context<'_>,
) -> Vec<Piece> {
    let Some(root) = file.roots().next() else { return Vec::new() };
    let mut global = Variables::new();
    task_variables(root.get("vars"), &mut global);
    task_variables(root.get("env"), &mut global);
    let tasks: Vec<(String, Node<'_>)> = root
        .get("tasks")
        .into_iter()
        .flat_map(Node::entries)
        .map(|entry| (entry.name().into_owned(), entry.value))
        .collect();
    let mut pieces = Vec::new();
    for (name, task) in &tasks {
        for own in calls(name, &tasks, &global) {
            let mut own = own;
            // A caller's value has priority over the task's own, which is written with `default`.
            let given = own.clone();
            task_variables(task.get("vars"), &mut own);
            task_variables(task.get("env"), &mut own);
            own.extend(given);
            pieces.extend(self::task(name, *task, &own, file, context));
        }
    }
    pieces
}

/// The variables of each call of a task by others; those of the file if no call sets any.
fn calls(name: &str, tasks: &[(String, Node<'_>)], global: &Variables) -> Vec<Variables> {
    let mut all = Vec::new();
    for command in tasks.iter().flat_map(|(_, task)| commands(*task).items()) {
        let called = command.get("task").is_some_and(|task| task.raw() == name);
        if let Some(given) = command.get("vars").filter(|_| called) {
            let mut own = global.clone();
            task_variables(Some(given), &mut own);
            all.push(own);
        }
    }
    if all.is_empty() {
        all.push(global.clone());
    }
    all
}

fn commands(task: Node<'_>) -> Node<'_> {
    task.get("cmds").or_else(|| task.get("cmd")).unwrap_or(task)
}

/// The commands of one task, each in a shell of its own.
fn task(
    name: &str,
    task: Node<'_>,
    own: &Variables,
    file: &File,
    context: &Context<'_>,
) -> Vec<Piece> {
    let commands = commands(task);
    let mut scalars: Vec<(Node<'_>, Option<String>)> = Vec::new();
    let mut plain = Vec::new();
    lines(commands, &mut plain);
    scalars.extend(plain.into_iter().map(|scalar| (scalar, None)));
    for item in commands.items() {
        let Some(command) = item.get("cmd").filter(|cmd| cmd.kind() == Kind::Scalar) else {
            continue;
        };
        match item.get("for").filter(|list| list.kind() == Kind::Sequence) {
            Some(list) => {
                let mut turns = Vec::new();
                lines(list, &mut turns);
                scalars.extend(turns.iter().map(|turn| (command, Some(turn.raw().to_owned()))));
            }
            None => scalars.push((command, None)),
        }
    }
    let folder = task.get("dir").and_then(scalar_text);
    let mut pieces = Vec::new();
    for (scalar, item) in scalars {
        let mut own = own.clone();
        own.extend(item.map(|item| ("ITEM".to_owned(), Value::Text(item))));
        let made = piece(file, &[scalar], own.clone(), Some(name.to_owned()), context);
        let Some(mut piece) = made else { continue };
        piece.text = piece.text.substitute("{{", "}}", |expression| task_value(expression, &own));
        if let Some(folder) = &folder {
            let base = piece.environment.directories.first().cloned().unwrap_or_default();
            piece.environment.directories = vec![join(&base, &task_text(folder, &own))];
        }
        pieces.push(piece);
    }
    pieces
}

fn task_variables(node: Option<Node<'_>>, into: &mut Variables) {
    for entry in node.into_iter().flat_map(Node::entries) {
        let text = match scalar_text(entry.value) {
            Some(text) => task_text(&text, into),
            None => COMPUTED.to_string(),
        };
        into.insert(entry.name().into_owned(), Value::Text(text));
    }
}

fn task_text(text: &str, own: &Variables) -> String {
    interpolated(text, "{{", "}}", |expression| task_value(expression, own))
}

/// `.NAME`, and `.NAME | default "text"`.
fn task_value(expression: &str, own: &Variables) -> String {
    let mut parts = expression.split('|').map(str::trim);
    let name = parts.next().and_then(|name| name.trim_start_matches('-').trim().strip_prefix('.'));
    if matches!(name, Some("ROOT_DIR" | "TASKFILE_DIR" | "USER_WORKING_DIR")) {
        return ".".to_owned();
    }
    match name.and_then(|name| own.get(name)) {
        Some(Value::Text(text)) if is_known(text) => return text.clone(),
        _ => {}
    }
    let default = parts.find_map(|part| part.strip_prefix("default "));
    match default {
        Some(default) => default.trim().trim_matches(['"', '\'']).to_owned(),
        None => RUN_TIME.to_string(),
    }
}
