//! Finds what could be read by templates in texts: strings in values, templates and files may be given to `tpl`.

use std::collections::BTreeSet;

use crate::helm::chart::{Chart, ChartFile};
use crate::helm::parse::{Expr, ListNode};

use super::Member;
use super::path::Paths;
use crate::helm::parse::expressions;
use crate::yaml::{Kind, Node};

/// Definitions that texts call with other data than the texts are given.
#[derive(Debug, Default)]
pub(super) struct Called<'c> {
    pub(super) names: BTreeSet<&'c str>,
    /// Whether there are others, whose names are computed.
    pub(super) any: bool,
}

/// Marks what could be read by texts that are given to `tpl`, in any chart of the tree; returns the definitions that
/// they call.
pub(super) fn mark<'c>(
    members: &'c [Member<'_>],
    texts: &'c [&str],
    paths: &mut Paths,
) -> Called<'c> {
    let mut called = Called::default();
    let mut seen = |text: &'c str| {
        if text.contains("{{") {
            in_text(text, members.len(), paths);
            calls(text, &mut called);
        }
    };
    for text in texts {
        seen(text);
    }
    for member in members {
        for root in member.chart.values.iter().filter_map(|document| document.root()) {
            strings(root, &mut seen);
        }
        files(member.chart).for_each(|file| seen(&file.text));
        let parsed = member.chart.templates.iter().filter_map(|t| t.parsed().as_ref().ok());
        for template in parsed {
            let bodies = template.defines.iter().map(|(_, body)| &**body);
            for body in bodies.chain([&*template.body]) {
                constants(body, &mut seen);
            }
        }
    }
    called
}

/// Returns the files of a chart that may be templates: all but Markdown files at its top.
pub(super) fn files(chart: &Chart) -> impl Iterator<Item = &ChartFile> {
    let prose = |name: &str| !name.contains('/') && name.to_ascii_lowercase().ends_with(".md");
    chart.files.iter().filter(move |file| !prose(&file.name))
}

/// Calls `each` with every scalar of a tree.
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

fn constants<'t>(list: &'t ListNode, each: &mut impl FnMut(&'t str)) {
    expressions(list, &mut |expr| {
        if let Expr::String(_, text) = expr {
            each(text);
        }
    });
}

/// Marks every path after `.Values` in a text, with everything below it. The text is not parsed, since it may be only
/// a part of a template.
fn in_text(text: &str, charts: usize, paths: &mut Paths) {
    for (at, word) in text.match_indices(".Values") {
        let keys: Vec<&str> = fields(&text[at + word.len()..]);
        for chart in 0..charts {
            if let Some(path) = paths.keys(Paths::root(chart), keys.iter().copied()) {
                paths.whole(path);
            }
        }
    }
}

/// Adds the definitions that a text calls, except with the text's own dot: definitions are executed on that anyway.
fn calls<'c>(text: &'c str, called: &mut Called<'c>) {
    let actions = text.split("{{").skip(1).filter_map(|rest| rest.split("}}").next());
    let calls = actions.flat_map(|action| {
        let words = ["include ", "template "].into_iter();
        words.flat_map(|word| action.split(word).skip(1)).map(str::trim_start)
    });
    for call in calls {
        let quoted = call.strip_prefix(['"', '`']).and_then(|call| call.split_once(['"', '`']));
        match quoted {
            Some((_, given)) if is_dot(given.trim_start()) => {}
            Some((name, _)) => {
                called.names.insert(name);
            }
            None => called.any |= call.starts_with(['$', '.', '(']),
        }
    }
}

/// Whether the next word of a template is `.` or `$`.
fn is_dot(text: &str) -> bool {
    let after = text.strip_prefix(['.', '$']);
    after.is_some_and(|after| after.is_empty() || after.starts_with([' ', ')', '|']))
}

/// Returns the fields at the start of a text: `a` and `b` of `.a.b }}`.
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
