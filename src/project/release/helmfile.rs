//! Helmfiles, in the environment `default`.
//!
//! Mirrors helmfile's pkg/state/state.go (generateValuesFiles, namespaceAndValuesFlags) and
//! docs/values-and-merging.md.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use serde_json::{Value, json};

use super::command::{self, Assignment, AssignmentKind};
use super::template::{Dialect, Engine, UNKNOWN, data};
use super::text::Mapped;
use super::{ChartRef, Content, Context, Found, Layer, Release, Unresolved, Via};
use crate::project::chart::{scalar_text, scalar_texts};
use crate::project::classify::Class;
use crate::project::file::File;
use crate::project::node::NodeRef;
use crate::project::tree::{join, parent};
use crate::source::Span;
use crate::yaml::{self, Kind, Node, Stream};

pub(super) fn find(context: &Context<'_>, found: &mut Found) {
    let mut states: BTreeMap<String, State> = BTreeMap::new();
    let mut bases = BTreeSet::new();
    let mut called = BTreeSet::new();
    let mut queue: Vec<(&File, Value)> =
        context.tree.of(Class::Helmfile).map(|file| (file, json!({}))).collect();
    // Helmfiles that another one names may be called anything, and are read with what that says.
    while let Some((file, given)) = queue.pop() {
        if given == json!({}) && states.contains_key(&file.path) {
            continue;
        }
        let mut state = State { environment: given.clone(), given, ..State::default() };
        state.read(file, context, 0);
        bases.extend(state.bases.iter().cloned());
        for (path, given) in std::mem::take(&mut state.helmfiles) {
            if let Some(below) = context.tree.file(&path).filter(|_| called.insert(path)) {
                queue.push((below, given));
            }
        }
        states.insert(file.path.clone(), state);
    }
    let read = states.values().flat_map(|state| state.values_files.iter().cloned());
    found.read_by_others.extend(read);
    for (_, state) in states.iter().filter(|(path, _)| !bases.contains(*path)) {
        state.releases(context, found);
    }
}

/// A document of a helmfile, rendered.
struct Document {
    stream: Stream,
    /// What its spans are to be read through; `None` where they are the file's own.
    mapped: Option<Mapped>,
    path: String,
    text: Arc<str>,
}

impl Document {
    fn span(&self, span: Span) -> Span {
        match &self.mapped {
            Some(mapped) => mapped.span(span.range().start, span.range().end),
            None => span,
        }
    }

    /// The values at a node, if they are written out just as they are.
    fn content(&self, node: Node<'_>) -> Content {
        if self.mapped.is_none() {
            return NodeRef::new(&self.stream.documents, node)
                .map_or(Content::Unknown, Content::Yaml);
        }
        let span = self.span(node.span());
        let range = span.range();
        if range.is_empty() || self.text[range.clone()].contains("{{") {
            return Content::Unknown;
        }
        let stream = yaml::parse_part(span.source, &self.text, range);
        let root = stream.documents.first().and_then(|document| document.root());
        match root.and_then(|root| NodeRef::new(&stream.documents, root)) {
            Some(root) if stream.errors.is_empty() => Content::Yaml(root),
            _ => Content::Unknown,
        }
    }
}

/// What the parts of a helmfile and its bases add up to.
#[derive(Default)]
struct State {
    environment: Value,
    /// What the helmfile that names this one says of its values: it goes before the own ones.
    given: Value,
    documents: Vec<Document>,
    bases: Vec<String>,
    helmfiles: Vec<(String, Value)>,
    /// The files that the helmfile's own values lie in.
    values_files: BTreeSet<String>,
    repositories: BTreeMap<String, String>,
    namespace: Option<String>,
    /// What `helmDefaults` say of `skipSchemaValidation`.
    skip_schema: bool,
    /// APIs of the cluster, for releases that name none of their own.
    api_versions: Vec<String>,
    directory: String,
}

impl State {
    fn data(&self) -> Value {
        json!({
            "Values": self.environment, "StateValues": self.environment,
            "Environment": {"Name": "default", "Values": self.environment, "KubeContext": ""},
            "Namespace": "",
        })
    }

    /// Reads a file part by part: what a part says, the next one's templates see.
    fn read(&mut self, file: &File, context: &Context<'_>, depth: usize) {
        if depth == 0 {
            parent(&file.path).clone_into(&mut self.directory);
        }
        let directory = parent(&file.path);
        let whole = file.text();
        for range in parts(&whole) {
            let templated = whole[range.clone()].contains("{{");
            let mapped = match templated {
                true => engine(context, directory).render(
                    file.source,
                    &whole,
                    range.clone(),
                    &self.data(),
                ),
                false => None,
            };
            let stream = match &mapped {
                Some(mapped) => yaml::parse(file.source, &mapped.text.as_str().into()),
                None => yaml::parse_part(file.source, &whole, range),
            };
            let document = Document { stream, mapped, path: file.path.clone(), text: file.text() };
            self.take(document, context, depth);
        }
    }

    fn take(&mut self, document: Document, context: &Context<'_>, depth: usize) {
        let directory = parent(&document.path).to_owned();
        let tree = document.stream.documents.first().cloned();
        let Some(root) = tree.as_ref().and_then(|tree| tree.root()) else { return };
        for base in root.get("bases").into_iter().flat_map(|list| list.items()) {
            let path = join(&directory, base.raw());
            self.bases.push(path.clone());
            if let Some(file) = context.tree.file(&path).filter(|_| depth < 8) {
                self.read(file, context, depth + 1);
            }
        }
        for item in root.get("repositories").into_iter().flat_map(|list| list.items()) {
            let text = |key: &str| item.get(key).and_then(scalar_text);
            if let (Some(name), Some(url)) = (text("name"), text("url")) {
                let oci = item.get("oci").and_then(Node::as_bool).unwrap_or(false);
                let url = if oci && !url.contains("://") { format!("oci://{url}") } else { url };
                self.repositories.insert(name, url);
            }
        }
        self.namespace = root.get("namespace").and_then(scalar_text).or(self.namespace.take());
        if let Some(apis) = root.get("apiVersions") {
            self.api_versions = scalar_texts(apis);
        }
        let skip = root.at(&["helmDefaults", "skipSchemaValidation"]);
        self.skip_schema = skip.and_then(Node::as_bool).unwrap_or(self.skip_schema);
        let environment = root.at(&["environments", "default", "values"]);
        let own = root.get("values");
        for item in environment.into_iter().chain(own).flat_map(|list| list.items()) {
            self.values_files.extend(state_files(item, &directory, context));
            for values in self.state_values(item, &directory, context) {
                data::merge(&mut self.environment, values);
            }
        }
        data::merge(&mut self.environment, self.given.clone());
        for item in root.get("helmfiles").into_iter().flat_map(|list| list.items()) {
            let path = item.get("path").and_then(scalar_text).or_else(|| scalar_text(item));
            let Some(path) = path.filter(|path| !path.contains("::")) else { continue };
            let mut values = json!({});
            for layer in item.get("values").into_iter().flat_map(|list| list.items()) {
                for layer in self.state_values(layer, &directory, context) {
                    data::merge(&mut values, layer);
                }
            }
            let paths = match path.contains('*') {
                true => context.tree.glob(&directory, &path),
                false => vec![join(&directory, &path)],
            };
            self.helmfiles.extend(paths.into_iter().map(|path| (path, values.clone())));
        }
        drop(tree);
        self.documents.push(document);
    }

    /// The values that an entry of a list of state values stands for: written out, or in files.
    fn state_values(&self, item: Node<'_>, directory: &str, context: &Context<'_>) -> Vec<Value> {
        if item.kind() == Kind::Mapping {
            return vec![data::of(item)];
        }
        let paths = state_files(item, directory, context).into_iter();
        paths.filter_map(|path| self.values_file(path, directory, context)).collect()
    }

    fn values_file(&self, path: String, directory: &str, context: &Context<'_>) -> Option<Value> {
        let text = match context.tree.file(&path) {
            Some(file) => file.text().to_string(),
            None => std::fs::read_to_string(&path).ok().filter(|text| text.len() < 1 << 20)?,
        };
        let source = context.sources.add(path, "");
        let text: Arc<str> = engine(context, directory).fill(source, &text, &self.data()).into();
        let stream = yaml::parse(source, &text);
        stream.documents.first()?.root().map(data::of)
    }

    fn releases(&self, context: &Context<'_>, found: &mut Found) {
        for document in &self.documents {
            for tree in &document.stream.documents {
                let Some(root) = tree.root() else { continue };
                for item in root.get("releases").into_iter().flat_map(|list| list.items()) {
                    self.release(item, root, document, context, found);
                }
            }
        }
    }

    /// A release's own value for a key, or that of the templates it inherits.
    #[allow(clippy::unused_self, reason = "inheritance belongs to the helmfile")]
    fn get<'a>(&self, item: Node<'a>, root: Node<'a>, key: &str) -> Option<Node<'a>> {
        item.get(key).or_else(|| {
            let inherited = item.get("inherit").into_iter().flat_map(|list| list.items());
            let mut names: Vec<&str> = inherited
                .filter_map(|entry| entry.get("template").and_then(Node::as_str))
                .collect();
            names.reverse();
            names.into_iter().find_map(|name| root.at(&["templates", name, key]))
        })
    }

    fn release(
        &self,
        item: Node<'_>,
        root: Node<'_>,
        document: &Document,
        context: &Context<'_>,
        found: &mut Found,
    ) {
        let raw = |key: &str| self.get(item, root, key).and_then(scalar_text);
        let mut data = self.data();
        let source = document.stream.source;
        let labels = item.get("labels").map_or(json!({}), data::of);
        let name = raw("name").unwrap_or_default();
        data["Release"] = json!({
            "Name": name, "Namespace": raw("namespace").unwrap_or_default(), "Labels": labels,
            "Chart": raw("chart").unwrap_or_default(),
        });
        let engine = engine(context, &self.directory);
        let text = |key: &str| raw(key).map(|text| engine.fill(source, &text, &data));
        // Files for chartify, which changes by them what the chart renders.
        for key in ["strategicMergePatches", "jsonPatches", "transformers"] {
            let list = self.get(item, root, key);
            let files = list.into_iter().flat_map(|list| list.items()).filter_map(scalar_text);
            let files = files.map(|path| engine.fill(source, &path, &data));
            found.patches.extend(files.map(|path| join(&self.directory, &path)));
        }
        let name = text("name");
        let declared = document.span(item.span());
        let Some(chart_text) = text("chart") else { return };
        if text("installed").as_deref() == Some("false") {
            return;
        }
        let base = &self.directory;
        let alias = |alias: &str| self.repositories.get(alias).cloned();
        let chart = match chart_text.contains(UNKNOWN) {
            true => ChartRef::default(),
            false => command::chart(&chart_text, None, &[base], Some(&alias), context),
        };
        let values = self.layers(item, root, document, &data, context);
        let unknown_file = values
            .iter()
            .any(|layer| layer.file.as_ref().is_some_and(|file| file.contains(UNKNOWN)));
        let what = match &name {
            Some(name) if name.contains(UNKNOWN) => Some("name"),
            None => Some("name"),
            _ if chart_text.contains(UNKNOWN) => Some("chart"),
            _ if unknown_file => Some("values files"),
            _ => None,
        };
        if let Some(what) = what {
            let why = format!("the release's {what} depend on where helmfile runs")
                .replace("name depend", "name depends")
                .replace("chart depend", "chart depends");
            found.unresolved.push(Unresolved { declared, why, chart_path: chart.path });
            return;
        }
        let version = text("version").filter(|version| !version.contains(UNKNOWN));
        let version = if chart.path.is_some() {
            chart.version.clone()
        } else {
            version.or(chart.version.clone())
        };
        let namespace = text("namespace").or_else(|| self.namespace.clone());
        let span = |key: &str| item.get(key).map(|node| document.span(node.span()));
        found.releases.push(Release {
            name,
            namespace: namespace.filter(|name| !name.contains(UNKNOWN) && !name.is_empty()),
            chart: ChartRef { version, span: span("chart"), ..chart },
            values,
            kube_version: text("kubeVersion"),
            api_versions: match item.get("apiVersions").map(scalar_texts) {
                Some(own) if !own.is_empty() => own,
                _ => self.api_versions.clone(),
            },
            skip_schema: match text("skipSchemaValidation") {
                Some(own) => own == "true",
                None => self.skip_schema,
            },
            declared,
            name_span: span("name"),
            via: Via::Helmfile,
            variant: None,
        });
    }

    /// values, then secrets, then set.
    fn layers(
        &self,
        item: Node<'_>,
        root: Node<'_>,
        document: &Document,
        data: &Value,
        context: &Context<'_>,
    ) -> Vec<Layer> {
        let optional = |item: Node<'_>| {
            let handler = item.get("missingFileHandler").and_then(Node::as_str);
            handler.is_some_and(|handler| matches!(handler, "Warn" | "Info" | "Debug"))
        };
        let optional = optional(item) || optional(root);
        let engine = engine(context, &self.directory);
        let mut layers = Vec::new();
        for key in ["values", "valuesTemplate", "secrets"] {
            let list = self.get(item, root, key);
            for entry in list.into_iter().flat_map(|list| list.items()) {
                let span = document.span(entry.span());
                if entry.kind() == Kind::Mapping {
                    layers.push(Layer::inline(span, document.content(entry)));
                    continue;
                }
                let Some(path) = scalar_text(entry) else { continue };
                let path = engine.fill(document.stream.source, &path, data);
                if path.contains("://") || path.contains("::") {
                    layers.push(Layer { content: Content::Unknown, ..Layer::file(path, span) });
                    continue;
                }
                let paths = match path.contains(['*', '?']) {
                    true => context.tree.glob(&self.directory, &path),
                    false => vec![join(&self.directory, &path)],
                };
                for path in paths {
                    let absent = !context.tree.is_file(&path) && !context.tree.is_elsewhere(&path);
                    if optional && absent {
                        continue;
                    }
                    let content = match key {
                        "secrets" => Content::Unknown,
                        _ => content(&path, data, context),
                    };
                    layers.push(Layer { content, optional, ..Layer::file(path, span) });
                }
            }
        }
        if let Some(set) = self.get(item, root, "set").filter(|set| !set.is_empty()) {
            let assignments = set.items().filter_map(|entry| {
                let path = entry.get("name").and_then(scalar_text)?;
                let (kind, node) = match (entry.get("value"), entry.get("file")) {
                    (Some(value), _) => (AssignmentKind::Value, value),
                    (None, Some(file)) => (AssignmentKind::File, file),
                    (None, None) => return None,
                };
                let value = engine.fill(document.stream.source, &scalar_text(node)?, data);
                let span = document.span(entry.span());
                let value_span = Some(document.span(node.span()));
                Some(Assignment { kind, path, value, span, value_span })
            });
            let assignments: Vec<Assignment> = assignments.collect();
            let span = document.span(set.key_span().unwrap_or(set.span()));
            let known = assignments.iter().all(|assignment| !assignment.value.contains(UNKNOWN));
            let content = if known { Content::Set(assignments) } else { Content::Unknown };
            layers.push(Layer::inline(span, content));
        }
        layers
    }
}

/// The parts of a helmfile that say something; a line `---` stands between two.
fn parts(text: &str) -> Vec<Range<usize>> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" {
            parts.push(start..at);
            start = at + line.len();
        }
        at += line.len();
    }
    parts.push(start..text.len());
    parts.retain(|part| !text[part.clone()].trim().is_empty());
    parts
}

/// What a values file holds; of a template, what it is rendered to, shown where that comes from.
fn content(path: &str, data: &Value, context: &Context<'_>) -> Content {
    if !path.ends_with(".gotmpl") {
        return Content::File;
    }
    let Some(file) = context.tree.file(path) else { return Content::File };
    let engine = engine(context, parent(path));
    let rendered = engine.render(file.source, &file.text(), 0..file.text().len(), data);
    let Some(mapped) = rendered.filter(|mapped| !mapped.text.contains(UNKNOWN)) else {
        return Content::Unknown;
    };
    let stream = yaml::parse(file.source, &mapped.text.as_str().into());
    let place = |span: Span| mapped.span(span.range().start, span.range().end);
    let document = stream.documents.into_iter().next().and_then(Arc::into_inner);
    let document = document.filter(|_| stream.errors.is_empty());
    let Some(document) = document.map(|document| Arc::new(document.placed(place))) else {
        return Content::Unknown;
    };
    let root = document.root().map(|root| root.id());
    root.map_or(Content::Unknown, |node| Content::Yaml(NodeRef { document, node }))
}

/// The files that an entry of a list of state values names.
fn state_files(item: Node<'_>, directory: &str, context: &Context<'_>) -> Vec<String> {
    match scalar_text(item) {
        Some(path) if path.contains('*') => context.tree.glob(directory, &path),
        Some(path) => vec![join(directory, &path)],
        None => Vec::new(),
    }
}

/// The engine for templates of the files in a directory.
fn engine<'p>(context: &Context<'p>, directory: &'p str) -> Engine<'p> {
    Engine { dialect: Dialect::Helmfile, tree: context.tree, directory, partials: &[] }
}
