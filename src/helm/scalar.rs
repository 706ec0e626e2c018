//! Where every scalar of a rendered manifest comes from.

use std::ops::Range;
use std::rc::Rc;

use super::origin::{Leaf, OriginId, Origins, Through};
use super::render::Manifest;
use super::rope::{Place, RopeIndex, Segment};
use crate::yaml::{Kind, Node, Style, escape};

/// A scalar, or an empty map or list, of a rendered document.
#[derive(Debug)]
pub struct ScalarOrigin<'m, 'p> {
    /// The node.
    pub node: Node<'m>,
    /// Where it stands in the document, as an RFC 6901 JSON pointer.
    pub pointer: &'p str,
    /// The template place that wrote it.
    pub place: Option<Place>,
    /// The values that had a part, and how.
    pub origin: OriginId,
}

/// Asks one manifest where its parts come from.
#[derive(Debug)]
pub struct Inquiry<'m> {
    manifest: &'m Manifest,
    index: RopeIndex<'m>,
    origins: &'m Origins,
}

impl<'m> Inquiry<'m> {
    /// Prepares the questions about one manifest.
    #[must_use]
    pub fn new(manifest: &'m Manifest, origins: &'m Rc<Origins>) -> Self {
        Self { manifest, index: manifest.text.index(), origins }
    }

    /// The template place of a range of the manifest's text.
    #[must_use]
    pub fn place(&self, range: Range<usize>) -> Option<Place> {
        self.index.place(range)
    }

    /// The template place of the byte at `at`, where it is part of literal text.
    #[must_use]
    pub fn literal(&self, at: usize) -> Option<Place> {
        self.index.literal(at)
    }

    /// Everything that had a part in a range of the manifest's text.
    #[must_use]
    pub fn origin(&self, range: Range<usize>) -> OriginId {
        self.index.origin(range, self.origins)
    }

    /// The leaves of an origin that somebody wrote.
    #[must_use]
    pub fn leaves(&self, origin: OriginId) -> Vec<(Leaf, Through)> {
        let entries = self.origins.entries(origin);
        entries.iter().map(|(leaf, through)| (self.origins.describe(*leaf), *through)).collect()
    }

    /// The empty segments of a range: branches that were not taken, values that are empty.
    pub fn empty_segments(&self, range: Range<usize>) -> impl Iterator<Item = &'m Segment> {
        self.index.segments(range).filter(|segment| segment.len == 0)
    }

    /// The bytes that a node's value takes; for one that is not written, the rest of its line.
    #[must_use]
    pub fn range(&self, node: Node<'_>) -> Range<usize> {
        let span = node.span();
        let (start, end) = (span.start as usize, span.end as usize);
        if start < end {
            return start..end;
        }
        let text = self.manifest.text.as_str();
        let from = node.key_span().map_or(start, |key| key.end as usize).min(start);
        let to = text[start..].find('\n').map_or(text.len(), |at| start + at);
        from..to
    }

    /// Shows every scalar of the manifest, in the order in which they stand.
    pub fn each_scalar(&self, mut each: impl FnMut(&ScalarOrigin<'m, '_>)) {
        if let Some(root) = self.manifest.document.as_ref().and_then(|document| document.root()) {
            self.walk(root, OriginId::NONE, &mut String::new(), &mut each);
        }
    }

    /// Walks a node that stands at `pointer`, which is as it was afterwards: to spell each scalar's by
    /// itself would take as long again as all the rest.
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
                // Whether an item is there decides where the ones after it stand.
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

    /// The bytes that a node's value would take if what is empty beside it were not: blanks around a plain one, up to what
    /// begins it and up to what ends it on its line.
    fn around(&self, node: Node<'_>, range: &Range<usize>) -> Range<usize> {
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

    /// How far the lines of a literal or folded text are indented.
    fn block_indent(&self, node: Node<'_>, range: &Range<usize>) -> Option<u32> {
        if !matches!(node.style(), Style::Literal | Style::Folded) {
            return None;
        }
        let text = self.manifest.text.as_str();
        let line = text[..range.start].rfind('\n').map_or(0, |end| end + 1);
        // Not the line of the block's indicator.
        let begun = usize::from(!text[line..range.start].trim().is_empty());
        let lines =
            text[line..range.end].lines().skip(begun).filter(|line| !line.trim().is_empty());
        let indent = lines.map(|line| line.len() - line.trim_start_matches(' ').len()).min()?;
        u32::try_from(indent).ok()
    }

    fn conditions(&self, range: Range<usize>) -> OriginId {
        let segments = self.index.segments(range);
        self.origins.all(segments.map(|segment| self.origins.conditions(segment.origin)))
    }
}
