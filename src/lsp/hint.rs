//! Rendered values beside the template lines that write them.

use std::collections::BTreeMap;

use gen_lsp_types as lsp;

use super::chart::{releases, short};
use super::view::{Traces, View};

/// Values of one line that are shown.
const MOST: usize = 3;

/// The hints for the lines of a range: what the first release of a template makes of them.
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
        // What stands there as it is needs no telling.
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
