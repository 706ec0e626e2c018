//! CI systems that have no module of their own: scripts are recognised by their keys.

use super::{
    Context, File, Kind, Mapped, Node, Piece, Pieces, RUN_TIME, Value, Variables, joined, lines,
    step,
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
    let mut pieces = Pieces::of(file, context);
    for root in file.roots() {
        let mut own = Variables::new();
        for key in ["variables", "env", "substitutions"] {
            step::declared(root.get(key), &mut own);
        }
        step::listed(root.get("variables"), &["value"], &mut own);
        shell_scalars(root, &own, &mut pieces);
    }
    pieces.found
}

/// Adds the scripts below a node, where the variables `own` are set.
fn shell_scalars(node: Node<'_>, own: &Variables, pieces: &mut Pieces<'_, '_>) {
    match node.kind() {
        Kind::Scalar => {}
        Kind::Sequence => node.items().for_each(|item| shell_scalars(item, own, pieces)),
        Kind::Mapping => {
            let mut own = own.clone();
            for key in ["environment", "env", "variables"] {
                step::declared(node.get(key), &mut own);
            }
            let wordwise = step::arguments(node).or_else(|| step::helm_deploy(node));
            if let Some(text) = wordwise {
                add(text, own, pieces);
                return;
            }
            for entry in node.entries() {
                if !SHELL_KEYS.contains(&entry.name().as_ref()) {
                    shell_scalars(entry.value, &own, pieces);
                    continue;
                }
                let mut scalars = Vec::new();
                lines(entry.value, &mut scalars);
                match joined(&scalars) {
                    Some(text) => add(text, own.clone(), pieces),
                    None => shell_scalars(entry.value, &own, pieces),
                }
            }
        }
    }
}

/// Adds a script, with Azure's variables replaced in a file that is for Azure.
fn add(text: Mapped, own: Variables, pieces: &mut Pieces<'_, '_>) {
    let is_azure = pieces.file.path.contains("azure");
    let text = if is_azure { azure(&text, &own) } else { text };
    pieces.add(text, own);
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
