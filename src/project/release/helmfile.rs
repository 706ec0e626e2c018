//! Helmfiles, in the environment `default`.
//!
//! Mirrors helmfile's pkg/state/state.go (generateValuesFiles, namespaceAndValuesFlags) and
//! docs/values-and-merging.md.

mod document;
mod held;
mod path;
mod spec;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use self::document::{Document, parts};
use self::held::{held_back, let_go};
use self::path::{behind_unknown, helmfiles_at, missing_base, state_files};
use self::spec::{Placed, Spec, Templates};
use super::command::{self, Assignment, AssignmentKind};
use super::template::{Dialect, Engine, UNKNOWN, data};
use super::{ChartRef, Content, Context, Found, Layer, Release, Unresolved, Via};
use crate::project::class::Class;
use crate::project::file::File;
use crate::project::node::{NodeRef, scalar_text, scalar_texts};
use crate::project::path::{join, parent};
use crate::source::{SourceId, Span};
use crate::yaml::{self, Kind, Node};

/// The most bases of a helmfile. Each may have several bases of its own.
const MAX_BASES: usize = 200;
/// The deepest nesting of bases.
const MAX_DEPTH: usize = 20;

pub(super) fn find(context: &Context<'_>, found: &mut Found) {
    let mut states: BTreeMap<String, State> = BTreeMap::new();
    let mut bases = BTreeSet::new();
    let mut called = BTreeSet::new();
    let mut queue: Vec<(&File, Value)> =
        context.tree.of(Class::Helmfile).map(|file| (file, json!({}))).collect();
    // Helmfiles that another one names may have any name, and are read with the values that it gives.
    while let Some((file, given)) = queue.pop() {
        if given == json!({}) && states.contains_key(&file.path) {
            continue;
        }
        let mut state = State { environment: given.clone(), given, ..State::default() };
        state.read(file, context);
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
        found.unresolved.extend(state.missing_bases.iter().cloned());
        state.releases(context, found);
    }
}

/// A helmfile with its bases and parts, merged.
#[derive(Default)]
struct State {
    environment: Value,
    /// Whether it has environments, and all of them have to be asked for by name.
    named_environments: bool,
    /// The values that another helmfile gives to this one, which go before its own.
    given: Value,
    documents: Vec<Document>,
    /// The bases that were read or are missing, as often as they are named.
    bases: Vec<String>,
    /// The files that are being read: the helmfile and a base, a base of that, and so on.
    within: Vec<String>,
    /// Bases that are missing, with which helmfile fails, or that are too many.
    missing_bases: Vec<Unresolved>,
    helmfiles: Vec<(String, Value)>,
    /// The files with the helmfile's own values.
    values_files: BTreeSet<String>,
    repositories: BTreeMap<String, String>,
    namespace: Option<String>,
    /// `skipSchemaValidation` in `helmDefaults`.
    skip_schema: bool,
    /// The cluster's APIs, for releases that name none.
    api_versions: Vec<String>,
    /// The labels for all releases.
    labels: BTreeMap<String, String>,
    /// Parts that are not valid YAML, and may declare any release.
    unreadable: Vec<Unresolved>,
    /// `missingFileHandler`, for releases without their own.
    missing_files: Option<String>,
    /// The directory that paths in it and in its bases are relative to.
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

    /// Reads a file part by part. Templates in a part see the values of the parts before it.
    fn read(&mut self, file: &File, context: &Context<'_>) {
        if self.within.is_empty() {
            parent(&file.path).clone_into(&mut self.directory);
        }
        self.within.push(file.path.clone());
        let whole = file.text();
        let held = held_back(&whole);
        for range in parts(&whole) {
            let templated = whole[range.clone()].contains("{{");
            let mapped = match templated {
                true => engine(context, &self.directory)
                    .render(file.source, &held, range.clone(), &self.data())
                    .map(let_go),
                false => None,
            };
            let stream = match &mapped {
                Some(mapped) => yaml::parse(file.source, &mapped.text.as_str().into()),
                None => yaml::parse_part(file.source, &whole, range),
            };
            let document = Document { stream, mapped, text: file.text() };
            if templated && is_state(&whole) {
                self.unreadable.extend(document.fault());
            }
            self.take(document, context);
        }
        self.within.pop();
    }

    /// Reads a base, unless that is within itself.
    fn base(&mut self, base: Node<'_>, document: &Document, context: &Context<'_>) {
        let path = join(&self.directory, base.raw());
        let Some(file) = context.tree.file(&path) else {
            self.missing_bases.extend(missing_base(base, &path, document, context));
            self.bases.push(path);
            return;
        };
        if self.bases.len() == MAX_BASES {
            let declared = document.span(base.span());
            let why = format!("the helmfile has more than {MAX_BASES} bases");
            self.missing_bases.push(Unresolved { declared, why, chart_path: None });
        }
        if self.bases.len() <= MAX_BASES {
            self.bases.push(path.clone());
            if self.within.len() < MAX_DEPTH && !self.within.contains(&path) {
                self.read(file, context);
            }
        }
    }

    fn take(&mut self, document: Document, context: &Context<'_>) {
        let directory = self.directory.clone();
        let tree = document.stream.documents.first().cloned();
        let Some(root) = tree.as_ref().and_then(|tree| tree.root()) else { return };
        for base in root.get("bases").into_iter().flat_map(|list| list.items()) {
            self.base(base, &document, context);
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
        for entry in root.get("commonLabels").into_iter().flat_map(Node::entries) {
            self.labels.extend(Some(entry.name().into_owned()).zip(scalar_text(entry.value)));
        }
        let handler = root.get("missingFileHandler").and_then(scalar_text);
        self.missing_files = handler.or(self.missing_files.take());
        let skip = root.at(&["helmDefaults", "skipSchemaValidation"]);
        self.skip_schema = skip.and_then(Node::as_bool).unwrap_or(self.skip_schema);
        if let Some(all) = root.get("environments").filter(|all| !all.is_empty()) {
            self.named_environments = all.get("default").is_none();
        }
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
                false => helmfiles_at(join(&directory, &path), context),
            };
            self.helmfiles.extend(paths.into_iter().map(|path| (path, values.clone())));
        }
        drop(tree);
        self.documents.push(document);
    }

    /// The values for an entry in a list of state values, which are inline or in files.
    fn state_values(&self, item: Node<'_>, directory: &str, context: &Context<'_>) -> Vec<Value> {
        if item.kind() == Kind::Mapping {
            return vec![data::of(item)];
        }
        let paths = state_files(item, directory, context).into_iter();
        paths.filter_map(|path| self.values_file(path, directory, context)).collect()
    }

    fn values_file(&self, path: String, directory: &str, context: &Context<'_>) -> Option<Value> {
        let text = context.tree.text(&path)?;
        let source = context.sources.add(path, "");
        let text: Arc<str> = engine(context, directory).fill(source, &text, &self.data()).into();
        let stream = yaml::parse(source, &text);
        stream.documents.first()?.root().map(data::of)
    }

    fn releases(&self, context: &Context<'_>, found: &mut Found) {
        found.unresolved.extend(self.unreadable.iter().cloned());
        let templates = Templates::among(&self.documents);
        for (root, document) in self.documents.iter().flat_map(Document::roots) {
            for item in root.get("releases").into_iter().flat_map(|list| list.items()) {
                let spec = templates.spec(item, document);
                let declared = document.span(item.span());
                self.release(&spec, declared, document.stream.source, context, found);
            }
        }
    }

    /// The data for templates in a release. Its name, namespace and chart may use each other and its labels.
    fn release_data(&self, spec: &Spec<'_>, source: SourceId, context: &Context<'_>) -> Value {
        let mut data = self.data();
        let mut labels = spec.texts("labels");
        labels.extend(self.labels.clone());
        data["Release"] = json!({"Labels": labels});
        let engine = engine(context, &self.directory);
        for _ in 0..2 {
            for (name, key) in [("Name", "name"), ("Namespace", "namespace"), ("Chart", "chart")] {
                let text = engine.fill(source, &spec.text(key).unwrap_or_default(), &data);
                data["Release"][name] = json!(text.trim());
            }
        }
        data
    }

    fn release(
        &self,
        spec: &Spec<'_>,
        declared: Span,
        source: SourceId,
        context: &Context<'_>,
        found: &mut Found,
    ) {
        let data = self.release_data(spec, source, context);
        let engine = engine(context, &self.directory);
        let text = |key: &str| spec.text(key).map(|text| engine.fill(source, &text, &data));
        found.patches.extend(self.patches(spec, &|path| engine.fill(source, path, &data)));
        let name = text("name").map(|name| name.trim().to_owned());
        if self.is_off(&text) {
            return;
        }
        let Some(chart_text) = text("chart") else {
            let is_elsewhere = spec.get("inherit").is_some();
            let why = "the release inherits its chart from a template that is not here".to_owned();
            let unresolved = Unresolved { declared, why, chart_path: None };
            found.unresolved.extend(is_elsewhere.then_some(unresolved));
            return;
        };
        let base = &self.directory;
        let alias = |alias: &str| self.repositories.get(alias).cloned();
        let chart = match chart_text.contains(UNKNOWN) {
            true => ChartRef::default(),
            false => command::chart(&chart_text, None, &[base], Some(&alias), context),
        };
        let values = self.layers(spec, source, &data, context);
        if let Some(what) = unknown(name.as_deref(), &chart_text, &values) {
            let why = format!("the release's {what} on where helmfile runs");
            found.unresolved.push(Unresolved { declared, why, chart_path: chart.path });
            return;
        }
        let version = text("version").filter(|version| !version.contains(UNKNOWN));
        let version = version.filter(|_| chart.path.is_none()).or(chart.version.clone());
        let own_apis: Vec<String> =
            spec.items("apiVersions").filter_map(|api| scalar_text(api.node)).collect();
        // The helmfile's namespace goes before those of its releases.
        let namespace = self.namespace.clone().or_else(|| text("namespace"));
        let span =
            |key: &str| spec.get(key).map(|Placed { node, document }| document.span(node.span()));
        found.releases.push(Release {
            name,
            namespace: namespace.filter(|name| !name.contains(UNKNOWN) && !name.is_empty()),
            chart: ChartRef { version, span: span("chart"), ..chart },
            values,
            kube_version: text("kubeVersion"),
            api_versions: if own_apis.is_empty() { self.api_versions.clone() } else { own_apis },
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

    /// The files with patches, which chartify applies to what the chart renders.
    fn patches(&self, spec: &Spec<'_>, fill: &dyn Fn(&str) -> String) -> Vec<String> {
        let keys = ["strategicMergePatches", "jsonPatches", "transformers"];
        let items = keys.iter().flat_map(|key| spec.items(key));
        let files = items.filter_map(|placed| scalar_text(placed.node));
        files.map(|path| join(&self.directory, &fill(&path))).collect()
    }

    /// Whether a release is not installed. helmfile fails for a condition on missing values, which therefore says nothing
    /// about the release.
    fn is_off(&self, text: &dyn Fn(&str) -> Option<String>) -> bool {
        let is_false = |key: &str| text(key).is_some_and(|text| text == "false");
        if is_false("installed") || is_false("installedTemplate") || is_false("conditionTemplate") {
            return true;
        }
        let Some(condition) = text("condition") else { return false };
        if condition.eq_ignore_ascii_case("false") {
            return true;
        }
        let Some(path) = condition.strip_suffix(".enabled") else { return false };
        let above = path.split('.').try_fold(&self.environment, |value, key| value.get(key));
        let switch = above.and_then(Value::as_object).map(|above| above.get("enabled"));
        matches!(switch, Some(None | Some(Value::Bool(false))))
    }

    /// The values layers in helmfile's order: `values`, then `secrets`, then `set`.
    fn layers(
        &self,
        spec: &Spec<'_>,
        source: SourceId,
        data: &Value,
        context: &Context<'_>,
    ) -> Vec<Layer> {
        let handler = spec.text("missingFileHandler").or_else(|| self.missing_files.clone());
        let optional = matches!(handler.as_deref(), Some("Warn" | "Info" | "Debug"));
        let engine = engine(context, &self.directory);
        let mut layers = Vec::new();
        for key in ["valuesTemplate", "values", "secrets"] {
            for Placed { node: entry, document } in spec.items(key) {
                let span = document.span(entry.span());
                if entry.kind() == Kind::Mapping {
                    layers.push(Layer::inline(span, document.content(entry)));
                    continue;
                }
                let Some(path) = scalar_text(entry) else { continue };
                let path = engine.fill(source, &path, data);
                if path.contains("://") || path.contains("::") {
                    layers.push(Layer { content: Content::Unknown, ..Layer::file(path, span) });
                    continue;
                }
                let paths = match behind_unknown(&path, context) {
                    Some(path) => vec![path.to_owned()],
                    None if path.contains(['*', '?']) => context.tree.glob(&self.directory, &path),
                    None => vec![join(&self.directory, &path)],
                };
                for path in paths {
                    let absent = !context.tree.is_file(&path) && !context.tree.is_elsewhere(&path);
                    if optional && absent {
                        continue;
                    }
                    if absent && self.named_environments && names_environment(span, context) {
                        layers.push(Layer::inline(span, Content::Unknown));
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
        layers.extend(set(spec, &|text| engine.fill(source, text, data)));
        layers
    }
}

/// What of a release depends on where helmfile runs, with its verb.
fn unknown(name: Option<&str>, chart: &str, values: &[Layer]) -> Option<&'static str> {
    let is_unknown = |text: &str| text.contains(UNKNOWN);
    if name.is_none_or(is_unknown) {
        Some("name depends")
    } else if is_unknown(chart) {
        Some("chart depends")
    } else if values.iter().any(|layer| layer.file.as_deref().is_some_and(is_unknown)) {
        Some("values files depend")
    } else {
        None
    }
}

/// Whether a place in a helmfile depends on the environment that is asked for.
fn names_environment(span: Span, context: &Context<'_>) -> bool {
    let file = context.sources.get(span.source);
    file.text.get(span.range()).is_some_and(|written| written.contains(".Environment.Name"))
}

/// Whether a text has the keys of a helmfile. There may be values files below `helmfile.d`, too.
fn is_state(text: &str) -> bool {
    let keys = ["releases:", "helmfiles:", "bases:", "environments:"];
    text.lines().any(|line| keys.iter().any(|key| line.starts_with(key)))
}

/// The layer with a release's single values.
fn set(spec: &Spec<'_>, fill: &dyn Fn(&str) -> String) -> Option<Layer> {
    let (mut span, mut assignments) = (None, Vec::new());
    for (key, kind) in [
        ("setTemplate", AssignmentKind::Value),
        ("set", AssignmentKind::Value),
        ("setString", AssignmentKind::String),
    ] {
        for Placed { node: list, document } in spec.all(key).filter(|list| !list.node.is_empty()) {
            span.get_or_insert(document.span(list.key_span().unwrap_or(list.span())));
            assignments
                .extend(list.items().filter_map(|one| assignment(one, kind, document, fill)));
        }
    }
    let is_known = |text: &str| !text.contains(UNKNOWN);
    let known = assignments.iter().all(|one| is_known(&one.value) && is_known(&one.path));
    let content = if known { Content::Set(assignments) } else { Content::Unknown };
    Some(Layer::inline(span?, content))
}

fn assignment(
    entry: Node<'_>,
    kind: AssignmentKind,
    document: &Document,
    fill: &dyn Fn(&str) -> String,
) -> Option<Assignment> {
    let part = |key: &str| entry.get(key).filter(|node| !node.is_null());
    let text = |node: Node<'_>| scalar_text(node).map(|text| fill(&text));
    let value = |node: Node<'_>| text(node).map(|text| escaped(&text));
    let (kind, node, value) = match (part("value"), part("file"), part("values")) {
        (Some(node), _, _) => (kind, node, value(node)?),
        (None, Some(file), _) => (AssignmentKind::File, file, text(file)?),
        (None, None, Some(list)) => {
            let items: Vec<String> = list.items().filter_map(value).collect();
            (kind, list, format!("{{{}}}", items.join(",")))
        }
        (None, None, None) => return None,
    };
    let path = part("name").and_then(text)?;
    let (span, value_span) = (document.span(entry.span()), Some(document.span(node.span())));
    Some(Assignment { kind, path, value, span, value_span })
}

/// A value as helmfile passes it to `--set`: braces and commas are part of it (`escape` in `pkg/state/state.go`).
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for letter in value.chars() {
        if matches!(letter, '{' | '}' | ',') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// The content of a values file. A template is rendered, with the places that its parts come from.
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

/// The engine for templates of the files in a directory.
fn engine<'p>(context: &Context<'p>, directory: &'p str) -> Engine<'p> {
    Engine { dialect: Dialect::Helmfile, tree: context.tree, directory, partials: &[] }
}
