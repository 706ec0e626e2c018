//! A release of a helmfile, with what it inherits.
//!
//! Mirrors `releaseWithInheritedTemplate` of helmfile's `pkg/state/state_exec_tmpl.go`: lists are concatenated, and of
//! anything else the last one counts.

use std::collections::BTreeMap;

use super::Document;
use crate::project::node::scalar_text;
use crate::yaml::{Kind, Node};

/// The most templates that a release inherits from, as templates may inherit from others more than once.
const MAX_PARTS: usize = 1000;

/// A node of a document of the helmfile.
#[derive(Clone, Copy)]
pub(super) struct Placed<'s> {
    pub(super) node: Node<'s>,
    pub(super) document: &'s Document,
}

/// The templates of a helmfile and its bases, by name, with those that every release inherits from.
#[derive(Default)]
pub(super) struct Templates<'s> {
    named: BTreeMap<String, Placed<'s>>,
    of_all: Vec<String>,
}

/// A release: the templates that it inherits from, with the lowest priority first, and the release itself.
pub(super) struct Spec<'s> {
    parts: Vec<Part<'s>>,
}

struct Part<'s> {
    placed: Placed<'s>,
    /// The keys that are not inherited from this part.
    except: Vec<String>,
}

impl<'s> Templates<'s> {
    pub(super) fn among(documents: &'s [Document]) -> Self {
        let mut templates = Self::default();
        for (root, document) in documents.iter().flat_map(Document::roots) {
            let named = root.get("templates").into_iter().flat_map(Node::entries);
            templates.named.extend(
                named.map(|entry| {
                    (entry.name().into_owned(), Placed { node: entry.value, document })
                }),
            );
            if let Some(names) = root.get("defaultInherit") {
                templates.of_all = each(names).filter_map(scalar_text).collect();
            }
        }
        templates
    }

    /// A release with everything that it inherits.
    pub(super) fn spec(&self, node: Node<'s>, document: &'s Document) -> Spec<'s> {
        let own = inherited(node);
        let known = |name: &String| own.iter().any(|(own, _)| own == name);
        let of_all = self.of_all.iter().filter(|name| !known(name));
        let of_all = of_all.map(|name| (name.clone(), Vec::new()));
        let mut parts = Vec::new();
        for (name, except) in of_all.chain(own.iter().cloned()) {
            self.inherit(&name, &except, &mut Vec::new(), &mut parts);
        }
        parts.push(Part { placed: Placed { node, document }, except: Vec::new() });
        Spec { parts }
    }

    /// Adds a template after those that it inherits from.
    fn inherit(
        &self,
        name: &str,
        except: &[String],
        within: &mut Vec<String>,
        parts: &mut Vec<Part<'s>>,
    ) {
        let Some(&placed) = self.named.get(name) else { return };
        if within.iter().any(|outer| outer == name) || parts.len() > MAX_PARTS {
            return;
        }
        within.push(name.to_owned());
        for (outer, more) in inherited(placed.node) {
            self.inherit(&outer, &[except, &more].concat(), within, parts);
        }
        within.pop();
        parts.push(Part { placed, except: except.to_vec() });
    }
}

/// The templates that a release or a template inherits from, each with the keys that are not inherited.
fn inherited(node: Node<'_>) -> Vec<(String, Vec<String>)> {
    let entries = node.get("inherit").into_iter().flat_map(each);
    let entry = |entry: Node<'_>| {
        let except = entry.get("except").into_iter().flat_map(Node::items);
        Some((
            entry.get("template").and_then(scalar_text)?,
            except.filter_map(scalar_text).collect(),
        ))
    };
    entries.filter_map(entry).collect()
}

/// The items of a list, or a single node that is not a list.
fn each<'a>(node: Node<'a>) -> Box<dyn Iterator<Item = Node<'a>> + 'a> {
    match node.kind() {
        Kind::Sequence => Box::new(node.items()),
        Kind::Mapping | Kind::Scalar => Box::new(std::iter::once(node)),
    }
}

impl<'s> Spec<'s> {
    /// All values of a key, with the lowest priority first.
    pub(super) fn all<'k>(
        &'k self,
        key: &'k str,
    ) -> impl DoubleEndedIterator<Item = Placed<'s>> + 'k {
        self.parts.iter().filter_map(move |Part { placed, except }| {
            let node = placed.node.get(key).filter(|node| !node.is_null())?;
            (!except.iter().any(|name| name == key)).then_some(Placed { node, ..*placed })
        })
    }

    /// The effective value of a key.
    pub(super) fn get(&self, key: &str) -> Option<Placed<'s>> {
        let is_empty = |node: Node<'_>| node.kind() == Kind::Scalar && node.raw().is_empty();
        self.all(key).rfind(|placed| !is_empty(placed.node))
    }

    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.get(key).and_then(|placed| scalar_text(placed.node))
    }

    /// The items of a list.
    pub(super) fn items<'k>(&'k self, key: &'k str) -> impl Iterator<Item = Placed<'s>> + 'k {
        let lists = self.all(key);
        lists.flat_map(|Placed { node, document }| {
            node.items().map(move |node| Placed { node, document })
        })
    }

    /// The texts of a map.
    pub(super) fn texts(&self, key: &str) -> BTreeMap<String, String> {
        let entries = self.all(key).flat_map(|placed| placed.node.entries());
        entries
            .filter_map(|entry| Some((entry.name().into_owned(), scalar_text(entry.value)?)))
            .collect()
    }
}
