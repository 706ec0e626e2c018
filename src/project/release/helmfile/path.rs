//! Files that a helmfile names.

use super::Document;
use crate::project::node::scalar_text;
use crate::project::path::join;
use crate::project::release::template::UNKNOWN;
use crate::project::release::{Context, Unresolved};
use crate::yaml::Node;

/// The helmfiles at a path in `helmfiles`: a file, or all files in a folder.
pub(super) fn helmfiles_at(path: String, context: &Context<'_>) -> Vec<String> {
    if context.tree.file(&path).is_some() || !context.tree.is_directory(&path) {
        return vec![path];
    }
    let files = context.tree.directly_in(&path).map(|file| file.path.clone());
    let is_helmfile = |path: &String| {
        let name = path.strip_suffix(".gotmpl").unwrap_or(path);
        name.ends_with(".yaml") || name.ends_with(".yml")
    };
    files.filter(is_helmfile).collect()
}

/// The files that an entry of a list of state values names.
pub(super) fn state_files(item: Node<'_>, directory: &str, context: &Context<'_>) -> Vec<String> {
    match scalar_text(item) {
        Some(path) if path.contains('*') => context.tree.glob(directory, &path),
        Some(path) => vec![join(directory, &path)],
        None => Vec::new(),
    }
}

/// The file for a path with an unknown beginning, as in `{{ requiredEnv "ROOT" }}/a/values.yaml`: the one relative to the top,
/// or the only one whose path ends like this.
pub(super) fn behind_unknown<'p>(path: &str, context: &Context<'p>) -> Option<&'p str> {
    let rest = path.strip_prefix(UNKNOWN)?;
    let below = rest.strip_prefix('/').filter(|below| !below.contains(UNKNOWN))?;
    let at_top = context.tree.file(below).map(|file| file.path.as_str());
    at_top.or_else(|| {
        let paths = context.tree.files.iter().map(|file| file.path.as_str());
        let mut ending = paths.filter(|own| own.ends_with(rest));
        ending.next().filter(|_| ending.next().is_none())
    })
}

/// The declaration for a base that is missing in the repository. One with a template in its path may exist in another
/// environment, and is not reported.
pub(super) fn missing_base(
    base: Node<'_>,
    path: &str,
    document: &Document,
    context: &Context<'_>,
) -> Option<Unresolved> {
    let declared = document.span(base.span());
    let is_written = document.text.get(declared.range())?.contains(base.raw());
    let is_missing =
        !path.contains("::") && !context.tree.is_file(path) && !context.tree.is_elsewhere(path);
    let why = format!("the base `{path}` is not there");
    (is_written && is_missing).then_some(Unresolved { declared, why, chart_path: None })
}
