//! Rule files, compiled; a scope (an object, a release, values) to hits.
//!
//! A rule is one YAML file: documentation, logic in CEL, and examples that are its tests.
//! CONTRIBUTING.md says how one is written. Evaluation is pure.

mod algorithm;
mod chart;
mod evaluate;
pub mod example;
mod expression;
mod file;
mod function;
mod inventory;
pub mod layers;
mod list;
mod logic;
mod notation;
mod path;
mod repair;
mod template;
mod undecided;
mod value;

use std::sync::{Arc, LazyLock};

use cel::{Env, Value};

pub use algorithm::{Text, TextHit, TextKind};
pub use cel::Value as ParamValue;
pub use chart::{ChartParts, ChartView, Subchart};
pub use evaluate::{Cluster, Evaluator, Hit, Member, ReleaseInfo, Setting, Target};
pub use file::{Example, Param, Rule, RuleError, Scope, read};
pub use path::{NodePath, PathStep, Roots};
pub use repair::{Action, Change, Repair, Rewrite, together};
pub use undecided::Undecided;

use crate::source::Sources;

/// The Kubernetes version that is assumed where none is named.
pub const NEWEST_KUBE_VERSION: &str = "1.37";

/// The rules that come with plimsoll: path and text of each file, sorted by path.
const BUILTIN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// CEL with the extensions that rules may use; the same for all.
#[must_use]
pub fn environment() -> &'static Arc<Env> {
    static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
        let mut env = Env::stdlib();
        let clash = "invariant: CEL's extensions do not clash";
        env.add_extension(cel::extensions::strings).expect(clash);
        env.add_extension(cel::extensions::lists).expect(clash);
        env.add_extension(cel::extensions::math).expect(clash);
        env.add_extension(cel::extensions::encoders).expect(clash);
        Arc::new(env)
    });
    &ENVIRONMENT
}

/// All rules of a run, sorted by id.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// The rules.
    pub rules: Vec<Arc<Rule>>,
    /// What is wrong with rule files that could not be read.
    pub errors: Vec<RuleError>,
}

impl RuleSet {
    /// Every rule that comes with plimsoll. Their logic is held to be sound by the tests, and
    /// compiled when they run.
    #[must_use]
    pub fn builtin(sources: &Sources) -> Self {
        let mut set = Self::default();
        for (path, text) in BUILTIN {
            let text: Arc<str> = (*text).into();
            let source = sources.add(format!("rules/{path}"), Arc::clone(&text));
            match read(source, &text) {
                Ok(rule) => set.rules.push(Arc::new(rule)),
                Err(errors) => set.errors.extend(errors),
            }
        }
        set.sort();
        set
    }

    /// Adds one rule file. A rule whose id is there already replaces it, so that a user can
    /// change one that comes with plimsoll.
    pub fn add(&mut self, sources: &Sources, path: &str, text: &str) {
        let text: Arc<str> = text.into();
        let source = sources.add(path, Arc::clone(&text));
        match read(source, &text) {
            Ok(rule) if rule.faults().is_empty() => {
                self.rules.retain(|known| known.id != rule.id);
                self.rules.push(Arc::new(rule));
            }
            Ok(rule) => self.errors.extend_from_slice(rule.faults()),
            Err(errors) => self.errors.extend(errors),
        }
    }

    /// Puts the rules in the order of their ids; call it after the last [`RuleSet::add`].
    pub fn sort(&mut self) {
        self.rules.sort_by(|one, other| one.id.cmp(&other.id));
    }

    /// The rules an id names: a rule's own, a policy it covers, or a peer's with the peer's name
    /// before a colon (`kube-linter:no-anti-affinity`). Empty for unknown ids.
    #[must_use]
    pub fn named(&self, id: &str) -> Vec<&Arc<Rule>> {
        let own = |rule: &&Arc<Rule>| {
            rule.id.as_ref() == id || rule.covers.iter().any(|covered| covered == id)
        };
        let found: Vec<_> = self.rules.iter().filter(own).collect();
        match id.split_once(':') {
            Some((peer, check)) if found.is_empty() => {
                let has = |rule: &&Arc<Rule>| {
                    rule.peers.get(peer).is_some_and(|ids| ids.iter().any(|id| id == check))
                };
                self.rules.iter().filter(has).collect()
            }
            _ => found,
        }
    }

    /// The known id that is nearest to a word, for a suggestion.
    #[must_use]
    pub fn nearest(&self, id: &str) -> Option<&str> {
        let distance = |known: &str| strsim::damerau_levenshtein(known, id);
        let near =
            self.rules.iter().map(|rule| rule.id.as_ref()).min_by_key(|known| distance(known))?;
        (distance(near) <= 2 + id.len() / 4).then_some(near)
    }
}

/// A CEL value as a message shows it.
pub(crate) fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        Value::Int(int) => int.to_string(),
        Value::UInt(uint) => uint.to_string(),
        Value::Float(float) => float.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Null => "null".to_owned(),
        Value::List(items) => items.iter().map(value_text).collect::<Vec<_>>().join(", "),
        Value::Map(_) => {
            let entries = value_entries(value);
            let entries =
                entries.iter().map(|(key, value)| format!("{key}: {}", value_text(value)));
            entries.collect::<Vec<_>>().join("; ")
        }
        other => format!("{other:?}"),
    }
}

/// The entries of a CEL map, sorted by key; of anything else none.
pub(crate) fn value_entries(value: &Value) -> Vec<(String, &Value)> {
    let Value::Map(map) = value else {
        return Vec::new();
    };
    let mut entries: Vec<_> = map.map.iter().map(|(key, value)| (key.to_string(), value)).collect();
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    entries
}
