//! The layout of a YAML file: blanks, line ends, comments, indentation.

use memchr::memchr;

use super::text::{Text, TextHit, mappings_of};
use crate::source::Span;
use crate::yaml::{Kind, Node, Style};

/// The most consecutive blank lines that are allowed.
const MAX_BLANK: usize = 2;

/// Finds every fault of the layout, in the order of the text.
pub(super) fn judge(text: &Text<'_>) -> Vec<TextHit> {
    let mut hits = lines(text);
    hits.extend(comments(text));
    hits.extend(indents(text));
    hits.sort_by_key(|hit| hit.span);
    hits
}

fn lines(text: &Text<'_>) -> Vec<TextHit> {
    let mut hits = Vec::new();
    let (mut start, mut blank) = (0, 0);
    let blocks = text.blocks();
    let in_block = |offset: usize| {
        let after = blocks.partition_point(|block| block.start as usize <= offset);
        after > 0 && offset <= blocks[after - 1].end as usize
    };
    let at = |from: usize, to: usize| Span::new(text.stream.source, from, to);
    let mut rest = text.text;
    while !rest.is_empty() {
        let length = memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at(length);
        rest = after;
        let body = line.strip_suffix('\n').unwrap_or(line);
        let (body, carriage) = match body.strip_suffix('\r') {
            Some(body) => (body, true),
            None => (body, false),
        };
        let trimmed = body.trim_end_matches([' ', '\t']);
        let end = start + trimmed.len();
        if trimmed.len() < body.len() && !in_block(end) {
            hits.push(TextHit::at(at(end, start + body.len()), "blanks at the end of the line"));
        }
        if carriage && start == 0 {
            let message = "lines end in a carriage return and a line feed";
            hits.push(TextHit::at(at(start, end), message));
        }
        blank = if trimmed.is_empty() { blank + 1 } else { 0 };
        if blank == MAX_BLANK + 1 && !in_block(end) {
            hits.push(TextHit::at(at(start, start), format!("more than {MAX_BLANK} blank lines")));
        }
        start += line.len();
    }
    if !text.text.is_empty() && !text.text.ends_with('\n') {
        let last = text.text.rfind('\n').map_or(0, |at| at + 1);
        hits.push(TextHit::at(at(last, text.text.len()), "the last line has no end"));
    }
    hits
}

fn comments(text: &Text<'_>) -> impl Iterator<Item = TextHit> {
    text.stream.comments.iter().filter_map(|comment| {
        let words = text.text[comment.span.range()].trim_start_matches('#');
        let shebang = comment.span.start == 0 && words.starts_with('!');
        (!words.is_empty() && !words.starts_with([' ', '\t']) && !shebang)
            .then(|| TextHit::at(comment.span, "a blank is missing behind the `#`"))
    })
}

/// Finds mappings that are indented by another number of columns than the first one in their document.
fn indents(text: &Text<'_>) -> Vec<TextHit> {
    let mut hits = Vec::new();
    for document in &text.stream.documents {
        let mut step = None;
        for mapping in mappings_of(document) {
            let Some((own, outer)) = columns(text, mapping) else { continue };
            let Some(by) = own.checked_sub(outer).filter(|by| *by > 0) else { continue };
            if *step.get_or_insert(by) != by {
                let first = mapping.written().next().map_or(mapping.span(), |e| e.key.span());
                let message = format!("indented by {by}, and by {} before", step.unwrap_or(by));
                hits.push(TextHit::at(first, message));
            }
        }
    }
    hits
}

/// The columns of a block mapping's keys and of the keys of the block mapping that contains it; `None` if either is
/// missing or in flow style.
fn columns(text: &Text<'_>, mapping: Node<'_>) -> Option<(usize, usize)> {
    let block = |node: &Node<'_>| node.kind() == Kind::Mapping && node.style() == Style::Block;
    let outer = mapping.parent().filter(block)?;
    let column = |node: Node<'_>| {
        let start = node.written().next()?.key.span().start as usize;
        // The start of the line is seldom far.
        let before = text.text.as_bytes()[..start].iter().rev();
        Some(before.take_while(|byte| **byte != b'\n').count())
    };
    block(&mapping).then_some(())?;
    Some((column(mapping)?, column(outer)?))
}
