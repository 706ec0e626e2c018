//! Reads `Chart.yaml` and `requirements.yaml`.

use std::sync::Arc;

use super::{ChartError, ChartFile};
use crate::helm::function::{is_time, is_version};
use crate::helm::print;
use crate::source::Span;
use crate::yaml::{self, Kind, Node, Scalar};

/// The metadata of a chart. Fields that are not set are empty.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    /// `name`
    pub name: String,
    /// `home`
    pub home: String,
    /// `sources`
    pub sources: Vec<String>,
    /// `version`
    pub version: String,
    /// `description`
    pub description: String,
    /// `keywords`
    pub keywords: Vec<String>,
    /// `maintainers`: name, email, URL of each.
    pub maintainers: Vec<[String; 3]>,
    /// `icon`
    pub icon: String,
    /// `apiVersion`
    pub api_version: String,
    /// `condition`
    pub condition: String,
    /// `tags`
    pub tags: String,
    /// `appVersion`
    pub app_version: String,
    /// `deprecated`
    pub deprecated: bool,
    /// `annotations`
    pub annotations: Vec<(String, String)>,
    /// Whether there is a map of annotations, even an empty one.
    pub has_annotations: bool,
    /// `kubeVersion`: a semver constraint.
    pub kube_version: String,
    /// `dependencies`
    pub dependencies: Vec<Dependency>,
    /// Whether there is a list of dependencies: Helm merges values only if there is one.
    pub has_dependencies: bool,
    /// `type`
    pub kind: String,
}

/// A dependency of a chart.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// `name`
    pub name: String,
    /// `version`: a semver constraint.
    pub version: String,
    /// `repository`
    pub repository: String,
    /// `condition`: paths in the values, separated by commas.
    pub condition: String,
    /// `tags`
    pub tags: Vec<String>,
    /// `alias`
    pub alias: String,
    /// `import-values`
    pub import_values: Vec<ImportValues>,
    /// The place of the whole entry.
    pub span: Span,
}

/// An entry of `import-values`.
#[derive(Debug, Clone)]
pub enum ImportValues {
    /// `exports.NAME` of the child, imported at the top of the parent's values.
    Export(String),
    /// A path in the child's values, imported at a path of the parent's.
    Mapping {
        /// The path in the child's values.
        child: String,
        /// The path in the parent's values, or `.`.
        parent: String,
    },
}

impl ImportValues {
    /// Returns the path in the child's values and the one in the parent's.
    #[must_use]
    pub fn paths(&self) -> (String, &str) {
        match self {
            Self::Export(name) => (format!("exports.{name}"), "."),
            Self::Mapping { child, parent } => (child.clone(), parent),
        }
    }
}

/// Reads a scalar as Go does into a string: numbers in their shortest form, floats as 32 bits.
fn string(node: Option<Node<'_>>) -> String {
    match node.and_then(|node| node.scalar()) {
        Some(Scalar::Str(text)) => text.to_owned(),
        Some(Scalar::Bool(value)) => value.to_string(),
        Some(Scalar::Int(value)) => value.to_string(),
        Some(Scalar::Uint(value)) => value.to_string(),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "sigs.k8s.io/yaml formats with 32 bits"
        )]
        Some(Scalar::Float(value)) => {
            // The shortest digits that denote the 32-bit float.
            let short = (value as f32).to_string().parse().unwrap_or(value);
            print::float(short)
        }
        Some(Scalar::Null) | None => String::new(),
    }
}

/// Reads text without control characters and line ends, as Helm sanitizes most fields.
fn sanitized(node: Option<Node<'_>>) -> String {
    let clean = |c: char| match c {
        c if c.is_whitespace() => Some(' '),
        c if c.is_control() => None,
        c => Some(c),
    };
    string(node).chars().filter_map(clean).collect()
}

fn strings(node: Option<Node<'_>>) -> Vec<String> {
    node.map(|node| node.items().map(|item| string(Some(item))).collect()).unwrap_or_default()
}

/// Reads the first document of a file, a map; `None` if the file is empty.
fn read_map(file: &ChartFile) -> Result<Option<Arc<yaml::Document>>, ChartError> {
    let stream = yaml::parse(file.source, &file.text);
    let refuse =
        |what: &str, span| ChartError::at(format!("cannot load {}: {what}", file.name), span);
    if let Some((at, fault)) = yaml::foreign_directive(&file.text) {
        return Err(refuse(fault, Span::new(file.source, at.start, at.end)));
    }
    let first = stream.first().map_err(|error| refuse(&error.message, error.span))?;
    let Some(document) =
        first.filter(|document| document.root().is_some_and(|root| !root.is_null()))
    else {
        return Ok(None);
    };
    match document.root() {
        Some(root) if root.kind() == Kind::Mapping => Ok(Some(Arc::clone(document))),
        _ => Err(refuse("it is not a mapping", Span::new(file.source, 0, file.text.len()))),
    }
}

/// Reads `Chart.yaml`.
pub(super) fn read(file: &ChartFile) -> Result<Metadata, ChartError> {
    let document = read_map(file)?;
    let Some(root) = document.as_ref().and_then(|document| document.root()) else {
        return Ok(Metadata { api_version: "v1".to_owned(), ..Metadata::default() });
    };
    check(root, &file.name)?;
    let get = |key: &str| root.field(key);
    let api_version = string(get("apiVersion"));
    let mut metadata = Metadata {
        name: sanitized(get("name")),
        home: sanitized(get("home")),
        sources: strings(get("sources")),
        version: string(get("version")),
        description: sanitized(get("description")),
        keywords: strings(get("keywords")),
        icon: sanitized(get("icon")),
        // Charts for Helm 2 may have no `apiVersion`.
        api_version: if api_version.is_empty() { "v1".to_owned() } else { api_version },
        condition: sanitized(get("condition")),
        tags: sanitized(get("tags")),
        app_version: sanitized(get("appVersion")),
        deprecated: get("deprecated").and_then(|node| node.as_bool()).unwrap_or(false),
        kube_version: sanitized(get("kubeVersion")),
        kind: string(get("type")),
        ..Metadata::default()
    };
    if let Some(list) = get("maintainers") {
        let field = |node: Node<'_>, key: &str| sanitized(node.field(key));
        let one = |node: Node<'_>| ["name", "email", "url"].map(|key| field(node, key));
        metadata.maintainers = list.items().map(one).collect();
    }
    if let Some(map) = get("annotations") {
        let entries = map.entries();
        let entries = entries.map(|e| (e.name().into_owned(), string(Some(e.value))));
        metadata.annotations = entries.collect();
        metadata.has_annotations = true;
    }
    dependencies(get("dependencies"), &mut metadata);
    Ok(metadata)
}

/// The fields in `Chart.yaml` that are strings.
const TEXTS: [&str; 11] = [
    "name",
    "home",
    "version",
    "description",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "kubeVersion",
    "type",
];

/// A field with another type than in Go's struct.
struct Mismatch<'a> {
    node: Node<'a>,
    /// `STRUCT.PATH` of the field.
    field: String,
    /// The type in Go's struct.
    wanted: &'static str,
}

impl Mismatch<'_> {
    fn refuse(&self, file: &str) -> ChartError {
        let found = match self.node.kind() {
            Kind::Sequence => "array",
            Kind::Mapping => "object",
            Kind::Scalar => "string",
        };
        let Self { node, field, wanted } = self;
        let message = format!(
            "cannot load {file}: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go struct field {field} of type {wanted}"
        );
        ChartError::at(message, node.span())
    }
}

/// Checks some fields in a map, and returns the first whose value is not accepted.
fn odd_field<'a>(
    map: Node<'a>,
    keys: &[&str],
    is_fit: impl Fn(Node<'_>) -> bool,
    (path, wanted): (&str, &'static str),
) -> Result<(), Mismatch<'a>> {
    let stated = keys.iter().filter_map(|key| Some((key, map.field(key)?)));
    match stated.into_iter().find(|(_, node)| !is_fit(*node)) {
        Some((key, node)) => Err(Mismatch { node, field: format!("{path}.{key}"), wanted }),
        None => Ok(()),
    }
}

fn is_text(node: Node<'_>) -> bool {
    node.kind() == Kind::Scalar
}

fn is_list(node: Node<'_>) -> bool {
    node.kind() == Kind::Sequence
}

/// Checks a field in a map that is a list of strings.
fn texts_fit<'a>(map: Node<'a>, key: &str, path: &str) -> Result<(), Mismatch<'a>> {
    odd_field(map, &[key], is_list, (path, "[]string"))?;
    let items = map.field(key).into_iter().flat_map(|list| list.items());
    match items.into_iter().find(|item| !is_text(*item)) {
        Some(node) => Err(Mismatch { node, field: format!("{path}.{key}"), wanted: "string" }),
        None => Ok(()),
    }
}

/// Checks that a map fits Go's `chart.Metadata` (Helm 4.1 `pkg/chart/v2/metadata.go`).
fn metadata_fits(root: Node<'_>) -> Result<(), Mismatch<'_>> {
    odd_field(root, &TEXTS, is_text, ("Metadata", "string"))?;
    let is_flag = |node: Node<'_>| node.as_bool().is_some();
    odd_field(root, &["deprecated"], is_flag, ("Metadata", "bool"))?;
    dependencies_fit(root, "Metadata")?;
    texts_fit(root, "keywords", "Metadata")?;
    texts_fit(root, "sources", "Metadata")?;
    let wanted = ("Metadata", "[]*v2.Maintainer");
    odd_field(root, &["maintainers"], is_list, wanted)?;
    for item in root.field("maintainers").into_iter().flat_map(|list| list.items()) {
        if item.kind() != Kind::Mapping && !item.is_null() {
            let field = "Metadata.maintainers".to_owned();
            return Err(Mismatch { node: item, field, wanted: "v2.Maintainer" });
        }
        let texts = ["name", "email", "url"];
        odd_field(item, &texts, is_text, ("Maintainer.maintainers", "string"))?;
    }
    let is_map = |node: Node<'_>| node.kind() == Kind::Mapping;
    odd_field(root, &["annotations"], is_map, ("Metadata", "map[string]string"))?;
    let entries = root.field("annotations").into_iter().flat_map(|map| map.entries());
    match entries.map(|entry| entry.value).find(|value| !is_text(*value)) {
        Some(node) => {
            Err(Mismatch { node, field: "Metadata.annotations".to_owned(), wanted: "string" })
        }
        None => Ok(()),
    }
}

/// Checks the list of dependencies in `Chart.yaml`, a lock file or `requirements.yaml`.
fn dependencies_fit<'a>(root: Node<'a>, owner: &str) -> Result<(), Mismatch<'a>> {
    odd_field(root, &["dependencies"], is_list, (owner, "[]*v2.Dependency"))?;
    let path = "Dependency.dependencies";
    for item in root.field("dependencies").into_iter().flat_map(|list| list.items()) {
        if item.kind() != Kind::Mapping && !item.is_null() {
            let field = format!("{owner}.dependencies");
            return Err(Mismatch { node: item, field, wanted: "v2.Dependency" });
        }
        let texts = ["name", "version", "repository", "condition", "alias"];
        odd_field(item, &texts, is_text, (path, "string"))?;
        let is_flag = |node: Node<'_>| node.as_bool().is_some();
        odd_field(item, &["enabled"], is_flag, (path, "bool"))?;
        odd_field(item, &["import-values"], is_list, (path, "[]interface {}"))?;
        texts_fit(item, "tags", path)?;
    }
    Ok(())
}

/// Checks the types of the fields, and that lists have no null entries.
fn check(root: Node<'_>, file: &str) -> Result<(), ChartError> {
    metadata_fits(root).map_err(|mismatch| mismatch.refuse(file))?;
    for list in ["dependencies", "maintainers"] {
        let items = root.field(list).into_iter().flat_map(|list| list.items());
        if let Some(none) = items.into_iter().find(|item| item.is_null()) {
            let message = format!("validation: {list} must not contain empty or null nodes");
            return Err(ChartError::at(message, none.span()));
        }
    }
    Ok(())
}

/// Reads `Chart.lock` or `requirements.lock`, only to check that Helm can read it.
///
/// # Errors
/// If Helm cannot read it.
pub(super) fn check_lock(file: &ChartFile) -> Result<(), ChartError> {
    let document = read_map(file)?;
    let Some(root) = document.as_ref().and_then(|document| document.root()) else {
        return Ok(());
    };
    let fits = dependencies_fit(root, "Lock")
        .and_then(|()| odd_field(root, &["digest"], is_text, ("Lock", "string")));
    fits.map_err(|mismatch| mismatch.refuse(&file.name))?;
    match root.field("generated") {
        Some(time) if !matches!(time.scalar(), Some(Scalar::Str(text)) if is_time(text)) => {
            let message = format!(
                "cannot load {}: error unmarshaling JSON: while decoding JSON: parsing time {:?} as \"2006-01-02T15:04:05Z07:00\"",
                file.name,
                time.raw()
            );
            Err(ChartError::at(message, time.span()))
        }
        _ => Ok(()),
    }
}

/// Reads `requirements.yaml`, whose dependencies replace those in `Chart.yaml`.
pub(super) fn read_requirements(
    file: &ChartFile,
    metadata: &mut Metadata,
) -> Result<(), ChartError> {
    let document = read_map(file)?;
    let root = document.as_ref().and_then(|document| document.root());
    root.map_or(Ok(()), |root| check(root, &file.name))?;
    dependencies(root.and_then(|root| root.field("dependencies")), metadata);
    Ok(())
}

fn dependencies(list: Option<Node<'_>>, metadata: &mut Metadata) {
    let Some(list) = list.filter(|list| list.kind() == Kind::Sequence) else { return };
    metadata.has_dependencies = true;
    let one = |node: Node<'_>| Dependency {
        name: sanitized(node.field("name")),
        version: sanitized(node.field("version")),
        repository: sanitized(node.field("repository")),
        condition: sanitized(node.field("condition")),
        tags: strings(node.field("tags")),
        alias: string(node.field("alias")),
        import_values: node
            .field("import-values")
            .map(|list| list.items().map(import).collect())
            .unwrap_or_default(),
        span: node.span(),
    };
    metadata.dependencies = list.items().map(one).collect();
}

/// Reads a path of `import-values`; if it is not set, it is the text that Go prints for nil.
fn named(path: Option<Node<'_>>) -> String {
    let path = path.filter(|path| !path.is_null());
    path.map_or_else(|| "<nil>".to_owned(), |path| string(Some(path)))
}

fn import(node: Node<'_>) -> ImportValues {
    match node.kind() {
        Kind::Mapping => ImportValues::Mapping {
            child: named(node.get("child")),
            parent: named(node.get("parent")),
        },
        _ => ImportValues::Export(string(Some(node))),
    }
}

impl Metadata {
    /// Makes Helm's checks of a chart's metadata, but for those of `refused`.
    pub(super) fn validate(&self) -> Result<(), String> {
        let required = |what: &str, value: &str| match value.is_empty() {
            true => Err(format!("chart.metadata.{what} is required")),
            false => Ok(()),
        };
        required("apiVersion", &self.api_version)?;
        required("name", &self.name)?;
        if matches!(self.name.as_str(), "." | "..") {
            return Err(format!("chart.metadata.name {:?} is not allowed", self.name));
        }
        if self.name.contains('/') {
            return Err(format!("chart.metadata.name {:?} is invalid", self.name));
        }
        required("version", &self.version)?;
        if !matches!(self.kind.as_str(), "" | "application" | "library") {
            return Err("chart.metadata.type must be application or library".to_owned());
        }
        let mut names = std::collections::BTreeSet::new();
        for dependency in &self.dependencies {
            let key = dependency.shown();
            let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            if !dependency.alias.is_empty() && !dependency.alias.chars().all(valid) {
                return Err(format!(
                    "dependency {:?} has disallowed characters in the alias",
                    dependency.name
                ));
            }
            if !names.insert(key) {
                return Err(format!("more than one dependency with name or alias {key:?}"));
            }
        }
        Ok(())
    }
}

impl Metadata {
    /// Returns Helm's message if it refuses the versions in `Chart.yaml`. That is no error when the chart is read:
    /// `check` has rules for it, since a build may fill in the versions.
    pub(super) fn refused(&self) -> Option<String> {
        if !is_version(&self.version) {
            return Some(format!(
                "validation: chart.metadata.version {:?} is invalid",
                self.version
            ));
        }
        let is_known = matches!(self.api_version.as_str(), "v1" | "v2");
        (!is_known).then(|| "invalid chart apiVersion".to_owned())
    }
}

impl Dependency {
    /// The name under which the parent refers to it: the alias, or else the name.
    #[must_use]
    pub fn shown(&self) -> &str {
        if self.alias.is_empty() { &self.name } else { &self.alias }
    }
}
