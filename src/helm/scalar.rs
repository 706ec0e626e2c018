//! Finds where each scalar in a rendered manifest comes from.

use std::ops::Range;
use std::rc::Rc;

use super::origin::{Leaf, OriginId, Origins, Through};
use super::render::Manifest;
use super::rope::{Place, RopeIndex, Segment};
use crate::yaml::{Kind, Node, Style, escape};

/// A scalar, or an empty map or list, in a rendered document.
#[derive(Debug)]
pub struct ScalarOrigin<'m, 'p> {
    /// The node.
    pub node: Node<'m>,
    /// Its path in the document, as an RFC 6901 JSON pointer.
    pub pointer: &'p str,
    /// The place in a template that wrote it.
    pub place: Option<Place>,
    /// The values that it depends on, and how.
    pub origin: OriginId,
}

/// Answers questions about the origins of a manifest.
#[derive(Debug)]
pub struct Inquiry<'m> {
    manifest: &'m Manifest,
    index: RopeIndex<'m>,
    origins: &'m Origins,
}

impl<'m> Inquiry<'m> {
    /// Makes an index of a manifest.
    #[must_use]
    pub fn new(manifest: &'m Manifest, origins: &'m Rc<Origins>) -> Self {
        Self { manifest, index: manifest.text.index(), origins }
    }

    /// Returns the place in a template of a range of the manifest's text.
    #[must_use]
    pub fn place(&self, range: Range<usize>) -> Option<Place> {
        self.index.place(range)
    }

    /// Returns the place in a template of a byte of the manifest's text, if it is part of literal text.
    #[must_use]
    pub fn literal(&self, at: usize) -> Option<Place> {
        self.index.literal(at)
    }

    /// Returns the origins of a range of the manifest's text.
    #[must_use]
    pub fn origin(&self, range: Range<usize>) -> OriginId {
        self.index.origin(range, self.origins)
    }

    /// Describes the leaves of an origin.
    #[must_use]
    pub fn leaves(&self, origin: OriginId) -> Vec<(Leaf, Through)> {
        let entries = self.origins.entries(origin);
        entries.iter().map(|(leaf, through)| (self.origins.describe(*leaf), *through)).collect()
    }

    /// Returns the empty segments in a range: branches that were not taken, and empty values.
    pub fn empty_segments(&self, range: Range<usize>) -> impl Iterator<Item = &'m Segment> {
        self.index.segments(range).filter(|segment| segment.len == 0)
    }

    /// Returns the byte range of a node's value; if the value is not written, the rest of its line.
    #[must_use]
    pub fn range(&self, node: Node<'_>) -> Range<usize> {
        let span = node.span();
        let (start, end) = (span.start as usize, span.end as usize);
        if start < end {
            return start..end;
        }
        let text = self.manifest.text.as_str();
        let from = node.key_span().map_or(start, |key| key.end as usize).min(start);
        if is_block(node) {
            // The span of an empty block is at the content after it.
            let end = text[..start].trim_end().len();
            return from.min(end)..end;
        }
        let to = text[start..].find('\n').map_or(text.len(), |at| start + at);
        from..to
    }

    /// Calls `each` with every scalar of the manifest, in their order.
    pub fn each_scalar(&self, mut each: impl FnMut(&ScalarOrigin<'m, '_>)) {
        if let Some(root) = self.manifest.document.as_ref().and_then(|document| document.root()) {
            self.walk(root, OriginId::NONE, &mut String::new(), &mut each);
        }
    }

    /// Walks through a node at `pointer`, which is restored afterwards: making each pointer anew would take as long as
    /// everything else.
    fn walk(
        &self,
        node: Node<'m>,
        above: OriginId,
        pointer: &mut String,
        each: &mut impl FnMut(&ScalarOrigin<'m, '_>),
    ) {
        let here = pointer.len();
        match node.kind() {
            Kind::Mapping if !node.is_empty() => {
                for entry in node.entries() {
                    pointer.push('/');
                    pointer.push_str(&escape(&entry.name()));
                    self.walk(entry.value, above, pointer, each);
                    pointer.truncate(here);
                }
            }
            Kind::Sequence if !node.is_empty() => {
                // Whether an item is there decides the indices of those after it.
                let mut before = above;
                let mut end = node.key_span().map_or(node.span().start, |key| key.end) as usize;
                for (index, item) in node.items().enumerate() {
                    let start = item.span().start as usize;
                    before = self.origins.union(before, self.conditions(end.min(start)..start));
                    pointer.push('/');
                    pointer.push_str(&index.to_string());
                    self.walk(item, before, pointer, each);
                    pointer.truncate(here);
                    let first = self.conditions(start..start + 1);
                    before = self.origins.union(before, first);
                    end = item.span().end as usize;
                }
            }
            _ => {
                let range = self.range(node);
                let block = self.block_indent(node, &range);
                let around = self.around(node, &range);
                let (origin, place) = self.index.source(range, around, block, self.origins);
                let origin = self.origins.union(origin, above);
                each(&ScalarOrigin { node, pointer, place, origin });
            }
        }
    }

    /// Returns the bytes around a node's value from which empty segments count for it: for a plain value, the blanks
    /// around it, from the indicator before it to the one after it, or the end of the line; for a block, the blank
    /// lines around it.
    fn around(&self, node: Node<'_>, range: &Range<usize>) -> Range<usize> {
        if is_block(node) {
            return self.around_block(range);
        }
        if node.style() != Style::Plain {
            return range.clone();
        }
        let text = self.manifest.text.as_str();
        let (before, behind) = (&text[..range.start], &text[range.end..]);
        let marked = before.trim_end_matches(' ');
        let start = if marked.ends_with([':', '-', '[', ',']) { marked.len() } else { range.start };
        let rest = behind.trim_start_matches(' ');
        let ends = rest.is_empty() || rest.starts_with(['\n', ',', ']', '}']);
        let end = if ends { text.len() - rest.len() } else { range.end };
        start..end
    }

    fn around_block(&self, range: &Range<usize>) -> Range<usize> {
        let text = self.manifest.text.as_str();
        let rest = &text[range.end..];
        let blanks = &rest[..rest.len() - rest.trim_start().len()];
        let behind = match blanks.len() == rest.len() {
            true => rest.len(),
            // What is on the line of the content after the block may belong to that.
            false => blanks.rfind('\n').unwrap_or(0),
        };
        text[..range.start].trim_end().len()..range.end + behind
    }

    /// The least indentation of a line after a node's value that would continue it: for a literal or folded text, that of
    /// its lines; for a value that is not written, more than that of its key.
    fn block_indent(&self, node: Node<'_>, range: &Range<usize>) -> Option<u32> {
        if !is_block(node) && !node.span().range().is_empty() {
            return None;
        }
        let text = self.manifest.text.as_str();
        let line = text[..range.start].rfind('\n').map_or(0, |end| end + 1);
        // The line with the block's indicator does not count.
        let begun = usize::from(!text[line..range.start].trim().is_empty());
        let lines =
            text[line..range.end].lines().skip(begun).filter(|line| !line.trim().is_empty());
        let indent = lines.map(indentation).min().unwrap_or_else(|| indentation(&text[line..]) + 1);
        u32::try_from(indent).ok()
    }

    fn conditions(&self, range: Range<usize>) -> OriginId {
        let segments = self.index.segments(range);
        self.origins.all(segments.map(|segment| self.origins.conditions(segment.origin)))
    }
}

/// True for a literal or folded text.
fn is_block(node: Node<'_>) -> bool {
    matches!(node.style(), Style::Literal | Style::Folded)
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}
