//! Templates within texts: strings of values, of templates and of files may be given to `tpl`.

use crate::helm::parse::{Expr, ListNode};

use super::Member;
use super::path::Paths;
use crate::helm::parse::expressions;
use crate::yaml::{Kind, Node};

/// Marks what texts could read that are given to `tpl`, in any chart of the tree.
pub(super) fn mark(members: &[Member<'_>], texts: &[&str], paths: &mut Paths) {
    for text in texts {
        in_text(text, members.len(), paths);
    }
    for member in members {
        for root in member.chart.values.iter().filter_map(|document| document.root()) {
            strings(root, &mut |text| in_text(text, members.len(), paths));
        }
        let prose = |name: &str| name.to_ascii_lowercase().ends_with(".md");
        for file in member.chart.files.iter().filter(|file| !prose(&file.name)) {
            in_text(&file.text, members.len(), paths);
        }
        let parsed = member.chart.templates.iter().filter_map(|t| t.parsed().as_ref().ok());
        for template in parsed {
            let bodies = template.defines.iter().map(|(_, body)| &**body);
            for body in bodies.chain([&*template.body]) {
                constants(body, &mut |text| in_text(text, members.len(), paths));
            }
        }
    }
}

/// Every scalar of a tree.
pub(crate) fn strings<'n>(node: Node<'n>, each: &mut impl FnMut(&'n str)) {
    match node.kind() {
        Kind::Scalar => each(node.raw()),
        Kind::Sequence => node.items().for_each(|item| strings(item, each)),
        Kind::Mapping => node.entries().for_each(|entry| {
            each(entry.key.raw());
            strings(entry.value, each);
        }),
    }
}

fn constants(list: &ListNode, each: &mut impl FnMut(&str)) {
    expressions(list, &mut |expr| {
        if let Expr::String(_, text) = expr {
            each(text);
        }
    });
}

/// Marks every path that a text names after `.Values`, with all that is below: the text may be a
/// part of a template only, so it is not parsed.
fn in_text(text: &str, charts: usize, paths: &mut Paths) {
    if !text.contains("{{") {
        return;
    }
    for (at, word) in text.match_indices(".Values") {
        let keys: Vec<&str> = fields(&text[at + word.len()..]);
        for chart in 0..charts {
            if let Some(path) = paths.keys(Paths::root(chart), keys.iter().copied()) {
                paths.whole(path);
            }
        }
    }
}

/// The fields that a text starts with: `.a.b }}` has `a` and `b`.
fn fields(text: &str) -> Vec<&str> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(after) = rest.strip_prefix('.') {
        let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
        if end == 0 {
            break;
        }
        keys.push(&after[..end]);
        rest = &after[end..];
    }
    keys
}
