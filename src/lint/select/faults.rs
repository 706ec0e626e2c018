//! What a configuration says about rules and parameters that do not exist.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Request, UnknownName, named, preset_of, resolve};
use crate::config::{Config, RuleSettings, Spanned};
use crate::finding::Finding;
use crate::rule::{Param, RuleSet, value_text};
use crate::source::Sources;
use crate::spelling::{self, question};

/// Findings on names of no rule, group or preset, and on parameters that a rule does not have or that have another type:
/// with these, its checks could not be decided, and it would say nothing.
#[must_use]
pub fn faults(config: &Config, set: &RuleSet, sources: &Sources) -> Vec<Finding> {
    let said = &config.settings;
    let mut findings = Vec::new();
    if let Some(preset) = &said.preset
        && let Err(error) = preset_of(set, &Request::default(), said)
    {
        findings.extend(unknown(config, preset, &error));
    }
    let overrides = || said.overrides.iter().map(|each| &each.value);
    let lists = [&said.select, &said.ignore].into_iter();
    let lists = lists.chain(overrides().flat_map(|each| [&each.select, &each.ignore]));
    let exempt = said.exemptions.iter().map(|each| &each.value.rules);
    for word in lists.chain(exempt).flatten() {
        if let Err(error) = resolve(set, &word.value) {
            findings.extend(unknown(config, word, &error));
        }
    }
    for rules in std::iter::once(&said.rules).chain(overrides().map(|each| &each.rules)) {
        findings.extend(of_rules(rules, config, set, sources));
    }
    findings
}

fn unknown(config: &Config, place: &Spanned<String>, error: &UnknownName) -> Option<Finding> {
    config.fault(place, error.to_string(), advice(error))
}

fn advice(error: &UnknownName) -> String {
    let near = error.nearest.as_deref().map(question);
    near.unwrap_or_else(|| "`plimsoll rules` lists rules, groups and presets".to_owned())
}

fn of_rules(
    rules: &BTreeMap<String, Spanned<RuleSettings>>,
    config: &Config,
    set: &RuleSet,
    sources: &Sources,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (word, settings) in rules {
        if let Err(error) = resolve(set, word) {
            let key = key_before(word, settings, config, sources);
            findings.extend(unknown(config, &key, &error));
        }
        let meant = named(set, word);
        for (name, value) in &settings.params {
            let all = || meant.iter().flat_map(|known| &known.rule().params);
            let mut known = all().filter(|param| param.name == *name).peekable();
            if known.peek().is_none() && !meant.is_empty() {
                let key = key_before(name, value, config, sources);
                let message = format!("`{name}` is not a parameter of `{word}`");
                findings.extend(config.fault(&key, message, parameters(name, all())));
            }
            if let Some(param) = known.find(|param| !fits(param, value)) {
                let message = format!("`{name}` takes {}", kind(param));
                let help = format!("{}; by default {}", param.about, value_text(&param.default));
                findings.extend(config.fault(value, message, help));
            }
        }
    }
    findings
}

/// The key of a value, which stands before it in the text.
pub(super) fn key_before<T>(
    key: &str,
    value: &Spanned<T>,
    config: &Config,
    sources: &Sources,
) -> Spanned<String> {
    let file = config.file.as_ref().map(|file| sources.get(file.source));
    let before = file.and_then(|file| file.text.get(..value.start as usize)?.rfind(key));
    let place = before.and_then(|at| Some((u32::try_from(at).ok()?, key.len())));
    let (start, end) = match place {
        Some((start, length)) => (start, start + u32::try_from(length).unwrap_or_default()),
        // Written with escapes.
        None => (value.start, value.end),
    };
    Spanned { value: key.to_owned(), start, end }
}

/// The help for a name of no parameter.
fn parameters<'r>(name: &str, known: impl Iterator<Item = &'r Param>) -> String {
    let known: Vec<&str> = known.map(|param| param.name.as_str()).collect();
    match spelling::nearest(name, known.iter().copied()) {
        Some(near) => question(near),
        None if known.is_empty() => "it has no parameters".to_owned(),
        None => {
            let quoted: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("known here: {}", quoted.join(", "))
        }
    }
}

/// Whether a value has the type of a parameter.
fn fits(param: &Param, value: &Value) -> bool {
    match &*param.kind {
        "integer" => value.as_i64().is_some(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "list" => value.is_array(),
        "map" => value.is_object(),
        _ => true,
    }
}

/// The type of a parameter, in words.
fn kind(param: &Param) -> &'static str {
    match &*param.kind {
        "integer" => "a whole number",
        "number" => "a number",
        "string" => "a text",
        "boolean" => "`true` or `false`",
        "list" => "a list",
        _ => "a map",
    }
}
