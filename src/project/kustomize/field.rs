//! The fields that kustomize's patches and replacements set or remove.
//!
//! Mirrors how kustomize reads patches (`api/types`, `api/internal/builtins/PatchTransformer.go`): a strategic merge
//! patch is a part of the object that it changes; a JSON patch (RFC 6902) is a list of operations. A replacement
//! (`api/types/replacement.go`) names fields that get the value of another.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::patch::{Written, each};
use super::{Kustomization, items};
use crate::kube::Object;
use crate::project::file::File;
use crate::project::path::join;
use crate::source::SourceId;
use crate::yaml::{self, Kind, Node, unescape};

/// The path element for any item of a list, where the item has no name.
const ANY_ITEM: &str = "[]";

/// A field that a patch or a replacement sets or removes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    /// The kind of the objects; empty for any.
    pub kind: String,
    /// The name of the objects; empty for any.
    pub name: String,
    /// Its path, as [`path`] returns it.
    pub path: Vec<String>,
}

impl Field {
    /// The fields of objects of a kind and name. Fields are sorted by both, so among a thousand patches, those of other
    /// objects are skipped.
    fn among<'f>(
        fields: &'f BTreeSet<Self>,
        kind: &str,
        name: &str,
    ) -> impl Iterator<Item = &'f Self> {
        let owners = [(kind, name), (kind, ""), ("", name), ("", "")];
        owners.map(|(kind, name)| (kind.to_owned(), name.to_owned())).into_iter().flat_map(
            |(kind, name)| {
                let first = Self { kind: kind.clone(), name: name.clone(), path: Vec::new() };
                let of_owner = move |field: &&Self| field.kind == kind && field.name == name;
                fields.range(first..).take_while(of_owner)
            },
        )
    }

    /// Whether a path leads to the field, or to a part of it.
    #[must_use]
    pub fn holds(&self, path: &[Cow<'_, str>]) -> bool {
        self.path.len() <= path.len() && self.meets(path)
    }

    /// Whether setting it may add something that is missing at a path: one of the paths begins with the other.
    #[must_use]
    pub fn meets(&self, path: &[Cow<'_, str>]) -> bool {
        let same = |(own, other): (&String, &Cow<'_, str>)| {
            let any = own == ANY_ITEM && other.starts_with('[')
                || own.starts_with('[') && other == ANY_ITEM;
            any || own == other
        };
        self.path.iter().zip(path).all(same)
    }

    /// Whether setting it may add an item, such as a volume or a container, to a list in the object. A JSON patch only names
    /// the list, so it may add any item.
    #[must_use]
    pub fn brings(&self, item: &str, object: &Object<'_>) -> bool {
        let is_item = |step: &String| {
            step.strip_prefix('[').and_then(|step| step.strip_suffix(']')) == Some(item)
        };
        let list = match self.path.iter().position(is_item) {
            Some(at) => &self.path[..at],
            None if self.path.last().is_some_and(|last| last == ANY_ITEM) => {
                &self.path[..self.path.len() - 1]
            }
            None => return false,
        };
        let is_it = |node: Node<'_>| node.get("name").is_some_and(|name| name.raw() == item);
        !below(object.node, list).into_iter().flat_map(Node::items).any(is_it)
    }
}

/// The nodes that a path leads to; it may lead through any item of a list.
fn below<'n>(node: Node<'n>, path: &[String]) -> Vec<Node<'n>> {
    let Some((step, rest)) = path.split_first() else { return vec![node] };
    let items = node.items().filter(|item| step == ANY_ITEM || *step == self::item(*item));
    let next = items.chain(node.get(step));
    next.flat_map(|next| below(next, rest)).collect()
}

/// The path from an object, at `depth` in its document, to a node in it. A list item is `[its name]`, by which patches find
/// it at any position, or `[]`.
#[must_use]
pub fn path(node: Node<'_>, depth: usize) -> Vec<Cow<'_, str>> {
    let steps = node.depth().saturating_sub(depth);
    let mut keys: Vec<_> = node
        .upwards()
        .take(steps)
        .map(|node| node.key_name().unwrap_or_else(|| item(node)))
        .collect();
    keys.reverse();
    keys
}

fn item(node: Node<'_>) -> Cow<'_, str> {
    match node.get("name").filter(|name| name.kind() == Kind::Scalar) {
        Some(name) => format!("[{}]", name.raw()).into(),
        None => ANY_ITEM.into(),
    }
}

/// What the patches and replacements of a kustomization do.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Patched {
    /// The fields that they set or remove.
    pub fields: BTreeSet<Field>,
    /// The names of what they add: containers, ports, volumes.
    pub names: BTreeSet<String>,
}

impl Patched {
    /// The fields of objects of a kind and name.
    pub fn fields_of<'p>(&'p self, kind: &str, name: &str) -> impl Iterator<Item = &'p Field> {
        Field::among(&self.fields, kind, name)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.names.is_empty()
    }

    /// What both of two chains of kustomizations do. Most of it is what a kustomization does that is in both chains.
    pub(super) fn common(one: &[Arc<Self>], other: &[Arc<Self>]) -> Vec<Arc<Self>> {
        let is_in =
            |list: &[Arc<Self>], own: &Arc<Self>| list.iter().any(|it| Arc::ptr_eq(it, own));
        let (mut both, own): (Vec<_>, Vec<_>) =
            one.iter().cloned().partition(|it| is_in(other, it));
        let others: Vec<_> = other.iter().filter(|it| !is_in(one, it)).collect();
        let sets = |field: &&Field| others.iter().any(|patched| patched.fields.contains(*field));
        let adds = |name: &&String| others.iter().any(|patched| patched.names.contains(*name));
        let alike = Self {
            fields: own.iter().flat_map(|patched| &patched.fields).filter(sets).cloned().collect(),
            names: own.iter().flat_map(|patched| &patched.names).filter(adds).cloned().collect(),
        };
        both.extend((!alike.is_empty()).then(|| Arc::new(alike)));
        both
    }

    /// The effect of the patches in a kustomization, and of those in `files` that it names. A patch that cannot be read has
    /// none.
    pub(super) fn of(kustomization: &Kustomization<'_>, files: &HashMap<&str, &File>) -> Self {
        let mut found = Self::default();
        found.take(kustomization, files);
        found
    }

    /// Adds the effect of the patches in a kustomization.
    pub(super) fn take(&mut self, kustomization: &Kustomization<'_>, files: &HashMap<&str, &File>) {
        for (written, target) in each(kustomization) {
            read(written, files, &mut |stream| self.add(stream, target));
        }
        for replacement in items(kustomization.root, "replacements") {
            match replacement.get("path").and_then(Node::as_str) {
                None => self.replace(replacement),
                Some(path) => {
                    let file = Written::File(join(kustomization.directory, path));
                    read(file, files, &mut |stream| {
                        for root in stream.documents.iter().filter_map(|document| document.root()) {
                            root.items().for_each(|replacement| self.replace(replacement));
                            self.replace(root);
                        }
                    });
                }
            }
        }
    }

    /// Adds the effect of the patches that a kustomization's patches give to Flux's Kustomizations.
    pub(super) fn take_passed_on(
        &mut self,
        kustomization: &Kustomization<'_>,
        files: &HashMap<&str, &File>,
    ) {
        for (written, target) in each(kustomization) {
            let of_kind =
                |node: Node<'_>| node.get("kind").is_some_and(|kind| kind.raw() == "Kustomization");
            read(written, files, &mut |stream| {
                for root in stream.documents.iter().filter_map(|document| document.root()) {
                    let spec = root.get("spec").filter(|_| of_kind(target.unwrap_or(root)));
                    if let Some(root) = spec {
                        let Kustomization { file, directory, .. } = *kustomization;
                        let resources = BTreeSet::new();
                        let passed_on =
                            Kustomization { file, directory, root, namespace: None, resources };
                        self.take(&passed_on, files);
                    }
                }
            });
        }
    }

    /// Adds the fields that a replacement sets.
    fn replace(&mut self, replacement: Node<'_>) {
        for target in items(replacement, "targets") {
            let of = |key: &str| exactly(target.at(&["select", key]));
            let paths = items(target, "fieldPaths").filter_map(Node::as_str);
            let field = |path| Field { kind: of("kind"), name: of("name"), path: field_path(path) };
            self.fields.extend(paths.map(field));
        }
    }

    fn add(&mut self, patch: &yaml::Stream, target: Option<Node<'_>>) {
        for root in patch.documents.iter().filter_map(|document| document.root()) {
            let own = match root.kind() {
                Kind::Mapping => Some(root),
                Kind::Sequence | Kind::Scalar => None,
            };
            let kind = target
                .and_then(|target| target.get("kind"))
                .or(own.and_then(|own| own.get("kind")));
            let name = match target {
                Some(target) => target.get("name"),
                None => own.and_then(|own| own.at(&["metadata", "name"])),
            };
            let of = (exactly(kind), exactly(name));
            let mut paths = Vec::new();
            match own {
                Some(own) => leaves(own, &mut Vec::new(), &mut paths),
                None => paths.extend(root.items().filter_map(pointer)),
            }
            let field = |path| Field { kind: of.0.clone(), name: of.1.clone(), path };
            self.fields.extend(paths.into_iter().map(field));
            // `metadata` only identifies the object to patch.
            let brought = root.entries().filter(|entry| entry.name() != "metadata");
            let brought = brought.map(|entry| entry.value).chain(root.items());
            brought.for_each(|node| names(node, &mut self.names));
        }
    }
}

/// Reads a patch. One that is not there or cannot be read is left out.
fn read(written: Written<'_>, files: &HashMap<&str, &File>, add: &mut dyn FnMut(&yaml::Stream)) {
    match written {
        Written::Here(text) => add(&yaml::parse(SourceId::NOWHERE, &text.into())),
        Written::File(path) => {
            let file = files.get(&*path).and_then(|file| file.taken_down().ok());
            if let Some(stream) = file.as_ref().and_then(|file| file.stream()) {
                add(stream);
            }
        }
    }
}

/// A kind or a name that is matched exactly; empty for none, and for a pattern, which may match anything.
fn exactly(word: Option<Node<'_>>) -> String {
    let word = word.map(Node::raw).unwrap_or_default();
    let is_plain =
        word.chars().all(|letter| letter.is_ascii_alphanumeric() || "-.".contains(letter));
    if is_plain { word.to_owned() } else { String::new() }
}

/// The fields by which a strategic merge patch finds an object, and which it does not change.
const FOUND_BY: [&[&str]; 4] =
    [&["apiVersion"], &["kind"], &["metadata", "name"], &["metadata", "namespace"]];

/// The paths of everything in a strategic merge patch except what identifies the object and items of lists.
fn leaves<'p>(node: Node<'p>, at: &mut Vec<Cow<'p, str>>, found: &mut Vec<Vec<String>>) {
    let mut below = |key, child, at: &mut Vec<Cow<'p, str>>| {
        at.push(key);
        leaves(child, at, found);
        at.pop();
    };
    let is_whole = node.is_empty() || node.get("$patch").is_some();
    match node.kind() {
        Kind::Mapping if !is_whole => {
            node.entries().for_each(|entry| below(entry.name(), entry.value, at));
        }
        Kind::Sequence if !is_whole && node.items().all(|item| item.kind() == Kind::Mapping) => {
            node.items().for_each(|child| below(item(child), child, at));
        }
        _ if is_found_by(at) => {}
        _ => found.push(at.iter().map(|key| key.clone().into_owned()).collect()),
    }
}

fn is_found_by(path: &[Cow<'_, str>]) -> bool {
    let is_named = path.len() >= 2 && path[path.len() - 2].starts_with('[');
    FOUND_BY.iter().any(|known| *known == path) || is_named && path.ends_with(&["name".into()])
}

/// The path that an operation of a JSON patch changes.
fn pointer(operation: Node<'_>) -> Option<Vec<String>> {
    let pointer = operation.get("path")?.as_str()?.strip_prefix('/')?;
    let is_index = |step: &str| step == "-" || step.bytes().all(|byte| byte.is_ascii_digit());
    let step = |step: &str| match is_index(step) {
        true => ANY_ITEM.to_owned(),
        false => unescape(step).into_owned(),
    };
    (operation.get("op")?.as_str()? != "test").then(|| pointer.split('/').map(step).collect())
}

/// The path for a replacement's `spec.containers.[name=web].image` or `spec.ports.0.name`; a dot in a key is escaped by a
/// backslash.
fn field_path(path: &str) -> Vec<String> {
    let is_item = |step: &str| matches!(step, "*" | "-") || step.parse::<usize>().is_ok();
    let mut steps = vec![String::new()];
    let (mut is_escaped, mut in_brackets) = (false, false);
    for letter in path.chars() {
        match letter {
            '\\' if !is_escaped => is_escaped = true,
            '.' if !is_escaped && !in_brackets => steps.push(String::new()),
            _ => {
                in_brackets = letter == '[' || in_brackets && letter != ']';
                is_escaped = false;
                if let Some(step) = steps.last_mut() {
                    step.push(letter);
                }
            }
        }
    }
    let step = |step: String| match step.strip_prefix("[name=") {
        Some(name) => format!("[{name}"),
        None if is_item(&step) || step.starts_with('[') => ANY_ITEM.to_owned(),
        None => step,
    };
    steps.into_iter().map(step).collect()
}

/// The values of all keys `name`.
fn names(node: Node<'_>, found: &mut BTreeSet<String>) {
    node.items().for_each(|item| names(item, found));
    for entry in node.entries() {
        if entry.value.kind() == Kind::Scalar && entry.name() == "name" {
            found.insert(entry.value.raw().to_owned());
        }
        names(entry.value, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields of a patch as `kind name key/key`.
    fn fields(patch: &str, target: Option<&str>) -> Vec<String> {
        let read = |text: &str| yaml::parse(SourceId::NOWHERE, &text.into());
        let target = target.map(read);
        let mut patched = Patched::default();
        patched.add(&read(patch), target.as_ref().and_then(|target| target.documents[0].root()));
        let said =
            |field: &Field| format!("{} {} {}", field.kind, field.name, field.path.join("/"));
        patched.fields.iter().map(said).collect()
    }

    #[test]
    fn a_strategic_merge_patch_sets_what_it_holds() {
        let patch = "kind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  template:\n    spec:\n      containers:\n        - {name: web, args: [a], env: []}\n      affinity: {$patch: delete}\n      tolerations: [{key: a}]\n";
        let expected = [
            "Deployment web spec/replicas",
            "Deployment web spec/template/spec/affinity",
            "Deployment web spec/template/spec/containers/[web]/args",
            "Deployment web spec/template/spec/containers/[web]/env",
            "Deployment web spec/template/spec/tolerations/[]/key",
        ];
        assert_eq!(fields(patch, None), expected);
    }

    #[test]
    fn a_json_patch_sets_what_its_operations_name() {
        let patch = "- {op: add, path: /spec/containers/0/args/-, value: a}\n- {op: remove, path: /metadata/annotations/a~1b}\n- {op: test, path: /kind, value: Pod}\n";
        let target = "{kind: Pod, name: web.*}";
        let expected = ["Pod  metadata/annotations/a/b", "Pod  spec/containers/[]/args/[]"];
        assert_eq!(fields(patch, Some(target)), expected, "the name is a pattern");
    }

    #[test]
    fn fields_of_an_object_are_those_of_its_kind_and_name_and_of_any() {
        let of = |kind: &str, name: &str, key: &str| Field {
            kind: kind.to_owned(),
            name: name.to_owned(),
            path: vec![key.to_owned()],
        };
        let fields = BTreeSet::from([
            of("Pod", "web", "a"),
            of("Pod", "web", "b"),
            of("Pod", "webs", "c"),
            of("Pod", "", "d"),
            of("", "web", "e"),
            of("", "", "f"),
            of("Job", "web", "g"),
        ]);
        let found: String =
            Field::among(&fields, "Pod", "web").map(|field| field.path.concat()).collect();
        assert_eq!(found, "abdef");
    }

    #[test]
    fn a_replacement_sets_the_fields_of_its_targets() {
        let text = "source: {kind: ConfigMap, name: a}\ntargets:\n  - select: {kind: Pod, name: web}\n    fieldPaths: ['spec.containers.[name=web].image', spec.volumes.0.name, 'spec.x.[key=a.b].y']\n  - select: {kind: Job}\n    fieldPaths: ['metadata.annotations.example\\.org/a']\n";
        let read = yaml::parse(SourceId::NOWHERE, &text.into());
        let mut patched = Patched::default();
        patched.replace(read.documents[0].root().expect("a mapping"));
        let paths =
            patched.fields.iter().map(|field| format!("{} {}", field.kind, field.path.join("|")));
        let expected = [
            "Job metadata|annotations|example.org/a",
            "Pod spec|containers|[web]|image",
            "Pod spec|volumes|[]|name",
            "Pod spec|x|[]|y",
        ];
        assert_eq!(paths.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_patch_brings_what_it_names_below_the_object() {
        let patch = "kind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: a, ports: [{name: https}]}]}}}\n";
        let mut patched = Patched::default();
        patched.add(&yaml::parse(SourceId::NOWHERE, &patch.into()), None);
        assert_eq!(patched.names.into_iter().collect::<Vec<_>>(), ["a", "https"]);
    }

    #[test]
    fn a_field_holds_what_stands_below_it_and_meets_what_is_missing_above() {
        let field = |path: &str| Field {
            kind: "Pod".to_owned(),
            name: String::new(),
            path: path.split('/').map(str::to_owned).collect(),
        };
        let keys = |path: &'static str| path.split('/').map(Cow::Borrowed).collect::<Vec<_>>();
        let image = field("containers/[web]/image");
        assert!(image.holds(&keys("containers/[web]/image")));
        assert!(image.holds(&keys("containers/[]/image")));
        assert!(image.holds(&keys("containers/[web]/image/deeper")));
        assert!(!image.holds(&keys("containers/[other]/image")));
        assert!(!image.holds(&keys("containers/[web]")));
        assert!(field("resources/limits").meets(&keys("resources")));
        assert!(field("resources").meets(&keys("resources/limits")));
        assert!(!field("resources/limits").meets(&keys("resources/requests")));
    }
}
