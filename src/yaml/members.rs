//! The items or entries of a collection, and the lookup of keys.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::OnceLock;

use super::node::{Entry, Node};
use super::tree::{Body, Document};

/// The most entries of a mapping in which keys are looked up one by one. Most mappings have fewer than ten; data files
/// in a values file or a `ConfigMap` may have thousands.
const FEW: usize = 32;

/// The number of hints that are compared at once.
pub(super) const AT_ONCE: usize = 8;

/// The items of a sequence, see [`Node::items`].
#[derive(Clone)]
pub struct Items<'a> {
    pub(super) document: &'a Document,
    pub(super) ids: std::slice::Iter<'a, u32>,
}

impl<'a> Iterator for Items<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        self.ids.next().map(|&id| Node::new(self.document, id))
    }

    fn nth(&mut self, at: usize) -> Option<Node<'a>> {
        self.ids.nth(at).map(|&id| Node::new(self.document, id))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ids.size_hint()
    }
}

impl ExactSizeIterator for Items<'_> {}

/// The entries of a mapping, see [`Node::entries`] and [`Node::written`].
#[derive(Clone)]
pub struct Entries<'a> {
    pub(super) document: &'a Document,
    pub(super) pairs: std::slice::Iter<'a, [u32; 2]>,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let &[key, value] = self.pairs.next()?;
        Some(Entry { key: Node::new(self.document, key), value: Node::new(self.document, value) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.pairs.size_hint()
    }
}

impl ExactSizeIterator for Entries<'_> {}

impl<'a> Node<'a> {
    /// The item that contains a byte of the text, or the value that does so, or whose key does. If the value is an
    /// alias, that is the alias. Found by binary search, as the nodes in a collection are in the order of the text.
    #[must_use]
    pub fn holding(self, offset: u32) -> Option<Node<'a>> {
        let document = self.document();
        let begins = |id: u32| document.nodes[id as usize].start <= offset;
        let children =
            |first: u32, count: u32| &document.children[first as usize..(first + count) as usize];
        match document.nodes[self.id().0 as usize].body {
            Body::Sequence { first, count, .. } => {
                let items = children(first, count);
                let after = items.partition_point(|&item| begins(item));
                let item = Node::new(document, items[after.checked_sub(1)?]);
                item.span().contains(offset).then_some(item)
            }
            Body::Mapping { first, count, .. } => {
                let (entries, _) = children(first, 2 * count).as_chunks::<2>();
                let after = entries.partition_point(|&[key, _]| begins(key));
                let [_, value] = entries[after.checked_sub(1)?];
                let value = Node::new(document, value);
                let own = value.alias_span().unwrap_or(value.span());
                let key = value.key_span();
                let holds = own.contains(offset) || key.is_some_and(|key| key.contains(offset));
                holds.then_some(value)
            }
            Body::Scalar { .. } | Body::Alias(_) => None,
        }
    }
}

/// The keys of a document's large mappings, by name. Built when a key in one of them is first looked up, as a linear
/// search for each of its keys would take quadratic time.
#[derive(Debug, Default)]
pub(super) struct KeyIndex(OnceLock<HashMap<u32, Box<[[u32; 2]]>>>);

/// A small hash of a name, by which most names differ: of its length, and of its first and last letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Hint(u8);

impl Hint {
    /// The hint of a name.
    #[inline]
    pub(crate) fn of(name: &[u8]) -> Self {
        let (Some(first), Some(last)) = (name.first(), name.last()) else { return Self(0) };
        // Names that differ in a number or in one letter mostly do so at their end.
        Self(first.rotate_left(5) ^ last ^ name.len().to_le_bytes()[0].rotate_left(3))
    }

    /// Its value, below 256.
    pub(crate) fn index(self) -> u8 {
        self.0
    }
}

/// The name of a key that is looked up in many mappings, with its hint. The text of a key in a document, which may be
/// anywhere in memory, is only read if its hint is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub(super) hint: Hint,
    text: Box<str>,
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self { hint: Hint::of(text.as_bytes()), text: text.into() }
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        *self.text == *other
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl Document {
    /// The id of the value under a key in a mapping; `hint` is that of the key.
    #[inline]
    pub(super) fn value_of(&self, mapping: Node<'_>, hint: Hint, key: &str) -> Option<u32> {
        let range = mapping.effective();
        let entries: &[[u32; 2]] = self.children[range.clone()].as_chunks().0;
        if entries.len() > FEW {
            return self.value_among_many(mapping, key);
        }
        let wanted = u64::from_le_bytes([hint.0; AT_ONCE]);
        for (entries, at) in entries.chunks(AT_ONCE).zip((range.start..).step_by(AT_ONCE)) {
            let hints = self.hints[at..].first_chunk::<AT_ONCE>()?;
            let mut alike = zeros(u64::from_le_bytes(*hints) ^ wanted);
            while alike != 0 {
                // After the last entry there may be hints without an entry.
                let &[own, value] = entries.get(alike.trailing_zeros() as usize / 8)?;
                if self.is_named(own, key) {
                    return Some(value);
                }
                alike &= alike - 1;
            }
        }
        None
    }

    fn value_among_many(&self, mapping: Node<'_>, key: &str) -> Option<u32> {
        let index = self.index.0.get_or_init(|| self.index_of_keys());
        let entries = index.get(&mapping.id().0)?;
        let name = |entry: &[u32; 2]| Node::new(self, entry[0]).key_text();
        let at = entries.binary_search_by(|entry| (*name(entry)).cmp(key)).ok()?;
        Some(entries[at][1])
    }

    /// The effective entries of each large mapping, sorted by name; names are unique.
    fn index_of_keys(&self) -> HashMap<u32, Box<[[u32; 2]]>> {
        let mappings = (0..).zip(&self.nodes).filter(|(_, node)| node.is_mapping());
        let entries = mappings.filter_map(|(id, _)| {
            let entries = Node::new(self, id).pairs();
            if entries.len() <= FEW {
                return None;
            }
            let mut sorted: Box<[[u32; 2]]> = entries.into();
            sorted.sort_by_cached_key(|entry| Node::new(self, entry[0]).key_text());
            Some((id, sorted))
        });
        entries.collect()
    }

    /// Whether a key has this name. Rules test this some thousand times for each object; nearly always the length is
    /// enough.
    #[inline]
    fn is_named(&self, key: u32, name: &str) -> bool {
        match self.nodes[key as usize].body {
            Body::Scalar { text: true, owned: false, first, second, .. } => {
                (second - first) as usize == name.len()
                    && self.text.as_bytes()[first as usize..second as usize] == *name.as_bytes()
            }
            _ => self.is_named_otherwise(key, name),
        }
    }

    /// Whether a key has this name, for a key whose name differs from its text.
    #[cold]
    fn is_named_otherwise(&self, key: u32, name: &str) -> bool {
        Node::new(self, key).key_text() == name
    }
}

/// Sets the highest bit of each byte that is zero, and possibly of bytes above the first one that is.
#[inline]
fn zeros(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; AT_ONCE]);
    const HIGHEST: u64 = u64::from_le_bytes([0x80; AT_ONCE]);
    word.wrapping_sub(ONES) & !word & HIGHEST
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::source::SourceId;
    use crate::yaml::parse;

    #[test]
    fn keys_of_large_mappings_are_found_by_name() {
        let mut text =
            String::from("{small: {a: 1}}\n---\nbase: &base\n  k7: other\n  extra: 1\nlarge:\n");
        for number in 0..100 {
            text.push_str(&format!("  k{number}: {number}\n"));
        }
        text.push_str("  <<: *base\n  on: yes\n  \"q\\x41\": quoted\n");
        let stream = parse(SourceId::NOWHERE, &Arc::from(text));
        let root = stream.documents[1].root().expect("a mapping");
        let large = root.get("large").expect("it is there");
        let value = |key: &str| large.get(key).map(|value| value.raw().to_owned());
        assert_eq!(value("k42").as_deref(), Some("42"));
        assert_eq!(value("k7").as_deref(), Some("other"), "what is merged in later wins");
        assert_eq!(value("extra").as_deref(), Some("1"));
        assert_eq!(value("true").as_deref(), Some("yes"), "`on` is a boolean in YAML 1.1");
        assert_eq!(value("qA").as_deref(), Some("quoted"));
        assert_eq!(value("k100"), None);
        assert_eq!(root.get("base").and_then(|base| base.get("k42")).map(|node| node.raw()), None);
    }
}
