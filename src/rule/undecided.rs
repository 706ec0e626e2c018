//! Checks that could not be decided: what is said of rules that say nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// How many rules are named.
const NAMED: usize = 5;

/// How many checks of each rule could not be decided on their object (a missing field, a wrong
/// type).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Undecided {
    counts: BTreeMap<Arc<str>, usize>,
}

impl Undecided {
    /// Counts checks of one rule.
    pub fn note(&mut self, rule: &Arc<str>, checks: usize) {
        if checks > 0 {
            *self.counts.entry(Arc::clone(rule)).or_default() += checks;
        }
    }

    /// Takes other counts in.
    pub fn add(&mut self, other: Self) {
        for (rule, checks) in other.counts {
            *self.counts.entry(rule).or_default() += checks;
        }
    }

    /// All of them, and the rules that have most; `None` where there are none.
    #[must_use]
    pub fn sentence(&self) -> Option<String> {
        let all: usize = self.counts.values().sum();
        let mut rules: Vec<_> = self.counts.iter().map(|(rule, checks)| (*checks, rule)).collect();
        rules.sort_by(|(one, a), (other, b)| other.cmp(one).then(a.cmp(b)));
        let most: Vec<_> =
            rules.iter().take(NAMED).map(|(checks, rule)| format!("{rule} {checks}")).collect();
        let most = most.join(", ");
        let said = "checks could not be decided on an object, and say nothing about it; most";
        (all > 0).then(|| format!("{all} {said}: {most}"))
    }
}
