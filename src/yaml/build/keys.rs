//! Checks the keys of a complete mapping: repeated keys, merge keys, and keys that an object must not have.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{Builder, MAX_ERRORS, narrow};
use crate::yaml::members::Hint;
use crate::yaml::node::Node;
use crate::yaml::parse::{ErrorKind, SyntaxError};
use crate::yaml::scalar::key_name;
use crate::yaml::tree::{Body, Document, Kind, NodeId, Style};

/// The most keys of a mapping in nearly all files.
const FEW_KEYS: usize = 16;

impl Builder<'_> {
    /// The body of a mapping with the children from `first` on, whose keys are checked.
    pub(super) fn mapping(&mut self, style: Style, first: usize) -> Body {
        let count = narrow((self.document.children.len() - first) / 2);
        let mut plain = self.has_plain_keys(first);
        if !plain {
            let children = self.document.children[first..].to_vec();
            plain = self.check_keys(&children);
            let mut hinted = first;
            if !plain {
                let effective = self.effective(&children);
                self.document.children.push(narrow(effective.len() / 2));
                hinted = self.document.children.len();
                self.document.children.extend_from_slice(&effective);
            }
            self.hint(hinted);
        }
        Body::Mapping { style, plain, first: narrow(first), count }
    }

    /// True for a few distinct keys that are texts and not merge keys, as in nearly every mapping. These are checked,
    /// and their hints are added, without an allocation.
    fn has_plain_keys(&mut self, first: usize) -> bool {
        let Document { nodes, children, hints, text, .. } = &mut self.document;
        let children: &[[u32; 2]] = children[first..].as_chunks().0;
        if children.len() > FEW_KEYS {
            return false;
        }
        let mut names: [&[u8]; FEW_KEYS] = [&[]; FEW_KEYS];
        let mut seen = [0_u64; 4];
        hints.resize(first, 0);
        for (at, &[key, _]) in children.iter().enumerate() {
            let Body::Scalar { text: true, owned: false, first, second, .. } =
                nodes[key as usize].body
            else {
                return false;
            };
            let name = &text.as_bytes()[first as usize..second as usize];
            let hint = Hint::of(name);
            let (word, bit) = (usize::from(hint.index() / 64), 1 << (hint.index() % 64));
            // Nearly always the hint is enough to know that a name is new.
            if name == b"<<" || seen[word] & bit != 0 && names[..at].contains(&name) {
                return false;
            }
            seen[word] |= bit;
            names[at] = name;
            hints.push(hint.index());
        }
        true
    }

    /// Adds the hints of a mapping's keys, for the children from `first` on.
    fn hint(&mut self, first: usize) {
        let mut hints = std::mem::take(&mut self.document.hints);
        hints.resize(first, 0);
        for &key in self.document.children[first..].iter().step_by(2) {
            let name = self.document.node(NodeId(key)).key_text();
            hints.push(Hint::of(name.as_bytes()).index());
        }
        self.document.hints = hints;
    }

    /// Reports repeated keys, and keys that an object must not have; false if there is a repeated key or a merge key.
    fn check_keys(&mut self, children: &[u32]) -> bool {
        let document = &self.document;
        let keys = || children.iter().step_by(2).map(|&id| document.node(NodeId(id)));
        let mut plain = true;
        let mut repeated: Vec<(Node<'_>, Node<'_>)> = Vec::new();
        let mut refused: Vec<Node<'_>> = Vec::new();
        let mut seen = HashMap::with_capacity(children.len() / 2);
        for key in keys() {
            if key.is_merge_key() {
                plain = false;
                continue;
            }
            if key.scalar().and_then(key_name).is_none() {
                refused.push(key);
                continue;
            }
            let first = *seen.entry(key.key_text()).or_insert(key);
            if first != key {
                plain = false;
                if repeated.len() < MAX_ERRORS {
                    repeated.push((first, key));
                }
            }
        }
        let repeated: Vec<_> = repeated
            .into_iter()
            .map(|(first, key)| SyntaxError {
                kind: ErrorKind::DuplicateKey { first: first.span() },
                span: key.span(),
                message: format!("the key `{}` stands twice in this mapping", key.key_text()),
                help: Some("keep one of them: Helm and Kubernetes take the last and drop the others without a word"),
            })
            .collect();
        let refused: Vec<_> = refused.into_iter().map(|key| self.refused_key(key)).collect();
        self.broken |= !refused.is_empty();
        let room = MAX_ERRORS.saturating_sub(self.errors.len());
        self.errors.extend(refused.into_iter().chain(repeated).take(room));
        plain
    }

    /// The error for a key that sigs.k8s.io/yaml refuses.
    fn refused_key(&self, key: Node<'_>) -> SyntaxError {
        let (what, help) = match key.kind() {
            Kind::Scalar if key.is_null() => ("null", "write a key, or quote it: \"null\""),
            Kind::Scalar => ("a number this large", "quote the key"),
            _ if self.source_text[..key.span().end as usize].contains("{{") => (
                "a collection",
                "this looks like a template: plimsoll renders templates inside a chart, and reads other files as plain YAML",
            ),
            _ => ("a collection", "quote the key, if it is meant to be text"),
        };
        let message = format!("{what} cannot be a key");
        SyntaxError { kind: ErrorKind::Syntax, span: key.span(), message, help: Some(help) }
    }

    /// The entries of a mapping with merge keys or repeated keys as go-yaml v2 reads it, keys and values in turn. They
    /// are computed only once, so that later reads cost the same as for other mappings.
    fn effective(&mut self, children: &[u32]) -> Vec<u32> {
        let mut merged = Merged::default();
        let mut wrong = Vec::new();
        for pair in children.chunks_exact(2) {
            let (key, value) =
                (self.document.node(NodeId(pair[0])), self.document.node(NodeId(pair[1])));
            if !key.is_merge_key() {
                merged.set(key, pair[0], pair[1]);
                continue;
            }
            let mut maps: Vec<Node<'_>> = match value.kind() {
                Kind::Sequence => value.items().collect(),
                Kind::Mapping | Kind::Scalar => vec![value],
            };
            // In reverse order, so that the first map in the list takes precedence.
            maps.reverse();
            for map in maps {
                if map.kind() != Kind::Mapping {
                    wrong.push((value.span(), ErrorKind::Syntax));
                    break;
                }
                for &[key, value] in map.pairs() {
                    self.merge_budget = self.merge_budget.saturating_sub(1);
                    if self.merge_budget == 0 {
                        wrong.push((map.span(), ErrorKind::Limit));
                        break;
                    }
                    merged.set(self.document.node(NodeId(key)), key, value);
                }
            }
        }
        let pairs = merged.pairs;
        for (span, kind) in wrong {
            let message = match kind {
                ErrorKind::Limit => "merge keys bring in entries without measure",
                _ => "a merge key needs a mapping, or a list of mappings",
            };
            self.fail(kind, span.start as usize, span.end as usize, message);
        }
        pairs
    }
}

/// The entries of a mapping while merge keys are applied: a key keeps its first place and gets its last value.
#[derive(Default)]
struct Merged<'a> {
    pairs: Vec<u32>,
    places: HashMap<Cow<'a, str>, usize>,
}

impl<'a> Merged<'a> {
    fn set(&mut self, node: Node<'a>, key: u32, value: u32) {
        match self.places.entry(node.key_text()) {
            std::collections::hash_map::Entry::Occupied(known) => {
                self.pairs[*known.get()] = key;
                self.pairs[*known.get() + 1] = value;
            }
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(self.pairs.len());
                self.pairs.extend([key, value]);
            }
        }
    }
}
