//! Fingerprints, by which a finding is recognised after lines have moved or the file was reformatted.

use std::borrow::Cow;
use std::collections::HashMap;

use data_encoding::HEXLOWER;
use foldhash::fast::RandomState;

use crate::finding::{Finding, Origin};
use crate::source::{SourceFile, SourceId, Span};
use crate::yaml::{Kind, Node, Step, Stream};

/// Few nodes are nested deeper.
const USUAL_DEPTH: usize = 12;

/// Few symbolic paths are longer, in bytes.
const USUAL_LENGTH: usize = 96;

/// The fingerprint of a finding: a hash of the rule, the file, the object, the symbolic path and the value there, but not
/// of the message, whose wording may change. 32 hexadecimal digits.
#[must_use]
pub(in crate::lint) fn of<'s>(
    finding: &Finding,
    file: &SourceFile,
    stream: Option<&'s Stream>,
    places: &mut Places<'s>,
) -> String {
    let mut parts = Parts(Vec::with_capacity(512));
    parts.add(&finding.rule);
    parts.add(&file.path);
    let in_manifest = finding.primary.origin == Origin::Manifest;
    match &finding.object {
        Some(object) if in_manifest => {
            parts.add(&object.kind);
            parts.add(object.namespace.as_deref().unwrap_or_default());
            parts.add(&object.name);
        }
        // Names of rendered objects contain the release's, but a fault in a line is the same in all releases.
        Some(object) => parts.add(&object.kind),
        None => {}
    }
    // Several fields may be missing at one place.
    let field = finding.object.as_ref().map_or("", |object| &object.path);
    match stream.and_then(|stream| places.of(stream, finding.primary.span)) {
        Some((node, path)) => {
            parts.write(|out| out.extend_from_slice(path));
            parts.write(|out| unnumbered(field, out));
            if node.kind() == Kind::Scalar {
                parts.add(node.raw());
            }
        }
        None => {
            let text = &file.text;
            let line = file.lines().line_of(finding.primary.span.start as usize);
            let line = &text[file.lines().line_range(text, line)];
            parts.add(&line.split_whitespace().collect::<Vec<_>>().join(" "));
            parts.write(|out| unnumbered(field, out));
        }
    }
    HEXLOWER.encode(&blake3::hash(&parts.0).as_bytes()[..16])
}

/// The nodes at which findings were made so far, by the starts of their spans: many findings share one.
#[derive(Default)]
pub(in crate::lint) struct Places<'s>(HashMap<(SourceId, u32), Option<Known<'s>>, RandomState>);

/// A node, and its symbolic path.
struct Known<'s> {
    node: Node<'s>,
    path: Box<[u8]>,
}

impl<'s> Places<'s> {
    /// The innermost node whose key or value holds the start of a span, and its symbolic path.
    fn of(&mut self, stream: &'s Stream, span: Span) -> Option<(Node<'s>, &[u8])> {
        let known = self.0.entry((span.source, span.start)).or_insert_with(|| {
            let node = locate(stream, span)?;
            let mut path = Vec::with_capacity(USUAL_LENGTH);
            symbolic(node, &mut path);
            Some(Known { node, path: path.into() })
        });
        known.as_ref().map(|known| (known.node, &*known.path))
    }
}

/// The parts of a fingerprint, each after its length.
struct Parts(Vec<u8>);

impl Parts {
    fn add(&mut self, text: &str) {
        self.write(|out| out.extend_from_slice(text.as_bytes()));
    }

    /// Adds a part that `write` writes.
    fn write(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        const LENGTH: usize = size_of::<u64>();
        let start = self.0.len() + LENGTH;
        self.0.extend_from_slice(&[0; LENGTH]);
        write(&mut self.0);
        let length = (self.0.len() - start) as u64;
        self.0[start - LENGTH..start].copy_from_slice(&length.to_le_bytes());
    }
}

/// The innermost node whose key or value holds the start of a span.
#[must_use]
pub(super) fn locate(stream: &Stream, span: Span) -> Option<Node<'_>> {
    // A binary search, as a file may have as many documents as findings.
    let after = stream.documents.partition_point(|one| one.span().start <= span.start);
    let document = stream.documents[..after].last()?;
    let mut node = document.root().filter(|_| span.start <= document.span().end)?;
    while let Some(inner) = node.holding(span.start) {
        // A key, or an alias, whose target stands elsewhere.
        if !inner.span().contains(span.start) {
            return Some(inner);
        }
        node = inner;
    }
    Some(node)
}

/// Writes the path of a node, with the names of list items instead of their indexes.
fn symbolic(node: Node<'_>, out: &mut Vec<u8>) {
    let Some(steps) = steps_up(node) else { return symbolic_from_root(node, out) };
    for step in steps.iter().rev() {
        out.push(b'/');
        out.extend_from_slice(step.as_bytes());
    }
}

/// The keys and item names on the path to a node, the last one first; `None` if a mapping on the way has merged entries,
/// so that its keys may lead to another node.
fn steps_up(node: Node<'_>) -> Option<Vec<Cow<'_, str>>> {
    let mut steps = Vec::with_capacity(USUAL_DEPTH);
    let mut at = node;
    while let Some(parent) = at.parent() {
        steps.push(match parent.kind() {
            Kind::Sequence => Cow::Borrowed(item_name(at)),
            Kind::Mapping | Kind::Scalar => at.key_name().filter(|_| parent.is_as_written())?,
        });
        at = parent;
    }
    Some(steps)
}

/// The name of a list item, empty if it has none.
fn item_name(item: Node<'_>) -> &str {
    ["name", "key", "topologyKey"].iter().find_map(|key| item.get(key)).map_or("", Node::raw)
}

/// Writes the same path by following it from the root.
fn symbolic_from_root(node: Node<'_>, out: &mut Vec<u8>) {
    let mut at = node.document().root();
    for step in node.path().0 {
        at = at.and_then(|node| match &step {
            Step::Key(key) => node.get(key),
            Step::Index(index) => node.items().nth(*index),
        });
        out.push(b'/');
        match step {
            Step::Key(key) => out.extend_from_slice(key.as_bytes()),
            Step::Index(_) => out.extend_from_slice(at.map_or("", item_name).as_bytes()),
        }
    }
}

/// Writes a dotted path without the indexes of items, which change when an item is inserted before them.
fn unnumbered(path: &str, out: &mut Vec<u8>) {
    let mut parts = path.split('[');
    out.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        let (inside, behind) = part.split_at(part.find(']').unwrap_or(part.len()));
        out.push(b'[');
        out.extend(inside.bytes().filter(|byte| !byte.is_ascii_digit()));
        out.extend_from_slice(behind.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::finding::{Place, Severity};
    use crate::source::Sources;

    fn fingerprint(text: &str, needle: &str) -> String {
        let sources = Sources::default();
        let source = sources.add("values.yaml", text);
        let file = sources.get(source);
        let stream = crate::yaml::parse(source, &file.text);
        let start = text.find(needle).expect("the needle is there");
        let finding = Finding::new(
            ("r", "g"),
            Severity::Error,
            String::new(),
            Place { span: Span::new(source, start, start + needle.len()), origin: Origin::Values },
        );
        of(&finding, &file, Some(&stream), &mut Places::default())
    }

    #[test]
    fn survives_moved_lines_and_reformatting() {
        let first = fingerprint("a:\n  - name: x\n    image: b:1\n", "b:1");
        assert_eq!(fingerprint("# new\na:\n- name: w\n- name: x\n  image: 'b:1'\n", "b:1"), first);
        assert_eq!(fingerprint("a: [{name: x, image: \"b:1\"}]\n", "b:1"), first);
        assert_ne!(fingerprint("a:\n  - name: y\n    image: b:1\n", "b:1"), first);
        assert_ne!(fingerprint("a:\n  - name: x\n    image: b:2\n", "b:2"), first);
    }

    /// A mapping of mappings, lists of named items, and words.
    fn values() -> impl Strategy<Value = Value> {
        // Without letters of `true`, `on`, `no`, `y` or `null`, which mean something else unquoted.
        let word = "[a-m]{2,6}".prop_map(Value::from);
        let tree = word.prop_recursive(4, 24, 4, |inner| {
            let keys = || "[a-m]{1,4}";
            let map = prop::collection::btree_map(keys(), inner.clone(), 1..4);
            let map = map.prop_map(|map| Value::Object(map.into_iter().collect()));
            let items = prop::collection::btree_map(keys(), inner, 1..4).prop_map(|items| {
                items.into_iter().map(|(name, item)| json!({"name": name, "item": item})).collect()
            });
            prop_oneof![map, items]
        });
        tree.prop_map(|tree| json!({"top": tree}))
    }

    /// The fingerprint of each word, by its pointer.
    fn fingerprints(text: &str) -> BTreeMap<String, String> {
        let sources = Sources::default();
        let source = sources.add("values.yaml", text);
        let file = sources.get(source);
        let stream = crate::yaml::parse(source, &file.text);
        let mut found = BTreeMap::new();
        let mut rest = vec![(String::new(), stream.documents[0].root().expect("a tree"))];
        while let Some((at, node)) = rest.pop() {
            match node.kind() {
                Kind::Scalar => {
                    let place = Place { span: node.span(), origin: Origin::Values };
                    let finding = Finding::new(("r", "g"), Severity::Error, String::new(), place);
                    found.insert(at, of(&finding, &file, Some(&stream), &mut Places::default()));
                }
                Kind::Sequence => {
                    rest.extend(node.items().map(|item| {
                        (format!("{at}/{}", item.get("name").expect("a name").raw()), item)
                    }));
                }
                Kind::Mapping => {
                    let entries = node.entries();
                    rest.extend(entries.map(|e| (format!("{at}/{}", e.key.raw()), e.value)));
                }
            }
        }
        found
    }

    fn reversed(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                map.iter().rev().map(|(key, value)| (key.clone(), reversed(value))).collect()
            }
            Value::Array(items) => items.iter().rev().map(reversed).collect(),
            word => word.clone(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_is_moved_or_reformatted_is_known_again(
            values in values(),
            gaps in prop::collection::vec(0..3_usize, 1..8),
        ) {
            let block = serde_yaml::to_string(&values).expect("YAML");
            let first = fingerprints(&block);
            let moved: String = block
                .lines()
                .zip(gaps.iter().cycle())
                .map(|(line, &gap)| format!("{}{line} # seen\n", "# A comment.\n\n".repeat(gap)))
                .collect();
            let texts = [
                moved,
                values.to_string(),
                serde_json::to_string_pretty(&values).expect("JSON"),
                serde_yaml::to_string(&reversed(&values)).expect("YAML"),
            ];
            for text in texts {
                prop_assert_eq!(&fingerprints(&text), &first, "{}", text);
            }
            let distinct: BTreeSet<&String> = first.values().collect();
            prop_assert_eq!(distinct.len(), first.len(), "each place has its own");
        }
    }

    #[test]
    fn a_key_and_its_value_are_one_place() {
        let text = "a:\n  b: 1\n";
        assert_eq!(fingerprint(text, "b"), fingerprint(text, "1"));
    }
}
