//! Flow collections without comments and without scalars over several lines, for [`super::block`].

use super::block::{is_plain_start, name_end, put_scalar, quoted_end};
use super::build::Builder;
use super::parse::MAX_DEPTH;

/// Parses the collection that starts at a bracket or brace, and returns the offset after it. `None` if it needs the
/// full grammar. `parent` is the indentation that its further lines must exceed, if any.
pub(super) fn collection(
    builder: &mut Builder<'_>,
    text: &str,
    start: usize,
    parent: Option<usize>,
) -> Option<usize> {
    Flow { bytes: text.as_bytes(), text, parent }.collection(builder, start, 0)
}

struct Flow<'t> {
    text: &'t str,
    bytes: &'t [u8],
    parent: Option<usize>,
}

impl Flow<'_> {
    fn collection(&self, builder: &mut Builder<'_>, start: usize, depth: usize) -> Option<usize> {
        if depth >= MAX_DEPTH / 2 {
            return None;
        }
        let mapping = self.bytes[start] == b'{';
        let close = if mapping { b'}' } else { b']' };
        builder.open_flow(mapping, start);
        let mut at = self.blanks(start + 1)?;
        // A comma before the first entry, or after another comma, is not YAML: no value starts with one.
        while *self.bytes.get(at)? != close {
            if mapping {
                at = self.key(builder, at)?;
            }
            at = self.blanks(self.value(builder, at, depth)?)?;
            match *self.bytes.get(at)? {
                b',' => at = self.blanks(at + 1)?,
                byte if byte == close => {}
                _ => return None,
            }
        }
        builder.close_flow(at + 1);
        Some(at + 1)
    }

    /// Parses a key, and returns the offset of its value.
    fn key(&self, builder: &mut Builder<'_>, at: usize) -> Option<usize> {
        let end = self.scalar_end(at)?;
        put_scalar(builder, self.text, at..end)?;
        let colon = end + self.spaces(end);
        let adjacent = matches!(self.bytes[at], b'"' | b'\'');
        match (*self.bytes.get(colon)?, *self.bytes.get(colon + 1)?) {
            (b':', b' ' | b'\n') => self.blanks(colon + 1),
            (b':', _) if adjacent && colon == end => Some(colon + 1),
            _ => None,
        }
    }

    fn value(&self, builder: &mut Builder<'_>, at: usize, depth: usize) -> Option<usize> {
        if matches!(self.bytes.get(at)?, b'[' | b'{') {
            return self.collection(builder, at, depth + 1);
        }
        if self.bytes[at] == b'*' {
            let end = name_end(self.bytes, at + 1)?;
            builder.refer(&(at..end))?;
            return matches!(self.bytes.get(end)?, b',' | b']' | b'}' | b' ' | b'\n')
                .then_some(end);
        }
        let end = self.scalar_end(at)?;
        put_scalar(builder, self.text, at..end)?;
        Some(end)
    }

    fn spaces(&self, at: usize) -> usize {
        self.bytes[at..].iter().take_while(|byte| **byte == b' ').count()
    }

    /// The next offset that is neither at a blank nor at a line end.
    fn blanks(&self, mut at: usize) -> Option<usize> {
        at += self.spaces(at);
        while self.bytes.get(at) == Some(&b'\n') {
            let indent = self.spaces(at + 1);
            at += 1 + indent;
            let blank = self.bytes.get(at) == Some(&b'\n');
            if !blank && self.parent.is_some_and(|parent| indent <= parent) {
                return None;
            }
        }
        Some(at)
    }

    /// The end of the scalar at this offset; `None` if there is none that this reader supports.
    fn scalar_end(&self, start: usize) -> Option<usize> {
        let bytes = self.bytes;
        let first = *bytes.get(start)?;
        if matches!(first, b'"' | b'\'') {
            return quoted_end(bytes, start);
        }
        let dash = matches!(
            bytes[start..],
            [b'-', next, ..] | [b'-', b'-', next, ..] if next.is_ascii_alphanumeric()
        );
        if !is_plain_start(bytes, start) || (matches!(first, b'-' | b':' | b'?') && !dash) {
            return None;
        }
        let mut end = start;
        for (at, byte) in bytes.iter().enumerate().skip(start) {
            match byte {
                b',' | b'[' | b']' | b'{' | b'}' | b'\n' => return Some(end),
                b'\t' => return None,
                // After a blank it begins a comment.
                b'#' if bytes[at - 1] == b' ' => return None,
                b':' => match bytes.get(at + 1)? {
                    b' ' => return Some(end),
                    b',' | b'[' | b']' | b'{' | b'}' | b'\n' => return None,
                    _ => end = at + 1,
                },
                b' ' => {}
                _ => end = at + 1,
            }
        }
        None
    }
}
