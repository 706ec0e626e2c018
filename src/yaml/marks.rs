//! A summary of a document's contents, which can be tested without a walk through the document.
//!
//! Most rules look for fields that most objects do not have. Looking each of them up takes longer than one pass that
//! collects the names and words in a document, and the kinds of the values under each name.

use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::OnceLock;

use foldhash::fast::FixedState;

use super::node::Node;
use super::tree::{Body, Document, Kind};

/// The number of marks. A manifest has some three hundred signs; with this many marks, a fiftieth of the signs that it
/// lacks have the mark of one that it has. If it were a tenth, a rule that needs any of six signs would run on every
/// second object that has none of them.
const MARKS: u64 = 16384;
/// The number of words of 64 bits for the marks.
const WORDS: usize = 256;
/// The longest text that is collected, in bytes. No rule looks for a longer one.
const LONGEST: usize = 64;

/// Something that a document may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign<'t> {
    /// A key with this name, in any mapping.
    Key(&'t str),
    /// A key with this name and a value of this kind.
    Holds(&'t str, Kind),
    /// A key with this name and a collection that contains a value of this kind.
    Within(&'t str, Kind),
    /// A key with this name and a scalar that may not be a text: a number, a boolean, null.
    HoldsTyped(&'t str),
    /// A key with this name and a collection that contains such a scalar.
    WithinTyped(&'t str),
    /// A scalar that equals this text, as a value or an item.
    Text(&'t str),
}

/// The hash of a sign. A few signs share a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(u16);

/// The sorts of signs, which give different marks for the same text.
const KEY: u32 = 0;
const TEXT: u32 = 1;
const HOLDS: u32 = 2;
const WITHIN: u32 = 5;
/// Added to the sort for a scalar that may not be a text.
const TYPED: u32 = 6;

/// The number of bits by which the hash of a text is rotated from one sort to the next; the rotations of all sorts
/// differ.
const SHIFT: u32 = 6;

fn rank(kind: Kind) -> u32 {
    match kind {
        Kind::Scalar => 0,
        Kind::Sequence => 1,
        Kind::Mapping => 2,
    }
}

impl Mark {
    /// The mark of a sign; `None` if such signs are not collected.
    #[must_use]
    pub fn of(sign: Sign<'_>) -> Option<Self> {
        let (text, sort) = match sign {
            Sign::Key(name) => (name, KEY),
            Sign::Text(text) if text.len() > LONGEST => return None,
            Sign::Text(text) => (text, TEXT),
            Sign::Holds(name, held) => (name, HOLDS + rank(held)),
            Sign::Within(name, held) => (name, WITHIN + rank(held)),
            Sign::HoldsTyped(name) => (name, HOLDS + TYPED),
            Sign::WithinTyped(name) => (name, WITHIN + TYPED),
        };
        Some(Self::new(hash(text.as_bytes()), sort))
    }

    /// The mark of a sign with this hash of its text.
    fn new(hash: u64, sort: u32) -> Self {
        let mark = hash.rotate_left(sort * SHIFT) % MARKS;
        Self(u16::try_from(mark).expect("invariant: there are fewer marks than 2^16"))
    }
}

#[inline]
fn hash(text: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    // Without the length, which the hash of a slice would include: it is not needed for single texts.
    hasher.write(text);
    hasher.finish()
}

/// The marks of all signs in a document.
#[derive(Debug, Clone)]
pub struct Marks([u64; WORDS]);

impl Marks {
    /// The marks of a document, including its merged entries and its aliases.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let mut marks = Self([0; WORDS]);
        marks.note_all(document);
        marks
    }

    /// The marks of several documents together.
    #[must_use]
    pub fn of_any<'d>(documents: impl IntoIterator<Item = &'d Document>) -> Self {
        let mut marks = Self([0; WORDS]);
        documents.into_iter().for_each(|document| marks.note_all(document));
        marks
    }

    fn note_all(&mut self, document: &Document) {
        // Merged entries and aliased nodes are written somewhere in the same document.
        for data in &document.nodes {
            match data.body {
                Body::Mapping { first, count, .. } => {
                    let written = &document.children[first as usize..(first + 2 * count) as usize];
                    for &[key, value] in written.as_chunks().0 {
                        self.note_entry(document, key, document.seen_through(value));
                    }
                }
                Body::Sequence { first, count, .. } => {
                    let items = &document.children[first as usize..(first + count) as usize];
                    for &item in items {
                        self.note_text(document, document.seen_through(item));
                    }
                }
                Body::Scalar { .. } | Body::Alias(_) => {}
            }
        }
    }

    /// False if no sign with this mark is in the document; true if one may be.
    #[must_use]
    pub fn may_have(&self, Mark(mark): Mark) -> bool {
        self.0[usize::from(mark) / 64] & (1 << (mark % 64)) != 0
    }

    fn note_entry(&mut self, document: &Document, key: u32, value: u32) {
        let hash = match document.nodes[key as usize].body {
            Body::Scalar { text: true, owned: false, first, second, .. } => {
                hash(&document.text.as_bytes()[first as usize..second as usize])
            }
            _ => hash(Node::new(document, key).key_text().as_bytes()),
        };
        self.note(Mark::new(hash, KEY));
        self.note_held(hash, HOLDS, document, value);
        match document.nodes[value as usize].body {
            Body::Scalar { .. } | Body::Alias(_) => self.note_text(document, value),
            Body::Sequence { first, count, .. } => {
                for &item in &document.children[first as usize..(first + count) as usize] {
                    self.note_held(hash, WITHIN, document, document.seen_through(item));
                }
            }
            Body::Mapping { .. } => {
                for &[_, inner] in Node::new(document, value).pairs() {
                    self.note_held(hash, WITHIN, document, document.seen_through(inner));
                }
            }
        }
    }

    /// Adds the marks for a value under a key, or in a collection under it.
    fn note_held(&mut self, hash: u64, sort: u32, document: &Document, held: u32) {
        let rank = match document.nodes[held as usize].body {
            Body::Scalar { text: true, .. } => rank(Kind::Scalar),
            Body::Scalar { .. } | Body::Alias(_) => {
                self.note(Mark::new(hash, sort + TYPED));
                rank(Kind::Scalar)
            }
            Body::Sequence { .. } => rank(Kind::Sequence),
            Body::Mapping { .. } => rank(Kind::Mapping),
        };
        self.note(Mark::new(hash, sort + rank));
    }

    /// Adds the mark of a value's text, if it is a scalar.
    fn note_text(&mut self, document: &Document, value: u32) {
        let data = &document.nodes[value as usize];
        if data.is_scalar() {
            let text = document.bytes(data);
            if text.len() <= LONGEST {
                self.note(Mark::new(hash(text), TEXT));
            }
        }
    }

    fn note(&mut self, Mark(mark): Mark) {
        self.0[usize::from(mark) / 64] |= 1 << (mark % 64);
    }
}

/// The marks of a document, which are collected when they are first needed.
pub(super) type LazyMarks = OnceLock<Box<Marks>>;

impl Document {
    /// The marks of the document, which are collected by the first call.
    #[must_use]
    pub fn marks(&self) -> &Marks {
        self.marks.get_or_init(|| Box::new(Marks::of(self)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::SourceId;
    use crate::yaml::parse;

    #[test]
    fn a_document_tells_what_may_come_up_in_it() {
        let text = "
base: &base {merged: 1}
list:
- <<: *base
  on: 1
- plain
\"q\\x41\": {inner: two words}
---
other: 3
";
        let stream = parse(SourceId::NOWHERE, &Arc::from(text));
        let has = |at: usize, sign: Sign<'_>| {
            let mark = Mark::of(sign).expect("the text is short");
            stream.documents[at].marks().may_have(mark)
        };
        for name in ["base", "merged", "list", "true", "qA", "inner"] {
            assert!(has(0, Sign::Key(name)), "{name}");
        }
        for name in ["other", "on", "absent", "hostNetwork", "plain"] {
            assert!(!has(0, Sign::Key(name)), "{name}");
        }
        assert!(has(0, Sign::Text("two words")) && !has(0, Sign::Text("two")));
        assert!(has(0, Sign::Holds("list", Kind::Sequence)));
        assert!(!has(0, Sign::Holds("list", Kind::Scalar)));
        assert!(has(0, Sign::Within("list", Kind::Scalar)));
        assert!(has(0, Sign::Within("list", Kind::Mapping)));
        assert!(!has(0, Sign::Within("base", Kind::Mapping)));
        assert!(has(0, Sign::HoldsTyped("merged")) && !has(0, Sign::HoldsTyped("inner")));
        assert!(has(0, Sign::WithinTyped("base")) && !has(0, Sign::WithinTyped("qA")));
        assert!(has(1, Sign::Key("other")) && !has(1, Sign::Key("inner")));
        assert_eq!(Mark::of(Sign::Text(&"x".repeat(65))), None);
    }
}
