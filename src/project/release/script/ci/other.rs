//! CI systems that have no module of their own: scripts are recognised by their keys.

use super::{
    Context, File, Kind, Mapped, Node, Piece, RUN_TIME, Value, Variables, Via, environment, lines,
    piece, step,
};

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

/// All scalars at a key for shell scripts.
pub(in crate::project::release::script) fn other(file: &File, context: &Context<'_>) -> Vec<Piece> {
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
