//! Inlay hints: rendered values beside the template lines that write them.

use std::collections::BTreeMap;

use gen_lsp_types as lsp;

use super::chart::{releases, short};
use super::view::{Traces, View};

/// The most values that are shown for a line.
const MOST: usize = 3;

/// The hints for the lines in a range: what they render to in the first release of the template.
pub(super) fn hints(
    view: &View<'_>,
    traces: &mut Traces,
    range: lsp::Range,
) -> Vec<lsp::InlayHint> {
    let Some((at, name)) = releases(view).into_iter().next() else { return Vec::new() };
    let Ok(trace) = traces.of(at, &view.snapshot) else { return Vec::new() };
    let text = &view.document.text;
    let lines = range.start.line as usize..=range.end.line as usize;
    let mut values: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for field in &trace.fields {
        let Some(spot) = field.template.as_ref().filter(|spot| spot.file == view.shown) else {
            continue;
        };
        let line = text.line_of(spot.start);
        // A line without an action is rendered as it is.
        if lines.contains(&line) && text.line(line).contains("{{") {
            let value = short(&field.value);
            let known = values.entry(line).or_default();
            if !known.contains(&value) {
                known.push(value);
            }
        }
    }
    let hint = |(line, mut values): (usize, Vec<String>)| {
        let more = if values.len() > MOST { ", …" } else { "" };
        values.truncate(MOST);
        let end = text.line_start(line) + text.line(line).len();
        lsp::InlayHint {
            position: text.position(end, view.editor.encoding),
            label: lsp::Label::String(format!("→ {}{more}", values.join(", "))),
            kind: None,
            text_edits: None,
            tooltip: Some(lsp::Tooltip::String(format!("in {name}"))),
            padding_left: Some(true),
            padding_right: None,
            data: None,
        }
    };
    values.into_iter().map(hint).collect()
}
