//! What comes up in a document, told without looking through it.
//!
//! Most rules ask for what most objects do not have. To look for each field where it would stand costs
//! more than to note once which names and words come up at all, and what stands under each name.

use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::OnceLock;

use foldhash::fast::FixedState;

use super::node::Node;
use super::tree::{Body, Document, Kind};

/// A manifest has some three hundred signs; of those that it lacks, a fiftieth has the mark of one it has.
/// With a tenth, a rule that asks for any of six was run on every second object that has none of them.
const MARKS: u64 = 16384;
/// Words of 64 bits that hold them.
const WORDS: usize = 256;
/// Longer texts are not noted, in bytes: no rule asks for one.
const LONGEST: usize = 64;

/// What may come up in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign<'t> {
    /// A key of this name, in whatever mapping.
    Key(&'t str),
    /// A key of this name with a value of this kind.
    Holds(&'t str, Kind),
    /// A key of this name with a collection that has a value of this kind in it.
    Within(&'t str, Kind),
    /// A key of this name with a scalar that may be no text: a number, a boolean, null.
    HoldsTyped(&'t str),
    /// A key of this name with a collection that has such a scalar in it.
    WithinTyped(&'t str),
    /// A scalar that is this text, as a value or an item.
    Text(&'t str),
}

/// What is noted of a sign. A few share a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(u16);

/// The sorts of signs, each of which has marks of its own for a text.
const KEY: u32 = 0;
const TEXT: u32 = 1;
const HOLDS: u32 = 2;
const WITHIN: u32 = 5;
/// What is added to the sort of a kind for a scalar that may be no text.
const TYPED: u32 = 6;

/// By how many bits a text's hash is turned from one sort to the next; none comes round to another's.
const SHIFT: u32 = 6;

fn rank(kind: Kind) -> u32 {
    match kind {
        Kind::Scalar => 0,
        Kind::Sequence => 1,
        Kind::Mapping => 2,
    }
}

impl Mark {
    /// The mark of a sign; `None` where none is noted.
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

    /// The marks of one text are taken from one hash.
    fn new(hash: u64, sort: u32) -> Self {
        let mark = hash.rotate_left(sort * SHIFT) % MARKS;
        Self(u16::try_from(mark).expect("invariant: there are fewer marks than 2^16"))
    }
}

#[inline]
fn hash(text: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    // Of a slice, its length would be hashed too, which tells no two texts apart that stand alone.
    hasher.write(text);
    hasher.finish()
}

/// The marks of all signs of a document.
#[derive(Debug, Clone)]
pub struct Marks([u64; WORDS]);

impl Marks {
    /// What comes up in a document, merged entries and what aliases stand for too.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let mut marks = Self([0; WORDS]);
        marks.note_all(document);
        marks
    }

    /// What comes up in any of several documents.
    #[must_use]
    pub fn of_any<'d>(documents: impl IntoIterator<Item = &'d Document>) -> Self {
        let mut marks = Self([0; WORDS]);
        documents.into_iter().for_each(|document| marks.note_all(document));
        marks
    }

    fn note_all(&mut self, document: &Document) {
        // What is merged, or aliased, is written somewhere in the same document.
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

    /// False when the sign of this mark does not come up; true when it may.
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

    /// Notes what stands under a key, or within what does.
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

    /// Notes the text of a value, where it is a scalar.
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

/// The marks of a document, made when somebody first asks for them.
pub(super) type LazyMarks = OnceLock<Box<Marks>>;

impl Document {
    /// What comes up in the document, kept for whoever asks again.
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
