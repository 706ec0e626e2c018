//! The small path language of `for` and `at`: `container.securityContext.privileged`,
//! `pod.containers[*].env[*]`, `object.metadata.labels["app.kubernetes.io/name"]`.
//!
//! Paths are not CEL, as a path keeps the place of a node in its file, and a CEL value does not. It is not an error if
//! a step leads nowhere; for `at` it tells which keys are missing.

use crate::yaml::{Kind, Name, Node};

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathStep {
    /// Into a mapping.
    Key(Name),
    /// Every item of a sequence, or every value of a mapping.
    Every,
    /// Every key of a mapping, as a node.
    Keys,
    /// One item of a sequence, from 0.
    Index(usize),
}

/// A path: a variable, and the steps from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodePath {
    /// The variable at which the path starts.
    pub root: String,
    /// The steps from the variable.
    pub steps: Vec<PathStep>,
}

impl NodePath {
    /// Whether it leads to the `name` or the `kind` of something.
    #[must_use]
    pub fn leads_to_name(&self) -> bool {
        let named = |step: &PathStep| *step == PathStep::Key("name".into());
        self.steps.last().is_some_and(|step| named(step) || *step == PathStep::Key("kind".into()))
    }

    /// Reads a path.
    ///
    /// # Errors
    /// The error in the text, as a sentence for the rule's author.
    pub fn parse(text: &str) -> Result<Self, String> {
        let is_name = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-' | '$');
        let end = text.find(|char| !is_name(char)).unwrap_or(text.len());
        let (root, mut rest) = text.split_at(end);
        if root.is_empty() {
            return Err(format!("`{text}` does not begin with a variable"));
        }
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(tail) = rest.strip_prefix('.') {
                let tail = tail.strip_prefix('?').unwrap_or(tail);
                let end = tail.find(|char| !is_name(char)).unwrap_or(tail.len());
                if end == 0 {
                    return Err(format!("a name is missing in `{text}` before `{tail}`"));
                }
                steps.push(PathStep::Key(tail[..end].into()));
                rest = &tail[end..];
            } else if let Some(tail) = rest.strip_prefix('[') {
                let (inner, tail) =
                    tail.split_once(']').ok_or_else(|| format!("`]` is missing in `{text}`"))?;
                let quoted =
                    inner.strip_prefix(['"', '\'']).and_then(|key| key.strip_suffix(['"', '\'']));
                steps.push(match (inner, quoted, inner.parse()) {
                    ("*", ..) => PathStep::Every,
                    ("~", ..) => PathStep::Keys,
                    (_, Some(key), _) => PathStep::Key(key.into()),
                    (_, None, Ok(index)) => PathStep::Index(index),
                    _ => {
                        return Err(format!(
                            "`[{inner}]` in `{text}` is not an index, a quoted key, `*` or `~`"
                        ));
                    }
                });
                rest = tail;
            } else {
                return Err(format!("`{rest}` in `{text}` is not understood"));
            }
        }
        Ok(Self { root: root.to_owned(), steps })
    }

    /// Every node to which the path leads from `roots`. Null counts as absent, as in Kubernetes. If the value of the
    /// variable is several nodes, as that of `containers`, the leading `[*]` goes over these.
    #[must_use]
    pub fn nodes<'a>(&self, roots: Roots<'_, 'a>) -> Vec<Node<'a>> {
        let mut nodes = Vec::new();
        self.for_each(roots, |node| nodes.push(node));
        nodes
    }

    /// Calls `see` with each of the nodes in [`NodePath::nodes`], in the same order.
    pub(crate) fn for_each<'a>(&self, roots: Roots<'_, 'a>, mut see: impl FnMut(Node<'a>)) {
        self.visit(roots, &mut |node| {
            see(node);
            true
        });
    }

    /// True if the path leads to a node.
    #[must_use]
    pub fn leads_anywhere(&self, roots: Roots<'_, '_>) -> bool {
        !self.visit(roots, &mut |_| false)
    }

    /// Calls `see` with each node until it returns false; returns false if it did.
    fn visit<'a>(&self, roots: Roots<'_, 'a>, see: &mut impl FnMut(Node<'a>) -> bool) -> bool {
        match (roots, self.steps.as_slice()) {
            (Roots::One(node), steps) => follow(node, steps, see),
            (Roots::Several(nodes), [PathStep::Index(at), steps @ ..]) => {
                nodes.get(*at).is_none_or(|node| follow(*node, steps, see))
            }
            (Roots::Several(nodes), [PathStep::Every, steps @ ..] | steps) => {
                nodes.iter().all(|node| follow(*node, steps, see))
            }
        }
    }

    /// The deepest existing node on the path, and the keys that are missing below it.
    #[must_use]
    pub fn reach<'a>(&self, root: Node<'a>) -> (Node<'a>, Vec<String>) {
        let mut node = root;
        for (at, step) in self.steps.iter().enumerate() {
            match down(node, step) {
                Some(next) => node = next,
                None => {
                    let missing = self.steps[at..].iter().map(|step| match step {
                        PathStep::Key(key) => key.to_string(),
                        PathStep::Every | PathStep::Keys => "0".to_owned(),
                        PathStep::Index(index) => index.to_string(),
                    });
                    return (node, missing.collect());
                }
            }
        }
        (node, Vec::new())
    }
}

/// The value of a variable.
#[derive(Debug, Clone, Copy)]
pub enum Roots<'s, 'a> {
    /// One node.
    One(Node<'a>),
    /// Several nodes outside of one sequence.
    Several(&'s [Node<'a>]),
}

/// Calls `see` with each node to which `steps` lead from `node`, until it returns false; returns false if it did.
fn follow<'a>(
    mut node: Node<'a>,
    steps: &[PathStep],
    see: &mut impl FnMut(Node<'a>) -> bool,
) -> bool {
    for (at, step) in steps.iter().enumerate() {
        let rest = &steps[at + 1..];
        match (step, node.kind()) {
            (PathStep::Every, Kind::Sequence) => {
                return node.items().all(|item| follow(item, rest, see));
            }
            (PathStep::Every, Kind::Mapping) => {
                return node.entries().all(|entry| follow(entry.value, rest, see));
            }
            (PathStep::Keys, Kind::Mapping) => {
                return node.written().all(|entry| follow(entry.key, rest, see));
            }
            _ => {}
        }
        match down(node, step) {
            Some(next) => node = next,
            None => return true,
        }
    }
    see(node)
}

/// The node to which a step leads; for `[*]` and `[~]`, the first one.
fn down<'a>(node: Node<'a>, step: &PathStep) -> Option<Node<'a>> {
    match (step, node.kind()) {
        (PathStep::Key(key), Kind::Mapping) => node.get_named(key).filter(|value| !value.is_null()),
        (PathStep::Every, Kind::Sequence) => node.items().next(),
        (PathStep::Every, Kind::Mapping) => node.entries().next().map(|entry| entry.value),
        (PathStep::Keys, Kind::Mapping) => node.written().next().map(|entry| entry.key),
        (PathStep::Index(index), Kind::Sequence) => node.items().nth(*index),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_names_indexes_and_quoted_keys() {
        let path = NodePath::parse("pod.?containers[*].env[0][\"a.b/c\"][~]").expect("a path");
        assert_eq!(path.root, "pod");
        assert_eq!(path.steps[1], PathStep::Every);
        assert_eq!(path.steps[4], PathStep::Key("a.b/c".into()));
        assert_eq!(path.steps[5], PathStep::Keys);
        for wrong in ["", ".a", "a..b", "a[", "a[x]", "a b"] {
            assert!(NodePath::parse(wrong).is_err(), "{wrong}");
        }
    }
}
