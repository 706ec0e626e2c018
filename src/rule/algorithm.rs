//! Rules whose logic is an algorithm instead of CEL. Their YAML names the algorithm under `algorithm`, and has the
//! documentation, the parameters and the examples.

mod lock;
mod node_choice;
mod order;
mod pod_security;
mod residue;
mod rights;
mod schema;
mod style;
mod text;
mod token;
mod trap;

use std::collections::BTreeMap;

use cel::Value;

pub use self::text::{Text, TextHit, TextKind};
use super::chart::ChartView;
use super::company::Company;
use super::file::{Rule, Scope};
use super::hit::{Hit, Target};
use super::layers;
use super::setting::Setting;
use crate::kube::Object;
use crate::yaml::Node;

/// An algorithm that a rule may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// Whether any node can have all the labels that a pod requires.
    NodeChoice,
    /// Checks a pod against the level of the Pod Security Standards that its namespace enforces.
    PodSecurity,
    /// Checks the API groups, resources and verbs of an RBAC role's rules against those that exist.
    Rights,
    /// Checks an object against the schema of its kind.
    Schema,
    /// Searches every text of an object for the formats of known credentials.
    Token,
    /// For charts: checks `Chart.lock` against `Chart.yaml` and `charts/`.
    Lock,
    /// Searches an object's texts for what a template engine leaves behind after a fault.
    Residue,
    /// For YAML files: words that YAML 1.1 reads as booleans.
    Truthy,
    /// For YAML files: numbers with a leading zero.
    Octal,
    /// For YAML files: words that YAML 1.1 reads as numbers to base sixty.
    Sexagesimal,
    /// For YAML files: keys that a merge key overwrites.
    Merge,
    /// For YAML files: keys that are not in alphabetical order. Parameter: `recursive`.
    Sorted,
    /// For YAML files: blanks, line ends, comments and indentation.
    Style,
    /// An algorithm on the values layers of a release.
    Layers(layers::Algorithm),
}

/// The object that an algorithm judges, with its surroundings.
pub(super) struct Scene<'s> {
    pub(super) rule: &'s Rule,
    /// Parameters that are set to other values than the rule's defaults.
    pub(super) params: &'s BTreeMap<String, Value>,
    pub(super) object: &'s Object<'s>,
    /// The objects that are deployed together; `None` for rules on single objects.
    pub(super) company: Option<&'s Company>,
    pub(super) setting: &'s Setting,
}

/// The result of an algorithm for one object.
#[derive(Default)]
pub(super) struct Judged {
    pub(super) hits: Vec<Hit>,
    /// The object's kind, if there is no schema for it.
    pub(super) unknown_kind: Option<String>,
}

impl Algorithm {
    /// The names of all algorithms but those on values layers.
    const NAMES: [(&'static str, Self); 13] = [
        ("chart-lock", Self::Lock),
        ("node-choice", Self::NodeChoice),
        ("pod-security", Self::PodSecurity),
        ("rights", Self::Rights),
        ("schema", Self::Schema),
        ("template-residue", Self::Residue),
        ("token", Self::Token),
        ("yaml-truthy", Self::Truthy),
        ("yaml-octal", Self::Octal),
        ("yaml-sexagesimal", Self::Sexagesimal),
        ("yaml-merge", Self::Merge),
        ("yaml-sorted", Self::Sorted),
        ("yaml-style", Self::Style),
    ];

    /// The algorithm with a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let own = Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, own)| *own);
        let layers = || layers::Algorithm::NAMES.iter().find(|(known, _)| *known == name);
        own.or_else(|| layers().map(|(_, algorithm)| Self::Layers(*algorithm)))
    }

    /// Whether rules of a scope may name it: others would never run it.
    pub(super) fn fits(self, scope: Scope) -> bool {
        match self {
            Self::Truthy
            | Self::Octal
            | Self::Sexagesimal
            | Self::Merge
            | Self::Sorted
            | Self::Style => scope == Scope::Text,
            Self::Lock => scope == Scope::Chart,
            Self::Layers(_) => scope == Scope::Layers,
            Self::NodeChoice
            | Self::PodSecurity
            | Self::Rights
            | Self::Schema
            | Self::Token
            | Self::Residue => scope.is_of_objects(),
        }
    }

    /// Judges a YAML file. Only algorithms on YAML files return hits.
    pub(super) fn judge_text(
        self,
        rule: &Rule,
        params: &BTreeMap<String, Value>,
        text: &Text<'_>,
    ) -> Vec<TextHit> {
        match self {
            Self::Truthy => trap::truthy(text),
            Self::Octal => trap::octal(text),
            Self::Sexagesimal => trap::sexagesimal(text),
            Self::Merge => trap::merge(text),
            Self::Sorted => {
                let deep = rule.param(params, "recursive");
                order::sorted(text, !matches!(deep, Some(Value::Bool(false))))
            }
            Self::Style => style::judge(text),
            _ => Vec::new(),
        }
    }

    /// Judges a chart. Only algorithms on charts return hits.
    pub(super) fn judge_chart(self, chart: &ChartView) -> Vec<Hit> {
        match self {
            Self::Lock => lock::judge(chart),
            _ => Vec::new(),
        }
    }

    pub(super) fn judge(self, scene: &Scene<'_>) -> Judged {
        let hits = match self {
            Self::Schema => return schema::judge(scene),
            Self::NodeChoice => node_choice::judge(scene),
            Self::PodSecurity => pod_security::judge(scene),
            Self::Rights => rights::judge(scene),
            Self::Token => token::judge(scene),
            Self::Residue => residue::judge(scene.object, scene.setting.rendered),
            _ => Vec::new(),
        };
        Judged { hits, unknown_kind: None }
    }
}

impl<'s> Scene<'s> {
    /// The value of a parameter, or its default.
    fn param(&self, name: &str) -> Option<&'s Value> {
        self.rule.param(self.params, name)
    }

    /// The texts in a parameter that is a list.
    fn words(&self, name: &str) -> Vec<&'s str> {
        match self.param(name) {
            Some(Value::List(words)) => words
                .iter()
                .filter_map(|word| match word {
                    Value::String(word) => Some(word.as_str()),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// A hit at a node.
fn hit(node: Node<'_>, message: String, help: Option<String>) -> Hit {
    Hit { help, ..Hit::at(Target::of(node), message) }
}
