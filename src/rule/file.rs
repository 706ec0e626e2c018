//! Reads a rule file. Every error is reported at its place in the file.

mod example;
mod scope;
mod sound;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use cel::Value;

pub use self::example::Example;
use self::example::examples;
pub use self::scope::{Scope, Seeks};
pub(super) use self::sound::items;
use super::algorithm::Algorithm;
use super::inspect;
use super::logic::{self, Logic};
use super::need::Crowd;
use super::undecided::{Condition, Part};
use super::value::to_value;
use crate::finding::{Applicability, Severity};
use crate::source::{SourceId, Span};
use crate::spelling::{nearest, question};
use crate::yaml::{self, Document, Kind, Node, Stream};

/// A parameter of a rule.
#[derive(Debug, Clone)]
pub struct Param {
    /// Name, kebab-case; in CEL with `_` in place of `-`.
    pub name: String,
    /// `integer`, `number`, `string`, `boolean`, `list` or `map`.
    pub kind: String,
    /// The value if the configuration does not set one.
    pub default: Value,
    /// Its meaning, with its unit.
    pub about: String,
}

/// The group of a rule of one's own that names none.
const OWN_GROUP: &str = "own";

/// The preset that runs where none is asked for.
pub const USUAL_PRESET: &str = "recommended";

/// A rule: its documentation, its logic and its examples. The last two are read when they are first used.
#[derive(Debug)]
pub struct Rule {
    /// Kebab-case.
    pub id: Arc<str>,
    /// The folder of its file, `scheduling`. A rule of one's own may name any group, and is else in `own`.
    pub group: Arc<str>,
    /// `None` for `off`: such a rule only runs if it is selected by name or by the preset `all`.
    pub severity: Option<Severity>,
    /// The version of plimsoll that introduced it; may be empty for a rule of one's own.
    pub since: String,
    /// A description in one line.
    pub summary: String,
    /// Why it matters; may be empty for a rule of one's own.
    pub why: String,
    /// What to do; may be empty for a rule of one's own.
    pub fix: Arc<str>,
    /// Pages to read.
    pub references: Vec<Arc<str>>,
    /// Ids of the same policy in other linters.
    pub peers: BTreeMap<String, Vec<String>>,
    /// The presets that include it, apart from `all`.
    pub presets: Vec<String>,
    /// Parameters that a preset sets to other values than the defaults, by the preset's name.
    pub preset_params: BTreeMap<String, BTreeMap<String, Value>>,
    /// Further policies that this rule includes.
    pub covers: Vec<String>,
    /// Parameters, in the order of the file.
    pub params: Vec<Param>,
    /// What it judges.
    pub scope: Scope,
    /// Kinds it applies to: names, or `workloads`, `pods`, `any`.
    pub kinds: Vec<String>,
    /// The safest of its repairs; `None` for a rule without repairs.
    pub repair: Option<Applicability>,
    /// Rules that report the same in more detail: if one of them reports something at a place, this one does not.
    pub yields_to: Vec<String>,
    /// True if it judges the names of images, whatever their tags. If a kustomization replaces the name of an image,
    /// the findings of this rule on it do not apply to what is deployed.
    pub judges_image_names: bool,
    /// What it reports as missing, if that may be elsewhere in the repository.
    pub seeks: Option<Seeks>,
    /// True for a rule of the user's own, which does not come with plimsoll.
    pub own: bool,
    /// Logic in Rust for what CEL cannot express, beside checks or in place of them.
    pub(crate) algorithm: Option<Algorithm>,
    /// The parsed rule file without the examples.
    file: Arc<Document>,
    /// The text of the whole rule file.
    text: Arc<str>,
    logic: OnceLock<Logic>,
    examples: OnceLock<(Vec<Example>, Vec<RuleError>)>,
}

impl Rule {
    /// The scope and the kinds of objects that it judges, for [`ByKind`](super::ByKind).
    pub(super) fn concern(&self) -> (Scope, impl Iterator<Item = &str>) {
        (self.scope, self.kinds.iter().map(String::as_str))
    }

    /// The value of a parameter in `given`, or else its default; `None` if the rule does not have it.
    #[must_use]
    pub fn param<'a>(
        &'a self,
        given: &'a BTreeMap<String, Value>,
        name: &str,
    ) -> Option<&'a Value> {
        let default = || self.params.iter().find(|param| param.name == name);
        given.get(name).or_else(|| default().map(|param| &param.default))
    }

    /// The compiled logic. Parts with errors are left out; see [`Rule::faults`].
    pub(crate) fn logic(&self) -> &Logic {
        self.logic.get_or_init(|| Logic::of(&self.file, self.scope))
    }

    /// Compiles what the rule needs for some objects.
    pub fn prepare(&self, crowd: &Crowd) {
        self.logic().prepare(crowd);
    }

    /// Whether the logic has been compiled, which the first call of [`Rule::logic`] does.
    pub(super) fn is_compiled(&self) -> bool {
        self.logic.get().is_some()
    }

    /// The examples. Those with errors are left out; see [`Rule::faults`].
    #[must_use]
    pub fn examples(&self) -> &[Example] {
        &self.tests().0
    }

    /// The errors in it, in the order of the file; empty for a rule without errors.
    #[must_use]
    pub fn faults(&self) -> Vec<RuleError> {
        let root = self.file.root();
        let sound = root.map(|root| sound::faults(self, root)).unwrap_or_default();
        let inspected = root.map(|root| inspect::faults(self, root)).unwrap_or_default();
        let compiled = self.logic().faults().chain(&self.tests().1).cloned();
        let mut faults: Vec<_> = sound.into_iter().chain(compiled).chain(inspected).collect();
        faults.sort_by_key(|fault| fault.span);
        faults
    }

    /// The place of its id.
    #[must_use]
    pub fn id_place(&self) -> Span {
        let root = self.file.root();
        let id = root.and_then(|root| root.get("id"));
        id.map_or(Span::new(self.file.source(), 0, 0), Node::span)
    }

    /// The rules that it yields to, with their places.
    pub(super) fn yields(&self) -> impl Iterator<Item = (&str, Span)> {
        let places = self.file.root().into_iter().flat_map(|root| sound::items(root, "yields-to"));
        self.yields_to.iter().map(String::as_str).zip(places.map(Node::span))
    }

    /// The presets that it has parameters for, with their places.
    pub(super) fn tuned_presets(&self) -> impl Iterator<Item = (Cow<'_, str>, Span)> {
        let presets = self.file.root().and_then(|root| root.get("preset-params"));
        let presets = presets.into_iter().flat_map(Node::entries);
        presets.map(|preset| (preset.name(), preset.key.span()))
    }

    /// The place of a condition in the rule's file.
    #[must_use]
    pub fn place_of(&self, condition: Condition) -> Option<Span> {
        let root = self.file.root()?;
        let holder = match condition.check {
            Some(at) => root.get("checks")?.items().nth(at)?,
            None => root,
        };
        let keys: &[&str] = match condition.part {
            Part::When => &["when"],
            Part::Test => &["require", "forbid"],
            Part::Names => &["let"],
        };
        let held = keys.iter().find_map(|key| holder.get(key).or_else(|| root.get(key)));
        Some(held.unwrap_or(holder).span())
    }

    fn tests(&self) -> &(Vec<Example>, Vec<RuleError>) {
        self.examples.get_or_init(|| examples(self.file.source(), &self.text))
    }
}

/// An error in a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// The place.
    pub span: Span,
    /// The message, without a full stop.
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
    "judges-image-names",
    "seeks",
    "let",
    "when",
    "checks",
    "algorithm",
    "repair",
    "examples",
];
const CHECK_KEYS: &[&str] = &[
    "for", "let", "when", "require", "forbid", "at", "part", "related", "message", "help",
    "severity", "repair",
];
const REPAIR_KEYS: &[&str] =
    &["safety", "when", "title", "edits", "set", "rename", "quote", "remove", "append", "to"];
const PARAM_KEYS: &[&str] = &["type", "default", "about", "unit"];

/// Reads one rule file without its logic and its examples; examples are half of most files.
///
/// # Errors
/// All errors outside of these, in the order of the file.
pub fn read(source: SourceId, text: &Arc<str>) -> Result<Rule, Vec<RuleError>> {
    let stream = yaml::parse(source, &text[..examples_start(text)].into());
    let mut reader = Reader { errors: Vec::new() };
    for error in &stream.errors {
        reader.error(error.span, error.message.clone());
    }
    reader.errors.extend(further_document(&stream));
    let file = stream.documents.first();
    let Some((file, root)) = file.and_then(|file| Some((file, file.root()?))) else {
        reader.error(Span::new(source, 0, 0), "the rule file is empty".to_owned());
        return Err(reader.errors);
    };
    let rule = reader.rule(file, root, text);
    if reader.errors.is_empty() { Ok(rule) } else { Err(reader.errors) }
}

/// The error for a document after the first, which nothing would read.
fn further_document(stream: &Stream) -> Option<RuleError> {
    let mut roots = stream.documents.iter().skip(1).filter_map(|document| document.root());
    let root = roots.find(|root| !root.is_null())?;
    Some(RuleError {
        span: root.span(),
        message: "a rule file holds one rule; this further document is not read".to_owned(),
        help: Some("write each rule to a file of its own".to_owned()),
    })
}

/// The offset at which the examples begin, if they are the last section; else the end of the text.
fn examples_start(text: &str) -> usize {
    match sections(text).last() {
        Some((start, section)) if section.starts_with("examples:") => start,
        _ => text.len(),
    }
}

/// The sections of a rule file: its top-level keys with everything below each, and the offset of each. Only indentation
/// is considered, so a text in another style has other sections, or none.
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

/// The keys by which a rule can be found, apart from its id, its group and its presets.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) covers: Vec<String>,
    pub(super) peers: BTreeMap<String, Vec<String>>,
}

impl Card {
    fn of(root: Node<'_>) -> Self {
        let peers = root.get("peers").into_iter().flat_map(Node::entries);
        let peers = peers.map(|entry| (entry.name().into_owned(), texts(entry.value))).collect();
        Self { covers: list(root, "covers"), peers }
    }
}

/// Reads the card of a rule that comes with plimsoll. Only the few keys for it are read, as this is done for every rule
/// if a word is not the id of any.
pub(super) fn card(text: &str) -> Card {
    let says = |section: &str| ["covers:", "peers:"].iter().any(|key| section.starts_with(key));
    let text: String =
        sections(text).map(|(_, section)| section).filter(|text| says(text)).collect();
    let stream = yaml::parse(SourceId::NOWHERE, &text.into());
    let none = Card { covers: Vec::new(), peers: BTreeMap::new() };
    let root = stream.documents.first().and_then(|document| document.root());
    root.map_or(none, Card::of)
}

/// The texts in a list under a key.
fn list(node: Node<'_>, key: &str) -> Vec<String> {
    node.get(key).map(texts).unwrap_or_default()
}

/// The texts in a list; a single text is a list of one.
fn texts(list: Node<'_>) -> Vec<String> {
    match list.kind() {
        Kind::Sequence => list.items().map(|item| item.raw().to_owned()).collect(),
        Kind::Scalar => vec![list.raw().to_owned()],
        Kind::Mapping => Vec::new(),
    }
}

/// Whether a key exists and is true.
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
                    message: format!("`{name}` is not a key that is known here"),
                    help: near.map(question),
                });
            }
        }
    }

    fn text(&mut self, node: Node<'_>, key: &str) -> String {
        self.text_if_any(node, key).unwrap_or_else(|| {
            self.error(node.span(), format!("`{key}` is missing"));
            String::new()
        })
    }

    fn text_if_any(&mut self, node: Node<'_>, key: &str) -> Option<String> {
        let value = node.get(key)?;
        if value.kind() == Kind::Scalar {
            return Some(value.raw().trim().to_owned());
        }
        self.error(value.span(), format!("`{key}` must be text"));
        Some(String::new())
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
            group: self.text_if_any(root, "group").as_deref().unwrap_or(OWN_GROUP).into(),
            severity: self.severity(root),
            since: self.text_if_any(root, "since").unwrap_or_default(),
            summary: self.text(root, "summary"),
            why: self.text_if_any(root, "why").unwrap_or_default(),
            fix: self.text_if_any(root, "fix").unwrap_or_default().into(),
            references: list(root, "references").into_iter().map(Arc::from).collect(),
            peers,
            presets,
            preset_params: self.preset_params(root, &params),
            covers,
            params,
            scope,
            kinds: list(root, "kinds"),
            yields_to: list(root, "yields-to"),
            judges_image_names: flag(root, "judges-image-names"),
            seeks: root.get("seeks").and_then(|node| self.seeks(node)),
            repair: self.repair(root, &checks),
            own: false,
            algorithm,
            file: Arc::clone(file),
            text: Arc::clone(text),
            logic: OnceLock::new(),
            examples: OnceLock::new(),
        }
    }

    fn scope(&mut self, root: Node<'_>) -> Scope {
        let Some(node) = root.get("scope") else { return Scope::Object };
        Scope::named(node.raw()).unwrap_or_else(|| {
            let known = Scope::ALL.map(Scope::as_str).join(", ");
            self.error(node.span(), format!("`{}` is not a scope; there are {known}", node.raw()));
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
                    self.error(
                        entry.key.span(),
                        format!("`{name}` is not a parameter of this rule"),
                    );
                }
                given.insert(name, to_value(entry.value));
            }
        }
        found
    }

    /// An algorithm declares the safety of its repairs at the top of the file; checks declare it beside each repair.
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
            self.error(node.span(), format!("`{}` is not an algorithm", node.raw()));
        }
        found
    }

    fn seeks(&mut self, node: Node<'_>) -> Option<Seeks> {
        let found = Seeks::named(node.raw());
        if found.is_none() {
            let known = "`object`, `pods` and `reader`";
            self.error(
                node.span(),
                format!("`{}` is not something to seek; there are {known}", node.raw()),
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
}

/// Reads a severity; `None` is `off`, which YAML may read as a boolean.
pub(super) fn severity(word: &str) -> Result<Option<Severity>, String> {
    match word {
        "error" => Ok(Some(Severity::Error)),
        "warning" => Ok(Some(Severity::Warning)),
        "info" => Ok(Some(Severity::Info)),
        "off" | "false" => Ok(None),
        other => {
            Err(format!("`{other}` is not a severity; there are error, warning, info and off"))
        }
    }
}
