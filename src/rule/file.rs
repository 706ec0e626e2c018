//! Reads a rule file. Whatever is wrong with one is reported at its place in the file.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use cel::Value;

use super::algorithm::Algorithm;
use super::logic::{self, Logic};
use super::setting::{Cluster, ReleaseInfo};
use super::value::to_value;
use crate::finding::{Applicability, Severity};
use crate::kube::{Object, parse_quantity};
use crate::source::{SourceId, Span};
use crate::spelling::{nearest, question};
use crate::yaml::{self, Document, Kind, Node};

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One object.
    Object,
    /// One object, with all that is deployed together with it in sight.
    Release,
    /// One object of a chart of the repository, as a release with the longest name would have it.
    LongestName,
    /// A values file, as one release uses it.
    Values,
    /// The values layers of a release, each by itself, over its chart.
    Layers,
    /// A chart as it lies in its directory.
    Chart,
    /// The text of a YAML file, whatever it says.
    Text,
    /// Nothing by itself: another stage reports under this id (`yaml-syntax`, `helm-render`).
    Builtin,
}

impl Scope {
    /// Every scope.
    pub(super) const ALL: [Self; 8] = [
        Self::Object,
        Self::Release,
        Self::LongestName,
        Self::Values,
        Self::Layers,
        Self::Chart,
        Self::Text,
        Self::Builtin,
    ];

    /// The scope of this word in rule files.
    pub(super) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }

    /// Its word in rule files.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Release => "release",
            Self::LongestName => "longest-name",
            Self::Values => "values",
            Self::Layers => "layers",
            Self::Chart => "chart",
            Self::Text => "text",
            Self::Builtin => "builtin",
        }
    }

    /// True where rules judge objects one by one, by their kinds.
    pub(super) fn is_of_objects(self) -> bool {
        matches!(self, Self::Object | Self::Release | Self::LongestName)
    }
}

/// What a rule finds missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seeks {
    /// An object, at a place that holds its name.
    Object,
    /// Pods that carry the labels of a selector, at the selector.
    Pods,
    /// What reads a key of a values file, at the key.
    Reader,
}

impl Seeks {
    /// The variant of this word in rule files.
    fn named(word: &str) -> Option<Self> {
        Some(match word {
            "object" => Self::Object,
            "pods" => Self::Pods,
            "reader" => Self::Reader,
            _ => return None,
        })
    }
}

/// A parameter of a rule.
#[derive(Debug, Clone)]
pub struct Param {
    /// Name, kebab-case; in CEL with `_` for `-`.
    pub name: String,
    /// `integer`, `number`, `string`, `boolean`, `list` or `map`.
    pub kind: String,
    /// The value where the configuration says nothing.
    pub default: Value,
    /// What it means, with its unit.
    pub about: String,
}

/// One example: a text, and the lines where the rule must find something.
#[derive(Debug, Clone)]
pub struct Example {
    /// The manifest or values file; empty where there are files.
    pub text: String,
    /// The files of a chart, by path, with their texts; empty where there is one text.
    pub files: Vec<(String, String)>,
    /// The chart's files in the revision that a run compares with; a manifest's text has no path.
    pub base: Vec<(String, String)>,
    /// True when the rule must find something.
    pub violates: bool,
    /// Of an example that violates: its texts once they are repaired, without marks, by path; a
    /// single one has none. Only those that change; empty where the example does not say.
    pub fixed: Vec<(String, String)>,
    /// Parameters for this example alone.
    pub params: BTreeMap<String, Value>,
    /// The release that uses the values or makes the objects.
    pub release: ReleaseInfo,
    /// What is known of the cluster.
    pub cluster: Cluster,
    /// The Kubernetes version to judge by.
    pub kube_version: Option<String>,
    /// Where the example's text stands in the rule file.
    pub span: Span,
}

/// A rule: its documentation, and its logic and its tests, which are read when they are first asked
/// for.
#[derive(Debug)]
pub struct Rule {
    /// Kebab-case.
    pub id: Arc<str>,
    /// The folder it lies in, `scheduling`.
    pub group: Arc<str>,
    /// `None` for `off`: runs when it is selected by name or by the preset `all`.
    pub severity: Option<Severity>,
    /// The version that brought it.
    pub since: String,
    /// One line.
    pub summary: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub fix: Arc<str>,
    /// Pages to read.
    pub references: Vec<Arc<str>>,
    /// Ids of the same policy in other linters.
    pub peers: BTreeMap<String, Vec<String>>,
    /// The presets it is part of, beside `all`.
    pub presets: Vec<String>,
    /// Parameters that a preset sets otherwise than the defaults, by the preset's name.
    pub preset_params: BTreeMap<String, BTreeMap<String, Value>>,
    /// Further policies that this rule includes.
    pub covers: Vec<String>,
    /// Parameters, in the order of the file.
    pub params: Vec<Param>,
    /// What it looks at.
    pub scope: Scope,
    /// Kinds it applies to: names, or `workloads`, `pods`, `any`.
    pub kinds: Vec<String>,
    /// How far its repairs may be trusted, at best; `None` for a rule that has none.
    pub repair: Option<Applicability>,
    /// Rules that say the same more exactly: of what one of them finds, this one says nothing.
    pub yields_to: Vec<String>,
    /// It tells of files of a folder that define the same object; to all other rules these are alternatives, of
    /// which one is deployed.
    pub counts_alternatives: bool,
    /// What it finds missing, where that may be elsewhere in the repository.
    pub seeks: Option<Seeks>,
    /// Logic in Rust, where a predicate cannot say it; beside or instead of checks.
    pub(crate) algorithm: Option<Algorithm>,
    /// The rule file, but for the examples.
    file: Arc<Document>,
    /// The whole of it.
    text: Arc<str>,
    compiled: OnceLock<(Logic, Vec<RuleError>)>,
    examples: OnceLock<(Vec<Example>, Vec<RuleError>)>,
}

impl Rule {
    /// The objects it looks at, for [`ByKind`](super::ByKind).
    pub(super) fn concern(&self) -> (Scope, impl Iterator<Item = &str>) {
        (self.scope, self.kinds.iter().map(String::as_str))
    }

    /// What the rule does. What is wrong with it is left out; see [`Rule::faults`].
    pub(crate) fn logic(&self) -> &Logic {
        &self.compiled().0
    }

    /// Compiles what it will need for some objects; `params` are those that differ from its defaults.
    pub fn prepare(&self, params: &BTreeMap<String, Value>, objects: &[Object<'_>]) {
        self.logic();
        if let Some(algorithm) = self.algorithm {
            algorithm.prepare(self, params, objects);
        }
    }

    /// Whether what it does has been compiled, which [`Rule::logic`] does at its first call.
    pub(super) fn is_compiled(&self) -> bool {
        self.compiled.get().is_some()
    }

    /// Its tests. What is wrong with them is left out; see [`Rule::faults`].
    #[must_use]
    pub fn examples(&self) -> &[Example] {
        &self.tests().0
    }

    /// What is wrong with its logic and its examples; empty for a sound rule.
    #[must_use]
    pub fn faults(&self) -> Vec<RuleError> {
        self.compiled().1.iter().chain(&self.tests().1).cloned().collect()
    }

    fn compiled(&self) -> &(Logic, Vec<RuleError>) {
        self.compiled.get_or_init(|| {
            self.file.root().map(|root| logic::compile(root, self.scope)).unwrap_or_default()
        })
    }

    fn tests(&self) -> &(Vec<Example>, Vec<RuleError>) {
        self.examples.get_or_init(|| examples(self.file.source(), &self.text))
    }
}

/// What is wrong with a rule file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// Where.
    pub span: Span,
    /// What, without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

const KEYS: &[&str] = &[
    "id",
    "group",
    "severity",
    "since",
    "summary",
    "why",
    "fix",
    "references",
    "peers",
    "presets",
    "preset-params",
    "covers",
    "params",
    "scope",
    "kinds",
    "yields-to",
    "counts-alternatives",
    "seeks",
    "let",
    "when",
    "checks",
    "algorithm",
    "repair",
    "examples",
];
const CHECK_KEYS: &[&str] = &[
    "for", "let", "when", "require", "forbid", "at", "related", "message", "help", "severity",
    "repair",
];
const REPAIR_KEYS: &[&str] =
    &["safety", "when", "title", "edits", "set", "rename", "quote", "remove", "append", "to"];
const EXAMPLE_KEYS: &[&str] =
    &["violates", "satisfies", "fixed", "params", "release", "cluster", "kube-version", "base"];
const PARAM_KEYS: &[&str] = &["type", "default", "about", "unit"];

/// Reads one rule file, all but its logic and its examples: half of most files is examples.
///
/// # Errors
/// Everything that is wrong with it outside of these, in the order of the file.
pub fn read(source: SourceId, text: &Arc<str>) -> Result<Rule, Vec<RuleError>> {
    let stream = yaml::parse(source, &text[..examples_start(text)].into());
    let mut reader = Reader { errors: Vec::new() };
    for error in &stream.errors {
        reader.error(error.span, error.message.clone());
    }
    let file = stream.documents.first();
    let Some((file, root)) = file.and_then(|file| Some((file, file.root()?))) else {
        reader.error(Span::new(source, 0, 0), "the rule file is empty".to_owned());
        return Err(reader.errors);
    };
    let rule = reader.rule(file, root, text);
    if reader.errors.is_empty() { Ok(rule) } else { Err(reader.errors) }
}

/// Reads the examples of a rule file.
fn examples(source: SourceId, text: &Arc<str>) -> (Vec<Example>, Vec<RuleError>) {
    let stream = yaml::parse(source, text);
    let mut reader = Reader { errors: Vec::new() };
    for error in &stream.errors {
        reader.error(error.span, error.message.clone());
    }
    let root = stream.documents.first().and_then(|file| file.root());
    let items = root.and_then(|root| root.get("examples")).into_iter().flat_map(Node::items);
    let examples = items.filter_map(|node| reader.example(node)).collect();
    (examples, reader.errors)
}

/// Where the examples begin, if they come last; the text's end if not.
fn examples_start(text: &str) -> usize {
    match sections(text).last() {
        Some((start, section)) if section.starts_with("examples:") => start,
        _ => text.len(),
    }
}

/// The top-level keys of a rule file with what stands below each, and where each begins. It is told
/// from the indentation alone; a text in another style has other sections, or none.
fn sections(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let begins = |at: usize| !matches!(text.as_bytes()[at], b' ' | b'#' | b'-' | b'\r' | b'\n');
    let lines = memchr::memchr_iter(b'\n', text.as_bytes()).map(|end| end + 1);
    let mut starts =
        std::iter::once(0).chain(lines).filter(move |&at| at < text.len() && begins(at));
    let mut next = starts.next();
    std::iter::from_fn(move || {
        let start = next?;
        next = starts.next();
        Some((start, &text[start..next.unwrap_or(text.len())]))
    })
}

/// What a rule is found by, beside its id, its group and its presets.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) covers: Vec<String>,
    pub(super) peers: BTreeMap<String, Vec<String>>,
}

impl Card {
    fn of(root: Node<'_>) -> Self {
        let peers = root.get("peers").into_iter().flat_map(Node::entries);
        let ids =
            |entry: &yaml::Entry<'_>| entry.value.items().map(|id| id.raw().to_owned()).collect();
        Self {
            covers: list(root, "covers"),
            peers: peers.map(|entry| (entry.name().into_owned(), ids(&entry))).collect(),
        }
    }
}

/// What a rule that comes with plimsoll is found by. Reads the few keys that say it, and no others:
/// this is done for every rule where a word is none's id.
pub(super) fn card(text: &str) -> Card {
    let says = |section: &str| ["covers:", "peers:"].iter().any(|key| section.starts_with(key));
    let text: String =
        sections(text).map(|(_, section)| section).filter(|text| says(text)).collect();
    let stream = yaml::parse(SourceId::NOWHERE, &text.into());
    let none = Card { covers: Vec::new(), peers: BTreeMap::new() };
    let root = stream.documents.first().and_then(|document| document.root());
    root.map_or(none, Card::of)
}

/// The texts of a list; a single text is a list of one.
fn list(node: Node<'_>, key: &str) -> Vec<String> {
    let value = node.get(key);
    match value.map(Node::kind) {
        Some(Kind::Sequence) => {
            value.into_iter().flat_map(Node::items).map(|item| item.raw().to_owned()).collect()
        }
        Some(Kind::Scalar) => value.into_iter().map(|item| item.raw().to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// Whether a key is there and true.
fn flag(node: Node<'_>, key: &str) -> bool {
    node.get(key).and_then(Node::as_bool).unwrap_or(false)
}

struct Reader {
    errors: Vec<RuleError>,
}

impl Reader {
    fn error(&mut self, span: Span, message: String) {
        self.errors.push(RuleError { span, message, help: None });
    }

    fn known(&mut self, node: Node<'_>, keys: &[&str]) {
        for entry in node.entries() {
            let name = entry.name();
            if !keys.contains(&name.as_ref()) {
                let near = nearest(&name, keys.iter().copied());
                self.errors.push(RuleError {
                    span: entry.key.span(),
                    message: format!("`{name}` is no key that is known here"),
                    help: near.map(question),
                });
            }
        }
    }

    fn text(&mut self, node: Node<'_>, key: &str) -> String {
        match node.get(key) {
            Some(value) if value.kind() == Kind::Scalar => value.raw().trim().to_owned(),
            Some(value) => {
                self.error(value.span(), format!("`{key}` must be text"));
                String::new()
            }
            None => {
                self.error(node.span(), format!("`{key}` is missing"));
                String::new()
            }
        }
    }

    fn rule(&mut self, file: &Arc<Document>, root: Node<'_>, text: &Arc<str>) -> Rule {
        self.known(root, KEYS);
        let scope = self.scope(root);
        let presets = list(root, "presets");
        let Card { covers, peers } = Card::of(root);
        let params = root.get("params").into_iter().flat_map(Node::entries).collect::<Vec<_>>();
        let params: Vec<Param> = params
            .into_iter()
            .map(|entry| {
                self.known(entry.value, PARAM_KEYS);
                Param {
                    name: entry.name().into_owned(),
                    kind: self.text(entry.value, "type"),
                    default: entry.value.get("default").map_or(Value::Null, to_value),
                    about: self.text(entry.value, "about"),
                }
            })
            .collect();
        let checks = root.get("checks").into_iter().flat_map(Node::items).collect::<Vec<_>>();
        for check in &checks {
            self.known(*check, CHECK_KEYS);
            logic::alternatives(*check).for_each(|repair| self.known(repair, REPAIR_KEYS));
        }
        let algorithm = root.get("algorithm").and_then(|node| self.algorithm(node));
        if checks.is_empty() && algorithm.is_none() && scope != Scope::Builtin {
            self.error(root.span(), "`checks` is missing".to_owned());
        }
        Rule {
            id: self.text(root, "id").into(),
            group: self.text(root, "group").into(),
            severity: self.severity(root),
            since: self.text(root, "since"),
            summary: self.text(root, "summary"),
            why: self.text(root, "why"),
            fix: self.text(root, "fix").into(),
            references: list(root, "references").into_iter().map(Arc::from).collect(),
            peers,
            presets,
            preset_params: self.preset_params(root, &params),
            covers,
            params,
            scope,
            kinds: list(root, "kinds"),
            yields_to: list(root, "yields-to"),
            counts_alternatives: flag(root, "counts-alternatives"),
            seeks: root.get("seeks").and_then(|node| self.seeks(node)),
            repair: self.repair(root, &checks),
            algorithm,
            file: Arc::clone(file),
            text: Arc::clone(text),
            compiled: OnceLock::new(),
            examples: OnceLock::new(),
        }
    }

    fn scope(&mut self, root: Node<'_>) -> Scope {
        let Some(node) = root.get("scope") else { return Scope::Object };
        Scope::named(node.raw()).unwrap_or_else(|| {
            let known = Scope::ALL.map(Scope::as_str).join(", ");
            self.error(node.span(), format!("`{}` is no scope; there are {known}", node.raw()));
            Scope::Object
        })
    }

    fn preset_params(
        &mut self,
        root: Node<'_>,
        params: &[Param],
    ) -> BTreeMap<String, BTreeMap<String, Value>> {
        let mut found = BTreeMap::new();
        for preset in root.get("preset-params").into_iter().flat_map(Node::entries) {
            let given: &mut BTreeMap<String, Value> =
                found.entry(preset.name().into_owned()).or_default();
            for entry in preset.value.entries() {
                let name = entry.name().into_owned();
                if !params.iter().any(|param| param.name == name) {
                    self.error(entry.key.span(), format!("`{name}` is no parameter of this rule"));
                }
                given.insert(name, to_value(entry.value));
            }
        }
        found
    }

    /// What an algorithm's repairs are is said at the top; those of checks, beside them.
    fn repair(&mut self, root: Node<'_>, checks: &[Node<'_>]) -> Option<Applicability> {
        let of_checks = checks.iter().flat_map(|check| logic::alternatives(*check));
        let of_checks = of_checks.map(|repair| repair.get("safety").map_or("safe", Node::raw));
        let own = root.get("repair");
        let mut best = None;
        for word in of_checks.chain(own.map(Node::raw)) {
            match logic::safety(word) {
                Ok(safety) => {
                    best = Some(best.map_or(safety, |best: Applicability| best.min(safety)));
                }
                Err(message) => self.error(own.unwrap_or(root).span(), message),
            }
        }
        best
    }

    fn algorithm(&mut self, node: Node<'_>) -> Option<Algorithm> {
        let found = Algorithm::named(node.raw());
        if found.is_none() {
            self.error(node.span(), format!("`{}` is no algorithm", node.raw()));
        }
        found
    }

    fn seeks(&mut self, node: Node<'_>) -> Option<Seeks> {
        let found = Seeks::named(node.raw());
        if found.is_none() {
            let known = "`object`, `pods` and `reader`";
            self.error(
                node.span(),
                format!("`{}` is nothing to seek; there are {known}", node.raw()),
            );
        }
        found
    }

    fn severity(&mut self, node: Node<'_>) -> Option<Severity> {
        let word = self.text(node, "severity");
        severity(&word).unwrap_or_else(|message| {
            self.error(node.get("severity").map_or(node.span(), Node::span), message);
            None
        })
    }

    fn example(&mut self, node: Node<'_>) -> Option<Example> {
        self.known(node, EXAMPLE_KEYS);
        let (text, violates) = match (node.get("violates"), node.get("satisfies")) {
            (Some(text), None) => (text, true),
            (None, Some(text)) => (text, false),
            _ => {
                self.error(node.span(), "an example either violates or satisfies".to_owned());
                return None;
            }
        };
        let params = node.get("params").into_iter().flat_map(Node::entries);
        Some(Example {
            text: text.raw().to_owned(),
            files: files(text),
            base: node.get("base").map(base).unwrap_or_default(),
            violates,
            fixed: node.get("fixed").map(fixed).unwrap_or_default(),
            params: params
                .map(|entry| (entry.name().into_owned(), to_value(entry.value)))
                .collect(),
            release: node.get("release").map_or_else(ReleaseInfo::default, release),
            cluster: node.get("cluster").map_or_else(Cluster::default, cluster),
            kube_version: node.get("kube-version").map(|version| version.raw().to_owned()),
            span: text.span(),
        })
    }
}

/// The texts of an example once it is repaired.
fn fixed(node: Node<'_>) -> Vec<(String, String)> {
    match node.kind() {
        Kind::Mapping => files(node),
        _ => vec![(String::new(), node.raw().to_owned())],
    }
}

/// The files of a mapping from paths to texts.
fn files(node: Node<'_>) -> Vec<(String, String)> {
    let file = |entry: yaml::Entry<'_>| (entry.name().into_owned(), entry.value.raw().to_owned());
    node.entries().map(file).collect()
}

/// What was before: files, or the one text.
fn base(node: Node<'_>) -> Vec<(String, String)> {
    match node.kind() {
        Kind::Mapping => files(node),
        _ => vec![(String::new(), node.raw().to_owned())],
    }
}

/// The release of an example.
fn release(node: Node<'_>) -> ReleaseInfo {
    let part = |key| node.get(key).map_or("", Node::raw).to_owned();
    let name = part("name");
    let declared_in = if name.is_empty() { String::new() } else { "plimsoll.yaml:1".to_owned() };
    let (chart, namespace) = (part("chart"), part("namespace"));
    ReleaseInfo { name, chart, namespace, declared_in, ..ReleaseInfo::default() }
}

/// The cluster of an example, as `plimsoll.yaml` states it.
fn cluster(node: Node<'_>) -> Cluster {
    let count = |key| node.get(key).and_then(|count| count.raw().parse().ok()).unwrap_or_default();
    let quantity =
        |key| node.get(key).and_then(|one| parse_quantity(one.raw())).unwrap_or_default();
    Cluster {
        nodes: count("nodes"),
        zones: count("zones"),
        node_cpu: quantity("node-cpu"),
        node_memory: quantity("node-memory"),
    }
}

/// Reads a severity; `None` is `off`, which YAML may read as a boolean.
pub(super) fn severity(word: &str) -> Result<Option<Severity>, String> {
    match word {
        "error" => Ok(Some(Severity::Error)),
        "warning" => Ok(Some(Severity::Warning)),
        "info" => Ok(Some(Severity::Info)),
        "off" | "false" => Ok(None),
        other => Err(format!("`{other}` is no severity; there are error, warning, info and off")),
    }
}
