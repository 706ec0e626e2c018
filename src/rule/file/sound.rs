//! What is wrong with a rule file although all of it can be read: with these faults, the rule would find nothing, and
//! nothing would say so.

use cel::Value;

use super::{Rule, RuleError, Scope};
use crate::rule::algorithm::TextKind;
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
    faults.extend(for_the_catalogue(rule, root));
    faults.extend(items(root, "presets").filter_map(preset));
    let params = root.get("params").into_iter().flat_map(Node::entries);
    faults.extend(params.zip(&rule.params).filter_map(|(entry, param)| {
        let known = TYPES.contains(&&*param.kind);
        if known { default(&entry, &param.default, &param.kind) } else { sort(&entry) }
    }));
    faults.sort_by_key(|fault| fault.span);
    faults
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
    let fits = matches!(
        (kind, value),
        ("integer" | "number", Value::Int(_) | Value::UInt(_))
            | ("number", Value::Float(_))
            | ("string", Value::String(_))
            | ("boolean", Value::Bool(_))
            | ("list", Value::List(_))
            | ("map", Value::Map(_))
    );
    let message = || format!("the default of `{}` is not of the type `{kind}`", entry.name());
    (!fits).then(|| fault(at, message(), None))
}
