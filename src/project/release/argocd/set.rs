//! `ApplicationSets`: one Application for each set of parameters.

mod parameter;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use self::parameter::{Parameters, fill, of_path};
use super::field::{Author, Field};
use super::{Content, Context, Declaration, File, Found, Layer, Mapped, UNKNOWN, Unresolved, Via};
use super::{application, documents};
use crate::project::node::scalar_text;
use crate::project::path::{base_name, on_disk, parent, within};
use crate::project::release::template::{Dialect, Engine};
use crate::project::tree::Glob;
use crate::source::{SourceId, Span};
use crate::yaml::{self, Kind, Node};

/// The most sets of parameters.
const MAX_SETS: usize = 1000;

/// What generators depend on.
#[derive(Clone, Copy)]
struct Around<'s, 'c> {
    file: &'s File,
    context: &'s Context<'c>,
    go_template: bool,
}

impl Around<'_, '_> {
    fn engine(&self) -> Engine<'_> {
        let tree = self.context.tree;
        Engine { dialect: Dialect::ArgoCd, tree, directory: parent(&self.file.path), partials: &[] }
    }

    /// Fills in `{{…}}`. Missing parameters become unknown.
    fn fill(&self, text: &str, set: &Parameters) -> String {
        let (filled, is_known) = fill(text, set, self.go_template);
        if is_known || !self.go_template || set.are_open {
            return filled;
        }
        let made = self.engine().fill(self.file.source, text, &Json::Object(set.data.clone()));
        made.replace(NO_VALUE, &UNKNOWN.to_string())
    }

    /// Renders a whole text as a Go template; `None` if not all of the result is known.
    fn render(&self, text: &Mapped, set: &Parameters) -> Option<Mapped> {
        if !self.go_template {
            let value = |name: &str| {
                let known = set.texts.get(name).cloned();
                known.unwrap_or_else(|| UNKNOWN.to_string())
            };
            let made = text.substitute("{{", "}}", value);
            // Its spans are in the file.
            return (!made.text.contains(UNKNOWN)).then_some(made);
        }
        if set.are_open {
            return None;
        }
        let (source, data) = (self.file.source, Json::Object(set.data.clone()));
        let made = self.engine().render(source, &text.text, 0..text.text.len(), &data)?;
        (!made.text.contains(UNKNOWN) && !made.text.contains(NO_VALUE)).then_some(made)
    }
}

/// What Go templates write for a missing value.
const NO_VALUE: &str = "<no value>";

pub(super) fn expand(
    root: Node<'_>,
    file: &File,
    rendered: Option<&Mapped>,
    context: &Context<'_>,
    found: &mut Found,
) {
    let Some(spec) = root.get("spec") else { return };
    let go_template = spec.get("goTemplate").and_then(Node::as_bool).unwrap_or(false);
    let around = Around { file, context, go_template };
    for generator in spec.get("generators").into_iter().flat_map(|list| list.items()) {
        let own = generator.entries().find_map(|entry| entry.value.get("template"));
        for set in generate(generator, around, &Parameters::default(), 0) {
            make(root, own, &set, rendered, around, found);
        }
    }
}

/// Makes the Application for a set of parameters from the template, the generator's own template, which overrides it, and
/// the patch, which overrides both.
fn make(
    root: Node<'_>,
    own: Option<Node<'_>>,
    set: &Parameters,
    rendered: Option<&Mapped>,
    around: Around<'_, '_>,
    found: &mut Found,
) {
    let Around { file, context, .. } = around;
    let place = |span: Span| match rendered {
        Some(mapped) => mapped.span(span.range().start, span.range().end),
        None => span,
    };
    let fill = |text: &str| around.fill(text, set);
    let render = |text: &Mapped| around.render(text, set);
    let author = Author {
        documents: documents(file),
        via: Via::ArgoCdApplicationSet,
        fill: &fill,
        render: around.go_template.then_some(&render),
        place: &place,
        is_made: rendered.is_some(),
    };
    let declaration = Declaration {
        path: &file.path,
        declared: place(root.span()),
        via: Via::ArgoCdApplicationSet,
        variant: set.texts.get("path").or_else(|| set.texts.get("path.path")).cloned(),
    };
    let template = root.at(&["spec", "template"]);
    let mut parts: Vec<_> = own.into_iter().chain(template).map(|node| (node, &author)).collect();
    let Some(patch) = root.at(&["spec", "templatePatch"]) else {
        return application(&Field::new(parts), &declaration, context, found);
    };
    let first = found.releases.len();
    let Some(Patch { stream, text, made }) = patched(patch, set, around) else {
        application(&Field::new(parts), &declaration, context, found);
        left_open(patch, &declaration, &place, first, found);
        return;
    };
    let placed = |span: Span| {
        let span = match &made {
            Some(made) => made.span(span.range().start, span.range().end),
            None => span,
        };
        place(text.span(span.range().start, span.range().end))
    };
    let patcher = Author {
        documents: &[],
        via: Via::ArgoCdApplicationSet,
        fill: &str::to_owned,
        render: None,
        place: &placed,
        is_made: true,
    };
    let patch = stream.documents.first().and_then(|document| document.root());
    parts.splice(0..0, patch.map(|node| (node, &patcher)));
    application(&Field::new(parts), &declaration, context, found);
}

/// A `templatePatch`, filled in.
struct Patch {
    stream: yaml::Stream,
    /// The text with parameters filled in, or as rendered by the Go template.
    text: Mapped,
    made: Option<Mapped>,
}

fn patched(patch: Node<'_>, set: &Parameters, around: Around<'_, '_>) -> Option<Patch> {
    let text = Mapped::scalar(patch);
    let made = around.render(&text, set)?;
    let source: SourceId = patch.span().source;
    let stream = yaml::parse(source, &made.text.as_str().into());
    let is_read = !stream.errors.iter().any(yaml::SyntaxError::is_fatal);
    is_read.then(|| match around.go_template {
        true => Patch { stream, text, made: Some(made) },
        false => Patch { stream, text: made, made: None },
    })
}

/// Makes an Application unresolved because its patch depends on the cluster.
fn left_open(
    patch: Node<'_>,
    declaration: &Declaration<'_>,
    place: &dyn Fn(Span) -> Span,
    first: usize,
    found: &mut Found,
) {
    let written = patch.raw();
    if found.releases.len() == first && written.contains("source") {
        found.unresolved.push(Unresolved {
            declared: declaration.declared,
            why: format!("its templatePatch comes from {}", declaration.source()),
            chart_path: None,
        });
    }
    if written.contains("helm:") {
        let span = place(patch.key_span().unwrap_or(patch.span()));
        for release in &mut found.releases[first..] {
            release.values.push(Layer::inline(span, Content::Unknown));
        }
    }
}

/// The parameter sets of a generator. A generator that depends on the cluster has one open set, in which all parameters are
/// unknown. `outer` has the parameters of previous generators in a matrix.
fn generate(
    generator: Node<'_>,
    around: Around<'_, '_>,
    outer: &Parameters,
    depth: usize,
) -> Vec<Parameters> {
    let selector = generator.get("selector");
    let mut sets = Vec::new();
    for entry in generator.entries() {
        let node = entry.value;
        let made = match entry.name().as_ref() {
            "list" => list(node, around, outer),
            "git" => git(node, around, outer),
            "matrix" if depth < 4 => product(node, around, depth),
            "merge" if depth < 4 => merged(node, around, depth),
            "selector" | "template" => continue,
            _ => vec![Parameters::open()],
        };
        for mut set in made {
            let mut seen = outer.clone();
            seen.extend(set.clone());
            for value in node.get("values").into_iter().flat_map(Node::entries) {
                if let Some(text) = scalar_text(value.value) {
                    let text = around.fill(&text, &seen);
                    let name = value.name();
                    set.texts.insert(format!("values.{name}"), text.clone());
                    set.data.entry("values").or_insert_with(|| json!({}))[name.as_ref()] =
                        text.into();
                }
            }
            if selector.is_none_or(|selector| selects(selector, &set)) {
                sets.push(set);
            }
        }
    }
    sets
}

/// Whether a generator's selector matches a set, or may match it.
fn selects(selector: Node<'_>, set: &Parameters) -> bool {
    let value = |key: &str| match set.texts.get(key) {
        Some(value) if !value.contains(UNKNOWN) => Some(Some(value.as_str())),
        None if !set.are_open => Some(None),
        _ => None,
    };
    let mut labels = selector.get("matchLabels").into_iter().flat_map(Node::entries);
    let mut expressions = selector.get("matchExpressions").into_iter().flat_map(Node::items);
    labels.all(|label| value(&label.name()).is_none_or(|own| own == Some(label.value.raw())))
        && expressions.all(|expression| {
            let key = expression.get("key").and_then(scalar_text).unwrap_or_default();
            let Some(own) = value(&key) else { return true };
            let mut values = expression.get("values").into_iter().flat_map(Node::items);
            match expression.get("operator").map(Node::raw) {
                Some("In") => own.is_some_and(|own| values.any(|value| value.raw() == own)),
                Some("NotIn") => own.is_none_or(|own| values.all(|value| value.raw() != own)),
                Some("Exists") => own.is_some(),
                Some("DoesNotExist") => own.is_none(),
                _ => true,
            }
        })
}

fn list(node: Node<'_>, around: Around<'_, '_>, outer: &Parameters) -> Vec<Parameters> {
    let elements = node.get("elements").into_iter().flat_map(|list| list.items());
    let mut sets: Vec<Parameters> = elements
        .map(|element| {
            let mut set = Parameters::of(element);
            if !outer.texts.is_empty() {
                set.fill(&|text| around.fill(text, outer));
            }
            set
        })
        .collect();
    if node.get("elementsYaml").is_some() && sets.is_empty() {
        sets.push(Parameters::open());
    }
    sets
}

fn git(node: Node<'_>, around: Around<'_, '_>, outer: &Parameters) -> Vec<Parameters> {
    let Around { file, context, .. } = around;
    let tops = context.tree.tops_of(&file.path);
    let mut found = tops.map(|top| git_below(top, node, around, outer));
    found.find(|sets| !sets.is_empty()).unwrap_or_default()
}

/// The parameter sets of a git generator in a repository with this top.
fn git_below(
    top: &str,
    node: Node<'_>,
    around: Around<'_, '_>,
    outer: &Parameters,
) -> Vec<Parameters> {
    let context = around.context;
    let mut included = BTreeSet::new();
    let mut excluded = BTreeSet::new();
    let files = node.get("files");
    let patterns = files.or_else(|| node.get("directories"));
    for item in patterns.into_iter().flat_map(|list| list.items()) {
        let Some(pattern) = item.get("path").and_then(scalar_text) else { continue };
        let pattern = around.fill(&pattern, outer);
        if pattern.contains(UNKNOWN) {
            return vec![Parameters::open()];
        }
        let matching = match files {
            Some(_) => files_matching(top, &pattern, context),
            None => directories_matching(top, &pattern, context),
        };
        if item.get("exclude").and_then(Node::as_bool).unwrap_or(false) {
            excluded.extend(matching);
        } else {
            included.extend(matching);
        }
    }
    let prefix = node.get("pathParamPrefix").and_then(scalar_text);
    let mut sets = Vec::new();
    for path in included.difference(&excluded) {
        let Some(relative) = within(top, path) else { continue };
        let directory = if files.is_some() { parent(&relative) } else { &relative };
        let file = files.map(|_| base_name(&relative));
        let own = of_path(directory, file, prefix.as_deref());
        if files.is_none() {
            sets.push(own);
            continue;
        }
        sets.extend(content(path, context).into_iter().map(|mut set| {
            set.extend(own.clone());
            set
        }));
    }
    sets
}

fn directories_matching(top: &str, pattern: &str, context: &Context<'_>) -> Vec<String> {
    let glob = Glob::new(top, pattern);
    let hidden = |path: &str| path.split('/').any(|part| part.starts_with('.'));
    let directories = glob.iter().flat_map(|glob| glob.directories(context.tree));
    let shows = |path: &&str| within(top, path).is_some_and(|inside| !hidden(&inside));
    directories.filter(shows).map(str::to_owned).collect()
}

/// The files that match a pattern, including JSON files, which are not among the project's files.
fn files_matching(top: &str, pattern: &str, context: &Context<'_>) -> Vec<String> {
    let Some(glob) = Glob::new(top, pattern) else { return Vec::new() };
    let mut found: BTreeSet<String> = glob.files(context.tree).map(str::to_owned).collect();
    let directory = glob.directory();
    let start = on_disk(&directory);
    if !context.tree.reaches(start) {
        return found.into_iter().collect();
    }
    for entry in walkdir::WalkDir::new(start).max_depth(12).into_iter().flatten().take(50_000) {
        let path = crate::project::shown(entry.path());
        if entry.file_type().is_file() && glob.is_match(&path) {
            found.insert(path);
        }
    }
    found.into_iter().collect()
}

/// The parameter sets in a file: a map, or a list of maps.
fn content(path: &str, context: &Context<'_>) -> Vec<Parameters> {
    let Some(text) = context.tree.text(path) else { return Vec::new() };
    let stream = yaml::parse(context.sources.add(path, Arc::clone(&text)), &text);
    let Some(root) = stream.documents.first().and_then(|document| document.root()) else {
        return Vec::new();
    };
    let nodes: Vec<Node<'_>> = match root.kind() {
        Kind::Sequence => root.items().collect(),
        _ => vec![root],
    };
    nodes.into_iter().map(Parameters::of).collect()
}

/// All combinations of the sets of several generators. A generator may use the parameters of previous ones.
fn product(node: Node<'_>, around: Around<'_, '_>, depth: usize) -> Vec<Parameters> {
    let mut sets = vec![Parameters::default()];
    for generator in node.get("generators").into_iter().flat_map(|list| list.items()) {
        let written = &generator.document().text()[generator.span().range()];
        let alone = (!written.contains("{{"))
            .then(|| generate(generator, around, &Parameters::default(), depth + 1));
        let combined = sets.iter().take(MAX_SETS).flat_map(|set| {
            let made = match &alone {
                Some(made) => made.clone(),
                None => generate(generator, around, set, depth + 1),
            };
            made.into_iter().map(move |more| {
                let mut set = set.clone();
                set.extend(more);
                set
            })
        });
        sets = combined.take(MAX_SETS).collect();
    }
    sets
}

/// The sets of the first generator, overridden by those sets of the others that agree in the merge keys.
fn merged(node: Node<'_>, around: Around<'_, '_>, depth: usize) -> Vec<Parameters> {
    let keys = node.get("mergeKeys").into_iter().flat_map(|list| list.items());
    let keys: Vec<String> = keys.filter_map(scalar_text).collect();
    let generators = node.get("generators").into_iter().flat_map(|list| list.items());
    let none = Parameters::default();
    let mut made = generators.map(|generator| generate(generator, around, &none, depth + 1));
    let mut sets = made.next().unwrap_or_default();
    for more in made {
        for set in &mut sets {
            let agreeing = more.iter().find(|more| {
                keys.iter().all(|key| {
                    set.texts.contains_key(key) && set.texts.get(key) == more.texts.get(key)
                })
            });
            set.extend(agreeing.cloned().unwrap_or_default());
        }
    }
    sets
}
