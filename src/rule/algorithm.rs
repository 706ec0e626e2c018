//! Rules whose logic is an algorithm instead of CEL. Their YAML names it under `algorithm`, and
//! keeps the documentation, the parameters and the examples.

mod node_choice;
mod pod_security;
mod rights;
mod schema;
mod token;

use std::collections::BTreeMap;

use cel::Value;

use super::evaluate::{Hit, Member, Setting, Target};
use super::file::Rule;
use crate::kube::Object;
use crate::yaml::Node;

/// What a rule may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// Whether any node can have all the labels that a pod asks of it.
    NodeChoice,
    /// A pod against the level of the Pod Security Standards that its namespace enforces.
    PodSecurity,
    /// The groups, resources and verbs of a role's rules against those that there are.
    Rights,
    /// The object against the schema of its kind.
    Schema,
    /// Every text of the object against the formats of known credentials.
    Token,
}

/// What an algorithm looks at.
pub(super) struct Scene<'s> {
    pub(super) rule: &'s Rule,
    /// Parameters that differ from the rule's defaults.
    pub(super) params: &'s BTreeMap<String, Value>,
    pub(super) object: &'s Object<'s>,
    /// All that is deployed together; empty for rules on single objects.
    pub(super) members: &'s [Member],
    pub(super) setting: &'s Setting,
}

/// What an algorithm finds on one object.
#[derive(Default)]
pub(super) struct Judged {
    pub(super) hits: Vec<Hit>,
    /// The object's kind, where there is no schema to judge it by.
    pub(super) unknown_kind: Option<String>,
}

impl Algorithm {
    /// Every name.
    pub(crate) const NAMES: [(&'static str, Self); 5] = [
        ("node-choice", Self::NodeChoice),
        ("pod-security", Self::PodSecurity),
        ("rights", Self::Rights),
        ("schema", Self::Schema),
        ("token", Self::Token),
    ];

    pub(super) fn judge(self, scene: &Scene<'_>) -> Judged {
        let hits = match self {
            Self::Schema => return schema::judge(scene),
            Self::NodeChoice => node_choice::judge(scene),
            Self::PodSecurity => pod_security::judge(scene),
            Self::Rights => rights::judge(scene),
            Self::Token => token::judge(scene),
        };
        Judged { hits, unknown_kind: None }
    }
}

impl<'s> Scene<'s> {
    /// A parameter as it is set, or its default.
    fn param(&self, name: &str) -> Option<&'s Value> {
        self.params.get(name).or_else(|| {
            self.rule.params.iter().find(|param| param.name == name).map(|param| &param.default)
        })
    }

    /// The texts of a parameter that is a list.
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
    Hit {
        target: Target { document: 0, node: node.id(), missing: Vec::new(), key: false },
        message,
        help,
        severity: None,
        related: Vec::new(),
    }
}
