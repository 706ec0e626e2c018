//! What is wrong with a rule file although all of it can be read: with these faults, the rule would find nothing, and
//! nothing would say so.

use cel::Value;

use super::{Rule, RuleError, Scope};
use crate::rule::algorithm::TextKind;
use crate::rule::value::to_value;
use crate::rule::{kinds, set};
use crate::source::Span;
use crate::spelling::{misspelt, nearest, question};
use crate::yaml::{Entry, Kind, Node};

/// The types of parameters.
const TYPES: [&str; 6] = ["integer", "number", "string", "boolean", "list", "map"];

/// The faults in what a rule says of kinds, presets and parameters, in the order of the file.
pub(super) fn faults(rule: &Rule, root: Node<'_>) -> Vec<RuleError> {
    let mut faults = Vec::new();
    faults.extend(scope(rule, root));
    faults.extend(kinds_of(rule, root));
    faults.extend(names(rule, root));
    faults.extend(for_the_catalogue(rule, root));
    faults.extend(LISTS.iter().filter_map(|key| texts(root.get(key)?, key)));
    faults.extend(items(root, "presets").filter_map(preset));
    faults.extend(items(root, "references").filter_map(reference));
    faults.extend(peers(root));
    let params = root.get("params").into_iter().flat_map(Node::entries);
    faults.extend(params.zip(&rule.params).filter_map(|(entry, param)| {
        let known = TYPES.contains(&&*param.kind);
        if known { default(&entry, &param.default, &param.kind) } else { sort(&entry) }
    }));
    faults.extend(preset_params(rule, root));
    faults.sort_by_key(|fault| fault.span);
    faults
}

/// The keys with lists of texts.
const LISTS: [&str; 5] = ["references", "presets", "covers", "kinds", "yields-to"];

/// An id that no comment or setting could name, and a version that is none.
fn names(rule: &Rule, root: Node<'_>) -> Vec<RuleError> {
    let is_part = |part: &str| {
        !part.is_empty() && part.chars().all(|of| of.is_ascii_lowercase() || of.is_ascii_digit())
    };
    let id = (!rule.id.split('-').all(is_part)).then(|| {
        let message = format!("`{}` is not an id", rule.id);
        let help = "lower-case letters, digits and `-`, such as `team-label-required`".to_owned();
        fault(rule.id_place(), message, Some(help))
    });
    let since = root.get("since").filter(|since| !is_version(since.raw())).map(|since| {
        let message = format!("`{}` is not a version", since.raw());
        fault(since.span(), message, Some("write it as `1.0.0`, or leave it out".to_owned()))
    });
    id.into_iter().chain(since).collect()
}

/// Whether a text is one to three numbers with dots between them.
fn is_version(text: &str) -> bool {
    let is_number =
        |part: &str| !part.is_empty() && part.chars().all(|digit| digit.is_ascii_digit());
    text.split('.').count() <= 3 && text.split('.').all(is_number)
}

/// What the page of a rule that comes with plimsoll must say.
fn for_the_catalogue(rule: &Rule, root: Node<'_>) -> Vec<RuleError> {
    if !set::is_shipped(&rule.id) {
        return Vec::new();
    }
    let missing =
        ["group", "since", "why", "fix"].into_iter().filter(|key| root.get(key).is_none());
    missing.map(|key| fault(root.span(), format!("`{key}` is missing"), None)).collect()
}

/// Something else in the place of a list of texts; nothing would be read of it.
fn texts(list: Node<'_>, key: &str) -> Option<RuleError> {
    let wrong = match list.kind() {
        Kind::Mapping => Some(list),
        Kind::Sequence => list.items().find(|item| item.kind() != Kind::Scalar),
        Kind::Scalar => None,
    };
    Some(fault(wrong?.span(), format!("`{key}` is a list of texts"), None))
}

/// Reports link to references.
fn reference(word: Node<'_>) -> Option<RuleError> {
    let is_url = ["https://", "http://"].iter().any(|scheme| word.raw().starts_with(scheme));
    let message = || format!("`{}` is not the address of a page", word.raw());
    (!is_url).then(|| fault(word.span(), message(), Some("such as `https://…`".to_owned())))
}

/// Linters may be any, unless the name is that of a known one with a slip in it.
fn peers(root: Node<'_>) -> Vec<RuleError> {
    let Some(peers) = root.get("peers") else { return Vec::new() };
    if peers.kind() != Kind::Mapping {
        let help = "such as `{kube-linter: [host-network]}`".to_owned();
        let message = "`peers` is a map from linters to ids of their checks".to_owned();
        return vec![fault(peers.span(), message, Some(help))];
    }
    let known = set::shipped_peers();
    let of_entry = |entry: Entry<'_>| {
        let name = entry.name();
        let near = misspelt(&name, known.iter().map(String::as_str));
        let message = format!("there is no linter `{name}`");
        let misspelt = near.map(|near| fault(entry.key.span(), message, Some(question(near))));
        misspelt.or_else(|| texts(entry.value, &name))
    };
    peers.entries().filter_map(of_entry).collect()
}

/// Parameters in a preset that have another type.
fn preset_params(rule: &Rule, root: Node<'_>) -> Vec<RuleError> {
    let presets = root.get("preset-params").into_iter().flat_map(Node::entries);
    let given = presets.flat_map(|preset| preset.value.entries());
    let wrong = given.filter_map(|entry| {
        let param = rule.params.iter().find(|param| param.name == *entry.name())?;
        let known = TYPES.contains(&&*param.kind);
        let message = || format!("`{}` is of the type `{}`", param.name, param.kind);
        let is_wrong = known && !fits(&to_value(entry.value), &param.kind);
        is_wrong.then(|| fault(entry.value.span(), message(), None))
    });
    wrong.collect()
}

fn fault(span: Span, message: String, help: Option<String>) -> RuleError {
    RuleError { span, message, help }
}

/// The entries of a list; a single text is a list of one.
pub(in crate::rule) fn items<'n>(
    root: Node<'n>,
    key: &str,
) -> impl Iterator<Item = Node<'n>> + use<'n> {
    let value = root.get(key);
    let one = value.filter(|value| value.kind() == Kind::Scalar);
    one.into_iter().chain(value.into_iter().flat_map(Node::items))
}

/// Nothing runs a rule whose scope has no use for its checks or its algorithm.
fn scope(rule: &Rule, root: Node<'_>) -> Option<RuleError> {
    let at = root.get("scope").unwrap_or(root).span();
    let name = rule.scope.as_str();
    match (rule.scope, rule.algorithm) {
        (Scope::Builtin, _) if !set::is_shipped(&rule.id) => {
            let message = format!("the scope `{name}` is for rules that come with plimsoll");
            Some(fault(at, message, None))
        }
        (scope, Some(algorithm)) if !algorithm.fits(scope) => {
            let at = root.get("algorithm").unwrap_or(root).span();
            Some(fault(at, format!("this algorithm does not work in the scope `{name}`"), None))
        }
        (Scope::Text | Scope::Layers, None) => {
            let message = format!("a rule of the scope `{name}` needs an `algorithm`");
            Some(fault(at, message, Some("checks are not evaluated there".to_owned())))
        }
        _ => None,
    }
}

fn kinds_of(rule: &Rule, root: Node<'_>) -> Vec<RuleError> {
    let is_text = rule.scope == Scope::Text;
    if !rule.scope.is_of_objects() && !is_text {
        return Vec::new();
    }
    if rule.kinds.is_empty() {
        let at = root.get("kinds").unwrap_or(root).span();
        let words = if is_text { "`values`, `manifests`" } else { "`pods`, `workloads`, `any`" };
        let message = "`kinds` is missing: it says what the rule looks at".to_owned();
        let help = format!("a list of kinds, such as `[Deployment]`, or a word such as {words}");
        return vec![fault(at, message, Some(help))];
    }
    let wrong = |word: Node<'_>| {
        let (message, help) =
            if is_text { text_kind(word.raw()) } else { kinds::fault(word.raw()) }?;
        Some(fault(word.span(), message, help))
    };
    items(root, "kinds").filter_map(wrong).collect()
}

/// What is wrong with a word for a kind of texts.
fn text_kind(word: &str) -> Option<(String, Option<String>)> {
    let known = || TextKind::ALL.map(TextKind::as_str).into_iter().chain(["any"]);
    (!known().any(|name| name == word)).then(|| {
        let names: Vec<_> = known().map(|name| format!("`{name}`")).collect();
        let message = format!("`{word}` is not a kind of texts; there are {}", names.join(", "));
        (message, nearest(word, known()).map(question))
    })
}

/// A preset of one's own may have any name, unless it is one of plimsoll's with a slip in it.
fn preset(word: Node<'_>) -> Option<RuleError> {
    let near = misspelt(word.raw(), set::shipped_presets())?;
    let message = format!("there is no preset `{}`", word.raw());
    Some(fault(word.span(), message, Some(question(near))))
}

fn sort(entry: &Entry<'_>) -> Option<RuleError> {
    let word = entry.value.get("type")?;
    let names = TYPES.map(|name| format!("`{name}`")).join(", ");
    let message = format!("`{}` is not a type of parameters; there are {names}", word.raw());
    Some(fault(word.span(), message, nearest(word.raw(), TYPES).map(question)))
}

fn default(entry: &Entry<'_>, value: &Value, kind: &str) -> Option<RuleError> {
    let at = entry.value.get("default")?.span();
    let message = || format!("the default of `{}` is not of the type `{kind}`", entry.name());
    (!fits(value, kind)).then(|| fault(at, message(), None))
}

/// Whether a value is of a parameter's type.
fn fits(value: &Value, kind: &str) -> bool {
    matches!(
        (kind, value),
        ("integer" | "number", Value::Int(_) | Value::UInt(_))
            | ("number", Value::Float(_))
            | ("string", Value::String(_))
            | ("boolean", Value::Bool(_))
            | ("list", Value::List(_))
            | ("map", Value::Map(_))
    )
}
